//! Reads a chat request and refuses ill-formed ones with the errors of the protocol,
//! so that every test that talks to the simulator checks our requests as well. It is
//! stricter than most servers: what some refuse, it refuses.

use serde_json::Value;

/// Most messages in one request.
const MAX_MESSAGES: usize = 500;
/// Most tools in one request.
const MAX_TOOLS: usize = 256;

/// A request that was found well-formed.
#[derive(Clone, Debug)]
pub(super) struct ChatRequest {
    pub(super) model: String,
    pub(super) messages: Vec<ChatMessage>,
    pub(super) tools: Vec<OfferedTool>,
    pub(super) choice: Choice,
    /// Schema of constrained output.
    pub(super) schema: Option<Value>,
    pub(super) stream: bool,
    pub(super) include_usage: bool,
    pub(super) max_tokens: Option<u64>,
    /// Size of the body in bytes, for the token counts.
    pub(super) bytes: usize,
}

#[derive(Clone, Debug)]
pub(super) struct ChatMessage {
    pub(super) role: String,
    pub(super) text: String,
    /// Ids and names of an assistant's calls.
    pub(super) calls: Vec<PastCall>,
    /// The call that a tool message answers.
    pub(super) answers: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct PastCall {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) arguments: Value,
}

#[derive(Clone, Debug)]
pub(super) struct OfferedTool {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) schema: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    None,
    Auto,
    Required,
    Named(String),
}

/// What is wrong with a request: the parameter and the words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) param: &'static str,
    pub(super) message: String,
}

fn refuse<T>(param: &'static str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { param, message: message.into() })
}

/// Reads a body.
pub(super) fn read(bytes: &[u8]) -> Result<ChatRequest, Refusal> {
    let body: Value = match serde_json::from_slice(bytes) {
        Ok(Value::Object(members)) => Value::Object(members),
        Ok(_) => return refuse("body", "the body must be a JSON object"),
        Err(error) => return refuse("body", format!("the body is not valid JSON: {error}")),
    };
    let Some(model) = body.get("model").and_then(Value::as_str).filter(|model| !model.is_empty()) else {
        return refuse("model", "you must provide a model parameter");
    };
    let messages = messages(&body)?;
    let tools = tools(&body)?;
    let choice = choice(&body, &tools)?;
    let schema = schema(&body)?;
    if schema.is_some() && !tools.is_empty() {
        return refuse("response_format", "response_format and tools exclude each other here");
    }
    let stream = flag(&body, "stream")?;
    let include_usage = match body.get("stream_options") {
        None | Some(Value::Null) => false,
        Some(_) if !stream => return refuse("stream_options", "stream_options is only allowed when stream is true"),
        Some(Value::Object(options)) => options.get("include_usage").and_then(Value::as_bool).unwrap_or(false),
        Some(_) => return refuse("stream_options", "stream_options must be an object"),
    };
    range(&body, "temperature", 0.0, 2.0)?;
    range(&body, "top_p", 0.0, 1.0)?;
    if body.get("n").is_some_and(|n| n.as_u64() != Some(1)) {
        return refuse("n", "only n = 1 is supported");
    }
    let max_tokens = match body.get("max_tokens").or_else(|| body.get("max_completion_tokens")) {
        None | Some(Value::Null) => None,
        Some(limit) => match limit.as_u64().filter(|limit| *limit > 0) {
            Some(limit) => Some(limit),
            None => return refuse("max_tokens", "max_tokens must be an integer above 0"),
        },
    };
    Ok(ChatRequest {
        model: model.to_owned(),
        messages,
        tools,
        choice,
        schema,
        stream,
        include_usage,
        max_tokens,
        bytes: bytes.len(),
    })
}

fn flag(body: &Value, key: &'static str) -> Result<bool, Refusal> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => refuse(key, format!("{key} must be a boolean")),
    }
}

fn range(body: &Value, key: &'static str, low: f64, high: f64) -> Result<(), Refusal> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(()),
        Some(value) if value.as_f64().is_some_and(|number| (low..=high).contains(&number)) => Ok(()),
        Some(_) => refuse(key, format!("{key} must be a number between {low} and {high}")),
    }
}

fn messages(body: &Value) -> Result<Vec<ChatMessage>, Refusal> {
    let Some(items) = body.get("messages").and_then(Value::as_array) else {
        return refuse("messages", "messages must be an array");
    };
    if items.is_empty() || items.len() > MAX_MESSAGES {
        return refuse("messages", format!("messages must hold 1 to {MAX_MESSAGES} messages"));
    }
    let mut messages: Vec<ChatMessage> = Vec::with_capacity(items.len());
    let mut open: Vec<String> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let message = message(item, at)?;
        if message.role == "system" && messages.iter().any(|before| before.role != "system") {
            return refuse("messages", format!("messages[{at}]: a system message must stand at the beginning"));
        }
        if let Some(id) = &message.answers {
            let Some(place) = open.iter().position(|call| call == id) else {
                return refuse(
                    "messages",
                    format!(
                        "messages[{at}]: a message with role 'tool' must answer a preceding call; none is open with id {id}"
                    ),
                );
            };
            open.swap_remove(place);
        } else if !open.is_empty() {
            return refuse(
                "messages",
                format!("messages[{at}]: calls without an answer come before it: {}", open.join(", ")),
            );
        }
        for call in &message.calls {
            if open.contains(&call.id) {
                return refuse("messages", format!("messages[{at}]: two calls have the id {}", call.id));
            }
            open.push(call.id.clone());
        }
        messages.push(message);
    }
    if !open.is_empty() {
        return refuse("messages", format!("the last calls have no answer: {}", open.join(", ")));
    }
    match messages.last().map(|message| message.role.as_str()) {
        Some("user" | "tool") => Ok(messages),
        _ => refuse("messages", "the last message must have role user or tool"),
    }
}

