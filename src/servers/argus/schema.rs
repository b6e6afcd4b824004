//! Shows a field table as JSON Schema, the `inputSchema` of a tool.
//!
//! Canonical names only, with bounds, enumerations and defaults, and closed
//! against unknown fields. What is accepted beyond that (aliases, digit strings,
//! single values for lists) is leniency and not advertised.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Lift;
use crate::servers::argus::fields::Shape;

/// The schema of an object with these fields.
pub fn object(shape: &Shape) -> Map<String, Value> {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    if let Some(sentence) = shape.shown_as {
        schema.insert("description".to_owned(), json!(sentence));
        return schema;
    }
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in shape.fields.iter().filter(|field| field.is_argument()) {
        properties.insert(field.name.to_owned(), Value::Object(of_field(field)));
        if field.required {
            required.push(json!(field.name));
        }
    }
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), Value::Array(required));
    }
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema
}

/// The schema of the REST body that `body::rest` makes of such an object.
pub fn rest(shape: &Shape) -> Map<String, Value> {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    let mut properties = Map::new();
    for field in &shape.fields {
        match &field.kind {
            Kind::Object(inner) if field.lift != Lift::No => {
                if let Some(Value::Object(lifted)) = rest(inner).remove("properties") {
                    properties.extend(lifted);
                }
            }
            kind => {
                properties.insert(field.rest.to_owned(), rest_kind(kind));
            }
        }
    }
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema
}

fn rest_kind(kind: &Kind) -> Value {
    match kind {
        Kind::Object(shape) if shape.shown_as.is_none() => Value::Object(rest(shape)),
        Kind::List { of, .. } | Kind::Single(of) => json!({"type": "array", "items": rest_kind(of)}),
        other => Value::Object(of_kind(other)),
    }
}

fn of_field(field: &Field) -> Map<String, Value> {
    let mut schema = of_kind(&field.kind);
    if !field.doc.is_empty() {
        schema.insert("description".to_owned(), json!(field.doc));
    }
    if let Some(default) = &field.default {
        schema.insert("default".to_owned(), default.clone());
    }
    schema
}

fn of_kind(kind: &Kind) -> Map<String, Value> {
    let value = match kind {
        Kind::Text { max } => json!({"type": "string", "minLength": 1, "maxLength": max}),
        Kind::Name => json!({"type": "string", "minLength": 1, "maxLength": 200}),
        Kind::Integer { min, max } if *max == i64::MAX => {
            json!({"type": "integer", "minimum": min})
        }
        Kind::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Kind::Number { min } => json!({"type": "number", "minimum": min}),
        Kind::Boolean | Kind::Negated => json!({"type": "boolean"}),
        Kind::OneOf { values, .. } => json!({"type": "string", "enum": values}),
        Kind::Sort { names } => json!({"type": "string", "enum": sort_values(names)}),
        Kind::Time => json!({"type": ["string", "integer"]}),
        Kind::Uuid => json!({"type": "string", "format": "uuid"}),
        Kind::Checked(checked) => (checked.schema)(),
        Kind::List { of, max } => {
            json!({"type": "array", "items": of_kind(of), "maxItems": max})
        }
        Kind::Single(of) => Value::Object(of_kind(of)),
        Kind::Object(shape) => Value::Object(object(shape)),
        Kind::Fixed(value) => json!({"const": value}),
    };
    match value {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

/// Every sort value: each name, then the same with a leading `-`.
pub fn sort_values(names: &[&str]) -> Vec<String> {
    names.iter().flat_map(|name| [(*name).to_owned(), format!("-{name}")]).collect()
}
