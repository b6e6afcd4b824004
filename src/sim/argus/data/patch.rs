//! Changes to the data between calls: a case or event gets new values, a comment or
//! a tag. Only what a real change could touch is accepted, so that a slip in a
//! scenario shows up at once.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::sim::argus::data::catalog::{self, stable_id};
use crate::sim::argus::data::{CaseRecord, Data, EventRecord, cases};
use crate::sim::argus::times::iso;
use crate::sim::faults::merge_patch;
use crate::sim::world;

/// Statuses of a case, in the order of sorting.
pub const STATUSES: &[&str] =
    &["pendingCustomer", "pendingSoc", "pendingVendor", "workingSoc", "workingCustomer", "pendingClose", "closed"];
/// Priorities of a case and severities of an event, in the order of sorting.
pub const LEVELS: &[&str] = &["low", "medium", "high", "critical"];

/// Number that a copied case gets when the patch names none.
const FIRST_NEW_CASE: u64 = 4_120_900;
const MAX_CASES: usize = 2000;

/// Changes several objects: `{cases: {id: patch}, events: {uuid: patch}, newCases: [patch with copyOf]}`.
pub fn apply(data: &mut Data, patch: &Value, now: Timestamp) -> Result<(), String> {
    let members = patch.as_object().ok_or("a patch must be an object")?;
    for (name, changes) in members {
        match (name.as_str(), changes) {
            ("cases", Value::Object(changes)) => {
                for (id, change) in changes {
                    let id = id.parse().map_err(|_| format!("{id} is not a case number"))?;
                    change_case(data, id, change, now)?;
                }
            }
            ("events", Value::Object(changes)) => {
                for (uuid, change) in changes {
                    change_event(data, uuid, change)?;
                }
            }
            ("newCases", Value::Array(items)) => {
                for item in items {
                    add_case(data, item, now)?;
                }
            }
            _ => return Err(format!("{name} is not cases, events or newCases")),
        }
    }
    Ok(())
}

/// Changes one case; its time of last change becomes `now` unless the patch sets it.
pub fn change_case(data: &mut Data, id: u64, patch: &Value, now: Timestamp) -> Result<(), String> {
    let case = data.cases.iter_mut().find(|case| case.id() == id).ok_or_else(|| format!("there is no case {id}"))?;
    // Work on a copy, so that a refused patch leaves nothing half done.
    let mut changed = case.clone();
    edit_case(&mut changed, patch, now)?;
    *case = changed;
    Ok(())
}

/// Adds a case made from another: `{copyOf, id?, …}`, created now.
pub fn add_case(data: &mut Data, patch: &Value, now: Timestamp) -> Result<u64, String> {
    if data.cases.len() >= MAX_CASES {
        return Err(format!("there are {MAX_CASES} cases already"));
    }
    let mut changes = patch.as_object().cloned().ok_or("a new case must be an object")?;
    let model = changes.shift_remove("copyOf").and_then(|id| id.as_u64()).ok_or("copyOf must name a case")?;
    let highest = data.cases.iter().map(CaseRecord::id).max().unwrap_or(0);
    let id = match changes.shift_remove("id") {
        Some(id) => id.as_u64().ok_or("id must be a number")?,
        None => FIRST_NEW_CASE.max(highest.saturating_add(1)),
    };
    if data.case(id).is_some() {
        return Err(format!("case {id} exists already"));
    }
    let mut case = data.case(model).cloned().ok_or_else(|| format!("there is no case {model}"))?;
    case.comments.clear();
    case.tags.clear();
    case.workflows.clear();
    case.merged_into = None;
    case.object["id"] = json!(id);
    case.object["flags"] = json!(["PUBLISHED"]);
    for (stamp, _) in cases::TIMES {
        case.object[*stamp] = json!(0);
    }
    for stamp in ["createdTimestamp", "publishedTimestamp", "descriptionTimestamp"] {
        case.object[stamp] = json!(now.as_millisecond());
    }
    edit_case(&mut case, &Value::Object(changes), now)?;
    data.cases.push(case);
    data.cases.sort_by_key(CaseRecord::id);
    Ok(id)
}

