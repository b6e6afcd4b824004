//! Model profiles: where a model server is, what it honours, and for which roles it
//! is used. Read from the config section `models`; what a server really honours is
//! found out by [`super::probe`]. Secrets are typed and never printed.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use serde::Serialize;

use crate::engine::ports::ModelRole;

/// How much of `tool_choice` the server honours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoiceSupport {
    /// The field is not sent at all.
    None,
    /// Only `auto` is sent.
    Auto,
    /// `required` is sent; a named choice becomes that one tool with `required`.
    #[default]
    Required,
    /// As `required`; the server was also seen to honour a named choice.
    Named,
}

/// Thinking mode, sent as `chat_template_kwargs.enable_thinking`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thinking {
    /// Nothing is sent.
    #[default]
    Default,
    /// Switched on.
    On,
    /// Switched off.
    Off,
}

/// One model behind one OpenAI-compatible server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelProfile {
    /// Up to and including `/v1`, e.g. `http://127.0.0.1:8000/v1`.
    pub base_url: String,
    /// Model name as the server knows it.
    pub model: String,
    /// Sent as bearer token.
    #[serde(default)]
    pub api_key: Option<SecretString>,
    /// Roles this profile serves; one that no profile lists is served by the default profile.
    #[serde(default)]
    pub roles: Vec<ModelRole>,
    /// 0 to 2; not sent when absent.
    #[serde(default)]
    pub temperature: Option<f64>,
    /// Above 0, up to 1; not sent when absent.
    #[serde(default)]
    pub top_p: Option<f64>,
    /// Not sent when absent.
    #[serde(default)]
    pub seed: Option<i64>,
    /// Upper bound of an answer in tokens.
    #[serde(default = "default_max_tokens")]
    pub max_tokens: u32,
    /// Context of the model as the server runs it, prompt and answer together.
    #[serde(default = "default_context_tokens")]
    pub context_tokens: u64,
    /// How much of `tool_choice` is honoured.
    #[serde(default)]
    pub tool_choice: ToolChoiceSupport,
    /// Output under a JSON Schema is honoured.
    #[serde(default = "default_true")]
    pub json_schema: bool,
    /// Thinking mode.
    #[serde(default)]
    pub thinking: Thinking,
    /// Milliseconds for the whole answer, retries included.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
    /// Milliseconds up to the first event of an answer, in each try.
    #[serde(default = "default_first_byte_timeout_ms", alias = "first_byte_timeout")]
    pub first_byte_timeout_ms: u64,
    /// Tries after the first one, on 429, 5xx and failed connections.
    #[serde(default = "default_retries")]
    pub retries: u8,
    /// Profile that steps in when this one gives no answer.
    #[serde(default)]
    pub fallback: Option<String>,
    /// Further headers; values are secrets.
    #[serde(default)]
    pub headers: BTreeMap<String, SecretString>,
}

fn default_max_tokens() -> u32 {
    1024
}

fn default_context_tokens() -> u64 {
    32_768
}

fn default_true() -> bool {
    true
}

fn default_timeout_ms() -> u64 {
    180_000
}

fn default_first_byte_timeout_ms() -> u64 {
    120_000
}

fn default_retries() -> u8 {
    2
}

/// What is wrong with the profiles.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ProfileError {
    /// No profile at all.
    #[error("no model profile is configured")]
    NoProfiles,
    /// A profile refers to one that does not exist.
    #[error("model profile {name} does not exist (named by {by}); known are {}", known.join(", "))]
    Unknown {
        /// The name.
        name: String,
        /// What names it.
        by: String,
        /// All names.
        known: Vec<String>,
    },
    /// A value that cannot be used.
    #[error("model profile {name}: {problem}")]
    Invalid {
        /// Profile name.
        name: String,
        /// Key and reason.
        problem: String,
    },
    /// The HTTP client cannot be built.
    #[error("the HTTP client for models cannot be built: {reason}")]
    Client {
        /// Cause.
        reason: String,
    },
}

