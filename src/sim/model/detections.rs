//! Chooses tools of Argus for questions about numbers of events, alarms, attack categories,
//! assets and the values that cases may have. Words of three languages say which kind is
//! meant; filters are what the prompt has read off the message, or the reading here.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::sim::model::words::Reading;

const COUNTS: &[&str] = &[
    "how many",
    "number of",
    "per ",
    "by severity",
    "by customer",
    "statistic",
    "trend",
    "top ",
    "most ",
    "hvor mange",
    "antall",
    "fordelt",
    "flest",
    "topp ",
    "statistikk",
    "wie viele",
    "anzahl",
    "pro ",
    "häufigst",
    "meisten",
    "statistik",
];
const EVENTS: &[&str] = &["event", "hendelse", "ereignis", "source", "kilde", "quelladress", "quellen", "alert"];
const LINEAGE: &[&str] = &["lineage", "history", "historikk", "historie", "verlauf"];
const ALARMS: &[&str] = &["alarm"];
const CATEGORIES: &[&str] = &["attack categor", "angrepskategori", "angriffskategorie"];
const ASSETS: &[&str] =
    &["asset", "machine", "host", "server", "system", "maskin", "vert", "rechner", "computer", "workstation"];
const LISTS: [(&str, &[&str]); 5] = [
    ("listAllowedCaseCategories", &["case categor", "categories of cases", "sakskategori", "fallkategorie"]),
    ("listAllowedCaseServices", &["case service", "services for cases", "sakstjeneste", "falldienst"]),
    ("listAllowedCaseFields", &["case field", "custom field", "saksfelt", "fallfeld"]),
    ("listAllowedCaseWorkflows", &["workflow", "arbeidsflyt", "arbeitsablauf"]),
    ("listAllowedCaseFlags", &["case flag", "saksflagg", "fallflag"]),
];

/// Score and arguments of one of these tools.
pub(super) fn known(tool: &str, reading: &Reading) -> Option<(u32, Value)> {
    if let Some((_, words)) = LISTS.iter().find(|(name, _)| *name == tool) {
        return reading.says(words).then(|| (32, json!({})));
    }
    let counts = reading.says(COUNTS) || reading.hint("event_group").is_some() || reading.hint("resolution").is_some();
    let assets = reading.says(ASSETS) || reading.host.is_some();
    let alarm = reading.hint("alarm_id").and_then(|ids| ids.get(0)).cloned();
    let alarms = reading.says(ALARMS) && !reading.says(EVENTS);
    let dated = reading.start.is_some() || !reading.customers.is_empty();
    match tool {
        "getEventLineage" if reading.says(LINEAGE) => {
            Some((31, json!({"eventIdentifier": reading.event_identifier.as_ref()?})))
        }
        "executeStatisticsArgusEvent" if counts && !assets && reading.event_identifier.is_none() => {
            event_counts(reading).map(|request| (29, json!({"request": request})))
        }
        "getAlarmByID" => Some((30, json!({"alarmID": alarm?}))),
        "executeSearchArgusAlarm"
            if alarms && alarm.is_none() && (!dated || reading.says(&["definition", "definisjon"])) =>
        {
            Some((24, json!({"request": alarm_search(reading)})))
        }
        "getAttackCategoryByIDOrShortName" if !alarms => {
            Some((27, json!({"idOrShortName": reading.hint("attack_category")?.get(0)?})))
        }
        "listAttackCategories" if reading.says(CATEGORIES) && reading.hint("attack_category").is_none() => {
            Some((26, json!({})))
        }
        "executeStatisticsArgusAsset" if assets && counts && reading.hint("asset_sort").is_none() => {
            Some((28, asset_counts(reading)))
        }
        "executeSearchArgusAsset" if assets && (reading.host.is_none() || !reading.customers.is_empty()) => {
            Some((17, asset_search(reading)))
        }
        _ => None,
    }
}

