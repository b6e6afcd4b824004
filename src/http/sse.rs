//! A turn's events as server-sent events: name, JSON facts, number as id. The live ones
//! come from the journal, those of finished turns from the store; both end with the turn.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use axum::response::IntoResponse;
use axum::response::Response;
use axum::response::sse::Event;
use axum::response::sse::KeepAlive;
use axum::response::sse::Sse;
use futures::Stream;
use futures::StreamExt;
use futures::stream;
use http::HeaderName;
use http::HeaderValue;

use crate::domain::event::JournalEntry;
use crate::engine::running::RunningTurn;
use crate::http::native::events;

/// Proxies cut streams that are silent for longer.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Events on their way to a client.
pub type EventStream = Pin<Box<dyn Stream<Item = Result<Event, Infallible>> + Send>>;

/// A response of events, kept alive and not buffered by proxies.
pub fn respond(events: EventStream) -> Response {
    let mut response =
        Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE).text("keep-alive")).into_response();
    // nginx and those that follow it.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// Events of a running turn after the one numbered `after`, to the end of the turn.
pub fn live(turn: &RunningTurn, after: u64) -> Response {
    let known = turn.journal.entries();
    // The turn may have ended a moment ago; then nothing follows that a reader could wait for.
    if known.last().is_some_and(|entry| entry.event.is_last()) {
        return stored(known.into_iter().filter(|entry| entry.seq > after).collect());
    }
    let after = after.min(known.len() as u64);
    let reader = turn.journal.read(after);
    let entries = stream::unfold(reader, |mut reader| async move {
        let entry = reader.next().await?;
        Some((entry, reader))
    });
    respond(entries.map(|entry| Ok(event(&entry))).boxed())
}

/// Events of a finished turn.
pub fn stored(entries: Vec<JournalEntry>) -> Response {
    respond(stream::iter(entries).map(|entry| Ok(event(&entry))).boxed())
}

fn event(entry: &JournalEntry) -> Event {
    Event::default().event(entry.event.name()).id(entry.seq.to_string()).data(events::data(&entry.event).to_string())
}
