//! A call that its server goes on with as a task (extension `io.modelcontextprotocol/tasks`): asked
//! for at the pace that the server suggests, within bounds of ours, until it is done or the time of the
//! call is over, never longer. Whoever no longer waits has it cancelled at the server. A task outlives
//! the connection that it was begun over, so one that is lost is made again and the call is not.
//!
//! What a server says of a task that it does not know any more, or of another one, is told as that.
//! What a task asks is put to a user who can be asked now; for a later turn no task is kept.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::CallToolResult;
use rmcp::model::CancelTaskParams;
use rmcp::model::ErrorCode;
use rmcp::model::ErrorData;
use rmcp::model::GetTaskParams;
use rmcp::model::InputRequests;
use rmcp::model::InputRequiredResult;
use rmcp::model::Task;
use rmcp::model::TaskPayload;
use rmcp::model::UpdateTaskParams;
use rmcp::service::Peer;
use rmcp::service::RoleClient;
use rmcp::service::ServiceError;
use serde_json::Value;
use tokio_util::task::TaskTracker;

use crate::domain::elicitation::ROUNDS;
use crate::domain::tool::ToolFailure;
use crate::domain::tool::Unasked;
use crate::engine::ports::Askable;
use crate::engine::ports::Follow;
use crate::mcp::asking_call::Came;
use crate::mcp::asks::Allowance;
use crate::mcp::asks::asking_of;
use crate::mcp::connected::Connected;
use crate::mcp::session::elicit_result;
use crate::mcp::upstream::Upstream;
use crate::mcp::upstream::is_over;

/// Pause between two looks at a task where its server suggests none.
const USUAL_PAUSE: Duration = Duration::from_secs(1);
/// Bounds of what a server may suggest.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Longest name of a task.
const NAME_BYTES: usize = 1_024;

impl Upstream {
    /// Looks at a task until it is over. Bounded by the time of the call, which the caller keeps.
    pub(super) async fn follow_task(
        &self,
        connected: &Arc<Connected>,
        begun: Task,
        following: (&Follow, &Allowance),
    ) -> Came {
        let offered = connected.connection.peer_info().is_some_and(|info| info.capabilities.supports_tasks());
        if !offered || begun.task_id.len() > NAME_BYTES {
            return self.lying("it goes on with the call as a task, which it does not offer");
        }
        let mut connected = Arc::clone(connected);
        let mut hand = InHand::new(&connected, &begun.task_id, self);
        let mut pause = pause_of(&begun);
        let (mut said, mut told, mut rounds) = (BTreeMap::new(), BTreeSet::new(), 0);
        // A server that says over and over that it is another one has its connection made again once.
        let mut another = false;
        let mut is_lost = |error: &ServiceError| {
            let by_code = matches!(error, ServiceError::McpError(_));
            is_over(error) && !(by_code && std::mem::replace(&mut another, true))
        };
        loop {
            tokio::time::sleep(pause).await;
            let look = connected.connection.get_task(GetTaskParams::new(begun.task_id.clone()));
            let look = tokio::select! {
                biased;
                look = look => look,
                () = connected.gone.cancelled() => Err(ServiceError::TransportClosed),
            };
            let task = match look {
                Ok(found) => found.task,
                Err(error) if is_lost(&error) => match self.again(&mut connected, &mut hand).await {
                    Ok(()) => continue,
                    Err(failure) => return Came::Failed(failure),
                },
                Err(ServiceError::McpError(error)) if error.code == ErrorCode::INVALID_PARAMS => {
                    hand.over();
                    let said: String = error.message.chars().take(200).collect();
                    return self.lying(&format!("it does not know its task any more: {said}"));
                }
                // That may pass.
                Err(ServiceError::McpError(error)) if error.code == ErrorCode::INTERNAL_ERROR => continue,
                Err(error) => return Came::Failed(self.failure(&error)),
            };
            if task.task.task_id != begun.task_id {
                return self.lying("it was asked for one task and told of another");
            }
            pause = pause_of(&task.task);
            match task.payload {
                TaskPayload::Working => {}
                TaskPayload::InputRequired { input_requests } => {
                    let open: InputRequests =
                        input_requests.into_iter().filter(|(key, _)| !told.contains(key)).collect();
                    if open.is_empty() {
                        continue;
                    }
                    rounds += 1;
                    if rounds > ROUNDS {
                        return Came::InVain(Unasked::Because(format!("its task has asked {ROUNDS} times")));
                    }
                    match self.tell_task(&connected, &begun, open, &mut said, following).await {
                        Ok(Ok(keys)) => told.extend(keys),
                        Ok(Err(why)) => return Came::InVain(why),
                        Err(error) if is_lost(&error) => {
                            if let Err(failure) = self.again(&mut connected, &mut hand).await {
                                return Came::Failed(failure);
                            }
                        }
                        Err(error) => return Came::Failed(self.failure(&error)),
                    }
                }
                ended => {
                    hand.over();
                    return self.ended(ended);
                }
            }
        }
    }

