//! The calls to the Sysdig REST API: headers, limits, time, nothing else.
//!
//! Each call takes the credentials of its own request, so a token can only
//! reach the host it came with. There are no retries. What a status means is
//! up to the tool that called.

use std::time::Duration;

use bytes::Bytes;
use bytes::BytesMut;
use http::HeaderValue;
use http::header::ACCEPT;
use http::header::AUTHORIZATION;
use http::header::RETRY_AFTER;
use http::header::USER_AGENT;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::Instant;

use crate::servers::sysdig::config::HttpClient;
use crate::servers::sysdig::config::SysdigConfig;
use crate::servers::sysdig::credentials::Credentials;

/// Shorter tokens are left in error bodies, since they may be words of their own.
const MIN_TOKEN_BYTES: usize = 6;
/// Bytes of an error body that are quoted in a message.
const QUOTED_BYTES: usize = 4 * 1024;
/// Bytes of an error body that are read at all.
const ERROR_BODY_BYTES: usize = 64 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The call took too long.
    #[error("timed out after {} s", .0.as_secs_f64())]
    Timeout(Duration),
    /// The answer is larger than we read.
    #[error("the response is larger than {0} bytes")]
    TooLarge(usize),
    /// The token contains characters that no header may have.
    #[error("the token is not a valid header value")]
    Token,
    /// DNS, TLS, connection or protocol trouble.
    #[error("{}", chain(.0))]
    Transport(#[source] reqwest::Error),
}

/// One answer of Sysdig, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After`, as it was sent.
    pub retry_after: Option<String>,
    /// The body, decoded from its transfer form.
    pub body: Bytes,
    /// From sending the request to the end of the body.
    pub elapsed: Duration,
}

impl Answer {
    /// The body as a JSON object or array; `None` if it is anything else.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok().filter(|value: &Value| value.is_object() || value.is_array())
    }

    /// The body as text for an error message, cut at 4 KiB.
    #[must_use]
    pub fn quoted_body(&self) -> String {
        if self.body.len() <= QUOTED_BYTES {
            return String::from_utf8_lossy(&self.body).into_owned();
        }
        let mut end = QUOTED_BYTES;
        // A byte 10xxxxxx continues a character; do not cut inside one.
        while end > 0 && self.body[end] & 0b1100_0000 == 0b1000_0000 {
            end -= 1;
        }
        let kept = String::from_utf8_lossy(&self.body[..end]).into_owned();
        format!("{kept}… (truncated)")
    }
}

/// The way to Sysdig, shared by all requests.
#[derive(Debug, Clone)]
pub struct Upstream {
    http: HttpClient,
    user_agent: String,
    request_timeout: Duration,
    max_body_bytes: usize,
    max_body_bytes_of_others: usize,
}

impl Upstream {
    /// Uses the given clients; their own limits stay, ours come on top.
    #[must_use]
    pub fn new(http: HttpClient, config: &SysdigConfig) -> Self {
        Self {
            http,
            user_agent: format!("sysdig-mcp-server/{}", config.version),
            request_timeout: config.request_timeout,
            max_body_bytes: config.max_body_bytes,
            max_body_bytes_of_others: config.max_body_bytes_of_others.min(config.max_body_bytes),
        }
    }

    /// `GET` of a path, given by its segments, with query pairs.
    ///
    /// # Errors
    /// [`UpstreamError`] when there is no complete answer within the limits.
    pub async fn get(
        &self,
        credentials: &Credentials,
        segments: &[&str],
        query: &[(&str, String)],
    ) -> Result<Answer, UpstreamError> {
        let request = self.client(credentials).get(credentials.host.join(segments)).query(query);
        self.send(credentials, request).await
    }

    /// `POST` of a JSON body to a path, given by its segments.
    ///
    /// # Errors
    /// [`UpstreamError`] when there is no complete answer within the limits.
    pub async fn post(
        &self,
        credentials: &Credentials,
        segments: &[&str],
        body: &Value,
    ) -> Result<Answer, UpstreamError> {
        let request = self.client(credentials).post(credentials.host.join(segments)).json(body);
        self.send(credentials, request).await
    }

