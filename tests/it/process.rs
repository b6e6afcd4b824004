//! The gateway as a process: killed in the middle of turns, started again, told to stop,
//! run on a database that is locked, read-only or full. No turn may be half there, and no
//! answer may have been shown that is not stored.

use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use eventsource_stream::Eventsource;
use futures::StreamExt;
use groundwire::sandbox::Simulators;
use groundwire::sim::argus::DEFAULT_SEED;
use groundwire::sim::clock::SimClock;
use groundwire::sim::clock::Sleeper;
use serde_json::Value;
use serde_json::json;

use crate::support::install_tls;

const QUESTION: &str = "Show me the open cases for Nordfjord";

struct Gateway {
    child: Child,
    base: String,
    http: reqwest::Client,
}

impl Gateway {
    /// Starts `groundwire serve` with the configuration of `folder` and waits until it listens.
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_groundwire"))
            .args(["serve", "--config", "groundwire.toml"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the gateway starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("standard output is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        let base = line.split_whitespace().last().expect("a URL").to_owned();
        assert!(base.starts_with("http://127.0.0.1:"), "listens on loopback: {line}");
        Self { child, base, http: reqwest::Client::new() }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let response = self.http.get(self.url(path)).send().await.expect("the gateway answers");
        (response.status().as_u16(), response.json().await.unwrap_or(Value::Null))
    }

    async fn conversation(&self) -> String {
        let response = self.http.post(self.url("/api/conversations")).json(&json!({})).send().await;
        let created: Value = response.expect("answered").json().await.expect("JSON");
        created["id"].as_str().expect("an id").to_owned()
    }

    async fn turn(&self, conversation: &str) -> (u16, Value) {
        self.say(conversation, QUESTION).await
    }

    async fn say(&self, conversation: &str, message: &str) -> (u16, Value) {
        self.send(&format!("/api/conversations/{conversation}/turns"), &json!({ "message": message })).await
    }

    async fn send(&self, path: &str, body: &Value) -> (u16, Value) {
        let response = self.http.post(self.url(path)).json(body).send().await.expect("answered");
        (response.status().as_u16(), response.json().await.unwrap_or(Value::Null))
    }

    /// Reads a turn's events until `stop` says so or the stream ends; names in order.
    async fn events(&self, conversation: &str, stop: impl Fn(&str) -> bool) -> Vec<(String, Value)> {
        let path = format!("/api/conversations/{conversation}/turns");
        self.stream(&path, &json!({"message": QUESTION}), stop).await
    }

    /// The same for any request that runs a turn.
    async fn stream(&self, path: &str, body: &Value, stop: impl Fn(&str) -> bool) -> Vec<(String, Value)> {
        let request = self.http.post(self.url(path)).header("accept", "text/event-stream").json(body);
        let response = request.send().await.expect("answered");
        assert_eq!(response.status(), 200);
        let mut stream = response.bytes_stream().eventsource();
        let mut seen = Vec::new();
        while let Some(Ok(event)) = stream.next().await {
            let data = serde_json::from_str(&event.data).unwrap_or(Value::Null);
            let last = stop(&event.event);
            seen.push((event.event, data));
            if last {
                break;
            }
        }
        seen
    }

    fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// SIGTERM, then waits for the end.
    fn stop(mut self) -> Option<i32> {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(asked.success());
        self.child.wait().expect("ended").code()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Only for a test that fails half-way; a process that has ended is left alone.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

async fn simulators() -> Simulators {
    install_tls();
    let clock = SimClock::standing_at("2026-02-09T08:15:30Z".parse().expect("a time"));
    Simulators::start(DEFAULT_SEED, clock, Sleeper::real()).await.expect("simulators start")
}

fn write_config(folder: &Path, simulators: &Simulators, behaviour: &str, store: &str) {
    let config = format!(
        "[server]\nport = 0\nshutdown_grace_seconds = 10\n\
         [store]\nurl = \"{store}\"\n\
         [models.sim]\nbase_url = \"{model}/v1\"\nmodel = \"sim/{behaviour}\"\nroles = [\"draft\", \"judge\", \"route\"]\n\
         [mcp.servers.argus]\ntransport = \"embedded\"\nserver = \"argus\"\n\
         settings = {{ ARGUS_API_URL = \"{argus}\", ARGUS_API_KEY = {{ file = \"argus.key\" }} }}\n\
         [telemetry]\nlog = \"error\"\n",
        model = simulators.model_url(),
        argus = simulators.argus_url(),
    );
    std::fs::write(folder.join("groundwire.toml"), config).expect("the configuration is written");
    std::fs::write(folder.join("argus.key"), "15a6/1/sim-full\n").expect("the key is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_killed_at_any_event_leaves_no_half_turn_and_takes_the_next_question() {
    let simulators = simulators().await;
    let folder = tempfile::tempdir().expect("a folder");
    write_config(folder.path(), &simulators, "slow", "sqlite:groundwire.db");
    let mut conversations: Vec<(String, Vec<(String, Value)>)> = Vec::new();
    for victim in [
        "turn.started",
        "turn.routed",
        "tool.requested",
        "tool.finished",
        "draft.started",
        "check.finished",
        "answer.text",
    ] {
        let gateway = Gateway::start(folder.path());
        let conversation = gateway.conversation().await;
        let seen = gateway.events(&conversation, |name| name == victim).await;
        gateway.kill();
        conversations.push((conversation, seen));
    }
    let gateway = Gateway::start(folder.path());
    for (conversation, seen) in conversations {
        let answered = seen.iter().find(|(name, _)| name == "answer.text");
        let turn = seen.iter().find(|(name, _)| name == "turn.started").and_then(|(_, data)| data["turn_id"].as_str());
        let turn = turn.expect("the turn had started").to_owned();
        let (status, record) = gateway.get(&format!("/api/turns/{turn}")).await;
        match answered {
            // Whatever was shown is stored, whole.
            Some((_, data)) => {
                assert_eq!(status, 200, "a shown answer is stored");
                assert_eq!(record["text"], data["text"]);
            }
            // Nothing was shown: the turn is not there at all, or it is there as a whole.
            None if status == 200 => assert!(record["finished_at"].is_string(), "a stored turn is whole: {record}"),
            None => assert_eq!(status, 404),
        }
        let (status, next) = gateway.turn(&conversation).await;
        assert_eq!(status, 200, "the conversation takes the next question: {next}");
        assert_eq!(next["decision"], "call_tool");
    }
    assert_eq!(gateway.stop(), Some(0));
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_told_to_stop_lets_a_running_turn_finish() {
    let simulators = simulators().await;
    let folder = tempfile::tempdir().expect("a folder");
    write_config(folder.path(), &simulators, "slow", "sqlite:groundwire.db");
    let gateway = Gateway::start(folder.path());
    let conversation = gateway.conversation().await;
    let pid = gateway.child.id().to_string();
    let seen = gateway
        .events(&conversation, |name| {
            if name == "turn.started" {
                Command::new("kill").arg(&pid).status().expect("kill runs");
            }
            false
        })
        .await;
    let last = seen.last().map(|(name, _)| name.as_str());
    assert_eq!(last, Some("answer.finished"), "the turn reaches its end: {seen:?}");
    let mut gateway = gateway;
    let code = tokio::task::spawn_blocking(move || gateway.child.wait().expect("ended").code());
    assert_eq!(tokio::time::timeout(Duration::from_secs(30), code).await.expect("it ends").expect("joined"), Some(0));
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_database_that_takes_no_writes_no_answer_leaves() {
    let simulators = simulators().await;
    let folder = tempfile::tempdir().expect("a folder");
    write_config(folder.path(), &simulators, "honest", "sqlite:groundwire.db");
    let gateway = Gateway::start(folder.path());
    let conversation = gateway.conversation().await;
    let (status, _) = gateway.turn(&conversation).await;
    assert_eq!(status, 200);
    // Another process holds the write lock longer than the gateway waits.
    let locker = sqlx::sqlite::SqlitePoolOptions::new()
        .max_connections(1)
        .connect(&format!("sqlite:{}", folder.path().join("groundwire.db").display()))
        .await
        .expect("the file opens");
    let mut held = locker.acquire().await.expect("a connection");
    sqlx::query("begin immediate").execute(&mut *held).await.expect("the lock is taken");
    let (status, body) = gateway.turn(&conversation).await;
    assert_eq!(status, 503, "refused: {body}");
    assert!(body["error"]["code"].as_str().is_some_and(|code| code.contains("locked")), "names the cause: {body}");
    assert!(!body.to_string().contains("4120771"), "no answer leaves: {body}");
    let (ready, _) = gateway.get("/readyz").await;
    assert_eq!(ready, 503);
    sqlx::query("rollback").execute(&mut *held).await.expect("the lock is free again");
    let (status, _) = gateway.turn(&conversation).await;
    assert_eq!(status, 200, "it goes on once the lock is free");
    assert_eq!(gateway.stop(), Some(0));
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_check_finds_about_a_model_is_shown_by_the_gateway() {
    let simulators = simulators().await;
    let folder = tempfile::tempdir().expect("a folder");
    write_config(folder.path(), &simulators, "thinks", "sqlite:groundwire.db");
    let gateway = Gateway::start(folder.path());
    assert_eq!(gateway.get("/api/models").await.1["items"][0]["probe"], Value::Null);
    let mut check = Command::new(env!("CARGO_BIN_EXE_groundwire"));
    check.args(["check", "--config", "groundwire.toml"]).current_dir(folder.path()).stdin(Stdio::null());
    let checked = tokio::task::spawn_blocking(move || check.output().expect("the check runs")).await.expect("joined");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    // At once: what is in the database counts, not what a gateway found by itself.
    let (_, list) = gateway.get("/api/models").await;
    let probe = &list["items"][0]["probe"];
    assert_eq!((&probe["reachable"], &probe["reasoning_field"]), (&json!(true), &json!("content")), "{list}");
    assert!(probe["at"].is_string());
    assert_eq!(gateway.stop(), Some(0));
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_killed_while_a_confirmed_call_runs_never_makes_it_again() {
    let simulators = simulators().await;
    let folder = tempfile::tempdir().expect("a folder");
    write_config(folder.path(), &simulators, "slow", "sqlite:groundwire.db");
    let path = folder.path().join("groundwire.toml");
    let config = std::fs::read_to_string(&path).expect("the configuration");
    let confirm = "[mcp.servers.argus.options]\nconfirm = [\"getArgusCaseByID\"]\n";
    std::fs::write(&path, format!("{config}{confirm}")).expect("the configuration is written");
    let fetched = || simulators.argus.requests().iter().filter(|r| r["path"].to_string().contains("4120771")).count();
    for victim in ["tool.requested", "tool.finished", "draft.started", "draft.finished"] {
        let so_far = fetched();
        let asked = || fetched() - so_far;
        let gateway = Gateway::start(folder.path());
        let conversation = gateway.conversation().await;
        let (status, turn) = gateway.say(&conversation, "What is the status of case 4120771?").await;
        assert_eq!((status, &turn["outcome"]), (200, &json!("confirmation")), "{turn}");
        let confirm = format!("/api/turns/{}/confirm", turn["id"].as_str().expect("an id"));
        let seen = gateway.stream(&confirm, &json!({"confirm": true}), |name| name == victim).await;
        assert_eq!(seen.last().map(|(name, _)| name.as_str()), Some(victim), "{seen:?}");
        gateway.kill();
        let before = asked();
        assert!(before <= 1, "{victim}: {before}");
        let gateway = Gateway::start(folder.path());
        let (status, body) = gateway.send(&confirm, &json!({"confirm": true})).await;
        assert_eq!((status, &body["error"]["code"]), (409, &json!("nothing_to_confirm")), "{victim}: {body}");
        // Killed a moment too late the turn is there, and nothing asks any more.
        let answer = seen[0].1["turn_id"].as_str().expect("the turn had started");
        let (stored, _) = gateway.get(&format!("/api/turns/{answer}")).await;
        let (status, told) = gateway.say(&conversation, "yes").await;
        assert_eq!((status, told["rule"] == "confirmation_closed"), (200, stored == 404), "{victim}: {told}");
        assert_ne!(told["rule"], "confirmed", "{victim}: {told}");
        assert_eq!(asked(), before, "{victim}");
        assert_eq!(gateway.stop(), Some(0));
    }
    simulators.stop().await;
}
