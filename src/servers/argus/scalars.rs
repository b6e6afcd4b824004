//! Checks of single values, each into the form that is sent.
//!
//! Lenient in form, strict in content, like `validate`, which calls them.

use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

/// Text of 1 to `max` characters, blanks around it taken off.
///
/// # Errors
/// A sentence saying what is expected.
pub fn text(value: &Value, max: usize) -> Result<Value, String> {
    let text = value.as_str().ok_or("must be a string")?.trim();
    if text.is_empty() || text.chars().count() > max {
        return Err(format!("must have 1 to {max} characters"));
    }
    if text.chars().any(char::is_control) {
        return Err("must not hold control characters".to_owned());
    }
    Ok(json!(text))
}

/// An ID or a short name, as text.
///
/// # Errors
/// A sentence saying what is expected.
pub fn name(value: &Value) -> Result<Value, String> {
    match value {
        Value::Number(number) if number.is_u64() => Ok(json!(number.to_string())),
        Value::String(_) => text(value, 200),
        _ => Err("must be an ID or a short name".to_owned()),
    }
}

/// A whole number; digit strings and floats without a fraction are taken.
///
/// # Errors
/// A sentence saying what is expected.
pub fn integer(value: &Value, min: i64, max: i64) -> Result<Value, String> {
    let number = match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64()?;
            let whole = float.fract() == 0.0 && float.abs() < 9.0e15;
            whole.then(|| format!("{float:.0}").parse().ok()).flatten()
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number {
        Some(number) if (min..=max).contains(&number) => Ok(json!(number)),
        _ if max == i64::MAX => Err(format!("must be a whole number of at least {min}")),
        _ => Err(format!("must be between {min} and {max}")),
    }
}

/// A number of at least `min`; digit strings are taken.
///
/// # Errors
/// A sentence saying what is expected.
pub fn number(value: &Value, min: f64) -> Result<Value, String> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number
        .filter(|number: &f64| number.is_finite() && *number >= min)
        .map(Value::from)
        .ok_or_else(|| format!("must be a number of at least {min}"))
}

/// True or false, also as text.
///
/// # Errors
/// A sentence saying what is expected.
pub fn boolean(value: &Value) -> Result<Value, String> {
    match value {
        Value::Bool(_) => Ok(value.clone()),
        Value::String(text) if text == "true" => Ok(json!(true)),
        Value::String(text) if text == "false" => Ok(json!(false)),
        _ => Err("must be true or false".to_owned()),
    }
}

/// A UUID, in lower case.
///
/// # Errors
/// A sentence saying what is expected.
pub fn parsed_uuid(value: &Value) -> Result<Value, String> {
    value
        .as_str()
        .and_then(|text| Uuid::try_parse(text.trim()).ok())
        .map(|uuid| json!(uuid.hyphenated().to_string()))
        .ok_or_else(|| "must be a UUID".to_owned())
}
