//! Lessons as files: every broken fixture gets its diagnostic, the course itself gets none, and no
//! bytes at all make the reader panic.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use looplab::lesson::{
    CardFile, Course, Diagnostic, Diagnostics, Glossary, Library, LibraryConfig, Loaded, Look,
    check_cards, check_together, lesson_files,
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

/// What a course asks of its lessons, beside what every lesson has to keep.
fn as_a_course(directory: &str) -> Vec<Diagnostic> {
    let directory = root().join(directory);
    let course = Course::beside(&directory).unwrap().unwrap();
    let files = lesson_files(&directory);
    let lessons: Vec<Loaded> = files
        .iter()
        .map(|file| Loaded::read(&name_of(file), &fs::read(file).unwrap()).unwrap())
        .collect();
    let found = lessons
        .iter()
        .flat_map(|one| course.check_lesson(one, true));
    found.chain(course.check_whole(&lessons)).collect()
}

#[test]
fn the_course_is_whole() {
    let found = as_a_course("lessons");
    assert!(found.is_empty(), "{}", drawn(&found));
}

#[test]
fn what_a_course_lacks_is_told() {
    let found = as_a_course("tests/fixtures/course");
    let directory = format!("{}/", root().join("tests/fixtures/course").display());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("fixtures/course");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let drawn = drawn(&found).replace(&directory, "");
    settings.bind(|| insta::assert_snapshot!("course", drawn));
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
        let is_one_of =
            |files: &[&str]| files.iter().any(|f| name.ends_with(&format!("/{f}.yaml")));
        if is_one_of(&["chapters", "claims", "misconceptions"]) {
            continue;
        }
        if is_one_of(&["errnos", "states", "ports", "glossary"]) {
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

fn fixture_glossary() -> Glossary {
    let bytes = fs::read(root().join("tests/fixtures/glossary.yaml")).unwrap();
    Glossary::of(&CardFile::read("glossary.yaml", &bytes).unwrap().cards)
}

#[test]
fn each_mistake_is_shown_with_its_place_and_its_repair() {
    let glossary = fixture_glossary();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("fixtures/broken");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for path in yaml_files("tests/fixtures/broken") {
        let name = name_of(&path);
        let found = complaints(&name, &fs::read(&path).unwrap(), &glossary);
        assert!(!found.is_empty(), "{name} has no mistake");
        let stem = name
            .trim_end_matches(".yaml")
            .to_lowercase()
            .replace(' ', "-");
        settings.bind(|| insta::assert_snapshot!(stem, drawn(&found)));
    }
}

/// A lesson of one step, with something in place of its text.
fn lesson_with(text: &str) -> String {
    format!(
        "format: 1\ntitle: T\nsummary: S\nlevel: beginner\nminutes: 1\nsteps:\n  - id: a\n    say: {text}\n"
    )
}

fn codes(bytes: &[u8]) -> String {
    let found = complaints("1-a.yaml", bytes, &Glossary::default());
    // Whatever was said can be drawn, too.
    assert!(drawn(&found).len() < 1 << 20);
    let codes: Vec<_> = found
        .iter()
        .map(|diagnostic| diagnostic.code.name())
        .collect();
    codes.join(" ")
}

#[test]
fn hostile_files_are_refused_by_name() {
    let laughs = "a: &a [x]\n".to_owned() + &"b: [*a, *a]\n".repeat(10);
    let many_keys: Vec<String> = (0..40_000).map(|i| format!("key{i}: 1\n")).collect();
    let table: [(&str, Vec<u8>, &str); 19] = [
        ("a megabyte of [", vec![b'['; 1 << 20], "L006"),
        ("a megabyte of {a: ", b"{a: ".repeat(200_000), "L006"),
        ("a hundred thousand dashes", b"- ".repeat(100_000), "L006"),
        ("laughs", laughs.into_bytes(), "L007"),
        ("an alias of itself", b"a: &a [*a]\n".to_vec(), "L007"),
        (
            "an unknown tag",
            lesson_with("!include /etc/passwd").into(),
            "L008",
        ),
        ("documents without end", b"---\n".repeat(100_000), "L010"),
        ("more than a mebibyte", vec![b'#'; (1 << 20) + 1], "L003"),
        (
            "an endless quote",
            [b"a: \"".to_vec(), vec![b'x'; 1 << 19]].concat(),
            "L004",
        ),
        (
            "invalid UTF-8",
            b"format: 1\ntitle: \xff\n".to_vec(),
            "L001",
        ),
        ("UTF-16", b"\xff\xfef\0o\0r\0".to_vec(), "L001"),
        ("NUL", b"format: 1\ntitle: a\0b\n".to_vec(), "L002"),
        ("a raw escape", b"title: \x1b]0;x\x07\n".to_vec(), "L002"),
        (
            "a C1 control",
            "title: \u{9b}31m\n".as_bytes().to_vec(),
            "L002",
        ),
        ("a lone carriage return", b"title: a\rb\n".to_vec(), "L002"),
        ("nothing", Vec::new(), "L301"),
        ("only comments", b"# nothing\n".repeat(1_000), "L301"),
        ("a list as a key", b"[a]: b\n".to_vec(), "L011"),
        ("many keys", many_keys.concat().into_bytes(), ""),
    ];
    for (what, bytes, expected) in table {
        let found = codes(&bytes);
        assert!(found.starts_with(expected), "{what}: {found}");
        assert!(!found.is_empty(), "{what}");
    }
}

#[test]
fn odd_but_honest_files_are_read() {
    let plain = lesson_with("A story.");
    for (what, text) in [
        ("no last line feed", plain.trim_end().to_owned()),
        ("CRLF", plain.replace('\n', "\r\n")),
        ("a byte order mark", format!("\u{feff}{plain}")),
        ("comments", plain.replace('\n', " # why\n")),
        ("a document start", format!("---\n{plain}")),
        ("a long line", lesson_with(&"word ".repeat(100_000))),
        (
            "a tab inside a text",
            lesson_with("|\n      a\tb\n      \tc"),
        ),
    ] {
        assert_eq!(codes(text.as_bytes()), "", "{what}");
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    /// Pieces that lessons and attacks on them are made of.
    const PIECES: [&str; 40] = [
        "format: 1\n",
        "title: ",
        "steps:\n",
        "  - id: a\n",
        "    say: ",
        "    predict: x\n",
        "    run: |\n",
        "      s = listen 127.0.0.1:0\n",
        "    options:\n",
        "      - {say: a, claim: ",
        "      - ",
        "s is listening",
        "}\n",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "&a ",
        "*a",
        "<<: ",
        "!!str ",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "? ",
        ": ",
        "- ",
        "[",
        "]",
        "{",
        "{{ s.port }}",
        "{%",
        "\"",
        "'",
        "\\x41",
        "|2-\n",
        ">\n",
        "\u{feff}",
        "日本é\u{202e}",
        "# c\n",
    ];

    fn text() -> impl Strategy<Value = String> {
        proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..40)
            .prop_map(|p| p.concat())
    }

    /// A lesson of the course with some bytes replaced.
    fn mutated() -> impl Strategy<Value = Vec<u8>> {
        let files = yaml_files("lessons")
            .into_iter()
            .chain(yaml_files("tests/fixtures/broken"));
        let texts: Vec<Vec<u8>> = files.map(|path| fs::read(path).unwrap()).collect();
        let edits = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6);
        (proptest::sample::select(texts), edits).prop_map(|(mut bytes, edits)| {
            for (at, byte) in edits {
                let at = at.index(bytes.len());
                let piece = PIECES.iter().cycle().nth(usize::from(byte)).unwrap();
                bytes.splice(at..at, piece.bytes());
            }
            bytes
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            codes(&bytes);
        }

        #[test]
        fn no_text_panics(text in text()) {
            codes(text.as_bytes());
        }

        #[test]
        fn no_slip_of_the_keyboard_panics(bytes in mutated()) {
            codes(&bytes);
        }
    }
}

/// Editors read it through the first line of each lesson. `looplab schema > lessons/lesson.schema.json`
/// brings it up to date.
#[test]
fn the_schema_beside_the_lessons_is_the_programs_own() {
    let text = fs::read_to_string(root().join("lessons/lesson.schema.json")).unwrap();
    let written: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(written, looplab::lesson::schema());
}
