//! What differs between two definitions, field by field. Values are shown as JSON in which
//! nothing can hide, around the place where they differ, and not without bounds.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::domain::exact_json::visible;
use crate::domain::pin::Definition;

/// Most changes that are listed.
const MAX_CHANGES: usize = 50;

/// Longest value that is shown whole, in characters.
const MAX_CHARS: usize = 4000;

/// Characters shown before the place where longer values differ.
const LEAD: usize = 200;

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// JSON Pointer into the definition.
    pub pointer: String,
    /// What was accepted, as JSON text; absent: there was nothing.
    pub was: Option<String>,
    /// What is there now; absent: nothing.
    pub is: Option<String>,
}

/// All that differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The first ones.
    pub items: Vec<Change>,
    /// How many more there are.
    pub more: usize,
}

/// Compares what was accepted with what is there now. Without anything accepted everything is new.
pub fn changes(was: Option<&Definition>, is: &Definition) -> Changes {
    let mut found = Changes::default();
    match was {
        Some(was) => compare("", Some(was.value()), Some(is.value()), &mut found),
        None => {
            for (key, part) in is.value().as_object().into_iter().flatten() {
                found.add(&below("", key), None, Some(part));
            }
        }
    }
    found
}

fn compare(pointer: &str, was: Option<&Value>, is: Option<&Value>, found: &mut Changes) {
    match (was, is) {
        (Some(was), Some(is)) if was == is => {}
        (Some(Value::Object(was)), Some(Value::Object(is))) => {
            let keys: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
            for key in keys {
                compare(&below(pointer, key), was.get(key), is.get(key), found);
            }
        }
        (Some(Value::Array(was)), Some(Value::Array(is))) => {
            for index in 0..was.len().max(is.len()) {
                compare(&format!("{pointer}/{index}"), was.get(index), is.get(index), found);
            }
        }
        (was, is) => found.add(pointer, was, is),
    }
}

impl Changes {
    fn add(&mut self, pointer: &str, was: Option<&Value>, is: Option<&Value>) {
        if self.items.len() == MAX_CHANGES {
            self.more += 1;
            return;
        }
        let (was, is) = (was.map(shown), is.map(shown));
        let same = match (&was, &is) {
            (Some(was), Some(is)) => was.chars().zip(is.chars()).take_while(|(a, b)| a == b).count(),
            _ => 0,
        };
        let cut = |text: String| excerpt(&text, same);
        self.items.push(Change { pointer: visible(pointer), was: was.map(cut), is: is.map(cut) });
    }
}

fn shown(value: &Value) -> String {
    visible(&value.to_string())
}

/// The text, or the part of a long one that begins shortly before `differs`.
fn excerpt(text: &str, differs: usize) -> String {
    let length = text.chars().count();
    if length <= MAX_CHARS {
        return text.to_owned();
    }
    let from = differs.saturating_sub(LEAD).min(length);
    let mut part: String = text.chars().skip(from).take(MAX_CHARS).collect();
    if from > 0 {
        part.insert(0, '…');
    }
    if length - from > MAX_CHARS {
        part.push('…');
    }
    part
}

/// The pointer of a member.
pub(crate) fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn of(tool: Value) -> Definition {
        Definition::of(&tool)
    }

    fn change(pointer: &str, was: Option<&str>, is: Option<&str>) -> Change {
        Change { pointer: pointer.to_owned(), was: was.map(str::to_owned), is: is.map(str::to_owned) }
    }

    #[test]
    fn each_field_that_differs_is_told_with_its_place() {
        let was = of(json!({"name": "a", "description": "Adds.", "annotations": {"readOnlyHint": true},
            "inputSchema": {"properties": {"x/y": {"type": "integer"}}, "required": ["a"]}}));
        let is = of(json!({"name": "a", "description": "Adds\u{200b}.", "title": "New",
            "inputSchema": {"properties": {"x/y": {"type": "string"}, "note": {}}, "required": ["a", "note"]}}));
        let found = changes(Some(&was), &is);
        assert_eq!(
            found.items,
            [
                change("/annotations", Some(r#"{"readOnlyHint":true}"#), None),
                change("/description", Some("\"Adds.\""), Some(r#""Adds\u200b.""#)),
                change("/inputSchema/properties/note", None, Some("{}")),
                change("/inputSchema/properties/x~1y/type", Some("\"integer\""), Some("\"string\"")),
                change("/inputSchema/required/1", None, Some("\"note\"")),
                change("/title", None, Some("\"New\"")),
            ]
        );
        assert_eq!(found.more, 0);
    }

    #[test]
    fn a_change_far_back_in_a_long_text_is_still_seen() {
        let long = "x".repeat(20_000);
        let was = of(json!({"name": "a", "description": format!("{long} good {long}")}));
        let is = of(json!({"name": "a", "description": format!("{long} evil {long}")}));
        let found = changes(Some(&was), &is);
        let [only] = found.items.as_slice() else { panic!("one change: {found:?}") };
        assert!(only.was.as_ref().is_some_and(|text| text.contains("good") && text.chars().count() <= MAX_CHARS + 2));
        assert!(only.is.as_ref().is_some_and(|text| text.contains("evil")));
    }

    #[test]
    fn more_changes_than_are_listed_are_counted() {
        let many: serde_json::Map<String, Value> = (0..80).map(|n| (format!("p{n:02}"), json!({}))).collect();
        let was = of(json!({"name": "a", "inputSchema": {"properties": {}}}));
        let is = of(json!({"name": "a", "inputSchema": {"properties": many}}));
        let found = changes(Some(&was), &is);
        assert_eq!((found.items.len(), found.more), (MAX_CHANGES, 30));
        assert_eq!(changes(None, &is).items.len(), 2);
    }

    proptest! {
        #[test]
        fn there_is_a_change_exactly_when_they_differ(a in any::<String>(), b in any::<String>()) {
            let (was, is) = (of(json!({"name": a})), of(json!({"name": b})));
            prop_assert_eq!(changes(Some(&was), &is).items.is_empty(), was == is);
        }
    }
}
