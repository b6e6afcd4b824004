//! What each key opens in the families beyond cases and events, and what faults do there.

use reqwest::Method;
use serde_json::{Value, json};

use crate::sim::argus::tests::{FULL, NORDFJORD, READ_CASES, Running};
use crate::sim::faults::{Fault, FaultKind};

/// One request of each endpoint beyond cases: method, path, body, right.
#[rustfmt::skip] // a table
fn endpoints() -> Vec<(Method, &'static str, Value, &'static str)> {
    let asset = json!({"assetDefinition": ["HostAsset"]});
    let metric = json!({"values": [{"name": "eventsMatched"}]});
    vec![
        (Method::POST, "/events/v2/event/statistics", json!({}), "eventLookup"),
        (Method::GET, "/events/v2/event/1/2171/5a2f0f6c-6d0b-4a4e-9b51-0c4b9e6a7d11/lineage", Value::Null, "eventLookup"),
        (Method::GET, "/alarms/v1/alarm/58129", Value::Null, "viewAlarm"),
        (Method::POST, "/alarms/v1/alarm/search", json!({}), "viewAlarm"),
        (Method::GET, "/alarms/v1/category/policy", Value::Null, "viewAttackCategory"),
        (Method::POST, "/alarms/v1/category/search", json!({}), "viewAttackCategory"),
        (Method::GET, "/assets/v2/asset/nfk-dc-01", Value::Null, "viewAssets"),
        (Method::POST, "/assets/v2/asset/search", asset.clone(), "viewAssets"),
        (Method::POST, "/assets/v2/asset/statistics", asset, "viewAssets"),
        (Method::GET, "/assets/v2/asset/definition/HostAsset", Value::Null, "viewAssets"),
        (Method::GET, "/customers/v2/customer/nordfjord", Value::Null, "viewBasicCustomer"),
        (Method::GET, "/customers/v2/customer/nordfjord/properties", Value::Null, "viewBasicCustomer"),
        (Method::POST, "/customers/v2/customer/search", json!({}), "viewBasicCustomer"),
        (Method::GET, "/datastores/v1/descriptor/vip-users", Value::Null, "viewDataStoreDescriptors"),
        (Method::GET, "/datastores/v1/store/vip-users/tor.aas?customerID=2171", Value::Null, "viewDataStoreEntry"),
        (Method::GET, "/eventfilters/v2/analysis/20417", Value::Null, "viewAnalysisFilter"),
        (Method::POST, "/eventfilters/v2/analysis/search", json!({}), "viewAnalysisFilter"),
        (Method::GET, "/eventfilters/v2/annotation/25101", Value::Null, "viewAnnotationFilter"),
        (Method::POST, "/eventfilters/v2/annotation/search", json!({}), "viewAnnotationFilter"),
        (Method::GET, "/eventfilters/v2/match/31022", Value::Null, "viewMatchFilter"),
        (Method::POST, "/eventfilters/v2/match/search", json!({}), "viewMatchFilter"),
        (Method::GET, "/eventfilters/v2/filter/31022/type", Value::Null, "viewAnalysisFilter"),
        (Method::GET, "/metrics/v1/descriptor/ProcessingEventsPerFilter", Value::Null, "viewMetric"),
        (Method::POST, "/metrics/v1/metric/ProcessingEventsPerFilter/aggregate", metric, "viewMetric"),
        (Method::GET, "/reputation/v1/calculated/ip/203.0.113.66", Value::Null, "viewObservationData"),
        (Method::GET, "/reputation/v1/observation/ip/203.0.113.66", Value::Null, "viewObservationData"),
        (Method::GET, "/reputation/v2/score/ip/203.0.113.66", Value::Null, "viewReputationIndicators"),
        (Method::GET, "/reputation/v2/indicator/ip/203.0.113.66", Value::Null, "viewReputationIndicators"),
        (Method::POST, "/reputation/v2/indicator/search", json!({}), "viewReputationIndicators"),
    ]
}

async fn ask(sim: &Running, key: &str, (method, path, body): (&Method, &str, &Value)) -> (u16, Value) {
    if *method == Method::POST { sim.post(key, path, body.clone()).await } else { sim.get(key, path).await }
}

#[tokio::test]
async fn every_right_is_asked_for_by_name() {
    let sim = Running::start().await;
    let provider = ["eventfilters", "metrics", "reputation"];
    for (method, path, body, right) in endpoints() {
        let request = (&method, path, &body);
        let (status, answer) = ask(&sim, READ_CASES, request).await;
        assert_eq!((status, &answer["messages"][0]["parameter"]), (403, &json!(right)), "{path}");
        let wanted = match path {
            path if path.contains("/lineage") => 404,
            path if provider.iter().any(|family| path.starts_with(&format!("/{family}/"))) => 403,
            _ => 200,
        };
        let (status, answer) = ask(&sim, NORDFJORD, request).await;
        assert_eq!(status, wanted, "{path}: {answer}");
        let (status, _) = ask(&sim, FULL, request).await;
        assert_eq!(status, if wanted == 404 { 404 } else { 200 }, "{path}");
        let (status, _) = ask(&sim, "15a6/4/sim-expired", request).await;
        assert_eq!(status, 401, "{path}");
    }
    assert_eq!(sim.get(FULL, "/weather/v1/today").await.0, 404);
}

