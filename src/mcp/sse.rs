//! The client's half of the older HTTP+SSE transport, for servers of before 2025-03-26: one
//! address opens a stream, whose first event names another, to which messages are posted; all
//! answers come over the stream. That other address must be of the same origin, since the headers,
//! which may hold a credential, go there as well.

use futures::StreamExt;
use futures::stream::BoxStream;
use http::HeaderMap;
use http::StatusCode;
use http::header;
use reqwest::Url;
use rmcp::model::ClientJsonRpcMessage;
use rmcp::model::ServerJsonRpcMessage;
use rmcp::service::RoleClient;
use rmcp::transport::Transport as McpTransport;
use sse_stream::Sse;
use sse_stream::SseStream;

use crate::mcp::bounded::bounded_events;
use crate::mcp::transport::ConnectError;

/// Bytes of the answer to a post that are read; nothing of it is used.
const RECEIPT: usize = 64 * 1024;

/// Why a message could not be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SseError {
    /// No answer.
    #[error("{0}")]
    Http(reqwest::Error),
    /// The server did not take it.
    #[error("the server answered {0} to a message")]
    Refused(StatusCode),
}

/// An open stream, and where to post.
pub(crate) struct SseTransport {
    client: reqwest::Client,
    endpoint: Url,
    headers: HeaderMap,
    // Dropped with this, which ends the request and so the session.
    events: BoxStream<'static, Result<Sse, sse_stream::Error>>,
}

/// Opens a stream and waits until it names the other address.
pub(crate) async fn open(
    client: &reqwest::Client,
    url: &str,
    headers: HeaderMap,
    limit: usize,
) -> Result<SseTransport, ConnectError> {
    let base: Url = url.parse().map_err(|_| ConnectError::refused("the configured url is none".to_owned()))?;
    let request = client.get(base.clone()).headers(headers.clone()).header(header::ACCEPT, "text/event-stream");
    let response = request.send().await.map_err(|error| ConnectError::unreached(error.without_url().to_string()))?;
    if response.status() != StatusCode::OK {
        return Err(ConnectError::refused(format!("the server answered {} to the stream", response.status())));
    }
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("text/event-stream") {
        return Err(ConnectError::refused(format!(
            "the server answered with {kind:?} where a stream of events belongs"
        )));
    }
    let mut events =
        SseStream::from_bytes_stream(bounded_events(response.bytes_stream().boxed(), limit).boxed()).boxed();
    let named = loop {
        match events.next().await {
            Some(Ok(event)) if event.event.as_deref() == Some("endpoint") => break event.data.unwrap_or_default(),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(ConnectError::ended(format!("the stream broke: {error}"))),
            None => return Err(ConnectError::ended("the stream ended before it named where to post".to_owned())),
        }
    };
    let endpoint = same_origin(&base, named.trim())?;
    Ok(SseTransport { client: client.clone(), endpoint, headers, events })
}

/// The address that a server names, if it is its own.
fn same_origin(base: &Url, named: &str) -> Result<Url, ConnectError> {
    let endpoint = base.join(named).ok().filter(|_| !named.is_empty());
    let endpoint =
        endpoint.ok_or_else(|| ConnectError::refused("the server names no address to post to".to_owned()))?;
    if endpoint.origin() != base.origin() {
        let origin = endpoint.origin().ascii_serialization();
        let reason = format!("the server wants messages posted to {origin}, which is not where it is itself");
        return Err(ConnectError::refused(reason));
    }
    Ok(endpoint)
}

impl McpTransport<RoleClient> for SseTransport {
    type Error = SseError;

    fn send(
        &mut self,
        message: ClientJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let request = self.client.post(self.endpoint.clone()).headers(self.headers.clone()).json(&message);
        async move {
            let told = |error: reqwest::Error| SseError::Http(error.without_url());
            let mut response = request.send().await.map_err(told)?;
            if !response.status().is_success() {
                return Err(SseError::Refused(response.status()));
            }
            // Read to its end, so that the connection can be used again.
            let mut read = 0;
            while let Some(chunk) = response.chunk().await.map_err(told)? {
                read += chunk.len();
                if read > RECEIPT {
                    break;
                }
            }
            Ok(())
        }
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        loop {
            let event = match self.events.next().await? {
                Ok(event) => event,
                Err(error) => {
                    tracing::warn!(error = %error, "the stream of an MCP server broke");
                    return None;
                }
            };
            if event.event.as_deref().is_some_and(|kind| kind != "message") {
                continue;
            }
            let Some(data) = event.data else { continue };
            match serde_json::from_str(&data) {
                Ok(message) => return Some(message),
                Err(error) if error.is_data() => tracing::debug!(error = %error, "an unknown message of an MCP server"),
                Err(error) => {
                    // Whose answer it was cannot be told; all who wait are told so by the end.
                    tracing::warn!(error = %error, "an MCP server sent what is no JSON");
                    return None;
                }
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.events = futures::stream::empty().boxed();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_to_post_to_is_of_the_same_origin() {
        let base: Url = "http://127.0.0.1:8000/a/sse?key=1".parse().unwrap();
        let taken = |named: &str| same_origin(&base, named).ok().map(|url| url.to_string());
        assert_eq!(taken("/messages?id=1").as_deref(), Some("http://127.0.0.1:8000/messages?id=1"));
        assert_eq!(taken("messages").as_deref(), Some("http://127.0.0.1:8000/a/messages"));
        assert_eq!(taken("http://127.0.0.1:8000/m").as_deref(), Some("http://127.0.0.1:8000/m"));
        for foreign in ["http://127.0.0.1:8001/m", "https://127.0.0.1:8000/m", "//example.com/m", "http://[", ""] {
            assert_eq!(taken(foreign), None, "{foreign}");
        }
    }
}
