//! Counts of events: `POST /events/v2/event/statistics`. The same criteria select the
//! same events as the search; they are counted as a tree of groups, with timelines at
//! its leaves.
//!
//! `count` counts events. `rawEventCount` counts what is inside them: the parts of an
//! aggregate that is counted as well add nothing of their own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::sim::argus::call::Call;
use crate::sim::argus::criteria;
use crate::sim::argus::data::EventRecord;
use crate::sim::argus::event_criteria::TIME_FIELDS;
use crate::sim::argus::events::{EventQuery, case_info, time_of};
use crate::sim::argus::keys::EVENT_LOOKUP;
use crate::sim::argus::reader::Reader;
use crate::sim::argus::reply::{Answer, Reply};
use crate::sim::argus::timeline::{Buckets, MAX_BUCKETS};
use crate::sim::argus::times::oslo;

#[rustfmt::skip] // a table
const GROUP_FIELDS: &[&str] = &[
    "signature", "attackCategory", "alarm", "location", "severity", "sourceIP", "destinationIP",
    "protocol", "customer", "sourceCountry", "destinationCountry", "associatedCase",
];
const RESOLUTIONS: &[&str] = &["minutes", "hours", "days", "weeks", "months", "years"];
const DEFAULT_GROUPS: u64 = 10;
const MAX_GROUPS: u64 = 1_000;
const MAX_LEVELS: usize = 3;
/// Group of all that the limit cut off, or that has no value.
const OTHERS: &str = "others";

/// One level of the tree.
struct Level {
    field: String,
    limit: usize,
    others: bool,
}

impl Level {
    fn read(reader: &mut Reader<'_>) -> Self {
        let field = reader.needed_word("field", GROUP_FIELDS);
        let limit = reader.number("limit").unwrap_or(DEFAULT_GROUPS);
        if !(1..=MAX_GROUPS).contains(&limit) {
            let text = "must be between 1 and 1000";
            reader.problem("limit", text, "javax.validation.Range", &limit.to_string());
        }
        let others = reader.truth("includeOthers").unwrap_or(false);
        Self { field, limit: usize::try_from(limit).unwrap_or(usize::MAX), others }
    }
}

/// One timeline over the events of a leaf.
struct Timeline {
    name: String,
    field: String,
    buckets: Buckets,
    with_empty: bool,
}

impl Timeline {
    /// Without a start of its own a timeline begins in 1970, as in Argus.
    fn read(reader: &mut Reader<'_>, now_ms: i64) -> Self {
        let name = reader.text("name").unwrap_or_else(|| "timeline".to_owned());
        let field = reader.word("field", TIME_FIELDS).unwrap_or_else(|| "lastEvent".to_owned());
        let unit = reader.needed_word("resolution", RESOLUTIONS);
        let start = reader.moment("startTimestamp").unwrap_or(0);
        let end = reader.moment("endTimestamp").unwrap_or(now_ms);
        if start > end {
            let text = "must not be before startTimestamp";
            reader.problem("endTimestamp", text, "invalid.range", &end.to_string());
        }
        let buckets = Buckets::calendar(start, end, &unit, &oslo(), MAX_BUCKETS).unwrap_or_else(|problem| {
            // A unit that is not known was reported already.
            if RESOLUTIONS.contains(&unit.as_str()) {
                reader.problem("resolution", problem, "invalid.range", &unit);
            }
            Buckets::whole(start, end)
        });
        let with_empty = reader.truth("includeEmpty").unwrap_or(true);
        Self { name, field, buckets, with_empty }
    }

    fn shown(&self, events: &[Counted<'_>]) -> Value {
        let mut counts = vec![(0_u64, 0_u64); self.buckets.starts().len()];
        for counted in events {
            let place = self.buckets.place(time_of(counted.event, &self.field));
            if let Some(bucket) = place.and_then(|place| counts.get_mut(place)) {
                bucket.0 += 1;
                bucket.1 += counted.inside;
            }
        }
        let total = counts.iter().fold((0, 0), |sum, bucket| (sum.0 + bucket.0, sum.1 + bucket.1));
        let buckets: Vec<Value> = self
            .buckets
            .starts()
            .iter()
            .zip(&counts)
            .filter(|(_, bucket)| self.with_empty || bucket.0 > 0)
            .map(|(start, bucket)| json!({"timestamp": start, "count": bucket.0, "rawEventCount": bucket.1}))
            .collect();
        json!({"name": self.name, "count": total.0, "rawEventCount": total.1, "buckets": buckets})
    }
}

/// An event, and the number of raw events that it stands for.
#[derive(Clone, Copy)]
struct Counted<'a> {
    event: &'a EventRecord,
    inside: u64,
}

