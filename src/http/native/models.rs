//! The model profiles as they are configured, without what is secret about them.

use axum::Json;
use axum::extract::State;
use http::Uri;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::caller::Caller;
use crate::http::Api;
use crate::http::error::ApiError;
use crate::http::openapi::NativeError;
use crate::http::paths;

/// All model profiles.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelList {
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
    /// What a probe found out. Null: none was made by this process; `groundwire check` makes one.
    #[schema(value_type = Option<Object>)]
    pub probe: Option<Value>,
}

/// The model profiles.
///
/// # Errors
/// See [`crate::http::error::Code`].
#[utoipa::path(get, path = paths::MODEL_PROFILES, operation_id = "list_model_profiles",
    responses((status = 200, body = ModelList), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn list(State(api): State<Api>, _caller: Caller) -> Result<Json<ModelList>, ApiError> {
    let items = api.app.config.models.0.iter().map(|(id, profile)| ModelProfile {
        id: id.clone(),
        model: profile.model.clone(),
        base_url_host: host(&profile.base_url),
        roles: profile.roles.iter().map(|role| role.as_str()).collect(),
        context_tokens: profile.context_tokens,
        tool_choice: serde_json::to_value(profile.tool_choice).unwrap_or_default(),
        json_schema: profile.json_schema,
        fallback: profile.fallback.clone(),
        probe: None,
    });
    Ok(Json(ModelList { items: items.collect(), next_cursor: None }))
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
