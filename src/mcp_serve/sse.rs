//! The older HTTP+SSE transport, for clients of before 2025-03-26: one path opens a stream
//! that names the other, to which messages are posted; all answers go to the stream.
//!
//! Since they do, a message must come from whoever opened the stream; where nobody in
//! particular did, from who knows its id. A message that brings no credential is served with
//! that of the stream's opening. A session ends when its client goes away, when nothing was
//! posted for long, or when the server stops.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use axum::extract::Request;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::response::sse::Event;
use axum::response::sse::KeepAlive;
use axum::response::sse::Sse;
use futures::FutureExt;
use futures::StreamExt;
use futures::stream;
use http::Extensions;
use http::HeaderName;
use http::HeaderValue;
use http::Method;
use http::StatusCode;
use http::header;
use http::request::Parts;
use rmcp::ServerHandler;
use rmcp::ServiceExt;
use rmcp::model::ClientJsonRpcMessage;
use rmcp::model::ClientNotification;
use rmcp::model::GetExtensions;
use rmcp::model::RequestId;
use rmcp::model::ServerJsonRpcMessage;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tokio_util::sync::PollSender;

use crate::mcp_serve::Endpoint;
use crate::mcp_serve::Limits;
use crate::mcp_serve::body;
use crate::mcp_serve::door::Door;
use crate::mcp_serve::door::Visitor;
use crate::mcp_serve::places::Places;
use crate::mcp_serve::places::Standing;
use crate::mcp_serve::refusal::Refusal;

/// Messages that wait in either direction of one session.
const WAITING: usize = 16;
/// Requests of one session whose answers have not left yet.
const UNANSWERED: usize = 64;
/// Query parameter with the id of a session.
const SESSION: &str = "session_id";

/// The two paths of one server.
pub struct Endpoints {
    /// Opens a stream.
    pub stream: Endpoint,
    /// Takes messages.
    pub messages: Endpoint,
}

struct Shared<H> {
    handler: H,
    door: Door,
    limits: Limits,
    messages_path: String,
    sessions: Places<Session>,
    stop: CancellationToken,
}

#[derive(Clone)]
struct Session {
    /// What the door made of the request that opened it.
    opening: Extensions,
    inbox: mpsc::Sender<ClientJsonRpcMessage>,
    /// Tells whether the client reads: full when it does not.
    outbox: mpsc::WeakSender<ServerJsonRpcMessage>,
    unanswered: Arc<Mutex<HashSet<RequestId>>>,
    ended: CancellationToken,
}

