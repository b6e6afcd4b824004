//! Which words of a unit deny which rows: "no open cases", "do not show any cases",
//! "Of the seven there is none". Whether the denial is right is for `absence`; denied
//! attributes are for `unsaid`.

use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::words;
use std::ops::Range;

impl<'c, 'a> Checker<'c, 'a> {
    /// The words that deny, and what they deny.
    pub(super) fn denied(&self, unit: &Unit) -> Option<(Range<usize>, Option<usize>)> {
        let spots: Vec<&spoken::Spot> = self.draft.spots_in(&unit.span).collect();
        let objects = || {
            spots.iter().filter_map(|spot| match spot.meaning {
                Meaning::Object(object) => Some((spot.start, spot.end, object)),
                _ => None,
            })
        };
        for spot in &spots {
            let failed = |failure: &&spoken::Spot| {
                // "No pude buscar": the call failed, nothing is said to be absent.
                failure.meaning == Meaning::Cue(Cue::Failure) && failure.start <= spot.start && spot.end <= failure.end
            };
            if spot.meaning != Meaning::Cue(Cue::None) || spots.iter().copied().any(|other| failed(&other)) {
                continue;
            }
            let after = objects().find(|(start, _, _)| {
                *start >= spot.end
                    && self.draft.words_in(&(spot.end..*start)).len() <= 4
                    && !self.draft.slice(&(spot.end..*start)).contains([',', ';', ':', '.'])
                    // "no closing time for case 4711": an attribute is missing, no case.
                    && !spots.iter().any(|noun| {
                        // "no low-priority case" denies a case.
                        let coded = || {
                            let code = |other: &&spoken::Spot| matches!(other.meaning, Meaning::Code(_));
                            let before = |other: &&spoken::Spot| spot.end <= other.start && other.end <= noun.end;
                            spots.iter().copied().any(|other| code(&other) && before(&other))
                                && self.draft.words_in(&(noun.end..*start)).is_empty()
                        };
                        lacks_that(&noun.meaning) && spot.end <= noun.start && noun.end <= *start && !coded()
                    })
            });
            let before = || {
                let cjk = self.draft.slice(&(spot.start..spot.end)).chars().any(words::is_cjk);
                let lacks = |end: usize| {
                    spots.iter().any(|noun| lacks_that(&noun.meaning) && end <= noun.start && noun.end <= spot.start)
                };
                objects()
                    .filter(|(_, end, _)| cjk && *end <= spot.start && !lacks(*end))
                    .max_by_key(|(start, _, _)| *start)
            };
            if let Some((start, end, object)) = after.or_else(before) {
                return Some((spot.start.min(start)..end.max(spot.end), Some(object)));
            }
        }
        if let Some((start, end, object)) = self.not_shown(&unit.span).or_else(|| self.none_of_these(unit, &spots)) {
            return Some((start..end, Some(object)));
        }
        let spot = spots.iter().find(|spot| {
            // "クローズ日時がありません": an attribute is missing.
            let lacking = spots.iter().any(|noun| {
                lacks_that(&noun.meaning)
                    && noun.end <= spot.start
                    && self.draft.words_in(&(noun.end..spot.start)).len() <= 1
                    && self.draft.slice(&(spot.start..spot.end)).chars().any(words::is_cjk)
            });
            spot.meaning == Meaning::Cue(Cue::NothingFound)
                && !lacking
                && self.draft.words_in(&(spot.start..spot.end)).len() > 1
        })?;
        Some((spot.start..spot.end, objects().map(|(_, _, object)| object).next()))
    }

