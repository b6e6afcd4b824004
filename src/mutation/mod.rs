//! A measure of the checker by someone who does not know how it works: honest answers
//! from the simulators' real payloads in eight languages, each with its lies, and how
//! many of both the checker gets right.
//!
//! Relies on the contract of `domain::grounding::check` alone. Whether a lie is still
//! true is decided here, from the data; phrasings and spoken forms live in `phrases/`
//! and are written without a look at the checker's own tables. A quarter of the
//! phrasings, chosen by hash, is held out: reported apart, and nobody tunes on it.

pub mod build;
pub mod corpus;
pub mod dice;
pub mod draft;
pub mod language;
pub mod measure;
pub mod report;
pub mod rows;
pub mod rules;

use crate::mutation::corpus::Corpus;
use crate::mutation::report::MutationReport;

/// One run over a world of this seed, `per_rule` drafts for each phrasing.
///
/// # Errors
/// When the simulators cannot run or a phrase file is faulty.
pub async fn run(seed: u64, per_rule: usize) -> anyhow::Result<MutationReport> {
    let corpus = Corpus::gather(seed).await?;
    run_over(&corpus, seed, per_rule)
}

/// One run over given evidence.
///
/// # Errors
/// When a phrase file is faulty.
pub fn run_over(corpus: &Corpus, seed: u64, per_rule: usize) -> anyhow::Result<MutationReport> {
    let languages = language::all()?;
    let mut report = MutationReport::default();
    for draft in build::drafts(corpus, &languages, seed, per_rule)? {
        let (honest, lied) = measure::measure(&draft);
        report.add(honest, lied);
    }
    Ok(report)
}
