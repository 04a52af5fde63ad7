//! A lesson as the rest of the program sees it: every expression parsed, every step of one kind.
//!
//! Texts (`say`, `task`, hints, …) stay templates: their `{{ … }}` can only be filled in when the
//! lab has something to show. How a lesson is spelled in YAML is the subject of
//! `raw.rs`, not of this file.
use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lang::Expr;
pub use crate::lang::WorldName;

/// A lesson, ready to be walked.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// The file name without its number and `.yaml`: `two-servers` for `03-two-servers.yaml`.
    pub id: String,
    /// The number in front of the file name, for the order of the menu; absent without one.
    pub number: Option<u32>,
    /// The heading.
    pub title: String,
    /// The chapter of the course it belongs to; a lesson of one's own may be in none.
    pub chapter: Option<String>,
    /// One sentence for the menu.
    pub summary: String,
    /// For whom.
    pub level: Level,
    /// About how long it takes.
    pub minutes: u32,
    /// What the learner will be able to do: "say what a listener claims".
    pub objectives: Vec<String>,
    /// Keys of the glossary this lesson introduces.
    pub terms: Vec<String>,
    /// Claims of the article this lesson settles as a whole: `C86`; a step may name its own.
    pub claims: Vec<String>,
    /// The walk.
    pub steps: Vec<Step>,
    /// A short experiment for each misconception that has one, by tag.
    pub refutations: BTreeMap<String, Refutation>,
}

impl Lesson {
    /// The step with this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// Whether a step of it runs in the private world.
    pub fn wants_private(&self) -> bool {
        self.steps
            .iter()
            .any(|step| step.world == WorldName::Private || step.needs.contains(&Need::Private))
    }

    /// The claims of the article that this lesson settles, each once, in the order of the file.
    pub fn settles(&self) -> Vec<&str> {
        let steps = self.steps.iter().flat_map(|step| &step.claims);
        let mut all: Vec<&str> = Vec::new();
        for claim in self.claims.iter().chain(steps) {
            if !all.contains(&claim.as_str()) {
                all.push(claim);
            }
        }
        all
    }
}

/// One step of the walk. Order: `setup` runs quietly, `say` is read, then the kind does its part,
/// then the first fitting `explain` is shown.
#[derive(Clone, Debug)]
pub struct Step {
    /// Unique in the lesson; progress is kept by it.
    pub id: String,
    /// A short heading.
    pub title: Option<String>,
    /// Over `machine`: the step is left out silently when this does not hold.
    pub when: Option<Expr>,
    /// What the machine must have; the step is left out, with the reason, when it has not.
    pub needs: Vec<Need>,
    /// Where its lines run.
    pub world: WorldName,
    /// Lab lines that prepare the step, one an element.
    pub setup: Vec<String>,
    /// Whether the set-up is not listed, because the learner is to find out what it did.
    pub quiet: bool,
    /// Claims of the article that this step settles: `C86`.
    pub claims: Vec<String>,
    /// Markdown for the instructor only.
    pub notes: Option<String>,
    /// Markdown with `{{ … }}`, read first.
    pub say: Option<String>,
    /// What the step asks of the learner or of the kernel.
    pub kind: Kind,
    /// Shown at the end; the first whose `when` holds.
    pub explain: Vec<Explain>,
}

/// What a step does after its text.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Nothing more: read it, press Enter.
    Say,
    /// Lab lines, shown and run.
    Run {
        /// The lines, one an element; comments are kept.
        lines: Vec<String>,
    },
    /// A question about what `lines` will do, answered by running them.
    Predict {
        /// The question.
        question: String,
        /// The possible outcomes, two to five; lettered `a`, `b`, … in this order.
        options: Vec<PredictOption>,
        /// The lines that run after the prediction.
        lines: Vec<String>,
    },
    /// Something the learner brings about with lab lines of their own.
    Task(Task),
    /// A question the lesson knows the answer to.
    Ask(Question),
    /// Something the learner does outside: a browser, curl, another terminal.
    Visit(Visit),
}

impl Kind {
    /// `say`, `run`, `predict`, `task`, `ask` or `visit`: the key that makes a step of this kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Say => "say",
            Self::Run { .. } => "run",
            Self::Predict { .. } => "predict",
            Self::Task(_) => "task",
            Self::Ask(_) => "ask",
            Self::Visit(_) => "visit",
        }
    }
}

/// One possible outcome of a prediction.
#[derive(Clone, Debug)]
pub struct PredictOption {
    /// What would happen, in words.
    pub say: String,
    /// The same as an expression; the kernel decides whether it comes true.
    pub claim: Expr,
    /// The tag of the misconception behind this choice; [`Lesson::refutations`] may know it.
    pub misconception: Option<String>,
}

