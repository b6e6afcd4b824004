//! The gateway's own rendering of results, used when no draft may leave: a table of the
//! rows or a few lines for one record, values as stored, bounded, and harmless as
//! Markdown. It states nothing but stored values and counts, so [`super::check`]
//! supports all of it; tests hold it to that for any JSON.

pub mod cell;
mod fields;
pub mod label;
pub mod sentences;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use serde_json::Value;

use crate::domain::grounding::check::total_of;
use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::List;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::render::cell::is_invisible;
use crate::domain::grounding::render::cell::printed;
use crate::domain::grounding::render::fields::Field;
use crate::domain::grounding::render::fields::cells_of;
use crate::domain::grounding::render::fields::columns_of;
use crate::domain::grounding::render::fields::is_about_answer;
use crate::domain::grounding::render::fields::lines_of;
use crate::domain::grounding::render::sentences::Sentences;
use crate::domain::grounding::render::sentences::fill;
use crate::domain::grounding::render::sentences::sentences;
use crate::domain::grounding::tree::Bucket;
use crate::domain::grounding::tree::STRETCH;
use crate::domain::grounding::tree::Trees;
use crate::domain::grounding::tree::number_of;
use crate::domain::lang::Lang;
use crate::domain::outcome::Outcome;

/// Rows of one table.
pub const MAX_ROWS: usize = 20;
/// Groups of one tree.
const MAX_LEAVES: usize = 40;
/// Rows of a table inside a record.
const MAX_INNER_ROWS: usize = 5;
/// Tables of one result, or inside one record.
const MAX_TABLES: usize = 3;
/// Results rendered.
const MAX_RESULTS: usize = 12;
/// Lines of a plain text.
const MAX_LINES: usize = 40;
/// Fields of the answer itself beside a list of its own.
const MAX_ROOT_FIELDS: usize = 6;
/// Values of one line, and lines of one field with several values.
const PER_LINE: usize = 8;
const MAX_VALUE_LINES: usize = 3;
/// Longest value that shares a line with others.
const MAX_SHARED_CHARS: usize = 40;

/// Renders results for a person: what was found, or why nothing was.
pub fn render_results(results: &[EvidenceResult], language: Lang) -> String {
    let words = sentences(language);
    let evidence = Evidence::new(results);
    let mut out = String::new();
    for (at, result) in results.iter().enumerate().take(MAX_RESULTS) {
        let tool = tool_name(&result.tool);
        let sentence = match result.outcome {
            Outcome::Empty => Some(words.empty),
            Outcome::Error => Some(words.error),
            Outcome::Timeout => Some(words.timeout),
            Outcome::Unavailable => Some(words.unavailable),
            Outcome::InvalidArguments => Some(words.arguments),
            Outcome::Denied => Some(words.denied),
            Outcome::Ambiguous => Some(words.ambiguous),
            Outcome::Ok | Outcome::Partial | Outcome::Truncated => None,
        };
        if let Some(sentence) = sentence {
            out.push_str(&fill(sentence, &[&tool]));
            out.push_str("\n\n");
        }
        let repeated = results.iter().take(at).any(|earlier| {
            earlier.outcome.has_data() && earlier.tool == result.tool && earlier.content == result.content
        });
        if !result.outcome.has_data() || repeated {
            continue;
        }
        let mut part = String::new();
        Renderer { evidence: &evidence, words, out: &mut part }.result(u32::try_from(at).unwrap_or(u32::MAX), result);
        if results.len() > 1 && !part.is_empty() {
            let _ = writeln!(out, "### {tool}\n");
        }
        out.push_str(&part);
    }
    let text = out.trim_end().to_owned();
    if text.is_empty() { words.none.to_owned() } else { text }
}

fn tool_name(name: &str) -> String {
    format!("`{}`", bare_tool_name(name))
}

/// A tool's name as the rendering prints it.
pub(super) fn bare_tool_name(name: &str) -> String {
    name.chars().take(64).map(|c| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '_' }).collect()
}

struct Renderer<'e, 'a, 'o> {
    evidence: &'e Evidence<'a>,
    words: &'static Sentences,
    out: &'o mut String,
}

