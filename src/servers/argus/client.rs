//! The REST client: one call, with retries, limits and the key.
//!
//! Read-only by construction: GET, and POST to the search endpoints the tools
//! name. Keeps the key out of everything but its header, follows redirects of
//! GET on the same host only, and reads at most 16 MiB. Does not know tools;
//! what an answer means for the caller is decided in `outcome.rs`.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use reqwest::Response;
use reqwest::Url;
use reqwest::header::HeaderMap;
use reqwest::header::HeaderValue;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::servers::argus::config::ApiKey;
use crate::servers::argus::config::ArgusConfig;
use crate::servers::argus::config::Clock;
use crate::servers::argus::config::ConfigError;
use crate::servers::argus::config::Sleep;
use crate::servers::argus::envelope::Envelope;
use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FailureKind;
use crate::servers::argus::error::join_messages;
use crate::servers::argus::retry;

/// Header with the key.
pub const KEY_HEADER: &str = "Argus-API-Key";

/// Largest body read, in bytes after decompression.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// Redirects followed in one call.
const MAX_REDIRECTS: usize = 3;

/// One REST call to make.
#[derive(Debug, Clone, PartialEq)]
pub struct RestRequest {
    post: bool,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Value>,
    unsendable: bool,
}

impl RestRequest {
    /// A GET. `segments` are percent-encoded one by one. A segment that is empty,
    /// `.` or `..` means another path to every URL parser, encoded or not; such
    /// a request is refused when it is sent.
    pub fn get(segments: &[&str]) -> Self {
        let path = segments.iter().map(|part| format!("/{}", encode(part))).collect();
        Self {
            post: false,
            path,
            query: Vec::new(),
            body: None,
            unsendable: segments.iter().any(|part| matches!(*part, "" | "." | "..")),
        }
    }

    /// A POST of a search body to a fixed path.
    pub fn search(path: &'static str, body: Value) -> Self {
        Self { post: true, path: path.to_owned(), query: Vec::new(), body: Some(body), unsendable: false }
    }

    /// Sets the query.
    pub fn with_query(mut self, query: Vec<(String, String)>) -> Self {
        self.query = query;
        self
    }

    /// Method and path, as shown in results and failures.
    pub fn label(&self) -> String {
        let method = if self.post { "POST" } else { "GET" };
        format!("{method} {}", self.path)
    }
}

/// Percent-encodes one path segment: everything but the unreserved characters.
fn encode(segment: &str) -> String {
    let mut encoded = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let hex = |nibble: u8| char::from(b"0123456789ABCDEF"[usize::from(nibble)]);
            encoded.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    encoded
}

/// A good answer.
#[derive(Debug, Clone)]
pub struct RestAnswer {
    /// The parsed envelope.
    pub envelope: Envelope,
    /// Method and path that answered, after any redirect.
    pub label: String,
    /// Path first asked, when it redirected.
    pub redirected_from: Option<String>,
    /// When the answer had arrived.
    pub retrieved_at: Timestamp,
}

/// The client; cheap to clone, clones share connections and the call limit.
#[derive(Clone)]
pub struct RestClient {
    http: reqwest::Client,
    base: Url,
    key: Option<ApiKey>,
    timeout: Duration,
    max_retries: u32,
    clock: Clock,
    sleep: Sleep,
    calls_at_once: usize,
    permits: Arc<Semaphore>,
}

/// A try that failed.
struct Failed {
    failure: Failure,
    again: bool,
    retry_after: Option<Duration>,
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self { failure, again: false, retry_after: None }
    }
}

