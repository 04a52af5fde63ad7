//! What the records of a journal add up to. Pure: records in, numbers out.
use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::memory::Memory;
use super::record::{Event, Record};
use crate::tutor::StepResult;

/// How far the learner is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// By lesson id.
    pub lessons: BTreeMap<String, LessonProgress>,
    /// The lesson of the latest record.
    latest: Option<String>,
    /// The lesson that was finished last.
    #[serde(skip)]
    finished_last: Option<String>,
    /// When questions that were due were put off last, in seconds since 1970.
    put_off: Option<u64>,
    /// Whether questions are not to be offered.
    review_off: bool,
}

/// How far the learner is in one lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LessonProgress {
    /// By step id.
    pub steps: BTreeMap<String, StepProgress>,
    /// How often the lesson was finished.
    pub finished: u32,
    /// The step that was done last since the lesson was begun or finished.
    pub last_step: Option<String>,
    /// When the lesson was touched last, in seconds since 1970.
    pub touched: u64,
}

/// How one step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StepProgress {
    /// The first time: for a prediction, what the learner believed before.
    pub first: StepResult,
    /// The latest time.
    pub latest: StepResult,
    /// How often.
    pub times: u32,
    /// Of a question: when to ask it again.
    pub memory: Option<Memory>,
}

/// A question that can be asked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The lesson's id.
    pub lesson: String,
    /// The step's id.
    pub step: String,
    /// What the answers so far add up to.
    #[serde(flatten)]
    pub memory: Memory,
}

/// Where to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resume {
    /// The lesson's id.
    pub lesson: String,
    /// The step that was done last; `None` at the beginning.
    pub after: Option<String>,
}

/// The whole in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Lessons with at least one step done.
    pub begun: usize,
    /// Lessons finished at least once.
    pub finished: usize,
    /// Different steps done.
    pub steps: usize,
    /// Questions and predictions that were right at once.
    pub right: usize,
    /// Questions and predictions that missed at first.
    pub missed: usize,
}

impl Progress {
    /// Adds a record.
    pub fn add(&mut self, record: &Record) {
        match record.event {
            Event::LessonStarted | Event::StepDone | Event::LessonDone => self.walked(record),
            Event::Reviewed => self.reviewed(record),
            Event::ReviewLater => self.put_off = Some(record.t),
            Event::ReviewOff => self.review_off = true,
            Event::ReviewOn => self.review_off = false,
        }
    }

    fn walked(&mut self, record: &Record) {
        let lesson = self.lessons.entry(record.lesson.clone()).or_default();
        lesson.touched = lesson.touched.max(record.t);
        match record.event {
            Event::LessonStarted => lesson.last_step = None,
            Event::LessonDone => {
                lesson.finished = lesson.finished.saturating_add(1);
                lesson.last_step = None;
            }
            _ => lesson.add(record),
        }
        if record.event == Event::LessonDone {
            self.finished_last = Some(record.lesson.clone());
        }
        // A finished lesson has nothing to go on with.
        self.latest = (record.event != Event::LessonDone).then(|| record.lesson.clone());
    }

    /// A review moves no place in a lesson.
    fn reviewed(&mut self, record: &Record) {
        let lesson = self.lessons.get_mut(&record.lesson);
        let step = lesson.and_then(|lesson| lesson.steps.get_mut(record.step.as_ref()?));
        if let Some(step) = step {
            step.remember(record);
        }
    }

    /// The questions of finished lessons that were answered there, by lesson and step.
    pub fn asked(&self) -> impl Iterator<Item = Asked> {
        let finished = self
            .lessons
            .iter()
            .filter(|(_, lesson)| lesson.finished > 0);
        finished.flat_map(|(lesson, progress)| {
            progress.steps.iter().filter_map(|(step, went)| {
                Some(Asked {
                    lesson: lesson.clone(),
                    step: step.clone(),
                    memory: went.memory?,
                })
            })
        })
    }

    /// Those that are due, most overdue first, as long as there are any of another lesson one of
    /// each.
    pub fn due(&self, now: u64) -> Vec<Asked> {
        let overdue = |asked: &Asked| asked.memory.overdue(now);
        let due = self.asked().filter(|asked| overdue(asked).is_some());
        mixed(due.collect(), |asked| Reverse(overdue(asked)))
    }

    /// All of them, the first to be due first, mixed in the same way.
    pub fn questions(&self, now: u64) -> Vec<Asked> {
        mixed(self.asked().collect(), |asked| {
            (Reverse(asked.memory.overdue(now)), asked.memory.due_in(now))
        })
    }

    /// When questions were put off last, in seconds since 1970.
    pub fn put_off(&self) -> Option<u64> {
        self.put_off
    }

    /// Whether questions are not to be offered.
    pub fn is_review_off(&self) -> bool {
        self.review_off
    }

