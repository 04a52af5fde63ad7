//! One pass over the YAML events of a file: every value with its place, and the bounds of the
//! subset of YAML that lessons are written in.
//!
//! The pass stops at the first breach, so a hostile file costs no more than its first few bytes.
//! It knows nothing of lessons.
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use super::codes::Code;
use super::diagnostic::{Diagnostic, Source, short};
use crate::limits;

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Bytes of the text.
    pub(super) span: Range<usize>,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Scalar { text: String, style: Style },
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// How a scalar is written; it decides how its text maps back to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Block,
}

#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) text: String,
    pub(super) span: Range<usize>,
}

/// One step from a value to a value inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Key(Cow<'static, str>),
    Index(usize),
}

/// The way from the top of a file to a value: `steps[2].goal[0].check`.
///
/// A path is made for everything that might be wrong and read for what is, so making one is a
/// single step onto the path above, which is shared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path(Option<Rc<(Path, Segment)>>);

impl Path {
    pub(super) fn key(&self, key: impl Into<Cow<'static, str>>) -> Self {
        self.with(Segment::Key(key.into()))
    }

    pub(super) fn index(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    fn with(&self, segment: Segment) -> Self {
        Self(Some(Rc::new((self.clone(), segment))))
    }

    /// The path above, and the last step; `None` at the top.
    pub(super) fn split_last(&self) -> Option<(&Self, &Segment)> {
        self.0.as_deref().map(|(above, last)| (above, last))
    }
}

impl Node {
    /// The value at a path.
    pub(super) fn find(&self, path: &Path) -> Option<&Self> {
        match path.split_last() {
            Some((above, last)) => self.find(above)?.child(last),
            None => Some(self),
        }
    }

    /// The value at a path, or the deepest one on the way that exists.
    pub(super) fn nearest(&self, path: &Path) -> &Self {
        let above = path.split_last().map(|(above, _)| above);
        match (self.find(path), above) {
            (Some(node), _) => node,
            (None, Some(above)) => self.nearest(above),
            (None, None) => self,
        }
    }

    fn child(&self, segment: &Segment) -> Option<&Self> {
        match (&self.value, segment) {
            (Value::Map(_), Segment::Key(key)) => self.get(key),
            (Value::List(items), Segment::Index(index)) => items.get(*index),
            _ => None,
        }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, node)| node)
    }

    /// A key and its value.
    pub(super) fn entry(&self, key: &str) -> Option<(&Key, &Self)> {
        let Value::Map(entries) = &self.value else {
            return None;
        };
        let (key, node) = entries.iter().find(|(k, _)| k.text == key)?;
        Some((key, node))
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// A place to point at: for a list or a mapping its first line, else all of it.
    pub(super) fn head(&self) -> Range<usize> {
        match &self.value {
            Value::Scalar { .. } => self.span.clone(),
            Value::List(items) => items.first().map_or(self.span.clone(), Self::head),
            Value::Map(entries) => entries
                .first()
                .map_or(self.span.clone(), |(key, _)| key.span.clone()),
        }
    }

    /// The innermost value that covers a byte.
    pub(super) fn at(&self, byte: usize) -> &Self {
        let inside =
            |node: &Self| node.span.start <= byte && byte < node.span.end.max(node.span.start + 1);
        let deeper = match &self.value {
            Value::Scalar { .. } => None,
            Value::List(items) => items.iter().find(|node| inside(node)),
            Value::Map(entries) => entries
                .iter()
                .map(|(_, node)| node)
                .find(|node| inside(node)),
        };
        deeper.map_or(self, |node| node.at(byte))
    }
}

/// Reads the one document of a file.
pub(super) fn parse(source: &Source) -> Result<Node, Box<Diagnostic>> {
    let text = super::decode::with_last_newline(&source.text);
    let mut builder = Builder {
        source,
        bytes: ByteIndex::new(&text),
        open: Vec::new(),
        done: None,
    };
    for event in Parser::new_from_str(&text) {
        match event {
            Ok((event, span)) => builder.event(event, span)?,
            Err(error) => return Err(Box::new(builder.syntax(&error))),
        }
    }
    builder.done.ok_or_else(|| {
        let message = "this file is empty";
        Box::new(Diagnostic::new(Code::NoSteps, source, 0..0, message))
    })
}

/// From the character positions of the parser to bytes.
struct ByteIndex(Option<Vec<usize>>, usize);

