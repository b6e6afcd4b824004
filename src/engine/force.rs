//! The ladder that ends in a call, or in saying that none could be made. `tool_choice`
//! is not enforcement: servers drop it, and models plan calls they do not emit. So: ask
//! with the tools, recover calls from the wrong place, check arguments against the
//! schema with one repair round, ask again under a constrained schema, and at last let
//! the gateway make the call where policy can fill the arguments.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use crate::domain::policy::decision::PlannedCall;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::plan::plan_calls;
use crate::domain::policy::shown::ShownResult;
use crate::domain::policy::steps::ends_in;
use crate::domain::policy::steps::next_steps;
use crate::domain::policy::steps::stopped;
use crate::domain::recover::parse_arguments;
use crate::domain::recover::recover_calls;
use crate::domain::tool::MadeBy;
use crate::domain::tool::ToolSpec;
use crate::engine::Engine;
use crate::engine::compact::compact;
use crate::engine::compact::property_names;
use crate::engine::error::TurnError;
use crate::engine::ports::ModelAnswer;
use crate::engine::ports::ModelRequest;
use crate::engine::ports::ModelRole;
use crate::engine::ports::ToolChoice;
use crate::engine::ready_call::PendingCall;
use crate::engine::ready_call::ReadyCall;
use crate::engine::ready_call::Sorted;
use crate::engine::ready_call::apart;
use crate::engine::turn::Turn;
use crate::engine::views::object_in;
use crate::prompts::ArgumentsContext;
use crate::prompts::GatherContext;
use crate::prompts::Hints;
use crate::prompts::ToolView;
use crate::prompts::arguments_schema;

/// Upper bound of a tool-choosing answer in tokens.
const CALL_TOKENS: u32 = 700;

/// What an answer proposed, sorted by whether it may run.
#[derive(Default)]
pub(crate) struct Proposed {
    pub ready: Vec<ReadyCall>,
    /// Calls that need the user's yes.
    pub pending: Vec<PendingCall>,
    /// Problems of calls that may not run, for the repair round.
    pub problems: Vec<String>,
}

impl Turn {
    /// Steps 1 to 4 of the ladder; with `refused`, what a tool said about arguments, straight to
    /// the repair round. Empty when the model could not be brought to a valid call, or when it
    /// wants one that the user is to be asked about: those are held.
    pub(crate) async fn force_calls(
        &mut self,
        ruling: &Ruling,
        offered: &[Arc<ToolSpec>],
        refused: Vec<String>,
    ) -> Result<Vec<ReadyCall>, TurnError> {
        if offered.is_empty() || !self.budget.take_step() {
            return Ok(Vec::new());
        }
        let mut first = Proposed { problems: refused, ..Proposed::default() };
        if first.problems.is_empty() {
            let request = self.gather_request(ruling, offered)?;
            let Ok(answer) = self.ask("gather", ModelRole::Draft, request).await else {
                return Ok(Vec::new());
            };
            first = proposed(&answer, offered, 1);
            if first.has_call() {
                return Ok(self.asked_first(first));
            }
        }
        // One more round, under a schema: it repairs arguments that did not fit, and asks
        // for the choice where no call was made. `required` is never sent twice in a row.
        if !self.budget.take_step() {
            return Ok(Vec::new());
        }
        let request = self.arguments_request(ruling, offered, first.problems)?;
        let Ok(answer) = self.ask("arguments", ModelRole::Draft, request).await else {
            return Ok(Vec::new());
        };
        let mut second = proposed(&answer, offered, 2);
        if !second.has_call() {
            second = constrained(&answer, offered);
        }
        Ok(self.asked_first(second))
    }

    /// What may run now. Where something needs a yes the turn ends in that question, so a look-up
    /// beside it would be made for nothing.
    fn asked_first(&mut self, proposed: Proposed) -> Vec<ReadyCall> {
        if proposed.pending.is_empty() {
            return proposed.ready;
        }
        self.hold(proposed.pending);
        Vec::new()
    }

