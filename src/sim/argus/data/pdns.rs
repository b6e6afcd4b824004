//! What the sensors of the fictional world saw in DNS, from a table, and a name with
//! three hundred records. A record that several sensors saw stands here several times.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sim::argus::data::catalog;
use crate::sim::world::{self, HAVBRIS, NORDFJORD};

const MINUTE: i64 = 60_000;
const DAY: i64 = 1_440 * MINUTE;
/// The name with many records, and how many.
pub const CROWDED: (&str, u32) = ("parked.example", 300);

/// One observed record.
#[derive(Clone, Debug)]
pub struct DnsRecord {
    /// What was asked for.
    pub query: String,
    /// What was answered.
    pub answer: String,
    /// Record type.
    pub kind: &'static str,
    /// Traffic light colour.
    pub tlp: &'static str,
    /// How often it was seen.
    pub times: u64,
    /// Least and highest time to live.
    pub ttl: [u64; 2],
    /// When it was first seen, in milliseconds.
    pub first: i64,
    /// When it was last seen.
    pub last: i64,
    /// The customer whose private record this is.
    pub customer: Option<u64>,
}

impl DnsRecord {
    /// The record as Argus shows it; `named` tells whether its customer may be named.
    #[must_use]
    pub fn shown(&self, named: bool) -> Value {
        let mut object = json!({
            "query": self.query, "answer": self.answer, "rrclass": "in", "rrtype": self.kind,
            "tlp": self.tlp, "times": self.times, "minTtl": self.ttl[0], "maxTtl": self.ttl[1],
            "firstSeenTimestamp": self.first, "lastSeenTimestamp": self.last,
            "createdTimestamp": self.first, "lastUpdatedTimestamp": self.last, "flags": [],
        });
        if let Some(customer) = self.customer.filter(|_| named) {
            object["customer"] = catalog::customer_info(customer);
        }
        object
    }
}

type Row = (&'static str, &'static str, &'static str, &'static str, u64, [u64; 2], [i64; 2], Option<u64>);

/// Query, answer, type, colour, times, least and highest time to live, minutes since first and last seen, customer.
#[rustfmt::skip] // a table
const RECORDS: &[Row] = &[
    (world::BEACON_DOMAIN, world::BEACON_IP, "a", "white", 300, [60, 300], [50_900, 135], None),
    (world::BEACON_DOMAIN, world::BEACON_IP, "a", "white", 112, [120, 300], [20_000, 400], None),
    (world::BEACON_DOMAIN, "203.0.113.67", "a", "white", 58, [60, 60], [130_000, 51_000], None),
    ("www.cdn-sync.example", world::BEACON_DOMAIN, "cname", "white", 77, [300, 300], [50_500, 800], None),
    (world::BEACON_DOMAIN, "ns1.hosting.example", "ns", "white", 40, [3600, 86_400], [130_000, 2_000], None),
    ("update.cdn-sync.example", "203.0.113.68", "a", "amber", 9, [60, 60], [480, 95], Some(NORDFJORD)),
    (world::PHISHING_DOMAIN, world::PHISHING_IP, "a", "white", 203, [300, 600], [9_000, 1_400], None),
    ("stage.login-portal.example", world::PHISHING_IP, "a", "green", 4, [300, 300], [7_000, 5_100], Some(HAVBRIS)),
    ("66.113.0.203.in-addr.arpa", "host-66.hosting.example", "ptr", "white", 21, [3600, 3600], [60_000, 4_000], None),
    (world::BOOKING_DOMAIN, world::BOOKING_IP, "a", "white", 51_230, [30, 300], [900_000, 2], None),
    (world::BOOKING_DOMAIN, "10 mail.havbris.example", "mx", "white", 880, [3600, 3600], [900_000, 700], None),
    (world::EXFIL_DOMAIN, world::EXFIL_IP, "a", "white", 640, [60, 120], [120_000, 75_000], None),
];

/// All records as they look at `start`.
#[must_use]
pub fn build(start: Timestamp) -> Vec<DnsRecord> {
    let now = start.as_millisecond();
    let mut records: Vec<DnsRecord> = RECORDS
        .iter()
        .map(|(query, answer, kind, tlp, times, ttl, ages, customer)| DnsRecord {
            query: (*query).to_owned(),
            answer: (*answer).to_owned(),
            kind,
            tlp,
            times: *times,
            ttl: *ttl,
            first: now - ages[0] * MINUTE,
            last: now - ages[1] * MINUTE,
            customer: *customer,
        })
        .collect();
    let (name, many) = CROWDED;
    records.extend((1..=many).map(|n| DnsRecord {
        query: name.to_owned(),
        answer: format!("2001:db8:300::{n:x}"),
        kind: "aaaa",
        tlp: "white",
        times: u64::from(1 + n % 17),
        ttl: [60, 60],
        first: now - 200 * DAY + i64::from(n) * MINUTE,
        last: now - i64::from(n) * 47 * MINUTE,
        customer: None,
    }));
    records
}