    /// How far the learner is in a lesson; `None` when it was never begun.
    pub fn lesson(&self, id: &str) -> Option<&LessonProgress> {
        self.lessons.get(id)
    }

    /// Whether a lesson was ever finished.
    pub fn is_finished(&self, id: &str) -> bool {
        self.lesson(id).is_some_and(|lesson| lesson.finished > 0)
    }

    /// The lesson that was left in the middle, and where.
    pub fn resume(&self) -> Option<Resume> {
        let lesson = self.latest.clone()?;
        let after = self.lesson(&lesson)?.last_step.clone();
        Some(Resume { lesson, after })
    }

    /// The lesson that was finished last.
    pub fn finished_last(&self) -> Option<&str> {
        self.finished_last.as_deref()
    }

    /// The whole in numbers.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for lesson in self.lessons.values() {
            counts.begun += usize::from(!lesson.steps.is_empty());
            counts.finished += usize::from(lesson.finished > 0);
            counts.steps += lesson.steps.len();
            for step in lesson.steps.values() {
                counts.right += usize::from(step.first == StepResult::Right);
                counts.missed += usize::from(step.first == StepResult::Missed);
            }
        }
        counts
    }
}

impl LessonProgress {
    fn add(&mut self, record: &Record) {
        let (Some(id), Some(result)) = (&record.step, record.result) else {
            return;
        };
        self.last_step = Some(id.clone());
        self.steps
            .entry(id.clone())
            .and_modify(|step| {
                if !step.first.is_met() {
                    step.first = result;
                }
                step.latest = result;
                step.times = step.times.saturating_add(1);
            })
            .or_insert(StepProgress {
                first: result,
                latest: result,
                times: 1,
                memory: None,
            })
            .remember(record);
    }
}

impl StepProgress {
    /// Takes an answer into the memory; other results than those of a question have none.
    fn remember(&mut self, record: &Record) {
        let question = matches!(record.kind.as_deref(), Some("predict" | "ask"));
        let right = match record.result {
            Some(StepResult::Right) => true,
            Some(StepResult::Missed) => false,
            // Who let it be answered could not answer it.
            Some(StepResult::Skipped) if question => false,
            Some(StepResult::NotHere) => {
                if let Some(memory) = &mut self.memory {
                    memory.put_off(record.t);
                }
                return;
            }
            _ => return,
        };
        match &mut self.memory {
            Some(memory) => memory.answer(record.t, right),
            None => self.memory = Some(Memory::new(record.t, right)),
        }
    }
}

