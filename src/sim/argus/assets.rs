//! One asset by UUID or short name: the named machines of the world. Case searches
//! by machine need it; asset search and statistics are not simulated.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::sim::argus::call::Call;
use crate::sim::argus::data::catalog::{self, asset_id, ms, stable_id};
use crate::sim::argus::keys::VIEW_ASSET;
use crate::sim::argus::reply::{Answer, Reply};
use crate::sim::world::{self, Host};

/// Components of every machine: name, type.
const COMPONENTS: &[(&str, &str)] = &[
    ("ipAddress", "ipType"),
    ("hostName", "stringType"),
    ("fqdn", "domainType"),
    ("macAddress", "stringType"),
    ("operatingSystem", "cpeType"),
];

/// `GET /assets/v2/asset/{idOrShortName}`
pub fn by_name(call: &Call<'_>, name: &str) -> Answer {
    call.key.needs(VIEW_ASSET)?;
    let mut reader = call.read_query();
    let customer = reader.text("customer");
    reader.finish()?;
    world::HOSTS
        .iter()
        .filter(|host| call.key.opens(host.customer))
        .filter(|host| {
            let wanted = customer.as_deref().and_then(world::customer_by_name);
            customer.is_none() || wanted.is_some_and(|c| c.id == host.customer)
        })
        .find(|host| host.name == name || asset_id(host.name) == name)
        .map(|host| Reply::object(shown(call, host)))
        .ok_or_else(|| Reply::not_found("idOrShortName", name))
}

fn shown(call: &Call<'_>, host: &Host) -> Value {
    let start = call.start.as_millisecond();
    let days = |n: i64| ms(SignedDuration::from_hours(24 * n));
    let components: Vec<Value> = COMPONENTS.iter().map(|(name, kind)| component(host, name, kind)).collect();
    json!({
        "id": asset_id(host.name), "shortName": host.name, "name": host.name.to_uppercase(),
        "description": host.role, "customer": catalog::customer_info(host.customer),
        "owner": null,
        "dataSource": {"id": stable_id("source", "edr-sim"), "shortName": "edr-sim", "name": "edr-sim"},
        "assetDefinition": {
            "id": stable_id("definition", "hostasset"), "shortName": "HostAsset",
            "name": "Host asset", "domain": catalog::domain(),
        },
        "components": components, "parentGroups": [],
        "criticality": {
            "confidentiality": host.criticality, "integrity": host.criticality,
            "availability": host.criticality,
        },
        "totalCVSS": 0.0, "vulnerabilitiesCount": 0, "flags": [],
        "firstSeenTimestamp": start - days(400), "lastSeenTimestamp": start - 1_800_000,
        "lastScanTimestamp": 0, "createdTimestamp": start - days(400),
        "lastUpdatedTimestamp": start - 1_800_000, "deletedTimestamp": 0,
    })
}

fn component(host: &Host, name: &str, kind: &str) -> Value {
    let value = match name {
        "ipAddress" => host.ip,
        "hostName" => host.name,
        "fqdn" => host.fqdn,
        "macAddress" => host.mac,
        _ => host.os,
    };
    json!({
        "id": stable_id("component", &format!("{}-{name}", host.name)),
        "componentDefinition": {
            "id": stable_id("component-definition", name), "shortName": name, "name": name,
            "type": kind, "visibility": "visible",
        },
        "type": kind, "value": value, "flags": [],
    })
}
