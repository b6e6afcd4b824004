//! Requests as they go over the wire. Our own structs borrow from the engine's
//! request and carry what model servers add to the protocol (`chat_template_kwargs`),
//! which the typed client's request has no room for. What a profile does not honour
//! is not sent.

use async_openai::types::chat::ChatCompletionStreamOptions;
use async_openai::types::chat::ToolChoiceOptions;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::engine::ports::ModelRequest;
use crate::engine::ports::PromptMessage;
use crate::engine::ports::ToolChoice;
use crate::llm::profile::ModelProfile;
use crate::llm::profile::Thinking;
use crate::llm::profile::ToolChoiceSupport;

#[derive(Serialize)]
struct WireRequest<'a> {
    model: &'a str,
    messages: Vec<WireMessage<'a>>,
    max_tokens: u32,
    stream: bool,
    stream_options: ChatCompletionStreamOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<WireTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<ToolChoiceOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_template_kwargs: Option<Value>,
}

#[derive(Serialize)]
struct WireMessage<'a> {
    role: &'a str,
    content: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<WireCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

#[derive(Serialize)]
struct WireCall<'a> {
    id: &'a str,
    r#type: &'static str,
    function: WireFunctionCall<'a>,
}

#[derive(Serialize)]
struct WireFunctionCall<'a> {
    name: &'a str,
    arguments: &'a str,
}

#[derive(Serialize)]
struct WireTool<'a> {
    r#type: &'static str,
    function: WireFunction<'a>,
}

#[derive(Serialize)]
struct WireFunction<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
}

/// The body of a chat request under this profile.
pub(super) fn chat_body(profile: &ModelProfile, request: &ModelRequest) -> Result<Vec<u8>, serde_json::Error> {
    let tools = offered(request);
    let wire = WireRequest {
        model: &profile.model,
        messages: request.messages.iter().map(message).collect(),
        max_tokens: answer_tokens(profile, request),
        stream: true,
        stream_options: ChatCompletionStreamOptions { include_usage: Some(true), include_obfuscation: None },
        temperature: profile.temperature,
        top_p: profile.top_p,
        seed: profile.seed,
        tool_choice: tool_choice(profile, request, tools.is_empty()),
        tools,
        response_format: response_format(profile, request),
        chat_template_kwargs: match profile.thinking {
            Thinking::Default => None,
            Thinking::On => Some(json!({"enable_thinking": true})),
            Thinking::Off => Some(json!({"enable_thinking": false})),
        },
    };
    serde_json::to_vec(&wire)
}

/// Upper bound of this answer in tokens.
pub(super) fn answer_tokens(profile: &ModelProfile, request: &ModelRequest) -> u32 {
    request.max_tokens.clamp(1, profile.max_tokens)
}

/// Rough size of a body in tokens. JSON and code run at three to four bytes a token.
pub(super) fn estimated_tokens(body: &[u8]) -> u64 {
    (body.len() as u64).saturating_mul(2).div_ceil(7)
}

fn message(message: &PromptMessage) -> WireMessage<'_> {
    WireMessage {
        role: &message.role,
        content: &message.content,
        tool_calls: message
            .tool_calls
            .iter()
            .map(|call| WireCall {
                id: &call.id,
                r#type: "function",
                function: WireFunctionCall { name: &call.name, arguments: &call.arguments },
            })
            .collect(),
        tool_call_id: message.tool_call_id.as_deref(),
    }
}

/// A named choice is made by offering that tool alone: servers read the named form as
/// `auto` without an error. Constrained output excludes tools: with both, servers give JSON.
fn offered(request: &ModelRequest) -> Vec<WireTool<'_>> {
    if request.response_schema.is_some() {
        return Vec::new();
    }
    request
        .tools
        .iter()
        .filter(|tool| match &request.tool_choice {
            ToolChoice::Named(name) => tool.name.as_str() == name,
            ToolChoice::Auto | ToolChoice::Required => true,
        })
        .map(|tool| WireTool {
            r#type: "function",
            function: WireFunction {
                name: tool.name.as_str(),
                description: &tool.description,
                parameters: &tool.input_schema,
            },
        })
        .collect()
}

fn tool_choice(profile: &ModelProfile, request: &ModelRequest, no_tools: bool) -> Option<ToolChoiceOptions> {
    if no_tools || profile.tool_choice == ToolChoiceSupport::None {
        return None;
    }
    let forced = request.tool_choice != ToolChoice::Auto && profile.honours_tool_choice();
    Some(if forced { ToolChoiceOptions::Required } else { ToolChoiceOptions::Auto })
}

fn response_format(profile: &ModelProfile, request: &ModelRequest) -> Option<Value> {
    let (name, schema) = request.response_schema.as_ref()?;
    profile
        .json_schema
        .then(|| json!({"type": "json_schema", "json_schema": {"name": name, "strict": true, "schema": schema}}))
}
