//! `list_runtime_events`: the events of the last hours, filtered and paged.
//!
//! Decides the time window, keeps the base filter in force whatever the
//! caller's expression says, and checks the API's limits before calling.

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use serde_json::json;

use crate::servers::sysdig::outcome::ToolError;
use crate::servers::sysdig::outcome::envelope;
use crate::servers::sysdig::tools::Call;
use crate::servers::sysdig::tools::Description;
use crate::servers::sysdig::tools::POLICY_EVENTS_READ;
use crate::servers::sysdig::tools::ToolEntry;

const PERMISSIONS: &[&str] = &[POLICY_EVENTS_READ];
const BASE_FILTER: &str = r#"not originator in ("benchmarks","compliance","cloudsec","scanning","hostscanning")"#;
const FILTER_CHARS: usize = 2048;
const CURSOR_CHARS: usize = 512;
const NANOS_PER_HOUR: i128 = 3_600_000_000_000;

/// The line of this tool in the list.
pub const ENTRY: ToolEntry = ToolEntry::own("list_runtime_events", PERMISSIONS, describe, boxed);

fn describe() -> Description {
    Description {
        title: "List runtime events",
        text: "List Sysdig Secure runtime security events of the last hours, with \
               optional filter and paging. Covers rule-based detections and machine-learning \
               detections (crypto mining, anomalous logins). When page.next is present there are \
               more events: pass it as cursor.",
        input_schema: json!({
            "type": "object",
            "properties": {
                "cursor": {
                    "type": ["string", "null"],
                    "description": "Opaque position from page.next or page.prev of an earlier \
                                    result. With a cursor, scope_hours has no effect.",
                    "maxLength": CURSOR_CHARS
                },
                "scope_hours": {
                    "type": "integer",
                    "description": "How many hours to look back from now, at most 14 days.",
                    "default": 1, "minimum": 1, "maximum": 336
                },
                "limit": {
                    "type": "integer",
                    "description": "Most events to return, at most 200.",
                    "default": 50, "minimum": 1, "maximum": 200
                },
                "filter_expr": {
                    "type": ["string", "null"],
                    "description": FILTER_HELP,
                    "examples": [
                        "originator in (\"awsCloudConnector\",\"gcp\") and not sourceType = \"auditTrail\"",
                        "ruleName contains \"Login\"",
                        "severity in (\"0\",\"1\",\"2\",\"3\")",
                        "kubernetes.cluster.name = \"cluster1\"",
                        "host.hostName starts with \"web-\"",
                        "container.image.repo = \"nginx\" and container.image.tag = \"latest\"",
                        "aws.accountId = \"123456789012\"",
                        "policyId = \"10011702\"",
                        "engine = \"machineLearning\"",
                        "source = \"agentless-aws-ml\"",
                        "source = \"agentless-okta-ml\""
                    ]
                }
            }
        }),
    }
}

const FILTER_HELP: &str = "Filter expression: comparisons joined by and / or, each optionally \
    preceded by not. Operators: = != > >= < <= in contains \"starts with\" exists. Values are \
    double-quoted strings, numbers too. Severity: high is \"0\" to \"3\", medium \"4\" and \"5\", \
    low \"6\", info \"7\"; for high use severity in (\"0\",\"1\",\"2\",\"3\"). Machine-learning \
    detections: all engine = \"machineLearning\", AWS logins source = \"agentless-aws-ml\", Okta \
    logins source = \"agentless-okta-ml\"; workload ML events have no ruleName, so do not look for \
    them by rule. Fields: severity, originator, category, source, engine, ruleName, ruleType, \
    policyId, kubernetes.cluster.name, kubernetes.namespace.name, kubernetes.workload.name, \
    kubernetes.pod.name, kubernetes.node.name, host.hostName, container.name, \
    container.image.repo, container.image.tag, aws.accountId, aws.region, gcp.projectId, \
    azure.subscriptionId, cloudProvider.name, freeText.";

fn boxed<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Value, ToolError>> {
    run(call).boxed()
}

async fn run(call: &Call<'_>) -> Result<Value, ToolError> {
    let query = query(call)?;
    let answer = call
        .upstream
        .get(call.credentials, &["secure", "events", "v1", "events"], &query)
        .await
        .map_err(|error| ToolError::no_answer("error triggering request", &error))?;
    if answer.status > 299 {
        return Err(ToolError::status("error retrieving events, ", &answer, PERMISSIONS));
    }
    Ok(envelope(&answer, (call.now)(), call.bare_results))
}

