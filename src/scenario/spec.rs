//! The scenario file: a purpose, a world, and turns with what must hold. Keys are plain
//! words, so that somebody who does not program can read and write a file. Unknown keys
//! are errors. `expect` holds for every model, however badly it behaves; `expect_honest`
//! is added for models that mean well.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Deserializer;
use serde_json::Value;

use crate::domain::event::QuestionKind;
use crate::domain::event::ReplyVerdict;
use crate::domain::event::TurnOutcome;
use crate::domain::outcome::Outcome;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::tool::MadeBy;
use crate::sim::argus::keys;
use crate::sim::faults::Fault;
use crate::sim::sysdig::tokens;

/// Most turns of one scenario.
pub const MAX_TURNS: usize = 50;
/// Seed of the world unless a file says otherwise.
pub const DEFAULT_SEED: u64 = 7;

/// The moment at which scenario worlds stand unless a file says otherwise.
pub fn default_now() -> Timestamp {
    "2026-02-09T08:15:30Z".parse().expect("the constant is a valid time")
}

/// One scenario.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it shows, in one or two sentences.
    pub purpose: String,
    /// Behaviours of the simulated model it also runs with; `expect` must hold for each.
    #[serde(default)]
    pub also_with: Vec<String>,
    /// The world it starts in.
    #[serde(default)]
    pub world: World,
    /// The conversation.
    pub turns: Vec<TurnSpec>,
}

/// The world a scenario starts in.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct World {
    /// Seed of the data.
    pub seed: u64,
    /// The standing clock.
    pub now: Timestamp,
    /// Behaviour of the simulated model in every run, whatever model was asked for.
    pub behaviour: Option<String>,
    /// Behaviour of the simulated judge when it differs from the model's.
    pub judge: Option<String>,
    /// Which servers are configured; none named: Argus and Sysdig.
    pub servers: Vec<ServerName>,
    /// Tools that run only with the user's yes, whatever their server says of them.
    pub confirm: Vec<String>,
    /// The simulated Argus at the start.
    pub argus: ArgusStart,
    /// The simulated Sysdig at the start.
    pub sysdig: SysdigStart,
}

impl Default for World {
    fn default() -> Self {
        Self {
            seed: DEFAULT_SEED,
            now: default_now(),
            behaviour: None,
            judge: None,
            servers: Vec::new(),
            confirm: Vec::new(),
            argus: ArgusStart::default(),
            sysdig: SysdigStart::default(),
        }
    }
}

impl World {
    /// Whether a gateway at a URL, over a world that we do not control, can stand in for it.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// One of the servers that there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerName {
    /// Cases and events.
    Argus,
    /// Runtime events.
    Sysdig,
    /// Cases, after it has asked its user something.
    Desk,
}

impl ServerName {
    /// Name in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            ServerName::Argus => "argus",
            ServerName::Sysdig => "sysdig",
            ServerName::Desk => "desk",
        }
    }
}

/// What is done to a simulated backend.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Backend {
    /// Replaces the armed faults; an empty list ends them.
    pub faults: Option<Vec<Fault>>,
    /// Changes the data; the words are those of the backend's `mutate` fault.
    pub change: Option<Value>,
}

/// The simulated Argus at the start: its [`Backend`], and the key that the gateway has for it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ArgusStart {
    /// The key, by its name; without one that which sees everything.
    pub key: Option<ArgusKey>,
    /// As in [`Backend`].
    pub faults: Option<Vec<Fault>>,
    /// As in [`Backend`].
    pub change: Option<Value>,
}

impl ArgusStart {
    /// What is done to the backend.
    pub fn backend(&self) -> Backend {
        Backend { faults: self.faults.clone(), change: self.change.clone() }
    }
}

/// A key of the simulated Argus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArgusKey(&'static str);

impl ArgusKey {
    /// The key itself.
    pub fn text(self) -> &'static str {
        self.0
    }
}

impl<'de> Deserialize<'de> for ArgusKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        keys::named(&name).map(Self).ok_or_else(|| {
            let known: Vec<&str> = keys::NAMED.iter().map(|(name, _)| *name).collect();
            serde::de::Error::custom(format!("the simulated Argus has no key {name:?}; it has {}", known.join(", ")))
        })
    }
}

