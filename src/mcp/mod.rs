//! MCP towards servers: one hub over embedded servers, children over stdio and streamable
//! HTTP. A server that is down never hides the others; what it should serve is then
//! "unavailable", never a silent empty list.

pub mod catalog;
pub mod hub;
mod in_order;
pub mod pass_through;
pub mod proxy;
pub mod session;
pub mod transport;
pub mod upstream;
