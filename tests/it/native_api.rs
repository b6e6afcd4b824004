//! The native API: conversations, records, results, tools, the two stateless routes, and
//! what operators read.

use serde_json::Value;
use serde_json::json;

use crate::support::gateway::Gateway;
use crate::support::gateway::NOW;
use crate::support::gateway::QUESTION;
use crate::support::gateway::header;
use crate::support::gateway::json;
use crate::support::gateway::options;
use crate::support::gateway::refused;
use crate::support::gateway::text;
use crate::support::gateway::turns;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn is_time(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() == 24 && text.ends_with('Z') && &text[19..20] == ".")
}

#[tokio::test]
async fn conversations_are_created_listed_found_renamed_and_deleted() {
    let gateway = Gateway::start(options()).await;
    let first = json(gateway.post("/api/conversations", &json!({ "title": "  Night shift " })), 201).await;
    assert_eq!(first["title"], "Night shift");
    assert!(is_time(&first["created_at"]) && is_time(&first["updated_at"]));
    let bare = json(gateway.http.post(gateway.url("/api/conversations")), 201).await;
    let second = text(&bare["id"]);
    gateway.turn_in(&second, "Hello there").await;
    let head = json(gateway.get(&format!("/api/conversations/{second}")), 200).await;
    assert_eq!(head["title"], "Hello there");
    let roles: Vec<&str> =
        head["messages"].as_array().expect("a list").iter().filter_map(|m| m["role"].as_str()).collect();
    assert_eq!(roles, ["user", "assistant"]);

    let page = json(gateway.get("/api/conversations?limit=1"), 200).await;
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1));
    let cursor = text(&page["next_cursor"]);
    let rest = json(gateway.get("/api/conversations").query(&[("cursor", cursor.as_str()), ("limit", "1")]), 200).await;
    assert_eq!(rest["next_cursor"], Value::Null);
    assert_ne!(rest["items"][0]["id"], page["items"][0]["id"]);
    let found = json(gateway.get("/api/conversations?q=NIGHT"), 200).await;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1));

    let path = format!("/api/conversations/{}", text(&first["id"]));
    let renamed = gateway.http.patch(gateway.url(&path)).json(&json!({ "title": "Day shift" }));
    assert_eq!(json(renamed, 200).await["title"], "Day shift");
    for title in ["", "a\nb", &"x".repeat(201)] {
        let renamed = gateway.http.patch(gateway.url(&path)).json(&json!({ "title": title }));
        assert_eq!(refused(renamed, 400).await.0, "invalid_body");
    }
    let deleted = gateway.http.delete(gateway.url(&path)).send().await.expect("an answer");
    assert_eq!(deleted.status(), 204);
    assert_eq!(refused(gateway.get(&path), 404).await.0, "conversation_not_found");
}

#[tokio::test]
async fn a_finished_turn_has_exactly_the_promised_fields() {
    let gateway = Gateway::start(options()).await;
    let conversation = gateway.conversation().await;
    let response =
        gateway.post(&turns(&conversation), &json!({ "message": QUESTION })).send().await.expect("an answer");
    assert_eq!(header(&response, "x-groundwire-decision"), "call_tool");
    let turn: Value = response.json().await.expect("JSON");
    let promised = [
        "id",
        "conversation_id",
        "decision",
        "rule",
        "decided_by",
        "outcome",
        "text",
        "verdict",
        "basis",
        "citations",
        "stopped",
        "usage",
        "started_at",
        "finished_at",
        "timings_ms",
    ];
    assert_eq!(keys(&turn), promised);
    assert_eq!(keys(&turn["timings_ms"]), ["total", "model", "tools", "own"]);
    assert_eq!(turn["conversation_id"], Value::from(conversation));
    assert_eq!((turn["outcome"].as_str(), turn["decided_by"].as_str()), (Some("answered"), Some("rule")));
    assert!(is_time(&turn["started_at"]) && is_time(&turn["finished_at"]));
    assert_eq!(keys(&turn["basis"][0]), ["result_id", "server", "tool", "arguments", "observed_at", "outcome"]);
    let length = text(&turn["text"]).chars().count() as u64;
    for citation in turn["citations"].as_array().expect("a list") {
        assert!(citation["span"][1].as_u64().is_some_and(|end| end <= length), "{citation}");
    }
}

