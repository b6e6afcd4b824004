//! Coded values and yes-or-no attributes. Three-valued: null or absent is neither
//! yes nor no, and only "not stated" is supported by it.

use std::ops::Range;

use serde_json::Value;

use crate::domain::grounding::bind::Strength;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::bind::facts_of;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::sentence::UnitKind;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::verify::values::ItemKind;
use crate::domain::grounding::words;

impl<'c> Checker<'c, '_> {
    /// Whether a stored value is a code: by name, or a severity number with its word.
    pub(super) fn code_fact(fact: &Fact<'_>, code: usize) -> bool {
        match fact.value {
            Value::String(text) => spoken::code_is(code, text),
            Value::Number(number) if words::fold(fact.key) == "severity" => {
                let word = match number.as_u64() {
                    Some(0..=3) => "high",
                    Some(4 | 5) => "medium",
                    Some(6) => "low",
                    Some(7) => "info",
                    _ => return false,
                };
                spoken::code(code) == word
            }
            _ => false,
        }
    }

    pub(super) fn code(&mut self, unit: &Unit, items: &[Item<'c>], at: usize, code: usize, about: &Subject) {
        let item = &items[at];
        if self.is_filter(unit, items, at) {
            return self.covered.push(item.span.clone());
        }
        let lasted = items.get(at + 1).is_some_and(|next| {
            matches!(next.kind, ItemKind::Duration(_))
                && self.draft.words_in(&(item.span.end..next.span.start)).len() <= 3
        }) || at.checked_sub(1).and_then(|before| items.get(before)).is_some_and(|before| {
            matches!(before.kind, ItemKind::Duration(_))
                && self.draft.words_in(&(before.span.end..item.span.start)).len() <= 1
        });
        if spoken::code(code) == "#open" && lasted {
            // "was open for two days": a length of time, no state.
            return self.covered.push(item.span.clone());
        }
        if self.said_unsaid(unit, item, code, about) {
            return;
        }
        let nouns = self.nouns_of(unit, items, &item.span);
        let families: Vec<usize> = spoken::code_families(code).filter_map(spoken::noun_index).collect();
        let meant: Vec<usize> =
            nouns.iter().copied().filter(|noun| families.contains(noun) || related(*noun, &families)).collect();
        if !nouns.is_empty() && meant.is_empty() && !families.is_empty() && spoken::code(code) != "closed" {
            // "high CPU", "critical service": an adjective of something else.
            return;
        }
        let is_flag = spoken::code_families(code).any(|family| family == "flag");
        let negated = self.negated(unit, &item.span) || (is_flag && self.denied_before(unit, &item.span));
        let finding = if about.is_none() || about.strength < Strength::Near {
            self.anywhere(code, &meant, negated)
        } else {
            self.of_subject(code, if meant.is_empty() { &families } else { &meant }, negated, about, !meant.is_empty())
        };
        let finding = match finding {
            Finding::Missing(_) if self.has_data_of(&families) && self.denied_before(unit, &item.span) => {
                Finding::Supported(Vec::new(), "no result has it, as said".to_owned())
            }
            other => other,
        };
        let (wrong, missing) = (ViolationCode::WrongValue, ViolationCode::UnsupportedStatement);
        self.found(&item.span, ClaimKind::EntityAttribute, finding, wrong, missing);
    }

    /// Whether some result has one of the attributes at all.
    fn has_data_of(&self, nouns: &[usize]) -> bool {
        nouns.iter().any(|noun| self.attribute_exists(*noun))
    }

    fn of_subject(&self, code: usize, nouns: &[usize], negated: bool, about: &Subject, explicit: bool) -> Finding {
        let mut support = Vec::new();
        for group in &about.groups {
            let mut own = self.attribute_facts(group, nouns);
            if own.is_empty() {
                // Flags and the like: any field that holds the code.
                own = facts_of(self.evidence, group, |fact| Self::code_fact(fact, code));
            }
            if self.draft.has_anywhere(Cue::Initially) {
                own.extend(facts_of(self.evidence, group, |fact| is_former(fact.key) && Self::code_fact(fact, code)));
            }
            let holds = own.iter().copied().find(|id| Self::code_fact(self.evidence.fact(*id), code));
            let known = own.iter().copied().find(|id| !self.evidence.fact(*id).value.is_null());
            match (holds, known, negated) {
                (Some(id), _, false) => support.push(id),
                (None, Some(id), true) => support.push(id),
                (Some(id), _, true) => return Finding::WrongValue(id, self.says(id)),
                (None, Some(own), false) => return self.elsewhere(code, own, nouns, about),
                (None, None, _) if explicit => {
                    return Finding::Missing(format!("the results do not say it of {}", self.called(about)));
                }
                (None, None, _) => return Finding::Open("no such attribute in the results".to_owned()),
            }
        }
        Finding::Supported(support, "as stored".to_owned())
    }

    /// The owner has another value: whether someone beside it has the printed one.
    fn elsewhere(&self, code: usize, own: FactId, nouns: &[usize], about: &Subject) -> Finding {
        let subject: Vec<RowId> = about.rows().collect();
        let list = subject.first().and_then(|row| self.evidence.rows[*row as usize].list);
        let siblings = list.and_then(|list| self.evidence.lists.get(list as usize));
        let key = self.evidence.fact(own).key;
        let there = siblings
            .into_iter()
            .flat_map(|list| list.rows.iter().take(2000))
            .filter(|row| !subject.contains(row))
            .find_map(|row| {
                self.evidence.ids_of_row(*row).take(300).find(|id| {
                    let fact = self.evidence.fact(*id);
                    fact.key == key && nouns.iter().any(|noun| Self::is_of(fact, *noun)) && Self::code_fact(fact, code)
                })
            });
        match there {
            Some(there) if subject.len() < 50 => Finding::WrongEntity(there, Some(own), self.says(own)),
            _ => Finding::WrongValue(own, self.says(own)),
        }
    }

    fn anywhere(&self, code: usize, nouns: &[usize], negated: bool) -> Finding {
        let found = self.evidence.facts.iter().position(|fact| {
            Self::code_fact(fact, code) && (nouns.is_empty() || nouns.iter().any(|noun| Self::is_of(fact, *noun)))
        });
        match found.and_then(|id| FactId::try_from(id).ok()) {
            Some(id) if !negated => Finding::Supported(vec![id], "in the results".to_owned()),
            None if !negated && !nouns.is_empty() && nouns.iter().any(|noun| self.attribute_exists(*noun)) => {
                Finding::Missing("no result has this value".to_owned())
            }
            _ if self.without_evidence() && !nouns.is_empty() => Finding::Missing("there is no result".to_owned()),
            _ => Finding::Nothing,
        }
    }

    /// Facts of a group that are of one of the attributes.
    pub(super) fn attribute_facts(&self, group: &[RowId], nouns: &[usize]) -> Vec<FactId> {
        if nouns.is_empty() {
            return Vec::new();
        }
        let direct = facts_of(self.evidence, group, |fact| {
            nouns.iter().any(|noun| Self::is_of(fact, *noun)) && group.contains(&fact.row)
        });
        let mut found = direct;
        if found.is_empty() {
            found = facts_of(self.evidence, group, |fact| nouns.iter().any(|noun| Self::is_of(fact, *noun)));
        }
        if !self.draft.has_anywhere(Cue::Initially) {
            let current: Vec<FactId> =
                found.iter().copied().filter(|id| !is_former(self.evidence.fact(*id).key)).collect();
            if !current.is_empty() {
                return current;
            }
        }
        found
    }

    /// Whether a code only narrows what is counted or listed ("3 open cases", "critical alerts:").
    fn is_filter(&self, unit: &Unit, items: &[Item<'_>], at: usize) -> bool {
        if unit.kind == UnitKind::Heading || self.draft.slice(&unit.span).ends_with(':') {
            return true;
        }
        let span = &items[at].span;
        let next_object = self.draft.spots_in(&unit.span).find_map(|spot| match spot.meaning {
            Meaning::Object(_) if spot.start >= span.end => Some(spot.start..spot.end),
            _ => None,
        });
        let before_object = next_object.is_some_and(|object| {
            let gap = span.end..object.start;
            self.draft.words_in(&gap).len() <= 2
                && !self.draft.slice(&gap).contains([',', ';', ':', '.', '|'])
                && !items.iter().any(|item| {
                    gap.start <= item.span.start && item.span.end <= gap.end && !matches!(item.kind, ItemKind::Code(_))
                })
        });
        let counted =
            items[..at].iter().rev().find(|item| !matches!(item.kind, ItemKind::Code(_))).is_some_and(|item| {
                matches!(item.kind, ItemKind::Number(number) if number.unit.is_none() && !number.id_candidate)
                    && self.mention(item).own.is_empty()
                    && self.draft.words_in(&(item.span.end..span.start)).len() <= 4
                    && !self.draft.slice(&(item.span.end..span.start)).contains([';', ':'])
            });
        let absent = self.draft.spots_in(&unit.span).any(|spot| {
            matches!(spot.meaning, Meaning::Cue(Cue::None))
                && spot.end <= span.start
                && self.draft.words_in(&(spot.end..span.start)).len() <= 2
        });
        before_object || counted || (absent && !items.iter().any(|item| matches!(item.kind, ItemKind::Identifier(_))))
    }

    /// Whether a negation stands right before a value, or closes a Japanese sentence after it.
    pub(super) fn negated(&self, unit: &Unit, span: &Range<usize>) -> bool {
        self.draft.spots_in(&unit.span).any(|spot| {
            if spot.meaning != Meaning::Cue(Cue::Not) {
                return false;
            }
            if spot.end <= span.start {
                let gap = spot.end..span.start;
                return self.draft.words_in(&gap).len() <= 2 && !self.draft.slice(&gap).contains([',', ';', '.', ':']);
            }
            let gap = span.end..spot.start.max(span.end);
            let cjk = self.draft.slice(&(spot.start..spot.end)).chars().all(words::is_cjk);
            cjk && spot.start >= span.end && self.draft.words_in(&gap).len() <= 6
        })
    }

    /// Boolean fields whose name is spoken in the unit.
    pub(super) fn booleans(&mut self, unit: &Unit, about: &Subject) {
        if about.is_none() || about.strength < Strength::Near || unit.kind == UnitKind::Heading {
            return;
        }
        let rows: Vec<RowId> = about.rows().take(64).collect();
        for key in self.evidence.boolean_keys.clone() {
            let stored = !facts_of(self.evidence, &rows, |fact| fact.key == key).is_empty();
            if !stored {
                continue;
            }
            if let Some(span) = self.spoken_name(unit, key) {
                self.boolean(unit, &span, key, about);
            }
        }
        self.success(unit, about, &rows);
        self.unsaid(unit, about);
    }

    /// Whether the words are part of a stored title that the unit holds as it stands: "Drop" in
    /// "Filter 31127 (Drop cleartext passwords)" says nothing about dropping.
    fn in_a_title(&self, unit: &Unit, span: &Range<usize>) -> bool {
        let said = self.draft.slice(&unit.span);
        self.evidence.facts.iter().take(MAX_TITLES).any(|fact| {
            let title = fact.text().filter(|text| is_name(fact.key) && text.trim().contains(' '));
            title.is_some_and(|title| {
                said.match_indices(title).any(|(at, _)| {
                    let start = unit.span.start + at;
                    start <= span.start && span.end <= start + title.len()
                })
            })
        })
    }

    /// "The capture of event X failed": a stored yes or no on success.
    fn success(&mut self, unit: &Unit, about: &Subject, rows: &[RowId]) {
        let at = |cue: Cue| {
            let mut spots = self.draft.spots_in(&unit.span);
            spots.find(|spot| spot.meaning == Meaning::Cue(cue)).map(|spot| spot.start..spot.end)
        };
        let Some(span) = at(Cue::Succeeded).or_else(|| at(Cue::Failure)) else { return };
        let said = at(Cue::Succeeded).is_some() && at(Cue::Not).is_none();
        let stored = facts_of(self.evidence, rows, |fact| {
            matches!(words::fold(fact.key).as_str(), "issuccessful" | "successful" | "success" | "succeeded")
        });
        let [id] = stored.as_slice() else { return };
        if about.strength < Strength::Named {
            return;
        }
        let finding = match self.evidence.fact(*id).value {
            Value::Bool(stored) if *stored == said => Finding::Supported(vec![*id], "as stored".to_owned()),
            Value::Bool(_) => Finding::WrongValue(*id, self.says(*id)),
            _ => return,
        };
        let (wrong, missing) = (ViolationCode::WrongValue, ViolationCode::UnsupportedStatement);
        self.found(&span, ClaimKind::Boolean, finding, wrong, missing);
    }

    fn boolean(&mut self, unit: &Unit, span: &Range<usize>, key: &str, about: &Subject) {
        let unsure = self.draft.has(&unit.span, Cue::Unknown);
        let said = !(self.negated(unit, span) || self.answered_no(unit, span));
        let finding = about.groups.iter().fold(Finding::Nothing, |found, group| {
            if matches!(found, Finding::WrongValue(..) | Finding::Missing(_)) {
                return found;
            }
            let own = facts_of(self.evidence, group, |fact| fact.key == key);
            match own.first().map(|id| (*id, self.evidence.fact(*id).value)) {
                Some((id, Value::Null)) if unsure => Finding::Supported(vec![id], "the results do not say".to_owned()),
                Some((id, Value::Bool(stored))) if *stored == said && !unsure => {
                    Finding::Supported(vec![id], "as stored".to_owned())
                }
                Some((id, Value::Bool(_))) => Finding::WrongValue(id, self.says(id)),
                _ => Finding::Missing(format!("the results do not say whether {key}")),
            }
        });
        let (wrong, missing) = (ViolationCode::WrongValue, ViolationCode::UnsupportedStatement);
        self.found(span, ClaimKind::Boolean, finding, wrong, missing);
    }

    fn answered_no(&self, unit: &Unit, span: &Range<usize>) -> bool {
        self.draft.spots_in(&unit.span).any(|spot| {
            spot.meaning == Meaning::Cue(Cue::NoValue)
                && spot.start >= span.end
                && self.draft.words_in(&(span.end..spot.start)).len() <= 3
        })
    }

    /// The words of a field name, side by side in the unit; words of a title are none.
    pub(super) fn spoken_name(&self, unit: &Unit, key: &str) -> Option<Range<usize>> {
        let mut parts: Vec<u64> = words::name_words(key).iter().map(|part| words::hash(part)).collect();
        if parts.len() > 1 && matches!(words::name_words(key).first().map(String::as_str), Some("is" | "has")) {
            parts.remove(0);
        }
        let found = self.draft.words_in(&unit.span);
        found.windows(parts.len().max(1)).find_map(|window| {
            let same = window.iter().zip(&parts).all(|(word, part)| word.hash == *part);
            let span = (same && !parts.is_empty()).then(|| window[0].start..window[window.len() - 1].end)?;
            (!self.in_a_title(unit, &span)).then_some(span)
        })
    }
}

/// Facts looked at for titles.
const MAX_TITLES: usize = 20_000;

/// Fields that call a record by words of its owner's choice.
fn is_name(key: &str) -> bool {
    matches!(words::fold(key).as_str(), "name" | "subject" | "title" | "headline" | "translation")
}

/// Whether a noun stands for the families of a code under another name ("initial status").
fn related(noun: usize, families: &[usize]) -> bool {
    let id = spoken::noun(noun).to_lowercase();
    families.iter().any(|family| id.ends_with(spoken::noun(*family)))
}

/// Whether a field tells of an earlier state: what is said without "initially" is said of now.
pub(super) fn is_former(key: &str) -> bool {
    let folded = words::fold(key);
    ["initial", "previous", "former", "original"].iter().any(|start| folded.starts_with(start))
}
