//! The house rules that a compiler does not check, read off the source text: who may
//! import whom and what each module must not know (the table of ARCHITECTURE.md is the
//! rule, so page and code cannot drift apart), purity of the domain, one path per import,
//! URL paths in one place, size and opening of files. Messages name file and line.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

/// Lines of production code that a file may have; blank lines, comments and tests do not count.
const CODE_LINES: usize = 700;

/// Heading under which ARCHITECTURE.md has the table.
const HEADING: &str = "## Who may import whom";

/// First segments of our own URL paths.
const URL_STARTS: [&str; 7] = ["\"/api/", "\"/v1/", "\"/healthz", "\"/readyz", "\"/metrics", "\"/openapi", "\"/mcp"];

/// A source file, split into production code and tests.
struct Source {
    /// Relative to the package, for messages.
    name: String,
    /// First part of its module path: `engine`, `main`.
    module: String,
    text: String,
    /// Line numbers (from 0) that belong to tests.
    tests_from: usize,
}

impl Source {
    /// Numbered production lines without comments; `strings` keeps the content of literals.
    fn code(&self, strings: bool) -> impl Iterator<Item = (usize, String)> {
        let lines = self.text.lines().take(self.tests_from).enumerate();
        lines.map(move |(at, line)| (at + 1, bare(line, strings))).filter(|(_, line)| !line.trim().is_empty())
    }

    fn test_code(&self) -> impl Iterator<Item = (usize, String)> {
        let lines = self.text.lines().enumerate().skip(self.tests_from);
        lines.map(|(at, line)| (at + 1, bare(line, false)))
    }
}

/// A line without its comment and, unless `strings`, without the content of its literals.
fn bare(line: &str, strings: bool) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted => {
                let next = chars.next();
                if strings {
                    out.push(c);
                    out.extend(next);
                }
                continue;
            }
            // A quote inside a character literal opens no string.
            '"' if !(out.ends_with('\'') && chars.peek() == Some(&'\'')) => quoted = !quoted,
            '/' if !quoted && chars.peek() == Some(&'/') => break,
            _ if quoted && !strings => continue,
            _ => {}
        }
        out.push(c);
    }
    out
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("entry of a folder").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
}

/// All files under src/, test modules in files of their own marked as tests throughout.
fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    rust_files(&root().join("src"), &mut paths);
    let texts: BTreeMap<PathBuf, String> = paths.into_iter().map(|path| (path.clone(), read(&path))).collect();
    let tests: BTreeSet<PathBuf> = texts.iter().flat_map(|(path, text)| test_files(path, text)).collect();
    let src = root().join("src");
    let source = |(path, text): (&PathBuf, &String)| {
        let inside = path.strip_prefix(&src).expect("a file under src");
        let first = inside.iter().next().expect("a path with a first part").to_string_lossy();
        let whole = tests.iter().any(|test| path == test || path.starts_with(test.with_extension("")));
        Source {
            name: format!("src/{}", inside.display()),
            module: first.trim_end_matches(".rs").to_owned(),
            text: text.clone(),
            tests_from: if whole { 0 } else { tests_from(text) },
        }
    };
    texts.iter().map(source).collect()
}

/// Line of `#[cfg(test)]` before an inline module, or the end of the file.
fn tests_from(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let inline = |at: &usize| {
        lines[*at].trim() == "#[cfg(test)]"
            && lines[at + 1..]
                .iter()
                .find(|line| !line.trim_start().starts_with('#'))
                .is_some_and(|line| line.ends_with('{'))
    };
    (0..lines.len()).find(inline).unwrap_or(lines.len())
}

