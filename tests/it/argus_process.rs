//! `groundwire mcp argus` as an agent starts it: a process, pipes, variables. What comes out of
//! standard output, which exit code a refused start has, pages to their end, and failures that
//! hold no data. The backend is the simulated Argus.

use std::collections::BTreeSet;
use std::process::Stdio;

use groundwire::sandbox::Simulators;
use groundwire::sim::argus::DEFAULT_SEED;
use groundwire::sim::clock::SimClock;
use groundwire::sim::clock::Sleeper;
use groundwire::sim::faults::Fault;
use groundwire::sim::faults::FaultKind;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::io::Lines;
use tokio::process::Child;
use tokio::process::ChildStdin;
use tokio::process::ChildStdout;
use tokio::process::Command;
use tokio::task::JoinHandle;

use crate::support::install_tls;

const FULL: &str = "15a6/1/sim-full";

async fn simulators() -> Simulators {
    install_tls();
    let clock = SimClock::standing_at("2026-02-09T08:15:30Z".parse().expect("a time"));
    Simulators::start(DEFAULT_SEED, clock, Sleeper::real()).await.expect("simulators start")
}

/// The server with pipes to it.
struct Server {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    errors: JoinHandle<String>,
    asked: u64,
}

/// What is left when the server has ended.
struct Ended {
    code: Option<i32>,
    /// Lines of standard output that nobody had read.
    out: Vec<String>,
    err: String,
}

impl Server {
    /// Starts without waiting for anything.
    fn spawn(url: &str, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_groundwire"))
            .args(["mcp", "argus"])
            .env_clear()
            .env("ARGUS_API_URL", url)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the server starts");
        let input = child.stdin.take().expect("input is piped");
        let output = BufReader::new(child.stdout.take().expect("output is piped")).lines();
        let mut stderr = child.stderr.take().expect("errors are piped");
        let errors = tokio::spawn(async move {
            let mut text = String::new();
            stderr.read_to_string(&mut text).await.expect("UTF-8");
            text
        });
        Self { child, input, output, errors, asked: 0 }
    }

    /// Starts and greets.
    async fn start(url: &str, variables: &[(&str, &str)]) -> Self {
        let mut server = Self::spawn(url, variables);
        let greeting = json!({"protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"}});
        let answer = server.request("initialize", greeting).await;
        assert_eq!(answer["result"]["serverInfo"]["name"], "argus-api-mcp-server-stdio");
        assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
        server.write(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string()).await;
        server
    }

    async fn write(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.expect("the server reads");
    }

    /// Sends without waiting; gives the id.
    async fn send(&mut self, method: &str, params: Value) -> u64 {
        self.asked += 1;
        let id = self.asked;
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()).await;
        id
    }

    /// The next frame; anything else on standard output ends the test.
    async fn frame(&mut self) -> Value {
        let line = self.output.next_line().await.expect("UTF-8").expect("the server goes on");
        frame(&line)
    }

    async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params).await;
        let answer = self.frame().await;
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    /// The result of a call: its object, and whether it is an error.
    async fn call(&mut self, tool: &str, arguments: Value) -> (bool, Value) {
        let answer = self.request("tools/call", json!({"name": tool, "arguments": arguments})).await;
        let result = &answer["result"];
        (result["isError"] == json!(true), result["structuredContent"].clone())
    }

    /// The kind of a failure, which holds no data.
    async fn failure(&mut self, tool: &str, arguments: Value) -> String {
        let (is_error, value) = self.call(tool, arguments).await;
        assert!(is_error && value.get("data").is_none(), "{value}");
        let message = value["error"]["message"].as_str().expect("a message");
        assert!(message.contains("No Argus data was obtained"), "{message}");
        value["error"]["kind"].as_str().expect("a kind").to_owned()
    }

    /// Closes the input and waits for the end.
    async fn end(mut self) -> Ended {
        drop(self.input);
        let mut out = Vec::new();
        while let Some(line) = self.output.next_line().await.expect("UTF-8") {
            out.push(line);
        }
        let code = self.child.wait().await.expect("ended").code();
        Ended { code, out, err: self.errors.await.expect("read to the end") }
    }
}

fn frame(line: &str) -> Value {
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert_eq!(value["jsonrpc"], "2.0", "{line}");
    value
}

