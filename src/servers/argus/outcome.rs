//! What a tool hands back, and its form as an MCP result.
//!
//! A query or a value list is a bare object. A REST answer keeps Argus's `data`
//! and adds `page`, `messages` and `meta`. An empty list says in words that the
//! call worked and matched nothing. A list that contradicts its own envelope is
//! a failure, never "nothing found".

use rmcp::model::CallToolResult;
use rmcp::model::ContentBlock;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::client::RestAnswer;
use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FailureKind;
use crate::servers::argus::paging::Page;

/// Added as a second text block to an empty result.
const EMPTY_TEXT: &str = "The call to Argus succeeded and matched nothing: there is no data for \
                          this request as of this call.";

/// The good end of a tool call.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    value: Value,
    note: Option<&'static str>,
}

impl Outcome {
    /// A generated query or a value list: the bare object.
    pub fn object(value: Value) -> Self {
        Self { value, note: None }
    }

    /// A single object fetched from Argus.
    ///
    /// # Errors
    /// `NOT_FOUND` when Argus answered without an object.
    pub fn single(answer: RestAnswer) -> Result<Self, Failure> {
        match answer.envelope.data {
            Value::Null => {
                let text = "Argus answered without an object";
                Err(Failure::new(FailureKind::NotFound, text).with_request(answer.label))
            }
            Value::Object(_) => Ok(Self { value: wrapped(answer, None), note: None }),
            _ => {
                let text = "the answer of Argus holds no object";
                Err(Failure::new(FailureKind::BadResponse, text).with_request(answer.label))
            }
        }
    }

    /// One page of a list; `sent` is offset and limit of the request, for
    /// answers that do not repeat them.
    ///
    /// # Errors
    /// `BAD_RESPONSE` when the answer holds no list or contradicts itself.
    pub fn list(answer: RestAnswer, sent: (u64, u64), windowed: bool) -> Result<Self, Failure> {
        let bad = |text: &str| Failure::new(FailureKind::BadResponse, text).with_request(answer.label.clone());
        let envelope = &answer.envelope;
        let Value::Array(items) = &envelope.data else {
            return Err(bad("the answer of Argus holds no list"));
        };
        let size = u64::try_from(items.len()).unwrap_or(u64::MAX);
        let page = Page {
            offset: envelope.offset.unwrap_or(sent.0),
            limit: envelope.limit.unwrap_or(sent.1),
            size,
            count: envelope.count.and_then(|count| u64::try_from(count).ok()),
            windowed,
        };
        if envelope.size.is_some_and(|announced| announced > size) {
            return Err(bad("the answer of Argus holds fewer items than it announces"));
        }
        if size == 0 && page.count.is_some_and(|count| count > page.offset) {
            return Err(bad("Argus counts matches but returned none of them"));
        }
        Ok(Self { value: wrapped(answer, Some(page)), note: (size == 0).then_some(EMPTY_TEXT) })
    }

    /// Numbers that come all at once: a tree of buckets, or a list without pages.
    ///
    /// # Errors
    /// `BAD_RESPONSE` when the answer holds no list or contradicts itself.
    pub fn numbers(answer: RestAnswer) -> Result<Self, Failure> {
        let bad = |text: &str| Failure::new(FailureKind::BadResponse, text).with_request(answer.label.clone());
        let Value::Array(items) = &answer.envelope.data else {
            return Err(bad("the answer of Argus holds no list"));
        };
        let size = u64::try_from(items.len()).unwrap_or(u64::MAX);
        if answer.envelope.size.is_some_and(|announced| announced > size) {
            return Err(bad("the answer of Argus holds fewer items than it announces"));
        }
        // A tree of nothing is a root that counts 0.
        let empty = match items.as_slice() {
            [] => true,
            [root] => root["count"].as_u64() == Some(0),
            _ => false,
        };
        Ok(Self { value: wrapped(answer, None), note: empty.then_some(EMPTY_TEXT) })
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.note.is_some()
    }

    /// Says what an empty result means in words of its own.
    pub fn saying(mut self, empty: &'static str) -> Self {
        self.note = self.note.map(|_| empty);
        self
    }

    /// Adds a field beside `data`.
    pub fn with(mut self, name: &str, value: Value) -> Self {
        if let Some(object) = self.value.as_object_mut() {
            object.insert(name.to_owned(), value);
        }
        self
    }

    /// Adds a sentence to `meta.notes`.
    pub fn with_note(mut self, note: &str) -> Self {
        if let Some(meta) = self.value.get_mut("meta").and_then(Value::as_object_mut) {
            let notes = meta.entry("notes").or_insert_with(|| json!([]));
            if let Some(notes) = notes.as_array_mut() {
                notes.push(json!(note));
            }
        }
        self
    }

    /// The object itself.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Adds a field to `meta`.
    pub fn with_meta(mut self, name: &str, value: Value) -> Self {
        if let Some(meta) = self.value.get_mut("meta").and_then(Value::as_object_mut) {
            meta.insert(name.to_owned(), value);
        }
        self
    }

    /// Replaces each item of a list by what `trim` makes of it.
    pub fn with_items(mut self, trim: fn(&Value) -> Value) -> Self {
        if let Some(items) = self.value.get_mut("data").and_then(Value::as_array_mut) {
            for item in items {
                *item = trim(item);
            }
        }
        self
    }

    /// The MCP result.
    pub fn into_result(self) -> CallToolResult {
        let mut result = CallToolResult::structured(self.value);
        if let Some(note) = self.note {
            result.content.push(ContentBlock::text(note));
        }
        result
    }
}

fn wrapped(answer: RestAnswer, page: Option<Page>) -> Value {
    let mut meta = Map::new();
    meta.insert("source".to_owned(), json!("argus"));
    meta.insert("request".to_owned(), json!(answer.label));
    // Whole seconds, as in the vendor's examples.
    let seconds = answer.retrieved_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    meta.insert("retrievedAt".to_owned(), json!(seconds));
    meta.insert("responseCode".to_owned(), json!(answer.envelope.response_code));
    if let Some(from) = answer.redirected_from {
        meta.insert("redirectedFrom".to_owned(), json!(from));
    }
    let mut object = Map::new();
    object.insert("data".to_owned(), answer.envelope.data);
    if let Some(page) = page {
        object.insert("page".to_owned(), page.to_value());
    }
    if !answer.envelope.messages.is_empty() {
        object.insert("messages".to_owned(), json!(answer.envelope.messages));
    }
    object.insert("meta".to_owned(), Value::Object(meta));
    Value::Object(object)
}

/// Copies the named fields of an object that are there, in this order.
pub fn picked(item: &Value, names: &[&str]) -> Map<String, Value> {
    let mut object = Map::new();
    for name in names {
        if let Some(value) = item.get(name) {
            object.insert((*name).to_owned(), value.clone());
        }
    }
    object
}