impl ModelProfile {
    /// A profile with defaults for everything but place and model.
    pub fn new(base_url: &str, model: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            model: model.to_owned(),
            api_key: None,
            roles: Vec::new(),
            temperature: None,
            top_p: None,
            seed: None,
            max_tokens: default_max_tokens(),
            context_tokens: default_context_tokens(),
            tool_choice: ToolChoiceSupport::default(),
            json_schema: true,
            thinking: Thinking::default(),
            timeout_ms: default_timeout_ms(),
            first_byte_timeout_ms: default_first_byte_timeout_ms(),
            retries: default_retries(),
            fallback: None,
            headers: BTreeMap::new(),
        }
    }

    /// Time for the whole answer.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// Time up to the first event.
    pub fn first_byte_timeout(&self) -> Duration {
        Duration::from_millis(self.first_byte_timeout_ms)
    }

    /// Whether `required` is worth sending.
    pub fn honours_tool_choice(&self) -> bool {
        self.tool_choice >= ToolChoiceSupport::Required
    }

    /// The address of an endpoint, e.g. `chat/completions`.
    pub fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base_url.trim_end_matches('/'))
    }

    /// # Errors
    /// [`ProfileError::Invalid`] for the first value that cannot be used.
    pub fn validate(&self, name: &str) -> Result<(), ProfileError> {
        let invalid = |problem: String| Err(ProfileError::Invalid { name: name.to_owned(), problem });
        match reqwest::Url::parse(&self.base_url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                if !url.username().is_empty() || url.password().is_some() {
                    return invalid("base_url must not hold credentials; use api_key".to_owned());
                }
            }
            _ => return invalid("base_url must be an http or https address".to_owned()),
        }
        if self.model.trim().is_empty() {
            return invalid("model must not be empty".to_owned());
        }
        if self.temperature.is_some_and(|t| !(0.0..=2.0).contains(&t)) {
            return invalid("temperature must be between 0 and 2".to_owned());
        }
        if self.top_p.is_some_and(|p| !(p > 0.0 && p <= 1.0)) {
            return invalid("top_p must be above 0 and at most 1".to_owned());
        }
        if self.max_tokens == 0 || self.context_tokens <= u64::from(self.max_tokens) {
            return invalid("max_tokens must be above 0 and below context_tokens".to_owned());
        }
        if self.timeout_ms == 0 || self.first_byte_timeout_ms == 0 {
            return invalid("timeout_ms and first_byte_timeout_ms must be above 0".to_owned());
        }
        for header in self.headers.keys() {
            if reqwest::header::HeaderName::try_from(header.as_str()).is_err() {
                return invalid(format!("headers: {header:?} is no header name"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_reads_strictly_and_hides_its_secrets() {
        let text = r#"{"base_url":"http://192.0.2.1/v1","model":"qwen","api_key":"hush-hush","roles":["judge"],
            "tool_choice":"named","thinking":"off","headers":{"x-team":"quiet"}}"#;
        let profile: ModelProfile = serde_json::from_str(text).unwrap();
        assert_eq!(profile.roles, [ModelRole::Judge]);
        assert!(profile.honours_tool_choice());
        assert_eq!(profile.validate("p"), Ok(()));
        let debug = format!("{profile:?}");
        assert!(!debug.contains("hush") && !debug.contains("quiet"), "{debug}");
        assert!(serde_json::from_str::<ModelProfile>(r#"{"base_url":"x","model":"y","modle":"z"}"#).is_err());
    }

    #[test]
    fn values_that_cannot_work_are_named() {
        let problem = |change: fn(&mut ModelProfile)| {
            let mut profile = ModelProfile::new("http://192.0.2.1/v1", "m");
            change(&mut profile);
            profile.validate("p").unwrap_err().to_string()
        };
        assert!(problem(|p| p.base_url = "ftp://x".to_owned()).contains("base_url"));
        assert!(problem(|p| p.base_url = "http://a:b@192.0.2.1/".to_owned()).contains("credentials"));
        assert!(problem(|p| p.temperature = Some(f64::NAN)).contains("temperature"));
        assert!(problem(|p| p.context_tokens = 10).contains("context_tokens"));
        assert!(problem(|p| p.timeout_ms = 0).contains("timeout_ms"));
    }
}