    /// Step 5: calls that policy can fill by itself: those that may run, and those that need the
    /// user's yes.
    pub(crate) fn planned(&self, ruling: &Ruling) -> (Vec<ReadyCall>, Vec<PendingCall>) {
        let Some(signals) = &self.signals else { return (Vec::new(), Vec::new()) };
        let planned = plan_calls(&self.engine.router, signals, ruling, &self.shown, &self.catalog.tools);
        let policy = self.engine.router.policy();
        let (ready, mut pending) = apart(planned.into_iter().filter_map(|call| {
            let spec = self.catalog.by_tool(&call.tool).find(|spec| policy.allows(spec))?;
            Some(Sorted::of(spec, call.arguments, MadeBy::Gateway, 1))
        }));
        // Where the router names no tools, nothing is asked for either.
        pending.retain(|_| !ruling.tools.is_empty());
        (ready, pending)
    }

    /// The further calls of a plan in steps over these tools.
    pub(crate) fn steps_to_come(&self, ruling: &Ruling, tools: &[Arc<ToolSpec>]) -> Vec<PlannedCall> {
        let Some(signals) = &self.signals else { return Vec::new() };
        let made: Vec<ShownResult> = self.ledger.of_turn(self.id).map(ShownResult::of).collect();
        next_steps(&self.engine.router, signals, ruling, &made, tools)
    }

    /// The calls of a plan in steps that follow from the results of this turn.
    pub(crate) fn next_steps(&self, ruling: &Ruling) -> Vec<ReadyCall> {
        let specs = self.steps_to_come(ruling, &self.catalog.tools).into_iter().filter_map(|call| {
            let spec = self.catalog.by_tool(&call.tool).find(|spec| self.engine.router.policy().allows(spec))?;
            Some(Sorted::of(spec, call.arguments, MadeBy::Gateway, 1))
        });
        apart(specs).0
    }

    /// Whether a plan stopped at a step whose result alone is no answer.
    pub(crate) fn stopped_on_the_way(&self, ruling: &Ruling) -> bool {
        let Some(signals) = &self.signals else { return false };
        let made: Vec<ShownResult> =
            self.ledger.of_turn(self.id).filter(|entry| entry.outcome.answered()).map(ShownResult::of).collect();
        stopped(&self.engine.router, signals, ruling, &made, &self.catalog.tools)
    }

    /// Whether the result of this tool is what the message asks for, even where it would only be
    /// a step on the way to data otherwise.
    pub(crate) fn asks_for_result_of(&self, tool: &str) -> bool {
        let (Some(signals), Some(ruling)) = (&self.signals, &self.ruling) else { return false };
        ends_in(&self.engine.router, signals, ruling, tool, &self.catalog.tools)
    }

    /// The planned calls that may run.
    pub(crate) fn planned_calls(&self, ruling: &Ruling) -> Vec<ReadyCall> {
        self.planned(ruling).0
    }

    /// The definitions a prompt shows of the offered tools; arguments are checked against the whole ones.
    pub(crate) fn shown_tools(&self, ruling: &Ruling, offered: &[Arc<ToolSpec>]) -> Vec<Arc<ToolSpec>> {
        let mut relevant = HashSet::new();
        for call in self.planned_calls(ruling) {
            property_names(call.arguments(), &mut relevant);
        }
        self.engine.fitting_tools(offered, &relevant, self.profile.as_deref())
    }

    fn gather_request(&self, ruling: &Ruling, offered: &[Arc<ToolSpec>]) -> Result<ModelRequest, TurnError> {
        let context = GatherContext {
            message: self.question().to_owned(),
            language: ruling.language,
            now: self.question_time(),
            history: self.recent_history(),
            stubs: self.stubs(),
            hints: hints(ruling, offered),
            notes: Vec::new(),
        };
        Ok(ModelRequest {
            messages: self.engine.prompts.gather(&context)?,
            tools: self.shown_tools(ruling, offered),
            tool_choice: ToolChoice::Required,
            response_schema: None,
            max_tokens: CALL_TOKENS,
            profile: None,
        })
    }

    fn arguments_request(
        &self,
        ruling: &Ruling,
        offered: &[Arc<ToolSpec>],
        errors: Vec<String>,
    ) -> Result<ModelRequest, TurnError> {
        let tools: Vec<ToolView> = self
            .shown_tools(ruling, offered)
            .iter()
            .map(|spec| ToolView {
                name: spec.name.to_string(),
                description: spec.description.clone(),
                input_schema: (*spec.input_schema).clone(),
            })
            .collect();
        let response_schema = Some(arguments_schema(&tools));
        let context = ArgumentsContext {
            message: self.question().to_owned(),
            now: self.question_time(),
            tools,
            errors,
            hints: hints(ruling, offered),
        };
        Ok(ModelRequest {
            messages: self.engine.prompts.arguments(&context)?,
            tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            response_schema,
            max_tokens: CALL_TOKENS,
            profile: None,
        })
    }
}