/// What to say when something holds.
#[derive(Clone, Debug)]
pub struct Explain {
    /// When it fits; `None` for "otherwise".
    pub when: Option<Expr>,
    /// Markdown with `{{ … }}`.
    pub say: String,
}

/// Something to bring about.
#[derive(Clone, Debug)]
pub struct Task {
    /// What to achieve.
    pub text: String,
    /// What counts; every one must hold at the same time.
    pub goals: Vec<Goal>,
    /// Tiers of help; only the last may give the solution away.
    pub hints: Vec<String>,
    /// Lab lines that meet the goals.
    pub solution: Vec<String>,
    /// Known wrong turns.
    pub traps: Vec<Trap>,
}

/// One thing that must hold.
#[derive(Clone, Debug)]
pub struct Goal {
    /// In words: "two listeners are open".
    pub say: String,
    /// As an expression.
    pub check: Expr,
    /// Why it is not met, in words with places: "packet 8 has one".
    pub otherwise: Option<String>,
}

/// A wrong turn, recognised and explained.
#[derive(Clone, Debug)]
pub struct Trap {
    /// Lab lines that take it; the proof runs them, the walk never does.
    pub run: Vec<String>,
    /// How it shows in the scope; without it, the learner's line must be one of `run`.
    pub when: Option<Expr>,
    /// What to know about it.
    pub says: String,
}

/// A question the lesson knows the answer to.
#[derive(Clone, Debug)]
pub struct Question {
    /// The question.
    pub text: String,
    /// What is right.
    pub answer: Answer,
    /// What to say to certain wrong numbers or endpoints.
    pub replies: Vec<Reply>,
    /// Shown after the answer.
    pub because: Option<String>,
}

/// A word to those who give a certain wrong answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The wrong answer, over the scope.
    pub to: Expr,
    /// What to say to it.
    pub say: String,
}

/// What is right, by the shape of the answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// One letter, or all the right letters.
    Choice {
        /// The options, lettered `a`, `b`, … in this order.
        options: Vec<AskOption>,
        /// Whether more than one letter is to be given.
        several: bool,
    },
    /// A number.
    Number {
        /// Its value, over the scope.
        value: Expr,
        /// How far off is still right, in the number's own unit; 0 when not given.
        tolerance: f64,
    },
    /// Any of these, ignoring case and space at the ends.
    Text(Vec<String>),
    /// An endpoint.
    Endpoint(Expr),
    /// These items, in this order; the walk shows them in another.
    Order(Vec<String>),
}

/// One option of a choice.
#[derive(Clone, Debug)]
pub struct AskOption {
    /// The option, in words.
    pub say: String,
    /// Whether it is right.
    pub correct: bool,
    /// What to say to those who chose it.
    pub because: Option<String>,
}

/// A part for the learner's own browser or curl.
#[derive(Clone, Debug)]
pub struct Visit {
    /// What to do.
    pub text: String,
    /// What counts.
    pub goals: Vec<Goal>,
    /// Lab lines that do the same; used where nobody is there to do it.
    pub stand_in: Vec<String>,
}

/// A short experiment for one misconception, shown after a prediction that had it.
#[derive(Clone, Debug)]
pub struct Refutation {
    /// What the machine must have; the experiment is left out, with the reason, when it has not.
    pub needs: Vec<Need>,
    /// Where its lines run.
    pub world: WorldName,
    /// Markdown with `{{ … }}`, read first.
    pub say: Option<String>,
    /// Lab lines that prepare it.
    pub setup: Vec<String>,
    /// Lab lines, shown and run.
    pub run: Vec<String>,
    /// Shown at the end; the first whose `when` holds.
    pub explain: Vec<Explain>,
}

/// For whom a lesson is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// No lesson needed before it.
    Beginner,
    /// Builds on the beginner's lessons.
    Intermediate,
    /// For those who build or run servers.
    Advanced,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Beginner => "beginner",
            Self::Intermediate => "intermediate",
            Self::Advanced => "advanced",
        })
    }
}

/// Something a machine may lack.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A Linux kernel.
    Linux,
    /// `::1` can be used.
    Ipv6,
    /// The private world (user and network namespaces).
    Private,
    /// An ordinary user: root may do what the step shows to be forbidden.
    User,
    /// `IP_LOCAL_PORT_RANGE` (Linux 6.3).
    PortRange,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Linux => "linux",
            Self::Ipv6 => "ipv6",
            Self::Private => "private",
            Self::User => "user",
            Self::PortRange => "port-range",
        })
    }
}