fn query(call: &Call<'_>) -> Result<Vec<(&'static str, String)>, ToolError> {
    let arguments = &call.arguments;
    let cursor = arguments.optional_text("cursor")?;
    if cursor.is_some_and(|cursor| cursor.chars().count() > CURSOR_CHARS) {
        return Err(ToolError::argument(format!("cursor must be at most {CURSOR_CHARS} characters long")));
    }
    let scope_hours = arguments.whole_number("scope_hours", 1, 1..=336)?;
    let limit = arguments.whole_number("limit", 50, 1..=200)?;
    let filter = combined_filter(arguments.optional_text("filter_expr")?)?;
    let mut query = vec![("limit", limit.to_string()), ("filter", filter)];
    match cursor {
        Some(cursor) => query.push(("cursor", cursor.to_owned())),
        None => {
            let to = (call.now)().as_nanosecond();
            let from = to - i128::from(scope_hours) * NANOS_PER_HOUR;
            query.push(("from", from.to_string()));
            query.push(("to", to.to_string()));
        }
    }
    Ok(query)
}

/// The base filter, and the caller's expression if there is one. An
/// expression with an `or` goes into parentheses; one that closes more than
/// it opens could end them early, so it is refused.
fn combined_filter(expression: Option<&str>) -> Result<String, ToolError> {
    let Some(expression) = expression else {
        return Ok(BASE_FILTER.to_owned());
    };
    let shape = Shape::of(expression);
    if shape.closes_unopened {
        return Err(ToolError::argument("filter_expr has a closing parenthesis without an opening one"));
    }
    let filter = if shape.has_or {
        format!("{BASE_FILTER} and ({expression})")
    } else {
        format!("{BASE_FILTER} and {expression}")
    };
    if filter.chars().count() > FILTER_CHARS {
        let room = FILTER_CHARS - BASE_FILTER.len() - " and ()".len();
        return Err(ToolError::argument(format!(
            "filter_expr is too long: the API takes {FILTER_CHARS} characters in all, which \
             leaves {room} for the expression"
        )));
    }
    Ok(filter)
}

/// What matters about an expression outside its quoted values.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shape {
    has_or: bool,
    closes_unopened: bool,
}

