//! The event stream of a turn: names, numbers, resuming from any point, while it runs,
//! after its end, and after a restart.

use groundwire::config::models::Role;
use groundwire::domain::caller::Caller;
use groundwire::domain::event::TurnEvent;
use groundwire::domain::ids::TurnId;
use groundwire::sandbox::SandboxOptions;
use groundwire::sandbox::sqlite_url;
use serde_json::Value;
use serde_json::json;

use crate::support::gateway::Gateway;
use crate::support::gateway::QUESTION;
use crate::support::gateway::Sent;
use crate::support::gateway::adjusted;
use crate::support::gateway::events;
use crate::support::gateway::gated;
use crate::support::gateway::header;
use crate::support::gateway::json;
use crate::support::gateway::options;
use crate::support::gateway::refused;
use crate::support::gateway::text;
use crate::support::gateway::turns;
use crate::support::held::HeldModel;

async fn followed(gateway: &Gateway, conversation: &str, message: &str) -> reqwest::Response {
    let request = gateway.post(&turns(conversation), &json!({ "message": message }));
    let response = request.header("accept", "text/event-stream").send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    response
}

async fn replayed(gateway: &Gateway, turn: &str, after: Option<u64>) -> Vec<Sent> {
    let mut request = gateway.get(&format!("/api/turns/{turn}/events"));
    if let Some(after) = after {
        request = request.header("Last-Event-ID", after.to_string());
    }
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    events(&response.text().await.expect("a stream"))
}

#[tokio::test]
async fn a_turn_is_told_event_by_event_with_numbers_and_milliseconds() {
    let gateway = Gateway::start(options()).await;
    let conversation = gateway.conversation().await;
    let response = followed(&gateway, &conversation, QUESTION).await;
    assert_eq!(header(&response, "x-accel-buffering"), "no");
    let turn = header(&response, "x-groundwire-turn-id");
    let sent = events(&response.text().await.expect("a stream"));
    let numbers: Vec<u64> = sent.iter().map(|sent| sent.id.parse().expect("a number")).collect();
    assert_eq!(numbers, (1..=sent.len() as u64).collect::<Vec<_>>());
    let names: Vec<&str> = sent.iter().map(|sent| sent.event.as_str()).collect();
    let order = [
        "turn.started",
        "turn.routed",
        "tool.requested",
        "tool.finished",
        "draft.started",
        "check.finished",
        "answer.text",
        "answer.finished",
    ];
    let mut rest = names.iter();
    for name in order {
        assert!(rest.any(|got| *got == name), "{name} in {names:?}");
    }
    let data = |name: &str| sent.iter().find(|sent| sent.event == name).expect("the event").json();
    assert_eq!(data("turn.started")["turn_id"], Value::from(turn));
    assert_eq!(data("turn.routed")["decision"], "call_tool");
    assert!(["model", "gateway"].contains(&text(&data("tool.requested")["made_by"]).as_str()));
    let observed = text(&data("tool.finished")["observed_at"]);
    assert!(observed.len() == 24 && observed.ends_with('Z'), "{observed}");
    let finished = data("answer.finished");
    assert_eq!(finished["outcome"], "answered");
    assert_eq!(text(&finished["basis"][0]["observed_at"]).len(), 24);
    assert_eq!(finished["text"], data("answer.text")["text"]);
}

/// Nothing on the way may collect events: neither a buffer nor a compression that the client
/// would take. The model says nothing until the first events were read.
#[tokio::test]
async fn the_first_events_arrive_while_the_model_is_still_silent() {
    let model = HeldModel::start("").await;
    let profile = model.profile();
    let gateway = Gateway::start(adjusted(move |config| {
        let mut held = profile.clone();
        held.roles = vec![Role::Draft, Role::Route, Role::Judge];
        config.models.0 = [("held".to_owned(), held)].into();
    }))
    .await;
    let conversation = gateway.conversation().await;
    let request = gateway.post(&turns(&conversation), &json!({ "message": QUESTION }));
    let request = request.header("accept", "text/event-stream").header("accept-encoding", "gzip, br, zstd");
    // A client that unpacks nothing sees what is on the wire.
    let wire = reqwest::Client::builder().no_gzip().build().expect("a client");
    let mut response = wire.execute(request.build().expect("a request")).await.expect("an answer");
    assert!(header(&response, "content-type").starts_with("text/event-stream"));
    assert_eq!(response.headers().get("content-encoding"), None);
    let mut read = String::new();
    while !read.contains("event: turn.routed") {
        let chunk = response.chunk().await.expect("the stream is open").expect("the turn goes on");
        read.push_str(std::str::from_utf8(&chunk).expect("text"));
    }
    assert!(read.starts_with("id: 1\nevent: turn.started") || read.starts_with("event: turn.started"), "{read}");
    model.is_asked().await;
    model.gate.cancel();
    read.push_str(&response.text().await.expect("the rest"));
    let last = events(&read).pop().expect("events");
    assert_eq!((last.event.as_str(), last.json()["outcome"].as_str()), ("answer.finished", Some("answered")));
}

