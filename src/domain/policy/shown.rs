//! What the conversation has shown, as the router sees it: the calls behind it, the
//! rows in display order, and which of them a message means. Built from the ledger.
//! Evidence rules are not decided here.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::domain::classify::find_list;
use crate::domain::ids::ResultId;
use crate::domain::lang::Lang;
use crate::domain::ledger::Ledger;
use crate::domain::ledger::LedgerEntry;
use crate::domain::policy::decision::Choice;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::settings::ToolGroup;

/// Rows looked at per shown result.
const MAX_ROWS: usize = 200;

/// Deepest level searched when asking whether a value was shown.
const MAX_DEPTH: usize = 24;

/// One result shown earlier, as a stateless route request states it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownItem {
    /// Tool name, at the server or qualified.
    pub tool: String,
    /// Arguments of the call.
    #[serde(default)]
    pub arguments: Value,
    /// When it was observed.
    #[serde(default)]
    pub observed_at: Option<Timestamp>,
    /// What it was about, in words.
    #[serde(default)]
    pub summary: Option<String>,
}

/// One shown result.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownResult {
    /// The ledger entry, when there is one.
    pub id: Option<ResultId>,
    /// Tool name at the server.
    pub tool: String,
    /// Arguments as sent.
    pub arguments: Value,
    /// The payload.
    pub content: Arc<Value>,
}

/// Everything that "it", "these" and "the first one" can refer to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// Results of the latest turn that showed something, oldest first.
    pub latest: Vec<ShownResult>,
    /// All shown results that nothing newer replaces, oldest first.
    pub all: Vec<ShownResult>,
}

/// One shown object.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Group whose row identity fits.
    pub group: String,
    /// Argument that the id fills.
    pub argument: String,
    /// The id.
    pub id: Value,
    /// Text for people.
    pub label: String,
    /// The shown result that holds it.
    pub result: Option<ResultId>,
}

impl Shown {
    /// What a ledger has shown.
    pub fn from_ledger(ledger: &Ledger) -> Self {
        let convert = |entry: &LedgerEntry| ShownResult {
            id: Some(entry.id),
            tool: entry.tool.clone(),
            arguments: entry.arguments.clone(),
            content: Arc::clone(&entry.content),
        };
        Self {
            latest: ledger.latest_shown().into_iter().filter(|entry| entry.evidence).map(convert).collect(),
            all: ledger.shown().filter(|entry| entry.evidence).map(convert).collect(),
        }
    }

    /// What a stateless request says was shown; all of it counts as the latest. The
    /// summary stands in for the payload, so that what it names counts as shown.
    pub fn from_items(items: &[ShownItem]) -> Self {
        let all: Vec<ShownResult> = items
            .iter()
            .map(|item| ShownResult {
                id: None,
                tool: item.tool.rsplit("__").next().unwrap_or(&item.tool).to_owned(),
                arguments: item.arguments.clone(),
                content: Arc::new(item.summary.clone().map_or(Value::Null, Value::String)),
            })
            .collect();
        Self { latest: all.clone(), all }
    }

    /// Whether anything was shown.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The objects of the latest results, each once, in display order.
    pub fn rows(&self, policy: &Policy) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        let mut known: HashMap<(String, String), usize> = HashMap::new();
        for result in &self.latest {
            let Some(group) = policy.group_of_tool(&result.tool) else { continue };
            for row in rows_of(result, group).into_iter().take(MAX_ROWS) {
                match known.entry((row.group.clone(), text_of(&row.id))) {
                    Entry::Vacant(place) => {
                        place.insert(rows.len());
                        rows.push(row);
                    }
                    // The list and the single object name the same thing; the better label stays.
                    Entry::Occupied(place) => {
                        let first = &mut rows[*place.get()];
                        if first.label == text_of(&first.id) {
                            first.label = row.label;
                        }
                    }
                }
            }
        }
        rows
    }

    /// Whether a value stands in a shown payload, in the arguments of a shown call or in its summary.
    pub fn holds(&self, value: &Value) -> bool {
        let wanted = text_of(value).to_lowercase();
        !wanted.is_empty()
            && self
                .all
                .iter()
                .any(|result| mentions(&result.arguments, &wanted, 0) || mentions(&result.content, &wanted, 0))
    }

    /// The shown results that hold a value, else the latest.
    pub fn about(&self, values: &[Value]) -> Vec<&ShownResult> {
        let holding: Vec<&ShownResult> = self
            .all
            .iter()
            .filter(|result| {
                values.iter().any(|value| {
                    let wanted = text_of(value).to_lowercase();
                    mentions(&result.arguments, &wanted, 0) || mentions(&result.content, &wanted, 0)
                })
            })
            .collect();
        if holding.is_empty() { self.latest.iter().collect() } else { holding }
    }
}

