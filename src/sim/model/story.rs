//! Reads tool results into stories that can be told: rows of a list, one object,
//! nothing found, a failure. Which fields count is a table of pointers over the
//! shapes of the two embedded servers, with general names behind them.

use serde_json::Value;

use crate::sim::model::counts;
use crate::sim::model::job::Seen;
use crate::sim::model::plan::bare;
use crate::sim::model::posture;

/// Most rows that an answer lists.
pub(super) const MAX_ROWS: usize = 10;

/// What a result is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noun {
    Case,
    Event,
    RuntimeEvent,
    Comment,
    Tag,
    Asset,
    Customer,
    Alarm,
    Filter,
    Figure,
    Datastore,
    Entry,
    Property,
    Record,
    Score,
    Listing,
    Category,
    Service,
    Field,
    Lineage,
    Cluster,
    Node,
    Workload,
    Pod,
    Container,
    CronJob,
    Tree,
    Process,
    Finding,
    Item,
}

/// Which attribute a value is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    Status,
    Priority,
    Severity,
    Customer,
    Cluster,
    Source,
    Destination,
    Created,
    Closed,
    Updated,
    Assigned,
    Reporter,
    Category,
    Service,
    Type,
    By,
    Added,
    Description,
    Host,
    Pod,
    Process,
    Value,
    Count,
    Kind,
    Score,
    Method,
    Confidence,
    List,
    From,
    Cvss,
    Vulnerabilities,
    Namespace,
    Workload,
    Node,
    Image,
    Version,
    Region,
    Address,
    Schedule,
    Pods,
    Cores,
    Memory,
    Restarts,
    ErrorRate,
    Missing,
    QuotaShare,
    Time,
    User,
    Package,
    FixedIn,
    Parent,
    Command,
}

/// One entity with its attributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Row {
    pub(super) id: Option<String>,
    pub(super) title: Option<String>,
    pub(super) fields: Vec<(Label, String)>,
}

impl Row {
    pub(super) fn get(&self, label: Label) -> Option<&str> {
        self.fields.iter().find(|(field, _)| *field == label).map(|(_, value)| value.as_str())
    }
}

/// What a result says.
#[derive(Clone, Debug)]
pub(super) enum Story {
    /// Several rows; `total` is known or not.
    Rows { noun: Noun, rows: Vec<Row>, shown: u64, total: Option<u64>, more: bool },
    /// Numbers by group and by stretch of time, with their sum.
    Counts { noun: Noun, total: u64, rows: Vec<Row>, points: Vec<(String, u64)> },
    /// One object, with its whole payload for questions about an attribute.
    Object { noun: Noun, row: Row, whole: Value },
    /// A statement that was made of a question and has not been run; without one, what else could
    /// be asked.
    Statement { text: String, others: Vec<String> },
    /// The call succeeded and found nothing.
    Empty { noun: Noun, filter: String },
    /// The call failed.
    Failed { tool: String, reason: String },
    /// Nothing that we can read; told as plain text.
    Text { text: String },
}

/// The story of one result, with the time it was observed.
pub(super) fn tell(seen: &Seen) -> Story {
    let tool = bare(&seen.tool);
    let noun = noun_of(tool);
    if matches!(seen.outcome.as_str(), "error" | "timeout" | "unavailable" | "denied" | "invalid_arguments") {
        let reason = seen.error.clone().unwrap_or_else(|| seen.outcome.clone());
        return Story::Failed { tool: tool.to_owned(), reason };
    }
    let content = payload(&seen.content);
    // A tree that counted nothing is a list of one all the same.
    if seen.outcome == "empty" {
        return Story::Empty { noun, filter: filter_of(&seen.arguments) };
    }
    if let Some(counts) = counts::read(noun, content) {
        return counts;
    }
    if let Some(story) = posture::read(tool, seen) {
        return story;
    }
    if let Some(list) = main_list(content) {
        if list.is_empty() {
            return Story::Empty { noun, filter: filter_of(&seen.arguments) };
        }
        let rows: Vec<Row> = list.iter().map(|item| row_of(noun, item)).collect();
        let total = seen.rows_total.or_else(|| page_total(&seen.content));
        let shown = seen.rows_shown.unwrap_or(rows.len() as u64);
        let more = matches!(seen.outcome.as_str(), "partial" | "truncated")
            || total.is_some_and(|total| total > shown)
            || page_goes_on(&seen.content);
        return Story::Rows { noun, rows, shown, total, more };
    }
    match content {
        Value::Object(members) if !members.is_empty() => {
            let mut row = row_of(noun, content);
            if noun == Noun::RuntimeEvent {
                row.fields
                    .extend(posture::DETAILS.iter().filter_map(|label| Some((*label, attribute(content, *label)?))));
            }
            if row == Row::default() {
                let mut found = Vec::new();
                leaves(content, "", 0, &mut found);
                return Story::Text { text: format!("{}.", found.join(", ")) };
            }
            Story::Object { noun, row, whole: content.clone() }
        }
        Value::String(text) if !text.trim().is_empty() => Story::Text { text: text.chars().take(400).collect() },
        Value::Number(_) | Value::Bool(_) => Story::Text { text: content.to_string() },
        _ => Story::Empty { noun, filter: filter_of(&seen.arguments) },
    }
}

