//! A client over each transport, the same before a server and before the gateway.

use std::process::Stdio;

use eventsource_stream::Eventsource;
use futures::StreamExt;
use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use rmcp::model::ClientCapabilities;
use rmcp::model::ClientConfig;
use rmcp::model::ClientJsonRpcMessage;
use rmcp::model::Implementation;
use rmcp::model::ProtocolVersion;
use rmcp::model::ServerJsonRpcMessage;
use rmcp::service::Peer;
use rmcp::service::RoleClient;
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::TokioChildProcess;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::Value;
use serde_json::json;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio_util::sync::PollSender;

/// Messages on their way to an HTTP+SSE server.
const WAITING: usize = 64;

/// A connected client.
pub(crate) struct Client {
    running: RunningService<RoleClient, ClientConfig>,
    tool: String,
}

/// Calls of one client; clones share its connection.
#[derive(Clone)]
pub(crate) struct Caller {
    peer: Peer<RoleClient>,
    tool: String,
}

fn end() -> ClientConfig {
    ClientConfig::new(ClientCapabilities::default(), Implementation::new("bench", "1"))
        .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
}

impl Client {
    /// A child, which it ends with.
    pub(crate) async fn stdio(command: Command, tool: &str) -> Self {
        let (child, _) = TokioChildProcess::builder(command).stderr(Stdio::null()).spawn().expect("the child starts");
        Self { running: end().serve(child).await.expect("it is greeted"), tool: tool.to_owned() }
    }

    /// Streamable HTTP.
    pub(crate) async fn http(url: &str, tool: &str) -> Self {
        let config = StreamableHttpClientTransportConfig::with_uri(url);
        let transport = StreamableHttpClientTransport::with_client(reqwest_client(), config);
        Self { running: end().serve(transport).await.expect("it is greeted"), tool: tool.to_owned() }
    }

    /// The older HTTP+SSE.
    pub(crate) async fn sse(url: &str, tool: &str) -> Self {
        let http = reqwest_client();
        let opened = http.get(url).header("accept", "text/event-stream").send().await.expect("a stream");
        // It ends with its server.
        let mut events = Box::pin(opened.bytes_stream().eventsource().filter_map(async |event| event.ok()));
        let named = events.next().await.expect("the first event").data;
        let endpoint = reqwest::Url::parse(url).and_then(|base| base.join(&named)).expect("an address");
        let (outgoing, mut outbox) = mpsc::channel::<ClientJsonRpcMessage>(WAITING);
        tokio::spawn(async move {
            while let Some(message) = outbox.recv().await {
                let post = http.post(endpoint.clone()).json(&message);
                // As clients do: messages go out side by side.
                tokio::spawn(async move { post.send().await.expect("it is taken") });
            }
        });
        let incoming = events.filter_map(async |event| {
            (event.event == "message").then(|| serde_json::from_str::<ServerJsonRpcMessage>(&event.data).expect("MCP"))
        });
        let pipe = (PollSender::new(outgoing), Box::pin(incoming));
        Self { running: end().serve(pipe).await.expect("it is greeted"), tool: tool.to_owned() }
    }

    pub(crate) fn caller(&self) -> Caller {
        Caller { peer: self.running.peer().clone(), tool: self.tool.clone() }
    }
}

impl Caller {
    /// One call whose answer is looked at.
    pub(crate) async fn call(&self) {
        self.process().await.expect("the call is answered");
    }

    /// One call: the process that answered, or what was said instead.
    pub(crate) async fn process(&self) -> Result<u64, String> {
        let Value::Object(arguments) = json!({ "station": "Fanaråken" }) else { unreachable!("an object") };
        let params = CallToolRequestParams::new(self.tool.clone()).with_arguments(arguments);
        let result = self.peer.call_tool(params).await.map_err(|error| error.to_string())?;
        let process = result.structured_content.as_ref().and_then(|content| content["process"].as_u64());
        process.ok_or_else(|| format!("{:?}", result.content))
    }
}

fn reqwest_client() -> reqwest::Client {
    reqwest::Client::builder().tcp_nodelay(true).build().expect("a client")
}
