//! Reads scenario files: one file or a folder of them, in the order of their paths, or the
//! shipped set, which is part of the binary. An error names the file and the line. Files and
//! their number are bounded.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use rust_embed::Embed;

use crate::scenario::spec::Scenario;
use crate::sim::model::behaviour::PREFIX;
use crate::sim::model::behaviour::Persona;

/// Largest scenario file in bytes.
const MAX_BYTES: u64 = 256 * 1024;
/// Most files of one run.
const MAX_FILES: usize = 5_000;
/// Deepest folder below the given one.
const MAX_DEPTH: usize = 8;

/// The set that ships with the gateway.
#[derive(Embed)]
#[folder = "scenarios"]
struct Shipped;

/// A scenario with where it came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The file.
    pub path: PathBuf,
    /// Short name: the path below the given folder, without the ending.
    pub name: String,
    /// The content.
    pub scenario: Scenario,
}

/// Why scenarios cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No such file or folder, or it cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The file is no scenario.
    #[error("{}: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column where known.
        problem: String,
    },
    /// Nothing to run.
    #[error("no scenario files (*.yaml) in {0}")]
    None(String),
    /// More than a run takes.
    #[error("more than {MAX_FILES} scenario files")]
    TooMany,
}

/// Reads all scenarios of the paths.
///
/// # Errors
/// [`LoadError`] for the first file that cannot be used.
pub fn load(paths: &[PathBuf]) -> Result<Vec<Loaded>, LoadError> {
    let mut loaded = Vec::new();
    for root in paths {
        let mut files = Vec::new();
        collect(root, 0, &mut files)?;
        files.sort();
        if loaded.len() + files.len() > MAX_FILES {
            return Err(LoadError::TooMany);
        }
        for path in files {
            let scenario = read(&path)?;
            loaded.push(Loaded { name: name_of(root, &path), path, scenario });
        }
    }
    if loaded.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(LoadError::None(names.join(", ")));
    }
    Ok(loaded)
}

/// The scenarios of a gateway's own folder. Their names tell them apart.
///
/// # Errors
/// [`LoadError`] for the first file that cannot be used.
pub fn own(folder: &str) -> Result<Vec<Loaded>, LoadError> {
    let loaded = load(&[PathBuf::from(folder)])?;
    let mut names = BTreeSet::new();
    for one in &loaded {
        if !names.insert(one.name.as_str()) {
            let problem = "another file has the same name but for its ending".to_owned();
            return Err(LoadError::Invalid { path: one.path.clone(), problem });
        }
    }
    Ok(loaded)
}

/// The scenarios that are part of the binary.
///
/// # Errors
/// [`LoadError`] for the first one that cannot be used.
pub fn shipped() -> Result<Vec<Loaded>, LoadError> {
    let mut files: Vec<_> = Shipped::iter().filter(|file| file.ends_with(".yaml")).collect();
    files.sort();
    let mut loaded = Vec::new();
    for file in files {
        let path = Path::new("scenarios").join(&*file);
        let invalid = |problem: &dyn ToString| LoadError::Invalid { path: path.clone(), problem: problem.to_string() };
        let embedded = Shipped::get(&file).ok_or_else(|| invalid(&"not part of this build"))?;
        let text = std::str::from_utf8(&embedded.data).map_err(|error| invalid(&error))?;
        let scenario = parse(text).map_err(|problem| invalid(&problem))?;
        loaded.push(Loaded { name: name_of(Path::new("scenarios"), &path), path, scenario });
    }
    Ok(loaded)
}

fn collect(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), LoadError> {
    let failed = |source| LoadError::Io { path: path.to_path_buf(), source };
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    if depth >= MAX_DEPTH {
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let below = entry.path();
        let yaml = below.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        // Links are not followed, so that a loop of folders ends.
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() || (kind.is_file() && yaml) {
            collect(&below, depth + 1, files)?;
        }
        if files.len() > MAX_FILES {
            return Err(LoadError::TooMany);
        }
    }
    Ok(())
}

fn name_of(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).ok().filter(|below| !below.as_os_str().is_empty());
    let below = below.or_else(|| path.file_name().map(Path::new)).unwrap_or(path);
    below.with_extension("").display().to_string()
}

