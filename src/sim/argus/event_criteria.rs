//! What an event search asks for: read strictly from the body, then held against
//! events. Items of one list (attacks, endpoints, properties) and sub-criteria are
//! OR-ed; a required item must hold as well, an excluding one takes matches away.

use serde_json::Value;

use crate::sim::argus::criteria::Item;
use crate::sim::argus::criteria::is_production;
use crate::sim::argus::criteria::list_holds;
use crate::sim::argus::criteria::one_of;
use crate::sim::argus::criteria::read_customers;
use crate::sim::argus::data::patch::LEVELS;
use crate::sim::argus::data::{EventRecord, catalog, has_word};
use crate::sim::argus::events::time_of;
use crate::sim::argus::keys::Key;
use crate::sim::argus::network::Network;
use crate::sim::argus::reader::Reader;
use crate::sim::argus::time_range::TimeRange;

#[rustfmt::skip] // a table
const FLAGS: &[&str] = &[
    "established", "blocked", "partiallyBlocked", "snapshot", "finalized", "falsePositive",
    "notAThreat", "tuningCandidate", "notified", "notifiedUnpublished", "notifiedDeleted", "followup",
    "partiallyNotified", "identifiedThreat", "threatCandidate", "acknowledged",
    "partiallyAcknowledged", "severityAdjusted", "commented", "filtered", "checked",
    "incompleteDetails", "aggregatedBaseEvent", "remoteStorage", "hasDetails", "hasPayload",
    "hasPcap", "associatedToCaseByFilter", "severityIncreasedByFilter", "severityReducedByFilter",
    "createdByAnalysisFilter", "extendEventTtl", "initialTuning", "postAnalysis",
    "partialSslTerminated", "sslTerminated", "autoReport", "missingTimestamp", "clockOutOfSync",
    "dropAnalysis", "escalatedByReputation", "hasSample", "storeEvent", "storeAggregated",
    "handledByAnalyst", "slaViolation", "payloadTruncated", "hasStringPayload", "reassessed",
    "eventFromOtEnvironment", "eventFromRestrictedItEnvironment", "failure",
];
const ENDPOINT_FLAGS: &[&str] = &["isCustomerNet", "isPartialCustomerNet", "customAggregation", "isManagedBySoc"];
/// Times of an event that criteria and timelines look at.
#[rustfmt::skip] // a table
pub const TIME_FIELDS: &[&str] = &[
    "created", "lastUpdated", "firstAssessment", "enginePersisted", "firstEvent", "lastEvent",
    "published",
];
const MAX_PORT: u64 = 65_535;
const MAX_MASK: u64 = 128;

/// One level of criteria.
#[derive(Debug, Default)]
pub struct EventCriteria {
    cases: Vec<u64>,
    customers: Vec<u64>,
    domains: Vec<String>,
    identifiers: Vec<String>,
    severities: Vec<String>,
    kinds: Vec<String>,
    attacks: Vec<Item<Attack>>,
    endpoints: Vec<Item<Endpoint>>,
    properties: Vec<Item<Property>>,
    times: TimeRange,
    flags: [Vec<String>; 2],
    production: Option<bool>,
    published_only: bool,
    sub: Vec<Item<EventCriteria>>,
}

#[derive(Debug)]
struct Attack {
    alarms: Vec<String>,
    categories: Vec<String>,
    signatures: Vec<String>,
}

impl Attack {
    fn read(reader: &mut Reader<'_>) -> Self {
        let attack = Self {
            alarms: reader.texts("alarm"),
            categories: reader.texts("attackCategory"),
            signatures: reader.texts("signature"),
        };
        for name in attack.alarms.iter().filter(|name| !catalog::knows_alarm(name)) {
            reader.problem("alarm", "unknown alarm", "alarm.unknown", name);
        }
        for name in attack.categories.iter().filter(|name| !catalog::knows_attack_category(name)) {
            let text = "unknown attack category";
            reader.problem("attackCategory", text, "attackCategory.unknown", name);
        }
        attack
    }

