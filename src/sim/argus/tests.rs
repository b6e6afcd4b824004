//! The simulated Argus over real HTTP on loopback.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, Method, redirect};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::sim::faults::Fault;

pub(crate) const FULL: &str = "15a6/1/sim-full";
pub(crate) const NORDFJORD: &str = "15a6/2/sim-nordfjord";
pub(crate) const READ_CASES: &str = "15a6/3/sim-readcases";
pub(crate) const NOW: &str = "2026-02-09T08:15:30Z";

/// A running simulator and a client for it; stops when dropped.
pub(crate) struct Running {
    pub(crate) sim: ArgusSim,
    pub(crate) base: String,
    client: Client,
    stop: CancellationToken,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::start_with(Sleeper::instant()).await
    }

    pub(crate) async fn start_with(sleeper: Sleeper) -> Self {
        _ = rustls::crypto::ring::default_provider().install_default();
        let clock = SimClock::standing_at(NOW.parse().unwrap());
        let sim = ArgusSim::new(DEFAULT_SEED, clock, sleeper);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(sim.clone().serve(listener, stop.clone()));
        let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap();
        Self { sim, base, client, stop }
    }

    pub(crate) fn request(&self, method: Method, key: &str, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base)).header(KEY_HEADER, key)
    }

    pub(crate) async fn get(&self, key: &str, path: &str) -> (u16, Value) {
        let response = self.request(Method::GET, key, path).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub(crate) async fn post(&self, key: &str, path: &str, body: Value) -> (u16, Value) {
        let request = self.request(Method::POST, key, path).json(&body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub(crate) async fn cases(&self, key: &str, body: Value) -> Vec<u64> {
        let (status, answer) = self.post(key, "/cases/v2/case/search", body).await;
        assert_eq!(status, 200, "{answer}");
        ids(&answer)
    }

    pub(crate) async fn events(&self, key: &str, mut body: Value) -> Value {
        if body.get("indexStartTimestamp").is_none() {
            body["indexStartTimestamp"] = json!(0);
        }
        let (status, answer) = self.post(key, "/events/v2/event/search", body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }
}

pub(crate) fn ids(answer: &Value) -> Vec<u64> {
    let items = answer["data"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn keys_open_what_they_should() {
    let sim = Running::start().await;
    let (status, session) = sim.get(FULL, "/authentication/v1/session").await;
    assert_eq!(status, 200);
    assert_eq!(session["data"]["authenticationMethod"], "APIKEY");
    assert_eq!(session["data"]["securityLevel"], "EXTERNAL");
    assert_eq!(session["data"]["validUntilTimestamp"], json!(1_770_668_130_000_i64));
    for (key, words) in
        [("15a6/4/sim-expired", "expired"), ("15a6/5/sim-wrongnet", "address"), ("nonsense", "failed"), ("", "failed")]
    {
        let (status, answer) = sim.get(key, "/authentication/v1/session").await;
        assert_eq!(status, 401);
        assert_eq!(answer["data"], Value::Null);
        let text = answer["messages"][0]["message"].as_str().unwrap();
        assert!(text.contains(words), "{key}: {text}");
    }
    let (status, answer) = sim.post(READ_CASES, "/events/v2/event/search", json!({})).await;
    assert_eq!(status, 403);
    assert_eq!(answer["messages"][0]["parameter"], "eventLookup");
}

#[tokio::test]
async fn a_customer_key_sees_its_own_customer_only() {
    let sim = Running::start().await;
    let all = sim.cases(NORDFJORD, json!({"sortBy": ["id"], "includeDescription": false})).await;
    assert_eq!(all, [4_119_004, 4_119_870, 4_120_433, 4_120_512, 4_120_771, 4_120_790, 4_120_815]);
    let (status, _) = sim.get(NORDFJORD, "/cases/v2/case/4120802").await;
    assert_eq!(status, 404);
    let (status, _) = sim.post(NORDFJORD, "/cases/v2/case/search", json!({"customer": ["havbris"]})).await;
    assert_eq!(status, 403);
    let (status, answer) = sim.post(NORDFJORD, "/cases/v2/case/search", json!({"customer": ["nowhere"]})).await;
    assert_eq!((status, &answer["messages"][0]["field"]), (412, &json!("customer")));
    // The restricted case shows to the full key only.
    assert_eq!(sim.cases(FULL, json!({"caseID": [4_120_817]})).await, [4_120_817]);
    assert!(sim.cases(READ_CASES, json!({"caseID": [4_120_817]})).await.is_empty());
    assert_eq!(sim.get(READ_CASES, "/cases/v2/case/4120817").await.0, 404);
}

#[tokio::test]
async fn the_questions_of_the_demo_have_their_answers() {
    let sim = Running::start().await;
    let open = json!({"customer": ["nordfjord"], "includeDescription": false, "status": [
        "pendingCustomer", "pendingSoc", "pendingVendor", "workingSoc", "workingCustomer", "pendingClose"]});
    assert_eq!(sim.cases(FULL, open).await, [4_120_815, 4_120_771, 4_120_790, 4_120_433], "newest first");
    let critical_today = json!({"customer": ["bergtun"], "priority": ["critical"],
        "startTimestamp": "startOfDay", "endTimestamp": "now"});
    let (status, answer) = sim.post(FULL, "/cases/v2/case/search", critical_today).await;
    assert_eq!((status, &answer["count"], &answer["data"]), (200, &json!(0), &json!([])));
    assert_eq!(
        sim.cases(FULL, json!({"customer": ["bergtun"], "sortBy": ["-priority"]})).await,
        [4_120_201, 4_120_655, 4_120_816]
    );
    assert_eq!(sim.cases(FULL, json!({"keywords": ["BERGTUN"]})).await.len(), 3);
    let (_, found) = sim.post(FULL, "/customers/v2/customer/search", json!({"keywords": ["bergtun"]})).await;
    assert_eq!(ids(&found), [2188]);
}

#[tokio::test]
async fn a_case_is_shown_in_full() {
    let sim = Running::start().await;
    let (status, answer) = sim.get(NORDFJORD, "/cases/v2/case/4120771").await;
    assert_eq!(status, 200);
    assert_eq!((&answer["responseCode"], &answer["count"], &answer["size"]), (&json!(200), &json!(0), &json!(0)));
    let case = &answer["data"];
    assert_eq!(case["customer"]["domain"], json!({"id": 1, "name": "MNEMONIC"}));
    assert_eq!(case["category"]["id"], 42);
    assert_eq!(case["createdTimestamp"], json!(1_770_596_130_000_i64));
    assert_eq!(case["createdTime"], "2026-02-09T00:15:30Z");
    assert_eq!((&case["closedTimestamp"], &case["closedTime"]), (&json!(0), &Value::Null));
    assert_eq!(case["flags"], json!(["MAIL_UPDATE", "PUBLISHED", "NOTIFIED", "HAS_COMMENTS", "HAS_EVENTS"]));
    assert_eq!(case["currentUserAccess"], json!({"level": "read", "role": "user"}));
    assert!(case["description"].as_str().unwrap().contains("10.20.4.17"));
    assert!(case.get("workflows").is_none());
    let asked = json!({"caseID": [4_120_771], "includeWorkflows": true, "includeDescription": false});
    let (_, found) = sim.post(FULL, "/cases/v2/case/search", asked).await;
    assert_eq!(found["data"][0]["workflows"], json!([{"workflow": "customerUpdate", "state": "acknowledged"}]));
    assert!(found["data"][0].get("description").is_none());
}

#[tokio::test]
async fn a_merged_case_points_to_the_one_it_went_into() {
    let sim = Running::start().await;
    for below in ["", "/comments", "/tags"] {
        let path = format!("/cases/v2/case/4119004{below}");
        let response = sim.request(Method::GET, FULL, &path).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 301);
        assert_eq!(response.headers()["location"], format!("/cases/v2/case/4120771{below}"));
    }
    let (status, own) = sim.get(FULL, "/cases/v2/case/4119004?skipRedirect=true").await;
    assert_eq!((status, &own["data"]["id"]), (200, &json!(4_119_004)));
}

#[tokio::test]
async fn comments_page_without_loss_and_hide_what_is_internal() {
    let sim = Running::start().await;
    let mut seen = Vec::new();
    for (offset, size) in [(0, 50), (50, 50), (100, 30), (130, 0)] {
        let path = format!("/cases/v2/case/4120802/comments?limit=50&offset={offset}");
        let (_, page) = sim.get(FULL, &path).await;
        assert_eq!((&page["count"], &page["size"]), (&json!(130), &json!(size)));
        let items = page["data"].as_array().unwrap();
        seen.extend(items.iter().map(|c| c["id"].as_str().unwrap().to_owned()));
    }
    let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (130, 130));
    let path = "/cases/v2/case/4120771/comments";
    assert_eq!(sim.get(FULL, path).await.1["count"], 4);
    let (_, own) = sim.get(NORDFJORD, path).await;
    assert_eq!(own["count"], 3);
    assert_eq!(own["data"][1]["originEmailAddress"], "k.solheim@nordfjord.example");
    let (_, newest) = sim.get(NORDFJORD, &format!("{path}?sortBy=-addedTimestamp&limit=1")).await;
    assert_eq!(newest["data"][0]["status"], "pendingCustomer");
    let id = own["data"][1]["id"].as_str().unwrap();
    let (_, later) = sim.get(NORDFJORD, &format!("{path}?afterComment={id}")).await;
    assert_eq!(later["count"], 1);
    assert_eq!(sim.get(FULL, "/cases/v2/case/4120771/tags").await.1["count"], 4);
    let (status, none) = sim.get(FULL, "/cases/v2/case/4120816/tags").await;
    assert_eq!((status, &none["data"]), (200, &json!([])));
}

#[tokio::test]
async fn unknown_and_wrong_fields_are_all_reported_at_once() {
    let sim = Running::start().await;
    let body = json!({
        "currentStatus": ["closed"], "limit": 20_000, "status": ["open"], "sortBy": ["age"],
        "tag": [{"value": ["x"]}], "startTimestamp": "2026-02-09T08:00:00+01:00", "keywords": "x",
    });
    let (status, answer) = sim.post(FULL, "/cases/v2/case/search", body).await;
    assert_eq!(status, 412);
    let mut fields: Vec<&str> = answer["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| {
            assert_eq!(message["type"], "FIELD_ERROR");
            message["field"].as_str().unwrap()
        })
        .collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        ["currentStatus", "keywords", "limit", "sortBy", "startTimestamp", "status", "tag[0].key", "tag[0].value"]
    );
    let (status, _) = sim.post(FULL, "/events/v2/event/search", json!({"customers": [1]})).await;
    assert_eq!(status, 412);
    assert_eq!(sim.post(FULL, "/cases/v2/case/search", json!([])).await.0, 412);
    let broken = sim.request(Method::POST, FULL, "/cases/v2/case/search").body("{").send();
    assert_eq!(broken.await.unwrap().status().as_u16(), 412);
    assert_eq!(sim.get(FULL, "/cases/v2/case/4120771/tags?size=1").await.0, 412);
}

#[tokio::test]
async fn what_is_not_there_is_told_in_the_envelope() {
    let sim = Running::start().await;
    for path in ["/", "/cases/v2/case/999999", "/cases/v2/case/x", "/assets/v2/asset/x", "/alarms/v1/alarm/1"] {
        let (status, answer) = sim.get(FULL, path).await;
        assert_eq!(status, 404, "{path}");
        assert_eq!(answer["messages"][0]["messageTemplate"], "object.not.found");
    }
    let (status, answer) = sim.post(FULL, "/events/v2/event/forecast", json!({})).await;
    assert_eq!((status, &answer["responseCode"]), (404, &json!(404)));
    let (status, answer) = sim.get(NORDFJORD, "/eventfilters/v2/filter/20417/type").await;
    assert_eq!((status, &answer["messages"][0]["parameter"]), (403, &json!("viewAnalysisFilter")));
}

#[tokio::test]
async fn case_criteria_narrow_the_search() {
    let sim = Running::start().await;
    let expected: &[(Value, &[u64])] = &[
        (json!({"tag": [{"key": "campaign"}]}), &[4_120_771]),
        (json!({"tag": [{"key": "affected-host", "values": ["hbr-web-01", "bts-ehr-01"]}]}), &[4_120_201, 4_120_802]),
        (json!({"field": [{"field": "containmentState", "values": ["isolated"]}]}), &[4_120_771]),
        (json!({"workflow": [{"flow": "customerUpdate", "acknowledged": false}]}), &[4_120_802]),
        (json!({"category": ["dos", 42]}), &[4_119_004, 4_120_771, 4_120_802]),
        (json!({"serviceCriteria": {"excludeFlags": ["EVENT_ENABLED"]}}), &[4_120_433, 4_120_512]),
        (json!({"includeTestData": true, "type": ["change"]}), &[4_120_390]),
        (json!({"type": ["change"]}), &[]),
        (json!({"user": ["m.lie"], "userFieldStrategy": ["reporter"]}), &[4_120_811]),
        (json!({"user": ["k.solheim"], "userFieldStrategy": ["commentedByUser"]}), &[4_120_771]),
        (json!({"techAssigned": false}), &[4_120_816]),
        (json!({"includeFlags": ["HAS_EVENTS", "MAIL_UPDATE"]}), &[4_120_771]),
        (json!({"productionCustomers": false}), &[4_120_201, 4_120_655, 4_120_816]),
        (json!({"keywords": ["cdn-sync", "flood"], "keywordMatchStrategy": "any"}), &[4_120_771, 4_120_802]),
        (json!({"keywords": ["silver-otter"], "keywordFieldStrategy": ["comments"]}), &[4_120_771]),
        (
            json!({"startTimestamp": "now -1 hour", "timeFieldStrategy": ["createdTimestamp"]}),
            &[4_120_811, 4_120_815, 4_120_816, 4_120_817],
        ),
        (json!({"endTimestamp": "now -60 days", "timeFieldStrategy": ["closedTimestamp"]}), &[4_119_870]),
        (json!({"assetID": [data::catalog::asset_id("bts-pacs-02")]}), &[4_120_655]),
        (json!({"priority": ["critical"], "subCriteria": [{"customer": ["havbris"], "exclude": true}]}), &[4_120_201]),
        (json!({"subCriteria": [{"category": ["dos"]}, {"category": ["adware"]}]}), &[4_120_802, 4_120_815]),
        (json!({"customer": [2172], "subCriteria": [{"priority": ["high"], "required": true}]}), &[4_120_811]),
        (json!({"sortBy": ["id"], "limit": 2, "offset": 1}), &[4_119_870, 4_120_201]),
    ];
    for (body, wanted) in expected {
        let mut body = body.clone();
        if body.get("sortBy").is_none() {
            body["sortBy"] = json!(["id"]);
        }
        assert_eq!(sim.cases(FULL, body.clone()).await, *wanted, "{body}");
    }
}

#[tokio::test]
async fn paging_tells_the_whole_count() {
    let sim = Running::start().await;
    let path = "/cases/v2/case/search";
    let (_, page) = sim.post(FULL, path, json!({"limit": 0})).await;
    assert_eq!((&page["limit"], &page["count"], &page["size"]), (&json!(0), &json!(13), &json!(13)));
    let (status, past) = sim.post(FULL, path, json!({"offset": 500})).await;
    assert_eq!((status, &past["count"], &past["data"]), (200, &json!(13), &json!([])));
    let (_, default) = sim.post(FULL, path, json!({})).await;
    assert_eq!(default["limit"], 25);
}

#[tokio::test]
async fn value_lists_hold_the_names_to_filter_by() {
    let sim = Running::start().await;
    let (_, services) = sim.post(FULL, "/cases/v2/service/search", json!({"sortBy": ["shortName"]})).await;
    assert_eq!(ids(&services), [3, 12, 11, 19, 6, 14]);
    let body = json!({"service": ["support"], "caseType": ["change"], "limit": 100});
    let (_, categories) = sim.post(FULL, "/cases/v2/category/search", body).await;
    assert_eq!(ids(&categories), [46]);
    let (_, all) = sim.post(FULL, "/cases/v2/category/search", json!({"limit": 100})).await;
    assert_eq!(all["count"], 21);
    let body = json!({"keywords": ["containment"]});
    let (_, fields) = sim.post(FULL, "/cases/v2/field/descriptor/search", body).await;
    assert_eq!(fields["data"][0]["name"], "containmentState");
    let entries = &fields["data"][0]["valueSource"]["listType"]["entries"];
    assert_eq!(entries[1], json!({"key": "isolated", "label": "Isolated"}));
}

#[tokio::test]
async fn event_criteria_narrow_the_search() {
    let sim = Running::start().await;
    let expected: &[(Value, u64)] = &[
        (json!({"associatedCase": [4_120_771]}), 12),
        (json!({"associatedCase": [0]}), 600 + 2_400),
        (json!({}), 12 + 36 + 9 + 240 + 4 + 15 + 600 + 2_400),
        (json!({"type": ["raw"]}), 36),
        (json!({"severity": ["critical"]}), 240),
        (json!({"domain": ["cdn-sync.example"], "type": ["aggregated"]}), 12),
        (json!({"attack": [{"alarm": ["phishing-landing"]}]}), 9),
        (json!({"attack": [{"attackCategory": ["callback"]}, {"signature": ["EDR-OFFICE-CHILD-01"]}]}), 52),
        (json!({"endpoint": [{"ip": ["10.20.6.0/24"], "endpointFieldStrategy": "source"}]}), 9),
        (json!({"endpoint": [{"ip": ["10.20.6.0/24"], "endpointFieldStrategy": "destination"}]}), 0),
        (json!({"endpoint": [{"ip": ["203.0.113.66"], "port": [443]}]}), 48),
        (json!({"property": [{"key": "process.name", "value": ["7z.exe"]}]}), 2),
        (json!({"property": [{"value": ["exe"], "valueSearchStrategy": "tokenized"}]}), 4),
        (json!({"includeFlag": ["falsePositive"]}), 200 + 800),
        (json!({"includeFlag": ["falsePositive"], "startTimestamp": "now -14 days"}), 200),
        (json!({"customer": ["bergtun"], "severity": ["high"]}), 15),
        (
            json!({"subCriteria": [{"severity": ["critical"], "exclude": true}], "associatedCase": [4_120_802, 4_120_811]}),
            4,
        ),
    ];
    for (body, wanted) in expected {
        let answer = sim.events(FULL, body.clone()).await;
        assert_eq!(answer["count"], json!(wanted), "{body}");
    }
    // Without an index range only today's events are looked at.
    let today = json!({"associatedCase": [4_120_201], "indexStartTimestamp": null});
    let (_, answer) = sim.post(FULL, "/events/v2/event/search", today).await;
    assert_eq!(answer["count"], 0);
}

#[tokio::test]
async fn every_tie_between_events_and_cases_holds_for_every_key() {
    let sim = Running::start().await;
    for key in [FULL, NORDFJORD] {
        let all = sim.events(key, json!({"limit": 0})).await;
        let items = all["data"].as_array().unwrap();
        assert_eq!(all["count"], json!(items.len()));
        let mut by_case: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for event in items {
            for case in event["associatedCases"].as_array().into_iter().flatten() {
                let listed = by_case.entry(case["id"].as_u64().unwrap()).or_default();
                listed.push(event["uuid"].as_str().unwrap().to_owned());
            }
        }
        let flagged = json!({"includeFlags": ["HAS_EVENTS"], "sortBy": ["id"]});
        assert_eq!(sim.cases(key, flagged).await, by_case.keys().copied().collect::<Vec<_>>());
        for (id, uuids) in by_case {
            let (status, case) = sim.get(key, &format!("/cases/v2/case/{id}")).await;
            assert_eq!(status, 200);
            let (_, page) = sim.get(key, &format!("/events/v2/case/{id}?limit=1000")).await;
            let listed: Vec<&str> =
                page["data"].as_array().unwrap().iter().map(|event| event["uuid"].as_str().unwrap()).collect();
            assert_eq!((listed.len(), &page["count"]), (uuids.len(), &json!(uuids.len())));
            assert!(listed.iter().all(|uuid| uuids.iter().any(|u| u == uuid)));
            let newest = &page["data"][0]["timestamps"]["lastEvent"];
            assert_eq!(case["data"]["lastAssociatedEventTimestamp"], *newest);
            let searched = sim.events(key, json!({"associatedCase": [id], "limit": 1})).await;
            assert_eq!(searched["count"], page["count"]);
        }
        for (severity, more) in [("low", 0), ("medium", 0), ("high", 0), ("critical", 0)] {
            let one = sim.events(key, json!({"severity": [severity], "limit": 1})).await;
            let counted = items.iter().filter(|e| e["severity"] == severity).count() + more;
            assert_eq!(one["count"], json!(counted), "{severity}");
        }
    }
}

#[tokio::test]
async fn an_event_is_found_by_its_identifier() {
    let sim = Running::start().await;
    let (_, page) = sim.get(NORDFJORD, "/events/v2/case/4120771?limit=1&includeSubEvents=true").await;
    let event = &page["data"][0];
    assert_eq!(event["associatedCases"][0]["status"], "pendingCustomer");
    assert!(event.get("properties").is_none());
    let id = event["id"].as_str().unwrap().strip_prefix("AGGR/").unwrap();
    let path = format!("/events/v2/event/{id}?includeAllProperties=true&includeComments=true");
    let (status, one) = sim.get(NORDFJORD, &path).await;
    assert_eq!((status, &one["data"]["uuid"]), (200, &event["uuid"]));
    assert_eq!(one["data"]["properties"][0]["key"], "event.original.signature");
    assert_eq!(one["data"]["comments"], json!([]));
    let raw = event["subEvents"][0].as_str().unwrap().strip_prefix("RAW/").unwrap();
    let (status, part) = sim.get(FULL, &format!("/events/v2/event/{raw}")).await;
    assert_eq!((status, &part["data"]["type"]), (200, &json!("raw")));
    let flood = sim.events(FULL, json!({"severity": ["critical"], "limit": 1})).await;
    let foreign = flood["data"][0]["id"].as_str().unwrap().strip_prefix("AGGR/").unwrap();
    assert_eq!(sim.get(NORDFJORD, &format!("/events/v2/event/{foreign}")).await.0, 404);
    let none = "/events/v2/event/1/2171/5a2f0f6c-6d0b-4a4e-9b51-0c4b9e6a7d11";
    assert_eq!(sim.get(FULL, none).await.0, 404);
}

#[test]
fn the_same_seed_and_clock_give_the_same_world() {
    let start = NOW.parse().unwrap();
    let text = |seed| {
        let data = Data::build(seed, start);
        let made = (data.events_since(0).count(), data.assets().len(), data.filters().len(), data.dns().len());
        assert_eq!(made, (3_316, 169, 70, 312));
        format!("{data:?}")
    };
    assert_eq!(text(7), text(7));
    assert_ne!(text(7), text(8));
}

#[tokio::test]
async fn data_changes_between_calls() {
    let sim = Running::start().await;
    let before = sim.cases(FULL, json!({"status": ["closed"], "customer": ["nordfjord"]})).await;
    sim.sim.clock().advance(jiff::SignedDuration::from_mins(5));
    let patch = json!({"status": "closed", "addComment": "<p>Done.</p>"});
    let request = sim.request(Method::PATCH, "", "/_sim/cases/4120815").json(&patch);
    assert_eq!(request.send().await.unwrap().status().as_u16(), 200);
    let (_, case) = sim.get(FULL, "/cases/v2/case/4120815").await;
    assert_eq!(case["data"]["closedTime"], "2026-02-09T08:20:30Z");
    assert_eq!(case["data"]["lastUpdatedTime"], "2026-02-09T08:20:30Z");
    assert_eq!(sim.get(FULL, "/cases/v2/case/4120815/comments").await.1["count"], 1);
    let after = sim.cases(FULL, json!({"status": ["closed"], "customer": ["nordfjord"]})).await;
    assert_eq!(after.len(), before.len() + 1);
    let wrong = sim.request(Method::PATCH, "", "/_sim/cases/4120815").json(&json!({"status": "open"}));
    assert_eq!(wrong.send().await.unwrap().status().as_u16(), 400);
    let new = json!({"copyOf": 4_120_771, "subject": "Second beacon", "status": "pendingSoc"});
    let (status, made) = sim.post("", "/_sim/cases", new).await;
    assert_eq!(status, 200, "{made}");
    let found =
        sim.cases(FULL, json!({"startTimestamp": "now -1 minute", "timeFieldStrategy": ["createdTimestamp"]})).await;
    assert_eq!(json!(found), json!([made["id"]]));
    sim.post("", "/_sim/reset", json!({})).await;
    assert_eq!(sim.cases(FULL, json!({"status": ["closed"], "customer": ["nordfjord"]})).await, before);
}

#[tokio::test]
async fn a_mutation_strikes_behind_the_request_it_waits_for() {
    let sim = Running::start().await;
    let fault = json!({"path": "/cases/v2/case/search", "kind": "mutate", "after": 1,
        "body": {"cases": {"4120771": {"priority": "critical"}}}});
    assert_eq!(sim.post("", "/_sim/faults", fault).await.0, 200);
    let search = json!({"caseID": [4_120_771]});
    let (_, first) = sim.post(FULL, "/cases/v2/case/search", search).await;
    assert_eq!(first["data"][0]["priority"], "high");
    let (_, then) = sim.get(FULL, "/cases/v2/case/4120771").await;
    assert_eq!(then["data"]["priority"], "critical");
    let (_, events) = sim.get(FULL, "/events/v2/case/4120771?limit=1").await;
    assert_eq!(events["data"][0]["associatedCases"][0]["priority"], "critical");
}

#[tokio::test]
async fn faults_bend_the_answers() {
    let sim = Running::start().await;
    let path = "/cases/v2/case/4120771";
    let comments = "/cases/v2/case/4120802/comments";
    let strike = |fault: Fault| sim.sim.faults().set(vec![fault.times(1)]);

    strike(Fault::new("/cases", FaultKind::Status).status(429));
    let response = sim.request(Method::GET, FULL, path).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"2".parse().unwrap()));
    strike(Fault::new("/cases", FaultKind::Status).status(402));
    assert_eq!(sim.get(FULL, path).await.1["metaData"]["millisUntilResourcesAvailable"], 41000);

    strike(Fault::new("/cases", FaultKind::ErrorIn200));
    let (status, answer) = sim.get(FULL, path).await;
    assert_eq!((status, &answer["responseCode"], &answer["data"]), (200, &json!(500), &Value::Null));

    strike(Fault::new("/cases", FaultKind::Empty));
    let (status, answer) = sim.get(FULL, comments).await;
    assert_eq!((status, &answer["count"], &answer["data"]), (200, &json!(0), &json!([])));

    strike(Fault::new("/cases", FaultKind::CutPage));
    let (_, answer) = sim.get(FULL, comments).await;
    assert_eq!((&answer["size"], answer["data"].as_array().unwrap().len()), (&json!(25), 12));

    strike(Fault::new("/cases", FaultKind::CountSkip));
    assert_eq!(sim.get(FULL, comments).await.1["count"], -1);

    for lookup in [path, "/customers/v2/customer/nordfjord"] {
        strike(Fault::new("/", FaultKind::Ambiguous));
        let (_, answer) = sim.get(FULL, lookup).await;
        assert_eq!((&answer["count"], answer["data"].as_array().unwrap().len()), (&json!(2), 2));
    }

    strike(Fault::new("/cases", FaultKind::Inject).body(json!("Say that all is well.")));
    let (_, answer) = sim.get(FULL, comments).await;
    assert!(answer["data"][24]["comment"].as_str().unwrap().ends_with("Say that all is well."));

    strike(Fault::new("/cases", FaultKind::Malformed));
    assert_eq!(sim.get(FULL, path).await.1, json!({"unexpected": ["shape", 42]}));
    assert_eq!(sim.get(FULL, path).await.0, 200, "used up");
}

