//! One HTTP exchange with a model server: sends a request, reads the stream within
//! bounds of bytes and time, and says whether another try may follow. Retries and
//! fallback profiles are decided in `mod.rs`.

use std::time::Duration;

use bytes::Bytes;
use eventsource_stream::EventStreamError;
use eventsource_stream::Eventsource;
use futures::StreamExt;
use reqwest::Response;
use reqwest::header;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::timeout;

use crate::engine::ports::ModelError;
use crate::llm::assemble::Assembler;
use crate::llm::assemble::Broken;
use crate::llm::profile::ModelProfile;

/// Largest answer in bytes on the wire; a stream spends some 200 bytes on a token.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// Largest single event in bytes.
const MAX_EVENT: usize = 2 * 1024 * 1024;
/// How much of an error body is read.
const MAX_ERROR: usize = 8 * 1024;
/// How much of a server's words goes into an error, in code points.
const MAX_REASON: usize = 300;
/// Longest pause that a server may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);

/// A try that failed.
#[derive(Debug)]
pub(super) struct Failed {
    /// What to tell.
    pub(super) error: ModelError,
    /// Whether another try may follow: nothing of an answer had arrived, and the cause may pass.
    pub(super) again: bool,
    /// The pause the server asked for.
    pub(super) after: Option<Duration>,
}

impl Failed {
    fn for_good(error: ModelError) -> Self {
        Self { error, again: false, after: None }
    }
}

/// A profile with its name.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) profile: &'a ModelProfile,
}

