//! Bounds on what a server sends, applied while it is being received, so that no server can take
//! memory. A message that is too long is not kept; whoever waits for it gets an error in its place.

use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use bytes::Bytes;
use futures::Stream;
use futures::StreamExt;
use rmcp::model::ErrorCode;
use rmcp::model::ErrorData;
use rmcp::model::RequestId;
use rmcp::model::ServerJsonRpcMessage;
use serde::Deserialize;
use tokio::io::AsyncRead;
use tokio::io::ReadBuf;

/// Bytes at either end of a dropped line in which its id is looked for.
const ENDS: usize = 256;
/// A line so many times too long is no message any more, and ends the connection.
const FAR_TOO_LONG: usize = 8;

/// Code of an error that is ours and no server's.
pub(crate) const TOO_LONG: ErrorCode = ErrorCode(-31_999);

/// The error that stands for an answer that was too long.
pub(crate) fn too_long(id: RequestId, limit: usize) -> ServerJsonRpcMessage {
    let message = format!("the answer is longer than the {limit} bytes that a message may have");
    ServerJsonRpcMessage::error(ErrorData::new(TOO_LONG, message, None), Some(id))
}

/// Lines of at most `limit` bytes. In place of a longer one comes an error for the request that it
/// answers, where the line tells which.
pub(crate) struct BoundedLines<R> {
    inner: R,
    limit: usize,
    /// Bytes of the line that have been passed on.
    passed: usize,
    head: Vec<u8>,
    tail: Vec<u8>,
    /// Bytes of the line that have been dropped; none: it is passed on.
    dropped: Option<usize>,
    waiting: Vec<u8>,
    given: usize,
}

impl<R> BoundedLines<R> {
    pub(crate) fn new(inner: R, limit: usize) -> Self {
        Self {
            inner,
            limit,
            passed: 0,
            head: Vec::new(),
            tail: Vec::new(),
            dropped: None,
            waiting: Vec::new(),
            given: 0,
        }
    }

    /// Notes bytes that are passed on as they are.
    fn note(&mut self, bytes: &[u8]) {
        let line = match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => {
                self.passed = 0;
                self.head.clear();
                &bytes[end + 1..]
            }
            None => bytes,
        };
        self.passed += line.len();
        self.extend_head(line);
    }

    fn extend_head(&mut self, line: &[u8]) {
        let room = ENDS.saturating_sub(self.head.len()).min(line.len());
        self.head.extend_from_slice(&line[..room]);
    }

    /// Passes on what may be, piece of a line by piece of a line.
    fn sift(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let ends = piece.ends_with(b"\n");
            if self.dropped.is_none() && self.passed + piece.len() <= self.limit {
                self.waiting.extend_from_slice(piece);
                self.note(piece);
                continue;
            }
            if self.dropped.is_none() {
                self.extend_head(piece);
                if self.passed > 0 {
                    self.waiting.push(b'\n');
                }
            }
            self.drop_piece(piece)?;
            if ends {
                self.stand_in();
            }
        }
        Ok(())
    }

    fn drop_piece(&mut self, piece: &[u8]) -> io::Result<()> {
        let dropped = self.dropped.unwrap_or(0) + piece.len();
        self.dropped = Some(dropped);
        self.tail.extend_from_slice(&piece[piece.len().saturating_sub(ENDS)..]);
        let surplus = self.tail.len().saturating_sub(ENDS);
        self.tail.drain(..surplus);
        if dropped > self.limit.saturating_mul(FAR_TOO_LONG) {
            return Err(io::Error::other("a line without an end"));
        }
        Ok(())
    }

    /// The dropped line is over: an error takes its place.
    fn stand_in(&mut self) {
        tracing::warn!(limit = self.limit, "an MCP server sent a message that is too long; it is dropped");
        if let Some(id) = id_of(&self.head, &self.tail)
            && let Ok(error) = serde_json::to_vec(&too_long(id, self.limit))
        {
            self.waiting.extend_from_slice(&error);
            self.waiting.push(b'\n');
        }
        self.passed = 0;
        self.dropped = None;
        self.head.clear();
        self.tail.clear();
    }

    fn give(&mut self, buffer: &mut ReadBuf<'_>) {
        let left = &self.waiting[self.given..];
        let count = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..count]);
        self.given += count;
        if self.given == self.waiting.len() {
            self.waiting = Vec::new();
            self.given = 0;
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for BoundedLines<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if !self.waiting.is_empty() {
                self.give(buffer);
                return Poll::Ready(Ok(()));
            }
            let before = buffer.filled().len();
            ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
            let read = &buffer.filled()[before..];
            if read.is_empty() {
                return Poll::Ready(Ok(()));
            }
            if self.dropped.is_none() && self.passed + read.len() <= self.limit {
                self.note(read);
                return Poll::Ready(Ok(()));
            }
            let read = read.to_vec();
            buffer.set_filled(before);
            self.sift(&read)?;
        }
    }
}

