//! Finds identifiers: cuts the text into chunks at blanks and quotes, and classifies each chunk
//! or its pieces. Every byte is looked at a bounded number of times.

mod classify;
mod shape;
mod tables;

pub(super) use self::classify::is_event;

use std::borrow::Cow;

use crate::domain::grounding::atom::Identifier;
use crate::domain::grounding::atom::IdentifierClass;
use crate::domain::grounding::atom::Partial;
use crate::domain::grounding::atom::text::Text;
use crate::domain::grounding::atom::token::classify::classify;
use crate::domain::grounding::atom::token::tables::DEFANGED;
use crate::domain::grounding::atom::token::tables::SCHEMES;

/// Longest chunk that is looked at; longer ones are no identifiers of ours.
const MAX_CHUNK_BYTES: usize = 2_048;

/// An identifier at a range of the folded text.
#[derive(Debug)]
pub(super) struct Located {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) identifier: Identifier,
}

/// Undoes defanging, as a stored value may be defanged too.
pub(super) fn refang(text: &str) -> Cow<'_, str> {
    // Every defanged scheme begins so or has a bracket in it.
    if !starts_ignoring_case(text, "hxxp") && !text.contains(['[', '(', '{', '\\']) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    'outer: while let Some(c) = rest.chars().next() {
        if matches!(c, '[' | '(' | '{' | '\\') {
            for (from, to) in DEFANGED {
                if starts_ignoring_case(rest, from) && (*from != "\\." || !clean.contains('\\')) {
                    clean.push_str(to);
                    rest = rest.get(from.len()..).unwrap_or("");
                    continue 'outer;
                }
            }
        }
        clean.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or("");
    }
    for (from, to) in SCHEMES {
        if from != to && starts_ignoring_case(&clean, from) {
            clean.replace_range(..from.len(), to);
            break;
        }
    }
    Cow::Owned(clean)
}

fn starts_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

/// All identifiers of the text in order, without overlaps.
pub(super) fn identifiers(text: &Text) -> Vec<Located> {
    let folded = text.folded.as_str();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = folded.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = folded.get(at..).unwrap_or("");
        if let Some(end) = bracketed_ipv6(rest) {
            push_chunk(folded, at, at + end, false, &mut found);
            at += end;
            continue;
        }
        if separates(c) {
            at += c.len_utf8();
            continue;
        }
        let coded = folded.get(..at).is_some_and(|before| before.ends_with('`'));
        let end = at + if is_url(rest) { url_end(rest) } else { chunk_end(rest) };
        push_chunk(folded, at, end, coded, &mut found);
        at = end;
    }
    found
}

fn is_url(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_ascii_alphabetic())
        && SCHEMES.iter().any(|(scheme, _)| starts_ignoring_case(rest, scheme))
}

fn separates(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '"' | '\''
                | '`'
                | '('
                | ')'
                | '<'
                | '>'
                | '{'
                | '}'
                | '['
                | ']'
                | '|'
                | ','
                | ';'
                | '*'
                | '='
                | '&'
                | '?'
                | '!'
        )
        || matches!(c, '\u{2013}' | '\u{2014}' | '\u{2192}' | '\u{201e}' | '\u{ab}' | '\u{bb}')
        || matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
}

/// End of a chunk in `rest`; defanged pieces do not end it.
fn chunk_end(rest: &str) -> usize {
    let mut at = 0;
    'outer: while let Some(c) = rest.get(at..).and_then(|tail| tail.chars().next()) {
        if separates(c) {
            let tail = rest.get(at..).unwrap_or("");
            if at > 0 && matches!(c, '[' | '(' | '{') {
                for (piece, _) in DEFANGED {
                    if starts_ignoring_case(tail, piece) {
                        at += piece.len();
                        continue 'outer;
                    }
                }
            }
            break;
        }
        at += c.len_utf8();
    }
    at
}