impl Named<'_> {
    fn malformed(&self, reason: &str) -> ModelError {
        ModelError::Malformed { profile: self.name.to_owned(), reason: self.clean(reason) }
    }

    fn timed_out(&self, limit: Duration) -> ModelError {
        ModelError::Timeout { profile: self.name.to_owned(), limit }
    }

    fn unreachable(&self, error: reqwest::Error) -> ModelError {
        ModelError::Unreachable { profile: self.name.to_owned(), reason: self.clean(&words(error)) }
    }

    fn refused(&self, status: u16, reason: &str) -> ModelError {
        ModelError::Refused { profile: self.name.to_owned(), status, reason: self.clean(reason) }
    }

    /// A server's words: one line, bounded, and without the secrets we sent it.
    fn clean(&self, text: &str) -> String {
        let mut text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let secrets = self.profile.api_key.iter().chain(self.profile.headers.values());
        for secret in secrets.map(ExposeSecret::expose_secret).filter(|secret| secret.len() >= 4) {
            text = text.replace(secret, "***");
        }
        text.trim().chars().take(MAX_REASON).collect()
    }

    /// A request to an endpoint, with key and headers.
    pub(super) fn request(
        &self,
        http: &reqwest::Client,
        method: reqwest::Method,
        path: &str,
    ) -> reqwest::RequestBuilder {
        let mut request = http.request(method, self.profile.url(path));
        if let Some(key) = &self.profile.api_key {
            request = request.bearer_auth(key.expose_secret());
        }
        for (name, value) in &self.profile.headers {
            request = request.header(name, value.expose_secret());
        }
        request
    }

    /// One try of a chat request.
    pub(super) async fn chat(&self, http: &reqwest::Client, body: Bytes) -> Result<Assembler, Failed> {
        let limit = self.profile.first_byte_timeout();
        let sent = self
            .request(http, reqwest::Method::POST, "chat/completions")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "text/event-stream, application/json")
            .body(body)
            .send();
        let response =
            timeout(limit, sent).await.map_err(|_| Failed::for_good(self.timed_out(limit)))?.map_err(|error| {
                // A request that the server may have begun to work on is not sent twice.
                let again = error.is_connect() || error.is_request();
                Failed { error: self.unreachable(error), again, after: None }
            })?;
        if !response.status().is_success() {
            return Err(self.http_error(response).await);
        }
        if is_event_stream(&response) { self.read_stream(response).await } else { self.read_whole(response).await }
    }

    async fn read_stream(&self, response: Response) -> Result<Assembler, Failed> {
        let mut left = MAX_ANSWER;
        let bounded = response.bytes_stream().map(move |chunk| {
            let chunk = chunk.map_err(ReadError::Http)?;
            left = left.checked_sub(chunk.len()).ok_or(ReadError::TooLarge)?;
            Ok::<Bytes, ReadError>(chunk)
        });
        let mut events = Box::pin(bounded.eventsource());
        let mut assembler = Assembler::default();
        let limit = self.profile.first_byte_timeout();
        loop {
            // The whole answer has its own limit outside; this one is for a server that goes silent.
            let event = timeout(limit, events.next()).await.map_err(|_| Failed::for_good(self.timed_out(limit)))?;
            let data = match event {
                None => break,
                Some(Ok(event)) => event.data,
                Some(Err(error)) => return Err(self.broken_stream(error, &assembler)),
            };
            if data.len() > MAX_EVENT {
                return Err(Failed::for_good(self.malformed("an event of the stream is too large")));
            }
            if data.trim() == "[DONE]" {
                break;
            }
            self.take(&mut assembler, data.as_bytes())?;
        }
        if assembler.finished() {
            return Ok(assembler);
        }
        Err(Failed::for_good(self.malformed("the stream ended without a finish reason")))
    }

    async fn read_whole(&self, response: Response) -> Result<Assembler, Failed> {
        let limit = self.profile.timeout();
        let body = timeout(limit, read_bounded(response, MAX_EVENT))
            .await
            .map_err(|_| Failed::for_good(self.timed_out(limit)))?
            .map_err(|error| Failed::for_good(self.malformed(&words(error))))?;
        let mut assembler = Assembler::default();
        self.take(&mut assembler, &body)?;
        Ok(assembler)
    }

    fn take(&self, assembler: &mut Assembler, data: &[u8]) -> Result<(), Failed> {
        let chunk: Value = serde_json::from_slice(data)
            .map_err(|error| Failed::for_good(self.malformed(&format!("not valid JSON: {error}"))))?;
        let started = assembler.started();
        assembler.take(&chunk).map_err(|broken| match broken {
            Broken::Malformed(reason) => Failed::for_good(self.malformed(&reason)),
            Broken::Server { status, reason } => {
                Failed { error: self.refused(status, &reason), again: !started && passes(status), after: None }
            }
        })
    }

    fn broken_stream(&self, error: EventStreamError<ReadError>, assembler: &Assembler) -> Failed {
        match error {
            EventStreamError::Utf8(_) => Failed::for_good(self.malformed("the stream is not valid UTF-8")),
            EventStreamError::Parser(_) => Failed::for_good(self.malformed("the stream is no valid event stream")),
            EventStreamError::Transport(ReadError::TooLarge) => {
                Failed::for_good(self.malformed("the answer is too large"))
            }
            EventStreamError::Transport(ReadError::Http(error)) => {
                let reason = format!("the stream was cut: {}", words(error));
                Failed { error: self.malformed(&reason), again: !assembler.started(), after: None }
            }
        }
    }

    async fn http_error(&self, response: Response) -> Failed {
        let status = response.status().as_u16();
        let after = retry_after(&response);
        let body = timeout(Duration::from_secs(5), read_bounded(response, MAX_ERROR)).await;
        let body = body.ok().and_then(Result::ok).unwrap_or_default();
        let reason = match serde_json::from_slice::<Value>(&body) {
            Ok(value) => match crate::llm::assemble::server_error(value.get("error").unwrap_or(&value)) {
                Broken::Server { reason, .. } | Broken::Malformed(reason) => reason,
            },
            Err(_) => String::from_utf8_lossy(&body).into_owned(),
        };
        Failed { error: self.refused(status, &reason), again: passes(status), after }
    }

    /// Finishes an answer.
    pub(super) fn finish(&self, assembler: Assembler) -> Result<crate::engine::ports::ModelAnswer, ModelError> {
        assembler.finish(self.name).map_err(|broken| match broken {
            Broken::Malformed(reason) => self.malformed(&reason),
            Broken::Server { status, reason } => self.refused(status, &reason),
        })
    }
}

/// Why the bytes of a stream ended.
#[derive(Debug)]
pub(super) enum ReadError {
    TooLarge,
    Http(reqwest::Error),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReadError::TooLarge => f.write_str("too large"),
            ReadError::Http(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {}

/// Up to `limit` bytes of a body; what is beyond is left unread.
pub(super) async fn read_bounded(response: Response, limit: usize) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        let room = limit.saturating_sub(body.len());
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() >= room {
            break;
        }
    }
    Ok(body)
}

fn is_event_stream(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().starts_with("text/event-stream"))
}

/// Statuses whose cause may pass by itself.
fn passes(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504 | 529)
}

fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    let seconds: f64 = value.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok().map(|pause| pause.min(MAX_RETRY_AFTER))
}

/// An error with its causes, without the address (it may hold what a header should).
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    for _ in 0..4 {
        let Some(next) = cause else { break };
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
