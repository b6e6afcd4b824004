//! Datastore endpoints of the simulated Argus: one descriptor, one entry. Entries of
//! other than central stores cannot be read; a global store is read for customer 0, any
//! other for a real customer.

use serde_json::{Value, json};

use crate::sim::argus::call::Call;
use crate::sim::argus::data::catalog;
use crate::sim::argus::data::datastores::{ENTRIES, STORES, Store};
use crate::sim::argus::keys::{VIEW_DESCRIPTORS, VIEW_ENTRY};
use crate::sim::argus::reply::{Answer, Reply};
use crate::sim::world;

const DAY: i64 = 86_400_000;
/// Days since descriptors were last changed.
const DESCRIPTOR_AGE: i64 = 400;

fn named(name: &str) -> Result<&'static Store, Reply> {
    STORES.iter().find(|store| store.name == name).ok_or_else(|| Reply::not_found("dataStore", name))
}

/// `GET /datastores/v1/descriptor/{dataStore}`
pub fn descriptor(call: &Call<'_>, name: &str) -> Answer {
    call.key.needs(VIEW_DESCRIPTORS)?;
    call.read_query().finish()?;
    let store = named(name)?;
    Ok(Reply::object(json!({
        "name": store.name, "description": store.description, "dataType": store.kind,
        "behaviourType": store.behaviour, "globalData": store.global, "expireData": store.days > 0,
        "lifeTime": store.days * DAY, "useLowerCaseKeys": store.lower_case, "deleted": store.deleted,
        "lastUpdatedTimestamp": call.start.as_millisecond() - DESCRIPTOR_AGE * DAY,
        "lastUpdatedByUser": catalog::event_user_info(121),
        "readFunction": VIEW_ENTRY, "writeFunction": "manageDataStoreEntry",
    })))
}

/// `GET /datastores/v1/store/{dataStore}/{key}`; without such an entry the data is null.
pub fn entry(call: &Call<'_>, name: &str, key: &str) -> Answer {
    call.key.needs(VIEW_ENTRY)?;
    let store = named(name)?;
    let mut reader = call.read_query();
    let asked = reader.number("customerID");
    // Argus takes the customer of the key where none is named.
    let customer = asked.or(if store.global { Some(0) } else { call.key.customer() });
    if store.behaviour != "CENTRAL" {
        let text = format!("entries of {} datastores cannot be read", store.behaviour);
        reader.problem("dataStore", &text, "datastore.not.central", name);
    } else if store.deleted {
        reader.problem("dataStore", "the datastore is deleted", "datastore.deleted", name);
    }
    let got = customer.map(|id| id.to_string()).unwrap_or_default();
    match customer {
        None => reader.problem("customerID", "must not be null", "javax.validation.NotNull", ""),
        Some(0) if !store.global => {
            reader.problem("customerID", "must be a customer, since the data is not global", "invalid.value", &got);
        }
        Some(1..) if store.global => {
            reader.problem("customerID", "must be 0, since the data is global", "invalid.value", &got);
        }
        Some(id) if id > 0 && world::customer_by_id(id).is_none() => {
            reader.problem("customerID", "unknown customer", "customer.unknown", &got);
        }
        Some(_) => {}
    }
    reader.finish()?;
    let customer = customer.unwrap_or(0);
    if customer != 0 && !call.key.opens(customer) {
        return Err(Reply::foreign_customer(&got));
    }
    Ok(Reply::object(found(call, store, customer, key)))
}

fn found(call: &Call<'_>, store: &Store, customer: u64, key: &str) -> Value {
    let row = ENTRIES.iter().find(|row| row.0 == store.name && row.1 == customer && row.2 == key);
    let Some((_, _, key, value, days)) = row else {
        return Value::Null;
    };
    let changed = call.start.as_millisecond() - days * DAY;
    if store.days > 0 && call.now.as_millisecond() > changed + store.days * DAY {
        return Value::Null;
    }
    let mut entry = json!({
        "dataStoreName": store.name, "key": key, "customerID": customer,
        "customer": catalog::customer_info(customer), "flags": [],
        "lastUpdatedTimestamp": changed, "lastUpdatedByUser": catalog::event_user_info(121),
    });
    if store.kind == "MAP" {
        entry["value"] = json!(value);
    }
    entry
}
