//! Cuts a result to what a prompt can hold: whole if it fits, else the first rows of its
//! main list with long texts shortened, and it always says how many rows are shown. The
//! checker never sees this view; it gets the whole payload.

use serde_json::Map;
use serde_json::Value;

use crate::domain::ledger::LedgerEntry;

/// Longest string kept inside a cut result, in characters.
const TEXT_CHARS: usize = 300;
/// Depth below which cut results are replaced by a mark.
const DEPTH: usize = 12;

/// A result as a prompt shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    /// Compact JSON.
    pub json: String,
    /// Rows in `json`, when the result is a list.
    pub rows_shown: Option<u64>,
    /// Rows the tool knows of, when it said so; otherwise the rows of this result.
    pub rows_total: Option<u64>,
    /// Whether rows or text were left out.
    pub cut: bool,
}

/// The view of `entry` within `budget` bytes.
pub fn project(entry: &LedgerEntry, budget: usize) -> Projection {
    let rows = main_list(&entry.content).map(|rows| rows.len() as u64);
    let total = entry.page.as_ref().and_then(|page| page.total).or(rows);
    let whole = entry.content.to_string();
    if whole.len() <= budget {
        return Projection { json: whole, rows_shown: rows, rows_total: total, cut: false };
    }
    drop(whole);
    let mut keep = rows.unwrap_or(0);
    let mut text = TEXT_CHARS;
    loop {
        let view = shorten(&entry.content, keep, text, 0);
        let json = view.to_string();
        if json.len() <= budget || (keep <= 1 && text <= 20) {
            let json = if json.len() <= budget { json } else { Value::from("too large to show").to_string() };
            return Projection { json, rows_shown: rows.map(|_| keep), rows_total: total, cut: true };
        }
        // Rows first, in proportion to what is too much; then the length of texts.
        let fit = keep.saturating_mul(budget as u64) / json.len() as u64;
        if keep > 1 {
            keep = fit.clamp(1, keep - 1);
        } else {
            text /= 2;
        }
    }
}

/// The list a result is about: the result itself, or its longest list one or two levels down.
fn main_list(content: &Value) -> Option<&Vec<Value>> {
    match content {
        Value::Array(rows) => Some(rows),
        Value::Object(map) => map
            .values()
            .filter_map(|value| match value {
                Value::Array(rows) => Some(rows),
                Value::Object(inner) => inner.values().filter_map(Value::as_array).max_by_key(|rows| rows.len()),
                _ => None,
            })
            .max_by_key(|rows| rows.len()),
        _ => None,
    }
}

fn shorten(value: &Value, keep: u64, text: usize, depth: usize) -> Value {
    if depth > DEPTH {
        return Value::from("…");
    }
    match value {
        Value::String(long) if long.chars().count() > text => {
            Value::from(long.chars().take(text).chain("…".chars()).collect::<String>())
        }
        Value::Array(rows) => {
            let keep = usize::try_from(keep).unwrap_or(usize::MAX).max(1);
            rows.iter().take(keep).map(|row| shorten(row, keep as u64, text, depth + 1)).collect()
        }
        Value::Object(map) => {
            let short: Map<String, Value> = map
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.clone(), shorten(value, keep, text, depth + 1)))
                .collect();
            Value::Object(short)
        }
        other => other.clone(),
    }
}
