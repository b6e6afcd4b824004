//! Which fields of a record are worth a line or a column, and in which order: by what
//! they tell (see `label`), by whether they tell the rows apart, and by whether they
//! say something that is not said already. A referenced object (a user, a customer)
//! becomes one field with its name.

use std::collections::BTreeMap;

use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::marks::is_bookkeeping;
use crate::domain::grounding::render::cell::EMPTY;
use crate::domain::grounding::render::cell::MAX_VALUE_CHARS;
use crate::domain::grounding::render::cell::printed;
use crate::domain::grounding::render::label::Role;
use crate::domain::grounding::render::label::is_about_the_answer;
use crate::domain::grounding::render::label::is_holder;
use crate::domain::grounding::render::label::is_plain;
use crate::domain::grounding::render::label::is_time;
use crate::domain::grounding::render::label::labels;
use crate::domain::grounding::render::label::naming;
use crate::domain::grounding::render::label::role_of;

/// Columns of one table.
pub(super) const MAX_COLUMNS: usize = 7;
/// Fields of one record.
pub(super) const MAX_FIELDS: usize = 14;
/// Times of one record.
const MAX_TIMES: usize = 4;
/// Facts looked at per row.
const MAX_FACTS: usize = 2000;
/// Fields that are told of rows that all agree in them.
const MAX_COMMON: usize = 6;

/// One field of one record.
pub(super) struct Field {
    pub(super) label: String,
    pub(super) facts: Vec<FactId>,
    role: Role,
    place: usize,
    depth: usize,
}

/// A table: its columns, and what all rows agree in.
pub(super) struct Columns {
    pub(super) shown: Vec<String>,
    pub(super) common: Vec<(String, FactId)>,
}

/// How many columns of a role one table has.
fn quota(role: Role) -> usize {
    match role {
        Role::Identity | Role::Until | Role::Owner | Role::Assigned | Role::Kind => 1,
        Role::Label | Role::State | Role::Level | Role::Time | Role::Measure => 2,
        Role::Place => 3,
        Role::Rest => MAX_COLUMNS,
        Role::Aside => 0,
    }
}

/// Order in which roles are given a column: when a record last changed matters less than whose it is.
fn turn(role: Role) -> (usize, Role) {
    (usize::from(role == Role::Until), role)
}

/// The fields of a record, the most telling first.
pub(super) fn fields_of(evidence: &Evidence<'_>, row: RowId) -> Vec<Field> {
    let ids: Vec<FactId> = evidence
        .ids_of_row(row)
        .take(MAX_FACTS)
        .filter(|id| {
            let fact = evidence.fact(*id);
            fact.row == row && !fact.key.is_empty() && !is_bookkeeping(fact) && !evidence.is_argument(fact)
        })
        .collect();
    let base = base_of(evidence, &ids);
    let mut groups: BTreeMap<Vec<&str>, Vec<FactId>> = BTreeMap::new();
    for id in ids {
        groups.entry(around(evidence, id, base)).or_default().push(id);
    }
    let references: Vec<Vec<&str>> =
        groups.iter().filter(|(path, ids)| is_reference(evidence, path, ids)).map(|(path, _)| path.clone()).collect();
    let mut fields: Vec<Field> = Vec::new();
    for (path, ids) in &groups {
        if (1..path.len()).any(|end| references.iter().any(|known| known[..] == path[..end])) {
            continue;
        }
        match references.contains(path) {
            true => reference(evidence, path, ids, &mut fields),
            false => ids.iter().for_each(|id| plain(evidence, path, *id, &mut fields)),
        }
    }
    fields.sort_by_key(|field| (field.role, field.place, field.depth, field.facts.first().copied()));
    let mut once: Vec<Field> = Vec::new();
    for field in fields {
        match once.iter_mut().find(|known| known.label == field.label) {
            Some(known) if known.depth == field.depth && field.facts.len() == 1 && beside(evidence, known, &field) => {
                known.facts.extend(field.facts);
            }
            Some(_) => {}
            None => once.push(field),
        }
    }
    once
}

/// Two elements of one array of scalars.
fn beside(evidence: &Evidence<'_>, known: &Field, field: &Field) -> bool {
    let place = |id: &FactId| evidence.path(evidence.fact(*id));
    let (Some(first), Some(second)) = (known.facts.first(), field.facts.first()) else { return false };
    evidence.fact(*first).key == evidence.fact(*second).key && place(first) == place(second)
}

/// Length of the path to the record itself.
fn base_of(evidence: &Evidence<'_>, ids: &[FactId]) -> usize {
    let long = |id: &FactId| evidence.path(evidence.fact(*id)).len();
    let own = ids.iter().filter(|id| evidence.fact(**id).group.is_empty()).map(long).min();
    own.map(|length| length - 1)
        .or_else(|| ids.iter().map(long).min().map(|length| length.saturating_sub(2)))
        .unwrap_or(0)
}

