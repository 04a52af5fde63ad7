//! What the records of a journal add up to. Pure: records in, numbers out.
use std::collections::BTreeMap;

use serde::Serialize;

use super::record::{Event, Record};
use crate::tutor::StepResult;

/// How far the learner is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// By lesson id.
    pub lessons: BTreeMap<String, LessonProgress>,
    /// The lesson of the latest record.
    latest: Option<String>,
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
        let lesson = self.lessons.entry(record.lesson.clone()).or_default();
        lesson.touched = lesson.touched.max(record.t);
        match record.event {
            Event::LessonStarted => lesson.last_step = None,
            Event::LessonDone => {
                lesson.finished = lesson.finished.saturating_add(1);
                lesson.last_step = None;
            }
            Event::StepDone => lesson.add(record),
        }
        // A finished lesson has nothing to go on with.
        self.latest = (record.event != Event::LessonDone).then(|| record.lesson.clone());
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
                step.latest = result;
                step.times = step.times.saturating_add(1);
            })
            .or_insert(StepProgress {
                first: result,
                latest: result,
                times: 1,
            });
    }
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
}
