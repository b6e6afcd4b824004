//! Every tool of the embedded Argus server, called once against the simulator, with an
//! answer that means something.

use serde_json::{Value, json};

use crate::servers::argus::tools;
use crate::sim::argus::server_tests::Server;
use crate::sim::argus::tests::{FULL, Running};

/// Tool, arguments, and where something must stand in the answer (JSON Pointer), and what.
fn calls(event: &str) -> Vec<(&'static str, Value, &'static str, Value)> {
    let mut calls = searches();
    calls.extend(translators());
    calls.extend(lists());
    calls.extend(objects(event));
    calls
}

fn searches() -> Vec<(&'static str, Value, &'static str, Value)> {
    vec![
        ("executeSearchArgusCase", json!({"request": {"customer": ["nordfjord"]}}), "/page/count", json!(7)),
        (
            "executeSearchArgusEvent",
            json!({"request": {"timeFilter": {"startTimestamp": "now -60 days"}, "domain": ["cdn-sync.example"]}}),
            "/page/count",
            json!(48),
        ),
        (
            "executeStatisticsArgusEvent",
            json!({"request": {"filter": {"associateCaseID": [4_120_802], "timeFilter": {"startTimestamp": "now -1 day"}},
                "statistics": {"groupBy": [{"field": "protocol"}],
                    "timeRangeMetrics": [{"name": "by-hour", "resolution": "hours"}]}}}),
            "/data/0/count",
            json!(240),
        ),
        (
            "executeSearchArgusAlarm",
            json!({"request": {"attackCategory": ["callback"]}}),
            "/data/0/shortName",
            json!("malware-callback"),
        ),
        (
            "executeSearchArgusAsset",
            json!({"request": {"keywords": ["scada"]}}),
            "/data/0/criticality/integrity",
            json!("critical"),
        ),
        (
            "executeStatisticsArgusAsset",
            json!({"request": {"statistics": {"groupBy": [{"field": "customer"}]}}}),
            "/data/0/buckets/0/metadata/shortName",
            json!("nordfjord"),
        ),
        ("executeSearchArgusAnalysisFilter", json!({"request": {"keywords": ["beacon"]}}), "/data/0/id", json!(20418)),
        (
            "executeSearchArgusAnnotationFilter",
            json!({"request": {"customer": ["nordfjord"]}}),
            "/data/0/shortName",
            json!("tag-vip-user"),
        ),
        (
            "executeSearchArgusMatchFilter",
            json!({"request": {"associateCaseID": [4_120_771]}}),
            "/data/0/id",
            json!(31025),
        ),
        (
            "executeProcessingEventsPerFilterMetricAggregation",
            json!({"request": {"statistics": {"values": [{"name": "eventsMatched", "aggregationFunction": "sum"}],
                "groupBy": [{"key": "filterType"}]}}}),
            "/data/0/keys/0/value",
            json!("match"),
        ),
        (
            "executeSearchArgusCustomer",
            json!({"request": {"keywords": ["shipping"]}}),
            "/data/0/shortName",
            json!("havbris"),
        ),
        (
            "executeSearchArgusPassiveDNS",
            json!({"request": {"query": "cdn-sync.example", "recordType": ["a"]}}),
            "/data/0/times",
            json!(412),
        ),
        (
            "getIOCReputationIndicators",
            json!({"value": "hxxps://cdn-sync[.]example/x"}),
            "/data/0/source/shortName",
            json!("mnemonic-c2"),
        ),
    ]
}

fn translators() -> Vec<(&'static str, Value, &'static str, Value)> {
    let customer = json!({"request": {"customer": ["nordfjord"]}});
    vec![
        ("generateArgusCaseSearchQuery", customer.clone(), "/customer/0", json!("nordfjord")),
        ("generateArgusEventSearchQuery", customer.clone(), "/searchCriteria/customer/0", json!("nordfjord")),
        (
            "generateArgusEventStatisticsQuery",
            json!({"request": {"statistics": {"groupBy": [{"field": "severity"}]}}}),
            "/groupBy/0/field",
            json!("severity"),
        ),
        (
            "generateArgusAlarmSearchQuery",
            json!({"request": {"attackCategory": ["callback"]}}),
            "/attackCategoryID/0",
            json!(363),
        ),
        ("generateArgusAssetSearchQuery", customer.clone(), "/assetDefinition/0", json!("HostAsset")),
        (
            "generateArgusAssetStatisticsQuery",
            json!({"request": {"statistics": {"statisticsMetrics": [{"field": "cvss"}]}}}),
            "/statisticsMetric/0/field",
            json!("cvss"),
        ),
        ("generateArgusAnalysisFilterSearchQuery", customer.clone(), "/includeDescendingCustomers", json!(true)),
        ("generateArgusAnnotationFilterSearchQuery", customer.clone(), "/includeCode", json!(false)),
        ("generateArgusMatchFilterSearchQuery", customer, "/sortBy/0", json!("-lastUpdated")),
        (
            "generateProcessingEventsPerFilterMetricAggregationQuery",
            json!({"request": {"statistics": {"values": [{"name": "eventsMatched"}]}}}),
            "/endTimestamp",
            json!("now"),
        ),
        (
            "generateArgusPassiveDNSSearchQuery",
            json!({"request": {"query": "CDN-sync.example."}}),
            "/query",
            json!("cdn-sync.example"),
        ),
    ]
}

