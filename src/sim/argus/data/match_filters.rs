//! Match filters of the fictional world: a few that belong to the story, and sixty
//! generated ones. Same seed and start, same filters.

use serde_json::{Value, json};

use crate::sim::argus::data::Dice;
use crate::sim::argus::data::catalog::{ALARMS, alarm_and_category, site};
use crate::sim::argus::data::filters::{Common, FilterKind, FilterRecord, record};
use crate::sim::world::{self, BERGTUN, HAVBRIS, NORDFJORD};

const DAY: i64 = 86_400_000;
const GENERATED: u64 = 60;
const IP_FILTER: &str = "AggregatedIPAttackEventMatchFilter";

/// All match filters.
#[must_use]
pub fn build(seed: u64, now: i64) -> Vec<FilterRecord> {
    let mut filters = story(now);
    let mut dice = Dice::new(seed, 30);
    for n in 0..GENERATED {
        filters.push(generated(n, &mut dice, now));
    }
    filters
}

fn common(id: u64, name: &str, description: &str, customer: Option<u64>) -> Common {
    Common {
        id,
        name: name.to_owned(),
        description: description.to_owned(),
        customer,
        labels: Vec::new(),
        enabled: true,
        controlled: false,
        revision: 2,
        days: [300, 40, 0],
        users: [121, 120],
    }
}

/// Criteria that ask for nothing yet.
fn criteria() -> Value {
    json!({
        "alarm": [], "attackCategory": [], "signature": [], "sourceIPAddresses": [],
        "destinationIPAddresses": [], "sourceOrDestinationIPAddresses": [], "sourcePorts": [],
        "destinationPorts": [], "sourceOrDestinationPorts": [], "protocol": null, "domainPattern": null,
        "uriPattern": null, "properties": [], "minSeverity": null, "maxSeverity": null,
        "includeEventFlags": [], "excludeEventFlags": [], "location": [], "matchCode": null,
    })
}

/// Actions that change nothing yet.
fn actions() -> Value {
    json!({
        "associatedCaseID": null, "drop": false, "dropRaw": false, "newSeverity": null,
        "newAggregationKey": null, "changeAggregationKey": false, "newSourceAggregationBits": null,
        "newDestinationAggregationBits": null, "invertIp": false, "noTransform": false,
        "stopAfterNoMatch": false, "continueAfterTransform": true, "transformCode": null,
    })
}

fn merged(mut base: Value, own: Value) -> Value {
    if let (Some(members), Value::Object(own)) = (base.as_object_mut(), own) {
        members.extend(own);
    }
    base
}

/// `valid` are the days until the filter begins and ends to hold; 0: no bound.
fn filter(common: Common, kind: &str, index: u64, valid: [i64; 2], [when, what]: [Value; 2], now: i64) -> FilterRecord {
    let when = merged(criteria(), when);
    let what = merged(actions(), what);
    let mut flags = Vec::new();
    if when["matchCode"].is_string() {
        flags.push("hasMatchCode");
    }
    if what["transformCode"].is_string() {
        flags.push("hasTransformCode");
    }
    let [from, to] = valid.map(|days| if days == 0 { 0 } else { now + days * DAY });
    let own = json!({
        "filterType": kind, "index": index, "validFrom": from, "validTo": to, "filters": when, "actions": what,
    });
    record(FilterKind::Match, common, own, &flags, now)
}

/// Alarms as filters show them.
fn alarms(short_names: &[&str]) -> Value {
    short_names.iter().map(|name| alarm_and_category(name).0).collect()
}

fn location(customer: u64) -> Value {
    json!([site(customer, false).0])
}

fn story(now: i64) -> Vec<FilterRecord> {
    vec![scanner_noise(now), control_network(now), expired(now), beacon_case(now), deleted(now)]
}

fn scanner_noise(now: i64) -> FilterRecord {
    let mut common =
        common(31022, "Drop vulnerability scanner noise", "Scans of our own scanner are no news", Some(NORDFJORD));
    common.labels = vec!["noise", "scanner"];
    let when = json!({"sourceIPAddresses": ["10.20.9.10"], "excludeEventFlags": ["BLOCKED"]});
    filter(common, IP_FILTER, 140, [0, 0], [when, json!({"drop": true})], now)
}

