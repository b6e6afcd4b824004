//! A stored value as one harmless cell: control characters, Markdown and table marks do
//! not survive, instants are written out in UTC. What is printed here is what the checker
//! compares a cell with, so a value is printed the same everywhere.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Number;
use serde_json::Value;

use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::render::label::is_time;

/// Characters of one value.
pub const MAX_VALUE_CHARS: usize = 160;

/// What stands for a value that is not there.
pub(super) const EMPTY: &str = "–";

/// A fact as it is printed: instants are written out, whatever form they are stored in.
pub fn printed(fact: &Fact<'_>) -> String {
    match fact.value {
        Value::String(text) => instant_of_text(text).map_or_else(|| cell(fact.value), written),
        // Zero in a field of time stands for "never".
        Value::Number(number) if is_time(fact) => match whole(number) {
            Some(0) => EMPTY.to_owned(),
            Some(stored) => instant_of_number(stored).map_or_else(|| cell(fact.value), written),
            None => cell(fact.value),
        },
        other => cell(other),
    }
}

/// A name that is no value: the key of an entry in a map.
pub fn name(text: &str) -> String {
    cell(&Value::from(text))
}

/// A number without a part below one, however it is stored.
fn whole(number: &Number) -> Option<i64> {
    let text = || number.to_string();
    number.as_i64().or_else(|| text().strip_suffix(".0")?.parse().ok())
}

fn written(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn instant_of_text(text: &str) -> Option<Timestamp> {
    let shaped = (20..=40).contains(&text.len()) && text.as_bytes().get(10) == Some(&b'T');
    if shaped { text.parse().ok() } else { None }
}

/// Seconds, milliseconds, microseconds or nanoseconds, told apart by their size (2001 to 2096).
fn instant_of_number(stored: i64) -> Option<Timestamp> {
    match stored {
        1_000_000_000..4_000_000_000 => Timestamp::from_second(stored).ok(),
        1_000_000_000_000..4_000_000_000_000 => Timestamp::from_millisecond(stored).ok(),
        1_000_000_000_000_000..4_000_000_000_000_000 => Timestamp::from_microsecond(stored).ok(),
        1_000_000_000_000_000_000..4_000_000_000_000_000_000 => Timestamp::from_nanosecond(i128::from(stored)).ok(),
        _ => None,
    }
}

/// A value as one harmless cell. Free text with Markdown in it becomes a code span.
pub fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null | Value::Array(_) | Value::Object(_) => return EMPTY.to_owned(),
        Value::Bool(stored) => return stored.to_string(),
        Value::Number(number) => return number.to_string(),
        Value::String(text) => text,
    };
    let text = &without_tags(text);
    let mut clean = String::with_capacity(text.len().min(256));
    let mut chars = 0;
    let mut cut = false;
    for part in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|part| !part.is_empty()) {
        if chars > 0 {
            clean.push(' ');
            chars += 1;
        }
        for c in part.chars().filter(|c| !is_invisible(*c)) {
            if chars >= MAX_VALUE_CHARS {
                cut = true;
                break;
            }
            clean.push(match c {
                '|' => '¦',
                '`' => '\'',
                other => other,
            });
            chars += 1;
        }
        if cut {
            break;
        }
    }
    let mut clean = clean.trim().to_owned();
    if cut {
        clean.push('…');
    }
    if !clean.chars().any(char::is_alphanumeric) {
        return EMPTY.to_owned();
    }
    let risky = clean.contains(['*', '[', ']', '<', '>', '~', '\\', '@', '&', '$'])
        || clean.contains("://")
        || clean.to_ascii_lowercase().contains("www.")
        || clean.split(' ').any(|word| word.starts_with('_') || word.ends_with('_'))
        || clean.starts_with(['#', '-', '+', '=', '_']);
    if risky { format!("`{clean}`") } else { clean }
}

/// Characters that change how others show, or do not show at all.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}' | '\u{e0000}'..='\u{e007f}')
}

/// Tags of formatted text. Anything else in angle brackets is a value.
const TAGS: [&str; 30] = [
    "p",
    "br",
    "div",
    "span",
    "b",
    "i",
    "u",
    "s",
    "em",
    "strong",
    "a",
    "ul",
    "ol",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "table",
    "thead",
    "tbody",
    "tr",
    "td",
    "th",
    "code",
    "pre",
    "blockquote",
    "hr",
    "font",
    "img",
];

/// A text without the tags that only format it.
fn without_tags(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let inside = after.split_once('>').filter(|(inside, _)| inside.len() <= 300 && is_tag(inside));
        rest = match inside {
            Some((_, left)) => {
                out.push(' ');
                left
            }
            None => {
                out.push('<');
                after
            }
        };
        if out.len() > 16 * MAX_VALUE_CHARS {
            break;
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn is_tag(inside: &str) -> bool {
    let name = inside.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
    TAGS.contains(&name.to_ascii_lowercase().as_str())
}
