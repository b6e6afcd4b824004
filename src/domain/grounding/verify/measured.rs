//! Numbers of measured series: what a number is said to be of (restarts, cores, a share) must be
//! what its tool measures, and a number told of several rows is that of each or their sum. The
//! words that bind stand right beside the number; the table header and the lines above speak
//! where they do not.
//!
//! Relies on [`spoken::measure`] for what tools measure. Other numbers are for the other families.

use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::NumberAtom;
use crate::domain::grounding::atom::Unit as Sign;
use crate::domain::grounding::bind::Strength;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::List;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::marks::as_decimal;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::spoken::Measure;
use crate::domain::grounding::spoken::Quantity;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::columns::add;
use crate::domain::grounding::verify::columns::shown;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::verify::values::ItemKind;
use crate::domain::grounding::words;
use std::ops::Range;

/// What a number is said to be of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// Kinds of words that bind it.
    said: spoken::Kinds,
    /// Kinds of words anywhere in its unit.
    around: spoken::Kinds,
    /// Its unit.
    sign: Option<Sign>,
    /// Rows are named whose numbers alone can be meant.
    bound: bool,
}

impl Told {
    /// Whether it can be a number of this measure.
    fn fits(self, measure: Measure) -> bool {
        let unit = match self.sign {
            None => true,
            Some(Sign::Percent | Sign::Share) => measure.quantity == Quantity::Share,
            Some(_) => measure.quantity == Quantity::Size,
        };
        unit && measure.fits(self.said, self.around)
    }

    /// Whether words or unit say that it is of this measure.
    fn names(self, measure: Measure) -> bool {
        self.said & measure.told != 0 || (self.sign.is_some() && measure.quantity != Quantity::Plain)
    }
}

/// What came of looking among the series.
pub(super) struct Measured {
    pub(super) finding: Option<Finding>,
    /// Rows are named whose numbers alone can be meant.
    pub(super) bound: bool,
}

impl<'c, 'a> Checker<'c, 'a> {
    /// What a fact is a measurement of: none for facts of other shapes, or where the tool is unknown.
    fn measure_of(&self, fact: &Fact<'_>) -> Option<Measure> {
        if fact.key != "value" {
            return None;
        }
        let result = self.evidence.result_of(fact);
        spoken::measure(&result.tool, &result.arguments)
    }

    /// Whether a fact may stand for a number told so: always where it is no measurement.
    pub(super) fn may_measure(&self, fact: &Fact<'_>, told: Told, bound: bool) -> bool {
        self.measure_of(fact).is_none_or(|measure| !bound && told.fits(measure))
    }

