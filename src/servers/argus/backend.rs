//! What a running tool can reach: the REST client, the settings, and the little
//! that tools remember between calls.

use std::sync::Arc;

use crate::servers::argus::client::RestAnswer;
use crate::servers::argus::client::RestClient;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::config::ApiKey;
use crate::servers::argus::config::ArgusConfig;
use crate::servers::argus::config::ConfigError;
use crate::servers::argus::error::Failure;
use crate::servers::argus::tools::datastore::Descriptors;
use crate::servers::argus::tools::metric::Names;
use crate::servers::argus::tools::reputation::Generation;

/// Shared by all tools of one server.
#[derive(Clone)]
pub struct Backend {
    client: RestClient,
    /// The settings.
    pub config: Arc<ArgusConfig>,
    /// What is remembered.
    pub memory: Arc<Memory>,
}

/// What tools remember between calls. No Argus data of anybody's.
#[derive(Default)]
pub struct Memory {
    /// Datastore descriptors, for a minute each.
    pub descriptors: Descriptors,
    /// Key and value names of the metric; empty if they could not be read.
    pub metric_names: tokio::sync::OnceCell<Option<Names>>,
    /// The generation of the reputation service that answered.
    pub reputation: std::sync::OnceLock<Generation>,
}

impl Backend {
    /// Builds the client.
    ///
    /// # Errors
    /// [`ConfigError`] if the settings do not make a client.
    pub fn new(config: ArgusConfig) -> Result<Self, ConfigError> {
        Ok(Self { client: RestClient::new(&config)?, config: Arc::new(config), memory: Arc::default() })
    }

    /// The same backend for the holder of another key: nothing that one key brought to
    /// light is remembered for another.
    pub fn with_key(&self, key: ApiKey) -> Self {
        Self { client: self.client.with_key(key), config: Arc::clone(&self.config), memory: Arc::default() }
    }

    /// Makes one REST call.
    ///
    /// # Errors
    /// [`Failure`] with what Argus said.
    pub async fn send(&self, request: &RestRequest) -> Result<RestAnswer, Failure> {
        self.client.send(request).await
    }
}
