//! What a person sees of results of many shapes, and that every rendering passes the
//! check that drafts have to pass.

use std::sync::Arc;

use jiff::tz::TimeZone;
use serde_json::Value;
use serde_json::json;

use crate::domain::grounding::check::check;
use crate::domain::grounding::input::CheckInput;
use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::input::Stance;
use crate::domain::grounding::render::render_results;
use crate::domain::lang::Lang;
use crate::domain::outcome::Outcome;

fn result(tool: &str, content: Value) -> EvidenceResult {
    EvidenceResult {
        id: tool.to_owned(),
        tool: tool.to_owned(),
        arguments: json!({}),
        observed_at: "2026-02-10T00:20:13Z".parse().unwrap(),
        outcome: Outcome::Ok,
        content: Arc::new(content),
        page: None,
        error: None,
    }
}

/// The rendering, after it passed its own check in every language.
fn rendered(results: &[EvidenceResult]) -> String {
    for language in Lang::KNOWN {
        let draft = render_results(results, language);
        let report = check(&CheckInput {
            user_message: "",
            draft: &draft,
            now: "2026-02-10T00:20:13Z".parse().unwrap(),
            zone: TimeZone::UTC,
            results,
            stale: &[],
            stance: Stance::Stateless,
            language,
        });
        assert!(report.settled(), "{:?}\n{draft}", report.violations());
    }
    render_results(results, Lang::En)
}

fn user(id: u64, name: &str) -> Value {
    json!({"id": id, "customerID": 1, "customer": {"id": 1, "name": "mnemonic"}, "domain": {"id": 1, "name": "MNEMONIC"},
        "userName": "u", "name": name, "type": "user"})
}

fn case(id: u64, subject: &str, status: &str, assigned: &Value) -> Value {
    json!({"id": id, "customer": {"id": 2171, "name": "Nordfjord Kraft AS", "shortName": "nordfjord",
            "domain": {"id": 1, "name": "MNEMONIC"}},
        "category": {"id": 42, "name": "Compromise", "shortName": "compromise"}, "type": "securityIncident",
        "status": status, "initialStatus": "workingSoc", "priority": "high", "subject": subject,
        "accessMode": "roleBased", "reporter": user(120, "SOC analyst 7"), "assignedUser": assigned,
        "createdTimestamp": 1_770_654_013_000_u64, "createdTime": "2026-02-09T16:20:13Z",
        "lastUpdatedTime": "2026-02-09T23:46:13Z", "closedTimestamp": 0, "closedTime": null,
        "flags": ["MAIL_UPDATE", "PUBLISHED"], "currentUserAccess": {"level": "write", "role": "tech"}})
}

fn search() -> Value {
    json!({"data": [
            case(4_120_771, "Beacon-like traffic", "pendingCustomer", &user(7, "Kari Solheim")),
            case(4_120_790, "Credential phishing", "workingSoc", &user(8, "Tor Aas")),
        ],
        "page": {"offset": 0, "limit": 2, "size": 2, "count": 7},
        "meta": {"caseLinks": {"4120771": "https://portal.example/4120771", "4120790": "https://portal.example/4120790"}}})
}

#[test]
fn a_search_is_one_table_of_the_telling_columns() {
    let text = rendered(&[result("search", search())]);
    assert!(text.starts_with("| id | subject | status | assigned user |\n"), "{text}");
    assert!(text.contains("| 4120790 | Credential phishing | workingSoc | Tor Aas |"), "{text}");
    assert!(text.contains("2 of 7 rows are shown."), "{text}");
    // What all rows agree in is said once; links and forms of records are not said at all.
    assert_eq!(text.matches("customer: Nordfjord Kraft AS").count(), 1, "{text}");
    assert!(!text.contains("portal") && !text.contains("roleBased") && !text.contains("MNEMONIC"), "{text}");
}

#[test]
fn what_somebody_wrote_is_told_as_it_stands() {
    let mut one = case(4_120_815, "Browser add-on", "pendingVendor", &user(8, "Tor Aas"));
    one["description"] =
        json!("An add-on in a browser at Nordfjord calls an advertising network. The vendor was asked.");
    // The row of the search has no description: the lines below are of the same record elsewhere.
    let mut list = search();
    list["data"].as_array_mut().unwrap().push(case(4_120_815, "Browser add-on", "pendingVendor", &user(8, "Tor Aas")));
    let text = rendered(&[result("search", list), result("one", json!({"data": one}))]);
    assert!(text.contains("- description: An add-on in a browser at Nordfjord calls"), "{text}");
    let mut written = one.clone();
    written["description"] = json!("First line. Then 2 more: *not* a list!\n\n- 4120790 is closed");
    rendered(&[result("one", json!({"data": written}))]);
}

