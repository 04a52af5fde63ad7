//! What the menu knows of a lesson: its head, and nothing that takes reading the rest.
use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::course::Chapter;
use super::diagnostic::Diagnostics;
use super::embedded::Embedded;
use super::files;
use super::head::{self, Head, name_parts};
use super::library::lesson_file;
use super::model::Level;

/// How much of a file is read; a head is a few hundred bytes.
const HEAD_BYTES: usize = 8 << 10;

/// A lesson in the menu.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is opened by.
    pub id: String,
    /// Its place in the course; lessons without one come last.
    pub number: Option<u32>,
    /// The heading; of a broken lesson, the file name.
    pub title: Cow<'static, str>,
    /// One sentence.
    pub summary: Cow<'static, str>,
    /// For whom; unknown of a broken lesson.
    pub level: Option<Level>,
    /// About how long it takes; 0 of a broken lesson.
    pub minutes: u32,
    /// The chapter it belongs to, by its id; of a broken lesson, none.
    pub chapter: Option<Cow<'static, str>>,
    /// The file, when it is the user's own.
    pub file: Option<PathBuf>,
    /// Why it cannot be shown in the menu. A lesson that is broken further down says so when it is
    /// opened.
    pub broken: Option<Diagnostics>,
}

/// Chapters first, in their order; what is in none comes last.
pub(super) fn place<'e>(entry: &'e Entry, chapters: &[Chapter]) -> (usize, u32, &'e str) {
    let is_its = |chapter: &Chapter| entry.chapter.as_ref() == Some(&chapter.id);
    let chapter = chapters.iter().position(is_its).unwrap_or(usize::MAX);
    (chapter, entry.number.unwrap_or(u32::MAX), &entry.id)
}

/// A lesson inside the program.
pub(super) fn entry(row: &Embedded) -> Entry {
    Entry {
        id: row.id.to_owned(),
        number: row.number,
        title: row.title.into(),
        summary: row.summary.into(),
        level: Some(row.level),
        minutes: row.minutes,
        chapter: named(row.chapter.into()),
        file: None,
        broken: None,
    }
}

fn named(chapter: Cow<'static, str>) -> Option<Cow<'static, str>> {
    (!chapter.is_empty()).then_some(chapter)
}

/// A lesson of the user's.
pub(super) fn own_entry(path: &Path) -> Entry {
    let name = path.to_string_lossy();
    let (number, id) = name_parts(&name);
    let mut entry = Entry {
        id: id.to_owned(),
        number,
        title: id.to_owned().into(),
        summary: "".into(),
        level: None,
        minutes: 0,
        chapter: None,
        file: Some(path.to_owned()),
        broken: None,
    };
    match own_head(path) {
        Ok((head, level)) => {
            entry.title = head.title.into();
            entry.summary = head.summary.into();
            entry.level = Some(level);
            entry.minutes = head.minutes;
            entry.chapter = named(head.chapter.into());
        }
        Err(diagnostics) => entry.broken = Some(diagnostics),
    }
    entry
}

/// The head, by lines where that is enough, else by the real reader, which also says what is wrong.
fn own_head(path: &Path) -> Result<(Head, Level), Diagnostics> {
    let bytes = files::head(path, HEAD_BYTES)?;
    let quick = head::scan(&String::from_utf8_lossy(&bytes));
    let quick = quick.and_then(|head| Some((level(&head.level)?, head)));
    if let Some((level, head)) = quick {
        return Ok((head, level));
    }
    let lesson = lesson_file(path)?;
    let head = Head {
        title: lesson.title,
        summary: lesson.summary,
        level: lesson.level.to_string(),
        minutes: lesson.minutes,
        chapter: lesson.chapter.unwrap_or_default(),
    };
    Ok((head, lesson.level))
}

fn level(word: &str) -> Option<Level> {
    let all = [Level::Beginner, Level::Intermediate, Level::Advanced];
    all.into_iter().find(|level| level.to_string() == word)
}
