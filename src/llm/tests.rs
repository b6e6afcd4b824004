//! The client against the simulated model over real HTTP, and against servers that
//! break the protocol.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpListener;

use super::*;
use crate::domain::lang::Lang;
use crate::domain::recover::recover_calls;
use crate::domain::tool::ToolName;
use crate::domain::tool::ToolSpec;
use crate::engine::ports::PromptMessage;
use crate::engine::ports::ToolChoice;
use crate::llm::probe::json_schema;
use crate::llm::probe::probe;
use crate::llm::probe::tool_choice;
use crate::llm::profile::ToolChoiceSupport;
use crate::prompts::GatherContext;
use crate::prompts::Hints;
use crate::prompts::Prompts;
use crate::sim::clock::Sleeper;
use crate::sim::model::SimModel;
use crate::sim::model::behaviour::Behaviour;

async fn listen(router: Router) -> String {
    // Another test may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/v1")
}

async fn simulator() -> String {
    listen(SimModel::new().with_pauses(Sleeper::instant(), Duration::ZERO).router()).await
}

fn client(profiles: Vec<(&str, ModelProfile)>) -> OpenAiModel {
    let profiles: BTreeMap<String, ModelProfile> =
        profiles.into_iter().map(|(name, profile)| (name.to_owned(), profile)).collect();
    OpenAiModel::new(profiles, None).unwrap().with_first_pause(Duration::from_millis(1))
}

fn request(text: &str) -> ModelRequest {
    ModelRequest {
        messages: vec![PromptMessage::new("user", text)],
        tools: Vec::new(),
        tool_choice: ToolChoice::Auto,
        response_schema: None,
        max_tokens: 200,
        profile: None,
    }
}

fn case_tool() -> Arc<ToolSpec> {
    Arc::new(ToolSpec {
        name: ToolName::qualify("argus", "getArgusCaseByID"),
        server: "argus".to_owned(),
        tool: "getArgusCaseByID".to_owned(),
        description: "One case".to_owned(),
        input_schema: json!({"type": "object", "required": ["caseID"], "properties": {"caseID": {"type": "number"}}})
            .into(),
        output_schema: None,
        read_only: true,
        hinted: true,
    })
}

fn gather() -> ModelRequest {
    let context = GatherContext {
        message: "What is the status of case 4120771?".to_owned(),
        language: Lang::En,
        now: Timestamp::UNIX_EPOCH,
        history: Vec::new(),
        stubs: Vec::new(),
        hints: Hints::default(),
        notes: Vec::new(),
    };
    ModelRequest {
        messages: Prompts::load(None).unwrap().gather(&context).unwrap(),
        tools: vec![case_tool()],
        tool_choice: ToolChoice::Required,
        ..request("")
    }
}

async fn ask(model: &OpenAiModel, request: ModelRequest) -> Result<ModelAnswer, ModelError> {
    model.complete(ModelRole::Draft, request, &CancellationToken::new()).await
}

#[tokio::test]
async fn every_behaviour_gives_an_answer_or_its_own_error() {
    let base = simulator().await;
    for behaviour in Behaviour::ALL {
        let name = behaviour.name();
        let model = client(vec![("p", ModelProfile::new(&base, &format!("sim/{name}")))]);
        let got = ask(&model, gather()).await;
        match behaviour {
            Behaviour::CutsStream | Behaviour::Malformed => {
                assert!(matches!(got, Err(ModelError::Malformed { .. })), "{name}: {got:?}");
            }
            Behaviour::Http500 => {
                assert!(matches!(got, Err(ModelError::Refused { status: 500, .. })), "{name}: {got:?}")
            }
            Behaviour::RateLimited => {
                assert!(matches!(got, Err(ModelError::Refused { status: 429, .. })), "{name}: {got:?}");
            }
            _ => {
                let answer = got.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(answer.finish_reason.is_some() && answer.usage.prompt_tokens > 0, "{name}: {answer:?}");
                assert_eq!((answer.profile.as_str(), answer.model.clone()), ("p", format!("sim/{name}")));
            }
        }
    }
}

