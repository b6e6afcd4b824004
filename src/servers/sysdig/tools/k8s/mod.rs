//! The sixteen `k8s_list_*` tools: one runner over a table of rows.
//!
//! A row says what a tool asks for and which PromQL query it makes of that;
//! `query` writes the query, `interval` reads time spans. The answer of the
//! metric store passes through unchanged.

mod interval;
mod query;
mod table;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::sysdig::outcome::ToolError;
use crate::servers::sysdig::tools::Call;
use crate::servers::sysdig::tools::Description;
use crate::servers::sysdig::tools::METRICS_DATA_READ;
use crate::servers::sysdig::tools::k8s::query::Values;

pub use crate::servers::sysdig::tools::k8s::table::TOOLS;

/// What all of these need of a token.
pub(super) const PERMISSIONS: &[&str] = &[METRICS_DATA_READ];
/// Most series that may be asked for.
const MAX_LIMIT: i64 = 10_000;
const STATUSES: &[&str] = &["desired", "ready", "running", "unavailable"];
const WORKLOAD_TYPES: &[&str] = &["deployment", "daemonset", "statefulset"];

/// One Kubernetes tool.
pub struct MetricTool {
    /// Name towards clients.
    pub name: &'static str,
    title: &'static str,
    text: &'static str,
    /// What narrows the answer, in the order of the matchers.
    matchers: &'static [Matcher],
    /// What stands between two matchers.
    separator: &'static str,
    /// What the query takes besides.
    extra: Extra,
    default_limit: i64,
    /// Whether the limit is a parameter of the request too.
    sends_limit: bool,
    /// The query, with marks in angle brackets; see `query`.
    template: &'static str,
    /// How the text of a failure begins.
    failure: &'static str,
}

/// An argument that becomes a label matcher.
pub struct Matcher {
    argument: &'static str,
    label: &'static str,
    operator: &'static str,
    about: &'static str,
    words: &'static [&'static str],
}

/// An argument that is no matcher.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extra {
    Nothing,
    /// The state that workloads are counted in; must be given.
    Status,
    /// The span that errors are counted over.
    Interval,
}

impl MetricTool {
    pub(super) fn describe(&self) -> Description {
        let mut properties = Map::new();
        let mut required = Vec::new();
        match self.extra {
            Extra::Nothing => {}
            Extra::Status => {
                let about = "Which pods of the workloads are counted: those wanted (desired), ready, running or missing (unavailable).";
                properties
                    .insert("status".to_owned(), json!({"type": "string", "description": about, "enum": STATUSES}));
                required.push("status");
            }
            Extra::Interval => {
                let about =
                    "The span that errors are counted over: whole numbers with s, m, h or d, as in 30m or 1h30m.";
                properties.insert(
                    "interval".to_owned(),
                    json!({"type": "string", "description": about, "default": "1h", "examples": ["30m", "1h", "1d"]}),
                );
            }
        }
        for matcher in self.matchers {
            let mut property = json!({"type": "string", "description": matcher.about});
            if !matcher.words.is_empty() {
                property["enum"] = json!(matcher.words);
            }
            properties.insert(matcher.argument.to_owned(), property);
        }
        let about = "Most series to return.";
        properties.insert(
            "limit".to_owned(),
            json!({"type": "integer", "description": about, "default": self.default_limit, "minimum": 1, "maximum": MAX_LIMIT}),
        );
        let mut input_schema = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            input_schema["required"] = json!(required);
        }
        Description { title: self.title, text: self.text, input_schema }
    }

    pub(super) async fn run(&self, call: &Call<'_>) -> Result<Value, ToolError> {
        let values = self.values(call)?;
        let mut parameters = vec![("query", query::written(self.template, &values))];
        if self.sends_limit {
            parameters.push(("limit", values.limit.to_string()));
        }
        let answer = call
            .upstream
            .get(call.credentials, &["prometheus", "api", "v1", "query"], &parameters)
            .await
            .map_err(|error| ToolError::no_answer(self.failure, &error))?;
        if answer.status != 200 {
            return Err(ToolError::metric_status(self.failure, &answer, PERMISSIONS));
        }
        match serde_json::from_slice(&answer.body) {
            Ok(Value::Object(series)) => Ok(Value::Object(series)),
            Ok(_) => Err(ToolError::no_answer("failed to decode response", &"it is not an object")),
            Err(error) => Err(ToolError::no_answer("failed to decode response", &error)),
        }
    }

    fn values(&self, call: &Call<'_>) -> Result<Values, ToolError> {
        let arguments = &call.arguments;
        let status = match self.extra {
            Extra::Status => {
                arguments.required_text("status")?;
                arguments.one_of("status", STATUSES)?.unwrap_or_default()
            }
            _ => "",
        };
        let interval = match self.extra {
            Extra::Interval => {
                let given = arguments.optional_text("interval")?.unwrap_or("1h");
                interval::Interval::parse(given).map_err(|problem| {
                    ToolError::no_answer("failed to build query: invalid interval format", &problem)
                })?
            }
            _ => interval::Interval::default(),
        };
        let mut written = Vec::new();
        for matcher in self.matchers {
            let value = match matcher.words {
                [] => arguments.text_or_number(matcher.argument)?,
                words => arguments.one_of(matcher.argument, words)?.map(Into::into),
            };
            if let Some(value) = value {
                written.push(format!("{}{}\"{}\"", matcher.label, matcher.operator, query::escaped(&value)));
            }
        }
        Ok(Values {
            limit: arguments.whole_number("limit", self.default_limit, 1..=MAX_LIMIT)?,
            matchers: written.join(self.separator),
            status,
            interval,
        })
    }
}

#[cfg(test)]
mod tests;
