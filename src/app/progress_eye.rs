//! The eye that writes the journal: a record after each step, with what was predicted and what the
//! kernel made true. It never stops a walk; trouble is one warning.
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::mem;
use std::rc::Rc;
use std::time::SystemTime;

use super::journal::{self, Journal, Record, Seen, Witness};
use super::screen::Screen;
use super::walk::Eye;
use crate::lang::{Author, Outcome, Scope};
use crate::lesson::{Kind, Lesson, Step};
use crate::limits;
use crate::tutor::{Event, StepResult};

/// Watches a walk for the journal.
pub(crate) struct ProgressEye {
    journal: Rc<RefCell<Journal>>,
    screen: Screen,
    clock: fn() -> SystemTime,
    purpose: Purpose,
    /// The steps that settle a claim, by their ids, with the names that their goals speak of: what
    /// their lines show is evidence.
    cited: BTreeMap<String, BTreeSet<String>>,
    step: Noted,
}

/// What a walk is to the journal.
pub(crate) enum Purpose {
    /// A lesson, which goes on where it was left.
    Lesson {
        /// Its id.
        id: String,
        /// Whether the walk starts the lesson over, rather than going on or looking at a step.
        /// Written down with the first step that is done: a page that was only looked at forgets
        /// no place, and the first screen is there before anything is written.
        anew: bool,
    },
    /// A question of a finished lesson, asked again.
    Review {
        /// The lesson's id.
        id: String,
    },
}

/// What the step in hand has shown so far.
#[derive(Default)]
struct Noted {
    since: Option<SystemTime>,
    kind: Option<&'static str>,
    question: Option<String>,
    predicted: Option<String>,
    came_true: Vec<String>,
    misconception: Option<String>,
    explained: Option<String>,
    observed: Option<String>,
    hints: u32,
    seen: Seen,
    /// Whether the line to come is the lesson's own.
    lessons_own: bool,
    playing: bool,
    /// Of a step that settles a claim.
    witness: Option<Witness>,
}

impl ProgressEye {
    /// An eye on a walk.
    pub(crate) fn new(journal: Rc<RefCell<Journal>>, screen: Screen, purpose: Purpose) -> Self {
        Self {
            journal,
            screen,
            clock: SystemTime::now,
            purpose,
            cited: BTreeMap::new(),
            step: Noted::default(),
        }
    }

    /// The same for a lesson some of whose steps settle claims.
    pub(crate) fn with_claims_of(mut self, lesson: &Lesson) -> Self {
        let cited = lesson.steps.iter().filter(|step| !step.claims.is_empty());
        self.cited = cited.map(|step| (step.id.clone(), goals(step))).collect();
        self
    }

    fn keep(&mut self, record: &Record) -> io::Result<()> {
        let warning = self.journal.borrow_mut().record(record);
        match warning {
            Some(warning) => self.screen.remark(&warning.to_string()),
            None => Ok(()),
        }
    }

    fn lesson(&self) -> &str {
        match &self.purpose {
            Purpose::Lesson { id, .. } | Purpose::Review { id } => id,
        }
    }

    fn bare(&mut self, event: journal::Event) -> io::Result<()> {
        let record = Record::new((self.clock)(), event, self.lesson());
        self.keep(&record)
    }

    fn step_done(&mut self, step: &str, result: StepResult) -> io::Result<()> {
        if let Purpose::Lesson { anew, .. } = &mut self.purpose
            && mem::take(anew)
        {
            self.bare(journal::Event::LessonStarted)?;
        }
        let now = (self.clock)();
        let noted = mem::take(&mut self.step);
        let mut record = Record::step(now, self.lesson(), step, result);
        if matches!(self.purpose, Purpose::Review { .. }) {
            record.event = journal::Event::Reviewed;
        }
        self.keep(&noted.into_record(record, now))
    }
}

impl Noted {
    fn begun(now: SystemTime, kind: &'static str) -> Self {
        Self {
            since: Some(now),
            kind: Some(kind),
            ..Self::default()
        }
    }

    fn note(&mut self, line: &str, outcome: &Outcome) {
        self.seen.note(outcome);
        let lessons_own = mem::take(&mut self.lessons_own);
        match &mut self.witness {
            Some(witness) if lessons_own => witness.lesson(line, outcome),
            Some(witness) if !self.playing => witness.learner(line, outcome),
            _ => {}
        }
    }

    fn into_record(self, record: Record, now: SystemTime) -> Record {
        // What the kernel answered is worth keeping where it was a surprise.
        let missed = record.result == Some(StepResult::Missed);
        let mut record = record
            .with_prediction(self.predicted, self.came_true)
            .with_question(
                self.question,
                self.observed,
                self.explained.filter(|_| missed),
            );
        record.misconception = self.misconception;
        record.kind = self.kind.map(str::to_owned);
        record.hints = self.hints;
        record.seen = self.seen;
        record.evidence = self.witness.map(Witness::into_evidence).unwrap_or_default();
        record.seconds = self.since.map_or(0, |since| seconds(since, now));
        record
    }
}

/// The names that the goals of a step speak of.
fn goals(step: &Step) -> BTreeSet<String> {
    let goals = match &step.kind {
        Kind::Task(task) => task.goals.as_slice(),
        Kind::Visit(visit) => visit.goals.as_slice(),
        _ => return BTreeSet::new(),
    };
    let names = goals.iter().flat_map(|goal| goal.check.names());
    names
        .filter(|name| !Scope::RESERVED.contains(&name.as_str()))
        .collect()
}

/// Seconds between two times, bounded; 0 when the clock went back.
fn seconds(since: SystemTime, now: SystemTime) -> u32 {
    let spent = now.duration_since(since).unwrap_or_default();
    let bounded = spent.as_secs().min(limits::STEP_SECONDS);
    u32::try_from(bounded).unwrap_or_default()
}

impl Eye for ProgressEye {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::StepStarted { step, kind, .. } => {
                self.step = Noted::begun((self.clock)(), kind);
                self.step.witness = self.cited.get(step).cloned().map(Witness::new);
            }
            Event::Question { question, .. } => self.step.question = Some(question.clone()),
            Event::Predicted { text, .. } => self.step.predicted = Some(text.clone()),
            Event::Graded {
                truth,
                seen,
                misconception,
                ..
            } => {
                self.step.came_true.clone_from(truth);
                self.step.observed = seen.first().filter(|seen| !seen.is_empty()).cloned();
                self.step.misconception.clone_from(misconception);
            }
            Event::Explained { text } => self.step.explained = Some(text.clone()),
            Event::Hint { .. } => self.step.hints = self.step.hints.saturating_add(1),
            Event::Command { author, .. } => self.step.lessons_own = *author == Author::Lesson,
            Event::Play { on } => self.step.playing = *on,
            Event::Goals { met: true, .. } => {
                self.step.witness.iter_mut().for_each(Witness::met);
            }
            Event::Outcome { line, outcome } => self.step.note(line, outcome),
            Event::StepDone { step, result } => self.step_done(step, *result)?,
            Event::LessonDone { .. } => self.bare(journal::Event::LessonDone)?,
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn time_spent_is_bounded_and_never_negative() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        for (since, now, expected) in [(5, 65, 60), (65, 5, 0), (0, 100_000, 900)] {
            assert_eq!(seconds(at(since), at(now)), expected);
        }
    }
}
