//! The allowed values of the asset family, as Argus spells them.
//!
//! Schemas, checks and value-list tools all read them here.

/// The asset types that can be searched.
pub const DEFINITIONS: &[&str] = &["HostAsset", "QualysHostAsset"];

/// What criticality is about.
pub const DIMENSIONS: &[&str] = &["confidentiality", "availability", "integrity"];

/// Levels of criticality.
pub const LEVELS: &[&str] = &["unknown", "low", "medium", "high", "critical"];

/// Severities of a vulnerability.
pub const SEVERITIES: &[&str] = &["info", "low", "medium", "high", "critical"];

/// What became of a vulnerability.
pub const RESOLUTIONS: &[&str] =
    &["unresolved", "accepted", "temporarilyAccepted", "falsePositive", "serviceNotAvailable", "noLongerVulnerable"];

/// Where keywords are looked for.
pub const KEYWORD_FIELDS: &[&str] = &[
    "all",
    "assetAll",
    "shortName",
    "name",
    "description",
    "vulnerabilityDefinitionAll",
    "references",
    "vulnerabilityID",
    "vulnerabilityName",
];

/// Time fields a range is compared with.
pub const TIME_FIELDS: &[&str] = &[
    "all",
    "assetAll",
    "firstSeenTimestamp",
    "lastSeenTimestamp",
    "lastScanTimestamp",
    "createdTimestamp",
    "lastUpdatedTimestamp",
    "deletedTimestamp",
    "expireTimestamp",
    "vulnerabilityAll",
    "vulnerabilityResolutionTimestamp",
    "vulnerabilityResolutionExpiryTimestamp",
    "vulnerabilityFirstSeenTimestamp",
    "vulnerabilityLastSeenTimestamp",
    "vulnerabilityExpireTimestamp",
    "vulnerabilityCreatedTimestamp",
    "vulnerabilityLastUpdatedTimestamp",
    "vulnerabilityDeletedTimestamp",
    "exploitAvailable",
];

/// Roles in which a user appears.
pub const USER_FIELDS: &[&str] =
    &["all", "firstSeenByUser", "lastSeenByUser", "createdByUser", "lastUpdatedByUser", "deletedByUser", "owner"];

/// Asset flags.
pub const FLAGS: &[&str] = &["deleted", "hasHighVulnerability", "hasCriticalVulnerability", "exploitAvailable"];

/// Sort fields of the asset search.
pub const SORT_FIELDS: &[&str] = &[
    "id",
    "customerID",
    "shortName",
    "name",
    "ownerID",
    "firstSeenTimestamp",
    "lastSeenTimestamp",
    "lastScanTimestamp",
    "createdTimestamp",
    "lastUpdatedTimestamp",
    "deletedTimestamp",
    "totalCVSS",
    "vulnerabilitiesCount",
];

/// Fields by which statistics group.
pub const GROUP_FIELDS: &[&str] = &["customer", "assetGroup", "assetDefinition"];

/// Times of an asset that a timeline counts by.
pub const TIMELINE_FIELDS: &[&str] = &["created", "deleted", "lastSeen", "lastUpdated"];

/// Lengths of the buckets of a timeline.
pub const TIMELINE_RESOLUTIONS: &[&str] = &["day", "hour", "week", "month", "year"];

/// Numbers of an asset that statistics are made of.
pub const NUMBER_FIELDS: &[&str] = &["vulnerabilities", "cvss"];
