//! Labels and roles of fields: how a field is called for a person, and what it tells —
//! identity, state, time. Roles are a table of field names that many tools share; nothing
//! here knows a tool. The checker asks here whether a label can stand for a fact, and
//! the answer depends on the fact alone.

use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;

/// Words of a label; a longer name is printed as it is.
const MAX_WORDS: usize = 5;
/// Facts looked at for one label.
const MAX_SCANNED: usize = 200_000;

/// What a field tells a person, in display order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Identity,
    Label,
    State,
    Level,
    Time,
    Until,
    Owner,
    Assigned,
    Measure,
    Place,
    Kind,
    Rest,
    /// Who did what to the record, forms and codes of it: shown when there is room.
    Aside,
}

/// Names of fields by role, the most telling first; letters and digits only.
const ROLES: [(Role, &[&str]); 12] = [
    (Role::Identity, &["id", "caseid", "eventid", "alarmid", "number", "identifier", "uuid"]),
    (
        Role::Label,
        &[
            "subject",
            "title",
            "translation",
            "name",
            "displayname",
            "rulename",
            "comment",
            "message",
            "query",
            "key",
            "answer",
            "summary",
            "hostname",
            "fqdn",
            "signature",
            "alarm",
            "text",
            "username",
            "label",
            "shortname",
            "description",
        ],
    ),
    (
        Role::State,
        &[
            "status",
            "state",
            "verdict",
            "phase",
            "outcome",
            "result",
            "reputation",
            "enabled",
            "active",
            "issuccessful",
        ],
    ),
    (Role::Level, &["severity", "priority", "criticality", "risk", "score", "confidence", "level"]),
    (
        Role::Time,
        &[
            "firstevent",
            "firstseen",
            "created",
            "start",
            "started",
            "added",
            "timestamp",
            "time",
            "date",
            "observed",
            "published",
        ],
    ),
    (
        Role::Until,
        &[
            "lastevent",
            "lastseen",
            "lastupdated",
            "updated",
            "modified",
            "end",
            "ended",
            "closed",
            "due",
            "customerdue",
        ],
    ),
    (Role::Owner, &["customer", "tenant", "organization", "organisation", "account", "cluster"]),
    (
        Role::Assigned,
        &[
            "assigneduser",
            "assignee",
            "assignedto",
            "owner",
            "assignedtech",
            "assigned",
            "user",
            "author",
            "addedbyuser",
            "addedby",
        ],
    ),
    (Role::Measure, &["count", "value", "total", "hits", "occurrences", "amount", "sum", "size"]),
    (
        Role::Place,
        &[
            "source",
            "destination",
            "ip",
            "address",
            "ipaddress",
            "domain",
            "host",
            "hosthostname",
            "port",
            "protocol",
            "namespace",
            "pod",
            "container",
            "image",
            "location",
            "sensor",
        ],
    ),
    (Role::Kind, &["category", "service", "attackcategory", "type", "rrtype", "class", "kind"]),
    (
        Role::Aside,
        &[
            "reporter",
            "createdbyuser",
            "lastupdatedbyuser",
            "publishedbyuser",
            "closedbyuser",
            "accessmode",
            "descriptiontextformat",
            "level",
            "role",
            "cursor",
            "initialstatus",
            "initialpriority",
            "originator",
            "statuscode",
            "responsecode",
        ],
    ),
];

/// Fields by which an object is called in one line, the best first.
const NAMES: [&str; 16] = [
    "name",
    "displayname",
    "localizedname",
    "title",
    "subject",
    "shortname",
    "hostname",
    "address",
    "host",
    "fqdn",
    "ip",
    "ipaddress",
    "username",
    "email",
    "label",
    "text",
];

/// Objects that only hold fields together; their name says nothing.
const HOLDERS: [&str; 16] = [
    "data",
    "attributes",
    "properties",
    "fields",
    "labels",
    "content",
    "details",
    "values",
    "value",
    "timestamps",
    "times",
    "metadata",
    "item",
    "record",
    "object",
    "spec",
];

/// Objects about the answer rather than of it.
const BOOKKEEPING: [&str; 6] = ["page", "meta", "metadata", "paging", "pagination", "links"];