#[tokio::test]
async fn a_finished_turn_is_replayed_from_any_event() {
    let gateway = Gateway::start(options()).await;
    let turn = text(&gateway.turn(QUESTION).await["id"]);
    let whole = replayed(&gateway, &turn, None).await;
    assert_eq!(whole.last().expect("events").event, "answer.finished");
    for after in [1, 3, whole.len() as u64 - 1] {
        let rest = replayed(&gateway, &turn, Some(after)).await;
        assert_eq!(rest, whole[usize::try_from(after).expect("small")..], "after {after}");
    }
    assert!(replayed(&gateway, &turn, Some(whole.len() as u64)).await.is_empty());
    assert!(replayed(&gateway, &turn, Some(u64::MAX)).await.is_empty());
}

#[tokio::test]
async fn a_second_client_joins_a_running_turn_where_it_left_off() {
    let (options, gate) = gated(options());
    let gateway = Gateway::start(options).await;
    let conversation = gateway.conversation().await;
    let first = followed(&gateway, &conversation, QUESTION).await;
    let turn = header(&first, "x-groundwire-turn-id");
    let second = gateway.get(&format!("/api/turns/{turn}/events")).header("Last-Event-ID", "1").send().await;
    let second = second.expect("an answer");
    assert_eq!(refused(gateway.get(&format!("/api/turns/{turn}")), 409).await.0, "turn_not_finished");
    gate.cancel();
    let first = events(&first.text().await.expect("a stream"));
    let second = events(&second.text().await.expect("a stream"));
    assert_eq!(second, first[1..]);
    assert_eq!(second.last().expect("events").event, "answer.finished");
}

#[tokio::test]
async fn a_native_turn_goes_on_when_its_client_is_gone() {
    let (options, gate) = gated(options());
    let gateway = Gateway::start(options).await;
    let conversation = gateway.conversation().await;
    let mut response = followed(&gateway, &conversation, QUESTION).await;
    let turn = header(&response, "x-groundwire-turn-id");
    response.chunk().await.expect("a first chunk");
    drop(response);
    gate.cancel();
    assert_eq!(replayed(&gateway, &turn, None).await.last().expect("events").event, "answer.finished");
}

#[tokio::test]
async fn events_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Some(sqlite_url(folder.path()));
    let gateway = Gateway::start(SandboxOptions { store: store.clone(), ..options() }).await;
    let turn = text(&gateway.turn(QUESTION).await["id"]);
    let before = replayed(&gateway, &turn, Some(2)).await;
    gateway.stop.cancel();
    gateway.serving.await.expect("no panic").expect("a clean end");
    gateway.app.close().await;

    let gateway = Gateway::start(SandboxOptions { store, ..options() }).await;
    assert_eq!(replayed(&gateway, &turn, Some(2)).await, before);
    let record = json(gateway.get(&format!("/api/turns/{turn}")), 200).await;
    assert_eq!(record["events"].as_array().map(Vec::len), Some(before.len() + 2));
}

#[tokio::test]
async fn going_down_ends_running_turns_and_their_streams() {
    let (options, _gate) = gated(adjusted(|config| config.server.shutdown_grace_seconds = 0));
    let gateway = Gateway::start(options).await;
    let conversation = gateway.conversation().await;
    let response = followed(&gateway, &conversation, QUESTION).await;
    gateway.stop.cancel();
    let sent = events(&response.text().await.expect("a stream"));
    assert_eq!(sent.last().expect("events").event, "turn.cancelled");
    gateway.serving.await.expect("no panic").expect("a clean end");
}

#[tokio::test]
async fn a_turn_can_be_cancelled_and_then_has_a_record_without_a_reply() {
    let (options, _gate) = gated(options());
    let gateway = Gateway::start(options).await;
    let conversation = gateway.conversation().await;
    let response = followed(&gateway, &conversation, QUESTION).await;
    let turn = header(&response, "x-groundwire-turn-id");
    let cancel = format!("/api/turns/{turn}/cancel");
    assert_eq!(json(gateway.post(&cancel, &json!({})), 202).await["status"], "cancelling");
    let sent = events(&response.text().await.expect("a stream"));
    assert_eq!(sent.last().expect("events").event, "turn.cancelled");
    assert_eq!(sent.last().expect("events").data, "{}");
    let record = json(gateway.get(&format!("/api/turns/{turn}")), 200).await;
    assert_eq!(record["outcome"], "cancelled");
    assert_eq!(record["text"], "");
    // Whether the place of the turn is free again a moment later or now, the turn has ended.
    let id: TurnId = turn.parse().expect("an id");
    if let Some(running) = gateway.app.engine.running().get(Caller::local().subject(), id) {
        assert_eq!(
            running.journal.entries().last().map(|entry| entry.event.clone()),
            Some(TurnEvent::TurnCancelled {})
        );
    }
}

#[tokio::test]
async fn a_last_event_id_that_is_no_number_is_refused() {
    let gateway = Gateway::start(options()).await;
    let turn = text(&gateway.turn("hello").await["id"]);
    let request = gateway.get(&format!("/api/turns/{turn}/events")).header("Last-Event-ID", "latest");
    assert_eq!(refused(request, 400).await.0, "invalid_header");
    let unknown = gateway.get("/api/turns/01939c5e-0000-7000-8000-000000000001/events");
    assert_eq!(refused(unknown, 404).await.0, "turn_not_found");
}
