//! What a filter search asks for: read strictly by the kind of filter, then held
//! against filters. Match filters have criteria of their own.

use serde_json::Value;

use crate::sim::argus::criteria::{Flags, Keywords, Users, names_object, one_of, read_customers};
use crate::sim::argus::customers::ancestors;
use crate::sim::argus::data::catalog;
use crate::sim::argus::data::filters::{FilterKind, FilterRecord};
use crate::sim::argus::data::has_word;
use crate::sim::argus::keys::Key;
use crate::sim::argus::reader::Reader;
use crate::sim::argus::time_range::TimeRange;
use crate::sim::world;

const USER_FIELDS: &[&str] = &["createdBy", "lastUpdatedBy", "deletedBy"];
#[rustfmt::skip] // a table
const FILTER_TYPES: &[&str] = &[
    "AggregatedAttackEventMatchFilter", "AggregatedIPAttackEventMatchFilter", "AttackEventMatchFilter",
    "IPAttackEventMatchFilter", "NIDSEventMatchFilter",
];
#[rustfmt::skip] // a table
const EVENT_FLAGS: &[&str] = &[
    "ESTABLISHED", "BLOCKED", "SNAPSHOT", "FINALIZED", "SOURCE_IS_CUSTOMERNET",
    "DESTINATION_IS_CUSTOMERNET", "SOURCE_IS_PARTIAL_CUSTOMERNET", "DESTINATION_IS_PARTIAL_CUSTOMERNET",
    "PARTIALLY_BLOCKED", "FALSE_POSITIVE", "NOT_A_THREAT", "TUNING_CANDIDATE", "NOTIFIED",
    "PARTIALLY_NOTIFIED", "FOLLOWUP", "IDENTIFIED_THREAT", "THREAT_CANDIDATE", "ACKNOWLEDGED",
    "PARTIALLY_ACKNOWLEDGED", "SEVERITY_ADJUSTED", "COMMENTED", "FILTERED", "CHECKED",
    "INCOMPLETE_DETAILS", "AGGREGATED_BASE_EVENT", "REMOTE_STORAGE", "CUSTOM_SOURCE_AGGREGATION",
    "CUSTOM_DESTINATION_AGGREGATION", "ASSOCIATED_TO_CASE_BY_FILTER", "SEVERITY_INCREASED_BY_FILTER",
    "SEVERITY_REDUCED_BY_FILTER", "CREATED_BY_ANALYSIS_FILTER", "IP_INVERTED_BY_FILTER", "HAS_PAYLOAD",
    "HAS_PCAP", "EXTEND_EVENT_TTL", "INITIAL_TUNING", "PARTIAL_INITIAL_TUNING", "POST_ANALYSIS",
    "SSL_TERMINATED", "PARTIAL_SSL_TERMINATED", "AUTO_REPORT", "MISSING_TIMESTAMP", "CLOCK_OUT_OF_SYNC",
    "DROP_ANALYSIS", "ESCALATED_BY_REPUTATION", "HAS_SAMPLE", "STORE_EVENT", "STORE_AGGREGATED",
    "EVENT_FROM_OT_ENVIRONMENT", "EVENT_FROM_RESTRICTED_IT_ENVIRONMENT", "FAILURE",
];

/// What a search over one kind may name: flags, keyword fields, time fields.
fn vocabulary(kind: FilterKind) -> [&'static [&'static str]; 3] {
    match kind {
        FilterKind::Analysis => [
            &["deleted", "enabled", "controlled", "defaultAggregate", "skipNewEvent"],
            &[
                "id",
                "name",
                "description",
                "label",
                "preStatement1",
                "preStatement2",
                "statementCode",
                "triggerCode",
                "actionName",
            ],
            &["created", "lastUpdated", "deleted"],
        ],
        FilterKind::Annotation => [
            &["deleted", "enabled", "controlled"],
            &["id", "name", "description", "label", "triggerCode", "statementCode"],
            &["created", "lastUpdated", "deleted"],
        ],
        FilterKind::Match => [
            &["deleted", "enabled", "controlled"],
            &[
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
            ],
            &["validFrom", "validTo", "created", "lastUpdated", "deleted"],
        ],
    }
}

/// One level of criteria.
pub struct FilterCriteria {
    ids: Vec<u64>,
    customers: Customers,
    flags: Flags,
    keywords: Keywords,
    times: TimeRange,
    users: Users,
    with_deleted: bool,
    own: Option<MatchCriteria>,
}

impl FilterCriteria {
    /// Reads the criteria of one kind.
    pub fn read(reader: &mut Reader<'_>, kind: FilterKind, key: &Key, foreign: &mut Option<String>) -> Self {
        let [flags, keyword_fields, time_fields] = vocabulary(kind);
        Self {
            ids: reader.numbers("filterID"),
            customers: Customers::read(reader, key, foreign),
            flags: Flags::read(reader, flags),
            keywords: Keywords::read(reader, keyword_fields, keyword_fields, false),
            times: TimeRange::read(reader, time_fields, &["lastUpdated"]),
            users: Users::read(reader, USER_FIELDS).with_match_strategy(reader),
            with_deleted: reader.truth("includeDeleted").unwrap_or(false),
            own: (kind == FilterKind::Match).then(|| MatchCriteria::read(reader)),
        }
    }

