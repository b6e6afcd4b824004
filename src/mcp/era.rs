//! Which protocol era a server is of: with sessions (2024-11-05 … 2025-11-25) or without
//! (2026-07-28). Found out by asking, remembered, and asked again when what is remembered no longer
//! works. Relies on rmcp for both handshakes and for the step from one to the other; adds that a
//! server that does not answer the question is not waited for long.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rmcp::model::ClientJsonRpcMessage;
use rmcp::model::ClientRequest;
use rmcp::model::ErrorCode;
use rmcp::model::ErrorData;
use rmcp::model::ProtocolVersion;
use rmcp::model::RequestId;
use rmcp::model::ServerJsonRpcMessage;
use rmcp::service::ClientInitializeError;
use rmcp::service::ClientLifecycleMode;
use rmcp::service::RoleClient;
use rmcp::transport::Transport as McpTransport;
use rmcp::transport::streamable_http_client::StreamableHttpError;
use tokio::time::Instant;

use crate::engine::ports::ProtocolEra;

/// How a connection is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Ask which era, and go on with sessions when there is no answer for a short time.
    Ask,
    /// With sessions, without asking.
    WithSessions,
    /// Ask, and wait for the answer.
    AskPatiently,
}

/// Why a connection was not made, as far as the era is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Miss {
    /// The server was not reached at all; nothing was learnt.
    Unreached,
    /// It answered, and would not have it.
    Refused,
    /// It answered the question for its era, and not with what answers it.
    Besides,
    /// It answered that it has no sessions.
    Newer,
    /// It went away, or did not answer in time.
    Ended,
}

/// What is remembered of one server.
#[derive(Debug, Default)]
pub(crate) struct EraMemory {
    known: Option<ProtocolEra>,
    /// Ways tried since then without success.
    step: usize,
}

/// A server may go away because it was asked; one may need long to start.
pub(crate) const WAYS: [Way; 3] = [Way::Ask, Way::WithSessions, Way::AskPatiently];

impl EraMemory {
    /// How to begin the next connection. A server without sessions is greeted by the very question.
    pub(crate) fn way(&self) -> Way {
        if self.known == Some(ProtocolEra::WithSessions) { Way::WithSessions } else { WAYS[self.step % WAYS.len()] }
    }

    pub(crate) fn worked(&mut self, era: ProtocolEra) {
        *self = Self { known: Some(era), step: 0 };
    }

    /// Notes a failure; true: another way may work at once. What was remembered may be wrong; a server
    /// may not know the question and say so in a way of its own; it may have been slow to answer it.
    pub(crate) fn missed(&mut self, way: Way, miss: Miss) -> bool {
        if miss == Miss::Unreached {
            return false;
        }
        let known = self.known.take().is_some();
        let another = match (way, miss) {
            (Way::WithSessions, Miss::Refused) if known => Some(Way::Ask),
            (Way::Ask | Way::AskPatiently, Miss::Besides) => Some(Way::WithSessions),
            (Way::Ask | Way::WithSessions, Miss::Newer) => Some(Way::AskPatiently),
            _ => None,
        };
        let place = |way: Way| WAYS.iter().position(|other| *other == way).unwrap_or_default();
        self.step = another.map_or_else(|| (place(way) + 1) % WAYS.len(), place);
        another.is_some()
    }
}

/// The handshake of a way.
pub(crate) fn lifecycle(way: Way) -> ClientLifecycleMode {
    match way {
        Way::WithSessions => ClientLifecycleMode::Initialize,
        Way::Ask | Way::AskPatiently => ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            legacy_version: Some(ProtocolVersion::LATEST_WITH_INITIALIZE),
        },
    }
}

/// What a failed handshake means.
pub(crate) fn miss(error: &ClientInitializeError) -> Miss {
    match error {
        ClientInitializeError::TransportError { error, .. } => {
            match error.error.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
                Some(StreamableHttpError::Client(error)) if error.is_connect() => Miss::Unreached,
                Some(StreamableHttpError::HttpStatus(_) | StreamableHttpError::AuthRequired(_)) => Miss::Unreached,
                Some(StreamableHttpError::UnexpectedServerResponse(_)) => Miss::Refused,
                _ => Miss::Ended,
            }
        }
        ClientInitializeError::ConnectionClosed(_) | ClientInitializeError::Cancelled => Miss::Ended,
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => match miss(fallback) {
            // Both questions were asked.
            Miss::Besides => Miss::Refused,
            miss => miss,
        },
        ClientInitializeError::ExpectedInitResult(_) => Miss::Besides,
        // It names the versions that it has instead, and they are of the other era.
        ClientInitializeError::NoCompatibleProtocolVersion { .. } => Miss::Besides,
        ClientInitializeError::JsonRpcError(error) if is_newer(error.code) => Miss::Newer,
        _ => Miss::Refused,
    }
}

/// Whether the code of an error is one that servers without sessions alone have.
pub(crate) fn is_newer(code: ErrorCode) -> bool {
    [ErrorCode::UNSUPPORTED_PROTOCOL_VERSION, ErrorCode::HEADER_MISMATCH].contains(&code)
}

