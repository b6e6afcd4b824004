//! Groundwire: a chat gateway that lets no answer about live operational data out unless
//! tools really were called and their results support it.
//!
//! Three rings; imports point inward and a test says so:
//! - [`domain`]: what is true. Pure.
//! - [`engine`] and [`prompts`]: what happens next, over four ports.
//! - everything else: the outside world. [`app`] builds it, [`commands`] start it.

pub mod app;
pub mod auth;
pub mod clock;
pub mod commands;
pub mod config;
pub mod domain;
pub mod engine;
pub mod environment;
pub mod gateway_client;
pub mod http;
pub mod listener;
pub mod llm;
pub mod mcp;
pub mod mcp_serve;
pub mod metrics;
pub mod mutation;
pub mod prompts;
pub mod sandbox;
pub mod scenario;
pub mod servers;
pub mod sim;
pub mod store;
pub mod telemetry;
pub mod vault;
pub mod web_origin;
