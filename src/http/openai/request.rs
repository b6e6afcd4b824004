//! A chat request: what is read of it, what is refused, and what is passed over. Unknown
//! fields are ignored; known ones that would change the answer and cannot be honoured
//! are refused, so that nobody relies on them.

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::config::openai::OpenAiConfig;
use crate::domain::message::Message;
use crate::domain::message::Role;
use crate::http::error::ApiError;
use crate::http::error::Code;

/// Messages of one request at most.
const MAX_MESSAGES: usize = 2_000;

/// A chat request.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChatRequest {
    /// `groundwire` or a model profile; `groundwire` when missing.
    #[serde(default)]
    pub model: Option<String>,
    /// The conversation as the client knows it; the last message is the user's.
    pub messages: Vec<ChatMessage>,
    /// Send the reply as a stream of chunks.
    #[serde(default)]
    pub stream: Option<bool>,
    /// Options of a stream.
    #[serde(default)]
    pub stream_options: Option<StreamOptions>,
    /// Must be 1.
    #[serde(default)]
    pub n: Option<u64>,
    /// Must be false.
    #[serde(default)]
    pub logprobs: Option<bool>,
    /// Refused, unless the configuration says to ignore them.
    #[serde(default)]
    pub tools: Option<Value>,
    /// The older form of `tools`.
    #[serde(default)]
    pub functions: Option<Value>,
    /// Must be of type `text`.
    #[serde(default)]
    pub response_format: Option<Value>,
    /// `conversation_id` in it names the stored conversation.
    #[serde(default)]
    pub metadata: Option<Value>,
}

/// One message as a client tells it.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChatMessage {
    /// `system`, `developer`, `user`, `assistant`, `tool` or `function`.
    pub role: String,
    /// Text, or a list of text parts.
    #[serde(default)]
    pub content: Value,
}

/// Options of a stream.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct StreamOptions {
    /// Send a last chunk with the tokens used.
    #[serde(default)]
    pub include_usage: Option<bool>,
}

/// What is wanted, after everything that cannot be honoured was refused.
#[derive(Debug)]
pub struct Wanted {
    /// The user's message.
    pub message: String,
    /// User and assistant messages before it: unverified.
    pub history: Vec<Message>,
    /// `model` as sent.
    pub model: Option<String>,
    /// Whether to stream.
    pub stream: bool,
    /// Whether to send the usage chunk.
    pub include_usage: bool,
    /// `metadata.conversation_id` as sent.
    pub conversation: Option<String>,
}

impl ChatRequest {
    /// Reads the request.
    ///
    /// # Errors
    /// Names the field that cannot be honoured.
    pub fn accept(self, config: &OpenAiConfig) -> Result<Wanted, ApiError> {
        self.refuse_what_cannot_be_honoured(config)?;
        if self.messages.len() > MAX_MESSAGES {
            let message = format!("messages: {} given, at most {MAX_MESSAGES} are taken", self.messages.len());
            return Err(ApiError::new(Code::TooManyMessages, message).param("messages"));
        }
        let (message, history) = conversation(&self.messages)?;
        let metadata = self.metadata.unwrap_or_default();
        let conversation = match &metadata["conversation_id"] {
            Value::Null => None,
            Value::String(id) => Some(id.clone()),
            _ => return Err(ApiError::plain(Code::InvalidConversationId).param("metadata.conversation_id")),
        };
        Ok(Wanted {
            message,
            history,
            model: self.model,
            stream: self.stream.unwrap_or(false),
            include_usage: self.stream_options.and_then(|options| options.include_usage).unwrap_or(false),
            conversation,
        })
    }

    fn refuse_what_cannot_be_honoured(&self, config: &OpenAiConfig) -> Result<(), ApiError> {
        let given = |value: &Option<Value>| {
            value.as_ref().is_some_and(|value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()))
        };
        for (field, value) in [("tools", &self.tools), ("functions", &self.functions)] {
            if given(value) && !config.ignore_client_tools {
                let message = format!(
                    "{field}: the gateway calls its own tools and takes none from clients; \
                     leave the field out, or set openai.ignore_client_tools in its configuration"
                );
                return Err(ApiError::new(Code::ToolsNotSupported, message).param(field));
            }
        }
        if self.n.is_some_and(|n| n != 1) {
            return Err(ApiError::plain(Code::NNotSupported).param("n"));
        }
        if self.logprobs == Some(true) {
            return Err(ApiError::plain(Code::LogprobsNotSupported).param("logprobs"));
        }
        let format = self.response_format.as_ref().and_then(|format| format["type"].as_str());
        if format.is_some_and(|format| format != "text") {
            return Err(ApiError::plain(Code::ResponseFormatNotSupported).param("response_format"));
        }
        Ok(())
    }
}

/// The user's message and what was before it. Messages of tools are dropped, whatever they
/// say; those of `system` do not instruct the gateway.
fn conversation(messages: &[ChatMessage]) -> Result<(String, Vec<Message>), ApiError> {
    let refuse = |message: String, param: String| Err(ApiError::new(Code::InvalidMessages, message).param(param));
    let Some((last, earlier)) = messages.split_last() else {
        return refuse("messages: must not be empty".to_owned(), "messages".to_owned());
    };
    if last.role != "user" {
        let field = format!("messages[{}].role", earlier.len());
        return refuse(format!("{field}: the last message must be from the user"), field);
    }
    let mut history = Vec::new();
    for (index, message) in earlier.iter().enumerate() {
        let role = match message.role.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" | "developer" | "tool" | "function" => continue,
            _ => {
                let field = format!("messages[{index}].role");
                let known = "system, developer, user, assistant, tool, function";
                return refuse(format!("{field}: must be one of {known}"), field);
            }
        };
        let content = text(message, index, role == Role::User)?;
        if !content.trim().is_empty() {
            history.push(Message { role, content, turn_id: None });
        }
    }
    Ok((text(last, earlier.len(), true)?, history))
}

/// Text of a message: a string, or text parts in order. Old user messages and replies may
/// hold other parts; they only help to read the new one, which must be text alone.
fn text(message: &ChatMessage, index: usize, strict: bool) -> Result<String, ApiError> {
    let field = format!("messages[{index}].content");
    match &message.content {
        Value::String(text) => Ok(text.clone()),
        Value::Null if !strict => Ok(String::new()),
        Value::Array(parts) => {
            let mut whole = String::new();
            for (part_index, part) in parts.iter().enumerate() {
                match (part["type"].as_str(), part["text"].as_str()) {
                    (Some("text" | "input_text" | "output_text"), Some(text)) => whole.push_str(text),
                    _ if !strict => {}
                    _ => {
                        let message = format!("{field}[{part_index}]: only parts of type text are taken");
                        return Err(ApiError::new(Code::ContentNotSupported, message).param(field));
                    }
                }
            }
            Ok(whole)
        }
        _ => {
            let message = format!("{field}: must be a string or a list of text parts");
            Err(ApiError::new(Code::InvalidBody, message).param(field))
        }
    }
}