fn url_end(rest: &str) -> usize {
    let stop = |c: char| {
        c.is_whitespace()
            || matches!(c, '"' | '`' | '<' | '>' | '|' | '\'' | '*' | '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
    };
    let end = rest.find(stop).unwrap_or(rest.len());
    let mut url = rest.get(..end).unwrap_or("");
    // A closing bracket belongs to the text around a link, unless it was opened inside.
    while let Some(last) = url.chars().next_back() {
        let open = match last {
            ')' => '(',
            ']' => '[',
            '}' => '{',
            _ => break,
        };
        if url.matches(open).count() >= url.matches(last).count() {
            break;
        }
        url = url.get(..url.len() - 1).unwrap_or("");
    }
    // A markdown link `](url)` followed by more text ends at the first unopened bracket.
    match url.find("](") {
        Some(cut) => cut,
        None => url.len(),
    }
}

/// Length of `[2001:db8::1]` with an optional port at the start of `rest`.
fn bracketed_ipv6(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('[')?;
    let close = inside.get(..inside.len().min(48)).or(Some(inside)).and_then(|head| head.find(']'))?;
    inside.get(..close)?.parse::<std::net::Ipv6Addr>().ok()?;
    let after = inside.get(close + 1..)?;
    let port = after.strip_prefix(':').map_or(0, |port| 1 + port.bytes().take_while(u8::is_ascii_digit).count());
    Some(close + 2 + if port > 1 { port } else { 0 })
}

/// Characters that end a sentence or mark up a word, at either end of a chunk.
fn trims(c: char) -> bool {
    matches!(c, '.' | ',' | ':' | ';' | '!' | '?' | '_' | '~' | '^' | '-' | '\u{b7}')
}

fn push_chunk(folded: &str, start: usize, end: usize, coded: bool, found: &mut Vec<Located>) {
    let Some(chunk) = folded.get(start..end).filter(|chunk| chunk.len() <= MAX_CHUNK_BYTES) else {
        return;
    };
    if plain_word(chunk) {
        return;
    }
    let (mut start, mut body, mut partial) = (start, chunk, Partial::Whole);
    for dots in ["…", "..."] {
        if let Some(rest) = body.strip_prefix(dots) {
            start += dots.len();
            (body, partial) = (rest, Partial::Suffix);
        }
    }
    let unmarked = body.trim_end_matches([',', ':', ';', '!', '?']);
    for dots in ["…", "..."] {
        if let Some(rest) = unmarked.strip_suffix(dots).filter(|_| partial == Partial::Whole) {
            (body, partial) = (rest, Partial::Prefix);
        }
    }
    if partial == Partial::Suffix {
        body = body.trim_end_matches(trims);
    } else if partial == Partial::Whole {
        body = body.trim_end_matches(trims);
        let unled = body.trim_start_matches(['_', '^', '-', ':', ',', ';', '\u{b7}']);
        start += body.len() - unled.len();
        body = unled;
    }
    if body.is_empty() {
        return;
    }
    let dots = if partial == Partial::Prefix {
        folded.get(start + body.len()..).map_or(0, |rest| if rest.starts_with('…') { '…'.len_utf8() } else { 3 })
    } else {
        0
    };
    let lead = match partial {
        Partial::Suffix if folded.get(..start).is_some_and(|before| before.ends_with('…')) => '…'.len_utf8(),
        Partial::Suffix => 3,
        _ => 0,
    };
    if let Some((class, canonical)) = classify(body, partial, coded) {
        let (from, to) = (start - lead, start + body.len() + dots);
        let text = folded.get(from..to).unwrap_or(body).to_owned();
        found.push(Located { start: from, end: to, identifier: Identifier { class, text, canonical, partial } });
    } else if partial == Partial::Whole {
        push_pieces(body, start, coded, found);
    } else if let Some((head, tail)) = body.rsplit_once([':', '/']).filter(|_| partial == Partial::Prefix) {
        push_pieces(head, start, coded, found);
        if let Some((class, canonical)) = classify(tail, partial, coded) {
            let from = start + head.len() + 1;
            let to = start + body.len() + dots;
            let text = folded.get(from..to).unwrap_or(tail).to_owned();
            found.push(Located { start: from, end: to, identifier: Identifier { class, text, canonical, partial } });
        }
    }
}

/// Classifies the parts of a compound chunk ("host-a/host-b", "user:k.solheim").
fn push_pieces(body: &str, start: usize, coded: bool, found: &mut Vec<Located>) {
    let mut at = 0;
    for piece in body.split([':', '/', '\\', '+', '@']) {
        let trimmed = piece.trim_matches(trims);
        let from = start + at + (piece.len() - piece.trim_start_matches(trims).len());
        at += piece.len() + 1;
        if trimmed.len() == body.len() || trimmed.is_empty() {
            continue;
        }
        if let Some((class, canonical)) = classify(trimmed, Partial::Whole, coded) {
            // A lone piece of a path or ratio with a bare version shape says too little.
            if class == IdentifierClass::LongNumber {
                continue;
            }
            found.push(Located {
                start: from,
                end: from + trimmed.len(),
                identifier: Identifier { class, text: trimmed.to_owned(), canonical, partial: Partial::Whole },
            });
        }
    }
}

/// The common case: letters only, perhaps with a sentence mark, and no inner capital.
fn plain_word(chunk: &str) -> bool {
    let body = chunk.trim_end_matches(['.', ',', ':', ';', '!', '?']);
    let mut chars = body.chars();
    let first = chars.next();
    first.is_none_or(char::is_alphabetic) && chars.all(|c| c.is_alphabetic() && !c.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_defanged_scheme_is_refanged() {
        for (from, to) in SCHEMES {
            assert_eq!(refang(&format!("{from}login.example.com")), format!("{to}login.example.com"));
        }
    }
}
