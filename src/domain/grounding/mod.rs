//! Grounding: does a text say only what the tool results say? `check` finds the
//! claims of a text, binds each value to its owner and looks it up in the whole
//! evidence; [`report`] holds the types through which a text can become a reply.
//! Pure and bounded: any text against any JSON ends in a report.

pub mod atom;
pub mod bind;
mod check;
pub mod claim;
pub mod facts;
pub mod input;
pub mod marks;
mod process;
pub mod render;
pub mod report;
pub mod sentence;
mod shape;
pub mod spoken;
mod tree;
mod verify;
pub mod words;

#[cfg(test)]
mod tests;

pub use self::check::check;
pub use self::render::render_results;

/// Longer drafts are not checked to their end, and do not pass.
pub const MAX_DRAFT_BYTES: usize = 256 * 1024;
