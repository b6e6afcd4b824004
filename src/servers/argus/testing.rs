//! Test support: a small HTTP stub that records requests and answers in order,
//! and an MCP client that talks to the server in process.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::Method;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::response::Response;
use reqwest::Url;
use rmcp::RoleClient;
use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResult;
use rmcp::model::ClientCapabilities;
use rmcp::model::ClientConfig;
use rmcp::model::Implementation;
use rmcp::model::ProtocolVersion;
use rmcp::service::RunningService;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::config::ApiKey;
use crate::servers::argus::config::ArgusConfig;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Rule;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::schema::sort_values;
use crate::servers::argus::server::ArgusServer;

/// The key of all tests; its last part must appear in no output.
pub(crate) const KEY: &str = "15a6/1/test-secret-part";

/// 2026-02-09T08:15:30Z, the time of all tests.
const NOW_MS: i64 = 1_770_624_930_000;

/// A request as the stub saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Seen {
    pub(crate) fn line(&self) -> String {
        match self.query.as_str() {
            "" => format!("{} {}", self.method, self.path),
            query => format!("{} {}?{query}", self.method, self.path),
        }
    }
}

/// What the stub answers.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Reply {
    pub(crate) fn raw(status: u16, body: impl Into<String>) -> Self {
        let body = body.into();
        Self { status, headers: vec![("content-type", "application/json".to_owned())], body }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// A single object.
    pub(crate) fn object(data: Value) -> Self {
        let body = json!({
            "responseCode": 200, "limit": 0, "offset": 0, "count": 0, "size": 0,
            "metaData": {}, "messages": [], "data": data,
        });
        Self::raw(200, body.to_string())
    }

    /// A page of a list.
    pub(crate) fn list(items: Value, offset: u64, limit: u64, count: i64) -> Self {
        let size = items.as_array().map_or(0, Vec::len);
        let body = json!({
            "responseCode": 200, "limit": limit, "offset": offset, "count": count, "size": size,
            "metaData": {}, "messages": [], "data": items,
        });
        Self::raw(200, body.to_string())
    }

    /// An error in the envelope.
    pub(crate) fn error(status: u16, message: Value) -> Self {
        let body = json!({
            "responseCode": status, "limit": 0, "offset": 0, "count": 0, "size": 0,
            "metaData": {}, "messages": [message], "data": null,
        });
        Self::raw(status, body.to_string())
    }
}

#[derive(Clone)]
struct Script {
    seen: Arc<Mutex<Vec<Seen>>>,
    replies: Arc<Vec<Reply>>,
}

/// A running stub; the last reply is repeated.
pub(crate) struct Stub {
    pub(crate) url: Url,
    script: Script,
    pauses: Arc<Mutex<Vec<Duration>>>,
}

impl Stub {
    pub(crate) async fn start(replies: Vec<Reply>) -> Self {
        // Only the first call of the process can succeed; the others find it done.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let script = Script { seen: Arc::default(), replies: Arc::new(replies) };
        let app = Router::new().fallback(answer).with_state(script.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url: Url::parse(&format!("http://{address}")).unwrap(), script, pauses: Arc::default() }
    }

    pub(crate) fn config(&self) -> ArgusConfig {
        let clock = Arc::new(|| jiff::Timestamp::from_millisecond(NOW_MS).unwrap());
        let mut config = ArgusConfig::new(clock);
        config.api_key = ApiKey::parse(KEY);
        config.api_url = self.url.clone();
        config.portal_url = "https://portal.argus.example".to_owned();
        let pauses = Arc::clone(&self.pauses);
        config.sleep = Arc::new(move |pause| {
            pauses.lock().unwrap().push(pause);
            Box::pin(std::future::ready(()))
        });
        config
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.script.seen.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().iter().map(Seen::line).collect()
    }

    /// Pauses made between tries, in whole seconds.
    pub(crate) fn pauses(&self) -> Vec<u64> {
        self.pauses.lock().unwrap().iter().map(Duration::as_secs).collect()
    }

    /// Calls a tool through a real MCP session.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> CallToolResult {
        let client = connect(self.config()).await;
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        let call = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let result = client.call_tool(call).await.unwrap();
        client.cancel().await.unwrap();
        let printed = serde_json::to_string(&result).unwrap();
        assert!(!printed.contains("test-secret-part"), "{printed}");
        result
    }

    /// Calls a tool and returns its object, which text and structured content share.
    pub(crate) async fn data(&self, tool: &str, arguments: Value) -> Value {
        let result = self.call(tool, arguments).await;
        let value = structured(&result);
        assert_eq!(result.is_error, Some(false), "{value}");
        value
    }

    /// Calls a tool that must fail and returns its error object.
    pub(crate) async fn error(&self, tool: &str, arguments: Value) -> Value {
        let result = self.call(tool, arguments).await;
        let value = structured(&result);
        assert_eq!(result.is_error, Some(true), "{value}");
        assert!(value.get("data").is_none());
        value["error"].clone()
    }
}

fn structured(result: &CallToolResult) -> Value {
    let value = result.structured_content.clone().unwrap();
    let text = &result.content[0].as_text().unwrap().text;
    assert_eq!(&value.to_string(), text);
    value
}

/// An MCP client on a server in this process.
pub(crate) async fn connect(config: ArgusConfig) -> RunningService<RoleClient, ClientConfig> {
    let (near, far) = tokio::io::duplex(1 << 20);
    let server = ArgusServer::new(config).unwrap();
    tokio::spawn(async move { server.serve(far).await.unwrap().waiting().await });
    ClientConfig::new(ClientCapabilities::default(), Implementation::new("test", "1"))
        .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
        .serve(near)
        .await
        .unwrap()
}

async fn answer(State(script): State<Script>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut seen = script.seen.lock().unwrap();
    let reply = script.replies[seen.len().min(script.replies.len() - 1)].clone();
    seen.push(Seen {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    });
    let status = axum::http::StatusCode::from_u16(reply.status).unwrap();
    let mut response = (status, reply.body).into_response();
    for (name, value) in reply.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

/// The least that a table accepts: what is required, and one of what is asked
/// for by a rule.
pub(crate) fn least(shape: &Shape) -> Value {
    let asked = shape.rules.iter().filter_map(|rule| match rule {
        Rule::AnyOf(names) => names.first(),
        _ => None,
    });
    let asked: Vec<&str> = asked.copied().collect();
    let needed = shape.fields.iter().filter(|field| field.required && field.default.is_none());
    let needed = needed.chain(shape.fields.iter().filter(|field| asked.contains(&field.name)));
    Value::Object(needed.map(|field| (field.name.to_owned(), simplest(&field.kind))).collect())
}

fn simplest(kind: &Kind) -> Value {
    match kind {
        Kind::Text { .. } | Kind::Name => json!("some-name"),
        Kind::Integer { min, .. } => json!((*min).max(1)),
        Kind::Number { min } => json!(min),
        Kind::Boolean | Kind::Negated => json!(true),
        Kind::OneOf { values, .. } => json!(values[0]),
        Kind::Sort { names } => json!(sort_values(names)[0]),
        Kind::Time => json!("now"),
        Kind::Uuid => json!("6f0d0e6e-2f1e-4a57-9a0c-7d1f4a6b1c01"),
        Kind::Checked(checked) => json!(checked.examples[0]),
        Kind::List { of, .. } => json!([simplest(of)]),
        Kind::Single(of) => simplest(of),
        Kind::Object(shape) => least(shape),
        Kind::Fixed(value) => value.clone(),
    }
}