/// In the order of a key, but one of each lesson, then a second one of each, and so on.
fn mixed<K: Ord>(mut all: Vec<Asked>, key: impl Fn(&Asked) -> K) -> Vec<Asked> {
    all.sort_by_key(&key);
    let mut rounds: Vec<(usize, Asked)> = Vec::with_capacity(all.len());
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for asked in all {
        let round = taken.entry(asked.lesson.clone()).or_default();
        rounds.push((*round, asked));
        *round += 1;
    }
    rounds.sort_by_key(|(round, _)| *round);
    rounds.into_iter().map(|(_, asked)| asked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn progress(records: &[(Event, &str, &str, StepResult)]) -> Progress {
        let mut progress = Progress::default();
        for (event, lesson, step, result) in records {
            let mut record = Record::new(UNIX_EPOCH, *event, *lesson);
            if *event == Event::StepDone {
                record = Record::step(UNIX_EPOCH, *lesson, *step, *result);
            }
            progress.add(&record);
        }
        progress
    }

    #[test]
    fn resume_is_where_the_learner_left() {
        use Event::{LessonDone, LessonStarted, StepDone};
        use StepResult::Done;
        let table: [(&[_], _); 5] = [
            (&[], None),
            (&[(LessonStarted, "a", "", Done)], Some(("a", None))),
            (
                &[(StepDone, "a", "one", Done), (StepDone, "a", "two", Done)],
                Some(("a", Some("two"))),
            ),
            (
                &[(StepDone, "a", "one", Done), (LessonDone, "a", "", Done)],
                None,
            ),
            (
                &[
                    (StepDone, "a", "one", Done),
                    (LessonDone, "a", "", Done),
                    (StepDone, "b", "one", Done),
                    (LessonStarted, "b", "", Done),
                ],
                Some(("b", None)),
            ),
        ];
        for (records, expected) in table {
            let expected = expected.map(|(lesson, after): (&str, Option<&str>)| Resume {
                lesson: lesson.to_owned(),
                after: after.map(str::to_owned),
            });
            assert_eq!(progress(records).resume(), expected, "{records:?}");
        }
    }

    #[test]
    fn the_first_answer_counts_and_the_latest_is_kept() {
        use Event::{LessonDone, StepDone};
        let progress = progress(&[
            (StepDone, "a", "guess", StepResult::Missed),
            (StepDone, "a", "guess", StepResult::Right),
            (StepDone, "a", "read", StepResult::Done),
            (LessonDone, "a", "", StepResult::Done),
            (StepDone, "b", "guess", StepResult::Right),
        ]);
        let counts = Counts {
            begun: 2,
            finished: 1,
            steps: 3,
            right: 1,
            missed: 1,
        };
        assert_eq!(progress.counts(), counts);
        assert!(progress.is_finished("a") && !progress.is_finished("b"));
        let guess = progress.lesson("a").unwrap().steps["guess"];
        assert_eq!(
            (guess.first, guess.latest),
            (StepResult::Missed, StepResult::Right)
        );
        assert_eq!(guess.times, 2);
    }

    const DAY: u64 = 24 * 60 * 60;

    fn answer(day: u64, lesson: &str, step: &str, result: StepResult) -> Record {
        let at = UNIX_EPOCH + std::time::Duration::from_secs(day * DAY);
        Record::step(at, lesson, step, result)
    }

    fn of_event(event: Event, mut record: Record) -> Record {
        record.event = event;
        record
    }

    fn finished(lesson: &str) -> Record {
        Record::new(UNIX_EPOCH, Event::LessonDone, lesson)
    }

    #[test]
    fn what_is_due_comes_from_finished_lessons_mixed_and_most_overdue_first() {
        use StepResult::{Done, Helped, Missed, NotHere, Right, Skipped};
        let kind = |kind: &str, mut record: Record| {
            record.kind = Some(kind.to_owned());
            record
        };
        let again = |day, lesson, step, result| {
            of_event(Event::Reviewed, answer(day, lesson, step, result))
        };
        let table: Vec<(&str, Vec<Record>, u64, &[&str])> = vec![
            ("nothing", vec![], 9, &[]),
            ("unfinished", vec![answer(0, "a", "x", Right)], 9, &[]),
            (
                "no questions",
                vec![
                    answer(0, "a", "read", Done),
                    answer(0, "a", "task", Helped),
                    kind("task", answer(0, "a", "other", Skipped)),
                    finished("a"),
                ],
                9,
                &[],
            ),
            (
                "a question that was skipped",
                vec![kind("ask", answer(0, "a", "x", Skipped)), finished("a")],
                1,
                &["a/x"],
            ),
            (
                "not yet",
                vec![answer(1, "a", "x", Right), finished("a")],
                1,
                &[],
            ),
            (
                "different lessons first",
                vec![
                    answer(0, "a", "x", Right),
                    answer(1, "a", "y", Missed),
                    finished("a"),
                    answer(2, "b", "x", Right),
                    finished("b"),
                ],
                9,
                &["a/x", "b/x", "a/y"],
            ),
            (
                "reviewed",
                vec![
                    answer(0, "a", "x", Right),
                    answer(0, "a", "y", Right),
                    finished("a"),
                    again(1, "a", "x", Right),
                    again(1, "a", "y", Missed),
                    again(1, "gone", "y", Missed),
                    again(1, "a", "gone", Missed),
                ],
                2,
                &["a/y"],
            ),
            (
                "not possible here",
                vec![
                    answer(0, "a", "x", Right),
                    finished("a"),
                    again(1, "a", "x", NotHere),
                ],
                1,
                &[],
            ),
        ];
        for (name, records, day, expected) in table {
            let mut progress = Progress::default();
            for record in &records {
                progress.add(record);
            }
            let due = progress.due(day * DAY);
            let due: Vec<String> = due
                .iter()
                .map(|asked| format!("{}/{}", asked.lesson, asked.step))
                .collect();
            assert_eq!(due, expected, "{name}");
        }
    }

    #[test]
    fn a_review_moves_no_place_in_a_lesson() {
        let mut progress = Progress::default();
        progress.add(&answer(0, "a", "x", StepResult::Right));
        progress.add(&finished("a"));
        progress.add(&answer(0, "b", "x", StepResult::Right));
        let before = (progress.resume(), progress.counts());
        for (event, off, put_off) in [
            (Event::Reviewed, false, None),
            (Event::ReviewLater, false, Some(5 * DAY)),
            (Event::ReviewOff, true, Some(5 * DAY)),
            (Event::ReviewOn, false, Some(5 * DAY)),
        ] {
            progress.add(&of_event(event, answer(5, "a", "x", StepResult::Missed)));
            assert_eq!((progress.resume(), progress.counts()), before, "{event:?}");
            assert_eq!(
                (progress.is_review_off(), progress.put_off()),
                (off, put_off)
            );
        }
        let step = progress.lesson("a").unwrap().steps["x"];
        assert_eq!((step.times, step.latest), (1, StepResult::Right));
        assert_eq!(step.memory.unwrap().rights, 0);
    }
}
