//! Order, extremes and trends: recomputed over all rows. A comparison with a time
//! for which there is no result is unsupported.

use jiff::Timestamp;

use crate::domain::grounding::bind::Strength;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::Verdict;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::marks::as_decimal;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::filters::Filter;
use crate::domain::grounding::verify::stored::is_figure;
use crate::domain::grounding::verify::times::instant;
use crate::domain::grounding::verify::values::ItemKind;

/// A comparable value.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Rank {
    Time(Timestamp),
    Number(crate::domain::grounding::atom::Decimal),
    Level(u8),
}

const LEVELS: [&str; 5] = ["info", "low", "medium", "high", "critical"];

impl Checker<'_, '_> {
    pub(super) fn order(&mut self, unit: &Unit, about: &Subject) {
        self.trend(unit);
        let cue = self.draft.spots_in(&unit.span).find_map(|spot| match spot.meaning {
            Meaning::Cue(cue @ (Cue::Oldest | Cue::Newest | Cue::Most | Cue::Least)) => {
                Some((spot.start..spot.end, cue))
            }
            _ => None,
        });
        let Some((span, cue)) = cue else { return };
        let named: Vec<RowId> = about.groups.first().cloned().unwrap_or_default();
        if about.strength < Strength::Named || about.groups.len() != 1 || about.by_attribute.is_some() {
            return;
        }
        let Some(list) = named.iter().find_map(|row| self.evidence.rows[*row as usize].list) else { return };
        let Some(list) = self.evidence.lists.get(list as usize).filter(|list| list.rows.len() > 1) else { return };
        let filters: Vec<Filter> = self
            .items(&(span.end..unit.span.end))
            .iter()
            .filter(|item| self.draft.words_in(&(span.end..item.span.start)).len() <= 2)
            .filter_map(|item| match item.kind {
                ItemKind::Code(code) => Some(Filter::Code(code, false)),
                _ => None,
            })
            .collect();
        let rows = self.matching(list, &filters);
        let ranked: Vec<(RowId, FactId, Rank)> =
            rows.iter().filter_map(|row| self.rank(unit, *row, cue).map(|(id, rank)| (*row, id, rank))).collect();
        let best = ranked.iter().reduce(|best, other| {
            let better = match cue {
                Cue::Oldest | Cue::Least => other.2 < best.2,
                _ => other.2 > best.2,
            };
            if better { other } else { best }
        });
        let own = ranked.iter().find(|(row, _, _)| named.contains(row));
        let finding = match (best, own) {
            (Some(best), Some(own)) if best.2 == own.2 => {
                if !self.complete(list) && !self.draft.has(&unit.span, Cue::PartOnly) {
                    let reason = "first among the rows of a page: more rows exist".to_owned();
                    let code = Some(ViolationCode::PartialAsTotal);
                    return self.claim(&span, ClaimKind::Order, Verdict::Unsupported, code, Vec::new(), reason);
                }
                Finding::Supported(vec![own.1], format!("compared over {} rows", ranked.len()))
            }
            (Some(best), Some(own)) => Finding::WrongEntity(best.1, Some(own.1), self.says(best.1)),
            _ => return,
        };
        self.found(&span, ClaimKind::Order, finding, ViolationCode::WrongEntity, ViolationCode::UnsupportedStatement);
    }

    /// What a row is compared by.
    pub(super) fn rank(&self, unit: &Unit, row: RowId, cue: Cue) -> Option<(FactId, Rank)> {
        let nouns: Vec<usize> = self
            .draft
            .spots_in(&unit.span)
            .filter_map(|spot| match spot.meaning {
                // Rows are named by ports and numbers, not compared by them.
                Meaning::Noun(noun) if !matches!(spoken::noun(noun), "port" | "source" | "destination" | "fieldId") => {
                    Some(noun)
                }
                _ => None,
            })
            .collect();
        let ids = || self.evidence.ids_of_row(row).take(600);
        let of = |fact: &Fact<'_>, nouns: &[usize]| nouns.iter().any(|noun| Self::is_of(fact, *noun));
        if matches!(cue, Cue::Oldest | Cue::Newest) {
            let usual: Vec<usize> =
                ["created", "firstSeen", "lastSeen", "updated"].into_iter().filter_map(spoken::noun_index).collect();
            let time = |id: &FactId| instant(self.evidence.fact(*id).value).map(|at| (*id, Rank::Time(at)));
            let by = |nouns: &[usize]| ids().filter(|id| of(self.evidence.fact(*id), nouns)).find_map(|id| time(&id));
            return by(&nouns)
                .or_else(|| usual.iter().find_map(|noun| by(&[*noun])))
                .or_else(|| ids().find_map(|id| time(&id)));
        }
        let level = |id: FactId| {
            let text = self.evidence.fact(id).text()?;
            let at = LEVELS.iter().position(|level| spoken::same_code(level, text))?;
            Some((id, Rank::Level(u8::try_from(at).ok()?)))
        };
        let number = |id: FactId| {
            let fact = self.evidence.fact(id);
            (fact.value.is_number() && is_figure(fact)).then(|| Some((id, Rank::Number(as_decimal(fact.value)?))))?
        };
        let named =
            ids().filter(|id| of(self.evidence.fact(*id), &nouns)).find_map(|id| number(id).or_else(|| level(id)));
        let counts =
            || ids().filter(|id| self.evidence.fact(*id).key.to_ascii_lowercase().ends_with("count")).find_map(number);
        let severe = || {
            let levels: Vec<usize> = ["severity", "priority"].into_iter().filter_map(spoken::noun_index).collect();
            ids().filter(|id| of(self.evidence.fact(*id), &levels)).find_map(level)
        };
        named.or_else(counts).or_else(severe)
    }

    /// "Rose", "more than last week": needs something to compare with.
    fn trend(&mut self, unit: &Unit) {
        let Some(spot) = self.draft.spots_in(&unit.span).find(|spot| spot.meaning == Meaning::Cue(Cue::Trend)) else {
            return;
        };
        let span = spot.start..spot.end;
        if !self.speaks_of_objects(unit) || self.draft.has(&unit.span, Cue::General) {
            return;
        }
        let periods = self.evidence.results.iter().filter(|result| result.outcome.answered()).count() > 1
            || self.evidence.lists.iter().any(|list| list.rows.len() > 1 && self.has_periods(&list.rows[0]));
        let finding = if periods {
            Finding::Open("a trend, to be read from the results".to_owned())
        } else {
            Finding::Missing("no result to compare with".to_owned())
        };
        let code = ViolationCode::UnsupportedStatement;
        self.found(&span, ClaimKind::Order, finding, code, code);
    }

    fn has_periods(&self, row: &RowId) -> bool {
        let mut ids = self.evidence.ids_of_row(*row).take(40);
        ids.any(|id| matches!(self.evidence.fact(id).key, "timestamp" | "time" | "bucket" | "date" | "key_as_string"))
    }
}
