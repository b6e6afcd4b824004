//! Reads request bodies and queries strictly: a member that nobody asked for, or of
//! the wrong type, is a field error, and all problems are reported at once.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::sim::argus::reply::{Reply, field_error};
use crate::sim::argus::times;

/// Most matches that one answer holds.
pub const MAX_LIMIT: u64 = 10_000;
const DEFAULT_LIMIT: u64 = 25;
const MAX_ENTRIES: usize = 10_000;

/// Which part of the matches to answer.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Most items; 0 means all.
    pub limit: u64,
    /// Items to skip.
    pub offset: u64,
}

/// One field to sort by.
#[derive(Clone, Debug)]
pub struct SortKey {
    /// Name of the field.
    pub field: String,
    /// Largest first.
    pub descending: bool,
}

impl SortKey {
    fn of(field: &str) -> Self {
        match field.strip_prefix('-') {
            Some(name) => Self { field: name.to_owned(), descending: true },
            None => Self { field: field.to_owned(), descending: false },
        }
    }
}

/// One object of a request, as far as it has been read.
pub struct Reader<'a> {
    members: &'a Map<String, Value>,
    path: String,
    now: Timestamp,
    /// From a query, where everything is text.
    textual: bool,
    known: BTreeSet<&'static str>,
    problems: Vec<Value>,
}

impl<'a> Reader<'a> {
    /// Reads a request body; `now` resolves time strings.
    pub fn body(body: &'a Value, now: Timestamp) -> Result<Self, Reply> {
        let members = body.as_object().ok_or_else(|| {
            let text = "body must be a JSON object";
            Reply::invalid(vec![field_error("body", text, "invalid.body", "")])
        })?;
        Ok(Self::new(members, String::new(), now, false))
    }

    /// Reads a query turned into an object.
    #[must_use]
    pub fn query(query: &'a Map<String, Value>, now: Timestamp) -> Self {
        Self::new(query, String::new(), now, true)
    }

    fn new(members: &'a Map<String, Value>, path: String, now: Timestamp, textual: bool) -> Self {
        Self { members, path, now, textual, known: BTreeSet::new(), problems: Vec::new() }
    }

    /// Ends the reading: members that nobody read are problems.
    pub fn finish(mut self) -> Result<(), Reply> {
        self.close();
        if self.problems.is_empty() { Ok(()) } else { Err(Reply::invalid(self.problems)) }
    }

    /// Adds a problem with one field.
    pub fn problem(&mut self, name: &str, message: &str, template: &str, got: &str) {
        let field = format!("{}{name}", self.path);
        self.problems.push(field_error(&field, message, template, got));
    }

    fn close(&mut self) {
        let unknown: Vec<String> =
            self.members.keys().filter(|name| !self.known.contains(name.as_str())).cloned().collect();
        for name in unknown {
            self.problem(&name, "unknown field", "unknown.field", &name);
        }
    }

