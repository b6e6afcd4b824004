//! What happened to one event, as Argus tells it: `GET …/{ts}/{customer}/{uuid}/lineage`.
//! The steps follow from the event itself: when it was made, indexed, last updated and
//! assessed. Of events outside any story Argus kept the first step only.

use serde_json::{Value, json};

use crate::sim::argus::call::Call;
use crate::sim::argus::data::EventRecord;
use crate::sim::argus::data::catalog::{self, stable_id};
use crate::sim::argus::events::one_event;
use crate::sim::argus::reader::{SortValue, window_of};
use crate::sim::argus::reply::{Answer, Reply};

/// Milliseconds from the making of an event until it can be searched.
const INDEXING_MS: i64 = 900;
/// Who assesses.
const ANALYST: u64 = 120;

/// `GET /events/v2/event/{ts}/{customer}/{uuid}/lineage`
pub fn lineage(call: &Call<'_>, parts: [&str; 3]) -> Answer {
    let event = one_event(call, parts)?;
    let mut reader = call.read_query();
    let sort = reader.sort(&["createdTimestamp"], "-createdTimestamp");
    let window = reader.window();
    reader.finish()?;
    let steps = steps(event);
    let matches: Vec<&Value> = steps.iter().collect();
    let items = window_of(matches, &sort, window, |step, field| match field {
        "id" => SortValue::text(&step["id"]),
        other => SortValue::number(&step[other]),
    });
    let items = items.into_iter().cloned().collect();
    Ok(Reply::page(window.limit, window.offset, steps.len(), items))
}

fn steps(event: &EventRecord) -> Vec<Value> {
    let created = event.time("created");
    let mut steps = vec![step(event, "created", "Event created by the analysis pipeline", created, None)];
    if event.case.is_some() {
        let at = created + INDEXING_MS;
        steps.push(step(event, "indexedOpenSearch", "Event indexed for search", at, None));
        let text = format!("Aggregate updated: {} raw events", event.object["count"]);
        let text = if event.object["type"] == "raw" { "Event enriched".to_owned() } else { text };
        steps.push(step(event, "updated", &text, event.time("lastUpdated"), None));
    }
    let assessed = event.time("firstAssessed");
    if assessed > 0 {
        let judged = ["identifiedThreat", "threatCandidate"];
        let flags = event.object["flags"].as_array().map_or(&[][..], Vec::as_slice);
        let found = judged.iter().find(|word| flags.iter().any(|flag| flag.as_str() == Some(word)));
        let text = format!("Flags changed: +{}, +notified", found.unwrap_or(&"checked"));
        steps.push(step(event, "assessed", &text, assessed, Some(ANALYST)));
    }
    steps
}

fn step(event: &EventRecord, kind: &str, text: &str, at: i64, user: Option<u64>) -> Value {
    let uuid = event.object["uuid"].as_str().unwrap_or_default();
    // Both centres serve all customers; which one took the event is settled by its identifier.
    let center = if uuid.bytes().fold(0_u32, |sum, byte| sum + u32::from(byte)) % 4 == 0 { "svg" } else { "osl" };
    json!({
        "id": stable_id("lineage", &format!("{uuid}-{kind}")), "type": kind, "description": text,
        "createdTimestamp": at, "createdByUser": user.map(catalog::event_user_info),
        "dataCenter": center, "eventLastUpdatedTimestamp": at,
    })
}
