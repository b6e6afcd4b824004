//! Reads tool arguments the way models and clients really send them.
//!
//! Numbers may be JSON numbers, integral floats or decimal strings; `null`
//! is the same as leaving an optional argument out; unknown arguments are
//! ignored. What cannot be read is a message that names the argument.

use std::borrow::Cow;
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

    /// As [`Arguments::optional_text`]; a number counts as its text.
    ///
    /// # Errors
    /// When there is something that is neither.
    pub fn text_or_number(&self, name: &str) -> Result<Option<Cow<'a, str>>, ToolError> {
        match self.0.get(name) {
            Some(Value::Number(number)) => Ok(Some(Cow::Owned(number.to_string()))),
            _ => Ok(self.optional_text(name)?.map(Cow::Borrowed)),
        }
    }

    /// One of these words, or `None` when absent.
    ///
    /// # Errors
    /// When it is none of them; the text lists them.
    pub fn one_of(&self, name: &str, words: &[&'static str]) -> Result<Option<&'static str>, ToolError> {
        let Some(text) = self.optional_text(name)? else { return Ok(None) };
        let known = words.iter().find(|word| **word == text);
        known.map(|word| Some(*word)).ok_or_else(|| {
            let words = words.join(", ");
            ToolError::argument(format!("{name} must be one of: {words}"))
        })
    }

    /// Yes or no, or the default when absent; the words for both are taken too.
    ///
    /// # Errors
    /// When it is neither.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, ToolError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(default),
            Some(Value::Bool(value)) => Ok(*value),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(ToolError::argument(format!("{name} must be true or false"))),
        }
    }

    /// A text exactly as it was sent, which must not be blank.
    ///
    /// # Errors
    /// `<name> is required`, or that it is not a string.
    pub fn required_verbatim(&self, name: &str) -> Result<&'a str, ToolError> {
        self.required_text(name)?;
        Ok(self.0.get(name).and_then(Value::as_str).unwrap_or_default())
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
    fn words_flags_and_numbers_as_text_are_read() {
        let arguments = json!({"a": 7, "b": " x ", "c": null, "d": "true", "e": false, "f": 1, "g": [], "h": "no"});
        let arguments = Arguments::new(arguments.as_object().unwrap());
        assert_eq!(arguments.text_or_number("a").unwrap().as_deref(), Some("7"));
        assert_eq!(arguments.text_or_number("b").unwrap().as_deref(), Some("x"));
        assert_eq!(arguments.text_or_number("c").unwrap(), None);
        assert!(arguments.text_or_number("g").is_err());
        assert_eq!(arguments.required_verbatim("b").unwrap(), " x ");
        assert_eq!(arguments.required_verbatim("c").unwrap_err().to_string(), "c is required");
        assert_eq!(arguments.one_of("b", &["x", "y"]).unwrap(), Some("x"));
        assert_eq!(arguments.one_of("c", &["x"]).unwrap(), None);
        assert_eq!(arguments.one_of("h", &["x", "y"]).unwrap_err().to_string(), "h must be one of: x, y");
        let flag = |name| arguments.flag(name, true).map_err(|error| error.to_string());
        assert_eq!((flag("c"), flag("d"), flag("e")), (Ok(true), Ok(true), Ok(false)));
        assert_eq!(flag("f"), Err("f must be true or false".to_owned()));
        assert_eq!(flag("h"), Err("h must be true or false".to_owned()));
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