impl Engine {
    /// Definitions cut to what fits a prompt of the profile: what is configured, and at most a third
    /// of the context. Properties named in `relevant` stay longest.
    pub(crate) fn fitting_tools(
        &self,
        offered: &[Arc<ToolSpec>],
        relevant: &HashSet<String>,
        profile: Option<&str>,
    ) -> Vec<Arc<ToolSpec>> {
        let configured = self.settings.prompt_tool_bytes;
        let budget = match self.model.facts(ModelRole::Draft, profile) {
            // About three bytes a token, measured on JSON with the tokenizers of the field.
            Ok(facts) => configured.min(usize::try_from(facts.context_tokens).unwrap_or(usize::MAX)),
            Err(_) => configured,
        };
        compact(offered, budget, relevant, |spec| self.router.is_data_tool(&spec.tool))
    }
}

impl Proposed {
    /// Whether there is a call at all, to run or to ask about.
    fn has_call(&self) -> bool {
        !self.ready.is_empty() || !self.pending.is_empty()
    }

    fn take(&mut self, spec: &Arc<ToolSpec>, arguments: Value, attempt: u32) {
        match Sorted::of(spec, arguments, MadeBy::Model, attempt) {
            Sorted::Ready(call) => self.ready.push(call),
            Sorted::Pending(call) => self.pending.push(call),
            Sorted::Unfit(problems) => {
                self.problems.extend(problems.into_iter().map(|problem| format!("{}: {problem}", spec.name)));
            }
        }
    }
}

/// Calls of an answer: those in the proper place, else those recovered from text and thinking.
pub(crate) fn proposed(answer: &ModelAnswer, offered: &[Arc<ToolSpec>], attempt: u32) -> Proposed {
    let mut proposed = Proposed::default();
    for call in &answer.calls {
        match (find(offered, &call.name), parse_arguments(&call.arguments)) {
            (Some(spec), Ok(arguments)) => proposed.take(spec, arguments, attempt),
            (Some(spec), Err(problem)) => proposed.problems.push(format!("{}: {problem}", spec.name)),
            (None, _) => proposed.problems.push(format!("{}: no such tool is offered", shorten(&call.name))),
        }
    }
    if answer.calls.is_empty() {
        let known: Vec<&str> = offered.iter().map(|spec| spec.name.as_str()).collect();
        for call in recover_calls(&answer.content, &answer.reasoning, &known) {
            if let Some(spec) = find(offered, &call.name) {
                proposed.take(spec, call.arguments, attempt);
            }
        }
    }
    proposed
}

/// The answer to the constrained question: `{tool, arguments}`, in content or in thinking.
fn constrained(answer: &ModelAnswer, offered: &[Arc<ToolSpec>]) -> Proposed {
    let mut proposed = Proposed::default();
    let object = object_in(&answer.content).or_else(|| object_in(&answer.reasoning));
    if let Some(object) = object
        && let Some(spec) = object.get("tool").and_then(Value::as_str).and_then(|name| find(offered, name))
    {
        let arguments = object.get("arguments").cloned().unwrap_or_else(|| Value::Object(Default::default()));
        proposed.take(spec, arguments, 2);
    }
    proposed
}

fn hints(ruling: &Ruling, offered: &[Arc<ToolSpec>]) -> Hints {
    Hints { tools: offered.iter().map(|spec| spec.name.to_string()).collect(), arguments: ruling.arguments.clone() }
}

/// A tool by its qualified name, or by its bare name where only one offered tool has it.
fn find<'a>(offered: &'a [Arc<ToolSpec>], name: &str) -> Option<&'a Arc<ToolSpec>> {
    if let Some(spec) = offered.iter().find(|spec| spec.name.as_str() == name) {
        return Some(spec);
    }
    let mut bare = offered.iter().filter(|spec| spec.tool == name);
    bare.next().filter(|_| bare.next().is_none())
}

fn shorten(name: &str) -> String {
    name.chars().take(80).collect()
}
