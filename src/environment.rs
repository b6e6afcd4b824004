//! The process environment, read once at start: the only place that does.

use std::ffi::OsString;

/// All variables that are valid Unicode.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn variables() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The arguments of the process, with the name that it was called by.
pub fn arguments() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// Looks a name up in variables read before.
pub fn lookup(variables: &[(String, String)], name: &str) -> Option<String> {
    variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}
