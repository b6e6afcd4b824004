//! What was last found out about each model profile: one row a profile, the last one counts.

use crate::domain::probe::Probed;
use crate::engine::ports::StoreError;
use crate::store::Store;
use crate::store::rows;

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredProbe {
    /// Name of the profile.
    pub profile: String,
    /// Digest of what was probed.
    pub target: String,
    /// What was found.
    pub probed: Probed,
}

impl Store {
    /// Keeps a finding instead of the one before.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn keep_probe(&self, profile: &str, target: &str, probed: &Probed) -> Result<(), StoreError> {
        let sql = "insert into model_probes (profile, target_digest, probed_at, report_json) values ($1, $2, $3, $4) \
            on conflict (profile) do update set target_digest = excluded.target_digest, \
                probed_at = excluded.probed_at, report_json = excluded.report_json";
        let values = vec![
            rows::plain(profile).as_ref().into(),
            target.into(),
            probed.at.as_microsecond().into(),
            rows::json("report", &probed.report)?.into(),
        ];
        self.database.execute(sql, values).await.map(drop)
    }

    /// All findings.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Corrupt`].
    pub async fn probes(&self) -> Result<Vec<StoredProbe>, StoreError> {
        let sql = "select profile, target_digest, probed_at, report_json from model_probes order by profile";
        let found = self.database.fetch(sql, Vec::new()).await?;
        found
            .iter()
            .map(|row| {
                Ok(StoredProbe {
                    profile: row.text("profile")?,
                    target: row.text("target_digest")?,
                    probed: Probed {
                        at: rows::time(row.int("probed_at")?)?,
                        report: rows::parsed("report", &row.text("report_json")?)?,
                    },
                })
            })
            .collect()
    }
}
