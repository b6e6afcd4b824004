//! What the conversation has shown, as the router sees it: the calls behind it, the
//! rows in display order, and which of them a message means. Built from the ledger.
//! Evidence rules are not decided here.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Number;
use serde_json::Value;

use crate::domain::classify::find_list;
use crate::domain::ids::ResultId;
use crate::domain::lang::Lang;
use crate::domain::ledger::Ledger;
use crate::domain::ledger::LedgerEntry;
use crate::domain::policy::decision::Choice;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::settings::RowIdentity;
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

impl ShownResult {
    /// What a ledger entry holds.
    pub fn of(entry: &LedgerEntry) -> Self {
        Self {
            id: Some(entry.id),
            tool: entry.tool.clone(),
            arguments: entry.arguments.clone(),
            content: Arc::clone(&entry.content),
        }
    }
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

/// One shown object where it stands: a list has hundreds, and a message means one of them at most.
#[derive(Clone, Copy, Debug)]
pub struct SeenRow<'a> {
    group: &'a ToolGroup,
    identity: &'a RowIdentity,
    /// As it stands in the payload or in the arguments.
    id: &'a Value,
    /// The id and the object that the label is made of; no object: of the id alone.
    label: (&'a Value, Option<&'a Value>),
    result: Option<ResultId>,
}

impl<'a> SeenRow<'a> {
    /// Name of the group.
    pub fn group(&self) -> &str {
        &self.group.name
    }

    /// The object by itself.
    pub fn to_row(&self) -> Row {
        let (id, _) = self.label;
        let label = match self.title() {
            Some(title) => format!("{} – {}", text_of(id), title.chars().take(80).collect::<String>()),
            None => text_of(id),
        };
        Row {
            group: self.group.name.clone(),
            argument: self.identity.argument.clone(),
            id: canonical(&self.identity.argument, self.id).map_or_else(|| self.id.clone(), Value::from),
            label,
            result: self.result,
        }
    }

    fn title(&self) -> Option<&'a str> {
        let (_, object) = self.label;
        self.identity.label.iter().find_map(|at| object?.pointer(at)?.as_str())
    }

    /// What tells objects apart: the group, and the id as text, numbers without making one.
    fn key(&self) -> Key<'a> {
        let id = match canonical(&self.identity.argument, self.id).or(self.id.as_str()) {
            Some(text) => whole_number(text).map_or(KeyId::Text(Cow::Borrowed(text)), KeyId::Number),
            None => self.id.as_u64().map_or_else(|| KeyId::Text(Cow::Owned(text_of(self.id))), KeyId::Number),
        };
        (id, &self.group.name)
    }
}

/// Id and group.
type Key<'a> = (KeyId<'a>, &'a str);

/// An id as text; the same text is the same id.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum KeyId<'a> {
    Number(u64),
    Text(Cow<'a, str>),
}

/// The number that is written just like this text.
fn whole_number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

