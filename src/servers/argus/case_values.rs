//! The allowed values of the case family, as Argus spells them.
//!
//! Schemas, checks and value-list tools all read them here.

/// The tools whose values a case search takes.
pub const VALUE_TOOLS: &[&str] = &[
    "listAllowedCaseFlags",
    "listAllowedCaseServiceFlags",
    "listAllowedCaseWorkflows",
    "listAllowedCaseSortBy",
    "listAllowedCaseFields",
    "listAllowedCaseServices",
    "listAllowedCaseCategories",
];

/// Case types; `information` is the documented spelling of `informational`.
pub const TYPES: &[&str] = &["securityIncident", "operationalIncident", "information", "informational", "change"];

/// Spellings that Argus knows under another name.
pub const TYPES_SENT_AS: &[(&str, &str)] = &[("information", "informational")];

/// Case statuses.
pub const STATUSES: &[&str] =
    &["pendingCustomer", "pendingSoc", "pendingVendor", "workingSoc", "workingCustomer", "pendingClose", "closed"];

/// Case priorities.
pub const PRIORITIES: &[&str] = &["low", "medium", "high", "critical"];

/// Where keywords are looked for.
pub const KEYWORD_FIELDS: &[&str] = &["subject", "description", "comments", "customerReference", "id", "all"];

/// Time fields a range is compared with.
pub const TIME_FIELDS: &[&str] = &[
    "createdTimestamp",
    "lastUpdatedTimestamp",
    "closedTimestamp",
    "publishedTimestamp",
    "customerDueTimestamp",
    "techDueTimestamp",
    "all",
];

/// Roles in which a user appears.
pub const USER_FIELDS: &[&str] = &[
    "reporter",
    "assignedUser",
    "assignedTech",
    "createdByUser",
    "lastUpdatedByUser",
    "closedByUser",
    "publishedByUser",
    "commentedByUser",
    "watchedByUser",
    "all",
];

/// Access modes.
pub const ACCESS_MODES: &[&str] = &["roleBased", "readRestricted", "writeRestricted", "explicit"];

/// Case flags.
pub const FLAGS: &[&str] = &[
    "DELETED",
    "EXTERNAL_SYNC",
    "HAS_ATTACHMENT",
    "INTERNAL",
    "MAIL_UPDATE",
    "MERGED",
    "NOTIFIED",
    "PUBLISHED",
    "SUBMITTED_BY_ANONYMOUS_USER",
    "SUBMITTED_BY_OTHER_USER",
    "DEFAULT_CONTACTS",
    "DESCRIPTION_EDITED",
    "SUBMITTED_BY_TECH",
    "SUBJECT_EDITED",
    "HAS_EVENTS",
    "TEST_DATA",
    "HAS_COMMENTS",
    "REOPENED",
    "CREATED_AS_PUBLISHED",
];

/// What the flags with unclear names mean.
pub const FLAG_MEANINGS: &[(&str, &str)] = &[
    ("NOTIFIED", "the customer was notified"),
    ("PUBLISHED", "visible to the customer"),
    ("HAS_EVENTS", "events are associated with the case"),
    ("MERGED", "merged into another case"),
    ("EXTERNAL_SYNC", "mirrored with another system"),
    ("TEST_DATA", "a test case, hidden by default"),
];

/// Flags of a case's service.
pub const SERVICE_FLAGS: &[&str] =
    &["DELETED", "HANDLED_BY_SOC", "MONITORED_BY_SOC_OUTSIDE_OFFICEHOURS", "DEPRECATED", "EVENT_ENABLED"];

/// Workflows.
pub const WORKFLOWS: &[&str] = &[
    "validation",
    "nocValidation",
    "tuning",
    "escalation",
    "customerUpdate",
    "escalateTI",
    "escalateNSA",
    "escalateLog",
    "escalateInfra",
    "escalateDetection",
    "escalateOperations",
    "escalateMSI",
    "escalateMSIAnalyst",
    "severityAlert",
    "slaViolation",
    "internalSlaViolation",
    "delegateToSOC",
    "escalateDEV",
    "escalateTRS",
    "escalateMSSAnalyst",
    "escalateTAM",
    "qaValidation",
    "socAnalysis",
    "escalateO3C",
];

/// Sort fields of the case search.
pub const SORT_FIELDS: &[&str] = &[
    "id",
    "reporter",
    "createdByUser",
    "createdTimestamp",
    "lastUpdatedByUser",
    "lastUpdatedTimestamp",
    "assignedUser",
    "assignedTech",
    "closedByUser",
    "closedTimestamp",
    "customerDueTimestamp",
    "techDueTimestamp",
    "publishedByUser",
    "publishedTimestamp",
    "customer",
    "priority",
    "status",
    "type",
    "service",
    "category",
    "subject",
];
