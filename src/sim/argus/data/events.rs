//! Makes the events of the fictional world: groups A to E, tied to cases, and noise
//! without a case: 600 events of the last two weeks, and more before them. Same seed
//! and start, same events.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sim::argus::data::{Dice, EventRecord, catalog};
use crate::sim::world::{self, BERGTUN, HAVBRIS, NORDFJORD};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const BULK: u64 = 600;
/// Days that the bulk covers.
const BULK_DAYS: i64 = 14;
/// Noise before that, which is built when somebody looks so far back.
const HISTORY: u64 = 2_400;
/// Days before the start at which history begins.
const HISTORY_DAYS: i64 = 60;

/// All events as they look at `start`.
#[must_use]
pub fn build(seed: u64, start: Timestamp) -> Vec<EventRecord> {
    let now = start.as_millisecond();
    let mut events = Vec::new();
    beacon(&mut events, &mut Dice::new(seed, 1), now);
    phishing(&mut events, &mut Dice::new(seed, 2), now);
    flood(&mut events, &mut Dice::new(seed, 3), now);
    archive_tool(&mut events, &mut Dice::new(seed, 4), now);
    upload(&mut events, &mut Dice::new(seed, 5), now);
    let window = BULK_DAYS * DAY - HOUR;
    noise_before(&mut events, &mut Dice::new(seed, 6), now, window, BULK);
    events
}

/// The newest moment that `history` may reach.
#[must_use]
pub fn history_end(start: Timestamp) -> i64 {
    start.as_millisecond() - BULK_DAYS * DAY
}

/// Older noise, as it looks at `start`.
#[must_use]
pub fn history(seed: u64, start: Timestamp) -> Vec<EventRecord> {
    let mut events = Vec::new();
    let window = (HISTORY_DAYS - BULK_DAYS) * DAY - HOUR;
    noise_before(&mut events, &mut Dice::new(seed, 7), history_end(start), window, HISTORY);
    events
}

/// What an event is made from.
struct Plan<'a> {
    customer: u64,
    severity: &'a str,
    alarm: &'a str,
    signature: &'a str,
    source: Value,
    destination: Value,
    protocol: &'a str,
    domain: Option<&'a str>,
    uri: Option<&'a str>,
    count: u64,
    flags: &'a [&'a str],
    first: i64,
    last: i64,
    case: Option<u64>,
    agent: bool,
    extra: Vec<(&'a str, String)>,
}

fn event(kind: &str, plan: Plan<'_>, dice: &mut Dice) -> EventRecord {
    let uuid = dice.uuid();
    let (alarm, attack) = catalog::alarm_and_category(plan.alarm);
    let (location, sensor) = catalog::site(plan.customer, plan.agent);
    let prefix = if kind == "raw" { "RAW" } else { "AGGR" };
    let notified = plan.flags.contains(&"notified");
    let stored = plan.last + 2 * SECOND;
    let object = json!({
        "id": format!("{prefix}/{}/{}/{uuid}", plan.last, plan.customer),
        "uuid": uuid, "type": kind, "customer": catalog::customer_info(plan.customer),
        "severity": plan.severity, "alarm": alarm, "attackCategory": attack,
        "signature": {"name": plan.signature},
        "source": plan.source, "destination": plan.destination, "protocol": plan.protocol,
        "domain": plan.domain, "uri": plan.uri, "count": plan.count,
        "location": location, "sensor": sensor, "flags": plan.flags,
        "timestamps": {
            "created": plan.first + SECOND, "lastUpdated": stored,
            "firstEvent": plan.first, "lastEvent": plan.last,
            "firstAssessed": if notified { plan.last + 3 * MINUTE } else { 0 },
            "firstNotified": if notified { plan.last + 4 * MINUTE } else { 0 },
            "enginePersisted": stored, "published": stored,
        },
    });
    let mut properties = vec![
        property("event.original.signature", "string", json!(plan.signature)),
        property("agent.parseTimestamp", "long", json!(plan.last + 700)),
    ];
    for (key, value) in plan.extra {
        properties.push(property(key, "string", json!(value)));
    }
    EventRecord { object, properties, comments: Vec::new(), parts: Vec::new(), case: plan.case, is_part: false }
}

