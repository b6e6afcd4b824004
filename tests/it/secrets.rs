//! The secrets of a running gateway — keys of both backends, of the model, and an API token — are
//! in nothing that it writes or says: logs at their most talkative, answers, errors, records,
//! exports, metrics, the database. Even when a backend repeats its key in an error. So it is with
//! keys that callers bring with their requests.

use std::fs::File;
use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use groundwire::clock::SystemClock;
use groundwire::engine::ports::Clock;
use groundwire::sandbox::Simulators;
use groundwire::sim::argus::DEFAULT_SEED;
use groundwire::sim::clock::SimClock;
use groundwire::sim::clock::Sleeper;
use groundwire::sim::faults::Fault;
use groundwire::sim::faults::FaultKind;
use serde_json::Value;
use serde_json::json;

use crate::support::install_tls;

/// What backends, model and configuration hold, by the file that the configuration refers to.
const SECRETS: [(&str, &str, &str); 3] = [
    ("argus.key", "15a6/1/sim-full", "sim-full"),
    ("sysdig.token", "tok-full", "tok-full"),
    ("model.key", "sk-of-the-model-7f3a", "sk-of-the-model-7f3a"),
];

struct Gateway {
    child: Child,
    base: String,
    token: String,
    http: reqwest::Client,
    /// All that was answered.
    said: Vec<String>,
    /// Whether each request brings the keys of the backends.
    brings: bool,
}

impl Gateway {
    fn start(folder: &Path, brings: bool) -> Self {
        let binary = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_groundwire"));
            command.current_dir(folder).stdin(Stdio::null());
            command
        };
        let created = binary().args(["token", "create", "--name", "one", "--role", "engineer"]).output().expect("runs");
        let created = String::from_utf8(created.stdout).expect("UTF-8");
        let token = created.split_whitespace().find(|word| word.starts_with("gw_")).expect("a token").to_owned();
        let log = File::create(folder.join("stderr.log")).expect("a file");
        let mut child = binary().arg("serve").stdout(Stdio::piped()).stderr(log).spawn().expect("the gateway starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("standard output is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        let base = line.split_whitespace().last().expect("a URL").to_owned();
        Self { child, base, token, http: reqwest::Client::new(), said: vec![line], brings }
    }

    /// Sends, keeps headers and body, and gives the body as JSON.
    async fn send(&mut self, mut request: reqwest::RequestBuilder) -> Value {
        if self.brings {
            request = request.header("Argus-API-Key", SECRETS[0].1).header("X-Sysdig-Token", SECRETS[1].1);
        }
        let response = request.bearer_auth(&self.token).send().await.expect("answered");
        self.said.push(format!("{:?}", response.headers()));
        let text = response.text().await.expect("a body");
        let value = serde_json::from_str(&text).unwrap_or(Value::Null);
        self.said.push(text);
        value
    }

    async fn get(&mut self, path: &str) -> Value {
        self.send(self.http.get(format!("{}{path}", self.base))).await
    }

    async fn post(&mut self, path: &str, body: Value) -> Value {
        self.send(self.http.post(format!("{}{path}", self.base)).json(&body)).await
    }

    /// Asks by every way in and reads all that is kept of it; gives the turn.
    async fn ask(&mut self, message: &str) -> Value {
        let conversation = self.post("/api/conversations", json!({})).await["id"].as_str().expect("an id").to_owned();
        let turns = format!("/api/conversations/{conversation}/turns");
        let turn = self.post(&turns, json!({ "message": message })).await;
        let id = turn["id"].as_str().unwrap_or_else(|| panic!("{turn}"));
        let whole = self.get(&format!("/api/turns/{id}")).await;
        for result in whole["results"].as_array().into_iter().flatten() {
            self.get(&format!("/api/results/{}", result["id"].as_str().expect("an id"))).await;
        }
        self.send(self.http.get(format!("{}/api/turns/{id}/events", self.base))).await;
        for format in ["json", "markdown"] {
            self.get(&format!("/api/conversations/{conversation}/export?format={format}")).await;
        }
        let chat = json!({"model": "groundwire", "messages": [{"role": "user", "content": message}]});
        self.post("/v1/chat/completions", chat).await;
        turn
    }

