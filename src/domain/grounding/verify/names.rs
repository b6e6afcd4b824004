//! Names typed by their context: who a record is assigned to, whose it is, who has so many.
//! A name there that no result and no question has is invented. There is no rule for
//! capital letters in general.

use std::ops::Range;

use crate::domain::grounding::bind::Strength;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::sentence::UnitKind;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::values::ItemKind;
use crate::domain::grounding::words;
use crate::domain::grounding::words::Word;
use crate::domain::lang::Lang;

/// Words between what types a name and the name.
const NEAR: usize = 4;
/// Longest name, in words.
const LONGEST: usize = 5;

impl Checker<'_, '_> {
    /// Names of a unit that its words type and nothing knows.
    pub(super) fn unknown_names(&mut self, unit: &Unit, about: &Subject) {
        if unit.kind == UnitKind::Heading || self.without_evidence() || self.draft.has(&unit.span, Cue::Not) {
            return;
        }
        let typed = self.typing_words(unit);
        let counts = self.input.language != Lang::De && self.counts_objects(unit);
        if typed.is_empty() && !counts {
            return;
        }
        for name in self.capital_runs(unit) {
            let beside = |place: &Range<usize>| {
                let (from, to) =
                    if place.end <= name.start { (place.end, name.start) } else { (name.end, place.start) };
                from <= to && self.draft.words_in(&(from..to)).len() <= NEAR
            };
            let checked = self.covered.iter().any(|span| span.start < name.end && name.start < span.end);
            if !checked && (counts || typed.iter().any(beside)) && !self.is_known(&name) {
                let printed = self.draft.slice(&name);
                let known = self.known_name(unit, about).map(|known| format!("; {known}")).unwrap_or_default();
                let finding = Finding::Missing(format!("no result has {printed}{known}"));
                let code = ViolationCode::InventedValue;
                self.found(&name, ClaimKind::Name, finding, code, code);
            }
        }
    }

    /// What the results have of the subject under the word that types the name.
    fn known_name(&self, unit: &Unit, about: &Subject) -> Option<String> {
        let noun = self.draft.spots_in(&unit.span).find_map(|spot| match spot.meaning {
            Meaning::Noun(noun) if matches!(spoken::noun(noun), "assigned" | "customer" | "reporter") => Some(noun),
            _ => None,
        })?;
        let rows: Vec<RowId> = about.rows().take(1).filter(|_| about.strength >= Strength::Near).collect();
        let own = self.attribute_facts(&rows, &[noun]);
        own.into_iter().find(|id| !self.is_unset(*id)).map(|id| self.says(id))
    }

    /// Words that say that a person or customer follows or went before.
    fn typing_words(&self, unit: &Unit) -> Vec<Range<usize>> {
        let types = |meaning: &Meaning| match meaning {
            Meaning::Noun(noun) => matches!(
                spoken::noun(*noun),
                "assigned" | "customer" | "createdBy" | "updatedBy" | "closedBy" | "reporter"
            ),
            Meaning::Cue(cue) => *cue == Cue::Owned,
            _ => false,
        };
        self.draft.spots_in(&unit.span).filter(|spot| types(&spot.meaning)).map(|spot| spot.start..spot.end).collect()
    }

    fn counts_objects(&self, unit: &Unit) -> bool {
        let figure = self.items(&unit.span).iter().any(|item| {
            matches!(item.kind, ItemKind::Number(number) if number.unit.is_none() && !number.ordinal && !number.id_candidate)
        });
        figure && self.speaks_of_objects(unit)
    }

    /// Two or more words in a row that begin with a capital and are no words of the tables.
    fn capital_runs(&self, unit: &Unit) -> Vec<Range<usize>> {
        let mut runs: Vec<Vec<Word>> = Vec::new();
        let mut open = false;
        for word in self.draft.words_in(&unit.span) {
            let text = self.draft.slice(&word.range());
            let ordinary = super::statements::is_stopword(text)
                || self.draft.spots_in(&unit.span).any(|spot| spot.start <= word.start && word.end <= spot.end);
            let capital =
                text.chars().next().is_some_and(char::is_uppercase) && !text.chars().any(|c| c.is_ascii_digit());
            if !capital || ordinary {
                open = false;
                continue;
            }
            let adjoins = runs
                .last()
                .and_then(|run| run.last())
                .is_some_and(|last| self.draft.text.get(last.end..word.start).is_some_and(|gap| gap == " "));
            match runs.last_mut().filter(|_| open && adjoins) {
                Some(run) => run.push(*word),
                None => runs.push(vec![*word]),
            }
            open = true;
        }
        let long = runs.into_iter().filter(|run| (2..=LONGEST).contains(&run.len()));
        long.filter_map(|run| Some(run.first()?.start..run.last()?.end)).collect()
    }

    /// Whether a result, a call or the question has any word of the name.
    fn is_known(&self, name: &Range<usize>) -> bool {
        let parts: Vec<String> =
            self.draft.words_in(name).iter().map(|word| words::fold(self.draft.slice(&word.range()))).collect();
        let tools = self.input.results.iter().chain(self.input.stale).map(|result| words::fold(&result.tool));
        let named_tool =
            tools.into_iter().any(|tool| parts.iter().any(|part| part.len() > 3 && tool.contains(part.as_str())));
        let telling: Vec<&str> = parts.iter().map(String::as_str).filter(|part| part.chars().count() > 3).collect();
        let whole = words::fold(self.draft.slice(name));
        named_tool
            || (if telling.is_empty() { vec![whole.as_str()] } else { telling }).into_iter().any(|part| {
                self.user.names(part)
                    || self
                        .evidence
                        .facts
                        .iter()
                        .any(|fact| fact.text().is_some_and(|text| words::contains_token(&words::fold(text), part)))
            })
    }
}
