//! The journal of a program that is killed, has a strange umask or fills the disk. Each of them is a
//! process of its own: this test program, started with one ignored test.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod support;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use looplab::app::journal::Journal;
use looplab::app::state::StateDir;
use support::journal::{FILE, now, numbers, open, step};
use tempfile::TempDir;

/// Runs one of the ignored tests below in a process of its own, with a directory.
fn alone(test: &str, directory: &TempDir) {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "-q"])
        .env("STATE", directory.path())
        .status()
        .unwrap();
    assert!(status.success(), "{test}");
}

fn state_of_the_test() -> StateDir {
    StateDir::at(std::env::var_os("STATE").unwrap())
}

#[test]
fn a_full_disk_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    alone("fills_the_disk", &directory);
    assert_eq!(numbers(&open(&directory).0), [0, 1, 2, 3]);
}

#[test]
#[ignore = "changes a limit of its process: run by a_full_disk_loses_nothing"]
fn fills_the_disk() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (_, hard) = getrlimit(Resource::RLIMIT_FSIZE).unwrap();
    let (mut journal, _) = Journal::open(state_of_the_test(), now());
    assert_eq!(journal.record(&step(0)), None);
    let path = state_of_the_test().path().unwrap().join(FILE);
    let room = path.metadata().unwrap().len() + 100;
    setrlimit(Resource::RLIMIT_FSIZE, room, hard).unwrap();
    let warning = journal.record(&step(1)).unwrap().to_string();
    assert!(warning.contains("this session only"), "{warning}");
    assert_eq!(journal.record(&step(2)), None);
    assert_eq!(
        path.metadata().unwrap().len(),
        room,
        "a torn record fills the disk"
    );
    assert_eq!(numbers(&journal), [0, 1, 2]);
    setrlimit(Resource::RLIMIT_FSIZE, hard, hard).unwrap();
    assert_eq!(journal.record(&step(3)), None);
    assert_eq!(numbers(&journal), [0, 1, 2, 3]);
}

#[test]
fn the_umask_decides_nothing() {
    for mask in ["0777", "0000"] {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("a/b");
        let status = Command::new("/bin/sh")
            .args(["-c", "umask \"$1\"; shift; exec \"$@\"", "sh", mask])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "keeps_one_step", "--ignored", "-q"])
            .env("STATE", &state)
            .status()
            .unwrap();
        assert!(status.success());
        let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(state.clone()), mode(state.join(FILE))),
            (0o700, 0o600),
            "{mask}"
        );
    }
}

#[test]
#[ignore = "needs a umask of its own: run by the_umask_decides_nothing"]
fn keeps_one_step() {
    let (mut journal, _) = Journal::open(state_of_the_test(), now());
    assert_eq!(journal.record(&step(0)), None);
}

/// A kill while records are written costs at most the one being written.
#[test]
fn a_killed_program_leaves_whole_records() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "keeps_steps_until_killed", "--ignored", "-q"])
        .env("STATE", directory.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let path = directory.path().join(FILE);
    while path.metadata().map_or(0, |file| file.len()) < 20_000 {
        assert_eq!(child.try_wait().unwrap(), None);
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let found = numbers(&open(&directory).0);
    assert_eq!(found, (0..found.len()).collect::<Vec<_>>());
    assert!(found.len() > 50);
}

#[test]
#[ignore = "never ends: run by a_killed_program_leaves_whole_records"]
fn keeps_steps_until_killed() {
    let (mut journal, _) = Journal::open(state_of_the_test(), now());
    for number in 0.. {
        journal.record(&step(number));
        std::io::stdout().flush().unwrap();
    }
}
