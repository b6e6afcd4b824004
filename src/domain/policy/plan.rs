//! Calls that the gateway can make by itself: repeated calls on refresh, a lookup
//! for a shown row or an id in the message, a search with the filters read off the
//! message. Templates are policy data; a call is planned only when everything that
//! its template needs is known. A look-up that needs the user's yes is planned like any
//! other, so that no lesser call takes its place; what may change something is planned only
//! where the message asks for a change. Whether a planned call runs is not decided here.

use std::sync::Arc;

use serde_json::Map;
use serde_json::Value;

use crate::domain::policy::decision::PlannedCall;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::left_out::fill_part;
use crate::domain::policy::router::Router;
use crate::domain::policy::settings::CallTemplate;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::settings::ToolGroup;
use crate::domain::policy::shown::Shown;
use crate::domain::policy::shown::ShownResult;
use crate::domain::policy::signals::Signals;
use crate::domain::policy::steps::calls_of;
use crate::domain::tool::ToolSpec;

/// Deepest template.
const MAX_DEPTH: usize = 12;

/// The calls that policy can make for a ruling; empty when it cannot fill one.
pub fn plan_calls(
    router: &Router,
    signals: &Signals,
    ruling: &Ruling,
    shown: &Shown,
    tools: &[Arc<ToolSpec>],
) -> Vec<PlannedCall> {
    if !ruling.decision.needs_call() {
        return Vec::new();
    }
    let policy = router.policy();
    let may = |tool: &&ToolSpec| (tool.read_only || tool.hinted || signals.changes) && policy.allows(tool);
    let mut ready: Vec<&ToolSpec> = tools.iter().map(AsRef::as_ref).filter(may).collect();
    let mut calls = Vec::new();
    let lookup = (signals.row.is_some() && !asks_for_the_same(signals, ruling, shown)) || signals.target;
    if lookup || ruling.decision == RouterDecision::CallTool {
        calls = by_template(policy, signals, ruling, &ready);
        // A lookup of something shown repeats the result that showed it when the call is the same.
        for call in &mut calls {
            call.repeats = shown
                .all
                .iter()
                .find(|old| old.tool == call.tool && old.arguments == call.arguments)
                .and_then(|old| old.id);
        }
    }
    if calls.is_empty() {
        ready.retain(|tool| tool.read_only);
        calls = repeated(ruling, shown, &ready);
    }
    calls.truncate(policy.max_planned_calls);
    calls
}

/// Whether "any news?" means the call that named the one object shown, such as its properties, and
/// not the object itself.
fn asks_for_the_same(signals: &Signals, ruling: &Ruling, shown: &Shown) -> bool {
    let Some(row) = &signals.row else { return false };
    let named = |result: &ShownResult| {
        let mut values = result.arguments.as_object().into_iter().flat_map(Map::values);
        result.id == row.result && values.any(|value| *value == row.id)
    };
    let plain = !signals.filters && signals.aspects.is_empty() && signals.position.is_none();
    ruling.decision == RouterDecision::Refresh && plain && shown.all.iter().any(named)
}

/// The calls behind the shown results that the turn speaks of.
fn repeated(ruling: &Ruling, shown: &Shown, ready: &[&ToolSpec]) -> Vec<PlannedCall> {
    let about: Vec<&ShownResult> = if ruling.about.is_empty() && ruling.decision == RouterDecision::Refresh {
        shown.latest.iter().collect()
    } else {
        shown.all.iter().filter(|result| result.id.is_some_and(|id| ruling.about.contains(&id))).collect()
    };
    let mut calls: Vec<PlannedCall> = Vec::new();
    for result in about {
        let known = ready.iter().any(|tool| tool.tool == result.tool);
        let twice = calls.iter().any(|call| call.tool == result.tool && call.arguments == result.arguments);
        if known && !twice {
            calls.push(PlannedCall {
                tool: result.tool.clone(),
                arguments: result.arguments.clone(),
                repeats: result.id,
            });
        }
    }
    calls
}