/// Leaves out what is not known.
fn some(members: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Map<String, Value> {
    members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

fn list(values: &[String]) -> Option<Value> {
    (!values.is_empty()).then(|| json!(values))
}

fn range(reading: &Reading) -> Option<Value> {
    let end = reading.hint("time_end").cloned().unwrap_or_else(|| json!("now"));
    reading.start.as_ref().map(|start| json!({"startTimestamp": start, "endTimestamp": end}))
}

/// Each value of what was read, as an item.
fn each(reading: &Reading, name: &str, item: impl Fn(&Value) -> Value) -> Option<Value> {
    let values = reading.hint(name)?.as_array()?;
    Some(values.iter().map(item).collect())
}

fn event_counts(reading: &Reading) -> Option<Value> {
    let case = reading.case_ids.first();
    let attack = some([("signature", reading.hint("signature").cloned())]);
    let mut filter = some([
        ("customer", list(&reading.customers)),
        ("severity", list(&reading.priorities)),
        ("associateCaseID", case.map(|id| json!([id]))),
        ("endpoint", reading.ip.as_ref().map(|ip| json!([{"ip": [ip]}]))),
        ("attack", (!attack.is_empty()).then(|| json!([attack]))),
        ("timeFilter", range(reading)),
    ]);
    if !filter.contains_key("timeFilter") {
        let start = if case.is_some() { "now -90 days" } else { "now -24 hours" };
        filter.insert("timeFilter".to_owned(), json!({"startTimestamp": start, "endTimestamp": "now"}));
    }
    let limit = reading.limit.map(|limit| json!(limit));
    let group = |field: &Value| Value::Object(some([("field", Some(field.clone())), ("limit", limit.clone())]));
    let mut statistics = some([
        ("groupBy", each(reading, "event_group", group)),
        ("timeRangeMetrics", each(reading, "resolution", |unit| json!({"name": "timeline", "resolution": unit}))),
    ]);
    if statistics.is_empty() {
        // Of one case the events themselves are counted.
        if case.is_some() {
            return None;
        }
        statistics.insert("groupBy".to_owned(), json!([{"field": "severity"}]));
    }
    Some(json!({"filter": filter, "statistics": statistics}))
}

fn alarm_search(reading: &Reading) -> Map<String, Value> {
    some([
        ("reference", reading.hint("cve").cloned()),
        ("attackCategory", reading.hint("attack_category").cloned()),
        ("signature", reading.hint("signature").cloned()),
        ("keywords", reading.hint("keyword").cloned()),
        ("timeFilter", range(reading)),
        ("limit", reading.limit.map(|limit| json!(limit))),
    ])
}

fn definition(reading: &Reading) -> Value {
    reading.hint("asset_definition").cloned().unwrap_or_else(|| json!("HostAsset"))
}

fn asset_counts(reading: &Reading) -> Value {
    let filter = some([("customer", list(&reading.customers))]);
    let groups = each(reading, "asset_group", |field| json!({"field": field}));
    let groups = groups.unwrap_or_else(|| json!([{"field": "customer"}]));
    let mut request = json!({"statistics": {"groupBy": groups}});
    if !filter.is_empty() {
        request["filter"] = Value::Object(filter);
    }
    json!({"assetDefinition": definition(reading), "request": request})
}

fn asset_search(reading: &Reading) -> Value {
    let level = list(&reading.priorities);
    let of = |dimension: &str| json!({"criticality": [{"dimension": dimension, "level": level}]});
    let criteria = level.as_ref().map(|_| json!([of("confidentiality"), of("integrity"), of("availability")]));
    let network = reading.hint("ip").cloned().or_else(|| reading.ip.as_ref().map(|ip| json!([ip])));
    let request = some([
        ("customer", list(&reading.customers)),
        ("keywords", reading.host.as_ref().map(|host| json!([host]))),
        ("component", network.map(|ip| json!([{"componentDefinition": "ipAddress", "value": ip}]))),
        ("vulnerability", reading.hint("cve").map(|cve| json!({"references": cve}))),
        ("subCriteria", criteria),
        ("includeAssetFlag", reading.hint("asset_flag").cloned()),
        ("sortBy", reading.hint("asset_sort").cloned()),
        ("limit", reading.limit.map(|limit| json!(limit))),
    ]);
    json!({"assetDefinition": definition(reading), "request": request})
}