    /// Makes a connection again that ended.
    async fn again(&self, connected: &mut Arc<Connected>, hand: &mut InHand) -> Result<(), ToolFailure> {
        self.lost(connected, "the connection ended while a task of it was followed");
        *connected = self.recovered().await?;
        hand.now_over(connected);
        Ok(())
    }

    /// Answers what a task asks, if its user can be asked now, who is asked each thing once; the keys
    /// that the server was told.
    async fn tell_task(
        &self,
        connected: &Connected,
        begun: &Task,
        open: InputRequests,
        said: &mut BTreeMap<String, Value>,
        (follow, allowance): (&Follow, &Allowance),
    ) -> Result<Result<Vec<String>, Unasked>, ServiceError> {
        let asking = match asking_of(InputRequiredResult::new(Some(open), None)) {
            Ok(asking) => asking,
            Err(reason) => return Ok(Err(Unasked::Because(reason))),
        };
        let Askable::Now(ask) = &follow.askable else {
            return Ok(Err(Unasked::NotWhileItWaits));
        };
        let mut responses = BTreeMap::new();
        for (key, form) in asking.forms {
            if !said.contains_key(&key) {
                let answer = elicit_result(allowance.pausing(ask(form)).await);
                said.insert(key.clone(), serde_json::to_value(answer).unwrap_or_default());
            }
            let answer = said.get(&key).cloned().unwrap_or_default();
            responses.insert(key, answer);
        }
        let keys = responses.keys().cloned().collect();
        connected.connection.update_task(UpdateTaskParams::new(begun.task_id.clone(), responses)).await?;
        Ok(Ok(keys))
    }

    /// What a task that is over has brought.
    fn ended(&self, payload: TaskPayload) -> Came {
        match payload {
            TaskPayload::Completed { result } => {
                match serde_json::from_value::<CallToolResult>(Value::Object(result)) {
                    Ok(result) => Came::Result(result),
                    Err(_) => self.lying("its task is done and has no result of a tool"),
                }
            }
            TaskPayload::Failed { error } => match serde_json::from_value::<ErrorData>(Value::Object(error)) {
                // Whatever its code, it says nothing of the connection.
                Ok(error) => Came::Failed(self.failure(&ServiceError::McpError(error))),
                Err(_) => self.lying("its task failed and it does not say how"),
            },
            TaskPayload::Cancelled => self.lying("its task was cancelled, and not by us"),
            _ => self.lying("its task is in a state that is not known"),
        }
    }

    fn lying(&self, reason: &str) -> Came {
        Came::Failed(ToolFailure::BadAnswer { server: self.name().to_owned(), reason: self.told(reason) })
    }
}

fn pause_of(task: &Task) -> Duration {
    task.poll_interval_ms.map_or(USUAL_PAUSE, Duration::from_millis).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
}

/// A task that somebody waits for. Dropped before it is over, it is cancelled at its server.
struct InHand {
    task: Option<String>,
    peer: Peer<RoleClient>,
    tasks: TaskTracker,
    patience: Duration,
}

impl InHand {
    fn new(connected: &Connected, task: &str, upstream: &Upstream) -> Self {
        let (peer, patience) = (connected.connection.clone(), upstream.limits.probe);
        Self { task: Some(task.to_owned()), peer, tasks: upstream.tasks.clone(), patience }
    }

    fn now_over(&mut self, connected: &Connected) {
        self.peer = connected.connection.clone();
    }

