//! What holds for every tool: which names there are, what an overloaded or
//! refusing Argus leads to, that a cancelled call ends, and that the secret part
//! of the key comes back nowhere.

use std::sync::Arc;

use rmcp::model::CallToolRequest;
use rmcp::model::CallToolRequestParams;
use rmcp::model::ClientRequest;
use rmcp::service::PeerRequestOptions;
use serde_json::Value;
use serde_json::json;
use tokio::sync::mpsc;

use super::*;
use crate::servers::argus::server::ArgusServer;
use crate::servers::argus::session::check_session;
use crate::servers::argus::testing::KEY;
use crate::servers::argus::testing::Reply;
use crate::servers::argus::testing::Stub;
use crate::servers::argus::testing::connect;
use crate::servers::argus::testing::least;

/// The names seen in the vendor's documentation.
const DOCUMENTED: [&str; 22] = [
    "generateArgusAssetSearchQuery",
    "getAssetByIDOrShortName",
    "executeSearchArgusAsset",
    "generateArgusCaseSearchQuery",
    "getArgusCaseByID",
    "getArgusCaseComments",
    "getArgusCaseTags",
    "executeSearchArgusCase",
    "generateArgusEventSearchQuery",
    "getEventsAssociatedWithCase",
    "executeSearchArgusEvent",
    "generateProcessingEventsPerFilterMetricAggregationQuery",
    "executeProcessingEventsPerFilterMetricAggregation",
    "generateArgusAnalysisFilterSearchQuery",
    "getAnalysisFilterByID",
    "executeSearchArgusAnalysisFilter",
    "generateArgusAnnotationFilterSearchQuery",
    "getAnnotationFilterByID",
    "executeSearchArgusAnnotationFilter",
    "generateArgusMatchFilterSearchQuery",
    "getMatchFilterByID",
    "executeSearchArgusMatchFilter",
];

fn asking() -> impl Iterator<Item = &'static Tool> {
    ALL.iter().copied().filter(|tool| tool.kind() == ToolKind::Rest)
}

fn arguments(tool: &Tool) -> Map<String, Value> {
    least(&(tool.arguments)()).as_object().unwrap().clone()
}

fn answer(status: u16) -> Reply {
    Reply::error(status, json!({"type": "ACTION_ERROR", "message": format!("busy, said {KEY}")}))
}

#[test]
fn the_catalogue_has_all_tools_and_the_documented_names() {
    let named = |certainty| ALL.iter().filter(move |tool| tool.certainty == certainty).map(|tool| tool.name);
    assert_eq!(ALL.len(), 59);
    assert_eq!(named(Certainty::Documented).collect::<Vec<_>>(), DOCUMENTED);
    assert_eq!(named(Certainty::Extension).count(), 3);
    let kinds = [ToolKind::Translator, ToolKind::ValueList, ToolKind::Rest];
    assert_eq!(kinds.map(|kind| ALL.iter().filter(|tool| tool.kind() == kind).count()), [11, 14, 34]);
}

#[test]
fn every_tool_that_a_tool_names_exists() {
    let exists = |name: &str| ALL.iter().any(|tool| tool.name == name);
    for tool in ALL.iter() {
        let query = match &tool.work {
            Work::Translate(query) | Work::Execute(query) => *query,
            _ => continue,
        };
        assert!(exists(query.translator) && exists(query.execute), "{}", tool.name);
        assert!(query.values.iter().all(|name| exists(name)), "{}", tool.name);
    }
    let texts = ALL.iter().map(|tool| (tool.name, tool.description()));
    let hints = ALL.iter().flat_map(|tool| tool.hints.iter().map(|(_, text)| (tool.name, (*text).to_owned())));
    for (name, text) in texts.chain(hints) {
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            let verb = ["get", "list", "execute", "generate"].iter().any(|verb| word.starts_with(verb));
            let like_a_tool = verb && word.chars().any(char::is_uppercase);
            assert!(!like_a_tool || exists(word), "{name} names {word}");
        }
    }
}

/// Calls a tool that must fail and returns its error, without any secret in it.
async fn failed(server: &ArgusServer, tool: &Tool) -> Value {
    let result = server.call(tool.name, &arguments(tool)).await.unwrap();
    let printed = serde_json::to_string(&result).unwrap();
    assert!(!printed.contains("test-secret-part"), "{printed}");
    assert_eq!(result.is_error, Some(true), "{printed}");
    let value = result.structured_content.unwrap();
    assert!(value.get("data").is_none());
    value["error"].clone()
}

#[test]
fn descriptions_say_what_an_answer_is_and_what_it_is_not() {
    for tool in asking() {
        let text = tool.description();
        let parts: &[&str] = match tool.rest().map(|rest| rest.answer) {
            Some(Answer::Page | Answer::WindowedPage) => &["One call returns one page", "page.nextOffset"],
            Some(Answer::Numbers) => &["only buckets and numbers that are present", "parent's path"],
            _ => &[],
        };
        let always =
            ["only source of truth", "carry over values", "unknown, not empty", "nothing matched", "no answer"];
        for part in parts.iter().chain(&always) {
            assert!(text.contains(part), "{} lacks {part}", tool.name);
        }
        if let Work::Execute(query) = &tool.work {
            assert!(text.contains(&format!("with {} first", query.translator)), "{}", tool.name);
        }
    }
}

