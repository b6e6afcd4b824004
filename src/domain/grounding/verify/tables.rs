//! Table rows and `label: value` items: the header or label names the attribute, the
//! row its owner. A cell that prints the owner's value as the gateway itself would is
//! supported as it stands; any other cell is read like a sentence about the owner.

use std::ops::Range;

use crate::domain::grounding::bind::Context;
use crate::domain::grounding::bind::Strength;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::render;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::sentence::UnitKind;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::values::ItemKind;
use crate::domain::grounding::words;

/// Values of one item.
const MAX_LISTED: usize = 16;

impl Checker<'_, '_> {
    pub(super) fn table_row(&mut self, unit: &Unit, table: usize, around: &Subject) {
        let headers = self.draft.units.headers.get(table).cloned().unwrap_or_default();
        let rows = self.rows_of_cells(unit, &headers);
        let fields = unit.cells.len() == 2 && rows.is_empty() && !self.nouns_in(&unit.cells[0]).is_empty();
        if fields && self.items(&unit.cells[0]).is_empty() {
            let mut subject = around.clone();
            return self.cell(unit, &unit.cells[1], Some(unit.cells[0].clone()), &mut subject);
        }
        let mut subject = if rows.is_empty() { Subject::none() } else { Subject::named(rows) };
        for (at, cell) in unit.cells.iter().enumerate() {
            if cell.is_empty() {
                continue;
            }
            let header = headers.get(at).cloned();
            if let Some(row) = self.entry_called(cell, &subject) {
                let evidence = self.evidence.ids_of_row(row).take(1).collect();
                let finding = Finding::Supported(evidence, "as stored".to_owned());
                let code = ViolationCode::InventedValue;
                self.found(cell, ClaimKind::Identifier, finding, code, code);
                continue;
            }
            if let Some(wrong) = self.tree_cell(unit, cell, header.as_ref()) {
                let code = ViolationCode::WrongCount;
                self.found(cell, ClaimKind::Aggregate, wrong, code, code);
                continue;
            }
            if let Some(wrong) = self.measured_cell(unit, cell, header.as_ref(), around) {
                let code = ViolationCode::WrongCount;
                self.found(cell, ClaimKind::Aggregate, wrong, code, code);
                continue;
            }
            if let Some(id) = self.printed_by(cell, header.as_ref(), &subject) {
                let finding = Finding::Supported(vec![id], "as stored".to_owned());
                self.found(
                    cell,
                    ClaimKind::EntityAttribute,
                    finding,
                    ViolationCode::WrongValue,
                    ViolationCode::InventedValue,
                );
                continue;
            }
            self.cell(unit, cell, header, &mut subject);
        }
    }

    /// A cell that is not the printed value of its row.
    fn cell(&mut self, unit: &Unit, cell: &Range<usize>, header: Option<Range<usize>>, subject: &mut Subject) {
        let text = self.draft.slice(cell).trim_matches(['*', '`', '_', ' ']);
        if matches!(text, "" | "-" | "–" | "—" | "null" | "n/a" | "N/A" | "…") {
            return;
        }
        self.header.clone_from(&header);
        let items = self.items(cell);
        let before = self.claims.len();
        let inner = Unit { span: cell.clone(), kind: UnitKind::Sentence, cells: Vec::new(), ..unit.clone() };
        if !items.is_empty() {
            let counted = items.len() == 1 && matches!(items[0].kind, ItemKind::Number(_)) && subject.is_none();
            if counted {
                self.counted_cell(unit, cell, &items);
            } else {
                let after = self.values(&inner, subject.clone());
                if subject.is_none() {
                    *subject = after;
                }
            }
        }
        self.header = None;
        let silent = self.claims.len() == before;
        let wordy = self.draft.words_in(cell).len() >= 3;
        if silent && (wordy || (!subject.is_none() && items.is_empty())) && !self.known_words(cell, header.as_ref()) {
            let finding = Finding::Open("a cell in free words".to_owned());
            let code = ViolationCode::UnsupportedStatement;
            self.found(cell, ClaimKind::Statement, finding, code, code);
        }
    }

