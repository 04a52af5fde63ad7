//! A complaint that knows its place as a path through the lesson, before it is bytes of a file.
use std::ops::Range;

use super::codes::Code;
use super::diagnostic::{Diagnostic, Source};
use super::place::inside;
use super::tree::{Node, Path, Segment};

/// What was found, and where in the structure.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    code: Code,
    path: Path,
    place: Place,
    message: String,
    label: String,
    also: Vec<(Path, String)>,
    help: Option<String>,
}

#[derive(Clone, Debug)]
enum Place {
    /// The value.
    Value,
    /// The key in front of it.
    Key,
    /// These bytes of its text.
    Inside(Range<usize>),
}

impl Finding {
    pub(super) fn new(code: Code, path: &Path, message: impl Into<String>) -> Self {
        Self {
            code,
            path: path.clone(),
            place: Place::Value,
            message: message.into(),
            label: String::new(),
            also: Vec::new(),
            help: None,
        }
    }

    /// Points at the key instead of the value.
    pub(super) fn on_key(mut self) -> Self {
        self.place = Place::Key;
        self
    }

    /// Points at these bytes of the value's text.
    pub(super) fn inside(mut self, span: Range<usize>) -> Self {
        self.place = Place::Inside(span);
        self
    }

    pub(super) fn label(mut self, text: impl Into<String>) -> Self {
        self.label = text.into();
        self
    }

    pub(super) fn also(mut self, path: &Path, text: impl Into<String>) -> Self {
        self.also.push((path.clone(), text.into()));
        self
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// The same with bytes of the file.
    pub(super) fn locate(self, source: &Source, tree: &Node) -> Diagnostic {
        let node = tree.nearest(&self.path);
        let span = match self.place {
            Place::Value => node.head(),
            Place::Key => key_span(tree, &self.path).unwrap_or_else(|| node.head()),
            Place::Inside(inner) => inside(&source.text, node, inner),
        };
        let mut diagnostic = Diagnostic::new(self.code, source, span, self.message);
        if !self.label.is_empty() {
            diagnostic = diagnostic.label(self.label);
        }
        for (path, text) in self.also {
            diagnostic = diagnostic.also(tree.nearest(&path).head(), text);
        }
        match self.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

fn key_span(tree: &Node, path: &Path) -> Option<Range<usize>> {
    let (above, last) = path.split_last()?;
    let Segment::Key(key) = last else { return None };
    let (key, _) = tree.nearest(above).entry(key)?;
    Some(key.span.clone())
}
