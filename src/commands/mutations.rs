//! `groundwire mutations`: how well the checker tells honest answers from false ones.
//! A report, so exit code 0 whatever it says; only a generator that cannot run fails.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use crate::commands::terminal;
use crate::mutation;

/// Arguments of `mutations`.
#[derive(Debug, Args)]
pub struct MutationsArgs {
    /// Seed of the simulated world and of all choices
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Honest drafts for each phrasing
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub per_rule: u16,
    /// Also write the figures to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Show up to N misses per mutation and false alarms per rule
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub show: usize,
}

/// Prints the tables.
///
/// # Errors
/// When the simulators cannot run, a phrase file is faulty, or the file cannot be written.
pub async fn run(args: &MutationsArgs) -> anyhow::Result<u8> {
    let report = mutation::run(args.seed, usize::from(args.per_rule)).await?;
    terminal::line(&report.tables());
    if args.show > 0 {
        terminal::line(&report.examples(args.show));
    }
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&report.to_json())?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(0)
}
