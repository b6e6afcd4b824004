//! Keys of the simulated Argus backend: which functions and customers each opens.

use crate::sim::argus::reply::Reply;
use crate::sim::world;

/// What a valid key opens.
#[derive(Debug)]
pub struct Key {
    text: &'static str,
    functions: &'static [&'static str],
    /// The only customer; none: all customers.
    customer: Option<u64>,
    /// Sees internal comments and explicitly restricted cases.
    pub privileged: bool,
}

const ALL: &[&str] = &[
    VIEW_CASES,
    EVENT_LOOKUP,
    VIEW_CUSTOMER,
    "viewAlarm",
    VIEW_ASSET,
    "viewDataStoreDescriptors",
    "viewDataStoreEntry",
    "viewPassiveDNS",
    "viewAnalysisFilter",
    "viewMetrics",
    "viewReputation",
];

/// Function that the case endpoints need.
pub const VIEW_CASES: &str = "viewCases";
/// Function that the event endpoints need.
pub const EVENT_LOOKUP: &str = "eventLookup";
/// Function that the customer endpoints need.
pub const VIEW_CUSTOMER: &str = "viewBasicCustomer";

/// Function that the asset endpoints need.
pub const VIEW_ASSET: &str = "viewAsset";

const KEYS: &[Key] = &[
    Key { text: "15a6/1/sim-full", functions: ALL, customer: None, privileged: true },
    Key {
        text: "15a6/2/sim-nordfjord",
        functions: &[
            VIEW_CASES,
            EVENT_LOOKUP,
            VIEW_CUSTOMER,
            "viewAlarm",
            VIEW_ASSET,
            "viewDataStoreDescriptors",
            "viewDataStoreEntry",
            "viewPassiveDNS",
        ],
        customer: Some(world::NORDFJORD),
        privileged: false,
    },
    Key { text: "15a6/3/sim-readcases", functions: &[VIEW_CASES], customer: None, privileged: false },
];

impl Key {
    /// The key of this text, or the 401 that it gets.
    pub fn authenticate(text: Option<&str>) -> Result<&'static Self, Reply> {
        let text = text.unwrap_or_default();
        if let Some(key) = KEYS.iter().find(|key| key.text == text) {
            return Ok(key);
        }
        Err(Reply::unauthenticated(match text {
            "15a6/4/sim-expired" => "Authentication failed: the API key has expired",
            "15a6/5/sim-wrongnet" => "Authentication failed: the API key is not valid from this address",
            _ => "Authentication failed",
        }))
    }

    /// The 403 for a function that the key lacks.
    pub fn needs(&self, function: &'static str) -> Result<(), Reply> {
        if self.functions.contains(&function) { Ok(()) } else { Err(Reply::missing_function(function)) }
    }

    /// Whether the key opens this customer.
    #[must_use]
    pub fn opens(&self, customer: u64) -> bool {
        self.customer.is_none_or(|only| only == customer)
    }
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
