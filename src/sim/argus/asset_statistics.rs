//! Counts of assets: `POST /assets/v2/asset/statistics`. The criteria select what a
//! search would; the assets are counted as a tree of groups, with ranges of time and
//! sums of numbers at its leaves.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::sim::argus::asset_criteria::{AssetQuery, groups};
use crate::sim::argus::call::Call;
use crate::sim::argus::criteria;
use crate::sim::argus::data::assets::AssetRecord;
use crate::sim::argus::keys::VIEW_ASSETS;
use crate::sim::argus::reader::Reader;
use crate::sim::argus::reply::{Answer, Reply};
use crate::sim::argus::timeline::Buckets;
use crate::sim::argus::times::oslo;

const GROUP_FIELDS: &[&str] = &["customer", "assetGroup", "assetDefinition"];
const TIME_FIELDS: &[&str] = &["created", "deleted", "lastSeen", "lastUpdated"];
const RESOLUTIONS: &[&str] = &["day", "hour", "week", "month", "year"];
const NUMBER_FIELDS: &[&str] = &["vulnerabilities", "cvss"];
/// Hours of several years.
const MAX_BUCKETS: usize = 100_000;
const DEFAULT_GROUPS: u64 = 25;
const MAX_GROUPS: u64 = 1_000;

/// Assets counted by one of their times.
struct Range {
    name: String,
    field: String,
    resolution: Option<String>,
    ends: [Option<i64>; 2],
    with_empty: bool,
    buckets: Buckets,
}

impl Range {
    /// Without a start of its own a range begins with the `oldest` asset.
    fn read(reader: &mut Reader<'_>, oldest: i64, now_ms: i64) -> Self {
        let name = reader.needed_text("name");
        let field = reader.needed_word("field", TIME_FIELDS);
        let resolution = reader.word("resolution", RESOLUTIONS);
        let ends = [reader.moment("startTimestamp"), reader.moment("endTimestamp")];
        let with_empty = reader.truth("includeEmpty").unwrap_or(false);
        if with_empty && resolution.is_none() {
            reader.problem("includeEmpty", "is allowed with resolution only", "invalid.value", "true");
        }
        let (start, end) = (ends[0].unwrap_or(oldest.min(now_ms)), ends[1].unwrap_or(now_ms));
        if start > end {
            let text = "must not be before startTimestamp";
            reader.problem("endTimestamp", text, "invalid.range", &end.to_string());
        }
        let made = resolution
            .as_deref()
            .filter(|unit| RESOLUTIONS.contains(unit))
            .map(|unit| Buckets::calendar(start, end, unit, &oslo(), MAX_BUCKETS));
        let buckets = match made {
            Some(Ok(buckets)) => buckets,
            Some(Err(problem)) => {
                reader.problem("resolution", problem, "invalid.range", resolution.as_deref().unwrap_or_default());
                Buckets::whole(start, end)
            }
            None => Buckets::whole(start, end),
        };
        Self { name, field, resolution, ends, with_empty, buckets }
    }

    fn shown(&self, assets: &[&AssetRecord]) -> Value {
        let stamp = format!("{}Timestamp", self.field);
        let mut counts = vec![0_u64; self.buckets.starts().len()];
        for asset in assets {
            let at = asset.time(&stamp);
            if let Some(count) = self.buckets.place(at).filter(|_| at > 0).and_then(|place| counts.get_mut(place)) {
                *count += 1;
            }
        }
        let buckets: Vec<Value> = self
            .buckets
            .starts()
            .iter()
            .zip(&counts)
            .filter(|(_, count)| self.with_empty || **count > 0)
            .map(|(start, count)| json!({"key": start, "count": count}))
            .collect();
        let histogram = if self.resolution.is_some() { json!(buckets) } else { Value::Null };
        json!({
            "key": self.name, "count": counts.iter().sum::<u64>(), "startTimestamp": self.ends[0],
            "endTimestamp": self.ends[1], "resolution": self.resolution, "dateHistogramBuckets": histogram,
        })
    }
}

/// What to count, apart from the assets.
struct Asked {
    levels: Vec<(String, usize)>,
    ranges: Vec<Range>,
    numbers: Vec<String>,
}

