//! "Nothing has changed", "there is something new": the results of the turn against the
//! earlier ones they replace, record by record. Where no earlier result knows a record of
//! the sentence, nobody can say either, and the statement is unsupported.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::ops::Range;

use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::spoken::Spot;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;

/// Rows that are compared.
const MAX_ROWS: usize = 2000;
/// Facts of a row that are compared.
const MAX_FACTS: usize = 2000;

/// Words between "no change" and the attribute it is about.
const MAX_BETWEEN: usize = 3;

/// What came of comparing.
enum Compared {
    /// No record of both.
    Nothing,
    /// Every record of both is the same.
    Same(Vec<FactId>),
    /// The first fact that differs, and why; none where something is gone.
    Differs(Option<FactId>, String),
}

/// What of a record is compared.
struct Scope<'n> {
    /// Attributes that are spoken of; all, if empty.
    nouns: &'n [usize],
    /// Both states come from the same call, so that a missing value is a difference too.
    repeated: bool,
}

impl Checker<'_, '_> {
    /// Statements about what changed since an earlier result.
    pub(super) fn news(&mut self, unit: &Unit, about: &Subject) {
        if self.draft.has(&unit.span, Cue::General) {
            return;
        }
        let found = |cue: Cue| {
            let spot = self.draft.spots_in(&unit.span).find(|spot| spot.meaning == Meaning::Cue(cue))?;
            let quoted = self.quotes.iter().any(|quote| quote.start <= spot.start && spot.end <= quote.end);
            (!quoted).then_some(spot.start..spot.end)
        };
        let (span, changed) = match (found(Cue::Unchanged), found(Cue::Changed)) {
            (Some(span), _) => (span, false),
            (None, Some(span)) => (span, !self.draft.has(&unit.span, Cue::Not)),
            (None, None) => return,
        };
        let nouns = self.attributes_beside(unit, &span);
        let finding = match (self.compared(about, &nouns), changed) {
            (Compared::Nothing, _) => Finding::Missing("no earlier result to compare with".to_owned()),
            (Compared::Same(ids), false) => Finding::Supported(ids, "as in the earlier result".to_owned()),
            (Compared::Same(ids), true) => Finding::Wrong(ids, "the earlier result has the same".to_owned()),
            (Compared::Differs(id, was), true) => Finding::Supported(id.into_iter().collect(), was),
            (Compared::Differs(id, was), false) => Finding::Wrong(id.into_iter().collect(), was),
        };
        let (wrong, missing) = (ViolationCode::WrongValue, ViolationCode::UnsupportedStatement);
        self.found(&span, ClaimKind::Order, finding, wrong, missing);
    }

    /// Attributes of the results that the words before, or right after, speak of.
    fn attributes_beside(&self, unit: &Unit, span: &Range<usize>) -> Vec<usize> {
        let beside = |spot: &&Spot| {
            let gap = span.end..spot.start.max(span.end);
            let near = self.draft.words_in(&gap).len() <= MAX_BETWEEN
                && !self.draft.slice(&gap).contains([',', ';', ':', '.', '、', '。']);
            spot.end <= span.start || (spot.start >= span.end && near)
        };
        let spots = self.draft.spots_in(&unit.span).filter(beside);
        let nouns = spots.filter_map(|spot| match spot.meaning {
            Meaning::Noun(noun) if self.evidence.nouns >> noun & 1 == 1 => Some(noun),
            _ => None,
        });
        nouns.collect()
    }

    /// The records of a subject (of all results, if there is none) beside those of the earlier results.
    fn compared(&self, about: &Subject, nouns: &[usize]) -> Compared {
        let Some((stale, _)) = &self.stale else { return Compared::Nothing };
        let earlier: HashMap<String, RowId> = records(stale).collect();
        let named: Vec<RowId> = about.rows().collect();
        let of_subject = |row: RowId| named.is_empty() || named.iter().any(|own| self.evidence.within(row, *own));
        let scope = Scope { nouns, repeated: self.is_repeated() };
        let mut same = Vec::new();
        let mut new = None;
        for (name, row) in records(self.evidence).filter(|(_, row)| of_subject(*row)).take(MAX_ROWS) {
            let Some(before) = earlier.get(&name) else {
                new = new.or(Some(row));
                continue;
            };
            if let Some(differs) = self.first_difference(row, stale, *before, &scope) {
                return differs;
            }
            same.extend(self.evidence.name_of(row));
        }
        if scope.repeated && nouns.is_empty() {
            if let Some(id) = new.and_then(|row| self.evidence.name_of(row)) {
                return Compared::Differs(Some(id), format!("{} is new", self.printed(id)));
            }
            if named.is_empty() && self.is_fewer(stale) {
                return Compared::Differs(None, "a record of the earlier result is gone".to_owned());
            }
            if named.is_empty() && same.is_empty() {
                let differs = || Compared::Differs(None, "the earlier result has other content".to_owned());
                return if self.is_other_content() { differs() } else { Compared::Same(same) };
            }
        }
        same.truncate(8);
        if same.is_empty() { Compared::Nothing } else { Compared::Same(same) }
    }