impl RestClient {
    /// Builds the client. The process must have a rustls crypto provider installed.
    ///
    /// # Errors
    /// [`ConfigError`] if the settings do not make a client.
    pub fn new(config: &ArgusConfig) -> Result<Self, ConfigError> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(headers(config))
            .user_agent(concat!("argus-mcp/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&config.api_url) {
            // A proxy cannot reach this machine's own loopback.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| ConfigError::Client(error.to_string()))?;
        Ok(Self {
            http,
            base: config.api_url.clone(),
            key: config.api_key.clone(),
            timeout: config.timeout,
            max_retries: config.max_retries,
            clock: Arc::clone(&config.clock),
            sleep: Arc::clone(&config.sleep),
            calls_at_once: config.calls_at_once,
            permits: Arc::new(Semaphore::new(config.calls_at_once)),
        })
    }

    /// The same client for the holder of another key, with a call limit of its own.
    pub fn with_key(&self, key: ApiKey) -> Self {
        Self { key: Some(key), permits: Arc::new(Semaphore::new(self.calls_at_once)), ..self.clone() }
    }

    /// Makes one call, with retries. Dropping the future drops the call.
    ///
    /// # Errors
    /// [`Failure`] with kind, status and the messages of Argus.
    pub async fn send(&self, request: &RestRequest) -> Result<RestAnswer, Failure> {
        if request.unsendable {
            let problem = "an empty name, . or .. cannot be part of a path";
            return Err(Failure::new(FailureKind::InvalidArguments, problem));
        }
        let mut attempt = 0;
        loop {
            let failed = match self.attempt(request).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let mut failure = failed.failure.with_request(request.label());
            if let Some(asked) = failed.retry_after {
                failure.retry_after_ms = u64::try_from(asked.as_millis()).ok();
            }
            let jitter = rand::random_range(0..=retry::MAX_JITTER_MS);
            let pause = retry::pause(attempt, failed.retry_after, jitter);
            match pause {
                Some(pause) if failed.again && attempt < self.max_retries => {
                    let millis = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
                    tracing::debug!(
                        request = request.label(),
                        kind = failure.kind.name(),
                        pause_ms = millis,
                        "argus call will be tried again"
                    );
                    (self.sleep)(pause).await;
                }
                _ => return Err(failure),
            }
            attempt += 1;
        }
    }

    async fn attempt(&self, request: &RestRequest) -> Result<RestAnswer, Failed> {
        let _permit = self.permits.acquire().await.expect("the semaphore is never closed");
        let first = self.url(request);
        let mut url = first.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.exchange(request, url.clone()).await?;
            if response.status().is_redirection() {
                url = self.redirect_target(request, &url, &response)?;
                continue;
            }
            let moved = url != first;
            return self.read(request, &url, moved, response).await;
        }
        let problem = "Argus redirected the request too often";
        Err(Failure::new(FailureKind::BadResponse, problem).into())
    }

    async fn exchange(&self, request: &RestRequest, url: Url) -> Result<Response, Failed> {
        let method = if request.post { Method::POST } else { Method::GET };
        let mut call = self.http.request(method, url).timeout(self.timeout);
        if let Some(key) = &self.key {
            call = call.header(KEY_HEADER, header_value(key)?);
        }
        if let Some(body) = &request.body {
            call = call.json(body);
        }
        call.send().await.map_err(|error| self.broken(&error))
    }

    fn url(&self, request: &RestRequest) -> Url {
        let mut url = self.base.clone();
        let prefix = self.base.path().trim_end_matches('/');
        url.set_path(&format!("{prefix}{}", request.path));
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        url
    }

    fn redirect_target(&self, request: &RestRequest, from: &Url, response: &Response) -> Result<Url, Failure> {
        let status = response.status().as_u16();
        let refused = |problem: &str| {
            let text = format!("Argus answered {status} with a redirect {problem}");
            Failure::new(FailureKind::BadResponse, text).with_status(status)
        };
        if request.post {
            return Err(refused("of a search, which is not followed"));
        }
        let location = response
            .headers()
            .get(reqwest::header::LOCATION)
            .and_then(|value| value.to_str().ok())
            .ok_or_else(|| refused("that names no target"))?;
        let target = from.join(location).map_err(|_| refused("whose target is not a URL"))?;
        if target.origin() != self.base.origin() || !target.path().starts_with(self.base.path()) {
            return Err(refused("to another host, which is not followed"));
        }
        Ok(target)
    }

    async fn read(
        &self,
        request: &RestRequest,
        url: &Url,
        moved: bool,
        response: Response,
    ) -> Result<RestAnswer, Failed> {
        let status = response.status().as_u16();
        let header = response.headers().get(reqwest::header::RETRY_AFTER);
        let retry_after =
            header.and_then(|value| value.to_str().ok()).and_then(|value| retry::retry_after(value, (self.clock)()));
        let body = self.body(response).await?;
        match judge(status, Envelope::parse(&body)) {
            Ok(envelope) => Ok(RestAnswer {
                envelope,
                label: if moved { self.moved_label(url) } else { request.label() },
                redirected_from: moved.then(|| request.path.clone()),
                retrieved_at: (self.clock)(),
            }),
            Err(failure) => {
                Err(Failed { again: matches!(failure.http_status, Some(429 | 500 | 503 | 504)), failure, retry_after })
            }
        }
    }