fn property(key: &str, kind: &str, value: Value) -> Value {
    json!({"key": key, "type": kind, "values": [value]})
}

fn nowhere() -> Value {
    json!({"address": null, "port": null, "host": null, "user": null, "flags": [], "geoInfo": null})
}

/// An address inside the customer's network; named after the machine that has it.
fn inside(ip: &str, port: u64) -> Value {
    let host = world::host_by_ip(ip).map(|host| host.fqdn);
    json!({
        "address": ip, "port": port, "host": host, "user": null,
        "flags": ["isCustomerNet"], "geoInfo": null,
    })
}

fn outside(ip: &str, port: u64, host: Option<&str>) -> Value {
    // Documentation ranges have no place; each gets a made-up one that never changes.
    let (code, name, latitude, longitude) = match ip.split('.').next() {
        Some("203") => ("NL", "Netherlands", 52.37, 4.9),
        Some("198") => ("LV", "Latvia", 56.95, 24.11),
        _ => ("US", "United States", 39.04, -77.49),
    };
    json!({
        "address": ip, "port": port, "host": host, "user": null, "flags": [],
        "geoInfo": {
            "countryCode": code, "countryName": name, "locationName": null,
            "latitude": latitude, "longitude": longitude,
        },
    })
}

/// Group A: twelve aggregates of three call-backs each, every 300 s.
fn beacon(events: &mut Vec<EventRecord>, dice: &mut Dice, now: i64) {
    const STEP: i64 = 300 * SECOND;
    let plan = |first: i64, last: i64, count: u64, port: u64, flags: &'static [&'static str]| Plan {
        customer: NORDFJORD,
        severity: "high",
        alarm: "malware-callback",
        signature: "SNORT-1:41336",
        source: inside("10.20.4.17", port),
        destination: outside(world::BEACON_IP, 443, None),
        protocol: "tcp",
        domain: Some(world::BEACON_DOMAIN),
        uri: None,
        count,
        flags,
        first,
        last,
        case: Some(4_120_771),
        agent: false,
        extra: vec![("http_protocol", "TLS".to_owned())],
    };
    for n in 0..12 {
        let last = now - 12 * MINUTE - n * 42 * MINUTE;
        let first = last - 2 * STEP;
        let port = 52_000 + dice.below(900);
        let flags = &["notified", "identifiedThreat", "aggregatedBaseEvent", "established"];
        let mut aggregate = event("aggregated", plan(first, last, 3, port, flags), dice);
        if n == 11 {
            aggregate.comments.push(json!({
                "timestamp": now - 7 * HOUR - 40 * MINUTE,
                "comment": "Matches the profile of a known controller.",
                "user": catalog::event_user_info(120),
            }));
        }
        let mut parts = Vec::new();
        for k in 0..3 {
            let at = first + k * STEP;
            let mut raw = event("raw", plan(at, at, 1, port + k.unsigned_abs(), &["established"]), dice);
            raw.is_part = true;
            aggregate.parts.push(raw.object["id"].as_str().unwrap_or_default().to_owned());
            parts.push(raw);
        }
        events.push(aggregate);
        events.append(&mut parts);
    }
}

