//! [`check`]: reads draft and evidence, lets the families of claims speak, and makes
//! the report.

use crate::domain::grounding::MAX_DRAFT_BYTES;
use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::List;
use crate::domain::grounding::input::CheckInput;
use crate::domain::grounding::marks::Draft;
use crate::domain::grounding::marks::Index;
use crate::domain::grounding::report::GroundingReport;
use crate::domain::grounding::verify::Checker;

/// Checks a text against the results of its turn. Every value is bound to its owner
/// and looked up in the whole payload; what code cannot tell is `not_checkable`.
pub fn check(input: &CheckInput<'_>) -> GroundingReport {
    let end = (0..=input.draft.len().min(MAX_DRAFT_BYTES))
        .rev()
        .find(|at| input.draft.is_char_boundary(*at))
        .unwrap_or_default();
    let draft = Draft::read(input.draft.get(..end).unwrap_or_default(), input.language);
    let evidence = Evidence::new(input.results);
    let index = Index::new(&evidence, &draft);
    let checked = Checker::new(input, &draft, &evidence, &index).run();
    let report = GroundingReport::new(input.draft, checked.claims, checked.violations);
    if checked.tells { report } else { report.asking_only() }
}

/// All matches of an outer list, as its result gives them.
pub(super) fn total_of(evidence: &Evidence<'_>, list: &List<'_>) -> Option<u64> {
    let rows = list.rows.len() as u64;
    let given = crate::domain::grounding::verify::total(evidence, list.result).map(|(total, _)| total);
    given.filter(|total| *total >= rows)
}