#[tokio::test]
async fn calls_arrive_in_their_place_or_are_recovered() {
    let base = simulator().await;
    let answer = |name: &'static str| {
        let model = client(vec![("p", ModelProfile::new(&base, name))]);
        async move { ask(&model, gather()).await.unwrap() }
    };
    let honest = answer("sim/honest").await;
    assert_eq!(honest.calls.len(), 1);
    assert_eq!(
        (honest.calls[0].name.as_str(), honest.calls[0].arguments.as_str()),
        ("argus__getArgusCaseByID", r#"{"caseID":4120771}"#)
    );
    assert_eq!(honest.finish_reason.as_deref(), Some("tool_calls"));
    for name in ["sim/calls_in_text", "sim/calls_in_reasoning"] {
        let got = answer(name).await;
        assert_eq!(got.calls, []);
        let found = recover_calls(&got.content, &got.reasoning, &["argus__getArgusCaseByID"]);
        assert_eq!(found.len(), 1, "{name}: {got:?}");
        assert_eq!(found[0].arguments, json!({"caseID": 4_120_771}));
    }
    let thinks = answer("sim/thinks").await;
    assert!(thinks.reasoning.contains("The user asks") && thinks.content.is_empty(), "{thinks:?}");
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_then_the_fallback_steps_in() {
    let base = simulator().await;
    let once = client(vec![("p", ModelProfile::new(&base, "sim/http_500+once"))]);
    assert_eq!(ask(&once, gather()).await.unwrap().profile, "p");

    let mut first = ModelProfile::new(&base, "sim/rate_limited");
    first.fallback = Some("second".to_owned());
    let mut second = ModelProfile::new("http://127.0.0.1:9/v1", "x");
    second.fallback = Some("third".to_owned());
    let third = ModelProfile::new(&base, "sim/honest");
    let model = client(vec![("default", first.clone()), ("second", second), ("third", third)]);
    assert_eq!(ask(&model, gather()).await.unwrap().profile, "third");

    first.model = "sim/malformed".to_owned();
    first.fallback = Some("third".to_owned());
    let model = client(vec![("default", first), ("third", ModelProfile::new(&base, "sim/honest"))]);
    assert!(matches!(ask(&model, gather()).await, Err(ModelError::Malformed { .. })));
}

/// A server that answers every request with the same bytes, and counts requests.
async fn stub(content_type: &'static str, body: &'static str, status: u16) -> (String, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let answer = move || {
        seen.fetch_add(1, Ordering::SeqCst);
        async move {
            Response::builder()
                .status(StatusCode::from_u16(status).unwrap())
                .header("content-type", content_type)
                .body(Body::from(body))
                .unwrap()
        }
    };
    (listen(Router::new().route("/v1/chat/completions", post(answer))).await, count)
}

async fn against(content_type: &'static str, body: &'static str) -> Result<ModelAnswer, ModelError> {
    let (base, _) = stub(content_type, body, 200).await;
    ask(&client(vec![("p", ModelProfile::new(&base, "m"))]), request("hi")).await
}

#[tokio::test]
async fn broken_streams_are_errors_and_never_answers() {
    let sse = "text/event-stream";
    for body in [
        "",
        "data: [DONE]\n\n",
        "complete nonsense\nwithout events\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\ndata: [DONE]\n\n",
        "data: {\"choices\":[\n\n",
        "data: 17\n\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":7}]}\n\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"error\"}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{}\"}}]},\"finish_reason\":\"stop\"}]}\n\n",
    ] {
        let got = against(sse, body).await;
        assert!(matches!(got, Err(ModelError::Malformed { .. })), "{body}: {got:?}");
    }
    assert!(matches!(against("application/json", "<html>").await, Err(ModelError::Malformed { .. })));
}

#[tokio::test]
async fn errors_in_the_middle_of_a_stream_are_told() {
    let body = "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\ndata: {\"error\":{\"message\":\"out of memory\",\"code\":503}}\n\n";
    let (base, count) = stub("text/event-stream", body, 200).await;
    let got = ask(&client(vec![("p", ModelProfile::new(&base, "m"))]), request("hi")).await;
    assert!(
        matches!(&got, Err(ModelError::Refused { status: 503, reason, .. }) if reason == "out of memory"),
        "{got:?}"
    );
    assert_eq!(count.load(Ordering::SeqCst), 1, "content had arrived: no second try");
}