/// The objects of the record around a fact, outermost first, mere holders left out.
fn around<'a>(evidence: &Evidence<'a>, id: FactId, base: usize) -> Vec<&'a str> {
    let fact = evidence.fact(id);
    if fact.group.is_empty() {
        return Vec::new();
    }
    let path = evidence.path(fact);
    let end = path.len().saturating_sub(1);
    path.get(base.min(end)..end).unwrap_or_default().iter().copied().filter(|key| !is_holder(key)).collect()
}

/// Whether an object stands for another record: it has a name or an id.
fn is_reference(evidence: &Evidence<'_>, path: &[&str], ids: &[FactId]) -> bool {
    let own = |id: &FactId| path.last().is_some_and(|last| *last == evidence.fact(*id).group);
    ids.iter().filter(|id| own(id)).any(|id| {
        let key = evidence.fact(*id).key;
        naming(key).is_some() || key.eq_ignore_ascii_case("id")
    })
}

fn plain(evidence: &Evidence<'_>, path: &[&str], id: FactId, fields: &mut Vec<Field>) {
    let fact = evidence.fact(id);
    let Some(label) = labels(fact).into_iter().next().filter(|label| is_plain(label) && is_plain(fact.key)) else {
        return;
    };
    if printed(fact) == EMPTY {
        return;
    }
    let long = fact.text().is_some_and(|text| text.chars().count() > MAX_VALUE_CHARS);
    let (role, place) = match path {
        [] => role_of(fact.key, is_time(fact)),
        _ => (Role::Rest, 1),
    };
    // What somebody wrote is the record itself, at whatever length; other long texts come last.
    let written = matches!(fact.key, "comment" | "message" | "text" | "description" | "output");
    let role = if long && !written { Role::Aside } else { role };
    let (role, place) = if long && role == Role::Label { (Role::Kind, 0) } else { (role, place) };
    fields.push(Field { label, facts: vec![id], role, place, depth: path.len() });
}

/// One field for an object: its name, with the parts of an address beside it.
fn reference(evidence: &Evidence<'_>, path: &[&str], ids: &[FactId], fields: &mut Vec<Field>) {
    let Some(group) = path.last() else { return };
    let named = ids
        .iter()
        .copied()
        .filter(|id| printed(evidence.fact(*id)) != EMPTY && is_plain(evidence.fact(*id).key))
        .filter_map(|id| Some((naming(evidence.fact(id).key)?, id)))
        .min();
    let Some((_, name)) = named else {
        return ids.iter().for_each(|id| plain(evidence, path, *id, fields));
    };
    let (role, place) = if path.len() == 1 { role_of(group, false) } else { (Role::Rest, 2) };
    let mut push = |id: FactId, role: Role, place: usize| {
        if let Some(label) = labels(evidence.fact(id)).into_iter().next().filter(|label| is_plain(label)) {
            fields.push(Field { label, facts: vec![id], role, place, depth: path.len() });
        }
    };
    push(name, role, place);
    let addressed = ["address", "ip", "ipAddress"].contains(&evidence.fact(name).key);
    for id in ids.iter().copied().filter(|_| addressed) {
        let fact = evidence.fact(id);
        if matches!(fact.key, "port" | "countryName") && printed(fact) != EMPTY {
            push(id, Role::Rest, 0);
        }
    }
}

/// The fields of one record that are shown: at most so many, few times, nothing twice.
pub(super) fn lines_of(evidence: &Evidence<'_>, row: RowId) -> Vec<Field> {
    let mut times = 0;
    let mut told: Vec<String> = Vec::new();
    let mut lines = Vec::new();
    for field in fields_of(evidence, row) {
        let text = value_of(evidence, &field);
        let of_time = matches!(field.role, Role::Time | Role::Until);
        let repeats = told.contains(&text) && text.chars().count() > 3;
        let spare = match field.role {
            Role::Time | Role::Until => times >= 2,
            Role::Rest | Role::Aside | Role::Place | Role::Kind | Role::Label => true,
            _ => false,
        };
        if (repeats && spare) || (of_time && times >= MAX_TIMES) {
            continue;
        }
        times += usize::from(of_time);
        told.push(text);
        lines.push(field);
        if lines.len() >= MAX_FIELDS {
            break;
        }
    }
    lines
}

fn value_of(evidence: &Evidence<'_>, field: &Field) -> String {
    field.facts.iter().take(8).map(|id| printed(evidence.fact(*id))).collect::<Vec<_>>().join(", ")
}

