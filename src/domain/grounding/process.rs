//! Processes of a host: records with an id and a name, and who started whom by the ids of parents
//! and by the places in a tree. A branch and a tree of one answer tell of the same processes, which
//! their ids join. What a text says of them is not known here.

use std::collections::HashMap;
use std::collections::HashSet;

use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::words;

/// Most processes that are read; of further ones nothing is known.
const MAX_PROCESSES: usize = 50_000;
/// Steps from a process to the first of all.
const MAX_STEPS: usize = 200;

/// One process.
#[derive(Debug)]
pub(super) struct Process {
    /// The records that tell of it.
    pub(super) rows: Vec<RowId>,
    pub(super) pid: FactId,
    number: u64,
    /// Fields with the id of its parent.
    pub(super) told: Vec<FactId>,
    /// The processes that are its parent.
    parents: Vec<usize>,
}

/// All processes of some evidence.
#[derive(Debug, Default)]
pub(super) struct Processes {
    pub(super) all: Vec<Process>,
    by_row: HashMap<RowId, usize>,
    /// Texts with a bar, which print as no phrase: a bar parts the cells of a table.
    piped: HashMap<String, Vec<FactId>>,
}

/// What a field of a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Pid,
    Parent,
    Name,
    Other,
}

/// What a field is, by its name.
pub(super) fn field(fact: &Fact<'_>) -> Field {
    let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(fact.key));
    if !fact.group.is_empty() {
        Field::Other
    } else if is(&["pid", "processId", "process_id"]) {
        Field::Pid
    } else if is(&["ppid", "parentPid", "parent_pid", "parentProcessId"]) {
        Field::Parent
    } else if is(&["name", "comm", "processName", "process_name"]) {
        Field::Name
    } else {
        Field::Other
    }
}

fn number(fact: &Fact<'_>) -> Option<u64> {
    fact.value.as_u64().or_else(|| fact.text()?.parse().ok())
}

impl Processes {
    pub(super) fn read(evidence: &Evidence<'_>) -> Self {
        let mut out = Self::default();
        let mut known: HashMap<(u32, u64, String), usize> = HashMap::new();
        for (fact, pid) in evidence.facts.iter().zip(0..) {
            if out.all.len() >= MAX_PROCESSES {
                break;
            }
            let row = &evidence.rows[fact.row as usize];
            if field(fact) != Field::Pid || row.envelope || out.by_row.contains_key(&fact.row) {
                continue;
            }
            let own = |wanted: Field| {
                let mut ids = evidence.ids_of_row(fact.row).take(100);
                ids.find(|id| evidence.fact(*id).row == fact.row && field(evidence.fact(*id)) == wanted)
            };
            let name = own(Field::Name).and_then(|id| evidence.fact(id).text());
            let (Some(number), Some(name)) = (number(fact), name) else { continue };
            let at = *known.entry((row.result, number, words::fold(name))).or_insert_with(|| {
                out.all.push(Process { rows: Vec::new(), pid, number, told: Vec::new(), parents: Vec::new() });
                out.all.len() - 1
            });
            out.by_row.insert(fact.row, at);
            out.all[at].rows.push(fact.row);
            out.all[at].told.extend(own(Field::Parent));
            for id in evidence.ids_of_row(fact.row).take(100) {
                if let Some(text) = evidence.fact(id).text().filter(|text| text.contains('|')) {
                    out.piped.entry(text.to_owned()).or_default().push(id);
                }
            }
        }
        out.join(evidence, &known);
        out
    }

    /// Finds the parents.
    fn join(&mut self, evidence: &Evidence<'_>, known: &HashMap<(u32, u64, String), usize>) {
        let mut by_pid: HashMap<(u32, u64), Vec<usize>> = HashMap::new();
        for ((result, number, _), at) in known {
            by_pid.entry((*result, *number)).or_default().push(*at);
        }
        for at in 0..self.all.len() {
            let process = &self.all[at];
            let result = process.rows.first().map_or(0, |row| evidence.rows[*row as usize].result);
            let told = process.told.iter().filter_map(|id| number(evidence.fact(*id)));
            let told = told.filter_map(|pid| by_pid.get(&(result, pid))).flatten().copied();
            let above = process.rows.iter().filter_map(|row| self.of_row(evidence.rows[*row as usize].above?));
            let mut parents: Vec<usize> = told.chain(above).filter(|parent| *parent != at).collect();
            parents.sort_unstable();
            parents.dedup();
            self.all[at].parents = parents;
        }
    }

    /// The process that a record tells of.
    pub(super) fn of_row(&self, row: RowId) -> Option<usize> {
        self.by_row.get(&row).copied()
    }

    /// Facts with this text, which has a bar.
    pub(super) fn with_text(&self, text: &str) -> &[FactId] {
        self.piped.get(text).map_or(&[], Vec::as_slice)
    }

    /// Whether one of the parents started one of the others, as far as is known.
    pub(super) fn started(&self, parents: &[usize], children: &[usize]) -> Option<bool> {
        let parents: HashSet<usize> = parents.iter().copied().collect();
        let edge = children.iter().any(|child| self.all[*child].parents.iter().any(|parent| parents.contains(parent)));
        if edge {
            return Some(true);
        }
        let known = |child: &usize| !self.all[*child].told.is_empty() || !self.all[*child].parents.is_empty();
        // The first of all has no parent that is told, and none of those below it is one.
        let below = || self.descends(children, &parents.into_iter().collect::<Vec<_>>());
        (children.iter().all(known) || below()).then_some(false)
    }

    /// Whether one of the processes has one of the others somewhere above it.
    pub(super) fn descends(&self, above: &[usize], below: &[usize]) -> bool {
        let above: HashSet<usize> = above.iter().copied().collect();
        let mut seen: HashSet<usize> = HashSet::new();
        let mut level: Vec<usize> = below.to_vec();
        for _ in 0..MAX_STEPS {
            let parents = level.iter().flat_map(|at| self.all[*at].parents.iter().copied());
            level = parents.filter(|parent| seen.insert(*parent)).collect();
            if level.iter().any(|at| above.contains(at)) {
                return true;
            }
            if level.is_empty() {
                break;
            }
        }
        false
    }

    /// The parents of some processes.
    pub(super) fn parents(&self, of: &[usize]) -> Vec<usize> {
        of.iter().flat_map(|at| self.all[*at].parents.iter().copied()).collect()
    }

    /// Whether this is told as the id of the parent of one of the processes; `None` where none is told.
    pub(super) fn has_parent(&self, evidence: &Evidence<'_>, of: &[usize], wanted: u64) -> Option<bool> {
        let told = of.iter().flat_map(|at| self.all[*at].told.iter().filter_map(|id| number(evidence.fact(*id))));
        let placed = of.iter().flat_map(|at| self.all[*at].parents.iter().map(|parent| self.all[*parent].number));
        let mut all = told.chain(placed).peekable();
        all.peek()?;
        Some(all.any(|pid| pid == wanted))
    }
}
