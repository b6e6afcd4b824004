//! The OpenAI-compatible side: chat completions and models. What a client sends is a
//! message and a claim about the past; evidence comes from our own ledger alone.

pub mod chat;
pub mod conversation;
pub mod models;
pub mod progress;
pub mod request;
pub mod stream;
pub mod types;