    /// What the words beside a number say it is of.
    pub(super) fn told(&self, unit: &Unit, items: &[Item<'c>], at: usize) -> Told {
        let sign = match &items[at].kind {
            ItemKind::Number(number) => number.unit,
            _ => None,
        };
        let mut said = self.said_after(unit, items, at, sign.is_some());
        if said == 0 {
            said = self.said_before(unit, items, at);
        }
        if said == 0
            && let Some(header) = &self.header
        {
            said = self.said_in(header);
        }
        if said == 0 {
            let above = self.lines_above(unit).iter().fold(0, |all, line| all | self.said_in(line));
            said = above & !spoken::THINGS;
            // "Restarts and memory": each line is of one of them.
            if said.count_ones() > 1 {
                said = 0;
            }
        }
        let around = self.said_in(&unit.span);
        Told { said, around, sign, bound: false }
    }

    fn said_in(&self, span: &Range<usize>) -> spoken::Kinds {
        let text = self.draft.slice(span);
        let words = self.draft.words_in(span).iter();
        let of_words = words.fold(0, |all, word| all | spoken::kinds_of(self.draft.slice(&word.range())));
        if text.chars().any(words::is_cjk) { of_words | spoken::first_kind(text) } else { of_words }
    }

    /// The kind of one word: its own, or that of an object by which no series counts.
    fn kind_at(&self, word: &Range<usize>) -> spoken::Kinds {
        let own = spoken::kinds_of(self.draft.slice(word));
        if own != 0 {
            return own;
        }
        let object = self.draft.spots_in(word).find_map(|spot| match spot.meaning {
            Meaning::Object(object) => Some(spoken::object(object)),
            _ => None,
        });
        object.filter(|object| *object != "result").map_or(0, |_| spoken::OTHER)
    }

    /// "57 restarts", "57 % of its memory": the first noun after a number, with what stands before it.
    fn said_after(&self, unit: &Unit, items: &[Item<'c>], at: usize, unit_sign: bool) -> spoken::Kinds {
        let from = items[at].span.end;
        let next = items[at + 1..].iter().find(|item| !matches!(item.kind, ItemKind::Code(_)));
        let to = next.map_or(unit.span.end, |item| item.span.start).max(from);
        let text = self.draft.slice(&(from..to));
        let to = from + text.find([',', ';', '.', ':', '(', '|', '、', '。', '\n']).unwrap_or(text.len());
        let text = self.draft.slice(&(from..to));
        if text.chars().any(words::is_cjk) {
            return spoken::first_kind(text);
        }
        let mut said = 0;
        for (place, word) in self.draft.words_in(&(from..to)).iter().take(8).enumerate() {
            let text = self.draft.slice(&word.range()).to_lowercase();
            if unit_sign && place == 0 && BEYOND.contains(&text.as_str()) {
                return spoken::OTHER;
            }
            let kind = self.kind_at(&word.range());
            if kind == 0 && (said != 0 || PLACES.contains(&text.as_str())) {
                break;
            }
            said |= kind;
        }
        said
    }

    /// "restarts: 57", "memory of X is 1.66 GB": the nearest noun before a number.
    fn said_before(&self, unit: &Unit, items: &[Item<'c>], at: usize) -> spoken::Kinds {
        let to = items[at].span.start;
        let number = items[..at].iter().rev().find(|item| matches!(item.kind, ItemKind::Number(_)));
        let from = number.map_or(unit.span.start, |item| item.span.end).min(to);
        let text = self.draft.slice(&(from..to));
        let cut = text.char_indices().rev().find(|(_, c)| matches!(c, ',' | ';' | '|' | '、' | '。'));
        let from = cut.map_or(from, |(at, c)| from + at + c.len_utf8());
        let named = items[..at].iter().rev().find(|item| item.span.start >= from).map_or(from, |item| item.span.end);
        let text = self.draft.slice(&(from..to));
        if text.chars().any(words::is_cjk) {
            return spoken::first_kind(text) & !spoken::THINGS;
        }
        for word in self.draft.words_in(&(from..to)).iter().rev() {
            // A thing before a name is that name's: "pod X: 57".
            let kind = self.kind_at(&word.range());
            let kind = if word.start < named { kind & !spoken::THINGS } else { kind };
            if kind != 0 {
                return kind;
            }
        }
        0
    }

    /// Lists of series that measure something.
    fn series_lists(&self) -> impl Iterator<Item = (&'c List<'a>, Measure)> + '_ {
        let evidence = self.evidence;
        evidence.lists.iter().filter(|list| !self.nested(list)).filter_map(|list| {
            let result = &evidence.results[list.result as usize];
            Some((list, spoken::measure(&result.tool, &result.arguments)?))
        })
    }

    /// The number among the series: of the rows that the subject and the clause name.
    pub(super) fn measured(
        &self,
        unit: &Unit,
        items: &[Item<'c>],
        at: usize,
        number: &NumberAtom,
        about: &Subject,
        told: Told,
    ) -> Measured {
        let clause = self.clause(unit, items, at);
        let beside = items.iter().filter(|item| clause.start <= item.span.start && item.span.end <= clause.end);
        let named: Vec<Vec<FactId>> = beside.filter_map(|item| self.rows_by_name(item)).collect();
        let subject: Option<Vec<RowId>> =
            (about.strength >= Strength::Near && !about.is_none()).then(|| about.rows().take(500).collect());
        let mut out = Measured { finding: None, bound: false };
        for (list, measure) in self.series_lists() {
            let inside = |row: &RowId| {
                subject.as_ref().is_none_or(|rows| rows.iter().any(|outer| self.evidence.within(*row, *outer)))
            };
            let mut rows: Vec<RowId> = list.rows.iter().copied().filter(inside).collect();
            let mut bound = subject.is_some();
            for facts in &named {
                bound |= self.narrow(&mut rows, facts);
            }
            if rows.is_empty() {
                continue;
            }
            out.bound |= bound;
            if !told.fits(measure) {
                continue;
            }
            match self.of_rows(unit, list, &rows, number, measure, Told { bound, ..told }) {
                Some(finding @ Finding::Supported(..)) => return Measured { finding: Some(finding), bound },
                finding => out.finding = out.finding.or(finding),
            }
        }
        out
    }

    /// Facts by which an item names rows.
    fn rows_by_name(&self, item: &Item<'c>) -> Option<Vec<FactId>> {
        let names = matches!(item.kind, ItemKind::Identifier(_) | ItemKind::Phrase(_));
        let facts = names.then(|| self.mention(item).facts)?;
        (!facts.is_empty() && facts.len() <= 500).then_some(facts)
    }

    /// Keeps the rows that have one of the facts, if there are such; says whether there are.
    fn narrow(&self, rows: &mut Vec<RowId>, facts: &[FactId]) -> bool {
        let having: Vec<RowId> =
            rows.iter().copied().filter(|row| facts.iter().any(|id| self.evidence.fact(*id).row == *row)).collect();
        let any = !having.is_empty();
        if any {
            *rows = having;
        }
        any
    }

    /// A number told of some rows of one list: that of each, or their sum.
    fn of_rows(
        &self,
        unit: &Unit,
        list: &List<'a>,
        rows: &[RowId],
        number: &NumberAtom,
        measure: Measure,
        told: Told,
    ) -> Option<Finding> {
        let bound = told.bound;
        let values = self.values_of(rows);
        let fits = |value: Decimal| Self::measures(number, value, measure);
        let ids: Vec<FactId> = values.iter().map(|(id, _)| *id).take(8).collect();
        let (first, _) = *values.first()?;
        if values.iter().all(|(_, value)| fits(*value)) {
            return (bound || values.len() == 1).then(|| Finding::Supported(ids, "as measured".to_owned()));
        }
        let sum = values.iter().try_fold(Decimal::ZERO, |sum, (_, value)| add(sum, *value))?;
        let additive = measure.quantity != Quantity::Share && values.len() > 1;
        if additive && fits(sum) && (bound || told.names(measure)) {
            if self.complete(list) {
                return Some(Finding::Supported(ids, format!("sum over {} rows", values.len())));
            }
            return Some(Finding::Wrong(ids, "the sum of a page: more rows exist".to_owned()));
        }
        let extreme = self.draft.has(&unit.span, Cue::Most) || self.draft.has(&unit.span, Cue::Least);
        if !bound || !told.names(measure) {
            return None;
        }
        if values.len() > 1 {
            if extreme && values.iter().any(|(_, value)| fits(*value)) {
                return Some(Finding::Open("the number of one of the rows".to_owned()));
            }
            let reason = format!("over {} rows the sum is {}", values.len(), shown(sum));
            return Some(Finding::Wrong(ids, reason));
        }
        let other = self.values_of(&list.rows).into_iter().find(|(_, value)| fits(*value));
        Some(match other {
            Some((there, _)) => Finding::WrongEntity(there, Some(first), self.says(first)),
            None => Finding::WrongValue(first, self.says(first)),
        })
    }

    fn measures(number: &NumberAtom, value: Decimal, measure: Measure) -> bool {
        let stored = match measure.quantity {
            Quantity::Plain => None,
            Quantity::Size => Some(Sign::Byte),
            Quantity::Share => Some(Sign::Share),
        };
        number.supports(&value, stored.filter(|_| number.unit.is_some()))
    }

    /// The measured values of rows.
    fn values_of(&self, rows: &[RowId]) -> Vec<(FactId, Decimal)> {
        let value = |row: &RowId| {
            self.evidence.ids_of_row(*row).take(200).find_map(|id| {
                let fact = self.evidence.fact(id);
                (fact.key == "value").then(|| Some((id, as_decimal(fact.value)?)))?
            })
        };
        rows.iter().take(5000).filter_map(value).collect()
    }

    /// A table cell with one number: that of the rows that the other cells name. Speaks of
    /// numbers that are wrong of them, and of sums.
    pub(super) fn measured_cell(
        &mut self,
        unit: &Unit,
        cell: &Range<usize>,
        header: Option<&Range<usize>>,
        around: &Subject,
    ) -> Option<Finding> {
        self.series_lists().next()?;
        let items = self.items(cell);
        let [Item { kind: ItemKind::Number(number), .. }] = items.as_slice() else { return None };
        let inner = Unit { span: cell.clone(), cells: Vec::new(), ..unit.clone() };
        self.header = header.cloned();
        let told = self.told(&inner, &items, 0);
        self.header = None;
        let others = unit.cells.iter().filter(|other| *other != cell).flat_map(|other| self.items(other));
        let named: Vec<Vec<FactId>> = others.filter_map(|item| self.rows_by_name(&item)).collect();
        let above: Vec<RowId> = around.rows().take(500).collect();
        let mut wrong = None;
        for (list, measure) in self.series_lists() {
            let mut rows: Vec<RowId> = list.rows.clone();
            let mut bound = false;
            for facts in &named {
                bound |= self.narrow(&mut rows, facts);
            }
            let inside: Vec<RowId> = rows
                .iter()
                .copied()
                .filter(|row| above.iter().any(|outer| self.evidence.within(*row, *outer)))
                .collect();
            if !inside.is_empty() {
                rows = inside;
            }
            let one = self.values_of(&rows).iter().any(|(_, value)| Self::measures(number, *value, measure));
            if !bound || !(one || told.names(measure)) {
                continue;
            }
            if !told.fits(measure) {
                if told.sign.is_none() && one {
                    let ids = rows.iter().take(1).flat_map(|row| self.values_of(&[*row])).map(|(id, _)| id).collect();
                    wrong = wrong.or(Some(Finding::Wrong(ids, "the header says another measure".to_owned())));
                }
                continue;
            }
            let named = Told { said: measure.told, bound: true, ..told };
            match self.of_rows(unit, list, &rows, number, measure, named) {
                // A sum stands in no row, which the other ways to read a cell would miss.
                Some(sum @ Finding::Supported(..)) => return (rows.len() > 1).then_some(sum),
                finding => wrong = finding.or(wrong),
            }
        }
        wrong
    }
}

/// Words after which a place, a time or another number's noun follows.
#[rustfmt::skip]
const PLACES: [&str; 25] = [
    "in", "on", "at", "for", "per", "by", "and", "i", "på", "im", "auf", "bei", "für", "pro", "dans", "en", "sur", "par", "pour", "with", "med", "mit", "avec", "con", "og",
];

/// After a percentage: how far beyond or below something.
const BEYOND: [&str; 9] = ["over", "above", "beyond", "below", "under", "über", "unter", "more", "less"];
