//! "The results do not say X": right exactly when nothing is stored there, wrong when
//! the named attribute of that record has a value, and for the judge when the words do
//! not name an attribute that is known. "Nothing about the case" is wrong when a result
//! holds the case. Absent rows ("no open cases") are for `absence`.

use std::ops::Range;

use crate::domain::grounding::bind::Strength;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::spoken::Spot;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::verify::values::ItemKind;
use crate::domain::grounding::words;
use crate::domain::outcome::Outcome;

/// Words between a denial and what it denies.
const NEAR: usize = 8;

/// What a question word asks for: which attributes can answer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// A person.
    Who,
    /// A time.
    When,
    /// A reason or manner: no attribute answers it.
    Why,
    /// Yes or no.
    Whether,
}

/// Question words, folded; those of one language are no other word of another.
#[rustfmt::skip]
const QUESTIONS: &[(Asked, &[&str])] = &[
    (Asked::Who, &["who", "whom", "hvem", "vem", "wer", "wem", "qui", "quién", "quien", "誰"]),
    (Asked::When, &["when", "hvornår", "når", "när", "wann", "quand", "cuándo", "cuando"]),
    (Asked::Why, &["why", "how", "hvorfor", "hvordan", "varför", "hur", "warum", "wieso", "wie", "pourquoi", "comment", "cómo", "porqué"]),
    (Asked::Whether, &["whether", "if", "that", "hvorvidt", "huruvida", "ob", "dass", "si", "at", "att", "que", "om"]),
];

/// The words by which a unit says that something is not said.
struct Denial {
    span: Range<usize>,
    /// Said of what a result tells, not of a value that is missing.
    is_verb: bool,
    /// "No information": of a thing as a whole, if no attribute is named.
    is_information: bool,
}

