//! The data agrees with itself for every key, as far as anybody can see it over HTTP:
//! pages with counts, statistics with searches, references with objects.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::sim::argus::tests::{FULL, NORDFJORD, READ_CASES, Running};

/// Searches whose pages are put together: path, body, keys that may.
fn searches() -> Vec<(&'static str, Value, &'static [&'static str])> {
    const BOTH: &[&str] = &[FULL, NORDFJORD];
    vec![
        ("/cases/v2/case/search", json!({}), &[FULL, NORDFJORD, READ_CASES]),
        ("/events/v2/event/search", json!({"indexStartTimestamp": 0}), BOTH),
        ("/alarms/v1/alarm/search", json!({}), BOTH),
        ("/alarms/v1/category/search", json!({}), BOTH),
        ("/assets/v2/asset/search", json!({"assetDefinition": ["HostAsset"]}), BOTH),
        ("/assets/v2/asset/search", json!({"assetDefinition": ["QualysHostAsset"]}), BOTH),
        ("/customers/v2/customer/search", json!({}), BOTH),
        ("/pdns/v3/search", json!({"query": "parked.example"}), &[FULL, NORDFJORD, READ_CASES]),
        ("/eventfilters/v2/match/search", json!({}), &[FULL]),
        ("/reputation/v2/indicator/search", json!({"state": ["active", "latest", "old"]}), &[FULL]),
    ]
}

#[tokio::test]
async fn pages_put_together_are_the_whole_list_for_every_key() {
    let sim = Running::start().await;
    for (path, body, keys) in searches() {
        for key in keys {
            let page = |limit: u64, offset: usize| {
                let mut body = body.clone();
                (body["limit"], body["offset"]) = (json!(limit), json!(offset));
                body
            };
            let (_, whole) = sim.post(key, path, page(0, 0)).await;
            let items = whole["data"].as_array().unwrap();
            assert_eq!(whole["count"], json!(items.len()), "{path} {key}");
            let mut together: Vec<Value> = Vec::new();
            let limit = if items.len() > 1_000 { 500 } else { 7 };
            loop {
                let (_, answer) = sim.post(key, path, page(limit, together.len())).await;
                let data = answer["data"].as_array().unwrap();
                assert_eq!((&answer["count"], &answer["size"]), (&whole["count"], &json!(data.len())), "{path} {key}");
                if data.is_empty() {
                    break;
                }
                together.extend(data.iter().cloned());
            }
            assert!(together == *items, "{path} {key}");
            let distinct: BTreeSet<String> = items.iter().map(Value::to_string).collect();
            assert_eq!(distinct.len(), items.len(), "{path} {key}");
            if *key == NORDFJORD {
                let foreign = items.iter().find(|item| item["customer"]["id"].as_u64().is_some_and(|id| id != 2171));
                assert_eq!(foreign, None, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn thousands_of_events_are_there_to_page_through() {
    let sim = Running::start().await;
    let answer = sim.events(FULL, json!({"limit": 100, "offset": 3_200})).await;
    assert_eq!((&answer["count"], &answer["size"]), (&json!(3_316), &json!(100)));
    let month = sim.events(FULL, json!({"startTimestamp": "now -30 days", "limit": 1})).await;
    assert!(month["count"].as_u64().unwrap() > 1_500);
}

/// The search filter that a group of event statistics stands for.
fn filter_of(field: &str, id: &str) -> Option<Value> {
    Some(match field {
        "signature" | "attackCategory" | "alarm" => json!({"attack": [{field: [id]}]}),
        "severity" => json!({"severity": [id]}),
        "customer" => json!({"customer": [id]}),
        "associatedCase" => json!({"associatedCase": [id]}),
        "sourceIP" => json!({"endpoint": [{"ip": [id], "endpointFieldStrategy": "source"}]}),
        "destinationIP" => json!({"endpoint": [{"ip": [id], "endpointFieldStrategy": "destination"}]}),
        "sourceCountry" => json!({"endpoint": [{"countryCode": [id], "endpointFieldStrategy": "source"}]}),
        "destinationCountry" => json!({"endpoint": [{"countryCode": [id], "endpointFieldStrategy": "destination"}]}),
        _ => return None,
    })
}

#[tokio::test]
async fn event_statistics_count_what_the_search_finds() {
    let sim = Running::start().await;
    let fields = [
        "signature",
        "attackCategory",
        "alarm",
        "location",
        "severity",
        "sourceIP",
        "destinationIP",
        "protocol",
        "customer",
        "sourceCountry",
        "destinationCountry",
        "associatedCase",
    ];
    for key in [FULL, NORDFJORD] {
        let all = sim.events(key, json!({"limit": 1})).await["count"].as_u64().unwrap();
        for field in fields {
            let body = json!({"indexStartTimestamp": 0,
                "groupBy": [{"field": field, "limit": 4, "includeOthers": true}]});
            let (status, answer) = sim.post(key, "/events/v2/event/statistics", body).await;
            assert_eq!((status, answer["data"].as_array().unwrap().len()), (200, 1));
            let root = &answer["data"][0];
            let buckets = root["buckets"].as_array().unwrap();
            let sum: u64 = buckets.iter().map(|bucket| bucket["count"].as_u64().unwrap()).sum();
            assert_eq!((root["count"].as_u64(), sum), (Some(all), all), "{key} {field}");
            for bucket in buckets {
                let id = bucket["group"]["identifier"].as_str().unwrap();
                let Some(filter) = filter_of(field, id).filter(|_| id != "others") else { continue };
                let found = sim.events(key, filter.clone()).await;
                assert_eq!(found["count"], bucket["count"], "{key} {filter}");
            }
        }
    }
}

#[tokio::test]
async fn the_tree_of_event_statistics_adds_up_at_every_level() {
    let sim = Running::start().await;
    let body = json!({
        "indexStartTimestamp": 0, "startTimestamp": "startOfDay -13 days", "endTimestamp": "now",
        "groupBy": [{"field": "customer"}, {"field": "severity"}],
        "timeline": [{"name": "by-day", "field": "lastEvent", "resolution": "days",
            "startTimestamp": "startOfDay -13 days", "endTimestamp": "now"}],
    });
    let (_, answer) = sim.post(FULL, "/events/v2/event/statistics", body.clone()).await;
    let root = &answer["data"][0];
    assert!(root.get("timeline").is_none(), "timelines stand at the leaves");
    let sum = |items: &Value, name: &str| -> u64 {
        items.as_array().unwrap().iter().map(|item| item[name].as_u64().unwrap()).sum()
    };
    for name in ["count", "rawEventCount"] {
        assert_eq!(sum(&root["buckets"], name), root[name].as_u64().unwrap(), "{name}");
        for customer in root["buckets"].as_array().unwrap() {
            assert_eq!(sum(&customer["buckets"], name), customer[name].as_u64().unwrap(), "{name}");
            for severity in customer["buckets"].as_array().unwrap() {
                let timeline = &severity["timeline"][0];
                assert_eq!(sum(&timeline["buckets"], name), severity[name].as_u64().unwrap(), "{name}");
                assert_eq!(timeline["buckets"].as_array().unwrap().len(), 14, "empty days too");
            }
        }
    }
    let mut flat = body;
    flat.as_object_mut().unwrap().shift_remove("groupBy");
    let (_, flat) = sim.post(FULL, "/events/v2/event/statistics", flat).await;
    let first = &flat["data"][0]["timeline"][0]["buckets"][0];
    assert_eq!(first["timestamp"], json!(1_769_468_400_000_i64), "midnight in Oslo");
    // Each day is what a search for that day finds.
    let end = first["timestamp"].as_i64().unwrap() + 86_400_000 - 1;
    let found = sim.events(FULL, json!({"startTimestamp": first["timestamp"], "endTimestamp": end})).await;
    assert_eq!(found["count"], first["count"]);
}

#[tokio::test]
async fn raw_events_inside_counted_aggregates_are_counted_once() {
    let sim = Running::start().await;
    let count = async |filter: Value| {
        let mut body = filter;
        body["indexStartTimestamp"] = json!(0);
        let (_, answer) = sim.post(FULL, "/events/v2/event/statistics", body).await;
        let root = &answer["data"][0];
        (root["count"].as_u64().unwrap(), root["rawEventCount"].as_u64().unwrap())
    };
    assert_eq!(count(json!({"domain": ["cdn-sync.example"]})).await, (48, 36));
    assert_eq!(count(json!({"domain": ["cdn-sync.example"], "type": ["raw"]})).await, (36, 36));
    assert_eq!(count(json!({"associatedCase": [4_120_771]})).await, (12, 36));
    assert_eq!(count(json!({"domain": ["nowhere.example"]})).await, (0, 0));
}

#[tokio::test]
async fn statistics_follow_what_changes_between_calls() {
    let sim = Running::start().await;
    let (_, page) = sim.get(FULL, "/events/v2/case/4120790?limit=1").await;
    let uuid = page["data"][0]["uuid"].as_str().unwrap();
    sim.sim.patch(&json!({"events": {uuid: {"severity": "critical"}}})).unwrap();
    let body = json!({"indexStartTimestamp": 0, "associatedCase": [4_120_790], "groupBy": [{"field": "severity"}]});
    let (_, answer) = sim.post(FULL, "/events/v2/event/statistics", body).await;
    let buckets = answer["data"][0]["buckets"].as_array().unwrap();
    let counts: Vec<(&str, u64)> = buckets
        .iter()
        .map(|bucket| (bucket["group"]["displayName"].as_str().unwrap(), bucket["count"].as_u64().unwrap()))
        .collect();
    assert_eq!(counts, [("Medium", 8), ("Critical", 1)]);
}

#[tokio::test]
async fn asset_statistics_count_what_the_search_finds() {
    let sim = Running::start().await;
    for key in [FULL, NORDFJORD] {
        let body = json!({
            "assetDefinition": ["HostAsset"], "fieldAggregation": [{"field": "customer"}],
            "statisticsMetric": [{"field": "cvss"}, {"field": "vulnerabilities"}],
            "rangeMetric": [
                {"name": "ever", "field": "created"},
                {"name": "by-month", "field": "created", "resolution": "month", "includeEmpty": true},
                {"name": "today", "field": "lastSeen", "startTimestamp": "startOfDay", "endTimestamp": "now"},
            ],
        });
        let (status, answer) = sim.post(key, "/assets/v2/asset/statistics", body).await;
        assert_eq!(status, 200, "{answer}");
        let root = &answer["data"][0];
        let mut seen = 0;
        for bucket in root["buckets"].as_array().unwrap() {
            let customer = bucket["metadata"]["shortName"].as_str().unwrap();
            let search = json!({"assetDefinition": ["HostAsset"], "customer": [customer], "limit": 0});
            let (_, found) = sim.post(key, "/assets/v2/asset/search", search).await;
            assert_eq!(found["count"], bucket["count"], "{customer}");
            seen += bucket["count"].as_u64().unwrap();
            let items = found["data"].as_array().unwrap();
            let sum: f64 = items.iter().map(|asset| asset["totalCVSS"].as_f64().unwrap()).sum();
            let cvss = &bucket["statisticsMetrics"][0];
            assert_eq!((cvss["key"].as_str(), cvss["count"].as_u64()), (Some("cvss"), Some(items.len() as u64)));
            assert!((cvss["sum"].as_f64().unwrap() - sum).abs() < 0.01, "{customer}");
            let weak: u64 = items.iter().map(|asset| asset["vulnerabilitiesCount"].as_u64().unwrap()).sum();
            assert_eq!(bucket["statisticsMetrics"][1]["sum"].as_f64(), Some(weak as f64));
            let [ever, months, today] = [0, 1, 2].map(|n| &bucket["rangeMetrics"][n]);
            assert_eq!((&ever["count"], &ever["dateHistogramBuckets"]), (&bucket["count"], &Value::Null));
            let monthly: u64 = months["dateHistogramBuckets"]
                .as_array()
                .unwrap()
                .iter()
                .map(|month| month["count"].as_u64().unwrap())
                .sum();
            assert_eq!((json!(monthly), &months["count"]), (bucket["count"].clone(), &bucket["count"]));
            let search = json!({"assetDefinition": ["HostAsset"], "customer": [customer], "limit": 1,
                "startTimestamp": "startOfDay", "endTimestamp": "now", "timeFieldStrategy": ["lastSeenTimestamp"]});
            let (_, found) = sim.post(key, "/assets/v2/asset/search", search).await;
            assert_eq!(found["count"], today["count"], "{customer}");
        }
        assert_eq!(root["count"], json!(seen));
        let group = json!({"assetDefinition": ["HostAsset"],
            "fieldAggregation": [{"field": "assetGroup"}, {"field": "assetDefinition"}]});
        let (_, answer) = sim.post(key, "/assets/v2/asset/statistics", group).await;
        for bucket in answer["data"][0]["buckets"].as_array().unwrap() {
            let group = bucket["metadata"]["shortName"].as_str().unwrap();
            let search = json!({"assetDefinition": ["HostAsset"], "parent": [group], "limit": 1});
            let (_, found) = sim.post(key, "/assets/v2/asset/search", search).await;
            assert_eq!(found["count"], bucket["count"], "{group}");
            assert_eq!(bucket["buckets"][0]["count"], bucket["count"], "{group}");
        }
    }
}

#[tokio::test]
async fn what_events_name_exists_and_says_the_same() {
    let sim = Running::start().await;
    for key in [FULL, NORDFJORD] {
        let all = sim.events(key, json!({"limit": 0})).await;
        let items = all["data"].as_array().unwrap();
        let mut signatures: BTreeMap<&str, u64> = BTreeMap::new();
        let mut alarms: BTreeMap<u64, (&Value, &Value)> = BTreeMap::new();
        for event in items {
            *signatures.entry(event["signature"]["name"].as_str().unwrap()).or_default() += 1;
            alarms.insert(event["alarm"]["id"].as_u64().unwrap(), (&event["alarm"], &event["attackCategory"]));
        }
        let mut triggered: BTreeMap<String, u64> = BTreeMap::new();
        for (id, (shown, category)) in alarms {
            let (status, alarm) = sim.get(key, &format!("/alarms/v1/alarm/{id}")).await;
            let alarm = &alarm["data"];
            assert_eq!((status, &alarm["shortName"]), (200, &shown["shortName"]));
            assert_eq!(alarm["attackCategory"]["shortName"], category["shortName"]);
            let name = category["shortName"].as_str().unwrap();
            let (_, found) = sim.get(key, &format!("/alarms/v1/category/{name}")).await;
            assert_eq!((&found["data"]["id"], &found["data"]["name"]), (&category["id"], &category["name"]));
            for mapping in alarm["mappings"].as_array().unwrap() {
                let amount = mapping["triggerAmount"].as_u64().unwrap();
                assert_eq!(amount > 0, mapping["lastTriggeredTimestamp"].as_i64().unwrap() > 0);
                if amount > 0 {
                    triggered.insert(mapping["signature"].as_str().unwrap().to_owned(), amount);
                }
            }
        }
        let counted: BTreeMap<String, u64> = signatures.into_iter().map(|(name, n)| (name.to_owned(), n)).collect();
        assert_eq!(triggered, counted, "{key}");
    }
}

#[tokio::test]
async fn lineage_begins_with_the_event_and_knows_what_was_decided() {
    let sim = Running::start().await;
    let path_of = |event: &Value| {
        let id = event["id"].as_str().unwrap();
        format!("/events/v2/event/{}/lineage", id.split_once('/').unwrap().1)
    };
    let kinds = |answer: &Value| -> Vec<String> {
        answer["data"].as_array().unwrap().iter().map(|step| step["type"].as_str().unwrap().to_owned()).collect()
    };
    let (_, beacon) = sim.get(NORDFJORD, "/events/v2/case/4120771").await;
    for event in beacon["data"].as_array().unwrap() {
        let (_, answer) = sim.get(NORDFJORD, &format!("{}?sortBy=createdTimestamp", path_of(event))).await;
        assert_eq!(kinds(&answer), ["created", "indexedOpenSearch", "updated", "assessed"]);
        let times = &event["timestamps"];
        assert_eq!(answer["data"][0]["createdTimestamp"], times["created"]);
        assert_eq!(answer["data"][2]["createdTimestamp"], times["lastUpdated"]);
        assert_eq!(answer["data"][3]["createdTimestamp"], times["firstAssessed"]);
        assert_eq!(answer["data"][3]["createdByUser"]["shortName"], "soc-analyst-7");
        let (_, page) = sim.get(NORDFJORD, &format!("{}?limit=3&offset=2", path_of(event))).await;
        assert_eq!(
            (kinds(&page), &page["count"]),
            (vec!["indexedOpenSearch".to_owned(), "created".to_owned()], &json!(4))
        );
    }
    let noise = sim.events(FULL, json!({"associatedCase": [0], "limit": 1})).await;
    let (_, answer) = sim.get(FULL, &path_of(&noise["data"][0])).await;
    assert_eq!(kinds(&answer), ["created"]);
    let flood = sim.events(FULL, json!({"severity": ["critical"], "limit": 1})).await;
    assert_eq!(sim.get(NORDFJORD, &path_of(&flood["data"][0])).await.0, 404, "another customer's");
}

#[tokio::test]
async fn cases_agree_with_their_comments_tags_and_machines() {
    let sim = Running::start().await;
    for key in [FULL, NORDFJORD, READ_CASES] {
        let (_, cases) = sim.post(key, "/cases/v2/case/search", json!({"limit": 0, "excludeFlags": ["MERGED"]})).await;
        for case in cases["data"].as_array().unwrap() {
            let id = &case["id"];
            let (_, comments) = sim.get(key, &format!("/cases/v2/case/{id}/comments?limit=200")).await;
            let visible = comments["count"].as_u64().unwrap();
            assert_eq!(json!(comments["data"].as_array().unwrap().len()), comments["count"]);
            let flagged = case["flags"].as_array().unwrap().contains(&json!("HAS_COMMENTS"));
            assert!(flagged || visible == 0, "{id}");
            let (_, tags) = sim.get(key, &format!("/cases/v2/case/{id}/tags")).await;
            for tag in tags["data"].as_array().unwrap() {
                let wanted = json!({"tag": [{"key": tag["key"], "values": [tag["value"]]}], "limit": 0});
                let (_, found) = sim.post(key, "/cases/v2/case/search", wanted).await;
                assert!(found["data"].as_array().unwrap().iter().any(|other| other["id"] == *id), "{id} {tag}");
                if tag["key"] == "affected-host" && key == FULL {
                    let host = tag["value"].as_str().unwrap();
                    let (status, asset) = sim.get(key, &format!("/assets/v2/asset/{host}")).await;
                    assert_eq!(status, 200, "{host}");
                    let wanted = json!({"assetID": [asset["data"]["id"]], "limit": 0});
                    let (_, found) = sim.post(key, "/cases/v2/case/search", wanted).await;
                    assert!(found["data"].as_array().unwrap().iter().any(|other| other["id"] == *id), "{id} {host}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_beacon_can_be_followed_through_every_family() {
    let sim = Running::start().await;
    let (_, events) = sim.get(FULL, "/events/v2/case/4120771?limit=1").await;
    let event = &events["data"][0];
    let (domain, ip) = (event["domain"].as_str().unwrap(), event["destination"]["address"].as_str().unwrap());
    let (_, dns) = sim.post(FULL, "/pdns/v3/search", json!({"query": domain, "rrType": ["a"]})).await;
    assert!(dns["data"].as_array().unwrap().iter().any(|record| record["answer"] == ip));
    for what in [format!("domain/{domain}"), format!("ip/{ip}")] {
        let (_, score) = sim.get(FULL, &format!("/reputation/v2/score/{what}")).await;
        assert!(score["data"]["score"].as_f64().unwrap() >= 0.8);
    }
    let machine = event["source"]["address"].as_str().unwrap();
    let search = json!({"assetDefinition": ["HostAsset"],
        "component": [{"componentDefinition": "ipAddress", "value": [machine]}]});
    let (_, asset) = sim.post(FULL, "/assets/v2/asset/search", search).await;
    assert_eq!(asset["data"][0]["shortName"], "nfk-ws-0417");
    let (_, bound) = sim.post(FULL, "/eventfilters/v2/match/search", json!({"associatedCaseID": [4_120_771]})).await;
    assert_eq!(bound["data"][0]["filters"]["alarm"][0]["id"], event["alarm"]["id"]);
    // Every visitor of the phishing page is a machine of the finance network.
    let (_, visits) = sim.get(FULL, "/events/v2/case/4120790").await;
    for visit in visits["data"].as_array().unwrap() {
        let search = json!({"assetDefinition": ["HostAsset"], "customer": ["nordfjord"],
            "component": [{"componentDefinition": "ipAddress", "value": [visit["source"]["address"]]}]});
        let (_, found) = sim.post(FULL, "/assets/v2/asset/search", search).await;
        assert_eq!(found["count"], 1, "{visit}");
    }
}