/// A transport on which the question for the era is answered in time, by the server or for it.
pub(crate) struct Asked<T> {
    inner: T,
    limit: Duration,
    /// Nothing but the question has been sent.
    greeting: bool,
    open: Option<(RequestId, Instant)>,
    /// A question that was answered for the server; its own answer comes too late.
    given_up: Option<RequestId>,
    silent: Arc<AtomicBool>,
}

impl<T> Asked<T> {
    /// `silent` tells whether the server let the question pass.
    pub(crate) fn new(inner: T, limit: Duration, silent: Arc<AtomicBool>) -> Self {
        Self { inner, limit, greeting: true, open: None, given_up: None, silent }
    }
}

fn id(message: &ServerJsonRpcMessage) -> Option<&RequestId> {
    match message {
        ServerJsonRpcMessage::Response(response) => Some(&response.id),
        ServerJsonRpcMessage::Error(error) => error.id.as_ref(),
        _ => None,
    }
}

impl<T: McpTransport<RoleClient>> McpTransport<RoleClient> for Asked<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        message: ClientJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        if self.greeting {
            match &message {
                ClientJsonRpcMessage::Request(request)
                    if matches!(request.request, ClientRequest::DiscoverRequest(_)) =>
                {
                    self.open = Some((request.id.clone(), Instant::now() + self.limit));
                }
                _ => (self.greeting, self.open) = (false, None),
            }
        }
        self.inner.send(message)
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        loop {
            let message = match &self.open {
                None => self.inner.receive().await?,
                Some((asked, until)) => tokio::select! {
                    message = self.inner.receive() => message?,
                    () = tokio::time::sleep_until(*until) => {
                        self.silent.store(true, Ordering::Relaxed);
                        let error = ErrorData::new(ErrorCode::METHOD_NOT_FOUND, "no answer in time", None);
                        let answer = ServerJsonRpcMessage::error(error, Some(asked.clone()));
                        self.given_up = self.open.take().map(|(asked, _)| asked);
                        return Some(answer);
                    }
                },
            };
            match id(&message) {
                Some(answered) if self.given_up.as_ref() == Some(answered) => continue,
                Some(_) => self.open = None,
                None => {}
            }
            return Some(message);
        }
    }

    fn close(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send {
        self.inner.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_worked_is_remembered_until_it_no_longer_works() {
        let mut memory = EraMemory::default();
        assert_eq!(memory.way(), Way::Ask);
        memory.worked(ProtocolEra::WithSessions);
        assert!(!memory.missed(Way::WithSessions, Miss::Unreached));
        assert_eq!(memory.way(), Way::WithSessions, "a server that is away is not asked again");
        assert!(memory.missed(Way::WithSessions, Miss::Refused), "it was replaced");
        assert_eq!(memory.way(), Way::Ask);
        memory.worked(ProtocolEra::Sessionless);
        assert_eq!(memory.way(), Way::Ask, "the question is the greeting");
    }

    #[test]
    fn a_server_that_answers_besides_the_question_is_greeted_in_the_other_way_at_once() {
        let mut memory = EraMemory::default();
        assert!(memory.missed(Way::Ask, Miss::Besides));
        assert_eq!(memory.way(), Way::WithSessions);
        assert!(!memory.missed(Way::WithSessions, Miss::Besides), "there is no third way to go on with");
    }

    #[test]
    fn a_server_that_names_older_versions_alone_is_greeted_in_the_other_way_at_once() {
        let named = ClientInitializeError::NoCompatibleProtocolVersion {
            client_supported: vec![ProtocolVersion::V_2026_07_28],
            server_supported: vec![ProtocolVersion::V_2025_06_18],
        };
        let mut memory = EraMemory::default();
        assert!(memory.missed(Way::Ask, miss(&named)));
        assert_eq!(memory.way(), Way::WithSessions);
    }

    #[test]
    fn a_server_that_was_slow_to_say_that_it_has_no_sessions_is_asked_again_at_once() {
        let mut memory = EraMemory::default();
        assert!(memory.missed(Way::Ask, Miss::Newer));
        assert_eq!(memory.way(), Way::AskPatiently);
        memory.worked(ProtocolEra::WithSessions);
        assert!(memory.missed(Way::WithSessions, Miss::Newer), "it was replaced");
        assert_eq!(memory.way(), Way::AskPatiently);
        assert!(!memory.missed(Way::AskPatiently, Miss::Newer));
    }

    #[test]
    fn a_server_that_goes_away_when_asked_is_begun_with_in_other_ways() {
        let mut memory = EraMemory::default();
        let mut ways = Vec::new();
        for _ in 0..4 {
            ways.push(memory.way());
            assert!(!memory.missed(memory.way(), Miss::Ended));
        }
        assert_eq!(ways, [Way::Ask, Way::WithSessions, Way::AskPatiently, Way::Ask]);
    }
}
