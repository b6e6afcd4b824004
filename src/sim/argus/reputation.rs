//! Reputation endpoints of the simulated Argus, both generations: scores and indicators
//! (v2), calculated values and observations (v1, on a scale up to 100). What is on no
//! list has no score: the answer is null or empty, never zero.

use std::net::IpAddr;

use serde_json::{Value, json};

use crate::sim::argus::call::Call;
use crate::sim::argus::data::catalog::stable_id;
use crate::sim::argus::data::reputation::{INDICATORS, Indicator, LISTS, OVERRIDES};
use crate::sim::argus::keys::{VIEW_INDICATORS, VIEW_OBSERVATIONS};
use crate::sim::argus::network::Network;
use crate::sim::argus::reader::{SortValue, window_of};
use crate::sim::argus::reply::{Answer, Reply, field_error};

const TYPES: &[(&str, &str)] = &[("domain", "Domain"), ("ip", "IP address")];
const STATES: &[&str] = &["active", "latest", "old"];
const ALGORITHMS: &[&str] = &["maxConfidence", "decreasingRelevancyMaxConfidence"];
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// After this time an entry counts for nothing in the score that decreases.
const RELEVANT_MINUTES: f64 = 90.0 * 1_440.0;

fn type_info(kind: &str) -> Option<Value> {
    TYPES.iter().find(|row| row.0 == kind).map(|(short_name, name)| json!({"shortName": short_name, "name": name}))
}

fn list_info(short_name: &str) -> Value {
    let name = LISTS.iter().find(|row| row.0 == short_name).map(|row| row.1);
    json!({"id": stable_id("indicator-list", short_name), "shortName": short_name, "name": name})
}

/// The type and value of a path, or the 404 or 412 instead.
fn single(kind: &str, value: &str) -> Result<String, Reply> {
    let is_address = value.parse::<IpAddr>().is_ok();
    match kind {
        "ip" if is_address => Ok(value.to_owned()),
        "domain" if !is_address => Ok(value.trim_end_matches('.').to_lowercase()),
        "ip" | "domain" => {
            let text = format!("is not a value of type {kind}");
            Err(Reply::invalid(vec![field_error("value", &text, "invalid.indicator", value)]))
        }
        _ => Err(Reply::not_found("type", kind)),
    }
}

fn current<'a>(kind: &'a str, value: &'a str) -> impl Iterator<Item = &'static Indicator> + 'a {
    INDICATORS.iter().filter(move |entry| entry.is_current() && entry.kind == kind && entry.value == value)
}

fn override_of(value: &str) -> Option<&'static (&'static str, f64, &'static str)> {
    OVERRIDES.iter().find(|row| row.0 == value)
}

/// `GET /reputation/v2/score/{type}/{value}`
pub fn score(call: &Call<'_>, kind: &str, value: &str) -> Answer {
    call.key.needs(VIEW_INDICATORS)?;
    let mut reader = call.read_query();
    let algorithm = reader.word("scoringAlgorithm", ALGORITHMS).unwrap_or_else(|| ALGORITHMS[0].to_owned());
    reader.finish()?;
    let value = single(kind, value)?;
    let start = call.start.as_millisecond();
    let weight = |entry: &Indicator| match algorithm.as_str() {
        "maxConfidence" => entry.confidence,
        _ => entry.confidence * age_factor(call, entry),
    };
    let scores: Vec<(&Indicator, f64)> = current(kind, &value).map(|entry| (entry, weight(entry))).collect();
    let Some(highest) = scores.iter().map(|(_, score)| *score).reduce(f64::max) else {
        return Ok(Reply::object(Value::Null));
    };
    let overridden = override_of(&value);
    let lists: Vec<Value> = scores
        .iter()
        .map(|(entry, _)| {
            let mut list = list_info(entry.list);
            list["confidence"] = json!(entry.confidence);
            list["state"] = json!(entry.state);
            list
        })
        .collect();
    let mut answer = json!({
        "type": type_info(kind), "value": value,
        "score": overridden.map_or(round(highest), |row| row.1), "scoringAlgorithm": algorithm,
        "scoringMethod": if overridden.is_some() { "overridden" } else { "calculated" },
        // Scores are made once an hour.
        "scoringTimestamp": start + (call.now.as_millisecond() - start).div_euclid(HOUR) * HOUR,
        "calculationDetails": {"contributingIndicatorLists": lists},
    });
    if let Some((_, _, reason)) = overridden {
        answer["overrideReason"] = json!(reason);
    }
    Ok(Reply::object(answer))
}

