//! Proof of a lesson on this kernel: the same walk, with hands that take the right way, the wrong
//! ways, and no way at all.
//!
//! * every prediction has exactly one option that comes true, and an explanation that fits;
//! * every task is open before anything is typed, its solution closes it, and each trap is
//!   recognised and leaves it open;
//! * every recall takes its answer and refuses the others, each with its reply if it has one;
//! * every experiment against a misconception runs;
//! * every `expect` of the lesson's own lines holds, and no text has a hole where a number belongs.
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::autopilot::{Autopilot, right_answer};
use super::walk::{Eye, Hand, Keyed, walk};
use crate::lab::Lab;
use crate::lang::CardSource;
use crate::lesson::{Answer, Kind, Lesson, Question, Step};
use crate::tutor::{Ask, Event, StepResult, Tutor, letter};

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(super) enum Proof {
    /// It holds on this kernel.
    Proven,
    /// It cannot be tried here, and why.
    NotHere {
        /// The reason.
        reason: String,
    },
    /// It does not hold; one sentence a fault.
    Broken {
        /// What is wrong.
        faults: Vec<String>,
    },
}

impl Proof {
    /// One that does not hold, for one reason.
    pub(super) fn broken(fault: impl Into<String>) -> Self {
        Self::Broken {
            faults: vec![fault.into()],
        }
    }
}

/// Proves one step. The lab is left clear. When its session is ended meanwhile, what is said of the
/// step means nothing.
pub(crate) fn prove_step(
    lesson: &Arc<Lesson>,
    step: &Step,
    lab: &mut Lab,
    cards: &Arc<dyn CardSource>,
) -> Proof {
    let mut prover = Prover {
        lesson,
        step,
        lab,
        cards,
        faults: Vec::new(),
    };
    let seen = prover.play("the right way", Vec::new());
    if let Some(reason) = seen.not_here() {
        return Proof::NotHere { reason };
    }
    prover.judge(&seen);
    prover.lab.clear();
    if prover.faults.is_empty() {
        Proof::Proven
    } else {
        Proof::Broken {
            faults: prover.faults,
        }
    }
}

struct Prover<'a> {
    lesson: &'a Arc<Lesson>,
    step: &'a Step,
    lab: &'a mut Lab,
    cards: &'a Arc<dyn CardSource>,
    faults: Vec<String>,
}

