//! `groundwire validate`: the checker offline. Exit code 0 grounded, 1 not, 2 bad input.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::clock::SystemClock;
use crate::commands::terminal;
use crate::domain::classify::classify;
use crate::domain::grounding::check;
use crate::domain::grounding::input::CheckInput;
use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::input::Stance;
use crate::domain::lang::Lang;
use crate::domain::outcome::Outcome;
use crate::domain::tool::RawToolResult;
use crate::engine::ports::Clock;

/// Arguments of `validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// JSON file with the tool results: a list of `{id, tool, arguments, observed_at, outcome?, content}`
    #[arg(long, value_name = "FILE")]
    pub results: PathBuf,
    /// Text file with the answer
    #[arg(long, value_name = "FILE")]
    pub answer: PathBuf,
    /// The user's message, whose own values may be repeated
    #[arg(long, default_value = "")]
    pub user_message: String,
    /// The moment that relative times refer to (RFC 3339); without it the real time
    #[arg(long)]
    pub now: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResultFile {
    id: String,
    tool: String,
    #[serde(default)]
    arguments: Value,
    observed_at: Option<Timestamp>,
    outcome: Option<Outcome>,
    content: Value,
}

/// Prints the report as JSON.
///
/// # Errors
/// When a file cannot be read or is not what it should be.
pub fn run(args: &ValidateArgs) -> anyhow::Result<u8> {
    let read =
        |path: &PathBuf| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let results: Vec<ResultFile> = serde_json::from_str(&read(&args.results)?)
        .with_context(|| format!("{} is not a list of results", args.results.display()))?;
    let answer = read(&args.answer)?;
    let now = args.now.unwrap_or_else(|| SystemClock::new().now());
    let results: Vec<EvidenceResult> = results.into_iter().map(|result| evidence(result, now)).collect();
    let report = check(&CheckInput {
        user_message: &args.user_message,
        draft: &answer,
        now,
        zone: TimeZone::UTC,
        results: &results,
        stale: &[],
        stance: Stance::Stateless,
        language: Lang::Other,
    });
    let grounded = report.grounded(false);
    terminal::line(&serde_json::to_string_pretty(&json!({
        "grounded": grounded,
        "groundedness": report.groundedness(),
        "checked_by": ["checker"],
        "claims": report.claims(),
        "violations": report.violations(),
    }))?);
    Ok(u8::from(!grounded))
}

fn evidence(result: ResultFile, now: Timestamp) -> EvidenceResult {
    let raw = RawToolResult::structured(result.content.clone(), result.observed_at.unwrap_or(now));
    let sorted = classify(&raw, &result.arguments);
    EvidenceResult {
        id: result.id,
        tool: result.tool,
        arguments: result.arguments,
        observed_at: result.observed_at.unwrap_or(now),
        outcome: result.outcome.unwrap_or(sorted.outcome),
        content: sorted.content,
        page: sorted.page,
        error: sorted.error,
    }
}
