//! Records of the metric `ProcessingEventsPerFilter`: one per filter and ten minutes.
//! They are not stored; each follows from seed, filter and time, so that new ones
//! arrive as the clock moves.

use serde_json::{Value, json};

use crate::sim::argus::data::catalog::{domain, stable_id};
use crate::sim::argus::data::filters::FilterRecord;
use crate::sim::argus::data::{Data, Dice};

/// The only metric.
pub const DESCRIPTOR: &str = "ProcessingEventsPerFilter";
/// Time between two records of a filter.
const SLOT_MS: i64 = 600_000;
const HOUR_MS: i64 = 3_600_000;
/// Records reach back this far from the start of the world.
const DEPTH_MS: i64 = 48 * HOUR_MS;
/// The filter that had more to do since the beacon of case 4120771 began.
const RISING_FILTER: u64 = 20418;
const RISING_SINCE_MS: i64 = 8 * HOUR_MS;

/// Keys of a record: name, type, translator.
pub const KEYS: &[(&str, &str, Option<&str>)] = &[
    ("filterID", "integer", Some("eventFilter")),
    ("filterType", "string", None),
    ("host", "hostName", Some("componentHostName")),
];
/// Values of a record: name, unit, function unless another is asked for, value that weighs then.
pub const VALUES: &[(&str, &str, &str, Option<&str>)] = &[
    ("eventsProcessed", "count", "sum", None),
    ("eventsMatched", "count", "sum", None),
    ("processingTime", "milliseconds", "wavg", Some("eventsProcessed")),
];
/// Machines of the pipeline: name, what it is shown as.
const HOSTS: &[(&str, &str)] =
    &[("pipe-osl-01.soc.example", "Pipeline Oslo 1"), ("pipe-svg-01.soc.example", "Pipeline Stavanger 1")];

/// What one filter did in ten minutes.
#[derive(Clone, Copy, Debug)]
pub struct MetricRecord<'a> {
    /// The filter.
    pub filter: &'a FilterRecord,
    /// When the record reached the metric service, in milliseconds.
    pub at: i64,
    /// One number for each of `VALUES`.
    pub values: [u64; 3],
}

impl MetricRecord<'_> {
    /// The value of one key.
    #[must_use]
    pub fn key(&self, name: &str) -> String {
        match name {
            "filterID" => self.filter.id().to_string(),
            "filterType" => self.filter.kind.name().to_owned(),
            _ => host_of(self.filter).0.to_owned(),
        }
    }

    /// What the value of a key is shown as; none where there is no translator.
    #[must_use]
    pub fn translation(&self, name: &str) -> Option<String> {
        match name {
            "filterID" => Some(self.filter.name().to_owned()),
            "host" => Some(host_of(self.filter).1.to_owned()),
            _ => None,
        }
    }
}

fn host_of(filter: &FilterRecord) -> (&'static str, &'static str) {
    let place = usize::try_from(filter.id()).unwrap_or(0) % HOSTS.len();
    HOSTS[place]
}

/// The records between two moments, both included, as far as there are any at `now_ms`.
#[must_use]
pub fn records(data: &Data, first: i64, last: i64, now_ms: i64) -> Vec<MetricRecord<'_>> {
    let start = data.start.as_millisecond();
    let first = first.max(start - DEPTH_MS);
    let slots = first.div_euclid(SLOT_MS)..=last.min(now_ms).div_euclid(SLOT_MS);
    let mut records = Vec::new();
    for slot in slots {
        let at = slot * SLOT_MS;
        if at >= first {
            let made = data.filters().iter().filter(|filter| filter.time("created") <= at);
            records.extend(made.map(|filter| record(data.seed, filter, at, start)));
        }
    }
    records
}

/// A filter that is not running reports that it did nothing.
fn record(seed: u64, filter: &FilterRecord, at: i64, start: i64) -> MetricRecord<'_> {
    let id = filter.id();
    if !filter.is_running(at) {
        return MetricRecord { filter, at, values: [0, 0, 0] };
    }
    let mut dice = Dice::new(seed ^ (at / SLOT_MS).unsigned_abs(), 40 + id);
    // How much a filter sees and takes belongs to the filter.
    let usual = 400 + id * 37 % 1_500;
    let processed = usual + dice.below(usual / 4);
    let rising = id == RISING_FILTER && at >= start - RISING_SINCE_MS;
    let per_mille = if rising { 60 } else { 1 + id * 13 % 12 };
    let matched = processed * per_mille / 1_000 + dice.below(3);
    let time = 2 + id % 9 + dice.below(4);
    MetricRecord { filter, at, values: [processed, matched.min(processed), time] }
}

/// The descriptor as Argus shows it.
#[must_use]
pub fn descriptor() -> Value {
    let key = |(name, kind, translator): &(&str, &str, Option<&str>)| {
        let text = match *name {
            "filterID" => "The event filter",
            "filterType" => "analysis, annotation or match",
            _ => "The machine of the pipeline that ran the filter",
        };
        json!({"name": name, "type": kind, "translator": translator, "description": text})
    };
    let value = |(name, unit, function, weight): &(&str, &str, &str, Option<&str>)| {
        let text = match *name {
            "eventsProcessed" => "Events that the filter looked at",
            "eventsMatched" => "Events that the filter took",
            _ => "Mean time for one event",
        };
        json!({
            "name": name, "unit": unit, "defaultAggregationFunction": function,
            "defaultWeightByValue": weight, "description": text,
        })
    };
    json!({
        "id": descriptor_id(), "name": DESCRIPTOR, "domain": domain(),
        "description": "Activity of event filters in the detection pipelines",
        "keys": KEYS.iter().map(key).collect::<Vec<_>>(), "values": VALUES.iter().map(value).collect::<Vec<_>>(),
    })
}

/// Identifier of the descriptor.
#[must_use]
pub fn descriptor_id() -> String {
    stable_id("metric", DESCRIPTOR)
}