#[tokio::test]
async fn the_record_holds_the_turn_and_how_it_came_about() {
    let gateway = Gateway::start(options()).await;
    let turn = gateway.turn(QUESTION).await;
    let record = json(gateway.get(&format!("/api/turns/{}", text(&turn["id"]))), 200).await;
    for (key, value) in turn.as_object().expect("an object") {
        assert_eq!(&record[key], value, "{key}");
    }
    assert_eq!(record["message"], QUESTION);
    for list in ["events", "claims", "results", "exchanges"] {
        assert!(record[list].as_array().is_some_and(|list| !list.is_empty()), "{list}");
    }
    for event in record["events"].as_array().expect("a list") {
        assert_eq!(keys(event), ["seq", "at", "event", "data"]);
        assert!(is_time(&event["at"]));
    }
    assert_eq!(keys(&record["claims"][0])[..6], ["text", "span", "kind", "verdict", "evidence", "reason"]);
}

#[tokio::test]
async fn a_result_is_fresh_until_the_next_message_and_its_citations_point_into_it() {
    let gateway = Gateway::start(options()).await;
    let conversation = gateway.conversation().await;
    let turn = gateway.turn_in(&conversation, "What is the status of case 4120771?").await;
    let citation = &turn["citations"][0];
    let path = format!("/api/results/{}", text(&citation["result_id"]));
    let result = json(gateway.get(&path), 200).await;
    for key in
        ["id", "turn_id", "server", "tool", "arguments", "observed_at", "outcome", "freshness", "digest", "content"]
    {
        assert!(result.get(key).is_some(), "{key} in {result}");
    }
    assert_eq!(result["freshness"], "fresh");
    assert_eq!(result["turn_id"], turn["id"]);
    assert!(result["content"].pointer(&text(&citation["pointer"])).is_some(), "{citation}");

    let again = gateway.turn_in(&conversation, "Any change?").await;
    assert_eq!(again["decision"], "refresh");
    let result = json(gateway.get(&path), 200).await;
    assert_eq!(result["freshness"], "stale");
    assert_eq!(result["superseded_by"], again["basis"][0]["result_id"]);
}

#[tokio::test]
async fn an_ambiguous_question_comes_back_with_choices() {
    let gateway = Gateway::start(options()).await;
    let turn = gateway.turn("Show me the case").await;
    assert_eq!(turn["outcome"], "clarification");
    assert!(!text(&turn["question"]["text"]).is_empty());
    assert!(turn["question"]["choices"].is_array());
}

#[tokio::test]
async fn nothing_waits_for_a_confirmation_and_finished_turns_cannot_be_cancelled() {
    let gateway = Gateway::start(options()).await;
    let turn = text(&gateway.turn("hello").await["id"]);
    let post = |action: &str| gateway.post(&format!("/api/turns/{turn}/{action}"), &json!({ "confirm": true }));
    assert_eq!(refused(post("confirm"), 409).await.0, "nothing_to_confirm");
    // The turn's place is left a moment after its last event; from then on it is over.
    let code = json_code(post("cancel")).await;
    assert!(["", "turn_not_running"].contains(&code.as_str()), "{code}");
    let unknown = "/api/turns/01939c5e-0000-7000-8000-000000000001";
    for action in ["confirm", "cancel"] {
        assert_eq!(
            refused(gateway.post(&format!("{unknown}/{action}"), &json!({ "confirm": true })), 404).await.0,
            "turn_not_found"
        );
    }
}

