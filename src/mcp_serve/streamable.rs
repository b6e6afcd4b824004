//! Streamable HTTP: rmcp's service, once with sessions and once without.
//!
//! A session is its owner's: nobody else reads its streams or ends it, and a request that
//! somebody else sends with its id is served by itself, outside the session, so that neither
//! its answer nor its credential ever meets the session's. Requests of the revision without
//! sessions are served by themselves anyway. Who does not say which form an answer may have,
//! or takes any, is taken to accept both; rmcp would refuse it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::response::Response;
use futures::FutureExt;
use http::HeaderMap;
use http::HeaderValue;
use http::Method;
use http::header;
use rmcp::ServerHandler;
use rmcp::transport::StreamableHttpServerConfig;
use rmcp::transport::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use tokio_util::sync::CancellationToken;

use crate::mcp_serve::Endpoint;
use crate::mcp_serve::Limits;
use crate::mcp_serve::body;
use crate::mcp_serve::door::Door;
use crate::mcp_serve::places::Standing;
use crate::mcp_serve::refusal::Refusal;
use crate::mcp_serve::sessions::Sessions;
use crate::mcp_serve::sessions::serving;

/// Header with the id of a session.
const SESSION: &str = "mcp-session-id";

/// What is kept between the requests of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// A session, for clients of the revisions that have them.
    Sessions,
    /// Nothing, for any client.
    Nothing,
}

struct Streamable<H> {
    door: Door,
    body_bytes: usize,
    sessions: Option<(Arc<Sessions>, StreamableHttpService<H, Sessions>)>,
    alone: StreamableHttpService<H, NeverSessionManager>,
}

/// The endpoint of a handler; `stop` ends its streams and sessions.
pub fn endpoint<H>(handler: &H, door: Door, keeping: Keeping, limits: &Limits, stop: &CancellationToken) -> Endpoint
where
    H: ServerHandler + Clone,
{
    let config = StreamableHttpServerConfig::default()
        // The door has looked at host and origin.
        .disable_allowed_hosts()
        .with_max_request_body_bytes(limits.body_bytes)
        .with_sse_keep_alive(Some(limits.keep_alive))
        .with_cancellation_token(stop.clone());
    let alone = config.clone().with_legacy_session_mode(false).with_json_response(true);
    let sessions = (keeping == Keeping::Sessions).then(|| {
        let sessions = Arc::new(Sessions::new(limits));
        (Arc::clone(&sessions), service(handler, sessions, config))
    });
    let alone = service(handler, Arc::new(NeverSessionManager::default()), alone);
    let streamable = Arc::new(Streamable { door, body_bytes: limits.body_bytes, sessions, alone });
    Endpoint::new(move |request| {
        let streamable = Arc::clone(&streamable);
        async move { streamable.answer(request).await.unwrap_or_else(Refusal::into_response) }.boxed()
    })
}

fn service<H, M>(handler: &H, manager: Arc<M>, config: StreamableHttpServerConfig) -> StreamableHttpService<H, M>
where
    H: ServerHandler + Clone,
    M: SessionManager,
{
    let handler = handler.clone();
    StreamableHttpService::new(move || Ok(handler.clone()), manager, config)
}

impl<H: ServerHandler + Clone> Streamable<H> {
    async fn answer(&self, request: Request) -> Result<Response, Refusal> {
        let (visitor, request) = self.door.enter(request)?;
        let (parts, body) = request.into_parts();
        let body = body::whole(body, self.body_bytes).await?;
        let mut request = Request::from_parts(parts, Body::from(body));
        accept_both(request.headers_mut());
        let Some((sessions, service)) = &self.sessions else { return Ok(self.by_itself(request).await) };
        if let Some(id) = request.headers().get(SESSION) {
            let id = id.to_str().map_err(|_| Refusal::unknown_session())?;
            match sessions.visit(id, visitor.identity).ok_or_else(Refusal::unknown_session)? {
                Standing::Owner => {}
                _ if request.method() == Method::POST => {
                    request.headers_mut().remove(SESSION);
                    return Ok(self.by_itself(request).await);
                }
                Standing::Guest => {}
                Standing::Stranger => return Err(Refusal::foreign_session()),
            }
        }
        Ok(serving(visitor, service.handle(request)).await.map(Body::new))
    }

    async fn by_itself(&self, request: Request) -> Response {
        self.alone.handle(request).await.map(Body::new)
    }
}

/// Names both forms of an answer where a client names none, or takes anything.
fn accept_both(headers: &mut HeaderMap) {
    let named = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut ranges = named.flat_map(|value| value.split(',')).map(|range| range.split(';').next().unwrap_or_default());
    if !headers.contains_key(header::ACCEPT) || ranges.any(|range| range.trim() == "*/*") {
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    }
}
