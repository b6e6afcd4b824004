//! SysQL in the simulated backend: statements run over a small graph of the
//! shared world, and canned statements stand for the model that makes them.
//!
//! `parse` reads a statement, `graph` holds what there is, `eval` finds
//! rows, `compare` orders values. Lenient as it is shipped, a name without
//! its entity is looked for in all of them; strict, it is refused, and so is
//! a missing semicolon.

mod compare;
pub mod eval;
pub mod graph;
pub mod parse;

use serde_json::Value;
use serde_json::json;

use crate::sim::sysdig::reply::Answer;
use crate::sim::sysdig::reply::Reply;
use crate::sim::sysdig::seed::Seed;
use crate::sim::sysdig::sysql::eval::Rows;
use crate::sim::sysdig::sysql::graph::Graph;
use crate::sim::sysdig::sysql::parse::Statement;
use crate::sim::sysdig::work::Work;

/// Most steps of one statement.
pub const MAX_STEPS: usize = 1_000_000;

/// How many words a question must have, and the statement for it.
const CANNED: &[(&[&str], &str)] = &[
    (
        &["vulnerabilities", "workloads"],
        "MATCH KubeWorkload AFFECTED_BY Vulnerability RETURN KubeWorkload, Vulnerability;\n",
    ),
    (
        &["critical", "cloud"],
        "MATCH CloudResource AFFECTED_BY Vulnerability WHERE Vulnerability.severity = 'Critical' RETURN DISTINCT CloudResource, Vulnerability LIMIT 50;\n",
    ),
    (&["images"], "MATCH Image AFFECTED_BY Vulnerability RETURN DISTINCT Image, Vulnerability LIMIT 50;\n"),
    (&["s3"], "MATCH CloudResource WHERE CloudResource.type =~ '(?i).*S3 Bucket.*' RETURN DISTINCT CloudResource;\n"),
];

/// Runs a statement, the body of the request.
///
/// # Errors
/// 400 with the text of whoever could not read it.
pub fn answer(graph: &Graph, seed: Seed, body: &[u8], strict: bool, empty: bool) -> Answer {
    let statement = serde_json::from_slice::<Value>(body).ok();
    let text = statement.as_ref().and_then(|body| body["q"].as_str());
    let text = text.ok_or_else(|| Reply::bad_request("the body must be {\"q\": statement}"))?;
    let statement = Statement::parse(text).map_err(Reply::bad_request)?;
    if strict && !statement.terminated {
        return Err(Reply::bad_request("syntax error: missing ';' at the end of the statement"));
    }
    let work = Work::of_at_most(MAX_STEPS);
    let Rows { columns, mut items } = eval::rows(graph, &statement, strict, &work).map_err(Reply::bad_request)?;
    if empty {
        items.clear();
    }
    let entities: serde_json::Map<String, Value> = columns
        .into_iter()
        .map(|column| {
            let (def_type, kind) = if column.is_entity { ("Entity", "String") } else { ("Field", column.value_type) };
            let definition = json!({"def_type": def_type, "name": column.of, "type": kind, "hidden": false});
            (column.name.clone(), json!({"type": column.of, "alias": column.name, "definition": definition}))
        })
        .collect();
    let took = 20 + seed.number(&["sysql", text], 80);
    let hex = seed.hex(&["sysql id", text], 32);
    Ok(Reply::ok(json!({
        "id": format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..]),
        "entities": entities,
        "summary": {"available_after": took / 4, "consumed_after": took, "total_time": took + 3, "fetched_items_count": items.len()},
        "items": items,
    })))
}

/// The message of the model that makes statements of questions.
#[must_use]
pub fn generated(seed: Seed, question: &str) -> Value {
    let asked = question.to_lowercase();
    let known = CANNED.iter().find(|(words, _)| words.iter().all(|word| asked.contains(word)));
    let mut metadata = json!({
        "subscription_info": {"monthly_limit": 1000, "monthly_count": 42, "warning_percent": 80},
        "translate_error_type": null,
        "alternative_questions": [],
    });
    if known.is_none() {
        metadata["translate_error_type"] = "not_supported".into();
        metadata["alternative_questions"] =
            json!(["Which images are affected by vulnerabilities?", "Which S3 buckets are there?"]);
    }
    json!({
        "id": seed.hex(&["sage", question], 8),
        "text": known.map_or("", |(_, statement)| statement),
        "metadata": metadata,
    })
}

#[cfg(test)]
mod tests;
