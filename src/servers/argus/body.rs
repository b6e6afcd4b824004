//! Turns checked arguments into the REST body: renaming, and nothing else.
//!
//! Used by translators and execute tools alike, so both give the same object.
//! Fields that are not set do not appear; Argus would read a null as a value.

use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Lift;
use crate::servers::argus::fields::Shape;

/// The REST form of a checked object.
pub fn rest(shape: &Shape, checked: &Map<String, Value>) -> Map<String, Value> {
    let mut body = Map::new();
    for field in &shape.fields {
        let sent = match &field.kind {
            Kind::Fixed(value) => Some(value),
            _ => checked.get(field.name),
        };
        let Some(value) = sent else {
            continue;
        };
        let value = of_kind(&field.kind, value);
        match value {
            Value::Object(inner) if field.lift != Lift::No => body.extend(inner),
            Value::Object(inner) if inner.is_empty() => {}
            other => {
                body.insert(field.rest.to_owned(), other);
            }
        }
    }
    body
}

/// The REST form of checked arguments as query pairs; lists repeat the name.
pub fn query(shape: &Shape, checked: &Map<String, Value>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (name, value) in rest(shape, checked) {
        match value {
            Value::Array(entries) => {
                pairs.extend(entries.iter().map(|entry| (name.clone(), plain(entry))));
            }
            other => pairs.push((name, plain(&other))),
        }
    }
    pairs
}

fn of_kind(kind: &Kind, value: &Value) -> Value {
    match (kind, value) {
        (Kind::Object(shape), Value::Object(object)) => Value::Object(rest(shape, object)),
        (Kind::List { of, .. }, Value::Array(entries)) => {
            Value::Array(entries.iter().map(|entry| of_kind(of, entry)).collect())
        }
        (Kind::Negated, Value::Bool(flag)) => Value::Bool(!flag),
        (Kind::Single(of), value) => Value::Array(vec![of_kind(of, value)]),
        _ => value.clone(),
    }
}

/// A value as it stands in a path or query.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
