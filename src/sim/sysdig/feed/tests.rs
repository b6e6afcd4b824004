//! The fixture keeps its promises: number, shares, one story, pages that fit
//! together, trees that agree with their events.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::sim::world;

fn start() -> Timestamp {
    "2026-02-09T08:15:30Z".parse().unwrap()
}

fn now() -> i64 {
    i64::try_from(start().as_nanosecond()).unwrap()
}

fn feed() -> Feed {
    static SHIPPED: LazyLock<Feed> = LazyLock::new(|| Feed::new(Seed(7), start()));
    SHIPPED.clone()
}

fn window(hours: i64) -> Window {
    Window { from: now() - hours * 3_600_000_000_000, to: now() }
}

fn request(hours: i64, limit: usize, filter: &str) -> PageRequest {
    PageRequest {
        limit,
        window: window(hours),
        cursor: None,
        filter: (!filter.is_empty()).then(|| Filter::parse(filter).unwrap()),
    }
}

fn data(page: &Value) -> &Vec<Value> {
    page["data"].as_array().unwrap()
}

fn count(hours: i64, filter: &str) -> usize {
    let page = feed().page(&request(hours, 200, filter), now());
    assert_eq!(page["page"]["total"], data(&page).len());
    data(&page).len()
}

#[test]
fn there_are_two_hundred_events_in_fourteen_days_and_many_in_the_last_hour() {
    assert_eq!(count(336, ""), 200);
    assert_eq!(count(336, "severity >= \"4\""), 120);
    assert!(count(1, "") >= 30);
    assert!(count(336, "originator = \"hostscanning\"") > 5);
}

#[test]
fn the_same_seed_and_start_give_the_same_bytes_and_another_seed_does_not() {
    let bytes = |seed| {
        let feed = Feed::new(Seed(seed), start());
        feed.page(&request(336, 200, ""), now()).to_string()
    };
    assert_eq!(bytes(7), bytes(7));
    assert_ne!(bytes(7), bytes(8));
}