    /// There is nothing to cancel.
    fn over(&mut self) {
        self.task = None;
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        let Some(task) = self.task.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (peer, patience) = (self.peer.clone(), self.patience);
        let cancelling = async move {
            let asked = tokio::time::timeout(patience, peer.cancel_task(CancelTaskParams::new(task))).await;
            if !matches!(asked, Ok(Ok(_))) {
                tracing::debug!("a task of an MCP server was not cancelled");
            }
        };
        self.tasks.spawn_on(cancelling, &runtime);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering;

    use rmcp::RoleServer;
    use rmcp::ServerHandler;
    use rmcp::ServiceExt;
    use rmcp::model::CallToolRequestParams;
    use rmcp::model::CallToolResponse;
    use rmcp::model::CreateTaskResult;
    use rmcp::model::DetailedTask;
    use rmcp::model::GetTaskResult;
    use rmcp::model::ServerCapabilities;
    use rmcp::model::ServerConfig;
    use rmcp::model::TaskStatus;
    use rmcp::model::Tool;
    use rmcp::service::RequestContext;
    use rmcp::transport::async_rw::AsyncRwTransport;
    use serde_json::json;
    use tokio::sync::Notify;
    use tokio::time::Instant;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::clock::SystemClock;
    use crate::domain::elicitation::Said;
    use crate::domain::tool::MadeBy;
    use crate::domain::tool::RawToolResult;
    use crate::domain::tool::ToolCall;
    use crate::domain::tool::ToolName;
    use crate::mcp::child::Program;
    use crate::mcp::era::Way;
    use crate::mcp::era::lifecycle;
    use crate::mcp::limits::UpstreamLimits;
    use crate::mcp::session::ClientEnd;
    use crate::mcp::session::Shared;
    use crate::mcp::transport::Opened;
    use crate::mcp::transport::Transport;
    use crate::mcp::upstream::Tries;

    const TIME: Duration = Duration::from_secs(60);

    /// What the server says at each look; the last again and again.
    type Script = Vec<fn() -> Result<TaskPayload, ErrorData>>;

    #[derive(Clone)]
    struct Slow(Arc<Inner>);

    struct Inner {
        script: Script,
        pause_ms: Option<u64>,
        offers: bool,
        name: &'static str,
        looks: AtomicUsize,
        said: Mutex<Vec<Value>>,
        cancelled: Notify,
    }

    impl Slow {
        fn new(pause_ms: Option<u64>, script: Script) -> Self {
            let (looks, said, cancelled) = (AtomicUsize::new(0), Mutex::default(), Notify::new());
            Self(Arc::new(Inner { script, pause_ms, offers: true, name: "t-1", looks, said, cancelled }))
        }

        fn looks(&self) -> usize {
            self.0.looks.load(Ordering::SeqCst)
        }

        fn task(&self, name: &str) -> Task {
            let mut task = Task::new(name, TaskStatus::Working, "2026-02-09T08:15:30Z", "2026-02-09T08:15:30Z");
            task.poll_interval_ms = self.0.pause_ms;
            task
        }
    }

    impl ServerHandler for Slow {
        fn get_info(&self) -> ServerConfig {
            let capabilities = ServerCapabilities::builder().enable_tools();
            let built = if self.0.offers { capabilities.enable_tasks().build() } else { capabilities.build() };
            ServerConfig::new(built)
        }

        async fn call_tool(
            &self,
            _request: CallToolRequestParams,
            _context: RequestContext<RoleServer>,
        ) -> Result<CallToolResponse, ErrorData> {
            Ok(CreateTaskResult::new(self.task("t-1")).into())
        }

        async fn get_task(
            &self,
            _request: GetTaskParams,
            _context: RequestContext<RoleServer>,
        ) -> Result<GetTaskResult, ErrorData> {
            let at = self.0.looks.fetch_add(1, Ordering::SeqCst).min(self.0.script.len() - 1);
            Ok(GetTaskResult::new(DetailedTask::new(self.task(self.0.name), self.0.script[at]()?)))
        }

        async fn update_task(
            &self,
            request: UpdateTaskParams,
            _context: RequestContext<RoleServer>,
        ) -> Result<(), ErrorData> {
            self.0.said.lock().expect("whole").push(json!(request.input_responses));
            Ok(())
        }

        async fn cancel_task(
            &self,
            request: CancelTaskParams,
            _context: RequestContext<RoleServer>,
        ) -> Result<(), ErrorData> {
            assert_eq!(request.task_id, "t-1");
            self.0.cancelled.notify_one();
            Ok(())
        }
    }

    fn done() -> Result<TaskPayload, ErrorData> {
        let Value::Object(result) = json!({ "content": [{ "type": "text", "text": "found" }] }) else { unreachable!() };
        Ok(TaskPayload::Completed { result })
    }

    fn working() -> Result<TaskPayload, ErrorData> {
        Ok(TaskPayload::Working)
    }

    async fn over(server: &Slow) -> Arc<Upstream> {
        in_memory(server, Way::AskPatiently).await
    }

    /// An upstream whose connection is one in memory; no other can be made.
    pub(in crate::mcp) async fn in_memory(server: &(impl ServerHandler + Clone), way: Way) -> Arc<Upstream> {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let serving = server.clone();
        tokio::spawn(async move {
            if let Ok(running) = serving.serve(far).await {
                drop(running.waiting().await);
            }
        });
        let program =
            Program { command: "none".into(), args: vec![], env: Default::default(), secrets: vec![], cwd: None };
        let limits = UpstreamLimits::new(TIME, TIME, 64 * 1024);
        let upstream =
            Upstream::new("slow", Vec::new(), Transport::Stdio(program), limits, Arc::new(SystemClock::new()));
        let shared = Arc::new(Shared::default());
        let end = ClientEnd { shared: Arc::clone(&shared) };
        let (read, write) = tokio::io::split(near);
        let wire = AsyncRwTransport::<RoleClient, _, _>::new(read, write);
        let running = end.connect(wire, lifecycle(way)).await.expect("a connection");
        let connected = Connected::new(Opened { running, obituary: None }, shared, &upstream.tasks).await;
        *upstream.connection.lock().expect("whole") = Some(Arc::new(connected));
        upstream
    }

    async fn call(upstream: &Arc<Upstream>, follow: &Follow) -> Result<RawToolResult, ToolFailure> {
        call_of(upstream, "search", Tries::AgainOnNewConnection, follow).await
    }

    pub(in crate::mcp) async fn call_of(
        upstream: &Arc<Upstream>,
        tool: &str,
        tries: Tries,
        follow: &Follow,
    ) -> Result<RawToolResult, ToolFailure> {
        let call = ToolCall {
            id: "01939c5e-0000-7000-8000-000000000001".parse().expect("an id"),
            name: ToolName::qualify("slow", tool),
            server: "slow".to_owned(),
            tool: tool.to_owned(),
            arguments: json!({}),
            made_by: MadeBy::Gateway,
            attempt: 1,
            confirmed: tries == Tries::Once,
            given: None,
        };
        let permits = |_: &Arc<Vec<Tool>>| Ok(());
        upstream.call(&call, tries, &permits, follow, &CancellationToken::new()).await
    }

    fn reason(answer: Result<RawToolResult, ToolFailure>) -> String {
        answer.expect_err("no result").to_string()
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_is_looked_at_as_its_server_suggests_and_its_result_is_the_calls() {
        for (suggested, pause) in [(Some(3_000), 3_000), (None, 1_000), (Some(0), 100), (Some(3_600_000), 10_000)] {
            let server = Slow::new(suggested, vec![working, working, done]);
            let upstream = over(&server).await;
            let begun = Instant::now();
            let result = call(&upstream, &Follow::nobody()).await.expect("a result");
            assert_eq!(result.texts().collect::<Vec<_>>(), ["found"]);
            assert_eq!((begun.elapsed().as_millis(), server.looks()), (3 * pause, 3), "{suggested:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_looked_at_to_the_end_of_the_calls_time_and_cancelled_then() {
        let server = Slow::new(Some(7_000), vec![working]);
        let upstream = over(&server).await;
        let begun = Instant::now();
        let failure = call(&upstream, &Follow::nobody()).await.expect_err("it never ends");
        assert!(matches!(failure, ToolFailure::Timeout { .. }), "{failure}");
        assert_eq!((begun.elapsed(), server.looks()), (TIME, 8));
        server.0.cancelled.notified().await;
        assert_eq!(server.looks(), 8, "nobody looks any more");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_goes_away_has_it_cancelled() {
        let server = Slow::new(Some(1_000), vec![working]);
        let upstream = over(&server).await;
        let answer = tokio::time::timeout(Duration::from_millis(2_500), call(&upstream, &Follow::nobody())).await;
        assert!(answer.is_err());
        server.0.cancelled.notified().await;
        assert_eq!(server.looks(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_loses_it_or_lies_about_it_is_told_as_that() {
        let lost = || Err(ErrorData::invalid_params("no task t-1", None));
        let told = |script: Script| async {
            let server = Slow::new(Some(100), script);
            reason(call(&over(&server).await, &Follow::nobody()).await)
        };
        assert!(told(vec![working, lost]).await.contains("does not know its task any more: no task t-1"));
        assert!(told(vec![|| Ok(TaskPayload::Cancelled)]).await.contains("not by us"));
        let odd: fn() -> _ = || Ok(TaskPayload::Completed { result: Default::default() });
        assert!(told(vec![odd]).await.contains("no result of a tool"));
        let failed: fn() -> _ = || {
            let Value::Object(error) = json!({ "code": -32042, "message": "not like this" }) else { unreachable!() };
            Ok(TaskPayload::Failed { error })
        };
        assert!(told(vec![failed]).await.contains("refused the request: not like this"));
        let mut other = Slow::new(Some(100), vec![working]);
        Arc::get_mut(&mut other.0).expect("ours alone").name = "t-2";
        assert!(reason(call(&over(&other).await, &Follow::nobody()).await).contains("told of another"));
        let mut silent = Slow::new(Some(100), vec![working]);
        Arc::get_mut(&mut silent.0).expect("ours alone").offers = false;
        assert!(reason(call(&over(&silent).await, &Follow::nobody()).await).contains("does not offer"));
    }

    fn refused(code: i32) -> ErrorData {
        ErrorData::new(ErrorCode(code), "not now", None)
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_server_that_does_not_know_it_is_spared_its_cancelling_and_what_may_pass_is_waited_for() {
        let passing: fn() -> _ = || Err(ErrorData::internal_error("overloaded", None));
        let result = call(&over(&Slow::new(Some(100), vec![passing, passing, done])).await, &Follow::nobody()).await;
        assert_eq!(result.expect("a result").texts().collect::<Vec<_>>(), ["found"]);
        let server = Slow::new(Some(100), vec![|| Err(refused(-32_099))]);
        let upstream = over(&server).await;
        assert!(reason(call(&upstream, &Follow::nobody()).await).contains("refused the request: not now"));
        server.0.cancelled.notified().await;
    }

    #[tokio::test(start_paused = true)]
    async fn the_code_of_a_failed_task_says_nothing_of_the_connection() {
        let failed: fn() -> _ = || {
            let code = ErrorCode::HEADER_MISMATCH.0;
            let Value::Object(error) = json!({ "code": code, "message": "not now" }) else { unreachable!() };
            Ok(TaskPayload::Failed { error })
        };
        let upstream = over(&Slow::new(Some(100), vec![failed])).await;
        assert!(reason(call(&upstream, &Follow::nobody()).await).contains("refused the request: not now"));
        assert!(upstream.connection.lock().expect("whole").as_ref().is_some_and(|one| !one.is_over()));
    }

    #[tokio::test(start_paused = true)]
    async fn looks_at_a_task_that_asks_are_no_questions_and_a_confirmed_one_may_have_changed_something() {
        let mut looks: Script = vec![asks as fn() -> _; usize::try_from(ROUNDS).expect("few") * 2];
        looks.push(done);
        let ask: crate::engine::ports::AskFn = Arc::new(|_| Box::pin(async { Said::Decline }));
        let follow = Follow { askable: Askable::Now(ask), ..Follow::nobody() };
        let result = call(&over(&Slow::new(Some(100), looks)).await, &follow).await.expect("a result");
        assert_eq!(result.texts().collect::<Vec<_>>(), ["found"]);
        let upstream = over(&Slow::new(Some(100), vec![asks])).await;
        let later = Follow { askable: Askable::Later, ..Follow::nobody() };
        let failure = call_of(&upstream, "search", Tries::Once, &later).await.expect_err("no result");
        let (server, why) = ("slow".to_owned(), Unasked::NotWhileItWaits);
        assert_eq!(failure, ToolFailure::Unanswered { server, why, may_have_changed: true });
    }

    fn asks() -> Result<TaskPayload, ErrorData> {
        let form = json!({ "message": "Which?", "requestedSchema": { "type": "object", "properties": {} } });
        let request = json!({ "which": { "method": "elicitation/create", "params": form } });
        Ok(TaskPayload::InputRequired { input_requests: serde_json::from_value(request).expect("a request") })
    }

    #[tokio::test(start_paused = true)]
    async fn what_it_asks_is_put_to_a_user_who_can_be_asked_now() {
        let server = Slow::new(Some(1_000), vec![asks, asks, done]);
        let ask: crate::engine::ports::AskFn = Arc::new(|form| {
            assert_eq!(form.message, "Which?");
            Box::pin(async {
                // Longer than the call may take.
                tokio::time::sleep(TIME * 2).await;
                Said::Accept(json!({}))
            })
        });
        let follow = Follow { askable: Askable::Now(ask), ..Follow::nobody() };
        let result = call(&over(&server).await, &follow).await.expect("a result");
        assert_eq!(result.texts().collect::<Vec<_>>(), ["found"]);
        let said = server.0.said.lock().expect("whole").clone();
        assert_eq!(said, [json!({ "which": { "action": "accept", "content": {} } })], "answered once");

        let server = Slow::new(Some(1_000), vec![asks]);
        let later = Follow { askable: Askable::Later, ..Follow::nobody() };
        // Kept to the end: without its connection nothing can be cancelled.
        let upstream = over(&server).await;
        assert!(reason(call(&upstream, &later).await).contains("cannot be asked while the call waits"));
        server.0.cancelled.notified().await;
    }
}
