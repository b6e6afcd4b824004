//! The embedded Argus MCP server: read-only tools over the Argus REST API.
//!
//! A call goes `server` (names) → `validate` (arguments against the field table)
//! → `tools::run` (by the tool's row in `tools/`) → `client` (REST) → `outcome`.
//! The field tables (`cases`, `events`, `assets` and so on, or beside the rows)
//! give schema, checks and REST body at once. Knows Argus and MCP; nothing of the
//! gateway that may embed it.

pub mod asset_values;
pub mod assets;
pub mod backend;
pub mod body;
pub mod case_values;
pub mod cases;
pub mod client;
pub mod config;
pub mod criteria;
pub mod describe;
pub mod envelope;
pub mod error;
pub mod event_statistics;
pub mod event_values;
pub mod events;
pub mod fields;
pub mod filter_values;
pub mod filters;
pub mod identifier;
pub mod indicator;
pub mod keyed;
pub mod lookup;
pub mod metrics;
pub mod network;
pub mod outcome;
pub mod paging;
pub mod retry;
pub mod scalars;
pub mod schema;
pub mod server;
pub mod session;
pub mod stdio;
pub mod text;
pub mod time;
pub mod tools;
pub mod validate;

#[cfg(test)]
pub(crate) mod random_requests;
#[cfg(test)]
pub(crate) mod rest_tables;
#[cfg(test)]
mod testing;

pub use config::ArgusConfig;
pub use config::ConfigError;
pub use keyed::KeyedArgus;
pub use server::ArgusServer;
pub use session::Session;
pub use session::SessionError;
pub use session::check_session;
pub use stdio::serve_stdio;
pub use stdio::serve_streams;