    /// Whether a cell holds nothing but words of the tables (spoken codes and nouns).
    fn known_words(&self, cell: &Range<usize>, _header: Option<&Range<usize>>) -> bool {
        self.draft.words_in(cell).iter().all(|word| {
            super::statements::is_stopword(self.draft.slice(&word.range()))
                || self.draft.spots_in(cell).any(|spot| spot.start <= word.start && word.end <= spot.end)
        })
    }

    /// "| high | 12 |": a count of the rows that the other cells describe.
    fn counted_cell(&mut self, unit: &Unit, cell: &Range<usize>, items: &[super::values::Item<'_>]) {
        let ItemKind::Number(number) = &items[0].kind else { return };
        let others = self.items(&unit.span);
        let others: Vec<_> = others.into_iter().filter(|item| !matches!(item.kind, ItemKind::Number(_))).collect();
        let filters = self.filters(unit, &others, &unit.span, others.len());
        let mut told = Vec::new();
        let mut evidence = Vec::new();
        for list in self.evidence.lists.iter().filter(|list| self.evidence.rows[list.parent as usize].envelope) {
            let rows = self.matching(list, &filters);
            let fits = number.supports(&crate::domain::grounding::atom::Decimal::from(rows.len() as u64), None);
            evidence = self.sample(&rows);
            if fits && self.complete(list) {
                let finding = Finding::Supported(evidence, format!("counted {} rows", rows.len()));
                return self.found(
                    cell,
                    ClaimKind::Aggregate,
                    finding,
                    ViolationCode::WrongCount,
                    ViolationCode::WrongCount,
                );
            }
            if fits {
                let refs = self.evidence.references(evidence);
                let code = Some(ViolationCode::PartialAsTotal);
                let reason = "the page is not the whole: more rows exist".to_owned();
                return self.claim(
                    cell,
                    ClaimKind::Aggregate,
                    crate::domain::grounding::claim::Verdict::Contradicted,
                    code,
                    refs,
                    reason,
                );
            }
            told.push(rows.len().to_string());
        }
        let finding = if told.is_empty() {
            Finding::Missing("no result holds it".to_owned())
        } else {
            Finding::Wrong(evidence, format!("the tables of the results come to {}", told.join(", ")))
        };
        self.found(cell, ClaimKind::Aggregate, finding, ViolationCode::WrongCount, ViolationCode::InventedValue);
    }

    /// The rows a table row is about: those that most cells print, if one cell names them.
    fn rows_of_cells(&self, unit: &Unit, headers: &[Range<usize>]) -> Vec<RowId> {
        let mut votes: std::collections::BTreeMap<RowId, (usize, usize)> = std::collections::BTreeMap::new();
        for (at, cell) in unit.cells.iter().enumerate() {
            for id in self.printing(cell, headers.get(at)) {
                let fact = self.evidence.fact(id);
                let names = usize::from(fact.identity && fact.group.is_empty());
                let vote = votes.entry(fact.row).or_default();
                vote.0 += 1;
                vote.1 += names;
            }
            let called = self.index.phrases_in(cell).filter(|phrase| !phrase.rows.is_empty());
            for row in called.flat_map(|phrase| phrase.rows.iter().take(64)) {
                if self.entry_called(cell, &Subject::named(vec![*row])).is_some() {
                    let vote = votes.entry(*row).or_default();
                    *vote = (vote.0 + 1, vote.1 + 1);
                }
            }
            for item in self.items(cell) {
                let own = self.mention(&item).own;
                for row in own.into_iter().filter(|row| !self.evidence.rows[*row as usize].envelope) {
                    votes.entry(row).or_default().1 += 1;
                }
            }
        }
        let named = votes.values().any(|(_, names)| *names > 0);
        let best = votes.iter().filter(|(_, (_, names))| !named || *names > 0).map(|(_, (cells, _))| *cells).max();
        let Some(best) = best else { return Vec::new() };
        if !named && best < 2 && unit.cells.len() > 1 {
            return Vec::new();
        }
        votes
            .iter()
            .filter(|(_, (cells, names))| *cells == best && (!named || *names > 0))
            .map(|(row, _)| *row)
            .take(64)
            .collect()
    }

    /// The row of the subject that a cell calls by its key in a map.
    fn entry_called(&self, cell: &Range<usize>, subject: &Subject) -> Option<RowId> {
        let raw = self.draft.slice(cell);
        subject.rows().find(|row| {
            let alias = self.evidence.rows.get(*row as usize).and_then(|row| row.alias);
            alias.is_some_and(|alias| render::cell::name(alias) == raw)
        })
    }

    /// Facts that the gateway would print as the cell stands, under that header.
    fn printing(&self, cell: &Range<usize>, header: Option<&Range<usize>>) -> Vec<FactId> {
        let raw = self.draft.slice(cell);
        let bare = raw.trim_matches(['*', '`', ' ']);
        let label = header.map(|header| self.draft.slice(header).trim_matches(['*', '`', ' ']).to_owned());
        let prints = |id: FactId| {
            let fact = self.evidence.fact(id);
            let same = plain_is(fact.value, bare) || render::cell::printed(fact) == raw;
            same && !self.evidence.is_argument(fact)
        };
        let words: Vec<words::Word> = self.draft.words_in(cell).to_vec();
        // The index knows printed values by their words; values without words are rare and short.
        let span = words.first().map_or(cell.start, |w| w.start)..words.last().map_or(cell.end, |w| w.end);
        let mut ids: Vec<FactId> = self
            .index
            .phrases_in(&span)
            .filter(|phrase| phrase.span == span)
            .flat_map(|phrase| phrase.facts.clone())
            .collect();
        for word in
            words.iter().filter(|word| self.draft.slice(&word.range()).bytes().any(|b| b.is_ascii_digit())).take(2)
        {
            ids.extend_from_slice(self.index.posting_hash(word.hash));
        }
        ids.extend_from_slice(self.index.beginning(&words));
        ids.sort_unstable();
        ids.dedup();
        let mut found: Vec<FactId> = ids.into_iter().filter(|id| prints(*id)).collect();
        if found.is_empty() && bare.parse::<f64>().is_ok_and(f64::is_finite) {
            let value: f64 = bare.parse().unwrap_or_default();
            let near = self.index.numbers_between(self.evidence, value, value);
            found = near.iter().map(|(_, id)| *id).filter(|id| prints(*id)).collect();
        }
        if found.is_empty() && matches!(bare, "true" | "false") {
            let all = (0..self.evidence.facts.len().min(200_000)).filter_map(|id| FactId::try_from(id).ok());
            found = all.filter(|id| self.evidence.fact(*id).value.is_boolean() && prints(*id)).take(4000).collect();
        }
        if found.is_empty()
            && let Some(label) = &label
        {
            // Instants are printed otherwise than they are stored; the label leads to them.
            found = render::label::labelled_facts(self.evidence, label).into_iter().filter(|id| prints(*id)).collect();
        }
        if let Some(label) = label {
            let fits: Vec<FactId> = found.iter().copied().filter(|id| self.labelled(*id, &label)).collect();
            if !fits.is_empty() {
                return fits;
            }
            if self.is_path(&label) {
                return Vec::new();
            }
        }
        found
    }

    /// The fact of the subject (or of anything) that a cell prints.
    fn printed_by(&self, cell: &Range<usize>, header: Option<&Range<usize>>, subject: &Subject) -> Option<FactId> {
        let printing = self.printing(cell, header);
        if subject.is_none() {
            return printing.first().copied();
        }
        let rows: Vec<RowId> = subject.rows().collect();
        let nouns = header.map_or_else(Vec::new, |header| self.nouns_in(header));
        printing.iter().copied().find(|id| {
            let fact = self.evidence.fact(*id);
            let typed = nouns.is_empty()
                || nouns.iter().any(|noun| Self::is_of(fact, *noun))
                || !self.has_any(&rows, &nouns)
                || header
                    .is_some_and(|header| self.labelled(*id, self.draft.slice(header).trim_matches(['*', '`', ' '])));
            typed && crate::domain::grounding::bind::belongs(self.evidence, fact, &rows)
        })
    }

    fn has_any(&self, rows: &[RowId], nouns: &[usize]) -> bool {
        rows.iter().any(|row| {
            self.evidence.of_row(*row).iter().take(400).any(|fact| nouns.iter().any(|noun| Self::is_of(fact, *noun)))
        })
    }

    /// Attribute nouns of a header or label.
    pub(super) fn nouns_in(&self, span: &Range<usize>) -> Vec<usize> {
        self.draft
            .spots_in(span)
            .filter_map(|spot| match spot.meaning {
                crate::domain::grounding::spoken::Meaning::Noun(noun) => Some(noun),
                _ => None,
            })
            .collect()
    }

    /// Whether a label is the path of a fact, or a part of it.
    fn labelled(&self, id: FactId, label: &str) -> bool {
        render::label::can_label(self.evidence, id, label)
    }

    fn is_path(&self, label: &str) -> bool {
        self.evidence
            .keys
            .iter()
            .any(|(key, _)| label.strip_suffix(key).is_some_and(|group| group.is_empty() || group.ends_with('.')))
    }

    /// `- field: value` as the gateway prints it. Says whether the item is done with.
    pub(super) fn verbatim_item(&mut self, unit: &Unit, context: &mut Context) -> bool {
        if self.quotation(unit) {
            return true;
        }
        if !matches!(unit.kind, UnitKind::Item(_)) {
            return false;
        }
        let text = self.draft.slice(&unit.span);
        let Some(colon) = text.find(": ") else { return false };
        let label_span = unit.span.start..unit.span.start + colon;
        let label = text.get(..colon).unwrap_or_default().trim_matches(['*', '`', ' ']);
        if !render::label::may_label(self.evidence, label) {
            return false;
        }
        let lead = text.get(colon + 1..).map_or(0, |rest| rest.len() - rest.trim_start_matches(['*', ' ']).len());
        let value_span = unit.span.start + colon + 1 + lead..unit.span.end;
        let inherited = context.inherited(unit);
        let rows: Vec<RowId> = inherited.rows().collect();
        let bound = !inherited.is_none() && inherited.strength >= Strength::Near && !context.assumed(&inherited);
        let stored = |span: &Range<usize>| {
            self.printing(span, Some(&label_span)).into_iter().find(|id| {
                let fact = self.evidence.fact(*id);
                self.labelled(*id, label)
                    && (!bound || fact.identity || crate::domain::grounding::bind::belongs(self.evidence, fact, &rows))
            })
        };
        // `- flags: A, B`: every value of the field is one of its own.
        let hits: Option<Vec<FactId>> = match stored(&value_span) {
            Some(id) => Some(vec![id]),
            None => self.listed(&value_span).iter().map(stored).collect(),
        };
        let Some(hits) = hits else { return false };
        if hits.is_empty() {
            return false;
        }
        let records = self.records_called(&value_span, &label_span);
        let finding = Finding::Supported(hits, "as stored".to_owned());
        self.found(
            &value_span,
            ClaimKind::EntityAttribute,
            finding,
            ViolationCode::WrongValue,
            ViolationCode::InventedValue,
        );
        if !records.is_empty() {
            context.lead_with(records);
        }
        true
    }

    /// The rows that a labelled identity names, one in each result that holds the record.
    fn records_called(&self, value: &Range<usize>, label: &Range<usize>) -> Vec<RowId> {
        let named = self.printing(value, Some(label)).into_iter().map(|id| self.evidence.fact(id));
        let own = named.filter(|fact| fact.identity && fact.group.is_empty());
        let mut rows: Vec<RowId> =
            own.map(|fact| fact.row).filter(|row| !self.evidence.rows[*row as usize].envelope).collect();
        rows.dedup();
        rows
    }

    /// The parts of `A, B, C`; none when there is one part only.
    fn listed(&self, span: &Range<usize>) -> Vec<Range<usize>> {
        let text = self.draft.slice(span);
        let mut parts = Vec::new();
        let mut at = span.start;
        for part in text.split(", ").take(MAX_LISTED + 1) {
            parts.push(at..at + part.len());
            at += part.len() + 2;
        }
        if (2..=MAX_LISTED).contains(&parts.len()) { parts } else { Vec::new() }
    }
}

fn plain_is(value: &serde_json::Value, text: &str) -> bool {
    match value {
        serde_json::Value::String(stored) => stored == text,
        serde_json::Value::Number(number) => number.to_string() == text,
        serde_json::Value::Bool(stored) => (if *stored { "true" } else { "false" }) == text,
        _ => false,
    }
}