#[tokio::test]
async fn an_answer_that_was_not_streamed_is_read_as_well() {
    let body = r#"{"model":"m","choices":[{"message":{"role":"assistant","content":"ok","thinking":"hm"},"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":1}}"#;
    let got = against("application/json", body).await.unwrap();
    assert_eq!((got.content.as_str(), got.reasoning.as_str(), got.usage.prompt_tokens), ("ok", "hm", 2));
}

#[tokio::test]
async fn a_refusal_is_bounded_and_holds_no_secret() {
    let body = r#"{"error":{"message":"bad key sk-very-secret","code":"invalid_api_key"}}"#;
    let (base, count) = stub("application/json", body, 401).await;
    let mut profile = ModelProfile::new(&base, "m");
    profile.api_key = Some(SecretString::from("sk-very-secret"));
    let model = client(vec![("p", profile)]);
    let error = ask(&model, request("hi")).await.unwrap_err();
    assert_eq!(error.to_string(), "model server of profile p answered 401: bad key ***");
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert!(!format!("{model:?}").contains("sk-very"));
}

#[tokio::test]
async fn requests_keep_to_the_profile() {
    let seen: Arc<std::sync::Mutex<Vec<Value>>> = Arc::default();
    let keep = Arc::clone(&seen);
    let answer = move |body: axum::Json<Value>| {
        keep.lock().unwrap().push(body.0);
        async { "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\n" }
    };
    let typed = |router: Router| {
        router.layer(tower_http::set_header::SetResponseHeaderLayer::overriding(
            axum::http::header::CONTENT_TYPE,
            axum::http::HeaderValue::from_static("text/event-stream"),
        ))
    };
    let base = listen(typed(Router::new().route("/v1/chat/completions", post(answer)))).await;
    let mut profile = ModelProfile::new(&base, "m");
    profile.thinking = profile::Thinking::Off;
    profile.max_tokens = 50;
    let named = ModelRequest { tool_choice: ToolChoice::Named("argus__getArgusCaseByID".to_owned()), ..gather() };
    ask(&client(vec![("p", profile.clone())]), named).await.unwrap();
    let schema = ModelRequest { response_schema: Some(("s".to_owned(), json!({"type": "object"}))), ..gather() };
    ask(&client(vec![("p", profile.clone())]), schema.clone()).await.unwrap();
    profile.tool_choice = ToolChoiceSupport::None;
    profile.json_schema = false;
    ask(&client(vec![("p", profile.clone())]), gather()).await.unwrap();
    ask(&client(vec![("p", profile)]), schema).await.unwrap();

    let seen = seen.lock().unwrap();
    assert_eq!(seen[0]["tool_choice"], "required");
    assert_eq!(seen[0]["chat_template_kwargs"], json!({"enable_thinking": false}));
    assert_eq!(
        (seen[0]["max_tokens"].as_u64(), &seen[0]["stream_options"]),
        (Some(50), &json!({"include_usage": true}))
    );
    assert_eq!(seen[1]["response_format"]["json_schema"]["name"], "s");
    assert_eq!(seen[1].get("tools"), None);
    assert_eq!(seen[2].get("tool_choice"), None);
    assert_eq!(seen[2]["tools"][0]["function"]["name"], "argus__getArgusCaseByID");
    assert_eq!(seen[3].get("response_format"), None);
}

