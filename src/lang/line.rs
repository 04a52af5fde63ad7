//! From typed text to a [`Command`].
use std::ops::Range;

use super::command::Command;

/// A parsed line: `[name =] verb arguments`.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What the outcome is bound to.
    pub name: Option<String>,
    /// What to do.
    pub command: Command,
    /// The line as it was written.
    pub text: String,
}

/// Why a line cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// What is wrong.
    pub message: String,
    /// Where, as bytes of the line.
    pub span: Range<usize>,
    /// What to write instead.
    pub help: Option<String>,
}

/// Reads one line; `None` for a blank line or a comment.
pub fn parse_line(_text: &str) -> Result<Option<Line>, LineError> {
    Ok(None)
}

/// All verbs, in the order of the reference.
pub fn verb_names() -> Vec<&'static str> {
    Vec::new()
}

/// The help page of one verb as plain text; `None` when there is no such verb.
pub fn verb_usage(_verb: &str) -> Option<String> {
    None
}