/// `POST /events/v2/event/statistics`
pub fn statistics(call: &Call<'_>) -> Answer {
    call.key.needs(EVENT_LOOKUP)?;
    let mut reader = call.read_body()?;
    let mut foreign = None;
    let query = EventQuery::read(&mut reader, call, &mut foreign);
    let levels = reader.objects("groupBy", Level::read);
    if levels.len() > MAX_LEVELS {
        reader.problem("groupBy", "must have at most 3 levels", "javax.validation.Size", &levels.len().to_string());
    }
    let now_ms = call.now.as_millisecond();
    let timelines = reader.objects("timeline", |inner| Timeline::read(inner, now_ms));
    let names: BTreeSet<&str> = timelines.iter().map(|timeline| timeline.name.as_str()).collect();
    if names.len() < timelines.len() {
        reader.problem("timeline", "names must be unique", "invalid.value", "");
    }
    criteria::finish(reader, foreign)?;
    let events = counted(query.matches(call));
    Ok(Reply::list(vec![record(call, &events, &levels, &timelines)]))
}

fn counted(events: Vec<&EventRecord>) -> Vec<Counted<'_>> {
    let held: BTreeSet<&str> = events.iter().flat_map(|event| event.parts.iter().map(String::as_str)).collect();
    let inside = |event: &EventRecord| {
        let held = event.is_part && event.object["id"].as_str().is_some_and(|id| held.contains(id));
        if held { 0 } else { event.object["count"].as_u64().unwrap_or(1) }
    };
    events.into_iter().map(|event| Counted { event, inside: inside(event) }).collect()
}

fn record(call: &Call<'_>, events: &[Counted<'_>], levels: &[Level], timelines: &[Timeline]) -> Value {
    let inside: u64 = events.iter().map(|counted| counted.inside).sum();
    let mut record = json!({"count": events.len(), "rawEventCount": inside});
    if let Some((level, below)) = levels.split_first() {
        record["buckets"] = json!(buckets(call, events, level, below, timelines));
    } else if !timelines.is_empty() {
        record["timeline"] = timelines.iter().map(|timeline| timeline.shown(events)).collect();
    }
    record
}

/// The largest groups of a level, then one for the rest where it is asked for.
fn buckets(
    call: &Call<'_>,
    events: &[Counted<'_>],
    level: &Level,
    below: &[Level],
    timelines: &[Timeline],
) -> Vec<Value> {
    let mut groups: BTreeMap<String, (Value, Vec<Counted<'_>>)> = BTreeMap::new();
    for counted in events {
        if let Some((identifier, short_name, name)) = group_of(call, counted.event, &level.field) {
            let group = || {
                json!({
                    "type": level.field, "identifier": identifier, "shortName": short_name,
                    "displayName": name,
                })
            };
            groups.entry(identifier.clone()).or_insert_with(|| (group(), Vec::new())).1.push(*counted);
        }
    }
    let mut groups: Vec<(Value, Vec<Counted<'_>>)> = groups.into_values().collect();
    // Equal counts stay in the order of their identifiers.
    groups.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    groups.truncate(level.limit);
    let listed: usize = groups.iter().map(|(_, members)| members.len()).sum();
    let mut buckets: Vec<Value> = groups
        .into_iter()
        .map(|(group, members)| {
            let mut bucket = record(call, &members, below, timelines);
            bucket["group"] = group;
            bucket
        })
        .collect();
    if level.others && events.len() > listed {
        buckets.push(json!({
            "count": events.len() - listed,
            "group": {"type": level.field, "identifier": OTHERS, "shortName": OTHERS, "displayName": "Others"},
        }));
    }
    buckets
}

/// Identifier, short name and name of the group that an event falls into; none where it has no value.
fn group_of(call: &Call<'_>, event: &EventRecord, field: &str) -> Option<(String, String, String)> {
    let object = &event.object;
    let same = |value: &Value| value.as_str().map(|text| (text.to_owned(), text.to_owned(), text.to_owned()));
    let info = |value: &Value, name: &str| {
        let id = value["id"].as_u64()?;
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Some((id.to_string(), text("shortName"), text(name)))
    };
    let country = |place: &Value| {
        let code = place["countryCode"].as_str()?;
        Some((code.to_owned(), code.to_owned(), place["countryName"].as_str().unwrap_or(code).to_owned()))
    };
    match field {
        "signature" => same(&object["signature"]["name"]),
        "attackCategory" => info(&object["attackCategory"], "name"),
        "alarm" => info(&object["alarm"], "description"),
        "location" => info(&object["location"], "name"),
        "customer" => info(&object["customer"], "name"),
        "severity" => same(&object["severity"]).map(|(id, short, name)| {
            let mut name = name;
            if let Some(first) = name.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            (id, short, name)
        }),
        "protocol" => same(&object["protocol"]).map(|(id, short, name)| (id, short, name.to_uppercase())),
        "sourceIP" => same(&object["source"]["address"]),
        "destinationIP" => same(&object["destination"]["address"]),
        "sourceCountry" => country(&object["source"]["geoInfo"]),
        "destinationCountry" => country(&object["destination"]["geoInfo"]),
        _ => {
            let case = event.listed_case().and_then(|id| case_info(call, call.key, id))?;
            let id = case["id"].to_string();
            Some((id.clone(), id, case["subject"].as_str().unwrap_or_default().to_owned()))
        }
    }
}
