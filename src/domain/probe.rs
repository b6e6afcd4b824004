//! What a probe found out about a model server. Found by `llm::probe`, kept by the store,
//! shown as it is: `None` means that a point could not be tried.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

/// What was found. `None`: could not be tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProbeReport {
    /// The server answers at all.
    pub reachable: bool,
    /// Models it lists, at most 200.
    pub models: Vec<String>,
    /// The profile's model is among them.
    pub model_listed: Option<bool>,
    /// A plain question gets an answer.
    pub answers: bool,
    /// It streams with a finish reason.
    pub streaming: Option<bool>,
    /// It tells token counts in the stream.
    pub usage: Option<bool>,
    /// Field in which thinking arrives, `content` when inside `<think>`.
    pub reasoning_field: Option<String>,
    /// `tool_choice: "auto"` gives a proper call where one is needed.
    pub auto_calls: Option<bool>,
    /// `tool_choice: "required"` gives a call where none is needed.
    pub required_honoured: Option<bool>,
    /// A named choice gives a call of that tool where another fits better.
    pub named_honoured: Option<bool>,
    /// Two calls in one answer.
    pub parallel_calls: Option<bool>,
    /// Output under a JSON Schema keeps to it.
    pub json_schema_honoured: Option<bool>,
    /// What went wrong, in order.
    pub problems: Vec<String>,
}

/// What was found, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// When the probe ended.
    pub at: Timestamp,
    /// What it found.
    pub report: ProbeReport,
}
