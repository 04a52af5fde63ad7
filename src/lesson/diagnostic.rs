//! A complaint about content: where, what, and the repair. Drawn as rustc draws its own.
//!
//! A diagnostic is safe to print: whatever the file contains, control characters and characters
//! that change direction are shown as replacements.
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;
use serde::ser::SerializeStruct;

use super::codes::{Code, Severity};

/// A text and the name it is known by.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as the author knows it.
    pub name: Arc<str>,
    /// The text the spans of a diagnostic refer to.
    pub text: Arc<str>,
}

impl Source {
    /// A source from its name and text.
    pub fn new(name: &str, text: &str) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }
}

/// A marked place, with an optional remark under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Bytes of the source text.
    pub span: Range<usize>,
    /// The remark; empty for a bare underline.
    pub text: String,
}

/// One complaint.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Its kind.
    pub code: Code,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The file.
    pub source: Source,
    /// The place.
    pub primary: Label,
    /// Other places that belong to it, such as the first use of a name.
    pub secondary: Vec<Label>,
    /// The repair.
    pub help: Option<String>,
}

/// How a diagnostic is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// With terminal colours.
    pub colour: bool,
    /// With gutters and carets; without, the same in sentences, for a screen reader.
    pub graphics: bool,
    /// Columns of the terminal.
    pub width: usize,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            colour: false,
            graphics: true,
            width: 100,
        }
    }
}

impl Diagnostic {
    /// A complaint about a place.
    pub fn new(
        code: Code,
        source: &Source,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            message: message.into(),
            source: source.clone(),
            primary: Label {
                span,
                text: String::new(),
            },
            secondary: Vec::new(),
            help: None,
        }
    }

    /// With a remark under the place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// With another place.
    #[must_use]
    pub fn also(mut self, span: Range<usize>, text: impl Into<String>) -> Self {
        let text = text.into();
        self.secondary.push(Label { span, text });
        self
    }

    /// With the repair.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// Line and column of the place, both from 1; columns count characters.
    pub fn line_column(&self) -> (usize, usize) {
        let at = self.primary.span.start.min(self.source.text.len());
        let before = self.source.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    /// The drawing: `error[L204]: …`, `file:line:column`, the excerpt with a caret, the repair.
    pub fn render(&self, look: Look) -> String {
        let excerpt = Excerpt::of(self);
        let level = match self.severity() {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let primary = AnnotationKind::Primary.span(excerpt.primary.span.clone());
        let mut snippet = Snippet::source(excerpt.text.as_str())
            .line_start(excerpt.first_line)
            .path(safe(&self.source.name))
            .annotation(primary.label(some(&excerpt.primary.text)));
        for label in &excerpt.secondary {
            let context = AnnotationKind::Context.span(label.span.clone());
            snippet = snippet.annotation(context.label(some(&label.text)));
        }
        let title = level
            .primary_title(safe(&self.message))
            .id(self.code.name());
        let mut group = Group::with_title(title).element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(safe(help)));
        }
        let renderer = if look.colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer
            .no_graphics(!look.graphics)
            .term_width(look.width)
            .render(&[group])
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| safe(text))
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_column();
        let (name, message) = (safe(&self.source.name), safe(&self.message));
        write!(f, "{name}:{line}:{column}: {message} [{}]", self.code)
    }
}

impl std::error::Error for Diagnostic {}

/// For `--json`: a flat map with `line` and `column` instead of spans.
impl Serialize for Diagnostic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (line, column) = self.line_column();
        let mut map = serializer.serialize_struct("Diagnostic", 7)?;
        map.serialize_field("severity", &self.severity())?;
        map.serialize_field("code", &self.code)?;
        map.serialize_field("file", &*self.source.name)?;
        map.serialize_field("line", &line)?;
        map.serialize_field("column", &column)?;
        map.serialize_field("message", &self.message)?;
        map.serialize_field("help", &self.help)?;
        map.end()
    }
}

