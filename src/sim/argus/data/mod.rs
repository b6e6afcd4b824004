//! The data of the simulated Argus: a fixture tree built from readable tables, a
//! seed, and the instant at which the simulator starts. It changes only by patches.
//!
//! Cases and recent events are made at the start. What few requests touch (old events,
//! assets, filters, PassiveDNS records) is made when it is first asked for, so that a
//! simulator starts at once.

pub mod alarms;
pub mod assets;
pub mod case_tables;
pub mod cases;
pub mod catalog;
pub mod datastores;
pub mod events;
pub mod filters;
pub mod match_filters;
pub mod metrics;
pub mod patch;
pub mod pdns;
pub mod reputation;
pub mod vulnerabilities;

use std::sync::Arc;
use std::sync::OnceLock;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::sim::argus::data::assets::AssetRecord;
use crate::sim::argus::data::filters::FilterRecord;
use crate::sim::argus::data::pdns::DnsRecord;
use crate::sim::kept::Kept;

/// One case with everything that belongs to it.
#[derive(Clone, Debug)]
pub struct CaseRecord {
    /// The case object, without what depends on the caller.
    pub object: Value,
    /// Comments, oldest first, deleted ones included.
    pub comments: Vec<Value>,
    /// Tags.
    pub tags: Vec<Value>,
    /// Active workflows: `{workflow, state}`.
    pub workflows: Vec<Value>,
    /// Values of case fields, by field name.
    pub fields: Vec<(String, String)>,
    /// UUIDs of machines that the case is about.
    pub assets: Vec<String>,
    /// The case that this one was merged into.
    pub merged_into: Option<u64>,
}

impl CaseRecord {
    /// Number of the case.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.object["id"].as_u64().unwrap_or(0)
    }

    /// Number of its customer.
    #[must_use]
    pub fn customer(&self) -> u64 {
        self.object["customer"]["id"].as_u64().unwrap_or(0)
    }

    /// Whether the case carries this flag.
    #[must_use]
    pub fn has_flag(&self, flag: &str) -> bool {
        has_word(&self.object["flags"], flag)
    }
}

/// One event with what is shown on request only.
#[derive(Clone, Debug)]
pub struct EventRecord {
    /// The event object, without cases, properties, comments and parts.
    pub object: Value,
    /// Properties: `{key, type, values}`.
    pub properties: Vec<Value>,
    /// Comments.
    pub comments: Vec<Value>,
    /// Identifiers of the events inside an aggregate.
    pub parts: Vec<String>,
    /// The case that the event (or the aggregate it is part of) belongs to.
    pub case: Option<u64>,
    /// Part of an aggregate.
    pub is_part: bool,
}

impl EventRecord {
    /// Number of its customer.
    #[must_use]
    pub fn customer(&self) -> u64 {
        self.object["customer"]["id"].as_u64().unwrap_or(0)
    }

    /// One of its times, in milliseconds; 0 where it is not set.
    #[must_use]
    pub fn time(&self, name: &str) -> i64 {
        self.object["timestamps"][name].as_i64().unwrap_or(0)
    }

    /// Identifier without prefix: time, customer, UUID.
    #[must_use]
    pub fn identifier(&self) -> String {
        format!("{}/{}/{}", self.time("lastEvent"), self.customer(), self.object["uuid"].as_str().unwrap_or_default())
    }

    /// The case whose events list this one: parts of an aggregate are not listed.
    #[must_use]
    pub fn listed_case(&self) -> Option<u64> {
        self.case.filter(|_| !self.is_part)
    }
}

/// All data of one simulator.
#[derive(Clone, Debug)]
pub struct Data {
    /// Cases, by number.
    pub cases: Vec<CaseRecord>,
    /// Recent events and those of cases, in the order of their making.
    pub events: Vec<EventRecord>,
    /// Seed of everything that is not in a table.
    pub seed: u64,
    /// The moment of the world's making.
    pub start: Timestamp,
    history: OnceLock<Vec<EventRecord>>,
    assets: OnceLock<Vec<AssetRecord>>,
    filters: OnceLock<Vec<FilterRecord>>,
    dns: OnceLock<Vec<DnsRecord>>,
}

/// Worlds by seed and start: runs of many small worlds mostly want the same one.
static MADE: Kept<(u64, Timestamp), Data> = Kept::new();

impl Data {
    /// The fixture world, made anew only when it is none of the last few.
    #[must_use]
    pub fn shared(seed: u64, start: Timestamp) -> Arc<Self> {
        MADE.get((seed, start), |(seed, start)| Self::build(*seed, *start))
    }

    /// Builds the fixture world as it looks at `start`.
    #[must_use]
    pub fn build(seed: u64, start: Timestamp) -> Self {
        let events = events::build(seed, start);
        let mut cases = cases::build(start);
        for case in &mut cases {
            cases::tie_events(case, &events);
        }
        cases.sort_by_key(CaseRecord::id);
        Self {
            cases,
            events,
            seed,
            start,
            history: OnceLock::new(),
            assets: OnceLock::new(),
            filters: OnceLock::new(),
            dns: OnceLock::new(),
        }
    }

    /// The case of this number.
    #[must_use]
    pub fn case(&self, id: u64) -> Option<&CaseRecord> {
        self.cases.iter().find(|case| case.id() == id)
    }

    /// All events that may have ended at `first` or later.
    pub fn events_since(&self, first: i64) -> impl Iterator<Item = &EventRecord> {
        let old = if first <= events::history_end(self.start) {
            self.history.get_or_init(|| events::history(self.seed, self.start)).as_slice()
        } else {
            &[]
        };
        self.events.iter().chain(old)
    }

    /// All assets, deleted ones included.
    #[must_use]
    pub fn assets(&self) -> &[AssetRecord] {
        self.assets.get_or_init(|| assets::build(self.seed, self.start))
    }

    /// All event filters of all kinds.
    #[must_use]
    pub fn filters(&self) -> &[FilterRecord] {
        self.filters.get_or_init(|| filters::build(self.seed, self.start))
    }

    /// All PassiveDNS records, as they were observed.
    #[must_use]
    pub fn dns(&self) -> &[DnsRecord] {
        self.dns.get_or_init(|| pdns::build(self.start))
    }
}

/// Whether a list of words holds this one.
#[must_use]
pub fn has_word(list: &Value, word: &str) -> bool {
    list.as_array().is_some_and(|words| words.iter().any(|w| w.as_str() == Some(word)))
}

/// Pseudo-random numbers from a seed (splitmix64): the same on every machine and version.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice for one purpose.
    #[must_use]
    pub fn new(seed: u64, purpose: u64) -> Self {
        Self(seed ^ purpose.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.roll() % end.max(1)
    }

    /// One of `items`, which are not empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let last = items.len().saturating_sub(1);
        let n = usize::try_from(self.below(items.len() as u64)).unwrap_or(0);
        &items[n.min(last)]
    }

    /// A UUID.
    pub fn uuid(&mut self) -> String {
        let bits = (u128::from(self.roll()) << 64) | u128::from(self.roll());
        uuid::Builder::from_random_bytes(bits.to_be_bytes())
            .into_uuid()
            .hyphenated()
            .encode_lower(&mut Uuid::encode_buffer())
            .to_owned()
    }
}
