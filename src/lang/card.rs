//! A reference card: what an errno, a port number, a TCP state or a term means, and what to do.
//!
//! Cards are content (YAML beside the lessons); the language only knows their shape, so that the
//! lab can hand one out without knowing where it came from.
use serde::{Deserialize, Serialize};

/// One card of the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// What it is looked up by: `EADDRINUSE`, `80`, `TIME-WAIT`, `backlog`.
    pub key: String,
    /// The heading, in words.
    pub title: String,
    /// What it means, in Markdown.
    pub says: String,
    /// The likely causes, most likely first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// Other cards worth reading.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub see: Vec<String>,
    /// Where the facts come from: an RFC, a man page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// One likely cause of an error, and its cure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// What is the case.
    pub because: String,
    /// What to do about it.
    pub cure: String,
    /// The operation (`bind`, `connect`, …) this cause belongs to; any, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
}

/// Where cards come from. The lesson library is one; tests use a small table.
pub trait CardSource: Send + Sync {
    /// The card for a word, ignoring case; `None` when there is none.
    fn card(&self, key: &str) -> Option<Card>;
    /// All keys, for completion and "did you mean".
    fn keys(&self) -> Vec<String>;
}
