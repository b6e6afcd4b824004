//! `[models.NAME]`: model profiles. One profile serves each role (draft, judge, route); a
//! profile may name another as its fallback.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::config::error::ConfigError;
use crate::config::secret::SecretRef;

/// What a profile serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Tool calls and drafts.
    Draft,
    /// The second pass.
    Judge,
    /// The router, where rules leave it open.
    Route,
}

impl Role {
    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Draft => "draft",
            Role::Judge => "judge",
            Role::Route => "route",
        }
    }
}

/// Which forms of `tool_choice` the server honours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HonouredToolChoice {
    /// Only `auto`: anything else is not sent.
    Auto,
    /// `required` as well; a named choice is sent as `required` with that one tool.
    #[default]
    Required,
    /// `required` and named.
    Named,
}

/// Whether the model thinks before it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thinking {
    /// As the server does it.
    #[default]
    Default,
    /// Asked for through the chat template.
    On,
    /// Switched off through the chat template.
    Off,
}

/// One model behind an OpenAI-compatible base URL.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// Base URL, `/v1` included.
    pub base_url: String,
    /// Model name sent to the server.
    pub model: String,
    /// Where the API key is, if the server wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<SecretRef>,
    /// What this profile serves; a role that no profile names falls to the first draft profile.
    #[serde(default = "draft_role")]
    pub roles: Vec<Role>,
    /// 0 to 2.
    #[serde(default)]
    pub temperature: f32,
    /// 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f32>,
    /// Seed, for servers that take one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Upper bound of one answer in tokens.
    #[serde(default = "max_tokens")]
    pub max_tokens: u32,
    /// Context of the model in tokens.
    #[serde(default = "context_tokens")]
    pub context_tokens: u64,
    /// Which forms of `tool_choice` the server honours.
    #[serde(default)]
    pub tool_choice: HonouredToolChoice,
    /// Whether the server honours `response_format: json_schema`.
    #[serde(default = "yes")]
    pub json_schema: bool,
    /// Whether the model thinks before it answers.
    #[serde(default)]
    pub thinking: Thinking,
    /// Seconds for one whole answer.
    #[serde(default = "timeout_seconds")]
    pub timeout_seconds: u64,
    /// Profile that steps in when this one cannot be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
}

impl ModelConfig {
    /// A profile with the defaults of the file format.
    pub fn new(base_url: &str, model: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            model: model.to_owned(),
            api_key: None,
            roles: draft_role(),
            temperature: 0.0,
            top_p: None,
            seed: None,
            max_tokens: max_tokens(),
            context_tokens: context_tokens(),
            tool_choice: HonouredToolChoice::default(),
            json_schema: true,
            thinking: Thinking::default(),
            timeout_seconds: timeout_seconds(),
            fallback: None,
        }
    }
}

fn draft_role() -> Vec<Role> {
    vec![Role::Draft]
}
fn max_tokens() -> u32 {
    2048
}
fn context_tokens() -> u64 {
    32_768
}
fn yes() -> bool {
    true
}
fn timeout_seconds() -> u64 {
    120
}

/// All profiles by name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModelsConfig(pub BTreeMap<String, ModelConfig>);

impl ModelsConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (name, profile) in &self.0 {
            let key = |field: &str| format!("models.{name}.{field}");
            if !profile.base_url.starts_with("http://") && !profile.base_url.starts_with("https://") {
                return Err(ConfigError::invalid(&key("base_url"), "must start with http:// or https://"));
            }
            if !(0.0..=2.0).contains(&profile.temperature) {
                return Err(ConfigError::invalid(&key("temperature"), "must be between 0 and 2"));
            }
            if let Some(fallback) = &profile.fallback
                && (fallback == name || !self.0.contains_key(fallback))
            {
                let known: Vec<&str> = self.0.keys().map(String::as_str).filter(|known| known != name).collect();
                return Err(ConfigError::invalid(
                    &key("fallback"),
                    format!("no other profile {fallback}; known are: {}", known.join(", ")),
                ));
            }
            if profile.roles.is_empty() {
                return Err(ConfigError::invalid(&key("roles"), "must name at least one of draft, judge, route"));
            }
        }
        let drafts = self.0.values().any(|profile| profile.roles.contains(&Role::Draft));
        if !self.0.is_empty() && !drafts {
            return Err(ConfigError::invalid("models", "no profile has the role \"draft\""));
        }
        Ok(())
    }
}
