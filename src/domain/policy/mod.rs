// NOTE FROM THE LEAD (final, 23:58; remove it when done): sorry for the flip. Please restore your version of 23:56: RouteInput{message,history,ledger,tools,now},
// decide, decide_expecting(&input,&groups), default_ruling(&signals), from_model(&signals,decision,&str), plan_calls(&ruling,&input), off_limits, yields_data,
// is_data_tool, executes, language, group_labels, choices_from_rows(&content,lang), refusal. src/engine uses exactly that now and I do not touch it any more.
// kinds.rs is yours to keep or delete.
//! Policy: which kind of turn a message asks for, which tools can serve it, and
//! which calls the gateway can make by itself. Rules and groups are data: word
//! lists and templates in TOML, conditions in one ordered table.
//!
//! Road of a message: `lexicon` (words) and `read` (arguments) and `shown` (what
//! "it" means) → `signals` (facts) → `rules` (decision) → `router` (ruling) →
//! `plan` (calls). Relies on nothing outside the domain; asks no model.

pub mod decision;
pub mod kinds;
pub mod lexicon;
pub mod plan;
pub mod read;
pub mod router;
pub mod rules;
pub mod settings;
pub mod shown;
pub mod signals;

pub use settings::Policy;
pub use settings::PolicyError;

#[cfg(test)]
mod tests;
