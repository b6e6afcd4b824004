//! Calls that a model wrote in the wrong place: in its text, in its thinking, or in
//! a notation of its own. Reads Hermes and Qwen tags, XML function calls, fenced and
//! bare JSON, and OpenAI's `tool_calls` written out. Only names of known tools count,
//! so an example or a quotation is not taken for a call. What is found here is as
//! unchecked as any other proposal: the schema check comes later.

use serde_json::Map;
use serde_json::Value;

/// Most calls taken from one answer.
pub const MAX_CALLS: usize = 16;
/// Longest text that is searched, in bytes; the rest is ignored.
const MAX_TEXT: usize = 128 * 1024;
/// Most places where JSON is tried in one text.
const MAX_TRIES: usize = 128;
/// How often a JSON text inside a JSON string is opened.
const MAX_UNWRAP: usize = 4;
/// How deep calls are looked for inside JSON.
const MAX_DEPTH: usize = 6;

const NAME_KEYS: [&str; 4] = ["name", "tool", "tool_name", "function_name"];
const ARGUMENT_KEYS: [&str; 5] = ["arguments", "parameters", "args", "input", "tool_input"];

/// A call found in text.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovered {
    /// The known tool name it stands for.
    pub name: String,
    /// A JSON object.
    pub arguments: Value,
}

/// All calls in `content`, then those in `reasoning`, without repetitions, at most
/// [`MAX_CALLS`]. `known` are qualified names (`server__tool`); a bare `tool` counts
/// when only one known name ends in it.
pub fn recover_calls(content: &str, reasoning: &str, known: &[&str]) -> Vec<Recovered> {
    let mut found: Vec<Recovered> = Vec::new();
    for text in [content, reasoning] {
        for place in places(bounded(text), known) {
            for call in place.calls {
                if found.len() < MAX_CALLS && !found.contains(&call) {
                    found.push(call);
                }
            }
        }
    }
    found
}

/// `content` without the calls in it and without the tags around them.
pub fn strip_calls(content: &str, known: &[&str]) -> String {
    let text = bounded(content);
    let mut rest = String::with_capacity(text.len());
    let mut at = 0;
    for place in places(text, known) {
        if place.start >= at {
            rest.push_str(&text[at..place.start]);
            at = place.end;
        }
    }
    rest.push_str(&text[at..]);
    rest.trim().to_owned()
}

/// Arguments as a JSON object, however often they were wrapped in strings. Empty text
/// and `null` mean no arguments.
///
/// # Errors
/// A sentence that says what is wrong, fit to be shown to the model.
pub fn parse_arguments(text: &str) -> Result<Value, String> {
    let mut text = text.trim().to_owned();
    for _ in 0..MAX_UNWRAP {
        if text.is_empty() {
            return Ok(Value::Object(Map::new()));
        }
        let value = serde_json::from_str::<Value>(unfence(&text))
            .map_err(|error| format!("the arguments are not valid JSON: {error}"))?;
        match value {
            Value::Object(_) => return Ok(value),
            Value::Null => return Ok(Value::Object(Map::new())),
            Value::String(inner) => text = inner.trim().to_owned(),
            other => return Err(format!("the arguments must be a JSON object, not {}", kind(&other))),
        }
    }
    Err("the arguments are wrapped in too many strings".to_owned())
}

/// Parts `content` into text and thinking: `<think>` blocks, one that was never closed,
/// and thinking whose opening tag the server has swallowed.
pub fn strip_thinking(content: &str) -> (String, String) {
    let mut text = String::new();
    let mut thinking = String::new();
    let mut rest = content;
    if let Some(close) = find_tag(rest, CLOSE_THINK)
        && find_tag(rest, OPEN_THINK).is_none_or(|open| close.0 < open.0)
    {
        thinking.push_str(rest[..close.0].trim());
        rest = &rest[close.1..];
    }
    while let Some((start, inside)) = find_tag(rest, OPEN_THINK) {
        text.push_str(&rest[..start]);
        let body = &rest[inside..];
        let (end, after) = find_tag(body, CLOSE_THINK).unwrap_or((body.len(), body.len()));
        if !thinking.is_empty() {
            thinking.push('\n');
        }
        thinking.push_str(body[..end].trim());
        rest = &body[after..];
    }
    text.push_str(rest);
    (text.trim().to_owned(), thinking)
}

const OPEN_THINK: [&str; 2] = ["<think>", "<thinking>"];
const CLOSE_THINK: [&str; 2] = ["</think>", "</thinking>"];

