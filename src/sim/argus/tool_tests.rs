//! Every tool of the embedded Argus server, called once against the simulator, with an
//! answer that means something. The calls are those that real clients make in `tests/mcp`.

use serde_json::{Value, json};

use crate::servers::argus::tools;
use crate::sim::argus::server_tests::Server;
use crate::sim::argus::tests::{FULL, Running};

/// `calls`: tool, arguments, and where something must stand in the answer (JSON Pointer), and
/// what; `learn`: how to learn what stands for `$event` in arguments.
const SPEC: &str = include_str!("../../../tests/mcp/argus.json");

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn every_tool_gives_an_answer_that_means_something() {
    let sim = Running::start().await;
    let server = Server::new(&sim, FULL);
    let spec: Value = serde_json::from_str(SPEC).unwrap();
    let learn = &spec["learn"]["event"];
    let learnt = server.ok(text(&learn["tool"]), learn["arguments"].clone()).await;
    let event = text(learnt.pointer(text(&learn["at"])).unwrap());
    let spec: Value = serde_json::from_str(&SPEC.replace("$event", event)).unwrap();
    let mut called = Vec::new();
    for call in spec["calls"].as_array().unwrap() {
        let (tool, arguments, pointer) = (text(&call["tool"]), &call["arguments"], text(&call["at"]));
        let answer = server.ok(tool, arguments.clone()).await;
        assert_eq!(answer.pointer(pointer), Some(&call["is"]), "{tool} {arguments}: {pointer} of {answer}");
        called.push(tool);
    }
    let mut all: Vec<&str> = tools::ALL.iter().map(|tool| tool.name).collect();
    called.sort_unstable();
    all.sort_unstable();
    assert_eq!(called, all, "each of the 59 tools once");
}

#[tokio::test]
async fn the_server_explains_what_the_simulator_refuses() {
    let sim = Running::start().await;
    let server = Server::new(&sim, FULL);
    let odd = json!({"request": {"component": [{"componentDefinition": "ipAddress", "value": ["windows"]}]}});
    let (is_error, value) = server.result("executeSearchArgusAsset", odd).await;
    assert!(is_error && value["error"]["hint"].as_str().unwrap().contains("ipAddress (ipType)"), "{value}");
    let (is_error, value) = server.result("getMatchFilterByID", json!({"id": 20417})).await;
    assert!(is_error && value["error"]["hint"].as_str().unwrap().contains("getAnalysisFilterByID"), "{value}");
    let names = json!({"request": {"statistics": {"values": [{"name": "eventsLost"}]}}});
    let (_, value) = server.result("executeProcessingEventsPerFilterMetricAggregation", names).await;
    assert!(value["error"]["fieldErrors"].to_string().contains("eventsProcessed"), "{value}");
    let quota = json!({"request": {"query": "quota.example"}});
    let (_, value) = server.result("executeSearchArgusPassiveDNS", quota).await;
    assert_eq!((&value["error"]["kind"], &value["error"]["retryAfterMs"]), (&json!("RESOURCE_LIMIT"), &json!(41000)));
    let (_, value) = server.result("getIOCReputationScore", json!({"value": "harmless.example"})).await;
    assert_eq!(value["error"]["kind"], "NOT_FOUND", "no score is unknown: {value}");
    let customer = Server::new(&sim, crate::sim::argus::tests::NORDFJORD);
    let (_, value) = customer.result("executeSearchArgusMatchFilter", json!({"request": {}})).await;
    assert!(value["error"]["message"].as_str().unwrap().contains("viewMatchFilter"), "{value}");
}