fn lists() -> Vec<(&'static str, Value, &'static str, Value)> {
    let values = [
        ("listAllowedCaseFlags", "DELETED"),
        ("listAllowedCaseServiceFlags", "DELETED"),
        ("listAllowedCaseWorkflows", "validation"),
        ("listAllowedCaseSortBy", "id"),
        ("listAllowedEventFlags", "established"),
        ("listAllowedEndpointFlags", "isCustomerNet"),
        ("listAllowedEventSortBy", "customerID"),
        ("listAllowedAlarmSortBy", "id"),
        ("listAllowedAssetSortBy", "id"),
        ("listAllowedAnalysisFilterSortBy", "id"),
        ("listAllowedAnnotationFilterSortBy", "id"),
        ("listAllowedMatchFilterSortBy", "id"),
        ("listAllowedMatchFilterEventFlags", "ESTABLISHED"),
        ("listAllowedPassiveDNSSortBy", "rrClass"),
    ];
    let mut calls: Vec<_> = values.map(|(tool, first)| (tool, json!({}), "/values/0", json!(first))).into();
    calls.extend([
        ("listAllowedCaseFields", json!({"keywords": ["containment"]}), "/data/0/name", json!("containmentState")),
        ("listAllowedCaseServices", json!({"keywords": ["intrusion"]}), "/data/0/shortName", json!("ids")),
        (
            "listAllowedCaseCategories",
            json!({"service": ["vulnerability"]}),
            "/data/0/shortName",
            json!("misconfigured"),
        ),
        ("listAttackCategories", json!({"keywords": ["recon"]}), "/data/0/flags/0", json!("RECONNAISSANCE")),
    ]);
    calls
}

fn objects(event: &str) -> Vec<(&'static str, Value, &'static str, Value)> {
    vec![
        ("getArgusCaseByID", json!({"caseID": 4_120_771}), "/data/category/shortName", json!("compromise")),
        ("getArgusCaseComments", json!({"caseID": 4_120_802, "limit": 50}), "/page/nextOffset", json!(50)),
        ("getArgusCaseTags", json!({"caseID": 4_120_771}), "/page/count", json!(4)),
        (
            "getEventsAssociatedWithCase",
            json!({"caseID": 4_120_802, "limit": 100, "offset": 200}),
            "/page/size",
            json!(40),
        ),
        (
            "getEventByEventIdentifier",
            json!({"eventIdentifier": event}),
            "/data/associatedCases/0/id",
            json!(4_120_771),
        ),
        ("getEventLineage", json!({"eventIdentifier": event}), "/data/0/type", json!("assessed")),
        ("getAlarmByID", json!({"alarmID": "malware-callback"}), "/data/id", json!(58129)),
        ("getAttackCategoryByIDOrShortName", json!({"idOrShortName": "callback"}), "/data/id", json!(363)),
        (
            "getAssetByIDOrShortName",
            json!({"idOrShortName": "nfk-ws-0417"}),
            "/data/components/0/value",
            json!("10.20.4.17"),
        ),
        ("getAnalysisFilterByID", json!({"id": 20417}), "/data/actions/actionName", json!("spray-then-success")),
        ("getAnnotationFilterByID", json!({"id": 25101}), "/data/filters/stage", json!("postAnalysis")),
        ("getMatchFilterByID", json!({"id": 31023}), "/data/actions/newSeverity", json!("critical")),
        ("getCustomerByIDOrShortName", json!({"idOrShortName": "nordfjord"}), "/data/ancestorIDs/1", json!(2100)),
        (
            "getCustomerProperties",
            json!({"idOrShortName": "nordfjord", "section": ["general"]}),
            "/data/0/source",
            json!("inherited"),
        ),
        ("getDataStoreDescriptor", json!({"dataStoreName": "vip-users"}), "/lookup/customerID", json!("required")),
        (
            "getDataStoreEntry",
            json!({"dataStoreName": "vip-users", "key": "Kari.Solheim", "customerID": 2171}),
            "/data/value",
            json!("{\"tier\":1}"),
        ),
        ("getIOCReputationScore", json!({"value": "203.0.113.66"}), "/data/score", json!(0.8)),
    ]
}

#[tokio::test]
async fn every_tool_gives_an_answer_that_means_something() {
    let sim = Running::start().await;
    let server = Server::new(&sim, FULL);
    let listed = server.ok("getEventsAssociatedWithCase", json!({"caseID": 4_120_771, "limit": 1, "offset": 0})).await;
    let event = listed["data"][0]["id"].as_str().unwrap();
    let calls = calls(event);
    for (tool, arguments, pointer, wanted) in &calls {
        let answer = server.ok(tool, arguments.clone()).await;
        assert_eq!(answer.pointer(pointer), Some(wanted), "{tool} {arguments}: {pointer} of {answer}");
    }
    let mut called: Vec<&str> = calls.iter().map(|call| call.0).collect();
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
