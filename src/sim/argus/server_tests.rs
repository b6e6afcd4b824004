//! The embedded Argus server against the simulated backend: what the one sends, the
//! strict other takes, and a whole investigation works end to end.

use rmcp::model::JsonObject;
use serde_json::{Value, json};

use crate::servers::argus::{ArgusConfig, ArgusServer, check_session};
use crate::sim::argus::tests::{FULL, NORDFJORD, Running};
use crate::sim::faults::{Fault, FaultKind};

fn config(sim: &Running, key: &str) -> ArgusConfig {
    let clock = sim.sim.clock().clone();
    let lookup = |name: &str| match name {
        "ARGUS_API_KEY" => Some(key.to_owned()),
        "ARGUS_API_URL" => Some(sim.base.clone()),
        "ARGUS_API_MAX_RETRIES" => Some("0".to_owned()),
        "ARGUS_PORTAL_URL" => Some("https://portal.argus.example".to_owned()),
        _ => None,
    };
    ArgusConfig::from_lookup(&lookup, std::sync::Arc::new(move || clock.now())).unwrap()
}

pub(crate) struct Server(ArgusServer);

impl Server {
    pub(crate) fn new(sim: &Running, key: &str) -> Self {
        Self(ArgusServer::new(config(sim, key)).unwrap())
    }

    pub(crate) async fn result(&self, tool: &str, arguments: Value) -> (bool, Value) {
        let arguments: JsonObject = arguments.as_object().unwrap().clone();
        let result = self.0.call(tool, &arguments).await.unwrap();
        let value = result.structured_content.unwrap();
        (result.is_error == Some(true), value)
    }

    pub(crate) async fn ok(&self, tool: &str, arguments: Value) -> Value {
        let (is_error, value) = self.result(tool, arguments).await;
        assert!(!is_error, "{tool}: {value}");
        value
    }
}

#[tokio::test]
async fn every_field_that_the_server_can_send_is_known() {
    let sim = Running::start().await;
    let server = Server::new(&sim, FULL);
    let case = json!({"request": {
        "asset": ["nfk-ws-0417"], "customer": ["nordfjord"], "caseID": [4_120_771],
        "type": ["securityIncident", "information"],
        "serviceFilter": {"service": ["ids"], "includeCaseServiceFlag": ["EVENT_ENABLED"], "excludeCaseServiceFlag": ["DEPRECATED"]},
        "category": ["compromise"], "currentStatus": ["pendingCustomer"], "initialStatus": ["workingSoc"],
        "currentPriority": ["high"], "initialPriority": ["medium"],
        "tag": [{"key": "campaign", "value": ["silver-otter"], "exclude": false}],
        "field": [{"field": "containmentState", "value": ["isolated"]}],
        "workflow": [{"flow": "customerUpdate", "acknowledged": true}],
        "keywords": ["beacon"], "keywordFieldStrategy": ["subject"], "keywordMatchStrategy": "any",
        "timeFilter": {"startTimestamp": "startOfDay -1 day", "endTimestamp": "now",
            "timeFieldStrategy": ["createdTimestamp"], "timeMatchStrategy": "any"},
        "user": ["k.solheim"], "userFieldStrategy": ["assignedUser"], "userAssigned": true, "techAssigned": true,
        "accessMode": ["roleBased"], "productionCustomers": true, "includeWorkflows": true,
        "includeDescription": true, "includeCaseFlag": ["HAS_EVENTS"], "excludeCaseFlag": ["MERGED"],
        "sortBy": ["-priority", "id"], "limit": 10, "offset": 0,
        "subCriteria": [{"customer": ["havbris"], "exclude": true}],
    }});
    let found = server.ok("executeSearchArgusCase", case).await;
    assert_eq!(found["data"][0]["id"], 4_120_771);
    assert_eq!(found["page"]["reason"], "LAST_PAGE");
    let event = json!({"includeProperties": true, "request": {
        "associateCaseID": [4_120_771],
        "attack": [{"alarm": ["malware-callback"], "attackCategory": ["callback"], "signature": ["SNORT-1:41336"], "required": true}],
        "customer": ["nordfjord"], "domain": ["cdn-sync.example"],
        "endpoint": [{"ip": ["10.20.4.0/24"], "minMaskBits": 24, "endpointFieldStrategy": "source",
            "includeEndpointFlag": ["isCustomerNet"], "excludeEndpointFlag": ["customAggregation"], "required": true}],
        "property": [{"key": "http_protocol", "value": ["TLS"], "valueMatchStrategy": "any", "valueSearchStrategy": "exact"}],
        "severity": ["high"], "type": ["aggregated"],
        "timeFilter": {"startTimestamp": "startOfDay -1 day", "endTimestamp": "now", "timeFieldStrategy": ["lastEvent"]},
        "includeEventFlag": ["notified"], "excludeEventFlag": ["falsePositive"], "includeUnpublished": true,
        "productionCustomers": true, "includeComments": true, "includeSubEvents": true,
        "sortBy": ["-lastEventTimestamp"], "limit": 5, "offset": 0,
        "subCriteria": [{"severity": ["low"], "exclude": true}],
    }});
    let found = server.ok("executeSearchArgusEvent", event).await;
    assert_eq!((&found["page"]["count"], &found["page"]["nextOffset"]), (&json!(12), &json!(5)));
    for (tool, arguments) in [
        ("listAllowedCaseFields", json!({"keywords": ["host"], "service": ["ids"], "caseID": 4_120_771})),
        ("listAllowedCaseServices", json!({"keywords": ["detection"]})),
        ("listAllowedCaseCategories", json!({"service": ["ids"], "caseType": ["securityIncident"]})),
    ] {
        let listed = server.ok(tool, arguments).await;
        assert!(!listed["data"].as_array().unwrap().is_empty(), "{tool}: {listed}");
    }
}

