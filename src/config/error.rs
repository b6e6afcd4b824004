//! What can be wrong with a configuration. Each message names the key and the way out.

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Not TOML.
    #[error("{path} is not valid TOML: {source}")]
    Syntax {
        /// The file.
        path: String,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A key that does not exist.
    #[error("unknown key {key}{}", nearest.as_ref().map(|n| format!("; did you mean {n}?")).unwrap_or_default())]
    UnknownKey {
        /// The key with its section.
        key: String,
        /// The nearest known one.
        nearest: Option<String>,
    },
    /// A value of the wrong kind or range.
    #[error("{key}: {problem}")]
    Invalid {
        /// The key with its section.
        key: String,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// An environment key that names no setting.
    #[error("{name} names no setting; the form is GROUNDWIRE__SECTION__KEY")]
    Environment {
        /// The variable.
        name: String,
    },
    /// A secret that cannot be read.
    #[error("{key}: the secret cannot be read from {source_name}: {reason}")]
    Secret {
        /// The key with its section.
        key: String,
        /// `environment variable NAME` or `file PATH`.
        source_name: String,
        /// Why.
        reason: String,
    },
    /// The configuration has no TOML form.
    #[error("the configuration cannot be printed: {source}")]
    Unprintable {
        /// Why.
        source: toml::ser::Error,
    },
}

impl ConfigError {
    /// A value that is refused.
    pub fn invalid(key: &str, problem: impl Into<String>) -> Self {
        Self::Invalid { key: key.to_owned(), problem: problem.into() }
    }

    /// Turns serde's words about unknown fields into the nearest known key.
    pub(super) fn from_path(error: serde_path_to_error::Error<toml::de::Error>) -> Self {
        let path = error.path().to_string();
        let text = error.inner().message().to_owned();
        match unknown_field(&text) {
            Some((field, known)) => {
                let section = if path == "." { String::new() } else { path };
                // The path may already end in the field itself.
                let section = section.strip_suffix(&field).unwrap_or(&section).trim_end_matches('.').to_owned();
                let full = |name: &str| if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
                let nearest = known
                    .iter()
                    .map(|name| (strsim::osa_distance(name, &field), name))
                    .min()
                    .map(|(_, name)| full(name));
                Self::UnknownKey { key: full(&field), nearest }
            }
            None => Self::Invalid { key: path, problem: text },
        }
    }
}

/// Reads serde's sentence about an unknown field: the field first, then the known ones, each in backticks.
fn unknown_field(text: &str) -> Option<(String, Vec<String>)> {
    if !text.starts_with("unknown field") {
        return None;
    }
    let mut quoted = text.split('`').skip(1).step_by(2).map(str::to_owned);
    let field = quoted.next()?;
    Some((field, quoted.collect()))
}