/// A column while the columns are chosen.
struct Candidate {
    label: String,
    role: Role,
    place: usize,
    depth: usize,
    cells: Vec<Option<FactId>>,
    texts: Vec<String>,
}

impl Candidate {
    fn is_constant(&self) -> bool {
        self.texts.len() > 1 && self.texts.iter().all(|text| *text == self.texts[0])
    }

    fn is_thin(&self) -> bool {
        let filled = self.cells.iter().flatten().count();
        filled == 0 || (filled * 3 < self.cells.len() && matches!(self.role, Role::Rest | Role::Kind))
    }
}

/// The columns that tell most about these rows.
pub(super) fn columns_of(evidence: &Evidence<'_>, rows: &[RowId]) -> Columns {
    let mut all = candidates(evidence, rows);
    all.retain(|candidate| !candidate.is_thin());
    all.sort_by_key(|column| (column.role, column.place, column.depth));
    let common = all
        .iter()
        .filter(|c| c.is_constant() && is_worth_telling(c.role) && !is_column(c))
        .filter_map(|c| Some((c.label.clone(), c.cells.first().copied().flatten()?)))
        .take(MAX_COMMON)
        .collect();
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in all {
        let twin = kept.iter().any(|known| known.texts == candidate.texts && known.role != Role::Identity);
        if !twin && (is_column(&candidate) || !candidate.is_constant()) {
            kept.push(candidate);
        }
    }
    let mut shown = chosen(&kept);
    if shown.is_empty() {
        // Rows that differ in nothing are still rows.
        shown = candidates(evidence, rows).into_iter().take(MAX_COLUMNS).map(|candidate| candidate.label).collect();
        return Columns { shown, common: Vec::new() };
    }
    Columns { shown, common }
}

/// What a record is called stands in its row even where all are called the same.
fn is_column(candidate: &Candidate) -> bool {
    matches!(candidate.role, Role::Identity | Role::Label) && candidate.place < 3 && candidate.depth == 0
}

fn is_worth_telling(role: Role) -> bool {
    matches!(role, Role::Label | Role::State | Role::Level | Role::Owner | Role::Assigned | Role::Place)
}

/// One column of every role, then second ones, then whatever is left, in display order.
fn chosen(kept: &[Candidate]) -> Vec<String> {
    let mut picked: Vec<usize> = Vec::new();
    for round in 0..MAX_COLUMNS {
        let mut used: BTreeMap<Role, usize> = BTreeMap::new();
        let mut order: Vec<(usize, &Candidate)> = kept.iter().enumerate().collect();
        order.sort_by_key(|(at, candidate)| (turn(candidate.role), *at));
        for (at, candidate) in order {
            let of_role = used.entry(candidate.role).or_default();
            let turn = *of_role == round && round < quota(candidate.role);
            *of_role += 1;
            let late = candidate.role == Role::Rest && picked.len() >= 5;
            if turn && !late && !picked.contains(&at) && picked.len() < MAX_COLUMNS {
                picked.push(at);
            }
        }
    }
    picked.sort_unstable();
    picked.into_iter().map(|at| kept[at].label.clone()).collect()
}

/// Every single-valued field of the rows, in order of appearance.
fn candidates(evidence: &Evidence<'_>, rows: &[RowId]) -> Vec<Candidate> {
    let mut all: Vec<Candidate> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        for field in fields_of(evidence, *row) {
            let [id] = field.facts[..] else { continue };
            let known = all.iter().position(|known| known.label == field.label).unwrap_or_else(|| {
                all.push(Candidate {
                    label: field.label,
                    role: field.role,
                    place: field.place,
                    depth: field.depth,
                    cells: vec![None; rows.len()],
                    texts: vec![EMPTY.to_owned(); rows.len()],
                });
                all.len() - 1
            });
            all[known].cells[at] = Some(id);
            all[known].texts[at] = printed(evidence.fact(id));
        }
    }
    all
}

/// Cells of a row under the columns.
pub(super) fn cells_of(evidence: &Evidence<'_>, row: RowId, columns: &[String]) -> Vec<String> {
    let fields = fields_of(evidence, row);
    let text = |label: &String| {
        let field = fields.iter().find(|field| field.label == *label && field.facts.len() == 1);
        field.map_or_else(|| EMPTY.to_owned(), |field| printed(evidence.fact(field.facts[0])))
    };
    columns.iter().map(text).collect()
}

/// Whether a list is only about the answer: links, notes of the server.
pub(super) fn is_about_answer(evidence: &Evidence<'_>, row: RowId) -> bool {
    let Some(first) = evidence.ids_of_row(row).next() else { return true };
    let path = evidence.path(evidence.fact(first));
    path.iter().take(path.len().saturating_sub(1)).any(|key| is_about_the_answer(key))
}
