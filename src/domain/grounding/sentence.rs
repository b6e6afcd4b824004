//! Splits a draft into the units that claims are read from: sentences, list items,
//! headings and table rows with their header. Knows Markdown and abbreviations;
//! never splits inside an atom. Spans are bytes of the draft.

use std::ops::Range;

use crate::domain::grounding::atom::Atom;

/// What kind of text a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// A sentence of running text.
    Sentence,
    /// A sentence of a list item; the indentation in columns.
    Item(usize),
    /// A heading, or a line that only introduces a list.
    Heading,
    /// A row of a table; index of the header unit's cells in [`Units::headers`].
    Row(usize),
}

/// A unit of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Its place.
    pub span: Range<usize>,
    /// What it is.
    pub kind: UnitKind,
    /// Cells of a table row; empty otherwise.
    pub cells: Vec<Range<usize>>,
    /// Number of the block (paragraph, item, row) it stands in.
    pub block: usize,
    /// Inside a code fence or a block quote.
    pub quoted: bool,
}

/// All units of a draft, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Units {
    /// The units.
    pub units: Vec<Unit>,
    /// Header cells of each table.
    pub headers: Vec<Vec<Range<usize>>>,
}

/// Splits `text`; `atoms` are its atoms, by place.
pub fn split(text: &str, atoms: &[Atom]) -> Units {
    let mut splitter = Splitter { text, atoms, out: Units::default(), block: 0, table: None, open: None };
    let mut fenced = false;
    let mut at = 0;
    let lines: Vec<Range<usize>> = text
        .split_inclusive('\n')
        .map(|line| {
            let start = at;
            at += line.len();
            start..start + line.trim_end_matches(['\n', '\r']).len()
        })
        .collect();
    for (index, line) in lines.iter().enumerate() {
        let content = text.get(line.clone()).unwrap_or_default();
        let trimmed = content.trim();
        if let Some(rest) = after_fence(trimmed) {
            splitter.close();
            if !rest.contains("```") {
                fenced = !fenced;
            }
            // One word after the opening fence names a language; whatever else is said there is text.
            if rest.split_whitespace().count() > usize::from(fenced) {
                let end = line.start + content.trim_end().len();
                splitter.line(end - rest.len()..end, rest, "", false);
            }
            continue;
        }
        let next = lines.get(index + 1).and_then(|next| text.get(next.clone())).unwrap_or_default();
        splitter.line(line.clone(), content, next, fenced);
    }
    splitter.close();
    splitter.out
}

/// What stands after the fence of a code block, when the line begins with one.
fn after_fence(line: &str) -> Option<&str> {
    let mark = ['`', '~'].into_iter().find(|mark| line.chars().take_while(|c| c == mark).count() >= 3)?;
    Some(line.trim_start_matches(mark).trim())
}

struct Splitter<'t> {
    text: &'t str,
    atoms: &'t [Atom],
    out: Units,
    block: usize,
    table: Option<usize>,
    /// The paragraph or item being gathered.
    open: Option<(Range<usize>, UnitKind, bool)>,
}

