//! `[openai]`: the OpenAI-compatible side.

use serde::Deserialize;
use serde::Serialize;

/// How progress is shown to streaming clients while the answer is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// As `reasoning_content` deltas.
    #[default]
    Reasoning,
    /// As SSE comments.
    Comments,
    /// Not at all; only keep-alive comments.
    Off,
}

/// The OpenAI-compatible side.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpenAiConfig {
    /// Ignore a client's own `tools` instead of refusing them.
    pub ignore_client_tools: bool,
    /// How progress is shown.
    pub progress: Progress,
}
