//! Starts a connection to one server: in process over a duplex pipe, as a child process, over
//! streamable HTTP or the older HTTP+SSE, both without redirects. Says of a failure what it means
//! for the next try.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use rmcp::ServiceExt;
use rmcp::service::ClientInitializeError;
use rmcp::service::RoleClient;
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::Transport as McpTransport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use tokio_util::task::TaskTracker;

use crate::engine::ports::EMBEDDED;
use crate::mcp::bounded::BoundedLines;
use crate::mcp::child;
use crate::mcp::child::Obituary;
use crate::mcp::child::Program;
use crate::mcp::era::Asked;
use crate::mcp::era::Miss;
use crate::mcp::era::Way;
use crate::mcp::era::lifecycle;
use crate::mcp::era::miss;
use crate::mcp::http::UpstreamHttp;
use crate::mcp::limits::UpstreamLimits;
use crate::mcp::mask::Mask;
use crate::mcp::session::ClientEnd;
use crate::mcp::session::Hearing;
use crate::mcp::sse;
use crate::servers::argus::ArgusServer;
use crate::servers::sysdig::server::SysdigServer;

/// Bytes in flight between an embedded server and us.
const DUPLEX_BYTES: usize = 256 * 1024;

/// How one server is reached, secrets already read.
#[derive(Clone)]
pub enum Transport {
    /// The embedded Argus server.
    Argus(Box<ArgusServer>),
    /// The embedded Sysdig server.
    Sysdig(SysdigServer),
    /// A child process over stdio.
    Stdio(Program),
    /// Streamable HTTP.
    Http(Remote),
    /// The older HTTP+SSE.
    Sse(Remote),
}

/// A server elsewhere.
#[derive(Clone)]
pub struct Remote {
    /// Endpoint.
    pub url: String,
    /// Headers of every request.
    pub headers: BTreeMap<String, SecretString>,
    /// The client: no redirects, so headers reach no other host.
    pub client: reqwest::Client,
}

/// A connection that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct ConnectError {
    reason: String,
    miss: Miss,
}

impl ConnectError {
    /// The server was not reached.
    pub(crate) fn unreached(reason: String) -> Self {
        Self { reason, miss: Miss::Unreached }
    }

    /// The server answered, and not as it should.
    pub(crate) fn refused(reason: String) -> Self {
        Self { reason, miss: Miss::Refused }
    }

    /// The server went away.
    pub(crate) fn ended(reason: String) -> Self {
        Self { reason, miss: Miss::Ended }
    }

    /// What it means for the next try.
    pub(crate) fn miss(&self) -> Miss {
        self.miss
    }
}

impl From<ClientInitializeError> for ConnectError {
    fn from(error: ClientInitializeError) -> Self {
        Self { reason: error.to_string(), miss: miss(&error) }
    }
}

/// What a connection is begun with.
pub(crate) struct Setup<'a> {
    /// Name of the server.
    pub(crate) server: &'a str,
    /// What it may use up.
    pub(crate) limits: &'a UpstreamLimits,
    /// Where tasks run that belong to the server.
    pub(crate) tasks: &'a TaskTracker,
    /// Our end.
    pub(crate) end: ClientEnd,
    /// The way to begin.
    pub(crate) way: Way,
}

/// A connection whose handshake is done.
pub(crate) struct Opened {
    pub(crate) running: Connection,
    /// Of a child.
    pub(crate) obituary: Option<Obituary>,
}

/// A running connection.
pub(super) type Connection = RunningService<RoleClient, ClientEnd>;

impl Transport {
    /// Stable name for states and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Transport::Argus(_) | Transport::Sysdig(_) => EMBEDDED,
            Transport::Stdio(_) => "stdio",
            Transport::Http(_) => "streamable_http",
            Transport::Sse(_) => "sse",
        }
    }

    /// What must not be told of it.
    pub(crate) fn mask(&self) -> Mask {
        match self {
            Transport::Argus(_) | Transport::Sysdig(_) => Mask::default(),
            Transport::Stdio(program) => Mask::of(&program.secrets),
            Transport::Http(remote) | Transport::Sse(remote) => Mask::of(remote.headers.values()),
        }
    }

    /// Connects and greets.
    pub(crate) async fn connect(&self, setup: Setup<'_>) -> Result<Opened, ConnectError> {
        let running = match self {
            Transport::Argus(argus) => embedded((**argus).clone(), setup).await,
            Transport::Sysdig(sysdig) => embedded(sysdig.clone(), setup).await,
            Transport::Stdio(program) => return stdio(program, setup).await,
            Transport::Http(remote) => streamable(remote, setup).await,
            Transport::Sse(remote) => {
                let headers = header_map(&remote.headers)?.into_iter().collect();
                let limit = setup.limits.message_bytes();
                let stream = sse::open(&remote.client, &remote.url, headers, limit).await?;
                // Older than the other era.
                Ok(setup.end.connect(stream, lifecycle(Way::WithSessions)).await?)
            }
        };
        Ok(Opened { running: running?, obituary: None })
    }
}

