//! A part and its whole: "4 of 13 cases (31 %) are closed", "showing 5 of 13", "none of
//! the 7". The whole must be the total of a list, the part what the sentence narrows it
//! to (or the rows of the page), the share their quotient.

use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::NumberAtom;
use crate::domain::grounding::atom::Unit as Measure;
use crate::domain::grounding::facts::List;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::facts::is_identity;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::columns::divide;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::verify::values::ItemKind;
use crate::domain::grounding::words;

/// Words between "none" and the whole.
const NONE_TO_WHOLE: usize = 3;

/// Rows of a list that are looked for in a draft.
const MOST_NAMED: usize = 500;

/// Two figures of a unit that are a part and its whole.
struct Parts<'d> {
    part: &'d NumberAtom,
    whole: &'d NumberAtom,
    part_at: usize,
    /// Joined by "of" and the like, not only by talk of a page.
    is_joined: bool,
}

impl<'c, 'a> Checker<'c, 'a> {
    /// What a number comes to as a part or share; `None` where the unit has no such pair.
    pub(super) fn part(&self, unit: &Unit, items: &[Item<'c>], at: usize, number: &NumberAtom) -> Option<Finding> {
        if let Some(finding) = self.denied_whole(unit, items, at, number) {
            return Some(finding);
        }
        if let Some(finding) = self.rows_of_page(unit, items, at, number) {
            return Some(finding);
        }
        let pair = self.parts(unit, items)?;
        let is_share = number.unit == Some(Measure::Percent);
        if at != pair.part_at && !is_share {
            return None;
        }
        let filters = self.filters(unit, items, &unit.span, at);
        let mut wrong = None;
        for list in self.evidence.lists.iter().filter(|list| !self.nested(list) && !list.rows.is_empty()) {
            if !self.is_whole(list, pair.whole) {
                continue;
            }
            let matching = self.matching(list, &filters);
            let shown = list.rows.len() as u64;
            let part = if filters.is_empty() { shown } else { matching.len() as u64 };
            if !filters.is_empty() && !self.complete(list) {
                continue;
            }
            let holds = pair.part.supports(&Decimal::from(part), None);
            let total = self.total(list.result).map_or(shown, |(total, _)| total);
            let shows_part = self.draft.has(&unit.span, Cue::PartOnly);
            let finding = if is_share {
                let share = divide(Decimal::from(part).times(100)?, i128::from(total))?;
                if holds && number.supports(&share, Some(Measure::Percent)) {
                    return Some(Finding::Supported(self.sample(&matching), format!("{part} of {total}")));
                }
                Finding::Wrong(self.sample(&matching), format!("{part} of {total} is another share"))
            } else if holds || shows_part && self.names_rows(&matching, pair.part) {
                return Some(Finding::Supported(self.sample(&matching), format!("{part} of {total}")));
            } else {
                Finding::Wrong(self.sample(&matching), format!("the results have {part} of {total}"))
            };
            wrong = wrong.or(Some(finding));
        }
        wrong.filter(|_| pair.is_joined && !filters.is_empty())
    }

    /// "Showing 5 of 13", and the draft names five of the rows.
    fn names_rows(&self, rows: &[RowId], part: &NumberAtom) -> bool {
        let named = rows.iter().take(MOST_NAMED).filter(|row| {
            // Several rows may share a name, none an id.
            let own = self.evidence.of_row(**row).iter().filter(|fact| fact.row == **row && is_identity(fact.key));
            own.min_by_key(|fact| fact.key != "id").is_some_and(|fact| {
                let name = fact.text().map_or_else(|| fact.value.to_string(), str::to_owned);
                stands_alone(self.draft.text, &name)
            })
        });
        rows.len() <= MOST_NAMED && part.supports(&Decimal::from(named.count() as u64), None)
    }

    /// "Only 5 of them are shown": the rows of a page, where the unit names no other figure.
    fn rows_of_page(&self, unit: &Unit, items: &[Item<'c>], at: usize, number: &NumberAtom) -> Option<Finding> {
        let is_figure = |item: &Item<'c>| matches!(item.kind, ItemKind::Number(_));
        let alone = items.iter().enumerate().all(|(index, item)| index == at || !is_figure(item));
        if !alone || number.unit.is_some() || !self.draft.has(&unit.span, Cue::PartOnly) {
            return None;
        }
        let page = self.evidence.lists.iter().find(|list| {
            !self.nested(list) && !self.complete(list) && number.supports(&Decimal::from(list.rows.len() as u64), None)
        })?;
        Some(Finding::Supported(self.sample(&page.rows[..page.rows.len().min(4)]), "rows of the page".to_owned()))
    }

    /// "None of the 7": the whole of a list, not what is left of it.
    fn denied_whole(&self, unit: &Unit, items: &[Item<'c>], at: usize, number: &NumberAtom) -> Option<Finding> {
        let span = &items.get(at)?.span;
        let denied = self.draft.spots_in(&unit.span).any(|spot| {
            spot.meaning == Meaning::Cue(Cue::None)
                && (spot.end <= span.start
                    && (self.draft.words_in(&(spot.end..span.start)).len() <= NONE_TO_WHOLE
                        || self.says_among(unit.span.start.max(spot.end), span.start))
                    || self.draft.slice(&(spot.start..spot.end)).chars().any(words::is_cjk))
        });
        if !denied || number.unit.is_some() {
            return None;
        }
        let list = self.evidence.lists.iter().find(|list| !self.nested(list) && self.is_whole(list, number))?;
        Some(Finding::Supported(self.sample(&list.rows[..list.rows.len().min(4)]), "rows in all".to_owned()))
    }

    /// "among the": what follows is the whole.
    fn says_among(&self, from: usize, to: usize) -> bool {
        const AMONG: [&str; 9] = ["among", "amongst", "blant", "bland", "blandt", "unter", "parmi", "entre", "of"];
        let last = self.draft.words_in(&(from..to)).iter().rev().take(2);
        last.into_iter().any(|word| AMONG.contains(&words::fold(self.draft.slice(&word.range())).as_str()))
    }

    fn is_whole(&self, list: &List<'a>, number: &NumberAtom) -> bool {
        let total = self.total(list.result).map(|(total, _)| total);
        let rows = self.complete(list).then_some(list.rows.len() as u64);
        total.or(rows).is_some_and(|total| number.supports(&Decimal::from(total), None))
    }

    /// The two figures of a unit, if they are a part and its whole.
    fn parts(&self, unit: &Unit, items: &[Item<'c>]) -> Option<Parts<'c>> {
        let figures: Vec<(usize, &'c NumberAtom)> = items
            .iter()
            .enumerate()
            .filter_map(|(at, item)| match item.kind {
                ItemKind::Number(number) if !number.ordinal && !number.id_candidate && number.unit.is_none() => {
                    Some((at, number))
                }
                _ => None,
            })
            .collect();
        let [(a, first), (b, second)] = figures.as_slice() else { return None };
        let (x, y) = (first.readings.first()?.value, second.readings.first()?.value);
        let between = items[*a].span.end..items[*b].span.start;
        let gap = self.draft.slice(&between);
        let whole_first = y < x;
        let inverted = whole_first
            && (gap.contains('中') || gap.contains("うち") || self.opens_with_of(unit, items[*a].span.start));
        let is_joined = inverted || (!whole_first && self.says_of(between.start, between.end));
        let is_pair = is_joined || self.draft.has(&unit.span, Cue::PartOnly);
        let (part_at, part, whole) = if whole_first { (*b, *second, *first) } else { (*a, *first, *second) };
        is_pair.then_some(Parts { part, whole, part_at, is_joined })
    }

    /// "4 cases of 13": a word for "of" among the few between a part and its whole.
    fn says_of(&self, from: usize, to: usize) -> bool {
        const OF: [&str; 10] = ["of", "out", "av", "af", "von", "der", "des", "de", "sur", "parmi"];
        let words = self.draft.words_in(&(from..to));
        words.len() <= 5 && words.iter().any(|word| OF.contains(&words::fold(self.draft.slice(&word.range())).as_str()))
    }

    /// "Of 13 cases, 4 …": the whole comes first.
    fn opens_with_of(&self, unit: &Unit, to: usize) -> bool {
        const OF: [&str; 9] = ["of", "out", "av", "af", "ud", "von", "sur", "de", "among"];
        let first = self.draft.words_in(&(unit.span.start..to));
        first.len() <= 4
            && first.first().is_some_and(|word| OF.contains(&words::fold(self.draft.slice(&word.range())).as_str()))
    }
}

/// Whether a name stands in a text with no letter or digit next to it.
fn stands_alone(text: &str, name: &str) -> bool {
    let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    !name.is_empty()
        && text
            .match_indices(name)
            .any(|(at, found)| ends(text[..at].chars().next_back()) && ends(text[at + found.len()..].chars().next()))
}