impl Prover<'_> {
    /// Walks the step, typing these lines first and what the autopilot knows after them.
    fn play(&mut self, way: &str, lines: Vec<String>) -> Seen {
        self.play_with(way, lines, true)
    }

    fn play_with(&mut self, way: &str, lines: Vec<String>, to_the_end: bool) -> Seen {
        let mut hand = ProverHand {
            lines: lines.into(),
            autopilot: Autopilot::default(),
            to_the_end,
            typed: 0,
        };
        self.play_by(way, &mut hand)
    }

    fn play_by(&mut self, way: &str, hand: &mut dyn Hand) -> Seen {
        let lesson = Arc::clone(self.lesson);
        let mut seen = Seen::default();
        if self.lab.interrupter().has_ended() {
            return seen;
        }
        let Some(mut tutor) = Tutor::through(lesson, Arc::clone(self.cards), &self.step.id) else {
            return seen;
        };
        if let Err(error) = walk(&mut tutor, self.lab, hand, &mut [&mut seen]) {
            self.faults.push(format!("{way}: {error}"));
        }
        seen
    }

    fn judge(&mut self, seen: &Seen) {
        self.own_lines(seen);
        match &self.step.kind {
            Kind::Predict { options, .. } => {
                self.prediction(seen);
                // Options with the same misconception lead into the same experiment.
                let mut shown = BTreeSet::new();
                for (index, option) in options.iter().enumerate() {
                    if let Some(tag) = &option.misconception
                        && self.lesson.refutations.contains_key(tag)
                        && shown.insert(tag)
                    {
                        self.refutation(index);
                    }
                }
            }
            Kind::Task(task) => {
                self.opens_and_closes(seen);
                for trap in &task.traps {
                    self.trap(&trap.run, &trap.says);
                }
            }
            Kind::Visit(_) => self.opens_and_closes(seen),
            Kind::Ask(question) => {
                self.recall(seen);
                if !question.replies.is_empty() {
                    self.replies(question);
                }
                if let Answer::Choice {
                    options,
                    several: false,
                } = &question.answer
                {
                    let wrong = options.iter().enumerate();
                    let wrong = wrong.filter(|(_, option)| !option.correct);
                    self.wrong_choices(wrong.map(|(index, _)| letter(index).to_string()));
                }
            }
            Kind::Say | Kind::Run { .. } => {}
        }
    }

    /// What holds for every kind: lines are read, expectations hold, texts have no holes.
    fn own_lines(&mut self, seen: &Seen) {
        self.set_up(seen);
        for event in &seen.events {
            match event {
                Event::BadLine { line, message, .. } => {
                    self.faults.push(format!("`{line}`: {message}"));
                }
                Event::Outcome { outcome, .. } if ["expect", "wait"].contains(&outcome.verb) => {
                    if let Some(failure) = outcome.failure() {
                        self.faults.push(failure.message.clone());
                    }
                }
                Event::Say { text } | Event::Explained { text } if text.contains("``") => {
                    let start: String = text.chars().take(60).collect();
                    self.faults
                        .push(format!("a place without a value in \"{start}…\""));
                }
                _ => {}
            }
        }
        let explained = seen
            .events
            .iter()
            .any(|e| matches!(e, Event::Explained { .. }));
        if !self.step.explain.is_empty() && !explained {
            self.faults
                .push("no explanation fits what happened".to_owned());
        }
    }

    /// A set-up is quiet unless a line of it fails, and then nothing after it means anything.
    fn set_up(&mut self, seen: &Seen) {
        let begins = |event: &&Event| {
            !matches!(
                event,
                Event::Prepared { .. }
                    | Event::Question { .. }
                    | Event::Task { .. }
                    | Event::Command { .. }
            )
        };
        for event in seen.events.iter().take_while(begins) {
            if let Event::Outcome { outcome, .. } = event
                && let Some(failure) = outcome.failure()
            {
                let fault = format!("the set-up fails: {}", failure.message);
                if !self.faults.contains(&fault) {
                    self.faults.push(fault);
                }
            }
        }
    }

    fn prediction(&mut self, seen: &Seen) {
        for event in &seen.events {
            match event {
                Event::Graded { came_true, .. } if came_true.len() > 1 => {
                    let letters: String = came_true.iter().map(|i| letter(*i)).collect();
                    self.faults
                        .push(format!("options {letters} come true at once"));
                }
                Event::Surprise { observed } => {
                    let reasons: Vec<_> = observed.iter().map(|(_, why)| why.as_str()).collect();
                    self.faults
                        .push(format!("no option comes true: {}", reasons.join("; ")));
                }
                _ => {}
            }
        }
    }

    fn refutation(&mut self, option: usize) {
        let seen = self.play("the misconception", vec![letter(option).to_string()]);
        let started = seen.has(|e| matches!(e, Event::RefutationStarted { .. }));
        let ended = seen.has(|e| matches!(e, Event::RefutationEnded));
        let left_out = seen.has(|e| matches!(e, Event::RefutationSkipped { .. }));
        if !left_out && (!started || !ended) {
            let letter = letter(option);
            self.faults.push(format!(
                "option {letter} does not lead through its refutation"
            ));
        }
        self.own_lines(&seen);
    }

    fn opens_and_closes(&mut self, seen: &Seen) {
        let goals: Vec<bool> = seen
            .events
            .iter()
            .filter_map(|e| match e {
                Event::Goals { met, .. } => Some(*met),
                _ => None,
            })
            .collect();
        if goals.first() == Some(&true) {
            self.faults
                .push("the goals are met before anything is typed".to_owned());
        }
        if goals.last() != Some(&true) {
            let why = seen.open_goals().join("; ");
            self.faults
                .push(format!("the solution does not meet the goals: {why}"));
        }
    }

    fn trap(&mut self, run: &[String], says: &str) {
        let seen = self.play_with("a trap", run.to_vec(), false);
        let shown = run.join("; ");
        if seen.has(|e| matches!(e, Event::Goals { met: true, .. })) {
            self.faults
                .push(format!("the trap `{shown}` meets the goals"));
        }
        if !seen.has(|e| matches!(e, Event::Trap { text } if is_filled(says, text))) {
            self.faults
                .push(format!("the trap `{shown}` does not give its message"));
        }
    }

    fn recall(&mut self, seen: &Seen) {
        if !seen.has(|e| matches!(e, Event::Answered { correct: true, .. })) {
            self.faults
                .push("the right answer is not accepted".to_owned());
        }
    }

    /// Each reply is given to its own wrong answer. Behind a right one there are no more answers.
    fn replies(&mut self, question: &Question) {
        let seen = self.play_by("a wrong answer", &mut Replied(0));
        let answers = seen.events.iter().filter_map(|event| match event {
            Event::Answered {
                correct, because, ..
            } => Some((*correct, because.as_deref().unwrap_or_default())),
            _ => None,
        });
        for (reply, (correct, because)) in question.replies.iter().zip(answers) {
            let to = reply.to.text();
            if correct {
                self.faults
                    .push(format!("the reply to `{to}` is to the right answer"));
            } else if !is_filled(&reply.say, because) {
                self.faults.push(format!(
                    "the answer `{to}` has another reply before this one"
                ));
            }
        }
    }

    fn wrong_choices(&mut self, letters: impl Iterator<Item = String>) {
        let letters: Vec<String> = letters.collect();
        let seen = self.play_with("a wrong answer", letters.clone(), false);
        for letter in &letters {
            let refused = |event: &Event| matches!(event, Event::Answered { correct: false, given, .. } if given == letter);
            if !seen.has(refused) {
                self.faults.push(format!("option {letter} is not refused"));
            }
        }
    }
}