impl Session {
    fn unanswered(&self) -> MutexGuard<'_, HashSet<RequestId>> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes room for a request, or says that the client must read first.
    fn note(&self, message: &ClientJsonRpcMessage) -> Result<(), Refusal> {
        let mut unanswered = self.unanswered();
        match message {
            ClientJsonRpcMessage::Request(request) => {
                if unanswered.len() >= UNANSWERED {
                    let message = "as many requests are unanswered as may be; read the stream, or wait for answers";
                    return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message));
                }
                if !unanswered.insert(request.id.clone()) {
                    let message = "a request with this id is not answered yet; each request needs an id of its own";
                    return Err(Refusal::new(StatusCode::CONFLICT, "request_id_in_use", message));
                }
            }
            ClientJsonRpcMessage::Notification(note) => {
                // A cancelled request gets no answer; one that waits to be read stays counted.
                if let ClientNotification::CancelledNotification(cancelled) = &note.notification
                    && let Some(id) = &cancelled.params.request_id
                    && self.outbox.upgrade().is_some_and(|outbox| outbox.capacity() > 0)
                {
                    unanswered.remove(id);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The request that a message answers.
fn answered(message: &ServerJsonRpcMessage) -> Option<&RequestId> {
    match message {
        ServerJsonRpcMessage::Response(response) => Some(&response.id),
        ServerJsonRpcMessage::Error(error) => error.id.as_ref(),
        _ => None,
    }
}

/// The endpoints of a handler. Streams name `messages_path`, where the second one must be.
pub fn endpoints<H>(
    handler: &H,
    door: Door,
    messages_path: impl Into<String>,
    limits: &Limits,
    stop: &CancellationToken,
) -> Endpoints
where
    H: ServerHandler + Clone,
{
    let shared = Arc::new(Shared {
        handler: handler.clone(),
        door,
        limits: limits.clone(),
        messages_path: messages_path.into(),
        sessions: Places::new(limits),
        stop: stop.clone(),
    });
    let posted = Arc::clone(&shared);
    Endpoints {
        stream: Endpoint::new(move |request| {
            let opened = shared.open(request);
            async move { opened.unwrap_or_else(Refusal::into_response) }.boxed()
        }),
        messages: Endpoint::new(move |request| {
            let shared = Arc::clone(&posted);
            async move { shared.take(request).await.unwrap_or_else(Refusal::into_response) }.boxed()
        }),
    }
}

impl<H: ServerHandler + Clone> Shared<H> {
    fn open(self: &Arc<Self>, request: Request) -> Result<Response, Refusal> {
        let (visitor, request) = self.door.enter(request)?;
        if request.method() != Method::GET {
            return Err(Refusal::method("GET"));
        }
        let id: Arc<str> = format!("{:032x}", rand::random::<u128>()).into();
        let (inbox, incoming) = mpsc::channel(WAITING);
        let (outgoing, outbox) = mpsc::channel(WAITING);
        let ended = self.stop.child_token();
        let unanswered: Arc<Mutex<HashSet<RequestId>>> = Arc::default();
        let waiting = Arc::clone(&unanswered);
        let opening = request.extensions().clone();
        let session = Session { opening, inbox, outbox: outgoing.downgrade(), unanswered, ended: ended.clone() };
        if let Some((_, older)) = self.sessions.take(Arc::clone(&id), visitor, session) {
            older.ended.cancel();
        }
        let closing = ended.clone().drop_guard();
        tokio::spawn(Arc::clone(self).run(Arc::clone(&id), incoming, outgoing, ended));
        let first = Event::default().event("endpoint").data(format!("{}?{SESSION}={id}", self.messages_path));
        let messages = ReceiverStream::new(outbox).map(move |message: ServerJsonRpcMessage| {
            // Dropped with the stream: a client that goes away ends its session.
            let _closing = &closing;
            if let Some(id) = answered(&message) {
                waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
            }
            Event::default().event("message").json_data(message).unwrap_or_else(|error| {
                tracing::error!(error = %error, "an MCP message cannot be written");
                Event::default().comment("a message was lost")
            })
        });
        let events = stream::iter([first]).chain(messages).map(Ok::<_, Infallible>);
        let alive = KeepAlive::new().interval(self.limits.keep_alive).text("keep-alive");
        let mut response = Sse::new(events).keep_alive(alive).into_response();
        // nginx and those that follow it.
        response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
        Ok(response)
    }

    /// Serves one session to its end.
    async fn run(
        self: Arc<Self>,
        id: Arc<str>,
        incoming: mpsc::Receiver<ClientJsonRpcMessage>,
        outgoing: mpsc::Sender<ServerJsonRpcMessage>,
        ended: CancellationToken,
    ) {
        let idle = self.limits.idle;
        let (forward, forwarded) = mpsc::channel(WAITING);
        let pumping = async {
            let mut incoming = incoming;
            while let Ok(Some(message)) = tokio::time::timeout(idle, incoming.recv()).await {
                if forward.send(message).await.is_err() {
                    break;
                }
            }
        };
        let transport = (PollSender::new(outgoing), ReceiverStream::new(forwarded));
        let serving = async {
            match self.handler.clone().serve_with_ct(transport, ended.clone()).await {
                Ok(running) => drop(running.waiting().await),
                Err(error) => tracing::debug!(error = %error, "an SSE client was not served"),
            }
        };
        tokio::select! {
            () = pumping => {}
            () = serving => {}
            () = ended.cancelled() => {}
        }
        ended.cancel();
        self.sessions.remove(&id);
    }

    async fn take(&self, request: Request) -> Result<Response, Refusal> {
        let (visitor, request) = self.door.enter(request)?;
        if request.method() != Method::POST {
            return Err(Refusal::method("POST"));
        }
        let session = self.session(&request, visitor)?;
        let (mut parts, body) = request.into_parts();
        if visitor.empty_handed {
            parts.extensions = session.opening.clone();
        }
        check_content_type(&parts)?;
        let body = body::whole(body, self.limits.body_bytes).await?;
        let mut message: ClientJsonRpcMessage = serde_json::from_slice(&body).map_err(|error| {
            let message = format!("the body is no MCP message: {error}");
            Refusal::new(StatusCode::BAD_REQUEST, "invalid_message", message)
        })?;
        match &mut message {
            ClientJsonRpcMessage::Request(request) => drop(request.request.extensions_mut().insert(parts)),
            ClientJsonRpcMessage::Notification(note) => drop(note.notification.extensions_mut().insert(parts)),
            _ => {}
        }
        session.note(&message)?;
        session.inbox.send(message).await.map_err(|_| Refusal::unknown_session())?;
        Ok((StatusCode::ACCEPTED, "Accepted").into_response())
    }

    /// The session that a message names, if the sender may post to it.
    fn session(&self, request: &Request, visitor: Visitor) -> Result<Session, Refusal> {
        let mut pairs = request.uri().query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        let Some((_, id)) = pairs.find(|(name, _)| *name == SESSION) else {
            let message = format!("the address must hold {SESSION}, as the stream's first event gave it");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "session_missing", message));
        };
        match self.sessions.visit(id, visitor.identity).ok_or_else(Refusal::unknown_session)? {
            (Standing::Stranger, _) => Err(Refusal::foreign_session()),
            (_, session) => Ok(session),
        }
    }
}

fn check_content_type(parts: &Parts) -> Result<(), Refusal> {
    let value = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message = "the body must be application/json";
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message))
}