impl<'e, 'a> Renderer<'e, 'a, '_> {
    fn result(&mut self, at: u32, result: &EvidenceResult) {
        match result.content.as_ref() {
            Value::String(text) => return self.text(text.lines()),
            Value::Array(items) if items.iter().all(Value::is_string) => {
                return self.text(items.iter().filter_map(Value::as_str));
            }
            _ => {}
        }
        let lists = self.lists_of(at);
        let records = records_of(self.evidence, at);
        for record in &records {
            self.record(*record);
        }
        if records.is_empty() {
            self.answer_itself(at, &lists);
        }
        let told = self.told_in_full();
        for list in lists {
            let repeats = list.rows.iter().all(|row| self.id_of(*row).is_some_and(|id| told.contains(&id)));
            if !repeats {
                self.rows(list, MAX_ROWS, true);
            }
        }
    }

    /// The lists of an answer; notes about the answer are left out when there is anything else.
    fn lists_of(&self, at: u32) -> Vec<&'e List<'a>> {
        let outer = |list: &&List<'_>| {
            list.result == at && self.evidence.rows[list.parent as usize].envelope && !list.rows.is_empty()
        };
        let (notes, lists): (Vec<_>, Vec<_>) =
            self.evidence.lists.iter().filter(outer).partition(|list| is_about_answer(self.evidence, list.rows[0]));
        let any = !lists.is_empty() || !records_of(self.evidence, at).is_empty();
        if any { lists.into_iter().take(MAX_TABLES).collect() } else { notes.into_iter().take(MAX_TABLES).collect() }
    }

    /// What an answer says as a whole, beside or instead of a list.
    fn answer_itself(&mut self, at: u32, lists: &[&List<'_>]) {
        let root = self.evidence.rows.iter().position(|row| row.result == at && row.parent.is_none());
        let Some(root) = root.and_then(|root| RowId::try_from(root).ok()) else { return };
        // Under the usual wrappers the members around a list are about paging and transport.
        let wrapped = |list: &&List<'_>| list.key.is_empty() || label::is_holder(list.key) || list.key == "results";
        if lists.is_empty() {
            self.fields(root, fields::MAX_FIELDS);
        } else if !lists.iter().any(wrapped) {
            self.fields(root, MAX_ROOT_FIELDS);
        }
    }

    /// Ids of the records that stand alone in some result, and are shown in full.
    fn told_in_full(&self) -> Vec<String> {
        let results = self.evidence.results.iter().enumerate().take(MAX_RESULTS);
        let with_data = results.filter(|(_, result)| result.outcome.has_data());
        let at = with_data.filter_map(|(at, _)| u32::try_from(at).ok());
        at.flat_map(|at| records_of(self.evidence, at)).filter_map(|row| self.id_of(row)).collect()
    }

    /// The id of a record with the name of its field, the same in every result.
    fn id_of(&self, row: RowId) -> Option<String> {
        let own = self.evidence.ids_of_row(row).take(40).map(|id| self.evidence.fact(id));
        let mut ids = own.filter(|fact| fact.row == row && fact.group.is_empty() && label::fold(fact.key) == "id");
        ids.next().map(printed)
    }

    fn record(&mut self, row: RowId) {
        self.fields(row, fields::MAX_FIELDS);
        self.inner_lists(row);
    }

    /// The lists inside a record.
    fn inner_lists(&mut self, row: RowId) {
        let inner = self.evidence.lists.iter().filter(|list| list.parent == row && !list.rows.is_empty());
        for list in inner.filter(|list| !is_about_answer(self.evidence, list.rows[0])).take(MAX_TABLES) {
            self.rows(list, MAX_INNER_ROWS, false);
        }
    }

    fn fields(&mut self, row: RowId, most: usize) {
        for field in lines_of(self.evidence, row).into_iter().take(most) {
            self.field(&field);
        }
        self.out.push('\n');
    }

    /// One line, or a few for a field with several values.
    fn field(&mut self, field: &Field) {
        let texts: Vec<String> = field.facts.iter().map(|id| printed(self.evidence.fact(*id))).collect();
        let short = |text: &String| text.chars().count() <= MAX_SHARED_CHARS && !text.contains([',', ':', '`']);
        let per_line = if texts.iter().all(short) { PER_LINE } else { 1 };
        for line in texts.chunks(per_line).take(MAX_VALUE_LINES) {
            let _ = writeln!(self.out, "- {}: {}", field.label, line.join(", "));
        }
    }

    /// The rows of a list: a table, or the lines of the only row.
    fn rows(&mut self, list: &List<'_>, most: usize, outer: bool) {
        let rows = list.rows.get(..most.min(list.rows.len())).unwrap_or_default();
        match rows {
            [only] if outer && list.rows.len() == 1 => {
                self.fields(*only, fields::MAX_FIELDS);
                if !self.tree(*only) {
                    self.inner_lists(*only);
                }
            }
            _ => self.table(rows),
        }
        let shown = rows.len() as u64;
        let result = &self.evidence.results[list.result as usize];
        let total = if outer { total_of(self.evidence, list) } else { None };
        let all = total.unwrap_or(list.rows.len() as u64);
        let sentence = if all > shown {
            Some(fill(self.words.shown, &[&shown.to_string(), &all.to_string()]))
        } else if outer && result.outcome == Outcome::Partial {
            Some(fill(self.words.more, &[&shown.to_string()]))
        } else {
            None
        };
        if let Some(sentence) = sentence {
            self.out.push_str(&sentence);
            self.out.push_str("\n\n");
        }
    }

    /// The groups of a tree with their whole branches, each with its number; says whether there are any.
    fn tree(&mut self, root: RowId) -> bool {
        let trees = Trees::read(self.evidence);
        let leaves = trees.leaves(self.evidence, root);
        let branch = |row: RowId| trees.branch(self.evidence, row);
        let Some(kinds) = leaves.first().map(|row| branch(*row).iter().map(|b| b.kind).collect::<Vec<_>>()) else {
            return false;
        };
        let same = |row: &RowId| branch(*row).iter().map(|bucket| bucket.kind).eq(kinds.iter().copied());
        let leaves: Vec<RowId> = leaves.into_iter().filter(same).collect();
        let numbers = [("count", "count"), ("rawEventCount", "raw event count")];
        let numbers: Vec<_> = numbers
            .iter()
            .filter(|(key, _)| leaves.iter().any(|row| number_of(self.evidence, *row, key).is_some()))
            .collect();
        let head = |kind: &&str| if *kind == STRETCH { "from".to_owned() } else { cell::name(kind) };
        let heads: Vec<String> = kinds.iter().map(head).collect();
        let heads: Vec<&str> =
            heads.iter().map(String::as_str).chain(numbers.iter().map(|(_, label)| *label)).collect();
        let _ = writeln!(self.out, "| {} |", heads.join(" | "));
        let _ = writeln!(self.out, "|{}", " --- |".repeat(heads.len()));
        for row in leaves.iter().take(MAX_LEAVES) {
            let own = branch(*row).into_iter().map(|bucket| self.called(bucket));
            let values = numbers.iter().map(|(key, _)| number_of(self.evidence, *row, key));
            let values =
                values.map(|id| id.map_or_else(|| cell::EMPTY.to_owned(), |id| printed(self.evidence.fact(id))));
            let cells: Vec<String> = own.chain(values).collect();
            let _ = writeln!(self.out, "| {} |", cells.join(" | "));
        }
        self.out.push('\n');
        if leaves.len() > MAX_LEAVES {
            let (shown, all) = (MAX_LEAVES.to_string(), leaves.len().to_string());
            let _ = writeln!(self.out, "{}\n", fill(self.words.shown, &[&shown, &all]));
        }
        true
    }

    /// What a group is called: its short name, or the time at which it begins.
    fn called(&self, bucket: &Bucket<'_>) -> String {
        let key = |wanted: &str| bucket.names.iter().copied().find(|id| self.evidence.fact(*id).key == wanted);
        let id = key("shortName").or_else(|| key("identifier")).or(bucket.start);
        id.map_or_else(|| cell::EMPTY.to_owned(), |id| printed(self.evidence.fact(id)))
    }

    fn table(&mut self, rows: &[RowId]) {
        let columns = columns_of(self.evidence, rows);
        if columns.shown.is_empty() {
            return;
        }
        // Entries of a map are called by their key.
        let names: Vec<Option<String>> = rows.iter().map(|row| self.alias_of(*row)).collect();
        let named = names.iter().any(Option::is_some);
        let header = if named { "| key " } else { "" };
        let _ = writeln!(self.out, "{header}| {} |", columns.shown.join(" | "));
        let _ = writeln!(self.out, "|{}", " --- |".repeat(columns.shown.len() + usize::from(named)));
        for (row, name) in rows.iter().zip(names) {
            let cells = cells_of(self.evidence, *row, &columns.shown);
            let name = name.or_else(|| named.then(|| cell::EMPTY.to_owned())).map(|name| format!("| {name} "));
            let _ = writeln!(self.out, "{}| {} |", name.unwrap_or_default(), cells.join(" | "));
        }
        self.out.push('\n');
        if columns.common.is_empty() {
            return;
        }
        let _ = writeln!(self.out, "{}\n", self.words.same);
        for (label, id) in columns.common {
            let _ = writeln!(self.out, "- {label}: {}", printed(self.evidence.fact(id)));
        }
        self.out.push('\n');
    }

    fn alias_of(&self, row: RowId) -> Option<String> {
        self.evidence.rows.get(row as usize)?.alias.map(cell::name).filter(|name| name != cell::EMPTY)
    }

    /// Plain lines, fenced: nothing in them is Markdown any more.
    fn text<'t>(&mut self, lines: impl Iterator<Item = &'t str>) {
        let lines: Vec<&str> = lines
            .map(|line| line.trim_matches(|c: char| c.is_whitespace() || c.is_control()))
            .filter(|line| line.chars().count() >= 4 && !line.starts_with("```") && !line.starts_with("~~~"))
            .filter(|line| !line.chars().any(|c| is_invisible(c) || c.is_control()) && line.chars().count() <= 400)
            .take(MAX_LINES)
            .collect();
        if lines.is_empty() {
            return;
        }
        let _ = writeln!(self.out, "```text\n{}\n```\n", lines.join("\n"));
    }
}

/// The records that stand alone in an answer.
fn records_of(evidence: &Evidence<'_>, at: u32) -> Vec<RowId> {
    let ids = (0..evidence.rows.len()).filter_map(|row| RowId::try_from(row).ok());
    ids.filter(|row| {
        let data = &evidence.rows[*row as usize];
        data.result == at
            && data.list.is_none()
            && !data.envelope
            && data.parent.is_some_and(|parent| evidence.rows[parent as usize].envelope)
    })
    .collect()
}
