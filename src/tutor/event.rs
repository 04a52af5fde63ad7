//! What the walk wants, and what it says. Both closed lists: a view that handles every variant
//! handles every lesson.
use serde::Serialize;

use crate::lang::{Author, Card, Outcome};
use crate::lesson::WorldName;

/// What the walk needs next. The caller does it and reports back.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// Run this line in the lab, then call [`ran`](super::Tutor::ran).
    Run {
        /// The line, templates expanded by the lab.
        line: String,
        /// Who wrote it.
        author: Author,
    },
    /// Close everything the session opened and forget all names, then call
    /// [`looked`](super::Tutor::looked) with what expressions see afterwards.
    Clear {
        /// The world the lines that follow run in.
        world: WorldName,
    },
    /// Read the sockets again, then call [`looked`](super::Tutor::looked): something outside may
    /// have changed them.
    Look,
    /// One line from the person (or script, or autopilot), then call [`line`](super::Tutor::line).
    Line(Ask),
    /// The walk is over.
    Nothing(Leave),
}

/// How a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The last step is done.
    Finished,
    /// The person wants the menu.
    Menu,
    /// The person wants out.
    Quit,
}

/// What kind of answer is expected, so that the prompt can say it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Press Enter to go on.
    Continue,
    /// Press Enter to run these lines.
    Run {
        /// The lines, as the lesson wrote them, templates filled in where that is possible.
        lines: Vec<String>,
    },
    /// One of the letters `a`, `b`, … ; `several` may be answered with more than one.
    Letter {
        /// How many options there are.
        options: usize,
        /// Whether more than one letter may be given.
        several: bool,
    },
    /// A number.
    Number,
    /// A word or a short phrase.
    Text,
    /// An endpoint such as 127.0.0.1:8080.
    Endpoint,
    /// All letters in the right order.
    Order {
        /// How many items there are.
        items: usize,
    },
    /// Lab lines, until every goal is met.
    Commands,
    /// Something is to be done outside; Enter looks again.
    Visit,
    /// Lab lines, until `done` (free play).
    Play,
}

