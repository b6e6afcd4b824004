//! Calls for customers, datastores, event filters, metrics, passive DNS and reputation, from
//! a message in three languages. A required argument that the message does not hold makes
//! no call.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::sim::model::words::Reading;

const ANALYSIS: &[&str] = &["analysis filter", "analysefilt"];
const ANNOTATION: &[&str] = &["annotation filter", "annotasjonsfilt", "annotationsfilter"];
const MATCH: &[&str] = &["match filter", "match-filter", "matchfilt"];
const FILTERS: &[&str] = &["filter", "filtre"];
const MATCHED: &[&str] = &[
    "match today",
    "matched",
    "match per",
    "processed",
    "processing time",
    "traff",
    "behandl",
    "getroffen",
    "trafen",
    "verarbeit",
];
const METRICS: &[&str] =
    &["metric", "metrik", "throughput", "events per filter", "hendelser per filter", "ereignisse pro filter"];
const REPUTATION: &[&str] = &[
    "reputation",
    "malicious",
    "omdømme",
    "ondsinnet",
    "ruf ",
    "reputación",
    "réputation",
    "rykte",
    "bösartig",
    "schädlich",
    "known bad",
    "ioc",
];
const LISTED: &[&str] = &[
    "which list",
    "blocklist",
    "indicator",
    "ever listed",
    "hvilke lister",
    "indikator",
    "welchen listen",
    "sperrlist",
    "noen gang listet",
    "jemals gelistet",
];
const OLD: &[&str] =
    &["ever listed", "old entr", "noen gang listet", "gamle oppføringer", "jemals gelistet", "alte einträge"];
const DNS: &[&str] = &[
    "passive dns",
    "passivedns",
    "pdns",
    "dns",
    "resolve",
    "mx record",
    "txt record",
    "subdomain",
    "pekte",
    "peker",
    "subdomene",
    "zeigte",
    "passiv",
];
const SUBDOMAINS: &[&str] = &["subdomain", "subdomene", "unterdomain"];
const SLA: &[&str] = &["sla", "service level"];
const PROPERTIES: &[&str] = &["propert", "egenskap", "eigenschaft", "emergency phone", "nødtelefon", "notrufnummer"];

/// Score and arguments of a tool of these families.
pub(super) fn known(tool: &str, reading: &Reading) -> Option<(u32, Value)> {
    let target = || reading.domain.as_ref().or(reading.ip.as_ref());
    let filter = || reading.filter_id();
    let customer = || reading.customers.first();
    let counted = reading.says(FILTERS) && reading.says(MATCHED) || reading.says(METRICS);
    let some = |score: u32, arguments: Value| Some((score, arguments));
    match tool {
        "getDataStoreDescriptor" => some(32, json!({"dataStoreName": reading.data_store.as_ref()?})),
        "getCustomerProperties" if reading.says(SLA) => {
            some(31, json!({"idOrShortName": customer()?, "section": ["sla"]}))
        }
        "getCustomerProperties" if reading.says(PROPERTIES) => some(31, json!({"idOrShortName": customer()?})),
        "executeProcessingEventsPerFilterMetricAggregation" if counted => some(34, aggregation(reading)),
        "getAnalysisFilterByID" if reading.says(ANALYSIS) => some(33, json!({"id": filter()?})),
        "getAnnotationFilterByID" if reading.says(ANNOTATION) => some(33, json!({"id": filter()?})),
        "getMatchFilterByID" if reading.says(MATCH) => some(33, json!({"id": filter()?})),
        "executeSearchArgusAnalysisFilter" if reading.says(ANALYSIS) => some(32, search(reading)),
        "executeSearchArgusAnnotationFilter" if reading.says(ANNOTATION) => some(32, search(reading)),
        "executeSearchArgusMatchFilter"
            if reading.says(MATCH) || reading.says(FILTERS) && !reading.case_ids.is_empty() =>
        {
            some(32, search(reading))
        }
        "getIOCReputationIndicators" if reading.says(LISTED) => {
            let mut arguments = json!({"value": target()?});
            if reading.says(OLD) {
                arguments["state"] = json!(["active", "latest", "old"]);
            }
            some(30, arguments)
        }
        "getIOCReputationScore" if reading.says(REPUTATION) => some(29, json!({"value": target()?})),
        "executeSearchArgusPassiveDNS" if reading.says(DNS) => {
            let mut request = json!({"query": target()?});
            if reading.says(SUBDOMAINS) {
                request["queryMatchStrategy"] = json!("includeSubdomains");
            }
            let kind = ["txt", "mx", "cname", "aaaa"].into_iter().find(|kind| reading.says(&[kind]));
            if let Some(kind) = kind {
                request["recordType"] = json!([kind]);
            }
            some(28, json!({"request": request}))
        }
        _ => None,
    }
}

fn search(reading: &Reading) -> Value {
    let mut request = Map::new();
    if !reading.customers.is_empty() {
        request.insert("customer".to_owned(), json!(reading.customers));
    }
    if let (true, Some(case)) = (reading.says(&["case", "sak", "fall"]), reading.case_ids.first()) {
        request.insert("associateCaseID".to_owned(), json!([case]));
    }
    if reading.says(&["disabled", "deaktiver", "deaktiviert", "inactive", "abgeschaltet"]) {
        request.insert("excludeFilterFlag".to_owned(), json!(["enabled"]));
    } else if reading.says(&["enabled", "aktivert", "aktiviert"]) {
        request.insert("includeFilterFlag".to_owned(), json!(["enabled"]));
    }
    if let Some(start) = &reading.start {
        request.insert("timeFilter".to_owned(), json!({"startTimestamp": start, "endTimestamp": "now"}));
    }
    json!({ "request": request })
}

fn aggregation(reading: &Reading) -> Value {
    let mut filter = Map::new();
    if !reading.customers.is_empty() {
        filter.insert("customer".to_owned(), json!(reading.customers));
    }
    if let Some(id) = reading.filter_id() {
        filter.insert("key".to_owned(), json!([{"name": "filterID", "values": [id]}]));
    }
    let start = reading.start.as_deref().unwrap_or("startOfDay");
    filter.insert("timeFilter".to_owned(), json!({"startTimestamp": start, "endTimestamp": "now"}));
    let time = reading.says(&["processing time", "behandlingstid", "verarbeitungszeit"]);
    let value = if time {
        json!({"name": "processingTime", "aggregationFunction": "wavg", "weightByValue": "eventsProcessed"})
    } else if reading.says(&["processed", "behandlet", "verarbeitet"]) {
        json!({"name": "eventsProcessed", "aggregationFunction": "sum"})
    } else {
        json!({"name": "eventsMatched", "aggregationFunction": "sum"})
    };
    let mut statistics = json!({"values": [value]});
    if reading.says(&["per hour", "hourly", "per time", "pro stunde", "stündlich"]) {
        statistics["resolution"] = json!(1);
        statistics["resolutionUnit"] = json!("hours");
    } else {
        statistics["groupBy"] = json!([{"key": "filterID"}]);
        statistics["includeOthers"] = json!(false);
    }
    json!({"request": {"filter": filter, "statistics": statistics}})
}
