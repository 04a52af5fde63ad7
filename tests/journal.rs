//! The journal under everything that can happen to a file: damage, planted pipes, a second window.
//!
//! No test here starts a process: between fork(2) and exec(3) a child holds every file open, and a
//! journal that somebody holds is not mended. Those tests are in `journal_processes.rs`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use looplab::app::journal::{Event, Journal, Record};
use looplab::app::state::StateDir;
use proptest::prelude::*;
use support::journal::{FILE, now, numbers, open, step, three_steps};
use tempfile::TempDir;

fn set_aside(directory: &TempDir) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory.path()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.to_string_lossy().contains(".corrupt-"))
        .collect()
}

#[test]
fn what_is_recorded_is_there_the_next_time() {
    let (directory, _) = three_steps();
    let (mut journal, warning) = open(&directory);
    assert_eq!(warning, None);
    assert_eq!(numbers(&journal), [0, 1, 2]);
    let resume = journal.progress().resume().unwrap();
    assert_eq!(
        (resume.lesson.as_str(), resume.after.as_deref()),
        ("one-port", Some("step-2"))
    );
    journal.record(&Record::new(now(), Event::LessonDone, "one-port"));
    let (journal, _) = open(&directory);
    assert!(journal.progress().is_finished("one-port"));
    assert_eq!(journal.progress().resume(), None);
    let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(directory.path().join(FILE)), 0o600);
}

#[test]
fn the_records_of_one_lesson_are_found_among_others() {
    let (directory, _) = three_steps();
    let (mut journal, _) = open(&directory);
    journal.record(&Record::new(now(), Event::LessonDone, "another"));
    let told = |lesson: &str| journal.records_of(lesson).unwrap().len();
    assert_eq!((told("one-port"), told("another"), told("none")), (3, 1, 0));
    assert_eq!(journal.records().unwrap().len(), 4);
}

#[test]
fn nothing_is_made_before_something_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state/looplab");
    let (mut journal, warning) = Journal::open(StateDir::at(&state), now());
    assert_eq!(warning, None);
    assert!(!state.exists());
    assert_eq!(journal.record(&step(0)), None);
    assert!(state.join(FILE).exists());
    let mode = state.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
}

/// A kill or a crash leaves any length: what is whole is kept, and the next record is kept too.
#[test]
fn a_journal_cut_at_any_byte_keeps_its_whole_records() {
    let (directory, bytes) = three_steps();
    let path = directory.path().join(FILE);
    let ends: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b'\n').collect();
    for length in 0..=bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let whole = ends.iter().filter(|end| **end <= length).count();
        let (mut journal, _) = open(&directory);
        assert_eq!(
            numbers(&journal),
            (0..whole).collect::<Vec<_>>(),
            "cut at {length}"
        );
        assert_eq!(journal.record(&step(9)), None);
        drop(journal);
        let (journal, warning) = open(&directory);
        assert_eq!(warning, None, "cut at {length}");
        assert_eq!(numbers(&journal).len(), whole + 1, "cut at {length}");
    }
}

