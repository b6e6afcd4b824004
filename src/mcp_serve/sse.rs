//! The older HTTP+SSE transport, for clients of before 2025-03-26: one path opens a stream
//! that names the other, to which messages are posted; all answers go to the stream.
//!
//! Since they do, a message must come from whoever opened the stream. A session ends when
//! its client goes away, when nothing was posted for long, or when the server stops.

use std::collections::HashMap;
use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use axum::extract::Request;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::response::sse::Event;
use axum::response::sse::KeepAlive;
use axum::response::sse::Sse;
use futures::FutureExt;
use futures::StreamExt;
use futures::stream;
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
use crate::mcp_serve::door::Identity;
use crate::mcp_serve::refusal::Refusal;

/// Messages that wait in either direction of one session.
const WAITING: usize = 16;
/// Requests of one session whose answers have not left yet.
const UNANSWERED: usize = 64;
/// Query parameter with the id of a session.
const SESSION: &str = "sessionId";

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
    messages_path: &'static str,
    // A std mutex: held for a map operation, never across an await.
    sessions: Mutex<HashMap<String, Session>>,
    /// Counts uses.
    uses: AtomicU64,
    stop: CancellationToken,
}

#[derive(Clone)]
struct Session {
    owner: Identity,
    last_used: u64,
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
                unanswered.insert(request.id.clone());
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
    messages_path: &'static str,
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
        messages_path,
        sessions: Mutex::default(),
        uses: AtomicU64::new(0),
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
    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a session in. Beyond a bound the one that was not used for longest makes room, the
    /// caller's own where it is the caller who has too many.
    fn admit(&self, id: &str, mut session: Session) {
        let mut sessions = self.sessions();
        let own = |open: &&Session| open.owner == session.owner;
        let too_many = sessions.values().filter(own).count() >= self.limits.sessions_each;
        if too_many || sessions.len() >= self.limits.sessions {
            let open = sessions.iter().filter(|(_, open)| !too_many || own(open));
            let oldest = open.min_by_key(|(_, open)| open.last_used).map(|(id, _)| id.clone());
            if let Some(open) = oldest.and_then(|id| sessions.remove(&id)) {
                open.ended.cancel();
            }
        }
        session.last_used = self.uses.fetch_add(1, Ordering::Relaxed);
        sessions.insert(id.to_owned(), session);
    }

    fn open(self: &Arc<Self>, request: Request) -> Result<Response, Refusal> {
        let (owner, request) = self.door.enter(request)?;
        if request.method() != Method::GET {
            return Err(Refusal::method("GET"));
        }
        let id = format!("{:032x}", rand::random::<u128>());
        let (inbox, incoming) = mpsc::channel(WAITING);
        let (outgoing, outbox) = mpsc::channel(WAITING);
        let ended = self.stop.child_token();
        let unanswered: Arc<Mutex<HashSet<RequestId>>> = Arc::default();
        let (outbox_end, waiting, token) = (outgoing.downgrade(), Arc::clone(&unanswered), ended.clone());
        self.admit(&id, Session { owner, last_used: 0, inbox, outbox: outbox_end, unanswered, ended: token });
        let closing = ended.clone().drop_guard();
        tokio::spawn(Arc::clone(self).run(id.clone(), incoming, outgoing, ended));
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
        id: String,
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
        self.sessions().remove(&id);
    }

    async fn take(&self, request: Request) -> Result<Response, Refusal> {
        let (sender, request) = self.door.enter(request)?;
        if request.method() != Method::POST {
            return Err(Refusal::method("POST"));
        }
        let session = self.session(&request, sender)?;
        let (parts, body) = request.into_parts();
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

    /// The session that a message names, if it is the sender's.
    fn session(&self, request: &Request, sender: Identity) -> Result<Session, Refusal> {
        let mut pairs = request.uri().query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        let Some((_, id)) = pairs.find(|(name, _)| *name == SESSION) else {
            let message = format!("the address must hold {SESSION}, as the stream's first event gave it");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "session_missing", message));
        };
        let mut sessions = self.sessions();
        let session = sessions.get_mut(id).ok_or_else(Refusal::unknown_session)?;
        if session.owner != sender {
            return Err(Refusal::foreign_session());
        }
        session.last_used = self.uses.fetch_add(1, Ordering::Relaxed);
        Ok(session.clone())
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
