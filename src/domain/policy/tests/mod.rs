//! The router against labelled messages, follow-ups with a ledger, planned calls,
//! and properties that hold for any text.

mod answers;
mod families;
mod fixtures;
mod messages;
mod plans;
mod properties;
