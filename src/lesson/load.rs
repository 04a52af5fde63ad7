//! From a file to a lesson, or to everything that is wrong with it. Never panics, whatever the
//! bytes; never runs anything.
use std::collections::HashMap;
use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::assemble::assemble;
use super::check;
use super::codes::Code;
use super::decode::{check_text, decode, with_last_newline};
use super::diagnostic::{Diagnostic, Diagnostics, Source, short};
use super::files;
use super::finding::Finding;
use super::glossary::Glossary;
use super::model::Lesson;
use super::raw::{self, FORMAT, RawLesson};
use super::shape;
use super::tree::{self, Node, Path};

/// A YAML file of a known form, with the places of its values.
#[derive(Clone, Debug)]
pub(super) struct Document {
    source: Source,
    tree: Node,
    form: Vec<Diagnostic>,
}

impl Document {
    /// Reads bytes as YAML and holds them against a schema.
    pub(super) fn read(name: &str, bytes: &[u8], schema: &Json) -> Result<Self, Diagnostics> {
        Self::from_text(name, decode(name, bytes)?, schema)
    }

    fn from_text(name: &str, text: &str, schema: &Json) -> Result<Self, Diagnostics> {
        let source = Source::new(name, text);
        check_text(&source)?;
        let tree = tree::parse(&source)?;
        check_format(&source, &tree)?;
        let form = shape::check(&source, &tree, schema);
        if form.iter().any(is_error) {
            return Err(sorted(form));
        }
        Ok(Self { source, tree, form })
    }

    /// The typed value.
    pub(super) fn fill<T: DeserializeOwned>(&self) -> Result<T, Diagnostics> {
        let text = with_last_newline(&self.source.text);
        serde_yaml::from_str(&text)
            .map_err(|error| Box::new(misread(&self.source, &self.tree, &error)).into())
    }

    /// Warnings about its form.
    pub(super) fn form(&self) -> Vec<Diagnostic> {
        self.form.clone()
    }

    /// A finding with its bytes.
    pub(super) fn locate(&self, finding: Finding) -> Diagnostic {
        finding.locate(&self.source, &self.tree)
    }
}

/// A lesson together with the places of everything in its file.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The lesson.
    pub lesson: Lesson,
    document: Document,
}

impl Loaded {
    /// Reads a lesson file; `name` is the path as the author knows it, and gives the lesson its id.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Diagnostics> {
        Self::from_text(name, decode(name, bytes)?)
    }

    /// Reads a lesson from a regular file, and never more of it than a lesson can have.
    pub fn open(path: &std::path::Path) -> Result<Self, Diagnostics> {
        Self::read(&path.to_string_lossy(), &files::read(path)?)
    }

    /// The same for text.
    pub fn from_text(name: &str, text: &str) -> Result<Self, Diagnostics> {
        let document = Document::from_text(name, text, raw::lesson_schema())?;
        let (lesson, found) = assemble(name, document.fill()?, false);
        if found.is_empty() {
            return Ok(Self { lesson, document });
        }
        let mut all = document.form();
        all.extend(found.into_iter().map(|finding| document.locate(finding)));
        Err(sorted(all))
    }

    /// A finding with its bytes.
    pub(super) fn locate(&self, finding: Finding) -> Diagnostic {
        self.document.locate(finding)
    }

    /// Where a step stands: the file, and the line of its first key.
    pub fn place_of(&self, step: &str) -> Option<(&str, usize)> {
        let at = self.lesson.steps.iter().position(|one| one.id == step)?;
        let path = Path::default().key("steps").index(at);
        let source = &self.document.source;
        let start = self.document.tree.nearest(&path).span.start;
        let before = source.text.get(..start).unwrap_or_default();
        Some((&source.name, before.matches('\n').count() + 1))
    }

    /// The author's lint: everything that makes it a worse lesson than it could be.
    pub fn check(&self, glossary: &Glossary) -> Vec<Diagnostic> {
        let mut found = self.document.form();
        let lint = check::check(&self.lesson, &self.document.tree, glossary);
        found.extend(
            lint.into_iter()
                .map(|finding| self.document.locate(finding)),
        );
        sorted(found).0
    }
}

/// What only shows when lessons stand side by side: two files with the same id.
pub fn check_together(lessons: &[Loaded]) -> Vec<Diagnostic> {
    let mut first: HashMap<&str, &Loaded> = HashMap::new();
    let mut found = Vec::new();
    for loaded in lessons {
        if let Some(before) = first.insert(&loaded.lesson.id, loaded) {
            let message = format!(
                "this lesson has the same id as {}: `{}`",
                before.document.source.name,
                short(&loaded.lesson.id)
            );
            let title = Finding::new(Code::SameLesson, &Path::default().key("title"), message);
            found.push(
                loaded
                    .document
                    .locate(title.help("rename one of the two files")),
            );
        }
    }
    found
}

/// Reads a lesson from its text.
pub fn load(name: &str, text: &str) -> Result<Lesson, Diagnostics> {
    Loaded::from_text(name, text).map(|loaded| loaded.lesson)
}

/// Reads a lesson that was proven when the program was built, from the same values in JSON: less work
/// than YAML (benches/lessons.rs says how much), and without places. `None` when the values are not
/// those of a lesson; the text then knows what to say.
pub fn load_trusted(name: &str, json: &str) -> Option<Lesson> {
    let raw: RawLesson = serde_json::from_str(json).ok()?;
    let (lesson, found) = assemble(name, raw, true);
    found.is_empty().then_some(lesson)
}

fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity() == super::codes::Severity::Error
}

/// The most complaints about one file that are shown; the first repairs usually mend the rest.
const MOST: usize = 50;

fn sorted(mut found: Vec<Diagnostic>) -> Diagnostics {
    found.sort_by_key(|diagnostic| (diagnostic.primary.span.start, diagnostic.code));
    found.truncate(MOST);
    Diagnostics(found)
}

/// A file from the future is not held against today's keys.
fn check_format(source: &Source, tree: &Node) -> Result<(), Box<Diagnostic>> {
    let Some(node) = tree.get("format") else {
        return Ok(());
    };
    let version: Option<u64> = node.text().and_then(|text| text.parse().ok());
    match version {
        Some(version) if version > FORMAT => {
            let message = format!(
                "this lesson is written in format {version}; this looplab reads format {FORMAT}"
            );
            let diagnostic =
                Diagnostic::new(Code::FutureFormat, source, node.span.clone(), message);
            Err(Box::new(diagnostic.help("a newer looplab reads it")))
        }
        _ => Ok(()),
    }
}

/// What serde_yaml itself refuses although the form is right: the two YAML readers disagree.
fn misread(source: &Source, tree: &Node, error: &serde_yaml::Error) -> Diagnostic {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text);
    let place = error.location().map_or(0..0, |location| {
        let byte = byte_at(&source.text, location.line(), location.column());
        place_of(tree, byte)
    });
    Diagnostic::new(
        Code::Misread,
        source,
        place,
        format!("this cannot be read: {}", short(message)),
    )
}

fn byte_at(text: &str, line: usize, column: usize) -> usize {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines
        .by_ref()
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let rest = lines.next().unwrap_or_default();
    let within = rest.char_indices().nth(column.saturating_sub(1));
    before + within.map_or(rest.len(), |(at, _)| at)
}

fn place_of(tree: &Node, byte: usize) -> Range<usize> {
    tree.at(byte).head()
}
