//! Stand-ins that ship with the program: two REST backends (Argus and Sysdig)
//! over one made-up world, an MCP server that asks its user, and a language model. Demos, scenarios and tests use
//! them in place of outside services, over real HTTP on loopback.
//!
//! Everything is fictional and deterministic: the same seed and clock give the
//! same bytes. Time, sleeping and faults are passed in, so that nothing here
//! waits for real unless the caller wants it to.

pub mod argus;
pub mod clock;
pub mod control;
pub mod desk;
pub mod faults;
mod kept;
pub mod model;
pub mod sysdig;
pub mod world;
