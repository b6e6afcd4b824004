//! The same turns on the bare model: the tools that policy knows, over the same hub and cut to
//! the same budget, `tool_choice` auto, no router, no checker, no judge. What it says is looked
//! at afterwards, by the checker and by the independent oracle, so that a report can show what
//! the harness stops.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::domain::caller::Caller;
use crate::domain::classify::classify;
use crate::domain::event::TurnOutcome;
use crate::domain::grounding::check;
use crate::domain::grounding::input::CheckInput;
use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::input::Stance;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::recover::parse_arguments;
use crate::domain::tool::MadeBy;
use crate::domain::tool::ToolCall;
use crate::domain::tool::ToolSpec;
use crate::engine::ports::Follow;
use crate::engine::ports::ModelRequest;
use crate::engine::ports::ModelRole;
use crate::engine::ports::PromptMessage;
use crate::engine::ports::ProposedCall;
use crate::engine::ports::ToolChoice;
use crate::scenario::oracle::Allowed;
use crate::scenario::run::hangs_somewhere;
use crate::scenario::spec::Scenario;
use crate::scenario::spec::TurnSpec;
use crate::scenario::spec::World;
use crate::scenario::world::LiveWorld;
use crate::scenario::world::Model;
use crate::scenario::world::WorldError;

/// Rounds of calls in one turn.
const ROUNDS: usize = 6;
/// Calls of one answer that are run.
const CALLS: usize = 8;
/// Bytes of one result that the model is shown, unless prompts get less.
const RESULT_BYTES: usize = 24 * 1024;
/// Upper bound of one answer in tokens.
const ANSWER_TOKENS: u32 = 1_500;
const SYSTEM: &str = "You are an assistant for security operations. You have tools that look up cases and \
events. Answer the user's questions about them briefly and exactly, in the user's language.";

/// One turn of the bare model, and what is wrong with it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RawTurn {
    /// What the user wrote.
    pub user: String,
    /// What the model answered.
    pub text: String,
    /// Tools that were called.
    pub calls: Vec<String>,
    /// The question asks for data, and no call was answered.
    pub no_call: bool,
    /// Codes of the checker.
    pub codes: Vec<String>,
    /// Values that the oracle finds unsupported.
    pub unsupported: Vec<String>,
    /// Why there is no answer, when the model server failed or the model went on calling tools.
    pub failed: Option<String>,
}

impl RawTurn {
    /// Whether the user would have been told something that the data does not say.
    pub fn wrong(&self) -> bool {
        !self.unsupported.is_empty() || !self.codes.is_empty()
    }

    /// Whether it claims work that was not done.
    pub fn phantom(&self) -> bool {
        self.codes.iter().any(|code| code == "phantom_call")
    }
}

/// Runs the turns of a scenario on the bare model.
///
/// # Errors
/// When the world does not start or a change is refused.
pub async fn run_raw(scenario: &Scenario, model: &Model) -> Result<Vec<RawTurn>, WorldError> {
    // A bare model asks nobody before it calls.
    let world = World { confirm: Vec::new(), ..scenario.world.clone() };
    let world = LiveWorld::start(&world, model, hangs_somewhere(scenario)).await?;
    let mut chat = Chat::new(&world).await;
    let mut turns = Vec::new();
    for turn in &scenario.turns {
        world.apply(&turn.before)?;
        turns.push(chat.turn(turn).await);
    }
    world.stop().await;
    Ok(turns)
}

/// A bare conversation.
struct Chat<'a> {
    world: &'a LiveWorld,
    tools: Vec<Arc<ToolSpec>>,
    messages: Vec<PromptMessage>,
    earlier: Vec<EvidenceResult>,
    said: Vec<String>,
}

impl<'a> Chat<'a> {
    async fn new(world: &'a LiveWorld) -> Self {
        let engine = &world.sandbox().app().engine;
        let catalog = engine.tools().catalog(&Caller::local()).await;
        let offered = |spec: &&Arc<ToolSpec>| spec.read_only && engine.router().is_data_tool(&spec.tool);
        let tools: Vec<Arc<ToolSpec>> = catalog.tools.iter().filter(offered).cloned().collect();
        let tools = engine.fitting_tools(&tools, &HashSet::new(), world.profile());
        let messages = vec![PromptMessage::new("system", SYSTEM)];
        Self { world, tools, messages, earlier: Vec::new(), said: Vec::new() }
    }

    async fn turn(&mut self, spec: &TurnSpec) -> RawTurn {
        self.messages.push(PromptMessage::new("user", &spec.user));
        self.said.push(spec.user.clone());
        let mut turn = RawTurn { user: spec.user.clone(), ..RawTurn::default() };
        let mut results = Vec::new();
        turn.failed = Some(format!("no answer after {ROUNDS} rounds of calls"));
        for _ in 0..ROUNDS {
            let (text, calls) = match self.ask().await {
                Ok(answer) => answer,
                Err(error) => {
                    turn.failed = Some(error);
                    break;
                }
            };
            if calls.is_empty() {
                turn.failed = text.trim().is_empty().then(|| "the answer is empty".to_owned());
                turn.text = text;
                break;
            }
            let mut message = PromptMessage::new("assistant", text);
            message.tool_calls.clone_from(&calls);
            self.messages.push(message);
            for call in calls {
                turn.calls.push(call.name.clone());
                results.extend(self.call(call).await);
            }
        }
        self.messages.push(PromptMessage::new("assistant", &turn.text));
        self.look_at(spec, &mut turn, &results);
        self.earlier.extend(results);
        turn
    }

