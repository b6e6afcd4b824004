//! Which way something went: "from A to B" where a record has A as its source and B
//! as its destination. Only said of two values that one record holds on opposite
//! sides; a sentence that denies is left alone.

use std::ops::Range;

use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::values::ItemKind;
use crate::domain::grounding::words;

/// Words right before the place something comes from, folded.
const FROM: [&str; 8] = ["from", "fra", "från", "von", "vom", "depuis", "desde", "から"];
/// Words right before the place something goes to, folded.
const TO: [&str; 13] = ["to", "towards", "til", "mot", "till", "an", "nach", "zu", "vers", "à", "hacia", "へ", "に"];
/// Words that may stand between such a word and the value: what kind of thing it is.
const KIND: [&str; 10] =
    ["the", "host", "address", "ip", "adresse", "adressen", "adress", "dirección", "verten", "die"];

/// A side of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Source,
    Destination,
}

/// A value that one record holds on one side.
struct Endpoint {
    span: Range<usize>,
    held: (FactId, Side),
    told: Option<Side>,
}

impl Checker<'_, '_> {
    /// "From A to B" against the sides that the record has them on.
    pub(super) fn direction_of(&mut self, unit: &Unit) {
        if self.draft.has(&unit.span, Cue::Not) {
            return;
        }
        let ends: Vec<Endpoint> = self
            .items(&unit.span)
            .into_iter()
            .filter(|item| matches!(item.kind, ItemKind::Identifier(_)))
            .filter_map(|item| {
                let facts = self.mention(&item).facts;
                let held = self.one_side(&facts)?;
                let told = self.told_side(unit, &item.span);
                Some(Endpoint { span: item.span, held, told })
            })
            .collect();
        for end in &ends {
            let wrong = end.told.is_some_and(|told| told != end.held.1);
            let opposite = ends.iter().any(|other| {
                let row = |id: FactId| self.evidence.fact(id).row;
                other.held.1 != end.held.1 && row(other.held.0) == row(end.held.0)
            });
            if wrong && opposite {
                let finding = Finding::WrongValue(end.held.0, self.says(end.held.0));
                let code = ViolationCode::WrongValue;
                self.found(&end.span, ClaimKind::EntityAttribute, finding, code, code);
            }
        }
    }

    /// The side that all records with a value have it on.
    fn one_side(&self, facts: &[FactId]) -> Option<(FactId, Side)> {
        let side = |id: &FactId| {
            let path = self.evidence.path(self.evidence.fact(*id));
            path.iter().find_map(|key| {
                let key = words::fold(key);
                if key.starts_with("source") || key.starts_with("src") {
                    Some(Side::Source)
                } else if key.starts_with("dest") || key.starts_with("dst") {
                    Some(Side::Destination)
                } else {
                    None
                }
            })
        };
        let mut sides = facts.iter().take(2000).filter_map(|id| Some((*id, side(id)?)));
        let first = sides.next()?;
        sides.all(|(_, side)| side == first.1).then_some(first)
    }

    /// The side that the words beside a value tell.
    fn told_side(&self, unit: &Unit, span: &Range<usize>) -> Option<Side> {
        let of = |text: &str| {
            let text = words::fold(text);
            if FROM.contains(&text.as_str()) {
                Some(Side::Source)
            } else if TO.contains(&text.as_str()) {
                Some(Side::Destination)
            } else {
                None
            }
        };
        let after = self.draft.text.get(span.end..unit.span.end).unwrap_or_default().trim_start();
        let particle = ["から", "へ", "に"].into_iter().find(|particle| after.starts_with(particle));
        if let Some(particle) = particle {
            return of(particle);
        }
        let before = self.draft.words_in(&(unit.span.start..span.start));
        let mut back = before.iter().rev().map(|word| self.draft.slice(&word.range()));
        let word = back.find(|word| !KIND.contains(&words::fold(word).as_str()))?;
        let gap = before.iter().rev().find(|own| self.draft.slice(&own.range()) == word)?;
        let plain = !self.draft.slice(&(gap.end..span.start)).contains([',', ';', ':', '(', ')']);
        of(word).filter(|_| plain)
    }
}
