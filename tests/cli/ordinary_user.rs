//! The whole course as an ordinary user sees it, whoever runs this test.
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::run::{LOOPLAB, Run};

/// `nobody`, on every system we know.
const NOBODY: u32 = 65_534;

#[test]
fn the_course_is_proven_without_privileges() {
    // The program may stand where only its builder may look.
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(&directory, Permissions::from_mode(0o755)).unwrap();
    let program = directory.path().join("looplab");
    // By another program: a file that this one writes is busy in every child it starts meanwhile.
    let copied = Command::new("cp")
        .arg(LOOPLAB)
        .arg(&program)
        .status()
        .unwrap();
    assert!(copied.success());
    let mut command = Command::new(&program);
    command.args(["test", "--json"]);
    command.current_dir(&directory);
    if nix::unistd::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let ended = Run::of(command).end();
    let summary = ended.exits(0).records().pop().unwrap();
    assert_eq!(summary["event"], "summary");
    assert_eq!(
        (&summary["broken"], &summary["lessons_not_tried"]),
        (&0.into(), &0.into())
    );
    assert!(summary["proven"].as_u64() >= Some(50), "{summary}");
}