#[test]
fn events_are_newest_first_and_their_ids_begin_with_the_time() {
    let page = feed().page(&request(336, 200, ""), now());
    let times: Vec<i64> = data(&page).iter().map(|e| e["timestamp"].as_i64().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b));
    let ids: BTreeSet<&str> = data(&page).iter().map(|e| e["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 200);
    for event in data(&page) {
        let id = event["id"].as_str().unwrap();
        assert_eq!(id.len(), 32);
        assert_eq!(i64::from_str_radix(&id[..16], 16).unwrap(), event["timestamp"]);
    }
}

#[test]
fn every_kind_of_the_catalogue_occurs() {
    for rule in [
        "Fileless execution via memfd_create",
        "Base64-encoded Shell Script Execution",
        "Contact EC2 Instance Metadata Service From Container",
        "Terminal shell in container",
        "Clear Log Activities",
        "Launch Sensitive Mount Container",
        "Malware Detection",
        "Drift Detected",
        "Console Login Without MFA",
        "Anomalous AWS console login",
        "Anomalous Okta login",
        "Repository made public",
        "Attach to cluster-admin role",
    ] {
        assert!(count(336, &format!("ruleName = \"{rule}\"")) > 0, "{rule}");
    }
    assert_eq!(count(336, "category = \"miner\" and engine = \"machineLearning\""), 1);
    assert_eq!(count(336, "category = \"miner\" and ruleName exists"), 0);
    assert!(count(336, "originator = \"admissionController\" and not engine exists") > 0);
}

#[test]
fn the_story_hangs_together() {
    let high = "severity in (\"0\",\"1\",\"2\",\"3\")";
    assert_eq!(count(2, &format!("{high} and kubernetes.cluster.name = \"cluster1\"")), 2);
    let page = feed().page(&request(1, 200, high), now());
    let names: Vec<&str> = data(&page).iter().map(|e| e["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "Sysdig Okta ML policy",
            "Sysdig AWS ML policy",
            "Sysdig AWS Threat Detection",
            "Crypto Mining Detection",
            "Sysdig Runtime Threat Intelligence",
            "Sysdig Drift policy",
            "Sysdig Runtime Threat Detection",
        ]
    );
    let text = page.to_string();
    for shared in [world::BEACON_IP, world::PHISHING_IP, world::DROPPER_IP, world::MINING_POOL] {
        assert!(text.contains(shared), "{shared}");
    }
    assert!(!text.contains("{dropper}") && !text.contains("{pool}"));
}

#[test]
fn labels_and_fields_are_flat_and_point_into_the_shared_world() {
    let page = feed().page(&request(336, 200, ""), now());
    for event in data(&page) {
        for (key, value) in event["labels"].as_object().unwrap() {
            assert!(value.is_string(), "{key}");
        }
        if let Some(fields) = event["content"]["fields"].as_object() {
            assert!(fields.values().all(Value::is_string));
        }
        if let Some(host) = event["labels"]["host.hostName"].as_str() {
            let host = world::host_by_name(host).unwrap();
            assert_eq!(event["labels"]["kubernetes.cluster.name"], host.cluster.unwrap());
        }
        assert!(event["labels"]["agent.tag.customer"].is_string());
    }
}

#[test]
fn pages_fit_together_in_both_directions() {
    let feed = feed();
    let all: Vec<Value> = data(&feed.page(&request(336, 200, ""), now())).clone();
    let mut page_request = request(336, 33, "");
    let mut seen = Vec::new();
    let mut pages = Vec::new();
    loop {
        let page = feed.page(&page_request, now());
        assert_eq!(page["page"]["total"], 200);
        assert_eq!(page["page"].get("prev").is_none(), seen.is_empty());
        seen.extend(data(&page).iter().cloned());
        pages.push(page.clone());
        let Some(next) = page["page"].get("next") else {
            break;
        };
        page_request.cursor = Cursor::decode(next.as_str().unwrap());
    }
    let ids = |events: &[Value]| events.iter().map(|e| e["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&seen), ids(&all));
    page_request.cursor = Cursor::decode(pages[2]["page"]["prev"].as_str().unwrap());
    let back = feed.page(&page_request, now());
    assert_eq!(ids(data(&back)), ids(data(&pages[1])));
    page_request.cursor = Cursor::decode(pages[0]["data"][4]["cursor"].as_str().unwrap());
    let from_event = feed.page(&page_request, now());
    assert_eq!(from_event["data"][0]["id"], all[5]["id"]);
}

#[test]
fn trees_agree_with_their_events() {
    for seed in [7, 8, 9_999] {
        check_trees(&Feed::new(Seed(seed), start()));
    }
}

fn check_trees(feed: &Feed) {
    for event in feed.so_far(now()) {
        let Some(chain) = &event.chain else {
            assert!(event.json["source"] != "syscall" || event.json["originator"] == "hostscanning");
            continue;
        };
        let fields = &event.json["content"]["fields"];
        let branches = chain.branches(&event.id);
        let branch = branches["data"][0]["branch"].as_array().unwrap();
        let noticed = branch.last().unwrap();
        let parent = &branch[branch.len() - 2];
        assert_eq!(fields["proc.pid"], noticed["pid"].to_string());
        assert_eq!(fields["proc.ppid"], noticed["ppid"].to_string());
        assert_eq!(fields["proc.ppid"], parent["pid"].to_string());
        assert_eq!(fields["proc.pname"], parent["name"]);
        assert_eq!(fields["proc.pcmdline"], parent["cmdline"]);
        assert_eq!(fields["proc.cmdline"], noticed["cmdline"]);
        assert_eq!((&branch[0]["name"], &branch[1]["name"]), (&json!("systemd"), &json!("containerd-shim")));
        assert!(noticed["startTime"].as_i64().unwrap() <= event.at);
        let starts: Vec<i64> = branch.iter().map(|p| p["startTime"].as_i64().unwrap()).collect();
        assert!(starts.is_sorted(), "{}", event.id);
        let tree = chain.tree();
        let mut node = &tree["data"]["root"];
        for process in &branch[1..] {
            let children = node["children"].as_array().unwrap();
            node = children.iter().find(|child| child["pid"] == process["pid"]).unwrap();
        }
        assert_eq!(node["matched"], true);
    }
}

#[test]
fn events_of_one_incident_share_their_processes() {
    let feed = feed();
    let filter =
        Filter::parse("kubernetes.workload.name = \"checkout-api\" and content.output contains \"203.0.113.50\"");
    let shells: BTreeSet<String> = feed
        .so_far(now())
        .filter(|event| event.at > now() - 3_600_000_000_000)
        .filter(|event| filter.as_ref().is_ok_and(|filter| filter.matches(&event.json)))
        .filter_map(|event| event.chain.as_ref())
        .map(|chain| chain.branches("x")["data"][0]["branch"][3]["pid"].to_string())
        .collect();
    assert_eq!(shells.len(), 1);
}

#[test]
fn what_lies_ahead_appears_as_time_passes() {
    let feed = feed();
    let later = now() + 2 * 3_600_000_000_000;
    let request = PageRequest { window: Window { from: now() + 1, to: later }, ..request(1, 200, "") };
    assert!(data(&feed.page(&request, now())).is_empty());
    assert!(data(&feed.page(&request, later)).len() > 5);
}

#[test]
fn patches_change_add_and_remove_events() {
    let mut feed = feed();
    let first = feed.so_far(now()).next().unwrap().id.clone();
    let change = json!({"events": {first.clone(): {"severity": 0, "id": "other"}, "new": {"name": "x"}}});
    feed.patch(&change, now()).unwrap();
    assert_eq!(feed.get(&first, now()).unwrap().json["severity"], 0);
    assert_eq!(feed.get("new", now()).unwrap().json["timestamp"], now());
    assert_eq!(feed.so_far(now()).next().unwrap().id, "new");
    feed.patch(&json!({"events": {first.clone(): null}}), now()).unwrap();
    assert!(feed.get(&first, now()).is_none());
    for wrong in
        [json!([1]), json!({"cases": {}}), json!({"events": {"x": 1}}), json!({"events": {"y".repeat(33): {}}})]
    {
        assert!(feed.patch(&wrong, now()).is_err(), "{wrong}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_cursor_gives_a_page(at in any::<i64>(), id in "[0-9a-f]{0,32}", older in any::<bool>(), limit in 1..200_usize) {
        let direction = if older { Direction::Older } else { Direction::Newer };
        let cursor = Cursor { window: window(336), direction, at, event_id: id };
        let page = feed().page(&PageRequest { cursor: Some(cursor), ..request(336, limit, "") }, now());
        prop_assert!(data(&page).len() <= limit);
    }
}
