//! Statistics answers as trees: groups with their numbers, each true inside its branch only,
//! and stretches of time. A group is a row with a `count` and an object that says of what it
//! is a group; a stretch has the time at which it begins. What is said of them is not known here.

use std::collections::BTreeSet;
use std::collections::HashMap;

use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::marks::as_decimal;
use crate::domain::grounding::verify::instant;

/// Kind of a stretch of time.
pub(super) const STRETCH: &str = "time";
/// Most groups that are read; numbers of further ones are known to no tree.
const MAX_BUCKETS: usize = 5_000;
/// Stretches this long or longer are called by their day.
const LONG_STRETCH_MS: u64 = 23 * 3_600_000;

/// One group of a tree, or one stretch of time.
#[derive(Debug)]
pub(super) struct Bucket<'a> {
    pub(super) row: RowId,
    /// What it is a group of; `time` for a stretch.
    pub(super) kind: &'a str,
    /// The names of the group.
    pub(super) names: Vec<FactId>,
    /// The beginning of the stretch.
    pub(super) start: Option<FactId>,
    /// A stretch of about a day or more.
    pub(super) long: bool,
}

/// All trees of some evidence.
#[derive(Debug, Default)]
pub(super) struct Trees<'a> {
    /// Groups and stretches in document order.
    pub(super) buckets: Vec<Bucket<'a>>,
    /// The outermost numbers.
    pub(super) roots: BTreeSet<RowId>,
    /// Place of a row in `buckets`.
    places: HashMap<RowId, usize>,
    /// The groups that have a text among their names.
    by_name: HashMap<&'a str, Vec<RowId>>,
    /// The group that a fact names.
    by_fact: HashMap<FactId, RowId>,
    /// What the groups of a list come to together.
    sums: HashMap<Option<u32>, i128>,
    /// `count` and `rawEventCount` of the groups and roots.
    numbers: HashMap<RowId, [Option<FactId>; 2]>,
}

impl<'a> Trees<'a> {
    pub(super) fn read(evidence: &Evidence<'a>) -> Self {
        let mut trees = Self::default();
        let mut known: HashMap<RowId, Option<FactId>> = HashMap::new();
        let mut count = |row: RowId| *known.entry(row).or_insert_with(|| number_of(evidence, row, "count"));
        for at in 0..evidence.rows.len() {
            if trees.buckets.len() >= MAX_BUCKETS {
                break;
            }
            let Ok(row) = RowId::try_from(at) else { break };
            if evidence.rows[at].list.is_none() || count(row).is_none() {
                continue;
            }
            let own = || evidence.ids_of_row(row).take(64).filter(|id| evidence.fact(*id).row == row);
            let named = |fact: &Fact<'_>| matches!(fact.group, "group" | "metadata");
            let names: Vec<FactId> = own().filter(|id| named(evidence.fact(*id))).collect();
            let start = own().find(|id| {
                let fact = evidence.fact(*id);
                matches!(fact.key, "timestamp" | "key") && fact.group.is_empty() && instant(fact.value).is_some()
            });
            let kind = names.iter().map(|id| evidence.fact(*id)).find(|fact| fact.key == "type");
            let Some(kind) = kind.and_then(Fact::text).or(start.map(|_| STRETCH)) else { continue };
            let names = names.into_iter().filter(|id| evidence.fact(*id).key != "type").collect();
            let counted = evidence.ancestors(row).filter(|outer| count(*outer).is_some());
            let Some(root) = counted.last() else { continue };
            trees.roots.insert(root);
            trees.buckets.push(Bucket { row, kind, names, start, long: false });
        }
        trees.mark_long(evidence);
        trees.index(evidence);
        trees
    }