/// Whether a text is what a template becomes: its words before the first place and behind the last
/// one tell.
fn is_filled(template: &str, text: &str) -> bool {
    let start = template.split(['{', '}']).next().unwrap_or_default();
    let end = template.rsplit(['{', '}']).next().unwrap_or_default();
    text.starts_with(start) && text.trim_end().ends_with(end.trim_end())
}

/// Types the wrong answers that the lesson has a reply to, one after the other.
struct Replied(usize);

impl Hand for Replied {
    fn line(&mut self, ask: &Ask, tutor: &Tutor) -> io::Result<Keyed> {
        if matches!(ask, Ask::Continue | Ask::Run { .. }) {
            return Ok(Keyed::Line(String::new()));
        }
        let step = tutor.lesson().step(tutor.step_id());
        let next = match step.map(|step| &step.kind) {
            Some(Kind::Ask(question)) => question.replies.get(self.0),
            _ => None,
        };
        self.0 += 1;
        Ok(next.map_or(Keyed::End, |reply| {
            Keyed::Line(reply.to.typed(tutor.scope()))
        }))
    }
}

/// Types the given lines wherever something is asked, then follows the autopilot, or stops.
struct ProverHand {
    lines: VecDeque<String>,
    autopilot: Autopilot,
    to_the_end: bool,
    typed: usize,
}

/// More lines than any step needs.
const MOST_LINES: usize = 200;

impl Hand for ProverHand {
    fn line(&mut self, ask: &Ask, tutor: &Tutor) -> io::Result<Keyed> {
        if matches!(ask, Ask::Continue | Ask::Run { .. }) {
            return Ok(Keyed::Line(String::new()));
        }
        // A right answer that is not taken would be given for ever.
        self.typed += 1;
        if self.typed > MOST_LINES {
            return Ok(Keyed::End);
        }
        let line = match self.lines.pop_front() {
            Some(line) => line,
            None if !self.to_the_end => return Ok(Keyed::End),
            None => match tutor.lesson().step(tutor.step_id()).map(|step| &step.kind) {
                Some(Kind::Ask(question)) => right_answer(question, tutor.scope()),
                _ => self.autopilot.line(ask, tutor),
            },
        };
        // A walk that would skip a task has run out of solution: that is the answer.
        let stuck = line == "skip" && matches!(ask, Ask::Commands | Ask::Visit);
        Ok(if stuck { Keyed::End } else { Keyed::Line(line) })
    }
}

/// Every event of a walk through the step.
#[derive(Default)]
struct Seen {
    events: Vec<Event>,
}

impl Eye for Seen {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.events.push(event.clone());
        Ok(())
    }
}

impl Seen {
    fn has(&self, test: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(test)
    }

    /// Why the step was left out, when it was.
    fn not_here(&self) -> Option<String> {
        let is_left_out = |event: &Event| {
            matches!(
                event,
                Event::StepDone {
                    result: StepResult::NotHere,
                    ..
                }
            )
        };
        let left_out = self.has(is_left_out);
        let reason = self.events.iter().find_map(|event| match event {
            Event::StepSkipped { reason, .. } => Some(reason.clone()),
            _ => None,
        });
        left_out.then(|| reason.unwrap_or_else(|| "it is for other machines".to_owned()))
    }

    fn open_goals(&self) -> Vec<String> {
        let last = self.events.iter().rev().find_map(|event| match event {
            Event::Goals { goals, .. } => Some(goals),
            _ => None,
        });
        let open = last.into_iter().flatten().filter(|goal| !goal.met);
        open.map(|goal| format!("{} ({})", goal.say, goal.why))
            .collect()
    }
}
