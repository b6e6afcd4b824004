//! Numbers of a statistics answer: a tree of groups in which each number is true inside its
//! branch only, or a line of stretches of time. A number must be that of the group, or of the
//! branch of groups, that its sentence names; where none is named, that of all. Names stand
//! before their numbers or after them, one way for each kind of group in a sentence.
//!
//! Speaks only of numbers that some group has. Any other is for the families of [`super`]; what
//! else a sentence says of a group's number is for [`super::branches`].

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use serde_json::Value;

use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::NumberAtom;
use crate::domain::grounding::atom::Precision;
use crate::domain::grounding::atom::TimeAtom;
use crate::domain::grounding::atom::TimeMatch;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::marks::as_decimal;
use crate::domain::grounding::marks::prints_as;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::tree::Bucket;
use crate::domain::grounding::tree::Trees;
use crate::domain::grounding::tree::number_of;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::stored::supports;
use crate::domain::grounding::verify::times::instant;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::verify::values::ItemKind;
use crate::domain::grounding::words;

/// Kinds of groups that one sentence may name; more are not told apart.
const MAX_KINDS: usize = 4;
/// From the beginning of a long stretch to a moment that is well inside its day in any zone near.
const INTO_THE_DAY_MS: i64 = 12 * 3_600_000;

/// Most values of one unit that are told apart; what more may say is for the judge.
const MAX_ITEMS: usize = 200;

/// A number of a unit, and the groups that the unit names, by place.
#[derive(Debug)]
pub(super) struct Said {
    /// The values of the unit, by which what it says is known again.
    spans: Vec<Range<usize>>,
    /// Items that are numbers of some group, with their number facts.
    numbers: Vec<(usize, Vec<FactId>)>,
    /// Items that name groups: place, kind, rows.
    names: Vec<(usize, String, Vec<RowId>)>,
    /// The unit says "in all".
    sums: bool,
    /// The way in which most numbers fit, for the groups that come from what the unit is about.
    best: RefCell<Option<(Vec<RowId>, Vec<bool>)>>,
}

