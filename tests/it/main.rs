//! All integration tests as one binary: one link, one start of what they share.

mod architecture;
mod cli;
mod config_examples;
mod mcp_hub;
mod process;
mod prompts;
mod rules_page;
mod store_story;
mod support;
