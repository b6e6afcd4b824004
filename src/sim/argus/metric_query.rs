//! What a metric aggregation asks for, read strictly: which records, which values by
//! which function, which groups, and which buckets of time.

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::sim::argus::call::Call;
use crate::sim::argus::criteria::{one_of, read_customers};
use crate::sim::argus::data::metrics::{KEYS, MetricRecord, VALUES};
use crate::sim::argus::network::Network;
use crate::sim::argus::reader::{Reader, SortKey};
use crate::sim::argus::timeline::{Buckets, MAX_BUCKETS};
use crate::sim::argus::times::{self, oslo};

const FUNCTIONS: &[&str] = &["sum", "avg", "min", "max", "wavg", "sumOfSquares", "last"];
const INTERVALS: &[&str] = &["second", "minute", "hour", "day", "week", "month", "quarter", "year"];
const MAX_LEVELS: usize = 3;
const MAX_RESOLUTION: u64 = 10_000;
const DEFAULT_GROUPS: u64 = 10;

/// One value to aggregate; places are those in `VALUES`.
#[derive(Debug)]
pub struct Asked {
    /// Which value.
    pub place: usize,
    /// How.
    pub function: String,
    /// Which value weighs.
    pub weight: Option<usize>,
}

/// One level of groups.
#[derive(Debug)]
pub struct Level {
    /// Name of a key, or `customer`.
    pub key: String,
    /// Most groups.
    pub limit: usize,
}

/// An aggregation.
pub struct MetricQuery {
    customers: Vec<u64>,
    keys: Vec<KeyCriteria>,
    /// First and last moment.
    pub range: (i64, i64),
    /// What to aggregate.
    pub values: Vec<Asked>,
    /// Groups, outermost first.
    pub levels: Vec<Level>,
    /// Whether the rest of each level gets a group.
    pub with_others: bool,
    /// Buckets of time; none: one number for the whole range.
    pub buckets: Option<Buckets>,
    /// Order of the answer; empty: largest group first.
    pub sort: Vec<SortKey>,
    /// Whether to leave out what keys are shown as.
    pub plain_keys: bool,
}

impl MetricQuery {
    /// Reads a body; `foreign` gets the first customer that the key does not open.
    pub fn read(reader: &mut Reader<'_>, call: &Call<'_>, foreign: &mut Option<String>) -> Self {
        let day = times::resolve(&Value::String("startOfDay".to_owned()), call.now).unwrap_or(0);
        let start = reader.moment("startTimestamp").unwrap_or(day);
        let end = reader.moment("endTimestamp").unwrap_or(call.now.as_millisecond());
        if start > end {
            let text = "must not be before startTimestamp";
            reader.problem("endTimestamp", text, "invalid.range", &end.to_string());
        }
        let levels = levels(reader);
        let with_others = reader.truth("includeOthers").unwrap_or(false);
        if with_others && levels.is_empty() {
            reader.problem("includeOthers", "is allowed with groupBy only", "invalid.value", "true");
        }
        domain(reader);
        Self {
            customers: read_customers(reader, "customer", call.key, foreign),
            keys: reader.objects("keyIntervals", KeyCriteria::read),
            range: (start, end),
            values: values(reader),
            buckets: buckets(reader, start, end),
            sort: sort(reader),
            plain_keys: reader.truth("skipKeyTranslation").unwrap_or(false),
            levels,
            with_others,
        }
    }

    /// Whether a record counts.
    #[must_use]
    pub fn takes(&self, record: &MetricRecord<'_>) -> bool {
        (self.customers.is_empty() || record.filter.customer.is_some_and(|id| one_of(&self.customers, &id)))
            && self.keys.iter().all(|key| key.holds(record))
    }
}

fn domain(reader: &mut Reader<'_>) {
    if let Some(name) = reader.text("customerDomain").filter(|name| name != "MNEMONIC" && name != "1") {
        reader.problem("customerDomain", "unknown domain", "domain.unknown", &name);
    }
}

fn value_place(reader: &mut Reader<'_>, field: &str, name: &str) -> Option<usize> {
    let place = VALUES.iter().position(|row| row.0 == name);
    if place.is_none() && !name.is_empty() {
        reader.problem(field, "unknown value of this metric", "metric.value.unknown", name);
    }
    place
}

fn values(reader: &mut Reader<'_>) -> Vec<Asked> {
    let asked = reader.objects("values", |inner| {
        let name = inner.needed_text("name");
        let function = inner.word("aggregationFunction", FUNCTIONS);
        let weight = inner.text("weightByValue");
        let place = value_place(inner, "name", &name);
        let row = VALUES[place.unwrap_or(0)];
        let is_default = function.is_none();
        let function = function.unwrap_or_else(|| row.2.to_owned());
        match (function.as_str(), &weight) {
            ("wavg", None) if !is_default => {
                inner.problem("weightByValue", "is required with wavg", "javax.validation.NotNull", "");
            }
            ("wavg", _) | (_, None) => {}
            (_, Some(weight)) => inner.problem("weightByValue", "is allowed with wavg only", "invalid.value", weight),
        }
        let weight = match weight {
            Some(name) => value_place(inner, "weightByValue", &name),
            None => row.3.filter(|_| is_default).and_then(|name| VALUES.iter().position(|row| row.0 == name)),
        };
        Asked { place: place.unwrap_or(0), function, weight }
    });
    if asked.is_empty() {
        reader.problem("values", "must not be empty", "javax.validation.NotEmpty", "");
    }
    asked
}

