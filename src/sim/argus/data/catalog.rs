//! Value lists of the fictional Argus: services, categories, case fields, attack
//! categories, alarms, locations and sensors, and the short forms in which other
//! objects name them.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::sim::argus::times::iso;
use crate::sim::world;

/// A case service.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// Number.
    pub id: u64,
    /// Name to filter by.
    pub short_name: &'static str,
    /// Display name.
    pub name: &'static str,
    case_types: &'static [&'static str],
    /// Service flags.
    pub flags: &'static [&'static str],
}

/// Types that a case can have.
pub const CASE_TYPES: &[&str] = &["securityIncident", "operationalIncident", "informational", "change"];

const SOC: &[&str] = &["HANDLED_BY_SOC", "EVENT_ENABLED"];

/// All services.
#[rustfmt::skip] // a table
pub const SERVICES: &[Service] = &[
    service(11, "ids", "Intrusion detection", &["securityIncident", "informational"], SOC),
    service(12, "edr", "Endpoint detection and response", &["securityIncident", "informational"], SOC),
    service(14, "vulnerability", "Vulnerability management", &["operationalIncident", "informational"], &[]),
    service(6, "support", "Support", &["informational", "change", "operationalIncident"], &[]),
    service(3, "administrative", "Administrative", &["informational", "change"], &[]),
    service(19, "securedns", "Secure DNS", &["securityIncident"], &["DEPRECATED"]),
];

const fn service(
    id: u64,
    short_name: &'static str,
    name: &'static str,
    case_types: &'static [&'static str],
    flags: &'static [&'static str],
) -> Service {
    Service { id, short_name, name, case_types, flags }
}

/// Case categories: number, short name, name.
#[rustfmt::skip] // a table
pub const CATEGORIES: &[(u64, &str, &str)] = &[
    (40, "abusive-content", "Abusive content"),
    (41, "adware", "Adware"),
    (42, "compromise", "Compromise"),
    (43, "anomaly", "Anomaly"),
    (44, "attempted-compromise", "Attempted compromise"),
    (45, "banking-trojans", "Banking trojans"),
    (46, "change", "Change"),
    (47, "data-leakage", "Data leakage"),
    (48, "dos", "Denial of service"),
    (49, "exposed-malicious", "Exposed to malicious content"),
    (50, "forensics", "Forensics"),
    (51, "fraud", "Fraud"),
    (52, "fraud-campaign", "Fraud campaign"),
    (53, "informational", "Informational"),
    (54, "irt-suspected-targeted-attack", "Suspected targeted attack, incident response"),
    (55, "malicious-infection", "Malicious infection"),
    (56, "malicious-software", "Malicious software"),
    (57, "misconfigured", "Misconfigured"),
    (58, "phishing", "Phishing"),
    (59, "poor-practice", "Poor practice"),
    (60, "suspected-targeted-attack", "Suspected targeted attack"),
];

type FieldRow = (&'static str, &'static str, &'static str, Words, Words);
type Words = &'static [&'static str];

/// Case fields: name, display name, type, flags, keys of the value list.
#[rustfmt::skip] // a table
const FIELDS: &[FieldRow] = &[
    ("ticketReference", "Ticket reference", "stringType", &[], &[]),
    ("affectedHosts", "Affected hosts", "integerType", &[], &[]),
    ("containmentState", "Containment state", "stringType", &["HAS_VALUE_SOURCE"], &["none", "isolated", "reimaged"]),
    ("mitreTechniques", "MITRE ATT&CK techniques", "stringType", &["MULTIVALUE"], &[]),
    ("dueReview", "Due for review", "timestampType", &[], &[]),
];

/// Attack categories: number, short name, name.
#[rustfmt::skip] // a table
pub const ATTACK_CATEGORIES: &[(u64, &str, &str)] = &[
    (301, "reconnaissance", "Reconnaissance"),
    (342, "denial-of-service", "Denial of service"),
    (355, "exploit", "Exploit"),
    (363, "callback", "Callback traffic (infected client)"),
    (366, "covert-channel", "Covert channel"),
    (371, "phishing", "Phishing"),
    (380, "policy", "Policy violation"),
];

/// Alarms: number, short name, description, attack category.
#[rustfmt::skip] // a table
pub const ALARMS: &[(u64, &str, &str, u64)] = &[
    (58129, "malware-callback", "MALWARE - periodic call-back to known controller", 363),
    (58240, "phishing-landing", "PHISHING - visit to a known landing page", 371),
    (58311, "udp-flood", "DOS - volumetric flood", 342),
    (58377, "office-child-process", "EXPLOIT - office program started an unusual child", 355),
    (58402, "dns-tunnel", "COVERT - tunnel in name look-ups", 366),
    (58455, "port-scan", "RECON - port scan", 301),
    (58490, "cleartext-password", "POLICY - password sent in clear text", 380),
    (58501, "disabled-rule", "Rule that is switched off", 380),
];

