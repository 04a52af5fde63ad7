//! What an ordinary user sees, whoever runs this test.
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::run::{LOOPLAB, Run};

/// `nobody`, on every system we know.
const NOBODY: u32 = 65_534;

/// The program in a directory that others may read: it may stand where only its builder looks.
fn installed() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    mode(directory.path(), 0o755);
    // By another program: a file that this one writes is busy in every child it starts meanwhile.
    let copied = Command::new("cp")
        .arg(LOOPLAB)
        .arg(directory.path())
        .status();
    assert!(copied.unwrap().success());
    directory
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The program as somebody without privileges.
fn looplab<S: Into<OsString>>(installed: &TempDir, arguments: impl IntoIterator<Item = S>) -> Run {
    let mut command = Command::new(installed.path().join("looplab"));
    command.args(arguments.into_iter().map(Into::into));
    command.current_dir(installed);
    if nix::unistd::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    Run::of(command)
}

#[test]
fn the_course_is_proven_without_privileges() {
    let ended = looplab(&installed(), ["test", "--json"]).end();
    let mut records = ended.records();
    let summary = records.pop().unwrap();
    // First of all which ones: the whole output is cut where it is shown.
    records.retain(|record| record["result"] == "broken");
    assert!(records.is_empty(), "{records:#?}");
    ended.exits(0);
    assert_eq!(summary["event"], "summary");
    assert_eq!(
        (&summary["broken"], &summary["lessons_not_tried"]),
        (&0.into(), &0.into())
    );
    assert!(summary["proven"].as_u64() >= Some(50), "{summary}");
}

#[test]
fn what_may_not_be_written_is_left_alone() {
    let installed = installed();
    let state = installed.path().join("state");
    fs::create_dir(&state).unwrap();
    for forbidden in [0o555, 0o111, 0o000] {
        mode(&state, forbidden);
        for place in [state.clone(), state.join("below")] {
            let run = looplab(&installed, ["learn", "9"]).state(place);
            let ended = run.input("\nb\n\nquit\n").end();
            ended.exits(0).is_quiet().says("Step 3 of ");
            let warnings = ended.out.matches("for this session only").count();
            assert_eq!(warnings, 1, "{ended:?}");
        }
    }
    mode(&state, 0o755);
    assert_eq!(fs::read_dir(&state).unwrap().count(), 0);
}

#[test]
fn what_may_not_be_read_is_said() {
    let installed = installed();
    let secret = installed.path().join("1-secret.yaml");
    fs::write(&secret, "").unwrap();
    mode(&secret, 0o000);
    let run = |line: &str| looplab(&installed, line.split(' ')).end();
    run("run 1-secret.yaml")
        .exits(2)
        .talks("cannot read 1-secret.yaml: Permission denied");
    run("check 1-secret.yaml")
        .exits(1)
        .says("1-secret.yaml:1:1")
        .says("Permission denied");
    run("test .").exits(1).says("1-secret.yaml:1:1");
    run("list --lessons .")
        .exits(0)
        .says("Two servers, one port")
        .says("Permission denied");
    for line in [
        "doctor",
        "sockets",
        "who 1",
        "sockets --json",
        "who 1 --json",
    ] {
        run(line).exits(0);
    }
}
