//! Event endpoints of the simulated Argus: search, the events of a case, one event.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::sim::argus::call::Call;
use crate::sim::argus::cases::is_visible;
use crate::sim::argus::data::EventRecord;
use crate::sim::argus::event_criteria::EventCriteria;
use crate::sim::argus::keys::{EVENT_LOOKUP, Key};
use crate::sim::argus::reader::{Reader, SortValue, window_of};
use crate::sim::argus::reply::{Answer, Reply};
use crate::sim::argus::times::oslo;

#[rustfmt::skip] // a table
const SORT: &[&str] = &[
    "customerID", "eventID", "createdTimestamp", "lastUpdatedTimestamp", "firstEventTimestamp",
    "lastEventTimestamp",
];
const NEWEST_FIRST: &str = "-lastEventTimestamp";

/// What to show of each event besides the event itself.
#[derive(Clone, Copy)]
struct Extras {
    properties: bool,
    comments: bool,
    parts: bool,
}

impl Extras {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            properties: reader.truth("includeAllProperties").unwrap_or(false),
            comments: reader.truth("includeComments").unwrap_or(false),
            parts: reader.truth("includeSubEvents").unwrap_or(false),
        }
    }
}

/// `POST /events/v2/event/search`
pub fn search(call: &Call<'_>) -> Answer {
    call.key.needs(EVENT_LOOKUP)?;
    let mut reader = call.read_body()?;
    let mut foreign = None;
    let criteria = EventCriteria::read(&mut reader, call.key, &mut foreign, false);
    let index = index_days(&mut reader, call.now);
    let extras = Extras::read(&mut reader);
    let sort = reader.sort(SORT, NEWEST_FIRST);
    let window = reader.window();
    reader.finish()?;
    if let Some(customer) = foreign {
        return Err(Reply::foreign_customer(&customer));
    }
    let now_ms = call.now.as_millisecond();
    let matches: Vec<&EventRecord> = call
        .data
        .events
        .iter()
        .filter(|event| call.key.opens(event.customer()))
        .filter(|event| (index.0..=index.1).contains(&event.time("lastEvent")))
        .filter(|event| criteria.finds(event, now_ms))
        .collect();
    let count = matches.len();
    let items =
        window_of(matches, &sort, window, sort_value).into_iter().map(|event| shown(call, event, extras)).collect();
    Ok(Reply::page(window.limit, window.offset, count, items))
}

/// Argus keeps one index a day and looks only into today's unless told otherwise:
/// gives the first and the last millisecond of the days that the request opens.
fn index_days(reader: &mut Reader<'_>, now: Timestamp) -> (i64, i64) {
    let now_ms = now.as_millisecond();
    let start = reader.moment("indexStartTimestamp").unwrap_or(now_ms);
    let end = reader.moment("indexEndTimestamp").unwrap_or(now_ms);
    let day = |ms: i64| {
        let at = Timestamp::from_millisecond(ms).ok()?;
        at.to_zoned(oslo()).start_of_day().ok()
    };
    let first = day(start).map_or(i64::MIN, |day| day.timestamp().as_millisecond());
    let last = day(end)
        .and_then(|day| day.tomorrow().ok())
        .and_then(|next| next.timestamp().checked_sub(SignedDuration::from_millis(1)).ok())
        .map_or(i64::MAX, Timestamp::as_millisecond);
    (first, last)
}

/// `GET /events/v2/case/{id}`
pub fn of_case(call: &Call<'_>, id: &str) -> Answer {
    call.key.needs(EVENT_LOOKUP)?;
    let mut reader = call.read_query();
    let extras = Extras::read(&mut reader);
    let sort = reader.sort(SORT, NEWEST_FIRST);
    let window = reader.window();
    reader.finish()?;
    let case = id
        .parse()
        .ok()
        .and_then(|number| call.data.case(number))
        .filter(|case| is_visible(case, call.key))
        .ok_or_else(|| Reply::not_found("caseID", id))?;
    let number = case.id();
    let matches: Vec<&EventRecord> = call
        .data
        .events
        .iter()
        .filter(|event| call.key.opens(event.customer()) && event.listed_case() == Some(number))
        .collect();
    let count = matches.len();
    let items =
        window_of(matches, &sort, window, sort_value).into_iter().map(|event| shown(call, event, extras)).collect();
    Ok(Reply::page(window.limit, window.offset, count, items))
}

/// `GET /events/v2/event/{timestamp}/{customerID}/{uuid}`
pub fn by_identifier(call: &Call<'_>, parts: [&str; 3]) -> Answer {
    call.key.needs(EVENT_LOOKUP)?;
    let mut reader = call.read_query();
    let extras = Extras::read(&mut reader);
    reader.finish()?;
    let wanted = parts.join("/").to_lowercase();
    call.data
        .events
        .iter()
        .find(|event| call.key.opens(event.customer()) && event.identifier() == wanted)
        .map(|event| Reply::object(shown(call, event, extras)))
        .ok_or_else(|| Reply::not_found("eventID", &wanted))
}

fn sort_value(event: &EventRecord, field: &str) -> SortValue {
    match field {
        "customerID" => SortValue::Number(i64::try_from(event.customer()).unwrap_or(0)),
        "createdTimestamp" => SortValue::Number(event.time("created")),
        "lastUpdatedTimestamp" => SortValue::Number(event.time("lastUpdated")),
        "firstEventTimestamp" => SortValue::Number(event.time("firstEvent")),
        "lastEventTimestamp" => SortValue::Number(event.time("lastEvent")),
        _ => SortValue::text(&event.object["uuid"]),
    }
}

/// An event as this key sees it.
fn shown(call: &Call<'_>, event: &EventRecord, extras: Extras) -> Value {
    let mut object = event.object.clone();
    if object["type"] == "aggregated" {
        let case = event.listed_case().and_then(|id| case_info(call, call.key, id));
        object["associatedCases"] = json!(case.into_iter().collect::<Vec<_>>());
    }
    if extras.properties {
        object["properties"] = json!(event.properties);
    }
    if extras.comments {
        object["comments"] = json!(event.comments);
    }
    if extras.parts {
        object["subEvents"] = json!(event.parts);
    }
    object
}

/// Short form of a case as it is now; none where the key may not see it.
fn case_info(call: &Call<'_>, key: &Key, id: u64) -> Option<Value> {
    let case = call.data.case(id).filter(|case| is_visible(case, key))?;
    let object = &case.object;
    Some(json!({
        "id": id, "subject": object["subject"], "status": object["status"],
        "priority": object["priority"],
        "serviceID": object["service"]["id"], "serviceName": object["service"]["name"],
        "categoryID": object["category"]["id"], "categoryName": object["category"]["name"],
    }))
}