/// The simulated Sysdig at the start: its [`Backend`], and the token that the gateway has for it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SysdigStart {
    /// The token, by its name; without one that which may do everything.
    pub token: Option<SysdigToken>,
    /// As in [`Backend`].
    pub faults: Option<Vec<Fault>>,
    /// As in [`Backend`].
    pub change: Option<Value>,
}

impl SysdigStart {
    /// What is done to the backend.
    pub fn backend(&self) -> Backend {
        Backend { faults: self.faults.clone(), change: self.change.clone() }
    }
}

/// A token of the simulated Sysdig.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SysdigToken(&'static str);

impl SysdigToken {
    /// The token itself.
    pub fn text(self) -> &'static str {
        self.0
    }
}

impl<'de> Deserialize<'de> for SysdigToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        tokens::named(&name).map(Self).ok_or_else(|| {
            let known: Vec<&str> = tokens::TOKENS.iter().map(|token| token.name.trim_start_matches("tok-")).collect();
            let known = known.join(", ");
            serde::de::Error::custom(format!("the simulated Sysdig has no token {name:?}; it has {known}"))
        })
    }
}

/// What happens to the world before a turn.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Before {
    /// Moves the clock on, e.g. `5 minutes`.
    #[serde(deserialize_with = "span")]
    pub advance: Option<SignedDuration>,
    /// The simulated Argus.
    pub argus: Backend,
    /// The simulated Sysdig.
    pub sysdig: Backend,
}

fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SignedDuration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let span: SignedDuration = text.parse().map_err(|error| {
        serde::de::Error::custom(format!("{text:?} is no length of time such as `5 minutes`: {error}"))
    })?;
    Ok(Some(span))
}

/// One user message and what must come of it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TurnSpec {
    /// What the user writes.
    pub user: String,
    /// What happens to the world first.
    #[serde(default)]
    pub before: Before,
    /// What must hold with every model.
    #[serde(default)]
    pub expect: Expectation,
    /// What must hold besides with a model that means well.
    #[serde(default)]
    pub expect_honest: Expectation,
}

/// One value or a list of allowed ones.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum OneOf<T> {
    /// A single value.
    One(T),
    /// Any of these.
    Any(Vec<T>),
}

impl<T: PartialEq> OneOf<T> {
    /// Whether the value is allowed.
    pub fn allows(&self, value: &T) -> bool {
        match self {
            OneOf::One(one) => one == value,
            OneOf::Any(many) => many.contains(value),
        }
    }

    /// The allowed values.
    pub fn values(&self) -> &[T] {
        match self {
            OneOf::One(one) => std::slice::from_ref(one),
            OneOf::Any(many) => many,
        }
    }
}

/// What must hold in a turn. Whatever is not named is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expectation {
    /// The router's decision.
    pub decision: Option<OneOf<RouterDecision>>,
    /// Id of the policy rule, or `model` or `default`.
    pub rule: Option<OneOf<String>>,
    /// `true`: at least one call ran in this turn; `false`: none did.
    pub new_call: Option<bool>,
    /// Calls of this turn, each met by a different one, in any order.
    pub calls: Vec<CallSpec>,
    /// Tools that must not have been called in this turn.
    pub not_called: Vec<String>,
    /// How the turn ended.
    pub outcome: Option<OneOf<TurnOutcome>>,
    /// Verdict of the reply.
    pub verdict: Option<OneOf<ReplyVerdict>>,
    /// Codes of which each must be among what was stopped.
    pub stopped: Vec<String>,
    /// Codes of which at least one must be among what was stopped.
    pub stopped_any: Vec<String>,
    /// Nothing was stopped on the way.
    pub nothing_stopped: bool,
    /// The reply.
    pub text: TextSpec,
    /// Values in the reply and the place in the result that supports them.
    pub claims: Vec<ClaimSpec>,
    /// Results the reply rests on, each met by a different one.
    pub basis: Vec<BasisSpec>,
    /// Choices of a question back: each text must be in a choice.
    pub choices: Vec<String>,
    /// The question back.
    pub question: QuestionSpec,
    /// Event names that must occur in this order, others between them.
    pub events: Vec<String>,
    /// Most model calls and tool calls.
    pub budget: BudgetSpec,
}

/// A call of this turn.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallSpec {
    /// Name at the server.
    pub tool: String,
    /// Arguments that must be among those sent; others may be there too.
    #[serde(default)]
    pub arguments: Value,
    /// What became of it.
    #[serde(default)]
    pub outcome: Option<OneOf<Outcome>>,
    /// Who decided on it.
    #[serde(default)]
    pub made_by: Option<MadeBy>,
}