/// The part of an envelope that holds the data.
fn payload(content: &Value) -> &Value {
    let inner = content.get("results").filter(|value| !value.is_null()).unwrap_or(content);
    inner.get("data").filter(|value| !value.is_null()).unwrap_or(inner)
}

/// The list that a result is: the payload itself, or the only list of objects in it,
/// unless the payload has an id and so is one object.
fn main_list(payload: &Value) -> Option<&Vec<Value>> {
    match payload {
        Value::Array(items) => Some(items),
        Value::Object(members) if !members.contains_key("id") => {
            // Flags of an object are no rows.
            let mut lists =
                members.iter().filter(|(name, _)| *name != "flags").filter_map(|(_, value)| value.as_array());
            let first = lists.next()?;
            (lists.next().is_none() && first.iter().all(Value::is_object)).then_some(first)
        }
        _ => None,
    }
}

fn page_total(content: &Value) -> Option<u64> {
    ["/page/count", "/page/total", "/results/page/total", "/total"]
        .iter()
        .find_map(|pointer| content.pointer(pointer).and_then(Value::as_u64))
}

fn page_goes_on(content: &Value) -> bool {
    content.pointer("/page/stop") == Some(&Value::Bool(false))
        || content.pointer("/results/page/next").is_some_and(Value::is_string)
}

const ID: [&str; 6] = ["/id", "/eventId", "/caseID", "/uuid", "/key", "/keys/0/value"];
const TITLE: [&str; 12] = [
    "/subject",
    "/content/ruleName",
    "/alarm/description",
    "/alarm/shortName",
    "/title",
    "/signature/name",
    "/name",
    "/shortName",
    "/comment",
    "/query",
    "/key",
    "/keys/0/translation",
];
/// Attributes that a line of a list has.
const LINE: [(Label, &[&str]); 19] = [
    (Label::Status, &["/status", "/state"]),
    (Label::Priority, &["/priority"]),
    (Label::Severity, &["/severity"]),
    (Label::Customer, &["/customer/shortName", "/customer"]),
    (Label::Cluster, &["/labels/kubernetes.cluster.name"]),
    (Label::Source, &["/source/address"]),
    (Label::Destination, &["/destination/address"]),
    (Label::By, &["/addedByUser/name"]),
    (Label::Added, &["/addedTime"]),
    (Label::Kind, &["/rrtype", "/behaviourType"]),
    (Label::From, &["/metricTimestamp"]),
    (Label::Value, &["/value", "/answer", "/values/0/value"]),
    (Label::Count, &["/count", "/times"]),
    (Label::Score, &["/score"]),
    (Label::Method, &["/scoringMethod"]),
    (Label::Confidence, &["/confidence"]),
    (Label::List, &["/source/shortName"]),
    (Label::Cvss, &["/totalCVSS"]),
    (Label::Vulnerabilities, &["/vulnerabilitiesCount"]),
];
/// Further attributes, told when asked for.
const MORE: [(Label, &[&str]); 16] = [
    (Label::Time, &["/timestamp"]),
    (Label::Namespace, &["/labels/kubernetes.namespace.name"]),
    (Label::Address, &["/content/fields/ct.srcip", "/content/fields/okta.client.ip", "/content/fields/github.srcip"]),
    (
        Label::User,
        &[
            "/content/fields/ct.user",
            "/content/fields/okta.actor.name",
            "/content/fields/github.actor",
            "/content/fields/user.name",
        ],
    ),
    (Label::Created, &["/createdTime"]),
    (Label::Closed, &["/closedTime"]),
    (Label::Updated, &["/lastUpdatedTime"]),
    (Label::Assigned, &["/assignedTech/name", "/assignedUser/name"]),
    (Label::Reporter, &["/reporter/name"]),
    (Label::Category, &["/category/name", "/category/shortName", "/attackCategory/name"]),
    (Label::Service, &["/service/name", "/service/shortName"]),
    (Label::Type, &["/type"]),
    (Label::Description, &["/description", "/content/output"]),
    (Label::Host, &["/labels/host.hostName", "/source/host"]),
    (Label::Pod, &["/labels/kubernetes.pod.name"]),
    (Label::Process, &["/content/fields/proc.name", "/content/exe"]),
];

