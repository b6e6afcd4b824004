//! Page positions of the events feed: opaque to callers, complete in
//! themselves. A cursor names its window and the event it starts from, so a
//! page stays where it is while newer events arrive.

/// Longest cursor that is read, in characters.
const MAX_CHARS: usize = 512;

/// The times between which a listing looks, in nanoseconds, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Oldest time.
    pub from: i64,
    /// Newest time.
    pub to: i64,
}

/// Which way from the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Events older than it.
    Older,
    /// Events newer than it.
    Newer,
}

/// A position in the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The window of the first page.
    pub window: Window,
    /// Which side of the event.
    pub direction: Direction,
    /// Time of the event, in nanoseconds.
    pub at: i64,
    /// Id of the event.
    pub event_id: String,
}

impl Cursor {
    /// The text for callers.
    #[must_use]
    pub fn encode(&self) -> String {
        let mark = match self.direction {
            Direction::Older => 'o',
            Direction::Newer => 'n',
        };
        let Window { from, to } = self.window;
        hex::encode(format!("{mark}:{from}:{to}:{}:{}", self.at, self.event_id))
    }

    /// Reads what [`Cursor::encode`] wrote; `None` for anything else.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        if text.len() > MAX_CHARS {
            return None;
        }
        let plain = String::from_utf8(hex::decode(text).ok()?).ok()?;
        let mut parts = plain.splitn(5, ':');
        let direction = match parts.next()? {
            "o" => Direction::Older,
            "n" => Direction::Newer,
            _ => return None,
        };
        Some(Self {
            direction,
            window: Window { from: parts.next()?.parse().ok()?, to: parts.next()?.parse().ok()? },
            at: parts.next()?.parse().ok()?,
            event_id: parts.next()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cursor_survives_its_text() {
        let cursor = Cursor {
            window: Window { from: -5, to: i64::MAX },
            direction: Direction::Newer,
            at: 1_774_602_113_554_217_000,
            event_id: "18a0a738540e782893aa52c07f6be410".to_owned(),
        };
        let text = cursor.encode();
        assert!(text.len() < MAX_CHARS);
        assert_eq!(Cursor::decode(&text), Some(cursor));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,80}", hex in "[0-9a-f+]{0,80}") {
            let _ = Cursor::decode(&text);
            let _ = Cursor::decode(&hex);
        }
    }
}
