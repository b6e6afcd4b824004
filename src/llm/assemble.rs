//! Puts an answer together from stream chunks, in all the spellings that model
//! servers use: three names for thinking, tool-call pieces with and without index or
//! id, arguments as text or object, any finish reason. It knows nothing of HTTP. An
//! answer without a finish reason is no answer.

use serde_json::Value;

use crate::domain::event::Usage;
use crate::domain::recover::strip_thinking;
use crate::engine::ports::ModelAnswer;
use crate::engine::ports::ProposedCall;

/// Most calls in one answer.
const MAX_CALLS: usize = 64;

/// Names under which servers send thinking.
const REASONING_KEYS: [&str; 4] = ["reasoning_content", "reasoning", "thinking", "thoughts"];

/// Why chunks make no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The server reported an error inside the stream.
    Server {
        /// HTTP-like status; 500 when it gave none.
        status: u16,
        /// Its words.
        reason: String,
    },
    /// It breaks the protocol.
    Malformed(String),
}

#[derive(Default)]
struct Call {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

/// An answer under construction.
#[derive(Default)]
pub(super) struct Assembler {
    content: String,
    reasoning: String,
    calls: Vec<Call>,
    finish_reason: Option<String>,
    usage: Option<Usage>,
    model: String,
    reasoning_key: Option<&'static str>,
}

impl Assembler {
    /// Whether anything of the answer itself has arrived: from then on a retry could
    /// give a second answer to the same request.
    pub(super) fn started(&self) -> bool {
        !self.content.is_empty() || !self.reasoning.is_empty() || !self.calls.is_empty()
    }

    /// Whether the finish reason has arrived.
    pub(super) fn finished(&self) -> bool {
        self.finish_reason.is_some()
    }

    /// The field under which thinking came, if it did.
    pub(super) fn reasoning_key(&self) -> Option<&'static str> {
        self.reasoning_key
    }

    /// Whether the server told its token counts.
    pub(super) fn has_usage(&self) -> bool {
        self.usage.is_some()
    }

    /// Takes one chunk, or a whole answer that was not streamed.
    pub(super) fn take(&mut self, chunk: &Value) -> Result<(), Broken> {
        if !chunk.is_object() {
            return Err(Broken::Malformed("a chunk is no object".to_owned()));
        }
        if let Some(error) = chunk.get("error").filter(|error| !error.is_null()) {
            return Err(server_error(error));
        }
        if self.model.is_empty()
            && let Some(model) = chunk.get("model").and_then(Value::as_str)
        {
            model.clone_into(&mut self.model);
        }
        if let Some(usage) = chunk.get("usage").filter(|usage| usage.is_object()) {
            let count = |key: &str| usage.get(key).and_then(Value::as_u64).unwrap_or(0);
            self.usage = Some(Usage {
                prompt_tokens: count("prompt_tokens"),
                completion_tokens: count("completion_tokens"),
                model_calls: 0,
            });
        }
        let choices = chunk.get("choices").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for choice in choices {
            // We ask for one answer; a server that sends more is not followed.
            if choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0 {
                self.take_choice(choice)?;
            }
        }
        Ok(())
    }

    fn take_choice(&mut self, choice: &Value) -> Result<(), Broken> {
        if let Some(delta) = choice.get("delta").or_else(|| choice.get("message")) {
            self.content.push_str(&text_of(delta.get("content")));
            for key in REASONING_KEYS {
                let text = text_of(delta.get(key));
                if !text.is_empty() {
                    // Some servers send the same thinking under two names.
                    self.reasoning_key.get_or_insert(key);
                    self.reasoning.push_str(&text);
                    break;
                }
            }
            let pieces = delta.get("tool_calls").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            for piece in pieces {
                self.take_call(piece)?;
            }
            if let Some(legacy) = delta.get("function_call").filter(|call| call.is_object()) {
                self.take_function(Some(0), "", legacy)?;
            }
        }
        match choice.get("finish_reason") {
            None | Some(Value::Null) => {}
            Some(Value::String(reason)) if reason.is_empty() => {}
            Some(Value::String(reason)) => self.finish_reason = Some(reason.clone()),
            Some(_) => return Err(Broken::Malformed("finish_reason is no text".to_owned())),
        }
        Ok(())
    }