fn rows_of(result: &ShownResult, group: &ToolGroup) -> Vec<Row> {
    // Comments and tags have ids of their own; the object they belong to is the one in the arguments.
    let named = row_of_arguments(result, group);
    if named.is_empty() { rows_in(&result.content, group, result.id) } else { named }
}

/// The objects of a payload that carry the id of this group.
pub fn rows_in(content: &Value, group: &ToolGroup, result: Option<ResultId>) -> Vec<Row> {
    let Some(identity) = &group.row else { return Vec::new() };
    let objects: Vec<&Value> = match find_list(content) {
        Some(rows) => rows.iter().take(MAX_ROWS).collect(),
        None => vec![content.get("data").or_else(|| content.get("results")).unwrap_or(content)],
    };
    objects
        .into_iter()
        .filter_map(|object| {
            let id = object.pointer(&identity.id).filter(|id| id.is_number() || id.is_string())?;
            let label = identity.label.iter().find_map(|at| object.pointer(at).and_then(Value::as_str));
            let label = match label {
                Some(text) => format!("{} – {}", text_of(id), text.chars().take(80).collect::<String>()),
                None => text_of(id),
            };
            let id = canonical(&identity.argument, id);
            Some(Row { group: group.name.clone(), argument: identity.argument.clone(), id, label, result })
        })
        .collect()
}

/// Choices that name these objects, each once.
pub fn choices_of(rows: &[Row], policy: &Policy, language: Lang) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for row in rows {
        let Some(identity) = policy.group(&row.group).and_then(|group| group.row.as_ref()) else { continue };
        let template = identity.message.get(&language).or_else(|| identity.message.get(&Lang::En));
        let Some(template) = template else { continue };
        let choice = Choice { label: row.label.clone(), message: template.replace("{id}", &text_of(&row.id)) };
        // The message names the object: whatever the labels, two of the same are one choice.
        if choices.iter().all(|known| known.message != choice.message) {
            choices.push(choice);
        }
        if choices.len() >= policy.max_choices {
            break;
        }
    }
    choices
}

/// The object that a by-id call named.
fn row_of_arguments(result: &ShownResult, group: &ToolGroup) -> Vec<Row> {
    let Some(identity) = &group.row else { return Vec::new() };
    let wanted = format!("${}", identity.argument);
    let Some(template) =
        group.calls.iter().find(|call| call.tool == result.tool && call.each.as_deref() == Some(&identity.argument))
    else {
        return Vec::new();
    };
    let key = template
        .arguments
        .as_object()
        .and_then(|object| object.iter().find(|(_, value)| value.as_str() == Some(&wanted)).map(|(key, _)| key));
    let Some(id) = key.and_then(|key| result.arguments.get(key)).filter(|id| id.is_number() || id.is_string()) else {
        return Vec::new();
    };
    vec![Row {
        group: group.name.clone(),
        argument: identity.argument.clone(),
        id: id.clone(),
        label: text_of(id),
        result: result.id,
    }]
}

/// Event ids are shown with a type prefix that lookups do not take.
fn canonical(argument: &str, id: &Value) -> Value {
    match (argument, id.as_str().and_then(|text| text.split_once('/'))) {
        ("event_identifier", Some((prefix, rest))) if prefix.chars().all(|c| c.is_ascii_alphabetic()) => {
            Value::from(rest)
        }
        _ => id.clone(),
    }
}

/// A scalar as people write it.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => String::new(),
    }
}

fn mentions(value: &Value, wanted: &str, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    match value {
        Value::Array(items) => items.iter().any(|item| mentions(item, wanted, depth + 1)),
        Value::Object(object) => object.values().any(|item| mentions(item, wanted, depth + 1)),
        Value::String(text) => {
            text.eq_ignore_ascii_case(wanted)
                || (text.len() > wanted.len() && may_hold(text, wanted) && word_in(&text.to_lowercase(), wanted))
        }
        Value::Number(number) => {
            wanted.starts_with(|c: char| c.is_ascii_digit() || c == '-') && number.to_string() == wanted
        }
        _ => false,
    }
}

/// Whether a text can hold lower-case `wanted`: tells nearly all apart before a copy is made.
fn may_hold(text: &str, wanted: &str) -> bool {
    let Some(first) = wanted.as_bytes().first() else { return true };
    !text.is_ascii()
        || text
            .as_bytes()
            .windows(wanted.len())
            .any(|window| window[0].to_ascii_lowercase() == *first && window.eq_ignore_ascii_case(wanted.as_bytes()))
}

fn word_in(text: &str, wanted: &str) -> bool {
    text.match_indices(wanted).any(|(start, _)| {
        let end = start + wanted.len();
        let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        edge(text[..start].chars().next_back()) && edge(text[end..].chars().next())
    })
}