    async fn ask(&self) -> Result<(String, Vec<ProposedCall>), String> {
        let request = ModelRequest {
            messages: self.messages.clone(),
            tools: self.tools.clone(),
            tool_choice: ToolChoice::Auto,
            response_schema: None,
            max_tokens: ANSWER_TOKENS,
            profile: self.world.profile().map(str::to_owned),
        };
        let model = self.world.sandbox().app().engine.model();
        let answer = model.complete(ModelRole::Draft, request, &CancellationToken::new()).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let mut calls = answer.calls;
        calls.truncate(CALLS);
        for (index, call) in calls.iter_mut().enumerate().filter(|(_, call)| call.id.is_empty()) {
            call.id = format!("call_{}_{index}", self.messages.len());
        }
        Ok((answer.content, calls))
    }

    /// Runs a call and tells the model what came of it.
    async fn call(&mut self, proposed: ProposedCall) -> Option<EvidenceResult> {
        let (shown, result) = match self.run(&proposed).await {
            Ok(pair) => pair,
            Err(problem) => (problem, None),
        };
        let most = RESULT_BYTES.min(self.world.sandbox().app().engine.settings().prompt_result_bytes);
        let mut message = PromptMessage::new("tool", cut(&shown, most));
        message.tool_call_id = Some(proposed.id);
        self.messages.push(message);
        result
    }

    async fn run(&self, proposed: &ProposedCall) -> Result<(String, Option<EvidenceResult>), String> {
        let engine = &self.world.sandbox().app().engine;
        let named = |spec: &&Arc<ToolSpec>| spec.name.as_str() == proposed.name || spec.tool == proposed.name;
        let spec = self.tools.iter().find(named).ok_or_else(|| format!("no tool {}", proposed.name))?;
        let arguments = parse_arguments(&proposed.arguments).map_err(|problem| problem.to_string())?;
        let call = ToolCall {
            id: engine.clock().call_id(),
            name: spec.name.clone(),
            server: spec.server.clone(),
            tool: spec.tool.clone(),
            arguments: arguments.clone(),
            made_by: MadeBy::Model,
            attempt: 1,
            confirmed: false,
            given: None,
        };
        let raw = engine
            .tools()
            .call(&call, &Caller::local(), Follow::nobody(), &CancellationToken::new())
            .await
            .map_err(|failure| failure.to_string())?;
        let sorted = classify(&raw, &arguments);
        let texts: Vec<&str> = raw.texts().collect();
        let shown = if texts.is_empty() { sorted.content.to_string() } else { texts.join("\n") };
        let result = EvidenceResult {
            id: call.id.to_string(),
            tool: call.tool,
            arguments,
            observed_at: sorted.observed_at.unwrap_or(raw.received_at),
            outcome: sorted.outcome,
            content: sorted.content,
            page: sorted.page,
            error: sorted.error,
        };
        Ok((shown, Some(result)))
    }

    /// Says what is wrong with an answer. A turn that may rest on what was shown gets the
    /// earlier results as evidence; any other only its own.
    fn look_at(&self, spec: &TurnSpec, turn: &mut RawTurn, results: &[EvidenceResult]) {
        let wanted = spec.expect.decision.as_ref().and_then(|decision| decision.values().first().copied());
        // A file that names no decision says by the outcome that data is asked for.
        let answered = spec.expect.outcome.as_ref().is_some_and(|outcome| outcome.allows(&TurnOutcome::Answered));
        let needs_call = wanted.map_or(answered, RouterDecision::needs_call);
        turn.no_call = needs_call && turn.failed.is_none() && !results.iter().any(|result| result.outcome.answered());
        if turn.text.trim().is_empty() {
            return;
        }
        let rests: Vec<EvidenceResult> = match wanted {
            Some(RouterDecision::UseShown) => self.earlier.iter().chain(results).cloned().collect(),
            _ => results.to_vec(),
        };
        let engine = &self.world.sandbox().app().engine;
        let now = engine.clock().now();
        let report = check(&CheckInput {
            user_message: &spec.user,
            draft: &turn.text,
            now,
            zone: TimeZone::UTC,
            results: &rests,
            stale: if wanted == Some(RouterDecision::UseShown) { &[] } else { &self.earlier },
            stance: wanted.map_or(Stance::Stateless, Stance::Turn),
            language: engine.router().language(&spec.user),
        });
        turn.codes = report.violations().iter().map(|violation| violation.code.as_str().to_owned()).collect();
        turn.codes.sort();
        turn.codes.dedup();
        let mut allowed = Allowed::at(now);
        self.said.iter().for_each(|said| allowed.add_words(said));
        for result in &rests {
            allowed.add_result(&result.content, &result.arguments, result.observed_at);
            allowed.add_words(result.error.as_deref().unwrap_or_default());
        }
        turn.unsupported = allowed.unsupported(&turn.text).into_iter().map(|finding| finding.text).collect();
    }
}

/// The beginning of a result, as a plain tool loop would cut it.
fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}\n[cut]", &text[..end])
}