    fn take(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.insert(name);
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn wrong(&mut self, name: &str, message: &str, value: &Value) {
        let mut got = value.to_string();
        if got.len() > 80 {
            got = got.chars().take(80).collect();
        }
        self.problem(name, message, "invalid.value", &got);
    }

    fn entries(&mut self, name: &'static str) -> Vec<(String, &'a Value)> {
        let Some(value) = self.take(name) else {
            return Vec::new();
        };
        match value {
            Value::Array(items) if items.len() <= MAX_ENTRIES => {
                items.iter().enumerate().map(|(n, item)| (format!("{name}[{n}]"), item)).collect()
            }
            Value::String(_) if self.textual => vec![(name.to_owned(), value)],
            other => {
                self.wrong(name, "must be an array of at most 10000 entries", other);
                Vec::new()
            }
        }
    }

    /// An array of texts; numbers are taken as their digits (identifiers).
    pub fn texts(&mut self, name: &'static str) -> Vec<String> {
        let mut texts = Vec::new();
        for (field, item) in self.entries(name) {
            match item {
                Value::String(text) if !text.is_empty() => texts.push(text.clone()),
                Value::Number(number) if number.is_u64() => texts.push(number.to_string()),
                other => self.wrong(&field, "must be a text that is not empty", other),
            }
        }
        texts
    }

    /// An array of allowed words; case matters.
    pub fn words(&mut self, name: &'static str, allowed: &[&str]) -> Vec<String> {
        let texts = self.texts(name);
        for text in &texts {
            if !allowed.contains(&text.as_str()) {
                self.problem(name, "invalid value", "invalid.value", text);
            }
        }
        texts
    }

    /// An array of whole numbers of 0 or more.
    pub fn numbers(&mut self, name: &'static str) -> Vec<u64> {
        let mut numbers = Vec::new();
        for (field, item) in self.entries(name) {
            match number_of(item) {
                Some(number) => numbers.push(number),
                None => self.wrong(&field, "must be a whole number of 0 or more", item),
            }
        }
        numbers
    }

    /// One whole number of 0 or more.
    pub fn number(&mut self, name: &'static str) -> Option<u64> {
        let value = self.take(name)?;
        let number = number_of(value);
        if number.is_none() {
            self.wrong(name, "must be a whole number of 0 or more", value);
        }
        number
    }

    /// One truth value.
    pub fn truth(&mut self, name: &'static str) -> Option<bool> {
        let value = self.take(name)?;
        let truth = match value {
            Value::Bool(truth) => Some(*truth),
            Value::String(text) if self.textual => text.parse().ok(),
            _ => None,
        };
        if truth.is_none() {
            self.wrong(name, "must be true or false", value);
        }
        truth
    }

    /// One text.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        let value = self.take(name)?;
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong(name, "must be a text", value);
        }
        text
    }

    /// One allowed word.
    pub fn word(&mut self, name: &'static str, allowed: &[&str]) -> Option<String> {
        let text = self.text(name)?;
        if !allowed.contains(&text.as_str()) {
            self.problem(name, "invalid value", "invalid.value", &text);
        }
        Some(text)
    }

    /// One text that must be there.
    pub fn needed_text(&mut self, name: &'static str) -> String {
        let text = self.text(name);
        if self.members.get(name).is_none_or(Value::is_null) {
            self.problem(name, "must not be null", "javax.validation.NotNull", "");
        }
        text.unwrap_or_default()
    }

    /// One allowed word that must be there.
    pub fn needed_word(&mut self, name: &'static str, allowed: &[&str]) -> String {
        let word = self.needed_text(name);
        if !word.is_empty() && !allowed.contains(&word.as_str()) {
            self.problem(name, "invalid value", "invalid.value", &word);
        }
        word
    }

    /// One number of 0 or more.
    pub fn measure(&mut self, name: &'static str) -> Option<f64> {
        let value = self.take(name)?;
        let number = value.as_f64().filter(|number| *number >= 0.0);
        if number.is_none() {
            self.wrong(name, "must be a number of 0 or more", value);
        }
        number
    }

    /// One text, number or truth value.
    pub fn plain(&mut self, name: &'static str) -> Option<&'a Value> {
        let value = self.take(name)?;
        if value.is_object() || value.is_array() {
            self.wrong(name, "must be a plain value", value);
            return None;
        }
        Some(value)
    }

    /// An array of texts, numbers and truth values, with the field of each.
    pub fn plains(&mut self, name: &'static str) -> Vec<(String, &'a Value)> {
        let mut values = self.entries(name);
        values.retain(|(field, value)| {
            let is_plain = value.is_string() || value.is_number() || value.is_boolean();
            if !is_plain {
                self.wrong(field, "must be a plain value", value);
            }
            is_plain
        });
        values
    }

    /// One time, in milliseconds.
    pub fn moment(&mut self, name: &'static str) -> Option<i64> {
        let value = self.take(name)?;
        match times::resolve(value, self.now) {
            Ok(ms) => Some(ms),
            Err(problem) => {
                self.wrong(name, problem, value);
                None
            }
        }
    }

    /// One object.
    pub fn object<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Reader<'a>) -> T) -> Option<T> {
        let value = self.take(name)?;
        self.inner(name, value, read)
    }

    /// An array of objects.
    pub fn objects<T>(&mut self, name: &'static str, mut read: impl FnMut(&mut Reader<'a>) -> T) -> Vec<T> {
        self.entries(name).into_iter().filter_map(|(field, item)| self.inner(&field, item, &mut read)).collect()
    }

    fn inner<T>(&mut self, field: &str, value: &'a Value, read: impl FnOnce(&mut Reader<'a>) -> T) -> Option<T> {
        let Some(members) = value.as_object() else {
            self.wrong(field, "must be an object", value);
            return None;
        };
        let path = format!("{}{field}.", self.path);
        let mut inner = Reader::new(members, path, self.now, self.textual);
        let read = read(&mut inner);
        inner.close();
        self.problems.append(&mut inner.problems);
        Some(read)
    }

    /// `limit` and `offset`.
    pub fn window(&mut self) -> Window {
        let limit = self.number("limit").unwrap_or(DEFAULT_LIMIT);
        if limit > MAX_LIMIT {
            let text = "must be less than or equal to 10000";
            self.problem("limit", text, "javax.validation.Max", &limit.to_string());
        }
        let offset = self.number("offset").unwrap_or(0);
        Window { limit, offset }
    }

    /// `sortBy`, or `default` where it is not set.
    pub fn sort(&mut self, allowed: &[&str], default: &str) -> Vec<SortKey> {
        let fields = self.sort_fields(allowed);
        if fields.is_empty() { vec![SortKey::of(default)] } else { fields }
    }

    /// `sortBy`, which may be missing.
    pub fn sort_fields(&mut self, allowed: &[&str]) -> Vec<SortKey> {
        let fields = self.texts("sortBy");
        for field in &fields {
            let name = field.strip_prefix('-').unwrap_or(field);
            if !allowed.contains(&name) {
                self.problem("sortBy", "invalid value", "invalid.value", field);
            }
        }
        fields.iter().map(|field| SortKey::of(field)).collect()
    }
}

