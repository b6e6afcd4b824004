//! An answer of the simulated model and how it goes over the wire: whole or as a
//! stream of chunks, with the faults of transport that some behaviours are about.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::Response;
use bytes::Bytes;
use futures::StreamExt;
use serde_json::Value;
use serde_json::json;

use crate::sim::clock::Sleeper;
use crate::sim::model::behaviour::Behaviour;
use crate::sim::model::request::ChatRequest;

/// A made-up moment: the simulator has no clock, and two equal requests give equal bytes.
const CREATED: u64 = 1_767_225_600;
/// Mark that shows in every answer that a simulator gave it.
pub(super) const FINGERPRINT: &str = "groundwire-simulator";
/// Characters in one piece of a stream.
const PIECE: usize = 24;

/// What the model says.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) content: String,
    pub(super) reasoning: String,
    /// Name and argument text.
    pub(super) calls: Vec<(String, String)>,
}

impl Answer {
    pub(super) fn text(content: impl Into<String>) -> Self {
        Self { content: content.into(), ..Self::default() }
    }
}

/// How an answer is sent.
pub(super) struct Delivery<'a> {
    pub(super) request: &'a ChatRequest,
    pub(super) behaviour: Behaviour,
    pub(super) sleeper: Sleeper,
    pub(super) pause: Duration,
}

impl Delivery<'_> {
    /// The HTTP response.
    pub(super) fn send(&self, mut answer: Answer) -> Response<Body> {
        let cut = self.shorten(&mut answer);
        let finish = match (cut, answer.calls.is_empty()) {
            (true, _) => "length",
            (false, false) => "tool_calls",
            (false, true) => "stop",
        };
        if self.request.stream { self.stream(&answer, finish) } else { self.whole(&answer, finish) }
    }

    /// Keeps to `max_tokens`, at four characters a token.
    fn shorten(&self, answer: &mut Answer) -> bool {
        let Some(limit) = self.request.max_tokens else { return false };
        let limit = usize::try_from(limit.saturating_mul(4)).unwrap_or(usize::MAX);
        match answer.content.char_indices().nth(limit) {
            Some((end, _)) => {
                answer.content.truncate(end);
                true
            }
            None => false,
        }
    }

    fn usage(&self, answer: &Answer) -> Value {
        let written = answer.content.len()
            + answer.reasoning.len()
            + answer.calls.iter().map(|(name, arguments)| name.len() + arguments.len()).sum::<usize>();
        let (prompt, completion) = (self.request.bytes.div_ceil(4), written.div_ceil(4));
        json!({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion})
    }

    fn head(&self, object: &str) -> Value {
        json!({
            "id": format!("chatcmpl-sim-{:08x}", self.request.bytes), "object": object, "created": CREATED,
            "model": self.request.model, "system_fingerprint": FINGERPRINT,
        })
    }

    fn whole(&self, answer: &Answer, finish: &str) -> Response<Body> {
        let mut message = json!({"role": "assistant", "content": answer.content});
        if !answer.reasoning.is_empty() {
            message["reasoning_content"] = json!(answer.reasoning);
        }
        if !answer.calls.is_empty() {
            let calls: Vec<Value> = answer.calls.iter().enumerate().map(|(at, call)| wire_call(at, call)).collect();
            message["tool_calls"] = json!(calls);
        }
        let mut body = self.head("chat.completion");
        body["choices"] = json!([{"index": 0, "message": message, "finish_reason": finish, "logprobs": null}]);
        body["usage"] = self.usage(answer);
        let text = match self.behaviour {
            // Half of the JSON text: cut or broken, it cannot be read.
            Behaviour::CutsStream | Behaviour::Malformed => {
                let text = body.to_string();
                let mut half = text.len() / 2;
                while !text.is_char_boundary(half) {
                    half -= 1;
                }
                text[..half].to_owned()
            }
            _ => body.to_string(),
        };
        typed(StatusCode::OK, "application/json", Body::from(text))
    }

    fn chunk(&self, delta: Value, finish: Option<&str>) -> String {
        let mut chunk = self.head("chat.completion.chunk");
        chunk["choices"] = json!([{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": null}]);
        frame(&chunk)
    }

    fn stream(&self, answer: &Answer, finish: &str) -> Response<Body> {
        let mut frames = vec![self.chunk(json!({"role": "assistant", "content": ""}), None)];
        frames.extend(pieces(&answer.reasoning).map(|piece| self.chunk(json!({"reasoning_content": piece}), None)));
        frames.extend(pieces(&answer.content).map(|piece| self.chunk(json!({"content": piece}), None)));
        for (at, (name, arguments)) in answer.calls.iter().enumerate() {
            frames.push(self.chunk(
                json!({"tool_calls": [{"index": at, "id": format!("call_{at}"), "type": "function",
                    "function": {"name": name, "arguments": ""}}]}),
                None,
            ));
            frames.extend(pieces(arguments).map(|piece| {
                self.chunk(json!({"tool_calls": [{"index": at, "function": {"arguments": piece}}]}), None)
            }));
        }
        match self.behaviour {
            Behaviour::CutsStream => frames.truncate(frames.len().div_ceil(2).max(1)),
            Behaviour::Malformed => {
                frames.truncate(frames.len().div_ceil(2).max(1));
                frames.push("data: {\"choices\": [{\"delta\": {\"content\": \"\n\n".to_owned());
                frames.push("data: [DONE]\n\n".to_owned());
            }
            _ => {
                frames.push(self.chunk(json!({}), Some(finish)));
                if self.request.include_usage {
                    let mut chunk = self.head("chat.completion.chunk");
                    chunk["choices"] = json!([]);
                    chunk["usage"] = self.usage(answer);
                    frames.push(frame(&chunk));
                }
                frames.push("data: [DONE]\n\n".to_owned());
            }
        }
        typed(StatusCode::OK, "text/event-stream", self.body(frames))
    }

    fn body(&self, frames: Vec<String>) -> Body {
        if self.behaviour != Behaviour::Slow {
            let frames = futures::stream::iter(frames).map(|frame| Ok::<_, Infallible>(Bytes::from(frame)));
            return Body::from_stream(frames);
        }
        let (sleeper, pause) = (self.sleeper.clone(), self.pause);
        Body::from_stream(futures::stream::iter(frames).then(move |frame| {
            let sleeper = sleeper.clone();
            async move {
                sleeper.sleep(pause).await;
                Ok::<_, Infallible>(Bytes::from(frame))
            }
        }))
    }
}

fn wire_call(at: usize, (name, arguments): &(String, String)) -> Value {
    json!({"id": format!("call_{at}"), "type": "function", "function": {"name": name, "arguments": arguments}})
}

fn frame(value: &Value) -> String {
    format!("data: {value}\n\n")
}

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.char_indices().nth(PIECE).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

/// An error in the protocol's shape.
pub(super) fn error(
    status: StatusCode,
    kind: &str,
    code: Option<&str>,
    param: Option<&str>,
    message: &str,
) -> Response<Body> {
    let body = json!({"error": {"message": message, "type": kind, "param": param, "code": code}});
    typed(status, "application/json", Body::from(body.to_string()))
}

/// A JSON answer.
pub(super) fn json_body(body: &Value) -> Response<Body> {
    typed(StatusCode::OK, "application/json", Body::from(body.to_string()))
}

/// When the model was made: never.
pub(super) fn created() -> u64 {
    CREATED
}

fn typed(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
