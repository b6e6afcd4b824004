//! Turns the case tables into full Argus case objects with comments and tags.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sim::argus::data::case_tables::{self as tables, CaseRow, CommentRow};
use crate::sim::argus::data::catalog::{self, stable_id};
use crate::sim::argus::data::{CaseRecord, EventRecord};
use crate::sim::argus::times::iso;

const MINUTE_MS: i64 = 60_000;
/// Cases older than this many minutes are published and notified.
const PUBLISHED_AFTER: i64 = 30;

/// Times of a case: milliseconds, and the same as text.
pub const TIMES: &[(&str, &str)] = &[
    ("createdTimestamp", "createdTime"),
    ("lastUpdatedTimestamp", "lastUpdatedTime"),
    ("closedTimestamp", "closedTime"),
    ("publishedTimestamp", "publishedTime"),
    ("customerDueTimestamp", "customerDueTime"),
    ("techDueTimestamp", "techDueTime"),
    ("descriptionTimestamp", "descriptionTime"),
    ("lastAssociatedEventTimestamp", "lastAssociatedEventTime"),
];

/// All cases as they look at `start`, without what follows from events.
#[must_use]
pub fn build(start: Timestamp) -> Vec<CaseRecord> {
    let now = start.as_millisecond();
    tables::CASES.iter().map(|row| record(row, now)).collect()
}

/// Adds what the events say about a case.
pub fn tie_events(case: &mut CaseRecord, events: &[EventRecord]) {
    let id = case.id();
    let newest =
        events.iter().filter(|event| event.listed_case() == Some(id)).map(|event| event.time("lastEvent")).max();
    if let Some(newest) = newest {
        case.object["lastAssociatedEventTimestamp"] = json!(newest);
        add_flag(&mut case.object, "HAS_EVENTS");
        write_times(&mut case.object);
    }
}

/// Writes the text form of every time of a case object.
pub fn write_times(object: &mut Value) {
    for (stamp, text) in TIMES {
        object[*text] = json!(iso(object[*stamp].as_i64().unwrap_or(0)));
    }
}

/// Adds a flag that is not there yet.
pub fn add_flag(object: &mut Value, flag: &str) {
    if let Some(flags) = object["flags"].as_array_mut()
        && !flags.iter().any(|f| f.as_str() == Some(flag))
    {
        flags.push(json!(flag));
    }
}

fn record(row: &CaseRow, now: i64) -> CaseRecord {
    let comments = comments(row, now);
    let mut object = object(row, now);
    if comments.iter().any(|c| c["flags"] != json!(["DELETED"])) {
        add_flag(&mut object, "HAS_COMMENTS");
    }
    CaseRecord {
        object,
        comments,
        tags: tags(row, now),
        workflows: rows_of(row.id, tables::WORKFLOWS)
            .map(|(_, flow, state)| json!({"workflow": flow, "state": state}))
            .collect(),
        fields: rows_of(row.id, tables::FIELD_VALUES)
            .map(|(_, field, value)| ((*field).to_owned(), (*value).to_owned()))
            .collect(),
        assets: tables::ASSETS
            .iter()
            .filter(|(case, _)| *case == row.id)
            .map(|(_, host)| catalog::asset_id(host))
            .collect(),
        merged_into: tables::MERGED.iter().find(|(from, _)| *from == row.id).map(|(_, into)| *into),
    }
}

type Row = (u64, &'static str, &'static str);

