//! A step as a list of small acts, and where that list comes from.
use crate::lesson::{Explain, Kind, Refutation, Step, WorldName};

use super::event::{Ask, StepResult};

/// One thing the walk does by itself, or waits for.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Close everything, forget all names, before a step.
    Clear(WorldName),
    /// The same in the middle of a step.
    Empty(WorldName),
    /// A line of the set-up, run without its outcome unless it fails.
    Quiet(String),
    /// A line of the lesson, shown and run.
    Shown(String),
    /// Text to read.
    Text(String),
    /// A remark of the program's own.
    Remark(String),
    /// What the set-up did, in one list.
    Prepared,
    /// Wait for Enter.
    Enter(Ask),
    /// Wait for Enter before these lines run.
    Offer(Vec<String>),
    /// Ask for a prediction.
    Predict,
    /// Let the kernel's answer decide.
    Grade,
    /// Say why.
    Explain(Vec<Explain>),
    /// Work on a task until its goals are met.
    Task,
    /// Ask a recall.
    Ask,
    /// Wait until something outside has happened.
    Visit,
    /// Write down how the step went, before it is over.
    Record(StepResult),
    /// Go into the experiment for a misconception.
    Refute {
        /// Its tag.
        misconception: String,
        /// The experiment.
        refutation: Box<Refutation>,
    },
    /// Repeat the learner's lines that `undo` kept.
    Replay,
    /// Offer the solution, in a lab that was made anew for it.
    Solve,
    /// Back from the experiment for a misconception.
    RefutationEnded,
    /// Record the step, then go on.
    Finish(StepResult),
}

/// What a step does, from a clean lab to its record.
pub(super) fn of_step(step: &Step) -> Vec<Act> {
    let mut acts = vec![Act::Clear(step.world)];
    acts.extend(step.setup.iter().cloned().map(Act::Quiet));
    acts.extend(step.say.iter().cloned().map(Act::Text));
    acts.push(Act::Prepared);
    match &step.kind {
        Kind::Say => acts.extend([Act::Enter(Ask::Continue), Act::Finish(StepResult::Done)]),
        Kind::Run { lines } => acts.extend(run(lines, &step.explain)),
        Kind::Predict { .. } => acts.push(Act::Predict),
        Kind::Task(_) => acts.push(Act::Task),
        Kind::Ask(_) => acts.push(Act::Ask),
        Kind::Visit(_) => acts.push(Act::Visit),
    }
    acts
}

fn run(lines: &[String], explain: &[Explain]) -> Vec<Act> {
    let mut acts = vec![Act::Offer(lines.to_vec())];
    acts.extend(lines.iter().cloned().map(Act::Shown));
    acts.push(Act::Explain(explain.to_vec()));
    acts.extend([Act::Enter(Ask::Continue), Act::Finish(StepResult::Done)]);
    acts
}

/// What follows a prediction: the lines run, the kernel decides.
pub(super) fn after_prediction(step: &Step, lines: &[String]) -> Vec<Act> {
    let mut acts: Vec<_> = lines.iter().cloned().map(Act::Shown).collect();
    acts.extend([Act::Grade, Act::Explain(step.explain.clone())]);
    acts
}

/// What follows once a step's question is settled.
pub(super) fn ending(result: StepResult) -> Vec<Act> {
    vec![Act::Enter(Ask::Continue), Act::Finish(result)]
}

/// The short experiment for a misconception, with a clean lab of its own.
pub(super) fn of_refutation(refutation: &Refutation) -> Vec<Act> {
    let mut acts = vec![Act::Empty(refutation.world)];
    acts.extend(refutation.setup.iter().cloned().map(Act::Quiet));
    acts.extend(refutation.say.iter().cloned().map(Act::Text));
    acts.push(Act::Prepared);
    if !refutation.run.is_empty() {
        acts.push(Act::Offer(refutation.run.clone()));
    }
    acts.extend(refutation.run.iter().cloned().map(Act::Shown));
    acts.extend([
        Act::Explain(refutation.explain.clone()),
        Act::RefutationEnded,
    ]);
    acts
}
