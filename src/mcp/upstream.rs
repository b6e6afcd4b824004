//! One MCP server: its state, tool list and calls; `keeper` sees to its connection. A call that
//! finds the connection gone is repeated once on a new one, but never a call that may change
//! something: whether that ran before the connection was lost cannot be told from here. That one
//! goes out only where the server has just answered.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rmcp::model::CallToolResult;
use rmcp::model::ErrorCode;
use rmcp::model::Tool;
use rmcp::service::ServiceError;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::domain::elicitation::Asking;
use crate::domain::elicitation::FormAnswer;
use crate::domain::elicitation::Given;
use crate::domain::elicitation::ROUNDS;
use crate::domain::tool::RawToolResult;
use crate::domain::tool::ToolCall;
use crate::domain::tool::ToolFailure;
use crate::domain::tool::Unasked;
use crate::engine::ports::Askable;
use crate::engine::ports::Clock;
use crate::engine::ports::Follow;
use crate::engine::ports::ProtocolEra;
use crate::engine::ports::ServerState;
use crate::engine::ports::WhoseCredentials;
use crate::mcp::asking_call::Came;
use crate::mcp::asking_call::TurnToCall;
use crate::mcp::asking_call::Turns;
use crate::mcp::asks::Allowance;
use crate::mcp::bounded::TOO_LONG;
use crate::mcp::breaker::Breaker;
use crate::mcp::connected::Connected;
use crate::mcp::era::EraMemory;
use crate::mcp::era::is_newer;
use crate::mcp::limits::UpstreamLimits;
use crate::mcp::mask::Mask;
use crate::mcp::output_schema::OutputSchemas;
use crate::mcp::output_schema::SchemaCheck;
use crate::mcp::pass_through::kept;
use crate::mcp::subscriptions::Subscriptions;
use crate::mcp::transport::Transport;
use crate::mcp::uses::Uses;

/// Structured content of more bytes is checked off the async threads.
const LARGE: usize = 128 * 1024;

/// Whether a call may go out, by what the server that it goes to lists at that moment.
pub type Permits<'a> = &'a (dyn Fn(&Arc<Vec<Tool>>) -> Result<(), ToolFailure> + Sync);

/// How often a call may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tries {
    /// Once, whatever happens: it may change something.
    Once,
    /// Once more on a new connection when the old one was lost.
    AgainOnNewConnection,
}

/// One MCP server.
pub struct Upstream {
    pub(super) name: String,
    groups: Vec<String>,
    pub(super) transport: Transport,
    pub(super) limits: UpstreamLimits,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) mask: Mask,
    // Std mutexes: held for a moment, never across an await.
    pub(super) connection: Mutex<Option<Arc<Connected>>>,
    pub(super) breaker: Mutex<Breaker>,
    pub(super) memory: Mutex<EraMemory>,
    // A tokio mutex: held while connecting, so that callers wait for one attempt instead of making their own.
    pub(super) connecting: tokio::sync::Mutex<()>,
    pub(super) state: watch::Sender<State>,
    changed: OnceLock<Changed>,
    pub(super) starts: AtomicU64,
    /// Tries to connect that are over.
    pub(super) tries: AtomicU64,
    /// Which calls go alone.
    pub(super) turns: Turns,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
    pub(super) uses: Uses,
    pub(super) subscriptions: Arc<Subscriptions>,
}

/// Who is interested in a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    /// Everybody.
    Telling,
    /// Nobody who is not looking: it was down, and still is for the same reason.
    Noting,
}

type Changed = Box<dyn Fn(Worth) + Send + Sync>;

/// What is known of a server at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) up: bool,
    pub(super) error: Option<String>,
    pub(super) tools: Arc<Vec<Tool>>,
    pub(super) schemas: Arc<OutputSchemas>,
    pub(super) protocol: Option<(String, ProtocolEra)>,
    /// When it was lost, if it was up before.
    pub(super) lost_at: Option<Instant>,
}

impl Upstream {
    /// A server that is not connected yet.
    pub fn new(
        name: &str,
        groups: Vec<String>,
        transport: Transport,
        limits: UpstreamLimits,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        Arc::new(Self {
            name: name.to_owned(),
            groups,
            mask: transport.mask(),
            transport,
            limits,
            clock,
            connection: Mutex::default(),
            breaker: Mutex::default(),
            memory: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
            state: watch::Sender::default(),
            changed: OnceLock::new(),
            starts: AtomicU64::new(0),
            tries: AtomicU64::new(0),
            turns: Turns::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            uses: Uses::default(),
            subscriptions: Arc::default(),
        })
    }

