//! Times and lengths of time. A time must be one of the owner's, of the attribute
//! that is named beside it; the times of the question and of the calls themselves
//! may be repeated. A length may be stored, or lie between two stored times; one that is
//! stored as a setting is that of the row whose key is named.

use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::grounding::atom;
use crate::domain::grounding::atom::AtomKind;
use crate::domain::grounding::atom::DurationAtom;
use crate::domain::grounding::atom::TimeAtom;
use crate::domain::grounding::atom::TimeContext;
use crate::domain::grounding::atom::TimeMatch;
use crate::domain::grounding::bind::Strength;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::bind::belongs;
use crate::domain::grounding::bind::facts_of;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::marks::as_decimal;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::words;

/// The instant a stored value stands for, if it looks like one.
pub(in crate::domain::grounding) fn instant(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => {
            let n = number.as_i64().or_else(|| {
                #[expect(clippy::cast_possible_truncation, reason = "checked by the range below")]
                number.as_f64().filter(|f| f.abs() < 9e15).map(|f| f as i64)
            })?;
            match n {
                500_000_000..=9_999_999_999 => Timestamp::from_second(n).ok(),
                500_000_000_000..=9_999_999_999_999 => Timestamp::from_millisecond(n).ok(),
                500_000_000_000_000..=9_999_999_999_999_999 => Timestamp::from_microsecond(n).ok(),
                500_000_000_000_000_000.. => Timestamp::from_nanosecond(i128::from(n)).ok(),
                _ => None,
            }
        }
        Value::String(text) => {
            let bytes = text.as_bytes();
            if !(10..=40).contains(&bytes.len()) || bytes[4] != b'-' || !bytes[0].is_ascii_digit() {
                return None;
            }
            text.parse::<Timestamp>().ok().or_else(|| {
                let civil: jiff::civil::DateTime = text.trim_end_matches('Z').parse().ok()?;
                civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
            })
        }
        _ => None,
    }
}

/// Whether a field name says that a time is stored.
pub(super) fn is_time_key(key: &str) -> bool {
    const ENDS: [&str; 13] = [
        "time",
        "stamp",
        "created",
        "updated",
        "closed",
        "event",
        "seen",
        "at",
        "published",
        "notified",
        "assessed",
        "persisted",
        "ts",
    ];
    let key = key.to_ascii_lowercase();
    ENDS.iter().any(|end| key.ends_with(end))
}

