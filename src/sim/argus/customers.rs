//! Customer endpoints of the simulated Argus: one customer, its properties, search.

use serde_json::{Value, json};

use crate::sim::argus::call::Call;
use crate::sim::argus::cases::cut;
use crate::sim::argus::criteria::{self, Keywords, read_customers};
use crate::sim::argus::data::catalog;
use crate::sim::argus::keys::VIEW_CUSTOMER;
use crate::sim::argus::reader::{SortValue, window_of};
use crate::sim::argus::reply::{Answer, Reply};
use crate::sim::world::{self, Customer};

#[rustfmt::skip] // a table
const FLAGS: &[&str] = &[
    "disabled", "denySubmitForAnonymousUser", "allowGlobalData", "excludeFromProduction",
    "networkBaseCustomer", "singleNetworkDomain", "customerDataDeleted", "rootCustomerGroup",
];
#[rustfmt::skip] // a table
const SECTIONS: &[&str] = &[
    "general", "sla", "analysis", "aer", "ama", "amq", "ala", "alc", "irt", "securedns", "policy",
    "integrations", "detections", "notification", "reporting", "services", "products", "authentication",
    "other", "hidden",
];
/// Key, section, default, and value and source at customer 2171 where they differ.
type PropertyRow = (&'static str, &'static str, &'static str, Option<(&'static str, &'static str)>);
/// Keys with their section and default, the value of customer 2171, and where that comes from.
const PROPERTIES: &[PropertyRow] = &[
    ("sla.reaction.critical", "sla", "PT60M", Some(("PT30M", "customer"))),
    ("sla.reaction.high", "sla", "PT2H", None),
    ("contact.emergency.phone", "general", "", Some(("+47 555 01 234", "inherited"))),
    ("analysis.geo.allowed", "analysis", "[\"NO\",\"SE\",\"DK\"]", None),
    ("notification.language", "notification", "no", None),
];

/// `GET /authentication/v1/session/customer`
pub fn of_session(call: &Call<'_>) -> Answer {
    let mut reader = call.read_query();
    let window = reader.window();
    reader.finish()?;
    let open: Vec<Value> = world::CUSTOMERS
        .iter()
        .filter(|customer| call.key.opens(customer.id))
        .map(|customer| catalog::customer_info(customer.id))
        .collect();
    Ok(cut(&open.iter().collect::<Vec<_>>(), window))
}

fn named(call: &Call<'_>, name: &str) -> Result<&'static Customer, Reply> {
    call.key.needs(VIEW_CUSTOMER)?;
    world::customer_by_name(name)
        .filter(|customer| call.key.opens(customer.id))
        .ok_or_else(|| Reply::not_found("idOrShortName", name))
}

/// `GET /customers/v2/customer/{idOrShortName}`
pub fn by_name(call: &Call<'_>, name: &str) -> Answer {
    let mut reader = call.read_query();
    let keys = reader.texts("includeProperties");
    let prefixes = reader.texts("includePropertiesWithPrefix");
    reader.finish()?;
    let customer = named(call, name)?;
    let mut object = shown(customer);
    if !keys.is_empty() || !prefixes.is_empty() {
        let chosen = |property: &Value| {
            let key = property["key"].as_str().unwrap_or_default();
            keys.iter().any(|k| k == key) || prefixes.iter().any(|p| key.starts_with(p.as_str()))
        };
        let pairs: serde_json::Map<String, Value> = properties_of(customer)
            .into_iter()
            .filter(chosen)
            .filter_map(|p| Some((p["key"].as_str()?.to_owned(), p["value"].clone())))
            .collect();
        object["properties"] = Value::Object(pairs);
    }
    Ok(Reply::object(object))
}

/// `GET /customers/v2/customer/{idOrShortName}/properties`
pub fn properties(call: &Call<'_>, name: &str) -> Answer {
    let mut reader = call.read_query();
    let keys = reader.texts("key");
    let sections = reader.words("section", SECTIONS);
    let window = reader.window();
    reader.finish()?;
    let all = properties_of(named(call, name)?);
    let chosen: Vec<&Value> = all
        .iter()
        .filter(|property| {
            let key = property["key"].as_str().unwrap_or_default();
            let section = PROPERTIES.iter().find(|row| row.0 == key).map(|row| row.1);
            (keys.is_empty() || keys.iter().any(|k| k == key))
                && (sections.is_empty() || sections.iter().any(|s| Some(s.as_str()) == section))
        })
        .collect();
    Ok(cut(&chosen, window))
}

fn properties_of(customer: &Customer) -> Vec<Value> {
    let entry = |(key, _, default, own): &PropertyRow| {
        let own = own.filter(|_| customer.id == world::NORDFJORD);
        let (value, source) = own.unwrap_or((default, "descriptor"));
        let parsed = |text: &str| serde_json::from_str(text).ok().filter(Value::is_array).unwrap_or(Value::Null);
        json!({
            "key": key, "value": value, "jsonValue": parsed(value),
            "defaultValue": default, "defaultJsonValue": parsed(default), "source": source,
        })
    };
    PROPERTIES.iter().map(entry).collect()
}

/// Numbers of a customer and of the groups above it, itself first.
#[must_use]
pub fn ancestors(customer: &Customer) -> Vec<u64> {
    let mut ids = vec![customer.id];
    let mut parent = customer.parent;
    while let Some(id) = parent {
        ids.push(id);
        parent = world::customer_by_id(id).and_then(|group| group.parent);
    }
    ids
}

fn shown(customer: &Customer) -> Value {
    json!({
        "id": customer.id, "shortName": customer.short_name, "name": customer.name,
        "domain": catalog::domain(), "type": customer.kind, "parentID": customer.parent,
        "ancestorIDs": ancestors(customer), "flags": customer.flags,
        "language": customer.language, "timeZone": customer.time_zone, "properties": null,
    })
}

/// `POST /customers/v2/customer/search`
pub fn search(call: &Call<'_>) -> Answer {
    call.key.needs(VIEW_CUSTOMER)?;
    let mut reader = call.read_body()?;
    let known = &["id", "name", "shortName"];
    let keywords = Keywords::read(&mut reader, known, known, false);
    let mut foreign = None;
    let ids = read_customers(&mut reader, "customer", call.key, &mut foreign);
    let parents = read_customers(&mut reader, "parent", call.key, &mut foreign);
    let groups = read_customers(&mut reader, "ancestor", call.key, &mut foreign);
    let kinds = reader.words("type", &["group", "leaf"]);
    let include = reader.words("includeFlags", FLAGS);
    let exclude = reader.words("excludeFlags", FLAGS);
    let sort = reader.sort(&["id", "name", "shortName", "relevance"], "id");
    let window = reader.window();
    criteria::finish(reader, foreign)?;
    let said = |customer: &Customer, field: &str, found: &mut Vec<String>| {
        found.push(match field {
            "id" => customer.id.to_string(),
            "name" => customer.name.to_owned(),
            _ => customer.short_name.to_owned(),
        });
    };
    let matches: Vec<&Customer> = world::CUSTOMERS
        .iter()
        .filter(|customer| {
            keywords.hold(|field, found| said(customer, field, found))
                && call.key.opens(customer.id)
                && (ids.is_empty() || ids.contains(&customer.id))
                && (parents.is_empty() || customer.parent.is_some_and(|p| parents.contains(&p)))
                && (groups.is_empty() || ancestors(customer).iter().any(|id| groups.contains(id)))
                && (kinds.is_empty() || kinds.iter().any(|kind| kind == customer.kind))
                && include.iter().all(|flag| customer.flags.contains(&flag.as_str()))
                && !exclude.iter().any(|flag| customer.flags.contains(&flag.as_str()))
        })
        .collect();
    let count = matches.len();
    let items = window_of(matches, &sort, window, |customer, field| match field {
        "name" => SortValue::Text(customer.name.to_owned()),
        "shortName" => SortValue::Text(customer.short_name.to_owned()),
        // Every match is as good as the next; what is named by fewer words stands nearer to them.
        "relevance" => SortValue::Number(-i64::try_from(customer.name.len()).unwrap_or(0)),
        _ => SortValue::Number(i64::try_from(customer.id).unwrap_or(0)),
    });
    let items = items.into_iter().map(shown).collect();
    Ok(Reply::page(window.limit, window.offset, count, items))
}
