//! The HTTP client under rmcp's streamable HTTP transport. Adds what that leaves open: an answer
//! that is too long, or an error that belongs to no request, reaches whoever asked, at once; and no
//! error names the URL, which may hold a key.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future;
use futures::stream::BoxStream;
use http::HeaderName;
use http::HeaderValue;
use http::StatusCode;
use rmcp::model::ClientJsonRpcMessage;
use rmcp::model::RequestId;
use rmcp::model::ServerJsonRpcMessage;
use rmcp::transport::streamable_http_client::SseError;
use rmcp::transport::streamable_http_client::StreamableHttpClient;
use rmcp::transport::streamable_http_client::StreamableHttpError;
use rmcp::transport::streamable_http_client::StreamableHttpPostResponse;
use sse_stream::Sse;

use crate::mcp::bounded::too_long;
use crate::mcp::session::Hearing;
use crate::mcp::session::Shared;
use crate::mcp::session::Stream;

/// What rmcp's stream of events says of one that is too long; its type is not to be had.
const TOO_LONG: &str = "exceeded the maximum size";

/// Longest pause before a stream that never came is asked for again.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

type HttpError = StreamableHttpError<reqwest::Error>;
type Headers = HashMap<HeaderName, HeaderValue>;
type Events = BoxStream<'static, Result<Sse, SseError>>;

/// A client for upstreams, which says how the stream of a session fares.
#[derive(Clone)]
pub(crate) struct UpstreamHttp {
    pub(crate) client: reqwest::Client,
    pub(crate) shared: Arc<Shared>,
    /// Pause before a stream that never came is asked for again; doubled with each failure.
    pub(crate) first_pause: Duration,
}

impl StreamableHttpClient for UpstreamHttp {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        headers: Headers,
    ) -> Result<StreamableHttpPostResponse, HttpError> {
        self.post_message_with_max_sse_event_size(uri, message, session_id, auth_header, headers, usize::MAX).await
    }

    async fn post_message_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        headers: Headers,
        limit: usize,
    ) -> Result<StreamableHttpPostResponse, HttpError> {
        let asked = match &message {
            ClientJsonRpcMessage::Request(request) => Some(request.id.clone()),
            _ => None,
        };
        let in_session = session_id.is_some();
        let answer = self
            .client
            .post_message_with_max_sse_event_size(uri, message, session_id, auth_header, headers, limit)
            .await
            .map_err(without_url);
        let Some(asked) = asked else { return answer };
        match answer {
            Err(StreamableHttpError::ResponseBodyTooLarge { max_size }) => {
                Ok(StreamableHttpPostResponse::Json(too_long(asked, max_size), None))
            }
            Ok(StreamableHttpPostResponse::Json(answer, session)) => {
                addressed(&answer, &asked, in_session)?;
                Ok(StreamableHttpPostResponse::Json(answer, session))
            }
            Ok(StreamableHttpPostResponse::Sse(events, session)) => {
                Ok(StreamableHttpPostResponse::Sse(told(events, asked, limit), session))
            }
            other => other,
        }
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        auth_header: Option<String>,
        headers: Headers,
    ) -> Result<(), HttpError> {
        self.client.delete_session(uri, session_id, auth_header, headers).await.map_err(without_url)
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth_header: Option<String>,
        headers: Headers,
    ) -> Result<Events, HttpError> {
        self.client.get_stream(uri, session_id, last_event_id, auth_header, headers).await.map_err(without_url)
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth_header: Option<String>,
        headers: Headers,
        limit: usize,
    ) -> Result<Events, HttpError> {
        // One that came once is asked for again by rmcp.
        let never_came = last_event_id.is_none() && *self.shared.hearing.borrow() != Hearing::Yes;
        let mut pause = self.first_pause;
        loop {
            let (uri, session, last, auth) =
                (Arc::clone(&uri), session_id.clone(), last_event_id.clone(), auth_header.clone());
            let events =
                self.client.get_stream_with_max_sse_event_size(uri, session, last, auth, headers.clone(), limit);
            let events = events.await.map_err(without_url);
            let stream = match &events {
                Ok(_) if last_event_id.is_some() => Stream::Resumed,
                Ok(_) => Stream::Begun,
                Err(_) if last_event_id.is_some() => Stream::NotResumed,
                Err(StreamableHttpError::ServerDoesNotSupportSse) => Stream::NotOffered,
                // The credential of a connection stays what it is, so asking again would change nothing.
                Err(error) if never_came && is_refusal(error) => Stream::NotOffered,
                Err(_) => Stream::Failed,
            };
            self.shared.stream_came(stream);
            if stream != Stream::Failed || !never_came {
                return events;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Whether a server does not let in, 401 or 403.
fn is_refusal(error: &HttpError) -> bool {
    match error {
        StreamableHttpError::AuthRequired(_) | StreamableHttpError::InsufficientScope(_) => true,
        StreamableHttpError::Client(error) => {
            matches!(error.status(), Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN))
        }
        _ => false,
    }
}

fn without_url(error: HttpError) -> HttpError {
    match error {
        StreamableHttpError::Client(error) => StreamableHttpError::Client(error.without_url()),
        other => other,
    }
}

/// An error under another id, or under none, would be dropped, and the caller would wait in vain.
/// Servers answer so when they do not know a session (any more).
fn addressed(answer: &ServerJsonRpcMessage, asked: &RequestId, in_session: bool) -> Result<(), HttpError> {
    let ServerJsonRpcMessage::Error(error) = answer else { return Ok(()) };
    // Some servers send numbers back as text.
    if error.id.as_ref().is_some_and(|id| id.to_string() == asked.to_string()) {
        return Ok(());
    }
    if in_session {
        return Err(StreamableHttpError::SessionExpired);
    }
    Err(StreamableHttpError::UnexpectedServerResponse(error.error.message.clone()))
}

/// The events of an answer; one that is too long is told to whoever asked.
fn told(events: Events, asked: RequestId, limit: usize) -> Events {
    let events = events.map(move |event| match event {
        Err(error) if error.to_string().contains(TOO_LONG) => {
            let told = serde_json::to_string(&too_long(asked.clone(), limit)).unwrap_or_default();
            Ok(Sse::default().data(told))
        }
        other => other,
    });
    // Whatever was meant to come after an error cannot be read.
    events.scan(false, |over, event| future::ready((!std::mem::replace(over, event.is_err())).then_some(event))).boxed()
}