impl Shape {
    fn of(expression: &str) -> Self {
        let mut shape = Self::default();
        let mut depth = 0_i32;
        let mut word = String::new();
        let mut in_quotes = false;
        let mut escaped = false;
        for c in expression.chars().chain([' ']) {
            if in_quotes {
                in_quotes = escaped || c != '"';
                escaped = !escaped && c == '\\';
                continue;
            }
            if c.is_alphanumeric() || matches!(c, '_' | '.' | '-') {
                word.push(c);
                continue;
            }
            shape.has_or |= word.eq_ignore_ascii_case("or");
            word.clear();
            match c {
                '"' => in_quotes = true,
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            shape.closes_unopened |= depth < 0;
        }
        shape
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::servers::sysdig::test_support::Fixture;
    use crate::servers::sysdig::test_support::Reply;

    async fn sent(arguments: Value) -> BTreeMap<String, String> {
        let body = json!({"data": [], "page": {"total": 0}});
        let fixture = Fixture::start(vec![Reply::json(200, &body)]).await;
        let result = fixture.call("list_runtime_events", arguments).await.unwrap();
        assert_eq!(result["results"], body);
        assert_eq!(result["status_code"], 200);
        let request = fixture.requests().remove(0);
        assert_eq!(request.path, "/secure/events/v1/events");
        request.query_pairs()
    }

    async fn refused(arguments: Value) -> String {
        let fixture = Fixture::start(vec![]).await;
        let error = fixture.call("list_runtime_events", arguments).await.unwrap_err();
        assert!(fixture.requests().is_empty());
        error.to_string()
    }

    fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[tokio::test]
    async fn the_frozen_clock_gives_the_window() {
        let query = sent(json!({"scope_hours": 2, "limit": "10", "filter_expr": "severity = 4"})).await;
        assert_eq!(
            query,
            pairs(&[
                ("limit", "10"),
                ("from", "946677600000000000"),
                ("to", "946684800000000000"),
                ("filter", &format!("{BASE_FILTER} and severity = 4")),
            ])
        );
    }

    #[tokio::test]
    async fn without_arguments_the_defaults_hold() {
        let arguments = json!({"cursor": null, "filter_expr": null, "limit": null, "other": [1]});
        for arguments in [json!({}), arguments] {
            let query = sent(arguments).await;
            assert_eq!(
                query,
                pairs(&[
                    ("limit", "50"),
                    ("from", "946681200000000000"),
                    ("to", "946684800000000000"),
                    ("filter", BASE_FILTER),
                ])
            );
        }
    }

    #[test]
    fn the_description_tells_how_machine_learning_detections_are_found() {
        let told = serde_json::to_value(ENTRY.definition()).unwrap();
        let text = told["description"].as_str().unwrap();
        for hint in ["machine-learning detections", "crypto mining", "anomalous logins"] {
            assert!(text.contains(hint), "{hint}: {text}");
        }
        let filter = &told["inputSchema"]["properties"]["filter_expr"];
        let help = filter["description"].as_str().unwrap();
        for found_by in
            ["engine = \"machineLearning\"", "source = \"agentless-aws-ml\"", "source = \"agentless-okta-ml\""]
        {
            assert!(help.contains(found_by), "{found_by}: {help}");
            assert!(filter["examples"].as_array().unwrap().contains(&json!(found_by)), "{found_by}");
        }
        assert!(help.contains("have no ruleName"), "{help}");
    }

    #[tokio::test]
    async fn the_casing_of_audit_trail_is_shown_as_the_api_has_it_and_passed_on_as_given() {
        let told = serde_json::to_string(&ENTRY.definition()).unwrap();
        assert!(told.contains("auditTrail") && !told.contains("audittrail") && !told.contains("AuditTrail"), "{told}");
        for given in ["auditTrail", "audittrail"] {
            let expression = format!("not sourceType = \"{given}\"");
            let query = sent(json!({"filter_expr": expression})).await;
            assert_eq!(query["filter"], format!("{BASE_FILTER} and {expression}"));
        }
    }

    #[tokio::test]
    async fn a_cursor_replaces_the_window() {
        let query = sent(json!({"cursor": "a+b/c=", "scope_hours": 5})).await;
        assert_eq!(query, pairs(&[("limit", "50"), ("cursor", "a+b/c="), ("filter", BASE_FILTER)]));
    }

    #[tokio::test]
    async fn limits_are_checked_before_the_call() {
        for (arguments, text) in [
            (json!({"limit": 201}), "limit must be between 1 and 200"),
            (json!({"scope_hours": 337}), "scope_hours must be between 1 and 336"),
            (json!({"scope_hours": "soon"}), "scope_hours must be a whole number"),
            (json!({"cursor": "x".repeat(513)}), "cursor must be at most 512"),
            (json!({"cursor": 5}), "cursor must be a string"),
            (json!({"filter_expr": "y".repeat(2048)}), "2048 characters"),
            (json!({"filter_expr": "a = \"b\") or (c = \"d\""}), "closing parenthesis"),
        ] {
            let error = refused(arguments).await;
            assert!(error.contains(text), "{error}");
        }
    }

    #[test]
    fn an_or_outside_quotes_is_wrapped() {
        let filter = |expression| combined_filter(Some(expression)).unwrap();
        let base = BASE_FILTER;
        assert_eq!(
            filter("severity = \"1\" or severity = \"2\""),
            format!("{base} and (severity = \"1\" or severity = \"2\")")
        );
        assert_eq!(filter("a = \"1\"\tOR\tb = \"2\""), format!("{base} and (a = \"1\"\tOR\tb = \"2\")"));
        for plain in [
            "ruleName contains \"this or that\"",
            r#"ruleName = "quote \" or not""#,
            "originator = \"policy\"",
            "x.or = \"1\"",
        ] {
            assert_eq!(filter(plain), format!("{base} and {plain}"));
        }
    }

    #[tokio::test]
    async fn failures_keep_the_fixed_prefix() {
        let body = "{\"type\":\"bad_request\",\"message\":\"invalid filter\"}";
        let fixture = Fixture::start(vec![Reply::text(400, body)]).await;
        let error = fixture.call("list_runtime_events", json!({"filter_expr": "severity in ("})).await.unwrap_err();
        assert_eq!(error.to_string(), format!("error retrieving events, status code: 400, response: {body}"));
    }

    #[tokio::test]
    async fn bare_results_have_no_envelope() {
        let body = json!({"data": [], "page": {"total": 0}});
        let fixture = Fixture::start_with(vec![Reply::json(200, &body)], |config| {
            config.bare_results = true;
        })
        .await;
        let result = fixture.call("list_runtime_events", json!({})).await.unwrap();
        assert_eq!(result, body);
    }
}