    /// Fills the maps that lead to the groups.
    fn index(&mut self, evidence: &Evidence<'a>) {
        for (place, bucket) in self.buckets.iter().enumerate() {
            self.places.insert(bucket.row, place);
            for id in &bucket.names {
                self.by_fact.insert(*id, bucket.row);
                if let Some(name) = evidence.fact(*id).text() {
                    let rows = self.by_name.entry(name).or_default();
                    if rows.last() != Some(&bucket.row) {
                        rows.push(bucket.row);
                    }
                }
            }
        }
        for row in self.roots.iter().copied().chain(self.buckets.iter().map(|bucket| bucket.row)) {
            self.numbers.insert(row, ["count", "rawEventCount"].map(|key| number_of(evidence, row, key)));
        }
        for bucket in &self.buckets {
            let count = self.count(bucket.row).and_then(|id| as_decimal(evidence.fact(id).value)?.to_integer());
            *self.sums.entry(evidence.rows[bucket.row as usize].list).or_default() += count.unwrap_or_default();
        }
    }

    /// The count of a group or root.
    pub(super) fn count(&self, row: RowId) -> Option<FactId> {
        self.numbers.get(&row)?[0]
    }

    /// The raw events of a group or root.
    pub(super) fn raw(&self, row: RowId) -> Option<FactId> {
        self.numbers.get(&row)?[1]
    }

    /// What the groups of a list come to together.
    pub(super) fn sum(&self, list: Option<u32>) -> Option<i128> {
        self.sums.get(&list).copied()
    }

    /// The group that a fact names.
    pub(super) fn named_by(&self, id: FactId) -> Option<RowId> {
        self.by_fact.get(&id).copied()
    }

    /// Groups with a name that fits, in document order.
    pub(super) fn called(&self, fits: impl Fn(&str) -> bool) -> Vec<RowId> {
        let fitting = self.by_name.iter().filter(|(name, _)| fits(name));
        let mut rows: Vec<RowId> = fitting.flat_map(|(_, rows)| rows.iter().copied()).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// The groups around a row and its own, outermost first.
    pub(super) fn branch(&self, evidence: &Evidence<'_>, row: RowId) -> Vec<&Bucket<'a>> {
        let mut branch: Vec<&Bucket<'a>> = evidence.ancestors(row).filter_map(|outer| self.bucket(outer)).collect();
        branch.reverse();
        branch.extend(self.bucket(row));
        branch
    }

    /// The groups and stretches below a root that have none below them.
    pub(super) fn leaves(&self, evidence: &Evidence<'_>, root: RowId) -> Vec<RowId> {
        let below: BTreeSet<RowId> = self.buckets.iter().flat_map(|bucket| evidence.ancestors(bucket.row)).collect();
        let inside = self.buckets.iter().map(|bucket| bucket.row).filter(|row| evidence.within(*row, root));
        inside.filter(|row| !below.contains(row)).collect()
    }

    /// Stretches whose beginnings lie a day or more apart.
    fn mark_long(&mut self, evidence: &Evidence<'a>) {
        let mut lists: HashMap<Option<u32>, Vec<(i64, usize)>> = HashMap::new();
        for (place, bucket) in self.buckets.iter().enumerate() {
            let start = bucket.start.and_then(|id| instant(evidence.fact(id).value));
            if let Some(start) = start {
                let list = evidence.rows[bucket.row as usize].list;
                lists.entry(list).or_default().push((start.as_millisecond(), place));
            }
        }
        for starts in lists.values_mut() {
            starts.sort_unstable();
            for (at, (start, place)) in starts.iter().enumerate() {
                let beside =
                    [at.checked_sub(1), at.checked_add(1)].into_iter().flatten().filter_map(|at| starts.get(at));
                self.buckets[*place].long =
                    beside.into_iter().all(|(other, _)| other.abs_diff(*start) >= LONG_STRETCH_MS);
            }
        }
    }

    /// The group of a row.
    pub(super) fn bucket(&self, row: RowId) -> Option<&Bucket<'a>> {
        self.places.get(&row).map(|place| &self.buckets[*place])
    }
}

/// The number of this name that a row itself has.
pub(super) fn number_of(evidence: &Evidence<'_>, row: RowId, key: &str) -> Option<FactId> {
    evidence.ids_of_row(row).find(|id| {
        let fact = evidence.fact(*id);
        fact.row == row && fact.key == key && fact.group.is_empty() && fact.value.is_number()
    })
}