/// Where events were seen: customer, location (number, short name, name), sensor (number, host).
#[rustfmt::skip] // a table
const SITES: &[(u64, u64, &str, &str, u64, &str)] = &[
    (world::NORDFJORD, 501, "nfk-hq", "Nordfjord head office", 3307, "nfk-ids-01"),
    (world::HAVBRIS, 511, "hbr-dmz", "Havbris DMZ", 3311, "hbr-ids-01"),
    (world::BERGTUN, 521, "bts-campus", "Bergtun campus", 3320, "bts-ids-01"),
];

/// The service that a query names, by number or short name.
#[must_use]
pub fn service_by_name(name: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|s| s.short_name == name || s.id.to_string() == name)
}

/// The short name of the category that a query names.
#[must_use]
pub fn category_by_name(name: &str) -> Option<&'static str> {
    CATEGORIES
        .iter()
        .find(|(id, short_name, _)| *short_name == name || id.to_string() == name)
        .map(|(_, short_name, _)| *short_name)
}

/// Whether a query may name this alarm, by number or short name.
#[must_use]
pub fn knows_alarm(name: &str) -> bool {
    ALARMS.iter().any(|(id, short_name, ..)| *short_name == name || id.to_string() == name)
}

/// Whether a query may name this attack category, by number or short name.
#[must_use]
pub fn knows_attack_category(name: &str) -> bool {
    ATTACK_CATEGORIES.iter().any(|(id, short_name, _)| *short_name == name || id.to_string() == name)
}

/// Whether a query may name this location, by number or short name.
#[must_use]
pub fn knows_location(name: &str) -> bool {
    SITES.iter().any(|(_, id, short_name, ..)| *short_name == name || id.to_string() == name)
}

/// Whether a case field has this name.
#[must_use]
pub fn knows_field(name: &str) -> bool {
    FIELDS.iter().any(|(field, ..)| *field == name)
}

/// The only domain.
#[must_use]
pub fn domain() -> Value {
    json!({"id": 1, "name": "MNEMONIC"})
}

/// Short form of a customer.
#[must_use]
pub fn customer_info(id: u64) -> Value {
    world::customer_by_id(id).map_or(Value::Null, |customer| {
        json!({
            "id": customer.id, "name": customer.name, "shortName": customer.short_name,
            "domain": domain(),
        })
    })
}

/// Short form of a user, as cases show it.
#[must_use]
pub fn user_info(id: u64) -> Value {
    world::user_by_id(id).map_or(Value::Null, |user| {
        json!({
            "id": user.id, "customerID": user.customer, "customer": customer_info(user.customer),
            "domain": domain(), "userName": user.user_name, "name": user.name, "type": user.kind,
        })
    })
}

/// Short form of a user, as events show it.
#[must_use]
pub fn event_user_info(id: u64) -> Value {
    world::user_by_id(id).map_or(Value::Null, |user| {
        json!({
            "id": user.id, "customer": customer_info(user.customer), "domain": domain(),
            "shortName": user.user_name, "name": user.name, "type": user.kind, "flags": [],
        })
    })
}

/// Short form of a service.
#[must_use]
pub fn service_info(short_name: &str) -> Value {
    service_by_name(short_name).map_or(Value::Null, |s| named(s.id, s.short_name, s.name))
}

/// Short form of a category.
#[must_use]
pub fn category_info(short_name: &str) -> Value {
    CATEGORIES
        .iter()
        .find(|(_, name, _)| *name == short_name)
        .map_or(Value::Null, |(id, short_name, name)| named(*id, short_name, name))
}

fn named(id: u64, short_name: &str, name: &str) -> Value {
    json!({"id": id, "name": name, "shortName": short_name, "localizedName": name})
}

/// An alarm and its attack category, as events show them.
#[must_use]
pub fn alarm_and_category(alarm: &str) -> (Value, Value) {
    let Some((id, short_name, description, category)) = ALARMS.iter().find(|a| a.1 == alarm) else {
        return (Value::Null, Value::Null);
    };
    let category = ATTACK_CATEGORIES
        .iter()
        .find(|(id, ..)| id == category)
        .map_or(Value::Null, |(id, short_name, name)| json!({"id": id, "shortName": short_name, "name": name}));
    let alarm = json!({"id": id, "shortName": short_name, "description": description});
    (alarm, category)
}

