//! The allowed values of the three filter families, as Argus spells them.
//!
//! Each kind of filter has lists of its own; a value of another kind is refused.

/// What is particular to one kind of filter.
#[derive(Debug)]
pub struct FilterKind {
    /// Flags to search by.
    pub flags: &'static [&'static str],
    /// Where keywords are looked for.
    pub keyword_fields: &'static [&'static str],
    /// Time fields a range is compared with.
    pub time_fields: &'static [&'static str],
    /// Sort fields.
    pub sort_fields: &'static [&'static str],
    /// The tool that lists the sort fields, as the schema says it.
    pub sort_doc: &'static str,
    /// The request, as the schema says it.
    pub request_doc: &'static str,
}

/// Analysis filters.
pub static ANALYSIS: FilterKind = FilterKind {
    flags: &["deleted", "enabled", "controlled", "defaultAggregate", "skipNewEvent"],
    keyword_fields: &[
        "id",
        "name",
        "description",
        "label",
        "preStatement1",
        "preStatement2",
        "statementCode",
        "triggerCode",
        "actionName",
        "all",
    ],
    time_fields: &["created", "lastUpdated", "deleted", "all"],
    sort_fields: &["id", "name", "created", "lastUpdated", "deleted"],
    sort_doc: "Sort fields, from listAllowedAnalysisFilterSortBy.",
    request_doc: "The analysis filter search to make.",
};

/// Annotation filters.
pub static ANNOTATION: FilterKind = FilterKind {
    flags: &["deleted", "enabled", "controlled"],
    keyword_fields: &["id", "name", "description", "label", "triggerCode", "statementCode", "all"],
    time_fields: &["created", "lastUpdated", "deleted"],
    sort_fields: &["id", "name", "created", "lastUpdated", "deleted"],
    sort_doc: "Sort fields, from listAllowedAnnotationFilterSortBy.",
    request_doc: "The annotation filter search to make.",
};

/// Match filters.
pub static MATCH: FilterKind = FilterKind {
    flags: &["deleted", "enabled", "controlled"],
    keyword_fields: &[
        "id",
        "description",
        "name",
        "matchCode",
        "transformCode",
        "protocol",
        "domainPattern",
        "uriPattern",
        "newAggregationKey",
        "label",
        "attackIdentifier",
        "signature",
        "propertyKey",
        "propertyValue",
        "all",
    ],
    time_fields: &["validFrom", "validTo", "created", "lastUpdated", "deleted"],
    sort_fields: &["id", "name", "validFrom", "validTo", "created", "lastUpdated", "deleted"],
    sort_doc: "Sort fields, from listAllowedMatchFilterSortBy.",
    request_doc: "The match filter search to make.",
};

/// Roles in which a user appears.
pub const USER_FIELDS: &[&str] = &["createdBy", "lastUpdatedBy", "deletedBy", "all"];

/// Kinds of match filter.
pub const MATCH_TYPES: &[&str] = &[
    "AggregatedAttackEventMatchFilter",
    "AggregatedIPAttackEventMatchFilter",
    "AttackEventMatchFilter",
    "IPAttackEventMatchFilter",
    "NIDSEventMatchFilter",
];

/// Event flags that match filters look at; not those of an event search.
pub const MATCH_EVENT_FLAGS: &[&str] = &[
    "ESTABLISHED",
    "BLOCKED",
    "SNAPSHOT",
    "FINALIZED",
    "SOURCE_IS_CUSTOMERNET",
    "DESTINATION_IS_CUSTOMERNET",
    "SOURCE_IS_PARTIAL_CUSTOMERNET",
    "DESTINATION_IS_PARTIAL_CUSTOMERNET",
    "PARTIALLY_BLOCKED",
    "FALSE_POSITIVE",
    "NOT_A_THREAT",
    "TUNING_CANDIDATE",
    "NOTIFIED",
    "PARTIALLY_NOTIFIED",
    "FOLLOWUP",
    "IDENTIFIED_THREAT",
    "THREAT_CANDIDATE",
    "ACKNOWLEDGED",
    "PARTIALLY_ACKNOWLEDGED",
    "SEVERITY_ADJUSTED",
    "COMMENTED",
    "FILTERED",
    "CHECKED",
    "INCOMPLETE_DETAILS",
    "AGGREGATED_BASE_EVENT",
    "REMOTE_STORAGE",
    "CUSTOM_SOURCE_AGGREGATION",
    "CUSTOM_DESTINATION_AGGREGATION",
    "ASSOCIATED_TO_CASE_BY_FILTER",
    "SEVERITY_INCREASED_BY_FILTER",
    "SEVERITY_REDUCED_BY_FILTER",
    "CREATED_BY_ANALYSIS_FILTER",
    "IP_INVERTED_BY_FILTER",
    "HAS_PAYLOAD",
    "HAS_PCAP",
    "EXTEND_EVENT_TTL",
    "INITIAL_TUNING",
    "PARTIAL_INITIAL_TUNING",
    "POST_ANALYSIS",
    "SSL_TERMINATED",
    "PARTIAL_SSL_TERMINATED",
    "AUTO_REPORT",
    "MISSING_TIMESTAMP",
    "CLOCK_OUT_OF_SYNC",
    "DROP_ANALYSIS",
    "ESCALATED_BY_REPUTATION",
    "HAS_SAMPLE",
    "STORE_EVENT",
    "STORE_AGGREGATED",
    "EVENT_FROM_OT_ENVIRONMENT",
    "EVENT_FROM_RESTRICTED_IT_ENVIRONMENT",
    "FAILURE",
];