/// Everything a walk can say. Texts are Markdown with templates already filled in.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A lesson begins.
    LessonStarted {
        /// Its id.
        lesson: String,
        /// Its title.
        title: String,
        /// Its one-sentence summary.
        summary: String,
        /// About how long it takes.
        minutes: u32,
        /// What the learner will be able to do.
        objectives: Vec<String>,
    },
    /// A step begins.
    StepStarted {
        /// Its id.
        step: String,
        /// Its heading.
        title: Option<String>,
        /// Its place, from 1.
        number: usize,
        /// How many steps the lesson has on this machine.
        total: usize,
        /// `say`, `run`, `predict`, `task`, `ask` or `visit`.
        kind: &'static str,
    },
    /// Text to read.
    Say {
        /// Markdown.
        text: String,
    },
    /// A line is about to run, or just ran quietly as part of a set-up.
    Command {
        /// The line as it runs.
        line: String,
        /// Who wrote it.
        author: Author,
    },
    /// What came of a line.
    Outcome {
        /// The line as it ran.
        #[serde(skip)]
        line: String,
        /// The typed value.
        #[serde(flatten)]
        outcome: Box<Outcome>,
    },
    /// The set-up of a step ran these lines.
    Prepared {
        /// Lines that ran.
        lines: Vec<String>,
    },
    /// A question with lettered options: a prediction (no answer known yet) or a recall.
    Question {
        /// The question.
        question: String,
        /// The options, in the order of their letters.
        options: Vec<String>,
        /// Whether it is a prediction.
        prediction: bool,
        /// What kind of answer is expected.
        ask: Ask,
    },
    /// The learner predicted.
    Predicted {
        /// Index of the option, from 0.
        option: usize,
        /// Its text.
        text: String,
    },
    /// The kernel has answered a prediction.
    Graded {
        /// The chosen option, unless the question was skipped.
        chosen: Option<usize>,
        /// The options that came true.
        came_true: Vec<usize>,
        /// Their texts, in the order of `came_true`.
        truth: Vec<String>,
        /// What was observed of each, in the same order: the kernel's own values.
        seen: Vec<String>,
        /// The tag of the misconception the choice points at.
        misconception: Option<String>,
    },
    /// No option came true: what was seen instead.
    Surprise {
        /// What was observed for each option: its text, and why it does not hold.
        observed: Vec<(String, String)>,
    },
    /// An explanation of what happened.
    Explained {
        /// Markdown.
        text: String,
    },
    /// A short experiment follows because of the prediction that missed.
    RefutationStarted {
        /// The misconception.
        misconception: String,
    },
    /// The short experiment cannot be had here.
    RefutationSkipped {
        /// Why, as a sentence.
        reason: String,
    },
    /// Back from the short experiment.
    RefutationEnded,
    /// In the middle of a step everything was closed, and its names were forgotten: it is set up anew, or an
    /// experiment has the lab for itself.
    Emptied,
    /// A task begins.
    Task {
        /// What to achieve.
        text: String,
    },
    /// How the goals of a task stand.
    Goals {
        /// One entry a goal.
        goals: Vec<GoalState>,
        /// Whether all are met.
        met: bool,
    },
    /// What the learner just did is a known wrong turn.
    Trap {
        /// What to know about it.
        text: String,
    },
    /// A hint.
    Hint {
        /// Which tier, from 1.
        tier: usize,
        /// How many there are.
        of: usize,
        /// The hint.
        text: String,
    },
    /// There are no more hints, or this step has none.
    NoMoreHints {
        /// Whether `solution` would show more.
        solution: bool,
    },
    /// The solution, for the prompt to type in; not run.
    Solution {
        /// Its lines, templates filled in.
        lines: Vec<String>,
    },
    /// A recall was answered.
    Answered {
        /// Whether the answer is right.
        correct: bool,
        /// What was understood.
        given: String,
        /// The right answer; absent while the learner may try again.
        answer: Option<String>,
        /// Why.
        because: Option<String>,
    },
    /// The answer could not be understood; what would be.
    NotUnderstood {
        /// What was typed.
        given: String,
        /// What to type.
        help: String,
    },
    /// A lab line could not be read.
    BadLine {
        /// The line.
        line: String,
        /// What is wrong.
        message: String,
        /// Where: bytes of the line.
        span: std::ops::Range<usize>,
        /// What to write instead.
        help: Option<String>,
    },
    /// A step was left out, and why.
    StepSkipped {
        /// Its id.
        step: String,
        /// The reason.
        reason: String,
    },
    /// A step is done. Progress is recorded at this event.
    StepDone {
        /// Its id.
        step: String,
        /// How it went.
        result: StepResult,
    },
    /// Instructor notes.
    Notes {
        /// Markdown.
        text: String,
    },
    /// What can be typed here.
    Help {
        /// Words of the walk and what they do.
        words: Vec<(String, String)>,
        /// The verbs and what they do.
        verbs: Vec<(String, String)>,
    },
    /// The help page of one verb.
    VerbHelp {
        /// Plain text.
        text: String,
    },
    /// A card that fits what just failed.
    Card {
        /// The card.
        card: Card,
    },
    /// Free play begins or ends.
    Play {
        /// Whether it begins.
        on: bool,
    },
    /// A short remark by the program: what to type next, why something was not done.
    Notice {
        /// One or two sentences.
        text: String,
    },
    /// The lesson is done.
    LessonDone {
        /// Its id.
        lesson: String,
        /// Its title.
        title: String,
        /// How it went.
        summary: Summary,
    },
}

/// One goal of a task, and how it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GoalState {
    /// The goal in words.
    pub say: String,
    /// Whether it is met.
    pub met: bool,
    /// What was observed.
    pub why: String,
}

/// How a step went; kept in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepResult {
    /// Read, run, or done without help.
    Done,
    /// A prediction that came true, or a right answer at once.
    Right,
    /// A prediction that missed, or a right answer after a wrong one.
    Missed,
    /// Done after looking at the solution.
    Helped,
    /// Skipped by the learner; the step was performed for them.
    Skipped,
    /// Not possible on this machine.
    NotHere,
}

impl StepResult {
    /// Whether the learner has met the step. The first such result is the one that counts of a question,
    /// wherever answers are counted: it tells what they believed before they saw.
    pub fn is_met(self) -> bool {
        self != Self::NotHere
    }
}

/// What a lesson amounted to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Predictions made.
    pub predictions: usize,
    /// Predictions that came true.
    pub right: usize,
    /// Tasks solved.
    pub tasks: usize,
    /// Those of them that were solved after looking at the solution.
    pub helped: usize,
    /// Steps skipped.
    pub skipped: usize,
    /// The predictions that came true.
    pub foretold: Vec<Foretold>,
    /// Those that missed: worth a second look.
    pub surprises: Vec<Foretold>,
}

/// A prediction, and what came of it. Texts are Markdown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Foretold {
    /// The question.
    pub question: String,
    /// What was predicted, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted: Option<String>,
    /// What came true.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub came_true: Vec<String>,
    /// What was observed of it: the kernel's own values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
}
