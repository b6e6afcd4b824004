//! A scripted upstream for the tests of single tools: answers in order and
//! keeps what it was asked. The whole backend is simulated elsewhere.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;

use axum::Router;
use axum::extract::Request;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Response;
use http::HeaderMap;
use http::StatusCode;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

use crate::servers::sysdig::config::SysdigConfig;
use crate::servers::sysdig::credentials;
use crate::servers::sysdig::outcome::ToolError;
use crate::servers::sysdig::scanner::Scanner;
use crate::servers::sysdig::server::Clock;
use crate::servers::sysdig::server::SysdigServer;
use crate::servers::sysdig::tools;

/// One scripted answer.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Reply {
    /// A JSON answer.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, &body.to_string())
    }

    /// Any answer.
    pub fn text(status: u16, body: &str) -> Self {
        Self { status, headers: Vec::new(), body: body.to_owned() }
    }

    /// The same answer with one more header.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Method.
    pub method: String,
    /// Path, still percent-encoded.
    pub path: String,
    /// Query, still percent-encoded.
    pub query: String,
    /// Body.
    pub body: String,
    headers: HeaderMap,
}

impl Seen {
    /// A header as text; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The decoded query.
    pub fn query_pairs(&self) -> BTreeMap<String, String> {
        reqwest::Url::parse(&format!("http://x/?{}", self.query)).unwrap().query_pairs().into_owned().collect()
    }
}

#[derive(Default)]
struct Script {
    replies: VecDeque<Reply>,
    seen: Vec<Seen>,
}

/// A server under test and its scripted upstream.
pub struct Fixture {
    server: SysdigServer,
    config: SysdigConfig,
    script: Arc<Mutex<Script>>,
}

impl Fixture {
    /// Starts with these answers; a request beyond them is answered 418.
    pub async fn start(replies: Vec<Reply>) -> Self {
        Self::start_with(replies, |_| {}).await
    }

    /// As [`Fixture::start`], with changes to the configuration.
    pub async fn start_with(replies: Vec<Reply>, change: impl FnOnce(&mut SysdigConfig)) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let script = Arc::new(Mutex::new(Script { replies: replies.into(), seen: Vec::new() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let mut config = SysdigConfig {
            api_host: Some(format!("http://{address}")),
            api_token: Some(SecretString::from("tok-test")),
            version: "9.9.9".to_owned(),
            ..SysdigConfig::default()
        };
        change(&mut config);
        let now: Timestamp = "2000-01-01T00:00:00Z".parse().unwrap();
        let clock: Clock = Arc::new(move || now);
        let server = SysdigServer::new(config.clone(), config.http_client().unwrap(), clock);
        Self { server, config, script }
    }

    /// The same server with a scanner.
    pub fn with_scanner(mut self, scanner: Scanner) -> Self {
        self.server = self.server.with_scanner(scanner);
        self
    }

    /// Runs one tool with the configured credentials.
    pub async fn call(&self, tool: &str, arguments: Value) -> Result<Value, ToolError> {
        let credentials = credentials::resolve(&self.config, None).unwrap();
        let tool = tools::find(tool).unwrap();
        self.server.run_tool(tool, &credentials, arguments.as_object().unwrap()).await
    }

    /// What the upstream was asked so far.
    pub fn requests(&self) -> Vec<Seen> {
        self.script.lock().unwrap().seen.clone()
    }

    /// Answers after those so far.
    pub fn also(&self, replies: Vec<Reply>) {
        self.script.lock().unwrap().replies.extend(replies);
    }

    /// Base URL of the upstream.
    pub fn host(&self) -> String {
        self.config.api_host.clone().unwrap()
    }

    /// The server, for tests of the MCP side.
    pub fn server(&self) -> SysdigServer {
        self.server.clone()
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let mut script = script.lock().unwrap();
    script.seen.push(Seen {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        body: String::from_utf8(body.to_vec()).unwrap(),
        headers: parts.headers,
    });
    let Some(reply) = script.replies.pop_front() else {
        return StatusCode::IM_A_TEAPOT.into_response();
    };
    let mut response = (StatusCode::from_u16(reply.status).unwrap(), reply.body).into_response();
    for (name, value) in reply.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
