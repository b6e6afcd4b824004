//! The endpoints beyond cases and events, over real HTTP on loopback: filters really
//! filter, numbers come from the data, and what is wrong is refused.

use serde_json::{Value, json};

use crate::sim::argus::tests::{FULL, NORDFJORD, Running};

fn names(answer: &Value, field: &str) -> Vec<String> {
    let items = answer["data"].as_array().unwrap();
    items.iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
}

/// Answers of a search for rows of body and number of matches.
async fn counts(sim: &Running, path: &str, base: &Value, rows: &[(Value, u64)]) {
    for (body, wanted) in rows {
        let mut sent = base.clone();
        sent.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let (status, answer) = sim.post(FULL, path, sent).await;
        assert_eq!((status, &answer["count"]), (200, &json!(wanted)), "{path} {body}: {answer}");
    }
}

#[tokio::test]
async fn alarms_and_categories_are_searched() {
    let sim = Running::start().await;
    let rows = [
        (json!({}), 8),
        (json!({"alarm": ["malware-callback", "58240"]}), 2),
        (json!({"alarm": ["malware"]}), 0),
        (json!({"attackCategoryID": [380]}), 2),
        (json!({"attackCategoryID": [380], "excludeFlags": ["DISABLED"]}), 1),
        (json!({"includeFlags": ["DISABLED"]}), 1),
        (json!({"signature": ["SNORT-1:41336"]}), 1),
        (json!({"alarmReferences": ["CVE-2024-21412"]}), 1),
        (json!({"labels": ["c2", "dos"]}), 2),
        (json!({"keywords": ["CALL-BACK"], "keywordFieldStrategy": ["description"]}), 1),
        (json!({"keywords": ["phishing", "flood"]}), 0),
        (json!({"keywords": ["phishing", "flood"], "keywordMatchStrategy": "any"}), 2),
        (json!({"startTimestamp": "now -30 days"}), 3),
        (json!({"subCriteria": [{"labels": ["c2"]}, {"labels": ["dos"]}]}), 2),
        (json!({"subCriteria": [{"attackCategoryID": [380], "exclude": true}]}), 6),
    ];
    counts(&sim, "/alarms/v1/alarm/search", &json!({}), &rows).await;
    let (_, alarm) = sim.get(FULL, "/alarms/v1/alarm/58129").await;
    let mapping = &alarm["data"]["mappings"][0];
    assert_eq!((&mapping["signature"], &mapping["triggerAmount"]), (&json!("SNORT-1:41336"), &json!(48)));
    let (_, found) = sim.post(FULL, "/alarms/v1/alarm/search", json!({"alarm": ["58129"]})).await;
    assert!(found["data"][0].get("mappings").is_none() && found["data"][0].get("comments").is_none());
    assert_eq!(sim.get(FULL, "/alarms/v1/alarm/malware-callback").await.0, 404);
    let (_, category) = sim.get(FULL, "/alarms/v1/category/reconnaissance").await;
    assert_eq!((&category["data"]["id"], &category["data"]["flags"][0]), (&json!(301), &json!("RECONNAISSANCE")));
    let (_, found) = sim.post(FULL, "/alarms/v1/category/search", json!({"keywords": ["policy"]})).await;
    assert_eq!(names(&found, "shortName"), ["policy"]);
    let (_, sorted) = sim.post(FULL, "/alarms/v1/alarm/search", json!({"sortBy": ["-attackCategory", "id"]})).await;
    assert_eq!(sorted["data"][0]["attackCategory"]["name"], "Reconnaissance");
}