/// Files of the modules that `text` declares for tests only.
fn test_files(path: &Path, text: &str) -> Vec<PathBuf> {
    let folder = path.parent().expect("a file in a folder");
    let own = match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("mod" | "lib" | "main") | None => folder.to_owned(),
        Some(stem) => folder.join(stem),
    };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut found = Vec::new();
    for (at, _) in lines.iter().enumerate().filter(|(_, line)| **line == "#[cfg(test)]") {
        let rest: Vec<&&str> = lines[at + 1..].iter().take(3).collect();
        let given = rest.first().and_then(|line| line.strip_prefix("#[path = \"")?.strip_suffix("\"]"));
        let name = rest.iter().find_map(|line| line.rsplit_once("mod ")?.1.strip_suffix(';'));
        match (given, name) {
            (Some(given), _) => found.push(plain(&folder.join(given))),
            (None, Some(name)) => found.extend([own.join(format!("{name}.rs")), own.join(name)]),
            (None, None) => {}
        }
    }
    found
}

/// A path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            out.pop();
        } else {
            out.push(part);
        }
    }
    out
}

/// One row of the table.
struct Row {
    /// `None`: everything.
    may: Option<Vec<String>>,
    /// Words that must not stand in its code.
    not: Vec<String>,
}

/// Text between backquotes.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn table() -> BTreeMap<String, Row> {
    let page = read(&root().join("ARCHITECTURE.md"));
    let (_, after) = page.split_once(HEADING).unwrap_or_else(|| panic!("ARCHITECTURE.md has no {HEADING}"));
    let lines = after.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let mut rows = BTreeMap::new();
    for line in lines.skip(2) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        let [modules, may, not] = cells[..] else { panic!("not three cells: {line}") };
        for module in quoted(modules) {
            let may = (may.trim() != "everything").then(|| quoted(may));
            rows.insert(module, Row { may, not: quoted(not) });
        }
    }
    rows
}

/// Paths after `crate::` in a line.
fn crate_paths(line: &str) -> Vec<String> {
    let path = |rest: &str| rest.chars().take_while(|c| c.is_alphanumeric() || "_:{*".contains(*c)).collect();
    line.match_indices("crate::")
        .filter(|(at, _)| !line[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        .map(|(at, found)| path(&line[at + found.len()..]))
        .collect()
}

fn allowed(path: &str, row: &Row) -> bool {
    let Some(may) = &row.may else { return true };
    may.iter()
        .any(|prefix| path == prefix || path.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with("::")))
}

/// Whether a word (which may have `::` in it) stands in a line by itself.
fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(part) && !line[at + word.len()..].starts_with(part))
}

fn none(problems: Vec<String>, rule: &str) {
    assert!(problems.is_empty(), "{rule}:\n  {}", problems.join("\n  "));
}

#[test]
fn imports_point_inward_as_the_architecture_page_says() {
    let table = table();
    let mut problems = Vec::new();
    for source in sources() {
        if ["lib", "main"].contains(&source.module.as_str()) {
            continue;
        }
        let Some(row) = table.get(&source.module) else {
            problems.push(format!("{}: module {} is not in the table of ARCHITECTURE.md", source.name, source.module));
            continue;
        };
        for (line, code) in source.code(false) {
            for path in crate_paths(&code) {
                let own = path.split("::").next() == Some(source.module.as_str());
                if !own && !allowed(&path, row) {
                    problems.push(format!("{}:{line}: {} may not use {path}", source.name, source.module));
                }
            }
        }
    }
    none(problems, "imports against the table of ARCHITECTURE.md");
}

#[test]
fn every_row_of_the_table_is_a_module() {
    let lib = read(&root().join("src/lib.rs"));
    let modules: BTreeSet<String> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).map(str::to_owned).collect();
    let rows: BTreeSet<String> = table().into_keys().collect();
    assert_eq!(rows, modules, "left: ARCHITECTURE.md, right: src/lib.rs");
}

#[test]
fn modules_do_not_know_what_the_table_keeps_from_them() {
    let table = table();
    let mut problems = Vec::new();
    for source in sources() {
        let Some(row) = table.get(&source.module) else { continue };
        for (line, code) in source.code(false) {
            for word in row.not.iter().filter(|word| has_word(&code, word)) {
                problems.push(format!("{}:{line}: {} must not know {word}", source.name, source.module));
            }
        }
    }
    none(problems, "what modules must not know");
}

