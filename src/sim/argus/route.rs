//! Every endpoint of the simulated Argus, as one table: method, path, handler. A `*`
//! stands for one part of the path, which handlers get decoded.

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::sim::argus::alarms;
use crate::sim::argus::asset_statistics;
use crate::sim::argus::assets;
use crate::sim::argus::call::Call;
use crate::sim::argus::cases;
use crate::sim::argus::customers;
use crate::sim::argus::data::filters::FilterKind;
use crate::sim::argus::datastores;
use crate::sim::argus::event_statistics;
use crate::sim::argus::events;
use crate::sim::argus::filters;
use crate::sim::argus::lineage;
use crate::sim::argus::metrics;
use crate::sim::argus::pdns;
use crate::sim::argus::reply::{Answer, Reply};
use crate::sim::argus::reputation;
use crate::sim::argus::session;
use crate::sim::argus::values;

type Handler = fn(&Call<'_>, &[String]) -> Answer;

/// All endpoints; the first that fits answers.
#[rustfmt::skip] // a table
const ROUTES: &[(&str, &str, Handler)] = &[
    ("GET", "authentication/v1/session", |call, _| session::current(call)),
    ("GET", "authentication/v1/session/customer", |call, _| customers::of_session(call)),
    ("GET", "world/v1/time", |call, _| session::world_time(call)),
    ("GET", "cases/v2/case/*", |call, of| cases::by_id(call, &of[0])),
    ("GET", "cases/v2/case/*/comments", |call, of| cases::comments(call, &of[0])),
    ("GET", "cases/v2/case/*/tags", |call, of| cases::tags(call, &of[0])),
    ("POST", "cases/v2/case/search", |call, _| cases::search(call)),
    ("POST", "cases/v2/field/descriptor/search", |call, _| values::fields(call)),
    ("POST", "cases/v2/service/search", |call, _| values::services(call)),
    ("POST", "cases/v2/category/search", |call, _| values::categories(call)),
    ("POST", "events/v2/event/search", |call, _| events::search(call)),
    ("POST", "events/v2/event/statistics", |call, _| event_statistics::statistics(call)),
    ("GET", "events/v2/case/*", |call, of| events::of_case(call, &of[0])),
    ("GET", "events/v2/event/*/*/*", |call, of| events::by_identifier(call, [&of[0], &of[1], &of[2]])),
    ("GET", "events/v2/event/*/*/*/lineage", |call, of| lineage::lineage(call, [&of[0], &of[1], &of[2]])),
    ("GET", "alarms/v1/alarm/*", |call, of| alarms::by_id(call, &of[0])),
    ("POST", "alarms/v1/alarm/search", |call, _| alarms::search(call)),
    ("GET", "alarms/v1/category/*", |call, of| alarms::category(call, &of[0])),
    ("POST", "alarms/v1/category/search", |call, _| alarms::categories(call)),
    ("GET", "assets/v2/asset/definition/*", |call, of| assets::definition(call, &of[0])),
    ("GET", "assets/v2/asset/*", |call, of| assets::by_name(call, &of[0])),
    ("POST", "assets/v2/asset/search", |call, _| assets::search(call)),
    ("POST", "assets/v2/asset/statistics", |call, _| asset_statistics::statistics(call)),
    ("GET", "eventfilters/v2/analysis/*", |call, of| filters::by_id(call, FilterKind::Analysis, &of[0])),
    ("GET", "eventfilters/v2/annotation/*", |call, of| filters::by_id(call, FilterKind::Annotation, &of[0])),
    ("GET", "eventfilters/v2/match/*", |call, of| filters::by_id(call, FilterKind::Match, &of[0])),
    ("GET", "eventfilters/v2/filter/*/type", |call, of| filters::kind_of(call, &of[0])),
    ("POST", "eventfilters/v2/analysis/search", |call, _| filters::search(call, FilterKind::Analysis)),
    ("POST", "eventfilters/v2/annotation/search", |call, _| filters::search(call, FilterKind::Annotation)),
    ("POST", "eventfilters/v2/match/search", |call, _| filters::search(call, FilterKind::Match)),
    ("GET", "metrics/v1/descriptor/*", |call, of| metrics::descriptor(call, &of[0])),
    ("POST", "metrics/v1/metric/*/aggregate", |call, of| metrics::aggregate(call, &of[0])),
    ("GET", "customers/v2/customer/*", |call, of| customers::by_name(call, &of[0])),
    ("GET", "customers/v2/customer/*/properties", |call, of| customers::properties(call, &of[0])),
    ("POST", "customers/v2/customer/search", |call, _| customers::search(call)),
    ("GET", "datastores/v1/descriptor/*", |call, of| datastores::descriptor(call, &of[0])),
    ("GET", "datastores/v1/store/*/*", |call, of| datastores::entry(call, &of[0], &of[1])),
    ("POST", "pdns/v3/search", |call, _| pdns::search(call)),
    ("GET", "pdns/v3/*", |call, of| pdns::by_query(call, &of[0])),
    ("GET", "reputation/v1/calculated/*/*", |call, of| reputation::calculated(call, &of[0], &of[1])),
    ("GET", "reputation/v1/observation/*/*", |call, of| reputation::observations(call, &of[0], &of[1])),
    ("GET", "reputation/v2/score/*/*", |call, of| reputation::score(call, &of[0], &of[1])),
    ("POST", "reputation/v2/indicator/search", |call, _| reputation::search(call)),
    ("GET", "reputation/v2/indicator/*/*", |call, of| reputation::indicators(call, &of[0], &of[1])),
];

/// Answers a request by its endpoint.
pub fn answer(call: &Call<'_>, method: &str, path: &str) -> Answer {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let found = ROUTES
        .iter()
        .filter(|(own, ..)| *own == method)
        .find_map(|(_, pattern, handler)| Some((handler, named_parts(pattern, &parts)?)));
    match found {
        Some((handler, of)) => handler(call, &of),
        None => Err(Reply::not_found("path", path)),
    }
}

/// The parts of a path that a pattern leaves open, decoded; none where it does not fit.
fn named_parts(pattern: &str, parts: &[&str]) -> Option<Vec<String>> {
    let pattern: Vec<&str> = pattern.split('/').collect();
    if pattern.len() != parts.len() {
        return None;
    }
    let mut named = Vec::new();
    for (own, part) in pattern.iter().zip(parts) {
        if *own == "*" {
            named.push(percent_decode_str(part).decode_utf8_lossy().into_owned());
        } else if own != part {
            return None;
        }
    }
    Some(named)
}

/// The search over objects of the kind that a path looks up, with a body that finds a few.
pub fn others(path: &str) -> (&'static str, Value) {
    const SEARCHES: &[&str] = &[
        "/cases/v2/case",
        "/events/v2/event",
        "/alarms/v1/alarm",
        "/alarms/v1/category",
        "/assets/v2/asset",
        "/eventfilters/v2/analysis",
        "/eventfilters/v2/annotation",
        "/eventfilters/v2/match",
        "/customers/v2/customer",
    ];
    let place = SEARCHES.iter().position(|prefix| path.starts_with(prefix)).unwrap_or(SEARCHES.len() - 1);
    let mut body = json!({"limit": 3});
    match SEARCHES[place] {
        "/events/v2/event" => body["indexStartTimestamp"] = json!(0),
        "/assets/v2/asset" => body["assetDefinition"] = json!(["HostAsset"]),
        _ => {}
    }
    (SEARCHES[place], body)
}