/// Location and sensor of a customer's events; `agent` for those seen on the machine itself.
#[must_use]
pub fn site(customer: u64, agent: bool) -> (Value, Value) {
    let Some((_, id, short_name, name, sensor, host)) = SITES.iter().find(|s| s.0 == customer) else {
        return (Value::Null, Value::Null);
    };
    let location = json!({"id": id, "shortName": short_name, "name": name});
    let sensor = if agent {
        json!({"id": 3390, "hostName": "edr-sim", "ip": null})
    } else {
        json!({"id": sensor, "hostName": host, "ip": world::host_by_name(host).map(|h| h.ip)})
    };
    (location, sensor)
}

/// The UUID under which Argus knows a machine.
#[must_use]
pub fn asset_id(host: &str) -> String {
    stable_id("asset", host)
}

/// A UUID that depends on nothing but the name.
#[must_use]
pub fn stable_id(kind: &str, name: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_DNS, format!("{name}.{kind}.sim.example").as_bytes()).to_string()
}

/// All services in full.
#[must_use]
pub fn services(start: Timestamp) -> Vec<Value> {
    let full = |service: &Service| {
        let mut value = named(service.id, service.short_name, service.name);
        value["description"] = json!(format!("Cases of {}", service.name.to_lowercase()));
        value["caseTypes"] = json!(service.case_types);
        value["workflows"] = json!(["escalation", "customerUpdate", "tuning"]);
        value["flags"] = json!(service.flags);
        value["fieldPolicy"] = Value::Null;
        stamped(value, start)
    };
    SERVICES.iter().map(full).collect()
}

/// All categories in full, with the services that they are bound to.
#[must_use]
pub fn categories(start: Timestamp) -> Vec<Value> {
    let full = |(id, short_name, name): &(u64, &str, &str)| {
        let mut value = named(*id, short_name, name);
        value["description"] = json!(format!("{name}, as the analyst found it"));
        value["flags"] = json!([]);
        let own_type = match *short_name {
            "misconfigured" => Some("operationalIncident"),
            "informational" => Some("informational"),
            "change" => Some("change"),
            _ => None,
        };
        let mut bound = vec![("ids", "securityIncident"), ("edr", "securityIncident")];
        if let Some(own_type) = own_type {
            bound.extend([("support", own_type), ("administrative", own_type)]);
        }
        if *short_name == "misconfigured" {
            bound.push(("vulnerability", "operationalIncident"));
        }
        let bindings: Vec<Value> = bound
            .into_iter()
            .map(|(service, case_type)| {
                json!({
                    "id": stable_id("binding", &format!("{short_name}-{service}")),
                    "service": service_info(service),
                    "category": named(*id, short_name, name),
                    "caseTypes": [case_type],
                })
            })
            .collect();
        value["bindings"] = json!(bindings);
        stamped(value, start)
    };
    CATEGORIES.iter().map(full).collect()
}

/// All case fields in full.
#[must_use]
pub fn fields(start: Timestamp) -> Vec<Value> {
    let full = |(name, label, value_type, flags, keys): &FieldRow| {
        let entry = |key: &&str| {
            let mut label = (*key).to_owned();
            label[..1].make_ascii_uppercase();
            json!({"key": key, "label": label})
        };
        let entries: Vec<Value> = keys.iter().map(entry).collect();
        let source = if keys.is_empty() {
            Value::Null
        } else {
            json!({"type": "list", "listType": {"entries": entries}, "urlType": null})
        };
        let value = json!({
            "id": stable_id("field", name), "shortName": name, "name": name,
            "localizedName": label, "localizedDescription": format!("{label} of the case"),
            "valueType": value_type, "flags": flags, "defaultValue": null,
            "readRole": "user", "writeRole": "tech", "customer": null, "validator": null,
            "valueSource": source,
        });
        stamped(value, start)
    };
    FIELDS.iter().map(full).collect()
}

/// Adds domain, and stamps of a value list that is two years old.
fn stamped(mut value: Value, start: Timestamp) -> Value {
    let at = start.as_millisecond() - ms(SignedDuration::from_hours(24 * 730));
    value["domain"] = domain();
    for (name, time) in [("createdTimestamp", "createdTime"), ("lastUpdatedTimestamp", "lastUpdatedTime")] {
        value[name] = json!(at);
        value[time] = json!(iso(at));
    }
    value["createdByUser"] = user_info(120);
    value["lastUpdatedByUser"] = user_info(120);
    value
}

/// A length of time in whole milliseconds.
#[must_use]
pub fn ms(length: SignedDuration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}
