//! Calls through the MCP proxy that may change something: they run after a yes of the client's
//! user to exactly that call, once, and in no other way, whichever revision the client speaks.

use groundwire::config::auth::AuthMode;
use groundwire::domain::caller::AccessRole;
use serde_json::Value;
use serde_json::json;

use crate::support::database::TestDatabase;
use crate::support::mcp_side::Side;
use crate::support::served::answer;

const CHANGE: &str = "fixture__test_change";

fn yes() -> Value {
    json!({ "action": "accept", "content": { "run": true } })
}

async fn plain() -> Side {
    Side::start(|_| {}, None).await
}

/// What the fixture was asked to change.
fn changed(side: &Side) -> Vec<Value> {
    side.fixture.asked().into_iter().map(|call| call["arguments"]["what"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_says_yes_has_it_run_once_as_shown() {
    let side = plain().await;
    let client = side.client_that(|_| yes()).await;
    let result = client.call(CHANGE, json!({ "what": "the lock" })).await.expect("a result");
    assert_eq!(result.structured_content, Some(json!({ "changed": "the lock" })));
    assert_eq!(changed(&side), ["the lock"]);
    let questions = client.questions();
    assert_eq!(questions.len(), 1);
    let shown = json!({ "server": "fixture", "tool": "test_change", "arguments": { "what": "the lock" } });
    assert!(questions[0].contains(&format!("{shown:#}")), "{}", questions[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn anything_but_a_plain_yes_runs_nothing() {
    for said in [
        json!({ "action": "decline" }),
        json!({ "action": "cancel" }),
        json!({ "action": "accept" }),
        json!({ "action": "accept", "content": { "run": false } }),
        json!({ "action": "accept", "content": { "run": "true" } }),
        json!({ "action": "accept", "content": { "sure": true } }),
    ] {
        let side = plain().await;
        let given = said.clone();
        let client = side.client_that(move |_| given.clone()).await;
        let told = client.told(CHANGE, json!({ "what": "x" })).await;
        assert_eq!(told, (true, "Not run. Nothing was called.".to_owned()), "{said}");
        assert_eq!(changed(&side), Vec::<Value>::new(), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_cannot_ask_is_told_how_it_could_be_run() {
    let side = plain().await;
    let client = side.client(None).await;
    let (is_error, text) = client.told(CHANGE, json!({ "what": "x" })).await;
    assert!(is_error && text.contains("portal") && text.contains("read_only of mcp.servers.fixture"), "{text}");
    assert_eq!(changed(&side), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_calls_read_only_needs_no_yes_and_what_they_want_confirmed_does() {
    let side = Side::start(
        |config| {
            let fixture = config.mcp.servers.get_mut("fixture").expect("it is there");
            fixture.options.read_only = vec!["test_change".to_owned()];
            fixture.options.confirm = vec!["test_simple_text".to_owned()];
        },
        None,
    )
    .await;
    let client = side.client(None).await;
    assert!(!client.told(CHANGE, json!({ "what": "x" })).await.0);
    let (is_error, text) = client.told("fixture__test_simple_text", json!({})).await;
    assert!(is_error && text.contains("options.confirm"), "{text}");
    assert_eq!(side.fixture.asked().len(), 1);
}

/// A call without a session, with what a client sends back.
async fn call(side: &Side, what: &str, state: Option<&Value>, said: Option<Value>, token: Option<&str>) -> Value {
    let mut params = json!({ "name": CHANGE, "arguments": { "what": what } });
    if let Some(state) = state {
        params["requestState"] = state.clone();
    }
    if let Some(said) = said {
        params["inputResponses"] = json!({ "confirm": said });
    }
    let mut request = side.sessionless("tools/call", params);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    answer(request.send().await.expect("an answer")).await
}

/// The state of a question that a call was answered with.
async fn asked(side: &Side, what: &str, token: Option<&str>) -> Value {
    let asked = call(side, what, None, None, token).await["result"].clone();
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let question = &asked["inputRequests"]["confirm"];
    assert_eq!(question["method"], "elicitation/create");
    let shown = json!({ "server": "fixture", "tool": "test_change", "arguments": { "what": what } });
    assert!(question["params"]["message"].as_str().is_some_and(|text| text.contains(&format!("{shown:#}"))), "{asked}");
    asked["requestState"].clone()
}

fn failed(answer: &Value) -> String {
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    answer["result"]["content"][0]["text"].as_str().expect("a text").to_owned()
}

/// The story of one yes without a session, on whatever database.
async fn one_yes(side: Side) {
    let state = asked(&side, "the door", None).await;
    assert_eq!(changed(&side), Vec::<Value>::new(), "nothing runs before the yes");
    let done = call(&side, "the door", Some(&state), Some(yes()), None).await;
    assert_eq!(done["result"]["structuredContent"], json!({ "changed": "the door" }), "{done}");
    let again = call(&side, "the door", Some(&state), Some(yes()), None).await;
    assert!(failed(&again).contains("no longer open"), "{again}");
    assert_eq!(changed(&side), ["the door"], "it ran once");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_the_question_is_the_result_and_its_yes_is_good_once() {
    one_yes(plain().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_good_once_on_postgres() {
    let Some(database) = TestDatabase::postgres().await else { return };
    one_yes(Side::start(|_| {}, Some(database.url.clone())).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_is_good_for_no_other_call_and_for_nothing_made_up() {
    let side = plain().await;
    let state = asked(&side, "a", None).await;
    let other = call(&side, "b", Some(&state), Some(yes()), None).await;
    assert!(failed(&other).contains("another call"), "{other}");
    assert!(failed(&call(&side, "a", Some(&state), Some(yes()), None).await).contains("no longer open"));
    let made_up = json!("01939c5e-0000-7000-8000-000000000001");
    assert!(failed(&call(&side, "a", Some(&made_up), Some(yes()), None).await).contains("no longer open"));
    let broken = call(&side, "a", Some(&json!("nonsense")), Some(yes()), None).await;
    assert_eq!(broken["error"]["code"], -32602, "{broken}");
    let state = asked(&side, "a", None).await;
    let silent = call(&side, "a", Some(&state), None, None).await;
    assert_eq!(silent["error"]["code"], -32602, "{silent}");
    let declined = call(&side, "a", Some(&state), Some(json!({ "action": "decline" })), None).await;
    assert_eq!(failed(&declined), "Not run. Nothing was called.");
    assert!(failed(&call(&side, "a", Some(&state), Some(yes()), None).await).contains("no longer open"));
    assert_eq!(changed(&side), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_its_askers_and_twice_at_once_is_once() {
    let side = Side::start(|config| config.auth.mode = AuthMode::Token, None).await;
    let anna = side.gateway.token("anna", AccessRole::Analyst, None).await;
    let bert = side.gateway.token("bert", AccessRole::Admin, None).await;
    let state = asked(&side, "hers", Some(&anna)).await;
    let his = call(&side, "hers", Some(&state), Some(yes()), Some(&bert)).await;
    assert!(failed(&his).contains("no longer open"), "{his}");
    let both = [(), ()].map(|()| call(&side, "hers", Some(&state), Some(yes()), Some(&anna)));
    let answers = futures::future::join_all(both).await;
    let ran = answers.iter().filter(|answer| answer["result"]["structuredContent"].is_object()).count();
    assert_eq!((ran, changed(&side)), (1, vec![json!("hers")]), "{answers:?}");
}