fn by_template(policy: &Policy, signals: &Signals, ruling: &Ruling, ready: &[&ToolSpec]) -> Vec<PlannedCall> {
    for group in ruling.groups.iter().filter_map(|name| policy.group(name)) {
        if let Some(calls) = of_group(group, signals, &ruling.arguments, ready) {
            return calls;
        }
    }
    Vec::new()
}

fn of_group(
    group: &ToolGroup,
    signals: &Signals,
    arguments: &Map<String, Value>,
    ready: &[&ToolSpec],
) -> Option<Vec<PlannedCall>> {
    group.calls.iter().find_map(|template| {
        let calls = calls_of(template, signals, arguments, &[], ready);
        (!calls.is_empty()).then_some(calls)
    })
}

/// The calls of a template with these arguments; none when the tool is not there, or when what
/// it requires is not known.
pub(crate) fn filled(template: &CallTemplate, arguments: &Map<String, Value>, ready: &[&ToolSpec]) -> Vec<PlannedCall> {
    let Some(tool) = ready.iter().find(|tool| tool.tool == template.tool) else { return Vec::new() };
    let mut known = template.defaults.clone();
    // A half of a range from the message must not be paired with a default.
    if arguments.contains_key("time_start") {
        known.retain(|name, _| !name.starts_with("time_") && name != "scope_hours");
    }
    known.extend(arguments.iter().map(|(name, value)| (name.clone(), value.clone())));
    let values: Vec<Option<Value>> = match &template.each {
        Some(each) => values_of(&known, each).into_iter().map(Some).collect(),
        None => vec![None],
    };
    values
        .into_iter()
        .filter_map(|value| {
            if let (Some(each), Some(value)) = (&template.each, value) {
                known.insert(each.clone(), value);
            }
            let filled = fill(&template.arguments, &known, Some(&*tool.input_schema), &tool.input_schema, 0);
            let arguments = filled.filter(Value::is_object).unwrap_or_else(|| Value::Object(Map::new()));
            (has_required(&arguments, &tool.input_schema) && single(&arguments, &tool.input_schema))
                .then(|| PlannedCall { tool: template.tool.clone(), arguments, repeats: None })
        })
        .collect()
}

pub(crate) fn fits(template: &CallTemplate, signals: &Signals, arguments: &Map<String, Value>) -> bool {
    let known = |name: &String| {
        arguments.get(name).is_some_and(|value| !value.is_null() && value.as_array().is_none_or(|v| !v.is_empty()))
    };
    template.needs.iter().all(known)
        && (template.needs_any.is_empty() || template.needs_any.iter().any(known))
        && !template.unless.iter().any(|name| known(name) || signals.aspects.contains(name))
        && (!template.alone || signals.groups.len() <= 1)
        && (template.grouped || !template.unless.iter().any(|name| name == "subtle") || !known(&"grouped".to_owned()))
        && (!template.whole || signals.unread == 0)
        && template.aspect.as_ref().is_none_or(|aspect| signals.aspects.contains(aspect))
        && template.together.iter().all(|[first, second]| !known(first) || known(second))
}

fn values_of(known: &Map<String, Value>, name: &str) -> Vec<Value> {
    match known.get(name) {
        Some(Value::Array(values)) => values.clone(),
        Some(value) => vec![value.clone()],
        None => Vec::new(),
    }
}

/// Fills a template. `None`: nothing in it could be filled.
fn fill(
    template: &Value,
    known: &Map<String, Value>,
    schema: Option<&Value>,
    root: &Value,
    depth: usize,
) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    match template {
        Value::String(text) => match text.strip_prefix('$') {
            Some(name) => known.get(name).cloned().map(|value| shaped(value, schema, root)),
            None => Some(template.clone()),
        },
        Value::Object(object) if object.contains_key("$join") => join(object, known),
        Value::Object(object) => {
            let mut filled = Map::new();
            for (key, inner) in object {
                let key = known_key(key, schema, root);
                let inner_schema = property(schema, root, key);
                if let Some(value) = fill(inner, known, inner_schema, root, depth + 1) {
                    filled.insert(key.to_owned(), value);
                }
            }
            // The outermost search request may be empty; an inner object with nothing in it is left out.
            (!filled.is_empty() || depth <= 1).then_some(Value::Object(filled))
        }
        Value::Array(items) => {
            let item_schema = schema.map(|schema| resolve(schema, root)).and_then(|schema| schema.get("items"));
            let filled: Vec<Value> = items
                .iter()
                .flat_map(|item| match item.get("$each").and_then(Value::as_str) {
                    Some(name) => for_each(item, name, known, item_schema, root, depth),
                    None => fill(item, known, item_schema, root, depth + 1).into_iter().collect(),
                })
                .collect();
            (!filled.is_empty()).then_some(Value::Array(filled))
        }
        other => Some(other.clone()),
    }
}