impl Shown {
    /// What a ledger has shown.
    pub fn from_ledger(ledger: &Ledger) -> Self {
        Self {
            latest: ledger.latest_shown().into_iter().filter(|entry| entry.evidence).map(ShownResult::of).collect(),
            all: ledger.shown().filter(|entry| entry.evidence).map(ShownResult::of).collect(),
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
    pub fn rows<'a>(&'a self, policy: &'a Policy) -> Vec<SeenRow<'a>> {
        let grouped = |result: &'a ShownResult| Some((result, policy.group_of_tool(&result.tool)?));
        let mut rows: Vec<SeenRow<'a>> =
            self.latest.iter().filter_map(grouped).flat_map(|(result, group)| rows_of(result, group)).collect();
        // Sorted, the same objects stand side by side, the first shown before the others.
        let mut order: Vec<(Key<'_>, usize)> = rows.iter().map(SeenRow::key).zip(0..).collect();
        order.sort();
        let mut again = vec![false; rows.len()];
        for same in order.chunk_by(|(one, _), (other, _)| one == other) {
            let [(_, first), others @ ..] = same else { continue };
            for (_, other) in others {
                again[*other] = true;
                // The list and the single object name the same thing; the better label stays.
                if rows[*first].title().is_none() && rows[*other].title().is_some() {
                    rows[*first].label = rows[*other].label;
                }
            }
        }
        let mut again = again.into_iter();
        rows.retain(|_| again.next() != Some(true));
        rows
    }

    /// Whether a value stands in a shown payload, in the arguments of a shown call or in its summary.
    pub fn holds(&self, value: &Value) -> bool {
        Wanted::new(value).is_some_and(|wanted| self.all.iter().any(|result| wanted.is_in(result)))
    }

    /// The shown results that hold a value, else the latest.
    pub fn about(&self, values: &[Value]) -> Vec<&ShownResult> {
        let wanted: Vec<Wanted> = values.iter().filter_map(Wanted::new).collect();
        let holding: Vec<&ShownResult> =
            self.all.iter().filter(|result| wanted.iter().any(|wanted| wanted.is_in(result))).collect();
        if holding.is_empty() { self.latest.iter().collect() } else { holding }
    }
}

fn rows_of<'a>(result: &'a ShownResult, group: &'a ToolGroup) -> Vec<SeenRow<'a>> {
    // Comments and tags have ids of their own; the object they belong to is the one in the arguments.
    match row_of_arguments(result, group) {
        Some(named) => vec![named],
        None => rows_in(&result.content, group, result.id),
    }
}

/// The objects of a payload that carry the id of this group.
pub fn rows_in<'a>(content: &'a Value, group: &'a ToolGroup, result: Option<ResultId>) -> Vec<SeenRow<'a>> {
    let Some(identity) = &group.row else { return Vec::new() };
    let objects = match find_list(content) {
        Some(rows) => rows.as_slice(),
        None => std::slice::from_ref(content.get("data").or_else(|| content.get("results")).unwrap_or(content)),
    };
    objects
        .iter()
        .take(MAX_ROWS)
        .filter_map(|object| {
            let id = at(object, &identity.id).filter(|id| id.is_number() || id.is_string())?;
            Some(SeenRow { group, identity, id, label: (id, Some(object)), result })
        })
        .collect()
}

/// [`Value::pointer`], without its copies where the pointer is one plain step.
fn at<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    match (value, pointer.strip_prefix('/')) {
        (Value::Object(object), Some(key)) if !key.contains(['/', '~']) => object.get(key),
        _ => value.pointer(pointer),
    }
}

/// Choices that name these objects, each once.
pub fn choices_of(rows: &[SeenRow<'_>], policy: &Policy, language: Lang) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for seen in rows {
        let messages = &seen.identity.message;
        let Some(template) = messages.get(&language).or_else(|| messages.get(&Lang::En)) else { continue };
        let row = seen.to_row();
        let choice = Choice { message: template.replace("{id}", &text_of(&row.id)), label: row.label };
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
fn row_of_arguments<'a>(result: &'a ShownResult, group: &'a ToolGroup) -> Option<SeenRow<'a>> {
    let identity = group.row.as_ref()?;
    let wanted = format!("${}", identity.argument);
    let template =
        group.calls.iter().find(|call| call.tool == result.tool && call.each.as_deref() == Some(&identity.argument))?;
    let (key, _) = template.arguments.as_object()?.iter().find(|(_, value)| value.as_str() == Some(&wanted))?;
    let id = result.arguments.get(key).filter(|id| id.is_number() || id.is_string())?;
    Some(SeenRow { group, identity, id, label: (id, None), result: result.id })
}

/// Event ids are shown with a type prefix that lookups do not take: the id without it.
fn canonical<'v>(argument: &str, id: &'v Value) -> Option<&'v str> {
    let (prefix, rest) = id.as_str().filter(|_| argument == "event_identifier")?.split_once('/')?;
    prefix.chars().all(|c| c.is_ascii_alphabetic()).then_some(rest)
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

/// A value that is looked for, made ready once.
struct Wanted {
    /// Lower case, not empty.
    text: String,
    /// The same as a number.
    number: Option<u64>,
}

impl Wanted {
    fn new(value: &Value) -> Option<Self> {
        let text = text_of(value).to_lowercase();
        (!text.is_empty()).then(|| Self { number: whole_number(&text), text })
    }

    /// Whether it stands in the arguments or in the payload.
    fn is_in(&self, result: &ShownResult) -> bool {
        self.is_below(&result.arguments, 0) || self.is_below(&result.content, 0)
    }

    fn is_below(&self, value: &Value, depth: usize) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        match value {
            Value::Array(items) => items.iter().any(|item| self.is_below(item, depth + 1)),
            Value::Object(object) => object.values().any(|item| self.is_below(item, depth + 1)),
            Value::String(text) => self.is_word_of(text),
            Value::Number(number) => self.is_number(number),
            _ => false,
        }
    }

    fn is_number(&self, number: &Number) -> bool {
        match number.as_u64() {
            Some(number) => self.number == Some(number),
            // Negative ones and fractions are rare enough to be written out.
            None => self.text.starts_with(|c: char| c.is_ascii_digit() || c == '-') && number.to_string() == self.text,
        }
    }

    fn is_word_of(&self, text: &str) -> bool {
        if text.len() <= self.text.len() {
            return text.eq_ignore_ascii_case(&self.text);
        }
        if text.is_ascii() {
            return word_in_ascii(text.as_bytes(), self.text.as_bytes());
        }
        word_in(&text.to_lowercase(), &self.text)
    }
}

/// [`word_in`] of an ASCII text in any case, without a copy.
fn word_in_ascii(text: &[u8], wanted: &[u8]) -> bool {
    let Some(first) = wanted.first() else { return false };
    let edge = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let mut start = 0;
    while let Some(here) = text.get(start..start + wanted.len()) {
        if !here[0].eq_ignore_ascii_case(first) || !here.eq_ignore_ascii_case(wanted) {
            start += 1;
            continue;
        }
        let end = start + wanted.len();
        if edge(text[..start].last()) && edge(text.get(end)) {
            return true;
        }
        start = end;
    }
    false
}

/// Whether lower-case text holds a word or a phrase as a whole.
fn word_in(text: &str, wanted: &str) -> bool {
    text.match_indices(wanted).any(|(start, _)| {
        let end = start + wanted.len();
        let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        edge(text[..start].chars().next_back()) && edge(text[end..].chars().next())
    })
}
