//! What the portal needs beyond conversations and turns: its own files, calls made again,
//! turns that replace others, exports, ratings, models, tools tried by hand, and tokens.

use groundwire::auth;
use groundwire::config::auth::AuthMode;
use groundwire::domain::caller::AccessRole;
use groundwire::http::portal;
use groundwire::sandbox::SandboxOptions;
use groundwire::sandbox::sqlite_url;
use groundwire::sim::faults::Fault;
use groundwire::sim::faults::FaultKind;
use reqwest::RequestBuilder;
use serde_json::Value;
use serde_json::json;
use sqlx::Connection;
use sqlx::Executor;

use crate::support::database::TestDatabase;
use crate::support::gateway::Gateway;
use crate::support::gateway::QUESTION;
use crate::support::gateway::adjusted;
use crate::support::gateway::events;
use crate::support::gateway::gated;
use crate::support::gateway::header;
use crate::support::gateway::json;
use crate::support::gateway::options;
use crate::support::gateway::refused;
use crate::support::gateway::text;
use crate::support::gateway::turns;

const STATUS: &str = "What is the status of case 4120771?";
const NOBODYS: &str = "01939c5e-0000-7000-8000-000000000001";

fn with_tokens() -> SandboxOptions {
    adjusted(|config| config.auth.mode = AuthMode::Token)
}

fn refresh(result: &str) -> String {
    format!("/api/results/{result}/refresh")
}

fn feedback(turn: &str) -> String {
    format!("/api/turns/{turn}/feedback")
}

fn export(conversation: &str, format: &str) -> String {
    format!("/api/conversations/{conversation}/export?format={format}")
}

async fn messages(gateway: &Gateway, conversation: &str) -> Vec<String> {
    let whole = json(gateway.get(&format!("/api/conversations/{conversation}")), 200).await;
    let asked = whole["messages"].as_array().expect("a list").iter().filter(|message| message["role"] == "user");
    asked.map(|message| text(&message["content"])).collect()
}