#[tokio::test]
async fn an_investigation_runs_end_to_end() {
    let sim = Running::start().await;
    check_session(&config(&sim, NORDFJORD)).await.unwrap();
    assert!(check_session(&config(&sim, "15a6/4/sim-expired")).await.is_err());
    let server = Server::new(&sim, NORDFJORD);
    let case = server.ok("getArgusCaseByID", json!({"caseID": 4_119_004})).await;
    assert_eq!(case["data"]["id"], 4_120_771);
    assert_eq!(case["meta"]["redirectedFrom"], "/cases/v2/case/4119004");
    let comments = server.ok("getArgusCaseComments", json!({"caseID": 4_120_771, "limit": 2})).await;
    assert_eq!(comments["page"]["nextOffset"], 2);
    let tags = server.ok("getArgusCaseTags", json!({"caseID": 4_120_771})).await;
    assert_eq!(tags["page"]["count"], 4);
    let listed = server.ok("getEventsAssociatedWithCase", json!({"caseID": 4_120_771, "limit": 25, "offset": 0})).await;
    assert_eq!(listed["page"]["count"], 12);
    let id = &listed["data"][0]["id"];
    let event = server.ok("getEventByEventIdentifier", json!({"eventIdentifier": id})).await;
    assert_eq!(event["data"]["source"]["address"], "10.20.4.17");
}

#[tokio::test]
async fn faults_reach_the_caller_as_failures() {
    let sim = Running::start().await;
    let server = Server::new(&sim, FULL);
    for (kind, expected) in [
        (FaultKind::Status, "SERVER_ERROR"),
        (FaultKind::Html, "BAD_RESPONSE"),
        (FaultKind::Truncate, "BAD_RESPONSE"),
        (FaultKind::ErrorIn200, "SERVER_ERROR"),
    ] {
        sim.sim.faults().set(vec![Fault::new("/cases", kind).times(1)]);
        let (is_error, value) = server.result("getArgusCaseByID", json!({"caseID": 4_120_771})).await;
        assert!(is_error, "{kind:?}");
        assert!(value.get("data").is_none(), "{kind:?}");
        assert_eq!(value["error"]["kind"], expected, "{kind:?}");
    }
}
