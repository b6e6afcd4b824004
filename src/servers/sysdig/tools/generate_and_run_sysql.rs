//! `generate_and_run_sysql`: the older tool that makes a statement of a
//! question and runs it. Not listed; clients that know its name may call it.

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use serde_json::json;

use crate::servers::sysdig::outcome::ToolError;
use crate::servers::sysdig::tools::Call;
use crate::servers::sysdig::tools::Description;
use crate::servers::sysdig::tools::Offer;
use crate::servers::sysdig::tools::ToolEntry;
use crate::servers::sysdig::tools::generate_sysql;
use crate::servers::sysdig::tools::run_sysql;

/// The line of this tool in the list.
pub const ENTRY: ToolEntry =
    ToolEntry::own("generate_and_run_sysql", run_sysql::PERMISSIONS, describe, boxed).offered(Offer::Unlisted);

fn describe() -> Description {
    Description {
        title: "Generate and run SysQL",
        text: "Turn a question in plain language into a SysQL statement and run it. An older form \
               of generate_sysql followed by run_sysql.",
        input_schema: generate_sysql::question_schema(),
    }
}

fn boxed<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Value, ToolError>> {
    run(call).boxed()
}

async fn run(call: &Call<'_>) -> Result<Value, ToolError> {
    let question = call.arguments.required_text("question")?;
    let message = generate_sysql::generate(call, question, run_sysql::PERMISSIONS).await?;
    let statement = message["text"].as_str().map(str::trim).filter(|text| !text.is_empty());
    let Some(statement) = statement else {
        return Ok(json!({"error": "Sysdig did not return a query", "generated": message}));
    };
    let statement = run_sysql::terminated(statement);
    run_sysql::execute(call, &statement, json!({"question": question, "sysql": statement})).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::servers::sysdig::test_support::Fixture;
    use crate::servers::sysdig::test_support::Reply;

    #[tokio::test]
    async fn a_question_is_made_a_statement_and_run() {
        let replies = vec![
            Reply::json(200, &json!({"text": "MATCH Image RETURN Image\n"})),
            Reply::json(200, &json!({"items": [1]})),
        ];
        let fixture = Fixture::start(replies).await;
        let result = fixture.call("generate_and_run_sysql", json!({"question": "images?"})).await.unwrap();
        assert_eq!(result["results"], json!({"items": [1]}));
        let about = json!({"question": "images?", "sysql": "MATCH Image RETURN Image;"});
        assert_eq!(result["metadata"]["metadata_kwargs"], about);
        assert!(fixture.requests()[1].body.contains("MATCH Image RETURN Image;"));
    }

    #[tokio::test]
    async fn without_a_statement_nothing_is_run() {
        let message = json!({"text": "\n", "metadata": {"alternative_questions": ["Which images?"]}});
        let fixture = Fixture::start(vec![Reply::json(200, &message)]).await;
        let result = fixture.call("generate_and_run_sysql", json!({"question": "?"})).await.unwrap();
        assert_eq!(result, json!({"error": "Sysdig did not return a query", "generated": message}));
        assert_eq!(fixture.requests().len(), 1);
    }
}