    fn moved_label(&self, url: &Url) -> String {
        let prefix = self.base.path().trim_end_matches('/');
        let path = url.path();
        format!("GET {}", path.strip_prefix(prefix).unwrap_or(path))
    }

    async fn body(&self, mut response: Response) -> Result<String, Failed> {
        let too_large = || {
            let problem = "the answer is larger than 16 MiB; ask for less in one call";
            Failure::new(FailureKind::BadResponse, problem)
        };
        let mut bytes = Vec::new();
        loop {
            let chunk = response.chunk().await.map_err(|error| self.broken(&error))?;
            let Some(chunk) = chunk else { break };
            if bytes.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(too_large().into());
            }
            bytes.extend_from_slice(&chunk);
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(match &self.key {
            Some(key) => key.redact(text),
            None => text,
        })
    }

    /// A call that got no complete answer. A timeout is not tried again by
    /// ourselves: the caller has waited long enough.
    fn broken(&self, error: &reqwest::Error) -> Failed {
        if error.is_timeout() {
            let seconds = self.timeout.as_secs_f64();
            let text = format!("Argus gave no complete answer within {seconds} s");
            return Failure::new(FailureKind::Timeout, text).into();
        }
        let reason = match (error.is_connect(), error.is_body() || error.is_decode()) {
            (true, _) => "no connection to Argus could be made",
            (_, true) => "the connection to Argus broke while the answer was read",
            _ => "the connection to Argus broke",
        };
        Failed { failure: Failure::new(FailureKind::NetworkError, reason), again: true, retry_after: None }
    }
}

/// Tells an answer from a failure. The status inside the envelope counts where
/// it is the worse of the two, and an error message inside a 200 is a failure.
fn judge(status: u16, envelope: Result<Envelope, &'static str>) -> Result<Envelope, Failure> {
    let envelope = match envelope {
        Ok(envelope) => envelope,
        Err(problem) => return Err(no_envelope(status, problem)),
    };
    let meant = status.max(envelope.response_code);
    if (200..300).contains(&meant) && !envelope.reports_error() {
        return Ok(envelope);
    }
    let kind = FailureKind::of_status(meant).unwrap_or(match meant {
        500.. => FailureKind::ServerError,
        200..300 | 400..500 => FailureKind::Unprocessable,
        _ => FailureKind::BadResponse,
    });
    let said = join_messages(&envelope.messages);
    let text = match (kind, said.is_empty()) {
        (_, true) => format!("Argus answered {meant} without a message"),
        (FailureKind::ValidationFailed, _) => format!("Argus rejected the request: {said}"),
        _ => format!("Argus answered {meant}: {said}"),
    };
    let mut failure = Failure::new(kind, text).with_status(meant).with_argus_messages(&envelope.messages);
    failure.retry_after_ms = envelope.meta_data["millisUntilResourcesAvailable"].as_u64();
    Err(failure)
}

/// A failure without an envelope. A 404 of some proxy must not read as "Argus
/// has no such object", so only statuses that mean the same from anyone count.
fn no_envelope(status: u16, problem: &str) -> Failure {
    let kind = match FailureKind::of_status(status) {
        Some(FailureKind::NotFound | FailureKind::ValidationFailed | FailureKind::Unprocessable) | None => {
            FailureKind::BadResponse
        }
        Some(kind) => kind,
    };
    let text = format!("the answer (status {status}) is not an Argus envelope: {problem}");
    Failure::new(kind, text).with_status(status)
}

fn headers(config: &ArgusConfig) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("accept", HeaderValue::from_static("application/json"));
    if let Some(priority) = config.priority {
        headers.insert("argus-priority", HeaderValue::from_static(priority.as_str()));
    }
    headers
}

fn header_value(key: &ApiKey) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(key.expose())
        .map_err(|_| Failure::new(FailureKind::AuthenticationFailed, "the key does not fit into a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_matches(['[', ']']);
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