/// The handshake over one pipe.
async fn greet<T>(pipe: T, setup: Setup<'_>) -> Result<Connection, ConnectError>
where
    T: McpTransport<RoleClient> + 'static,
{
    // A child may take a while until it reads at all, which says nothing of its era.
    let limit =
        if setup.way == Way::Ask { setup.limits.probe.max(setup.limits.connect / 2) } else { setup.limits.connect };
    let silent = Arc::new(AtomicBool::new(false));
    let pipe = Asked::new(pipe, limit, Arc::clone(&silent));
    let begun = setup.end.connect(pipe, lifecycle(setup.way)).await;
    begun.map_err(|error| {
        let error = ConnectError::from(error);
        // It may have answered the question late, and is then not asked to answer the other one.
        if silent.load(Ordering::Relaxed) { ConnectError::ended(error.reason) } else { error }
    })
}

async fn embedded<S: rmcp::ServerHandler>(server: S, setup: Setup<'_>) -> Result<Connection, ConnectError> {
    let limit = setup.limits.message_bytes();
    let (ours, theirs) = tokio::io::duplex(DUPLEX_BYTES);
    let (read, write) = tokio::io::split(ours);
    let ours = AsyncRwTransport::new(BoundedLines::new(read, limit), write).with_max_line_length(usize::MAX);
    let (read, write) = tokio::io::split(theirs);
    let theirs = AsyncRwTransport::new(read, write).with_max_line_length(limit);
    // The serving task ends when our end of the pipe closes; its own calls may take a while longer.
    let serving = tokio::spawn(async move {
        match server.serve(theirs).await {
            Ok(running) => drop(running.waiting().await),
            Err(error) => tracing::warn!(error = %error, "embedded server did not start"),
        }
    });
    let connection = greet(ours, setup).await;
    if connection.is_err() {
        serving.abort();
    }
    connection
}

async fn stdio(program: &Program, setup: Setup<'_>) -> Result<Opened, ConnectError> {
    let (pipes, mut obituary) = child::start(program, &setup)?;
    match greet(pipes, setup).await {
        Ok(running) => Ok(Opened { running, obituary: Some(obituary) }),
        Err(error) if error.miss == Miss::Ended => {
            let reason = obituary.told().await.unwrap_or(error.reason);
            Err(ConnectError::ended(format!("{} could not be greeted: {reason}", program.command)))
        }
        Err(error) => Err(error),
    }
}

async fn streamable(remote: &Remote, setup: Setup<'_>) -> Result<Connection, ConnectError> {
    let headers = header_map(&remote.headers)?;
    let shared = &setup.end.shared;
    shared.hearing.send_replace(Hearing::NotYet);
    let begin = |way: Way| {
        let config = StreamableHttpClientTransportConfig::with_uri(remote.url.as_str())
            .custom_headers(headers.clone())
            .max_sse_event_size(setup.limits.message_bytes())
            // A new session may be that of another server: its tools are listed anew, and what
            // may change something is not sent again. So a lost session is a lost connection.
            .reinit_on_expired_session(false);
        let client = UpstreamHttp {
            client: remote.client.clone(),
            shared: Arc::clone(shared),
            first_pause: setup.limits.first_pause,
        };
        let transport = StreamableHttpClientTransport::with_client(client, config);
        setup.end.clone().connect(transport, lifecycle(way))
    };
    if setup.way != Way::Ask {
        return Ok(begin(setup.way).await?);
    }
    match tokio::time::timeout(setup.limits.probe, begin(Way::Ask)).await {
        Ok(begun) => Ok(begun?),
        Err(_) => Ok(begin(Way::WithSessions).await?),
    }
}

fn header_map(
    headers: &BTreeMap<String, SecretString>,
) -> Result<HashMap<http::HeaderName, http::HeaderValue>, ConnectError> {
    headers
        .iter()
        .map(|(name, value)| {
            let parsed = name.parse::<http::HeaderName>().ok().zip(value.expose_secret().parse().ok());
            let (name, mut value): (_, http::HeaderValue) =
                parsed.ok_or_else(|| ConnectError::unreached(format!("header {name} is not a valid HTTP header")))?;
            value.set_sensitive(true);
            Ok((name, value))
        })
        .collect()
}

/// The HTTP client for upstreams: redirects are never followed, since headers would travel along.
///
/// # Errors
/// [`ConnectError`] when the TLS parts cannot be set up.
pub fn http_client() -> Result<reqwest::Client, ConnectError> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true)
        .build()
        .map_err(|error| ConnectError::unreached(error.to_string()))
}
