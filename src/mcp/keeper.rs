//! Keeps the connection of one server: makes it, notices its end, makes it again after a pause,
//! leaves a server alone that fails over and over, and lists tools anew when they change. One try
//! at a time; who comes while one runs shares its outcome.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rmcp::model::ServerNotification;
use rmcp::model::SubscriptionFilter;
use rmcp::service::Subscription;
use tokio::time::Instant;

use crate::domain::tool::ToolFailure;
use crate::engine::ports::ProtocolEra;
use crate::mcp::breaker::Breaker;
use crate::mcp::connected::Connected;
use crate::mcp::era::EraMemory;
use crate::mcp::era::Miss;
use crate::mcp::era::WAYS;
use crate::mcp::limits::LONGEST_JITTER;
use crate::mcp::output_schema::OutputSchemas;
use crate::mcp::session::ClientEnd;
use crate::mcp::session::Shared;
use crate::mcp::transport::Setup;
use crate::mcp::upstream::State;
use crate::mcp::upstream::Upstream;

/// A connection that lasted so long shows that the server is well.
const STEADY: Duration = Duration::from_secs(60);
/// How often a silent server is asked whether it is there.
const LOOK_EVERY: Duration = Duration::from_secs(30);

impl Upstream {
    /// Keeps the connection until the server is closed.
    pub async fn keep(self: Arc<Self>) {
        let mut states = self.state.subscribe();
        while !self.stop.is_cancelled() {
            let connected = tokio::select! {
                () = self.stop.cancelled() => break,
                connected = self.connected() => connected,
            };
            if let Ok(connected) = connected {
                tokio::select! {
                    () = self.stop.cancelled() => break,
                    reason = self.watch(&connected) => {
                        self.lost(&connected, reason);
                        // A child that is hung takes its time to end; nobody waits for that.
                        self.tasks.spawn(Arc::clone(&self).tell_the_end(connected));
                    }
                }
            }
            let pause = self.breaker(|breaker| breaker.pause(Instant::now(), &self.limits));
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = tokio::time::sleep(self.jittered(pause)) => {}
                // Somebody's call was quicker.
                _ = states.wait_for(|state| state.up) => {}
            }
        }
        self.close().await;
    }

    /// Watches the connection while there is one. For a user's own, which is made when that user asks for
    /// something; here only while the user is subscribed to something. Returns when the server is closed.
    pub(super) async fn attend(self: Arc<Self>) {
        let mut states = self.state.subscribe();
        while !self.stop.is_cancelled() {
            tokio::select! {
                () = self.stop.cancelled() => break,
                _ = states.wait_for(|state| state.up) => {}
                () = self.back_for_subscribers() => {}
            }
            let Some(connected) = self.live() else {
                // It ended before it was looked at. The lock is given back first: `lost` takes it.
                let ended = self.slot().clone();
                match ended {
                    Some(ended) => self.lost(&ended, "the connection ended"),
                    // Given up without a fault of the server, until somebody needs one.
                    None => tokio::select! {
                        () = self.stop.cancelled() => break,
                        _ = states.changed() => {}
                        () = self.back_for_subscribers() => {}
                    },
                }
                continue;
            };
            tokio::select! {
                () = self.stop.cancelled() => break,
                reason = self.watch(&connected) => {
                    self.lost(&connected, reason);
                    self.tasks.spawn(Arc::clone(&self).tell_the_end(connected));
                }
            }
        }
        self.close().await;
    }

    /// Makes the connection again for those who are subscribed to something over it; returns when it is made.
    async fn back_for_subscribers(&self) {
        loop {
            self.subscriptions.wanted().await;
            if self.connected().await.is_ok() {
                return;
            }
            let pause = self.breaker(|breaker| breaker.pause(Instant::now(), &self.limits));
            tokio::time::sleep(self.jittered(pause)).await;
        }
    }

    /// Connects, if it is not; what comes of it is in its state.
    pub(super) async fn look(&self) {
        if let Err(failure) = self.connected().await {
            tracing::debug!(upstream.name = %self.name, error = %failure, "MCP server cannot be reached");
        }
    }

    /// Ends the connection and everything that belongs to it; there is none after that.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        self.subscriptions.over();
        let connected = self.slot().take();
        if let Some(connected) = connected {
            connected.gone.cancel();
        }
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// The live connection; made now when there is none.
    pub(crate) async fn connected(&self) -> Result<Arc<Connected>, ToolFailure> {
        if let Some(connected) = self.live() {
            return Ok(connected);
        }
        let before = self.tries.load(Ordering::Acquire);
        let _one_at_a_time = self.connecting.lock().await;
        if let Some(connected) = self.live() {
            return Ok(connected);
        }
        if self.tries.load(Ordering::Acquire) != before {
            return Err(self.unavailable(&self.last_error()));
        }
        if let Some(left) = self.breaker(|breaker| breaker.refuses(Instant::now())) {
            let failures = self.breaker(|breaker| breaker.failures());
            let reason = format!(
                "it failed {failures} times in a row and is not tried for the next {} s; last: {}",
                left.as_secs() + 1,
                self.last_error()
            );
            return Err(self.unavailable(&reason));
        }
        let made = tokio::select! {
            () = self.stop.cancelled() => Err("this connection was closed".to_owned()),
            made = tokio::time::timeout(self.limits.connect, self.connect()) => made.unwrap_or_else(|_| {
                let way = self.memory().way();
                self.memory().missed(way, Miss::Ended);
                Err(format!("not ready within {:?}", self.limits.connect))
            }),
        };
        let made = match made {
            Ok(connected) => Ok(connected),
            Err(reason) => Err(self.down(&reason)),
        };
        self.tries.fetch_add(1, Ordering::AcqRel);
        made
    }

    /// The connection, waited for when the server was lost a moment ago and is likely to come back.
    pub(crate) async fn recovered(&self) -> Result<Arc<Connected>, ToolFailure> {
        let error = match self.connected().await {
            Ok(connected) => return Ok(connected),
            Err(error) => error,
        };
        let Some(until) = self.patient_until() else { return Err(error) };
        let mut states = self.state.subscribe();
        let back = async {
            loop {
                let pause = self.breaker(|breaker| breaker.pause(Instant::now(), &self.limits));
                tokio::select! {
                    _ = states.wait_for(|state| state.up) => {}
                    // Nobody else may be making a connection.
                    () = tokio::time::sleep(self.jittered(pause)) => {}
                }
                if let Ok(connected) = self.connected().await {
                    return connected;
                }
            }
        };
        tokio::time::timeout_at(until, back).await.map_err(|_| error)
    }

    /// Until when a server is waited for that was lost; none if it was not.
    fn patient_until(&self) -> Option<Instant> {
        Some(self.state.borrow().lost_at? + self.limits.patience)
    }

    /// Whether it was lost a moment ago and is likely to come back.
    pub(crate) fn was_lost_just_now(&self) -> bool {
        self.patient_until().is_some_and(|until| Instant::now() < until)
    }

    /// A connection on which the server has just answered, for what is sent only once.
    pub(crate) async fn proven(&self) -> Result<Arc<Connected>, ToolFailure> {
        let connected = self.recovered().await?;
        if connected.answers(self.limits.probe).await {
            return Ok(connected);
        }
        self.lost(&connected, "it no longer answers");
        self.recovered().await
    }

    fn live(&self) -> Option<Arc<Connected>> {
        self.slot().clone().filter(|connected| !connected.is_over())
    }

    async fn connect(&self) -> Result<Arc<Connected>, String> {
        let mut ways = 1..WAYS.len();
        loop {
            let way = self.memory().way();
            self.starts.fetch_add(1, Ordering::Relaxed);
            let shared = Arc::new(Shared::with(&self.subscriptions));
            let end = ClientEnd { shared: Arc::clone(&shared) };
            let setup = Setup { server: &self.name, limits: &self.limits, tasks: &self.tasks, end, way };
            let opened = match self.transport.connect(setup).await {
                Ok(opened) => opened,
                Err(error) => {
                    if self.memory().missed(way, error.miss()) && ways.next().is_some() {
                        let reason = self.mask.clean(&error.to_string(), 600);
                        tracing::info!(upstream.name = %self.name, error = reason, "MCP server is greeted in another way");
                        continue;
                    }
                    return Err(error.to_string());
                }
            };
            let connected = Connected::new(opened, shared, &self.tasks).await;
            let tools = connected.list_tools().await?;
            self.memory().worked(connected.era);
            let connected = Arc::new(connected);
            self.breaker(Breaker::connected);
            let schemas = Arc::new(OutputSchemas::of(&tools));
            // Slot and state change together, so that each tells of the same connection.
            let mut slot = self.slot();
            *slot = Some(Arc::clone(&connected));
            if self.stop.is_cancelled() {
                // Whoever closes may have looked before.
                connected.gone.cancel();
            }
            self.change(|state| {
                *state = State {
                    up: true,
                    error: None,
                    tools: Arc::new(tools),
                    schemas,
                    protocol: Some((connected.version.clone(), connected.era)),
                    lost_at: None,
                };
            });
            drop(slot);
            return Ok(connected);
        }
    }

    /// Returns why the connection is over.
    async fn watch(&self, connected: &Connected) -> &'static str {
        tokio::select! {
            reason = self.watch_tools(connected) => reason,
            reason = self.watch_resources(connected) => reason,
        }
    }

    /// Returns why the connection is over; lists tools again when the server says they changed.
    async fn watch_tools(&self, connected: &Connected) -> &'static str {
        let steady = tokio::time::sleep(STEADY);
        tokio::pin!(steady);
        let mut proved = false;
        let subscribed = self.subscribed(connected);
        tokio::pin!(subscribed);
        // The end of a server on the network may show in nothing but its silence.
        let mut look = tokio::time::interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = connected.gone.cancelled() => return "the connection ended",
                reason = &mut subscribed => return reason,
                () = connected.shared.tools_changed.notified() => {
                    match tokio::time::timeout(self.limits.connect, connected.list_tools()).await {
                        Ok(Ok(tools)) => {
                            let schemas = Arc::new(OutputSchemas::of(&tools));
                            self.change(|state| (state.tools, state.schemas) = (Arc::new(tools), schemas));
                        }
                        _ => return "its tools could not be listed again",
                    }
                    // A server that says so without end is listened to now and then.
                    tokio::time::sleep(self.limits.first_pause).await;
                }
                () = async {
                    tokio::select! {
                        _ = look.tick() => {}
                        () = connected.shared.doubtful.notified() => {}
                    }
                } => {
                    if !connected.answers(self.limits.probe).await {
                        return "it no longer answers";
                    }
                }
                () = &mut steady, if !proved => {
                    proved = true;
                    self.breaker(Breaker::proved);
                }
            }
        }
    }

    /// Listens for changes where they have to be subscribed to. Returns when the server is gone.
    async fn subscribed(&self, connected: &Connected) -> &'static str {
        let wanted = connected.lists_that_change();
        if connected.era == ProtocolEra::WithSessions || wanted == SubscriptionFilter::new() {
            return std::future::pending().await;
        }
        let mut pause = self.limits.first_pause;
        loop {
            match connected.connection.listen(wanted.clone()).await {
                Ok(subscription) => {
                    // Something may have changed before, or while nobody listened.
                    connected.shared.tools_changed.notify_one();
                    pause = self.limits.first_pause;
                    heard(subscription, connected).await;
                }
                Err(error) => tracing::debug!(upstream.name = %self.name, error = %error, "no subscription"),
            }
            tokio::time::sleep(self.jittered(pause)).await;
            pause = (pause * 2).min(self.limits.longest_pause);
            if !connected.answers(self.limits.probe).await {
                return "it no longer answers";
            }
        }
    }

    fn down(&self, reason: &str) -> ToolFailure {
        let reason = self.mask.clean(reason, 600);
        // Said once, however often it is tried.
        if self.state.borrow().error.as_ref() != Some(&reason) {
            tracing::warn!(upstream.name = %self.name, error = reason, "MCP server cannot be reached");
        }
        self.breaker(|breaker| breaker.failed(Instant::now(), &self.limits));
        self.change(|state| {
            state.up = false;
            state.error = Some(reason.clone());
        });
        self.unavailable(&reason)
    }

    /// Gives a connection up. It may not know yet that it is over, so it is not asked; one that was
    /// made since stays.
    pub(crate) fn lost(&self, connected: &Arc<Connected>, reason: &str) {
        connected.gone.cancel();
        let mut slot = self.slot();
        if !slot.as_ref().is_some_and(|current| Arc::ptr_eq(current, connected)) {
            return;
        }
        *slot = None;
        if self.stop.is_cancelled() {
            return;
        }
        let now = Instant::now();
        self.breaker(|breaker| breaker.failed(now, &self.limits));
        self.change(|state| {
            state.up = false;
            state.error = Some(reason.to_owned());
            state.lost_at = Some(now);
        });
    }

    /// Ends a connection of a server that did nothing wrong; whoever needs one next makes it.
    pub(crate) fn renew(&self, connected: &Arc<Connected>) {
        let mut slot = self.slot();
        if slot.as_ref().is_some_and(|current| Arc::ptr_eq(current, connected)) {
            *slot = None;
            self.change(|state| state.lost_at = Some(Instant::now()));
        }
        connected.gone.cancel();
    }

    /// Adds to the state how the process ended, unless the server is back by now.
    async fn tell_the_end(self: Arc<Self>, connected: Arc<Connected>) {
        let Some(end) = connected.obituary().await else { return };
        let end = self.mask.clean(&end, 600);
        // Not with its words: they may hold what a user said.
        tracing::warn!(upstream.name = %self.name, "MCP server is gone");
        if !self.state.borrow().up {
            self.change(|state| state.error = Some(end));
        }
    }

    /// Finds out whether a server that let a call pass still answers; if not, its connection is
    /// given up, so that the next call finds a new one.
    pub(crate) fn doubt(self: &Arc<Self>, connected: &Arc<Connected>) {
        if connected.doubted.swap(true, Ordering::AcqRel) {
            return;
        }
        let (this, connected) = (Arc::clone(self), Arc::clone(connected));
        let tracker = self.tasks.clone();
        tracker.spawn(async move {
            if !connected.answers(this.limits.probe).await {
                this.lost(&connected, "it no longer answers");
            }
            connected.doubted.store(false, Ordering::Release);
        });
    }

    pub(crate) fn breaker<T>(&self, act: impl FnOnce(&mut Breaker) -> T) -> T {
        act(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, EraMemory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Arc<Connected>>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last_error(&self) -> String {
        self.state.borrow().error.clone().unwrap_or_else(|| "it is not connected".to_owned())
    }

    /// Three quarters of a pause up to `LONGEST_JITTER`, by the random part of a new id.
    pub(super) fn jittered(&self, pause: Duration) -> Duration {
        let random = f64::from(self.clock.new_uuid().as_bytes()[15]) / 255.0;
        pause.mul_f64(0.75 + random * (LONGEST_JITTER - 0.75))
    }
}

/// Passes on what a subscription tells, to its end.
async fn heard(mut subscription: Subscription, connected: &Connected) {
    while let Ok(Some(notification)) = subscription.next().await {
        if matches!(
            notification,
            ServerNotification::ToolListChangedNotification(_)
                | ServerNotification::PromptListChangedNotification(_)
                | ServerNotification::ResourceListChangedNotification(_)
        ) {
            connected.shared.tools_changed.notify_one();
        }
    }
}