#[test]
fn damage_is_moved_aside_and_never_lost() {
    let zeros = vec![0; 5000];
    let endless = vec![b'x'; 3 << 20];
    let table: [(&str, &[u8]); 5] = [
        ("zeros", &zeros),
        ("words", b"this is no record\nnor is this"),
        ("bytes", b"\xff\xfe\x00\x01\n\n\n"),
        ("an endless line", &endless),
        ("half a record", b"{\"v\":1,\"t\":17"),
    ];
    for (name, damage) in table {
        let (directory, bytes) = three_steps();
        let path = directory.path().join(FILE);
        let second = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let (first, rest) = bytes.split_at(second);
        fs::write(&path, [first, damage, b"\n", rest].concat()).unwrap();

        let (journal, warning) = open(&directory);
        assert_eq!(numbers(&journal), [0, 1, 2], "{name}");
        let said = warning.unwrap().to_string();
        let aside = set_aside(&directory);
        assert_eq!(aside.len(), 1, "{name}");
        assert!(said.contains(&aside[0].display().to_string()), "{said}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "{name}");
        let kept = fs::read(&aside[0]).unwrap();
        let without_newlines = |bytes: &[u8]| -> Vec<u8> {
            bytes
                .iter()
                .copied()
                .filter(|byte| *byte != b'\n')
                .collect()
        };
        assert!(
            without_newlines(&kept) == without_newlines(damage),
            "{name}"
        );
        drop(journal);
        assert_eq!(open(&directory).1, None, "{name}: mended once");
    }
}

/// What a kill leaves is no reason to be alarmed, and is told from damage.
#[test]
fn a_record_cut_short_at_the_end_is_called_that() {
    let table = [
        ("{\"v\":1,\"t\":17", "cut short"),
        ("{\"v\":1,\"t\":17\n", "damaged"),
        ("no record", "damaged"),
        ("no record\n{\"v\":1,\"t\":17", "damaged"),
    ];
    for (end, said) in table {
        let (directory, mut bytes) = three_steps();
        bytes.extend(end.as_bytes());
        fs::write(directory.path().join(FILE), &bytes).unwrap();
        let (journal, warning) = open(&directory);
        let warning = warning.unwrap().to_string();
        assert!(warning.contains(said), "{end:?}: {warning}");
        assert_eq!(numbers(&journal), [0, 1, 2], "{end:?}");
    }
}

#[test]
fn zeros_in_front_of_a_record_do_not_hide_it() {
    let (directory, bytes) = three_steps();
    let path = directory.path().join(FILE);
    fs::write(&path, [&[0; 512][..], &bytes].concat()).unwrap();
    let (journal, warning) = open(&directory);
    assert!(warning.is_some());
    assert_eq!(numbers(&journal), [0, 1, 2]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_flipped_bit_costs_at_most_two_records(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let (directory, mut bytes) = three_steps();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        fs::write(directory.path().join(FILE), &bytes).unwrap();
        let (mut journal, _) = open(&directory);
        prop_assert!(!numbers(&journal).is_empty());
        prop_assert_eq!(journal.record(&step(9)), None);
        prop_assert!(numbers(&journal).ends_with(&[9]));
    }

    #[test]
    fn any_file_is_opened_and_added_to(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(FILE), &bytes).unwrap();
        let (mut journal, _) = open(&directory);
        prop_assert_eq!(journal.record(&step(0)), None);
        drop(journal);
        prop_assert_eq!(numbers(&open(&directory).0), [0]);
    }
}

#[test]
fn a_newer_journal_is_read_and_never_rewritten() {
    let (directory, mut bytes) = three_steps();
    bytes.extend(b"{\"v\":7,\"event\":\"exam\",\"crc\":\"6980e6e9\"}\nand damage\n");
    let path = directory.path().join(FILE);
    fs::write(&path, &bytes).unwrap();
    let (mut journal, warning) = open(&directory);
    assert!(warning.unwrap().to_string().contains("newer looplab"));
    assert_eq!(numbers(&journal), [0, 1, 2]);
    journal.record(&step(3));
    assert!(fs::read(&path).unwrap().starts_with(&bytes));
    assert!(set_aside(&directory).is_empty());
}

#[test]
fn two_windows_add_to_one_file() {
    let (directory, _) = three_steps();
    let (mut first, _) = open(&directory);
    let (mut second, _) = open(&directory);
    for number in 3..23 {
        let window = if number % 2 == 0 {
            &mut first
        } else {
            &mut second
        };
        assert_eq!(window.record(&step(number)), None);
    }
    assert_eq!(numbers(&first), (0..23).collect::<Vec<_>>());
    assert_eq!(numbers(&second), numbers(&first));
}

#[test]
fn many_windows_at_once_lose_nothing() {
    let (directory, mut bytes) = three_steps();
    bytes.extend(b"damage for the first window to mend\n");
    fs::write(directory.path().join(FILE), &bytes).unwrap();
    std::thread::scope(|scope| {
        for window in 1..=4 {
            let directory = &directory;
            scope.spawn(move || {
                for number in 0..25 {
                    let (mut journal, _) = open(directory);
                    assert_eq!(journal.record(&step(window * 100 + number)), None);
                }
            });
        }
    });
    let (journal, _) = open(&directory);
    let mut found = numbers(&journal);
    found.sort_unstable();
    // A record may be kept twice when the file was mended under it.
    found.dedup();
    let windows = (1..=4).flat_map(|window| (0..25).map(move |number| window * 100 + number));
    assert_eq!(found, (0..3).chain(windows).collect::<Vec<_>>());
}

#[test]
fn a_file_that_another_window_holds_is_not_mended() {
    let (directory, mut bytes) = three_steps();
    let path = directory.path().join(FILE);
    let (mut first, _) = open(&directory);
    bytes.extend(b"damage");
    fs::write(&path, &bytes).unwrap();
    let (mut second, warning) = open(&directory);
    assert_eq!(warning, None);
    assert_eq!(second.record(&step(3)), None);
    assert_eq!(first.record(&step(4)), None);
    assert_eq!(numbers(&first), [0, 1, 2, 3, 4]);
    drop((first, second));
    let (journal, warning) = open(&directory);
    assert!(warning.is_some());
    assert_eq!(numbers(&journal), [0, 1, 2, 3, 4]);
}

#[test]
fn a_file_that_was_removed_is_made_again() {
    let (directory, _) = three_steps();
    let (mut journal, _) = open(&directory);
    fs::remove_file(directory.path().join(FILE)).unwrap();
    assert_eq!(journal.record(&step(3)), None);
    assert_eq!(numbers(&journal), [3]);
    assert_eq!(journal.progress().counts().steps, 4);
}

/// Wherever nothing can be kept, there is one warning and the session goes on.
#[test]
fn a_place_that_cannot_be_used_is_said_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    for name in ["pipe", "link", "directory"] {
        fs::create_dir(path(name)).unwrap();
    }
    let mode = nix::sys::stat::Mode::S_IRWXU;
    nix::unistd::mkfifo(&path("pipe").join(FILE), mode).unwrap();
    fs::write(path("elsewhere"), "").unwrap();
    std::os::unix::fs::symlink(path("elsewhere"), path("link").join(FILE)).unwrap();
    fs::create_dir(path("directory").join(FILE)).unwrap();
    fs::write(path("file"), "").unwrap();

    let places = ["pipe", "link", "directory", "file", "file/below"];
    let mut states: Vec<StateDir> = places.map(|name| StateDir::at(path(name))).into();
    states.push(StateDir::nowhere());
    states.push(StateDir::at("/proc/looplab"));
    for state in states {
        let (mut journal, opened) = Journal::open(state.clone(), now());
        let recorded = journal.record(&step(0));
        let said: Vec<_> = [opened, recorded].into_iter().flatten().collect();
        assert_eq!(said.len(), 1, "{state:?}");
        assert!(
            said[0].to_string().contains("this session only"),
            "{}",
            said[0]
        );
        assert_eq!(journal.record(&step(1)), None, "{state:?}");
        assert_eq!(journal.progress().counts().steps, 2, "{state:?}");
        assert_eq!(numbers(&journal), [0, 1], "{state:?}");
    }
    assert_eq!(fs::read(path("elsewhere")).unwrap(), b"");
}