fn edit_case(case: &mut CaseRecord, patch: &Value, now: Timestamp) -> Result<(), String> {
    let changes = patch.as_object().ok_or("a patch must be an object")?;
    let at = now.as_millisecond();
    let mut plain = Map::new();
    let object = &mut case.object;
    object["lastUpdatedTimestamp"] = json!(at);
    for (name, value) in changes {
        match name.as_str() {
            "status" => {
                let status = word(name, value, STATUSES)?;
                let closes = status == "closed";
                let was_closed = object["closedTimestamp"].as_i64().unwrap_or(0) > 0;
                if closes != was_closed {
                    object["closedTimestamp"] = json!(if closes { at } else { 0 });
                }
                plain.insert(name.clone(), value.clone());
            }
            "priority" => {
                word(name, value, LEVELS)?;
                plain.insert(name.clone(), value.clone());
            }
            "subject" | "description" | "customerReference" if value.is_string() => {
                plain.insert(name.clone(), value.clone());
            }
            "flags" if value.is_array() => {
                plain.insert(name.clone(), value.clone());
            }
            "assignedUser" | "assignedTech" | "reporter" => {
                object[name.as_str()] = user(value)?;
            }
            "category" | "service" | "customer" => {
                object[name.as_str()] = named(name, value)?;
            }
            "addComment" => case.comments.push(comment(object, value, case.comments.len(), at)?),
            "addTag" => case.tags.push(tag(object, value, case.tags.len(), at)?),
            stamp if value.is_i64() && cases::TIMES.iter().any(|(known, _)| *known == stamp) => {
                plain.insert(name.clone(), value.clone());
            }
            other => return Err(format!("{other} cannot be changed, or not to that value")),
        }
    }
    merge_patch(object, &Value::Object(plain));
    if !case.comments.is_empty() {
        cases::add_flag(object, "HAS_COMMENTS");
    }
    cases::write_times(object);
    Ok(())
}

fn word<'a>(name: &str, value: &'a Value, allowed: &[&str]) -> Result<&'a str, String> {
    value
        .as_str()
        .filter(|text| allowed.contains(text))
        .ok_or_else(|| format!("{name} must be one of {}", allowed.join(", ")))
}

fn user(value: &Value) -> Result<Value, String> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    world::USERS
        .iter()
        .find(|user| value.as_str() == Some(user.user_name) || value.as_u64() == Some(user.id))
        .map(|user| catalog::user_info(user.id))
        .ok_or_else(|| format!("there is no user {value}"))
}

fn named(kind: &str, value: &Value) -> Result<Value, String> {
    let name = value.as_str().unwrap_or_default();
    let found = match kind {
        "category" => catalog::category_info(name),
        "service" => catalog::service_info(name),
        _ => world::customer_by_name(name).map_or(Value::Null, |c| catalog::customer_info(c.id)),
    };
    if found.is_null() {
        return Err(format!("there is no {kind} {value}"));
    }
    Ok(found)
}

fn comment(case: &Value, value: &Value, n: usize, at: i64) -> Result<Value, String> {
    let text =
        value.as_str().or_else(|| value["comment"].as_str()).ok_or("addComment must be a text or {comment, user}")?;
    let by = match &value["user"] {
        Value::Null => catalog::user_info(120),
        named => user(named)?,
    };
    let now = [case["status"].as_str().unwrap_or_default(), case["priority"].as_str().unwrap_or_default()];
    let id = stable_id("comment", &format!("{}-{n}", case["id"]));
    Ok(cases::comment_object(&id, text, at, by, now))
}

fn tag(case: &Value, value: &Value, n: usize, at: i64) -> Result<Value, String> {
    let (Some(key), Some(text)) = (value["key"].as_str(), value["value"].as_str()) else {
        return Err("addTag must be {key, value}".to_owned());
    };
    let id = stable_id("tag", &format!("{}-new-{n}", case["id"]));
    Ok(cases::tag_object(&id, key, text, at, 120))
}

fn change_event(data: &mut Data, uuid: &str, patch: &Value) -> Result<(), String> {
    let event = data
        .events
        .iter_mut()
        .find(|event| event.object["uuid"].as_str() == Some(uuid))
        .ok_or_else(|| format!("there is no event {uuid}"))?;
    let changes = patch.as_object().ok_or("a patch must be an object")?;
    for (name, value) in changes {
        match name.as_str() {
            "severity" => drop(word(name, value, LEVELS)?),
            "flags" if value.is_array() => {}
            "domain" | "uri" if value.is_string() || value.is_null() => {}
            "addComment" if value.is_string() => {}
            other => return Err(format!("{other} cannot be changed, or not to that value")),
        }
    }
    for (name, value) in changes {
        apply_to_event(event, name, value);
    }
    Ok(())
}

fn apply_to_event(event: &mut EventRecord, name: &str, value: &Value) {
    if name == "addComment" {
        let at = event.time("lastEvent");
        event.comments.push(json!({
            "timestamp": at, "time": iso(at), "comment": value,
            "user": catalog::event_user_info(120),
        }));
    } else {
        event.object[name] = value.clone();
    }
}
