//! What one server may take and give, and how patient we are with it.

use std::time::Duration;

use crate::mcp::output_schema::SchemaCheck;

/// Room for what stands around a result in a message.
const ENVELOPE: usize = 64 * 1024;
/// Room for a page of tools, however small results must be.
const TOOL_LIST: usize = 4 * 1024 * 1024;

/// The longest that a pause gets by jitter, of its length.
pub(crate) const LONGEST_JITTER: f64 = 1.25;
/// Longest pause between tries to reach a server that others start and stop.
const LONGEST_ELSEWHERE: Duration = Duration::from_secs(3);

/// What a server may take and give.
#[derive(Clone, Debug)]
pub struct UpstreamLimits {
    /// For one call.
    pub call: Duration,
    /// For connecting and listing tools.
    pub connect: Duration,
    /// For a sign of life, and for an answer by which a server shows the protocol era it is of.
    pub probe: Duration,
    /// Pause before the first new try to connect; doubled with each failure.
    pub first_pause: Duration,
    /// Longest such pause.
    pub longest_pause: Duration,
    /// Failures in a row after which it is left alone for a while.
    pub breaker_after: u32,
    /// How long it is left alone then.
    pub breaker_open: Duration,
    /// How long a call waits for a server that was lost a moment ago.
    pub patience: Duration,
    /// How long a child may take to end by itself, and again after it was told to.
    pub grace: Duration,
    /// Largest result in bytes: of its texts, and of its structured content.
    pub result_bytes: usize,
    /// What becomes of results that do not fit the tool's output schema.
    pub output_schema: SchemaCheck,
}

impl UpstreamLimits {
    /// These limits, and the usual patience.
    pub fn new(call: Duration, connect: Duration, result_bytes: usize) -> Self {
        Self {
            call,
            connect,
            probe: Duration::from_secs(3),
            first_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(15),
            breaker_after: 8,
            breaker_open: Duration::from_secs(30),
            patience: Duration::from_secs(5),
            grace: Duration::from_secs(2),
            result_bytes,
            output_schema: SchemaCheck::Warn,
        }
    }

    /// For a server that others start and stop: it may be back at any moment, and a try costs it
    /// little, so it is never left alone for long. A child of ours is back only when it is started.
    pub fn elsewhere(self) -> Self {
        Self {
            longest_pause: self.longest_pause.min(LONGEST_ELSEWHERE),
            breaker_open: self.breaker_open.min(LONGEST_ELSEWHERE),
            ..self
        }
    }

    /// Longest message in bytes: a large result twice, since servers send it as structured content
    /// and once more as text.
    pub(crate) fn message_bytes(&self) -> usize {
        self.result_bytes.saturating_mul(2).saturating_add(ENVELOPE).max(TOOL_LIST)
    }
}