fn control_network(now: i64) -> FilterRecord {
    let mut common =
        common(31023, "Raise severity in the control network", "Nothing there is harmless", Some(NORDFJORD));
    (common.controlled, common.labels, common.revision) = (true, vec!["ot"], 5);
    let when = json!({
        "sourceOrDestinationIPAddresses": ["10.21.1.0/24"], "minSeverity": "low",
        "includeEventFlags": ["EVENT_FROM_OT_ENVIRONMENT"], "location": location(NORDFJORD),
        "matchCode": "event.destination.port in (102, 502, 2404)",
    });
    let what = json!({"newSeverity": "critical", "transformCode": "event.addProperty('ot', 'true')"});
    filter(common, IP_FILTER, 20, [0, 0], [when, what], now)
}

fn expired(now: i64) -> FilterRecord {
    let mut common = common(31024, "Mute migration of file shares", "Held while the shares moved", Some(HAVBRIS));
    common.days = [90, 90, 0];
    let when = json!({"signature": ["ARGUS-policy-clear-text"], "protocol": "tcp", "destinationPorts": [445]});
    let what = json!({"newSeverity": "lowStatistics", "stopAfterNoMatch": true});
    filter(common, "AggregatedAttackEventMatchFilter", 300, [-90, -60], [when, what], now)
}

fn beacon_case(now: i64) -> FilterRecord {
    let mut common =
        common(31025, "Bind beacon to its case", "Further call-backs belong to the open case", Some(NORDFJORD));
    (common.days, common.labels, common.revision) = ([0, 0, 0], vec!["c2"], 1);
    let when = json!({
        "alarm": alarms(&["malware-callback"]), "sourceIPAddresses": ["10.20.4.17"],
        "destinationIPAddresses": [world::BEACON_IP], "domainPattern": world::BEACON_DOMAIN,
    });
    filter(common, IP_FILTER, 10, [0, 30], [when, json!({"associatedCaseID": 4_120_771})], now)
}

fn deleted(now: i64) -> FilterRecord {
    let mut common = common(31026, "Drop old proxy noise", "The proxy is gone", Some(NORDFJORD));
    (common.enabled, common.days) = (false, [700, 120, 120]);
    let when = json!({"sourceIPAddresses": ["10.20.9.80"]});
    filter(common, IP_FILTER, 400, [0, 0], [when, json!({"drop": true})], now)
}

/// Filter number `n`: one of a few ordinary rules for one alarm.
fn generated(n: u64, dice: &mut Dice, now: i64) -> FilterRecord {
    let customer = *dice.pick(&[Some(NORDFJORD), Some(HAVBRIS), Some(BERGTUN), None]);
    let (_, alarm, ..) = *dice.pick(ALARMS);
    let signature = match alarm {
        "port-scan" => json!(["ARGUS-scan-sweep"]),
        "cleartext-password" => json!(["ARGUS-policy-clear-text"]),
        _ => json!([]),
    };
    let (_, category) = alarm_and_category(alarm);
    let host = 1 + dice.below(200);
    let net = match customer {
        Some(NORDFJORD) => "10.20.12",
        Some(HAVBRIS) => "10.40.12",
        _ => "10.60.12",
    };
    let when = json!({
        "alarm": alarms(&[alarm]), "attackCategory": [category], "signature": signature,
        "sourceIPAddresses": [format!("{net}.{host}")],
        "excludeEventFlags": if n.is_multiple_of(4) { json!(["IDENTIFIED_THREAT"]) } else { json!([]) },
        "location": customer.map_or(json!([]), location),
    });
    let (verb, what) = match dice.below(4) {
        0 => ("Drop", json!({"drop": true})),
        1 => ("Lower", json!({"newSeverity": "lowAggregated"})),
        2 => ("Raise", json!({"newSeverity": "high"})),
        _ => ("Group", json!({"newAggregationKey": "source", "changeAggregationKey": true})),
    };
    let firm = customer.and_then(world::customer_by_id).map_or("all customers", |customer| customer.name);
    let name = format!("{verb} {alarm} from {net}.{host}");
    let mut common = common(31100 + n, &name, &format!("Ordered by {firm}"), customer);
    common.enabled = dice.below(8) > 0;
    common.labels = vec![*dice.pick(&["noise", "tuning", "exception"])];
    common.revision = 1 + dice.below(6);
    let made = 30 + i64::try_from(dice.below(600)).unwrap_or(0);
    let changed = i64::try_from(dice.below(made.unsigned_abs())).unwrap_or(0);
    common.days = [made, changed, 0];
    let kind = *dice.pick(&[IP_FILTER, "AttackEventMatchFilter", "NIDSEventMatchFilter"]);
    filter(common, kind, 1_000 + 10 * n, [0, 0], [when, what], now)
}