impl<'c> Checker<'c, '_> {
    /// Whether nothing is stored there: null, an empty text, or a time of 0.
    pub(super) fn is_unset(&self, id: FactId) -> bool {
        let fact = self.evidence.fact(id);
        let is_time = || words::fold(fact.key).contains("time");
        fact.value.is_null() || fact.text() == Some("") || (fact.value.as_u64() == Some(0) && is_time())
    }

    /// A verb of saying that is denied: "do not show", "nennt … nicht".
    pub(super) fn denied_verb(&self, unit: &Range<usize>) -> Option<Range<usize>> {
        self.denied_word(unit, Cue::Tells)
    }

    /// A verb that is denied, of the kind of a cue.
    pub(super) fn denied_word(&self, unit: &Range<usize>, verb: Cue) -> Option<Range<usize>> {
        let spots: Vec<&Spot> = self.draft.spots_in(unit).collect();
        let of = |cue: Cue| spots.iter().copied().filter(move |spot| spot.meaning == Meaning::Cue(cue));
        of(verb).find_map(|tells| {
            of(Cue::Not).find_map(|not| {
                let (from, to) = if not.end <= tells.start { (not.end, tells.start) } else { (tells.end, not.start) };
                let gap = self.draft.slice(&(from.min(to)..to));
                let words = self.draft.words_in(&(from.min(to)..to)).len();
                let near = from <= to && !gap.contains([',', ';', ':']);
                let beside = near && words <= 2;
                // German closes with the denial: "nennt die Priorität von Fall 4711 nicht".
                let closes = near
                    && not.start >= tells.end
                    && words <= 2 * NEAR
                    && self.draft.words_in(&(not.end..unit.end)).len() <= 1
                    && self.input.language == crate::domain::lang::Lang::De;
                if beside {
                    Some(tells.start.min(not.start)..tells.end.max(not.end))
                } else {
                    closes.then_some(tells.start..tells.end)
                }
            })
        })
    }

    fn denial(&self, unit: &Range<usize>) -> Option<Denial> {
        let spots: Vec<&Spot> = self.draft.spots_in(unit).collect();
        let of = |cue: Cue| spots.iter().copied().filter(move |spot| spot.meaning == Meaning::Cue(cue));
        let information = of(Cue::Information).find(|info| {
            of(Cue::None).any(|none| {
                let after = none.end <= info.start && self.draft.words_in(&(none.end..info.start)).len() <= 2;
                let behind = info.end <= none.start && self.draft.words_in(&(info.end..none.start)).len() <= 1;
                after || behind
            })
        });
        let verb = self.denied_verb(unit);
        let told = |span: &Range<usize>| {
            of(Cue::Information).any(|info| {
                info.start >= span.start
                    && info.start.saturating_sub(span.end) < 200
                    && self.draft.words_in(&(span.end..info.start.max(span.end))).len() <= 2
            })
        };
        let unknown = of(Cue::Unknown).map(|spot| spot.start..spot.end).find(|span| !self.is_in_a_name(unit, span));
        if let Some(info) = information {
            return Some(Denial { span: info.start..info.end, is_verb: true, is_information: true });
        }
        if let Some(span) = verb {
            let is_information = told(&span);
            return Some(Denial { span, is_verb: true, is_information });
        }
        let span = unknown?;
        let holds_verb =
            of(Cue::Tells).chain(of(Cue::Information)).any(|spot| span.start < spot.end && spot.start < span.end);
        let is_information = of(Cue::Information).any(|spot| span.start <= spot.start && spot.end <= span.end);
        Some(Denial { span, is_verb: holds_verb, is_information })
    }

    /// Whether words are part of a printed value ("Upload to unknown storage") or of a contraction
    /// that reads like "N/A" ("n'a").
    fn is_in_a_name(&self, unit: &Range<usize>, span: &Range<usize>) -> bool {
        let text = self.draft.slice(span);
        text.contains(['\'', '’']) && text.chars().count() <= 4
            || self
                .index
                .phrases_in(unit)
                .any(|phrase| phrase.words > 1 && phrase.span.start <= span.start && span.end <= phrase.span.end)
            || self.quotes.iter().any(|quote| quote.start <= span.start && span.end <= quote.end)
    }

    /// Statements that something is not said or not there.
    pub(super) fn unsaid(&mut self, unit: &Unit, about: &Subject) {
        if let Some(noun) = self.denied_noun(&unit.span) {
            let noun = self.assigned_for(&unit.span, noun);
            return self.lacking(unit, noun, about);
        }
        let Some(denial) = self.denial(&unit.span) else { return };
        if denial.is_verb && !denial.is_information && self.not_shown(&unit.span).is_some() {
            return;
        }
        let asked = self.asked(&unit.span, &denial.span);
        if asked == Some(Asked::Why) {
            let reason = "a reason or manner is said not to be told".to_owned();
            return self.open_denial(&denial, reason);
        }
        let Some((place, noun)) = self.unsaid_noun(unit, &denial) else {
            return self.unsaid_as_a_whole(unit, &denial, about);
        };
        let Some(noun) = answering(noun, asked) else {
            return self.open_denial(&denial, "no attribute that code knows".to_owned());
        };
        let noun = self.assigned_for(&unit.span, noun);
        let rows: Vec<RowId> = about.rows().take(64).collect();
        let own = self.of_whom(unit, noun, self.attribute_facts(&rows, &[noun]));
        let unset = own.iter().any(|id| self.is_unset(*id));
        let known = own.iter().copied().find(|id| !self.is_unset(*id));
        let span = denial.span.start.min(place.start)..denial.span.end.max(place.end);
        let finding = match known {
            Some(_) if unset && denial.is_verb => Finding::Open("one of several such fields is empty".to_owned()),
            Some(id) if !unset => {
                if self.unread_beside(unit, &denial.span, &place) {
                    Finding::Open("more is said than an attribute".to_owned())
                } else {
                    Finding::WrongValue(id, self.says(id))
                }
            }
            None if own.is_empty() && denial.is_verb && self.unread_beside(unit, &denial.span, &place) => {
                Finding::Open("more is said than an attribute".to_owned())
            }
            _ => Finding::Supported(own, "the results do not say".to_owned()),
        };
        let (wrong, missing) = (ViolationCode::WrongValue, ViolationCode::UnsupportedStatement);
        self.found(&span, ClaimKind::Boolean, finding, wrong, missing);
    }

    /// A value that is said not to be told: "does not say whether case 4711 is closed". Says
    /// whether it was one.
    pub(super) fn said_unsaid(&mut self, unit: &Unit, item: &Item<'c>, code: usize, about: &Subject) -> bool {
        let before = unit.span.start..item.span.start;
        let Some(denial) = self.denial(&before).filter(|denial| denial.is_verb) else { return false };
        let gap = denial.span.end..item.span.start;
        let asked = self.asked(&before, &denial.span);
        if matches!(asked, Some(Asked::When | Asked::Who | Asked::Why)) {
            // "does not say when it was closed": no state is told.
            self.covered.push(item.span.clone());
            return true;
        }
        if asked != Some(Asked::Whether)
            || self.draft.slice(&gap).contains([',', ';', ':'])
            || about.strength < Strength::Near
        {
            return false;
        }
        let families: Vec<usize> = spoken::code_families(code).filter_map(spoken::noun_index).collect();
        let rows: Vec<RowId> = about.rows().take(64).collect();
        let own = self.attribute_facts(&rows, &families);
        let finding = match own.iter().copied().find(|id| !self.is_unset(*id)) {
            Some(id) => Finding::WrongValue(id, self.says(id)),
            None => Finding::Supported(own, "the results do not say".to_owned()),
        };
        let (wrong, missing) = (ViolationCode::WrongValue, ViolationCode::UnsupportedStatement);
        self.found(&item.span, ClaimKind::EntityAttribute, finding, wrong, missing);
        true
    }

    /// "It has no owner": right exactly when none is stored.
    fn lacking(&mut self, unit: &Unit, noun: usize, about: &Subject) {
        let spot = self.draft.spots_in(&unit.span).find(|spot| spot.meaning == Meaning::Noun(noun));
        let Some(span) = spot.map(|spot| spot.start..spot.end) else { return };
        let negated_value = self
            .items(&(span.end..unit.span.end))
            .first()
            .is_some_and(|item| self.draft.words_in(&(span.end..item.span.start)).len() <= 2)
            || self.names_next(unit, span.end);
        let rows: Vec<RowId> =
            about.rows().filter(|row| !self.evidence.rows[*row as usize].envelope).take(64).collect();
        if rows.is_empty()
            || (negated_value && !self.denial(&unit.span).is_some_and(|denial| denial.is_verb))
            || about.by_attribute.is_some()
        {
            return;
        }
        let own = self.of_whom(unit, noun, self.attribute_facts(&rows, &[noun]));
        let unset = own.iter().any(|id| self.is_unset(*id));
        let known = own.iter().copied().find(|id| !self.is_unset(*id)).filter(|_| !unset);
        let finding = match known {
            Some(id) => Finding::WrongValue(id, self.says(id)),
            None => Finding::Supported(own, "nothing is stored".to_owned()),
        };
        let (wrong, missing) = (ViolationCode::WrongValue, ViolationCode::UnsupportedStatement);
        self.found(&span, ClaimKind::Boolean, finding, wrong, missing);
    }

    /// Whether a name of its own follows: "not assigned to Kari Solheim".
    fn names_next(&self, unit: &Unit, from: usize) -> bool {
        self.draft.words_in(&(from..unit.span.end)).iter().take(2).any(|word| {
            let text = self.draft.slice(&word.range());
            let known = self.draft.spots_in(&unit.span).any(|spot| spot.start <= word.start && word.end <= spot.end);
            text.chars().next().is_some_and(char::is_uppercase) && !known
        })
    }

    /// "No user is assigned", "no user is entered for the case": of all users of a record, the
    /// assigned one.
    pub(super) fn assigned_for(&self, unit: &Range<usize>, noun: usize) -> usize {
        let assigned = spoken::noun_index("assigned").filter(|assigned| {
            let spoken_of = || self.draft.spots_in(unit).any(|spot| spot.meaning == Meaning::Noun(*assigned));
            // "No user is entered for the case": a record that is assigned has users of other kinds too.
            let denied = || self.attribute_exists(*assigned) && self.denied_noun(unit) == Some(noun);
            spoken::noun(noun) == "user" && (spoken_of() || denied())
        });
        assigned.unwrap_or(noun)
    }

    /// Of several assignees those that the unit speaks of: the user's or the technician's.
    fn of_whom(&self, unit: &Unit, noun: usize, own: Vec<FactId>) -> Vec<FactId> {
        if spoken::noun(noun) != "assigned" {
            return own;
        }
        let says_user = self.draft.spots_in(&unit.span).any(|spot| {
            let user = match spot.meaning {
                Meaning::Noun(noun) => spoken::noun(noun) == "user",
                Meaning::Object(object) => spoken::object(object) == "user",
                _ => false,
            };
            user || (spot.meaning == Meaning::Noun(noun)
                && words::fold(self.draft.slice(&(spot.start..spot.end))).contains("user"))
        });
        let of_user = |id: &FactId| {
            let fact = self.evidence.fact(*id);
            words::fold(fact.key).contains("user") || words::fold(fact.group).contains("user")
        };
        let users: Vec<FactId> = own.iter().copied().filter(of_user).collect();
        if says_user && !users.is_empty() { users } else { own }
    }

    /// The attribute that is said not to be told.
    fn unsaid_noun(&self, unit: &Unit, denial: &Denial) -> Option<(Range<usize>, usize)> {
        let span = &denial.span;
        let near = |from: usize, to: usize| {
            // "Resultatet siger ikke, hvem …": a comma right behind the denial parts nothing.
            let gap = self.draft.slice(&(from..to));
            let asks = from == span.end && self.asked(&(from..to), &(from..from)).is_some();
            let gap = gap.strip_prefix(',').filter(|_| asks).unwrap_or(gap);
            (!gap.contains([',', ';', '.']))
                .then(|| self.draft.words_in(&(from..to)).len())
                .filter(|words| *words <= NEAR || gap.chars().any(words::is_cjk) && *words <= 2 * NEAR)
        };
        let nouns = self.draft.spots_in(&unit.span).filter_map(|spot| match spot.meaning {
            Meaning::Noun(noun) if spot.start >= span.end => Some((near(span.end, spot.start)?, spot, noun)),
            // What stands before a verb is the speaker: "the case results do not say …".
            Meaning::Noun(noun) if spot.end <= span.start && (!denial.is_verb || self.ends_in_denial(unit, span)) => {
                Some((near(spot.end, span.start)?, spot, noun))
            }
            _ => None,
        });
        // A customer or a user that is named beside its noun is whose the attribute is.
        let named = |spot: &Spot| {
            let after = self.items(&(spot.end..unit.span.end)).into_iter().next();
            after.is_some_and(|item| {
                matches!(item.kind, ItemKind::Identifier(_) | ItemKind::Phrase(_) | ItemKind::Number(_))
                    && self.draft.words_in(&(spot.end..item.span.start)).is_empty()
            })
        };
        nouns
            .filter(|(_, spot, _)| !named(spot))
            .filter(|(_, _, noun)| spoken::noun(*noun) != "fieldId")
            .min_by_key(|(distance, spot, _)| (*distance, std::cmp::Reverse(spot.end - spot.start)))
            .map(|(_, spot, noun)| (spot.start..spot.end, noun))
            .or_else(|| {
                // "when it was closed": the state stands for its time.
                let is_closed =
                    |spot: &&Spot| matches!(spot.meaning, Meaning::Code(code) if spoken::code(code) == "closed");
                let asks = matches!(self.asked(&unit.span, span), Some(Asked::When | Asked::Who));
                let spot = self.draft.spots_in(&(span.end..unit.span.end)).find(is_closed).filter(|_| asks)?;
                Some((spot.start..spot.end, spoken::noun_index("closedTime")?))
            })
    }

    /// Whether a denial closes its unit, as in Japanese and in "… is not given".
    fn ends_in_denial(&self, unit: &Unit, span: &Range<usize>) -> bool {
        self.draft.words_in(&(span.end..unit.span.end)).len() <= 4
    }

    /// "The results have nothing on case 4711": wrong when one of them holds it.
    fn unsaid_as_a_whole(&mut self, unit: &Unit, denial: &Denial, about: &Subject) {
        if !denial.is_verb {
            return;
        }
        let other = self.draft.has(&unit.span, Cue::Other);
        let unread = self.unread_beside(unit, &denial.span, &denial.span);
        let is_object = |spot: &Spot| matches!(spot.meaning, Meaning::Object(_) | Meaning::Cue(Cue::Pronoun));
        let spoken_of = self.draft.spots_in(&unit.span).any(is_object)
            || (about.strength == Strength::Named && about.by_attribute.is_none());
        let row = about.first().filter(|row| {
            !self.evidence.rows[*row as usize].envelope && about.groups.len() == 1 && about.by_attribute.is_none()
        });
        let (wrong, missing) = (ViolationCode::WrongValue, ViolationCode::UnsupportedStatement);
        let empty = self.input.results.iter().all(|result| result.outcome == Outcome::Empty);
        if denial.is_information && row.is_none() && empty && !self.input.results.is_empty() {
            let finding = Finding::Supported(Vec::new(), "the call succeeded and matched nothing".to_owned());
            return self.found(&denial.span, ClaimKind::Absence, finding, wrong, missing);
        }
        match row.filter(|_| denial.is_information && spoken_of && !other && !unread) {
            Some(row) => {
                let (ids, reason) = self.record_in_short(row);
                if ids.is_empty() {
                    return;
                }
                self.found(&denial.span, ClaimKind::Absence, Finding::Wrong(ids, reason), wrong, missing);
            }
            None if denial.is_information || unread => {
                self.open_denial(denial, "no attribute that code knows".to_owned());
            }
            None => {}
        }
    }

    fn open_denial(&mut self, denial: &Denial, reason: String) {
        let code = ViolationCode::UnsupportedStatement;
        self.found(&denial.span, ClaimKind::Statement, Finding::Open(reason), code, code);
    }

    /// What the first question word behind a denial asks for.
    fn asked(&self, unit: &Range<usize>, denial: &Range<usize>) -> Option<Asked> {
        self.questions_in(&(denial.start..unit.end), NEAR)
    }

    /// What the question words among the first words of a range ask for; "whether" and "about",
    /// which are one word in some languages, only if there is no other.
    fn questions_in(&self, range: &Range<usize>, most: usize) -> Option<Asked> {
        let asked = |word: &words::Word| {
            let text = words::fold(self.draft.slice(&word.range()));
            QUESTIONS.iter().find(|(_, words)| words.contains(&text.as_str())).map(|(asked, _)| *asked)
        };
        let all: Vec<Asked> = self.draft.words_in(range).iter().take(most).filter_map(asked).collect();
        all.iter().copied().find(|asked| *asked != Asked::Whether).or_else(|| all.first().copied())
    }

    /// Whether a question word stands in a range.
    pub(super) fn asks_in(&self, range: &Range<usize>) -> bool {
        self.questions_in(range, NEAR).is_some()
    }

    /// Content words of the clause that no value, spoken form or name accounts for: more is meant
    /// than the attribute alone ("the source of the infection").
    pub(super) fn unread_beside(&self, unit: &Unit, denial: &Range<usize>, place: &Range<usize>) -> bool {
        let start = denial.start.min(place.start);
        let end = unit.span.end;
        let items = self.items(&unit.span);
        let cut = self.draft.slice(&(denial.end.max(place.end)..end)).find([',', ';', '(']);
        let end = cut.map_or(end, |cut| denial.end.max(place.end) + cut);
        self.unread_words(&(start..end), &items) > 0
    }
}

/// The attribute that answers the question, starting from the one that is named.
fn answering(noun: usize, asked: Option<Asked>) -> Option<usize> {
    let name = spoken::noun(noun);
    let person = matches!(
        name,
        "assigned" | "reporter" | "createdBy" | "updatedBy" | "closedBy" | "author" | "customer" | "user"
    );
    let time = matches!(name, "created" | "updated" | "closedTime" | "published" | "due" | "firstSeen" | "lastSeen");
    match asked {
        Some(Asked::Who) if person => Some(noun),
        Some(Asked::Who) => spoken::noun_index(match name {
            "created" => "createdBy",
            "updated" => "updatedBy",
            "closedTime" => "closedBy",
            _ => return None,
        }),
        Some(Asked::When) => time.then_some(noun),
        Some(Asked::Why) => None,
        Some(Asked::Whether) | None => Some(noun),
    }
}