impl Splitter<'_> {
    fn line(&mut self, line: Range<usize>, content: &str, next: &str, fenced: bool) {
        let trimmed = content.trim();
        if trimmed.is_empty() || is_rule(trimmed) {
            self.close();
            self.table = None;
            return;
        }
        if fenced {
            self.close();
            self.open = Some((line, UnitKind::Sentence, true));
            self.close();
            return;
        }
        if self.table_line(&line, trimmed, next) {
            return;
        }
        self.table = None;
        let lead = content.len() - content.trim_start().len();
        let start = line.start + lead;
        if let Some(rest) = heading(trimmed) {
            self.close();
            self.push(start + trimmed.len() - rest.len()..line.end, UnitKind::Heading, false);
            self.block += 1;
        } else if let Some(rest) = list_item(trimmed) {
            self.close();
            self.open = Some((start + trimmed.len() - rest.len()..line.end, UnitKind::Item(lead), false));
        } else if let Some(rest) = trimmed.strip_prefix('>') {
            self.close();
            self.open = Some((start + trimmed.len() - rest.len()..line.end, UnitKind::Sentence, true));
        } else if let Some((span, _, _)) = &mut self.open {
            span.end = line.end;
        } else {
            self.open = Some((start..line.end, UnitKind::Sentence, false));
        }
    }

    fn table_line(&mut self, line: &Range<usize>, trimmed: &str, next: &str) -> bool {
        if !trimmed.contains('|') {
            return false;
        }
        if is_delimiter(trimmed) && self.table.is_some() {
            return true;
        }
        let cells = cells(self.text, line.clone());
        if let Some(table) = self.table {
            self.block += 1;
            let kind = UnitKind::Row(table);
            self.out.units.push(Unit { span: line.clone(), kind, cells, block: self.block, quoted: false });
            return true;
        }
        if is_delimiter(next.trim()) {
            self.close();
            self.table = Some(self.out.headers.len());
            self.out.headers.push(cells);
            return true;
        }
        false
    }

    fn close(&mut self) {
        let Some((span, kind, quoted)) = self.open.take() else { return };
        for sentence in sentences(self.text, span, self.atoms) {
            self.push(sentence, kind, quoted);
        }
        self.block += 1;
    }

    fn push(&mut self, span: Range<usize>, kind: UnitKind, quoted: bool) {
        let span = trim(self.text, span);
        if !span.is_empty() {
            self.out.units.push(Unit { span, kind, cells: Vec::new(), block: self.block, quoted });
        }
    }
}

fn is_rule(line: &str) -> bool {
    line.len() >= 3 && !line.contains('|') && line.chars().all(|c| matches!(c, '-' | '*' | '_' | '=' | ' '))
}

fn is_delimiter(line: &str) -> bool {
    line.contains('-') && line.contains('|') && line.chars().all(|c| matches!(c, '-' | ':' | '|' | ' ' | '\t'))
}

fn heading(line: &str) -> Option<&str> {
    let level = line.bytes().take_while(|b| *b == b'#').count();
    let rest = line.get(level..)?;
    ((1..=6).contains(&level) && rest.starts_with(' ')).then(|| rest.trim_start())
}

fn list_item(line: &str) -> Option<&str> {
    for marker in ["- ", "* ", "+ ", "• ", "– ", "・"] {
        if let Some(rest) = line.strip_prefix(marker) {
            return Some(rest.trim_start());
        }
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line.get(digits..)?;
    let after = rest.strip_prefix(['.', ')'])?;
    ((1..=3).contains(&digits) && after.starts_with(' ')).then(|| after.trim_start())
}

/// Cells of a table line; a pipe after a backslash does not separate.
fn cells(text: &str, line: Range<usize>) -> Vec<Range<usize>> {
    let content = text.get(line.clone()).unwrap_or_default();
    let mut bounds = Vec::new();
    let mut escaped = false;
    for (at, c) in content.char_indices() {
        if c == '|' && !escaped {
            bounds.push(line.start + at);
        }
        escaped = c == '\\' && !escaped;
    }
    let first = trim(text, line.start..bounds.first().copied().unwrap_or(line.end));
    let mut out = Vec::new();
    if !first.is_empty() {
        out.push(first);
    }
    for (index, bound) in bounds.iter().enumerate() {
        let end = bounds.get(index + 1).copied().unwrap_or(line.end);
        let cell = trim(text, bound + 1..end);
        if index + 1 < bounds.len() || !cell.is_empty() {
            out.push(cell);
        }
    }
    out
}

fn trim(text: &str, span: Range<usize>) -> Range<usize> {
    let part = text.get(span.clone()).unwrap_or_default();
    let start = span.start + part.len() - part.trim_start().len();
    start..(start + part.trim().len())
}

/// Abbreviations whose point ends no sentence.
const ABBREVIATIONS: [&str; 40] = [
    "e.g", "i.e", "etc", "approx", "ca", "cf", "vs", "no", "nr", "kl", "bl.a", "f.eks", "dvs", "jf", "mv", "osv",
    "evt", "t.ex", "bl a", "d.v.s", "z.b", "bzw", "d.h", "u.a", "vgl", "ggf", "inkl", "p.ex", "env", "p.ej", "aprox",
    "núm", "dr", "mr", "ms", "st", "fig", "min", "max", "resp",
];

fn sentences(text: &str, span: Range<usize>, atoms: &[Atom]) -> Vec<Range<usize>> {
    let part = text.get(span.clone()).unwrap_or_default();
    let mut out = Vec::new();
    let mut start = span.start;
    let mut chars = part.char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        let at = span.start + offset;
        let end = at + c.len_utf8();
        let full = matches!(c, '。' | '！' | '？');
        if !full && !matches!(c, '.' | '!' | '?' | ';' | '；') {
            continue;
        }
        let spaced = chars
            .peek()
            .is_none_or(|(_, next)| next.is_whitespace() || matches!(next, '"' | '\'' | '*' | '_' | ')' | '”' | '»'));
        let inside = atoms.partition_point(|atom| atom.span.end <= at);
        let in_atom = atoms.get(inside).is_some_and(|atom| atom.span.start < at && end < atom.span.end);
        if in_atom || (!full && (!spaced || (c == '.' && abbreviated(text, start, at)))) {
            continue;
        }
        let mut close = end;
        while let Some((next, c)) = chars.peek().copied() {
            if !matches!(c, '"' | '\'' | '*' | '_' | ')' | '”' | '»' | '」' | '.' | '!' | '?') {
                break;
            }
            close = span.start + next + c.len_utf8();
            chars.next();
        }
        out.push(start..close);
        start = close;
    }
    if start < span.end {
        out.push(start..span.end);
    }
    out
}

