//! Vulnerabilities of machines: a table of made-up findings, and which of them a machine
//! has. Sums and flags of an asset follow from the ones that are not resolved.

use crate::sim::argus::data::Dice;

const DAY: i64 = 86_400_000;

/// A weakness that scanners look for.
#[derive(Debug)]
pub struct Definition {
    /// Identifier at the scanner.
    pub id: &'static str,
    /// What it is.
    pub name: &'static str,
    /// Public reference.
    pub reference: &'static str,
    /// `info`, `low`, `medium`, `high` or `critical`.
    pub severity: &'static str,
    /// Base score.
    pub cvss: f64,
    /// A program that uses it is in circulation.
    pub exploited: bool,
}

#[rustfmt::skip] // a table
const DEFINITIONS: &[Definition] = &[
    define("QID-38170", "Certificate expires within thirty days", "CWE-298", "info", 0.0, false),
    define("QID-70000", "Names of users can be listed without sign-in", "CWE-200", "low", 3.1, false),
    define("QID-38601", "Old transport encryption is accepted", "CVE-2011-3389", "low", 3.7, false),
    define("QID-90783", "Remote desktop without network level authentication", "CWE-287", "medium", 5.9, false),
    define("QID-91534", "Archive tool runs a file beside the one opened", "CVE-2023-38831", "high", 7.8, true),
    define("QID-92110", "Shortcut file passes the warning of the shell", "CVE-2024-21412", "high", 8.1, true),
    define("QID-376157", "Logging library looks up names in log texts", "CVE-2021-44228", "critical", 10.0, true),
    define("QID-38909", "Secure shell server accepts short keys", "CWE-326", "medium", 4.8, false),
    define("QID-43210", "Firewall management page leaks memory", "CVE-2023-27997", "critical", 9.8, true),
    define("QID-105459", "Operating system is not supported any more", "CWE-1104", "high", 7.5, false),
    define("QID-11827", "Web server leaves out security headers", "CWE-693", "low", 2.6, false),
    define("QID-150122", "Imaging service accepts files without sign-in", "CWE-306", "high", 8.6, false),
    define("QID-91680", "Print service loads drivers of strangers", "CVE-2021-34527", "high", 8.8, true),
    define("QID-45038", "Time stamps of the host can be read", "CWE-204", "info", 0.0, false),
    define("QID-378332", "Compression library reads past the end", "CVE-2023-45853", "medium", 5.3, false),
    define("QID-92045", "Mail client shows links as other links", "CVE-2023-35636", "medium", 6.5, false),
];

const fn define(
    id: &'static str,
    name: &'static str,
    reference: &'static str,
    severity: &'static str,
    cvss: f64,
    exploited: bool,
) -> Definition {
    Definition { id, name, reference, severity, cvss, exploited }
}

/// What became of a weakness that is not open any more.
const CLOSED: &[&str] =
    &["accepted", "temporarilyAccepted", "falsePositive", "serviceNotAvailable", "noLongerVulnerable"];

/// A weakness of one machine.
#[derive(Clone, Debug)]
pub struct Vulnerability {
    /// What it is.
    pub definition: &'static Definition,
    /// `unresolved`, or what became of it.
    pub resolution: &'static str,
    /// When it was first seen, in milliseconds.
    pub first_seen: i64,
    /// When it was last seen.
    pub last_seen: i64,
    /// When it was resolved; 0 while it is open.
    pub resolved: i64,
}

impl Vulnerability {
    /// Whether it counts for the machine.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.resolution == "unresolved"
    }

    /// One of its times, in milliseconds; 0 where it is not set.
    #[must_use]
    pub fn time(&self, field: &str) -> i64 {
        match field {
            "vulnerabilityFirstSeenTimestamp" | "vulnerabilityCreatedTimestamp" => self.first_seen,
            "vulnerabilityLastSeenTimestamp" => self.last_seen,
            "vulnerabilityLastUpdatedTimestamp" => self.last_seen.max(self.resolved),
            "vulnerabilityResolutionTimestamp" => self.resolved,
            "vulnerabilityResolutionExpiryTimestamp" if self.resolution == "temporarilyAccepted" => {
                self.resolved + 90 * DAY
            }
            _ => 0,
        }
    }
}

/// The weaknesses of one machine: up to `most`, a fifth of them resolved, some not seen for long.
pub fn of_machine(dice: &mut Dice, most: u64, now: i64) -> Vec<Vulnerability> {
    let many = dice.below(most + 1);
    let mut found: Vec<Vulnerability> = Vec::new();
    for _ in 0..many {
        let definition = dice.pick(DEFINITIONS);
        let first_seen = now - DAY - days(dice, 200);
        let resolution = if dice.below(5) == 0 { *dice.pick(CLOSED) } else { "unresolved" };
        let age = if dice.below(10) == 0 { 35 * DAY + days(dice, 60) } else { days(dice, 6) };
        let last_seen = (now - age).max(first_seen);
        let resolved = if resolution == "unresolved" { 0 } else { last_seen };
        if found.iter().all(|other| other.definition.id != definition.id) {
            found.push(Vulnerability { definition, resolution, first_seen, last_seen, resolved });
        }
    }
    found
}

/// A random length of less than `most` days.
fn days(dice: &mut Dice, most: u64) -> i64 {
    i64::try_from(dice.below(most * DAY.unsigned_abs())).unwrap_or(0)
}