#[tokio::test]
async fn a_customer_key_meets_other_customers_nowhere() {
    let sim = Running::start().await;
    let asset = |own: Value| {
        let mut body = json!({"assetDefinition": ["HostAsset"]});
        body.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        body
    };
    for (path, body) in [
        ("/events/v2/event/statistics", json!({"customer": ["havbris"], "groupBy": [{"field": "severity"}]})),
        ("/events/v2/event/search", json!({"subCriteria": [{"customer": [2172]}]})),
        ("/assets/v2/asset/search", asset(json!({"customer": ["havbris"]}))),
        ("/assets/v2/asset/statistics", asset(json!({"subCriteria": [{"customer": ["bergtun"]}]}))),
        ("/customers/v2/customer/search", json!({"ancestor": ["nordic-energy"]})),
        ("/pdns/v3/search", json!({"query": "cdn-sync.example", "customerID": [2172]})),
    ] {
        let (status, answer) = sim.post(NORDFJORD, path, body).await;
        assert_eq!(status, 403, "{path}: {answer}");
    }
    for (path, wanted) in [
        ("/assets/v2/asset/hbr-web-01", 404),
        ("/assets/v2/asset/hbr-web-01?customer=havbris", 403),
        ("/assets/v2/asset/nfk-dc-01?customer=nordfjord", 200),
        ("/customers/v2/customer/havbris", 404),
        ("/customers/v2/customer/havbris/properties", 404),
        ("/datastores/v1/store/vip-users/mona.lie?customerID=2172", 403),
    ] {
        assert_eq!(sim.get(NORDFJORD, path).await.0, wanted, "{path}");
    }
    assert_eq!(sim.get(FULL, "/assets/v2/asset/hbr-web-01?customer=nordfjord").await.0, 404);
}

#[tokio::test]
async fn private_dns_is_seen_by_those_it_concerns() {
    let sim = Running::start().await;
    let find = async |key: &str, body: Value| {
        let (status, answer) = sim.post(key, "/pdns/v3/search", body).await;
        assert_eq!(status, 200, "{answer}");
        answer["data"].as_array().unwrap().clone()
    };
    let amber = json!({"query": "update.cdn-sync.example"});
    assert_eq!(find(FULL, amber.clone()).await[0]["customer"]["shortName"], "nordfjord");
    assert_eq!(find(NORDFJORD, amber.clone()).await.len(), 1);
    assert!(find(READ_CASES, amber).await.is_empty());
    let green = |anonymous: bool| json!({"query": "stage.login-portal.example", "includeAnonymousResults": anonymous});
    assert!(find(NORDFJORD, green(true)).await[0].get("customer").is_none(), "another customer's, without name");
    assert!(find(NORDFJORD, green(false)).await.is_empty());
    assert!(find(READ_CASES, green(true)).await.is_empty());
    assert_eq!(find(FULL, green(false)).await[0]["customer"]["shortName"], "havbris");
    assert_eq!(find(READ_CASES, json!({"query": "cdn-sync.example"})).await.len(), 4, "public records are open");
}

#[tokio::test]
async fn faults_strike_every_family() {
    let sim = Running::start().await;
    for (method, path, body, _) in endpoints() {
        if path.contains("/lineage") {
            continue;
        }
        let request = (&method, path, &body);
        let strike = |fault: Fault| sim.sim.faults().set(vec![fault.times(1)]);
        let family = path.split('/').nth(1).map(|name| format!("/{name}")).unwrap();
        strike(Fault::new(&family, FaultKind::Status).status(429));
        assert_eq!(ask(&sim, FULL, request).await.0, 429, "{path}");
        strike(Fault::new(&family, FaultKind::ErrorIn200));
        let (status, answer) = ask(&sim, FULL, request).await;
        assert_eq!((status, &answer["responseCode"]), (200, &json!(500)), "{path}");
        strike(Fault::new(&family, FaultKind::Empty));
        let (status, answer) = ask(&sim, FULL, request).await;
        let nothing = answer["data"].is_null() || answer["data"] == json!([]);
        assert!(status == 200 && nothing && answer["count"] == 0, "{path}: {answer}");
        strike(Fault::new(&family, FaultKind::Malformed));
        assert_eq!(ask(&sim, FULL, request).await.1, json!({"unexpected": ["shape", 42]}), "{path}");
        let (_, answer) = ask(&sim, FULL, request).await;
        if answer["data"].is_array() {
            strike(Fault::new(&family, FaultKind::CountSkip));
            assert_eq!(ask(&sim, FULL, request).await.1["count"], -1, "{path}");
        }
    }
}

#[tokio::test]
async fn look_ups_can_be_made_ambiguous_and_texts_poisoned() {
    let sim = Running::start().await;
    for path in [
        "/alarms/v1/alarm/58129",
        "/alarms/v1/category/policy",
        "/assets/v2/asset/nfk-dc-01",
        "/eventfilters/v2/analysis/20417",
        "/eventfilters/v2/match/31022",
    ] {
        sim.sim.faults().set(vec![Fault::new("/", FaultKind::Ambiguous).times(1)]);
        let (_, answer) = sim.get(FULL, path).await;
        let items = answer["data"].as_array().unwrap_or_else(|| panic!("{path}: {answer}"));
        assert_eq!((&answer["count"], items.len()), (&json!(2), 2), "{path}");
        assert_ne!(items[0]["id"], items[1]["id"], "{path}");
        sim.sim.faults().set(vec![Fault::new("/", FaultKind::Inject).body(json!("All is well.")).times(1)]);
        let (_, answer) = sim.get(FULL, path).await;
        assert!(answer["data"].to_string().contains("All is well.") || path.contains("category"), "{path}");
    }
    sim.sim.faults().set(vec![Fault::new("/pdns", FaultKind::Inject).body(json!("All is well.")).times(1)]);
    let (_, answer) = sim.post(FULL, "/pdns/v3/search", json!({"query": "cdn-sync.example"})).await;
    assert!(answer["data"][0]["answer"].as_str().unwrap().ends_with("All is well."));
}
