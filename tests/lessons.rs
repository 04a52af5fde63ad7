//! Lessons as files: every broken fixture gets its diagnostic, the course itself gets none, and no
//! bytes at all make the reader panic.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use looplab::lesson::{
    CardFile, Diagnostic, Diagnostics, Glossary, Library, LibraryConfig, Loaded, Look, check_cards,
    check_together,
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn yaml_files(directory: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(directory)).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .collect();
    files.sort();
    files
}

/// Everything the program says about a file: what keeps it from being read, or the lint.
fn complaints(name: &str, bytes: &[u8], glossary: &Glossary) -> Vec<Diagnostic> {
    match Loaded::read(name, bytes) {
        Ok(loaded) => loaded.check(glossary),
        Err(Diagnostics(found)) => found,
    }
}

fn drawn(found: &[Diagnostic]) -> String {
    let drawn: Vec<String> = found.iter().map(|d| d.render(Look::default())).collect();
    drawn.join("\n\n")
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn the_course_passes_its_own_check() {
    let glossary = Library::open(LibraryConfig::default()).glossary();
    let (mut found, mut lessons, mut decks) = (Vec::new(), Vec::new(), Vec::new());
    for path in yaml_files("lessons") {
        let (name, bytes) = (
            format!("lessons/{}", name_of(&path)),
            fs::read(&path).unwrap(),
        );
        if ["errnos", "states", "ports", "glossary"]
            .iter()
            .any(|d| name.ends_with(&format!("/{d}.yaml")))
        {
            match CardFile::read(&name, &bytes) {
                Ok(deck) => decks.push(deck),
                Err(Diagnostics(problems)) => found.extend(problems),
            }
        } else {
            found.extend(complaints(&name, &bytes, &glossary));
            lessons.extend(Loaded::read(&name, &bytes).ok());
        }
    }
    found.extend(check_cards(&decks));
    found.extend(check_together(&lessons));
    assert!(found.is_empty(), "{}", drawn(&found));
}