fn message(item: &Value, at: usize) -> Result<ChatMessage, Refusal> {
    let Some(role) = item.get("role").and_then(Value::as_str) else {
        return refuse("messages", format!("messages[{at}]: role is missing"));
    };
    let role = match role {
        "system" | "developer" => "system",
        "user" | "assistant" | "tool" => role,
        other => {
            return refuse(
                "messages",
                format!("messages[{at}]: {other} is not one of system, developer, user, assistant, tool"),
            );
        }
    };
    let calls = match item.get("tool_calls") {
        None | Some(Value::Null) => Vec::new(),
        Some(_) if role != "assistant" => {
            return refuse("messages", format!("messages[{at}]: only an assistant message has tool_calls"));
        }
        Some(calls) => past_calls(calls, at)?,
    };
    let text = match item.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts_text(parts, at)?,
        None | Some(Value::Null) if role == "assistant" && !calls.is_empty() => String::new(),
        _ => return refuse("messages", format!("messages[{at}]: content must be a text or a list of text parts")),
    };
    let id = item.get("tool_call_id").and_then(Value::as_str).map(str::to_owned);
    match (role, &id) {
        ("tool", None) => refuse("messages", format!("messages[{at}]: tool_call_id is missing")),
        ("tool", Some(_)) | (_, None) => Ok(ChatMessage { role: role.to_owned(), text, calls, answers: id }),
        (_, Some(_)) => refuse("messages", format!("messages[{at}]: only a tool message has tool_call_id")),
    }
}

fn parts_text(parts: &[Value], at: usize) -> Result<String, Refusal> {
    let mut text = String::new();
    for part in parts {
        match (part.get("type").and_then(Value::as_str), part.get("text").and_then(Value::as_str)) {
            (Some("text"), Some(piece)) => text.push_str(piece),
            _ => return refuse("messages", format!("messages[{at}]: only text parts are supported")),
        }
    }
    Ok(text)
}

fn past_calls(calls: &Value, at: usize) -> Result<Vec<PastCall>, Refusal> {
    let Some(calls) = calls.as_array().filter(|calls| !calls.is_empty()) else {
        return refuse("messages", format!("messages[{at}]: tool_calls must be an array that is not empty"));
    };
    calls
        .iter()
        .map(|call| {
            let text = |pointer: &str| call.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
            match (text("/id"), text("/type"), text("/function/name"), text("/function/arguments")) {
                (Some(id), Some("function"), Some(name), Some(arguments)) => Ok(PastCall {
                    id: id.to_owned(),
                    name: name.to_owned(),
                    arguments: serde_json::from_str(arguments).unwrap_or_default(),
                }),
                _ => refuse(
                    "messages",
                    format!(
                        "messages[{at}]: a call needs id, type function, function.name and function.arguments as text"
                    ),
                ),
            }
        })
        .collect()
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn tools(body: &Value) -> Result<Vec<OfferedTool>, Refusal> {
    let items = match body.get("tools") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(items)) if (1..=MAX_TOOLS).contains(&items.len()) => items,
        Some(_) => return refuse("tools", format!("tools must be an array of 1 to {MAX_TOOLS}")),
    };
    let mut tools: Vec<OfferedTool> = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        if item.get("type").and_then(Value::as_str) != Some("function") {
            return refuse("tools", format!("tools[{at}]: type must be function"));
        }
        let name = item.pointer("/function/name").and_then(Value::as_str).unwrap_or_default();
        if !is_name(name) {
            return refuse("tools", format!("tools[{at}]: function.name must match ^[a-zA-Z0-9_-]{{1,64}}$"));
        }
        if tools.iter().any(|tool| tool.name == name) {
            return refuse("tools", format!("tools[{at}]: {name} is there twice"));
        }
        let schema =
            item.pointer("/function/parameters").cloned().unwrap_or_else(|| serde_json::json!({"type": "object"}));
        if schema.get("type").and_then(Value::as_str) != Some("object") {
            return refuse("tools", format!("tools[{at}]: function.parameters must be a JSON Schema of type object"));
        }
        if schema.get("properties").is_some_and(|properties| !properties.is_object()) {
            return refuse("tools", format!("tools[{at}]: function.parameters.properties must be an object"));
        }
        let description = match item.pointer("/function/description") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(_) => return refuse("tools", format!("tools[{at}]: function.description must be a text")),
        };
        tools.push(OfferedTool { name: name.to_owned(), description, schema });
    }
    Ok(tools)
}

