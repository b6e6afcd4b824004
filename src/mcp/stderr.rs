//! What a child says on standard error: logged line by line, the last lines kept for the error
//! that tells of its end. Bounded, and without the secrets that the child was given.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio_util::sync::CancellationToken;

use crate::mcp::mask::Mask;

/// Lines kept.
const LINES: usize = 3;
/// Longest line told, in characters.
const LINE: usize = 200;
/// Bytes of a line that are looked at.
const LOOKED_AT: usize = 8 * 1024;

/// The last lines of one child.
pub(crate) struct LastWords {
    lines: Mutex<VecDeque<String>>,
    mask: Mask,
    ended: CancellationToken,
}

impl LastWords {
    pub(crate) fn new(mask: Mask) -> Arc<Self> {
        Arc::new(Self { lines: Mutex::default(), mask, ended: CancellationToken::new() })
    }

    /// Reads to the end, or until it is over with the child.
    pub(crate) async fn listen(
        self: Arc<Self>,
        server: String,
        mut stderr: impl AsyncRead + Unpin,
        over: impl Future<Output = ()>,
    ) {
        tokio::pin!(over);
        let _ended = self.ended.clone().drop_guard();
        let mut buffer = [0; 4096];
        let mut line: Vec<u8> = Vec::new();
        loop {
            let read = tokio::select! {
                read = stderr.read(&mut buffer) => read,
                // Somebody whom the child has started and who left its group may hold the pipe for ever.
                () = &mut over => break,
            };
            let Ok(read @ 1..) = read else { break };
            for piece in buffer[..read].split_inclusive(|byte| *byte == b'\n') {
                let room = LOOKED_AT.saturating_sub(line.len()).min(piece.len());
                line.extend_from_slice(&piece[..room]);
                if piece.ends_with(b"\n") {
                    self.take(&server, &mut line);
                }
            }
        }
        self.take(&server, &mut line);
    }

    fn take(&self, server: &str, line: &mut Vec<u8>) {
        if line.len() >= LOOKED_AT {
            // A secret may be cut in two here, and would not be known by its half.
            line.truncate(LOOKED_AT.saturating_sub(self.mask.longest()));
        }
        let text = self.mask.clean(&String::from_utf8_lossy(line), LINE);
        line.clear();
        if text.trim().is_empty() {
            return;
        }
        tracing::debug!(upstream.name = server, line = text, "MCP server says on standard error");
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_back(text);
        if lines.len() > LINES {
            lines.pop_front();
        }
    }

    /// Returns when nothing more will be said.
    pub(crate) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// The lines, oldest first, in one.
    pub(crate) fn told(&self) -> Option<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        (!lines.is_empty()).then(|| lines.iter().map(String::as_str).collect::<Vec<_>>().join(" | "))
    }
}