impl ByteIndex {
    fn new(text: &str) -> Self {
        let starts = || text.char_indices().map(|(at, _)| at).collect();
        Self((!text.is_ascii()).then(starts), text.len())
    }

    fn byte(&self, character: usize) -> usize {
        match &self.0 {
            None => character.min(self.1),
            Some(starts) => starts.get(character).copied().unwrap_or(self.1),
        }
    }
}

/// A list or a mapping whose end has not come yet.
struct Open {
    start: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map {
        entries: Vec<(Key, Node)>,
        places: HashMap<String, usize>,
        key: Option<Key>,
    },
}

struct Builder<'a> {
    source: &'a Source,
    bytes: ByteIndex,
    open: Vec<Open>,
    done: Option<Node>,
}

type Step = Result<(), Box<Diagnostic>>;

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Step {
        let place = self.place(span);
        match event {
            Event::Alias(_) => self.refuse_alias(place),
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_marks(&place, anchor, tag.is_some())?;
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::Single,
                    ScalarStyle::DoubleQuoted => Style::Double,
                    _ => Style::Block,
                };
                self.scalar(text.into_owned(), style, place)
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_marks(&place, anchor, tag.is_some())?;
                self.begin(OpenKind::List(Vec::new()), place)
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_marks(&place, anchor, tag.is_some())?;
                let kind = OpenKind::Map {
                    entries: Vec::new(),
                    places: HashMap::new(),
                    key: None,
                };
                self.begin(kind, place)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.end(&place);
                Ok(())
            }
            Event::DocumentStart(_) if self.done.is_some() => Err(self.refusal(
                Code::SecondDocument,
                place,
                "a second document begins here",
                "one lesson a file: leave the `---` out",
            )),
            _ => Ok(()),
        }
    }

    fn place(&self, span: Span) -> Range<usize> {
        // The line feed added to the end is not part of the file.
        let byte = |at: usize| self.bytes.byte(at).min(self.source.text.len());
        let start = byte(span.start.index());
        start..byte(span.end.index()).max(start)
    }

    fn refusal(
        &self,
        code: Code,
        place: Range<usize>,
        message: impl Into<String>,
        help: &str,
    ) -> Box<Diagnostic> {
        Box::new(Diagnostic::new(code, self.source, place, message).help(help))
    }

    fn refuse_alias(&self, place: Range<usize>) -> Step {
        let message = "lessons have no aliases (`*name`)";
        Err(self.refusal(
            Code::Anchor,
            place,
            message,
            "write the value out, or quote it: \"*\"",
        ))
    }

    fn refuse_marks(&self, place: &Range<usize>, anchor: usize, tagged: bool) -> Step {
        // The event's place is the value's; the mark stands in front of it.
        if anchor != 0 {
            let place = self.mark_before(place.start, '&');
            let message = "lessons have no anchors (`&name`)";
            let help = "write the value out where it is needed, or quote it: \"&\"";
            return Err(self.refusal(Code::Anchor, place, message, help));
        }
        if tagged {
            let place = self.mark_before(place.start, '!');
            let message = "lessons have no tags (`!name`)";
            let help = "leave it out, or quote the value: \"!\"";
            return Err(self.refusal(Code::Tag, place, message, help));
        }
        Ok(())
    }

    fn mark_before(&self, at: usize, mark: char) -> Range<usize> {
        let before = self.source.text.get(..at).unwrap_or_default();
        let Some(start) = before.rfind(mark) else {
            return at..at + 1;
        };
        let rest = before.get(start..).unwrap_or_default();
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        start..start + length
    }

    fn begin(&mut self, kind: OpenKind, place: Range<usize>) -> Step {
        if self.open.len() >= limits::LESSON_DEPTH {
            return Err(self.too_deep(place));
        }
        self.refuse_key(&place)?;
        self.open.push(Open {
            start: place.start,
            kind,
        });
        Ok(())
    }

    fn too_deep(&self, place: Range<usize>) -> Box<Diagnostic> {
        let message = format!("nested deeper than {} levels", limits::LESSON_DEPTH);
        let help = "the format itself needs six";
        self.refusal(Code::TooDeep, place, message, help)
    }

    /// A list or a mapping cannot be a key.
    fn refuse_key(&self, place: &Range<usize>) -> Step {
        match self.open.last() {
            Some(Open {
                kind: OpenKind::Map { key: None, .. },
                ..
            }) => Err(self.refusal(
                Code::KeyNotAWord,
                place.clone(),
                "a list or a mapping cannot be a key",
                "quote a text that begins with `{` or `[`: \"{{ server.port }} …\"",
            )),
            _ => Ok(()),
        }
    }

    fn end(&mut self, place: &Range<usize>) {
        let Some(open) = self.open.pop() else {
            return;
        };
        let value = match open.kind {
            OpenKind::List(items) => Value::List(items),
            OpenKind::Map { entries, .. } => Value::Map(entries),
        };
        self.value(Node {
            span: open.start..place.end.max(open.start),
            value,
        });
    }

    fn scalar(&mut self, text: String, style: Style, place: Range<usize>) -> Step {
        if let Some(Open {
            kind:
                OpenKind::Map {
                    places,
                    key: key @ None,
                    entries,
                },
            ..
        }) = self.open.last_mut()
        {
            if text == "<<" && style == Style::Plain {
                let message = "lessons have no merge keys (`<<`)";
                return Err(self.refusal(Code::Anchor, place, message, "write the values out"));
            }
            if let Some(first) = places.insert(text.clone(), entries.len()) {
                let first = entries.get(first).map(|(key, _)| key.span.clone());
                return Err(Box::new(duplicate(self.source, &text, first, place)));
            }
            *key = Some(Key { text, span: place });
            return Ok(());
        }
        self.value(Node {
            span: place,
            value: Value::Scalar { text, style },
        });
        Ok(())
    }

    /// Puts a finished value where it belongs.
    fn value(&mut self, node: Node) {
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.done = Some(node),
            Some(OpenKind::List(items)) => items.push(node),
            Some(OpenKind::Map { entries, key, .. }) => {
                if let Some(key) = key.take() {
                    entries.push((key, node));
                }
            }
        }
    }

    fn syntax(&self, error: &ScanError) -> Diagnostic {
        let at = self
            .bytes
            .byte(error.marker().index())
            .min(self.source.text.len());
        if let Some(tab) = tab_indent(&self.source.text, at) {
            let message = "a tab cannot indent YAML";
            return Diagnostic::new(Code::TabIndent, self.source, tab, message)
                .help("use spaces: two a level");
        }
        let end = self
            .source
            .text
            .ceil_char_boundary((at + 1).min(self.source.text.len()));
        if error.info().contains("recursion limit") {
            // The scanner looks ahead, and counts before we do.
            return *self.too_deep(at..at);
        }
        let message = format!("this is not YAML: {}", error.info());
        let help = yaml_help(error.info());
        let diagnostic = Diagnostic::new(Code::Syntax, self.source, at..end.max(at), message);
        match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

/// The usual slip behind a scanner's message.
fn yaml_help(info: &str) -> Option<&'static str> {
    let table = [
        (
            "mapping values",
            "a `: ` inside a text needs quotes around the text, or a `|` block",
        ),
        (
            "simple key",
            "is the `:` missing after a key, or is the indentation off by one?",
        ),
        (
            "flow",
            "is a `]`, `}` or quote missing, or a text with `,` or `:` not quoted?",
        ),
        ("quoted scalar", "is a closing quote missing?"),
        (
            "block",
            "does this line stand under the line it belongs to?",
        ),
        ("reserved", "a text that begins with ` or @ needs quotes"),
        (
            "start any token",
            "a text that begins with ` or @ needs quotes",
        ),
    ];
    let hit = table.iter().find(|(part, _)| info.contains(part));
    hit.map(|(_, help)| *help)
}

/// The first tab that indents a line, up to the line below a failure: the scanner notices a tab
/// where the value above it ends.
fn tab_indent(text: &str, failed: usize) -> Option<Range<usize>> {
    let rest = text.get(failed..)?;
    let below = rest.match_indices('\n').nth(1);
    let end = below.map_or(text.len(), |(newline, _)| failed + newline);
    let mut at = 0;
    for line in text.get(..end)?.split_inclusive('\n') {
        let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line.get(..blank).and_then(|indent| indent.find('\t')) {
            return Some(at + tab..at + blank);
        }
        at += line.len();
    }
    None
}

fn duplicate(
    source: &Source,
    key: &str,
    first: Option<Range<usize>>,
    again: Range<usize>,
) -> Diagnostic {
    let message = format!("the key `{}` stands here twice", short(key));
    let diagnostic = Diagnostic::new(Code::DuplicateKey, source, again, message)
        .label("used again here")
        .help("keep one of the two");
    match first {
        Some(first) => diagnostic.also(first, "first used here"),
        None => diagnostic,
    }
}
