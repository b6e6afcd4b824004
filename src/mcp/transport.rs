//! Starts a connection to one server: in process over a duplex pipe, as a child in its own
//! process group with a small environment, or over streamable HTTP without redirects.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::process::Stdio;

use process_wrap::tokio::CommandWrap;
use process_wrap::tokio::KillOnDrop;
use process_wrap::tokio::ProcessGroup;
use rmcp::ServiceExt;
use rmcp::service::RoleClient;
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::TokioChildProcess;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncRead;
use tokio::io::BufReader;

use crate::mcp::session::ClientEnd;
use crate::servers::argus::ArgusServer;
use crate::servers::sysdig::server::SysdigServer;

/// Bytes in flight between an embedded server and us.
const DUPLEX_BYTES: usize = 256 * 1024;
/// Longest message of a server in bytes: twice a large result (once as structured content,
/// once as text) and its escapes. Longer ones would be dropped, and the call would run into
/// its time limit; children over stdio have the library's own limit of 16 MiB.
const LONGEST_MESSAGE: usize = 64 * 1024 * 1024;
/// Longest line of a child's standard error that is logged.
const STDERR_LINE: usize = 500;

/// How one server is reached, secrets already read.
#[derive(Clone)]
pub enum Transport {
    /// The embedded Argus server.
    Argus(Box<ArgusServer>),
    /// The embedded Sysdig server.
    Sysdig(SysdigServer),
    /// A child process over stdio.
    Stdio {
        /// Program.
        command: String,
        /// Arguments.
        args: Vec<String>,
        /// Its whole environment.
        env: BTreeMap<String, SecretString>,
        /// Working directory.
        cwd: Option<String>,
    },
    /// Streamable HTTP.
    Http {
        /// Endpoint.
        url: String,
        /// Headers of every request.
        headers: BTreeMap<String, SecretString>,
        /// The client: no redirects, so headers reach no other host.
        client: reqwest::Client,
    },
}

/// A connection that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConnectError(pub String);

/// A live connection.
pub(crate) type Connection = RunningService<RoleClient, ClientEnd>;

impl Transport {
    /// Stable name for states and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Transport::Argus(_) | Transport::Sysdig(_) => "embedded",
            Transport::Stdio { .. } => "stdio",
            Transport::Http { .. } => "streamable_http",
        }
    }

    /// Connects and initializes.
    pub(crate) async fn connect(&self, server: &str, end: ClientEnd) -> Result<Connection, ConnectError> {
        match self {
            Transport::Argus(argus) => embedded((**argus).clone(), end).await,
            Transport::Sysdig(sysdig) => embedded(sysdig.clone(), end).await,
            Transport::Stdio { command, args, env, cwd } => {
                let (child, stderr) = spawn(command, args, env, cwd.as_deref())?;
                if let Some(stderr) = stderr {
                    log_stderr(server.to_owned(), stderr);
                }
                end.connect(child).await.map_err(|error| ConnectError(error.to_string()))
            }
            Transport::Http { url, headers, client } => {
                let headers = header_map(headers)?;
                let config = StreamableHttpClientTransportConfig::with_uri(url.as_str())
                    .custom_headers(headers)
                    .max_sse_event_size(LONGEST_MESSAGE)
                    .reinit_on_expired_session(true);
                let transport = StreamableHttpClientTransport::with_client(client.clone(), config);
                end.connect(transport).await.map_err(|error| ConnectError(error.to_string()))
            }
        }
    }
}

async fn embedded<S: rmcp::ServerHandler>(server: S, end: ClientEnd) -> Result<Connection, ConnectError> {
    let (ours, theirs) = tokio::io::duplex(DUPLEX_BYTES);
    let (read, write) = tokio::io::split(ours);
    let ours = AsyncRwTransport::new(read, write).with_max_line_length(LONGEST_MESSAGE);
    let (read, write) = tokio::io::split(theirs);
    let theirs = AsyncRwTransport::new(read, write).with_max_line_length(LONGEST_MESSAGE);
    // The serving task ends when our end of the pipe closes.
    let serving = tokio::spawn(async move {
        match server.serve(theirs).await {
            Ok(running) => drop(running.waiting().await),
            Err(error) => tracing::warn!(error = %error, "embedded server did not start"),
        }
    });
    let connection = end.connect(ours).await.map_err(|error| ConnectError(error.to_string()));
    if connection.is_err() {
        serving.abort();
    }
    connection
}

fn spawn(
    command: &str,
    args: &[String],
    env: &BTreeMap<String, SecretString>,
    cwd: Option<&str>,
) -> Result<(TokioChildProcess, Option<tokio::process::ChildStderr>), ConnectError> {
    let mut program = tokio::process::Command::new(command);
    program.args(args).env_clear();
    for (name, value) in env {
        program.env(name, value.expose_secret());
    }
    if let Some(cwd) = cwd {
        program.current_dir(cwd);
    }
    let mut wrapped = CommandWrap::from(program);
    wrapped.wrap(KillOnDrop);
    wrapped.wrap(ProcessGroup::leader());
    TokioChildProcess::builder(wrapped)
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| ConnectError(format!("{command} could not be started: {error}")))
}

/// Passes a child's standard error to the log, bounded per line.
fn log_stderr(server: String, stderr: impl AsyncRead + Unpin + Send + 'static) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(stderr).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let line: String = line.chars().filter(|c| !c.is_control()).take(STDERR_LINE).collect();
            tracing::debug!(upstream.name = server, line, "MCP server says on standard error");
        }
    });
}

fn header_map(
    headers: &BTreeMap<String, SecretString>,
) -> Result<HashMap<http::HeaderName, http::HeaderValue>, ConnectError> {
    headers
        .iter()
        .map(|(name, value)| {
            let parsed = name.parse::<http::HeaderName>().ok().zip(value.expose_secret().parse().ok());
            let (name, mut value): (_, http::HeaderValue) =
                parsed.ok_or_else(|| ConnectError(format!("header {name} is not a valid HTTP header")))?;
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
        .map_err(|error| ConnectError(error.to_string()))
}
