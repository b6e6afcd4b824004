//! Things put in order by the text itself: "A is older than B", "B has more than A",
//! "newest first: A, B, C". Both sides are looked up and compared; a sentence that
//! denies, or whose sides have no value to compare by, is left alone.

use std::ops::Range;

use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::NumberAtom;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::marks::as_decimal;
use crate::domain::grounding::marks::prints_as;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::sentence::UnitKind;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::columns::add;
use crate::domain::grounding::verify::columns::shown;
use crate::domain::grounding::verify::order::Rank;
use crate::domain::grounding::verify::stored::is_figure;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::verify::values::ItemKind;
use crate::domain::grounding::words;

/// Words between "more" and "than".
const MORE_TO_THAN: usize = 5;

/// Beginnings of words for a difference of two figures, folded.
const DIFFERENCE: [&str; 8] = ["differ", "forskjell", "forskel", "skillnad", "unterschied", "différ", "diferen", "差"];

/// A named thing: its place in the text, its rows, and the digits it is named by.
struct Named {
    span: Range<usize>,
    rows: Vec<RowId>,
    text: String,
}

/// What two sides are compared by.
#[derive(Clone, Copy)]
enum By {
    Time,
    Amount,
}

impl Checker<'_, '_> {
    /// Comparisons and orders of one unit.
    pub(super) fn compare(&mut self, unit: &Unit) {
        if unit.kind == UnitKind::Heading || self.draft.has(&unit.span, Cue::Not) {
            return;
        }
        let named = self.named(unit);
        if let Some(is_rising) = self.direction(unit) {
            if named.len() > 1 {
                self.sequence(unit, &named, is_rising);
            }
        } else if let [first, second] = named.as_slice() {
            self.pair(unit, first, second);
        }
    }

    /// The things that a unit names, each once, by place.
    fn named(&self, unit: &Unit) -> Vec<Named> {
        let mut named: Vec<Named> = Vec::new();
        for item in self.items(&unit.span) {
            let mut rows = self.mention(&item).own;
            if rows.is_empty() {
                rows = self.rows_with_port(unit, &item);
            }
            if !rows.is_empty() && !named.iter().any(|other| other.rows == rows) {
                named.push(Named { text: self.draft.slice(&item.span).to_owned(), span: item.span, rows });
            }
        }
        named
    }

    /// The one row that has this port, where the text says "port".
    pub(super) fn rows_with_port(&self, unit: &Unit, item: &Item<'_>) -> Vec<RowId> {
        let ItemKind::Number(_) = item.kind else { return Vec::new() };
        let is_port = |noun: &usize| spoken::noun(*noun) == "port";
        if !self.nouns_of(unit, std::slice::from_ref(item), &item.span).iter().any(is_port) {
            return Vec::new();
        }
        let digits = self.draft.slice(&item.span);
        let facts = self.index.posting(digits).iter().map(|id| self.evidence.fact(*id));
        let ports = facts.filter(|fact| words::fold(fact.key).ends_with("port") && prints_as(fact.value, digits));
        let mut rows: Vec<RowId> = ports.map(|fact| fact.row).collect();
        rows.sort_unstable();
        rows.dedup();
        let in_list = rows.first().is_some_and(|row| {
            let list = self.evidence.rows[*row as usize].list.and_then(|list| self.evidence.lists.get(list as usize));
            list.is_some_and(|list| list.rows.len() > 1)
        });
        if rows.len() == 1 && in_list { rows } else { Vec::new() }
    }

    /// Whether the unit says "oldest first" (true) or "newest first" (false).
    fn direction(&self, unit: &Unit) -> Option<bool> {
        let rising = self.draft.has(&unit.span, Cue::OldestFirst);
        let falling = self.draft.has(&unit.span, Cue::NewestFirst);
        (rising != falling).then_some(rising)
    }

    fn sequence(&mut self, unit: &Unit, named: &[Named], is_rising: bool) {
        let ranked: Vec<(FactId, Rank)> = named.iter().filter_map(|side| self.rank_by(unit, side, By::Time)).collect();
        if ranked.len() != named.len() {
            return;
        }
        let wrong = ranked.windows(2).any(|pair| if is_rising { pair[1].1 < pair[0].1 } else { pair[0].1 < pair[1].1 });
        let span = named[0].span.start..named[named.len() - 1].span.end;
        self.ordered(unit, &span, ranked.iter().map(|(id, _)| *id).collect(), !wrong, "times in this order");
    }

    fn pair(&mut self, unit: &Unit, first: &Named, second: &Named) {
        let Some((by, is_less)) = self.comparison(unit, first, second) else { return };
        let (Some(a), Some(b)) = (self.rank_by(unit, first, by), self.rank_by(unit, second, by)) else { return };
        if std::mem::discriminant(&a.1) != std::mem::discriminant(&b.1) {
            return;
        }
        let holds = if is_less { a.1 < b.1 } else { b.1 < a.1 };
        let span = first.span.start..second.span.end;
        self.ordered(unit, &span, vec![a.0, b.0], holds, "compared with each other");
    }

