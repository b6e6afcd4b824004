//! Probing the model profiles of a gateway, and what was last found of each. One probe of a
//! profile at a time; what it finds is kept with a digest of what was probed, so that it is
//! not shown for a profile that has come to mean another model.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use crate::app::App;
use crate::domain::probe::Probed;
use crate::engine::fingerprint::digest;
use crate::engine::ports::StoreError;
use crate::llm::probe::probe;
use crate::llm::profile::ModelProfile;

/// Why there is no finding.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// No such profile.
    #[error("no model profile {name}; known are: {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The profile is being probed.
    #[error("model profile {0} is being probed")]
    Running(String),
    /// What was found could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The profiles that are being probed.
#[derive(Debug, Default)]
pub struct Probing(Arc<Mutex<HashSet<String>>>);

/// A profile's place among them; free again when dropped.
struct Place {
    taken: Arc<Mutex<HashSet<String>>>,
    name: String,
}

impl Probing {
    fn enter(&self, name: &str) -> Option<Place> {
        let taken = Arc::clone(&self.0);
        let free = taken.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        free.then(|| Place { taken, name: name.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

impl App {
    /// Probes a profile now and keeps what it finds. Takes no longer than `within`.
    ///
    /// # Errors
    /// See [`ProbeError`]. A server that cannot be reached is a finding.
    pub async fn probe(&self, name: &str, within: Duration) -> Result<Probed, ProbeError> {
        let profile = self.model.profile(name).ok_or_else(|| ProbeError::Unknown {
            name: name.chars().take(80).collect(),
            known: self.model.names().map(str::to_owned).collect(),
        })?;
        let _place = self.probing.enter(name).ok_or_else(|| ProbeError::Running(name.to_owned()))?;
        let report = probe(name, profile, within).await;
        let probed = Probed { at: self.clock.now(), report };
        self.store.keep_probe(name, &target(profile), &probed).await?;
        Ok(probed)
    }

    /// What was last found of each profile as it is now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn probed(&self) -> Result<BTreeMap<String, Probed>, StoreError> {
        let kept = self.store.probes().await?;
        let current = |name: &str, of: &str| self.model.profile(name).is_some_and(|profile| target(profile) == of);
        Ok(kept
            .into_iter()
            .filter(|kept| current(&kept.profile, &kept.target))
            .map(|kept| (kept.profile, kept.probed))
            .collect())
    }
}

/// What a finding is about. A digest, since an address may hold credentials.
fn target(profile: &ModelProfile) -> String {
    digest(format!("{}\n{}", profile.base_url, profile.model).as_bytes())
}
