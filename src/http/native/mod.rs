//! The native API: conversations, turns, results, tools, and the two stateless routes.

pub mod catalog;
pub mod conversations;
pub mod events;
pub mod results;
pub mod route;
pub mod turns;
pub mod types;
pub mod validate;
