//! Checks arguments against a field table and brings them into canonical form.
//!
//! Lenient in form (digit strings, single values for lists, aliases, null for
//! "not set"), strict in content, and complete: every problem is reported at
//! once, with the nearest right spelling. Input is bounded by the table: nothing
//! is walked that no field describes.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FieldError;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Lift;
use crate::servers::argus::fields::Rule;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::scalars;
use crate::servers::argus::schema::sort_values;
use crate::servers::argus::time;

/// Problems reported in full; the rest are counted.
const MAX_PROBLEMS: usize = 25;

/// Longest echo of a refused value, in characters.
const MAX_GOT_CHARS: usize = 200;

/// How alike two names must be to be suggested (Jaro-Winkler, 0 to 1).
const MIN_LIKENESS: f64 = 0.78;

/// Collects what is wrong.
#[derive(Debug, Default)]
pub struct Problems {
    list: Vec<FieldError>,
    more: usize,
}

impl Problems {
    /// Notes a problem with the value at `path`.
    pub fn add(&mut self, path: impl Into<String>, problem: impl Into<String>, got: &Value) {
        self.push(path.into(), problem.into(), got, None);
    }

    /// Notes a value at `path` that is none of those allowed there.
    pub fn add_choice(&mut self, path: impl Into<String>, got: &str, allowed: &[&str]) {
        self.push(path.into(), not_allowed(got, allowed), &json!(got), Some(owned(allowed)));
    }

    fn count(&self) -> usize {
        self.list.len() + self.more
    }

    fn push(&mut self, path: String, problem: String, got: &Value, allowed: Option<Vec<String>>) {
        if self.list.len() == MAX_PROBLEMS {
            self.more += 1;
            return;
        }
        self.list.push(FieldError { path, problem, got: shortened(got), allowed });
    }

    /// The failure, if anything was noted.
    pub fn into_result(self) -> Result<(), Failure> {
        if self.list.is_empty() { Ok(()) } else { Err(Failure::invalid_arguments(self.list, self.more)) }
    }
}

fn not_allowed(got: &str, allowed: &[&str]) -> String {
    match nearest(got, allowed.iter().copied()) {
        Some(near) => format!("is not an allowed value; did you mean {near}? (case-sensitive)"),
        None => "is not an allowed value (case-sensitive)".to_owned(),
    }
}

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn shortened(value: &Value) -> Value {
    match value {
        Value::String(text) => match text.char_indices().nth(MAX_GOT_CHARS) {
            Some((end, _)) => json!(format!("{}…", &text[..end])),
            None => value.clone(),
        },
        Value::Array(entries) => json!(format!("a list of {} entries", entries.len())),
        Value::Object(_) => json!("an object"),
        other => other.clone(),
    }
}

/// Checks the arguments of a call.
///
/// # Errors
/// `INVALID_ARGUMENTS` with every problem found.
pub fn arguments(shape: &Shape, arguments: &Map<String, Value>) -> Result<Map<String, Value>, Failure> {
    let mut problems = Problems::default();
    let checked = object(shape, arguments, "", &mut problems);
    problems.into_result().map(|()| checked)
}

/// A value as it was sent, under the name it was sent by.
type Sent<'a> = (&'a str, &'a Value);

fn object(shape: &Shape, sent: &Map<String, Value>, path: &str, problems: &mut Problems) -> Map<String, Value> {
    let mut direct: Vec<Vec<Sent<'_>>> = vec![Vec::new(); shape.fields.len()];
    let mut lifted: Vec<Vec<Sent<'_>>> = vec![Vec::new(); shape.fields.len()];
    let repeated = |name: &str, value: &Value| shape.fields.iter().any(|field| field.repeats(name, value));
    for (name, value) in sent.iter().filter(|(name, value)| !value.is_null() && !repeated(name, value)) {
        if let Some(place) = shape.fields.iter().position(|field| field.answers_to(name)) {
            direct[place].push((name, value));
        } else if let Some(place) = shape.fields.iter().position(|field| inner(field, name)) {
            lifted[place].push((name, value));
        } else {
            unknown(shape, name, value, path, problems);
        }
    }
    let noted = problems.count();
    let mut checked = Map::new();
    for (place, field) in shape.fields.iter().enumerate() {
        let here = join(path, field.name);
        let before = problems.count();
        let value = if field.lift == Lift::Both {
            flattened(field, &direct[place], &lifted[place], path, problems)
        } else {
            single(&direct[place], &here, problems)
                .cloned()
                .or_else(|| field.default.clone())
                .and_then(|value| of_kind(&field.kind, &value, &here, problems))
        };
        match value {
            Some(value) => {
                checked.insert(field.name.to_owned(), value);
            }
            // A field that was set but refused must not be called missing as well.
            None if field.required && problems.count() == before => {
                let problem = if direct[place].is_empty() { "is required" } else { "must not be empty" };
                problems.add(here, problem, &Value::Null);
            }
            None => {}
        }
    }
    // The same for rules that ask for any field.
    let clean = problems.count() == noted && checked_all(sent, shape);
    for rule in &shape.rules {
        if clean || !matches!(rule, Rule::MoreThan(_) | Rule::AnyOf(_)) {
            apply(rule, &checked, path, problems);
        }
    }
    checked
}