impl<'c> Checker<'c, '_> {
    pub(super) fn time_context(&self, observed_at: Timestamp) -> TimeContext {
        TimeContext { now: self.input.now, observed_at, default_zone: self.input.zone.clone() }
    }

    pub(super) fn time_is(&self, evidence: &Evidence<'_>, fact: &Fact<'_>, wanted: &TimeAtom) -> Option<TimeMatch> {
        let stored = instant(fact.value)?;
        Some(wanted.matches(stored, &self.time_context(evidence.result_of(fact).observed_at)))
    }

    pub(super) fn time(&mut self, unit: &Unit, item: &Item<'c>, wanted: &TimeAtom, about: &Subject) {
        let finding = self.find_time(unit, item, wanted, about);
        let code = ViolationCode::WrongTime;
        self.found(&item.span, ClaimKind::Time, finding, code, code);
    }

    fn find_time(&mut self, unit: &Unit, item: &Item<'c>, wanted: &TimeAtom, about: &Subject) -> Finding {
        let printed = self.draft.slice(&item.span).to_owned();
        let nouns = self.time_nouns(unit, item);
        let mut own: Option<FactId> = None;
        let mut wrong_zone = false;
        if !about.is_none() {
            let mut support = Vec::new();
            for group in &about.groups {
                let times = facts_of(self.evidence, group, |fact| instant(fact.value).is_some());
                let typed: Vec<FactId> = times
                    .iter()
                    .copied()
                    .filter(|id| nouns.iter().any(|noun| Self::is_of(self.evidence.fact(*id), *noun)))
                    .collect();
                let pool = if typed.is_empty() { &times } else { &typed };
                for id in pool {
                    match self.time_is(self.evidence, self.evidence.fact(*id), wanted) {
                        Some(TimeMatch::Yes) => {
                            support.push(*id);
                            break;
                        }
                        Some(TimeMatch::WrongZone) => wrong_zone = true,
                        _ => {}
                    }
                }
                own = own.or(typed.first().copied());
            }
            if support.len() == about.groups.len() || (!support.is_empty() && own.is_none()) {
                return Finding::Supported(support, "the same instant".to_owned());
            }
        }
        if self.is_given_time(wanted) {
            return Finding::Supported(Vec::new(), "a time of the question or of the call".to_owned());
        }
        let firm = about.strength >= Strength::Near;
        if firm && let Some(own) = own {
            let what = if wrong_zone { "the zone does not fit" } else { "another instant" };
            return Finding::WrongValue(own, format!("{what}: {}", self.says(own)));
        }
        if let Some(id) = self.time_anywhere(self.evidence, wanted, &nouns) {
            let foreign =
                about.strength == Strength::Named && (about.by_attribute.is_none() || about.rows().count() <= 3);
            return match foreign.then(|| self.own_time(about)).flatten() {
                Some(own) if self.siblings(id, about) => Finding::WrongEntity(id, Some(own), self.says(own)),
                _ => Finding::Supported(vec![id], "the same instant".to_owned()),
            };
        }
        if let Some(id) = self.time_in_text(item, wanted, about) {
            return Finding::Supported(vec![id], "in a text of the results".to_owned());
        }
        if let Some((evidence, _)) = &self.stale
            && self.time_anywhere(evidence, wanted, &nouns).is_some()
        {
            self.stale_value(item);
            return Finding::Nothing;
        }
        if self.talk_only() && !self.speaks_of_objects(unit) {
            return Finding::Open("a time without results".to_owned());
        }
        match self.own_time(about) {
            Some(own) if firm => Finding::WrongValue(own, self.says(own)),
            _ => Finding::Missing(format!("no result has the time {printed}")),
        }
    }

    fn own_time(&self, about: &Subject) -> Option<FactId> {
        let rows: Vec<RowId> = about.rows().take(16).collect();
        facts_of(self.evidence, &rows, |fact| instant(fact.value).is_some()).first().copied()
    }

    fn siblings(&self, id: FactId, about: &Subject) -> bool {
        let row = self.evidence.fact(id).row;
        let list = self.evidence.rows[row as usize].list;
        let fact = self.evidence.fact(id);
        let rows: Vec<RowId> = about.rows().take(16).collect();
        let mine = facts_of(self.evidence, &rows, |own| own.key == fact.key && own.group == fact.group);
        let same_kind = !mine.is_empty() && !mine.contains(&id);
        same_kind || list.is_some() && about.rows().any(|own| self.evidence.rows[own as usize].list == list)
    }

    /// Nouns that name an attribute holding times, beside the value or else anywhere before it.
    pub(super) fn time_nouns(&self, unit: &Unit, item: &Item<'_>) -> Vec<usize> {
        let mut nouns: Vec<usize> = self
            .draft
            .spots_in(&(unit.span.start..item.span.start))
            .filter_map(|spot| match spot.meaning {
                crate::domain::grounding::spoken::Meaning::Noun(noun) => Some((spot.end, noun)),
                crate::domain::grounding::spoken::Meaning::Code(code)
                    if crate::domain::grounding::spoken::code(code) == "closed" =>
                {
                    Some((spot.end, crate::domain::grounding::spoken::noun_index("closedTime")?))
                }
                _ => None,
            })
            .filter(|(_, noun)| {
                matches!(
                    crate::domain::grounding::spoken::noun(*noun),
                    "created" | "updated" | "closedTime" | "published" | "due" | "firstSeen" | "lastSeen"
                )
            })
            .filter(|(end, _)| {
                let gap = self.draft.slice(&(*end..item.span.start));
                !gap.contains([';', ',']) && self.draft.words_in(&(*end..item.span.start)).len() <= 8
            })
            .map(|(_, noun)| noun)
            .collect();
        let keep = nouns.len().saturating_sub(1);
        nouns.drain(..keep);
        if nouns.is_empty() {
            nouns.extend(self.time_noun_after(unit, item));
        }
        nouns
    }

    /// "wurde am 9. Februar angelegt", "2月9日に作成されました": the attribute closes the clause.
    fn time_noun_after(&self, unit: &Unit, item: &Item<'_>) -> Option<usize> {
        use crate::domain::grounding::spoken;
        let times = ["created", "updated", "closedTime", "published", "due", "firstSeen", "lastSeen"];
        self.draft.spots_in(&(item.span.end..unit.span.end)).find_map(|spot| {
            let spoken::Meaning::Noun(noun) = spot.meaning else { return None };
            let gap = item.span.end..spot.start;
            let near = self.draft.words_in(&gap).len() <= 2 && !self.draft.slice(&gap).contains([',', ';', '.', '、']);
            (near && times.contains(&spoken::noun(noun))).then_some(noun)
        })
    }

    /// Whether a time is one of the question or of the work, not of a record.
    pub(super) fn is_given_time(&self, wanted: &TimeAtom) -> bool {
        self.time_of_the_work(wanted) || self.user.time(wanted)
    }

    /// Observation times, now, and the filters of the calls.
    fn time_of_the_work(&self, wanted: &TimeAtom) -> bool {
        let yes = |instant: Timestamp, observed: Timestamp| {
            wanted.matches(instant, &self.time_context(observed)) == TimeMatch::Yes
        };
        self.input.results.iter().any(|result| yes(result.observed_at, result.observed_at))
            || (!self.input.results.is_empty() && yes(self.input.now, self.input.now) && is_day(wanted))
    }

    /// Rows that have a time, of one of the attributes if some are named.
    pub(super) fn rows_at(&self, wanted: &TimeAtom, nouns: &[usize]) -> HashSet<RowId> {
        let is_typed = |fact: &Fact<'_>| nouns.is_empty() || nouns.iter().any(|noun| fact.is_of(*noun));
        let so = |fact: &&Fact<'_>| is_typed(fact) && self.time_is(self.evidence, fact, wanted) == Some(TimeMatch::Yes);
        self.evidence.facts.iter().filter(so).map(|fact| fact.row).collect()
    }

    fn time_anywhere(&self, evidence: &Evidence<'_>, wanted: &TimeAtom, nouns: &[usize]) -> Option<FactId> {
        let mut untyped = None;
        for (id, fact) in evidence.facts.iter().enumerate() {
            if self.time_is(evidence, fact, wanted) == Some(TimeMatch::Yes) {
                let id = FactId::try_from(id).ok()?;
                if nouns.is_empty() || nouns.iter().any(|noun| Self::is_of(fact, *noun)) {
                    return Some(id);
                }
                untyped.get_or_insert(id);
            }
        }
        untyped
    }

    /// Texts of the subject (or of all results, if there is none) that print the time.
    fn time_in_text(&self, item: &Item<'_>, wanted: &TimeAtom, about: &Subject) -> Option<FactId> {
        self.texts_with(&item.span, about).into_iter().find(|id| {
            let fact = self.evidence.fact(*id);
            let context = self.time_context(self.evidence.result_of(fact).observed_at);
            self.atoms_of(*id).iter().any(|atom| match &atom.kind {
                AtomKind::Time(time) => time.readings.iter().any(|reading| {
                    wanted.readings.contains(reading)
                        || matches!(reading, atom::TimeReading::Instant(instant) if wanted.matches(*instant, &context) == TimeMatch::Yes)
                }),
                _ => false,
            })
        })
    }

    /// Free texts of the subject (of everything, if there is no subject), bounded.
    pub(super) fn texts(&self, about: &Subject) -> Vec<FactId> {
        let rows: Vec<RowId> = about.rows().take(16).collect();
        let own = if rows.is_empty() { Vec::new() } else { facts_of(self.evidence, &rows, is_free_text) };
        let mut budget = TEXT_BUDGET;
        let mut out = Vec::new();
        let all = (0..FactId::try_from(self.evidence.facts.len()).unwrap_or(FactId::MAX))
            .filter(|id| rows.is_empty() && is_free_text(self.evidence.fact(*id)));
        for id in own.into_iter().chain(all) {
            let length = self.evidence.fact(id).text().map_or(0, str::len);
            if length > budget {
                break;
            }
            budget -= length;
            out.push(id);
        }
        out
    }

    /// Free texts that may print a value: those with its digits in them, and the subject's own.
    pub(super) fn texts_with(&self, span: &Range<usize>, about: &Subject) -> Vec<FactId> {
        let rows: Vec<RowId> = about.rows().take(16).collect();
        let mut ids: Vec<FactId> = Vec::new();
        for word in self.draft.words_in(span) {
            let digits = self.draft.slice(&word.range()).bytes().any(|b| b.is_ascii_digit());
            let holding = if digits { self.index.posting_hash(word.hash) } else { &[] };
            let mine = |id: &FactId| rows.is_empty() || belongs(self.evidence, self.evidence.fact(*id), &rows);
            ids.extend(
                holding.iter().copied().filter(|id| is_free_text(self.evidence.fact(*id))).filter(mine).take(32),
            );
        }
        if !rows.is_empty() {
            ids.extend(self.texts(about));
        }
        ids.truncate(64);
        ids
    }

    /// Atoms of a stored text, read once.
    pub(super) fn atoms_of(&self, id: FactId) -> Rc<Vec<atom::Atom>> {
        let mut known = self.text_atoms.borrow_mut();
        let read = || {
            let text = self.evidence.fact(id).text().unwrap_or_default();
            let end = (0..=text.len().min(TEXT_BUDGET)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
            Rc::new(atom::scan(text.get(..end).unwrap_or_default(), None))
        };
        Rc::clone(known.entry(id).or_insert_with(read))
    }

    pub(super) fn duration(&mut self, unit: &Unit, item: &Item<'c>, wanted: &DurationAtom, about: &Subject) {
        let finding = self.find_duration(unit, item, wanted, about);
        let code = ViolationCode::WrongTime;
        self.found(&item.span, ClaimKind::Duration, finding, code, code);
    }

    fn find_duration(&self, unit: &Unit, item: &Item<'c>, wanted: &DurationAtom, about: &Subject) -> Finding {
        if self.user.duration(wanted) {
            return Finding::Supported(Vec::new(), "a length of time of the question".to_owned());
        }
        let rows: Vec<RowId> = if about.is_none() { Vec::new() } else { about.rows().take(16).collect() };
        let stored = facts_of(self.evidence, &rows, |fact| is_length(fact) && supports_length(wanted, fact));
        if let Some(id) = stored.first() {
            return Finding::Supported(vec![*id], "as stored".to_owned());
        }
        if about.strength >= Strength::Named
            && let Some(finding) = self.keyed_length(unit, wanted, &rows)
        {
            return finding;
        }
        if let Some(between) = self.between(wanted, &rows) {
            return Finding::Supported(between, "the time between".to_owned());
        }
        let texts = self.texts_with(&item.span, about);
        let text = texts.iter().copied().find(|id| {
            self.atoms_of(*id).iter().any(|atom| matches!(&atom.kind, AtomKind::Duration(d) if d.nanos == wanted.nanos))
        });
        if let Some(id) = text {
            return Finding::Supported(vec![id], "in a text of the results".to_owned());
        }
        if rows.is_empty() || about.strength < Strength::Named {
            let any = self.evidence.facts.iter().position(|fact| is_length(fact) && supports_length(wanted, fact));
            if let Some(id) = any.and_then(|id| FactId::try_from(id).ok()) {
                return Finding::Supported(vec![id], "as stored".to_owned());
            }
        }
        if self.asked_for(wanted) {
            return Finding::Supported(Vec::new(), "the time range of the call".to_owned());
        }
        if self.talk_only() && !self.speaks_of_objects(unit) {
            return Finding::Open("a length of time without results".to_owned());
        }
        let own = facts_of(self.evidence, &rows, is_length).first().copied();
        match own {
            Some(own) => Finding::WrongValue(own, self.says(own)),
            None => Finding::Missing(format!("no result has the length {}", self.draft.slice(&item.span))),
        }
    }

    /// A length in ISO 8601 is one whatever its field is called: said of the one row that is named,
    /// or of the rows whose key is spoken in the unit. Of any other row code cannot tell.
    fn keyed_length(&self, unit: &Unit, wanted: &DurationAtom, rows: &[RowId]) -> Option<Finding> {
        let lengths = facts_of(self.evidence, rows, is_iso_length);
        let row_of = |id: FactId| self.evidence.fact(id).row;
        let holds = |id: FactId| supports_length(wanted, self.evidence.fact(id));
        let supported = |ids: Vec<FactId>| Some(Finding::Supported(ids, "as stored".to_owned()));
        if let [only] = rows
            && let Some(id) = lengths.iter().copied().find(|id| row_of(*id) == *only && holds(*id))
        {
            return supported(vec![id]);
        }
        let said: Vec<FactId> = lengths.iter().copied().filter(|id| self.speaks_key_of(unit, row_of(*id))).collect();
        let (fit, apart): (Vec<FactId>, Vec<FactId>) = said.into_iter().partition(|id| holds(*id));
        match (fit.is_empty(), apart.first()) {
            (false, None) => supported(fit),
            (true, Some(own)) => Some(Finding::WrongValue(*own, self.says(*own))),
            _ => lengths
                .iter()
                .any(|id| holds(*id))
                .then(|| Finding::Open("a length of some row, and code cannot tell which is meant".to_owned())),
        }
    }

    /// Whether the words of a row's `key` stand in the unit; the first, the section, may be left out.
    fn speaks_key_of(&self, unit: &Unit, row: RowId) -> bool {
        let key = self.evidence.ids_of_row(row).take(64).map(|id| self.evidence.fact(id)).find_map(|fact| {
            let own = fact.row == row && fact.key == "key" && fact.group.is_empty();
            fact.text().filter(|_| own)
        });
        let parts: Vec<u64> = key.map(words::name_words).into_iter().flatten().map(|part| words::hash(&part)).collect();
        let said = self.draft.words_in(&unit.span);
        let rest = if parts.len() > 2 { &parts[1..] } else { &parts };
        !rest.is_empty() && rest.iter().all(|part| said.iter().any(|word| word.hash == *part))
    }

    /// Two times of the rows that lie that far apart, or one and now.
    fn between(&self, wanted: &DurationAtom, rows: &[RowId]) -> Option<Vec<FactId>> {
        let mut times: Vec<(FactId, Timestamp)> = facts_of(self.evidence, rows, |fact| instant(fact.value).is_some())
            .into_iter()
            .filter_map(|id| Some((id, instant(self.evidence.fact(id).value)?)))
            .collect();
        times.truncate(12);
        for (at, (first, a)) in times.iter().enumerate() {
            for (second, b) in times.iter().skip(at + 1) {
                if a != b && wanted.matches_nanos(b.duration_since(*a).as_nanos().abs()) {
                    return Some(vec![*first, *second]);
                }
            }
            let observed = self.evidence.result_of(self.evidence.fact(*first)).observed_at;
            for now in [self.input.now, observed] {
                if wanted.matches_nanos(now.duration_since(*a).as_nanos().abs()) {
                    return Some(vec![*first]);
                }
            }
        }
        None
    }

    /// The time range of a call: relative filters, or the distance of its two ends.
    fn asked_for(&self, wanted: &DurationAtom) -> bool {
        let arguments: Vec<&Fact<'_>> =
            self.evidence.facts.iter().take(20_000).filter(|fact| self.evidence.is_argument(fact)).collect();
        let printed = arguments.iter().any(|fact| {
            supports_length(wanted, fact)
                || fact.text().is_some_and(|text| {
                    atom::scan(text, None).iter().any(|atom| match &atom.kind {
                        AtomKind::Duration(d) => d.nanos == wanted.nanos || -d.nanos == wanted.nanos,
                        _ => false,
                    })
                })
        });
        let ends: Vec<Timestamp> = arguments.iter().filter_map(|fact| instant(fact.value)).take(8).collect();
        printed
            || ends.iter().any(|a| {
                ends.iter().any(|b| a != b && wanted.matches_nanos(b.duration_since(*a).as_nanos().abs()))
                    || wanted.matches_nanos(self.input.now.duration_since(*a).as_nanos().abs())
            })
    }
}

