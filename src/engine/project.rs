//! Cuts a result to what a prompt can hold: whole if it fits, else all rows in brief, else
//! the first rows of its main list, and it always says how many rows are shown. The checker
//! never sees this view; it gets the whole payload.

use serde_json::Map;
use serde_json::Value;

use crate::domain::grounding::render::label::is_telling;
use crate::domain::ledger::LedgerEntry;

/// What a result loses, in order: unset fields, then all but the names of records inside
/// records, then the ends of texts, then fields that tell a person little, and only then rows.
/// A list told in full but in brief keeps a model from counting the rows of a cut one.
/// The numbers are characters kept of a text; the shortest is for a row that is too large alone.
const CUTS: [(Keep, usize, Rows); 6] = [
    (Keep::Fields, 300, Rows::All),
    (Keep::Names, 300, Rows::All),
    (Keep::Names, 150, Rows::All),
    (Keep::Names, 80, Rows::All),
    (Keep::Telling, 80, Rows::First),
    (Keep::Telling, 40, Rows::First),
];
/// Plain values of a list inside a record that stay when the rest of it goes.
const PLAIN_ITEMS: usize = 8;
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
    for (keep, text, stay) in CUTS {
        let mut cut = Cut { rows: rows.unwrap_or(0), text, keep };
        loop {
            let json = shorten(&entry.content, &cut, 0).to_string();
            if json.len() <= budget {
                return Projection { json, rows_shown: rows.map(|_| cut.rows), rows_total: total, cut: true };
            }
            if stay == Rows::All || cut.rows <= 1 {
                break;
            }
            let fit = cut.rows.saturating_mul(budget as u64) / json.len() as u64;
            cut.rows = fit.clamp(1, cut.rows - 1);
        }
    }
    let json = Value::from("too large to show").to_string();
    Projection { json, rows_shown: rows.map(|_| 0), rows_total: total, cut: true }
}

/// What stays of a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Keep {
    /// Every field that is set.
    Fields,
    /// Records inside it as what names them, lists of records as their length.
    Names,
    /// Of its fields only those that tell a person something.
    Telling,
}

/// Which rows of a list stay.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    /// Every one.
    All,
    /// The first, as many as fit and at least one.
    First,
}

