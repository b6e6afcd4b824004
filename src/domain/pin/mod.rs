//! Pinned tool definitions: what of a tool is pinned, in one spelling, and what follows from
//! comparing it with what was accepted. Fail closed: only the accepted definition is offered;
//! a changed one, one that hides characters from whoever reads it, and one that could not be
//! written down wait until somebody accepts them. Knows nothing of servers, hashes or stores.

pub mod changes;
pub mod flags;

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;

use crate::domain::exact_json::visible;
use crate::domain::pin::changes::Changes;
use crate::domain::pin::flags::Flag;

/// What is pinned, as MCP spells it.
const PINNED: [&str; 6] = ["name", "title", "description", "inputSchema", "outputSchema", "annotations"];

/// Longest definition that is pinned, in bytes of its canonical text; a longer one is never offered.
pub const MAX_BYTES: usize = 256 * 1024;

/// The definition of a tool: its name, title, description, schemas and annotations, keys sorted.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition(Value);

impl Definition {
    /// Takes what is pinned out of a tool as its server lists it.
    pub fn of(tool: &Value) -> Self {
        let part = |key: &&str| tool.get(*key).filter(|part| !part.is_null()).map(|part| ((*key).to_owned(), part));
        let parts: Map<String, Value> = PINNED.iter().filter_map(part).map(|(key, part)| (key, part.clone())).collect();
        Self(sorted(&Value::Object(parts)))
    }

    /// Back from [`Definition::canonical`].
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn read(canonical: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(canonical).map(|value: Value| Self(sorted(&value)))
    }

    /// The one text of this definition: compact JSON with sorted keys. Its SHA-256 is the pin.
    pub fn canonical(&self) -> String {
        self.0.to_string()
    }

    /// The definition as JSON.
    pub fn value(&self) -> &Value {
        &self.0
    }
}

/// The same value with the keys of every object in order, and so the names under `required`,
/// whose order means nothing and which some servers keep in no order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            let part = |key: &String| {
                let part = sorted(&map[key]);
                (key.clone(), if key == "required" { names_in_order(part) } else { part })
            };
            Value::Object(keys.into_iter().map(part).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        plain => plain.clone(),
    }
}

fn names_in_order(mut value: Value) -> Value {
    if let Value::Array(items) = &mut value
        && items.iter().all(Value::is_string)
    {
        items.sort_unstable_by(|a, b| a.as_str().cmp(&b.as_str()));
    }
    value
}

/// Why a tool is not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Its definition is not the accepted one.
    Changed,
    /// It was never accepted, and hides characters from whoever reads it.
    HiddenCharacters,
    /// It is new, and could not be written down yet.
    NotRecorded,
    /// Its definition is longer than what is pinned.
    TooLarge,
}

impl Waiting {
    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Waiting::Changed => "changed",
            Waiting::HiddenCharacters => "hidden_characters",
            Waiting::NotRecorded => "not_recorded",
            Waiting::TooLarge => "too_large",
        }
    }
}

/// What is written down of a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct Pin {
    /// Configured name of the server.
    pub server: String,
    /// Its key: the name at the server, what cannot be seen as escapes.
    pub tool: String,
    /// When it was seen for the first time.
    pub first_seen_at: Timestamp,
    /// What was accepted; none: it hid characters when it was seen for the first time.
    pub accepted: Option<Accepted>,
    /// A definition that waits to be accepted.
    pub seen: Option<Seen>,
}

/// An accepted definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// SHA-256 of the definition.
    pub hash: String,
    /// Who accepted it; nobody: it was the first one seen.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The definition; read only where another one waits.
    pub definition: Option<Definition>,
}

/// A definition that waits to be accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// SHA-256 of the definition.
    pub hash: String,
    /// The definition.
    pub definition: Definition,
    /// When it was first seen there.
    pub at: Timestamp,
}

/// The key of a tool, from its name at the server.
pub fn key(tool: &str) -> String {
    visible(tool)
}

/// Why a definition with this hash and length may not be offered: `None` when it is the accepted one.
pub fn waits(pin: Option<&Pin>, hash: &str, bytes: usize) -> Option<Waiting> {
    if bytes > MAX_BYTES {
        return Some(Waiting::TooLarge);
    }
    let Some(pin) = pin else { return Some(Waiting::NotRecorded) };
    match &pin.accepted {
        None => Some(Waiting::HiddenCharacters),
        Some(accepted) => (accepted.hash != hash).then_some(Waiting::Changed),
    }
}