    fn client(&self, credentials: &Credentials) -> &reqwest::Client {
        if credentials.elsewhere { &self.http.others } else { &self.http.configured }
    }

    async fn send(&self, credentials: &Credentials, request: reqwest::RequestBuilder) -> Result<Answer, UpstreamError> {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", credentials.token.expose_secret()))
            .map_err(|_| UpstreamError::Token)?;
        bearer.set_sensitive(true);
        let request = request
            .timeout(self.request_timeout)
            .header(AUTHORIZATION, bearer)
            .header(USER_AGENT, &self.user_agent)
            .header(ACCEPT, "application/json");
        let started = Instant::now();
        let response = request.send().await.map_err(|error| self.failed(error))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let limit = if credentials.elsewhere { self.max_body_bytes_of_others } else { self.max_body_bytes };
        // It may repeat what was sent, in an error or in what looks like none.
        let body = redacted(self.read_body(response, status, limit).await?, credentials.token.expose_secret());
        Ok(Answer { status, retry_after, body, elapsed: started.elapsed() })
    }

    async fn read_body(
        &self,
        mut response: reqwest::Response,
        status: u16,
        most: usize,
    ) -> Result<Bytes, UpstreamError> {
        let is_error = status > 299;
        let limit = if is_error { ERROR_BODY_BYTES.min(most) } else { most };
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(error))? {
            if body.len() + chunk.len() > limit {
                if is_error {
                    // Its beginning is all that a message can quote.
                    body.extend_from_slice(&chunk[..limit - body.len()]);
                    break;
                }
                return Err(UpstreamError::TooLarge(limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    fn failed(&self, error: reqwest::Error) -> UpstreamError {
        if error.is_timeout() && !error.is_connect() {
            return UpstreamError::Timeout(self.request_timeout);
        }
        // The URL holds the caller's filter and adds nothing to the cause.
        UpstreamError::Transport(error.without_url())
    }
}

/// A body without the token.
fn redacted(body: Bytes, token: &str) -> Bytes {
    // A body that was cut inside a character is no UTF-8, and text all the same.
    let text = String::from_utf8_lossy(&body);
    if token.len() < MIN_TOKEN_BYTES || !text.contains(token) {
        return body;
    }
    text.replace(token, "[redacted]").into()
}

/// The error and its causes on one line; the outer text alone never says why.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: impl Into<Bytes>) -> Answer {
        Answer { status: 500, retry_after: None, body: body.into(), elapsed: Duration::ZERO }
    }

    #[test]
    fn long_bodies_are_cut_at_a_character() {
        let body = "ø".repeat(QUOTED_BYTES);
        let quoted = answer(body).quoted_body();
        assert!(quoted.ends_with("… (truncated)"));
        assert!(!quoted.contains('\u{fffd}'));
        assert!(quoted.len() <= QUOTED_BYTES + 20);
        assert_eq!(answer("short").quoted_body(), "short");
        assert!(answer(vec![0x80; QUOTED_BYTES * 2]).quoted_body().ends_with("(truncated)"));
    }

    #[test]
    fn a_token_that_an_error_repeats_is_taken_out() {
        let told = redacted("no: Bearer very-secret-token".into(), "very-secret-token");
        assert_eq!(told, "no: Bearer [redacted]");
        assert_eq!(redacted("denied".into(), "very-secret-token"), "denied");
        let cut = [b"very-secret-token ".as_slice(), &[0xc3]].concat();
        assert_eq!(redacted(cut.into(), "very-secret-token"), "[redacted] \u{fffd}");
    }

    #[test]
    fn only_objects_and_arrays_are_json_results() {
        assert!(answer("{}").json().is_some());
        assert!(answer("[]").json().is_some());
        for body in ["", "7", "null", "<html>", "\"text\"", "{\"a\":"] {
            assert!(answer(body).json().is_none(), "{body}");
        }
    }
}
