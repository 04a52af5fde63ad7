//! What a line's run amounts to: who asked for it, and what the lab handed back. The lab fills it
//! in and the walk reads it, so it lives below both. It holds values only, never a socket.
use serde::Serialize;

use super::outcome::Outcome;
use super::scope::Scope;

/// Who typed a line; it decides what the line may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Author {
    /// A lesson file.
    Lesson,
    /// The person at the prompt, or a script they run.
    Learner,
}

/// What the lab answered to a line.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The line as it ran, templates expanded.
    pub line: String,
    /// What came of it; `None` for a blank line or a comment.
    pub outcome: Option<Outcome>,
    /// What expressions see now.
    pub scope: Scope,
}