    /// Whether these criteria take deleted filters.
    #[must_use]
    pub fn takes_deleted(&self) -> bool {
        self.with_deleted || self.flags.ask_for("deleted")
    }

    /// Whether a filter fits.
    #[must_use]
    pub fn holds(&self, filter: &FilterRecord) -> bool {
        one_of(&self.ids, &filter.id())
            && self.customers.hold(filter.customer)
            && self.flags.hold(&filter.flags)
            && self.keywords.hold(|field, found| said(&filter.object, field, found))
            && self.times.holds(|field| filter.time(field))
            && self.users.hold(|role| &filter.object[format!("{role}User")])
            && self.own.as_ref().is_none_or(|own| own.holds(&filter.object))
    }
}

/// Customers, with those above or below them.
struct Customers {
    ids: Vec<u64>,
    with_parents: bool,
    with_children: bool,
}

impl Customers {
    fn read(reader: &mut Reader<'_>, key: &Key, foreign: &mut Option<String>) -> Self {
        Self {
            ids: read_customers(reader, "customer", key, foreign),
            with_parents: reader.truth("includeAscendingCustomers").unwrap_or(false),
            with_children: reader.truth("includeDescendingCustomers").unwrap_or(true),
        }
    }

    /// A global filter stands above every customer.
    fn hold(&self, owner: Option<u64>) -> bool {
        if self.ids.is_empty() {
            return true;
        }
        let Some(owner) = owner else {
            return self.with_parents;
        };
        let above = |low: u64, high: u64| world::customer_by_id(low).is_some_and(|c| ancestors(c).contains(&high));
        self.ids.iter().any(|asked| {
            *asked == owner
                || (self.with_parents && above(*asked, owner))
                || (self.with_children && above(owner, *asked))
        })
    }
}

/// What only match filters are searched by.
struct MatchCriteria {
    alarms: Vec<u64>,
    categories: Vec<String>,
    cases: Vec<u64>,
    locations: Vec<String>,
    kinds: Vec<String>,
    event_flags: [Vec<String>; 2],
}

impl MatchCriteria {
    fn read(reader: &mut Reader<'_>) -> Self {
        let own = Self {
            alarms: reader.numbers("alarmID"),
            categories: reader.texts("attackCategory"),
            cases: reader.numbers("associatedCaseID"),
            locations: reader.texts("location"),
            kinds: reader.words("filterType", FILTER_TYPES),
            event_flags: [
                reader.words("includeEventFlags", EVENT_FLAGS),
                reader.words("excludeEventFlags", EVENT_FLAGS),
            ],
        };
        for name in own.categories.iter().filter(|name| !catalog::knows_attack_category(name)) {
            let text = "unknown attack category";
            reader.problem("attackCategory", text, "attackCategory.unknown", name);
        }
        for name in own.locations.iter().filter(|name| !catalog::knows_location(name)) {
            reader.problem("location", "unknown location", "location.unknown", name);
        }
        own
    }

    fn holds(&self, filter: &Value) -> bool {
        let when = &filter["filters"];
        let items = |name: &str| when[name].as_array().map_or(&[][..], Vec::as_slice);
        let named = |names: &[String], field: &str| {
            names.is_empty() || items(field).iter().any(|object| names_object(names, object))
        };
        let case = filter["actions"]["associatedCaseID"].as_u64();
        let asks = |field: &str, flags: &[String]| flags.iter().all(|flag| has_word(&when[field], flag));
        let alarm = |object: &Value| object["id"].as_u64().is_some_and(|id| self.alarms.contains(&id));
        (self.alarms.is_empty() || items("alarm").iter().any(alarm))
            && named(&self.categories, "attackCategory")
            && (self.cases.is_empty() || case.is_some_and(|case| self.cases.contains(&case)))
            && named(&self.locations, "location")
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| filter["filterType"].as_str() == Some(kind)))
            && asks("includeEventFlags", &self.event_flags[0])
            && asks("excludeEventFlags", &self.event_flags[1])
    }
}

fn said(filter: &Value, field: &str, found: &mut Vec<String>) {
    let (when, what) = (&filter["filters"], &filter["actions"]);
    let mut add = |value: &Value| found.extend(value.as_str().map(str::to_owned));
    match field {
        "id" => found.push(filter["id"].to_string()),
        "label" => filter["labels"].as_array().into_iter().flatten().for_each(add),
        "preStatement1" => add(&when["preStatementCode1"]),
        "preStatement2" => add(&when["preStatementCode2"]),
        "statementCode" | "matchCode" | "protocol" | "domainPattern" | "uriPattern" => add(&when[field]),
        "triggerCode" | "actionName" | "transformCode" | "newAggregationKey" => add(&what[field]),
        "signature" | "attackIdentifier" => when["signature"].as_array().into_iter().flatten().for_each(add),
        "propertyKey" | "propertyValue" => {
            let name = if field == "propertyKey" { "key" } else { "value" };
            when["properties"].as_array().into_iter().flatten().for_each(|property| add(&property[name]));
        }
        other => add(&filter[other]),
    }
}