fn choice(body: &Value, tools: &[OfferedTool]) -> Result<Choice, Refusal> {
    let choice = match body.get("tool_choice") {
        None | Some(Value::Null) => return Ok(if tools.is_empty() { Choice::None } else { Choice::Auto }),
        Some(_) if tools.is_empty() => {
            return refuse("tool_choice", "tool_choice is only allowed when tools are given");
        }
        Some(Value::String(word)) => match word.as_str() {
            "none" => Choice::None,
            "auto" => Choice::Auto,
            "required" => Choice::Required,
            other => return refuse("tool_choice", format!("{other} is not one of none, auto, required")),
        },
        Some(named) => {
            let name = named.pointer("/function/name").and_then(Value::as_str);
            match name {
                Some(name) if named.get("type").and_then(Value::as_str) == Some("function") => {
                    Choice::Named(name.to_owned())
                }
                _ => return refuse("tool_choice", "tool_choice must be a word or {type: function, function: {name}}"),
            }
        }
    };
    match &choice {
        Choice::Named(name) if !tools.iter().any(|tool| tool.name == *name) => {
            refuse("tool_choice", format!("the tool {name} is not among the tools"))
        }
        _ => Ok(choice),
    }
}

fn schema(body: &Value) -> Result<Option<Value>, Refusal> {
    let format = match body.get("response_format") {
        None | Some(Value::Null) => return Ok(None),
        Some(format) => format,
    };
    match format.get("type").and_then(Value::as_str) {
        Some("text") => Ok(None),
        Some("json_object") => Ok(Some(serde_json::json!({"type": "object"}))),
        Some("json_schema") => {
            let name = format.pointer("/json_schema/name").and_then(Value::as_str).unwrap_or_default();
            if !is_name(name) {
                return refuse("response_format", "response_format.json_schema.name is missing or no name");
            }
            match format.pointer("/json_schema/schema") {
                Some(schema @ Value::Object(_)) => Ok(Some(schema.clone())),
                _ => refuse("response_format", "response_format.json_schema.schema must be an object"),
            }
        }
        _ => refuse("response_format", "response_format.type must be text, json_object or json_schema"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn param(body: Value) -> &'static str {
        read(body.to_string().as_bytes()).map_or_else(|refusal| refusal.param, |_| "accepted")
    }

    #[test]
    fn ill_formed_requests_are_refused_by_parameter() {
        let user = json!([{"role": "user", "content": "hi"}]);
        let tool = json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]);
        let call = json!({"role": "assistant", "content": null, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]});
        let answer = json!({"role": "tool", "tool_call_id": "c1", "content": "x"});
        for (expected, body) in [
            ("accepted", json!({"model": "m", "messages": user})),
            ("accepted", json!({"model": "m", "messages": [{"role": "user", "content": "a"}, call, answer]})),
            ("accepted", json!({"model": "m", "messages": user, "tools": tool, "tool_choice": "required"})),
            ("model", json!({"messages": user})),
            ("messages", json!({"model": "m", "messages": []})),
            ("messages", json!({"model": "m", "messages": [{"role": "robot", "content": "a"}]})),
            ("messages", json!({"model": "m", "messages": [{"role": "user"}]})),
            (
                "messages",
                json!({"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}]}),
            ),
            ("messages", json!({"model": "m", "messages": [{"role": "user", "content": "a"}, answer]})),
            ("messages", json!({"model": "m", "messages": [{"role": "user", "content": "a"}, call]})),
            (
                "messages",
                json!({"model": "m", "messages": [{"role": "user", "content": "a"}, call, {"role": "user", "content": "b"}]}),
            ),
            (
                "messages",
                json!({"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}),
            ),
            ("tools", json!({"model": "m", "messages": user, "tools": []})),
            (
                "tools",
                json!({"model": "m", "messages": user, "tools": [{"type": "function", "function": {"name": "a b"}}]}),
            ),
            (
                "tools",
                json!({"model": "m", "messages": user, "tools": [{"type": "function", "function": {"name": "a", "parameters": {}}}]}),
            ),
            ("tool_choice", json!({"model": "m", "messages": user, "tool_choice": "auto"})),
            ("tool_choice", json!({"model": "m", "messages": user, "tools": tool, "tool_choice": "any"})),
            ("response_format", json!({"model": "m", "messages": user, "response_format": {"type": "json_schema"}})),
            (
                "response_format",
                json!({"model": "m", "messages": user, "tools": tool, "response_format": {"type": "json_object"}}),
            ),
            ("stream_options", json!({"model": "m", "messages": user, "stream_options": {"include_usage": true}})),
            ("temperature", json!({"model": "m", "messages": user, "temperature": 3})),
            ("max_tokens", json!({"model": "m", "messages": user, "max_tokens": 0})),
            ("body", json!([1])),
        ] {
            assert_eq!(param(body.clone()), expected, "{body}");
        }
    }
}
