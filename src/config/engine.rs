//! `[grounding]`: how drafts are judged.

use serde::Deserialize;
use serde::Serialize;

use crate::config::error::ConfigError;

/// When the judge is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judge {
    /// For every draft that the checker did not already stop.
    #[default]
    Always,
    /// Only when the checker left a claim open.
    WhenUndecided,
    /// Never; what the checker cannot tell then counts as unsupported.
    Never,
}

/// How answer text is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// After the full check.
    #[default]
    Whole,
}

/// How drafts are judged.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GroundingConfig {
    /// When the judge is asked.
    pub judge: Judge,
    /// How answer text is released; `whole` is the only way so far.
    pub release: Release,
    /// IANA name of the zone for times without a label.
    pub time_zone: String,
    /// Folder with prompt files that replace the embedded ones of the same name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompts: Option<String>,
}

impl Default for GroundingConfig {
    fn default() -> Self {
        Self { judge: Judge::Always, release: Release::Whole, time_zone: "UTC".to_owned(), prompts: None }
    }
}

impl GroundingConfig {
    /// The zone.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for a name the time zone database does not know.
    pub fn zone(&self) -> Result<jiff::tz::TimeZone, ConfigError> {
        jiff::tz::TimeZone::get(&self.time_zone).map_err(|_| {
            ConfigError::invalid(
                "grounding.time_zone",
                format!("no time zone {}; use an IANA name such as Europe/Oslo", self.time_zone),
            )
        })
    }
}
