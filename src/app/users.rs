//! Servers to which each user brings credentials of their own: what the vault holds is filled into
//! the server's transport, beside what the operator has configured.

use std::sync::Arc;

use crate::app::AppError;
use crate::app::upstreams::Given;
use crate::app::upstreams::Means;
use crate::app::upstreams::filling;
use crate::app::upstreams::pool_settings;
use crate::config::mcp::McpServerConfig;
use crate::domain::caller::Caller;
use crate::mcp::credentials::Credentials;
use crate::mcp::credentials::Fields;
use crate::mcp::credentials::NoCredential;
use crate::mcp::limits::UpstreamLimits;
use crate::mcp::pool::Bringing;
use crate::mcp::pool::Pool;
use crate::vault::Vault;
use crate::vault::VaultError;
use async_trait::async_trait;

/// Credentials out of the vault, with the fields that each server takes now.
struct Kept {
    vault: Arc<Vault>,
    fields: Vec<String>,
}

#[async_trait]
impl Credentials for Kept {
    async fn of(&self, caller: &Caller, server: &str) -> Result<Fields, NoCredential> {
        let how = format!("under \"My credentials\" in the portal, or with PUT /api/credentials/{server}");
        let fields = match self.vault.open(caller.subject(), server).await {
            Ok(Some(fields)) => fields,
            Ok(None) => return Err(NoCredential::Missing(format!("it needs a credential of your own; give it {how}"))),
            Err(VaultError::Store(error)) => {
                tracing::warn!(upstream.name = server, error.kind = error.kind(), "a user's credential cannot be read");
                return Err(NoCredential::Unknown("your credential for it cannot be read now".to_owned()));
            }
            Err(_) => {
                return Err(NoCredential::Missing(format!(
                    "your credential for it cannot be opened any more; give it again {how}"
                )));
            }
        };
        if self.fields.len() != fields.len() || self.fields.iter().any(|name| !fields.contains_key(name)) {
            return Err(NoCredential::Missing(format!(
                "it wants other fields than the credential that you gave; give it again {how}"
            )));
        }
        Ok(fields)
    }
}

/// The connections of all users to one server.
///
/// # Errors
/// [`AppError::Server`] when the server could not be reached with any credential.
pub(super) fn pool(
    name: &str,
    server: &McpServerConfig,
    given: Given,
    limits: UpstreamLimits,
    means: &Means,
    vault: &Arc<Vault>,
) -> Result<Pool, AppError> {
    let (fields, fill) = (server.user_fields(), filling(server, given, means));
    let settings = pool_settings(name, server, limits, (fill, fields.clone()), Bringing::Kept)?;
    Ok(Pool::new(settings, Arc::new(Kept { vault: Arc::clone(vault), fields }), Arc::clone(&means.clock)))
}
