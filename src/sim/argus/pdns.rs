//! PassiveDNS endpoints of the simulated Argus. Public records are open to every key;
//! private ones to keys that open their customer. Of other customers a key sees what is
//! not for named eyes only, without the name.

use axum::http::StatusCode;
use serde_json::Value;

use crate::sim::argus::call::Call;
use crate::sim::argus::criteria::{self, one_of};
use crate::sim::argus::data::pdns::DnsRecord;
use crate::sim::argus::keys::VIEW_PRIVATE_DNS;
use crate::sim::argus::network::Network;
use crate::sim::argus::reader::{Reader, SortKey, SortValue, Window, window_of};
use crate::sim::argus::reply::{Answer, Reply};
use crate::sim::world;

const SORT: &[&str] = &["rrClass", "rrType", "customerID", "tlp", "count", "lastSeen", "firstSeen", "created"];
#[rustfmt::skip] // a table
const TYPES: &[&str] = &[
    "a", "aaaa", "cname", "dname", "mx", "naptr", "ns", "ptr", "rp", "soa", "srv", "txt",
];
const COLOURS: &[&str] = &["white", "green", "amber", "red"];
/// A query that always exhausts the resource quota.
const QUOTA: &str = "quota.example";

/// What to look for, apart from the name or network itself.
struct Asked {
    subdomains: bool,
    kinds: Vec<String>,
    colours: Vec<String>,
    customers: Vec<u64>,
    anonymous: bool,
    merged: bool,
    sort: Vec<SortKey>,
    window: Window,
}

impl Asked {
    fn read(reader: &mut Reader<'_>, call: &Call<'_>, foreign: &mut Option<String>) -> Self {
        reader.words("rrClass", &["in"]);
        Self {
            subdomains: reader.word("queryMatchStrategy", &["exact", "includeSubdomains"]).as_deref()
                == Some("includeSubdomains"),
            kinds: reader.words("rrType", TYPES),
            colours: reader.words("tlp", COLOURS),
            customers: criteria::read_customers(reader, "customerID", call.key, foreign),
            anonymous: reader.truth("includeAnonymousResults").unwrap_or(true),
            merged: reader.truth("aggregateResult").unwrap_or(true),
            sort: reader.sort(SORT, "-lastSeen"),
            window: reader.window(),
        }
    }
}

/// `POST /pdns/v3/search`
pub fn search(call: &Call<'_>) -> Answer {
    let mut reader = call.read_body()?;
    let query = reader.needed_text("query");
    let mut foreign = None;
    let asked = Asked::read(&mut reader, call, &mut foreign);
    criteria::finish(reader, foreign)?;
    found(call, &query, &asked)
}

/// `GET /pdns/v3/{query}`
pub fn by_query(call: &Call<'_>, query: &str) -> Answer {
    let mut reader = call.read_query();
    let mut foreign = None;
    let asked = Asked::read(&mut reader, call, &mut foreign);
    criteria::finish(reader, foreign)?;
    found(call, query, &asked)
}

fn found(call: &Call<'_>, query: &str, asked: &Asked) -> Answer {
    let query = query.trim_end_matches('.').to_lowercase();
    if query == QUOTA {
        return Err(Reply::stock(StatusCode::PAYMENT_REQUIRED));
    }
    let records = call
        .data
        .dns()
        .iter()
        .filter(|record| matches(record, &query, asked.subdomains))
        .filter(|record| asked.kinds.is_empty() || asked.kinds.iter().any(|kind| kind == record.kind))
        .filter(|record| asked.colours.is_empty() || asked.colours.iter().any(|tlp| tlp == record.tlp))
        .filter(|record| asked.customers.is_empty() || record.customer.is_some_and(|id| one_of(&asked.customers, &id)));
    let mut shown: Vec<DnsRecord> = Vec::new();
    for record in records {
        let Some(record) = as_seen(call, record, asked.anonymous) else {
            continue;
        };
        match shown.iter_mut().find(|other| asked.merged && is_same(other, &record)) {
            Some(other) => merge(other, &record),
            None => shown.push(record),
        }
    }
    let count = shown.len();
    let items = window_of(shown.iter().collect(), &asked.sort, asked.window, sort_value);
    let items: Vec<Value> = items.into_iter().map(|record| record.shown(true)).collect();
    Ok(Reply::page(asked.window.limit, asked.window.offset, count, items))
}

/// Whether the query is on either side of a record.
fn matches(record: &DnsRecord, query: &str, subdomains: bool) -> bool {
    let sides = [&record.query, &record.answer];
    if let Some(network) = Network::parse(query) {
        let pointed = addressed_by(&record.query).into_iter();
        let addresses = sides.into_iter().filter_map(|side| Network::parse(side)).chain(pointed);
        return addresses.into_iter().any(|address| network.contains(&address));
    }
    sides.into_iter().any(|side| {
        // An answer may have more than a name in it, as mail exchangers have.
        side.split(' ').any(|name| {
            let above = name.strip_suffix(query).is_some_and(|rest| rest.ends_with('.'));
            name == query || (subdomains && above)
        })
    })
}

/// The address that a reverse name stands for.
fn addressed_by(name: &str) -> Option<Network> {
    let mut labels: Vec<&str> = name.strip_suffix(".in-addr.arpa")?.split('.').collect();
    labels.reverse();
    Network::parse(&labels.join("."))
}

/// A record as the key may see it: whole, without its customer, or not at all.
fn as_seen(call: &Call<'_>, record: &DnsRecord, anonymous: bool) -> Option<DnsRecord> {
    let private = call.key.may(VIEW_PRIVATE_DNS);
    let Some(customer) = record.customer else {
        return (private || record.tlp == "white").then(|| record.clone());
    };
    if private && call.key.opens(customer) {
        return Some(record.clone());
    }
    let shared = record.tlp == "white" || (private && record.tlp == "green");
    (anonymous && shared).then(|| DnsRecord { customer: None, ..record.clone() })
}

fn is_same(a: &DnsRecord, b: &DnsRecord) -> bool {
    let identity =
        |record: &DnsRecord| (record.query.clone(), record.answer.clone(), record.kind, record.tlp, record.customer);
    identity(a) == identity(b)
}

fn merge(into: &mut DnsRecord, other: &DnsRecord) {
    into.times += other.times;
    into.ttl = [into.ttl[0].min(other.ttl[0]), into.ttl[1].max(other.ttl[1])];
    into.first = into.first.min(other.first);
    into.last = into.last.max(other.last);
}

fn sort_value(record: &DnsRecord, field: &str) -> SortValue {
    match field {
        "rrClass" => SortValue::Number(0),
        "rrType" => SortValue::Text(record.kind.to_owned()),
        "customerID" => SortValue::Number(
            record.customer.and_then(world::customer_by_id).and_then(|c| i64::try_from(c.id).ok()).unwrap_or(0),
        ),
        "tlp" => SortValue::rank(&Value::from(record.tlp), COLOURS),
        "count" => SortValue::Number(i64::try_from(record.times).unwrap_or(i64::MAX)),
        "lastSeen" => SortValue::Number(record.last),
        "firstSeen" | "created" => SortValue::Number(record.first),
        _ => SortValue::Text(format!("{} {}", record.query, record.answer)),
    }
}
