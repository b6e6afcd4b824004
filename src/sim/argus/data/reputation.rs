//! What indicator lists of the fictional world hold, from tables. Everything that is not
//! here has no reputation.

use crate::sim::argus::data::catalog::stable_id;
use crate::sim::world;

/// Indicator lists: short name, name.
pub const LISTS: &[(&str, &str)] =
    &[("mnemonic-c2", "Known controllers"), ("phish-feed", "Phishing feed"), ("scan-watch", "Scanners")];

/// One entry of one list.
#[derive(Debug)]
pub struct Indicator {
    /// Domain name or address.
    pub value: &'static str,
    /// `domain` or `ip`.
    pub kind: &'static str,
    /// Short name of the list.
    pub list: &'static str,
    /// From 0 to 1.
    pub confidence: f64,
    /// `active`, `latest` or `old`.
    pub state: &'static str,
    /// Minutes since it was first and last seen.
    pub ages: [i64; 2],
    /// How often it was seen.
    pub observations: u64,
}

impl Indicator {
    /// A UUID that stays.
    #[must_use]
    pub fn id(&self) -> String {
        stable_id("indicator", &format!("{}-{}", self.value, self.list))
    }

    /// Whether it counts for a score.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.state != "old"
    }
}

/// All entries.
#[rustfmt::skip] // a table
pub const INDICATORS: &[Indicator] = &[
    Indicator { value: world::BEACON_DOMAIN, kind: "domain", list: "mnemonic-c2", confidence: 0.9, state: "active", ages: [50_000, 135], observations: 61 },
    Indicator { value: world::BEACON_IP, kind: "ip", list: "mnemonic-c2", confidence: 0.8, state: "active", ages: [50_000, 135], observations: 48 },
    Indicator { value: world::PHISHING_DOMAIN, kind: "domain", list: "phish-feed", confidence: 0.7, state: "active", ages: [8_900, 1_500], observations: 14 },
    Indicator { value: world::PHISHING_IP, kind: "ip", list: "phish-feed", confidence: 0.4, state: "latest", ages: [8_900, 6_000], observations: 5 },
    Indicator { value: world::SCANNER_IP, kind: "ip", list: "scan-watch", confidence: 0.3, state: "active", ages: [500_000, 60], observations: 1_204 },
    Indicator { value: world::BEACON_DOMAIN, kind: "domain", list: "phish-feed", confidence: 0.2, state: "old", ages: [400_000, 300_000], observations: 2 },
];

/// Scores that people set: value, score, reason.
pub const OVERRIDES: &[(&str, f64, &str)] =
    &[(world::SCANNER_IP, 0.0, "Research scanner, harmless by decision of the analysts")];
