//! What a running tool can reach: the REST client and the settings.
//!
//! Also the steps that tools share between a checked request and an outcome.

use std::sync::Arc;

use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::client::RestAnswer;
use crate::servers::argus::client::RestClient;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::config::ArgusConfig;
use crate::servers::argus::config::ConfigError;
use crate::servers::argus::error::Failure;
use crate::servers::argus::outcome::Outcome;

/// Shared by all tools of one server.
#[derive(Clone)]
pub struct Backend {
    client: RestClient,
    /// The settings.
    pub config: Arc<ArgusConfig>,
}

impl Backend {
    /// Builds the client.
    ///
    /// # Errors
    /// [`ConfigError`] if the settings do not make a client.
    pub fn new(config: ArgusConfig) -> Result<Self, ConfigError> {
        Ok(Self { client: RestClient::new(&config)?, config: Arc::new(config) })
    }

    /// Makes one REST call.
    ///
    /// # Errors
    /// [`Failure`] with what Argus said.
    pub async fn send(&self, request: &RestRequest) -> Result<RestAnswer, Failure> {
        self.client.send(request).await
    }

    /// Fetches one object.
    ///
    /// # Errors
    /// [`Failure`] with what Argus said, `NOT_FOUND` for an empty answer.
    pub async fn single(&self, request: &RestRequest) -> Result<Outcome, Failure> {
        Outcome::single(self.send(request).await?)
    }

    /// Fetches one page; `checked` holds the limit and offset that were asked for.
    ///
    /// # Errors
    /// [`Failure`] with what Argus said.
    pub async fn page(&self, request: &RestRequest, checked: &Map<String, Value>) -> Result<Outcome, Failure> {
        let number = |name: &str| checked.get(name).and_then(Value::as_u64).unwrap_or(0);
        let sent = (number("offset"), number("limit"));
        Outcome::list(self.send(request).await?, sent, false)
    }
}

/// A checked whole number as the text of a path segment; the field is required,
/// so the table has made sure of it.
pub fn path_number(checked: &Map<String, Value>, name: &str) -> String {
    checked.get(name).and_then(Value::as_i64).unwrap_or_default().to_string()
}