#[tokio::test]
async fn assets_are_found_by_what_they_are() {
    let sim = Running::start().await;
    let path = "/assets/v2/asset/search";
    let host = json!({"assetDefinition": ["HostAsset"]});
    let rows = [
        (json!({}), 138),
        (json!({"includeFlags": ["deleted"]}), 1),
        (json!({"customer": ["bergtun"]}), 34),
        (json!({"asset": ["nfk-ws-0417", "nfk-dc-01"]}), 2),
        (json!({"dataSource": ["manual"]}), 12),
        (json!({"component": [{"componentDefinition": "ipAddress", "value": ["10.20.6.0/24"]}]}), 18),
        (json!({"component": [{"componentDefinition": "ipAddress", "value": ["10.20.4.17", "192.0.2.80"]}]}), 2),
        (
            json!({"component": [
                {"componentDefinition": "network", "value": ["10.20.6.0/24"]},
                {"componentDefinition": "hostName", "value": ["nfk-ws-6011"]},
            ]}),
            1,
        ),
        (json!({"criticality": [{"dimension": "integrity", "level": ["critical"]}]}), 3),
        (json!({"parent": ["nfk-ot"]}), 1),
        (json!({"ancestor": ["nfk-office"]}), 51),
        (json!({"hasGroups": false, "customer": ["nordfjord"]}), 6),
        (json!({"keywords": ["finance"]}), 19),
        (json!({"keywords": ["finance", "portal"]}), 20),
        (json!({"keywords": ["finance", "portal"], "keywordMatchStrategy": "all"}), 0),
        (json!({"keywords": ["finance"], "keywordFieldStrategy": ["name"]}), 0),
        (json!({"user": ["m.lie"], "userFieldStrategy": ["owner"]}), 1),
        (
            json!({"startTimestamp": "now -1 hour", "timeFieldStrategy": ["lastSeenTimestamp"], "asset": ["nfk-dc-01"]}),
            1,
        ),
        (json!({"subCriteria": [{"customer": ["havbris"]}, {"customer": ["bergtun"]}]}), 80),
    ];
    counts(&sim, path, &host, &rows).await;
    let (_, scanned) = sim.post(FULL, path, json!({"assetDefinition": ["QualysHostAsset"], "limit": 100})).await;
    assert_eq!(scanned["count"], 30);
    for asset in scanned["data"].as_array().unwrap() {
        assert!(asset["lastScanTimestamp"].as_i64().unwrap() > 0);
    }
    let body = json!({"assetDefinition": ["HostAsset"], "includeGroupInfo": false, "limit": 1});
    assert!(sim.post(FULL, path, body).await.1["data"][0].get("parentGroups").is_none());
}

#[tokio::test]
async fn weaknesses_of_assets_add_up() {
    let sim = Running::start().await;
    let path = "/assets/v2/asset/search";
    let all = json!({"assetDefinition": ["HostAsset", "QualysHostAsset"], "limit": 0, "sortBy": ["-totalCVSS"]});
    let (_, all) = sim.post(FULL, path, all).await;
    let items = all["data"].as_array().unwrap();
    let cvss = |asset: &Value| asset["totalCVSS"].as_f64().unwrap();
    assert!(items.windows(2).all(|pair| cvss(&pair[0]) >= cvss(&pair[1])));
    for asset in items {
        let weak = asset["vulnerabilitiesCount"].as_u64().unwrap() > 0;
        assert!(weak || (cvss(asset) == 0.0 && cvss(asset).is_sign_positive()), "{asset}");
    }
    let base = json!({"assetDefinition": ["HostAsset", "QualysHostAsset"]});
    let above = items.iter().filter(|asset| cvss(asset) >= 30.0).count();
    let flagged = |flag: &str| items.iter().filter(|a| a["flags"].as_array().unwrap().contains(&json!(flag))).count();
    assert!(above > 0 && flagged("hasCriticalVulnerability") > 0 && flagged("exploitAvailable") > 0);
    let rows = [
        (json!({"minimumTotalCvss": 30}), above as u64),
        (json!({"maximumTotalCvss": 29.9}), (items.len() - above) as u64),
        (json!({"includeFlags": ["hasCriticalVulnerability"]}), flagged("hasCriticalVulnerability") as u64),
    ];
    counts(&sim, path, &base, &rows).await;
    // Who has a critical weakness within the last month carries the flag; the flag knows no month.
    let mut body = base.clone();
    body["assetByVulnerability"] = json!({"severity": ["critical"]});
    let (_, weak) = sim.post(FULL, path, body).await;
    let many = weak["count"].as_u64().unwrap();
    assert!(many > 0 && many <= flagged("hasCriticalVulnerability") as u64);
    let mut body = base.clone();
    body["assetByVulnerability"] = json!({"references": ["cve-2021-44228"], "resolution": ["noLongerVulnerable"]});
    let (_, fixed) = sim.post(FULL, path, body).await;
    let mut body = base;
    body["keywords"] = json!(["CVE-2021-44228"]);
    body["keywordFieldStrategy"] = json!(["references"]);
    let (_, known) = sim.post(FULL, path, body).await;
    assert!(fixed["count"].as_u64().unwrap() < known["count"].as_u64().unwrap());
}