    /// Configured name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tools it listed when it was last up; empty while it is down.
    pub fn tools(&self) -> Arc<Vec<Tool>> {
        let state = self.state.borrow();
        if state.up { Arc::clone(&state.tools) } else { Arc::default() }
    }

    /// For connecting and for lists.
    pub(crate) fn time_for_lists(&self) -> Duration {
        self.limits.connect
    }

    /// Its state.
    pub fn state(&self) -> ServerState {
        let breaker = self.breaker(|breaker| breaker.state(Instant::now()));
        let state = self.state.borrow();
        ServerState {
            name: self.name.clone(),
            up: state.up,
            transport: self.transport.name().to_owned(),
            protocol: state.protocol.as_ref().map(|(version, _)| version.clone()),
            era: state.protocol.as_ref().map(|(_, era)| *era),
            breaker,
            error: state.error.clone(),
            restarts: self.starts.load(Ordering::Relaxed).saturating_sub(1),
            groups: self.groups.clone(),
            schema_mismatches: state.schemas.wrong(),
            credentials: WhoseCredentials::Gateway,
            headers: Vec::new(),
        }
    }

    /// Called after each change of state or tools, from now on.
    pub(super) fn on_change(&self, changed: impl Fn(Worth) + Send + Sync + 'static) {
        if self.changed.set(Box::new(changed)).is_err() {
            tracing::error!(upstream.name = %self.name, "changes of an MCP server are told somebody already");
        }
    }

    /// Changes the state, and tells.
    pub(super) fn change(&self, change: impl FnOnce(&mut State)) {
        let mut worth = Worth::Telling;
        self.state.send_modify(|state| {
            let before = (state.up, state.error.clone());
            change(state);
            if !state.up && before == (false, state.error.clone()) {
                worth = Worth::Noting;
            }
        });
        if let Some(changed) = self.changed.get() {
            changed(worth);
        }
    }

    /// Has the keeper end the connection, without waiting for it.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// Returns when it has been up once or failed once.
    pub(super) async fn settled(&self) {
        // Cannot end otherwise: the sender is ours.
        drop(self.state.subscribe().wait_for(|state| state.up || state.error.is_some()).await);
    }