fn levels(reader: &mut Reader<'_>) -> Vec<Level> {
    let levels = reader.objects("groupBy", |inner| {
        let key = inner.needed_text("key");
        if key != "customer" && !key.is_empty() && KEYS.iter().all(|row| row.0 != key) {
            inner.problem("key", "unknown key of this metric", "metric.key.unknown", &key);
        }
        let limit = inner.number("limit").unwrap_or(DEFAULT_GROUPS);
        if !(1..=MAX_RESOLUTION).contains(&limit) {
            let text = "must be between 1 and 10000";
            inner.problem("limit", text, "javax.validation.Range", &limit.to_string());
        }
        Level { key, limit: usize::try_from(limit).unwrap_or(usize::MAX) }
    });
    let repeats = levels.iter().enumerate().any(|(n, level)| levels[..n].iter().any(|other| other.key == level.key));
    if repeats || levels.len() > MAX_LEVELS {
        reader.problem("groupBy", "must be at most 3 different keys", "javax.validation.Size", "");
    }
    levels
}

fn buckets(reader: &mut Reader<'_>, start: i64, end: i64) -> Option<Buckets> {
    let zone = zone(reader);
    let resolution = reader.number("resolution").unwrap_or(0);
    if resolution > MAX_RESOLUTION {
        let text = "must be less than or equal to 10000";
        reader.problem("resolution", text, "javax.validation.Max", &resolution.to_string());
    }
    let units = ["milliseconds", "seconds", "minutes", "hours", "days"];
    let unit = reader.word("resolutionUnit", &units).unwrap_or_else(|| "milliseconds".to_owned());
    let interval = reader.word("calendarInterval", INTERVALS);
    if interval.is_some() && resolution > 0 {
        reader.problem("calendarInterval", "is not allowed beside resolution", "invalid.value", "");
    }
    let length = match unit.as_str() {
        "seconds" => 1_000,
        "minutes" => 60_000,
        "hours" => 3_600_000,
        "days" => 86_400_000,
        _ => 1,
    };
    let made = match interval.filter(|unit| INTERVALS.contains(&unit.as_str())) {
        Some(unit) => Buckets::calendar(start, end, &unit, &zone, MAX_BUCKETS),
        None if resolution == 0 => return None,
        None => {
            let many = i64::try_from(resolution).unwrap_or(i64::MAX);
            Buckets::fixed(start, end, many.saturating_mul(length))
        }
    };
    match made {
        Ok(buckets) => Some(buckets),
        Err(problem) => {
            reader.problem("resolution", problem, "invalid.range", &resolution.to_string());
            None
        }
    }
}

fn zone(reader: &mut Reader<'_>) -> TimeZone {
    let Some(name) = reader.text("timeZone") else {
        return oslo();
    };
    match name.as_str() {
        "Europe/Oslo" => oslo(),
        "UTC" => TimeZone::UTC,
        // Other zones come from the machine, which may have none.
        other => TimeZone::get(other).unwrap_or_else(|_| {
            reader.problem("timeZone", "unknown time zone", "timezone.unknown", other);
            TimeZone::UTC
        }),
    }
}

fn sort(reader: &mut Reader<'_>) -> Vec<SortKey> {
    let mut names = vec!["metricTimestamp", "customer"];
    names.extend(KEYS.iter().map(|row| row.0));
    names.extend(VALUES.iter().map(|row| row.0));
    reader.sort_fields(&names)
}

/// What a key must be.
struct KeyCriteria {
    name: String,
    values: Vec<String>,
    bounds: Vec<(&'static str, String)>,
    networks: Vec<Network>,
    by_network: bool,
}

impl KeyCriteria {
    fn read(reader: &mut Reader<'_>) -> Self {
        let name = reader.needed_text("name");
        if !name.is_empty() && KEYS.iter().all(|row| row.0 != name) {
            reader.problem("name", "unknown key of this metric", "metric.key.unknown", &name);
        }
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let values: Vec<String> = reader.plains("values").iter().map(|(_, value)| text(value)).collect();
        let mut bounds = Vec::new();
        for bound in ["gt", "gte", "lt", "lte"] {
            bounds.extend(reader.plain(bound).map(|value| (bound, text(value))));
        }
        let cidrs = reader.texts("cidrs");
        let mut networks = Vec::new();
        for cidr in &cidrs {
            match Network::parse(cidr) {
                Some(network) => networks.push(network),
                None => reader.problem("cidrs", "is not an address or network", "invalid.ip", cidr),
            }
        }
        let ways = [!values.is_empty(), !bounds.is_empty(), !cidrs.is_empty()];
        if ways.iter().filter(|way| **way).count() != 1 {
            reader.problem("name", "must have values, or bounds, or cidrs", "invalid.value", &name);
        }
        Self { name, values, bounds, networks, by_network: !cidrs.is_empty() }
    }

    fn holds(&self, record: &MetricRecord<'_>) -> bool {
        let own = record.key(&self.name);
        if self.by_network {
            let own = Network::parse(&own);
            return own.is_some_and(|own| self.networks.iter().any(|network| network.contains(&own)));
        }
        let within = |(bound, other): &(&str, String)| {
            let order = match (own.parse::<f64>(), other.parse::<f64>()) {
                (Ok(own), Ok(other)) => own.total_cmp(&other),
                _ => own.as_str().cmp(other.as_str()),
            };
            match *bound {
                "gt" => order.is_gt(),
                "gte" => order.is_ge(),
                "lt" => order.is_lt(),
                _ => order.is_le(),
            }
        };
        (self.values.is_empty() || self.values.contains(&own)) && self.bounds.iter().all(within)
    }
}
