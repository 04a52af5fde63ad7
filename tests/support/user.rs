//! Tests of what an ordinary user can do, also when root runs them.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it leaves out"
)]

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use looplab::lab::world::World;

use super::skip;

/// The user that owns nothing.
const NOBODY: u32 = 65_534;

/// Runs a test's body; when root runs it, a child runs the same test as an ordinary user first.
/// `name` is the test's own. Without a private world the test is left out, and says so loudly;
/// `LOOPLAB_FORBID_SKIP=1` makes that a failure.
pub(crate) fn as_user(name: &str, body: impl FnOnce()) {
    if nix::unistd::geteuid().is_root() {
        let child = Command::new(std::env::current_exe().unwrap())
            .args([name, "--exact", "--nocapture"])
            .current_dir("/")
            .uid(NOBODY)
            .gid(NOBODY)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout).into_owned();
        let why = String::from_utf8_lossy(&child.stderr).into_owned();
        assert!(child.status.success(), "as uid {NOBODY}:\n{said}{why}");
        assert!(said.contains("1 passed"), "{name} is no test:\n{said}");
        for line in why.lines().filter(|line| line.starts_with("SKIPPED")) {
            eprintln!("{line} (as uid {NOBODY})");
        }
    }
    match World::new() {
        Ok(_) => body(),
        Err(refusal) => skip(name, &format!("{refusal}; {:?}", refusal.cure())),
    }
}

/// A session that reads a script from its standard input and tells what came of it, an outcome a
/// line. It is killed at the latest when this value goes.
pub(crate) struct Session(pub(crate) Child);

impl Session {
    pub(crate) fn start() -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_looplab"))
            .args(["run", "-", "--json"])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