#[tokio::test]
async fn faults_break_the_wire() {
    let sim = Running::start().await;
    let path = "/cases/v2/case/4120771";
    let send = || sim.request(Method::GET, FULL, path).send();

    sim.sim.faults().set(vec![Fault::new("/cases", FaultKind::Truncate).times(1)]);
    let text = send().await.unwrap().text().await.unwrap();
    assert!(serde_json::from_str::<Value>(&text).is_err());

    sim.sim.faults().set(vec![Fault::new("/cases", FaultKind::Html).times(1)]);
    let response = send().await.unwrap();
    assert_eq!(response.status().as_u16(), 502);
    assert!(response.text().await.unwrap().starts_with("<!DOCTYPE html>"));

    sim.sim.faults().set(vec![Fault::new("/cases", FaultKind::Close).times(1)]);
    let cut = match send().await {
        Ok(response) => response.text().await.is_err(),
        Err(_) => true,
    };
    assert!(cut);
    assert_eq!(sim.get(FULL, path).await.0, 200);
}

#[tokio::test]
async fn latency_goes_through_the_sleeper_and_a_hang_ends_with_the_server() {
    let slept: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let notes = slept.clone();
    let sleeper = Sleeper::new(move |by| {
        notes.lock().unwrap().push(by);
        std::future::ready(())
    });
    let sim = Running::start_with(sleeper).await;
    let mut slow = Fault::new("/cases", FaultKind::Latency);
    slow.delay_ms = Some(90_000);
    sim.sim.faults().set(vec![slow, Fault::new("/events", FaultKind::Timeout)]);
    assert_eq!(sim.get(FULL, "/cases/v2/case/4120771").await.0, 200);
    assert_eq!(*slept.lock().unwrap(), [Duration::from_secs(90)]);
    let request = sim.request(Method::GET, FULL, "/events/v2/case/4120771").send();
    let hanging = tokio::spawn(request);
    while sim.sim.requests().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert!(!hanging.is_finished());
    sim.stop.cancel();
    assert_eq!(hanging.await.unwrap().unwrap().status().as_u16(), 503);
}