    fn take_call(&mut self, piece: &Value) -> Result<(), Broken> {
        let index = piece.get("index").and_then(Value::as_u64);
        let id = piece.get("id").and_then(Value::as_str).unwrap_or_default();
        // Some servers leave out `function` and put name and arguments on the call itself.
        self.take_function(index, id, piece.get("function").unwrap_or(piece))
    }

    fn take_function(&mut self, index: Option<u64>, id: &str, function: &Value) -> Result<(), Broken> {
        let name = function.get("name").and_then(Value::as_str).unwrap_or_default();
        let at = self.place_of(index, id, name)?;
        let call = &mut self.calls[at];
        if call.id.is_empty() {
            id.clone_into(&mut call.id);
        }
        // The name may come in pieces, or whole in every piece.
        if !name.is_empty() && call.name != name {
            call.name.push_str(name);
        }
        match function.get("arguments").or_else(|| function.get("parameters")) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => call.arguments.push_str(text),
            Some(object @ Value::Object(_)) => call.arguments = object.to_string(),
            Some(_) => return Err(Broken::Malformed("tool arguments are neither text nor object".to_owned())),
        }
        Ok(())
    }

    /// The call a piece belongs to: by index, else by id, else the latest; a new id or a
    /// new name without an index begins a new call.
    fn place_of(&mut self, index: Option<u64>, id: &str, name: &str) -> Result<usize, Broken> {
        let known = match index {
            Some(_) => self.calls.iter().rposition(|call| call.index == index),
            None if !id.is_empty() => self.calls.iter().position(|call| call.id == id),
            None if !name.is_empty() => None,
            None => self.calls.len().checked_sub(1),
        };
        if let Some(at) = known {
            // Servers were seen that give every call the index 0.
            let other = !id.is_empty() && !self.calls[at].id.is_empty() && self.calls[at].id != id;
            if !other {
                return Ok(at);
            }
        }
        if self.calls.len() >= MAX_CALLS {
            return Err(Broken::Malformed(format!("more than {MAX_CALLS} tool calls")));
        }
        self.calls.push(Call { index, ..Call::default() });
        Ok(self.calls.len() - 1)
    }

    /// The finished answer.
    pub(super) fn finish(self, profile: &str) -> Result<ModelAnswer, Broken> {
        let Some(finish_reason) = self.finish_reason else {
            return Err(Broken::Malformed("the answer ended without a finish reason".to_owned()));
        };
        if matches!(finish_reason.as_str(), "error" | "abort" | "cancelled") {
            return Err(Broken::Malformed(format!("the answer ended with finish reason {finish_reason}")));
        }
        if let Some(nameless) = self.calls.iter().position(|call| call.name.is_empty()) {
            return Err(Broken::Malformed(format!("tool call {nameless} has no name")));
        }
        let (content, thought) = strip_thinking(&self.content);
        let mut reasoning = self.reasoning;
        if !thought.is_empty() {
            if !reasoning.is_empty() {
                reasoning.push('\n');
            }
            reasoning.push_str(&thought);
        }
        let calls = self
            .calls
            .into_iter()
            .map(|call| ProposedCall { id: call.id, name: call.name, arguments: call.arguments })
            .collect();
        Ok(ModelAnswer {
            content,
            reasoning,
            calls,
            finish_reason: Some(finish_reason),
            usage: self.usage.unwrap_or_default(),
            model: self.model,
            profile: profile.to_owned(),
        })
    }
}

/// Text that is a string, or a list of text parts, or an object with a text.
fn text_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().map(|part| text_of(Some(part))).collect(),
        Some(Value::Object(part)) => text_of(part.get("text").or_else(|| part.get("content"))),
        _ => String::new(),
    }
}

