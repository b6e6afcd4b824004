//! The model port over any OpenAI-compatible server: picks the profile of a role,
//! checks the prompt's size, sends, retries with back-off what may pass by itself
//! (only before the first content), then lets the fallback profile step in. Always
//! streams. A broken answer is an error, never an empty answer; a cancelled turn
//! drops the connection, which stops the server. What is asked is not known here.

mod assemble;
mod exchange;
pub mod probe;
pub mod profile;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use backon::BackoffBuilder;
use backon::ExponentialBuilder;
use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use crate::engine::ports::ChatModel;
use crate::engine::ports::ModelAnswer;
use crate::engine::ports::ModelError;
use crate::engine::ports::ModelFacts;
use crate::engine::ports::ModelRequest;
use crate::engine::ports::ModelRole;
use crate::llm::exchange::Named;
use crate::llm::profile::ModelProfile;
use crate::llm::profile::ProfileError;

/// All model profiles behind one port.
#[derive(Clone, Debug)]
pub struct OpenAiModel {
    http: reqwest::Client,
    profiles: BTreeMap<String, ModelProfile>,
    default: String,
    by_role: BTreeMap<ModelRole, String>,
    first_pause: Duration,
}

impl OpenAiModel {
    /// Checks the profiles and takes them. `default` serves every role that no profile
    /// lists; without it that is the profile named `default`, else the first for drafts.
    /// Where several list a role, the default one goes first, then those that are no
    /// other's fallback, by name.
    ///
    /// A process-wide TLS provider must be installed before.
    ///
    /// # Errors
    /// [`ProfileError`], the first one found.
    pub fn new(profiles: BTreeMap<String, ModelProfile>, default: Option<&str>) -> Result<Self, ProfileError> {
        let exists = |name: &str, by: &str| {
            if profiles.contains_key(name) {
                return Ok(());
            }
            let known = profiles.keys().cloned().collect();
            Err(ProfileError::Unknown { name: name.to_owned(), by: by.to_owned(), known })
        };
        for (name, profile) in &profiles {
            profile.validate(name)?;
            if let Some(fallback) = &profile.fallback {
                exists(fallback, &format!("fallback of {name}"))?;
            }
        }
        let named = default.or_else(|| profiles.contains_key("default").then_some("default"));
        let default = match named {
            Some(name) => name,
            None => first_for(&profiles, ModelRole::Draft)
                .or_else(|| profiles.keys().next().map(String::as_str))
                .ok_or(ProfileError::NoProfiles)?,
        };
        exists(default, "default")?;
        let default = default.to_owned();
        let by_role = [ModelRole::Route, ModelRole::Draft, ModelRole::Judge]
            .into_iter()
            .filter_map(|role| {
                let listed = profiles.get(&default).is_some_and(|profile| profile.roles.contains(&role));
                let name = if listed { default.as_str() } else { first_for(&profiles, role)? };
                Some((role, name.to_owned()))
            })
            .collect();
        Ok(Self { http: http_client()?, profiles, default, by_role, first_pause: Duration::from_millis(250) })
    }

    /// A client of no model at all: whatever is asked of it fails with
    /// [`ModelError::UnknownProfile`].
    ///
    /// # Errors
    /// [`ProfileError`], when no HTTP client can be made.
    pub fn none() -> Result<Self, ProfileError> {
        Ok(Self {
            http: http_client()?,
            profiles: BTreeMap::new(),
            default: String::new(),
            by_role: BTreeMap::new(),
            first_pause: Duration::from_millis(250),
        })
    }

    /// The same with another first pause between tries.
    #[must_use]
    pub fn with_first_pause(mut self, pause: Duration) -> Self {
        self.first_pause = pause;
        self
    }

    /// Profile names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// The profile of this name.
    pub fn profile(&self, name: &str) -> Option<&ModelProfile> {
        self.profiles.get(name)
    }

    /// Name of the profile that serves what no other lists.
    pub fn default_profile(&self) -> &str {
        &self.default
    }