#[tokio::test]
async fn the_page_and_its_files_are_served_without_a_token_and_hold_no_data() {
    let gateway = Gateway::start(with_tokens()).await;
    let page = gateway.get("/").send().await.expect("an answer");
    assert_eq!(page.status(), 200);
    assert!(header(&page, "content-type").starts_with("text/html"));
    let policy = header(&page, "content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(header(&page, "x-content-type-options"), "nosniff");
    assert_eq!(header(&page, "referrer-policy"), "no-referrer");
    let page = page.text().await.expect("a page");
    // A build without Node has no portal, and says so.
    assert_eq!(portal::is_built(), !page.contains("not part of this build"));
    for file in page.split('"').filter(|part| part.starts_with("/assets/")) {
        let sent = gateway.get(file).header("accept-encoding", "gzip").send().await.expect("an answer");
        assert_eq!(sent.status(), 200, "{file}");
        assert!(header(&sent, "cache-control").ends_with("immutable"), "{file}");
    }
    for path in ["/assets/nothing.js", "/c/1", "/index.php", "/api/nowhere"] {
        assert_eq!(refused(gateway.get(path), 404).await.0, "route_not_found", "{path}");
    }
    assert_eq!(refused(gateway.get("/api/models"), 401).await.0, "token_missing");
}

#[tokio::test]
async fn the_portal_and_what_it_loads_first_are_sent_compressed_and_nobodys_data_is() {
    let gateway = Gateway::start(options()).await;
    // Does not unpack what comes, where other clients would.
    let wire = reqwest::Client::builder().no_gzip().build().expect("a client");
    let packed = async |request: RequestBuilder| {
        let request = request.header("accept-encoding", "gzip").build().expect("a request");
        wire.execute(request).await.expect("an answer")
    };
    for path in ["/", "/api/tools", "/openapi.json"] {
        let first = packed(gateway.get(path)).await;
        assert_eq!(header(&first, "content-encoding"), "gzip", "{path}");
        assert_eq!(header(&first, "vary"), "accept-encoding", "{path}");
    }
    let conversation = gateway.conversation().await;
    let stream = gateway.post(&turns(&conversation), &json!({ "message": QUESTION }));
    let stream = stream.header("accept", "text/event-stream");
    for request in [stream, gateway.get(&turns(&conversation)), gateway.get("/api/models"), gateway.get("/api/nowhere")]
    {
        let sent = packed(request).await;
        assert_eq!(sent.headers().get("content-encoding"), None, "{}", sent.url());
        let text = sent.text().await.expect("readable as it is");
        assert!(text.starts_with('{') || text.starts_with("id: ") || text.starts_with("event: "), "{text}");
    }
}

#[tokio::test]
async fn what_the_api_tells_stays_in_no_cache() {
    let gateway = Gateway::start(options()).await;
    for path in ["/api/tools", "/api/nowhere", "/healthz"] {
        let sent = gateway.get(path).send().await.expect("an answer");
        assert_eq!(header(&sent, "cache-control"), "no-store", "{path}");
        assert_eq!(header(&sent, "x-content-type-options"), "nosniff", "{path}");
    }
}

#[tokio::test]
async fn a_result_is_fetched_again_with_exactly_its_call() {
    let gateway = Gateway::start(options()).await;
    let conversation = gateway.conversation().await;
    let first = gateway.turn_in(&conversation, STATUS).await;
    let basis = &first["basis"][0];
    let again = json(gateway.post(&refresh(&text(&basis["result_id"])), &json!({})), 200).await;
    assert_eq!((again["decision"].as_str(), again["outcome"].as_str()), (Some("refresh"), Some("answered")), "{again}");
    assert_eq!(again["rule"], "result_refreshed");
    assert_eq!(again["conversation_id"], Value::from(conversation.clone()));
    let calls = again["basis"].as_array().expect("a list");
    assert_eq!(calls.len(), 1, "{again}");
    for key in ["server", "tool", "arguments"] {
        assert_eq!(calls[0][key], basis[key], "{key}");
    }
    assert_ne!(calls[0]["result_id"], basis["result_id"]);
    let old = json(gateway.get(&format!("/api/results/{}", text(&basis["result_id"]))), 200).await;
    assert_eq!((old["freshness"].as_str(), &old["superseded_by"]), (Some("stale"), &calls[0]["result_id"]));
    let record = json(gateway.get(&format!("/api/turns/{}", text(&again["id"]))), 200).await;
    let requested: Vec<&Value> = record["events"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|event| event["event"] == "tool.requested")
        .collect();
    assert_eq!(requested.len(), 1);
    assert_eq!(requested[0]["data"]["made_by"], "gateway");
    assert_eq!(messages(&gateway, &conversation).await, [STATUS.to_owned(), format!("Refresh: {STATUS}")]);
}

#[tokio::test]
async fn a_refresh_streams_its_events_like_any_turn() {
    let gateway = Gateway::start(options()).await;
    let first = gateway.turn(QUESTION).await;
    let path = refresh(&text(&first["basis"][0]["result_id"]));
    let stream = gateway.http.post(gateway.url(&path)).header("accept", "text/event-stream");
    let stream = stream.send().await.expect("an answer");
    assert!(!header(&stream, "x-groundwire-turn-id").is_empty());
    let sent = events(&stream.text().await.expect("a stream"));
    let names: Vec<&str> = sent.iter().map(|event| event.event.as_str()).collect();
    for name in ["results.staled", "turn.routed", "tool.requested", "tool.finished", "answer.finished"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
}

#[tokio::test]
async fn a_refresh_of_a_failing_tool_tells_the_failure() {
    let gateway = Gateway::start(options()).await;
    let first = gateway.turn(STATUS).await;
    gateway.simulators.argus.faults().add(Fault::new("/cases", FaultKind::Status).status(500).times(50));
    let again = json(gateway.post(&refresh(&text(&first["basis"][0]["result_id"])), &json!({})), 200).await;
    assert_eq!(again["decision"], "refresh");
    assert_eq!(again["outcome"], "tool_failed", "{again}");
    assert!(!text(&again["text"]).contains("pendingCustomer"), "the old result does not stand in: {again}");
    assert_eq!(again["citations"], json!([]));
}

#[tokio::test]
async fn refreshing_what_is_not_there_is_refused() {
    let gateway = Gateway::start(with_tokens()).await;
    let alice = gateway.token("alice", AccessRole::Analyst, None).await;
    let mallory = gateway.token("mallory", AccessRole::Admin, None).await;
    let reader = gateway.token("reader", AccessRole::Reader, None).await;
    let conversation = json(gateway.post("/api/conversations", &json!({})).bearer_auth(&alice), 201).await;
    let path = turns(&text(&conversation["id"]));
    let turn = json(gateway.post(&path, &json!({ "message": STATUS })).bearer_auth(&alice), 200).await;
    let path = refresh(&text(&turn["basis"][0]["result_id"]));
    assert_eq!(refused(gateway.post(&path, &json!({})).bearer_auth(&mallory), 404).await.0, "result_not_found");
    assert_eq!(refused(gateway.post(&path, &json!({})).bearer_auth(&reader), 403).await.0, "role_missing");
    let other = json!({ "model": "no-such-model" });
    assert_eq!(refused(gateway.post(&path, &other).bearer_auth(&alice), 404).await.0, "model_not_found");
    let unknown = gateway.post(&refresh(NOBODYS), &json!({})).bearer_auth(&alice);
    assert_eq!(refused(unknown, 404).await.0, "result_not_found");
    let odd = gateway.post(&refresh("4711"), &json!({})).bearer_auth(&alice);
    assert_eq!(refused(odd, 400).await.0, "invalid_id");
}

#[tokio::test]
async fn a_turn_that_replaces_another_hides_it_and_all_later_ones() {
    let gateway = Gateway::start(options()).await;
    let conversation = gateway.conversation().await;
    let first = gateway.turn_in(&conversation, "hello").await;
    let second = gateway.turn_in(&conversation, STATUS).await;
    let third = gateway.turn_in(&conversation, "Any change?").await;
    assert_eq!(third["decision"], "refresh");
    let order = json!({ "message": "thanks", "replaces": second["id"] });
    let new = json(gateway.post(&turns(&conversation), &order), 200).await;
    assert_eq!(messages(&gateway, &conversation).await, ["hello", "thanks"]);

    // What was hidden counts as never shown, ...
    let follow_up = gateway.turn_in(&conversation, "Any change?").await;
    assert_ne!(follow_up["decision"], "refresh", "{follow_up}");
    // ... is found by no search, ...
    let found = json(gateway.get("/api/conversations?q=4120771"), 200).await;
    assert_eq!(found["items"], json!([]));
    // ... and can still be looked up.
    for hidden in [&second, &third] {
        let record = json(gateway.get(&format!("/api/turns/{}", text(&hidden["id"]))), 200).await;
        assert_eq!((&record["replaced_by"], &record["text"]), (&new["id"], &hidden["text"]));
    }
    let record = json(gateway.get(&format!("/api/turns/{}", text(&new["id"]))), 200).await;
    assert_eq!(record["replaces"], second["id"]);
    assert!(record.get("replaced_by").is_none());
    let kept = json(gateway.get(&format!("/api/turns/{}", text(&first["id"]))), 200).await;
    assert!(kept.get("replaced_by").is_none());

    let again = json!({ "message": "hi", "replaces": second["id"] });
    assert_eq!(refused(gateway.post(&turns(&conversation), &again), 409).await.0, "turn_replaced");
    let result = text(&second["basis"][0]["result_id"]);
    assert_eq!(refused(gateway.post(&refresh(&result), &json!({})), 409).await.0, "result_not_repeatable");
    json(gateway.get(&format!("/api/results/{result}")), 200).await;
}

#[tokio::test]
async fn an_answer_asked_for_again_rests_on_what_was_shown_before_it() {
    let gateway = Gateway::start(options()).await;
    let conversation = gateway.conversation().await;
    let first = gateway.turn_in(&conversation, STATUS).await;
    let second = gateway.turn_in(&conversation, "Any change?").await;
    let order = json!({ "message": "Any change?", "replaces": second["id"] });
    let again = json(gateway.post(&turns(&conversation), &order), 200).await;
    assert_eq!(again["decision"], "refresh", "{again}");
    let (shown, new) = (&first["basis"][0], &again["basis"][0]);
    assert_eq!(new["arguments"], shown["arguments"]);
    let shown = json(gateway.get(&format!("/api/results/{}", text(&shown["result_id"]))), 200).await;
    assert_eq!(shown["superseded_by"], new["result_id"]);
    assert_eq!(messages(&gateway, &conversation).await, [STATUS, "Any change?"]);
}

#[tokio::test]
async fn the_results_of_a_hidden_turn_supersede_nothing() {
    let gateway = Gateway::start(options()).await;
    let conversation = gateway.conversation().await;
    let first = gateway.turn_in(&conversation, STATUS).await;
    let second = gateway.turn_in(&conversation, "Any change?").await;
    gateway
        .post(&turns(&conversation), &json!({ "message": "thanks", "replaces": second["id"] }))
        .send()
        .await
        .expect("an answer");
    let shown = json(gateway.get(&format!("/api/results/{}", text(&first["basis"][0]["result_id"]))), 200).await;
    assert!(shown.get("superseded_by").is_none(), "{shown}");
    assert_eq!(gateway.turn_in(&conversation, "Any change?").await["decision"], "refresh");
}

#[tokio::test]
async fn a_turn_without_a_reply_replaces_nothing() {
    let (options, gate) = gated(options());
    let gateway = Gateway::start(options).await;
    let conversation = gateway.conversation().await;
    let first = gateway.turn_in(&conversation, "Show me the case").await;
    let order = json!({ "message": QUESTION, "replaces": first["id"] });
    let request = gateway.post(&turns(&conversation), &order).header("accept", "text/event-stream");
    let stream = request.send().await.expect("an answer");
    let running = header(&stream, "x-groundwire-turn-id");
    let whole = json(gateway.get(&format!("/api/conversations/{conversation}")), 200).await;
    assert_eq!(whole["running_turn"], Value::from(running.clone()));
    let of_running = json!({ "message": "hi", "replaces": running });
    assert_eq!(refused(gateway.post(&turns(&conversation), &of_running), 409).await.0, "turn_not_finished");
    let rated = gateway.post(&feedback(&running), &json!({ "rating": "up" }));
    assert_eq!(refused(rated, 409).await.0, "turn_not_finished");
    json(gateway.http.post(gateway.url(&format!("/api/turns/{running}/cancel"))), 202).await;
    let sent = events(&stream.text().await.expect("a stream"));
    assert_eq!(sent.last().expect("events").event, "turn.cancelled");
    assert_eq!(messages(&gateway, &conversation).await, ["Show me the case", QUESTION]);
    gate.cancel();
}

#[tokio::test]
async fn only_a_turn_of_the_same_conversation_can_be_replaced() {
    let gateway = Gateway::start(options()).await;
    let elsewhere = gateway.turn("hello").await;
    let conversation = gateway.conversation().await;
    for id in [text(&elsewhere["id"]), NOBODYS.to_owned()] {
        let order = json!({ "message": "hi", "replaces": id });
        assert_eq!(refused(gateway.post(&turns(&conversation), &order), 404).await.0, "turn_not_found");
    }
    let order = json!({ "message": "hi", "replaces": "the last one" });
    let (code, error) = refused(gateway.post(&turns(&conversation), &order), 400).await;
    assert_eq!((code.as_str(), error["details"]["field"].as_str()), ("invalid_body", Some("replaces")));
    assert!(messages(&gateway, &conversation).await.is_empty());
}

#[tokio::test]
async fn a_conversation_is_exported_for_people_and_for_programs() {
    let mut options = options();
    options.behaviour = "fabricates".to_owned();
    let gateway = Gateway::start(options).await;
    let title = json!({ "title": "Night [shift](http://192.0.2.1) <b>" });
    let conversation = text(&json(gateway.post("/api/conversations", &title), 201).await["id"]);
    let turn = gateway.turn_in(&conversation, STATUS).await;
    assert!(turn["stopped"].as_array().is_some_and(|stopped| !stopped.is_empty()), "{turn}");

    let sent = gateway.get(&export(&conversation, "json")).send().await.expect("an answer");
    assert_eq!(
        header(&sent, "content-disposition"),
        format!("attachment; filename=\"conversation-{conversation}.json\"")
    );
    let whole: Value = sent.json().await.expect("JSON");
    assert_eq!(whole["conversation"]["id"], Value::from(conversation.clone()));
    let exported = &whole["turns"][0];
    assert_eq!(exported["message"], STATUS);
    for key in ["id", "text", "verdict", "basis", "citations", "stopped"] {
        assert_eq!(exported[key], turn[key], "{key}");
    }
    assert!(exported["claims"].is_array());

    let sent = gateway.get(&export(&conversation, "markdown")).send().await.expect("an answer");
    assert_eq!(header(&sent, "content-type"), "text/markdown; charset=utf-8");
    let page = sent.text().await.expect("a text");
    assert!(page.starts_with("# Night \\[shift\\](http://192.0.2.1) \\<b\\>\n"), "{page}");
    for part in [
        "> What is the status of case 4120771?",
        "- Basis: getArgusCaseByID (argus) `{\"caseID\":4120771}`",
        "- Stopped: ",
        "verdict: replaced",
    ] {
        assert!(page.contains(part), "{part} in:\n{page}");
    }
    assert!(!page.contains('<') || page.contains("\\<"), "{page}");

    let short = gateway.get(&format!("/api/conversations/{conversation}/export")).send().await.expect("an answer");
    assert!(header(&short, "content-disposition").ends_with(".md\""));
    assert_eq!(refused(gateway.get(&export(&conversation, "pdf")), 400).await.0, "invalid_query");
    assert_eq!(refused(gateway.get(&export(NOBODYS, "json")), 404).await.0, "conversation_not_found");
}

#[tokio::test]
async fn replaced_turns_are_no_part_of_an_export() {
    let gateway = Gateway::start(options()).await;
    let conversation = gateway.conversation().await;
    let first = gateway.turn_in(&conversation, "hello").await;
    let order = json!({ "message": "hi there", "replaces": first["id"] });
    json(gateway.post(&turns(&conversation), &order), 200).await;
    let whole = json(gateway.get(&export(&conversation, "json")), 200).await;
    let asked: Vec<&str> =
        whole["turns"].as_array().expect("a list").iter().filter_map(|turn| turn["message"].as_str()).collect();
    assert_eq!(asked, ["hi there"]);
}

#[tokio::test]
async fn a_reply_is_rated_and_the_last_word_counts() {
    let gateway = Gateway::start(options()).await;
    let turn = text(&gateway.turn("hello").await["id"]);
    let up = json(gateway.post(&feedback(&turn), &json!({ "rating": "up" })), 200).await;
    assert_eq!((up["rating"].as_str(), up["comment"].as_str()), (Some("up"), None));
    let down = json!({ "rating": "down", "comment": " Too short \u{0} " });
    json(gateway.post(&feedback(&turn), &down), 200).await;
    let record = json(gateway.get(&format!("/api/turns/{turn}")), 200).await;
    assert_eq!(
        (record["feedback"]["rating"].as_str(), record["feedback"]["comment"].as_str()),
        (Some("down"), Some("Too short \u{0}"))
    );
    for (body, field) in [
        (json!({}), None),
        (json!({ "rating": "sideways" }), Some("rating")),
        (json!({ "rating": "up", "comment": "x".repeat(2_001) }), Some("comment")),
    ] {
        let (code, error) = refused(gateway.post(&feedback(&turn), &body), 400).await;
        assert_eq!((code.as_str(), error["details"]["field"].as_str()), ("invalid_body", field));
    }
    let unknown = gateway.post(&feedback(NOBODYS), &json!({ "rating": "up" }));
    assert_eq!(refused(unknown, 404).await.0, "turn_not_found");
}

#[tokio::test]
async fn another_callers_turn_can_be_neither_rated_nor_exported_nor_replaced() {
    let gateway = Gateway::start(with_tokens()).await;
    let alice = gateway.token("alice", AccessRole::Analyst, None).await;
    let mallory = gateway.token("mallory", AccessRole::Admin, None).await;
    let conversation = json(gateway.post("/api/conversations", &json!({})).bearer_auth(&alice), 201).await;
    let conversation = text(&conversation["id"]);
    let turn = json(gateway.post(&turns(&conversation), &json!({ "message": "hello" })).bearer_auth(&alice), 200).await;
    let id = text(&turn["id"]);
    let rated = gateway.post(&feedback(&id), &json!({ "rating": "down" })).bearer_auth(&mallory);
    assert_eq!(refused(rated, 404).await.0, "turn_not_found");
    let exported = gateway.get(&export(&conversation, "json")).bearer_auth(&mallory);
    assert_eq!(refused(exported, 404).await.0, "conversation_not_found");
    let own = json(gateway.post("/api/conversations", &json!({})).bearer_auth(&mallory), 201).await;
    let order = json!({ "message": "hi", "replaces": id });
    let replaced = gateway.post(&turns(&text(&own["id"])), &order).bearer_auth(&mallory);
    assert_eq!(refused(replaced, 404).await.0, "turn_not_found");
    let seen = json(gateway.get(&format!("/api/turns/{id}")).bearer_auth(&alice), 200).await;
    assert!(seen.get("feedback").is_none() && seen.get("replaced_by").is_none());
}

#[tokio::test]
async fn model_profiles_are_listed_without_their_secrets() {
    let with_key = adjusted(|config| {
        let mut profile = config.models.0["sim"].clone();
        profile.base_url = "https://models.example.org:8443/hunter2/v1".to_owned();
        profile.roles = Vec::new();
        config.models.0.insert("remote".to_owned(), profile);
    });
    let gateway = Gateway::start(with_key).await;
    let list = json(gateway.get("/api/models"), 200).await;
    assert!(!list.to_string().contains("hunter2"), "{list}");
    let items = list["items"].as_array().expect("a list");
    let names: Vec<&str> = items.iter().filter_map(|item| item["id"].as_str()).collect();
    assert_eq!(names, ["remote", "sim", "sim-judge"]);
    assert_eq!(items[0]["base_url_host"], "models.example.org:8443");
    assert_eq!((items[1]["model"].as_str(), &items[1]["roles"]), (Some("sim/honest"), &json!(["draft", "route"])));
    assert_eq!(items[2]["roles"], json!(["judge"]));
    assert_eq!(items[1]["probe"], Value::Null);
}

#[tokio::test]
async fn links_of_the_made_up_world_lead_to_nobody() {
    let gateway = Gateway::start(options()).await;
    let tried = |tool: &str| {
        let path = format!("/api/tools/argus/{tool}/try");
        json(gateway.post(&path, &json!({ "arguments": { "request": { "customer": ["nordfjord"] } } })), 200)
    };
    let cases = tried("executeSearchArgusCase").await;
    let links = cases["content"]["meta"]["caseLinks"].as_object().expect("links to cases");
    let search = tried("generateArgusEventSearchQuery").await["content"]["searchLink"].clone();
    assert!(!links.is_empty());
    for link in links.values().chain([&search]) {
        assert!(text(link).starts_with("https://portal.argus.example/"), "{link}");
    }
}

#[tokio::test]
async fn a_light_trace_is_the_whole_one_without_the_content_of_results() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = sqlite_url(folder.path());
    let gateway = Gateway::start(SandboxOptions { store: Some(store.clone()), ..options() }).await;
    let path = format!("/api/turns/{}", text(&gateway.turn(QUESTION).await["id"]));
    let whole = json(gateway.get(&path), 200).await;
    assert!(whole["results"][0]["content"].is_object(), "{whole}");
    let mut expected = whole.clone();
    for result in expected["results"].as_array_mut().expect("a list") {
        result["content"] = Value::Null;
    }
    let light = format!("{path}?results=none");
    assert_eq!(json(gateway.get(&light), 200).await, expected);
    assert_eq!(json(gateway.get(&format!("{path}?results=all")), 200).await, whole);
    let (code, error) = refused(gateway.get(&format!("{path}?results=some")), 400).await;
    assert_eq!(code, "invalid_query");
    let message = text(&error["message"]);
    assert!(message.contains("`all`") && message.contains("`none`"), "{message}");

    // What cannot be read is not missed by those who do not ask for it.
    let mut database = sqlx::SqliteConnection::connect(&store).await.expect("the file opens");
    database.execute("update results set content_json = '{'").await.expect("spoiled");
    assert_eq!(refused(gateway.get(&path), 500).await.0, "store_corrupt");
    assert_eq!(json(gateway.get(&light), 200).await, expected);
}

#[tokio::test]
async fn a_tool_is_tried_by_hand_and_no_reply_rests_on_it() {
    let gateway = Gateway::start(options()).await;
    let path = "/api/tools/argus/getArgusCaseByID/try";
    let tried = json(gateway.post(path, &json!({ "arguments": { "caseID": 4_120_771 } })), 200).await;
    assert_eq!((tried["outcome"].as_str(), tried["server"].as_str()), (Some("ok"), Some("argus")), "{tried}");
    assert!(tried["content"].is_object() && tried.get("turn_id").is_none());
    assert_eq!(refused(gateway.get(&format!("/api/results/{}", text(&tried["id"]))), 404).await.0, "result_not_found");
    assert_eq!(json(gateway.get("/api/conversations"), 200).await["items"], json!([]));

    let (code, error) = refused(gateway.post(path, &json!({ "arguments": { "caseID": "x", "more": 1 } })), 400).await;
    assert_eq!(code, "invalid_arguments");
    assert!(error["details"]["problems"].as_array().is_some_and(|problems| !problems.is_empty()), "{error}");
    assert_eq!(refused(gateway.post(path, &json!({})), 400).await.0, "invalid_arguments");
    assert_eq!(refused(gateway.post(path, &json!({ "arguments": [1] })), 400).await.0, "invalid_arguments");
    for path in [
        "/api/tools/argus/nothing/try",
        "/api/tools/elsewhere/getArgusCaseByID/try",
        "/api/tools/sysdig/getArgusCaseByID/try",
    ] {
        assert_eq!(refused(gateway.post(path, &json!({ "arguments": {} })), 404).await.0, "tool_not_found", "{path}");
    }
}

#[tokio::test]
async fn tools_that_may_change_something_cannot_be_tried() {
    let guarded = adjusted(|config| {
        let argus = config.mcp.servers.get_mut("argus").expect("the server");
        argus.options.confirm = vec!["getArgusCaseByID".to_owned()];
    });
    let gateway = Gateway::start(guarded).await;
    let request =
        gateway.post("/api/tools/argus/getArgusCaseByID/try", &json!({ "arguments": { "caseID": 4_120_771 } }));
    assert_eq!(refused(request, 403).await.0, "tool_not_allowed");
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_shown() {
    let gateway = Gateway::start(options()).await;
    gateway.app.store.close().await;
    let request =
        gateway.post("/api/tools/argus/getArgusCaseByID/try", &json!({ "arguments": { "caseID": 4_120_771 } }));
    let (code, error) = refused(request, 503).await;
    assert_eq!(code, "store_unreachable");
    assert!(!error.to_string().contains("4120771"), "{error}");
}

#[tokio::test]
async fn an_admin_makes_lists_and_takes_back_tokens() {
    let gateway = Gateway::start(with_tokens()).await;
    let admin = gateway.token("root", AccessRole::Admin, None).await;
    let order = json!({ "name": " alice ", "days": 30 });
    let made = json(gateway.post("/api/tokens", &order).bearer_auth(&admin), 201).await;
    assert_eq!((made["name"].as_str(), made["role"].as_str()), (Some("alice"), Some("analyst")));
    assert!(made["expires_at"].is_string());
    let secret = text(&made["token"]);
    assert!(secret.starts_with(auth::PREFIX));
    json(gateway.get("/api/conversations").bearer_auth(&secret), 200).await;

    let list = json(gateway.get("/api/tokens").bearer_auth(&admin), 200).await;
    assert!(!list.to_string().contains(&secret), "a secret is told once");
    let names: Vec<&str> =
        list["items"].as_array().expect("a list").iter().filter_map(|t| t["name"].as_str()).collect();
    assert_eq!(names, ["root", "alice"]);

    let path = format!("/api/tokens/{}", text(&made["id"]));
    for _ in 0..2 {
        let gone = gateway.http.delete(gateway.url(&path)).bearer_auth(&admin).send().await.expect("an answer");
        assert_eq!(gone.status(), 204);
    }
    assert_eq!(refused(gateway.get("/api/conversations").bearer_auth(&secret), 401).await.0, "token_revoked");
    let count = |list: Value| list["items"].as_array().map(Vec::len);
    assert_eq!(count(json(gateway.get("/api/tokens").bearer_auth(&admin), 200).await), Some(1));
    assert_eq!(count(json(gateway.get("/api/tokens?revoked=true").bearer_auth(&admin), 200).await), Some(2));
    let unknown = gateway.http.delete(gateway.url(&format!("/api/tokens/{NOBODYS}"))).bearer_auth(&admin);
    assert_eq!(refused(unknown, 404).await.0, "token_not_found");
    for (body, field) in [
        (json!({ "name": " " }), "name"),
        (json!({ "name": "a\nb" }), "name"),
        (json!({ "name": "x", "role": "king" }), "role"),
        (json!({ "name": "x", "days": 0 }), "days"),
        (json!({ "name": "x", "days": 4_000 }), "days"),
    ] {
        let (code, error) = refused(gateway.post("/api/tokens", &body).bearer_auth(&admin), 400).await;
        assert_eq!((code.as_str(), error["details"]["field"].as_str()), ("invalid_body", Some(field)), "{body}");
    }
}

#[tokio::test]
async fn tokens_are_the_admins_alone() {
    let gateway = Gateway::start(with_tokens()).await;
    for role in [AccessRole::Reader, AccessRole::Analyst, AccessRole::Engineer] {
        let token = gateway.token(&format!("{role:?}"), role, None).await;
        for request in [
            gateway.get("/api/tokens"),
            gateway.post("/api/tokens", &json!({ "name": "me", "role": "admin" })),
            gateway.http.delete(gateway.url(&format!("/api/tokens/{NOBODYS}"))),
        ] {
            assert_eq!(refused(request.bearer_auth(&token), 403).await.0, "role_missing", "{role:?}");
        }
    }
    assert_eq!(refused(gateway.get("/api/tokens"), 401).await.0, "token_missing");
    // Where nobody proves anything the local user is the admin.
    let local = Gateway::start(options()).await;
    assert_eq!(json(local.get("/api/tokens"), 200).await["items"], json!([]));
}

#[tokio::test]
async fn the_portals_types_are_made_from_the_document_that_is_served() {
    let gateway = Gateway::start(options()).await;
    let served = json(gateway.get("/openapi.json"), 200).await;
    let kept = include_str!("../../web/src/api/openapi.json");
    let kept: Value = serde_json::from_str(kept).expect("a document");
    let parts = |document: &Value, part: &str| document.pointer(part).cloned().unwrap_or_default();
    for part in ["/paths", "/components/schemas"] {
        let (served, kept) = (parts(&served, part), parts(&kept, part));
        let names = served.as_object().expect("parts").keys().chain(kept.as_object().expect("parts").keys());
        let other: Vec<&String> = names.filter(|name| served.get(name) != kept.get(name)).collect();
        assert!(other.is_empty(), "run `npm run types -- URL` in web/: {part} differs in {other:?}");
    }
}

#[tokio::test]
async fn what_is_stored_for_the_portal_is_the_same_on_postgresql() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let gateway = Gateway::start(SandboxOptions { store: Some(database.url.clone()), ..options() }).await;
    let conversation = gateway.conversation().await;
    let first = gateway.turn_in(&conversation, STATUS).await;
    let second = gateway.turn_in(&conversation, "Any change?").await;
    let order = json!({ "message": "Any change?", "replaces": second["id"] });
    let again = json(gateway.post(&turns(&conversation), &order), 200).await;
    assert_eq!(again["decision"], "refresh", "{again}");
    assert_eq!(messages(&gateway, &conversation).await, [STATUS, "Any change?"]);
    let path = format!("/api/results/{}", text(&first["basis"][0]["result_id"]));
    assert_eq!(json(gateway.get(&path), 200).await["superseded_by"], again["basis"][0]["result_id"]);
    json(gateway.post(&turns(&conversation), &json!({ "message": "thanks", "replaces": again["id"] })), 200).await;
    assert!(json(gateway.get(&path), 200).await.get("superseded_by").is_none());
    assert_eq!(refused(gateway.post(&turns(&conversation), &order), 409).await.0, "turn_replaced");
    let record = json(gateway.get(&format!("/api/turns/{}", text(&second["id"]))), 200).await;
    assert_eq!(record["replaced_by"], again["id"]);
    let found = json(gateway.get("/api/conversations?q=any%20change"), 200).await;
    assert_eq!(found["items"], json!([]));

    let light = json(gateway.get(&format!("/api/turns/{}?results=none", text(&first["id"]))), 200).await;
    assert_eq!(light["results"][0]["content"], Value::Null);
    let first = text(&first["id"]);
    for rating in ["up", "down"] {
        json(gateway.post(&feedback(&first), &json!({ "rating": rating, "comment": "\u{0}" })), 200).await;
    }
    assert_eq!(json(gateway.get(&format!("/api/turns/{first}")), 200).await["feedback"]["rating"], "down");
    let tried = json!({ "arguments": { "caseID": 4_120_771 } });
    json(gateway.post("/api/tools/argus/getArgusCaseByID/try", &tried), 200).await;
    let whole = json(gateway.get(&export(&conversation, "json")), 200).await;
    assert_eq!(whole["turns"].as_array().map(Vec::len), Some(2));
}
