//! Grounding: does a text say only what the tool results say? `check` finds the
//! claims of a text, binds each value to its owner and looks it up in the whole
//! evidence; [`report`] holds the types through which a text can become a reply.
//! Pure and bounded: any text against any JSON ends in a report.

pub mod atom;
pub mod claim;
pub mod input;
pub mod report;
