//! Quotes: text between quotation marks that some result holds word for word stands for
//! itself. Its numbers and names are the record's, not claims of the draft. A quote
//! that is a whole stored value is left to the walk over values, which knows its owner.

use std::ops::Range;

use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;

/// Opening and closing marks.
const MARKS: [(char, char); 8] =
    [('“', '”'), ('„', '“'), ('”', '”'), ('«', '»'), ('»', '«'), ('「', '」'), ('『', '』'), ('"', '"')];
/// Shorter quotes are words, not quotes.
const LEAST_CHARS: usize = 16;
/// Quotes looked for in one unit.
const MOST: usize = 8;

impl Checker<'_, '_> {
    /// Finds the quotes of a unit that some result holds, and makes a claim of each.
    pub(super) fn read_quotes(&mut self, unit: &Unit) {
        self.quotes.clear();
        let text = self.draft.slice(&unit.span);
        for part in quoted(text).into_iter().take(MOST) {
            let span = unit.span.start + part.start..unit.span.start + part.end;
            if let Some(id) = self.holder(unit, &squeezed(self.draft.slice(&span))) {
                let finding = Finding::Supported(vec![id], "word for word in the result".to_owned());
                let code = ViolationCode::UnsupportedStatement;
                self.found(&span, ClaimKind::Statement, finding, code, code);
                self.quotes.push(span);
            }
        }
    }

    /// A longer text that has the quote; of the rows that the unit names, if it names any.
    fn holder(&self, unit: &Unit, quote: &str) -> Option<FactId> {
        let named: Vec<RowId> = self.items(&unit.span).iter().flat_map(|item| self.mention(item).own).collect();
        let holds = |fact: &crate::domain::grounding::facts::Fact<'_>| {
            fact.text().is_some_and(|text| text.len() > quote.len() && squeezed(text).contains(quote))
        };
        let all = self.evidence.facts.iter().position(|fact| {
            (named.is_empty() || named.iter().any(|row| self.evidence.within(fact.row, *row))) && holds(fact)
        });
        all.and_then(|at| FactId::try_from(at).ok())
    }
}

/// What stands between quotation marks, long enough to be a quote.
fn quoted(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((at, mark)) = text[from..].char_indices().find(|(_, c)| MARKS.iter().any(|(open, _)| open == c)) {
        let start = from + at + mark.len_utf8();
        let closes = |c: char| MARKS.iter().any(|(open, close)| *open == mark && *close == c);
        let Some((length, close)) = text[start..].char_indices().find(|(_, c)| closes(*c)) else { break };
        let inner = &text[start..start + length];
        let trimmed = inner.trim_matches([' ', '\u{a0}', '\u{202f}', '.', '…']);
        let lead = inner.len() - inner.trim_start_matches([' ', '\u{a0}', '\u{202f}', '.', '…']).len();
        if trimmed.chars().count() >= LEAST_CHARS {
            found.push(start + lead..start + lead + trimmed.len());
        }
        from = start + length + close.len_utf8();
    }
    found
}

/// Text without tags, blanks as one space.
fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_tag = false;
    for c in text.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            c if !c.is_whitespace() => out.push(c),
            _ if out.ends_with(' ') => {}
            _ => out.push(' '),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_found_between_the_marks_of_every_language() {
        for text in [
            "It says “the user changed her password”.",
            "Da steht „the user changed her password“.",
            "«the user changed her password», står det.",
            "「the user changed her password」とあります。",
            "« the user changed her password. »",
        ] {
            let found = quoted(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(&text[found[0].clone()], "the user changed her password");
        }
        assert!(quoted("the “short” one, and “an open one").is_empty());
    }

    #[test]
    fn tags_and_blanks_do_not_count() {
        assert_eq!(squeezed("<p>a  b\n<b>c</b></p>"), "a b c");
    }
}