fn read(path: &Path) -> Result<Scenario, LoadError> {
    let failed = |source| LoadError::Io { path: path.to_path_buf(), source };
    let invalid = |problem| LoadError::Invalid { path: path.to_path_buf(), problem };
    let bytes = std::fs::metadata(path).map_err(failed)?.len();
    if bytes > MAX_BYTES {
        return Err(invalid(format!("{bytes} bytes; a scenario has at most {MAX_BYTES}")));
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    parse(&text).map_err(invalid)
}

/// Reads one scenario.
///
/// # Errors
/// A text with the line and what is wrong.
pub fn parse(text: &str) -> Result<Scenario, String> {
    let scenario: Scenario = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    scenario.check(knows_behaviour)?;
    Ok(scenario)
}

/// Whether the simulated model has such a behaviour, `+once` included.
pub fn knows_behaviour(name: &str) -> bool {
    Persona::from_model(&format!("{PREFIX}{name}")).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::spec::ArgusKey;
    use crate::scenario::spec::SysdigToken;

    const SMALL: &str =
        "purpose: A greeting needs no call.\nturns:\n  - user: Hello\n    expect:\n      decision: converse\n";

    #[test]
    fn a_small_file_stands_in_the_default_world() {
        let scenario = parse(SMALL).expect("reads");
        assert!(scenario.world.is_plain());
        assert_eq!(scenario.turns.len(), 1);
    }

    #[test]
    fn the_shipped_set_is_that_of_the_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
        let (embedded, read) = (shipped().expect("reads"), own(folder).expect("reads"));
        let names = |set: &[Loaded]| set.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&embedded), names(&read));
        assert!(embedded.iter().zip(&read).all(|(one, other)| one.scenario == other.scenario));
    }

    #[test]
    fn two_files_of_one_name_are_refused_where_names_tell_them_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        for ending in ["yaml", "yml"] {
            std::fs::write(folder.path().join(format!("hello.{ending}")), SMALL).expect("written");
        }
        assert_eq!(load(&[folder.path().to_owned()]).expect("reads").len(), 2);
        let refused = own(folder.path().to_str().expect("its name is text")).expect_err("one name twice").to_string();
        assert!(refused.contains("hello.yml: another file has the same name"), "{refused}");
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_line() {
        let problem = parse(&SMALL.replace("decision", "descision")).expect_err("unknown key");
        assert!(problem.contains("descision") && problem.contains('5'), "{problem}");
    }

    #[test]
    fn a_behaviour_that_does_not_exist_is_named() {
        let text = SMALL.replace("turns:", "also_with: [fabricatse]\nturns:");
        assert!(parse(&text).expect_err("unknown behaviour").contains("fabricatse"));
    }

    #[test]
    fn times_faults_and_changes_are_read() {
        let text = "purpose: All parts.\nworld:\n  now: 2026-03-01T00:00:00Z\n  servers: [argus]\n  argus:\n    faults:\n      - {path: /cases, kind: status, status: 500}\nturns:\n  - user: Any change?\n    before:\n      advance: 5 minutes\n      argus: {change: {cases: {4120771: {status: closed}}}}\n    expect: {outcome: [answered, fallback]}\n";
        let scenario = parse(text).expect("reads");
        assert_eq!(scenario.turns[0].before.advance, Some(jiff::SignedDuration::from_mins(5)));
        let change = scenario.turns[0].before.argus.change.as_ref().expect("a change");
        assert_eq!(change["cases"]["4120771"]["status"], "closed");
    }

    #[test]
    fn the_key_for_argus_goes_by_its_name_and_an_unknown_one_is_told_which_there_are() {
        let text = |name: &str| SMALL.replace("turns:", &format!("world: {{argus: {{key: {name}}}}}\nturns:"));
        let key = parse(&text("nordfjord")).expect("reads").world.argus.key;
        assert_eq!(key.map(ArgusKey::text), Some("15a6/2/sim-nordfjord"));
        let problem = parse(&text("nordfjrod")).expect_err("no such key");
        let parts = ["\"nordfjrod\"", "full, nordfjord, readcases, expired, wrongnet", "line 2"];
        assert!(parts.iter().all(|part| problem.contains(part)), "{problem}");
    }

    #[test]
    fn the_token_for_sysdig_goes_by_its_name_and_an_unknown_one_is_told_which_there_are() {
        let text = |name: &str| SMALL.replace("turns:", &format!("world: {{sysdig: {{token: {name}}}}}\nturns:"));
        let token = parse(&text("monitor")).expect("reads").world.sysdig.token;
        assert_eq!(token.map(SysdigToken::text), Some("tok-monitor"));
        let problem = parse(&text("tok-monitor")).expect_err("no such token");
        let parts = ["\"tok-monitor\"", "full, events, monitor, service, none", "line 2"];
        assert!(parts.iter().all(|part| problem.contains(part)), "{problem}");
    }

    #[test]
    fn two_keys_of_one_name_are_refused() {
        assert!(parse(&format!("{SMALL}purpose: again\n")).is_err());
    }

    #[test]
    fn any_text_ends_in_a_result() {
        for text in ["", ":", "[", "a: &a [*a]", "turns: {}", "\u{0}", "purpose: x\nturns: []"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
