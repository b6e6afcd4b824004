//! What else a sentence says of the number of a group: every code and name beside it, and the
//! noun that it counts, must be known of that number. A code or name is known of it if it names
//! a group, or if the call asked for nothing else; the noun, if the tool counts such objects.
//! What is not known is for the judge, or wrong where the call says otherwise.
//!
//! Relies on [`super::trees`] for which group a number is of. Does not know words outside the tables.

use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::sentence::UnitKind;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::verify::values::ItemKind;
use crate::domain::grounding::words;
use std::ops::Range;

/// Objects that tools of statistics count: told of the number of another tool they are wrong.
const COUNTED: [&str; 3] = ["case", "event", "asset"];

impl<'c, 'a> Checker<'c, 'a> {
    /// What the unit, and the lines it stands under, say of a number beyond its group.
    pub(super) fn beyond_branch(
        &self,
        unit: &Unit,
        items: &[Item<'c>],
        at: usize,
        header: Option<&Range<usize>>,
        ids: &[FactId],
    ) -> Option<Finding> {
        let row = self.evidence.fact(*ids.first()?).row;
        if let Some(finding) = self.counts_another(unit, items, at, row) {
            return Some(finding);
        }
        let around: Vec<Item<'c>> =
            self.lines_above(unit).iter().chain(header).flat_map(|span| self.items(span)).collect();
        let beside = items.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, item)| item);
        let said: Vec<&Item<'c>> = beside.clone().chain(&around).collect();
        let number = &items[at].span;
        let mut own = beside.filter_map(|item| self.unknown_of(unit, item, number, row, &said, false));
        let above = || around.iter().find_map(|item| self.unknown_of(unit, item, number, row, &said, true));
        own.next().or_else(above)
    }

    /// The heading that a unit stands under, and the line that a list begins with.
    pub(super) fn lines_above(&self, unit: &Unit) -> Vec<Range<usize>> {
        let units = &self.draft.units.units;
        let before = &units[..units.partition_point(|other| other.span.start < unit.span.start)];
        let heading = before.iter().rev().find(|other| other.kind == UnitKind::Heading);
        let listed = matches!(unit.kind, UnitKind::Item(_) | UnitKind::Row(_));
        let lead = before.iter().rev().find(|other| !matches!(other.kind, UnitKind::Item(_) | UnitKind::Row(_)));
        let lead = lead.filter(|lead| listed && lead.kind != UnitKind::Heading && self.ends_with(lead, &[':', '：']));
        heading.into_iter().chain(lead).map(|unit| unit.span.clone()).collect()
    }

    /// Whether the number is told of objects that its tool does not count.
    fn counts_another(&self, unit: &Unit, items: &[Item<'c>], at: usize, row: RowId) -> Option<Finding> {
        let object = self.counted_object(unit, items, at)?;
        let tool = &self.evidence.results[self.evidence.rows[row as usize].result as usize].tool;
        let meant = self.same_word(&unit.span, object);
        if meant.iter().any(|meant| self.tool_is_of(tool, *meant)) {
            return None;
        }
        let spoken = |spot: &&spoken::Spot| spot.meaning == Meaning::Object(object);
        let place = self.draft.spots_in(&unit.span).find(spoken).map(|spot| spot.start..spot.end)?;
        let label = place.end <= items[at].span.start;
        if label && self.kinds_of_groups().any(|kind| words::fold(kind) == spoken::object(object)) {
            // "Customer X: 12"
            return None;
        }
        let counter = self.draft.slice(&place).chars().all(words::is_cjk) && self.draft.words_in(&place).len() == 1;
        let others = self.objects_in(&unit.span);
        if counter && others.iter().any(|other| *other != object && self.tool_is_of(tool, *other)) {
            // "12件のイベント": the sign counts anything.
            return None;
        }
        let reason = format!("{tool} does not count {}", self.draft.slice(&place));
        let plainly = !counter && meant.iter().all(|meant| COUNTED.contains(&spoken::object(*meant)));
        Some(if plainly { Finding::Wrong(vec![], reason) } else { Finding::Open(reason) })
    }

    /// What is to be said of a code or name that is not known of the number of a row.
    fn unknown_of(
        &self,
        unit: &Unit,
        item: &Item<'c>,
        number: &Range<usize>,
        row: RowId,
        said: &[&Item<'c>],
        above: bool,
    ) -> Option<Finding> {
        let printed = self.draft.slice(&item.span);
        let open = || Some(Finding::Open(format!("{printed}: not known of this number")));
        if !matches!(item.kind, ItemKind::Code(_) | ItemKind::Identifier(_) | ItemKind::Phrase(_)) {
            return None;
        }
        if !above && self.negated(unit, &item.span) {
            return open();
        }
        let result = |row: RowId| self.evidence.rows[row as usize].result;
        let groups = self.groups_called(item);
        let groups_known = if above {
            groups.iter().any(|group| self.evidence.within(row, *group))
        } else {
            groups.iter().any(|group| result(*group) == result(row))
        };
        if groups_known {
            return None;
        }
        let asked = self.arguments_of(row);
        if let ItemKind::Code(code) = item.kind {
            let families: Vec<usize> = spoken::code_families(code).filter_map(spoken::noun_index).collect();
            let mut of_family = asked.iter().filter(|fact| families.iter().any(|family| fact.is_of(*family)));
            let Some(first) = of_family.next() else { return open() };
            let asked_so = std::iter::once(first).chain(of_family).find(|fact| Self::code_fact(fact, code));
            return match asked_so {
                Some(fact) if self.asked_for_no_other(fact, &asked, said) => None,
                Some(_) => open(),
                None if !above && self.right_after(number, &item.span) => {
                    Some(Finding::Wrong(vec![], format!("the call asked for {} = {}", first.key, first.value)))
                }
                None => open(),
            };
        }
        let facts = self.mention(item).facts;
        let mut facts =
            facts.iter().map(|id| self.evidence.fact(*id)).filter(|fact| self.evidence.within(row, fact.row));
        let known = facts.any(|fact| !self.evidence.is_argument(fact) || self.asked_for_no_other(fact, &asked, said));
        if known || self.names_machinery(printed) { None } else { open() }
    }

    /// The arguments of the call that brought a row.
    fn arguments_of(&self, row: RowId) -> Vec<&'c Fact<'a>> {
        let evidence = self.evidence;
        let mut root = row;
        while let Some(outer) = evidence.rows[root as usize].parent {
            root = outer;
        }
        let own = evidence.of_row(root).iter().take_while(|fact| evidence.is_argument(fact));
        own.filter(|fact| !fact.value.is_null()).take(MAX_ARGUMENTS).collect()
    }

    /// Whether each value that a call asked for in one place is said: of two severities together
    /// neither is known of the number.
    fn asked_for_no_other(&self, fact: &Fact<'_>, asked: &[&Fact<'a>], said: &[&Item<'c>]) -> bool {
        let mut beside = asked.iter().filter(|other| other.key == fact.key && other.group == fact.group);
        beside.all(|other| {
            std::ptr::eq(other.value, fact.value)
                || said.iter().any(|item| match item.kind {
                    ItemKind::Code(code) => Self::code_fact(other, code),
                    _ => {
                        let facts = self.mention(item).facts;
                        facts.iter().any(|id| std::ptr::eq(self.evidence.fact(*id).value, other.value))
                    }
                })
        })
    }

    /// Whether a value stands right after a number: "30 low events".
    fn right_after(&self, number: &Range<usize>, span: &Range<usize>) -> bool {
        number.end <= span.start && self.draft.words_in(&(number.end..span.start)).is_empty()
    }
}

/// Arguments of one call that are looked at.
const MAX_ARGUMENTS: usize = 400;
