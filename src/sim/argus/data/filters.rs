//! Event filters of the fictional world: analysis and annotation filters from tables,
//! match filters from beside. Code is text that nobody runs.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::sim::argus::data::catalog;
use crate::sim::argus::data::match_filters;
use crate::sim::world::{HAVBRIS, NORDFJORD};

const DAY: i64 = 86_400_000;

/// A kind of event filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterKind {
    /// Builds new events out of the stream.
    Analysis,
    /// Adds to events.
    Annotation,
    /// Picks events by criteria and changes them.
    Match,
}

impl FilterKind {
    /// The name in paths and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Analysis => "analysis",
            Self::Annotation => "annotation",
            Self::Match => "match",
        }
    }
}

/// One filter.
#[derive(Clone, Debug)]
pub struct FilterRecord {
    /// Its kind.
    pub kind: FilterKind,
    /// The customer that it belongs to; none: it is global.
    pub customer: Option<u64>,
    /// The filter with its code.
    pub object: Value,
    /// The flags that a search looks at.
    pub flags: Value,
}

impl FilterRecord {
    /// Number of the filter.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.object["id"].as_u64().unwrap_or(0)
    }

    /// Display name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.object["name"].as_str().unwrap_or_default()
    }

    /// One of its times, in milliseconds; 0 where it is not set.
    #[must_use]
    pub fn time(&self, field: &str) -> i64 {
        match field {
            "validFrom" | "validTo" => self.object[field].as_i64().unwrap_or(0),
            other => self.object[format!("{other}Timestamp")].as_i64().unwrap_or(0),
        }
    }

    /// Whether it runs at a moment.
    #[must_use]
    pub fn is_running(&self, now_ms: i64) -> bool {
        let flags = self.flags.as_array().map_or(&[][..], Vec::as_slice);
        let end = self.time("validTo");
        flags.iter().any(|flag| flag == "enabled") && (end == 0 || end > now_ms) && self.time("deleted") == 0
    }
}

/// What every filter has.
pub struct Common {
    /// Number.
    pub id: u64,
    /// Display name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The customer; none: global.
    pub customer: Option<u64>,
    /// Labels.
    pub labels: Vec<&'static str>,
    /// Whether it runs.
    pub enabled: bool,
    /// Whether changes to it are reviewed.
    pub controlled: bool,
    /// Times that it was changed.
    pub revision: u64,
    /// Days since it was made, last changed, and deleted (0: not).
    pub days: [i64; 3],
    /// Who made it, and who changed it last.
    pub users: [u64; 2],
}

/// Builds a record from what is common, the members of the kind, and flags that follow from them.
#[must_use]
pub fn record(kind: FilterKind, common: Common, own: Value, code_flags: &[&str], now: i64) -> FilterRecord {
    let [made, changed, deleted] = common.days;
    let deleted_at = if deleted > 0 { now - deleted * DAY } else { 0 };
    let mut flags: Vec<&str> = Vec::new();
    for (flag, is_set) in [
        ("enabled", common.enabled),
        ("controlled", common.controlled),
        ("deleted", deleted > 0),
        ("global", common.customer.is_none()),
    ] {
        if is_set {
            flags.push(flag);
        }
    }
    flags.extend(code_flags);
    let mut object = json!({
        "id": common.id, "name": common.name, "description": common.description,
        "customer": common.customer.map(catalog::customer_info), "labels": common.labels, "flags": flags,
        "comment": format!("Revision {}", common.revision), "revision": common.revision, "masterID": null,
        "createdTimestamp": now - made * DAY, "createdByUser": catalog::event_user_info(common.users[0]),
        "lastUpdatedTimestamp": now - changed * DAY, "lastUpdatedByUser": catalog::event_user_info(common.users[1]),
        "deletedTimestamp": deleted_at,
        "deletedByUser": if deleted > 0 { catalog::event_user_info(common.users[1]) } else { Value::Null },
    });
    if let (Some(members), Value::Object(own)) = (object.as_object_mut(), own) {
        members.extend(own);
    }
    let mut searched: Vec<Value> = flags.iter().map(|flag| json!(flag)).collect();
    for action in ["defaultAggregate", "skipNewEvent"] {
        if object["actions"][action] == true {
            searched.push(json!(action));
        }
    }
    FilterRecord { kind, customer: common.customer, object, flags: Value::Array(searched) }
}

/// Takes the code out of a filter.
#[must_use]
pub fn without_code(mut filter: Value) -> Value {
    for part in ["filters", "actions"] {
        if let Some(members) = filter[part].as_object_mut() {
            members.retain(|name, _| !name.ends_with("Code") && !name.starts_with("preStatementCode"));
        }
    }
    filter
}

/// All filters as they look at `start`.
#[must_use]
pub fn build(seed: u64, start: Timestamp) -> Vec<FilterRecord> {
    let now = start.as_millisecond();
    let mut filters = analysis(now);
    filters.extend(annotation(now));
    filters.extend(match_filters::build(seed, now));
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
        revision: 1,
        days: [400, 30, 0],
        users: [121, 121],
    }
}