/// Several diagnostics of one file, in the order of their places. Never empty.
#[derive(Clone, Debug)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl From<Box<Diagnostic>> for Diagnostics {
    fn from(one: Box<Diagnostic>) -> Self {
        Self(vec![*one])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diagnostic) in self.0.iter().enumerate() {
            let newline = if i == 0 { "" } else { "\n" };
            write!(f, "{newline}{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// How much of the file around the places is drawn: enough lines for context, never a megabyte.
const EXCERPT_BYTES: usize = 2_000;

/// The part of the source that is drawn, made safe, with its labels moved along.
struct Excerpt {
    text: String,
    first_line: usize,
    primary: Label,
    secondary: Vec<Label>,
}

impl Excerpt {
    fn of(diagnostic: &Diagnostic) -> Self {
        let text = &*diagnostic.source.text;
        let primary = &diagnostic.primary;
        // Places too far away for one drawing are left to the message.
        let near = |label: &&Label| label.span.start.abs_diff(primary.span.start) < 64 << 10;
        let secondary: Vec<&Label> = diagnostic.secondary.iter().filter(near).collect();
        let starts = secondary.iter().map(|label| label.span.start);
        let first = starts.chain([primary.span.start]).min().unwrap_or(0);
        let ends = secondary.iter().map(|label| label.span.end);
        let last = ends.chain([primary.span.end]).max().unwrap_or(0);
        let from = line_start(text, first);
        let to = line_end(text, last.max(first));
        let (safe_text, map) = safe_part(text, from, to);
        let moved = |label: &Label| {
            let place = |at: usize| map.get(at.clamp(from, to) - from).copied().unwrap_or(0);
            let start = place(label.span.start);
            Label {
                span: start..place(label.span.end).max(start),
                text: label.text.clone(),
            }
        };
        Self {
            first_line: text.get(..from).map_or(0, |t| t.matches('\n').count()) + 1,
            primary: moved(primary),
            secondary: secondary.into_iter().map(moved).collect(),
            text: safe_text,
        }
    }
}

/// The start of the line, or of the last `EXCERPT_BYTES` of a very long one.
fn line_start(text: &str, at: usize) -> usize {
    let at = text.floor_char_boundary(at);
    let before = text.get(..at).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    text.ceil_char_boundary(start.max(at.saturating_sub(EXCERPT_BYTES)))
}

fn line_end(text: &str, at: usize) -> usize {
    let at = text.ceil_char_boundary(at);
    let rest = text.get(at..).unwrap_or_default();
    let end = rest.find('\n').map_or(text.len(), |newline| at + newline);
    text.floor_char_boundary(end.min(at.saturating_add(EXCERPT_BYTES)))
}

/// A part of the text with unsafe characters replaced, and for each of its bytes (and its end) the
/// byte of the result.
fn safe_part(text: &str, from: usize, to: usize) -> (String, Vec<usize>) {
    let part = text.get(from..to).unwrap_or_default();
    let mut out = String::with_capacity(part.len());
    let mut map = Vec::with_capacity(part.len() + 1);
    for c in part.chars() {
        map.extend(std::iter::repeat_n(out.len(), c.len_utf8()));
        out.push(if c == '\n' || c == '\t' {
            c
        } else {
            visible(c)
        });
    }
    map.push(out.len());
    (out, map)
}

/// The text with characters a terminal would act on replaced; line ends become spaces.
pub(super) fn safe(text: &str) -> String {
    text.chars()
        .map(|c| if c == '\n' { ' ' } else { visible(c) })
        .collect()
}

/// Shortened for a message.
pub(super) fn short(text: &str) -> String {
    let line = safe(text.trim());
    match line.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

fn visible(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ if is_hidden(c) => '\u{fffd}',
        _ => c,
    }
}

/// C1 controls, characters that change the direction of text, and invisible ones
/// (Unicode TR 36 §2.10.1, CVE-2021-42574).
pub(super) fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_file_reaches_the_terminal_raw() {
        let text = "a: \u{1b}]0;x\u{7} \u{9b}31m \u{202e}abc é日\nb: 1\n";
        let source = Source::new("evil\u{1b}[2J.yaml", text);
        let span = text.find('é').map(|at| at..at + 5).unwrap();
        let diagnostic = Diagnostic::new(Code::Syntax, &source, span, "bad \u{1b}[31m\nword")
            .label("here \u{202e}")
            .help("do \u{7}");
        for graphics in [true, false] {
            let look = Look {
                graphics,
                ..Look::default()
            };
            let drawn = diagnostic.render(look);
            assert!(
                !drawn.contains(|c: char| (c.is_control() && c != '\n') || is_hidden(c)),
                "{drawn:?}"
            );
            assert!(drawn.contains("bad ␛[31m word"), "{drawn}");
            assert_eq!(drawn.contains("é日"), graphics, "{drawn}");
        }
        assert_eq!(diagnostic.line_column(), (1, 21));
    }

    #[test]
    fn a_megabyte_on_one_line_is_drawn_in_part() {
        let text = "ä".repeat(500_000);
        let source = Source::new("long.yaml", &text);
        let diagnostic = Diagnostic::new(Code::Syntax, &source, 600_001..600_002, "here");
        assert!(diagnostic.render(Look::default()).len() < 2_000);
    }
}