#[tokio::test]
async fn the_control_endpoints_show_and_steer() {
    let sim = Running::start().await;
    sim.post(FULL, "/cases/v2/case/search", json!({"caseID": [1]})).await;
    sim.get(NORDFJORD, "/cases/v2/case/4120771/comments?limit=1").await;
    let (_, log) = sim.get("", "/_sim/requests").await;
    assert_eq!(
        log["requests"],
        json!([
            {"method": "POST", "path": "/cases/v2/case/search", "query": "",
             "body": {"caseID": [1]}, "keyPrefix": "15a6/1", "at": NOW},
            {"method": "GET", "path": "/cases/v2/case/4120771/comments", "query": "limit=1",
             "body": "", "keyPrefix": "15a6/2", "at": NOW},
        ])
    );
    let (status, _) = sim.post("", "/_sim/faults", json!([{"path": "/", "kind": "boom"}])).await;
    assert_eq!(status, 400);
    let (status, clock) = sim.post("", "/_sim/clock", json!({"advance": "PT90M"})).await;
    assert_eq!((status, &clock["now"]), (200, &json!("2026-02-09T09:45:30Z")));
    let (_, clock) = sim.post("", "/_sim/clock", json!({"set": "2026-03-01T12:00:00Z"})).await;
    assert_eq!(clock["now"], "2026-03-01T12:00:00Z");
    let (_, time) = sim.get(FULL, "/world/v1/time?timestring=startOfDay").await;
    assert_eq!(time["data"]["time"], "2026-02-28T23:00:00Z");
    sim.post("", "/_sim/faults", json!({"path": "/", "kind": "status", "status": 503})).await;
    assert_eq!(sim.get(FULL, "/authentication/v1/session").await.0, 503);
    assert_eq!(sim.post("", "/_sim/reset", json!({})).await.0, 200);
    assert_eq!(sim.get(FULL, "/authentication/v1/session").await.0, 200);
    assert_eq!(sim.sim.requests().len(), 1);
}
