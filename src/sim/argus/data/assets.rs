//! The assets of the fictional world: every named machine, generated workstations, and
//! servers as a vulnerability scanner saw them. Same seed and start, same assets.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sim::argus::data::Dice;
use crate::sim::argus::data::catalog::{self, asset_id, stable_id};
use crate::sim::argus::data::vulnerabilities::{self, Vulnerability};
use crate::sim::world::{self, BERGTUN, HAVBRIS, Host, NORDFJORD};

const DAY: i64 = 86_400_000;
const MINUTE: i64 = 60_000;

/// Asset definitions: short name, name.
pub const DEFINITIONS: &[(&str, &str)] = &[("HostAsset", "Host asset"), ("QualysHostAsset", "Qualys host asset")];
/// Components that both definitions have: name, type.
#[rustfmt::skip] // a table
pub const COMPONENTS: &[(&str, &str)] = &[
    ("ipAddress", "ipType"), ("hostName", "stringType"), ("fqdn", "domainType"),
    ("macAddress", "stringType"), ("operatingSystem", "cpeType"), ("network", "stringType"),
];
/// What reports assets.
pub const SOURCES: &[&str] = &["edr-sim", "qualys-sim", "manual"];
/// Asset groups: short name, name, customer.
pub const GROUPS: &[(&str, &str, u64)] = &[
    ("nfk-ot", "Control network", NORDFJORD),
    ("nfk-office", "Office network", NORDFJORD),
    ("hbr-dmz", "Public services", HAVBRIS),
];
/// Machines whose group does not follow from their kind.
const GROUP_OF: &[(&str, &str)] =
    &[("nfk-scada-gw", "nfk-ot"), ("nfk-ws-0417", "nfk-office"), ("hbr-web-01", "hbr-dmz"), ("hbr-mail-01", "hbr-dmz")];
/// Machines with a known owner: machine, user.
const OWNERS: &[(&str, u64)] = &[("hbr-ws-0112", 90330), ("nfk-scada-gw", 90214)];

/// One asset with what only criteria look at.
#[derive(Clone, Debug)]
pub struct AssetRecord {
    /// The asset as Argus shows it.
    pub object: Value,
    /// The customer that it belongs to.
    pub customer: u64,
    /// Short name of its definition.
    pub definition: &'static str,
    /// Its weaknesses.
    pub vulnerabilities: Vec<Vulnerability>,
}

impl AssetRecord {
    /// One of its times, in milliseconds; 0 where it is not set.
    #[must_use]
    pub fn time(&self, field: &str) -> i64 {
        self.object[field].as_i64().unwrap_or(0)
    }
}