#[tokio::test]
async fn no_log_holds_the_secret_even_at_its_most_talkative() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(Arc::new(log.reopen().unwrap()))
        .finish();
    // With a single subscriber alive, tests on other threads, which have none,
    // would switch call sites off for all; a second one makes each thread count.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let _guard = tracing::subscriber::set_default(subscriber);
    for status in [401, 503] {
        let stub = Stub::start(vec![answer(status)]).await;
        check_session(&stub.config()).await.unwrap_err();
        let server = ArgusServer::new(stub.config()).unwrap();
        for tool in asking() {
            failed(&server, tool).await;
        }
    }
    let text = std::fs::read_to_string(log.path()).unwrap();
    assert!(text.contains("argus tool call failed") && text.contains("argus call will be tried again"));
    assert!(!text.contains("test-secret-part"));
}

#[tokio::test]
async fn every_tool_waits_longer_and_longer_and_then_says_that_argus_is_overloaded() {
    let stub = Stub::start(vec![answer(503)]).await;
    let server = ArgusServer::new(stub.config()).unwrap();
    let mut before = 0;
    for tool in asking() {
        let error = failed(&server, tool).await;
        assert_eq!(error["kind"], "SERVICE_UNAVAILABLE", "{}", tool.name);
        // A tool may ask for something else first; each call pauses three times.
        let pauses = &stub.pauses()[before..];
        assert!(!pauses.is_empty() && pauses.chunks(3).all(|pauses| pauses == [1, 2, 4]), "{}", tool.name);
        before += pauses.len();
    }
}

#[tokio::test]
async fn no_tool_tries_again_what_was_refused_and_none_tells_the_secret() {
    for (status, kind) in
        [(401, "AUTHENTICATION_FAILED"), (403, "ACCESS_DENIED"), (412, "VALIDATION_FAILED"), (422, "UNPROCESSABLE")]
    {
        let stub = Stub::start(vec![answer(status)]).await;
        let server = ArgusServer::new(stub.config()).unwrap();
        for tool in asking() {
            let error = failed(&server, tool).await;
            assert_eq!(error["kind"], kind, "{}", tool.name);
            assert!(error["message"].as_str().unwrap().contains("No Argus data was obtained"));
        }
        assert!(stub.pauses().is_empty());
        assert!(stub.seen().iter().all(|seen| seen.headers["argus-api-key"] == KEY));
    }
}

#[tokio::test]
async fn answers_that_are_none_are_never_data() {
    for reply in [Reply::raw(200, "{\"responseCode\":200,\"data\":[{"), Reply::raw(502, "<html>")] {
        let stub = Stub::start(vec![reply]).await;
        let server = ArgusServer::new(stub.config()).unwrap();
        for tool in asking() {
            assert_eq!(failed(&server, tool).await["kind"], "BAD_RESPONSE", "{}", tool.name);
        }
    }
}

/// Tells when it goes away.
struct Guard(mpsc::UnboundedSender<()>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[tokio::test]
async fn a_cancelled_call_is_dropped_by_every_tool() {
    let stub = Stub::start(vec![answer(503)]).await;
    let mut config = stub.config();
    let (waiting, mut waits) = mpsc::unbounded_channel();
    let (dropped, mut drops) = mpsc::unbounded_channel();
    // A pause never ends, so a call is alive until it is dropped.
    config.sleep = Arc::new(move |_| {
        let guard = Guard(dropped.clone());
        let _ = waiting.send(());
        Box::pin(async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        })
    });
    let client = connect(config).await;
    for (before, tool) in asking().enumerate() {
        let call = CallToolRequestParams::new(tool.name).with_arguments(arguments(tool));
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(call));
        let handle = client.send_cancellable_request(request, PeerRequestOptions::no_options()).await.unwrap();
        waits.recv().await.unwrap();
        handle.cancel(Some("not needed".to_owned())).await.unwrap();
        drops.recv().await.unwrap();
        assert_eq!(stub.seen().len(), before + 1, "{}", tool.name);
    }
}

#[tokio::test]
async fn nothing_but_reading_is_ever_asked_of_argus() {
    let stub = Stub::start(vec![answer(404)]).await;
    let server = ArgusServer::new(stub.config()).unwrap();
    for tool in asking() {
        failed(&server, tool).await;
    }
    for seen in stub.seen() {
        let reads = ["/search", "/statistics", "/aggregate"].iter().any(|end| seen.path.ends_with(end));
        assert!(seen.method == "GET" || (seen.method == "POST" && reads), "{}", seen.line());
    }
}
