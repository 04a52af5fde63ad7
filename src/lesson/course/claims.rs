//! The claims of the article, lessons/claims.yaml: what each says in our words, whether it holds, and
//! the step of a lesson in which the learner's own kernel settles it.
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One claim of the article.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its number, in the order of the article: `C42`.
    #[schemars(regex(pattern = "^C[0-9]{2}$"))]
    pub id: String,
    /// What the article claims, in our words.
    pub says: String,
    /// Whether it holds.
    pub verdict: Verdict,
    /// What to say instead, or what to add.
    pub holds: String,
    /// The step that settles it, or speaks of what cannot be settled: `lesson-id/step-id`.
    #[serde(default)]
    pub step: Option<String>,
    /// Why no experiment of an ordinary user can settle it.
    #[serde(default)]
    pub untested: Option<String>,
}

impl Claim {
    /// The ids of the lesson and the step that settle it.
    pub fn place(&self) -> Option<(&str, &str)> {
        self.step.as_deref()?.split_once('/')
    }
}

/// Whether a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It holds.
    True,
    /// There is something in it, and something to add.
    Imprecise,
    /// It does not hold.
    Wrong,
    /// It holds on some systems.
    Depends,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::True => "true",
            Self::Imprecise => "imprecise",
            Self::Wrong => "wrong",
            Self::Depends => "depends",
        })
    }
}