    /// One call within the time limit of the server; the time in which its user is asked does not count.
    ///
    /// # Errors
    /// See [`ToolFailure`].
    pub async fn call(
        self: &Arc<Self>,
        call: &ToolCall,
        tries: Tries,
        permits: Permits<'_>,
        follow: &Follow,
        cancel: &CancellationToken,
    ) -> Result<RawToolResult, ToolFailure> {
        let limit = self.limits.call;
        let allowance = Allowance::new(limit);
        let used: Mutex<Option<Arc<Connected>>> = Mutex::default();
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(ToolFailure::Cancelled),
            answer = self.send(call, tries, permits, (follow, &allowance), &used) => answer,
            () = allowance.over() => {
                if let Some(connected) = used.lock().ok().and_then(|mut used| used.take()) {
                    self.doubt(&connected);
                }
                Err(ToolFailure::Timeout {
                    server: self.name.clone(),
                    limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
                })
            }
        }
    }

    /// Sends a call and waits; `used` tells over which connection.
    async fn send(
        &self,
        call: &ToolCall,
        tries: Tries,
        permits: Permits<'_>,
        following: (&Follow, &Allowance),
        used: &Mutex<Option<Arc<Connected>>>,
    ) -> Result<RawToolResult, ToolFailure> {
        let looks = tries == Tries::AgainOnNewConnection;
        let (mut again, mut torn, mut replaced) = (looks, false, false);
        let mut given = call.given.clone().unwrap_or_default();
        let mut round = 0;
        // With the answers of its user it goes on with what it began before.
        let mut sent = call.given.is_some();
        loop {
            let found = self.way_out(call, (tries, permits), following.1, torn, &mut replaced).await;
            let (connected, turn) = match found {
                Err(failure) if !looks && !sent => return Err(failure.before_sending()),
                found => found?,
            };
            sent = true;
            if let Ok(mut used) = used.lock() {
                *used = Some(Arc::clone(&connected));
            }
            let schemas = Arc::clone(&self.state.borrow().schemas);
            let error = match self.call_once(&connected, call, &given, following, turn).await {
                Ok(Came::Result(result)) => {
                    self.breaker(Breaker::proved);
                    return self.take(self.checked(&call.tool, result, schemas).await?);
                }
                Ok(Came::Asks(asking)) => {
                    self.breaker(Breaker::proved);
                    if !looks && connected.era == ProtocolEra::WithSessions {
                        return Err(self.unanswered(Unasked::NotWhileItWaits, true));
                    }
                    round += 1;
                    given = self.answered(asking, given, round, following).await?;
                    continue;
                }
                Ok(Came::Failed(failure)) => return Err(failure),
                Ok(Came::InVain(why)) => {
                    return Err(self.unanswered(why, !looks && connected.era == ProtocolEra::WithSessions));
                }
                Ok(Came::Torn) => {
                    self.turns.may_ask(&call.tool);
                    if looks && !std::mem::replace(&mut torn, true) {
                        continue;
                    }
                    let why = Unasked::Because("it could not be told which call it was about".to_owned());
                    return Err(self.unanswered(why, !looks));
                }
                Err(error) => error,
            };
            if is_over(&error) {
                self.lost(&connected, "the connection ended in the middle of a call");
                if std::mem::take(&mut again) {
                    continue;
                }
            }
            return Err(self.failure(&error));
        }
    }

    /// A connection on which a call may go out now, with its turn. One on which calls were broken off
    /// is made anew for a call that goes alone, once.
    async fn way_out(
        &self,
        call: &ToolCall,
        (tries, permits): (Tries, Permits<'_>),
        allowance: &Allowance,
        torn: bool,
        replaced: &mut bool,
    ) -> Result<(Arc<Connected>, TurnToCall<'_>), ToolFailure> {
        loop {
            let connected = self.recovered().await?;
            let alone = torn || self.turns.goes_alone(&call.tool);
            let turn = self.turn(&connected, &call.tool, alone, allowance).await?;
            let still = match tries {
                Tries::Once => self.proven().await?,
                Tries::AgainOnNewConnection => self.recovered().await?,
            };
            if !Arc::ptr_eq(&still, &connected) {
                // It was lost before anything was sent.
                continue;
            }
            if alone && connected.shared.under_way.has_broken_off() && !std::mem::replace(replaced, true) {
                self.renew(&connected);
                continue;
            }
            // The server may have come back as another one.
            permits(&self.tools())?;
            return Ok((connected, turn));
        }
    }

    /// The turn of a call, waited for as long as a call may take; that is not the call's own time.
    async fn turn(
        &self,
        connected: &Connected,
        tool: &str,
        alone: bool,
        allowance: &Allowance,
    ) -> Result<TurnToCall<'_>, ToolFailure> {
        let taking = async {
            loop {
                match self.turns.take(connected.era, alone).await {
                    // It may only have been under way when another one asked: worth waiting for that one's user.
                    None if !self.turns.is_known_to_ask(tool) => self.turns.nobody_is_asked().await,
                    turn => break turn,
                }
            }
        };
        let reason = match allowance.pausing(tokio::time::timeout(self.limits.call, taking)).await {
            Ok(Some(turn)) => return Ok(turn),
            Ok(None) => "a call waits for its user, and this one can only be made alone",
            Err(_) => "the calls before this one did not end in time",
        };
        Err(self.unavailable(reason))
    }

    /// The pause for a server that only wants to be asked again.
    pub(crate) async fn a_little_later(&self) {
        tokio::time::sleep(self.limits.first_pause).await;
    }

    /// Answers for the next request, where its user can be asked now; else the call ends in the question.
    async fn answered(
        &self,
        asking: Asking,
        given: Given,
        round: u32,
        (follow, allowance): (&Follow, &Allowance),
    ) -> Result<Given, ToolFailure> {
        if round > ROUNDS {
            return Err(self.unanswered(Unasked::Because(format!("it has asked {ROUNDS} times")), false));
        }
        let mut next = Given { earlier: given.earlier, answers: Vec::new(), state: asking.state.clone() };
        next.earlier.extend(given.answers);
        if asking.forms.is_empty() {
            self.a_little_later().await;
            return Ok(next);
        }
        let ask = match &follow.askable {
            Askable::Now(ask) => ask,
            Askable::Later => {
                return Err(ToolFailure::AsksUser { server: self.name.clone(), asking: Box::new(asking) });
            }
            Askable::No => return Err(self.unanswered(Unasked::NoWay, false)),
        };
        for (key, form) in asking.forms {
            let said = allowance.pausing(ask(form.clone())).await;
            next.answers.push(FormAnswer { key, form: Some(form), said });
        }
        Ok(next)
    }

    pub(super) fn unanswered(&self, why: Unasked, may_have_changed: bool) -> ToolFailure {
        ToolFailure::Unanswered { server: self.name.clone(), why, may_have_changed }
    }

    /// A result within its bounds, and as its tool declares it.
    async fn checked(
        &self,
        tool: &str,
        result: CallToolResult,
        schemas: Arc<OutputSchemas>,
    ) -> Result<CallToolResult, ToolFailure> {
        let bad = |reason: String| Err(ToolFailure::BadAnswer { server: self.name.clone(), reason });
        let limit = self.limits.result_bytes;
        let blocks = result.content.iter().filter(|block| block.as_text().is_none());
        let (Some(bytes), Some(_)) =
            (bytes_within(&result.structured_content, limit), bytes_within(&blocks.collect::<Vec<_>>(), limit))
        else {
            return bad(format!("the result has more than the {limit} bytes that it may have"));
        };
        let (result, problem) = match self.limits.output_schema {
            SchemaCheck::Off => return Ok(result),
            _ if bytes <= LARGE => {
                let problem = schemas.problem(tool, &result);
                (result, problem)
            }
            _ => {
                let (named, schemas) = (tool.to_owned(), Arc::clone(&schemas));
                let checking = tokio::task::spawn_blocking(move || {
                    let problem = schemas.problem(&named, &result);
                    (result, problem)
                });
                match checking.await {
                    Ok(checked) => checked,
                    Err(_) => return bad("the result could not be checked against its schema".to_owned()),
                }
            }
        };
        let Some(problem) = problem else { return Ok(result) };
        if schemas.first_time(tool) {
            tracing::warn!(upstream.name = %self.name, tool.name = tool, problem, "a result is not as declared");
            self.change(|_| ());
        }
        if self.limits.output_schema == SchemaCheck::Strict { bad(format!("{tool}: {problem}")) } else { Ok(result) }
    }

    fn take(&self, result: CallToolResult) -> Result<RawToolResult, ToolFailure> {
        kept(result, self.limits.result_bytes, self.clock.now())
            .map_err(|reason| ToolFailure::BadAnswer { server: self.name.clone(), reason })
    }

    pub(crate) fn failure(&self, error: &ServiceError) -> ToolFailure {
        match error {
            ServiceError::McpError(error) if error.code == ErrorCode::INVALID_PARAMS => {
                ToolFailure::InvalidArguments { problems: vec![self.told(&error.message)] }
            }
            ServiceError::McpError(error) if error.code == TOO_LONG => {
                ToolFailure::BadAnswer { server: self.name.clone(), reason: self.told(&error.message) }
            }
            ServiceError::McpError(error) => ToolFailure::Refused {
                server: self.name.clone(),
                code: error.code.0,
                reason: self.told(&error.message),
            },
            ServiceError::Cancelled { .. } => ToolFailure::Cancelled,
            ServiceError::TransportClosed | ServiceError::TransportSend(_) => {
                self.unavailable("the connection ended in the middle of a call")
            }
            other => ToolFailure::BadAnswer { server: self.name.clone(), reason: self.told(&other.to_string()) },
        }
    }

    pub(super) fn unavailable(&self, reason: &str) -> ToolFailure {
        ToolFailure::Unavailable { server: self.name.clone(), reason: reason.to_owned() }
    }

    /// A server's words, bounded and without its secrets.
    pub(crate) fn told(&self, text: &str) -> String {
        self.mask.clean(text, 300)
    }
}

/// Whether an error means that the connection is good for nothing any more. A server that was
/// replaced by one of the other era says so by a code of its own; it has run nothing then.
pub(crate) fn is_over(error: &ServiceError) -> bool {
    match error {
        ServiceError::TransportClosed | ServiceError::TransportSend(_) => true,
        ServiceError::McpError(error) => is_newer(error.code),
        _ => false,
    }
}

/// Bytes of a value as JSON, if they are no more than the limit.
pub(crate) fn bytes_within(value: &impl Serialize, limit: usize) -> Option<usize> {
    struct Count {
        bytes: usize,
        limit: usize,
    }
    impl io::Write for Count {
        fn write(&mut self, more: &[u8]) -> io::Result<usize> {
            self.bytes += more.len();
            if self.bytes > self.limit { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(more.len()) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count { bytes: 0, limit };
    serde_json::to_writer(&mut count, value).ok().map(|()| count.bytes)
}
