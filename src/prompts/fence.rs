//! Fences around what comes from outside: the marker of a fence depends on everything
//! inside, and the text inside cannot write a fence.

use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;

/// Longest tool description shown to the router, in code points.
const MAX_DESCRIPTION: usize = 240;

/// A marker that depends on everything fenced: the same prompt gives the same marker
/// (recorded turns repeat), and text that could hold it cannot be written beforehand.
pub(super) fn marker(fenced: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in fenced {
        hash.update(text.len().to_le_bytes());
        hash.update(text.as_bytes());
    }
    hex::encode(&hash.finalize()[..6])
}

/// Free text between fences: the fence itself cannot be written in it.
pub(super) fn plain(text: &str) -> String {
    text.replace("<<<", "‹‹‹").replace(">>>", "›››")
}

/// JSON text between fences: the same, as an escape that every JSON reader undoes.
pub(super) fn fenced_json(value: &impl Serialize) -> String {
    serde_json::to_string(value)
        .unwrap_or_else(|_| "null".to_owned())
        .replace("<<<", "\\u003c\\u003c\\u003c")
        .replace(">>>", "\\u003e\\u003e\\u003e")
}

pub(super) fn lines<T: Serialize>(items: &[T]) -> Vec<String> {
    items.iter().map(fenced_json).collect()
}

pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = plain(&words.join(" "));
    match line.char_indices().nth(MAX_DESCRIPTION) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