impl<'c, 'a> Checker<'c, 'a> {
    fn trees(&self) -> &Trees<'a> {
        self.trees.get_or_init(|| Trees::read(self.evidence))
    }

    /// What the groups are groups of.
    pub(super) fn kinds_of_groups(&self) -> impl Iterator<Item = &'a str> {
        self.trees().buckets.iter().map(|bucket| bucket.kind)
    }

    /// Whether a fact is the name of a counted group.
    pub(super) fn names_group(&self, id: FactId) -> bool {
        self.trees().named_by(id).is_some()
    }

    /// What is to be said of a number that some group of a tree has; `None` where none has it.
    pub(super) fn tree_number(
        &self,
        unit: &Unit,
        items: &[Item<'c>],
        at: usize,
        number: &NumberAtom,
        about: &Subject,
    ) -> Option<Finding> {
        let finding = self.number_of_group(unit, items, at, number, about)?;
        let Finding::Supported(ids, _) = &finding else { return Some(finding) };
        Some(self.beyond_branch(unit, items, at, None, ids).unwrap_or(finding))
    }

    /// The same, whatever else the unit says of the number.
    fn number_of_group(
        &self,
        unit: &Unit,
        items: &[Item<'c>],
        at: usize,
        number: &NumberAtom,
        about: &Subject,
    ) -> Option<Finding> {
        if self.trees().buckets.is_empty() || number.ordinal || number.unit.is_some() || number.approx.is_open() {
            return None;
        }
        if items.len() > MAX_ITEMS {
            return Some(Finding::Open("too many values in one sentence".to_owned()));
        }
        let said = self.said(unit, items);
        let held = match said.numbers.iter().find(|(place, _)| *place == at) {
            Some((_, held)) => held.clone(),
            None => self.held(unit, number),
        };
        let Some(first) = held.first().copied() else { return self.unheld(unit, &said, items, at, number, about) };
        let best = &self.best_way(&said, items, about)?;
        if let Some(ids) = self.fits(&said, items, at, &held, best, about) {
            return Some(Finding::Supported(ids, "the count of this group".to_owned()));
        }
        let named = self.groups_named(&said, items, at, best, about);
        if named.is_empty() {
            let printed = self.draft.slice(&items[at].span);
            if self.draft.has(&unit.span, Cue::Sum) {
                let roots = self.trees().roots.iter();
                let totals: Vec<FactId> = roots.filter_map(|row| self.trees().count(*row)).collect();
                return Some(Finding::Wrong(totals, format!("{printed} is the number of one group and not of all")));
            }
            // "The top 5": a number of the question.
            if self.user.number(number) {
                return None;
            }
            let reason = format!("{printed} is the number of some group, and none is named");
            let counted = self.counted_object(unit, items, at).is_some();
            return Some(if counted { Finding::Wrong(vec![first], reason) } else { Finding::Open(reason) });
        }
        let own = self.candidates(&named);
        let stored = own.first().and_then(|row| number_of(self.evidence, *row, self.evidence.fact(first).key));
        Some(match (own.as_slice(), stored) {
            ([_], Some(stored)) => Finding::WrongEntity(first, Some(stored), self.says(stored)),
            ([], _) => Finding::Wrong(vec![first], "no group of these names has this number".to_owned()),
            _ => Finding::Wrong(vec![first], "several groups are of this name, and it is not their sum".to_owned()),
        })
    }

    /// Which names stand after their numbers, and which before: as most numbers fit.
    fn best_way(&self, said: &Said, items: &[Item<'c>], about: &Subject) -> Option<Vec<bool>> {
        let kinds = said.kinds();
        let foreign = |row: &RowId| self.trees().bucket(*row).is_some_and(|b| !kinds.iter().any(|kind| kind == b.kind));
        let context: Vec<RowId> = about.rows().filter(foreign).collect();
        if let Some((_, best)) = said.best.borrow().as_ref().filter(|(of, _)| *of == context) {
            return Some(best.clone());
        }
        let ways = said.ways();
        let best = ways.into_iter().max_by_key(|way| {
            // The first of equals: names before numbers.
            let fits =
                said.numbers.iter().filter(|(place, held)| self.fits(said, items, *place, held, way, about).is_some());
            (fits.count(), std::cmp::Reverse(way.iter().filter(|after| **after).count()))
        })?;
        *said.best.borrow_mut() = Some((context, best.clone()));
        Some(best)
    }

    /// A number that no group has: the sum of one group over its branches, or raw events that are
    /// told as events. What else it may be is not known here.
    fn unheld(
        &self,
        unit: &Unit,
        said: &Said,
        items: &[Item<'c>],
        at: usize,
        number: &NumberAtom,
        about: &Subject,
    ) -> Option<Finding> {
        let trees = self.trees();
        let raw = trees.roots.iter().copied().chain(trees.buckets.iter().map(|bucket| bucket.row));
        let mut raw = raw.filter_map(|row| trees.raw(row));
        let raw = raw.find(|id| supports(number, self.evidence.fact(*id)));
        if let Some(id) = raw.filter(|_| self.counted_object(unit, items, at).is_some() && !self.says_raw(unit)) {
            return Some(Finding::Wrong(vec![id], "a number of raw events, told as one of events".to_owned()));
        }
        said.ways().iter().find_map(|way| {
            let several = self.candidates(&self.groups_named(said, items, at, way, about));
            let sum = if several.len() > 1 { self.sum_of(&several) } else { None };
            let (counts, sum) = sum?;
            let held = Decimal::new(sum, 0).is_some_and(|sum| number.supports(&sum, None));
            held.then(|| Finding::Supported(counts, "the sum of this group".to_owned()))
        })
    }

    /// Whether a unit speaks of raw events.
    fn says_raw(&self, unit: &Unit) -> bool {
        is_raw(self.draft.slice(&unit.span))
    }

    /// Numbers of groups and of all that support the printed one. Raw events are another number,
    /// and only of that kind where the text says so.
    fn held(&self, unit: &Unit, number: &NumberAtom) -> Vec<FactId> {
        let raw = self.says_raw(unit);
        let trees = self.trees();
        let rows = trees.roots.iter().copied().chain(trees.buckets.iter().map(|bucket| bucket.row));
        let numbers = rows.flat_map(|row| trees.count(row).into_iter().chain(trees.raw(row).filter(|_| raw)));
        numbers.filter(|id| supports(number, self.evidence.fact(*id))).collect()
    }

    /// What is wrong with a number in a table, by the names in its row.
    pub(super) fn tree_cell(&self, unit: &Unit, cell: &Range<usize>, header: Option<&Range<usize>>) -> Option<Finding> {
        if self.trees().buckets.is_empty() || header.is_some_and(|header| is_raw(self.draft.slice(header))) {
            return None;
        }
        let items = self.items(&unit.span);
        let at = items.iter().position(|item| cell.start <= item.span.start && item.span.end <= cell.end)?;
        let ItemKind::Number(number) = items[at].kind else { return None };
        match self.number_of_group(unit, &items, at, number, &Subject::none())? {
            Finding::Supported(ids, _) => self.beyond_branch(unit, &items, at, header, &ids),
            finding @ (Finding::WrongEntity(..) | Finding::Wrong(..)) => Some(finding),
            _ => None,
        }
    }

    /// What a unit says of groups, read once for all its numbers.
    fn said(&self, unit: &Unit, items: &[Item<'c>]) -> Rc<Said> {
        let spans: Vec<Range<usize>> =
            std::iter::once(&unit.span).chain(items.iter().map(|item| &item.span)).cloned().collect();
        if let Some(said) = self.said.borrow().as_ref().filter(|said| said.spans == spans) {
            return Rc::clone(said);
        }
        let said = Rc::new(self.read_said(unit, items, spans));
        *self.said.borrow_mut() = Some(Rc::clone(&said));
        said
    }

    fn read_said(&self, unit: &Unit, items: &[Item<'c>], spans: Vec<Range<usize>>) -> Said {
        let sums = self.draft.has(&unit.span, Cue::Sum);
        let mut said = Said { spans, numbers: Vec::new(), names: Vec::new(), sums, best: RefCell::default() };
        for (place, item) in items.iter().enumerate() {
            let rows = self.groups_called(item);
            if let Some(bucket) = rows.first().and_then(|row| self.trees().bucket(*row)) {
                said.names.push((place, bucket.kind.to_owned(), rows));
            } else if let ItemKind::Number(number) = item.kind {
                let plain = !number.ordinal && number.unit.is_none() && !number.approx.is_open();
                let held = if plain { self.held(unit, number) } else { Vec::new() };
                if !held.is_empty() {
                    said.numbers.push((place, held));
                }
            }
        }
        said
    }

    /// The groups that a value names.
    pub(super) fn groups_called(&self, item: &Item<'c>) -> Vec<RowId> {
        let trees = self.trees();
        match &item.kind {
            ItemKind::Code(code) => trees.called(|name| spoken::code_is(*code, name)),
            ItemKind::Time(time) => {
                let begins = |bucket: &&Bucket<'_>| self.begins(bucket, time);
                trees.buckets.iter().filter(begins).map(|bucket| bucket.row).collect()
            }
            ItemKind::Duration(_) => Vec::new(),
            _ => {
                let mention = self.mention(item);
                let text = self.draft.slice(&item.span).to_lowercase();
                let whole = |fact: &Fact<'a>| match fact.value {
                    Value::String(name) => name.to_lowercase().starts_with(&text),
                    Value::Number(_) => prints_as(fact.value, &text),
                    _ => false,
                };
                let named = mention.facts.iter().filter(|id| whole(self.evidence.fact(**id)));
                let mut rows: Vec<RowId> = named.filter_map(|id| trees.named_by(*id)).collect();
                rows.sort_unstable();
                rows.dedup();
                rows
            }
        }
    }

    /// Whether a printed time is the beginning of a stretch. A day is that in which nearly all of
    /// a long stretch lies: by the calendar of its zone it begins late on the day before in UTC.
    fn begins(&self, bucket: &Bucket<'_>, time: &TimeAtom) -> bool {
        let Some(fact) = bucket.start.map(|id| self.evidence.fact(id)) else { return false };
        if !matches!(time.precision, Precision::Month | Precision::Day) {
            return self.time_is(self.evidence, fact, time) == Some(TimeMatch::Yes);
        }
        let into =
            instant(fact.value).and_then(|at| at.checked_add(jiff::SignedDuration::from_millis(INTO_THE_DAY_MS)).ok());
        let observed_at = self.evidence.result_of(fact).observed_at;
        bucket.long && into.is_some_and(|at| time.matches(at, &self.time_context(observed_at)) == TimeMatch::Yes)
    }

    /// The rows named for a number, kind by kind; kinds that the unit does not name come from
    /// what it is about.
    fn groups_named(
        &self,
        said: &Said,
        items: &[Item<'c>],
        at: usize,
        after: &[bool],
        about: &Subject,
    ) -> Vec<Vec<RowId>> {
        let kinds = said.kinds();
        let whole = said
            .numbers
            .iter()
            .rev()
            .find(|(place, _)| *place < at)
            .is_some_and(|(place, _)| self.part_of(items[*place].span.end, items[at].span.start));
        let mut named: Vec<Vec<RowId>> = Vec::new();
        for (kind, after) in kinds.iter().zip(after) {
            let part = |other: usize| self.part_of(items[at].span.end, items[other].span.start);
            if let Some(rows) = said.nearest(kind, at, *after, whole, part) {
                named.push(rows);
            }
        }
        let of_context = about.rows().filter_map(|row| self.trees().bucket(row));
        for bucket in of_context.filter(|bucket| !kinds.iter().any(|kind| kind == bucket.kind)) {
            let known =
                named.iter_mut().find(|rows| self.trees().bucket(rows[0]).is_some_and(|b| b.kind == bucket.kind));
            match known {
                Some(rows) => rows.push(bucket.row),
                None => named.push(vec![bucket.row]),
            }
        }
        named
    }

    /// Groups of a branch in which all the names occur, the last of them its own.
    fn candidates(&self, named: &[Vec<RowId>]) -> Vec<RowId> {
        let within = |row: RowId, rows: &[RowId]| rows.iter().any(|outer| self.evidence.within(row, *outer));
        let all: BTreeSet<RowId> = named.iter().flatten().copied().collect();
        all.into_iter().filter(|row| named.iter().all(|rows| within(*row, rows))).collect()
    }

    /// The facts by which a number is that of the groups named for it.
    fn fits(
        &self,
        said: &Said,
        items: &[Item<'c>],
        at: usize,
        held: &[FactId],
        after: &[bool],
        about: &Subject,
    ) -> Option<Vec<FactId>> {
        let named = self.groups_named(said, items, at, after, about);
        let of = |row: RowId| held.iter().copied().find(|id| self.evidence.fact(*id).row == row);
        let of_all = || self.trees().roots.iter().find_map(|root| of(*root)).map(|id| vec![id]);
        if named.is_empty() {
            return of_all();
        }
        let candidates = self.candidates(&named);
        let found = match candidates.as_slice() {
            [] => None,
            [only] => of(*only).map(|id| vec![id]),
            several => self.sum_of(several).filter(|(_, sum)| self.is_held(held, *sum)).map(|(counts, _)| counts),
        };
        // "critical 240, high 52, 318 in all": the last has no name of its own.
        let closes = said.sums && said.numbers.iter().filter(|(place, _)| *place < at).count() > 0;
        let named_after = said.names.iter().any(|(place, _, _)| *place > at);
        found.or_else(|| of_all().filter(|_| closes && !named_after))
    }

    fn is_held(&self, held: &[FactId], sum: i128) -> bool {
        held.iter().any(|id| self.whole_number(*id) == Some(sum))
    }

    fn whole_number(&self, id: FactId) -> Option<i128> {
        as_decimal(self.evidence.fact(id).value).and_then(|value| value.to_integer())
    }

    /// The same group in several branches: what holds of it is the sum, where no branch is cut.
    fn sum_of(&self, rows: &[RowId]) -> Option<(Vec<FactId>, i128)> {
        let counts: Vec<FactId> = rows.iter().filter_map(|row| self.trees().count(*row)).collect();
        let sum: i128 = counts.iter().filter_map(|id| self.whole_number(*id)).sum();
        let count = |row: RowId| self.whole_number(number_of(self.evidence, row, "count")?);
        let place = |row: RowId| &self.evidence.rows[row as usize];
        let whole = rows.iter().all(|row| {
            let parent = place(*row).parent.and_then(count);
            parent.is_some() && parent == self.trees().sum(place(*row).list)
        });
        whole.then_some((counts, sum))
    }
}

/// Whether a text speaks of raw events, by whole words.
fn is_raw(text: &str) -> bool {
    const RAW: [&str; 26] = [
        "raw",
        "rå",
        "råa",
        "råe",
        "rådata",
        "råhendelse",
        "råhendelser",
        "råhendelsene",
        "råhändelser",
        "råhändelserna",
        "råhændelser",
        "råhændelserne",
        "roh",
        "rohe",
        "rohen",
        "roher",
        "rohdaten",
        "rohereignis",
        "rohereignisse",
        "rohereignissen",
        "brut",
        "bruts",
        "bruto",
        "brutos",
        "crudo",
        "crudos",
    ];
    let is_sign = |c: char| matches!(c, '\u{3400}'..='\u{9fff}');
    // "発生" happens; only what begins with the sign is raw.
    let japanese = text.match_indices('生').any(|(at, sign)| {
        let rest = &text[at + sign.len()..];
        let begins = ["の", "イベント", "データ", "ログ"].iter().any(|word| rest.starts_with(word));
        begins && !text[..at].chars().next_back().is_some_and(is_sign)
    });
    let words = words::words(text).flat_map(|word| words::name_words(&text[word.range()]));
    japanese || words.into_iter().any(|word| RAW.contains(&word.as_str()))
}

impl Said {
    /// The kinds of groups that are named, each once.
    fn kinds(&self) -> Vec<String> {
        let mut kinds: Vec<String> = Vec::new();
        for (_, kind, _) in &self.names {
            if !kinds.contains(kind) && kinds.len() < MAX_KINDS {
                kinds.push(kind.clone());
            }
        }
        kinds
    }

    /// For each kind, whether its names stand after their numbers: all ways there are.
    fn ways(&self) -> Vec<Vec<bool>> {
        let kinds = self.kinds().len();
        (0..1_usize << kinds).map(|way| (0..kinds).map(|kind| way >> kind & 1 == 1).collect()).collect()
    }

    /// The rows of a kind that a number goes with. A name that is alone with its number is that
    /// number's on whichever side it stands.
    fn nearest(
        &self,
        kind: &str,
        at: usize,
        after: bool,
        whole: bool,
        part: impl Fn(usize) -> bool,
    ) -> Option<Vec<RowId>> {
        let names = || self.names.iter().filter(|(_, of, _)| of == kind);
        let before = names().rev().find(|(place, _, _)| *place < at);
        let behind = names().find(|(place, _, _)| *place > at);
        // "52 of the 318": the second is the whole, and the first goes with what follows it.
        let between = |from: usize, to: usize| {
            self.numbers.iter().any(|(place, _)| from < *place && *place < to && !part(*place))
        };
        let behind = behind.filter(|(place, _, _)| !between(at, *place));
        let chosen = match (after, before, behind) {
            _ if whole => None,
            (true, before, None) => before.filter(|(place, _, _)| !between(*place, at)),
            (true, _, behind) => behind,
            (false, None, behind) => behind,
            (false, before, _) => before,
        };
        chosen.map(|(_, _, rows)| rows.clone())
    }
}