fn rows_of(case: u64, rows: &'static [Row]) -> impl Iterator<Item = &'static Row> {
    rows.iter().filter(move |row| row.0 == case)
}

fn object(row: &CaseRow, now: i64) -> Value {
    let [created, updated, closed] = row.ages.map(|age| now - age * MINUTE_MS);
    let is_closed = row.ages[2] > 0;
    let is_published = row.ages[0] > PUBLISHED_AFTER;
    let user = |id: u64| {
        if id == 0 { Value::Null } else { catalog::user_info(id) }
    };
    let by_provider = if row.assigned[1] == 0 { row.reporter } else { row.assigned[1] };
    let mut category = catalog::category_info(row.category);
    if row.id == tables::CASE_WITHOUT_CATEGORY_TEXT {
        category["name"] = Value::Null;
        category["localizedName"] = Value::Null;
    }
    let mut object = json!({
        "id": row.id, "customer": catalog::customer_info(row.customer),
        "service": catalog::service_info(row.service), "category": category, "type": row.kind,
        "status": row.status[0], "initialStatus": row.status[1],
        "priority": row.priority[0], "initialPriority": row.priority[1],
        "subject": row.subject, "description": row.description, "descriptionTextFormat": "html",
        "customerReference": row.reference,
        "accessMode": if row.id == tables::EXPLICIT_CASE { "explicit" } else { "roleBased" },
        "reporter": user(row.reporter), "assignedUser": user(row.assigned[0]),
        "assignedTech": user(row.assigned[1]), "createdByUser": user(row.reporter),
        "lastUpdatedByUser": user(by_provider),
        "closedByUser": user(if is_closed { by_provider } else { 0 }),
        "publishedByUser": user(if is_published { by_provider } else { 0 }),
        "createdTimestamp": created, "createdTime": null,
        "lastUpdatedTimestamp": updated, "lastUpdatedTime": null,
        "closedTimestamp": if is_closed { closed } else { 0 }, "closedTime": null,
        "publishedTimestamp": if is_published { created + 12 * MINUTE_MS } else { 0 },
        "publishedTime": null,
        "customerDueTimestamp": due(row, "pendingCustomer", updated, 24 * 60), "customerDueTime": null,
        "techDueTimestamp": due(row, "pendingSoc", updated, 4 * 60), "techDueTime": null,
        "descriptionTimestamp": created, "descriptionTime": null,
        "lastAssociatedEventTimestamp": 0, "lastAssociatedEventTime": null,
        "flags": row.flags,
    });
    if is_published {
        add_flag(&mut object, "PUBLISHED");
        add_flag(&mut object, "NOTIFIED");
    }
    if row.flags.contains(&"MAIL_UPDATE") {
        object["originEmailAddress"] = json!("k.solheim@nordfjord.example");
    }
    write_times(&mut object);
    object
}

/// When an answer is due, for cases that wait for that side.
fn due(row: &CaseRow, waiting: &str, updated: i64, minutes: i64) -> i64 {
    if row.status[0] == waiting { updated + minutes * MINUTE_MS } else { 0 }
}

fn comments(row: &CaseRow, now: i64) -> Vec<Value> {
    let (long_case, length) = tables::LONG_DISCUSSION;
    if row.id == long_case {
        return (0..length).map(|n| chatter(row, n, now)).collect();
    }
    tables::COMMENTS
        .iter()
        .filter(|comment| comment.case == row.id)
        .enumerate()
        .map(|(n, comment)| table_comment(comment, n, now))
        .collect()
}

fn table_comment(row: &CommentRow, n: usize, now: i64) -> Value {
    let mut value = comment_object(
        &stable_id("comment", &format!("{}-{n}", row.case)),
        row.text,
        now - row.age * MINUTE_MS,
        catalog::user_info(row.user),
        [row.status, row.priority],
    );
    value["flags"] = json!(row.flags);
    if let Some(address) = row.mailed_from {
        value["originEmailAddress"] = json!(address);
    }
    value
}

fn chatter(row: &CaseRow, n: u64, now: i64) -> Value {
    let all = tables::CHATTER;
    let (user, text) = all[usize::try_from(n).unwrap_or(0) % all.len()];
    let text = format!("<p>Note {}: {text}</p>", n + 1);
    // Eighty seconds apart, so that all fit between the making of the case and now.
    let at = now - row.ages[0] * MINUTE_MS + 60_000 + i64::try_from(n).unwrap_or(0) * 80_000;
    comment_object(
        &stable_id("comment", &format!("{}-{n}", row.id)),
        &text,
        at,
        catalog::user_info(user),
        ["workingCustomer", "critical"],
    )
}

/// One comment as Argus shows it.
#[must_use]
pub fn comment_object(id: &str, text: &str, at: i64, user: Value, [status, priority]: [&str; 2]) -> Value {
    json!({
        "id": id, "comment": text, "textFormat": "html",
        "addedTimestamp": at, "addedTime": iso(at), "addedByUser": user,
        "lastUpdatedTimestamp": at, "lastUpdatedTime": iso(at),
        "status": status, "priority": priority, "flags": [],
        "associatedAttachments": [], "references": [], "originEmailAddress": null,
    })
}

fn tags(row: &CaseRow, now: i64) -> Vec<Value> {
    tables::TAGS
        .iter()
        .enumerate()
        .filter(|(_, (case, ..))| *case == row.id)
        .map(|(n, (case, key, value, later))| {
            let at = now - (row.ages[0] - later) * MINUTE_MS;
            let user = row.assigned[1].max(120);
            tag_object(&stable_id("tag", &format!("{case}-{n}")), key, value, at, user)
        })
        .collect()
}

/// One tag as Argus shows it.
#[must_use]
pub fn tag_object(id: &str, key: &str, value: &str, at: i64, user: u64) -> Value {
    json!({
        "id": id, "key": key, "value": value, "addedTimestamp": at, "addedTime": iso(at),
        "addedByUser": catalog::user_info(user), "flags": [],
    })
}