    /// The first value that two states of a record do not share.
    fn first_difference(&self, row: RowId, stale: &Evidence<'_>, before: RowId, scope: &Scope<'_>) -> Option<Compared> {
        let told = |fact: &Fact<'_>| scope.nouns.is_empty() || scope.nouns.iter().any(|noun| fact.is_of(*noun));
        let old = values_by_path(stale, before, &told);
        let now = values_by_path(self.evidence, row, &told);
        let differs = |(path, ids): (&Vec<&str>, &Vec<FactId>)| {
            let Some(was) = old.get(path) else {
                let id = *ids.first()?;
                return scope.repeated.then(|| Compared::Differs(Some(id), format!("{} is new", self.says(id))));
            };
            let value = |id: &FactId| self.evidence.fact(*id).value;
            let at = (0..ids.len().max(was.len()))
                .find(|at| ids.get(*at).map(value) != was.get(*at).map(|id| stale.fact(*id).value))?;
            let had = was.get(at).map_or_else(|| "nothing there".to_owned(), |id| stale.fact(*id).value.to_string());
            Some(match ids.get(at) {
                Some(id) => Compared::Differs(Some(*id), format!("{}; the earlier result has {had}", self.says(*id))),
                None => Compared::Differs(None, format!("the earlier result has {had}, which is gone")),
            })
        };
        let gone = || {
            let path = old.keys().find(|path| scope.repeated && !now.contains_key(*path))?;
            Some(Compared::Differs(None, format!("the earlier result has {}, which is gone", path.join("/"))))
        };
        now.iter().find_map(differs).or_else(gone)
    }

    /// Whether each answered call of the turn is one that was made before.
    fn is_repeated(&self) -> bool {
        let mut answered = self.input.results.iter().filter(|result| result.outcome.answered()).peekable();
        answered.peek().is_some() && answered.all(|result| self.earlier(result).is_some())
    }

    /// The latest earlier result of the same call.
    fn earlier(&self, result: &EvidenceResult) -> Option<&EvidenceResult> {
        self.input.stale.iter().rfind(|old| old.tool == result.tool && old.arguments == result.arguments)
    }

    fn is_other_content(&self) -> bool {
        let other = |result: &EvidenceResult| self.earlier(result).is_some_and(|old| old.content != result.content);
        self.input.results.iter().any(other)
    }

    /// Whether a record of the latest earlier result of the same calls is not there any more.
    fn is_fewer(&self, stale: &Evidence<'_>) -> bool {
        let now: HashMap<String, RowId> = records(self.evidence).collect();
        let replaced = |old: &EvidenceResult| {
            let earlier = |new: &EvidenceResult| self.earlier(new).is_some_and(|earlier| std::ptr::eq(earlier, old));
            self.input.results.iter().any(earlier)
        };
        let gone = |(name, row): (String, RowId)| {
            !now.contains_key(&name) && replaced(&stale.results[stale.rows[row as usize].result as usize])
        };
        records(stale).any(gone)
    }
}

/// Values of a record, nested ones included, by their member names inside it, in document order.
fn values_by_path<'e>(
    evidence: &'e Evidence<'_>,
    row: RowId,
    keep: &dyn Fn(&Fact<'_>) -> bool,
) -> BTreeMap<Vec<&'e str>, Vec<FactId>> {
    let above = evidence.name_of(row).map_or(0, |id| evidence.path(evidence.fact(id)).len().saturating_sub(1));
    let mut values: BTreeMap<Vec<&str>, Vec<FactId>> = BTreeMap::new();
    for id in evidence.ids_of_row(row).take(MAX_FACTS).filter(|id| keep(evidence.fact(*id))) {
        let path = evidence.path(evidence.fact(id)).split_off(above);
        values.entry(path).or_default().push(id);
    }
    values
}

/// Rows that are called by an id of their own, with it; later results after earlier ones.
fn records<'e>(evidence: &'e Evidence<'_>) -> impl Iterator<Item = (String, RowId)> + 'e {
    evidence.rows.iter().enumerate().take(10 * MAX_ROWS).filter(|(_, row)| !row.envelope).filter_map(|(at, _)| {
        let row = RowId::try_from(at).ok()?;
        let mut ids = evidence.ids_of_row(row).take(40);
        let id = ids.find(|id| {
            let fact = evidence.fact(*id);
            fact.row == row && fact.group.is_empty() && fact.identity && !evidence.is_argument(fact)
        })?;
        let fact = evidence.fact(id);
        Some((format!("{}={}", fact.key, fact.value), row))
    })
}