/// The value of an attribute in an object.
pub(super) fn attribute(whole: &Value, label: Label) -> Option<String> {
    LINE.iter()
        .chain(MORE.iter())
        .find(|(field, _)| *field == label)
        .and_then(|(_, pointers)| first_text(whole, pointers))
        .map(|text| if label == Label::Description { format!("“{}”", clean(&text)) } else { text })
}

/// Whether an object has the field of an attribute, and nothing in it.
pub(super) fn is_unset(whole: &Value, label: Label) -> bool {
    let pointers =
        LINE.iter().chain(MORE.iter()).filter(|(field, _)| *field == label).flat_map(|(_, pointers)| *pointers);
    // `/category/name` is not there when the category itself is empty.
    pointers.filter_map(|pointer| pointer.split('/').nth(1)).any(|member| {
        whole
            .get(member)
            .is_some_and(|value| value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()))
    })
}

fn row_of(noun: Noun, item: &Value) -> Row {
    match noun {
        Noun::Lineage => counts::entry(item),
        // People say the short name of such things; their number is for machines.
        Noun::Category | Noun::Service | Noun::Field => Row { id: first_text(item, &["/shortName"]), ..row(item) },
        _ => row(item),
    }
}

fn row(value: &Value) -> Row {
    Row {
        id: first_text(value, &ID),
        // A text that gives orders is not repeated.
        title: first_text(value, &TITLE)
            .filter(|title| planted_order(&Value::String(title.clone())).is_none())
            .map(|title| clean(&title))
            .filter(|title| first_text(value, &ID).as_ref() != Some(title)),
        fields: LINE.iter().filter_map(|(label, pointers)| Some((*label, first_text(value, pointers)?))).collect(),
    }
}