/// Whether every name that was sent belongs to a field.
fn checked_all(sent: &Map<String, Value>, shape: &Shape) -> bool {
    sent.iter().all(|(name, value)| {
        let known = |field: &Field| field.answers_to(name) || inner(field, name) || field.repeats(name, value);
        shape.fields.iter().any(known)
    })
}

/// Whether `name` is a field inside the object `field` that may stand outside it.
fn inner(field: &Field, name: &str) -> bool {
    match &field.kind {
        Kind::Object(shape) if field.lift == Lift::Both => {
            shape.fields.iter().any(|field| field.answers_to(name) || inner(field, name))
        }
        _ => false,
    }
}

/// The value of a field that may have been sent under several of its names.
fn single<'a>(sent: &[Sent<'a>], path: &str, problems: &mut Problems) -> Option<&'a Value> {
    let (first, value) = sent.first()?;
    for (other, different) in sent.iter().skip(1).filter(|(_, other)| other != value) {
        let problem = format!("is given twice with different values, as {first} and {other}");
        problems.add(path, problem, different);
    }
    Some(value)
}

/// Merges the nested form and the flat form of a flattened object.
fn flattened(
    field: &Field,
    direct: &[Sent<'_>],
    lifted: &[Sent<'_>],
    path: &str,
    problems: &mut Problems,
) -> Option<Value> {
    let Kind::Object(shape) = &field.kind else {
        return None;
    };
    let here = join(path, field.name);
    let mut merged = Map::new();
    match single(direct, &here, problems) {
        None => {}
        Some(Value::Object(nested)) => merged = nested.clone(),
        Some(other) => problems.add(here.as_str(), "must be an object", other),
    }
    for (name, value) in lifted {
        let twice = merged.iter().any(|(key, nested)| same_field(shape, key, name) && nested != *value);
        if twice {
            let problem = format!("differs from the same field in {}", field.name);
            problems.add(join(path, name), problem, value);
        }
        merged.insert((*name).to_owned(), (*value).clone());
    }
    let checked = object(shape, &merged, &here, problems);
    (!checked.is_empty()).then_some(Value::Object(checked))
}

fn same_field(shape: &Shape, left: &str, right: &str) -> bool {
    shape.fields.iter().any(|field| field.answers_to(left) && field.answers_to(right))
}

fn unknown(shape: &Shape, name: &str, value: &Value, path: &str, problems: &mut Problems) {
    let names = shape.fields.iter().filter(|field| field.is_argument()).map(|field| field.name);
    let problem = match nearest(name, names.clone()) {
        Some(near) => format!("unknown field; did you mean {near}?"),
        None => "unknown field".to_owned(),
    };
    let allowed = Some(names.map(str::to_owned).collect());
    let name: String = name.chars().take(MAX_GOT_CHARS).collect();
    problems.push(join(path, &name), problem, value, allowed);
}

/// The name nearest to `name`: the same but for case, else the most alike.
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_GOT_CHARS {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    names
        .map(|candidate| {
            let likeness = strsim::jaro_winkler(&lower, &candidate.to_ascii_lowercase());
            (likeness, candidate)
        })
        .filter(|(likeness, _)| *likeness >= MIN_LIKENESS)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

fn of_kind(kind: &Kind, value: &Value, path: &str, problems: &mut Problems) -> Option<Value> {
    let outcome = match kind {
        Kind::Text { max } => scalars::text(value, *max),
        Kind::Name => scalars::name(value),
        Kind::Integer { min, max } => scalars::integer(value, *min, *max),
        Kind::Number { min } => scalars::number(value, *min),
        Kind::Boolean | Kind::Negated => scalars::boolean(value),
        Kind::Time => time::normalise(value).map(Value::from),
        Kind::Uuid => scalars::parsed_uuid(value),
        Kind::Checked(checked) => (checked.check)(value),
        Kind::OneOf { values, sent_as } => {
            return one_of(value, values, sent_as, path, problems);
        }
        Kind::Sort { names } => {
            let values = sort_values(names);
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            return one_of(value, &values, &[], path, problems);
        }
        Kind::List { of, max } => return list(of, *max, value, path, problems),
        Kind::Single(of) => {
            let one = value.as_array().filter(|entries| entries.len() == 1).map_or(value, |entries| &entries[0]);
            return of_kind(of, one, path, problems);
        }
        Kind::Fixed(_) => return None,
        Kind::Object(shape) => {
            return match value {
                Value::Object(sent) => {
                    let checked = object(shape, sent, path, problems);
                    (!checked.is_empty() || sent.is_empty()).then_some(Value::Object(checked))
                }
                _ => {
                    problems.add(path, "must be an object", value);
                    None
                }
            };
        }
    };
    match outcome {
        Ok(value) => Some(value),
        Err(problem) => {
            problems.add(path, problem, value);
            None
        }
    }
}

fn one_of(
    value: &Value,
    values: &[&str],
    sent_as: &[(&str, &str)],
    path: &str,
    problems: &mut Problems,
) -> Option<Value> {
    let sent = value.as_str().unwrap_or_default();
    if values.contains(&sent) {
        let mapped = sent_as.iter().find(|(from, _)| *from == sent);
        return Some(json!(mapped.map_or(sent, |(_, to)| *to)));
    }
    problems.push(path.to_owned(), not_allowed(sent, values), value, Some(owned(values)));
    None
}

fn list(of: &Kind, max: usize, value: &Value, path: &str, problems: &mut Problems) -> Option<Value> {
    let wrapped;
    let entries = match value {
        Value::Array(entries) => entries.as_slice(),
        single => {
            wrapped = [single.clone()];
            &wrapped
        }
    };
    if entries.len() > max {
        problems.add(path, format!("must have at most {max} entries"), value);
        return None;
    }
    let mut seen = std::collections::HashSet::new();
    let mut checked = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let here = format!("{path}[{place}]");
        if let Some(entry) = of_kind(of, entry, &here, problems)
            && seen.insert(entry.to_string())
        {
            checked.push(entry);
        }
    }
    (!checked.is_empty()).then_some(Value::Array(checked))
}

fn apply(rule: &Rule, object: &Map<String, Value>, path: &str, problems: &mut Problems) {
    let is_true = |name: &str| object.get(name) == Some(&Value::Bool(true));
    match rule {
        Rule::MoreThan(names) => {
            if object.keys().all(|name| names.contains(&name.as_str())) {
                let problem = "must set at least one field to match on";
                problems.add(path, problem, &Value::Object(Map::new()));
            }
        }
        Rule::AnyOf(names) => {
            if !names.iter().any(|name| object.contains_key(*name)) {
                let problem = format!("must set at least one of {}", names.join(", "));
                problems.add(path, problem, &Value::Object(Map::new()));
            }
        }
        Rule::NotBoth(left, right) => {
            if is_true(left) && is_true(right) {
                let problem = format!("{left} and {right} must not both be true");
                problems.add(path, problem, &json!(true));
            }
        }
        Rule::Disjoint(left, right) => {
            let entries = |name: &str| object.get(name).and_then(Value::as_array);
            let (Some(included), Some(excluded)) = (entries(left), entries(right)) else {
                return;
            };
            for entry in included.iter().filter(|entry| excluded.contains(entry)) {
                let problem = format!("must not stand in {left} and {right} at once");
                problems.add(join(path, right), problem, entry);
            }
        }
        Rule::Unique(list, name) => {
            let mut seen = std::collections::HashSet::new();
            let items = object.get(*list).and_then(Value::as_array);
            for (place, value) in items.into_iter().flatten().filter_map(|item| item.get(name)).enumerate() {
                if !seen.insert(value.to_string()) {
                    let path = format!("{}[{place}].{name}", join(path, list));
                    problems.add(path, "must differ from the others", value);
                }
            }
        }
        Rule::Check(check) => check(object, path, problems),
    }
}

/// The path of a field inside the object at `path`.
pub fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