    fn holds(&self, event: &Value) -> bool {
        let named = |names: &[String], info: &Value| {
            let id = info["id"].to_string();
            let short_name = info["shortName"].as_str().unwrap_or_default();
            names.is_empty() || names.iter().any(|name| *name == id || name == short_name)
        };
        let signature = event["signature"]["name"].as_str().unwrap_or_default();
        named(&self.alarms, &event["alarm"])
            && named(&self.categories, &event["attackCategory"])
            && (self.signatures.is_empty() || self.signatures.iter().any(|s| s == signature))
    }
}

#[derive(Debug)]
struct Endpoint {
    networks: Vec<Network>,
    ports: Vec<u64>,
    countries: Vec<String>,
    min_mask: Option<u64>,
    sides: &'static [&'static str],
    flags: [Vec<String>; 2],
}

impl Endpoint {
    fn read(reader: &mut Reader<'_>) -> Self {
        let mut networks = Vec::new();
        for text in reader.texts("ip") {
            match Network::parse(&text) {
                Some(network) => networks.push(network),
                None => reader.problem("ip", "is not an address or network", "invalid.ip", &text),
            }
        }
        let ports = reader.numbers("port");
        for port in ports.iter().filter(|port| **port > MAX_PORT) {
            let text = "must be less than or equal to 65535";
            reader.problem("port", text, "javax.validation.Max", &port.to_string());
        }
        let min_mask = reader.number("minMaskBits");
        if let Some(bits) = min_mask.filter(|bits| *bits > MAX_MASK) {
            let text = "must be less than or equal to 128";
            reader.problem("minMaskBits", text, "javax.validation.Max", &bits.to_string());
        }
        let side = reader.word("endpointFieldStrategy", &["source", "destination", "all"]);
        Self {
            networks,
            ports,
            countries: reader.texts("countryCode"),
            min_mask,
            sides: match side.as_deref() {
                Some("source") => &["source"],
                Some("destination") => &["destination"],
                _ => &["source", "destination"],
            },
            flags: [reader.words("includeFlag", ENDPOINT_FLAGS), reader.words("excludeFlag", ENDPOINT_FLAGS)],
        }
    }

    fn holds(&self, event: &Value) -> bool {
        self.sides.iter().any(|side| self.holds_side(&event[*side]))
    }

    fn holds_side(&self, side: &Value) -> bool {
        let network = side["address"].as_str().and_then(Network::parse);
        let country = side["geoInfo"]["countryCode"].as_str().unwrap_or_default();
        let [include, exclude] = &self.flags;
        let in_network = network.is_some_and(|own| self.networks.iter().any(|wide| wide.contains(&own)));
        (self.networks.is_empty() || in_network)
            && (self.ports.is_empty() || side["port"].as_u64().is_some_and(|port| self.ports.contains(&port)))
            && (self.countries.is_empty() || self.countries.iter().any(|c| c == country))
            && self.min_mask.is_none_or(|bits| network.is_some_and(|own| u64::from(own.bits()) >= bits))
            && include.iter().all(|flag| has_word(&side["flags"], flag))
            && !exclude.iter().any(|flag| has_word(&side["flags"], flag))
    }
}

#[derive(Debug)]
struct Property {
    key: Option<String>,
    values: Vec<String>,
    all: bool,
    tokenized: bool,
}

impl Property {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            key: reader.text("key"),
            values: reader.texts("value"),
            all: reader.word("valueMatchStrategy", &["any", "all"]).as_deref() == Some("all"),
            tokenized: reader.word("valueSearchStrategy", &["exact", "tokenized"]).as_deref() == Some("tokenized"),
        }
    }

    fn holds(&self, event: &EventRecord) -> bool {
        let mut chosen =
            event.properties.iter().filter(|p| self.key.as_deref().is_none_or(|key| p["key"].as_str() == Some(key)));
        chosen.any(|property| {
            let values: Vec<String> = property["values"]
                .as_array()
                .map_or(&[][..], Vec::as_slice)
                .iter()
                .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
                .collect();
            let found = |wanted: &String| values.iter().any(|value| self.equals(value, wanted));
            self.values.is_empty()
                || (self.all && self.values.iter().all(found))
                || (!self.all && self.values.iter().any(found))
        })
    }

    fn equals(&self, value: &str, wanted: &str) -> bool {
        if !self.tokenized {
            return value == wanted;
        }
        let wanted = wanted.to_lowercase();
        value.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|token| token == wanted)
    }
}