/// How much an entry still counts by the time since it was last seen.
#[expect(clippy::cast_precision_loss, reason = "minutes of a few months")]
fn age_factor(call: &Call<'_>, entry: &Indicator) -> f64 {
    let passed = (call.now.as_millisecond() - call.start.as_millisecond()) / MINUTE;
    (1.0 - (entry.ages[1] + passed) as f64 / RELEVANT_MINUTES).clamp(0.0, 1.0)
}

fn round(score: f64) -> f64 {
    (score * 1_000.0).round() / 1_000.0
}

/// `POST /reputation/v2/indicator/search`
pub fn search(call: &Call<'_>) -> Answer {
    call.key.needs(VIEW_INDICATORS)?;
    let mut reader = call.read_body()?;
    let values: Vec<String> = reader.texts("value").iter().map(|value| value.to_lowercase()).collect();
    let kinds = reader.words("type", &["domain", "ip"]);
    let parents = reader.truth("includeParentDomains").unwrap_or(false);
    let children = reader.truth("includeSubdomains").unwrap_or(false);
    let mut states = reader.words("state", STATES);
    let lists = reader.texts("indicatorList");
    let sort = reader.sort(&["value", "lastSeenTimestamp", "confidence"], "-lastSeenTimestamp");
    let window = reader.window();
    reader.finish()?;
    if states.is_empty() {
        states.push("active".to_owned());
    }
    let fits =
        |entry: &Indicator| values.is_empty() || values.iter().any(|value| is_meant(entry, value, parents, children));
    let matches: Vec<&Indicator> = INDICATORS
        .iter()
        .filter(|entry| fits(entry) && states.iter().any(|state| state == entry.state))
        .filter(|entry| kinds.is_empty() || kinds.iter().any(|kind| kind == entry.kind))
        .filter(|entry| lists.is_empty() || lists.iter().any(|list| list == entry.list))
        .collect();
    let count = matches.len();
    let items = window_of(matches, &sort, window, |entry, field| match field {
        "value" => SortValue::Text(entry.value.to_owned()),
        "lastSeenTimestamp" => SortValue::Number(-entry.ages[1]),
        #[expect(clippy::cast_possible_truncation, reason = "confidences lie between 0 and 1")]
        "confidence" => SortValue::Number((entry.confidence * 1_000.0) as i64),
        _ => SortValue::Text(entry.id()),
    });
    let items = items.into_iter().map(|entry| shown(call, entry)).collect();
    Ok(Reply::page(window.limit, window.offset, count, items))
}

/// Whether a value, network, range, or relative of a domain means this entry.
fn is_meant(entry: &Indicator, value: &str, parents: bool, children: bool) -> bool {
    if entry.kind == "domain" {
        let below = |low: &str, high: &str| low.strip_suffix(high).is_some_and(|rest| rest.ends_with('.'));
        return entry.value == value
            || (parents && below(value, entry.value))
            || (children && below(entry.value, value));
    }
    let Ok(own) = entry.value.parse::<IpAddr>() else {
        return false;
    };
    if let Some((first, last)) = value.split_once('-') {
        let ends = (first.trim().parse::<IpAddr>(), last.trim().parse::<IpAddr>());
        return matches!(ends, (Ok(first), Ok(last)) if first.is_ipv4() == own.is_ipv4() && (first..=last).contains(&own));
    }
    let networks = (Network::parse(value), Network::parse(entry.value));
    matches!(networks, (Some(wide), Some(own)) if wide.contains(&own))
}

