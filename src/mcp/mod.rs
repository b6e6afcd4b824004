//! MCP towards servers: one hub over embedded servers, children over stdio, streamable HTTP and
//! the older HTTP+SSE, of both protocol eras. A server that is down never hides the others; what
//! it should serve is then "unavailable", never a silent empty list.

mod asking_call;
mod asks;
mod bounded;
mod breaker;
pub mod catalog;
pub mod child;
mod connected;
pub mod credentials;
mod era;
mod http;
pub mod hub;
mod in_order;
mod keeper;
pub mod limits;
mod mask;
pub mod output_schema;
pub mod pass_through;
pub mod pins;
pub mod pool;
pub mod proxy;
pub mod session;
mod sse;
mod stderr;
mod subscriber;
mod subscriptions;
mod tasks;
pub mod transport;
pub mod upstream;
mod uses;
