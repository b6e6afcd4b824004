//! An embedded MCP server for Sysdig Secure: a drop-in for the vendor's own.
//!
//! `config` says what it needs, `credentials` whose token goes where,
//! `upstream` calls the REST API, `permissions` decides what is listed,
//! `tools` has one file per tool, `resource` and `prompt` are the two texts
//! beside them, `scanner` runs the scanner program, `server` speaks MCP,
//! `stdio` makes it a program. It knows nothing of gateways, ledgers or chat, and could be a
//! crate of its own.

pub mod arguments;
pub mod config;
pub mod credentials;
pub mod outcome;
pub mod permissions;
pub mod prompt;
pub mod region;
pub mod resource;
pub mod scanner;
pub mod server;
pub mod stdio;
pub mod tools;
pub mod upstream;

#[cfg(test)]
mod surface_tests;
#[cfg(test)]
pub mod test_support;
