//! The caller's own credentials for MCP servers: which servers take one, keeping one, forgetting
//! it. What a credential holds is never told again, to nobody.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::caller::Caller;
use crate::http::Api;
use crate::http::auth::Asker;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::input::Body;
use crate::http::input::PathOf;
use crate::http::openapi::NativeError;
use crate::http::paths;
use crate::http::time::Time;
use crate::vault::Kept;
use crate::vault::Vault;

/// Longest value of a field in bytes.
const MAX_BYTES: usize = 8 * 1024;

/// A credential to keep.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCredential {
    /// All fields of the server with their values: 1 to 8,192 bytes of visible ASCII and spaces.
    #[schema(value_type = BTreeMap<String, String>)]
    pub fields: BTreeMap<String, SecretString>,
}

/// What a server takes of each user, and what the caller has given.
#[derive(Debug, Serialize, ToSchema)]
pub struct Credential {
    /// Configured server name.
    pub server: String,
    /// Names of the fields.
    pub fields: Vec<String>,
    /// `kept`; `missing`: the server cannot be used until it is given; `unreadable`: it has to be
    /// given again, since the sealing key or the fields are others now.
    #[schema(value_type = String)]
    pub state: CredentialState,
    /// When it was given.
    pub kept_at: Option<Time>,
}

/// Whether there is a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialState {
    /// It is used.
    Kept,
    /// It was never given, or was forgotten.
    Missing,
    /// It cannot be used.
    Unreadable,
}

/// All servers that take credentials of their users.
#[derive(Debug, Serialize, ToSchema)]
pub struct CredentialList {
    /// One for each server, by name.
    pub items: Vec<Credential>,
    /// Always null: the list is one page.
    pub next_cursor: Option<String>,
}

/// Servers that take a credential of each user, and whether the caller has given it.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(get, path = paths::CREDENTIALS, operation_id = "list_credentials",
    responses((status = 200, body = CredentialList), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn list(State(api): State<Api>, caller: Caller) -> Result<Json<CredentialList>, ApiError> {
    let mut kept = match &api.app.vault {
        Some(vault) => vault.list(caller.subject()).await?,
        None => BTreeMap::new(),
    };
    let servers = api.app.config.mcp.of_users();
    let items = servers.map(|(name, server)| credential(name, server.user_fields(), kept.remove(name))).collect();
    Ok(Json(CredentialList { items, next_cursor: None }))
}

/// Keeps the caller's credential for a server instead of the one before; calls use it from then on.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(put, path = paths::CREDENTIAL, operation_id = "keep_credential", request_body = NewCredential,
    params(("server" = String, Path, description = "Configured server name")),
    responses((status = 200, body = Credential), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn keep(
    State(api): State<Api>,
    Asker(caller): Asker,
    PathOf(server): PathOf<String>,
    Body(new): Body<NewCredential>,
) -> Result<Json<Credential>, ApiError> {
    let (vault, fields) = taken(&api, &server)?;
    check(&fields, &new.fields)?;
    let kept = vault.keep(caller.subject(), &server, &new.fields, rand::random(), api.app.clock.now()).await?;
    api.app.hub.drop_connection(caller.subject(), &server);
    tracing::info!(upstream.name = %server, by = caller.subject(), "a user's credential was kept");
    Ok(Json(credential(&server, fields, Some(kept))))
}

/// Forgets the caller's credential for a server.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(delete, path = paths::CREDENTIAL, operation_id = "forget_credential",
    params(("server" = String, Path, description = "Configured server name")),
    responses((status = 204), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn forget(
    State(api): State<Api>,
    Asker(caller): Asker,
    PathOf(server): PathOf<String>,
) -> Result<StatusCode, ApiError> {
    let (vault, _) = taken(&api, &server)?;
    if !vault.forget(caller.subject(), &server).await? {
        return Err(ApiError::plain(Code::CredentialNotFound));
    }
    api.app.hub.drop_connection(caller.subject(), &server);
    tracing::info!(upstream.name = %server, by = caller.subject(), "a user's credential was forgotten");
    Ok(StatusCode::NO_CONTENT)
}

/// The vault, and the fields that the server takes.
fn taken<'a>(api: &'a Api, server: &str) -> Result<(&'a Vault, Vec<String>), ApiError> {
    let found = api.app.config.mcp.of_users().find(|(name, _)| *name == server);
    let (Some((_, config)), Some(vault)) = (found, &api.app.vault) else {
        let shown: String = server.chars().take(80).collect();
        let known: Vec<&str> = api.app.config.mcp.of_users().map(|(name, _)| name.as_str()).collect();
        let known = if known.is_empty() { "none does".to_owned() } else { format!("these do: {}", known.join(", ")) };
        let message = format!("no server {shown} takes credentials of its users; {known}");
        return Err(ApiError::new(Code::CredentialsNotTaken, message));
    };
    Ok((vault, config.user_fields()))
}

fn check(wanted: &[String], given: &BTreeMap<String, SecretString>) -> Result<(), ApiError> {
    let refused = |field: &str, problem: &str| {
        let field = format!("fields.{}", field.chars().take(80).collect::<String>());
        Err(ApiError::new(Code::InvalidBody, format!("{field}: {problem}")).param(field))
    };
    for name in wanted {
        let Some(value) = given.get(name) else { return refused(name, "is missing") };
        let value = value.expose_secret();
        if value.trim().is_empty() || value.len() > MAX_BYTES {
            return refused(name, "must have 1 to 8,192 bytes");
        }
        if !value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
            return refused(name, "must be visible ASCII characters and spaces, without a line break");
        }
    }
    match given.keys().find(|name| !wanted.contains(name)) {
        Some(unknown) => refused(unknown, &format!("is none of this server's; it takes {}", wanted.join(", "))),
        None => Ok(()),
    }
}

fn credential(server: &str, fields: Vec<String>, kept: Option<Kept>) -> Credential {
    let same = |kept: &Kept| {
        let mut wanted = fields.clone();
        wanted.sort();
        kept.opens && kept.fields == wanted
    };
    let state = match &kept {
        None => CredentialState::Missing,
        Some(kept) if same(kept) => CredentialState::Kept,
        Some(_) => CredentialState::Unreadable,
    };
    Credential { server: server.to_owned(), fields, state, kept_at: kept.map(|kept| Time(kept.kept_at)) }
}