    fn pick(&self, role: ModelRole, profile: Option<&str>) -> Result<Named<'_>, ModelError> {
        let name = profile.unwrap_or_else(|| self.by_role.get(&role).unwrap_or(&self.default));
        self.profiles
            .get_key_value(name)
            .map(|(name, profile)| Named { name, profile })
            .ok_or_else(|| ModelError::UnknownProfile { profile: name.to_owned() })
    }

    /// All tries on one profile.
    async fn ask(&self, named: Named<'_>, request: &ModelRequest) -> Result<ModelAnswer, ModelError> {
        let body = wire::chat_body(named.profile, request).map_err(|error| ModelError::Refused {
            profile: named.name.to_owned(),
            status: 0,
            reason: format!("the request cannot be written: {error}"),
        })?;
        let tokens = wire::estimated_tokens(&body);
        let room = named.profile.context_tokens;
        if tokens + u64::from(wire::answer_tokens(named.profile, request)) > room {
            return Err(ModelError::ContextTooSmall { profile: named.name.to_owned(), tokens, limit: room });
        }
        let body = Bytes::from(body);
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(self.first_pause)
            .with_max_delay(Duration::from_secs(8))
            .with_max_times(usize::from(named.profile.retries))
            .with_jitter()
            .build();
        loop {
            let failed = match named.chat(&self.http, body.clone()).await {
                Ok(assembler) => return named.finish(assembler),
                Err(failed) => failed,
            };
            let Some(pause) = pauses.next().filter(|_| failed.again) else { return Err(failed.error) };
            let pause = failed.after.unwrap_or(pause);
            tracing::info!(model.profile = named.name, error = %failed.error, pause_ms = pause.as_millis() as u64, "model call is tried again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn ask_in_time(&self, named: Named<'_>, request: &ModelRequest) -> Result<ModelAnswer, ModelError> {
        let limit = named.profile.timeout();
        tokio::time::timeout(limit, self.ask(named, request))
            .await
            .unwrap_or_else(|_| Err(ModelError::Timeout { profile: named.name.to_owned(), limit }))
    }

    async fn ask_with_fallback(&self, first: Named<'_>, request: &ModelRequest) -> Result<ModelAnswer, ModelError> {
        let mut named = first;
        let mut tried = vec![named.name];
        loop {
            let error = match self.ask_in_time(named, request).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let next = named.profile.fallback.as_deref().and_then(|name| self.profiles.get_key_value(name));
            match next {
                Some((name, profile)) if steps_in(&error) && !tried.contains(&name.as_str()) => {
                    tracing::warn!(model.profile = named.name, model.fallback = name, error = %error, "fallback model steps in");
                    named = Named { name, profile };
                    tried.push(name);
                }
                _ => return Err(error),
            }
        }
    }
}

/// The first profile by name that lists `role`; one that only steps in for another comes last.
fn first_for(profiles: &BTreeMap<String, ModelProfile>, role: ModelRole) -> Option<&str> {
    let steps_in = |name: &str| profiles.values().any(|profile| profile.fallback.as_deref() == Some(name));
    let listing = profiles.iter().filter(|(_, profile)| profile.roles.contains(&role)).map(|(name, _)| name.as_str());
    listing.min_by_key(|name| (steps_in(name), *name))
}

/// Whether another server could do better. A malformed answer stays an error: the
/// engine decides what follows, and the record shows it.
fn steps_in(error: &ModelError) -> bool {
    matches!(
        error,
        ModelError::Unreachable { .. }
            | ModelError::Refused { .. }
            | ModelError::Timeout { .. }
            | ModelError::ContextTooSmall { .. }
    )
}

/// No redirects: a key must not follow one to another host.
fn http_client() -> Result<reqwest::Client, ProfileError> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(10))
        .tcp_nodelay(true)
        .user_agent(concat!("groundwire/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| ProfileError::Client { reason: error.to_string() })
}

#[async_trait]
impl ChatModel for OpenAiModel {
    fn facts(&self, role: ModelRole, profile: Option<&str>) -> Result<ModelFacts, ModelError> {
        let Named { name, profile } = self.pick(role, profile)?;
        Ok(ModelFacts {
            profile: name.to_owned(),
            context_tokens: profile.context_tokens,
            max_tokens: profile.max_tokens,
            honours_tool_choice: profile.honours_tool_choice(),
            honours_schema: profile.json_schema,
        })
    }

    async fn complete(
        &self,
        role: ModelRole,
        request: ModelRequest,
        cancel: &CancellationToken,
    ) -> Result<ModelAnswer, ModelError> {
        let named = self.pick(role, request.profile.as_deref())?;
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(ModelError::Cancelled),
            answer = self.ask_with_fallback(named, &request) => answer,
        }
    }
}

#[cfg(test)]
mod tests;