/// Start and end of the first of these tags.
fn find_tag(text: &str, tags: [&str; 2]) -> Option<(usize, usize)> {
    tags.iter().filter_map(|tag| text.find(tag).map(|at| (at, at + tag.len()))).min()
}

/// A stretch of text that holds calls, tags included.
struct Place {
    start: usize,
    end: usize,
    calls: Vec<Recovered>,
}

fn places(text: &str, known: &[&str]) -> Vec<Place> {
    let mut places = Vec::new();
    let mut at = 0;
    let mut tries = 0;
    while let Some(offset) = text[at..].find(['<', '{', '[', '`']) {
        let start = at + offset;
        tries += 1;
        if tries > MAX_TRIES || places.len() >= MAX_CALLS {
            break;
        }
        let place = match text.as_bytes()[start] {
            b'<' => tagged(text, start, known),
            b'`' => fenced(text, start, known),
            _ => bare(text, start, known),
        };
        at = match place {
            Some(place) => {
                let end = place.end.max(start + 1);
                places.push(place);
                end
            }
            None => start + 1,
        };
    }
    places
}

/// `<tool_call>…</tool_call>` and its relatives, or `<function=name>…</function>` alone.
fn tagged(text: &str, start: usize, known: &[&str]) -> Option<Place> {
    let rest = &text[start..];
    for (open, close) in [
        ("<tool_call>", "</tool_call>"),
        ("<tools>", "</tools>"),
        ("<function_call>", "</function_call>"),
        ("<|tool_call|>", "<|/tool_call|>"),
    ] {
        if let Some(body) = rest.strip_prefix(open) {
            // An unclosed tag is common: the server takes the closing one for a stop word.
            let (inner, used) = match body.find(close) {
                Some(end) => (&body[..end], open.len() + end + close.len()),
                None => (body, rest.len()),
            };
            let mut calls = json_calls_in(inner, known);
            if calls.is_empty() {
                calls = function_blocks(inner, known).0;
            }
            return (!calls.is_empty()).then_some(Place { start, end: start + used, calls });
        }
    }
    if rest.starts_with("<function=") {
        let (calls, used) = function_blocks(rest, known);
        return (!calls.is_empty()).then_some(Place { start, end: start + used, calls });
    }
    None
}

/// Calls written as `<function=name><parameter=key>value</parameter></function>`; with the bytes used.
fn function_blocks(text: &str, known: &[&str]) -> (Vec<Recovered>, usize) {
    let mut calls = Vec::new();
    let mut at = 0;
    while calls.len() < MAX_CALLS {
        let Some(offset) = text[at..].find("<function=") else { break };
        let rest = &text[at + offset + "<function=".len()..];
        let Some(name_end) = rest.find('>') else { break };
        let body = &rest[name_end + 1..];
        let (inner, used) = match body.find("</function>") {
            Some(end) => (&body[..end], end + "</function>".len()),
            None => (body, body.len()),
        };
        if let Some(name) = resolve(rest[..name_end].trim().trim_matches('"'), known) {
            let arguments = if inner.contains("<parameter=") {
                Some(Value::Object(parameters(inner)))
            } else {
                parse_arguments(inner).ok()
            };
            if let Some(arguments) = arguments {
                calls.push(Recovered { name, arguments });
            }
        }
        at += offset + "<function=".len() + name_end + 1 + used;
    }
    (calls, at)
}

fn parameters(text: &str) -> Map<String, Value> {
    let mut members = Map::new();
    let mut rest = text;
    while members.len() < 64 {
        let Some(start) = rest.find("<parameter=") else { break };
        let inner = &rest[start + "<parameter=".len()..];
        let Some(name_end) = inner.find('>') else { break };
        let body = &inner[name_end + 1..];
        let end = body.find("</parameter>").or_else(|| body.find("<parameter=")).unwrap_or(body.len());
        let name = inner[..name_end].trim().trim_matches('"').to_owned();
        members.insert(name, parameter_value(body[..end].trim()));
        rest = &body[end..];
    }
    members
}

/// Values stand there without quotes: what is JSON other than a string is taken as such.
fn parameter_value(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value) => value,
        Err(_) => Value::String(text.to_owned()),
    }
}

/// A fenced block with JSON in it, whatever language it names.
fn fenced(text: &str, start: usize, known: &[&str]) -> Option<Place> {
    let body = text[start..].strip_prefix("```")?;
    let line_end = body.find('\n')?;
    let inner = &body[line_end + 1..];
    let (inner, used) = match inner.find("```") {
        Some(end) => (&inner[..end], 3 + line_end + 1 + end + 3),
        None => (inner, text.len() - start),
    };
    let calls = json_calls_in(inner, known);
    (!calls.is_empty()).then_some(Place { start, end: start + used, calls })
}

