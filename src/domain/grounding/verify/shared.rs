//! What is said of several rows at once: "both cases …", "the incidents were …", "they
//! have …". A value, code or time that is told so stands in each of the rows; one that
//! only some of them hold is told of too many. Sentences that name a row, deny, or
//! speak of a part are for the other checks.

use std::ops::Range;

use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::TimeMatch;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::bind::facts_of;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::absence::spoken_result;
use crate::domain::grounding::verify::times::instant;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::verify::values::ItemKind;
use crate::domain::grounding::words;

/// Words that begin a definite plural, or stand for one; folded.
const THOSE: [&str; 21] = [
    "the", "these", "those", "they", "de", "disse", "dessa", "die", "diese", "sie", "les", "ces", "ils", "elles",
    "los", "las", "estos", "estas", "esos", "ellos", "ellas",
];
/// Endings of Scandinavian nouns in the definite plural.
const DEFINITE: [&str; 7] = ["ene", "erne", "erna", "arna", "orna", "ena", "larna"];
/// Words before a definite plural that take a part of it; folded.
const PARTITIVE: [&str; 15] = [
    "of", "among", "amongst", "von", "unter", "av", "af", "blant", "bland", "blandt", "de", "des", "parmi", "entre",
    "sur",
];
/// Words that make several things some of them; folded.
const SOME: [&str; 29] = [
    "some",
    "several",
    "most",
    "mostly",
    "many",
    "few",
    "mainly",
    "partly",
    "largely",
    "noen",
    "flere",
    "fleste",
    "några",
    "flera",
    "flesta",
    "nogle",
    "einige",
    "mehrere",
    "meisten",
    "meist",
    "viele",
    "certains",
    "certaines",
    "plusieurs",
    "plupart",
    "algunos",
    "algunas",
    "varios",
    "mayoría",
];
/// Plural verbs that need no subject before them, at the start of a sentence.
const WITHOUT_SUBJECT: [&str; 8] = ["son", "eran", "fueron", "están", "estaban", "tienen", "tenían", "pertenecen"];
/// Words between the beginning of a definite plural and its verb.
const MAX_BETWEEN: usize = 12;

/// A clause about several rows.
struct Clause {
    /// Between the words for the rows and the verb: what narrows them.
    narrow: Range<usize>,
    /// What is told of them.
    told: Range<usize>,
}