    /// How the first side stands to the second: by what, and whether it is said to be less.
    fn comparison(&self, unit: &Unit, first: &Named, second: &Named) -> Option<(By, bool)> {
        let spots: Vec<(Range<usize>, Cue)> = self
            .draft
            .spots_in(&unit.span)
            .filter_map(|spot| match spot.meaning {
                Meaning::Cue(cue) => Some((spot.start..spot.end, cue)),
                _ => None,
            })
            .collect();
        // The comparing word stands between the two; in Japanese behind both.
        let placed = |part: &Range<usize>| {
            let between = first.span.end <= part.start && part.end <= second.span.start;
            between || (second.span.end <= part.start && self.draft.slice(part).chars().any(words::is_cjk))
        };
        let find =
            |cue: Cue| spots.iter().find(|(part, own)| *own == cue && placed(part)).map(|(part, _)| part.clone());
        match (find(Cue::Before), find(Cue::After)) {
            (Some(_), None) => return Some((By::Time, true)),
            (None, Some(_)) => return Some((By::Time, false)),
            (Some(_), Some(_)) => return None,
            (None, None) => {}
        }
        let near_than = |part: &Range<usize>| {
            spots.iter().any(|(than, cue)| {
                *cue == Cue::Than
                    && (self.draft.slice(than).chars().any(words::is_cjk)
                        || (part.end <= than.start
                            && self.draft.words_in(&(part.end..than.start)).len() <= MORE_TO_THAN))
            })
        };
        match (find(Cue::More).filter(near_than), find(Cue::Fewer).filter(near_than)) {
            (Some(_), None) => Some((By::Amount, false)),
            (None, Some(_)) => Some((By::Amount, true)),
            _ => None,
        }
    }

    fn rank_by(&self, unit: &Unit, side: &Named, by: By) -> Option<(FactId, Rank)> {
        side.rows.iter().find_map(|row| match by {
            By::Time => self.rank(unit, *row, Cue::Oldest).filter(|(_, rank)| matches!(rank, Rank::Time(_))),
            By::Amount => self.amount(unit, *row, &side.text),
        })
    }

    /// The figure of a row that the unit names, or its count; never what the row is named by.
    fn amount(&self, unit: &Unit, row: RowId, name: &str) -> Option<(FactId, Rank)> {
        let nouns: Vec<usize> = self
            .draft
            .spots_in(&unit.span)
            .filter_map(|spot| match spot.meaning {
                Meaning::Noun(noun) if !matches!(spoken::noun(noun), "port" | "fieldId") => Some(noun),
                _ => None,
            })
            .collect();
        let figure = |id: FactId| {
            let fact = self.evidence.fact(id);
            let tells = fact.value.is_number() && is_figure(fact) && !prints_as(fact.value, name);
            tells.then(|| Some((id, Rank::Number(as_decimal(fact.value)?))))?
        };
        let ids = || self.evidence.ids_of_row(row).take(600);
        let of = |id: &FactId| nouns.iter().any(|noun| Self::is_of(self.evidence.fact(*id), *noun));
        let is_count = |id: &FactId| self.evidence.fact(*id).key.to_ascii_lowercase().ends_with("count");
        ids().filter(of).find_map(figure).or_else(|| ids().filter(is_count).find_map(figure))
    }

    /// "75 and 23, a difference of 52": the number beside the word against the two others of the
    /// unit. Those two are checked for themselves.
    pub(super) fn printed_difference(
        &self,
        unit: &Unit,
        items: &[Item<'_>],
        at: usize,
        number: &NumberAtom,
    ) -> Option<Finding> {
        let span = &items.get(at)?.span;
        let word = self.draft.spots_in(&unit.span).find(|spot| {
            let beside = spot.end <= span.start && self.draft.words_in(&(spot.end..span.start)).len() <= 2;
            spot.meaning == Meaning::Cue(Cue::Difference) && beside
        });
        let word = word.map(|word| words::fold(self.draft.slice(&(word.start..word.end))));
        // "Remaining" and "others" are worked out from the list.
        let is_named = word.is_some_and(|word| DIFFERENCE.iter().any(|stem| word.starts_with(stem)));
        // "Between the largest (75) and the smallest (23) lie 52."
        let is_spread = self.draft.has(&unit.span, Cue::Most)
            && self.draft.has(&unit.span, Cue::Least)
            && !items[at + 1..].iter().any(|item| matches!(item.kind, ItemKind::Number(_)));
        if !is_named && !is_spread {
            return None;
        }
        let others: Vec<Decimal> = items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| match &item.kind {
                ItemKind::Number(other) if index != at && !other.ordinal && !other.id_candidate => {
                    other.readings.first().map(|reading| reading.value)
                }
                _ => None,
            })
            .collect();
        let [a, b] = others.as_slice() else { return None };
        let (high, low) = if a < b { (b, a) } else { (a, b) };
        let apart = add(*high, low.negated())?;
        Some(if number.supports(&apart, None) {
            Finding::Supported(Vec::new(), "the difference of the two figures".to_owned())
        } else {
            Finding::Wrong(Vec::new(), format!("the difference of the two figures is {}", shown(apart)))
        })
    }

    fn ordered(&mut self, unit: &Unit, span: &Range<usize>, ids: Vec<FactId>, holds: bool, how: &str) {
        // An id in between that no result has: what is left is not the order that is claimed.
        let is_unknown = |item: &Item<'_>| {
            let names = matches!(item.kind, ItemKind::Identifier(_))
                || matches!(item.kind, ItemKind::Number(number) if number.id_candidate || self.draft.slice(&item.span).len() >= 6);
            names && self.mention(item).facts.is_empty() && self.rows_with_port(unit, item).is_empty()
        };
        if self.items(span).iter().any(is_unknown) {
            return;
        }
        let finding = if holds {
            Finding::Supported(ids, how.to_owned())
        } else {
            let told: Vec<String> = ids.iter().take(3).map(|id| self.says(*id)).collect();
            Finding::Wrong(ids, format!("not in this order: {}", told.join("; ")))
        };
        let code = ViolationCode::WrongValue;
        self.found(span, ClaimKind::Order, finding, code, code);
    }
}