fn abbreviated(text: &str, start: usize, at: usize) -> bool {
    let before = text.get(start..at).unwrap_or_default();
    let word_start = before.rfind(|c: char| c.is_whitespace() || c == '(').map_or(0, |i| i + 1);
    let Some(word) = before.get(word_start..).filter(|word| word.len() <= 8) else { return false };
    let lower = word.to_lowercase();
    // A single letter is an initial; day ordinals ("9. februar") are followed by a lower-case word.
    ABBREVIATIONS.contains(&lower.as_str())
        || (word.chars().count() == 1 && word.chars().all(char::is_alphabetic))
        || (word.len() <= 2
            && word.bytes().all(|b| b.is_ascii_digit())
            && text.get(at + 1..).unwrap_or_default().trim_start().starts_with(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Vec<(UnitKind, &str)> {
        split(text, &[]).units.into_iter().map(|unit| (unit.kind, &text[unit.span])).collect()
    }

    #[test]
    fn sentences_end_at_points_but_not_in_abbreviations_or_ordinals() {
        assert_eq!(
            units("Saken ble lukket kl. 08.15 den 9. februar. Den er f.eks. ferdig! OK?"),
            [
                (UnitKind::Sentence, "Saken ble lukket kl. 08.15 den 9. februar."),
                (UnitKind::Sentence, "Den er f.eks. ferdig!"),
                (UnitKind::Sentence, "OK?"),
            ]
        );
        assert_eq!(units("件です。次です。").len(), 2);
    }

    #[test]
    fn lists_headings_and_tables_are_units() {
        let text =
            "# Cases\nTwo cases:\n- 4711 is open\n  more\n2. next\n\n| id | status |\n|---|---|\n| 1 | a\\|b |\n";
        let split = split(text, &[]);
        let kinds: Vec<UnitKind> = split.units.iter().map(|unit| unit.kind).collect();
        assert_eq!(
            kinds,
            [UnitKind::Heading, UnitKind::Sentence, UnitKind::Item(0), UnitKind::Item(0), UnitKind::Row(0)]
        );
        assert_eq!(split.units[4].cells.iter().map(|c| &text[c.clone()]).collect::<Vec<_>>(), ["1", "a\\|b"]);
        assert_eq!(split.headers[0].len(), 2);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..proptest::prelude::ProptestConfig::default() })]

        #[test]
        fn any_text_splits_into_units_inside_it(text in "[ -~\\n|#.é件。\\\\-]{0,200}") {
            for unit in split(&text, &[]).units {
                proptest::prop_assert!(text.get(unit.span.clone()).is_some_and(|part| !part.is_empty()));
                for cell in unit.cells {
                    proptest::prop_assert!(text.get(cell).is_some());
                }
            }
        }
    }
}