fn first_text(value: &Value, pointers: &[&str]) -> Option<String> {
    pointers.iter().find_map(|pointer| match value.pointer(pointer)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        // Times are milliseconds; 0 stands for the whole range.
        // Of runtime events they are nanoseconds.
        Value::Number(number) if *pointer == "/timestamp" => number.as_i64().and_then(posture::time_of),
        Value::Number(number) if pointer.ends_with("Timestamp") => number
            .as_i64()
            .filter(|at| *at > 0)
            .and_then(|at| jiff::Timestamp::from_millisecond(at).ok())
            .map(|at| at.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A text in one line without markup, cut between words.
pub(super) fn clean(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        plain.push(' ');
        rest = after.split_once('>').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    let mut line = String::new();
    for word in plain.split_whitespace() {
        if line.chars().count() + word.chars().count() > 140 {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Names and values of the first plain members, for shapes that no table knows.
fn leaves(value: &Value, name: &str, depth: usize, found: &mut Vec<String>) {
    if found.len() >= 6 || depth > 4 {
        return;
    }
    match value {
        Value::Object(members) => members.iter().for_each(|(key, member)| leaves(member, key, depth + 1, found)),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, name, depth + 1, found)),
        Value::String(text) if !text.trim().is_empty() => found.push(format!("{name} {}", clean(text))),
        Value::Number(number) => found.push(format!("{name} {number}")),
        _ => {}
    }
}

fn noun_of(tool: &str) -> Noun {
    let lower = tool.to_lowercase();
    [
        ("metric", Noun::Figure),
        ("datastoreentry", Noun::Entry),
        ("datastoredescriptor", Noun::Datastore),
        ("passivedns", Noun::Record),
        ("reputationscore", Noun::Score),
        ("reputationindicators", Noun::Listing),
        ("customerproperties", Noun::Property),
        ("filter", Noun::Filter),
        ("comment", Noun::Comment),
        ("casetags", Noun::Tag),
        ("lineage", Noun::Lineage),
        ("categor", Noun::Category),
        ("caseservices", Noun::Service),
        ("casefields", Noun::Field),
        ("allowed", Noun::Item),
        ("process_tree", Noun::Tree),
        ("clusters", Noun::Cluster),
        ("nodes", Noun::Node),
        ("cronjobs", Noun::CronJob),
        ("pod_containers", Noun::Container),
        ("consumed_container", Noun::Container),
        ("workload", Noun::Workload),
        ("unavailable", Noun::Workload),
        ("pods", Noun::Pod),
        ("sysql", Noun::Finding),
        ("runtime", Noun::RuntimeEvent),
        ("event_", Noun::RuntimeEvent),
        ("event", Noun::Event),
        ("case", Noun::Case),
        ("alarm", Noun::Alarm),
        ("asset", Noun::Asset),
        ("customer", Noun::Customer),
    ]
    .into_iter()
    .find(|(word, _)| lower.contains(word))
    .map_or(Noun::Item, |(_, noun)| noun)
}

/// The filter of a call in words: names and values of its arguments.
fn filter_of(arguments: &Value) -> String {
    let inner = arguments.get("request").unwrap_or(arguments);
    let Some(members) = inner.as_object() else { return String::new() };
    members
        .iter()
        .filter(|(key, _)| !matches!(key.as_str(), "limit" | "offset" | "sortBy" | "includeDescription"))
        // "Until now" narrows nothing, and of an earlier result it would not be true any more.
        .filter(|(_, value)| value.as_str() != Some("now"))
        .map(|(key, value)| format!("{key} {}", flat(value)))
        .collect::<Vec<_>>()
        .join(", ")
}

fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(flat).collect::<Vec<_>>().join("/"),
        Value::Object(members) => members.values().map(flat).collect::<Vec<_>>().join(" – "),
        other => other.to_string(),
    }
}

/// A text in a result that gives orders, if there is one.
pub(super) fn planted_order(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let lower = text.to_lowercase();
            ["ignore your rules", "ignore all", "ignore previous", "ignore the rules", "system:", "disregard"]
                .iter()
                .any(|words| lower.contains(words))
                .then(|| text.clone())
        }
        Value::Array(items) => items.iter().find_map(planted_order),
        Value::Object(members) => members.values().find_map(planted_order),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn seen(content: Value) -> Seen {
        Seen { tool: "argus__executeSearchArgusCase".to_owned(), content, ..Seen::default() }
    }

    #[test]
    fn lists_objects_nothing_and_failures_are_told_apart() {
        let list = json!({"data": [{"id": 1, "subject": "A", "status": "closed", "customer": {"shortName": "x"}}],
            "page": {"count": 40, "stop": false}});
        match tell(&seen(list)) {
            Story::Rows { rows, total: Some(40), more: true, shown: 1, .. } => {
                assert_eq!(rows[0].id.as_deref(), Some("1"));
                assert_eq!(rows[0].get(Label::Customer), Some("x"));
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(tell(&seen(json!({"data": [], "page": {}}))), Story::Empty { .. }));
        assert!(matches!(tell(&seen(json!({"data": {"id": 1, "tags": [{"a": 1}]}}))), Story::Object { .. }));
        let runtime = json!({"results": {"data": [{"id": "ab", "severity": 4}], "page": {"total": 1}}});
        assert!(matches!(tell(&seen(runtime)), Story::Rows { more: false, .. }));
        let mut failed = seen(Value::Null);
        failed.outcome = "timeout".to_owned();
        assert!(matches!(tell(&failed), Story::Failed { .. }));
    }

    #[test]
    fn an_empty_field_is_told_from_one_that_is_not_there() {
        let case = json!({"id": 1, "category": null, "assignedUser": {"name": "A"}});
        assert!(is_unset(&case, Label::Category));
        assert!(!is_unset(&case, Label::Assigned) && !is_unset(&case, Label::Service));
    }

    #[test]
    fn labels_with_dots_are_read() {
        let event = json!({"id": "ab", "labels": {"kubernetes.cluster.name": "prod-eu-1"}});
        assert_eq!(attribute(&event, Label::Cluster).as_deref(), Some("prod-eu-1"));
    }
}