impl<'c> Checker<'c, '_> {
    /// Holds what is told of several rows against each. `about` is what the text before spoke of.
    pub(super) fn shared(&mut self, unit: &Unit, about: &Subject) {
        let skips = [Cue::PartOnly, Cue::Not, Cue::Respectively, Cue::Other, Cue::General, Cue::Initially];
        if skips.into_iter().any(|cue| self.draft.has(&unit.span, cue)) {
            return;
        }
        let Some(clause) = self.clause_of_rows(unit) else { return };
        let items = self.items(&unit.span);
        if items.iter().any(|item| !self.mention(item).own.is_empty()) {
            return;
        }
        let Some(object) = self.objects_in(&unit.span).first().copied().or_else(spoken_result) else { return };
        let filters = self.filters(unit, &items, &clause.narrow, usize::MAX);
        let told: Vec<&Item<'c>> = items
            .iter()
            .filter(|item| clause.told.start <= item.span.start && item.span.end <= clause.told.end)
            .collect();
        for list in self.lists_of(object, about).into_iter().filter(|list| list.rows.len() > 1) {
            let mut rows = self.matching(list, &filters);
            let spoken_of: Vec<RowId> = about.rows().filter(|row| rows.contains(row)).collect();
            if !spoken_of.is_empty() {
                rows = spoken_of;
            }
            let whole = Decimal::from(rows.len() as u64);
            let counts_a_part =
                items.iter().any(|item| matches!(&item.kind, ItemKind::Number(n) if !n.supports(&whole, None)));
            if rows.len() > 1 && !counts_a_part {
                self.told_of_each(unit, &told, &rows);
            }
        }
    }

    fn told_of_each(&mut self, unit: &Unit, told: &[&Item<'c>], rows: &[RowId]) {
        let times = told.iter().filter(|item| matches!(item.kind, ItemKind::Time(_))).count();
        for item in told {
            let finding = match item.kind {
                ItemKind::Identifier(_) | ItemKind::Phrase(_) => self.not_in_each(told, item, rows),
                ItemKind::Code(code) => self.not_so_in_each(told, code, rows),
                // Two times are the ends of a range, or one each.
                ItemKind::Time(_) if times == 1 => self.not_at_the_time(unit, item, rows),
                _ => None,
            };
            let Some(id) = finding else { continue };
            let (kind, code) = match item.kind {
                ItemKind::Time(_) => (ClaimKind::Time, ViolationCode::WrongTime),
                _ => (ClaimKind::EntityAttribute, ViolationCode::WrongValue),
            };
            let finding = Finding::Wrong(vec![id], format!("not of each: {}", self.says(id)));
            self.found(&item.span, kind, finding, code, code);
        }
    }

    /// The clause of a unit that is about several rows.
    fn clause_of_rows(&self, unit: &Unit) -> Option<Clause> {
        if self.ends_with(unit, &[':', '：']) {
            return None;
        }
        let cue = |cue: Cue, from: usize| {
            let mut spots = self.draft.spots_in(&unit.span);
            spots.find(|spot| spot.start >= from && spot.meaning == Meaning::Cue(cue)).map(|spot| spot.start..spot.end)
        };
        if let Some(all) = cue(Cue::All, unit.span.start) {
            return Some(match cue(Cue::Plural, all.end) {
                Some(verb) => Clause { narrow: all.end..verb.start, told: verb.end..unit.span.end },
                None => Clause { narrow: all.end..all.end, told: all.end..unit.span.end },
            });
        }
        let mut from = unit.span.start;
        while let Some(verb) = cue(Cue::Plural, from) {
            let first = self.draft.words_in(&(unit.span.start..verb.start)).is_empty();
            if first && WITHOUT_SUBJECT.contains(&words::fold(self.draft.slice(&verb)).as_str()) {
                return Some(Clause { narrow: verb.start..verb.start, told: verb.end..unit.span.end });
            }
            if let Some(start) = self.definite_plural(&(unit.span.start..verb.start)) {
                return Some(Clause { narrow: start..verb.start, told: verb.end..unit.span.end });
            }
            from = verb.end;
        }
        None
    }

    /// Where the words end that begin a definite plural before a verb.
    fn definite_plural(&self, before: &Range<usize>) -> Option<usize> {
        let found = self.draft.words_in(before);
        let found = found.get(found.len().saturating_sub(MAX_BETWEEN)..)?;
        let folded: Vec<String> = found.iter().map(|word| words::fold(self.draft.slice(&word.range()))).collect();
        // "There are cases …" says that they are, nothing of each.
        if folded.last().is_some_and(|word| word == "there") || folded.iter().any(|word| SOME.contains(&word.as_str()))
        {
            return None;
        }
        let at = folded.iter().zip(found).rposition(|(word, place)| {
            THOSE.contains(&word.as_str())
                || (DEFINITE.iter().any(|end| word.ends_with(end))
                    && self.draft.spots_in(&place.range()).any(|spot| matches!(spot.meaning, Meaning::Object(_))))
        })?;
        let part = at.checked_sub(1).is_some_and(|before| PARTITIVE.contains(&folded[before].as_str()));
        let broken = self.draft.slice(&(found[at].end..before.end)).contains([';', ':', '.', '\n']);
        (!part && !broken).then_some(found[at].end)
    }

    /// What another row says where only some of the rows hold a stored value, or one of its
    /// kind that is told with it.
    fn not_in_each(&self, told: &[&Item<'c>], item: &Item<'c>, rows: &[RowId]) -> Option<FactId> {
        let held_by = |item: &Item<'c>| -> Vec<&Fact<'_>> {
            let facts = self.mention(item).facts;
            facts.into_iter().map(|id| self.evidence.fact(id)).filter(|fact| rows.contains(&fact.row)).collect()
        };
        let held = held_by(item);
        let first = *held.first()?;
        let kind: Vec<&Fact<'_>> = told.iter().flat_map(|other| held_by(other)).collect();
        let of_kind = |fact: &&&Fact<'_>| fact.key == first.key && fact.group == first.group;
        let lacks = |row: &RowId| !kind.iter().filter(of_kind).any(|fact| fact.row == *row);
        let other = rows.iter().find(|row| lacks(row))?;
        // The value may stand in every row under some key, wherever it was found first.
        if rows.iter().all(|row| held.iter().any(|fact| fact.row == *row)) {
            return None;
        }
        self.evidence.ids_of_row(*other).find(|id| {
            let fact = self.evidence.fact(*id);
            fact.key == first.key && fact.group == first.group
        })
    }

    /// What a row says that has another value where a code is told of all.
    fn not_so_in_each(&self, told: &[&Item<'c>], code: usize, rows: &[RowId]) -> Option<FactId> {
        let related = |other: usize| {
            spoken::code_families(other).any(|family| spoken::code_families(code).any(|own| own == family))
        };
        let codes: Vec<usize> = told
            .iter()
            .filter_map(|item| match item.kind {
                ItemKind::Code(other) if related(other) => Some(other),
                _ => None,
            })
            .collect();
        let outside = |row: &&RowId| !codes.iter().any(|code| self.row_has_code(**row, *code));
        rows.iter().filter(outside).find_map(|row| self.status_of(*row, code))
    }

    /// The time of a row that has another one where a time is told of all, and some row has it.
    fn not_at_the_time(&self, unit: &Unit, item: &Item<'c>, rows: &[RowId]) -> Option<FactId> {
        let ItemKind::Time(wanted) = item.kind else { return None };
        if self.is_given_time(wanted) {
            return None;
        }
        let nouns = self.time_nouns(unit, item);
        let of = |row: RowId| {
            let times = facts_of(self.evidence, &[row], |fact| instant(fact.value).is_some());
            let is_typed = |id: &FactId| nouns.iter().any(|noun| self.evidence.fact(*id).is_of(*noun));
            let typed: Vec<FactId> = times.iter().copied().filter(is_typed).collect();
            if typed.is_empty() { times } else { typed }
        };
        let holds = |ids: &[FactId]| {
            ids.iter().any(|id| self.time_is(self.evidence, self.evidence.fact(*id), wanted) == Some(TimeMatch::Yes))
        };
        let times: Vec<Vec<FactId>> = rows.iter().map(|row| of(*row)).collect();
        let other = times.iter().find(|ids| !ids.is_empty() && !holds(ids))?;
        times.iter().any(|ids| holds(ids)).then(|| other.first().copied())?
    }
}
