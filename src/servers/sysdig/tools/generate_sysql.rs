//! `generate_sysql`: has a SysQL statement made of a question. Nothing is run.
//!
//! The answer passes through as it came: one without a statement may hold
//! other questions worth asking.

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use serde_json::json;

use crate::servers::sysdig::outcome::ToolError;
use crate::servers::sysdig::tools::Call;
use crate::servers::sysdig::tools::Description;
use crate::servers::sysdig::tools::SAGE_EXEC;
use crate::servers::sysdig::tools::ToolEntry;

const PERMISSIONS: &[&str] = &[SAGE_EXEC];
const SERVICE_ACCOUNTS: &str =
    "query generation does not work with the token of a service account; use the token of a user.";

/// The line of this tool in the list.
pub const ENTRY: ToolEntry = ToolEntry::own("generate_sysql", PERMISSIONS, describe, boxed);

fn describe() -> Description {
    Description {
        title: "Generate SysQL",
        text: "Turn a question in plain language into a SysQL statement with Sysdig Sage. The \
               statement is in the field text and is not run: pass it to run_sysql. An empty text \
               means that no statement could be made; metadata.alternative_questions may help. \
               Does not work with tokens of service accounts.",
        input_schema: question_schema(),
    }
}

/// The one argument of both tools that take a question.
pub(super) fn question_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "question": {
                "type": "string",
                "description": "What the query should answer, in plain language.",
                "minLength": 1,
                "examples": [
                    "List containers with packages that are affected by vulnerabilities",
                    "Which resources are affected by vulnerabilities of packages?",
                    "Show the vulnerabilities that affect images"
                ]
            }
        },
        "required": ["question"]
    })
}

fn boxed<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Value, ToolError>> {
    async { generate(call, call.arguments.required_text("question")?, PERMISSIONS).await }.boxed()
}

/// The answer of Sage to a question, an object.
pub(super) async fn generate(call: &Call<'_>, question: &str, permissions: &[&str]) -> Result<Value, ToolError> {
    let query = [("question", question.to_owned())];
    let answer = call
        .upstream
        .get(call.credentials, &["api", "sage", "sysql", "generate"], &query)
        .await
        .map_err(|error| ToolError::no_answer("error triggering request", &error))?;
    if answer.status > 299 {
        let error = ToolError::status("error generating SysQL query, ", &answer, permissions);
        return Err(if answer.status == 500 { error.with_hint(SERVICE_ACCOUNTS) } else { error });
    }
    let unreadable = |cause: &dyn std::fmt::Display| {
        ToolError::no_answer("error triggering request: failed to parse generate sysql response", cause)
    };
    match serde_json::from_slice(&answer.body) {
        Ok(Value::Object(message)) => Ok(Value::Object(message)),
        Ok(_) => Err(unreadable(&"it is not an object")),
        Err(error) => Err(unreadable(&error)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::servers::sysdig::test_support::Fixture;
    use crate::servers::sysdig::test_support::Reply;

    #[tokio::test]
    async fn the_answer_comes_back_unchanged_and_the_question_is_encoded() {
        let message = json!({"text": "MATCH Vulnerability RETURN Vulnerability;\n", "metadata": {"x": [1]}});
        let fixture = Fixture::start(vec![Reply::json(200, &message)]).await;
        let question = "Top 10 / pods & \"more\"?";
        let result = fixture.call("generate_sysql", json!({ "question": question })).await.unwrap();
        assert_eq!(result, message);
        let requests = fixture.requests();
        assert_eq!((requests.len(), requests[0].path.as_str()), (1, "/api/sage/sysql/generate"));
        assert!(!requests[0].query.contains('/') && requests[0].query.matches('&').count() == 0);
        assert_eq!(requests[0].query_pairs()["question"], question);
    }

    #[tokio::test]
    async fn an_empty_statement_is_passed_on_with_its_alternatives() {
        let message = json!({"text": "", "metadata": {"alternative_questions": ["Which images are old?"]}});
        let fixture = Fixture::start(vec![Reply::json(200, &message)]).await;
        assert_eq!(fixture.call("generate_sysql", json!({"question": "?"})).await.unwrap(), message);
    }

    #[tokio::test]
    async fn a_missing_question_is_refused_without_a_request() {
        let fixture = Fixture::start(vec![]).await;
        for arguments in [json!({}), json!({"question": null}), json!({"question": "  "})] {
            let error = fixture.call("generate_sysql", arguments).await.unwrap_err();
            assert_eq!(error.to_string(), "question is required");
        }
        assert!(fixture.requests().is_empty());
    }

    #[tokio::test]
    async fn failures_keep_status_and_body_and_a_500_says_whose_token_works() {
        let fixture = Fixture::start(vec![
            Reply::text(404, "no such endpoint"),
            Reply::text(500, "{\"type\":\"internal_error\"}"),
            Reply::text(502, "<html>bad gateway</html>"),
            Reply::text(200, "<html>"),
            Reply::text(200, "[]"),
            Reply::text(403, ""),
        ])
        .await;
        let mut texts = Vec::new();
        for _ in 0..6 {
            texts.push(fixture.call("generate_sysql", json!({"question": "x"})).await.unwrap_err().to_string());
        }
        assert_eq!(texts[0], "error generating SysQL query, status code: 404, response: no such endpoint");
        assert!(texts[1].starts_with("error generating SysQL query, status code: 500, response: {\"type\""));
        assert!(texts[1].contains("service account"));
        assert_eq!(texts[2], "error generating SysQL query, status code: 502, response: <html>bad gateway</html>");
        let parse = "error triggering request: failed to parse generate sysql response: ";
        assert!(texts[3].starts_with(parse) && texts[4].starts_with(parse), "{texts:?}");
        assert!(texts[5].contains("sage.exec"));
    }
}