/// A definition that a server lists, to be written down.
#[derive(Clone, Debug, PartialEq)]
pub struct Noted {
    /// Configured name of the server.
    pub server: String,
    /// Key of the tool.
    pub tool: String,
    /// SHA-256 of the definition.
    pub hash: String,
    /// The definition.
    pub definition: Definition,
    /// What is new about it.
    pub news: News,
}

/// What is new about a listed definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The tool is seen for the first time. Accepted, unless it hides characters.
    First {
        /// Whether it does.
        hides: bool,
    },
    /// It is not the accepted one.
    Other,
    /// It is the accepted one again.
    Back,
}

/// What became of an acceptance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// It is accepted now.
    Done,
    /// It was accepted already; nothing changed.
    Already,
    /// Another definition is there.
    Other {
        /// Hash of the one that waits, or else of the accepted one.
        hash: String,
    },
}

/// How a tool stands, for people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// Why it is not offered; `None`: it is.
    pub waiting: Option<Waiting>,
    /// It is part of the program, so nothing of it is pinned.
    pub embedded: bool,
    /// Hash of the definition that its server lists.
    pub hash: Option<String>,
    /// When it was first seen.
    pub first_seen_at: Option<Timestamp>,
    /// Who accepted what is accepted.
    pub accepted_by: Option<String>,
    /// When.
    pub accepted_at: Option<Timestamp>,
    /// What to look at in the listed definition.
    pub flags: Vec<Flag>,
    /// What differs from the accepted definition.
    pub changes: Changes,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_pinned_is_taken_in_one_order() {
        let one = json!({"name": "a", "description": "d", "inputSchema": {"type": "object", "required": ["y", "x"]},
            "_meta": {"seen": 1}, "icons": []});
        let two = json!({"inputSchema": {"required": ["x", "y"], "type": "object"}, "description": "d", "title": null,
            "name": "a", "_meta": {"seen": 2}});
        let text = r#"{"description":"d","inputSchema":{"required":["x","y"],"type":"object"},"name":"a"}"#;
        assert_eq!(Definition::of(&one).canonical(), text);
        assert_eq!(Definition::of(&one), Definition::of(&two));
        assert_eq!(Definition::read(text).ok(), Some(Definition::of(&one)));
    }

    #[test]
    fn each_part_counts() {
        let base = json!({"name": "a", "title": "t", "description": "d", "inputSchema": {"type": "object"},
            "outputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}});
        for part in PINNED {
            let mut other = base.clone();
            other[part] = json!("something else");
            assert_ne!(Definition::of(&base), Definition::of(&other), "{part}");
        }
    }

    #[test]
    fn only_the_accepted_definition_is_offered() {
        let pin = |accepted: Option<&str>| Pin {
            server: "s".to_owned(),
            tool: "t".to_owned(),
            first_seen_at: Timestamp::UNIX_EPOCH,
            accepted: accepted.map(|hash| Accepted {
                hash: hash.to_owned(),
                by: None,
                at: Timestamp::UNIX_EPOCH,
                definition: None,
            }),
            seen: None,
        };
        assert_eq!(waits(Some(&pin(Some("h"))), "h", 10), None);
        assert_eq!(waits(Some(&pin(Some("h"))), "i", 10), Some(Waiting::Changed));
        assert_eq!(waits(Some(&pin(None)), "h", 10), Some(Waiting::HiddenCharacters));
        assert_eq!(waits(None, "h", 10), Some(Waiting::NotRecorded));
        assert_eq!(waits(Some(&pin(Some("h"))), "h", MAX_BYTES + 1), Some(Waiting::TooLarge));
    }

    proptest! {
        #[test]
        fn the_text_reads_back_as_the_same_definition(name in any::<String>(), keys in prop::collection::vec(any::<String>(), 0..6)) {
            let properties: Map<String, Value> = keys.iter().map(|key| (key.clone(), json!({"type": "string"}))).collect();
            let tool = json!({"name": name, "inputSchema": {"properties": properties, "required": keys}});
            let definition = Definition::of(&tool);
            prop_assert_eq!(Definition::read(&definition.canonical()).ok(), Some(definition));
        }
    }
}
