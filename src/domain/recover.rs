//! placeholder until call recovery lands
