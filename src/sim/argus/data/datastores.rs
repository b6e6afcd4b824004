//! Datastores of the fictional world and the entries of those that can be read.

use crate::sim::world::{BERGTUN, HAVBRIS, NORDFJORD};

/// What Argus knows about a datastore.
#[derive(Debug)]
pub struct Store {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// `MAP` or `LIST`.
    pub kind: &'static str,
    /// `CENTRAL`, `LOCAL` or `DISTRIBUTED`.
    pub behaviour: &'static str,
    /// The same for all customers.
    pub global: bool,
    /// Days that an entry lives; 0: for ever.
    pub days: i64,
    /// Keys are kept in lower case.
    pub lower_case: bool,
    /// No longer in use.
    pub deleted: bool,
}

/// All datastores.
#[rustfmt::skip] // a table
pub const STORES: &[Store] = &[
    store("vip-users", "Accounts with raised alert priority", "MAP", "CENTRAL", false, 90, true, false),
    store("scanner-ips", "Addresses of the customer's own scanners", "LIST", "CENTRAL", false, 0, false, false),
    store("known-bad-ja3", "Fingerprints of known malware clients", "MAP", "CENTRAL", true, 0, true, false),
    store("session-cache", "Sessions seen by one pipeline node", "MAP", "LOCAL", false, 1, false, false),
    store("pipeline-counters", "Counters of the pipeline nodes", "MAP", "DISTRIBUTED", true, 0, false, false),
    store("old-list", "Replaced by scanner-ips", "LIST", "CENTRAL", false, 0, false, true),
];

#[expect(clippy::too_many_arguments, reason = "one table row per call")]
const fn store(
    name: &'static str,
    description: &'static str,
    kind: &'static str,
    behaviour: &'static str,
    global: bool,
    days: i64,
    lower_case: bool,
    deleted: bool,
) -> Store {
    Store { name, description, kind, behaviour, global, days, lower_case, deleted }
}

/// One entry: store, customer (0: global), key, value (empty in a list), days since it was last changed.
pub type Entry = (&'static str, u64, &'static str, &'static str, i64);

/// All entries. One of them is older than its store keeps entries.
#[rustfmt::skip] // a table
pub const ENTRIES: &[Entry] = &[
    ("vip-users", NORDFJORD, "kari.solheim", "{\"tier\":1}", 30),
    ("vip-users", NORDFJORD, "tor.aas", "{\"tier\":2}", 12),
    ("vip-users", NORDFJORD, "svc/backup job", "{\"tier\":3,\"service\":true}", 41),
    ("vip-users", NORDFJORD, "former.head", "{\"tier\":1}", 120),
    ("vip-users", HAVBRIS, "mona.lie", "{\"tier\":1}", 8),
    ("scanner-ips", NORDFJORD, "10.20.9.10", "", 200),
    ("scanner-ips", BERGTUN, "10.60.9.10", "", 45),
    ("known-bad-ja3", 0, "e7d705a3286e19ea42f587b344ee6865", "silver-otter loader", 33),
    ("known-bad-ja3", 0, "6734f37431670b3ab4292b8f60f29984", "commodity stealer", 260),
];
