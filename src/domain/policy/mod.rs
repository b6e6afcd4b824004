//! Policy: which kind of turn a message asks for, which tools can serve it, and
//! which calls the gateway can make by itself. Rules and groups are data: word
//! lists and templates in TOML, conditions in one ordered table.
//!
//! Road of a message: `lexicon` (words) and `read` (arguments) and `shown` (what
//! "it" means) → `signals` (facts, with `spans`) → `rules` (decision) → `router` (ruling) →
//! `plan` (calls). Relies on nothing outside the domain; asks no model.

pub mod answer;
pub mod ask;
pub mod decision;
pub mod kinds;
mod left_out;
pub mod lexicon;
pub mod paging;
pub mod plan;
pub mod read;
pub mod router;
pub mod rules;
pub mod settings;
pub mod shown;
pub mod signals;
pub mod spans;
pub mod steps;

pub use settings::Policy;
pub use settings::PolicyError;

#[cfg(test)]
mod tests;
