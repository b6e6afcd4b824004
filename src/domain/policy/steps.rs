//! Plans in steps: a call that needs what another call tells, such as the number behind
//! a name. The template of the last call lists the calls before it (`first`) and what is
//! taken out of their results (`takes`). Which results there are is an argument; nothing
//! runs here, and without a result there is no later step.

use std::sync::Arc;

use serde_json::Map;
use serde_json::Value;

use crate::domain::policy::decision::PlannedCall;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::left_out::leaves_out;
use crate::domain::policy::plan::filled;
use crate::domain::policy::plan::fits;
use crate::domain::policy::router::Router;
use crate::domain::policy::settings::CallTemplate;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::settings::Take;
use crate::domain::policy::shown::ShownResult;
use crate::domain::policy::signals::Signals;
use crate::domain::tool::ToolSpec;

/// Values taken out of one result.
const MAX_TAKEN: usize = 20;

/// The calls that a plan in steps makes next, after the results that a turn has so far; empty
/// when the plan has no steps or has come to its end.
pub fn next_steps(
    router: &Router,
    signals: &Signals,
    ruling: &Ruling,
    made: &[ShownResult],
    tools: &[Arc<ToolSpec>],
) -> Vec<PlannedCall> {
    if !ruling.decision.needs_call() {
        return Vec::new();
    }
    let policy = router.policy();
    let ready = ready(policy, tools);
    let template = chosen(policy, signals, ruling, &ready);
    let Some(template) = template.filter(|template| !template.first.is_empty()) else { return Vec::new() };
    let mut calls = calls_of(template, signals, &ruling.arguments, made, &ready);
    calls.retain(|call| !made.iter().any(|result| is_of(result, call)));
    // Some of many would be told as if it were all of them.
    if calls.len() > policy.max_planned_calls { Vec::new() } else { calls }
}

/// Whether a plan in steps stopped on the way: results of its first steps are there, none of its
/// own tool, and no call follows. Only for plans of which a step alone is no answer.
pub fn stopped(
    router: &Router,
    signals: &Signals,
    ruling: &Ruling,
    made: &[ShownResult],
    tools: &[Arc<ToolSpec>],
) -> bool {
    let policy = router.policy();
    let is_step = |template: &CallTemplate, tool: &str| template.first.iter().any(|step| step.tool == tool);
    ruling.decision.needs_call()
        && !made.is_empty()
        && chosen(policy, signals, ruling, &ready(policy, tools))
            .is_some_and(|template| template.complete && made.iter().all(|result| is_step(template, &result.tool)))
        && next_steps(router, signals, ruling, made, tools).is_empty()
}

/// Whether the plan for a message ends in this tool: its result is what was asked for, even where
/// it is only a step on the way to data elsewhere.
pub fn ends_in(router: &Router, signals: &Signals, ruling: &Ruling, tool: &str, tools: &[Arc<ToolSpec>]) -> bool {
    let policy = router.policy();
    ruling.decision.needs_call()
        && chosen(policy, signals, ruling, &ready(policy, tools)).is_some_and(|template| template.tool == tool)
}

fn ready<'t>(policy: &Policy, tools: &'t [Arc<ToolSpec>]) -> Vec<&'t ToolSpec> {
    tools.iter().map(AsRef::as_ref).filter(|tool| tool.read_only && policy.allows(tool)).collect()
}

/// The template by which the gateway plans.
fn chosen<'p>(policy: &'p Policy, signals: &Signals, ruling: &Ruling, ready: &[&ToolSpec]) -> Option<&'p CallTemplate> {
    let groups = ruling.groups.iter().filter_map(|name| policy.group(name));
    let mut templates = groups.flat_map(|group| &group.calls);
    templates.find(|template| !calls_of(template, signals, &ruling.arguments, &[], ready).is_empty())
}

/// The calls of a template that can be made now: those of the first step without a result,
/// else its own.
pub(crate) fn calls_of(
    template: &CallTemplate,
    signals: &Signals,
    arguments: &Map<String, Value>,
    made: &[ShownResult],
    ready: &[&ToolSpec],
) -> Vec<PlannedCall> {
    if !fits(template, signals, arguments) || leaves_out(template, signals, arguments) {
        return Vec::new();
    }
    let mut known = arguments.clone();
    known.insert("message".to_owned(), Value::from(signals.message.as_str()));
    for step in template.first.iter() {
        if !fits(step, signals, &known) {
            continue;
        }
        let calls = filled(step, &known, ready);
        let results: Vec<&ShownResult> =
            calls.iter().filter_map(|call| made.iter().find(|result| is_of(result, call))).collect();
        if results.len() < calls.len() || calls.is_empty() {
            return calls;
        }
        for take in &step.takes {
            let values: Vec<Value> = results.iter().flat_map(|result| taken(take, &result.content)).collect();
            if !values.is_empty() {
                known.insert(take.argument.clone(), Value::Array(values));
            }
        }
    }
    filled(template, &known, ready)
}

fn is_of(result: &ShownResult, call: &PlannedCall) -> bool {
    result.tool == call.tool && result.arguments == call.arguments
}

/// The values at a pointer; `*` stands for each item of a list.
fn taken(take: &Take, content: &Value) -> Vec<Value> {
    let mut found: Vec<&Value> = vec![content];
    for part in take.from.split("/*") {
        let deeper = if part.is_empty() { found } else { found.iter().filter_map(|at| at.pointer(part)).collect() };
        found = deeper
            .into_iter()
            .flat_map(|value| value.as_array().map_or_else(|| vec![value], |items| items.iter().collect()))
            .collect();
    }
    // What a source writes for a value that it does not know.
    let unknown = |value: &Value| value.as_str().is_some_and(|text| matches!(text, "" | "<NA>"));
    let fits = |value: &&Value| {
        !(value.is_null() || value.is_object() || unknown(value)) && (take.only.is_empty() || take.only.contains(value))
    };
    found.into_iter().filter(fits).take(MAX_TAKEN).cloned().collect()
}
