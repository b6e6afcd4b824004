//! All integration tests as one binary: one link, one start of what they share.

mod architecture;
mod argus_http;
mod argus_process;
mod auth;
mod bad_input;
mod cli;
mod client_configs;
mod config_examples;
mod confirm;
mod documents;
mod limits;
mod mcp_hub;
mod model_probes;
mod mutations;
mod native_api;
mod openai_api;
mod portal_api;
mod process;
mod prompts;
mod rules_page;
mod scenario_runs;
mod scenarios;
mod secrets;
mod sse;
mod store_story;
mod support;