#[tokio::test]
async fn wrong_asset_requests_are_refused_with_every_problem() {
    let sim = Running::start().await;
    let body = json!({
        "assetDefinition": ["Printer"], "parent": ["nowhere"], "dataSource": ["rumour"],
        "component": [{"componentDefinition": "ipAddress", "value": ["windows"]}, {"componentDefinition": "colour"}],
        "criticality": [{"dimension": "beauty", "level": ["high"]}], "minimumTotalCvss": 9, "maximumTotalCvss": 3,
        "limit": 100, "offset": 9_950, "sort": ["id"],
    });
    let (status, answer) = sim.post(FULL, "/assets/v2/asset/search", body).await;
    assert_eq!(status, 412);
    let mut fields: Vec<&str> =
        answer["messages"].as_array().unwrap().iter().map(|m| m["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "assetDefinition",
            "component[0].value[0]",
            "component[1].componentDefinition",
            "criticality[0].dimension",
            "dataSource",
            "minimumTotalCvss",
            "offset",
            "parent",
            "sort",
        ]
    );
    let (_, definition) = sim.get(FULL, "/assets/v2/asset/definition/HostAsset").await;
    assert_eq!(definition["data"]["componentDefinitions"][0]["type"], "ipType");
    assert_eq!(sim.get(FULL, "/assets/v2/asset/definition/Printer").await.0, 404);
}

#[tokio::test]
async fn filters_are_searched_by_kind_and_shown_with_code_on_request() {
    let sim = Running::start().await;
    let rows = [
        (json!({}), 3),
        (json!({"includeFlags": ["enabled"]}), 2),
        (json!({"includeFlags": ["skipNewEvent"]}), 1),
        (json!({"keywords": ["spray"], "keywordFieldStrategy": ["actionName"]}), 1),
        (json!({"keywords": ["stddev"], "keywordFieldStrategy": ["statementCode"]}), 1),
        (json!({"keywords": ["stddev"], "keywordFieldStrategy": ["name"]}), 0),
        (json!({"customer": ["nordfjord"]}), 1),
        (json!({"customer": ["nordfjord"], "includeAscendingCustomers": true}), 2),
        (json!({"customer": ["nordic-energy"]}), 1),
        (json!({"customer": ["nordic-energy"], "includeDescendingCustomers": false}), 0),
        (json!({"filterID": [20417, 20419]}), 2),
    ];
    counts(&sim, "/eventfilters/v2/analysis/search", &json!({}), &rows).await;
    let rows = [
        (json!({}), 64),
        (json!({"includeDeleted": true}), 65),
        (json!({"includeFlags": ["deleted"]}), 1),
        (json!({"associatedCaseID": [4_120_771]}), 1),
        (json!({"includeEventFlags": ["EVENT_FROM_OT_ENVIRONMENT"]}), 1),
        (json!({"keywords": ["port in"], "keywordFieldStrategy": ["matchCode"]}), 1),
        (json!({"endTimestamp": "now", "timeFieldStrategy": ["validTo"]}), 1),
    ];
    let path = "/eventfilters/v2/match/search";
    let (_, all) = sim.post(FULL, path, json!({"limit": 100})).await;
    let of_alarm = |filter: &&Value| filter["filters"]["alarm"][0]["id"] == 58129 && filter["id"] != 31025;
    let beacon = all["data"].as_array().unwrap().iter().filter(of_alarm).count() as u64;
    assert!(beacon > 0);
    counts(&sim, path, &json!({}), &rows).await;
    let others = json!({"alarmID": [58129], "subCriteria": [{"filterID": [31025], "exclude": true}]});
    counts(&sim, path, &json!({}), &[(others, beacon)]).await;

    let code = |answer: &Value| answer["data"]["filters"]["statementCode"].clone();
    assert!(code(&sim.get(FULL, "/eventfilters/v2/analysis/20417?includeCode=true").await.1).is_string());
    assert!(code(&sim.get(FULL, "/eventfilters/v2/analysis/20417").await.1).is_null());
    let found = sim.post(FULL, "/eventfilters/v2/annotation/search", json!({"limit": 5})).await.1;
    assert!(!found.to_string().contains("Code\":\""), "{found}");
    assert_eq!(sim.get(FULL, "/eventfilters/v2/match/20417?includeCode=true").await.0, 404);
    let (_, kind) = sim.get(FULL, "/eventfilters/v2/filter/20417/type").await;
    assert_eq!(kind["data"], json!({"filterID": 20417, "filterType": "analysis", "customer": null}));
    let (status, _) = sim.get(FULL, "/eventfilters/v2/analysis/20417?revision=6").await;
    assert_eq!(status, 404, "another revision");
    let (status, _) = sim.post(FULL, "/eventfilters/v2/annotation/search", json!({"alarmID": [1]})).await;
    assert_eq!(status, 412, "a field of match filters");
}

