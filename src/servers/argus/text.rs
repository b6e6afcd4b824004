//! Checks of free texts with a form of their own: metric names, datastore keys,
//! values of components and of metric keys, alarms by ID or name.

use serde_json::Value;
use serde_json::json;

use crate::servers::argus::fields::Checked;

/// Longest name of a timeline or metric.
const MAX_METRIC_NAME: usize = 100;

/// Longest key of a datastore entry, in characters.
const MAX_ENTRY_KEY: usize = 1_024;

/// Longest text value, in characters.
const MAX_VALUE: usize = 1_000;

/// The name of a timeline: letters, digits, `_`, `:`, `-` and `.`.
pub static METRIC_NAME: Checked = Checked {
    schema: || json!({"type": "string", "pattern": "^[A-Za-z0-9_:.-]{1,100}$"}),
    check: |value| {
        let text = value.as_str().unwrap_or_default().trim();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_:-.".contains(&byte);
        if (1..=MAX_METRIC_NAME).contains(&text.len()) && text.bytes().all(fits) {
            Ok(json!(text))
        } else {
            Err(format!("must have 1 to {MAX_METRIC_NAME} letters, digits or characters of _ : - ."))
        }
    },
    examples: &["by-hour", "timeline_2"],
};

/// The key of a datastore entry: any text, left as it is, blanks included.
pub static ENTRY_KEY: Checked = Checked {
    schema: || json!({"type": "string", "minLength": 1, "maxLength": MAX_ENTRY_KEY}),
    check: |value| match value {
        Value::String(text) if (1..=MAX_ENTRY_KEY).contains(&text.chars().count()) => Ok(value.clone()),
        _ => Err(format!("must be a string of 1 to {MAX_ENTRY_KEY} characters")),
    },
    examples: &["kari.solheim", "a/b c"],
};

/// A text, a number or a truth value, whose type Argus knows.
pub static SCALAR: Checked = Checked {
    schema: || json!({"type": ["string", "number", "boolean"], "maxLength": MAX_VALUE}),
    check: |value| match value {
        Value::Number(_) | Value::Bool(_) => Ok(value.clone()),
        Value::String(text) if (1..=MAX_VALUE).contains(&text.chars().count()) => Ok(value.clone()),
        _ => Err(format!("must be a string of 1 to {MAX_VALUE} characters, a number, or true or false")),
    },
    examples: &["10.20.4.17", "windows"],
};

/// The ID of an alarm, or its short name.
pub static ALARM: Checked = Checked {
    schema: || json!({"type": ["integer", "string"], "minimum": 1, "minLength": 1, "maxLength": 200}),
    check: |value| {
        let expected = "must be a whole number of at least 1, or a short name".to_owned();
        let text = match value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_owned(),
            _ => return Err(expected),
        };
        let odd = text.is_empty() || text.chars().count() > 200 || text.chars().any(char::is_control);
        let numeric = value.is_number() || text.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<i64>() {
            _ if odd => Err(expected),
            Ok(id) if id >= 1 => Ok(json!(id)),
            _ if numeric => Err(expected),
            _ => Ok(json!(text)),
        }
    },
    examples: &["malware-callback"],
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::any;
    use proptest::proptest;

    #[test]
    fn an_alarm_is_a_number_from_one_on_or_a_name() {
        let check = |value: Value| (ALARM.check)(&value).ok();
        assert_eq!(check(json!("58129")), Some(json!(58129)));
        assert_eq!(check(json!(" malware-callback ")), Some(json!("malware-callback")));
        for bad in [json!(0), json!(-1), json!("-1"), json!("0"), json!(1.5), json!(""), json!("99999999999999999999")]
        {
            assert_eq!(check(bad.clone()), None, "{bad}");
        }
    }

    #[test]
    fn a_key_keeps_its_blanks() {
        assert_eq!((ENTRY_KEY.check)(&json!(" a/b c ")), Ok(json!(" a/b c ")));
        assert!((ENTRY_KEY.check)(&json!("")).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_checked_without_a_panic(text in any::<String>()) {
            for checked in [&METRIC_NAME, &ENTRY_KEY, &SCALAR, &ALARM] {
                let _ = (checked.check)(&json!(text));
            }
        }
    }
}