/// One item per value of an argument.
fn for_each(
    item: &Value,
    name: &str,
    known: &Map<String, Value>,
    schema: Option<&Value>,
    root: &Value,
    depth: usize,
) -> Vec<Value> {
    let Some(template) = item.get("item") else { return Vec::new() };
    let mut with = known.clone();
    let values = values_of(known, name).into_iter();
    let filled = values.filter_map(|value| {
        with.insert("it".to_owned(), value);
        fill(template, &with, schema, root, depth + 1)
    });
    filled.collect()
}

/// A list of one where the schema wants a plain value.
fn shaped(value: Value, schema: Option<&Value>, root: &Value) -> Value {
    let wants =
        schema.map(|schema| resolve(schema, root)).and_then(|schema| schema.get("type")).and_then(Value::as_str);
    match (wants, value) {
        (Some("string" | "number" | "integer"), Value::Array(mut values)) if values.len() == 1 => values.remove(0),
        (Some("number" | "integer"), Value::String(text)) if text.parse::<u64>().is_ok() => {
            text.parse::<u64>().map_or(Value::Null, Value::from)
        }
        (Some("string"), Value::Number(number)) => Value::String(number.to_string()),
        (_, value) => value,
    }
}

fn join(object: &Map<String, Value>, known: &Map<String, Value>) -> Option<Value> {
    let separator = object.get("$join").and_then(Value::as_str).unwrap_or(" ");
    let parts: Vec<String> = object
        .get("parts")
        .and_then(Value::as_array)?
        .iter()
        .filter_map(Value::as_str)
        .filter_map(|part| fill_part(part, known))
        .collect();
    (!parts.is_empty()).then(|| Value::String(parts.join(separator)))
}

/// `a|b`: the first name that the schema has; the first when the schema does not say.
fn known_key<'k>(key: &'k str, schema: Option<&Value>, root: &Value) -> &'k str {
    let first = key.split('|').next().unwrap_or(key);
    key.split('|').find(|name| property(schema, root, name).is_some()).unwrap_or(first)
}

fn property<'s>(schema: Option<&'s Value>, root: &'s Value, key: &str) -> Option<&'s Value> {
    resolve(schema?, root).get("properties")?.get(key)
}

/// Follows a local reference and looks past "or null".
fn resolve<'s>(schema: &'s Value, root: &'s Value) -> &'s Value {
    let mut at = schema;
    for _ in 0..4 {
        let by_reference =
            at.get("$ref").and_then(Value::as_str).and_then(|path| root.pointer(path.strip_prefix('#')?));
        let by_choice = at.get("anyOf").or_else(|| at.get("oneOf")).and_then(Value::as_array).and_then(|options| {
            options.iter().find(|option| option.get("type").and_then(Value::as_str) != Some("null"))
        });
        match by_reference.or(by_choice) {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

/// Whether no list stands where the tool takes one value.
fn single(arguments: &Value, schema: &Value) -> bool {
    let plain = |name: &str| {
        let kind =
            property(Some(schema), schema, name).map(|schema| resolve(schema, schema)).and_then(|it| it.get("type"));
        kind.and_then(Value::as_str).is_some_and(|kind| kind != "array" && kind != "object")
    };
    arguments.as_object().is_none_or(|all| !all.iter().any(|(name, value)| value.is_array() && plain(name)))
}

fn has_required(arguments: &Value, schema: &Value) -> bool {
    schema
        .get("required")
        .and_then(Value::as_array)
        .is_none_or(|required| required.iter().filter_map(Value::as_str).all(|name| arguments.get(name).is_some()))
}
