//! Scenarios: scripted conversations in YAML with what must hold in each turn. The same
//! files run against the simulated model in each of its behaviours, against a real model,
//! and against a gateway at a URL. Expectations read the turn's events and nothing else,
//! so they see what any other reader of a turn sees.

pub mod adversarial;
pub mod examine;
pub mod expect;
pub mod load;
pub mod models;
pub mod observed;
pub mod oracle;
pub mod raw;
pub mod report;
pub mod run;
pub mod runs;
pub mod spec;
pub mod stats;
pub mod table;
pub mod world;
