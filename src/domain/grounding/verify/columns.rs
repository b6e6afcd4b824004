//! Figures worked out over the columns of some rows: distinct values, sums, means,
//! differences, shares. Which rows are meant is decided in `aggregates`; here they are
//! only computed with, exactly.

use std::collections::HashSet;

use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::NumberAtom;
use crate::domain::grounding::atom::Unit as Measure;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::List;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::marks::as_decimal;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::nouns_of_field;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::filters::Filter;
use crate::domain::grounding::verify::measured::Told;
use crate::domain::grounding::verify::stored::is_figure;
use crate::domain::grounding::verify::times::instant;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::verify::values::ItemKind;

/// Different values of the rows' fields at one path, and a fact for each.
type Column<'e> = (Vec<&'e str>, HashSet<String>, Vec<FactId>);

impl<'c, 'a> Checker<'c, 'a> {
    /// Distinct values of an attribute: "across 3 hosts". Where a word asks for them and all fields
    /// of the attribute agree on how many there are, another number is wrong.
    pub(super) fn distinct(
        &self,
        unit: &Unit,
        number: &NumberAtom,
        object: usize,
        filters: &[Filter],
    ) -> Option<Result<Vec<FactId>, Finding>> {
        let noun = match spoken::object(object) {
            "address" => "ip",
            other => other,
        };
        let noun = spoken::noun_index(noun)?;
        let mut by_path: Vec<Column<'_>> = Vec::new();
        for list in self.evidence.lists.iter().filter(|list| !self.nested(list)) {
            for row in self.matching(list, filters).into_iter().take(20_000) {
                for id in self.evidence.ids_of_row(row).take(400) {
                    let fact = self.evidence.fact(id);
                    if !Self::is_of(fact, noun) || fact.value.is_null() {
                        continue;
                    }
                    let path = self.evidence.path(fact);
                    let at = by_path.iter().position(|(known, ..)| *known == path);
                    let at = at.unwrap_or_else(|| {
                        by_path.push((path, HashSet::new(), Vec::new()));
                        by_path.len() - 1
                    });
                    if by_path[at].1.insert(fact.value.to_string()) {
                        by_path[at].2.push(id);
                    }
                }
            }
        }
        // The row's own attribute, not that of somebody inside it ("customer" of a reporter).
        let depth = |(path, ..): &Column<'_>| {
            let of_noun = path.iter().position(|key| nouns_of_field(key) >> noun & 1 == 1)?;
            Some((of_noun, path.len()))
        };
        let nearest = by_path.iter().filter_map(&depth).min()?;
        by_path.retain(|column| depth(column) == Some(nearest));
        let every: HashSet<&String> = by_path.iter().flat_map(|(.., values, _)| values).collect();
        let fits = |count: usize| number.supports(&Decimal::from(count as u64), None);
        let found = by_path
            .iter()
            .find(|(.., values, _)| fits(values.len()))
            .or_else(|| by_path.first().filter(|_| fits(every.len())))
            .map(|(.., ids)| ids.iter().copied().take(8).collect());
        if let Some(ids) = found {
            return Some(Ok(ids));
        }
        // Only fields that tell one value from another: several customers may share a domain.
        by_path.retain(|(.., ids)| ids.first().is_some_and(|id| self.evidence.fact(*id).identity));
        let (.., first, ids) = by_path.first()?;
        // "These 13 cases belong to 4 customers": the rows are counted beside it.
        let counted = self.objects_in(&unit.span).iter().any(|other| {
            *other != object && !self.lists_of(*other, &Subject::none()).is_empty() && self.tool_named(*other)
        });
        let asked = self.draft.has(&unit.span, Cue::Distinct) || counted;
        let agreed = by_path.iter().all(|(.., values, _)| values.len() == first.len()) && first.len() > 1;
        let reason = format!("the results have {} different values there", first.len());
        (asked && agreed).then(|| Err(Finding::Wrong(ids.iter().copied().take(8).collect(), reason)))
    }

    fn tool_named(&self, object: usize) -> bool {
        self.evidence.results.iter().any(|result| self.tool_is_of(&result.tool, object))
    }

    /// Sum, mean or difference, when a word asks for it.
    pub(super) fn computed(
        &self,
        unit: &Unit,
        items: &[Item<'c>],
        at: usize,
        number: &NumberAtom,
        nouns: &[usize],
    ) -> Option<Finding> {
        let has = |cue| self.draft.has(&unit.span, cue);
        let (sum, mean, difference) = (has(Cue::Sum), has(Cue::Mean), has(Cue::Difference));
        let spread = has(Cue::Most) && has(Cue::Least);
        if (difference || spread)
            && let Some(finding) = self.printed_difference(unit, items, at, number)
        {
            return Some(finding);
        }
        if !sum && !mean && !difference {
            return None;
        }
        let clause = self.clause(unit, items, at);
        let filters = self.filters(unit, items, &clause, at);
        let told = self.told(unit, items, at);
        let hedged = self.draft.has(&unit.span, Cue::PartOnly);
        for list in self.evidence.lists.iter().filter(|list| list.rows.len() > 1).take(200) {
            let rows = self.matching(list, &filters);
            let mut columns = self.columns_of(&rows, nouns, told);
            if columns.is_empty() {
                // The word beside the number is no field of these rows.
                columns = self.columns_of(&rows, &[], told);
            }
            for (key, values) in columns {
                let total: Decimal = values.iter().try_fold(Decimal::ZERO, |sum, (_, value)| add(sum, *value))?;
                let ids: Vec<FactId> = values.iter().map(|(id, _)| *id).take(8).collect();
                if sum && number.supports(&total, None) {
                    if !hedged && !self.complete(list) {
                        return Some(Finding::Wrong(ids, "the sum of a page: more rows exist".to_owned()));
                    }
                    return Some(Finding::Supported(ids, format!("sum of {key} over {} rows", values.len())));
                }
                let count = i128::try_from(values.len()).ok()?;
                if mean && divide(total, count).is_some_and(|mean| number.supports(&mean, None)) {
                    return Some(Finding::Supported(ids, format!("mean of {key} over {} rows", values.len())));
                }
                let range = values.iter().map(|(_, v)| *v).max().zip(values.iter().map(|(_, v)| *v).min());
                let apart = range.and_then(|(high, low)| add(high, low.negated()));
                if difference && values.len() <= 3 && apart.is_some_and(|apart| number.supports(&apart, None)) {
                    return Some(Finding::Supported(ids, format!("difference of {key}")));
                }
            }
            if difference && let Some(finding) = self.remaining(list, items, at, number) {
                return Some(finding);
            }
        }
        None
    }

    /// "the remaining 289": the total less the rows, or less another number of the sentence.
    fn remaining(&self, list: &List<'a>, items: &[Item<'_>], at: usize, number: &NumberAtom) -> Option<Finding> {
        let rows = list.rows.len() as u64;
        let (total, fact) = self.total(list.result).unwrap_or((rows, None));
        let others =
            items.iter().enumerate().filter(|(index, _)| *index != at).filter_map(|(_, item)| match &item.kind {
                ItemKind::Number(other) => u64::try_from(other.readings.first()?.value.to_integer()?).ok(),
                _ => None,
            });
        let taken: Vec<u64> = others.chain((total > rows).then_some(rows)).collect();
        let fits = taken.iter().any(|less| {
            total.checked_sub(*less).is_some_and(|rest| number.supports(&Decimal::from(rest), None))
                || rows.checked_sub(*less).is_some_and(|rest| number.supports(&Decimal::from(rest), None))
        });
        let evidence = fact.into_iter().chain(self.sample(&list.rows[..list.rows.len().min(2)])).collect();
        fits.then(|| Finding::Supported(evidence, format!("what is left of {total}")))
    }

    /// Numeric columns of some rows, by field.
    fn columns_of(&self, rows: &[RowId], nouns: &[usize], told: Told) -> Vec<(&'a str, Vec<(FactId, Decimal)>)> {
        let mut columns: Vec<(&'a str, Vec<(FactId, Decimal)>)> = Vec::new();
        for row in rows.iter().take(50_000) {
            for id in self.evidence.ids_of_row(*row).take(300) {
                let fact = self.evidence.fact(id);
                let wanted = fact.row == *row
                    && is_figure(fact)
                    && self.may_measure(fact, told, false)
                    && instant(fact.value).is_none()
                    && (nouns.is_empty()
                        || matches!(fact.key, "value" | "count")
                        || nouns.iter().any(|noun| Self::is_of(fact, *noun))
                        || fact.key.to_ascii_lowercase().ends_with("count"));
                let Some(value) = wanted.then(|| as_decimal(fact.value)).flatten() else { continue };
                match columns.iter().position(|(key, _)| *key == fact.key) {
                    Some(at) => columns[at].1.push((id, value)),
                    None if columns.len() < 16 => columns.push((fact.key, vec![(id, value)])),
                    None => {}
                }
            }
        }
        columns
    }

    /// A share of the rows: "40 % are critical", "half of them".
    pub(super) fn share(&self, unit: &Unit, items: &[Item<'c>], at: usize, number: &NumberAtom) -> Option<Finding> {
        if !matches!(number.unit, Some(Measure::Percent | Measure::Share)) {
            return None;
        }
        let clause = self.clause(unit, items, at);
        let filters = self.filters(unit, items, &clause, at);
        if filters.is_empty() {
            return None;
        }
        let mut against = Vec::new();
        let mut told: Option<String> = None;
        for list in self.evidence.lists.iter().filter(|list| !self.nested(list) && !list.rows.is_empty()) {
            let matching = self.matching(list, &filters);
            let part = divide(Decimal::from(matching.len() as u64).times(100)?, i128::try_from(list.rows.len()).ok()?)?;
            let evidence = self.sample(&matching);
            if number.supports(&part, Some(Measure::Percent)) {
                return Some(Finding::Supported(evidence, format!("{} of {} rows", matching.len(), list.rows.len())));
            }
            told.get_or_insert_with(|| {
                format!("{} of {} rows are so: {} %", matching.len(), list.rows.len(), shown(part))
            });
            against.extend(evidence);
        }
        told.filter(|_| !against.is_empty()).map(|told| Finding::Wrong(against, told))
    }

    /// A sum or mean that does not come out: what it comes to, where one field can be meant.
    pub(super) fn not_computed(&self, unit: &Unit, items: &[Item<'c>], at: usize, nouns: &[usize]) -> Option<Finding> {
        let (sum, mean) = (self.draft.has(&unit.span, Cue::Sum), self.draft.has(&unit.span, Cue::Mean));
        if !sum && !mean {
            return None;
        }
        let clause = self.clause(unit, items, at);
        let filters = self.filters(unit, items, &clause, at);
        let list = self.evidence.lists.iter().find(|list| list.rows.len() > 1 && !self.nested(list))?;
        let columns = self.columns_of(&self.matching(list, &filters), nouns, self.told(unit, items, at));
        let column = match columns.as_slice() {
            [only] => Some(only),
            several => several.iter().find(|(key, _)| *key == "count"),
        };
        let (key, values) = column?;
        let total = values.iter().try_fold(Decimal::ZERO, |sum, (_, value)| add(sum, *value))?;
        let (name, value) =
            if mean { ("mean", divide(total, i128::try_from(values.len()).ok()?)?) } else { ("sum", total) };
        let ids: Vec<FactId> = values.iter().map(|(id, _)| *id).take(8).collect();
        let printed = super::reasons::short(self.draft.slice(&items.get(at)?.span));
        let reason =
            format!("the {name} of {key} over {} rows is {}; the text says {printed}", values.len(), shown(value));
        Some(Finding::Wrong(ids, reason))
    }
}

pub(super) fn add(a: Decimal, b: Decimal) -> Option<Decimal> {
    let scale = a.scale().max(b.scale());
    let lift = |d: Decimal| d.mantissa().checked_mul(10_i128.checked_pow(u32::from(scale - d.scale()))?);
    Decimal::new(lift(a)?.checked_add(lift(b)?)?, scale)
}

/// `a - b`.
pub(super) fn subtract(a: Decimal, b: Decimal) -> Option<Decimal> {
    add(a, b.negated())
}

pub(super) fn divide(value: Decimal, by: i128) -> Option<Decimal> {
    if by == 0 {
        return None;
    }
    let scale = value.scale().max(8);
    let lifted = value.mantissa().checked_mul(10_i128.checked_pow(u32::from(scale - value.scale()))?)?;
    Decimal::new(lifted / by, scale)
}

/// A number as people write it, to at most one decimal.
pub(super) fn shown(value: Decimal) -> String {
    let scale = 10_i128.checked_pow(u32::from(value.scale())).unwrap_or(1);
    let tenths = value.mantissa().saturating_mul(10).saturating_add(scale / 2).div_euclid(scale);
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        tenth => format!("{}.{}", tenths / 10, tenth.abs()),
    }
}