/// What a question back asks.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuestionSpec {
    /// What it is about.
    pub kind: Option<QuestionKind>,
    /// What would run, all of it, in order.
    pub calls: Option<Vec<AskedSpec>>,
}

/// A call that waits for a yes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskedSpec {
    /// Name at the server.
    pub tool: String,
    /// Arguments that must be among those shown; others may be there too.
    #[serde(default)]
    pub arguments: Value,
}

/// What the text of the reply holds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TextSpec {
    /// Each of these, in any case.
    pub contains: Vec<String>,
    /// At least one of these, in any case.
    pub contains_any: Vec<String>,
    /// None of these, in any case.
    pub lacks: Vec<String>,
    /// Each of these regular expressions.
    pub matches: Vec<String>,
}

/// A value of the reply with its evidence.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimSpec {
    /// Text that the cited place of the reply holds.
    pub says: String,
    /// JSON Pointer into the result; `*` stands for any one step.
    pub from: String,
}

/// A result that the reply rests on.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasisSpec {
    /// Name at the server.
    pub tool: String,
    /// What became of the call.
    #[serde(default)]
    pub outcome: Option<OneOf<Outcome>>,
    /// `true`: fetched in an earlier turn; `false`: in this one.
    #[serde(default)]
    pub shown_earlier: Option<bool>,
    /// Whether it replaces an earlier result.
    #[serde(default)]
    pub replaces: Option<bool>,
}

/// Upper bounds of the work of a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BudgetSpec {
    /// Model calls.
    pub model_calls: Option<u64>,
    /// Tool calls.
    pub tool_calls: Option<u64>,
}

impl Scenario {
    /// What the types cannot say: bounds, behaviours, patterns, event names.
    ///
    /// # Errors
    /// A text naming the first problem.
    pub fn check(&self, knows_behaviour: impl Fn(&str) -> bool) -> Result<(), String> {
        if self.purpose.trim().is_empty() {
            return Err("purpose must say what the scenario shows".to_owned());
        }
        if self.turns.is_empty() || self.turns.len() > MAX_TURNS {
            return Err(format!("a scenario has 1 to {MAX_TURNS} turns, this one has {}", self.turns.len()));
        }
        let named = self.also_with.iter().chain(&self.world.behaviour).chain(&self.world.judge);
        if let Some(unknown) = named.into_iter().find(|name| !knows_behaviour(name)) {
            return Err(format!("the simulated model has no behaviour {unknown}"));
        }
        for (index, turn) in self.turns.iter().enumerate() {
            for expectation in [&turn.expect, &turn.expect_honest] {
                expectation.check().map_err(|problem| format!("turn {}: {problem}", index + 1))?;
            }
        }
        Ok(())
    }

    /// Rule ids that expectations name.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.turns
            .iter()
            .flat_map(|turn| [&turn.expect, &turn.expect_honest])
            .filter_map(|expectation| expectation.rule.as_ref())
            .flat_map(|rule| rule.values().iter().map(String::as_str))
    }
}

const EVENTS: [&str; 15] = [
    "turn.started",
    "results.staled",
    "turn.routed",
    "tool.requested",
    "tool.progress",
    "tool.finished",
    "draft.started",
    "draft.finished",
    "check.finished",
    "judge.finished",
    "repair.started",
    "answer.text",
    "answer.finished",
    "turn.failed",
    "turn.cancelled",
];

impl Expectation {
    fn check(&self) -> Result<(), String> {
        for pattern in &self.text.matches {
            regex::Regex::new(pattern).map_err(|error| format!("{pattern:?} is no regular expression: {error}"))?;
        }
        if let Some(unknown) = self.events.iter().find(|name| !EVENTS.contains(&name.as_str())) {
            return Err(format!("there is no event {unknown}; there are {}", EVENTS.join(", ")));
        }
        if let Some(call) = self.calls.iter().find(|call| !(call.arguments.is_null() || call.arguments.is_object())) {
            return Err(format!("arguments of {} must be a mapping", call.tool));
        }
        if self.new_call == Some(false) && !self.calls.is_empty() {
            return Err("calls are expected and new_call is false".to_owned());
        }
        Ok(())
    }
}
