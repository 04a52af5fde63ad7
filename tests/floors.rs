//! Imports only go down the floors of the house. Reads the `use` lines and every `crate::` path of
//! the sources, and fails on one that points up or sideways.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// Modules by floor, as ARCHITECTURE.md draws them. Modules of one floor do not know each other,
/// but for the front ends, which share theirs.
const FLOORS: &[&[&str]] = &[
    &["limits", "net"],
    &["lang"],
    &["lesson", "lab"],
    &["tutor"],
    &["render"],
    &["app", "cli", "prompt"],
];

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module))
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The module a source file belongs to: the first part of its path.
fn module_of(path: &Path, root: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap();
    let first = inside
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_str()
        .unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// Every module named by `crate::NAME` outside comments.
fn named(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for after in code.split("crate::").skip(1) {
            let braced = after.strip_prefix('{');
            for name in braced.map_or_else(|| vec![after], |inner| inner.split(',').collect()) {
                let word: String = name
                    .trim()
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                found.push((number + 1, word));
            }
        }
    }
    found
}

fn upward(root: &Path) -> (usize, Vec<String>) {
    let mut files = Vec::new();
    sources(root, &mut files);
    let mut seen = 0;
    let mut faults = Vec::new();
    for path in files {
        let module = module_of(&path, root);
        let Some(here) = floor(&module) else { continue };
        for (line, other) in named(&fs::read_to_string(&path).unwrap()) {
            let Some(there) = floor(&other) else { continue };
            seen += 1;
            let top = here == FLOORS.len() - 1;
            if there > here || (there == here && other != module && !top && here != 0) {
                let path = path.strip_prefix(root).unwrap().display();
                faults.push(format!(
                    "{path}:{line}: {module} (floor {here}) names {other} ({there})"
                ));
            }
        }
    }
    (seen, faults)
}

#[test]
fn imports_only_go_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (seen, faults) = upward(&root);
    assert!(
        seen > 50,
        "only {seen} imports were read: the test has lost its subject"
    );
    assert!(
        faults.is_empty(),
        "imports that point up:\n{}",
        faults.join("\n")
    );
}

#[test]
fn every_module_has_a_floor() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(&root).unwrap() {
        let module = module_of(&entry.unwrap().path(), &root);
        let known = ["lib", "main"].contains(&&*module) || floor(&module).is_some();
        assert!(known, "src/{module} has no floor");
    }
}

#[test]
fn an_upward_import_is_found() {
    let code = "use crate::lab::Lab; // crate::app\nlet x = crate::{net, render::Style};";
    let found: Vec<_> = named(code).into_iter().map(|(_, name)| name).collect();
    assert_eq!(found, ["lab", "net", "render"]);
}
