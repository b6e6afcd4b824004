//! The filter language of the events feed: comparisons joined by `and` and
//! `or`, each optionally negated, with parentheses.
//!
//! A filter is parsed in full before any event is looked at, so that a syntax
//! error is an answer about the filter and never a half-filtered page. Length
//! and depth are bounded. A comparison with a field that an event does not
//! have is false, not an error. An event is looked at once for each comparison
//! and value of the filter; the steps are counted.

mod parse;

use serde_json::Value;

/// Longest filter, in characters.
pub const MAX_CHARS: usize = 2048;

/// A syntax error, with the character position where it was noticed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at position {position}")]
pub struct FilterError {
    /// What is wrong.
    pub message: String,
    /// Characters before the place, from 0.
    pub position: usize,
}

/// A filter that has been understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(Expression);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Expression {
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    Compare { field: String, operator: Operator, value: String },
    OneOf { field: String, values: Vec<String> },
    Exists(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Contains,
    StartsWith,
}

impl Filter {
    /// Understands a filter.
    ///
    /// # Errors
    /// [`FilterError`] for anything that is not a whole filter within bounds.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Self::parse_counted(text).0
    }

    /// Understands a filter, and says how many tokens were tried for that.
    pub fn parse_counted(text: &str) -> (Result<Self, FilterError>, usize) {
        let (parsed, tried) = parse::parse(text);
        (parsed.map(Self), tried)
    }

    /// Whether an event, as the API shows it, passes.
    #[must_use]
    pub fn matches(&self, event: &Value) -> bool {
        self.examined(event).0
    }

    /// Whether an event passes, and in how many steps that was found.
    #[must_use]
    pub fn examined(&self, event: &Value) -> (bool, usize) {
        let mut steps = 0;
        (self.0.matches(event, &mut steps), steps)
    }
}

impl Expression {
    fn matches(&self, event: &Value, steps: &mut usize) -> bool {
        *steps += 1;
        match self {
            Self::And(parts) => parts.iter().all(|part| part.matches(event, steps)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(event, steps)),
            Self::Not(inner) => !inner.matches(event, steps),
            Self::Exists(field) => look_up(event, field).is_some(),
            Self::OneOf { field, values } => {
                *steps += values.len();
                look_up(event, field).is_some_and(|actual| values.contains(&actual))
            }
            Self::Compare { field, operator, value } if field == FREE_TEXT => {
                let found = contains_text(event, &value.to_lowercase(), steps);
                found == (*operator == Operator::Equal)
            }
            Self::Compare { field, operator, value } => {
                look_up(event, field).is_some_and(|actual| operator.holds(&actual, value))
            }
        }
    }
}

const FREE_TEXT: &str = "freeText";

impl Operator {
    fn holds(self, actual: &str, value: &str) -> bool {
        use std::cmp::Ordering;
        let ordering = || match (actual.parse::<i64>(), value.parse::<i64>()) {
            (Ok(actual), Ok(value)) => actual.cmp(&value),
            _ => actual.cmp(value),
        };
        match self {
            Self::Equal => actual == value,
            Self::NotEqual => actual != value,
            Self::Contains => actual.contains(value),
            Self::StartsWith => actual.starts_with(value),
            Self::Greater => ordering() == Ordering::Greater,
            Self::GreaterOrEqual => ordering() != Ordering::Less,
            Self::Less => ordering() == Ordering::Less,
            Self::LessOrEqual => ordering() != Ordering::Greater,
        }
    }
}

