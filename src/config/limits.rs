//! `[limits]`: bounds on input, time and numbers.

use serde::Deserialize;
use serde::Serialize;

use crate::config::error::ConfigError;

/// Bounds on input, time and numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Largest request body in bytes.
    pub body_bytes: usize,
    /// Longest user message in bytes.
    pub message_bytes: usize,
    /// Longest turn in seconds.
    pub turn_seconds: u64,
    /// Longest other request in seconds.
    pub request_seconds: u64,
    /// Turns at once; more are refused with 429.
    pub turns_at_once: usize,
    /// Model calls with tools in a turn.
    pub steps: u32,
    /// Tool calls in a turn.
    pub calls: u32,
    /// Tool calls of one turn at once.
    pub calls_at_once: usize,
    /// Tokens of all model calls in a turn.
    pub tokens: u64,
    /// Largest tool result in bytes.
    pub result_bytes: usize,
    /// Bytes of results shown to the model per prompt.
    pub prompt_result_bytes: usize,
    /// Bytes of tool definitions shown to the model per prompt; larger ones are cut, and
    /// arguments are still checked against the whole schema.
    pub prompt_tool_bytes: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            body_bytes: 16 * 1024 * 1024,
            message_bytes: 64 * 1024,
            turn_seconds: 300,
            request_seconds: 60,
            turns_at_once: 256,
            steps: 6,
            calls: 12,
            calls_at_once: 4,
            tokens: 200_000,
            result_bytes: 32 * 1024 * 1024,
            prompt_result_bytes: 24 * 1024,
            prompt_tool_bytes: 32 * 1024,
        }
    }
}

impl LimitsConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let positive = [
            ("limits.body_bytes", self.body_bytes),
            ("limits.message_bytes", self.message_bytes),
            ("limits.turns_at_once", self.turns_at_once),
            ("limits.calls_at_once", self.calls_at_once),
            ("limits.result_bytes", self.result_bytes),
            ("limits.prompt_result_bytes", self.prompt_result_bytes),
            ("limits.prompt_tool_bytes", self.prompt_tool_bytes),
            ("limits.steps", self.steps as usize),
            ("limits.calls", self.calls as usize),
        ];
        for (key, value) in positive {
            if value == 0 {
                return Err(ConfigError::invalid(key, "must be at least 1"));
            }
        }
        if self.turn_seconds == 0 || self.request_seconds == 0 {
            return Err(ConfigError::invalid("limits.turn_seconds", "must be at least 1"));
        }
        Ok(())
    }
}