/// Group B: nine visits to the landing page from the finance network.
fn phishing(events: &mut Vec<EventRecord>, dice: &mut Dice, now: i64) {
    for n in 0..9_i64 {
        let at = now - 26 * HOUR - 20 * MINUTE + n * 7 * MINUTE;
        let ip = format!("10.20.6.{}", 11 + 13 * n);
        let plan = Plan {
            customer: NORDFJORD,
            severity: "medium",
            alarm: "phishing-landing",
            signature: "ARGUS-landing-page",
            source: inside(&ip, 50_100 + dice.below(9000)),
            destination: outside(world::PHISHING_IP, 443, None),
            protocol: "tcp",
            domain: Some(world::PHISHING_DOMAIN),
            uri: Some("/login"),
            count: 1,
            flags: &["notified", "threatCandidate", "established"],
            first: at,
            last: at,
            case: Some(4_120_790),
            agent: false,
            extra: vec![("http_protocol", "HTTP/1.1".to_owned())],
        };
        events.push(event("aggregated", plan, dice));
    }
}

/// Group C: many sources flood the booking portal.
fn flood(events: &mut Vec<EventRecord>, dice: &mut Dice, now: i64) {
    for n in 0..240_i64 {
        let first = now - 3 * HOUR - 5 * MINUTE + n * 45 * SECOND;
        let net = *dice.pick(&["203.0.113", "198.51.100"]);
        // Below .20 no address of that range has another part in the story.
        let ip = format!("{net}.{}", 150 + dice.below(90));
        let protocol = *dice.pick(&["udp", "udp", "tcp"]);
        let port = if protocol == "udp" { 53 } else { 1024 + dice.below(60_000) };
        let plan = Plan {
            customer: HAVBRIS,
            severity: "critical",
            alarm: "udp-flood",
            signature: "ARGUS-flood-rate",
            source: outside(&ip, port, None),
            destination: inside(world::BOOKING_IP, 443),
            protocol,
            domain: Some(world::BOOKING_DOMAIN),
            uri: None,
            count: 200 + dice.below(4800),
            flags: &["notified", "identifiedThreat", "aggregatedBaseEvent"],
            first,
            last: first + 40 * SECOND,
            case: Some(4_120_802),
            agent: false,
            extra: vec![],
        };
        events.push(event("aggregated", plan, dice));
    }
}

/// Group D: the endpoint agent saw programs start; no network endpoint.
fn archive_tool(events: &mut Vec<EventRecord>, dice: &mut Dice, now: i64) {
    let steps = [("outlook.exe", 58), ("7z.exe", 57), ("wscript.exe", 55), ("7z.exe", 52)];
    for (process, minutes) in steps {
        let at = now - minutes * MINUTE;
        let mut source = nowhere();
        source["host"] = json!(world::host_by_name("hbr-ws-0112").map(|host| host.fqdn));
        source["user"] = json!("m.lie");
        let plan = Plan {
            customer: HAVBRIS,
            severity: "high",
            alarm: "office-child-process",
            signature: "EDR-OFFICE-CHILD-01",
            source,
            destination: nowhere(),
            protocol: "unknown",
            domain: None,
            uri: None,
            count: 1,
            flags: &["notified", "threatCandidate", "hasDetails"],
            first: at,
            last: at,
            case: Some(4_120_811),
            agent: true,
            extra: vec![("process.name", process.to_owned()), ("user.name", "m.lie".to_owned())],
        };
        events.push(event("aggregated", plan, dice));
    }
}

/// Group E: the old upload from the hospital.
fn upload(events: &mut Vec<EventRecord>, dice: &mut Dice, now: i64) {
    for n in 0..15_i64 {
        let first = now - 60 * DAY - 6 * HOUR + n * 20 * MINUTE;
        let plan = Plan {
            customer: BERGTUN,
            severity: "high",
            alarm: "dns-tunnel",
            signature: "ARGUS-upload-volume",
            source: inside("10.60.2.10", 40_000 + dice.below(9000)),
            destination: outside(world::EXFIL_IP, 443, None),
            protocol: "tcp",
            domain: Some(world::EXFIL_DOMAIN),
            uri: Some("/v1/chunks"),
            count: 20 + dice.below(60),
            flags: &["notified", "identifiedThreat", "aggregatedBaseEvent", "acknowledged"],
            first,
            last: first + 19 * MINUTE,
            case: Some(4_120_201),
            agent: false,
            extra: vec![("http_protocol", "HTTP/2".to_owned())],
        };
        events.push(event("aggregated", plan, dice));
    }
}

