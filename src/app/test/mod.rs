//! `test`: lessons proven on this kernel, several steps at once, told in the order of the course.
mod crew;
mod sys;
mod turns;
mod worker;

use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use super::check::{Group, Read, complaints, plural, read_all};
use super::context::Context;
use super::progress;
use super::prove::{Proof, prove_step};
use super::screen::{ProofPlace, is_error};
use crate::cli::{Exit, Test};
use crate::lab::Lab;
use crate::lab::progress::{Progress, Step as Way};
use crate::lesson::{Diagnostic, Lesson, Loaded, Step};
use crate::prompt::Interrupts;
use crew::{Crew, Heard};
use turns::{is_on_host, turns};
use worker::Proven;

/// What there is to tell of, in the order of the course.
enum Entry {
    /// A lesson that is not tried, because of its errors.
    NotTried(Vec<Diagnostic>),
    /// A step, by its number from 0.
    Step {
        loaded: Rc<Loaded>,
        lesson: Arc<Lesson>,
        index: usize,
    },
}

/// What became of the steps, and of the lessons that were not tried at all.
#[derive(Default)]
struct Tally {
    proven: usize,
    broken: usize,
    not_here: usize,
    not_tried: usize,
}

/// Proves every lesson on this kernel. One with errors in it is not tried: they are said instead.
pub(crate) fn test(context: &Context, wanted: &Test) -> io::Result<Exit> {
    let clock = Instant::now();
    let Some(groups) = read_all(context, &wanted.paths) else {
        return Ok(Exit::Usage);
    };
    let entries = entries(context, groups);
    let Some(tally) = prove(context, &entries, wanted.jobs)? else {
        return Ok(Exit::Interrupted);
    };
    sum_up(context, &tally, clock.elapsed().as_secs_f64())?;
    Ok(if tally.broken + tally.not_tried == 0 {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn entries(context: &Context, groups: Vec<Group>) -> Vec<Entry> {
    let glossary = context.library.glossary();
    let mut all = Vec::new();
    for Read { lesson, .. } in groups.into_iter().flat_map(|group| group.lessons) {
        // What a course asks of its lessons is no reason not to try one.
        let mut errors = complaints(&lesson, &glossary);
        errors.retain(is_error);
        match lesson {
            Ok(loaded) if errors.is_empty() => all.extend(steps(loaded)),
            _ => all.push(Entry::NotTried(errors)),
        }
    }
    all
}

fn steps(loaded: Loaded) -> impl Iterator<Item = Entry> {
    let lesson = Arc::new(loaded.lesson.clone());
    let loaded = Rc::new(loaded);
    (0..lesson.steps.len()).map(move |index| Entry::Step {
        loaded: Rc::clone(&loaded),
        lesson: Arc::clone(&lesson),
        index,
    })
}

/// Proves all steps, and tells what is known as soon as all before it is. `None` at Ctrl-C.
fn prove(context: &Context, entries: &[Entry], jobs: usize) -> io::Result<Option<Tally>> {
    let interrupts = Interrupts::take()?;
    let cards = context.cards();
    let prove = |place: usize, lab: &mut Lab| match entries.get(place).and_then(Entry::step) {
        Some((lesson, step)) => prove_step(lesson, step, lab, &cards),
        None => Proof::broken("there is no such step"),
    };
    let mut crew = Crew::new(context.cards(), &prove);
    let mut turns = turns(entries.iter().enumerate().filter_map(|(place, entry)| {
        let (lesson, step) = entry.step()?;
        Some((place, is_on_host(lesson, step)))
    }));
    let mut teller = Teller::new(context, entries);
    loop {
        while crew.at_work() < jobs
            && let Some(turn) = turns.front()
        {
            match crew.begin(turn) {
                Ok(()) => drop(turns.pop_front()),
                Err(error) if crew.at_work() == 0 => return Err(no_process(&error)),
                // Where no further process may be had, fewer have to do.
                Err(_) => break,
            }
        }
        teller.tell()?;
        if crew.at_work() == 0 {
            return Ok(Some(std::mem::take(&mut teller.tally)));
        }
        match crew.wait(&interrupts)? {
            Heard::Proven(proven) => teller.hear(proven),
            Heard::Lost(in_hand, rest) => {
                teller.hear(in_hand);
                turns.extend(Some(rest).filter(|rest| !rest.is_empty()));
            }
            Heard::Interrupted => return Ok(None),
        }
    }
}

fn no_process(error: &io::Error) -> io::Error {
    io::Error::other(format!("no process can be started for a proof ({error})"))
}

impl Entry {
    fn step(&self) -> Option<(&Arc<Lesson>, &Step)> {
        match self {
            Self::NotTried(_) => None,
            Self::Step { lesson, index, .. } => Some((lesson, lesson.steps.get(*index)?)),
        }
    }
}

/// Says what became of each entry, in their order.
struct Teller<'c> {
    context: &'c Context,
    entries: &'c [Entry],
    /// What is known of the steps, by their places.
    known: BTreeMap<usize, Proven>,
    /// How many entries have been told.
    told: usize,
    tally: Tally,
    progress: Option<Box<dyn Progress>>,
}

impl<'c> Teller<'c> {
    fn new(context: &'c Context, entries: &'c [Entry]) -> Self {
        Self {
            context,
            entries,
            known: BTreeMap::new(),
            told: 0,
            tally: Tally::default(),
            progress: progress::on(context.screen.kind(), context.style),
        }
    }

    fn hear(&mut self, proven: impl IntoIterator<Item = (usize, Proven)>) {
        self.known.extend(proven);
    }

    /// Tells what can be told.
    fn tell(&mut self) -> io::Result<()> {
        let entries = self.entries;
        while let Some(entry) = entries.get(self.told) {
            match entry {
                Entry::NotTried(errors) => self.not_tried(errors)?,
                Entry::Step { loaded, .. } => {
                    let Some(proven) = self.known.remove(&self.told) else {
                        break;
                    };
                    self.step(entry, loaded, &proven)?;
                }
            }
            self.told += 1;
        }
        self.show_progress();
        Ok(())
    }

    fn not_tried(&mut self, errors: &[Diagnostic]) -> io::Result<()> {
        self.tally.not_tried += 1;
        self.make_room();
        let mut errors = errors.iter();
        errors.try_for_each(|error| self.context.screen.diagnostic(error))
    }

    fn step(&mut self, entry: &Entry, loaded: &Loaded, proven: &Proven) -> io::Result<()> {
        let Some((lesson, step)) = entry.step() else {
            return Ok(());
        };
        match &proven.proof {
            Proof::Proven => self.tally.proven += 1,
            Proof::NotHere { .. } => self.tally.not_here += 1,
            Proof::Broken { .. } => self.tally.broken += 1,
        }
        if proven.proof != Proof::Proven {
            self.make_room();
        }
        let place = ProofPlace {
            lesson: &lesson.id,
            step: &step.id,
            file: loaded.place_of(&step.id),
        };
        let screen = &self.context.screen;
        screen.proof(place, &proven.proof, proven.milliseconds)
    }

    fn show_progress(&mut self) {
        let (done, of) = (self.told + self.known.len(), self.entries.len());
        let Some(progress) = &mut self.progress else {
            return;
        };
        progress.at(Way {
            verb: "test",
            done: done as u64,
            of: of as u64,
        });
        if done == of {
            progress.over();
        }
    }

    /// What is said now stands where the line of progress was.
    fn make_room(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.over();
        }
    }
}

impl Drop for Teller<'_> {
    /// Ctrl-C leaves no line of progress behind either.
    fn drop(&mut self) {
        self.make_room();
    }
}

fn sum_up(context: &Context, tally: &Tally, seconds: f64) -> io::Result<()> {
    let Tally {
        proven,
        broken,
        not_here,
        not_tried,
    } = tally;
    let steps = proven + broken + not_here;
    let record = json!({
        "steps": steps, "proven": proven, "broken": broken, "not_here": not_here,
        "lessons_not_tried": not_tried,
    });
    context.screen.record("summary", record)?;
    let unread = match not_tried {
        0 => String::new(),
        count => format!(", {} with errors not tried", plural(*count, "lesson")),
    };
    context.screen.talk(&format!(
        "{} proven on this kernel, {broken} broken, {not_here} not possible here{unread}, in \
         {seconds:.1} s.",
        plural(*proven, "step"),
    ));
    Ok(())
}