impl EventCriteria {
    /// Reads criteria at one level, and the sub-criteria below the top level.
    pub fn read(reader: &mut Reader<'_>, key: &Key, foreign: &mut Option<String>, is_sub: bool) -> Self {
        let mut criteria = Self {
            cases: reader.numbers("associatedCase"),
            customers: read_customers(reader, "customer", key, foreign),
            domains: reader.texts("domain"),
            identifiers: reader.texts("eventIdentifier"),
            severities: reader.words("severity", LEVELS),
            kinds: reader.words("type", &["aggregated", "raw"]),
            attacks: reader.objects("attack", |inner| Item::read(inner, Attack::read)),
            endpoints: reader.objects("endpoint", |inner| Item::read(inner, Endpoint::read)),
            properties: reader.objects("property", |inner| Item::read(inner, Property::read)),
            times: TimeRange::read(reader, TIME_FIELDS, &["lastEvent"]),
            flags: [reader.words("includeFlag", FLAGS), reader.words("excludeFlag", FLAGS)],
            production: reader.truth("productionCustomers"),
            published_only: !reader.truth("includeUnpublished").unwrap_or(true),
            sub: Vec::new(),
        };
        for text in &mut criteria.domains {
            *text = text.to_lowercase();
        }
        for text in &mut criteria.identifiers {
            *text = bare_identifier(text);
        }
        if !is_sub {
            criteria.sub =
                reader.objects("subCriteria", |inner| Item::read(inner, |inner| Self::read(inner, key, foreign, true)));
        }
        criteria
    }

    /// Whether a search with these criteria finds the event at this time.
    #[must_use]
    pub fn finds(&self, event: &EventRecord, now_ms: i64) -> bool {
        self.holds(event, now_ms) && list_holds(&self.sub, |sub| sub.holds(event, now_ms))
    }

    fn holds(&self, event: &EventRecord, now_ms: i64) -> bool {
        let object = &event.object;
        let text = |name: &str| object[name].as_str().unwrap_or_default();
        let has = |flag: &String| has_word(&object["flags"], flag);
        one_of(&self.customers, &event.customer())
            && self.case_holds(event)
            && (self.domains.is_empty() || self.domains.iter().any(|d| d == text("domain")))
            && (self.identifiers.is_empty() || self.identifiers.contains(&event.identifier()))
            && (self.severities.is_empty() || self.severities.iter().any(|s| s == text("severity")))
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| kind == text("type")))
            && self.times.holds(|field| time_of(event, field))
            && self.flags[0].iter().all(has)
            && !self.flags[1].iter().any(has)
            && self.production.is_none_or(|wanted| is_production(event.customer()) == wanted)
            && (!self.published_only || event.time("published") <= now_ms)
            && list_holds(&self.attacks, |attack| attack.holds(object))
            && list_holds(&self.endpoints, |endpoint| endpoint.holds(object))
            && list_holds(&self.properties, |property| property.holds(event))
    }

    /// 0 stands for events without a case; a part of an aggregate goes with the aggregate.
    fn case_holds(&self, event: &EventRecord) -> bool {
        let holds = |wanted: &u64| match wanted {
            0 => event.case.is_none(),
            id => event.listed_case() == Some(*id),
        };
        self.cases.is_empty() || self.cases.iter().any(holds)
    }
}

/// An event identifier without type prefix, in lower case.
#[must_use]
pub fn bare_identifier(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    let parts: Vec<&str> = lower.split('/').collect();
    match parts.as_slice() {
        [_, time, customer, uuid] => format!("{time}/{customer}/{uuid}"),
        _ => lower,
    }
}
