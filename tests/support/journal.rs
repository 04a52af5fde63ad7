//! A journal in a directory of its own, for the tests that break it.
use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use looplab::app::journal::{Journal, Record};
use looplab::app::state::{StateDir, Warning};
use looplab::tutor::StepResult;
use tempfile::TempDir;

pub(crate) const FILE: &str = "progress.jsonl";

pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

pub(crate) fn step(number: usize) -> Record {
    let step = format!("step-{number}");
    Record::step(now(), "one-port", step, StepResult::Right)
        .with_prediction(Some(format!("It is {number}.")), vec!["It is.".to_owned()])
}

/// A directory with a journal of three steps, and the bytes of that journal.
pub(crate) fn three_steps() -> (TempDir, Vec<u8>) {
    let directory = tempfile::tempdir().unwrap();
    let (mut journal, warning) = open(&directory);
    assert_eq!(warning, None);
    for number in 0..3 {
        assert_eq!(journal.record(&step(number)), None);
    }
    drop(journal);
    let bytes = fs::read(directory.path().join(FILE)).unwrap();
    (directory, bytes)
}

pub(crate) fn open(directory: &TempDir) -> (Journal, Option<Warning>) {
    Journal::open(StateDir::at(directory.path()), now())
}

/// The numbers of the steps a journal holds.
pub(crate) fn numbers(journal: &Journal) -> Vec<usize> {
    let records = journal.records().unwrap();
    let number = |record: Record| {
        record
            .step
            .unwrap()
            .strip_prefix("step-")
            .unwrap()
            .parse()
            .unwrap()
    };
    records.into_iter().map(number).collect()
}