fn names(answer: &Value) -> Vec<String> {
    let tools = answer["result"]["tools"].as_array().expect("a list");
    tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn standard_output_holds_frames_only_however_much_is_logged() {
    let simulators = simulators().await;
    let variables = [("ARGUS_API_KEY", "  15a6/1/sim-full\n"), ("ARGUS_MCP_LOG", "trace")];
    let mut server = Server::start(simulators.argus_url(), &variables).await;
    let listed = names(&server.request("tools/list", json!({})).await);
    assert_eq!(listed.len(), 59);
    assert!(!listed.contains(&"getArgusCase".to_owned()), "aliases are not listed");
    let (is_error, value) = server.call("getArgusCase", json!({"id": 4_120_771})).await;
    assert!(!is_error && value["data"]["id"] == 4_120_771, "names of tools and fields have aliases: {value}");
    server.write("this is not a frame").await;
    server.write("{\"jsonrpc\":\"2.0\",\"id\":").await;
    // What is no frame may be answered with an error without an id, or passed over.
    let tags = json!({"name": "getArgusCaseTags", "arguments": {"caseID": 4_120_771}});
    let id = server.send("tools/call", tags).await;
    let mut answer = server.frame().await;
    while answer["id"] != id {
        assert!(answer["error"].is_object(), "{answer}");
        answer = server.frame().await;
    }
    assert_eq!(answer["result"]["isError"], false, "goes on after lines that are no frames");
    let unknown = server.request("tools/call", json!({"name": "closeCase", "arguments": {}})).await;
    assert_eq!(unknown["error"]["code"], -32602);
    let ended = server.end().await;
    assert_eq!(ended.code, Some(0));
    ended.out.iter().for_each(|line| drop(frame(line)));
    assert!(ended.err.contains("argus-mcp: session ok user-key=15a6/1 method=APIKEY"), "{}", ended.err);
    assert!(ended.err.contains("TRACE"), "the log is at its highest level");
    assert!(!ended.err.contains("sim-full"), "the secret part of the key is nowhere");
}

#[tokio::test]
async fn tools_are_chosen_and_renamed_by_variables() {
    let simulators = simulators().await;
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = folder.path().join("names.json");
    std::fs::write(&file, json!({"getArgusCaseByID": "caseByNumber"}).to_string()).expect("written");
    let variables = [
        ("ARGUS_API_KEY", FULL),
        ("ARGUS_MCP_TOOLS", "case,getEventLineage"),
        ("ARGUS_MCP_TOOL_NAMES", file.to_str().expect("UTF-8")),
    ];
    let mut server = Server::start(simulators.argus_url(), &variables).await;
    let listed = names(&server.request("tools/list", json!({})).await);
    assert_eq!(listed.len(), 13, "{listed:?}");
    assert!(listed.contains(&"caseByNumber".to_owned()) && !listed.contains(&"getArgusCaseByID".to_owned()));
    for name in ["caseByNumber", "getArgusCaseByID"] {
        let (is_error, value) = server.call(name, json!({"caseID": 4_120_771})).await;
        assert!(!is_error && value["data"]["id"] == 4_120_771, "{name}: {value}");
    }
    assert_eq!(server.end().await.code, Some(0));
}

/// Starts a server that must not serve; gives its exit code and its only line.
async fn refused(url: &str, variables: &[(&str, &str)]) -> (i32, String) {
    let ended = Server::spawn(url, variables).end().await;
    assert_eq!(ended.out, Vec::<String>::new(), "nothing on standard output");
    let lines: Vec<&str> = ended.err.lines().collect();
    assert_eq!(lines.len(), 1, "{}", ended.err);
    for secret in ["sim-full", "sim-expired", "sim-wrongnet"] {
        assert!(!ended.err.contains(secret), "{}", ended.err);
    }
    (ended.code.expect("an exit code"), lines[0].to_owned())
}

#[tokio::test]
async fn a_start_that_is_refused_is_one_line_and_its_exit_code() {
    let simulators = simulators().await;
    let url = simulators.argus_url();
    let missing = (2, "argus-mcp: ARGUS_API_KEY is not set".to_owned());
    assert_eq!(refused(url, &[]).await, missing);
    assert_eq!(refused(url, &[("ARGUS_API_KEY", " \n")]).await, missing);
    assert!(simulators.argus.requests().is_empty(), "without a key nobody is asked");
    for (key, words) in [("15a6/4/sim-expired", "has expired"), ("15a6/5/sim-wrongnet", "not valid from this address")]
    {
        let (code, line) = refused(url, &[("ARGUS_API_KEY", key)]).await;
        assert_eq!(code, 3, "{line}");
        assert!(line.starts_with("argus-mcp: session check failed: 401 ") && line.contains(words), "{line}");
    }
    let down = [("ARGUS_API_KEY", FULL), ("ARGUS_API_MAX_RETRIES", "0")];
    let faults = [
        (Fault::new("/authentication", FaultKind::Status).status(503), "session check failed: "),
        (Fault::new("/authentication", FaultKind::Status).status(404), "unexpected answer 404"),
        (Fault::new("/authentication", FaultKind::Html), "unexpected answer 502"),
        (Fault::new("/authentication", FaultKind::Close), "session check failed: "),
    ];
    for (fault, words) in faults {
        simulators.argus.faults().set(vec![fault]);
        let (code, line) = refused(url, &down).await;
        assert_eq!(code, 4, "{line}");
        assert!(line.starts_with("argus-mcp: session check failed: ") && line.contains(words), "{line}");
    }
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = format!("http://{}", closed.local_addr().expect("its address"));
    drop(closed);
    assert_eq!(refused(&nobody, &down).await.0, 4);
}

#[tokio::test]
async fn comments_come_in_pages_that_join_up_to_the_end() {
    let simulators = simulators().await;
    let mut server = Server::start(simulators.argus_url(), &[("ARGUS_API_KEY", FULL)]).await;
    let (mut offset, mut seen, mut ids, mut pages) = (0, 0, BTreeSet::new(), Vec::new());
    loop {
        let arguments = json!({"caseID": 4_120_802, "limit": 50, "offset": offset});
        let (is_error, value) = server.call("getArgusCaseComments", arguments).await;
        assert!(!is_error, "{value}");
        let items = value["data"].as_array().expect("a list");
        seen += items.len();
        ids.extend(items.iter().map(|item| item["id"].to_string()));
        let page = &value["page"];
        pages.push(json!([page["size"], page["nextOffset"], page["stop"]]));
        match page["nextOffset"].as_u64() {
            Some(next) => offset = next,
            None => break,
        }
    }
    assert_eq!(json!(pages), json!([[50, 50, false], [50, 100, false], [30, null, true]]));
    assert_eq!((seen, ids.len()), (130, 130), "no item twice or missing");
    let past = json!({"caseID": 4_120_802, "limit": 50, "offset": 200});
    let (_, value) = server.call("getArgusCaseComments", past).await;
    assert_eq!((&value["page"]["reason"], &value["page"]["stop"]), (&json!("OFFSET_BEYOND_END"), &json!(true)));
    simulators.argus.faults().set(vec![Fault::new("/cases", FaultKind::CountSkip)]);
    for (offset, stop, reason) in [(0, false, "MORE_RESULTS_POSSIBLE"), (100, true, "LAST_PAGE")] {
        let arguments = json!({"caseID": 4_120_802, "limit": 50, "offset": offset});
        let (_, value) = server.call("getArgusCaseComments", arguments).await;
        assert_eq!(value["page"]["count"], Value::Null, "an unknown number is not given");
        assert_eq!((&value["page"]["stop"], &value["page"]["reason"]), (&json!(stop), &json!(reason)));
    }
    simulators.argus.faults().set(vec![Fault::new("/cases", FaultKind::Empty)]);
    let (is_error, value) = server.call("getArgusCaseComments", json!({"caseID": 4_120_802})).await;
    assert_eq!((is_error, &value["data"], &value["page"]["reason"]), (false, &json!([]), &json!("NO_RESULTS")));
    assert_eq!(server.end().await.code, Some(0));
}

#[tokio::test]
async fn what_argus_refuses_is_asked_once_and_holds_no_data() {
    let simulators = simulators().await;
    let argus = &simulators.argus;
    let mut server = Server::start(simulators.argus_url(), &[("ARGUS_API_KEY", FULL)]).await;
    let case = json!({"caseID": 4_120_771});
    let refusals = [
        (401, "AUTHENTICATION_FAILED"),
        (403, "ACCESS_DENIED"),
        (404, "NOT_FOUND"),
        (412, "VALIDATION_FAILED"),
        (422, "UNPROCESSABLE"),
    ];
    for (status, kind) in refusals {
        argus.faults().set(vec![Fault::new("/cases", FaultKind::Status).status(status)]);
        let before = argus.requests().len();
        assert_eq!(server.failure("getArgusCaseByID", case.clone()).await, kind);
        assert_eq!(argus.requests().len(), before + 1, "{status} is not tried again");
    }
    argus.faults().clear();
    let used_up = json!({"request": {"query": "quota.example"}});
    let (_, value) = server.call("executeSearchArgusPassiveDNS", used_up).await;
    assert_eq!((&value["error"]["kind"], &value["error"]["retryAfterMs"]), (&json!("RESOURCE_LIMIT"), &json!(41_000)));
    assert_eq!(server.end().await.code, Some(0));

    let variables = [("ARGUS_API_KEY", FULL), ("ARGUS_API_MAX_RETRIES", "0"), ("ARGUS_API_TIMEOUT", "1")];
    let mut server = Server::start(simulators.argus_url(), &variables).await;
    let broken = [
        (FaultKind::Truncate, "BAD_RESPONSE"),
        (FaultKind::Html, "BAD_RESPONSE"),
        (FaultKind::Timeout, "TIMEOUT"),
        (FaultKind::Close, "NETWORK_ERROR"),
    ];
    for (fault, kind) in broken {
        argus.faults().set(vec![Fault::new("/cases", fault)]);
        assert_eq!(server.failure("getArgusCaseByID", case.clone()).await, kind);
    }
    assert_eq!(server.end().await.code, Some(0));
}

#[tokio::test]
async fn a_call_in_flight_is_answered_after_the_input_has_closed() {
    let simulators = simulators().await;
    let mut server = Server::start(simulators.argus_url(), &[("ARGUS_API_KEY", FULL)]).await;
    let mut slow = Fault::new("/cases", FaultKind::Latency);
    slow.delay_ms = Some(200);
    simulators.argus.faults().set(vec![slow]);
    let id = server.send("tools/call", json!({"name": "getArgusCaseByID", "arguments": {"caseID": 4_120_771}})).await;
    let ended = server.end().await;
    assert_eq!((ended.code, ended.out.len()), (Some(0), 1));
    let answer = frame(&ended.out[0]);
    assert_eq!((&answer["id"], &answer["result"]["structuredContent"]["data"]["id"]), (&json!(id), &json!(4_120_771)));
}
