//! Kills that nobody can prepare for. Whatever was on the screen when the kill came, the next
//! start goes on there: at most the step in hand is lost.
use std::path::Path;

use looplab::app::journal::Journal;
use looplab::app::state::StateDir;

use crate::talk::{LESSONS, Talk};

const KILLS: usize = 100;

/// Numbers that look like chance and are the same in every run (Knuth's MMIX generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Whether bytes are the beginning of a record, however short.
fn begins(piece: &str) -> bool {
    let opening = "{\"v\":1,";
    piece.starts_with(opening) || opening.starts_with(piece)
}

/// What the journal has, read as the program reads it. All that a kill can damage is the line that was
/// being written: Linux looks for one between two pages, and what is torn off then is moved aside.
fn records(state: &Path) -> usize {
    let (journal, warning) = Journal::open(StateDir::at(state), std::time::UNIX_EPOCH);
    if let Some(warning) = warning {
        let said = warning.to_string();
        let (_, aside) = said.split_once("moved to ").unwrap();
        let torn = std::fs::read_to_string(aside).unwrap();
        let torn = torn.trim_end_matches('\n');
        assert!(begins(torn) && !torn.contains('\n'), "{torn:?}");
    }
    journal.records().unwrap().len()
}

#[test]
fn a_killed_session_goes_on_where_it_was() {
    let state = tempfile::tempdir().unwrap();
    let mut dice = Dice(7);
    let mut kept = 0;
    let mut lessons = LESSONS.into_iter().cycle();
    let mut lesson = lessons.next().unwrap();
    let mut expected: u64 = 1;
    for killed in 0..KILLS {
        let mut talk = Talk::start(Some(state.path()), &[lesson]);
        let mut started: u64 = 0;
        let mut finished = false;
        for _ in 0..=dice.below(80) {
            let record = talk.hear().unwrap();
            match record["event"].as_str().unwrap() {
                "step_started" if started == 0 => {
                    started = record["number"].as_u64().unwrap();
                    // What was being done when the kill came may have been kept, or not; after the
                    // last step there is the first.
                    if expected == record["total"] && started == 1 {
                        expected = 1;
                    }
                    let goes_on = started == expected || started == expected + 1;
                    assert!(goes_on, "kill {killed}: step {started} after {expected}");
                }
                "step_started" => started = record["number"].as_u64().unwrap(),
                "ask" => drop(talk.answer(&record)),
                "lesson_done" => {
                    // What is said after it shows that it has been kept.
                    finished = talk.hear().is_some();
                    break;
                }
                _ => {}
            }
        }
        talk.kill();
        let now = records(state.path());
        assert!(now >= kept, "kill {killed}: {kept} records became {now}");
        kept = now;
        expected = expected.max(started);
        if finished {
            lesson = lessons.next().unwrap();
            expected = 1;
        }
    }
    assert!(kept > 20, "{kept} records");
}
