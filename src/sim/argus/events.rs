//! Event endpoints of the simulated Argus: search, the events of a case, one event.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::sim::argus::call::Call;
use crate::sim::argus::cases::is_visible;
use crate::sim::argus::criteria;
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

/// Which events a search or its statistics are about.
pub struct EventQuery {
    criteria: EventCriteria,
    days: (i64, i64),
}

impl EventQuery {
    /// Reads criteria and index range.
    pub fn read(reader: &mut Reader<'_>, call: &Call<'_>, foreign: &mut Option<String>) -> Self {
        let criteria = EventCriteria::read(reader, call.key, foreign, false);
        Self { criteria, days: index_days(reader, call.now) }
    }

    /// The events that the key may see.
    #[must_use]
    pub fn matches<'a>(&self, call: &Call<'a>) -> Vec<&'a EventRecord> {
        let now_ms = call.now.as_millisecond();
        let (first, last) = self.days;
        call.data
            .events_since(first)
            .filter(|event| call.key.opens(event.customer()))
            .filter(|event| (first..=last).contains(&event.time("lastEvent")))
            .filter(|event| self.criteria.finds(event, now_ms))
            .collect()
    }
}

/// `POST /events/v2/event/search`
pub fn search(call: &Call<'_>) -> Answer {
    call.key.needs(EVENT_LOOKUP)?;
    let mut reader = call.read_body()?;
    let mut foreign = None;
    let query = EventQuery::read(&mut reader, call, &mut foreign);
    let extras = Extras::read(&mut reader);
    let sort = reader.sort(SORT, NEWEST_FIRST);
    let window = reader.window();
    criteria::finish(reader, foreign)?;
    let matches = query.matches(call);
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

/// `GET /events/v2/event/{ts}/{customer}/{uuid}`
pub fn by_identifier(call: &Call<'_>, parts: [&str; 3]) -> Answer {
    let event = one_event(call, parts)?;
    let mut reader = call.read_query();
    let extras = Extras::read(&mut reader);
    reader.finish()?;
    Ok(Reply::object(shown(call, event, extras)))
}

/// The event of an identifier, or the 403 or 404 instead.
pub fn one_event<'a>(call: &Call<'a>, [at, customer, id]: [&str; 3]) -> Result<&'a EventRecord, Reply> {
    call.key.needs(EVENT_LOOKUP)?;
    let wanted = format!("{at}/{customer}/{}", id.to_lowercase());
    let since = at.parse().unwrap_or(i64::MAX);
    call.data
        .events_since(since)
        .find(|event| call.key.opens(event.customer()) && event.identifier() == wanted)
        .ok_or_else(|| Reply::not_found("eventID", &wanted))
}

/// One of the times that criteria and timelines name; 0 where it is not set.
#[must_use]
pub fn time_of(event: &EventRecord, field: &str) -> i64 {
    event.time(if field == "firstAssessment" { "firstAssessed" } else { field })
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
pub fn case_info(call: &Call<'_>, key: &Key, id: u64) -> Option<Value> {
    let case = call.data.case(id).filter(|case| is_visible(case, key))?;
    let object = &case.object;
    Some(json!({
        "id": id, "subject": object["subject"], "status": object["status"],
        "priority": object["priority"],
        "serviceID": object["service"]["id"], "serviceName": object["service"]["name"],
        "categoryID": object["category"]["id"], "categoryName": object["category"]["name"],
    }))
}
