//! Keys of the simulated Argus backend: which functions and customers each opens.

use crate::sim::argus::reply::Reply;
use crate::sim::world;

/// What a valid key opens.
#[derive(Debug)]
pub struct Key {
    text: &'static str,
    functions: [&'static [&'static str]; 2],
    /// The only customer; none: all customers.
    customer: Option<u64>,
    /// Sees internal comments and explicitly restricted cases.
    pub privileged: bool,
}

/// Function that the case endpoints need.
pub const VIEW_CASES: &str = "viewCases";
/// Function that the event endpoints need.
pub const EVENT_LOOKUP: &str = "eventLookup";
/// Function that the customer endpoints need.
pub const VIEW_CUSTOMER: &str = "viewBasicCustomer";
/// Function that the asset endpoints need.
pub const VIEW_ASSETS: &str = "viewAssets";
/// Function that the alarm endpoints need.
pub const VIEW_ALARM: &str = "viewAlarm";
/// Function that the endpoints of attack categories need.
pub const VIEW_ATTACK_CATEGORY: &str = "viewAttackCategory";
/// Function that analysis filters need.
pub const VIEW_ANALYSIS_FILTER: &str = "viewAnalysisFilter";
/// Function that annotation filters need.
pub const VIEW_ANNOTATION_FILTER: &str = "viewAnnotationFilter";
/// Function that match filters need.
pub const VIEW_MATCH_FILTER: &str = "viewMatchFilter";
/// Function that the metric endpoints need.
pub const VIEW_METRIC: &str = "viewMetric";
/// Function that datastore descriptors need.
pub const VIEW_DESCRIPTORS: &str = "viewDataStoreDescriptors";
/// Function that datastore entries need.
pub const VIEW_ENTRY: &str = "viewDataStoreEntry";
/// Function that version 1 of the reputation service needs.
pub const VIEW_OBSERVATIONS: &str = "viewObservationData";
/// Function that version 2 of the reputation service needs.
pub const VIEW_INDICATORS: &str = "viewReputationIndicators";
/// Opens PassiveDNS beyond the public records, which anybody may read.
pub const VIEW_PRIVATE_DNS: &str = "viewPassiveDNS";

/// What a key of a customer may do.
const CUSTOMER: &[&str] = &[
    VIEW_CASES,
    EVENT_LOOKUP,
    VIEW_CUSTOMER,
    VIEW_ALARM,
    VIEW_ATTACK_CATEGORY,
    VIEW_ASSETS,
    VIEW_DESCRIPTORS,
    VIEW_ENTRY,
    VIEW_PRIVATE_DNS,
];
/// What only the provider's own keys may do as well.
const PROVIDER: &[&str] =
    &[VIEW_ANALYSIS_FILTER, VIEW_ANNOTATION_FILTER, VIEW_MATCH_FILTER, VIEW_METRIC, VIEW_OBSERVATIONS, VIEW_INDICATORS];

/// The key that sees everything.
pub const FULL: &str = "15a6/1/sim-full";
const NORDFJORD: &str = "15a6/2/sim-nordfjord";
const READ_CASES: &str = "15a6/3/sim-readcases";
const EXPIRED: &str = "15a6/4/sim-expired";
const WRONG_NETWORK: &str = "15a6/5/sim-wrongnet";

/// The shipped keys, good and bad, by the names that a scenario uses for them.
pub const NAMED: [(&str, &str); 5] = [
    ("full", FULL),
    ("nordfjord", NORDFJORD),
    ("readcases", READ_CASES),
    ("expired", EXPIRED),
    ("wrongnet", WRONG_NETWORK),
];

const KEYS: &[Key] = &[
    Key { text: FULL, functions: [CUSTOMER, PROVIDER], customer: None, privileged: true },
    Key { text: NORDFJORD, functions: [CUSTOMER, &[]], customer: Some(world::NORDFJORD), privileged: false },
    Key { text: READ_CASES, functions: [&[VIEW_CASES], &[]], customer: None, privileged: false },
];

impl Key {
    /// The key of this text, or the 401 that it gets.
    pub fn authenticate(text: Option<&str>) -> Result<&'static Self, Reply> {
        let text = text.unwrap_or_default();
        if let Some(key) = KEYS.iter().find(|key| key.text == text) {
            return Ok(key);
        }
        Err(Reply::unauthenticated(match text {
            EXPIRED => "Authentication failed: the API key has expired",
            WRONG_NETWORK => "Authentication failed: the API key is not valid from this address",
            _ => "Authentication failed",
        }))
    }

    /// The 403 for a function that the key lacks.
    pub fn needs(&self, function: &'static str) -> Result<(), Reply> {
        if self.may(function) { Ok(()) } else { Err(Reply::missing_function(function)) }
    }

    /// Whether the key has a function.
    #[must_use]
    pub fn may(&self, function: &'static str) -> bool {
        self.functions.iter().any(|functions| functions.contains(&function))
    }

    /// The only customer that the key opens; none where it opens all.
    #[must_use]
    pub fn customer(&self) -> Option<u64> {
        self.customer
    }

    /// Whether the key opens this customer.
    #[must_use]
    pub fn opens(&self, customer: u64) -> bool {
        self.customer.is_none_or(|only| only == customer)
    }
}

/// The text of the key that a scenario calls by this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static str> {
    NAMED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The part of a key that may be shown: user and key number, never the secret.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut parts = text.splitn(3, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(user), Some(key), Some(_)) => format!("{user}/{key}"),
        _ => String::new(),
    }
}
