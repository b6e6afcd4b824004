//! Links between documents lead somewhere, README stays short, and what it names exists.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [root().to_owned(), root().join("docs")] {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("entry").path();
            if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Targets of `[text](target)` that are files.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|link| !link.contains("://") && !link.starts_with('#'))
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).expect("a document");
        for link in links(&text) {
            let target = document.parent().expect("a folder").join(link.split('#').next().unwrap_or_default());
            if !target.exists() {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn places_that_the_readme_names_exist() {
    let text = fs::read_to_string(root().join("README.md")).expect("README.md");
    let named = text.split('`').skip(1).step_by(2);
    let places = named
        .filter(|place| ["src/", "scenarios/", "migrations/", "prompts/"].iter().any(|start| place.starts_with(start)));
    let missing: Vec<&str> = places.filter(|place| !root().join(place).exists()).collect();
    assert!(missing.is_empty(), "README.md names {missing:?}");
}

#[test]
fn the_readme_stays_short() {
    let lines = fs::read_to_string(root().join("README.md")).expect("README.md").lines().count();
    assert!(lines < 150, "README.md has {lines} lines; a manual goes to docs/");
}

#[test]
fn make_targets_that_documents_name_exist() {
    let makefile = fs::read_to_string(root().join("Makefile")).expect("Makefile");
    let is_name = |c: char| c.is_ascii_lowercase();
    for document in documents() {
        let text = fs::read_to_string(&document).expect("a document");
        for (_, after) in text.match_indices("`make ").map(|(at, found)| text.split_at(at + found.len())) {
            let target: String = after.chars().take_while(|c| is_name(*c)).collect();
            let defined =
                makefile.lines().any(|line| line.strip_prefix(&target).is_some_and(|rest| rest.starts_with(':')));
            assert!(defined, "{}: make {target}", document.display());
        }
    }
}
