//! Metric endpoints of the simulated Argus: the descriptor of `ProcessingEventsPerFilter`
//! and aggregates of its records.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::sim::argus::call::Call;
use crate::sim::argus::criteria;
use crate::sim::argus::data::catalog;
use crate::sim::argus::data::metrics::{self, DESCRIPTOR, MetricRecord, VALUES};
use crate::sim::argus::keys::VIEW_METRIC;
use crate::sim::argus::metric_query::{Asked, Level, MetricQuery};
use crate::sim::argus::reply::{Answer, Reply};

/// Value of a key that stands for all that the limit cut off.
const OTHERS: &str = "others";

/// `GET /metrics/v1/descriptor/{descriptor}`
pub fn descriptor(call: &Call<'_>, name: &str) -> Answer {
    call.key.needs(VIEW_METRIC)?;
    let mut reader = call.read_query();
    reader.text("descriptorDomain");
    reader.finish()?;
    known(name)?;
    Ok(Reply::object(metrics::descriptor()))
}

fn known(name: &str) -> Result<(), Reply> {
    if name == DESCRIPTOR || name == metrics::descriptor_id() {
        return Ok(());
    }
    Err(Reply::not_found("descriptor", name))
}

/// `POST /metrics/v1/metric/{descriptor}/aggregate`
pub fn aggregate(call: &Call<'_>, name: &str) -> Answer {
    call.key.needs(VIEW_METRIC)?;
    known(name)?;
    let mut reader = call.read_body()?;
    let mut foreign = None;
    let query = MetricQuery::read(&mut reader, call, &mut foreign);
    criteria::finish(reader, foreign)?;
    let (first, last) = query.range;
    let records: Vec<MetricRecord<'_>> = metrics::records(call.data, first, last, call.now.as_millisecond())
        .into_iter()
        .filter(|record| record.filter.customer.is_none_or(|customer| call.key.opens(customer)))
        .filter(|record| query.takes(record))
        .collect();
    let mut found: Vec<Value> = Vec::new();
    for group in groups(&query, &query.levels, Group { keys: vec![], customer: Value::Null, records }) {
        found.extend(aggregates(&query, &group));
    }
    if !query.sort.is_empty() {
        found.sort_by(|a, b| {
            query
                .sort
                .iter()
                .map(|key| {
                    let order = compare(&sorted_by(a, &key.field), &sorted_by(b, &key.field));
                    if key.descending { order.reverse() } else { order }
                })
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
    }
    Ok(Reply::list(found))
}

/// Records that fall into one group, and what the group is called.
struct Group<'a> {
    keys: Vec<Value>,
    customer: Value,
    records: Vec<MetricRecord<'a>>,
}

/// Splits a group by the levels, largest first by the first value that was asked for.
fn groups<'a>(query: &MetricQuery, levels: &[Level], group: Group<'a>) -> Vec<Group<'a>> {
    let Some((level, below)) = levels.split_first() else {
        return if group.records.is_empty() { vec![] } else { vec![group] };
    };
    let mut split: BTreeMap<String, Vec<MetricRecord<'a>>> = BTreeMap::new();
    for record in group.records {
        let key = match level.key.as_str() {
            "customer" => record.filter.customer.map(|id| id.to_string()).unwrap_or_default(),
            key => record.key(key),
        };
        split.entry(key).or_default().push(record);
    }
    let size = |records: &[MetricRecord<'_>]| query.values.first().and_then(|asked| number(asked, records));
    let mut split: Vec<(String, Vec<MetricRecord<'a>>)> = split.into_iter().collect();
    // Equal sizes stay in the order of their keys.
    split.sort_by(|(_, a), (_, b)| size(b).unwrap_or(0.0).total_cmp(&size(a).unwrap_or(0.0)));
    let rest = split.split_off(level.limit.min(split.len()));
    let mut found = Vec::new();
    for (value, records) in split {
        let mut keys = group.keys.clone();
        let mut customer = group.customer.clone();
        if level.key == "customer" {
            customer = value.parse().map_or(Value::Null, catalog::customer_info);
        } else {
            let translation = records.first().filter(|_| !query.plain_keys).and_then(|r| r.translation(&level.key));
            keys.push(json!({"name": level.key, "value": value, "translation": translation}));
        }
        found.extend(groups(query, below, Group { keys, customer, records }));
    }
    let records: Vec<MetricRecord<'a>> = rest.into_iter().flat_map(|(_, records)| records).collect();
    if query.with_others && !records.is_empty() {
        let mut keys = group.keys;
        keys.push(json!({"name": level.key, "value": OTHERS, "translation": null}));
        found.push(Group { keys, customer: group.customer, records });
    }
    found
}

/// One aggregate for the group, or one for each bucket of time that has records.
fn aggregates(query: &MetricQuery, group: &Group<'_>) -> Vec<Value> {
    let shown = |at: i64, records: &[MetricRecord<'_>]| {
        let values: Vec<Value> = query
            .values
            .iter()
            .map(|asked| {
                let (name, unit, ..) = VALUES[asked.place];
                json!({"name": name, "value": number(asked, records).map(whole), "unit": unit})
            })
            .collect();
        json!({
            "customer": group.customer, "keys": group.keys, "metricDescriptorID": metrics::descriptor_id(),
            "metricTimestamp": at, "values": values,
        })
    };
    let Some(buckets) = &query.buckets else {
        return vec![shown(0, &group.records)];
    };
    let mut placed: BTreeMap<usize, Vec<MetricRecord<'_>>> = BTreeMap::new();
    for record in &group.records {
        if let Some(place) = buckets.place(record.at) {
            placed.entry(place).or_default().push(*record);
        }
    }
    placed.into_iter().map(|(place, records)| shown(buckets.starts()[place], &records)).collect()
}

/// A function over one value of some records; none where there is nothing to say.
#[expect(clippy::cast_precision_loss, reason = "numbers of a demo stay far below what a float holds")]
fn number(asked: &Asked, records: &[MetricRecord<'_>]) -> Option<f64> {
    let values = || records.iter().map(|record| record.values[asked.place] as f64);
    let sum: f64 = values().sum();
    match asked.function.as_str() {
        _ if records.is_empty() => None,
        "sum" => Some(sum),
        "avg" => Some(sum / records.len() as f64),
        "min" => values().reduce(f64::min),
        "max" => values().reduce(f64::max),
        "sumOfSquares" => Some(values().map(|value| value * value).sum()),
        "last" => records.iter().max_by_key(|record| record.at).map(|record| record.values[asked.place] as f64),
        _ => {
            let weight = asked.weight?;
            let total: f64 = records.iter().map(|record| record.values[weight] as f64).sum();
            let weighed: f64 =
                records.iter().map(|record| record.values[asked.place] as f64 * record.values[weight] as f64).sum();
            (total > 0.0).then_some(weighed / total)
        }
    }
}

/// A number without a fraction as a whole one, any other with three decimals.
fn whole(number: f64) -> Value {
    let rounded = (number * 1_000.0).round() / 1_000.0;
    #[expect(clippy::cast_possible_truncation, reason = "whole and small")]
    if rounded.fract() == 0.0 && rounded.abs() < 9.0e15 { json!(rounded as i64) } else { json!(rounded) }
}

/// What an aggregate is sorted by.
fn sorted_by(aggregate: &Value, field: &str) -> Value {
    let named = |list: &str| {
        let items = aggregate[list].as_array().map_or(&[][..], Vec::as_slice);
        items.iter().find(|item| item["name"] == field).map(|item| item["value"].clone())
    };
    match field {
        "metricTimestamp" => aggregate["metricTimestamp"].clone(),
        "customer" => aggregate["customer"]["shortName"].clone(),
        _ => named("keys").or_else(|| named("values")).unwrap_or_default(),
    }
}

fn compare(a: &Value, b: &Value) -> std::cmp::Ordering {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => a.as_str().cmp(&b.as_str()),
    }
}