/// What an asset is made from.
struct Plan {
    name: String,
    customer: u64,
    definition: &'static str,
    source: &'static str,
    group: Option<&'static str>,
    description: String,
    criticality: [&'static str; 3],
    /// Address, host name, qualified name, hardware address, system, network.
    components: [Option<String>; 6],
    first_seen: i64,
    last_seen: i64,
    last_scan: i64,
    deleted: i64,
    most: u64,
}

/// All assets as they look at `start`.
#[must_use]
pub fn build(seed: u64, start: Timestamp) -> Vec<AssetRecord> {
    let now = start.as_millisecond();
    let mut dice = Dice::new(seed, 20);
    let mut assets: Vec<AssetRecord> =
        world::HOSTS.iter().map(|host| asset(named(host, now), &mut dice, now)).collect();
    for n in 0..120 {
        let plan = workstation(n, &mut dice, now);
        assets.push(asset(plan, &mut dice, now));
    }
    let mut retired = workstation(0, &mut dice, now);
    retired.name = "nfk-ws-0032".to_owned();
    retired.description = "Workstation, retired".to_owned();
    retired.components[0] = Some("10.20.4.32".to_owned());
    retired.components[1] = Some("nfk-ws-0032".to_owned());
    retired.components[2] = Some("nfk-ws-0032.nordfjord.example".to_owned());
    retired.last_seen = now - 40 * DAY;
    retired.deleted = now - 30 * DAY;
    assets.push(asset(retired, &mut dice, now));
    for n in 0..30 {
        let plan = scanned(n, &mut dice, now);
        assets.push(asset(plan, &mut dice, now));
    }
    assets
}

fn named(host: &Host, now: i64) -> Plan {
    let is_server = host.cluster.is_some() || host.role.contains("server") || host.role.contains("controller");
    Plan {
        name: host.name.to_owned(),
        customer: host.customer,
        definition: "HostAsset",
        source: "edr-sim",
        group: GROUP_OF.iter().find(|(name, _)| *name == host.name).map(|(_, group)| *group),
        description: host.role.to_owned(),
        criticality: [host.criticality; 3],
        components: [
            Some(host.ip.to_owned()),
            Some(host.name.to_owned()),
            Some(host.fqdn.to_owned()),
            Some(host.mac.to_owned()),
            Some(host.os.to_owned()),
            None,
        ],
        first_seen: now - 400 * DAY,
        last_seen: now - 30 * MINUTE,
        last_scan: 0,
        deleted: 0,
        most: if is_server { 6 } else { 9 },
    }
}

/// Workstation number `n`: fifty at Nordfjord, forty at Havbris, thirty at Bergtun. Those of
/// Nordfjord's finance network have the addresses that visited the phishing page.
fn workstation(n: u64, dice: &mut Dice, now: i64) -> Plan {
    let (customer, prefix, net, third, last) = match n {
        0..18 => (NORDFJORD, "nfk", "10.20", 6, 11 + 13 * n),
        18..50 => (NORDFJORD, "nfk", "10.20", 4, 100 + n - 18),
        50..90 => (HAVBRIS, "hbr", "10.40", 3, 120 + n - 50),
        _ => (BERGTUN, "bts", "10.60", 4, 10 + n.saturating_sub(90)),
    };
    let firm = world::customer_by_id(customer).map_or("", |customer| customer.short_name);
    let name = format!("{prefix}-ws-{third}{last:03}");
    let levels: &[&'static str] = &["low", "low", "medium"];
    let criticality = [*dice.pick(levels), *dice.pick(levels), *dice.pick(levels)];
    let system = *dice.pick(&["Windows 11 23H2", "Windows 11 24H2", "Windows 10 22H2"]);
    let seen = i64::try_from(dice.below(3 * DAY.unsigned_abs())).unwrap_or(0);
    let age = i64::try_from(dice.below(300)).unwrap_or(0);
    Plan {
        customer,
        definition: "HostAsset",
        source: if n % 10 == 9 { "manual" } else { "edr-sim" },
        group: (customer == NORDFJORD).then_some("nfk-office"),
        description: if third == 6 { "Workstation, finance".to_owned() } else { "Workstation".to_owned() },
        criticality,
        components: [
            Some(format!("{net}.{third}.{last}")),
            Some(name.clone()),
            Some(format!("{name}.{firm}.example")),
            Some(format!("02:00:5e:{:02x}:{third:02x}:{last:02x}", n + 100)),
            Some(system.to_owned()),
            Some(format!("{net}.{third}.0/24")),
        ],
        first_seen: now - (60 + age) * DAY,
        last_seen: now - MINUTE - seen,
        last_scan: 0,
        deleted: 0,
        most: 5,
        name,
    }
}

/// Server number `n` as the scanner saw it.
fn scanned(n: u64, dice: &mut Dice, now: i64) -> Plan {
    let (customer, prefix, net, number) = match n {
        0..12 => (NORDFJORD, "nfk", "10.20.10", n + 1),
        12..22 => (HAVBRIS, "hbr", "10.40.10", n - 11),
        _ => (BERGTUN, "bts", "10.60.10", n.saturating_sub(21)),
    };
    let firm = world::customer_by_id(customer).map_or("", |customer| customer.short_name);
    let name = format!("{prefix}-scan-{number:02}");
    let levels: &[&'static str] = &["medium", "high"];
    let scan = now - i64::try_from(dice.below(6 * DAY.unsigned_abs())).unwrap_or(0) - MINUTE;
    Plan {
        customer,
        definition: "QualysHostAsset",
        source: "qualys-sim",
        group: (customer == HAVBRIS && number <= 3).then_some("hbr-dmz"),
        description: "Server, as scanned".to_owned(),
        criticality: [*dice.pick(levels), *dice.pick(levels), *dice.pick(levels)],
        components: [
            Some(format!("{net}.{}", 20 + number)),
            Some(name.clone()),
            Some(format!("{name}.{firm}.example")),
            None,
            Some((*dice.pick(&["Ubuntu 22.04", "Windows Server 2019", "Debian 12"])).to_owned()),
            Some(format!("{net}.0/24")),
        ],
        first_seen: now - 220 * DAY,
        last_seen: scan,
        last_scan: scan,
        deleted: 0,
        most: 12,
        name,
    }
}

fn asset(plan: Plan, dice: &mut Dice, now: i64) -> AssetRecord {
    let found = vulnerabilities::of_machine(dice, plan.most, now);
    let open = || found.iter().filter(|one| one.is_open());
    // The sum of no floats is -0.0.
    let cvss = open().map(|one| one.definition.cvss).fold(0.0, |sum, cvss| sum + cvss);
    let has = |severity: &str| open().any(|one| one.definition.severity == severity);
    let mut flags = Vec::new();
    for (flag, is_set) in [
        ("deleted", plan.deleted > 0),
        ("hasHighVulnerability", has("high")),
        ("hasCriticalVulnerability", has("critical")),
        ("exploitAvailable", open().any(|one| one.definition.exploited)),
    ] {
        if is_set {
            flags.push(flag);
        }
    }
    let [confidentiality, integrity, availability] = plan.criticality;
    let components: Vec<Value> = COMPONENTS
        .iter()
        .zip(&plan.components)
        .filter_map(|((name, kind), value)| Some(component(&plan.name, name, kind, value.as_deref()?)))
        .collect();
    let owner = OWNERS.iter().find(|(name, _)| *name == plan.name).map(|(_, user)| catalog::user_info(*user));
    let object = json!({
        "id": asset_id(&plan.name), "shortName": plan.name, "name": plan.name.to_uppercase(),
        "description": plan.description, "customer": catalog::customer_info(plan.customer),
        "owner": owner, "dataSource": source(plan.source), "assetDefinition": definition(plan.definition),
        "components": components,
        "parentGroups": plan.group.and_then(group).into_iter().collect::<Vec<_>>(),
        "criticality": {
            "confidentiality": confidentiality, "integrity": integrity, "availability": availability,
        },
        "totalCVSS": (cvss * 10.0).round() / 10.0, "vulnerabilitiesCount": open().count(), "flags": flags,
        "firstSeenTimestamp": plan.first_seen, "lastSeenTimestamp": plan.last_seen,
        "lastScanTimestamp": plan.last_scan, "createdTimestamp": plan.first_seen,
        "createdByUser": catalog::user_info(if plan.source == "manual" { 121 } else { 120 }),
        "lastUpdatedTimestamp": plan.last_seen, "lastUpdatedByUser": catalog::user_info(120),
        "deletedTimestamp": plan.deleted,
        "deletedByUser": if plan.deleted > 0 { catalog::user_info(121) } else { Value::Null },
    });
    AssetRecord { object, customer: plan.customer, definition: plan.definition, vulnerabilities: found }
}

fn source(name: &str) -> Value {
    json!({"id": stable_id("source", name), "shortName": name, "name": name})
}

/// Short form of an asset definition.
#[must_use]
pub fn definition(short_name: &str) -> Value {
    let name = DEFINITIONS.iter().find(|row| row.0 == short_name).map(|row| row.1);
    json!({
        "id": stable_id("definition", &short_name.to_lowercase()), "shortName": short_name, "name": name,
        "domain": catalog::domain(),
    })
}

/// Short form of an asset group.
#[must_use]
pub fn group(short_name: &str) -> Option<Value> {
    let (_, name, customer) = GROUPS.iter().find(|row| row.0 == short_name)?;
    Some(json!({
        "id": stable_id("group", short_name), "shortName": short_name, "name": name,
        "customer": catalog::customer_info(*customer),
    }))
}

/// Short form of a component definition.
#[must_use]
pub fn component_definition(name: &str, kind: &str) -> Value {
    json!({
        "id": stable_id("component-definition", name), "shortName": name, "name": name, "type": kind,
        "visibility": "visible",
    })
}

fn component(asset: &str, name: &str, kind: &str, value: &str) -> Value {
    json!({
        "id": stable_id("component", &format!("{asset}-{name}")),
        "componentDefinition": component_definition(name, kind),
        "type": kind, "value": value, "flags": [],
    })
}