/// Noise over the `window` before `end`: no case, a third judged false.
fn noise_before(events: &mut Vec<EventRecord>, dice: &mut Dice, end: i64, window: i64, many: u64) {
    let customers = [NORDFJORD, NORDFJORD, HAVBRIS, HAVBRIS, BERGTUN];
    let window = window.unsigned_abs();
    for n in 0..many {
        let customer = *dice.pick(&customers);
        let last = end - MINUTE - i64::try_from(dice.below(window)).unwrap_or(0);
        let hosts: Vec<&world::Host> = world::HOSTS.iter().filter(|h| h.customer == customer).collect();
        let host = *dice.pick(&hosts);
        let is_false = n % 3 == 0;
        let plan = match dice.below(3) {
            0 => scan(customer, host, last, dice),
            1 => clear_text(customer, host, &hosts, last, dice),
            _ => odd_names(customer, host, last, dice),
        };
        let mut made = event("aggregated", plan, dice);
        if is_false && let Some(flags) = made.object["flags"].as_array_mut() {
            flags.push(json!("falsePositive"));
        }
        events.push(made);
    }
}

fn noise<'a>(customer: u64, last: i64, length: i64) -> Plan<'a> {
    Plan {
        customer,
        severity: "low",
        alarm: "",
        signature: "",
        source: nowhere(),
        destination: nowhere(),
        protocol: "tcp",
        domain: None,
        uri: None,
        count: 1,
        flags: &[],
        first: last - length,
        last,
        case: None,
        agent: false,
        extra: vec![],
    }
}

fn scan<'a>(customer: u64, host: &world::Host, last: i64, dice: &mut Dice) -> Plan<'a> {
    let ip =
        if dice.below(2) == 0 { world::SCANNER_IP.to_owned() } else { format!("198.51.100.{}", 200 + dice.below(50)) };
    Plan {
        alarm: "port-scan",
        signature: "ARGUS-scan-sweep",
        source: outside(&ip, 40_000 + dice.below(20_000), None),
        destination: inside(host.ip, *dice.pick(&[22, 23, 80, 443, 445, 3389, 8080])),
        count: 1 + dice.below(300),
        flags: &["blocked"],
        ..noise(customer, last, i64::try_from(dice.below(600)).unwrap_or(0) * SECOND)
    }
}

fn clear_text<'a>(customer: u64, host: &world::Host, hosts: &[&world::Host], last: i64, dice: &mut Dice) -> Plan<'a> {
    let other = *dice.pick(hosts);
    Plan {
        severity: "medium",
        alarm: "cleartext-password",
        signature: "ARGUS-policy-clear-text",
        source: inside(host.ip, 30_000 + dice.below(20_000)),
        destination: inside(other.ip, *dice.pick(&[21, 23, 110, 143])),
        flags: &["established"],
        extra: vec![("user.name", "svc-legacy".to_owned())],
        ..noise(customer, last, 0)
    }
}

fn odd_names<'a>(customer: u64, host: &world::Host, last: i64, dice: &mut Dice) -> Plan<'a> {
    let domain = *dice.pick(&["telemetry.vendor.example", "updates.vendor.example", "cache.ads.example"]);
    let severity = *dice.pick(&["low", "low", "medium"]);
    Plan {
        severity,
        alarm: "dns-tunnel",
        signature: "ARGUS-dns-length",
        source: inside(host.ip, 1024 + dice.below(60_000)),
        destination: outside("192.0.2.53", 53, Some("resolver.hosting.example")),
        protocol: "udp",
        domain: Some(domain),
        count: 1 + dice.below(40),
        flags: &["tuningCandidate"],
        ..noise(customer, last, 5 * MINUTE)
    }
}
