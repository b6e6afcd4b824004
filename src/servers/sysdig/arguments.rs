//! Reads tool arguments the way models and clients really send them.
//!
//! Numbers may be JSON numbers, integral floats or decimal strings; `null`
//! is the same as leaving an optional argument out; unknown arguments are
//! ignored. What cannot be read is a message that names the argument.

use std::ops::RangeInclusive;

use rmcp::model::JsonObject;
use serde_json::Value;

use crate::servers::sysdig::outcome::ToolError;

/// Longest event id the API takes, in characters.
const EVENT_ID_CHARS: usize = 32;

/// The arguments of one call.
#[derive(Debug, Clone, Copy)]
pub struct Arguments<'a>(&'a JsonObject);

impl<'a> Arguments<'a> {
    /// Wraps the argument object of a call.
    #[must_use]
    pub fn new(arguments: &'a JsonObject) -> Self {
        Self(arguments)
    }

    /// A string that must be there and not be blank.
    ///
    /// # Errors
    /// `<name> is required`, or that it is not a string.
    pub fn required_text(&self, name: &str) -> Result<&'a str, ToolError> {
        self.optional_text(name)?.ok_or_else(|| ToolError::argument(format!("{name} is required")))
    }

    /// A string, without surrounding blanks; blank counts as absent.
    ///
    /// # Errors
    /// When there is something that is not a string.
    pub fn optional_text(&self, name: &str) -> Result<Option<&'a str>, ToolError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
            Some(_) => Err(ToolError::argument(format!("{name} must be a string"))),
        }
    }

    /// A whole number within a range, or the default when absent.
    ///
    /// # Errors
    /// When it is no whole number or outside the range.
    pub fn whole_number(&self, name: &str, default: i64, range: RangeInclusive<i64>) -> Result<i64, ToolError> {
        let number = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(default),
            Some(Value::Number(number)) => number.as_i64().or_else(|| number.as_f64().and_then(integral)),
            Some(Value::String(text)) => whole_from_text(text.trim()),
            Some(_) => None,
        };
        let (low, high) = (range.start(), range.end());
        match number {
            None => Err(ToolError::argument(format!("{name} must be a whole number between {low} and {high}"))),
            Some(number) if !range.contains(&number) => {
                Err(ToolError::argument(format!("{name} must be between {low} and {high}, got {number}")))
            }
            Some(number) => Ok(number),
        }
    }

    /// The id of a security event, fit to be one segment of a URL path.
    ///
    /// # Errors
    /// When it is missing, too long, or a relative path.
    pub fn event_id(&self) -> Result<&'a str, ToolError> {
        let id = self.required_text("event_id")?;
        if id.chars().count() > EVENT_ID_CHARS {
            return Err(ToolError::argument(format!("event_id must be at most {EVENT_ID_CHARS} characters long")));
        }
        // URL rules drop such segments, so the call would reach another endpoint.
        if matches!(id, "." | "..") {
            return Err(ToolError::argument("event_id must not be a path"));
        }
        Ok(id)
    }
}

fn whole_from_text(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let decimal = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    decimal.then(|| text.parse().ok().and_then(integral))?
}

fn integral(number: f64) -> Option<i64> {
    // Far above any range here and still exact in a float.
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "integral and within the exact range, checked on the same line"
    )]
    (number.fract() == 0.0 && number.abs() <= LARGEST).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn number(value: Value) -> Result<i64, String> {
        let arguments = json!({ "limit": value });
        Arguments::new(arguments.as_object().unwrap())
            .whole_number("limit", 50, 1..=200)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_come_in_many_clothes() {
        for value in [json!(20), json!(20.0), json!("20"), json!(" 20 "), json!("20.0")] {
            assert_eq!(number(value.clone()), Ok(20), "{value}");
        }
        assert_eq!(number(Value::Null), Ok(50));
    }

    #[test]
    fn unreadable_and_out_of_range_numbers_name_the_argument() {
        for value in [json!("many"), json!(1.5), json!("1.5"), json!(true), json!(""), json!([1])] {
            let error = number(value.clone()).unwrap_err();
            assert_eq!(error, "limit must be a whole number between 1 and 200", "{value}");
        }
        for value in [json!(0), json!(201), json!("-1"), json!(9e15)] {
            let error = number(value.clone()).unwrap_err();
            assert!(error.starts_with("limit must be between 1 and 200, got"), "{value}");
        }
        assert!(number(json!(1e300)).is_err());
    }

    #[test]
    fn event_ids_are_bounded() {
        let id = |value: Value| {
            let arguments = json!({ "event_id": value, "unknown": 1 });
            Arguments::new(arguments.as_object().unwrap())
                .event_id()
                .map(str::to_owned)
                .map_err(|error| error.to_string())
        };
        assert_eq!(id(json!(" 123abc ")), Ok("123abc".to_owned()));
        assert_eq!(id(json!("")), Err("event_id is required".to_owned()));
        assert_eq!(id(Value::Null), Err("event_id is required".to_owned()));
        assert_eq!(id(json!(7)), Err("event_id must be a string".to_owned()));
        assert!(id(json!("a".repeat(33))).unwrap_err().contains("32"));
        assert!(id(json!("..")).is_err());
    }
}