fn number_of(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// What a sort field of an item compares by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortValue {
    /// A number, time, or rank.
    Number(i64),
    /// A text.
    Text(String),
}

impl SortValue {
    /// A text, empty where there is none.
    #[must_use]
    pub fn text(value: &Value) -> Self {
        Self::Text(value.as_str().unwrap_or_default().to_owned())
    }

    /// A number, 0 where there is none.
    #[must_use]
    pub fn number(value: &Value) -> Self {
        Self::Number(value.as_i64().unwrap_or(0))
    }

    /// The place of a word in an order, -1 where it has none.
    #[must_use]
    pub fn rank(value: &Value, order: &[&str]) -> Self {
        let word = value.as_str().unwrap_or_default();
        let place = order.iter().position(|known| *known == word);
        Self::Number(place.and_then(|n| i64::try_from(n).ok()).unwrap_or(-1))
    }
}

/// Sorts matches (ties by `id`, ascending) and cuts out the window.
pub fn window_of<'a, T>(
    matches: Vec<&'a T>,
    sort: &[SortKey],
    window: Window,
    value_of: impl Fn(&T, &str) -> SortValue,
) -> Vec<&'a T> {
    let mut keyed: Vec<(Vec<SortValue>, SortValue, &T)> = matches
        .into_iter()
        .map(|item| {
            let values = sort.iter().map(|key| value_of(item, &key.field)).collect();
            (values, value_of(item, "id"), item)
        })
        .collect();
    keyed.sort_by(|(a, a_id, _), (b, b_id, _)| {
        sort.iter()
            .zip(a.iter().zip(b))
            .map(|(key, (a, b))| if key.descending { b.cmp(a) } else { a.cmp(b) })
            .find(|order| order.is_ne())
            .unwrap_or_else(|| a_id.cmp(b_id))
    });
    let limit = match window.limit {
        0 => MAX_LIMIT,
        limit => limit.min(MAX_LIMIT),
    };
    keyed
        .into_iter()
        .skip(usize::try_from(window.offset).unwrap_or(usize::MAX))
        .take(usize::try_from(limit).unwrap_or(usize::MAX))
        .map(|(_, _, item)| item)
        .collect()
}