/// Letters and digits of a name, small.
pub(super) fn fold(name: &str) -> String {
    name.chars().take(64).filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether an object only holds fields together.
pub(super) fn is_holder(group: &str) -> bool {
    HOLDERS.contains(&fold(group).as_str())
}

/// Whether an object is about the answer rather than of it.
pub(super) fn is_about_the_answer(key: &str) -> bool {
    BOOKKEEPING.contains(&fold(key).as_str())
}

/// Place of a field among those by which an object is called.
pub(super) fn naming(key: &str) -> Option<usize> {
    let key = fold(key);
    NAMES.iter().position(|name| *name == key)
}

/// Role of a field and its place within the role.
pub(super) fn role_of(name: &str, time: bool) -> (Role, usize) {
    // A dotted path is a fact that somebody chose to add; plain fields are often technical.
    let (dotted, is_id) = (name.contains('.'), name.to_ascii_lowercase().ends_with("id"));
    let mut name = fold(name);
    let named = name.strip_prefix("kubernetes").or_else(|| name.strip_prefix("kube"));
    if let Some(kind) = named.and_then(|name| name.strip_suffix("name")) {
        name = kind.to_owned();
    }
    if time {
        for end in ["timestamp", "time", "date", "at"] {
            if let Some(rest) = name.strip_suffix(end).filter(|rest| !rest.is_empty()) {
                name.truncate(rest.len());
                break;
            }
        }
        let of_time = ROLES.iter().filter(|(role, _)| matches!(role, Role::Time | Role::Until));
        let found =
            of_time.filter_map(|(role, names)| Some((*role, names.iter().position(|known| *known == name)?))).next();
        return found.unwrap_or((Role::Until, 99));
    }
    let found = ROLES.iter().find_map(|(role, names)| {
        Some((*role, names.iter().position(|known| *known == name)?))
            .filter(|(role, _)| !matches!(role, Role::Time | Role::Until))
    });
    found.unwrap_or(if is_id { (Role::Aside, 99) } else { (Role::Rest, usize::from(!dotted)) })
}

/// Whether a field tells a person something of its record: what it is, how it stands, when,
/// whose it is. Technical fields and those of who did what to the record do not.
pub fn is_telling(key: &str) -> bool {
    !matches!(role_of(key, is_time_name(key)), (Role::Rest | Role::Aside, _) | (Role::Until, 99))
}

/// Whether a field is one of time by its name.
pub(super) fn is_time(fact: &Fact<'_>) -> bool {
    matches!(fact.group, "timestamps" | "times") || is_time_name(fact.key)
}

fn is_time_name(key: &str) -> bool {
    let words = words(key);
    let last = words.rsplit(' ').next().unwrap_or_default();
    matches!(last, "time" | "timestamp" | "at" | "seen" | "date" | "ts" | "since" | "until")
}

/// A member name as words: `lastUpdatedTime` is "last updated time"; a path or a name like `web-01` stays.
pub(super) fn words(key: &str) -> String {
    if key.contains(['.', '-']) || key.len() > 64 {
        return key.to_owned();
    }
    let letters: Vec<char> = key.chars().collect();
    let mut parts: Vec<String> = vec![String::new()];
    for (at, c) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        let hump = c.is_ascii_uppercase()
            && before.is_some_and(|b| !b.is_ascii_uppercase() || after.is_some_and(|a| a.is_ascii_lowercase()));
        if matches!(c, '_' | ' ') || hump {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut().filter(|_| !matches!(c, '_' | ' ')) {
            part.push(*c);
        }
    }
    parts.retain(|part| !part.is_empty());
    if parts.is_empty() || parts.len() > MAX_WORDS {
        return key.to_owned();
    }
    for part in &mut parts {
        let shouted = part.len() > 1 && part.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        if !shouted {
            part.make_ascii_lowercase();
        }
    }
    parts.join(" ")
}

/// What people say of a field: "created" for its time, "pod" for the name of a Kubernetes pod.
fn short(own: &str) -> Option<&str> {
    let time = [" timestamp", " time"].iter().find_map(|end| own.strip_suffix(end));
    time.or_else(|| own.strip_prefix("kube ")?.strip_suffix(" name"))
}

/// Labels that can stand for a fact, the one to print first.
pub(super) fn labels(fact: &Fact<'_>) -> Vec<String> {
    let own = words(fact.key);
    if fact.group.is_empty() || is_holder(fact.group) {
        let short = short(&own).map(str::to_owned);
        return short.into_iter().chain([own]).collect();
    }
    let group = words(fact.group);
    let full = format!("{group} {own}");
    if naming(fact.key).is_some() { vec![group, full] } else { vec![full] }
}

/// Whether a label can stand for a fact.
pub fn can_label(evidence: &Evidence<'_>, id: FactId, label: &str) -> bool {
    let fact = evidence.fact(id);
    fact.key == label
        || (!fact.group.is_empty()
            && label.strip_suffix(fact.key).and_then(|l| l.strip_suffix('.')) == Some(fact.group))
        || labels(fact).iter().any(|known| known == label)
}

/// Whether some field may be called by a label: without looking at the facts themselves.
pub fn may_label(evidence: &Evidence<'_>, label: &str) -> bool {
    evidence.keys.iter().any(|(key, _)| *key == label || ends_so(label, key))
        || evidence.groups.iter().any(|group| words(group) == label)
}

/// Facts that a label can stand for; none for a label that is no field's.
pub fn labelled_facts(evidence: &Evidence<'_>, label: &str) -> Vec<FactId> {
    if !is_plain(label) {
        return Vec::new();
    }
    let keys: Vec<&str> = evidence.keys.iter().map(|(key, _)| *key).filter(|key| ends_so(label, key)).collect();
    let groups: Vec<&str> =
        evidence.groups.iter().copied().filter(|group| !group.is_empty() && words(group) == label).collect();
    if keys.is_empty() && groups.is_empty() {
        return Vec::new();
    }
    let facts = evidence.facts.iter().enumerate().take(MAX_SCANNED);
    let found = facts.filter(|(_, fact)| keys.contains(&fact.key) || groups.contains(&fact.group));
    let ids = found.filter_map(|(id, _)| FactId::try_from(id).ok());
    ids.filter(|id| can_label(evidence, *id, label)).collect()
}

fn ends_so(label: &str, key: &str) -> bool {
    let own = words(key);
    label.ends_with(key) || label.ends_with(&own) || short(&own).is_some_and(|short| label.ends_with(short))
}

/// Whether a label can be printed.
pub(super) fn is_plain(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 64
        && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ' '))
        && label.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
        && label.chars().last().is_some_and(|c| c.is_ascii_alphanumeric())
}