    /// "The results do not show any open cases": rows that are denied by a verb.
    pub(super) fn not_shown(&self, unit: &Range<usize>) -> Option<(usize, usize, usize)> {
        let spots: Vec<&spoken::Spot> = self.draft.spots_in(unit).collect();
        let closing = || {
            // Japanese denies at the end: "… ケースは含まれていません".
            let spot = spots.iter().rev().find(|spot| spot.meaning == Meaning::Cue(Cue::Unknown))?;
            let text = self.draft.slice(&(spot.start..spot.end));
            text.contains(['含', '示', '載']).then_some(spot.start..spot.end)
        };
        let verb = self.denied_verb(unit).or_else(|| self.denied_word(unit, Cue::Holds)).or_else(closing)?;
        let cjk = self.draft.slice(&verb).chars().any(words::is_cjk);
        let object = spots.iter().find_map(|spot| match spot.meaning {
            Meaning::Object(object) if !cjk && spot.start >= verb.end => Some((spot.start, spot.end, object)),
            _ => None,
        });
        let object = object.or_else(|| {
            spots.iter().rev().find_map(|spot| match spot.meaning {
                Meaning::Object(object) if cjk && spot.end <= verb.start => Some((spot.start, spot.end, object)),
                _ => None,
            })
        });
        let (start, end, object) = object?;
        let gap = verb.end.min(end)..verb.start.max(start);
        let between = |spot: &&&spoken::Spot| gap.start <= spot.start && spot.end <= gap.end;
        let other_thing = spots
            .iter()
            .filter(between)
            .any(|spot| lacks_that(&spot.meaning) || (spot.meaning == Meaning::Cue(Cue::All) && !self.says_any(spot)));
        let named_thing = || {
            // "do not give case 4711's priority": the attribute of a named row, not the row.
            let after = self.items(&(end..unit.end)).into_iter().next()?;
            let beside = self.draft.words_in(&(end..after.span.start)).len() <= 1;
            let attribute =
                spots.iter().any(|spot| matches!(spot.meaning, Meaning::Noun(_)) && spot.start >= after.span.end);
            Some(beside && !self.mention(&after).own.is_empty() && attribute)
        };
        let far = self.draft.words_in(&gap).len() > if cjk { 16 } else { 5 }
            || self.unread_words(&gap, &self.items(&gap)) > 0
            || self.asks_in(&gap);
        if other_thing || far || self.draft.slice(&gap).contains([',', ';', ':']) || named_thing() == Some(true) {
            return None;
        }
        Some((verb.start.min(start), verb.end.max(end), object))
    }

    /// "Of the seven cases there is none with priority low": the object is said before.
    pub(super) fn none_of_these(&self, unit: &Unit, spots: &[&spoken::Spot]) -> Option<(usize, usize, usize)> {
        let none = spots.iter().find(|spot| spot.meaning == Meaning::Cue(Cue::None))?;
        let text = self.draft.slice(&(none.start..none.end));
        let coded = spots.iter().any(|spot| matches!(spot.meaning, Meaning::Code(_)) && spot.start >= none.end);
        let lacks = spots.iter().any(|spot| {
            lacks_that(&spot.meaning)
                && spot.start >= none.end
                && self.draft.words_in(&(none.end..spot.start)).len() <= 1
        });
        if !coded
            || lacks
            || self.asks_in(&(none.end..unit.span.end))
            || text.chars().any(words::is_cjk)
            || self.denied_noun(&unit.span).is_some()
        {
            return None;
        }
        let object = spots.iter().rev().find_map(|spot| match spot.meaning {
            Meaning::Object(object) if spot.end <= none.start && spoken::object(object) != "result" => {
                Some((spot.end, object))
            }
            _ => None,
        });
        let (end, object) = object?;
        let gap = end..none.start;
        let near = self.draft.words_in(&gap).len() <= 6 && !self.draft.slice(&gap).contains([';', ':', '.']);
        near.then_some((none.start, none.end, object))
    }

    pub(super) fn says_any(&self, spot: &spoken::Spot) -> bool {
        words::fold(self.draft.slice(&(spot.start..spot.end))) == "any"
    }
}

/// Whether something stands between a denial and an object that is denied instead of it: an
/// attribute ("no closing time for case 4711") or what is known ("no information about it").
pub(super) fn lacks_that(meaning: &Meaning) -> bool {
    matches!(meaning, Meaning::Noun(_) | Meaning::Cue(Cue::Information))
}
