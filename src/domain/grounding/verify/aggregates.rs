//! Counts with their filters, over the whole payload: which list is meant, what
//! narrows it, and whether its rows come to the number. The page data decides
//! whether a count may be called a total. Sums and the like are in `columns`.

use std::collections::HashSet;
use std::ops::Range;

use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::NumberAtom;
use crate::domain::grounding::bind::Strength;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::List;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::marks::as_decimal;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::sentence::UnitKind;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::columns::add;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::verify::values::ItemKind;
use crate::domain::grounding::words;

/// What came of recounting.
pub(super) enum Count {
    /// It comes out.
    Yes(Vec<FactId>, String),
    /// It is the count of a page, told as the whole.
    Partial(Vec<FactId>, String),
    /// It does not come out.
    No(Vec<FactId>, String),
    /// There are not so many different values.
    Distinct(Vec<FactId>, String),
    /// There is nothing to count.
    Unknown,
}

/// Whether a clause goes on with what narrows the noun before it: "two cases, which are closed".
fn begins_relative(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default().to_lowercase();
    matches!(word.as_str(), "which" | "that" | "who" | "die" | "welche" | "deren" | "som" | "der" | "qui" | "que")
}

impl<'c, 'a> Checker<'c, 'a> {
    pub(super) fn count(
        &self,
        unit: &Unit,
        items: &[Item<'c>],
        at: usize,
        number: &NumberAtom,
        object: usize,
        about: &Subject,
    ) -> Count {
        let clause = self.clause(unit, items, at);
        let filters = self.filters(unit, items, &clause, at);
        let hedged = self.draft.has(&unit.span, Cue::PartOnly) || number.approx.is_open();
        let mut partial = None;
        let mut against: Vec<FactId> = Vec::new();
        let mut told: Option<String> = None;
        if hedged && self.rows_shown(number) {
            return Count::Yes(Vec::new(), "rows shown in this text".to_owned());
        }
        for list in self.lists_of(object, about) {
            let restricted = self.under(list, about);
            let matching = self.matching(list, &filters);
            let narrowed = matching.iter().filter(|row| restricted.contains(row)).count();
            let fits = |count: usize| number.supports(&Decimal::from(count as u64), None);
            let complete = self.complete(list);
            let total = self.total(list.result);
            let everything = matching.len() == list.rows.len();
            let evidence = self.sample(&matching);
            if let Some((total, fact)) = total
                && everything
                && number.supports(&Decimal::from(total), None)
            {
                return Count::Yes(fact.into_iter().collect(), format!("the result gives {total} in all"));
            }
            if fits(matching.len()) || (restricted.len() < list.rows.len() && fits(narrowed)) {
                if complete || hedged || self.nested(list) {
                    return Count::Yes(evidence, format!("counted {} of {} rows", matching.len(), list.rows.len()));
                }
                partial = Some((evidence.clone(), "the page is not the whole: more rows exist".to_owned()));
            }
            if let Some(ids) = self.counts_in(&matching, object, number) {
                return Count::Yes(ids, "the counts of the rows".to_owned());
            }
            told.get_or_insert_with(|| self.recounted(list, matching.len(), self.draft.slice(&items[at].span)));
            against.extend(evidence.into_iter().take(4));
            if let Some((_, Some(fact))) = total {
                against.insert(0, fact);
            }
        }
        match self.distinct(unit, number, object, &filters) {
            Some(Ok(found)) if !hedged && self.of_a_page(&found) => {
                return Count::Partial(found, "different values of a page: more rows exist".to_owned());
            }
            Some(Ok(found)) => return Count::Yes(found, "distinct values".to_owned()),
            Some(Err(Finding::Wrong(ids, reason))) if told.is_none() => return Count::Distinct(ids, reason),
            _ => {}
        }
        if let Some((ids, reason)) = partial {
            return Count::Partial(ids, reason);
        }
        let Some(told) = told else {
            return self.count_without_rows(number, object).unwrap_or(Count::Unknown);
        };
        against.truncate(8);
        Count::No(against, told)
    }

    /// Whether a fact is of a result whose rows are not all there are.
    fn of_a_page(&self, ids: &[FactId]) -> bool {
        let result = |id: &FactId| self.evidence.rows[self.evidence.fact(*id).row as usize].result;
        let mut lists = self.evidence.lists.iter().filter(|list| !self.nested(list));
        lists.any(|list| !self.complete(list) && ids.iter().any(|id| result(id) == list.result))
    }

    /// Rows that are counts themselves (statistics): their sum.
    fn counts_in(&self, rows: &[RowId], object: usize, number: &NumberAtom) -> Option<Vec<FactId>> {
        if rows.is_empty() || rows.len() > 5000 {
            return None;
        }
        let counts = |row: &RowId| {
            self.evidence.ids_of_row(*row).take(60).find(|id| {
                let fact = self.evidence.fact(*id);
                let key = fact.key.to_ascii_lowercase();
                fact.row == *row
                    && fact.value.is_u64()
                    && (matches!(key.as_str(), "count" | "doc_count" | "total" | "value")
                        || spoken::object_parts(object)
                            .any(|part| key.contains(part) && key != "caseid" && !key.ends_with("id")))
            })
        };
        let ids: Vec<FactId> = rows.iter().map_while(counts).collect();
        if ids.len() != rows.len() {
            return None;
        }
        let sum = ids.iter().try_fold(Decimal::ZERO, |sum, id| add(sum, as_decimal(self.evidence.fact(*id).value)?))?;
        number.supports(&sum, None).then(|| ids.into_iter().take(8).collect())
    }

    /// Totals of results that list nothing: empty ones, and statistics.
    fn count_without_rows(&self, number: &NumberAtom, object: usize) -> Option<Count> {
        let zero = number.supports(&Decimal::ZERO, None);
        let empty = self.input.results.iter().any(|result| {
            result.outcome == crate::domain::outcome::Outcome::Empty && self.tool_is_of(&result.tool, object)
        });
        if zero && empty {
            return Some(Count::Yes(Vec::new(), "the call succeeded and matched nothing".to_owned()));
        }
        for (at, _) in self.input.results.iter().enumerate() {
            let result = u32::try_from(at).unwrap_or(u32::MAX);
            if let Some((total, fact)) = self.total(result)
                && number.supports(&Decimal::from(total), None)
            {
                return Some(Count::Yes(fact.into_iter().collect(), format!("the result gives {total} in all")));
            }
        }
        None
    }

    /// Whether the text itself lists that many rows or items.
    fn rows_shown(&self, number: &NumberAtom) -> bool {
        let units = &self.draft.units.units;
        let rows = units.iter().filter(|unit| matches!(unit.kind, UnitKind::Row(_))).count();
        let mut items: Vec<usize> =
            units.iter().filter(|unit| matches!(unit.kind, UnitKind::Item(_))).map(|unit| unit.block).collect();
        items.dedup();
        [rows, items.len()].into_iter().any(|count| count > 0 && number.supports(&Decimal::from(count as u64), None))
            || (0..self.draft.units.headers.len()).any(|table| {
                let rows = units.iter().filter(|unit| unit.kind == UnitKind::Row(table)).count();
                number.supports(&Decimal::from(rows as u64), None)
            })
    }

    /// The part of a unit that belongs to one number.
    pub(super) fn clause(&self, unit: &Unit, items: &[Item<'_>], at: usize) -> Range<usize> {
        let span = &items[at].span;
        let is_number = |item: &&Item<'_>| matches!(&item.kind, ItemKind::Number(number) if !number.id_candidate && !number.ordinal);
        let mut start = items[..at].iter().rev().find(is_number).map_or(unit.span.start, |item| item.span.end);
        let mut numbers = items[at + 1..].iter().filter(is_number);
        let next = numbers.next();
        let mut end = match next {
            // "two of the three cases are open": what is said is said of the two.
            Some(whole) if self.part_of(span.end, whole.span.start) => {
                numbers.next().map_or(unit.span.end, |item| item.span.start)
            }
            Some(next) => next.span.start,
            None => unit.span.end,
        };
        if start > unit.span.start && self.part_of(start, span.start) {
            let noun = self.draft.spots_in(&(span.end..end)).find(|spot| matches!(spot.meaning, Meaning::Object(_)));
            return span.start..noun.map_or(span.end, |noun| noun.end);
        }
        let narrows =
            |item: &Item<'_>| matches!(item.kind, ItemKind::Code(_) | ItemKind::Identifier(_) | ItemKind::Phrase(_));
        if start > unit.span.start
            && items.iter().any(|item| narrows(item) && item.span.start >= span.end && item.span.end <= end)
        {
            // "2 belong to A and 1 to B": what stands before is the other number's.
            start = span.start;
        }
        let before = self.draft.slice(&(start..span.start));
        if let Some(cut) = before.rfind([',', ';', '(', '、']) {
            // A comma right before the number ends the clause before it; an opening phrase stays.
            if start > unit.span.start || before.len() - cut < 24 && before.contains(';') {
                start += cut + 1;
            }
        }
        let none = self.draft.spots_in(&(span.end..end)).find(|spot| spot.meaning == Meaning::Cue(Cue::None));
        if let Some(none) = none.map(|spot| spot.start)
            && self.denied_noun(&(none..end)).is_none()
        {
            // "Of the seven cases there is none with …": what follows is said of none.
            end = none;
        }
        let after = self.draft.slice(&(span.end..end));
        let mut cuts = after.match_indices([',', ';', '(', ')', '、']);
        if let Some((cut, _)) = cuts.find(|(cut, mark)| *mark != "," || !begins_relative(&after[cut + 1..])) {
            end = span.end + cut;
        }
        start..end
    }

    /// Whether "of" and the like stands between two numbers.
    pub(super) fn part_of(&self, from: usize, to: usize) -> bool {
        let words = self.draft.words_in(&(from..to));
        let first = words.first().map(|word| self.draft.slice(&word.range()).to_lowercase());
        words.len() <= 4
            && first.is_some_and(|word| {
                matches!(word.as_str(), "of" | "out" | "av" | "af" | "von" | "der" | "des" | "de" | "sur" | "parmi")
            })
    }

    /// Lists that hold such objects: by the name of the tool or of the list; all if none is named so.
    pub(super) fn lists_of(&self, object: usize, about: &Subject) -> Vec<&'c List<'a>> {
        let evidence = self.evidence;
        let reachable: Vec<&'c List<'a>> = evidence
            .lists
            .iter()
            .filter(|list| self.outermost(list) || about.rows().any(|row| self.evidence.within(list.parent, row)))
            .take(4000)
            .collect();
        let typed: Vec<&'c List<'a>> = reachable.iter().copied().filter(|list| self.list_is_of(list, object)).collect();
        if typed.is_empty() && (spoken::object_parts(object).next().is_none() || !self.typed_elsewhere(object)) {
            // Series are rows of what their tool measures, and of nothing else.
            let general = spoken::object_parts(object).next().is_none();
            let neutral = |list: &&List<'a>| general || self.series_objects(list).is_none();
            return reachable.into_iter().filter(|list| self.outermost(list)).filter(neutral).collect();
        }
        typed
    }

    fn typed_elsewhere(&self, object: usize) -> bool {
        spoken::noun_index(spoken::object(object)).is_some_and(|noun| self.attribute_exists(noun))
    }

    /// The objects that the rows of a list of series are.
    fn series_objects(&self, list: &List<'_>) -> Option<&'static [&'static str]> {
        spoken::measured_objects(&self.evidence.results[list.result as usize].tool)
    }

    fn list_is_of(&self, list: &List<'_>, object: usize) -> bool {
        if let Some(objects) = self.series_objects(list) {
            return objects.contains(&spoken::object(object));
        }
        let key = words::fold(list.key);
        let by_key = spoken::object_parts(object).any(|part| key.contains(part));
        let neutral = self.outermost(list);
        by_key || (neutral && self.tool_is_of(&self.evidence.results[list.result as usize].tool, object))
    }

    /// Whether a tool's name says that it is about such objects.
    pub(super) fn tool_is_of(&self, tool: &str, object: usize) -> bool {
        let tool = words::fold(tool);
        let mut parts = spoken::object_parts(object).peekable();
        if parts.peek().is_none() {
            return true;
        }
        // "getArgusCaseComments" is about comments.
        if tool.contains("comment") || tool.contains("tags") {
            return matches!(spoken::object(object), "comment" | "tag") && parts.any(|part| tool.contains(part));
        }
        parts.any(|part| tool.contains(part))
    }

    /// Whether a list is the answer's own, not one inside one of many rows.
    fn outermost(&self, list: &List<'_>) -> bool {
        let mut at = Some(list.parent);
        while let Some(row) = at {
            let row = &self.evidence.rows[row as usize];
            if row.list.and_then(|list| self.evidence.lists.get(list as usize)).is_some_and(|list| list.rows.len() > 1)
            {
                return false;
            }
            at = row.parent;
        }
        true
    }

    pub(super) fn nested(&self, list: &List<'_>) -> bool {
        !self.evidence.rows[list.parent as usize].envelope
    }

    /// Rows of the list inside the subject, when the subject is a set of rows.
    fn under(&self, list: &List<'_>, about: &Subject) -> HashSet<RowId> {
        if about.is_none() || about.strength < Strength::Near {
            return list.rows.iter().copied().collect();
        }
        let rows: HashSet<RowId> = about.rows().collect();
        list.rows.iter().copied().filter(|row| self.row_in(*row, &rows)).collect()
    }

    /// Whether the list is known to be all there is.
    pub(super) fn complete(&self, list: &List<'_>) -> bool {
        if self.nested(list) {
            return true;
        }
        let result = &self.evidence.results[list.result as usize];
        let more = result.page.as_ref().is_some_and(|page| page.more) || self.says_more(list.result);
        let short = self.total(list.result).is_some_and(|(total, _)| total > list.rows.len() as u64);
        result.outcome != crate::domain::outcome::Outcome::Partial && !more && !short
    }

    /// Page data in the payload that says more rows exist.
    fn says_more(&self, result: u32) -> bool {
        envelope_facts(self.evidence, result).any(|id| {
            let fact = self.evidence.fact(id);
            match fact.key {
                "stop" => fact.group == "page" && fact.value == &serde_json::Value::Bool(false),
                "nextOffset" | "next" | "next_cursor" | "nextCursor" | "nextPage" => {
                    !fact.value.is_null() && fact.text() != Some("")
                }
                "hasMore" | "has_more" | "truncated" => fact.value == &serde_json::Value::Bool(true),
                _ => false,
            }
        })
    }

    /// All matches, as the result gives them.
    pub(super) fn total(&self, result: u32) -> Option<(u64, Option<FactId>)> {
        total(self.evidence, result)
    }

    /// A few facts that name the counted rows.
    pub(super) fn sample(&self, rows: &[RowId]) -> Vec<FactId> {
        rows.iter().take(8).filter_map(|row| self.evidence.name_of(*row)).collect()
    }

    /// The objects that the words of one stand for in a span: Norwegian "hendelse" is an event too.
    pub(super) fn same_word(&self, span: &Range<usize>, object: usize) -> Vec<usize> {
        let spoken = |spot: &&spoken::Spot| spot.meaning == Meaning::Object(object);
        let words = self.draft.spots_in(span).filter(spoken).map(|spot| spot.start..spot.end);
        words.flat_map(|word| self.objects_in(&word)).collect()
    }

    /// Object nouns of a unit.
    pub(super) fn objects_in(&self, span: &Range<usize>) -> Vec<usize> {
        self.draft
            .spots_in(span)
            .filter_map(|spot| match spot.meaning {
                Meaning::Object(object) => Some(object),
                _ => None,
            })
            .collect()
    }
}

/// All matches, as the result gives them in the payload or its page data.
pub(in crate::domain::grounding) fn total(evidence: &Evidence<'_>, result: u32) -> Option<(u64, Option<FactId>)> {
    let fact = envelope_facts(evidence, result).find(|id| {
        let fact = evidence.fact(*id);
        let named = matches!(fact.key, "count" | "total" | "totalCount" | "total_count" | "totalResults" | "matched");
        named && matches!(fact.group, "page" | "" | "meta" | "paging" | "pagination") && fact.value.is_u64()
    });
    if let Some(id) = fact {
        return Some((evidence.fact(id).value.as_u64()?, Some(id)));
    }
    let page = evidence.results.get(result as usize)?.page.as_ref()?;
    Some((page.total?, None))
}

/// Facts beside the rows of a result: page and meta data.
fn envelope_facts<'e>(evidence: &'e Evidence<'_>, result: u32) -> impl Iterator<Item = FactId> + 'e {
    let root = evidence.rows.iter().position(|row| row.result == result && row.parent.is_none());
    let root = RowId::try_from(root.unwrap_or(usize::MAX)).unwrap_or(RowId::MAX);
    let facts = evidence.ids_of_row(root);
    let lists: Vec<Range<u32>> = evidence
        .lists
        .iter()
        .filter(|list| list.parent == root)
        .filter_map(|list| {
            let (first, last) = (list.rows.first()?, list.rows.last()?);
            Some(evidence.ids_of_row(*first).start..evidence.ids_of_row(*last).end)
        })
        .collect();
    let mut at = facts.start;
    std::iter::from_fn(move || {
        while let Some(list) = lists.iter().find(|list| list.contains(&at)) {
            at = list.end;
        }
        let id = at;
        at += 1;
        (id < facts.end).then_some(id)
    })
    .take(2000)
    .filter(move |id| evidence.fact(*id).row == root && !evidence.is_argument(evidence.fact(*id)))
}
