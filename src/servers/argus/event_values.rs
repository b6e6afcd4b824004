//! The allowed values of the event family, as Argus spells them.
//!
//! Schemas, checks and value-list tools all read them here.

/// The tools whose values an event search takes.
pub const VALUE_TOOLS: &[&str] = &["listAllowedEventFlags", "listAllowedEndpointFlags", "listAllowedEventSortBy"];

/// Event severities.
pub const SEVERITIES: &[&str] = &["low", "medium", "high", "critical"];

/// Time fields a range is compared with.
pub const TIME_FIELDS: &[&str] =
    &["created", "lastUpdated", "firstAssessment", "enginePersisted", "firstEvent", "lastEvent", "published", "all"];

/// Event flags.
pub const FLAGS: &[&str] = &[
    "established",
    "blocked",
    "partiallyBlocked",
    "snapshot",
    "finalized",
    "falsePositive",
    "notAThreat",
    "tuningCandidate",
    "notified",
    "notifiedUnpublished",
    "notifiedDeleted",
    "followup",
    "partiallyNotified",
    "identifiedThreat",
    "threatCandidate",
    "acknowledged",
    "partiallyAcknowledged",
    "severityAdjusted",
    "commented",
    "filtered",
    "checked",
    "incompleteDetails",
    "aggregatedBaseEvent",
    "remoteStorage",
    "hasDetails",
    "hasPayload",
    "hasPcap",
    "associatedToCaseByFilter",
    "severityIncreasedByFilter",
    "severityReducedByFilter",
    "createdByAnalysisFilter",
    "extendEventTtl",
    "initialTuning",
    "postAnalysis",
    "partialSslTerminated",
    "sslTerminated",
    "autoReport",
    "missingTimestamp",
    "clockOutOfSync",
    "dropAnalysis",
    "escalatedByReputation",
    "hasSample",
    "storeEvent",
    "storeAggregated",
    "handledByAnalyst",
    "slaViolation",
    "payloadTruncated",
    "hasStringPayload",
    "reassessed",
    "eventFromOtEnvironment",
    "eventFromRestrictedItEnvironment",
    "failure",
];

/// Flags of an event's source or destination.
pub const ENDPOINT_FLAGS: &[&str] = &["isCustomerNet", "isPartialCustomerNet", "customAggregation", "isManagedBySoc"];

/// Sort fields of the event search.
pub const SORT_FIELDS: &[&str] =
    &["customerID", "eventID", "createdTimestamp", "lastUpdatedTimestamp", "firstEventTimestamp", "lastEventTimestamp"];

/// Fields by which statistics group.
pub const GROUP_FIELDS: &[&str] = &[
    "signature",
    "attackCategory",
    "alarm",
    "location",
    "severity",
    "sourceIP",
    "destinationIP",
    "protocol",
    "customer",
    "sourceCountry",
    "destinationCountry",
    "associatedCase",
];

/// Times of an event that a timeline counts by.
pub const TIMELINE_FIELDS: &[&str] =
    &["created", "lastUpdated", "firstAssessment", "enginePersisted", "firstEvent", "lastEvent"];

/// Lengths of the buckets of a timeline.
pub const RESOLUTIONS: &[&str] = &["minutes", "hours", "days", "weeks", "months", "years"];
