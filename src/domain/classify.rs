//! placeholder until the classifier lands