/// The id of a response by the first or the last bytes of its line.
fn id_of(head: &[u8], tail: &[u8]) -> Option<RequestId> {
    let head = String::from_utf8_lossy(head);
    // What stands inside these is the server's own.
    let inside = ["\"result\"", "\"error\"", "\"method\"", "\"params\""];
    let outside = inside.iter().filter_map(|name| head.find(name)).min().unwrap_or(head.len());
    if let Some((_, after)) = head[..outside].split_once("\"id\":") {
        return value(after).map(|(id, _)| id);
    }
    let tail = String::from_utf8_lossy(tail);
    let (_, after) = tail.rsplit_once("\"id\":")?;
    let (id, rest) = value(after)?;
    let rest: String = rest.chars().filter(|c| !c.is_whitespace()).collect();
    matches!(rest.as_str(), "}" | ",\"jsonrpc\":\"2.0\"}").then_some(id)
}

fn value(text: &str) -> Option<(RequestId, &str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    let id = RequestId::deserialize(values.next()?.ok()?).ok()?;
    Some((id, &text[values.byte_offset()..]))
}

/// Why a stream of events ended before its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EventsError {
    /// One event was too long.
    #[error("an event is longer than {0} bytes")]
    TooLong(usize),
    /// The bytes stopped.
    #[error("{0}")]
    Lost(reqwest::Error),
}

/// Bytes of a stream of events, none of which may be longer than `limit`.
pub(crate) fn bounded_events(
    bytes: impl Stream<Item = reqwest::Result<Bytes>>,
    limit: usize,
) -> impl Stream<Item = Result<Bytes, EventsError>> {
    let (mut event, mut line) = (0_usize, 0_usize);
    bytes.map(move |chunk| {
        let chunk = chunk.map_err(|error| EventsError::Lost(error.without_url()))?;
        for byte in &chunk {
            event += 1;
            match byte {
                // An empty line ends the event.
                b'\n' if line == 0 => event = 0,
                b'\n' => line = 0,
                b'\r' => {}
                _ => line += 1,
            }
        }
        if event > limit { Err(EventsError::TooLong(limit)) } else { Ok(chunk) }
    })
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    async fn through(text: &str, limit: usize, step: usize) -> io::Result<String> {
        let mut mock = tokio_util::io::StreamReader::new(futures::stream::iter(
            text.as_bytes()
                .chunks(step)
                .map(|chunk| Ok::<_, io::Error>(Bytes::copy_from_slice(chunk)))
                .collect::<Vec<_>>(),
        ));
        let mut out = String::new();
        BoundedLines::new(&mut mock, limit).read_to_string(&mut out).await?;
        Ok(out)
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_becomes_an_error_for_its_request_and_the_next_one_passes() {
        let long = "x".repeat(700);
        let first = format!("{{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{{\"id\":1,\"x\":\"{long}\"}}}}");
        let last = format!("{{\"result\":{{\"id\":1,\"x\":\"{long}\"}},\"jsonrpc\":\"2.0\",\"id\":7}}");
        let foreign = format!("{{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{{\"id\":7,\"x\":\"{long}\"}}}}");
        for step in [1, 100, 5000] {
            for (line, told) in [(&first, true), (&last, true), (&foreign, false)] {
                let out = through(&format!("short\n{line}\nafter\n"), 300, step).await.unwrap();
                let lines: Vec<&str> = out.lines().collect();
                assert_eq!((lines[0], *lines.last().unwrap()), ("short", "after"), "{out}");
                let errors: Vec<serde_json::Value> =
                    lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
                assert_eq!(
                    errors.iter().filter(|error| error["id"] == 7 && error["error"].is_object()).count(),
                    usize::from(told),
                    "{out}"
                );
                assert!(out.len() < 900, "what is passed stays bounded");
            }
        }
    }

    #[tokio::test]
    async fn a_line_without_an_end_ends_the_connection() {
        assert!(through(&"x".repeat(10_000), 300, 4096).await.is_err());
    }
}