impl Asked {
    fn read(reader: &mut Reader<'_>, oldest: i64, now_ms: i64) -> Self {
        let levels = reader.objects("fieldAggregation", |inner| {
            let field = inner.needed_word("field", GROUP_FIELDS);
            let limit = inner.number("limit").unwrap_or(DEFAULT_GROUPS);
            if !(1..=MAX_GROUPS).contains(&limit) {
                let text = "must be between 1 and 1000";
                inner.problem("limit", text, "javax.validation.Range", &limit.to_string());
            }
            (field, usize::try_from(limit).unwrap_or(usize::MAX))
        });
        let ranges = reader.objects("rangeMetric", |inner| Range::read(inner, oldest, now_ms));
        let names: BTreeSet<&str> = ranges.iter().map(|range| range.name.as_str()).collect();
        if names.len() < ranges.len() {
            reader.problem("rangeMetric", "names must be unique", "invalid.value", "");
        }
        let numbers = reader.objects("statisticsMetric", |inner| inner.needed_word("field", NUMBER_FIELDS));
        Self { levels, ranges, numbers }
    }
}

/// `POST /assets/v2/asset/statistics`
pub fn statistics(call: &Call<'_>) -> Answer {
    call.key.needs(VIEW_ASSETS)?;
    let mut reader = call.read_body()?;
    let mut foreign = None;
    let now_ms = call.now.as_millisecond();
    let query = AssetQuery::read(&mut reader, call.key, &mut foreign);
    let oldest = call.data.assets().iter().map(|asset| asset.time("firstSeenTimestamp")).min().unwrap_or(0);
    let asked = Asked::read(&mut reader, oldest, now_ms);
    criteria::finish(reader, foreign)?;
    let assets = query.matches(call.data.assets(), call.key, now_ms);
    Ok(Reply::list(vec![record(&assets, &asked.levels, &asked)]))
}

fn record(assets: &[&AssetRecord], levels: &[(String, usize)], asked: &Asked) -> Value {
    let mut record = json!({"count": assets.len()});
    if let Some(((field, limit), below)) = levels.split_first() {
        record["buckets"] = buckets(assets, field, *limit, below, asked).into();
        return record;
    }
    if !asked.ranges.is_empty() {
        record["rangeMetrics"] = asked.ranges.iter().map(|range| range.shown(assets)).collect();
    }
    if !asked.numbers.is_empty() {
        record["statisticsMetrics"] = asked.numbers.iter().map(|field| numbers(assets, field)).collect();
    }
    record
}

fn buckets(assets: &[&AssetRecord], field: &str, limit: usize, below: &[(String, usize)], asked: &Asked) -> Vec<Value> {
    let mut found: BTreeMap<String, (Value, Vec<&AssetRecord>)> = BTreeMap::new();
    for asset in assets {
        let objects: Vec<&Value> = match field {
            "customer" => vec![&asset.object["customer"]],
            "assetDefinition" => vec![&asset.object["assetDefinition"]],
            _ => groups(asset).iter().collect(),
        };
        for object in objects {
            let identifier = object["id"].as_str().map_or_else(|| object["id"].to_string(), str::to_owned);
            let metadata = || {
                json!({
                    "type": field, "identifier": identifier, "shortName": object["shortName"],
                    "name": object["name"],
                })
            };
            found.entry(identifier.clone()).or_insert_with(|| (metadata(), Vec::new())).1.push(asset);
        }
    }
    let mut found: Vec<(Value, Vec<&AssetRecord>)> = found.into_values().collect();
    // Equal counts stay in the order of their identifiers.
    found.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    found.truncate(limit);
    found
        .into_iter()
        .map(|(metadata, members)| {
            let mut bucket = record(&members, below, asked);
            bucket["metadata"] = metadata;
            bucket
        })
        .collect()
}

fn numbers(assets: &[&AssetRecord], field: &str) -> Value {
    let member = if field == "cvss" { "totalCVSS" } else { "vulnerabilitiesCount" };
    let values: Vec<f64> = assets.iter().map(|asset| asset.object[member].as_f64().unwrap_or(0.0)).collect();
    let round = |number: f64| (number * 100.0).round() / 100.0;
    let sum = values.iter().fold(0.0, |sum, value| sum + value);
    #[expect(clippy::cast_precision_loss, reason = "a few hundred assets")]
    let mean = if values.is_empty() { None } else { Some(round(sum / values.len() as f64)) };
    let least = values.iter().copied().reduce(f64::min);
    let most = values.iter().copied().reduce(f64::max);
    json!({"key": field, "count": values.len(), "min": least, "max": most, "avg": mean, "sum": round(sum)})
}