#[tokio::test]
async fn datastores_are_read_in_the_right_scope_only() {
    let sim = Running::start().await;
    let rows = [
        ("vip-users/kari.solheim?customerID=2171", 200, json!("{\"tier\":1}")),
        ("vip-users/svc%2Fbackup%20job?customerID=2171", 200, json!("{\"tier\":3,\"service\":true}")),
        ("vip-users/Kari.Solheim?customerID=2171", 200, Value::Null),
        ("vip-users/former.head?customerID=2171", 200, Value::Null),
        ("vip-users/kari.solheim?customerID=2172", 200, Value::Null),
        ("vip-users/kari.solheim?customerID=0", 412, Value::Null),
        ("vip-users/kari.solheim", 412, Value::Null),
        ("known-bad-ja3/e7d705a3286e19ea42f587b344ee6865?customerID=0", 200, json!("silver-otter loader")),
        ("known-bad-ja3/e7d705a3286e19ea42f587b344ee6865?customerID=2171", 412, Value::Null),
        ("session-cache/x?customerID=2171", 412, Value::Null),
        ("pipeline-counters/x?customerID=0", 412, Value::Null),
        ("old-list/x?customerID=2171", 412, Value::Null),
        ("nowhere/x?customerID=2171", 404, Value::Null),
    ];
    for (path, wanted, value) in rows {
        let (status, answer) = sim.get(FULL, &format!("/datastores/v1/store/{path}")).await;
        assert_eq!((status, &answer["data"]["value"]), (wanted, &value), "{path}: {answer}");
    }
    let (_, listed) = sim.get(FULL, "/datastores/v1/store/scanner-ips/10.20.9.10?customerID=2171").await;
    assert!(listed["data"].is_object() && listed["data"].get("value").is_none(), "a list has keys only");
    let own = "/datastores/v1/store/vip-users/kari.solheim";
    assert_eq!(sim.get(NORDFJORD, own).await.1["data"]["customerID"], 2171, "the key's own customer");
    let (_, descriptor) = sim.get(FULL, "/datastores/v1/descriptor/session-cache").await;
    assert_eq!(descriptor["data"]["behaviourType"], "LOCAL");
}