/// What a cut result keeps.
struct Cut {
    /// Rows of each list.
    rows: u64,
    /// Characters of each text.
    text: usize,
    /// Fields of each record.
    keep: Keep,
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

fn shorten(value: &Value, cut: &Cut, depth: usize) -> Value {
    if depth > DEPTH {
        return Value::from("…");
    }
    match value {
        Value::String(long) if long.chars().count() > cut.text => {
            Value::from(long.chars().take(cut.text).chain("…".chars()).collect::<String>())
        }
        Value::Array(rows) => {
            let keep = usize::try_from(cut.rows).unwrap_or(usize::MAX).max(1);
            rows.iter().take(keep).map(|row| shorten(row, cut, depth + 1)).collect()
        }
        Value::Object(map) => Value::Object(fields(map, cut, depth)),
        other => other.clone(),
    }
}

/// The fields of an object that stay; what has an id is a record.
fn fields(map: &Map<String, Value>, cut: &Cut, depth: usize) -> Map<String, Value> {
    let is_record = map.contains_key("id");
    let brief = is_record && cut.keep >= Keep::Names;
    map.iter()
        .filter(|(key, value)| match value {
            Value::Null => false,
            Value::Array(items) if items.is_empty() => false,
            _ if !brief => true,
            // The same time twice, as a number and as text.
            _ if key.strip_suffix("stamp").is_some_and(|time| map.contains_key(time)) => false,
            _ => cut.keep < Keep::Telling || is_telling(key),
        })
        .map(|(key, value)| {
            let value = match value {
                Value::Object(inner) if brief => named(inner, cut),
                Value::Array(items) if brief => listed(items, cut),
                other => shorten(other, cut, depth + 1),
            };
            (key.clone(), value)
        })
        .collect()
}

/// A list inside a record: short plain ones stay, of others their length.
fn listed(items: &[Value], cut: &Cut) -> Value {
    let plain = items.iter().all(|item| !item.is_object() && !item.is_array());
    if plain && items.len() <= PLAIN_ITEMS {
        return items.iter().map(|item| shorten(item, cut, DEPTH)).collect();
    }
    Value::from(format!("{} items, not shown here", items.len()))
}

/// A record inside a record, as what names it.
fn named(inner: &Map<String, Value>, cut: &Cut) -> Value {
    let names = ["id", "shortName", "userName", "name"];
    let mut kept: Map<String, Value> = names
        .iter()
        .filter_map(|name| {
            inner.get(*name).filter(|value| !value.is_null()).map(|value| ((*name).to_owned(), value.clone()))
        })
        .collect();
    if kept.is_empty() {
        return Value::from("…");
    }
    if cut.keep == Keep::Telling && kept.len() > 1 {
        kept.remove("id");
    }
    Value::Object(kept)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::CallId;
    use crate::domain::ids::ResultId;
    use crate::domain::ids::TurnId;
    use crate::domain::outcome::Outcome;
    use crate::domain::tool::MadeBy;

    fn entry(content: Value) -> LedgerEntry {
        LedgerEntry {
            id: ResultId(Uuid::from_u128(1)),
            call_id: CallId(Uuid::from_u128(1)),
            turn_id: TurnId(Uuid::from_u128(1)),
            server: "s".to_owned(),
            tool: "t".to_owned(),
            arguments: json!({}),
            made_by: MadeBy::Model,
            observed_at: Timestamp::UNIX_EPOCH,
            outcome: Outcome::Ok,
            digest: String::new(),
            content: Arc::new(content),
            page: None,
            error: None,
            cause: None,
            max_age_ms: None,
            evidence: true,
            shown: false,
            stale: false,
            superseded_by: None,
        }
    }

    fn case(id: u64) -> Value {
        let user = json!({"id": 7, "userName": "k.solheim", "name": "K. Solheim", "domain": {"id": 1, "name": "D"},
            "customer": {"id": 2171, "shortName": "nordfjord", "name": "Nordfjord Kraft AS"}});
        json!({"id": id, "status": "workingSoc", "priority": "high", "description": "x".repeat(900),
            "assignedUser": user, "reporter": user, "createdByUser": user, "flags": ["A", "B"]})
    }

    #[test]
    fn what_fits_is_whole() {
        let whole = project(&entry(json!({"data": [case(1)]})), 10_000);
        assert!(!whole.cut);
        assert_eq!((whole.rows_shown, whole.rows_total), (Some(1), Some(1)));
    }

    #[test]
    fn one_large_object_keeps_its_own_values_and_the_names_of_others() {
        let cut = project(&entry(json!({"data": case(1)})), 700);
        assert!(cut.cut && cut.json.len() <= 700, "{}", cut.json);
        assert!(cut.json.contains("\"priority\":\"high\"") && cut.json.contains("k.solheim"), "{}", cut.json);
    }

    #[test]
    fn all_rows_in_brief_come_before_some_rows_in_full() {
        let rows: Vec<Value> = (0..4).map(case).collect();
        let cut = project(&entry(json!({"data": rows})), 2_400);
        assert!(cut.cut && cut.json.contains("k.solheim"), "{}", cut.json);
        assert_eq!((cut.rows_shown, cut.rows_total), (Some(4), Some(4)));
    }

    #[test]
    fn fields_that_tell_little_go_before_rows() {
        let mut full = case(1);
        let map = full.as_object_mut().expect("an object");
        for n in 0..40 {
            map.insert(format!("internalFlag{n}"), json!(false));
        }
        map.insert("createdTime".to_owned(), json!("2026-02-09T00:15:30Z"));
        map.insert("createdTimestamp".to_owned(), json!(1_770_596_130_000_i64));
        let cut = project(&entry(json!({"data": [full, case(2), case(3)]})), 1_500);
        assert_eq!(cut.rows_shown, Some(3), "{}", cut.json);
        for kept in ["workingSoc", "createdTime", "k.solheim"] {
            assert!(cut.json.contains(kept), "{}", cut.json);
        }
        assert!(!cut.json.contains("internalFlag") && !cut.json.contains("createdTimestamp"), "{}", cut.json);
    }

    #[test]
    fn rows_that_are_left_out_are_counted() {
        let rows: Vec<Value> = (0..100).map(case).collect();
        let cut = project(&entry(json!({"data": rows})), 6_000);
        let shown = cut.rows_shown.expect("a list");
        assert!((1..100).contains(&shown));
        assert_eq!(cut.rows_total, Some(100));
    }

    proptest! {
        #[test]
        fn a_view_never_exceeds_its_budget(rows in 0u64..30, budget in 40usize..4000) {
            let rows: Vec<Value> = (0..rows).map(case).collect();
            let view = project(&entry(json!({"data": rows})), budget);
            prop_assert!(view.json.len() <= budget);
        }
    }
}
