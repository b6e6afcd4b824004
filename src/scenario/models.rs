//! Which models a scenario may run with: each behaviour of the simulated one, and the
//! profiles of a configuration with the secrets they name. Starts nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::Config;
use crate::config::limits::LimitsConfig;
use crate::config::models::ModelConfig;
use crate::config::secret::SecretRef;
use crate::scenario::load::knows_behaviour;
use crate::scenario::world::Model;
use crate::sim::model::behaviour::Behaviour;
use crate::sim::model::behaviour::PREFIX;

/// A name that means no model.
#[derive(Debug, thiserror::Error)]
pub enum UnknownModel {
    /// `sim/` and no behaviour.
    #[error("the simulated model has no behaviour {name}; it has {}", known.join(", "))]
    Behaviour {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// No profile.
    #[error("no model profile {name}; the configuration has {known}, and sim/<behaviour> needs none")]
    Profile {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
}

/// The models that scenarios may run with. Without profiles: the simulated one.
#[derive(Clone, Default)]
pub struct ModelChoice {
    models: BTreeMap<String, ModelConfig>,
    limits: LimitsConfig,
    variables: Arc<Vec<(String, String)>>,
}

impl ModelChoice {
    /// Those of a configuration. Of the environment only what its profiles name is kept.
    pub fn of(config: &Config, variables: &[(String, String)]) -> Self {
        let models = config.models.0.clone();
        let named = |name: &String| {
            let mut keys = models.values().filter_map(|model| model.api_key.as_ref());
            keys.any(|key| matches!(key, SecretRef::Env(variable) if variable == name))
        };
        let variables = variables.iter().filter(|(name, _)| named(name)).cloned().collect();
        Self { limits: config.limits.clone(), variables: Arc::new(variables), models }
    }

    /// Every name: behaviours first, then profiles.
    pub fn names(&self) -> Vec<String> {
        let behaviours = Behaviour::ALL.iter().map(|behaviour| format!("{PREFIX}{}", behaviour.name()));
        behaviours.chain(self.models.keys().cloned()).collect()
    }

    /// The model that a name means.
    ///
    /// # Errors
    /// [`UnknownModel`], with what there is.
    pub fn named(&self, name: &str) -> Result<Model, UnknownModel> {
        if let Some(behaviour) = name.strip_prefix(PREFIX) {
            if !knows_behaviour(behaviour) {
                let known = Behaviour::ALL.iter().map(|behaviour| behaviour.name()).collect();
                return Err(UnknownModel::Behaviour { name: short(behaviour), known });
            }
            return Ok(Model::Simulated(behaviour.to_owned()));
        }
        if !self.models.contains_key(name) {
            let known: Vec<&str> = self.models.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(UnknownModel::Profile { name: short(name), known });
        }
        Ok(Model::Configured {
            profile: name.to_owned(),
            models: self.models.clone(),
            limits: self.limits.clone(),
            variables: Arc::clone(&self.variables),
        })
    }
}

/// A name of any length, for a message.
fn short(name: &str) -> String {
    name.chars().take(80).collect()
}
