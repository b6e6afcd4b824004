//! Statistics answers as trees: groups with their numbers, each true inside its branch only,
//! and stretches of time. A group is a row with a `count` and an object that says of what it
//! is a group; a stretch has the time at which it begins. What is said of them is not known here.

use std::collections::BTreeSet;

use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
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
}

impl<'a> Trees<'a> {
    pub(super) fn read(evidence: &Evidence<'a>) -> Self {
        let mut trees = Self::default();
        for at in 0..evidence.rows.len() {
            if trees.buckets.len() >= MAX_BUCKETS {
                break;
            }
            let Ok(row) = RowId::try_from(at) else { break };
            if evidence.rows[at].list.is_none() || number_of(evidence, row, "count").is_none() {
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
            let counted = evidence.ancestors(row).filter(|outer| number_of(evidence, *outer, "count").is_some());
            let Some(root) = counted.last() else { continue };
            trees.roots.insert(root);
            trees.buckets.push(Bucket { row, kind, names, start, long: false });
        }
        trees.mark_long(evidence);
        trees
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
        let below = |outer: RowId| self.buckets.iter().any(|b| b.row != outer && evidence.within(b.row, outer));
        let inside = self.buckets.iter().map(|bucket| bucket.row).filter(|row| evidence.within(*row, root));
        inside.filter(|row| !below(*row)).collect()
    }

    /// Stretches whose beginnings lie a day or more apart.
    fn mark_long(&mut self, evidence: &Evidence<'a>) {
        let list = |bucket: &Bucket<'_>| evidence.rows[bucket.row as usize].list;
        let start = |bucket: &Bucket<'_>| instant(evidence.fact(bucket.start?).value).map(|at| at.as_millisecond());
        let long: Vec<bool> = self
            .buckets
            .iter()
            .map(|bucket| {
                let mut beside =
                    self.buckets.iter().filter(|other| other.row != bucket.row && list(other) == list(bucket));
                let own = start(bucket);
                own.is_some()
                    && beside.all(|other| start(other).zip(own).is_none_or(|(a, b)| a.abs_diff(b) >= LONG_STRETCH_MS))
            })
            .collect();
        for (bucket, long) in self.buckets.iter_mut().zip(long) {
            bucket.long = long;
        }
    }

    /// The group of a row.
    pub(super) fn bucket(&self, row: RowId) -> Option<&Bucket<'a>> {
        self.buckets.iter().find(|bucket| bucket.row == row)
    }
}

/// The number of this name that a row itself has.
pub(super) fn number_of(evidence: &Evidence<'_>, row: RowId, key: &str) -> Option<FactId> {
    evidence.ids_of_row(row).find(|id| {
        let fact = evidence.fact(*id);
        fact.row == row && fact.key == key && fact.group.is_empty() && fact.value.is_number()
    })
}
