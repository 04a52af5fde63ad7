//! Puts the course into the program: every lessons/*.yaml as text and as JSON, and a table of their
//! heads, so that the menu parses nothing and a lesson is read in a fraction of a millisecond.
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/lesson/head.rs"]
mod head;
#[path = "build/link.rs"]
mod link;

/// Card files.
const DECKS: [&str; 4] = ["errnos.yaml", "states.yaml", "ports.yaml", "glossary.yaml"];

/// What makes lessons a course; the first has a table of its own, which the menu reads.
const COURSE: [&str; 3] = ["chapters.yaml", "claims.yaml", "misconceptions.yaml"];

fn main() -> Result<(), Box<dyn Error>> {
    let lessons = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("lessons");
    say(&format!("cargo::rerun-if-changed={}", lessons.display()));
    say("cargo::rerun-if-changed=src/lesson/head.rs");
    say("cargo::rerun-if-changed=build");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for argument in link::arguments(&out.join("link"))? {
        say(&format!("cargo::rustc-link-arg-bins={argument}"));
    }
    let mut files = Vec::new();
    if lessons.is_dir() {
        for entry in fs::read_dir(&lessons)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "yaml")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    fs::write(out.join("course.rs"), table(&files)?)?;
    Ok(())
}

fn table(files: &[PathBuf]) -> Result<String, Box<dyn Error>> {
    let (mut decks, mut course) = (String::new(), String::new());
    let (mut lessons, mut chapters) = (Vec::new(), Vec::new());
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if DECKS.contains(&&*name) {
            let path = path.display().to_string();
            writeln!(decks, "    ({name:?}, include_str!({path:?})),")?;
        } else if COURSE.contains(&&*name) {
            if name == "chapters.yaml" {
                chapters = serde_yaml::from_str(&fs::read_to_string(path)?)?;
            }
            let path = path.display().to_string();
            writeln!(course, "    ({name:?}, include_str!({path:?})),")?;
        } else {
            lessons.push(row(path, &name)?);
        }
    }
    // In the order of the course, as the menu has them: chapters first, what is in none last.
    let place = |lesson: &Row| {
        let is_its = |chapter: &Chapter| chapter.get("id") == Some(&lesson.chapter);
        chapters.iter().position(is_its).unwrap_or(usize::MAX)
    };
    lessons.sort_by_key(|row| (place(row), row.number.unwrap_or(u32::MAX)));
    let lessons: String = lessons.into_iter().map(|row| row.text).collect();
    let chapters = table_of_chapters(&chapters)?;
    Ok(format!(
        "pub(super) static LESSONS: &[Embedded] = &[\n{lessons}];\n\
         pub(super) static DECKS: &[(&str, &str)] = &[\n{decks}];\n\
         pub(super) static COURSE: &[(&str, &str)] = &[\n{course}];\n\
         pub(super) static CHAPTERS: &[Chapter] = &[\n{chapters}];\n"
    ))
}

/// The chapters as the program's own values.
fn table_of_chapters(chapters: &[Chapter]) -> Result<String, Box<dyn Error>> {
    let mut table = String::new();
    for chapter in chapters {
        let value = |key| chapter.get(key).map(String::as_str).unwrap_or_default();
        writeln!(
            table,
            "    Chapter {{ id: std::borrow::Cow::Borrowed({:?}), title: std::borrow::Cow::Borrowed({:?}), \
             summary: std::borrow::Cow::Borrowed({:?}) }},",
            value("id"),
            value("title"),
            value("summary")
        )?;
    }
    Ok(table)
}

/// A chapter as its file spells it.
type Chapter = BTreeMap<String, String>;

/// A lesson's row, and what it is sorted by.
struct Row {
    chapter: String,
    number: Option<u32>,
    text: String,
}

fn row(path: &Path, name: &str) -> Result<Row, Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    // A test holds every row against the parsed lesson; a half-written one must not stop the build.
    let head = head::scan(&text).unwrap_or_else(|| {
        say(&format!(
            "cargo::warning=lessons/{name}: its head cannot be read line by line"
        ));
        head::Head::default()
    });
    let level = match head.level.as_str() {
        "intermediate" => "Intermediate",
        "advanced" => "Advanced",
        _ => "Beginner",
    };
    let path = path.display().to_string();
    let json = as_json(&text).unwrap_or_default();
    let (number, id) = head::name_parts(name);
    let row = format!(
        "    Embedded {{ file: \"lessons/{name}\", id: {id:?}, number: {number:?}, title: {:?}, summary: {:?}, level: Level::{level}, \
         minutes: {}, chapter: {:?}, text: include_str!({path:?}), json: {json:?} }},\n",
        head.title, head.summary, head.minutes, head.chapter
    );
    Ok(Row {
        chapter: head.chapter,
        number,
        text: row,
    })
}

/// The same values as JSON; `None` when the text is no YAML, which the program itself explains better.
fn as_json(text: &str) -> Option<String> {
    let value: serde_yaml::Value = serde_yaml::from_str(text).ok()?;
    serde_json::to_string(&value).ok()
}

/// Talks to cargo.
fn say(line: &str) {
    println!("{line}");
}