/// JSON standing in the text by itself.
fn bare(text: &str, start: usize, known: &[&str]) -> Option<Place> {
    let (value, used) = first_json(&text[start..])?;
    let mut calls = Vec::new();
    calls_of(&value, known, 0, &mut calls);
    (!calls.is_empty()).then_some(Place { start, end: start + used, calls })
}

/// Calls of all JSON values that follow each other in `text`.
fn json_calls_in(text: &str, known: &[&str]) -> Vec<Recovered> {
    let mut calls = Vec::new();
    let mut rest = text;
    for _ in 0..MAX_CALLS {
        let Some(start) = rest.find(['{', '[']) else { break };
        let Some((value, used)) = first_json(&rest[start..]) else { break };
        calls_of(&value, known, 0, &mut calls);
        rest = &rest[start + used..];
    }
    calls
}

/// The JSON value at the beginning of `text`, and its length in bytes.
fn first_json(text: &str) -> Option<(Value, usize)> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = stream.next()?.ok()?;
    (value.is_object() || value.is_array()).then(|| (value, stream.byte_offset()))
}

fn calls_of(value: &Value, known: &[&str], depth: usize, calls: &mut Vec<Recovered>) {
    if depth > MAX_DEPTH || calls.len() >= MAX_CALLS {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| calls_of(item, known, depth + 1, calls)),
        Value::Object(members) => {
            if let Some(call) = call_of(members, known) {
                calls.push(call);
                return;
            }
            for key in ["tool_calls", "function", "function_call", "tool_call", "calls", "action"] {
                if let Some(inner) = members.get(key) {
                    calls_of(inner, known, depth + 1, calls);
                }
            }
        }
        _ => {}
    }
}

fn call_of(members: &Map<String, Value>, known: &[&str]) -> Option<Recovered> {
    let text = |key: &&str| members.get(*key).and_then(Value::as_str);
    // `function` and `action` are names only when their value is a text.
    let name = NAME_KEYS.iter().chain(&["function", "action"]).find_map(text)?;
    let name = resolve(name, known)?;
    let arguments = match ARGUMENT_KEYS.iter().find_map(|key| members.get(*key)) {
        None | Some(Value::Null) => Value::Object(Map::new()),
        Some(Value::Object(object)) => Value::Object(object.clone()),
        Some(Value::String(text)) => parse_arguments(text).ok()?,
        Some(_) => return None,
    };
    Some(Recovered { name, arguments })
}

/// The known tool that `name` stands for.
fn resolve(name: &str, known: &[&str]) -> Option<String> {
    let name = name.trim().strip_prefix("functions.").unwrap_or(name.trim());
    if let Some(same) = known.iter().find(|tool| **tool == name) {
        return Some((*same).to_owned());
    }
    let bare = |tool: &str| tool.split_once("__").is_some_and(|(_, bare)| bare == name);
    let mut matches = known.iter().filter(|tool| bare(tool));
    let only = matches.next()?;
    matches.next().is_none().then(|| (*only).to_owned())
}