async fn json_code(request: reqwest::RequestBuilder) -> String {
    let body: Value = request.send().await.expect("an answer").json().await.expect("JSON");
    body["error"]["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn tools_are_listed_with_their_servers() {
    let gateway = Gateway::start(options()).await;
    let list = json(gateway.get("/api/tools"), 200).await;
    let tools = list["items"].as_array().expect("a list");
    let case = tools.iter().find(|tool| tool["tool"] == "getArgusCaseByID").expect("the tool");
    assert_eq!((case["name"].as_str(), case["state"].as_str()), (Some("argus__getArgusCaseByID"), Some("up")));
    assert_eq!(case["annotations"]["readOnlyHint"], true);
    assert!(case["input_schema"]["properties"].is_object());
    let servers: Vec<&str> =
        list["servers"].as_array().expect("a list").iter().filter_map(|s| s["name"].as_str()).collect();
    assert_eq!(servers, ["argus", "sysdig"]);
}

fn case(status: &str) -> Value {
    json!({ "data": { "id": 4711, "status": status, "priority": "high" } })
}

#[tokio::test]
async fn a_text_is_checked_against_given_results() {
    let gateway = Gateway::start(options()).await;
    let body = |answer: &str| {
        json!({
            "user_message": "What is the status of case 4711?", "answer": answer, "now": NOW, "mode": "checker",
            "results": [{ "id": "r1", "tool": "getArgusCaseByID", "arguments": { "caseID": 4711 },
                "observed_at": "2026-02-09T08:15:00Z", "outcome": "ok", "content": case("pendingCustomer") }],
        })
    };
    let good = json(gateway.post("/api/validate", &body("Case 4711 has status pendingCustomer.")), 200).await;
    assert_eq!(keys(&good), ["grounded", "groundedness", "checked_by", "claims", "violations"]);
    assert_eq!(good["checked_by"], json!(["checker"]));
    assert_eq!((good["grounded"].as_bool(), good["groundedness"].as_f64()), (Some(true), Some(1.0)), "{good}");

    let answer = "🙂 Case 4711 has status closed.";
    let bad = json(gateway.post("/api/validate", &body(answer)), 200).await;
    assert_eq!(bad["grounded"], false);
    let violation = &bad["violations"][0];
    assert_eq!(keys(violation), ["code", "span", "message"]);
    let chars: Vec<char> = answer.chars().collect();
    for claim in bad["claims"].as_array().expect("a list") {
        let [start, end] =
            [0, 1].map(|at| usize::try_from(claim["span"][at].as_u64().expect("a number")).expect("small"));
        let cut: String = chars[start..end].iter().collect();
        assert_eq!(claim["text"], Value::from(cut), "spans count code points");
    }
    let wrong = bad["claims"].as_array().expect("a list").iter().find(|claim| claim["verdict"] == "contradicted");
    let evidence = &wrong.expect("a contradicted claim")["evidence"][0];
    assert_eq!(evidence["value"], "pendingCustomer");
    assert_eq!(case("pendingCustomer").pointer(&text(&evidence["pointer"])), Some(&json!("pendingCustomer")));
}

#[tokio::test]
async fn content_may_be_text_and_outcomes_are_derived() {
    let gateway = Gateway::start(options()).await;
    let check = |answer: &str, content: Value| {
        let results = json!([{ "tool": "getArgusCaseByID", "arguments": { "caseID": 4711 }, "content": content }]);
        gateway.post("/api/validate", &json!({ "answer": answer, "results": results }))
    };
    let from_text = json(check("Case 4711 has status open.", Value::from(case("open").to_string())), 200).await;
    assert_eq!(from_text["grounded"], true, "{from_text}");
    // An error inside a success, not told as one.
    let error = json!({ "error": { "code": 500, "message": "backend is down" } });
    let hidden = json(check("There are no open cases.", error), 200).await;
    assert_eq!(hidden["grounded"], false, "{hidden}");
    let nothing = json(gateway.post("/api/validate", &json!({ "answer": "Hello!", "results": [] })), 200).await;
    assert_eq!(nothing["groundedness"], Value::Null, "{nothing}");
}

#[tokio::test]
async fn the_judge_is_asked_only_when_wanted_and_told_when_it_cannot_answer() {
    let request = json!({
        "answer": "Case 4711 has status open.", "mode": "both",
        "results": [{ "id": "r1", "tool": "getArgusCaseByID", "arguments": { "caseID": 4711 }, "content": case("open") }],
    });
    let gateway = Gateway::start(options()).await;
    let judged = json(gateway.post("/api/validate", &request), 200).await;
    assert_eq!(judged["checked_by"], json!(["checker", "judge"]), "{judged}");
    let mut options = options();
    options.judge = Some("judge_malformed".to_owned());
    let gateway = Gateway::start(options).await;
    let judged = json(gateway.post("/api/validate", &request), 200).await;
    assert_eq!(judged["grounded"], false);
    assert_eq!(judged["checked_by"], json!(["checker"]));
    let codes: Vec<&str> =
        judged["violations"].as_array().expect("a list").iter().filter_map(|v| v["code"].as_str()).collect();
    assert!(codes.contains(&"judge_unavailable"), "{judged}");
}

#[tokio::test]
async fn a_message_is_routed_without_running_a_turn() {
    let gateway = Gateway::start(options()).await;
    let routed = json(gateway.post("/api/route", &json!({ "message": "What is the status of case 4711?" })), 200).await;
    assert_eq!(keys(&routed), ["decision", "rule", "decided_by", "tools", "arguments", "missing", "reason"]);
    assert_eq!(routed["decision"], "call_tool");
    assert!(
        routed["tools"].as_array().is_some_and(|tools| tools.contains(&json!("argus__getArgusCaseByID"))),
        "{routed}"
    );

    let shown = json!([{ "tool": "getArgusCaseByID", "arguments": { "caseID": 4711 }, "observed_at": NOW, "summary": "case 4711, open" }]);
    let follow_up = json!({
        "messages": [
            { "role": "user", "content": "What is the status of case 4711?" },
            { "role": "assistant", "content": "Case 4711 is open." },
            { "role": "user", "content": "any news?" },
        ],
        "shown": shown, "now": NOW,
        "tools": [{ "name": "getArgusCaseByID", "description": "Fetches a case", "input_schema": { "type": "object" } }],
    });
    let routed = json(gateway.post("/api/route", &follow_up), 200).await;
    assert_eq!(routed["decision"], "refresh", "{routed}");
    assert_eq!(routed["tools"], json!(["getArgusCaseByID"]));
    assert_eq!(json(gateway.get("/api/conversations"), 200).await["items"], json!([]));

    assert_eq!(refused(gateway.post("/api/route", &json!({})), 400).await.0, "invalid_messages");
    assert_eq!(refused(gateway.post("/api/route", &json!({ "message": " " })), 400).await.0, "empty_message");
    assert_eq!(
        refused(gateway.post("/api/route", &json!({ "message": "x", "mode": "guess" })), 400).await.0,
        "invalid_body"
    );
}

#[tokio::test]
async fn probes_tell_health_readiness_and_server_states() {
    let gateway = Gateway::start(options()).await;
    assert_eq!(json(gateway.get("/healthz"), 200).await["status"], "ok");
    let ready = json(gateway.get("/readyz"), 200).await;
    assert_eq!((ready["status"].as_str(), ready["database"]["state"].as_str()), (Some("ready"), Some("up")));
    assert_eq!(ready["servers"][0], json!({ "name": "argus", "state": "up", "breaker": "closed", "restarts": 0 }));
    let page = gateway.get("/").send().await.expect("an answer");
    assert!(header(&page, "content-security-policy").starts_with("default-src 'none'"));
    assert!(page.text().await.expect("a page").contains("Groundwire"));
}

#[tokio::test]
async fn metrics_count_turns_calls_violations_and_requests() {
    let mut options = options();
    options.behaviour = "fabricates".to_owned();
    let gateway = Gateway::start(options).await;
    let turn = gateway.turn(QUESTION).await;
    let outcome = text(&turn["outcome"]);
    let text = gateway.get("/metrics").send().await.expect("an answer").text().await.expect("a body");
    for line in [
        format!("groundwire_turns_total{{decision=\"call_tool\",outcome=\"{outcome}\"}} 1"),
        "groundwire_upstream_up{server=\"argus\"} 1".to_owned(),
        "groundwire_tools_awaiting_approval{server=\"argus\"} 0".to_owned(),
        "groundwire_upstream_breaker_open{server=\"argus\"} 0".to_owned(),
        "groundwire_turns_running ".to_owned(),
        "groundwire_turn_overhead_seconds_bucket{le=\"0.001\"}".to_owned(),
        "groundwire_violations_total{code=".to_owned(),
        "groundwire_tool_calls_total{server=\"argus\",tool=".to_owned(),
        "route=\"/api/conversations/{id}/turns\",status=\"200\"} 1".to_owned(),
    ] {
        assert!(text.contains(&line), "{line} in:\n{text}");
    }
}

#[tokio::test]
async fn the_document_names_every_route_with_its_errors() {
    let gateway = Gateway::start(options()).await;
    let document = json(gateway.get("/openapi.json"), 200).await;
    let paths = document["paths"].as_object().expect("paths");
    for path in [
        "/v1/chat/completions",
        "/v1/models",
        "/api/conversations",
        "/api/conversations/{id}",
        "/api/conversations/{id}/turns",
        "/api/turns/{id}",
        "/api/turns/{id}/events",
        "/api/turns/{id}/cancel",
        "/api/turns/{id}/confirm",
        "/api/results/{id}",
        "/api/tools",
        "/api/tools/{server}/{tool}/accept",
        "/api/validate",
        "/api/route",
        "/api/models",
        "/api/models/{id}/probe",
        "/api/scenarios",
        "/api/scenario-runs",
        "/api/scenario-runs/{id}",
        "/api/scenario-runs/{id}/turns/{n}",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
    let open = ["/healthz", "/readyz", "/openapi.json"];
    for (path, item) in paths.iter().filter(|(path, _)| !open.contains(&path.as_str())) {
        for (method, operation) in item.as_object().expect("methods") {
            assert!(operation["responses"]["4XX"].is_object(), "{method} {path}");
        }
    }
    let codes = document["x-error-codes"].as_array().expect("a list");
    assert!(codes.iter().any(|code| code["code"] == "turn_running" && code["status"] == 409));
}
