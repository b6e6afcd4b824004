//! Whatever the Argus server makes of a right request, the strict simulator takes; and
//! it takes exactly what the REST definitions list.

use rand::SeedableRng;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::servers::argus::random_requests::valid_in;
use crate::servers::argus::rest_tables;
use crate::servers::argus::tools::{self, Family, Tool, ToolKind, Work};
use crate::sim::argus::server_tests::Server;
use crate::sim::argus::tests::{FULL, Running};

/// Random requests of each tool.
const SEEDS: u64 = 30;

/// Names that the simulated world knows for a field of a family's requests; `event` is one of its events.
fn known(family: Family, field: &str, event: &str) -> Option<Vec<Value>> {
    let list = |value: Value| value.as_array().cloned();
    match (family, field) {
        (_, "eventIdentifier") => list(json!([event, "1770622920440/2171/5a2f0f6c-6d0b-4a4e-9b51-0c4b9e6a7d11"])),
        (Family::Datastore, "key") => list(json!(["kari.solheim", "e7d705a3286e19ea42f587b344ee6865"])),
        (Family::Asset, "parent" | "ancestor") => list(json!(["nfk-ot", "hbr-dmz"])),
        (_, "customer" | "parent" | "ancestor") => list(json!(["nordfjord", 2172, "bergtun", "nordic-energy"])),
        (Family::Datastore, "customerID") => list(json!([0, 2171])),
        (_, "customerID") => list(json!([2171, 2172, 2188])),
        (_, "caseID") => list(json!([4_120_771, 4_120_802])),
        (_, "service") => list(json!(["ids", 12])),
        (Family::Case, "category") => list(json!(["phishing", 48])),
        (_, "asset") => list(json!(["nfk-ws-0417", "hbr-web-01"])),
        (_, "user") => list(json!(["k.solheim", 120])),
        (_, "alarm") => list(json!(["malware-callback", 58240])),
        (Family::Alarm, "alarmID") => list(json!([58129, "udp-flood", "no-such-alarm"])),
        (_, "alarmID") => list(json!([58129, 58455])),
        (_, "attackCategory") => list(json!(["callback", 371])),
        (Family::Alarm, "idOrShortName") => list(json!(["policy", 301, "nothing"])),
        (Family::Asset, "idOrShortName") => list(json!(["nfk-dc-01", "nothing"])),
        (Family::Customer, "idOrShortName") => list(json!(["havbris", 2188, "nothing"])),
        (_, "dataSource") => list(json!(["edr-sim", "manual"])),
        (_, "componentDefinition") => list(json!(["hostName", "network"])),
        (_, "location") => list(json!(["nfk-hq", 511])),
        (Family::Case, "field") => list(json!(["containmentState", "ticketReference"])),
        (Family::AnalysisFilter, "id") => list(json!([20417, 31022])),
        (Family::AnnotationFilter, "id") => list(json!([25101, 1])),
        (Family::MatchFilter, "id") => list(json!([31022, 31104, 20417])),
        (Family::Datastore, "dataStoreName") => list(json!(["vip-users", "known-bad-ja3"])),
        (Family::Metric, "name") => list(json!(["eventsMatched", "eventsProcessed", "processingTime", "filterID"])),
        (Family::Metric, "weightByValue") => list(json!(["eventsProcessed"])),
        (Family::Metric, "key") => list(json!(["filterID", "filterType", "host", "customer"])),
        (Family::Metric, "sortBy") => list(json!(["metricTimestamp", "-eventsMatched", "filterID"])),
        (Family::Metric, "customerDomain") => list(json!(["MNEMONIC"])),
        (Family::Metric, "timeZone") => list(json!(["Europe/Oslo", "UTC"])),
        _ => None,
    }
}

