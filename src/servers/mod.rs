//! The embedded MCP servers, drop-in compatible with the vendors' own.
//!
//! Each server stands by itself: it knows its REST backend and the Model
//! Context Protocol, and nothing of the gateway (no ledger, no engine, no chat).
//! Nothing here imports from elsewhere in this crate, so a server could become
//! a crate of its own, with `callers`, `caught`, `header` and `stdio`.

pub mod argus;
mod callers;
mod caught;
pub(crate) mod header;
pub mod stdio;
pub mod sysdig;