/// Bytes of free text that one value is looked for in.
const TEXT_BUDGET: usize = 16 * 1024;

fn is_free_text(fact: &Fact<'_>) -> bool {
    fact.text().is_some_and(|text| text.len() >= 4 && text.contains(' '))
}

fn is_day(wanted: &TimeAtom) -> bool {
    wanted.precision == atom::Precision::Day
}

const LENGTH_WORDS: [&str; 22] = [
    "duration",
    "interval",
    "seconds",
    "uptime",
    "age",
    "ttl",
    "period",
    "elapsed",
    "ms",
    "millis",
    "minutes",
    "hours",
    "days",
    "timeout",
    "window",
    "ns",
    "latency",
    "lifetime",
    "delay",
    "frequency",
    "scope",
    "took",
];

fn is_length(fact: &Fact<'_>) -> bool {
    (fact.value.is_number() || fact.value.is_string())
        && instant(fact.value).is_none()
        && words::name_words(fact.key).iter().any(|word| LENGTH_WORDS.contains(&word.as_str()))
}

/// A whole value such as `PT30M`; what would hold by default is not what holds.
fn is_iso_length(fact: &Fact<'_>) -> bool {
    let default = || words::name_words(fact.key).iter().any(|word| word == "default");
    fact.text().is_some_and(|text| text.starts_with('P') && text.len() <= 40 && !text.contains(' ')) && !default()
}

fn supports_length(wanted: &DurationAtom, fact: &Fact<'_>) -> bool {
    match fact.value {
        Value::Number(_) => as_decimal(fact.value).is_some_and(|stored| wanted.supports(&stored, None)),
        Value::String(text) if text.len() <= 40 => {
            as_decimal(fact.value).is_some_and(|stored| wanted.supports(&stored, None))
                || atom::scan(text, None)
                    .iter()
                    .any(|atom| matches!(&atom.kind, AtomKind::Duration(d) if wanted.matches_nanos(d.nanos)))
        }
        _ => false,
    }
}
