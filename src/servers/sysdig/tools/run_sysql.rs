//! `run_sysql`: runs a SysQL statement and returns its rows.
//!
//! Decides only how a statement ends: the API wants a semicolon, people
//! forget it. Everything else about the language is up to Sysdig.

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use serde_json::json;

use crate::servers::sysdig::outcome::ToolError;
use crate::servers::sysdig::outcome::envelope;
use crate::servers::sysdig::tools::Call;
use crate::servers::sysdig::tools::Description;
use crate::servers::sysdig::tools::RISKS_READ;
use crate::servers::sysdig::tools::SAGE_EXEC;
use crate::servers::sysdig::tools::ToolEntry;

/// What running a statement needs of a token.
pub(super) const PERMISSIONS: &[&str] = &[SAGE_EXEC, RISKS_READ];

/// The line of this tool in the list.
pub const ENTRY: ToolEntry = ToolEntry::own("run_sysql", PERMISSIONS, describe, boxed);

fn describe() -> Description {
    Description {
        title: "Run SysQL",
        text: "Run a SysQL statement over the inventory of Sysdig: workloads, images, hosts, cloud \
               resources and their vulnerabilities. Use it with a statement that the user gave or \
               that generate_sysql made; do not make one up. Shape: MATCH entity [AS a] \
               [relationship entity [AS b]] [WHERE ...] RETURN [DISTINCT] ... [ORDER BY ...] \
               [LIMIT n]; Fields are qualified by entity or alias (Vulnerability.severity), texts \
               stand in single quotes. Without LIMIT at most 50 rows come back, in all at most 1000.",
        input_schema: json!({
            "type": "object",
            "properties": {
                "sysql_query": {
                    "type": "string",
                    "description": "The statement. A missing semicolon at its end is added.",
                    "minLength": 1,
                    "examples": [
                        "MATCH Vulnerability WHERE Vulnerability.severity = 'Critical' RETURN Vulnerability LIMIT 10;",
                        "MATCH KubeWorkload AS k AFFECTED_BY Vulnerability AS v WHERE k.namespaceName = 'production' RETURN DISTINCT k.name, v.name LIMIT 50;",
                        "MATCH CloudResource WHERE CloudResource.type =~ '(?i).*S3 Bucket.*' RETURN DISTINCT CloudResource LIMIT 10;",
                        "MATCH KubeWorkload HAS Container RUNS Image AFFECTED_BY Vulnerability WHERE Vulnerability.hasExploit = true RETURN DISTINCT KubeWorkload, Vulnerability;"
                    ]
                }
            },
            "required": ["sysql_query"]
        }),
    }
}

fn boxed<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Value, ToolError>> {
    async {
        let statement = terminated(call.arguments.required_verbatim("sysql_query")?);
        let about = json!({ "sysql_query": statement });
        execute(call, &statement, about).await
    }
    .boxed()
}

/// Runs a statement; `about` goes into the metadata of the envelope.
pub(super) async fn execute(call: &Call<'_>, statement: &str, about: Value) -> Result<Value, ToolError> {
    let answer = call
        .upstream
        .post(call.credentials, &["api", "sysql", "v2", "query"], &json!({ "q": statement }))
        .await
        .map_err(|error| ToolError::no_answer("error triggering request", &error))?;
    if answer.status > 299 {
        return Err(ToolError::status("error retrieving SysQL results, ", &answer, PERMISSIONS));
    }
    let mut result = envelope(&answer, (call.now)(), call.bare_results);
    if !call.bare_results {
        result["metadata"]["metadata_kwargs"] = about;
    }
    Ok(result)
}

/// The statement with a semicolon at its end; untouched if it has one.
pub(super) fn terminated(statement: &str) -> String {
    if statement.trim_end().ends_with(';') { statement.to_owned() } else { format!("{statement};") }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use crate::servers::sysdig::test_support::Fixture;
    use crate::servers::sysdig::test_support::Reply;

    #[tokio::test]
    async fn a_semicolon_is_added_only_where_it_is_missing() {
        for (given, sent) in [
            ("MATCH Vulnerability", "MATCH Vulnerability;"),
            ("MATCH Vulnerability;", "MATCH Vulnerability;"),
            ("MATCH Vulnerability ;  ", "MATCH Vulnerability ;  "),
            (" MATCH Vulnerability ", " MATCH Vulnerability ;"),
        ] {
            let fixture = Fixture::start(vec![Reply::json(200, &json!({"items": []}))]).await;
            let result = fixture.call("run_sysql", json!({ "sysql_query": given })).await.unwrap();
            let requests = fixture.requests();
            assert_eq!((requests[0].method.as_str(), requests[0].path.as_str()), ("POST", "/api/sysql/v2/query"));
            assert_eq!(requests[0].header("content-type"), "application/json");
            let body: Value = serde_json::from_str(&requests[0].body).unwrap();
            assert_eq!(body, json!({ "q": sent }));
            assert_eq!(result["metadata"]["metadata_kwargs"], json!({ "sysql_query": sent }));
        }
    }

    #[tokio::test]
    async fn rows_come_back_in_the_envelope() {
        let rows = json!({"id": "4b1d2442-739a-4957-bf27-20b563e46c3a", "entities": {}, "items": [{"v": {"cvssScore": 9.8}}],
            "summary": {"fetched_items_count": 1}});
        let fixture = Fixture::start(vec![Reply::json(200, &rows)]).await;
        let result = fixture.call("run_sysql", json!({"sysql_query": "MATCH Vulnerability;"})).await.unwrap();
        assert_eq!((&result["results"], &result["status_code"]), (&rows, &json!(200)));
        assert_eq!(result["metadata"]["timestamp"], "2000-01-01T00:00:00.000000Z");
        let bare = Fixture::start_with(vec![Reply::json(200, &rows)], |config| config.bare_results = true).await;
        assert_eq!(bare.call("run_sysql", json!({"sysql_query": "MATCH Vulnerability"})).await.unwrap(), rows);
    }

    #[tokio::test]
    async fn an_empty_or_missing_query_is_refused_without_a_request() {
        let fixture = Fixture::start(vec![]).await;
        for arguments in
            [json!({}), json!({"sysql_query": null}), json!({"sysql_query": ""}), json!({"sysql_query": " "})]
        {
            let error = fixture.call("run_sysql", arguments).await.unwrap_err();
            assert_eq!(error.to_string(), "sysql_query is required");
        }
        assert!(fixture.requests().is_empty());
    }

    #[tokio::test]
    async fn failures_keep_status_and_body_and_a_403_names_both_permissions() {
        let parser = r#"{"type":"bad_request","message":"unknown identifier 'type'"}"#;
        let fixture = Fixture::start(vec![Reply::text(400, parser), Reply::text(403, "no")]).await;
        let mut texts = Vec::new();
        for _ in 0..2 {
            texts.push(fixture.call("run_sysql", json!({"sysql_query": "x"})).await.unwrap_err().to_string());
        }
        assert_eq!(texts[0], format!("error retrieving SysQL results, status code: 400, response: {parser}"));
        assert!(texts[1].contains("sage.exec and risks.read"));
    }
}