/// How a call ended: with data, with a refusal that is no 412, or as it must not.
async fn outcome(server: &Server, tool: &Tool, sent: &Map<String, Value>) -> Result<bool, Value> {
    let (is_error, value) = server.result(tool.name, Value::Object(sent.clone())).await;
    match value["error"]["kind"].as_str() {
        None if !is_error => Ok(true),
        // What only shows after a look-up: a name, a scope, an object that is not there.
        Some("NOT_FOUND" | "INVALID_ARGUMENTS") => Ok(false),
        _ => Err(value),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_right_request_of_any_tool_is_refused_by_the_strict_simulator() {
    let sim = Running::start().await;
    let server = Server::new(&sim, FULL);
    let events = sim.events(FULL, json!({"limit": 1})).await;
    let event = events["data"][0]["id"].as_str().unwrap();
    let mut asked = 0;
    for tool in tools::ALL.iter().filter(|tool| tool.kind() == ToolKind::Rest) {
        let world = |field: &str| known(tool.family, field, event);
        let mut answered = 0;
        for seed in 0..SEEDS {
            let sent = valid_in(&world, &tool.made().shape, &mut StdRng::seed_from_u64(seed));
            match outcome(&server, tool, &sent).await {
                Ok(with_data) => answered += u32::from(with_data),
                Err(value) => panic!("{} (seed {seed}): {value} for {}", tool.name, json!(sent)),
            }
        }
        assert!(answered > 2, "{}: {answered} of {SEEDS} were answered with data", tool.name);
        asked += 1;
    }
    assert_eq!(asked, 34);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_query_that_a_translator_returns_fits_its_schema_and_is_what_the_execute_tool_sends() {
    let sim = Running::start().await;
    let server = Server::new(&sim, FULL);
    let events = sim.events(FULL, json!({"limit": 1})).await;
    let event = events["data"][0]["id"].as_str().unwrap();
    let mut asked = 0;
    for tool in tools::ALL.iter().filter(|tool| tool.kind() == ToolKind::Translator) {
        let world = |field: &str| known(tool.family, field, event);
        let promised = Value::Object(tool.made().output.as_deref().unwrap().clone());
        let validator = jsonschema::validator_for(&promised).unwrap();
        for seed in 0..SEEDS {
            let sent = valid_in(&world, &tool.made().shape, &mut StdRng::seed_from_u64(seed));
            let (is_error, value) = server.result(tool.name, Value::Object(sent.clone())).await;
            assert!(!is_error, "{} (seed {seed}): {value}", tool.name);
            let problems: Vec<String> = validator.iter_errors(&value).map(|problem| problem.to_string()).collect();
            assert!(problems.is_empty(), "{} (seed {seed}): {problems:?} for {}", tool.name, json!(sent));
            let Work::Translate(query) = &tool.work else { panic!("{} translates", tool.name) };
            let (_, answer) = server.result(query.execute, Value::Object(sent.clone())).await;
            let requests = sim.sim.requests();
            let body = &requests.last().unwrap()["body"];
            let shown = value.get("searchCriteria").unwrap_or(&value);
            assert_eq!(body, shown, "{} (seed {seed}): {answer}", query.execute);
        }
        asked += 1;
    }
    assert_eq!(asked, 11);
}

/// A value of every field of a schema.
fn filled(schema: &Value) -> Value {
    match schema["type"].as_str() {
        Some("object") => {
            let members = schema["properties"].as_object().unwrap();
            Value::Object(members.iter().map(|(name, inner)| (name.clone(), filled(inner))).collect())
        }
        Some("array") => json!([filled(&schema["items"])]),
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        _ => json!("now"),
    }
}

fn unknown(answer: &Value) -> Vec<&str> {
    let messages = answer["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let of = |message: &&Value| message["messageTemplate"] == "unknown.field";
    messages.iter().filter(of).map(|message| message["field"].as_str().unwrap()).collect()
}

fn real_path(call: &str) -> String {
    let path = call.split_once(' ').unwrap().1;
    let kind_id = [("analysis", "20417"), ("annotation", "25101"), ("match", "31022")];
    let id = kind_id.iter().find(|(kind, _)| path.contains(kind)).map_or("1", |(_, id)| *id);
    let name = match path {
        path if path.contains("/alarms/") => "policy",
        path if path.contains("/assets/") => "nfk-dc-01",
        _ => "nordfjord",
    };
    path.replace("{caseID}", "4120771")
        .replace("{idOrShortName}", name)
        .replace("{dataStoreName}", "vip-users")
        .replace("{id}", id)
}

/// A query of every field of a schema.
fn query_of(fields: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let value = |value: &Value| value.as_array().map_or_else(|| text(value), |items| text(&items[0]));
    fields.as_object().unwrap().iter().map(|(name, own)| (name.clone(), value(own))).collect()
}

#[tokio::test]
async fn the_simulator_knows_the_fields_of_the_definitions_and_no_other() {
    let sim = Running::start().await;
    let events = sim.events(FULL, json!({"limit": 1})).await;
    let event = events["data"][0]["id"].as_str().unwrap().split_once('/').unwrap().1.to_owned();
    let mut tried = 0;
    for tool in tools::ALL.iter() {
        let Some((rest, schema)) = tool.rest().and_then(|rest| Some((rest, rest_tables::schema(rest.call)?))) else {
            continue;
        };
        let path = real_path(rest.call).replace("{+eventIdentifier}", &event);
        let fields = filled(&schema);
        let mut odd = fields.clone();
        odd["noSuchField"] = json!("x");
        for (fields, wanted) in [(&fields, vec![]), (&odd, vec!["noSuchField"])] {
            let (status, answer) = if rest.call.starts_with("POST") {
                sim.post(FULL, &path, fields.clone()).await
            } else {
                let request = sim.request(Method::GET, FULL, &path).query(&query_of(fields));
                let response = request.send().await.unwrap();
                (response.status().as_u16(), response.json().await.unwrap())
            };
            assert_eq!(unknown(&answer), wanted, "{}: {answer}", rest.call);
            assert!(wanted.is_empty() || status == 412, "{}: {status}", rest.call);
        }
        tried += 1;
    }
    assert!(tried > 25, "{tried}");
}