#[tokio::test]
async fn passive_dns_matches_both_sides_and_merges_what_is_equal() {
    let sim = Running::start().await;
    let rows = [
        (json!({"query": "cdn-sync.example"}), 4),
        (json!({"query": "cdn-sync.example."}), 4),
        (json!({"query": "cdn-sync.example", "aggregateResult": false}), 5),
        (json!({"query": "cdn-sync.example", "queryMatchStrategy": "includeSubdomains"}), 5),
        (json!({"query": "cdn-sync.example", "rrType": ["a"]}), 2),
        (json!({"query": "203.0.113.66"}), 2),
        (json!({"query": "203.0.113.64/29"}), 4),
        (json!({"query": "mail.havbris.example"}), 1),
        (json!({"query": "nothing.example"}), 0),
        (json!({"query": "parked.example"}), 300),
        (json!({"query": "2001:db8:300::/64", "limit": 100, "offset": 250}), 300),
        (json!({"query": "198.51.100.23", "tlp": ["green"]}), 1),
        (json!({"query": "198.51.100.23", "customerID": [2172]}), 1),
    ];
    counts(&sim, "/pdns/v3/search", &json!({}), &rows).await;
    let (_, first) =
        sim.post(FULL, "/pdns/v3/search", json!({"query": "cdn-sync.example", "sortBy": ["-count"]})).await;
    assert_eq!((&first["data"][0]["answer"], &first["data"][0]["times"]), (&json!("203.0.113.66"), &json!(412)));
    let (_, got) = sim.get(FULL, "/pdns/v3/203.0.113.64%2F29?rrType=a").await;
    assert_eq!(got["count"], 3);
    let (status, answer) = sim.post(FULL, "/pdns/v3/search", json!({"query": "quota.example"})).await;
    assert_eq!((status, &answer["metaData"]["millisUntilResourcesAvailable"]), (402, &json!(41000)));
    let (status, _) = sim.post(FULL, "/pdns/v3/search", json!({"query": "x.example", "limit": 10_001})).await;
    assert_eq!(status, 412);
    assert_eq!(sim.post(FULL, "/pdns/v3/search", json!({})).await.0, 412, "no query");
}

#[tokio::test]
async fn reputation_tells_a_score_or_nothing_in_both_generations() {
    let sim = Running::start().await;
    let rows = [
        ("domain/cdn-sync.example", json!(0.9), json!("calculated")),
        ("ip/203.0.113.66", json!(0.8), json!("calculated")),
        ("domain/login-portal.example", json!(0.7), json!("calculated")),
        ("ip/198.51.100.23", json!(0.4), json!("calculated")),
        ("ip/198.51.100.99", json!(0.0), json!("overridden")),
        ("domain/harmless.example", Value::Null, Value::Null),
    ];
    for (what, score, method) in rows {
        let (status, answer) = sim.get(FULL, &format!("/reputation/v2/score/{what}")).await;
        let data = &answer["data"];
        assert_eq!((status, &data["score"], &data["scoringMethod"]), (200, &score, &method), "{what}");
        let (_, old) = sim.get(FULL, &format!("/reputation/v1/calculated/{what}")).await;
        let value = old["data"][0]["value"].as_f64().map(|value| value / 100.0);
        assert_eq!(value, score.as_f64(), "{what}");
    }
    let falling = "/reputation/v2/score/ip/198.51.100.23?scoringAlgorithm=decreasingRelevancyMaxConfidence";
    let score = sim.get(FULL, falling).await.1["data"]["score"].as_f64().unwrap();
    assert!(score > 0.0 && score < 0.4, "{score}");
    assert_eq!(sim.get(FULL, "/reputation/v2/score/ip/cdn-sync.example").await.0, 412);
    let rows = [
        (json!({"value": ["cdn-sync.example"]}), 1),
        (json!({"value": ["cdn-sync.example"], "state": ["active", "latest", "old"]}), 2),
        (json!({"value": ["198.51.100.23"]}), 0),
        (json!({"value": ["198.51.100.23"], "state": ["latest"]}), 1),
        (json!({"value": ["198.51.100.0/24"], "type": ["ip"], "state": ["active", "latest"]}), 2),
        (json!({"value": ["198.51.100.90-198.51.100.120"]}), 1),
        (json!({"value": ["www.cdn-sync.example"]}), 0),
        (json!({"value": ["www.cdn-sync.example"], "includeParentDomains": true}), 1),
        (json!({"value": ["example"], "includeSubdomains": true}), 2),
    ];
    counts(&sim, "/reputation/v2/indicator/search", &json!({}), &rows).await;
    let (_, old) = sim.get(FULL, "/reputation/v1/observation/domain/cdn-sync.example?countMaxWait=-1").await;
    assert_eq!((&old["count"], &old["data"][0]["domainName"]["fqdn"]), (&json!(2), &json!("cdn-sync.example")));
    assert_eq!(sim.get(FULL, "/reputation/v2/indicator/ip/203.0.113.66").await.1["count"], 1);
}
