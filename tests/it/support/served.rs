//! An embedded MCP server over HTTP as a real process, with everything logged that can be
//! logged, and what is said to it.

use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::thread::JoinHandle;

use eventsource_stream::Eventsource;
use futures::Stream;
use futures::StreamExt;
use reqwest::RequestBuilder;
use reqwest::Response;
use serde_json::Value;
use serde_json::json;

/// What no log line and no answer may hold: parts of all keys and tokens of these tests.
pub(crate) const SECRETS: [&str; 6] =
    ["sim-full", "sim-nordfjord", "tok-full", "tok-events", "tok-monitor", "tok-of-nobody"];

/// The server as a process.
pub(crate) struct Served {
    child: Child,
    reading: Option<JoinHandle<Vec<String>>>,
    /// Where it listens, as it says.
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
}

impl Served {
    /// Starts a command that says where it listens in a line that begins like this.
    pub(crate) fn spawn(mut command: Command, line: &'static str) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let (told, listening) = std::sync::mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().expect("standard error is piped"));
        let reading = std::thread::spawn(move || {
            let mut lines = Vec::new();
            for said in stderr.lines().map_while(Result::ok) {
                if let Some(url) = said.strip_prefix(line) {
                    let _ = told.send(url.to_owned());
                }
                lines.push(said);
            }
            lines
        });
        let url = listening.recv().expect("it says where it listens");
        Self { child, reading: Some(reading), url, http: reqwest::Client::new() }
    }

    /// The address of another path.
    pub(crate) fn at(&self, path: &str) -> String {
        let mut url = reqwest::Url::parse(&self.url).expect("a URL");
        url.set_path(path);
        url.to_string()
    }

    /// A message to the endpoint, without a credential.
    pub(crate) fn message(&self, body: &Value) -> RequestBuilder {
        self.http.post(&self.url).header("accept", "application/json, text/event-stream").json(body)
    }

    /// Opens a session with these headers and returns its id.
    pub(crate) async fn session_with(&self, headers: &[(&str, &str)]) -> String {
        let with = |request: RequestBuilder| {
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
        };
        let opened = with(self.message(&initialize())).send().await.expect("an answer");
        assert_eq!(opened.status(), 200);
        let id = opened.headers()["mcp-session-id"].to_str().expect("an id").to_owned();
        let ready = self.message(&initialized()).header("mcp-session-id", &id);
        assert_eq!(with(ready).send().await.expect("an answer").status(), 202);
        id
    }

    /// SIGTERM; the exit code and all of standard error, which holds no secret.
    pub(crate) fn stop(self) -> (Option<i32>, Vec<String>) {
        self.stop_by("TERM")
    }

    /// As [`Served::stop`], by a signal of this name.
    pub(crate) fn stop_by(mut self, signal: &str) -> (Option<i32>, Vec<String>) {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-s", signal, &pid]).status().expect("kill runs");
        assert!(asked.success());
        let code = self.child.wait().expect("ended").code();
        let lines = self.reading.take().expect("it is read").join().expect("read to the end");
        let told: Vec<&String> = lines.iter().filter(|line| SECRETS.iter().any(|part| line.contains(part))).collect();
        assert!(told.is_empty(), "{told:#?}");
        let out = std::io::read_to_string(self.child.stdout.take().expect("standard output is piped"));
        assert_eq!(out.expect("UTF-8"), "", "nothing belongs on standard output");
        (code, lines)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Only for a test that fails half-way; a process that has ended is left alone.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The first message of a client.
pub(crate) fn initialize() -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}})
}

/// The second.
pub(crate) fn initialized() -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
}

/// The message of an answer: plain JSON, or the one in a stream.
pub(crate) async fn answer(response: Response) -> Value {
    let status = response.status();
    let body = response.text().await.expect("a body");
    assert!(!SECRETS.iter().any(|part| body.contains(part)), "{body}");
    let data = body.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim).find(|data| !data.is_empty());
    let text = data.unwrap_or(&body);
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{status}: {error}: {body}"))
}

/// Opens a stream of HTTP+SSE; where to post, as it says, and what comes.
pub(crate) async fn open(request: RequestBuilder) -> (String, impl Stream<Item = (String, String)> + Unpin + use<>) {
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let mut url = response.url().clone();
    let events = response.bytes_stream().eventsource();
    let mut events = events
        .take_while(|event| std::future::ready(event.is_ok()))
        .filter_map(async |event| {
            let event = event.ok()?;
            Some((event.event, event.data))
        })
        .boxed();
    let (name, told) = events.next().await.expect("the first event");
    assert_eq!(name, "endpoint");
    let (path, query) = told.split_once('?').expect("a session");
    url.set_path(path);
    url.set_query(Some(query));
    (url.to_string(), events)
}

/// The next message of a stream.
pub(crate) async fn said(events: &mut (impl Stream<Item = (String, String)> + Unpin)) -> Value {
    let (name, data) = events.next().await.expect("a message");
    assert_eq!(name, "message");
    assert!(!SECRETS.iter().any(|part| data.contains(part)), "{data}");
    serde_json::from_str(&data).expect("JSON")
}