    fn stop(&mut self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(asked.success());
        assert_eq!(self.child.wait().expect("ended").code(), Some(0));
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn write_config(folder: &Path, simulators: &Simulators, brought: bool) {
    for (file, whole, _) in SECRETS {
        std::fs::write(folder.join(file), whole).expect("written");
    }
    let own = |name: &str, file: &str| {
        if brought { String::new() } else { format!(", {name} = {{ file = \"{file}\" }}") }
    };
    let options = if brought { "options.credentials.from = \"caller\"\n" } else { "" };
    let (argus_key, sysdig_token) = (own("ARGUS_API_KEY", "argus.key"), own("SYSDIG_MCP_API_TOKEN", "sysdig.token"));
    let config = format!(
        "[server]\nport = 0\nshutdown_grace_seconds = 2\n\
         [store]\nurl = \"sqlite:groundwire.db\"\n\
         [auth]\nmode = \"token\"\n\
         [models.sim]\nbase_url = \"{model}/v1\"\nmodel = \"sim/honest\"\napi_key = {{ file = \"model.key\" }}\n\
         roles = [\"draft\", \"judge\", \"route\"]\n\
         [mcp.servers.argus]\ntransport = \"embedded\"\nserver = \"argus\"\n\
         settings = {{ ARGUS_API_URL = \"{argus}\", ARGUS_API_MAX_RETRIES = \"0\"{argus_key} }}\n{options}\
         [mcp.servers.sysdig]\ntransport = \"embedded\"\nserver = \"sysdig\"\n\
         settings = {{ SYSDIG_MCP_API_HOST = \"{sysdig}\"{sysdig_token} }}\n{options}\
         [telemetry]\nlog = \"trace\"\n",
        model = simulators.model_url(),
        argus = simulators.argus_url(),
        sysdig = simulators.sysdig_url(),
    );
    std::fs::write(folder.join("groundwire.toml"), config).expect("the configuration is written");
}

/// Whether a text stands anywhere in these bytes.
fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_in_anything_that_a_gateway_says_or_keeps() {
    nothing_tells_secrets(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_that_callers_bring_is_in_anything_that_a_gateway_says_or_keeps() {
    nothing_tells_secrets(true).await;
}

async fn nothing_tells_secrets(brought: bool) {
    install_tls();
    // The gateway is a process with the real time; the world's recent events are those of now.
    let system = SystemClock::new();
    let clock = SimClock::new(move || system.now());
    let simulators = Simulators::start(DEFAULT_SEED, clock, Sleeper::real()).await.expect("simulators start");
    let folder = tempfile::tempdir().expect("temporary folder");
    write_config(folder.path(), &simulators, brought);
    let mut gateway = Gateway::start(folder.path(), brought);
    let question = "Show me the open cases for Nordfjord";
    for question in [question, "List the runtime events of the last 2 hours"] {
        let turn = gateway.ask(question).await;
        assert_eq!(turn["outcome"], "answered", "{turn}");
    }
    for status in [401, 403, 412, 500] {
        // Each repeats what it was sent.
        let refused = |secret: &str| {
            let message = json!({"type": "ACTION_ERROR", "message": format!("refused: {secret}")});
            let body = json!({"responseCode": status, "messages": [message], "data": null});
            vec![Fault::new("/", FaultKind::Status).status(status).body(body)]
        };
        simulators.argus.faults().set(refused("15a6/1/sim-full"));
        simulators.sysdig.faults().set(refused("tok-full"));
        let turn = gateway.ask("What is the status of case 4120771?").await;
        assert_eq!(turn["outcome"], "tool_failed", "{turn}");
        let turn = gateway.ask("List the runtime events of the last 2 hours").await;
        assert_eq!(turn["outcome"], "tool_failed", "{turn}");
    }
    for path in ["/api/tools", "/api/models", "/api/tokens", "/metrics", "/readyz", "/healthz", "/openapi.json"] {
        gateway.get(path).await;
    }
    gateway.post("/api/models/sim/probe", json!({})).await;
    gateway.stop();
    let show = Command::new(env!("CARGO_BIN_EXE_groundwire"))
        .args(["config", "show"])
        .current_dir(folder.path())
        .output()
        .expect("runs");
    let mut kept: Vec<(String, Vec<u8>)> = vec![("config show".to_owned(), [show.stdout, show.stderr].concat())];
    for entry in std::fs::read_dir(folder.path()).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("UTF-8");
        if SECRETS.iter().all(|(file, _, _)| *file != name) {
            kept.push((name, std::fs::read(entry.path()).expect("read")));
        }
    }
    kept.extend(gateway.said.iter().map(|text| ("an answer".to_owned(), text.clone().into_bytes())));
    // The search sees into each kind of place.
    let sees = |place: &str, text: &str| kept.iter().any(|(name, bytes)| name.starts_with(place) && holds(bytes, text));
    assert!(sees("groundwire.db", question) && sees("an answer", question) && sees("config show", "model.key"));
    assert!(sees("stderr.log", "TRACE") && sees("stderr.log", "argus tool call failed"));
    let token = gateway.token.rsplit('_').next().expect("its last part").to_owned();
    let secrets = SECRETS.iter().map(|(_, _, secret)| (*secret).to_owned()).chain([token]);
    for secret in secrets {
        for (name, bytes) in &kept {
            if let Some(at) = bytes.windows(secret.len()).position(|window| window == secret.as_bytes()) {
                let around = String::from_utf8_lossy(&bytes[at.saturating_sub(300)..at]).into_owned();
                panic!("a secret is in {name}, after {around}");
            }
        }
    }
}
