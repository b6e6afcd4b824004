//! How a call ends towards the client: the envelope, or a text that says what
//! went wrong and what to do about it.
//!
//! The fixed prefixes of the error texts are part of the contract; the hints
//! after them are ours. A failed tool is a result with `isError`, never a
//! JSON-RPC error.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use rmcp::model::CallToolResult;
use rmcp::model::ContentBlock;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::sysdig::upstream::Answer;

/// The text of a failed tool call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolError(String);

impl ToolError {
    /// An argument is missing or unusable; nothing was sent upstream.
    pub fn argument(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// There was no answer; `what` is the fixed prefix.
    pub fn no_answer(what: &str, cause: &dyn fmt::Display) -> Self {
        Self(format!("{what}: {cause}"))
    }

    /// The answer's status says failure; `prefix` is the fixed text up to
    /// `status code`, its separator included.
    #[must_use]
    pub fn status(prefix: &str, answer: &Answer, permissions: &[&str]) -> Self {
        let status = answer.status;
        let body = answer.quoted_body();
        let hint = status_hint(answer, permissions);
        Self(format!("{prefix}status code: {status}, response: {body}{hint}"))
    }

    /// As [`ToolError::status`], in the wording of the process tree tool
    /// (without the colon after `status code`).
    #[must_use]
    pub fn tree_status(prefix: &str, answer: &Answer, permissions: &[&str]) -> Self {
        let status = answer.status;
        let body = answer.quoted_body();
        let hint = status_hint(answer, permissions);
        Self(format!("{prefix}: status code {status}, response: {body}{hint}"))
    }

    /// As [`ToolError::status`], in the wording of the Kubernetes tools
    /// (`body` where the others say `response`).
    #[must_use]
    pub fn metric_status(prefix: &str, answer: &Answer, permissions: &[&str]) -> Self {
        let status = answer.status;
        let body = answer.quoted_body();
        let hint = status_hint(answer, permissions);
        Self(format!("{prefix}: status code {status}, body: {body}{hint}"))
    }

    /// The same text with a hint of the tool's own behind it.
    #[must_use]
    pub fn with_hint(self, hint: &str) -> Self {
        Self(format!("{}\nHint: {hint}", self.0))
    }

    /// The result that carries this text.
    #[must_use]
    pub fn into_result(self) -> CallToolResult {
        CallToolResult::error(vec![ContentBlock::text(self.0)])
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ToolError {}

fn status_hint(answer: &Answer, permissions: &[&str]) -> String {
    match answer.status {
        401 => "\nHint: the Sysdig API token is missing, invalid or expired.".to_owned(),
        403 => format!("\nHint: the token needs the permission {}.", permissions.join(" and ")),
        429 => match &answer.retry_after {
            Some(seconds) => format!("\nHint: rate limited; retry after {seconds} seconds."),
            None => "\nHint: rate limited; retry later.".to_owned(),
        },
        _ => String::new(),
    }
}

/// The envelope of record around an upstream answer, or the bare JSON.
///
/// A body that is no JSON object or array becomes `{}`, and the metadata says
/// so: an empty result must not look like a result about nothing.
#[must_use]
pub fn envelope(answer: &Answer, now: Timestamp, bare: bool) -> Value {
    let results = answer.json();
    if bare {
        return results.unwrap_or_else(|| json!({}));
    }
    let mut metadata = metadata(answer.elapsed, now);
    if results.is_none() {
        metadata.insert("note".to_owned(), "the response had no JSON body".into());
    }
    json!({
        "results": results.unwrap_or_else(|| json!({})),
        "metadata": metadata,
        "status_code": answer.status,
    })
}

/// The two time fields that every result of record has.
#[must_use]
pub fn metadata(elapsed: Duration, now: Timestamp) -> Map<String, Value> {
    let micros = u32::try_from(elapsed.as_micros()).unwrap_or(u32::MAX);
    let mut metadata = Map::new();
    metadata.insert("execution_time_ms".to_owned(), (f64::from(micros) / 1000.0).into());
    metadata.insert("timestamp".to_owned(), format!("{now:.6}").into());
    metadata
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn answer(status: u16, body: &'static str, retry_after: Option<&str>) -> Answer {
        Answer {
            status,
            retry_after: retry_after.map(str::to_owned),
            body: Bytes::from_static(body.as_bytes()),
            elapsed: Duration::from_micros(182_400),
        }
    }

    #[test]
    fn the_envelope_has_the_fields_of_record() {
        let now: Timestamp = "2026-03-27T09:01:58.902114Z".parse().unwrap();
        let value = envelope(&answer(200, r#"{"timestamp":1774602113554217000}"#, None), now, false);
        assert_eq!(
            value.to_string(),
            concat!(
                r#"{"results":{"timestamp":1774602113554217000},"#,
                r#""metadata":{"execution_time_ms":182.4,"timestamp":"2026-03-27T09:01:58.902114Z"},"#,
                r#""status_code":200}"#
            )
        );
    }

    #[test]
    fn a_body_without_json_is_an_empty_object_with_a_note() {
        let value = envelope(&answer(200, "<html>", None), Timestamp::UNIX_EPOCH, false);
        assert_eq!(value["results"], json!({}));
        assert!(value["metadata"]["note"].is_string());
        assert_eq!(value["metadata"]["timestamp"], "1970-01-01T00:00:00.000000Z");
        assert_eq!(envelope(&answer(200, "", None), Timestamp::UNIX_EPOCH, true), json!({}));
    }

    #[test]
    fn statuses_come_with_hints() {
        let text = |answer| ToolError::status("error retrieving event, ", &answer, &["a.read", "b"]).to_string();
        assert_eq!(text(answer(404, "gone", None)), "error retrieving event, status code: 404, response: gone");
        assert!(text(answer(401, "", None)).contains("token"));
        assert!(text(answer(403, "", None)).contains("a.read and b"));
        assert!(text(answer(429, "", Some("7"))).contains("retry after 7 seconds"));
    }
}
