//! Ring 2: what happens next. The engine runs turns over four ports and knows neither
//! HTTP nor SQL nor any model or tool server. `turn` tells the story; each step has its
//! own file.

pub mod awaiting;
pub mod budget;
pub mod call;
pub mod compact;
pub mod confirm;
pub mod draft;
mod elicit;
pub mod error;
pub mod fingerprint;
pub mod force;
pub mod gather;
pub mod journal;
pub mod judge;
pub mod model_call;
mod open_questions;
pub mod ports;
pub mod preview;
pub mod project;
pub mod ready_call;
pub mod record;
pub mod repeat;
pub mod route;
pub mod running;
pub mod tool_call;
pub mod turn;
pub mod validate;
pub mod views;

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::domain::policy::router::Router;
use crate::engine::budget::Limits;
use crate::engine::open_questions::OpenQuestions;
use crate::engine::ports::ChatModel;
use crate::engine::ports::Clock;
use crate::engine::ports::Tools;
use crate::engine::ports::TurnStore;
use crate::engine::record::TurnRecord;
use crate::engine::running::RunningTurns;
use crate::prompts::Prompts;

/// When the second model pass is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JudgeMode {
    /// For every draft that the checker did not already stop.
    #[default]
    Always,
    /// Only when the checker left a claim open.
    WhenUndecided,
    /// Never; claims that the checker cannot tell then count as unsupported.
    Never,
}

/// What a turn may use and how it is judged.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// Steps, calls and tokens.
    pub limits: Limits,
    /// Longest turn.
    pub turn_time: Duration,
    /// Longest user message in bytes.
    pub message_bytes: usize,
    /// Turns at once; more are refused. Also calls of clients of the MCP proxy at once; more wait.
    pub turns_at_once: usize,
    /// Tool calls of one turn at once.
    pub calls_at_once: usize,
    /// When the judge is asked.
    pub judge: JudgeMode,
    /// Bytes of result text per prompt, all results together, unless the model's context is smaller.
    pub prompt_result_bytes: usize,
    /// Bytes of tool definitions per prompt, unless the model's context is smaller.
    pub prompt_tool_bytes: usize,
    /// Zone of times without a label.
    pub zone: TimeZone,
    /// Digest of the configuration, secrets left out.
    pub config_digest: String,
}

/// Is told of every turn that ended: metrics count them.
pub trait TurnObserver: Send + Sync {
    /// The turn ended; `stored` is false when its record could not be written and its
    /// answer was withheld. Called inside the turn's task: must be quick.
    fn turn_ended(&self, record: &TurnRecord, stored: bool);
}

/// Runs turns.
pub struct Engine {
    pub(crate) model: Arc<dyn ChatModel>,
    pub(crate) tools: Arc<dyn Tools>,
    pub(crate) store: Arc<dyn TurnStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) router: Arc<Router>,
    pub(crate) prompts: Arc<Prompts>,
    pub(crate) settings: EngineSettings,
    pub(crate) running: RunningTurns,
    /// Places for calls that are tried by hand.
    pub(crate) trials: Arc<Semaphore>,
    /// Places for calls of clients of the MCP proxy.
    pub(crate) client_calls: Arc<Semaphore>,
    /// Places for what their servers ask.
    pub(crate) client_questions: OpenQuestions,
    // A std lock: held for a copy of the list, never across an await.
    observers: RwLock<Vec<Arc<dyn TurnObserver>>>,
}

impl Engine {
    /// An engine over its ports.
    pub fn new(
        model: Arc<dyn ChatModel>,
        tools: Arc<dyn Tools>,
        store: Arc<dyn TurnStore>,
        clock: Arc<dyn Clock>,
        router: Arc<Router>,
        prompts: Arc<Prompts>,
        settings: EngineSettings,
    ) -> Arc<Self> {
        let running = RunningTurns::new(settings.turns_at_once);
        let trials = Arc::new(Semaphore::new(settings.calls_at_once.max(1)));
        let client_calls = Arc::new(Semaphore::new(settings.turns_at_once.max(1)));
        let client_questions = OpenQuestions::new(settings.turns_at_once / 2);
        let observers = RwLock::new(Vec::new());
        Arc::new(Self {
            model,
            tools,
            store,
            clock,
            router,
            prompts,
            settings,
            running,
            trials,
            client_calls,
            client_questions,
            observers,
        })
    }

    /// Tells `observer` of every turn that ends from now on.
    pub fn observe(&self, observer: Arc<dyn TurnObserver>) {
        self.observers.write().unwrap_or_else(PoisonError::into_inner).push(observer);
    }

    pub(crate) fn tell_observers(&self, record: &TurnRecord, stored: bool) {
        let observers = self.observers.read().unwrap_or_else(PoisonError::into_inner).clone();
        for observer in observers {
            observer.turn_ended(record, stored);
        }
    }

    /// The store, for the read side.
    pub fn store(&self) -> &Arc<dyn TurnStore> {
        &self.store
    }

    /// The tools.
    pub fn tools(&self) -> &Arc<dyn Tools> {
        &self.tools
    }

    /// The model.
    pub fn model(&self) -> &Arc<dyn ChatModel> {
        &self.model
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The router.
    pub fn router(&self) -> &Arc<Router> {
        &self.router
    }

    /// The turns that run now.
    pub fn running(&self) -> &RunningTurns {
        &self.running
    }

    /// The settings.
    pub fn settings(&self) -> &EngineSettings {
        &self.settings
    }
}
