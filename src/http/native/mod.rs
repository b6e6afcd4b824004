//! The native API: conversations, turns, results, tools, what the portal manages and runs, and
//! the two stateless routes.

pub mod approval;
pub mod catalog;
pub mod conversations;
pub mod credentials;
pub mod events;
pub mod export;
pub mod feedback;
pub mod markdown;
pub mod models;
pub mod results;
pub mod route;
pub mod scenarios;
pub mod tokens;
pub mod trial;
pub mod turns;
pub mod types;
pub mod validate;