/// JSON without the code fence around it.
fn unfence(text: &str) -> &str {
    let Some(body) = text.strip_prefix("```").and_then(|body| body.strip_suffix("```")) else { return text };
    body.split_once('\n').map_or(text, |(_, inner)| inner)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn bounded(text: &str) -> &str {
    if text.len() <= MAX_TEXT {
        return text;
    }
    let mut end = MAX_TEXT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const KNOWN: [&str; 3] = ["argus__get_case", "argus__search", "sysdig__search"];

    fn only(content: &str, reasoning: &str) -> Recovered {
        let mut calls = recover_calls(content, reasoning, &KNOWN);
        assert_eq!(calls.len(), 1, "{content} {reasoning} {calls:?}");
        calls.remove(0)
    }

    #[test]
    fn every_notation_gives_the_same_call() {
        let expected = Recovered { name: "argus__get_case".to_owned(), arguments: json!({"caseID": 4711}) };
        for text in [
            r#"<tool_call>{"name":"argus__get_case","arguments":{"caseID":4711}}</tool_call>"#,
            "<tool_call>\n{\"name\": \"get_case\", \"arguments\": {\"caseID\": 4711}}\n",
            "<tool_call>\n<function=argus__get_case>\n<parameter=caseID>\n4711\n</parameter>\n</function>\n</tool_call>",
            "<function=get_case><parameter=caseID>4711</parameter></function>",
            "<function=get_case>{\"caseID\": 4711}</function>",
            "I will look.\n```json\n{\"name\":\"get_case\",\"arguments\":{\"caseID\":4711}}\n```",
            "```\n{\"tool\":\"argus__get_case\",\"args\":{\"caseID\":4711}}\n```",
            r#"Sure: {"function":"get_case","parameters":{"caseID":4711}} done"#,
            r#"{"tool_calls":[{"id":"c1","type":"function","function":{"name":"argus__get_case","arguments":"{\"caseID\":4711}"}}]}"#,
            r#"[{"name":"get_case","arguments":"\"{\\\"caseID\\\":4711}\""}]"#,
            r#"{"type":"function","function":{"name":"functions.get_case","arguments":{"caseID":4711}}}"#,
        ] {
            assert_eq!(only(text, ""), expected, "{text}");
            assert_eq!(only("", text), expected, "in reasoning: {text}");
        }
    }

    #[test]
    fn unknown_and_ambiguous_names_are_no_calls() {
        for text in [
            r#"{"name":"rm","arguments":{}}"#,
            r#"{"name":"search","arguments":{}}"#,
            r#"{"id":4711,"status":"closed"}"#,
            "```json\n{\"name\":\"Kari\"}\n```",
            r#"{"name":"get_case","arguments":[1]}"#,
            r#"{"name":"get_case","arguments":"{"}"#,
        ] {
            assert_eq!(recover_calls(text, text, &KNOWN), [], "{text}");
        }
    }

    #[test]
    fn several_calls_keep_their_order_and_repetitions_fall_out() {
        let text = r#"<tool_call>{"name":"argus__search","arguments":{}}</tool_call>
            <tool_call>{"name":"get_case","arguments":{"caseID":1}}</tool_call>
            <tool_call>{"name":"argus__search"}</tool_call>"#;
        let names: Vec<String> = recover_calls(text, text, &KNOWN).into_iter().map(|call| call.name).collect();
        assert_eq!(names, ["argus__search", "argus__get_case"]);
    }

    #[test]
    fn text_around_calls_is_kept() {
        let text = "Before.\n<tool_call>{\"name\":\"get_case\",\"arguments\":{}}</tool_call>\nAfter {1}.";
        assert_eq!(strip_calls(text, &KNOWN), "Before.\n\nAfter {1}.");
        assert_eq!(strip_calls("plain `code` <b> {x", &KNOWN), "plain `code` <b> {x");
    }

    #[test]
    fn arguments_are_unwrapped_or_explained() {
        assert_eq!(parse_arguments(r#""{\"a\":1}""#), Ok(json!({"a": 1})));
        assert_eq!(parse_arguments(" "), Ok(json!({})));
        assert_eq!(parse_arguments("```json\n{\"a\":1}\n```"), Ok(json!({"a": 1})));
        assert!(parse_arguments("[1]").unwrap_err().contains("an array"));
        assert!(parse_arguments("{a:1}").unwrap_err().contains("not valid JSON"));
    }

    #[test]
    fn thinking_is_parted_from_text() {
        let part = |text: &str| strip_thinking(text);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(part("<think>hm</think>Yes."), pair("Yes.", "hm"));
        assert_eq!(part("hm</think>\nYes."), pair("Yes.", "hm"));
        assert_eq!(part("<think>never closed"), pair("", "never closed"));
        assert_eq!(part("A <think>x</think>B<thinking>y</thinking>"), pair("A B", "x\ny"));
        assert_eq!(part("plain"), pair("plain", ""));
    }

    #[test]
    fn a_flood_of_brackets_ends() {
        let text = "{".repeat(100_000);
        assert_eq!(recover_calls(&text, &text, &KNOWN), []);
        let text = "<tool_call>".repeat(10_000);
        assert_eq!(recover_calls(&text, "", &KNOWN), []);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(<tool_call>|</tool_call>|<function=|>|<parameter=|\\{\"name\":\"get_case\"|\\}|\"|```|\n|é|[a-z{}\\[\\]:,]|<think>|</think>){0,60}") {
            let calls = recover_calls(&text, &text, &KNOWN);
            prop_assert!(calls.len() <= MAX_CALLS);
            strip_calls(&text, &KNOWN);
            strip_thinking(&text);
            let _ = parse_arguments(&text);
        }
    }
}
