//! The router against labelled messages, follow-ups with a ledger, planned calls,
//! and properties that hold for any text.

mod answers;
mod detections;
mod fixtures;
mod lookups;
mod messages;
mod plans;
mod platform;
mod properties;