/// `GET /reputation/v2/indicator/{type}/{value}`
pub fn indicators(call: &Call<'_>, kind: &str, value: &str) -> Answer {
    call.key.needs(VIEW_INDICATORS)?;
    let mut reader = call.read_query();
    let window = reader.window();
    reader.finish()?;
    let value = single(kind, value)?;
    let matches: Vec<&Indicator> = current(kind, &value).filter(|entry| entry.state == "active").collect();
    let count = matches.len();
    let items = window_of(matches, &[], window, |entry, _| SortValue::Text(entry.id()));
    let items = items.into_iter().map(|entry| shown(call, entry)).collect();
    Ok(Reply::page(window.limit, window.offset, count, items))
}

fn shown(call: &Call<'_>, entry: &Indicator) -> Value {
    let [first, last] = entry.ages.map(|minutes| call.start.as_millisecond() - minutes * MINUTE);
    json!({
        "id": entry.id(), "value": entry.value, "type": type_info(entry.kind), "state": entry.state,
        "confidence": entry.confidence, "source": list_info(entry.list),
        "firstSeenTimestamp": first, "lastSeenTimestamp": last, "createdTimestamp": first,
        "lastUpdatedTimestamp": last, "flags": [],
    })
}

/// `GET /reputation/v1/calculated/{ip,domain}/{value}`
pub fn calculated(call: &Call<'_>, kind: &str, value: &str) -> Answer {
    call.key.needs(VIEW_OBSERVATIONS)?;
    call.read_query().finish()?;
    let value = single(kind, value)?;
    let highest = current(kind, &value).map(|entry| entry.confidence).reduce(f64::max);
    let overridden = override_of(&value);
    let items = highest.map(|highest| {
        let reason = overridden.map_or("Highest confidence of all lists", |row| row.2);
        let mut item = json!({
            "value": overridden.map_or(highest, |row| row.1) * 100.0, "reason": reason,
            "override": overridden.is_some(),
        });
        item[side(kind)] = subject(kind, &value);
        item
    });
    Ok(Reply::list(items.into_iter().collect()))
}

/// `GET /reputation/v1/observation/{ip,domain}/{value}`
pub fn observations(call: &Call<'_>, kind: &str, value: &str) -> Answer {
    call.key.needs(VIEW_OBSERVATIONS)?;
    let mut reader = call.read_query();
    // How long to wait for a count; -1 means as long as it takes.
    reader.text("countMaxWait");
    let window = reader.window();
    reader.finish()?;
    let value = single(kind, value)?;
    let matches: Vec<&Indicator> =
        INDICATORS.iter().filter(|entry| entry.kind == kind && entry.value == value).collect();
    let count = matches.len();
    let items = window_of(matches, &[], window, |entry, _| SortValue::Text(entry.id()));
    let observed = |entry: &Indicator| {
        let [first, last] = entry.ages.map(|minutes| call.start.as_millisecond() - minutes * MINUTE);
        let place = LISTS.iter().position(|row| row.0 == entry.list).unwrap_or(0);
        let state = STATES.iter().position(|state| *state == entry.state).unwrap_or(0);
        let mut item = json!({
            "id": entry.id(),
            "source": {"id": place + 1, "alias": entry.list, "name": LISTS[place].1},
            "role": {"id": 7, "alias": "c2", "name": "Controller"},
            "firstSeen": first, "lastSeen": last, "lastModified": last,
            "numObservations": entry.observations, "state": state + 1, "comment": null,
        });
        if entry.list != "mnemonic-c2" {
            item["role"] = json!({"id": 9, "alias": "other", "name": "Other"});
        }
        item[side(kind)] = subject(kind, entry.value);
        item
    };
    Ok(Reply::page(window.limit, window.offset, count, items.into_iter().map(observed).collect()))
}

fn side(kind: &str) -> &'static str {
    if kind == "ip" { "address" } else { "domainName" }
}

fn subject(kind: &str, value: &str) -> Value {
    if kind == "domain" {
        return json!({"fqdn": value});
    }
    let is_v6 = value.contains(':');
    json!({
        "address": value, "host": true, "ipv6": is_v6, "maskBits": if is_v6 { 128 } else { 32 },
        "multicast": false, "public": true,
    })
}
