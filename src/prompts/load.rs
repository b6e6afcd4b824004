//! The texts of the prompts: embedded, replaced by files of the same name in a folder,
//! compiled. A template that cannot be used stops the start and not a turn.

use std::collections::BTreeMap;
use std::path::Path;

use minijinja::AutoEscape;
use minijinja::Environment;
use minijinja::UndefinedBehavior;
use sha2::Digest;
use sha2::Sha256;

/// Embedded prompts: file name and text.
const EMBEDDED: [(&str, &str); 6] = [
    ("route.j2", include_str!("../../prompts/route.j2")),
    ("gather.j2", include_str!("../../prompts/gather.j2")),
    ("arguments.j2", include_str!("../../prompts/arguments.j2")),
    ("draft.j2", include_str!("../../prompts/draft.j2")),
    ("repair.j2", include_str!("../../prompts/repair.j2")),
    ("judge.j2", include_str!("../../prompts/judge.j2")),
];

/// The line that parts system prompt and user prompt in a file.
const PART: &str = "\n=== user ===\n";

/// Steps a template may take; our own need a few thousand for the largest prompt.
const FUEL: u64 = 5_000_000;

/// Largest override file in bytes.
const MAX_FILE: u64 = 256 * 1024;

/// Why the prompts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// The override folder or a file in it cannot be read.
    #[error("prompt folder {path} cannot be read: {source}")]
    Unreadable {
        /// Folder or file.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A file in the folder has a name that no prompt has.
    #[error("prompt folder has an unknown file {name}; known are {}", known.join(", "))]
    UnknownFile {
        /// File name.
        name: String,
        /// All known names.
        known: Vec<String>,
    },
    /// A file is larger than the limit.
    #[error("prompt file {name} is larger than {limit} bytes")]
    TooLarge {
        /// File name.
        name: String,
        /// The limit.
        limit: u64,
    },
    /// A template does not compile, uses an input that does not exist, or runs for too long.
    #[error("prompt {name} cannot be used: {source}")]
    Broken {
        /// File name.
        name: String,
        /// The template engine's words, with the line.
        #[source]
        source: minijinja::Error,
    },
}

/// Templates compiled, and what is known of their files.
pub(super) struct Loaded {
    pub(super) env: Environment<'static>,
    /// Files that have a system part.
    pub(super) two_parts: BTreeMap<&'static str, bool>,
    /// SHA-256 over names and texts.
    pub(super) digest: String,
}

/// Reads and compiles all prompts.
pub(super) fn load(folder: Option<&Path>) -> Result<Loaded, PromptError> {
    let mut sources: BTreeMap<&'static str, String> =
        EMBEDDED.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    if let Some(folder) = folder {
        override_from(folder, &mut sources)?;
    }
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_fuel(Some(FUEL));
    let mut hash = Sha256::new();
    let mut two_parts = BTreeMap::new();
    for (name, source) in sources {
        for text in [name, source.as_str()] {
            hash.update(text.len().to_le_bytes());
            hash.update(text.as_bytes());
        }
        add(&mut env, name, &source).map_err(|source| PromptError::Broken { name: name.to_owned(), source })?;
        two_parts.insert(name, source.contains(PART));
    }
    Ok(Loaded { env, two_parts, digest: hex::encode(hash.finalize()) })
}

fn override_from(folder: &Path, sources: &mut BTreeMap<&'static str, String>) -> Result<(), PromptError> {
    let unreadable = |path: &Path, source| PromptError::Unreadable { path: path.display().to_string(), source };
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let entry = entry.map_err(|error| unreadable(folder, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(known) = EMBEDDED.iter().map(|(known, _)| *known).find(|known| *known == name) else {
            let known = EMBEDDED.iter().map(|(known, _)| (*known).to_owned()).collect();
            return Err(PromptError::UnknownFile { name, known });
        };
        let path = entry.path();
        let size = std::fs::metadata(&path).map_err(|error| unreadable(&path, error))?.len();
        if size > MAX_FILE {
            return Err(PromptError::TooLarge { name, limit: MAX_FILE });
        }
        let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
        sources.insert(known, text.replace("\r\n", "\n"));
    }
    Ok(())
}

/// Compiles a file. It is parted before rendering, so that no data can move the line.
fn add(env: &mut Environment<'static>, name: &str, source: &str) -> Result<(), minijinja::Error> {
    match source.split_once(PART) {
        Some((system, user)) => {
            env.add_template_owned(format!("{name}/system"), system.to_owned())?;
            env.add_template_owned(format!("{name}/user"), user.to_owned())
        }
        None => env.add_template_owned(format!("{name}/user"), source.to_owned()),
    }
}
