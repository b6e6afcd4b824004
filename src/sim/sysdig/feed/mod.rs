//! The events that the simulated backend holds, newest first, and the reading
//! of one page of them.
//!
//! Events lie at fixed times; what is still ahead of the clock does not exist
//! yet. Patches change the stored events, so that data can change between two
//! calls.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::sim::faults::merge_patch;
use crate::sim::kept::Kept;
use crate::sim::sysdig::build;
use crate::sim::sysdig::build::Event;
use crate::sim::sysdig::cursor::Cursor;
use crate::sim::sysdig::cursor::Direction;
use crate::sim::sysdig::cursor::Window;
use crate::sim::sysdig::filter::Filter;
use crate::sim::sysdig::seed::Seed;
use crate::sim::sysdig::story;

/// Most events that patches may make of the feed.
const MAX_EVENTS: usize = 5_000;
const MAX_ID_CHARS: usize = 32;

/// Events by seed and start, as no patch has changed them.
static MADE: Kept<(Seed, Timestamp), Vec<Event>> = Kept::new();

/// All events of one world.
#[derive(Debug, Clone)]
pub struct Feed {
    /// Sorted by time and id, newest first; a patch makes them this feed's own.
    events: Arc<Vec<Event>>,
}

/// What one page is asked for with.
#[derive(Debug)]
pub struct PageRequest {
    /// Most events.
    pub limit: usize,
    /// The times to look between.
    pub window: Window,
    /// Where to go on, if this is not the first page.
    pub cursor: Option<Cursor>,
    /// Which events.
    pub filter: Option<Filter>,
}

impl Feed {
    /// The events of a world that began at `start`.
    #[must_use]
    pub fn new(seed: Seed, start: Timestamp) -> Self {
        let events = MADE.get((seed, start), |(seed, start)| {
            let happenings = story::happenings(*seed);
            let mut events: Vec<Event> =
                happenings.iter().map(|happening| build::event(*seed, *start, happening)).collect();
            sort(&mut events);
            events
        });
        Self { events }
    }

    /// The event of this id, if it has happened.
    #[must_use]
    pub fn get(&self, id: &str, now: i64) -> Option<&Event> {
        self.events.iter().find(|event| event.id == id && event.at <= now)
    }

    /// All events that have happened, newest first.
    pub fn so_far(&self, now: i64) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(move |event| event.at <= now)
    }

    /// One page: `{data: [event], page: {total, next?, prev?}}`.
    #[must_use]
    pub fn page(&self, request: &PageRequest, now: i64) -> Value {
        let Window { from, to } = request.window;
        let matching: Vec<&Event> = self
            .so_far(now)
            .filter(|event| (from..=to).contains(&event.at))
            .filter(|event| {
                let filter = request.filter.as_ref();
                filter.is_none_or(|filter| filter.matches(&event.json))
            })
            .collect();
        let begin = request.cursor.as_ref().map_or(0, |cursor| {
            let place = (cursor.at, cursor.event_id.as_str());
            let at = |past: bool| {
                matching.partition_point(|event| {
                    let event = (event.at, event.id.as_str());
                    event > place || (past && event == place)
                })
            };
            match cursor.direction {
                Direction::Older => at(true),
                Direction::Newer => at(false).saturating_sub(request.limit),
            }
        });
        let end = matching.len().min(begin + request.limit);
        let shown = &matching[begin..end];
        let mut page = Map::new();
        page.insert("total".to_owned(), matching.len().into());
        if end < matching.len()
            && let Some(last) = shown.last()
        {
            page.insert("next".to_owned(), cursor(request, last, Direction::Older));
        }
        if begin > 0
            && let Some(first) = shown.first()
        {
            page.insert("prev".to_owned(), cursor(request, first, Direction::Newer));
        }
        let data: Vec<Value> = shown
            .iter()
            .map(|event| {
                let mut json = event.json.clone();
                if let Some(members) = json.as_object_mut() {
                    let own = cursor(request, event, Direction::Older);
                    members.shift_insert(1.min(members.len()), "cursor".to_owned(), own);
                }
                json
            })
            .collect();
        json!({"data": data, "page": page})
    }

    /// Applies `{events: {id: patch or null}}`: changes an event as JSON merge
    /// patch does, removes it with null, or adds one under a new id.
    ///
    /// # Errors
    /// A text naming the fault; nothing is changed then.
    pub fn patch(&mut self, patch: &Value, now: i64) -> Result<(), String> {
        let changes = match patch.as_object() {
            Some(members) if members.len() == 1 => members.get("events"),
            _ => None,
        };
        let Some(Value::Object(changes)) = changes else {
            return Err("a patch is {\"events\": {id: changes or null}}".to_owned());
        };
        for (id, change) in changes {
            if id.is_empty() || id.len() > MAX_ID_CHARS {
                return Err(format!("an id has 1 to {MAX_ID_CHARS} characters"));
            }
            if !change.is_object() && !change.is_null() {
                return Err(format!("the changes of {id} must be an object or null"));
            }
        }
        let events = Arc::make_mut(&mut self.events);
        for (id, change) in changes {
            if change.is_null() {
                events.retain(|event| event.id != *id);
                continue;
            }
            if let Some(event) = events.iter_mut().find(|event| event.id == *id) {
                change_event(event, change);
            } else if events.len() < MAX_EVENTS {
                let mut event =
                    Event { at: now, id: id.clone(), json: json!({"id": id, "timestamp": now}), chain: None };
                change_event(&mut event, change);
                events.push(event);
            }
        }
        sort(events);
        Ok(())
    }
}

fn sort(events: &mut [Event]) {
    events.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
}

/// A patch may move an event in time; its id stays what it is.
fn change_event(event: &mut Event, change: &Value) {
    merge_patch(&mut event.json, change);
    event.json["id"] = event.id.clone().into();
    match event.json["timestamp"].as_i64() {
        Some(at) => event.at = at,
        None => event.json["timestamp"] = event.at.into(),
    }
}

fn cursor(request: &PageRequest, event: &Event, direction: Direction) -> Value {
    let cursor = Cursor { window: request.window, direction, at: event.at, event_id: event.id.clone() };
    Value::String(cursor.encode())
}

#[cfg(test)]
mod tests;
