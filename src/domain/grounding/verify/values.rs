//! Walks the values of one unit from left to right, keeps track of whom they are
//! about, and hands each to its family. A printed evidence value that is longer than
//! the atoms inside it stands for itself: it is a quote.

use std::ops::Range;

use crate::domain::grounding::atom;
use crate::domain::grounding::atom::AtomKind;
use crate::domain::grounding::atom::DurationAtom;
use crate::domain::grounding::atom::Identifier;
use crate::domain::grounding::atom::IdentifierClass;
use crate::domain::grounding::atom::NumberAtom;
use crate::domain::grounding::atom::TimeAtom;
use crate::domain::grounding::bind::Strength;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::facts::is_identity;
use crate::domain::grounding::marks::Phrase;
use crate::domain::grounding::marks::atom_lang;
use crate::domain::grounding::marks::prints_as;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::words;
use crate::domain::lang::Lang;

/// One value of a unit.
#[derive(Clone, Debug)]
pub(super) struct Item<'d> {
    pub(super) span: Range<usize>,
    pub(super) kind: ItemKind<'d>,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum ItemKind<'d> {
    Identifier(&'d Identifier),
    Number(&'d NumberAtom),
    Time(&'d TimeAtom),
    Duration(&'d DurationAtom),
    /// A coded value; index of the code.
    Code(usize),
    /// A value of the evidence, word by word.
    Phrase(&'d Phrase),
}

/// Where the evidence has what an item names.
#[derive(Clone, Debug, Default)]
pub(super) struct Mention {
    /// Facts that hold it.
    pub(super) facts: Vec<FactId>,
    /// Rows whose own name it is.
    pub(super) own: Vec<RowId>,
}

/// Values of the user's message, which a text may repeat.
#[derive(Debug)]
pub(super) struct UserValues {
    folded: String,
    atoms: Vec<atom::Atom>,
}

impl UserValues {
    pub(super) fn read(message: &str, language: Lang) -> Self {
        let end = message.char_indices().nth(20_000).map_or(message.len(), |(at, _)| at);
        let message = message.get(..end).unwrap_or_default();
        Self { folded: words::fold(message), atoms: atom::scan(message, atom_lang(language)) }
    }

    /// Whether the message names an identifier or text.
    pub(super) fn names(&self, text: &str) -> bool {
        words::contains_token(&self.folded, &words::fold(text))
    }

    /// Whether the message has a number with one of the readings.
    pub(super) fn number(&self, wanted: &NumberAtom) -> bool {
        self.atoms.iter().any(|atom| match &atom.kind {
            AtomKind::Number(number) => {
                number.readings.iter().any(|a| wanted.readings.iter().any(|b| a.value == b.value))
            }
            _ => false,
        })
    }

    /// Whether the message has the time.
    pub(super) fn time(&self, wanted: &TimeAtom) -> bool {
        self.atoms.iter().any(|atom| match &atom.kind {
            AtomKind::Time(time) => {
                time.readings.iter().any(|a| wanted.readings.iter().any(|b| a == b)) && time.zone == wanted.zone
            }
            _ => false,
        })
    }

    /// Whether the message has the length of time.
    pub(super) fn duration(&self, wanted: &DurationAtom) -> bool {
        self.atoms.iter().any(|atom| matches!(&atom.kind, AtomKind::Duration(length) if length.nanos == wanted.nanos))
    }
}

impl<'c, 'a> Checker<'c, 'a> {
    /// Checks the values of a unit; returns what the unit was about.
    pub(super) fn values(&mut self, unit: &Unit, inherited: Subject) -> Subject {
        let items = self.items(&unit.span);
        let mut mentions: Vec<Mention> = items.iter().map(|item| self.mention(item)).collect();
        if mentions.iter().all(|mention| mention.own.is_empty()) {
            // "the event from port 52103": what tells one row from the others names it.
            for (item, mention) in items.iter().zip(&mut mentions) {
                mention.own = self.rows_with_port(unit, item);
            }
        }
        let named = self.named_by_pid(unit);
        for (item, mention) in items.iter().zip(&mut mentions) {
            if let Some(one) = named.iter().find(|one| one.span == item.span) {
                let processes = one.of.iter().map(|at| &self.processes().all[*at]);
                (mention.facts, mention.own) =
                    processes.fold((Vec::new(), Vec::new()), |(mut facts, mut rows), one| {
                        facts.push(one.pid);
                        rows.extend(&one.rows);
                        (facts, rows)
                    });
            }
        }
        let told = self.told_of_processes(unit, &inherited);
        self.put_down(&told);
        let first_own = mentions.iter().position(|mention| !mention.own.is_empty());
        let pronoun = self.draft.has(&unit.span, Cue::Pronoun);
        let mut subject = inherited;
        let mut fresh_mention = false;
        let mut wide: Option<Subject> = None;
        for (at, item) in items.iter().enumerate() {
            let mention = &mentions[at];
            if told.iter().any(|one| one.done && one.span.start < item.span.end && item.span.start < one.span.end) {
                continue;
            }
            if !mention.own.is_empty() && self.names_subject(&subject, mention) {
                self.new_subject(item, mention, &mut subject, fresh_mention);
                fresh_mention = true;
                continue;
            }
            let topic = at == 0 && self.opens_topic(unit, item, mention, &subject, pronoun);
            if topic || self.coordinated_attribute(mention, &subject) {
                let mut next = Subject::none();
                self.attribute_subject(item, mention, &mut next);
                self.identifier_exists(item, mention);
                if topic {
                    wide = Some(next.clone());
                    subject = next;
                } else {
                    subject.groups.extend(next.groups);
                }
                continue;
            }
            let ahead = first_own.filter(|first| at < *first);
            let about = match ahead {
                // A value before the first name is about that name, unless a pronoun goes before it.
                Some(first) if !(pronoun && subject.strength >= Strength::Near) => {
                    Subject::named(mentions[first].own.clone())
                }
                _ => subject.clone(),
            };
            if let Some(narrow) = wide.as_ref().and_then(|wide| self.narrowed(item, mention, wide)) {
                subject = narrow;
            }
            let about = match ahead {
                None if wide.is_some() => subject.clone(),
                _ => about,
            };
            let about = self.respectively(unit, &items, &mentions, at, about);
            if self.value(unit, &items, at, mention, &about) {
                fresh_mention = false;
            }
            if subject.strength < Strength::Named && ahead.is_none() && !mention.facts.is_empty() {
                self.attribute_subject(item, mention, &mut subject);
                wide = subject.by_attribute.is_some().then(|| subject.clone());
            }
        }
        self.booleans(unit, &subject);
        subject
    }

    /// Values of a span, by place.
    pub(super) fn items(&self, span: &Range<usize>) -> Vec<Item<'c>> {
        let mut items: Vec<Item<'c>> = Vec::new();
        let draft = self.draft;
        let index = self.index;
        let atoms = draft.atoms_in(span);
        let phrases: Vec<&'c Phrase> = index.phrases_in(span).filter(|phrase| self.tells(phrase)).collect();
        let quoted = |part: &Range<usize>| {
            self.quotes.iter().any(|quote| quote.start <= part.start && part.end <= quote.end)
                || phrases.iter().any(|phrase| {
                    phrase.span.start <= part.start && part.end <= phrase.span.end && phrase.span.len() > part.len()
                })
        };
        for atom in atoms {
            let part = atom.span.start..atom.span.end;
            if quoted(&part) || self.is_word_of_code(span, &part, &atom.kind) {
                continue;
            }
            let kind = match &atom.kind {
                AtomKind::Identifier(identifier) => ItemKind::Identifier(identifier),
                AtomKind::Number(number) => ItemKind::Number(number),
                AtomKind::Time(time) => ItemKind::Time(time),
                AtomKind::Duration(length) => ItemKind::Duration(length),
            };
            items.push(Item { span: part, kind });
        }
        let clear = |items: &[Item<'c>], part: &Range<usize>| {
            items.iter().all(|item| item.span.end <= part.start || part.end <= item.span.start)
        };
        for spot in draft.spots_in(span) {
            let part = spot.start..spot.end;
            if let Meaning::Code(code) = spot.meaning
                && clear(&items, &part)
                && !quoted(&part)
                && !self.is_stray_sign(span, &part, code)
                && !self.is_part_of_noun(span, &part)
            {
                items.push(Item { span: part, kind: ItemKind::Code(code) });
            }
        }
        for phrase in phrases.iter().copied() {
            if clear(&items, &phrase.span)
                && !self.quotes.iter().any(|quote| quote.start <= phrase.span.start && phrase.span.end <= quote.end)
            {
                items.push(Item { span: phrase.span.clone(), kind: ItemKind::Phrase(phrase) });
            }
        }
        items.sort_by_key(|item| (item.span.start, item.span.end));
        items
    }

    /// "重大度" is the severity, not "重大"; "クローズ日時" a time, no state.
    fn is_part_of_noun(&self, unit: &Range<usize>, part: &Range<usize>) -> bool {
        self.draft.slice(part).chars().any(words::is_cjk)
            && self.draft.spots_in(unit).any(|spot| {
                let around = spot.start <= part.start && part.end <= spot.end && spot.end - spot.start > part.len();
                around && matches!(spot.meaning, Meaning::Noun(_))
            })
    }

    /// A single ideograph ("中", "高") is a code only where its attribute is spoken of.
    fn is_stray_sign(&self, unit: &Range<usize>, part: &Range<usize>, code: usize) -> bool {
        let text = self.draft.slice(part);
        let of_family = |noun: usize| spoken::code_families(code).any(|family| family == spoken::noun(noun));
        text.chars().count() == 1
            && text.chars().all(words::is_cjk)
            && self.header.is_none()
            && !self.draft.spots_in(unit).any(|spot| matches!(spot.meaning, Meaning::Noun(noun) if of_family(noun)))
    }

    /// Whether an atom is only a spoken code: "critical-priority" is no identifier, and Spanish
    /// "media" is no half where a priority is spoken of.
    fn is_word_of_code(&self, unit: &Range<usize>, part: &Range<usize>, kind: &AtomKind) -> bool {
        let code = self.draft.spots_in(unit).find_map(|spot| match spot.meaning {
            Meaning::Code(code) if spot.start <= part.start && part.end <= spot.end => Some(code),
            _ => None,
        });
        let Some(code) = code else { return false };
        match kind {
            AtomKind::Identifier(identifier) => self.index.identifier(self.evidence, identifier).0.is_empty(),
            AtomKind::Number(number) => {
                let headed = || {
                    let header = self.header.as_ref().map(|header| self.nouns_in(header)).unwrap_or_default();
                    header
                        .into_iter()
                        .any(|noun| spoken::code_families(code).any(|family| family == spoken::noun(noun)))
                };
                let spoken_of = || {
                    self.draft.spots_in(unit).any(|spot| match spot.meaning {
                        Meaning::Noun(noun) => spoken::code_families(code).any(|family| family == spoken::noun(noun)),
                        _ => false,
                    })
                };
                number.spelled && (headed() || spoken_of())
            }
            AtomKind::Time(_) | AtomKind::Duration(_) => false,
        }
    }

    /// Whether a printed value is more than a word of the language.
    fn tells(&self, phrase: &Phrase) -> bool {
        if phrase.words > 1 {
            let text = self.draft.slice(&phrase.span);
            return text.len() > 5 || text.chars().any(words::is_cjk);
        }
        let text = self.draft.slice(&phrase.span);
        if text.chars().count() < 2 || super::statements::is_stopword(text) {
            return false;
        }
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return false;
        }
        let known = self
            .draft
            .spots_in(&phrase.span)
            .any(|spot| matches!(spot.meaning, Meaning::Noun(_) | Meaning::Object(_) | Meaning::Cue(_)));
        !known
    }

    /// Where the evidence has what an item names.
    pub(super) fn mention(&self, item: &Item<'_>) -> Mention {
        let (facts, mut own) = match &item.kind {
            ItemKind::Identifier(identifier) => self.index.identifier(self.evidence, identifier),
            ItemKind::Number(number) if number.id_candidate || number_is_plain(number) => {
                let digits: String = self.draft.slice(&item.span).chars().filter(char::is_ascii_digit).collect();
                let facts = self.index.posting(&digits).iter().copied();
                let ids = facts.filter(|id| {
                    let fact = self.evidence.fact(*id);
                    let names = fact.identity || is_row_key(fact);
                    (number.id_candidate || digits.len() >= 4) && names && prints_as(fact.value, &digits)
                });
                (ids.collect(), Vec::new())
            }
            ItemKind::Phrase(phrase) => (phrase.facts.clone(), phrase.rows.clone()),
            _ => (Vec::new(), Vec::new()),
        };
        let mut by_argument = Vec::new();
        for id in &facts {
            let fact = self.evidence.fact(*id);
            if self.evidence.is_argument(fact) {
                if names_by_argument(fact.key) {
                    by_argument.push(fact.row);
                }
            } else if (is_row_key(fact) || (fact.group.is_empty() && fact.identity)) && self.whole_value(fact, item) {
                own.push(fact.row);
            }
        }
        let named_in =
            |row: RowId| own.iter().any(|own| self.evidence.rows[*own as usize].result == row_result(self, row));
        // Where rows say it themselves, those that do are meant, and not all that the call asked for.
        let told_in = |row: RowId| {
            let mut told = facts.iter().map(|id| self.evidence.fact(*id));
            told.any(|fact| {
                let inside = !self.evidence.is_argument(fact) && !self.evidence.rows[fact.row as usize].envelope;
                inside && row_result(self, fact.row) == row_result(self, row) && self.whole_value(fact, item)
            })
        };
        let around: Vec<RowId> = by_argument.iter().copied().filter(|row| !named_in(*row) && !told_in(*row)).collect();
        if own.is_empty() || matches!(&item.kind, ItemKind::Identifier(_) | ItemKind::Number(_)) {
            own.extend(around);
        }
        own.sort_unstable();
        own.dedup();
        Mention { facts, own }
    }

    /// Whether the fact is the named thing, not a text around it.
    fn whole_value(&self, fact: &Fact<'a>, item: &Item<'_>) -> bool {
        match (&item.kind, fact.value) {
            (_, serde_json::Value::Number(_)) => true,
            (ItemKind::Identifier(identifier), serde_json::Value::String(text)) => {
                identifier.matches(text)
                    || (identifier.class != IdentifierClass::Uuid && text.len() < 2 * identifier.canonical.len())
            }
            _ => true,
        }
    }

    /// Hands one value to its family; says whether it was a value about the subject.
    fn value(&mut self, unit: &Unit, items: &[Item<'c>], at: usize, mention: &Mention, about: &Subject) -> bool {
        let item = &items[at];
        match &item.kind {
            ItemKind::Identifier(identifier) => self.identifier(unit, item, identifier, mention, about),
            ItemKind::Number(number) => self.number(unit, items, at, number, mention, about),
            ItemKind::Time(time) => self.time(unit, item, time, about),
            ItemKind::Duration(length) => self.duration(unit, item, length, about),
            ItemKind::Code(code) => self.code(unit, items, at, *code, about),
            ItemKind::Phrase(phrase) => self.phrase(unit, item, phrase, about),
        }
        true
    }

    /// Attribute nouns that a value stands beside: the one before it with nothing between, and
    /// nouns right beside that one; or the one right after it.
    pub(super) fn nouns_of(&self, unit: &Unit, items: &[Item<'_>], span: &Range<usize>) -> Vec<usize> {
        if let Some(header) = &self.header {
            return self.nouns_in(header);
        }
        let nouns: Vec<(Range<usize>, usize)> = self
            .draft
            .spots_in(&unit.span)
            .filter_map(|spot| match spot.meaning {
                Meaning::Noun(noun) => Some((spot.start..spot.end, noun)),
                _ => None,
            })
            .filter(|(part, _)| part.end <= span.start || span.end <= part.start)
            .collect();
        let free = |from: usize, to: usize| {
            let gap = self.draft.text.get(from..to).unwrap_or_default();
            self.draft.words_in(&(from..to)).len() <= 6
                && !gap.contains([';', '\n', ',', '('])
                && !items.iter().any(|item| from <= item.span.start && item.span.end <= to)
        };
        let before = nouns.iter().rev().find(|(part, _)| part.end <= span.start && free(part.end, span.start));
        let after = nouns.iter().find(|(part, _)| {
            span.end <= part.start
                && self.draft.words_in(&(span.end..part.start)).is_empty()
                && free(span.end, part.start)
        });
        let beside = |chosen: &Range<usize>| -> Vec<usize> {
            let mut found: Vec<usize> = nouns
                .iter()
                .filter(|(part, _)| {
                    part == chosen
                        || (part.start < chosen.end && chosen.start < part.end)
                        || (part.end <= chosen.start && self.draft.words_in(&(part.end..chosen.start)).is_empty())
                })
                .map(|(_, noun)| *noun)
                .collect();
            found.dedup();
            found
        };
        match (before, after) {
            (Some((part, _)), None) => beside(part),
            (None, Some((part, _))) => beside(part),
            (Some((part, _)), Some((next, _))) => {
                // "port 443" beats "443 … host"; "high priority" beats "case … high".
                let far = self.draft.words_in(&(part.end..span.start)).len();
                if far <= 1 { beside(part) } else { beside(next) }
            }
            (None, None) => Vec::new(),
        }
    }

    /// Whether a fact is of an attribute.
    pub(super) fn is_of(fact: &Fact<'_>, noun: usize) -> bool {
        fact.is_of(noun)
    }

    /// Whether some result has the attribute at all.
    pub(super) fn attribute_exists(&self, noun: usize) -> bool {
        self.evidence.nouns >> noun & 1 == 1
    }
}

/// Arguments that say what a call is about.
pub(super) fn names_by_argument(key: &str) -> bool {
    is_identity(key)
        || matches!(
            words::fold(key).as_str(),
            "customer"
                | "customers"
                | "hosts"
                | "ips"
                | "domain"
                | "case"
                | "cases"
                | "asset"
                | "associatecaseid"
                | "event_id"
                | "cluster_name"
        )
}

/// The id by which the rows of a measurement are grouped: `keys: [{name: filterID, value: …}]`.
fn is_row_key(fact: &Fact<'_>) -> bool {
    fact.group == "keys" && fact.key.ends_with("ID")
}

fn row_result(checker: &Checker<'_, '_>, row: RowId) -> u32 {
    checker.evidence.rows[row as usize].result
}

/// Digits and nothing else: may be an id.
pub(super) fn number_is_plain(number: &NumberAtom) -> bool {
    number.unit.is_none() && !number.ordinal && !number.spelled
}
