//! When a question should be asked again: a fold over the records of its answers, at intervals that
//! grow with each right answer. Pure: times are seconds since 1970 and come in as arguments.
//!
//! A clock may have been wrong when a record was written, or be wrong now. Only the distance
//! between two times is looked at, in either direction: a clock that was years ahead makes a
//! question due, never one that is never asked again.
use serde::Serialize;

const DAY: u64 = 24 * 60 * 60;

/// Days until a question is due again, after so many right answers in a row; after a miss the first
/// of them. What is recalled just before it would be forgotten is kept longest, so each is about
/// twice the one before.
const DAYS: [u64; 5] = [1, 3, 7, 16, 35];

/// What the answers to one question add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// Right answers in a row that came when they were due.
    pub rights: u8,
    /// When the answer came that counts, in seconds since 1970.
    pub answered: u64,
}

impl Memory {
    /// The first answer.
    pub(super) fn new(at: u64, right: bool) -> Self {
        Self {
            rights: u8::from(right),
            answered: at,
        }
    }

    /// Another answer. A right one before its time says little and changes nothing; a miss counts
    /// at any time.
    pub(super) fn answer(&mut self, at: u64, right: bool) {
        if !right {
            *self = Self::new(at, false);
        } else if self.overdue(at).is_some() {
            self.rights = self.rights.saturating_add(1);
            self.answered = at;
        }
    }

    /// It could not be asked on this machine: not again before the same time has passed.
    pub(super) fn put_off(&mut self, at: u64) {
        self.answered = at;
    }

    /// Seconds since the question became due; `None` while it is not.
    pub fn overdue(&self, now: u64) -> Option<u64> {
        now.abs_diff(self.answered).checked_sub(self.interval())
    }

    /// Seconds until the question is due; 0 when it is.
    pub fn due_in(&self, now: u64) -> u64 {
        self.interval().saturating_sub(now.abs_diff(self.answered))
    }

    fn interval(&self) -> u64 {
        let place = usize::from(self.rights).saturating_sub(1);
        let days = DAYS.get(place).or(DAYS.last()).copied();
        days.unwrap_or(1) * DAY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000;

    /// Answers as (day, right), and the days after the last of them until the question is due.
    #[test]
    fn intervals_grow_with_right_answers_and_begin_again_after_a_miss() {
        let table: &[(&[(u64, bool)], u64)] = &[
            (&[(0, true)], 1),
            (&[(0, false)], 1),
            (&[(0, true), (1, true)], 3),
            (&[(0, true), (1, true), (4, true)], 7),
            (&[(0, true), (1, true), (4, true), (11, true)], 16),
            (
                &[(0, true), (1, true), (4, true), (11, true), (27, true)],
                35,
            ),
            (
                &[
                    (0, true),
                    (1, true),
                    (4, true),
                    (11, true),
                    (27, true),
                    (62, true),
                ],
                35,
            ),
            // Late is as good as in time.
            (&[(0, true), (100, true)], 3),
            (&[(0, true), (1, true), (4, true), (11, false)], 1),
            (&[(0, true), (1, true), (4, false), (5, true)], 1),
            (&[(0, true), (1, true), (4, false), (5, true), (6, true)], 3),
        ];
        for (answers, days) in table {
            let ((first, right), rest) = answers.split_first().unwrap();
            let mut memory = Memory::new(NOW + first * DAY, *right);
            for (day, right) in rest {
                memory.answer(NOW + day * DAY, *right);
            }
            let last = NOW + answers.last().unwrap().0 * DAY;
            let due = last + days * DAY;
            assert_eq!(memory.overdue(due - 1), None, "{answers:?}");
            assert_eq!(memory.overdue(due), Some(0), "{answers:?}");
            assert_eq!(memory.overdue(due + 5), Some(5), "{answers:?}");
            assert_eq!(memory.due_in(last), days * DAY, "{answers:?}");
            assert_eq!(memory.due_in(due + 5), 0, "{answers:?}");
        }
    }

    #[test]
    fn a_right_answer_before_its_time_changes_nothing_and_a_miss_counts_at_once() {
        let mut memory = Memory::new(NOW, true);
        memory.answer(NOW + DAY, true);
        let before = memory;
        memory.answer(NOW + DAY + 10, true);
        assert_eq!(memory, before);
        memory.answer(NOW + DAY + 20, false);
        assert_eq!(memory, Memory::new(NOW + DAY + 20, false));
    }

    #[test]
    fn a_clock_that_goes_backwards_does_no_harm() {
        // By a second, right after the answer: it is not asked at once.
        let memory = Memory::new(NOW, true);
        assert_eq!(memory.overdue(NOW - 1), None);
        // The answer was given in a year that has not come: asked now, not in that year.
        let ahead = Memory::new(NOW + 9_000 * DAY, true);
        assert!(ahead.overdue(NOW).is_some());
        let mut mended = ahead;
        mended.answer(NOW, true);
        assert_eq!((mended.answered, mended.rights), (NOW, 2));
        for extreme in [0, u64::MAX] {
            let mut memory = Memory::new(extreme, true);
            memory.answer(u64::MAX - extreme, true);
            assert_eq!(memory.rights, 2);
        }
    }
}
