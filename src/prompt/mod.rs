//! Where typed lines come from: the line editor of a terminal, or plain lines of a pipe, a file or a
//! terminal that cannot do more. Completion, colour and paste live here, and the care that a
//! terminal is always given back as it was.
//!
//! Nothing here runs a line or knows what it means beyond its shape, and nothing that was pasted is
//! ever returned before it was seen.
mod assistant;
mod ballast;
mod complete;
mod editor;
mod ghosts;
mod interrupts;
mod keys;
mod paint;
mod plain;
mod sys;
pub mod terminal;
mod tokens;
mod words;

use std::fmt;
use std::io;

use crate::render::sanitize::is_hostile;
use crate::render::surroundings::is_screen;

pub use editor::Editor;
pub use interrupts::Interrupts;
pub use keys::{Keys, Waited};
pub use plain::Plain;
pub use words::{Named, Words};

/// What supplies lines: a keyboard, a pipe, a table in a test.
pub trait Input {
    /// Asks for one line and waits for it.
    ///
    /// Fails when the input itself is gone (a closed window, a read error); a line that cannot be
    /// used is no failure but [`Typed::Dropped`].
    fn line(&mut self, prompt: &Prompt) -> io::Result<Typed>;
}

/// What stands before the line, and what may be written on it.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    /// `lesson 4, step 3 >`; a space follows it.
    pub label: String,
    /// A solution, typed in but not run: Enter runs it. Several lines become a block. A plain prompt
    /// cannot type for the learner; there an empty line stands for it.
    pub preset: Option<String>,
    /// Whether the line before was not understood; it is not suggested again.
    pub misread: bool,
    /// What Tab knows.
    pub words: Words,
}

impl Prompt {
    /// A prompt with nothing typed in and nothing but the verbs to complete.
    pub fn new(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            ..Self::default()
        }
    }
}

/// What came of asking for a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// One line, without its end.
    Line(String),
    /// Several lines that were pasted or preset, shown, and confirmed: to be run one by one.
    Block(Vec<String>),
    /// A line that cannot be used and is gone; say why, and ask again.
    Dropped(Dropped),
    /// Ctrl-C: what was typed is gone.
    Interrupted,
    /// Ctrl-D on an empty line, or the end of the file.
    Eof,
}

/// Why a line was dropped. Its [`Display`](fmt::Display) is for the learner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// Bytes that are no UTF-8. Where, when it came from a file: line from 1, byte from 0.
    NotUtf8 {
        /// The line and the offset of the first wrong byte in it.
        place: Option<(u64, usize)>,
    },
    /// More bytes than [`crate::limits::LINE_BYTES`].
    TooLong {
        /// How many there were.
        bytes: usize,
    },
    /// More lines at once than [`crate::limits::BLOCK_LINES`].
    TooMany {
        /// How many there were.
        lines: usize,
    },
    /// The line editor failed while it had the line. The lines to come are plain.
    NoEditor,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::limits::{BLOCK_LINES, LINE_BYTES};
        match self {
            Self::NotUtf8 { place: None } => f.write_str("not valid UTF-8, line dropped"),
            Self::NotUtf8 {
                place: Some((line, offset)),
            } => write!(
                f,
                "line {line} is not valid UTF-8 (at its byte {offset}), line dropped"
            ),
            Self::TooLong { bytes } => write!(
                f,
                "a line of {bytes} bytes is too long, line dropped; a line has at most {LINE_BYTES}"
            ),
            Self::NoEditor => f.write_str(
                "the line editor has failed; from here on lines are plain: no Tab, no history, no \
                 arrow keys",
            ),
            Self::TooMany { lines } => write!(
                f,
                "{lines} lines at once are too many, all dropped; `looplab run FILE` runs a script, \
                 a paste has at most {BLOCK_LINES}"
            ),
        }
    }
}

/// How to ask for lines.
pub struct Settings {
    /// Whether colours may be used.
    pub colour: bool,
    /// The value of TERM.
    pub term: String,
    /// Lines of earlier sessions.
    pub memory: Box<dyn Memory>,
    /// The words `explain` knows beyond errnos and states; asked for at the first Tab that needs
    /// them.
    pub topics: Box<dyn Fn() -> Vec<String>>,
}

/// Where typed lines are kept from one session to the next.
pub trait Memory {
    /// The latest lines, oldest first.
    fn recall(&mut self) -> Vec<String>;
    /// Keeps a line. A failure is not worth a word: the line is still in this session's memory.
    fn keep(&mut self, line: &str);
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forgetful;

impl Memory for Forgetful {
    fn recall(&mut self) -> Vec<String> {
        Vec::new()
    }

    fn keep(&mut self, _line: &str) {}
}

/// The input that fits: the line editor where a person sits at a terminal that can move its cursor,
/// plain lines everywhere else.
pub fn open(settings: Settings) -> Box<dyn Input> {
    if !terminal::is_interactive() {
        return Box::new(Plain::silent(terminal::PlainInput::unwatched()));
    }
    let editor = if is_dumb(&settings.term) {
        None
    } else {
        Editor::new(settings).ok()
    };
    match editor {
        Some(editor) => Box::new(editor),
        None => Box::new(Plain::spoken(terminal::PlainInput::watched(), io::stdout())),
    }
}

/// Terminals that are known not to move their cursor, and those nothing is known about.
fn is_dumb(term: &str) -> bool {
    !is_screen(Some(term)) || ["cons25", "emacs"].contains(&term)
}

/// Characters that act on a terminal, or that hide what a line says: they are neither drawn nor
/// kept, so that what runs is what was seen.
fn is_unseen(c: char) -> bool {
    is_hostile(c) && !matches!(c, '\n' | '\t')
}
