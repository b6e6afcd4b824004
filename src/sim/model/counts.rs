//! Reads the numbers of a statistics answer: a tree of groups, each number true inside its
//! branch only, and timelines at the leaves. Also the entries of an event's history, whose
//! times are numbers as well.

use jiff::Timestamp;
use serde_json::Value;

use crate::sim::model::story::Label;
use crate::sim::model::story::Noun;
use crate::sim::model::story::Row;
use crate::sim::model::story::Story;
use crate::sim::model::story::clean;

/// Most groups, and most stretches of time, that an answer tells.
const MAX_TOLD: usize = 20;

/// Deepest tree of groups.
const MAX_DEPTH: usize = 4;

/// The story of a tree of numbers; none when the payload is something else.
pub(super) fn read(noun: Noun, payload: &Value) -> Option<Story> {
    let [root] = payload.as_array()?.as_slice() else { return None };
    let members = root.as_object()?;
    let tree = ["buckets", "timeline", "rangeMetrics"].iter().any(|name| members.contains_key(*name));
    if !tree || members.contains_key("id") {
        return None;
    }
    let total = members.get("count")?.as_u64()?;
    let mut rows = Vec::new();
    groups(root, "", 0, &mut rows);
    rows.truncate(MAX_TOLD);
    let mut points = Vec::new();
    // Below groups the times of one group would pass for those of all.
    if rows.is_empty() {
        let buckets = root.pointer("/timeline/0/buckets").and_then(Value::as_array);
        let told = buckets.into_iter().flatten().filter(|bucket| bucket["count"].as_u64() != Some(0));
        points = told.filter_map(|bucket| Some((time(&bucket["timestamp"])?, bucket["count"].as_u64()?))).collect();
        points.truncate(MAX_TOLD);
    }
    (total > 0).then_some(Story::Counts { noun, total, rows, points })
}

/// The leaves, called by their whole branch.
fn groups(record: &Value, branch: &str, depth: usize, rows: &mut Vec<Row>) {
    for bucket in record["buckets"].as_array().into_iter().flatten().filter(|_| depth < MAX_DEPTH) {
        let group = bucket.get("group").or_else(|| bucket.get("metadata"));
        let name = group.and_then(|group| group["shortName"].as_str().or_else(|| group["identifier"].as_str()));
        let Some(name) = name else { continue };
        let name = if branch.is_empty() { name.to_owned() } else { format!("{branch}, {name}") };
        if bucket["buckets"].as_array().is_some_and(|below| !below.is_empty()) {
            groups(bucket, &name, depth + 1, rows);
        } else if let Some(count) = bucket["count"].as_u64() {
            rows.push(Row { title: Some(name), fields: vec![(Label::Count, count.to_string())], ..Row::default() });
        }
    }
}

/// One entry of an event's history.
pub(super) fn entry(item: &Value) -> Row {
    let text = |pointer: &str| item.pointer(pointer).and_then(Value::as_str).map(clean);
    let fields = [
        (Label::Type, text("/type")),
        (Label::Created, time(&item["createdTimestamp"])),
        (Label::By, text("/createdByUser/name")),
    ];
    Row {
        id: text("/id"),
        title: text("/description"),
        fields: fields.into_iter().filter_map(|(label, value)| Some((label, value?))).collect(),
    }
}

/// Milliseconds, or a text, as a time that says its zone.
fn time(value: &Value) -> Option<String> {
    match value.as_i64() {
        Some(ms) => Timestamp::from_millisecond(ms).ok().map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string()),
        None => value.as_str().map(str::to_owned),
    }
}
