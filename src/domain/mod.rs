//! Ring 1: what is true. Plain functions and data; no async, no I/O, no clock, no
//! environment, no randomness. Everything else may import this; it imports nothing.

pub mod basis;
pub mod caller;
pub mod classify;
pub mod elicitation;
pub mod event;
pub mod exact_json;
pub mod form;
pub mod grounding;
pub mod ids;
pub mod lang;
pub mod ledger;
pub mod message;
pub mod notice;
pub mod outcome;
pub mod phrases;
pub mod pin;
pub mod policy;
pub mod probe;
pub mod recover;
pub mod tool;