/// The value of a field: a shortcut, a top-level member, or a label.
fn look_up(event: &Value, field: &str) -> Option<String> {
    let content = &event["content"];
    let value = match field {
        "sourceType" => event["sourceDetails"].get("type"),
        "ruleName" | "ruleType" | "ruleSubType" | "policyId" => content.get(field),
        "containerId" => content["fields"].get("container.id"),
        _ => event
            .get(field)
            .filter(|value| !value.is_object() && !value.is_array())
            .or_else(|| content.get(field.strip_prefix("content.")?))
            .or_else(|| event["labels"].get(field)),
    }?;
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn contains_text(value: &Value, needle: &str, steps: &mut usize) -> bool {
    *steps += 1;
    match value {
        Value::String(text) => text.to_lowercase().contains(needle),
        Value::Array(items) => items.iter().any(|item| contains_text(item, needle, steps)),
        Value::Object(members) => members.values().any(|item| contains_text(item, needle, steps)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::sim::sysdig::syntax::MAX_DEPTH;

    fn event() -> Value {
        json!({
            "id": "18a0", "severity": 4, "originator": "policy", "source": "syscall",
            "sourceDetails": {"type": "workload"}, "engine": "falco",
            "content": {
                "ruleName": "Terminal shell in container", "policyId": 10_011_701, "ruleType": 6,
                "fields": {"container.id": "0123456789ab"}
            },
            "labels": {"kubernetes.cluster.name": "prod-eu-1", "host.hostName": "web-\"7\""}
        })
    }

    fn passes(text: &str) -> bool {
        Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).matches(&event())
    }

    fn refused(text: &str) -> String {
        Filter::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn every_operator_decides() {
        for text in [
            r#"severity = "4""#,
            "severity=4",
            r#"severity != "5""#,
            r#"severity >= "4" and severity<="4""#,
            r#"severity > "3" and severity < "10""#,
            r#"severity in ("1","4")"#,
            r#"severity not in ("1", "2")"#,
            r#"not originator in ("benchmarks","compliance")"#,
            r#"ruleName contains "shell""#,
            r#"ruleName starts with "Terminal""#,
            r#"ruleName startsWith "Terminal""#,
            r#"host.hostName = "web-\"7\"""#,
            "kubernetes.cluster.name exists",
            "not aws.accountId exists",
            "aws.accountId not exists",
            r#"sourceType = "workload" and containerId = "0123456789ab""#,
            r#"policyId = "10011701""#,
            r#"content.ruleType = "6""#,
            r#"freeText = "TERMINAL""#,
            r#"freeText != "nowhere""#,
        ] {
            assert!(passes(text), "{text}");
        }
    }

    #[test]
    fn unknown_fields_never_match_and_are_no_error() {
        for text in [r#"nothing = "1""#, r#"nothing != "1""#, r#"labels = "x""#, "labels exists"] {
            assert!(!passes(text), "{text}");
        }
        assert!(passes(r#"not nothing = "1""#));
    }

    #[test]
    fn and_binds_tighter_than_or_and_parentheses_decide() {
        assert!(passes(r#"severity = "4" or severity = "5" and engine = "x""#));
        assert!(!passes(r#"(severity = "4" or severity = "5") and engine = "x""#));
        assert!(!passes(r#"not severity = "4" or engine = "x""#));
    }

    #[test]
    fn broken_filters_say_where() {
        assert_eq!(refused(""), "expected a field at position 0");
        assert!(refused("severity").contains("operator"));
        assert!(refused("severity =").contains("value"));
        assert!(refused("severity = high").contains("double quotes"));
        assert!(refused(r#"severity in ("1""#).contains("','"));
        assert!(refused(r#"severity in ()"#).contains("value"));
        assert!(refused(r#"severity = "1"#).contains("quote"));
        assert!(refused(r#"severity = "1" severity = "2""#).contains("'and'"));
        assert!(refused(r#"(severity = "1""#).contains("')'"));
        assert!(refused(r#"severity = "1")"#).contains("'and'"));
        assert!(refused(r#"freeText contains "x""#).contains("freeText"));
        assert!(refused("severity ! \"1\"").contains("position 9"));
    }

    #[test]
    fn length_and_depth_are_bounded() {
        let long = format!("a = \"{}\"", "x".repeat(MAX_CHARS));
        assert!(refused(&long).contains("2048"));
        let deep = |n: usize| format!("{}a = \"1\"{}", "(".repeat(n), ")".repeat(n));
        assert!(Filter::parse(&deep(MAX_DEPTH)).is_ok());
        assert!(refused(&deep(MAX_DEPTH + 1)).contains("nested"));
        assert!(refused(&format!("{}a exists", "not ".repeat(200))).contains("nested"));
    }

    /// Filter text together with its meaning for [`event`].
    fn meaning() -> impl Strategy<Value = (String, bool)> {
        let leaf = prop_oneof![
            Just((r#"severity = "4""#.to_owned(), true)),
            Just((r#"engine in ("drift","malware")"#.to_owned(), false)),
            Just((r#"ruleName contains "or""#.to_owned(), false)),
            Just(("host.hostName exists".to_owned(), true)),
        ];
        leaf.prop_recursive(5, 24, 3, |inner| {
            let many = prop::collection::vec(inner.clone(), 1..4);
            prop_oneof![
                inner.prop_map(|(text, holds)| (format!("not ({text})"), !holds)),
                many.clone().prop_map(|parts| joined(&parts, " and ", true)),
                many.prop_map(|parts| joined(&parts, " or ", false)),
            ]
        })
    }

    fn joined(parts: &[(String, bool)], word: &str, all: bool) -> (String, bool) {
        let texts: Vec<String> = parts.iter().map(|(text, _)| format!("({text})")).collect();
        let holds = if all { parts.iter().all(|(_, holds)| *holds) } else { parts.iter().any(|(_, holds)| *holds) };
        (texts.join(word), holds)
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,200}") {
            if let Ok(filter) = Filter::parse(&text) {
                let _ = filter.matches(&event());
            }
        }

        #[test]
        fn no_mixture_of_tokens_panics(
            tokens in prop::collection::vec(
                prop::sample::select(vec![
                    "(", ")", "and", "or", "not", "in", "exists", "contains", "starts", "with",
                    "=", "!=", "<", ">=", ",", "\"a\"", "\"", "\\", "severity", "4", "freeText",
                ]),
                0..40,
            )
        ) {
            if let Ok(filter) = Filter::parse(&tokens.join(" ")) {
                let _ = filter.matches(&event());
            }
        }

        #[test]
        fn nested_filters_mean_what_they_say((text, holds) in meaning()) {
            prop_assume!(text.chars().count() <= MAX_CHARS);
            prop_assert_eq!(passes(&text), holds, "{}", text);
        }
    }
}