#[tokio::test]
async fn a_prompt_that_does_not_fit_is_not_sent() {
    let (base, count) = stub("text/event-stream", "", 200).await;
    let mut profile = ModelProfile::new(&base, "m");
    profile.context_tokens = 1500;
    let got = ask(&client(vec![("p", profile)]), request(&"word ".repeat(4000))).await;
    assert!(matches!(got, Err(ModelError::ContextTooSmall { limit: 1500, .. })), "{got:?}");
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn cancelling_ends_a_call_at_once() {
    let silent = Router::new().route("/v1/chat/completions", post(std::future::pending::<String>));
    let base = listen(silent).await;
    let model = client(vec![("p", ModelProfile::new(&base, "m"))]);
    let cancel = CancellationToken::new();
    let (got, ()) = tokio::join!(model.complete(ModelRole::Draft, request("hi"), &cancel), async { cancel.cancel() });
    assert!(matches!(got, Err(ModelError::Cancelled)), "{got:?}");
}

#[tokio::test]
async fn a_silent_server_runs_into_the_time_limit() {
    let silent = Router::new().route("/v1/chat/completions", post(std::future::pending::<String>));
    let base = listen(silent).await;
    let mut profile = ModelProfile::new(&base, "m");
    profile.first_byte_timeout_ms = 20;
    let got = ask(&client(vec![("p", profile)]), request("hi")).await;
    assert!(matches!(got, Err(ModelError::Timeout { .. })), "{got:?}");
}

#[tokio::test]
async fn roles_pick_profiles_and_mistakes_are_named() {
    let mut judge = ModelProfile::new("http://127.0.0.1:9/v1", "j");
    judge.roles = vec![ModelRole::Judge];
    let main = ModelProfile::new("http://127.0.0.1:9/v1", "m");
    // The client needs a TLS provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let model = client(vec![("a-judge", judge.clone()), ("default", main.clone())]);
    assert_eq!(model.facts(ModelRole::Judge, None).unwrap().profile, "a-judge");
    assert_eq!(model.facts(ModelRole::Draft, None).unwrap().profile, "default");
    assert_eq!(model.facts(ModelRole::Draft, Some("a-judge")).unwrap().profile, "a-judge");
    assert!(matches!(model.facts(ModelRole::Draft, Some("none")), Err(ModelError::UnknownProfile { .. })));

    let new = |profiles: Vec<(&str, ModelProfile)>| {
        let profiles = profiles.into_iter().map(|(name, profile)| (name.to_owned(), profile)).collect();
        OpenAiModel::new(profiles, None).unwrap_err()
    };
    assert_eq!(new(Vec::new()), ProfileError::NoProfiles);
    let mut lost = main.clone();
    lost.fallback = Some("nobody".to_owned());
    assert!(matches!(new(vec![("a", lost)]), ProfileError::Unknown { .. }));
}

#[tokio::test]
async fn the_probe_finds_what_a_server_honours() {
    let base = simulator().await;
    let report = probe("p", &ModelProfile::new(&base, "sim/honest"), Duration::from_secs(60)).await;
    assert!(report.reachable && report.answers, "{report:?}");
    assert_eq!(report.model_listed, Some(true));
    assert_eq!((report.streaming, report.usage), (Some(true), Some(true)));
    assert_eq!(tool_choice(&report), ToolChoiceSupport::Named, "{report:?}");
    assert_eq!(report.parallel_calls, Some(true), "{report:?}");
    assert!(json_schema(&report), "{report:?}");
    assert_eq!(report.problems, Vec::<String>::new());

    let report = probe("p", &ModelProfile::new(&base, "sim/ignores_required"), Duration::from_secs(60)).await;
    assert_eq!(tool_choice(&report), ToolChoiceSupport::None, "{report:?}");
    let report = probe("p", &ModelProfile::new(&base, "sim/thinks"), Duration::from_secs(60)).await;
    assert_eq!(report.reasoning_field.as_deref(), Some("content"));
    let report = probe("p", &ModelProfile::new("http://127.0.0.1:9/v1", "m"), Duration::from_secs(60)).await;
    assert!(!report.reachable && !report.problems.is_empty());
    assert_eq!(report.streaming, None);
}

#[tokio::test]
async fn a_probe_without_time_left_says_that_it_did_not_try() {
    let base = simulator().await;
    let report = probe("p", &ModelProfile::new(&base, "sim/honest"), Duration::ZERO).await;
    assert!(!report.answers && report.streaming.is_none() && report.auto_calls.is_none(), "{report:?}");
    assert!(report.problems.iter().any(|problem| problem.contains("not tried")), "{report:?}");
}

#[tokio::test]
async fn a_fallback_profile_does_not_serve_a_role_before_the_one_it_stands_in_for() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut main = ModelProfile::new("http://127.0.0.1:9/v1", "m");
    main.roles = vec![ModelRole::Draft];
    let backup = main.clone();
    main.fallback = Some("backup".to_owned());
    let model = client(vec![("backup", backup), ("main", main)]);
    assert_eq!(model.default_profile(), "main");
    assert_eq!(model.facts(ModelRole::Draft, None).unwrap().profile, "main");
    assert_eq!(model.facts(ModelRole::Judge, None).unwrap().profile, "main");
}