/// An error object, in the shapes `{message, code}`, text, or nested.
pub(super) fn server_error(error: &Value) -> Broken {
    let reason = error
        .get("message")
        .and_then(Value::as_str)
        .or_else(|| error.as_str())
        .unwrap_or("the server reported an error without words");
    let status = ["status", "code", "status_code"]
        .iter()
        .filter_map(|key| error.get(*key))
        .find_map(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()))
        .and_then(|code| u16::try_from(code).ok())
        .filter(|code| (400..600).contains(code))
        .unwrap_or(500);
    Broken::Server { status, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(deltas: &[Value]) -> ModelAnswer {
        let mut assembler = Assembler::default();
        for delta in deltas {
            assembler.take(&json!({"choices": [{"index": 0, "delta": delta}]})).unwrap();
        }
        assembler.take(&json!({"choices": [{"delta": {}, "finish_reason": "whatever"}]})).unwrap();
        assembler.finish("p").unwrap()
    }

    fn calls(deltas: &[Value]) -> Vec<(String, String)> {
        answer(deltas).calls.into_iter().map(|call| (call.name, call.arguments)).collect()
    }

    #[test]
    fn thinking_is_found_under_every_name() {
        for key in REASONING_KEYS {
            let got =
                answer(&[json!({"role": "assistant", "content": null}), json!({key: "hm"}), json!({"content": "ok"})]);
            assert_eq!((got.reasoning.as_str(), got.content.as_str()), ("hm", "ok"), "{key}");
        }
        let both = answer(&[json!({"reasoning": "hm", "reasoning_content": "hm"})]);
        assert_eq!(both.reasoning, "hm");
        let inline = answer(&[json!({"content": "<think>h"}), json!({"content": "m</think>ok"})]);
        assert_eq!((inline.reasoning.as_str(), inline.content.as_str()), ("hm", "ok"));
        let parts = answer(&[json!({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]})]);
        assert_eq!(parts.content, "ab");
    }

    #[test]
    fn tool_call_pieces_meet_with_and_without_index() {
        let one = ("f".to_owned(), r#"{"a":1}"#.to_owned());
        let two = ("g".to_owned(), "{}".to_owned());
        assert_eq!(
            calls(&[
                json!({"tool_calls": [{"index": 0, "id": "x", "type": "function", "function": {"name": "f", "arguments": ""}}]}),
                json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"a\""}}]}),
                json!({"tool_calls": [{"index": 1, "id": "y", "function": {"name": "g", "arguments": "{}"}}]}),
                json!({"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]}),
            ]),
            [one.clone(), two.clone()]
        );
        assert_eq!(
            calls(&[
                json!({"tool_calls": [{"id": "x", "function": {"name": "f", "arguments": "{\"a\""}}]}),
                json!({"tool_calls": [{"function": {"arguments": ":1}"}}]}),
                json!({"tool_calls": [{"function": {"name": "g", "arguments": {}}}]}),
            ]),
            [one.clone(), two.clone()]
        );
        assert_eq!(
            calls(&[json!({"tool_calls": [
                {"index": 0, "id": "x", "function": {"name": "f", "arguments": {"a": 1}}},
                {"index": 0, "id": "y", "function": {"name": "g", "arguments": "{}"}},
            ]})]),
            [one.clone(), two]
        );
        assert_eq!(calls(&[json!({"function_call": {"name": "f", "arguments": "{\"a\":1}"}})]), [one]);
    }

    #[test]
    fn an_answer_without_an_end_is_no_answer() {
        let mut assembler = Assembler::default();
        assembler.take(&json!({"choices": [{"delta": {"content": "half"}}]})).unwrap();
        assert!(assembler.started());
        assert!(matches!(assembler.finish("p"), Err(Broken::Malformed(_))));
        let mut assembler = Assembler::default();
        assembler.take(&json!({"choices": [{"delta": {"content": "x"}, "finish_reason": "abort"}]})).unwrap();
        assert!(matches!(assembler.finish("p"), Err(Broken::Malformed(_))));
    }

    #[test]
    fn errors_inside_a_stream_keep_their_status() {
        let mut assembler = Assembler::default();
        let got = assembler.take(&json!({"error": {"message": "busy", "code": "503"}}));
        assert_eq!(got, Err(Broken::Server { status: 503, reason: "busy".to_owned() }));
        assert!(matches!(assembler.take(&json!([])), Err(Broken::Malformed(_))));
    }

    #[test]
    fn usage_comes_in_a_chunk_without_choices() {
        let mut assembler = Assembler::default();
        assembler
            .take(&json!({"model": "m", "choices": [{"delta": {"content": "x"}, "finish_reason": "stop"}]}))
            .unwrap();
        assembler.take(&json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}})).unwrap();
        let got = assembler.finish("p").unwrap();
        assert_eq!((got.usage.prompt_tokens, got.usage.completion_tokens, got.model.as_str()), (3, 1, "m"));
    }
}