/// Members that analysis and annotation filters share.
fn authored(short_name: &str, commit: &str) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("shortName".to_owned(), json!(short_name));
    members.insert("commitID".to_owned(), json!(commit));
    members.insert("authoredByUser".to_owned(), catalog::event_user_info(121));
    members
}

/// An analysis filter: code before the statement twice, the statement, and its trigger; and
/// whether it aggregates, leaves out the new event, and stores raw events.
fn analysis_filter(
    common: Common,
    short_name: &str,
    code: [Option<&str>; 4],
    actions: [bool; 3],
    now: i64,
) -> FilterRecord {
    let [first, second, statement, trigger] = code;
    let mut own = authored(short_name, &format!("5e{}", common.id));
    own.insert(
        "filters".to_owned(),
        json!({"statementCode": statement, "preStatementCode1": first, "preStatementCode2": second}),
    );
    own.insert(
        "actions".to_owned(),
        json!({
            "actionName": short_name, "triggerCode": trigger, "defaultAggregate": actions[0],
            "skipNewEvent": actions[1], "storeRawEvents": actions[2],
        }),
    );
    let names = ["hasPreStatementCode1", "hasPreStatementCode2", "hasStatementCode", "hasTriggerCode"];
    let flags: Vec<&str> = names.iter().zip(code).filter(|(_, code)| code.is_some()).map(|(name, _)| *name).collect();
    record(FilterKind::Analysis, common, Value::Object(own), &flags, now)
}

fn analysis(now: i64) -> Vec<FilterRecord> {
    let mut spray = common(
        20417,
        "Rare country login after password spray",
        "Raises an event when a success follows many failures",
        None,
    );
    (spray.labels, spray.revision, spray.days) = (vec!["identity"], 7, [500, 19, 0]);
    let mut beacon = common(
        20418,
        "Beacon periodicity",
        "Raises an event when a client contacts one place at fixed intervals",
        Some(NORDFJORD),
    );
    (beacon.labels, beacon.controlled, beacon.revision) = (vec!["c2", "network"], true, 3);
    beacon.days = [210, 5, 0];
    let mut idle = common(20419, "Lateral movement by remote service", "Kept for reference", Some(HAVBRIS));
    (idle.enabled, idle.labels, idle.days) = (false, vec!["lateral-movement"], [600, 300, 0]);
    vec![
        analysis_filter(
            spray,
            "spray-then-success",
            [
                Some("create window Failures#time(30 min) as AuthEvent"),
                None,
                Some(
                    "select * from AuthEvent(result = 'success') as s where (select count(*) from Failures f where f.user = s.user) > 20",
                ),
                Some("newEvent.severity = high"),
            ],
            [true, false, true],
            now,
        ),
        analysis_filter(
            beacon,
            "beacon-periodicity",
            [
                None,
                None,
                Some(
                    "select source, destination, stddev(interval) from Flow#time(2 hours) group by source, destination having stddev(interval) < 15",
                ),
                Some("newEvent.severity = medium; newEvent.signature = 'ARGUS-beacon-periodicity'"),
            ],
            [true, false, false],
            now,
        ),
        analysis_filter(
            idle,
            "remote-service-move",
            [None, None, Some("select * from ServiceEvent(action = 'install')"), Some("newEvent.severity = low")],
            [false, true, false],
            now,
        ),
    ]
}

fn annotation(now: i64) -> Vec<FilterRecord> {
    let full = |common: Common, short_name: &str, stage: &str, statement: &str, trigger: &str| {
        let mut own = authored(short_name, &format!("7a{}", common.id));
        own.insert("filters".to_owned(), json!({"stage": stage, "statementCode": statement}));
        own.insert("actions".to_owned(), json!({"triggerCode": trigger}));
        let flags = ["hasStatementCode", "hasTriggerCode"];
        record(FilterKind::Annotation, common, Value::Object(own), &flags, now)
    };
    let mut vip = common(25101, "Tag VIP users", "Adds a property to events of accounts in vip-users", Some(NORDFJORD));
    (vip.labels, vip.revision, vip.users) = (vec!["identity"], 3, [120, 121]);
    let mut geo = common(25102, "Enrich with place", "Adds country and place of outer addresses", None);
    (geo.labels, geo.revision, geo.days) = (vec!["enrichment"], 11, [1200, 44, 0]);
    vec![
        full(
            vip,
            "tag-vip-user",
            "postAnalysis",
            "select * from AttackEvent as e where dataStore('vip-users').has(e.user)",
            "event.addProperty('vip', 'true')",
        ),
        full(
            geo,
            "geo-enrich",
            "preAnalysis",
            "select * from AttackEvent(source.public or destination.public)",
            "event.source.geo = geo(event.source.address); event.destination.geo = geo(event.destination.address)",
        ),
    ]
}
