//! What narrows a list in a clause ("open", "for customer C", "without an owner"), and
//! which rows pass. Knows no number and no verdict.

use crate::domain::grounding::facts::List;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::attributes::is_former;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::verify::values::ItemKind;
use crate::domain::grounding::words;
use std::collections::HashSet;
use std::ops::Range;

/// What narrows a count.
#[derive(Debug)]
pub(super) enum Filter {
    /// Rows with a code (or without it).
    Code(usize, bool),
    /// Rows that hold a printed value.
    Rows(HashSet<RowId>, bool),
    /// Rows whose yes-or-no field is so.
    Holds(String, bool),
    /// Rows without a value for an attribute.
    Lacks(usize),
}

impl<'c, 'a> Checker<'c, 'a> {
    /// What narrows the count in its clause.
    pub(super) fn filters(&self, unit: &Unit, items: &[Item<'c>], clause: &Range<usize>, at: usize) -> Vec<Filter> {
        let mut filters = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if index == at || item.span.start < clause.start || clause.end < item.span.end {
                continue;
            }
            match &item.kind {
                ItemKind::Code(code) => filters.push(Filter::Code(*code, self.negated(unit, &item.span))),
                ItemKind::Identifier(_) | ItemKind::Phrase(_) => {
                    let mention = self.mention(item);
                    let listed = mention.own.iter().any(|row| !self.evidence.rows[*row as usize].envelope);
                    let now = !self.draft.has_anywhere(Cue::Initially);
                    let facts = mention.facts.iter().map(|id| self.evidence.fact(*id));
                    let rows =
                        facts.filter(|fact| !(now && is_former(fact.key))).map(|fact| fact.row).chain(mention.own);
                    let rows: HashSet<RowId> = rows.collect();
                    // "2 cases: A and B" lists the counted rows; it does not narrow them.
                    let counted = listed && item.span.start > items.get(at).map_or(0, |number| number.span.end);
                    if !rows.is_empty() && !counted {
                        filters.push(Filter::Rows(rows, self.negated(unit, &item.span)));
                    }
                }
                ItemKind::Time(wanted) if !self.is_given_time(wanted) => {
                    let rows = self.rows_at(wanted, &self.time_nouns(unit, item));
                    if !rows.is_empty() {
                        filters.push(Filter::Rows(rows, self.negated(unit, &item.span)));
                    }
                }
                _ => {}
            }
        }
        let part = Unit { span: clause.clone(), ..unit.clone() };
        for key in &self.evidence.boolean_keys {
            if let Some(span) = self.spoken_name(&part, key) {
                filters.push(Filter::Holds((*key).to_owned(), !self.negated(unit, &span)));
            }
        }
        if let Some(noun) = self.denied_noun(clause) {
            filters.push(Filter::Lacks(noun));
        }
        filters
    }

    /// "without an owner", "no owner": the attribute that is said to be missing.
    pub(super) fn denied_noun(&self, span: &Range<usize>) -> Option<usize> {
        let deny = |spot: &&spoken::Spot| matches!(spot.meaning, Meaning::Cue(Cue::None | Cue::Not));
        self.draft.spots_in(span).filter(deny).find_map(|deny| {
            self.draft.spots_in(span).find_map(|spot| match spot.meaning {
                Meaning::Noun(noun)
                    if spot.start >= deny.end && self.draft.words_in(&(deny.end..spot.start)).len() <= 1 =>
                {
                    Some(noun)
                }
                // "クローズ日時がありません"
                Meaning::Noun(noun)
                    if spot.end <= deny.start
                        && self.draft.words_in(&(spot.end..deny.start)).len() <= 1
                        && deny.meaning == Meaning::Cue(Cue::None)
                        && self.draft.slice(&(deny.start..deny.end)).chars().any(words::is_cjk) =>
                {
                    Some(noun)
                }
                _ => None,
            })
        })
    }

    /// Rows of a list that pass all filters.
    pub(super) fn matching(&self, list: &List<'a>, filters: &[Filter]) -> Vec<RowId> {
        let passes = |row: RowId, filter: &Filter| match filter {
            Filter::Code(code, negated) => self.row_has_code(row, *code) != *negated,
            Filter::Rows(rows, negated) => {
                let inside = self.row_in(row, rows);
                inside != *negated
            }
            Filter::Holds(key, wanted) => self
                .evidence
                .of_row(row)
                .iter()
                .take(600)
                .any(|fact| fact.row == row && fact.key == key && fact.value == &serde_json::Value::Bool(*wanted)),
            Filter::Lacks(noun) => !self
                .evidence
                .of_row(row)
                .iter()
                .take(600)
                .any(|fact| fact.row == row && fact.is_of(*noun) && !fact.value.is_null()),
        };
        list.rows.iter().copied().filter(|row| filters.iter().all(|filter| passes(*row, filter))).collect()
    }

    /// Whether a row has a code in a field that may hold it, or was asked for by it.
    pub(super) fn row_has_code(&self, row: RowId, code: usize) -> bool {
        let direct = self.evidence.ids_of_row(row).take(2000).map(|id| self.evidence.fact(id));
        let mut known = false;
        let families: Vec<usize> = spoken::code_families(code).filter_map(spoken::noun_index).collect();
        let now = !self.draft.has_anywhere(Cue::Initially);
        for fact in direct.filter(|fact| !(now && is_former(fact.key))) {
            let of_family = fact.row == row && families.iter().any(|family| Self::is_of(fact, *family));
            known = known || (of_family && !fact.value.is_null());
            if Self::code_fact(fact, code) && (of_family || fact.row == row) {
                return true;
            }
        }
        !known && self.asked_with(row, |fact| Self::code_fact(fact, code))
    }

    /// Whether the call that brought the row was filtered so.
    pub(super) fn asked_with(
        &self,
        row: RowId,
        keep: impl Fn(&crate::domain::grounding::facts::Fact<'a>) -> bool,
    ) -> bool {
        let result = self.evidence.rows[row as usize].result;
        let root = self.evidence.rows.iter().position(|other| other.result == result && other.parent.is_none());
        root.and_then(|root| RowId::try_from(root).ok()).is_some_and(|root| {
            self.evidence
                .ids_of_row(root)
                .take(200)
                .map(|id| self.evidence.fact(id))
                .any(|fact| fact.row == root && self.evidence.is_argument(fact) && keep(fact))
        })
    }

    /// Whether a row holds one of the facts' rows: itself, a row inside it, or the call around it.
    pub(super) fn row_in(&self, row: RowId, rows: &HashSet<RowId>) -> bool {
        if rows.contains(&row) {
            return true;
        }
        let mut at = self.evidence.rows[row as usize].parent;
        while let Some(outer) = at {
            if rows.contains(&outer) {
                return true;
            }
            at = self.evidence.rows[outer as usize].parent;
        }
        rows.len() <= 4000 && rows.iter().any(|inner| self.evidence.within(*inner, row))
    }
}
