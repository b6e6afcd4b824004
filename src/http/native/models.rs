//! The model profiles as they are configured, without what is secret about them, and what a
//! probe finds out about their servers.

use std::time::Duration;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use http::Uri;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::caller::Caller;
use crate::domain::probe::Probed;
use crate::http::Api;
use crate::http::auth::Engineer;
use crate::http::error::ApiError;
use crate::http::input::PathOf;
use crate::http::openapi::NativeError;
use crate::http::paths;
use crate::http::time::Time;

/// All model profiles.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelProfileList {
    /// Profiles, sorted by name.
    pub items: Vec<ModelProfile>,
    /// Always null: the list is one page.
    pub next_cursor: Option<String>,
}

/// One model profile.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelProfile {
    /// Name of the profile; what a request may name as its model.
    pub id: String,
    /// Model name at the server.
    pub model: String,
    /// Host and port of the server; nothing else of its address.
    pub base_url_host: String,
    /// What it serves: `draft`, `judge`, `route`.
    pub roles: Vec<&'static str>,
    /// Context in tokens.
    pub context_tokens: u64,
    /// Forms of `tool_choice` that are sent to it: `auto`, `required`, `named`.
    #[schema(value_type = String)]
    pub tool_choice: Value,
    /// Whether answers under a JSON schema are asked of it.
    pub json_schema: bool,
    /// Profile that steps in when this one cannot be used.
    pub fallback: Option<String>,
    /// What was last found out about the model that it means now. Null: nothing yet; `groundwire
    /// check` and `POST /api/models/{id}/probe` find out.
    pub probe: Option<Probe>,
}

/// What a probe found out. Null: the point could not be tried.
#[derive(Debug, Serialize, ToSchema)]
pub struct Probe {
    /// When the probe ended.
    pub at: Time,
    /// The server answers at all.
    pub reachable: bool,
    /// A plain question gets an answer.
    pub answers: bool,
    /// The profile's model is among those that the server lists.
    pub model_listed: Option<bool>,
    /// Models that the server lists, at most 200.
    pub models: Vec<String>,
    /// It streams with a finish reason.
    pub streaming: Option<bool>,
    /// It tells token counts in the stream.
    pub usage: Option<bool>,
    /// `tool_choice: "auto"` gives a proper call where one is needed.
    pub auto_calls: Option<bool>,
    /// `tool_choice: "required"` gives a call where none is needed.
    pub required_honoured: Option<bool>,
    /// A named choice gives a call of that tool where another fits better.
    pub named_honoured: Option<bool>,
    /// Two calls in one answer.
    pub parallel_calls: Option<bool>,
    /// Output under a JSON schema keeps to it.
    pub json_schema_honoured: Option<bool>,
    /// Field in which thinking arrives, `content` when inside `<think>`. Null: none was seen.
    pub reasoning_field: Option<String>,
    /// What went wrong, in order.
    pub problems: Vec<String>,
}

impl From<Probed> for Probe {
    fn from(probed: Probed) -> Self {
        let report = probed.report;
        Self {
            at: Time(probed.at),
            reachable: report.reachable,
            answers: report.answers,
            model_listed: report.model_listed,
            models: report.models,
            streaming: report.streaming,
            usage: report.usage,
            auto_calls: report.auto_calls,
            required_honoured: report.required_honoured,
            named_honoured: report.named_honoured,
            parallel_calls: report.parallel_calls,
            json_schema_honoured: report.json_schema_honoured,
            reasoning_field: report.reasoning_field,
            problems: report.problems,
        }
    }
}

/// The model profiles.
///
/// # Errors
/// See [`crate::http::error::Code`].
#[utoipa::path(get, path = paths::MODEL_PROFILES, operation_id = "list_model_profiles",
    responses((status = 200, body = ModelProfileList), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn list(State(api): State<Api>, _caller: Caller) -> Result<Json<ModelProfileList>, ApiError> {
    // The profiles are known without the database; findings are left out where it cannot be read.
    let mut probes = api.app.probed().await.unwrap_or_else(|error| {
        tracing::warn!(error = %error, "what probes found cannot be read");
        BTreeMap::new()
    });
    let items = api.app.config.models.0.iter().map(|(id, profile)| ModelProfile {
        id: id.clone(),
        model: profile.model.clone(),
        base_url_host: host(&profile.base_url),
        roles: profile.roles.iter().map(|role| role.as_str()).collect(),
        context_tokens: profile.context_tokens,
        tool_choice: serde_json::to_value(profile.tool_choice).unwrap_or_default(),
        json_schema: profile.json_schema,
        fallback: profile.fallback.clone(),
        probe: probes.remove(id).map(Probe::from),
    });
    Ok(Json(ModelProfileList { items: items.collect(), next_cursor: None }))
}

/// Probes a profile now: a handful of small requests to its server, at most as long as a turn.
/// What is found is kept. A server that does not answer is a finding and no error.
///
/// # Errors
/// See [`crate::http::error::Code`].
#[utoipa::path(post, path = paths::MODEL_PROBE, operation_id = "probe_model",
    params(("id" = String, Path, description = "Name of the profile")),
    responses((status = 200, body = Probe), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn probe(
    State(api): State<Api>,
    Engineer(caller): Engineer,
    PathOf(name): PathOf<String>,
) -> Result<Json<Probe>, ApiError> {
    let within = Duration::from_secs(api.app.config.limits.turn_seconds);
    let probed = api.app.probe(&name, within).await?;
    tracing::info!(model.profile = name, by = caller.subject(), "a model was probed");
    Ok(Json(probed.into()))
}

/// Host and port of a URL; credentials, path and query stay behind.
fn host(url: &str) -> String {
    let Ok(uri) = url.parse::<Uri>() else { return String::new() };
    match (uri.host(), uri.port_u16()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn of_an_address_only_host_and_port_are_told() {
        for (url, told) in [
            ("http://127.0.0.1:8000/v1", "127.0.0.1:8000"),
            ("https://user:secret@models.example.org/v1?key=secret", "models.example.org"),
            ("http://[2001:db8::1]:8000/v1", "[2001:db8::1]:8000"),
            ("no url", ""),
        ] {
            assert_eq!(host(url), told);
        }
    }
}
