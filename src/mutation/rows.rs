//! Payload rows as plain values: what the generator knows about the data when it
//! decides whether a sentence is true. Reads the simulators' shapes only.

use jiff::Timestamp;
use serde_json::Value;

/// A case of the case list or of a single look-up.
#[derive(Clone, Debug)]
pub struct Case {
    /// Number.
    pub id: u64,
    /// Status code.
    pub status: String,
    /// Priority code.
    pub priority: String,
    /// Name of the customer.
    pub customer: String,
    /// Assignee at the customer.
    pub user: Option<String>,
    /// Subject.
    pub subject: String,
    /// Description in HTML.
    pub description: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// When the customer's answer is due.
    pub due: Option<Timestamp>,
}

/// An aggregated event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Source address.
    pub source: String,
    /// Source port: tells the events of one search apart.
    pub port: u64,
    /// Destination address.
    pub destination: String,
    /// Destination port.
    pub to_port: u64,
    /// Domain.
    pub domain: String,
    /// Sensor that saw it.
    pub sensor: String,
    /// How often.
    pub count: u64,
    /// First of it.
    pub first: Timestamp,
    /// Last of it.
    pub last: Timestamp,
    /// Flags.
    pub flags: Vec<String>,
}

/// A runtime event.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// Id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Name of the rule.
    pub rule: String,
    /// 0 to 7.
    pub severity: u64,
    /// Cluster.
    pub cluster: Option<String>,
    /// Workload's container.
    pub container: Option<String>,
    /// What the agent did, and whether it worked.
    pub action: Option<(String, bool)>,
}

/// The cases of a result: one, or a list.
pub fn cases(content: &Value) -> Vec<Case> {
    match &content["data"] {
        Value::Array(rows) => rows.iter().filter_map(case).collect(),
        row => case(row).into_iter().collect(),
    }
}

fn case(row: &Value) -> Option<Case> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let time = |name: &str| row[name].as_str().and_then(|text| text.parse().ok());
    Some(Case {
        id: row["id"].as_u64()?,
        status: text(&row["status"])?,
        priority: text(&row["priority"])?,
        customer: text(&row["customer"]["name"])?,
        user: text(&row["assignedUser"]["name"]),
        subject: text(&row["subject"])?,
        description: text(&row["description"]).unwrap_or_default(),
        created: time("createdTime")?,
        updated: time("lastUpdatedTime")?,
        closed: time("closedTime"),
        due: time("customerDueTime"),
    })
}

/// The events of a result.
pub fn events(content: &Value) -> Vec<Event> {
    let rows = content["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter().filter_map(event).collect()
}

fn event(row: &Value) -> Option<Event> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let time = |name: &str| row["timestamps"][name].as_i64().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let flags = row["flags"].as_array()?;
    Some(Event {
        source: text(&row["source"]["address"])?,
        port: row["source"]["port"].as_u64()?,
        destination: text(&row["destination"]["address"])?,
        to_port: row["destination"]["port"].as_u64()?,
        domain: text(&row["domain"])?,
        sensor: text(&row["sensor"]["hostName"])?,
        count: row["count"].as_u64()?,
        first: time("firstEvent")?,
        last: time("lastEvent")?,
        flags: flags.iter().filter_map(text).collect(),
    })
}

/// The runtime events of a result.
pub fn runtime(content: &Value) -> Vec<Runtime> {
    let rows = content["results"]["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter().filter_map(runtime_event).collect()
}

fn runtime_event(row: &Value) -> Option<Runtime> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let action = &row["actions"][0];
    Some(Runtime {
        id: text(&row["id"])?,
        at: Timestamp::from_nanosecond(i128::from(row["timestamp"].as_i64()?)).ok()?,
        rule: text(&row["content"]["ruleName"])?,
        severity: row["severity"].as_u64()?,
        cluster: text(&row["labels"]["kubernetes.cluster.name"]),
        container: text(&row["content"]["fields"]["container.name"]),
        action: text(&action["type"]).zip(action["isSuccessful"].as_bool()),
    })
}