#[test]
fn tests_inside_domain_and_servers_need_nothing_else_of_the_crate() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|source| ["domain", "servers"].contains(&source.module.as_str())) {
        for (line, code) in source.test_code() {
            for path in crate_paths(&code).into_iter().filter(|path| !path.starts_with(&source.module)) {
                problems.push(format!("{}:{line}: {path}", source.name));
            }
        }
    }
    none(problems, "imports from elsewhere in tests");
}

#[test]
fn each_import_across_modules_is_one_path() {
    let mut problems = Vec::new();
    for source in sources() {
        for (line, code) in source.code(false) {
            let own = format!("{}::", source.module);
            let hides = |path: &String| path.ends_with('*') || (path.contains('{') && !path.starts_with(&own));
            let glob = code.contains("use super::*") || code.contains("super::super");
            if glob || crate_paths(&code).iter().any(hides) {
                problems.push(format!("{}:{line}: {}", source.name, code.trim()));
            }
        }
    }
    none(problems, "groups, globs and super::super hide who depends on what");
}

#[test]
fn one_file_names_the_url_paths() {
    // Others name paths of other servers, or speak to the gateway from outside.
    let inside =
        ["app", "auth", "config", "domain", "engine", "http", "mcp", "metrics", "prompts", "store", "telemetry"];
    let mut problems = Vec::new();
    for source in sources().iter().filter(|source| inside.contains(&source.module.as_str())) {
        if source.name == "src/http/mod.rs" {
            continue;
        }
        for (line, code) in source.code(true) {
            if URL_STARTS.iter().any(|start| code.contains(start)) {
                problems.push(format!("{}:{line}: {}", source.name, code.trim()));
            }
        }
    }
    none(problems, "URL paths outside src/http/mod.rs");
}

#[test]
fn no_file_has_grown_beyond_one_job() {
    let long = |source: Source| {
        let lines = source.code(true).count();
        (lines > CODE_LINES).then(|| format!("{}: {lines} lines of code", source.name))
    };
    none(sources().into_iter().filter_map(long).collect(), "files with more than one job; split them");
}

#[test]
fn every_file_opens_with_what_it_is() {
    let mut paths = Vec::new();
    rust_files(&root().join("src"), &mut paths);
    rust_files(&root().join("tests"), &mut paths);
    let silent = |path: &PathBuf| (!read(path).starts_with("//!")).then(|| path.display().to_string());
    none(paths.iter().filter_map(silent).collect(), "files without module docs on the first line");
}

#[test]
fn migrations_have_the_same_names_for_both_databases() {
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(root().join("migrations").join(folder)).expect("a folder of migrations");
        entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

/// What may change something is sent from one place, with a confirmation that comes from one place.
#[test]
fn tools_are_called_and_calls_are_confirmed_in_one_place_each() {
    let places = |pattern: &str| -> Vec<String> {
        let holds = |source: &&Source| source.code(false).any(|(_, line)| line.contains(pattern));
        let ours = |source: &&Source| !source.name.starts_with("src/sim/");
        sources().iter().filter(ours).filter(holds).map(|s| s.name.clone()).collect()
    };
    // `call.rs` makes those outside of turns, each of a `ReadyCall` as well.
    assert_eq!(places("tools.call("), ["src/engine/call.rs", "src/engine/tool_call.rs"]);
    assert_eq!(places("confirmed: true"), ["src/engine/ready_call.rs"]);
    assert_eq!(places("claim_confirmation("), ["src/engine/confirm.rs", "src/engine/ports.rs", "src/store/mod.rs"]);
    assert_eq!(
        places("answer_about_call("),
        ["src/engine/call.rs", "src/engine/confirm.rs", "src/engine/ports.rs", "src/store/mod.rs"]
    );
    assert_eq!(places("Self { calls: "), ["src/engine/confirm.rs"]);
}