#[test]
fn a_record_is_a_few_lines_and_names_what_it_refers_to() {
    let content = json!({"data": case(4_120_771, "Beacon-like traffic", "pendingCustomer", &user(7, "Kari Solheim"))});
    let text = rendered(&[result("one", content)]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() <= 14, "{text}");
    assert_eq!(
        lines[..4],
        ["- id: 4120771", "- subject: Beacon-like traffic", "- status: pendingCustomer", "- priority: high"]
    );
    for line in
        ["- customer: Nordfjord Kraft AS", "- assigned user: Kari Solheim", "- created: 2026-02-09 16:20:13 UTC"]
    {
        assert!(lines.contains(&line), "{line}\n{text}");
    }
    assert!(lines.contains(&"- flags: MAIL_UPDATE, PUBLISHED"), "{text}");
    assert!(!text.contains("mnemonic") && !text.contains(": user") && !text.contains("closed"), "{text}");
}

#[test]
fn what_one_result_tells_in_full_another_does_not_repeat() {
    let one = case(4_120_771, "Beacon-like traffic", "pendingCustomer", &user(7, "Kari Solheim"));
    let both = [result("search", json!({"data": [one.clone()]})), result("one", json!({"data": one}))];
    let text = rendered(&both);
    assert_eq!(text.matches("Beacon-like traffic").count(), 1, "{text}");
    let twice = [result("search", search()), result("search", search())];
    assert_eq!(rendered(&twice).matches("Credential phishing").count(), 1);
}

#[test]
fn times_are_readable_in_whatever_unit_they_are_stored() {
    let rows = json!([
        {"timestamp": 1_770_595_200_000_u64, "count": 12},
        {"timestamp": 1_770_598_800_000_u64, "count": 0},
    ]);
    assert!(rendered(&[result("series", rows)]).contains("| 2026-02-09 01:00:00 UTC | 0 |"));
    let row = json!({"id": "ab", "timestamp": 1_770_682_093_510_012_297_u64, "closedAt": 0, "seen_at": 1_770_595_200});
    let text = rendered(&[result("runtime", row)]);
    assert!(text.contains("- timestamp: 2026-02-10 00:08:13 UTC"), "{text}");
    assert!(text.contains("- seen at: 2026-02-09 00:00:00 UTC") && !text.contains("closed"), "{text}");
}

#[test]
fn entries_of_a_map_are_called_by_their_key() {
    let content = json!({"hosts": {"web-01": {"status": "up", "load": 3}, "web-02": {"status": "down", "load": 9}}});
    let text = rendered(&[result("fleet", content)]);
    assert!(text.contains("| key | status | load |") && text.contains("| web-02 | down | 9 |"), "{text}");
}

#[test]
fn an_answer_may_say_something_beside_its_list() {
    let content = json!({"ip": "203.0.113.66", "reputation": "malicious", "tags": ["c2", "beacon"],
        "sources": [{"name": "feed-a", "verdict": "c2"}, {"name": "feed-b", "verdict": "scanner"}]});
    let text = rendered(&[result("reputation", content)]);
    assert!(text.contains("- reputation: malicious") && text.contains("- tags: c2, beacon"), "{text}");
    assert!(text.contains("| feed-b | scanner |"), "{text}");
    let names = rendered(&[result("names", json!(["alpha-host", "beta-host"]))]);
    assert_eq!(names, "```text\nalpha-host\nbeta-host\n```");
}

#[test]
fn formatted_text_is_printed_without_its_tags() {
    let content = json!({"data": [
        {"id": 1, "comment": "<p>We have <b>isolated</b> the host.</p>", "addedByUser": user(7, "Tor Aas")},
        {"id": 2, "comment": "Value <NA> seen | twice\n# now", "addedByUser": user(8, "Kari Solheim")},
    ]});
    let text = rendered(&[result("comments", content)]);
    assert!(text.contains("| 1 | We have isolated the host. | Tor Aas |"), "{text}");
    assert!(text.contains("| 2 | `Value <NA> seen ¦ twice # now` | Kari Solheim |"), "{text}");
}

#[test]
fn rows_that_agree_in_everything_are_still_shown() {
    let text = rendered(&[result("odd", json!({"items": [{"a": "x", "b": 1}, {"a": "x", "b": 1}]}))]);
    assert!(text.contains("| a | b |\n| --- | --- |\n| x | 1 |\n| x | 1 |"), "{text}");
}
