//! What makes a course of lessons: its chapters, the claims it settles and the misconceptions it
//! refutes, each a YAML list beside the lessons; and the rules that only such a course has to keep.
mod chapters;
mod claims;
mod ledger;
mod misconceptions;
mod rules;

use std::ffi::OsStr;
use std::path::Path as FilePath;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

pub use chapters::Chapter;
pub use claims::{Claim, Verdict};
pub use misconceptions::Misconception;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::embedded::{CHAPTERS, COURSE};
use super::files;
use super::load::{Document, Loaded};
use super::raw::schema_of;

/// The files beside the lessons that make a course of them.
pub(super) const FILES: [&str; 3] = ["chapters.yaml", "claims.yaml", "misconceptions.yaml"];

/// One of these files, with the places of its values.
#[derive(Clone, Debug)]
struct List<T> {
    items: Vec<T>,
    /// Absent where there is no such file.
    document: Option<Document>,
}

impl<T: DeserializeOwned + JsonSchema> List<T> {
    fn read(name: &str, bytes: &[u8]) -> Result<Self, Diagnostics> {
        let document = Document::read(name, bytes, &schema_of::<Vec<T>>())?;
        Ok(Self {
            items: document.fill()?,
            document: Some(document),
        })
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            document: None,
        }
    }
}

/// Chapters, claims and misconceptions as an author has written them.
#[derive(Clone, Debug, Default)]
pub struct Course {
    chapters: List<Chapter>,
    claims: List<Claim>,
    misconceptions: List<Misconception>,
}

impl Course {
    /// The course inside the program.
    pub fn embedded() -> Result<Self, Diagnostics> {
        Self::of(|file| {
            let (_, text) = COURSE.iter().find(|(name, _)| *name == file)?;
            Some(Ok((format!("lessons/{file}"), text.as_bytes().to_vec())))
        })
    }

    /// Whether a file of this name is one of the course's lists.
    pub fn has_file(name: &OsStr) -> bool {
        FILES.iter().any(|file| name == *file)
    }

    /// Whether a directory has any of the files that make a course.
    pub fn is_beside(directory: &FilePath) -> bool {
        FILES.iter().any(|file| directory.join(file).is_file())
    }

    /// The course of a directory; `None` when there is none of its files.
    pub fn beside(directory: &FilePath) -> Option<Result<Self, Diagnostics>> {
        if !Self::is_beside(directory) {
            return None;
        }
        let there = |file: &str| directory.join(file).is_file();
        Some(Self::of(|file| {
            let path = directory.join(file);
            let read = || Ok((path.to_string_lossy().into_owned(), files::read(&path)?));
            there(file).then(read)
        }))
    }

    fn of(
        read: impl Fn(&str) -> Option<Result<(String, Vec<u8>), Diagnostics>>,
    ) -> Result<Self, Diagnostics> {
        fn list<T: DeserializeOwned + JsonSchema>(
            file: Option<Result<(String, Vec<u8>), Diagnostics>>,
        ) -> Result<List<T>, Diagnostics> {
            let Some(file) = file else {
                return Ok(List::default());
            };
            let (name, bytes) = file?;
            List::read(&name, &bytes)
        }
        let [chapters, claims, misconceptions] = FILES;
        Ok(Self {
            chapters: list(read(chapters))?,
            claims: list(read(claims))?,
            misconceptions: list(read(misconceptions))?,
        })
    }

    /// Its claims.
    pub fn into_claims(self) -> Vec<Claim> {
        self.claims.items
    }

    /// The chapters of a directory, where it has a list that can be read.
    pub(super) fn chapters_of(directory: &FilePath) -> Option<Vec<Chapter>> {
        let [chapters, ..] = FILES;
        let path = directory.join(chapters);
        let bytes = path.is_file().then(|| files::read(&path).ok())??;
        List::read(chapters, &bytes).ok().map(|list| list.items)
    }

    /// What is wrong with a lesson as a part of this course. A lesson without `chapter:` is its
    /// author's own affair, unless it stands beside the course's own files (`inside`).
    pub fn check_lesson(&self, loaded: &Loaded, inside: bool) -> Vec<Diagnostic> {
        let lesson = &loaded.lesson;
        let mut found = Vec::new();
        // A directory without chapters of its own uses ours, and need not.
        let (chapters, inside) = match &self.chapters.document {
            Some(_) => (self.chapters.items.as_slice(), inside),
            None => (CHAPTERS, false),
        };
        found.extend(rules::chapter(lesson, chapters, inside));
        found.extend(rules::claims(lesson, &self.claims.items));
        if lesson.chapter.is_some() {
            found.extend(rules::shape(lesson));
        }
        let found = found.into_iter().map(|finding| loaded.locate(finding));
        found.collect()
    }

    /// What is wrong with the course as a whole, given all its lessons.
    pub fn check_whole(&self, lessons: &[Loaded]) -> Vec<Diagnostic> {
        let lessons: Vec<_> = lessons.iter().map(|loaded| &loaded.lesson).collect();
        let mut found = ledger::ids(&self.claims, "C", |claim| &claim.id);
        found.extend(ledger::claims(&self.claims, &lessons));
        found.extend(ledger::ids(&self.misconceptions, "M", |one| &one.id));
        found.extend(ledger::misconceptions(&self.misconceptions, &lessons));
        found
    }
}
