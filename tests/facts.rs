//! What the lab teaches about the kernel, each fact as a lab script that would fail if it did not
//! hold: `tests/facts/*.lab`. A person can read them, and run them with `looplab run`.
//!
//! Each file runs in a private world of its own, so that it may take any port and nobody is in its
//! way. Its first line says in a sentence what it shows. More such lines can follow:
//!
//! * `# needs: ipv6 port-range`: what it cannot do without.
//! * `# world: host`: it is about the machine itself. It may not depend on a port being free.
//!
//! A line that is expected to fail has a name, by which an `expect` looks at it.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use looplab::lang::{self, WorldName, parse_line};
use serde_json::Value;
use support::session::lab;
use support::user::as_user;

/// Scripts mostly wait, so more run at once than there are processors.
const AT_ONCE: usize = 6;

/// What the collection is meant to hold at least.
const FEWEST: usize = 60;

struct Script {
    name: String,
    text: String,
}

impl Script {
    fn read(path: &Path) -> Self {
        Self {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            text: fs::read_to_string(path).unwrap(),
        }
    }

    /// What stands behind `# key:`.
    fn header(&self, key: &str) -> Vec<&str> {
        let comments = self.text.lines().map_while(|line| line.strip_prefix("# "));
        comments
            .filter_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
            .flat_map(str::split_ascii_whitespace)
            .collect()
    }

    fn world(&self) -> WorldName {
        match *self.header("world") {
            [] => WorldName::Private,
            ["host"] => WorldName::Host,
            ref other => panic!("{}: there is no world {other:?}", self.name),
        }
    }

    /// What it needs and does not find here.
    fn missing(&self, machine: &Value) -> Option<&str> {
        self.header("needs").into_iter().find(|need| match *need {
            "ipv6" => machine["ipv6"] != true,
            "port-range" => machine["port_range_option"] != true,
            other => panic!("{}: what is {other}?", self.name),
        })
    }

    /// Runs the script as a learner's; where it failed, and why.
    fn run(&self, machine: &Value) -> Result<(), String> {
        if let Some(need) = self.missing(machine) {
            support::skip(&self.name, &format!("{need} cannot be had here"));
            return Ok(());
        }
        let first = match self.world() {
            WorldName::Private => "world private",
            WorldName::Host => "world host",
        };
        let said = said_of(&format!("{first}\n{}", self.text));
        let outcomes: Vec<Value> = said
            .stdout
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        let wrong = outcomes.iter().position(wrong);
        if wrong.is_none() && said.status.success() {
            return Ok(());
        }
        let why = String::from_utf8_lossy(&said.stderr);
        // The first line is that of the world, so numbers in there are one too high.
        let mut text = format!("tests/facts/{}.lab failed\n{why}", self.name);
        let upto = wrong.map_or(outcomes.len(), |at| at + 1);
        for outcome in outcomes.iter().take(upto).rev().take(7) {
            // The line before the first is the one with the world.
            let line = outcome["line"].as_u64().unwrap() - 1;
            writeln!(text, "  {line}: {outcome}").unwrap();
        }
        Err(text)
    }
}

/// What a process of its own says of a script. Among threads of one process a fork for the helpers of
/// a lab would hold the sockets of all others open for a moment after they were closed.
fn said_of(script: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_looplab"))
        .args(["run", "-", "--json"])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // What ended early does not read on, and says why.
    let told = child.stdin.take().unwrap().write_all(script.as_bytes());
    drop(told);
    child.wait_with_output().unwrap()
}

/// Whether a script cannot go on after this outcome. What the kernel refuses is an ordinary result,
/// when it has a name to be looked at by.
fn wrong(outcome: &Value) -> bool {
    outcome["ok"] == false && outcome["name"].is_null()
}

fn scripts() -> Vec<Script> {
    let all = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts")).unwrap();
    let mut paths: Vec<PathBuf> = all.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| Script::read(path)).collect()
}

/// Runs what `pick` picks, several at once; panics with everything that failed.
fn run_all(pick: impl Fn(&Script) -> bool) {
    let all: Vec<_> = scripts().into_iter().filter(pick).collect();
    let machine = lab().scope().get("machine").unwrap().clone();
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(script) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    failed.lock().unwrap().extend(script.run(&machine).err());
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(
        failed.is_empty(),
        "{} of {} failed:\n{}",
        failed.len(),
        all.len(),
        failed.join("\n")
    );
}

#[test]
fn every_fact_holds() {
    as_user("every_fact_holds", || {
        run_all(|script| script.world() == WorldName::Private);
    });
}

#[test]
fn every_fact_about_the_host_holds() {
    as_user("every_fact_about_the_host_holds", || {
        run_all(|script| script.world() == WorldName::Host);
    });
}

/// Whether a line of a script expects something.
fn expects(line: &str) -> bool {
    let parsed = parse_line(line).unwrap_or_default();
    parsed.is_some_and(|parsed| matches!(parsed.command, lang::Command::Expect(_)))
}

#[test]
fn each_script_says_what_it_shows_and_expects_it() {
    let all = scripts();
    assert!(all.len() >= FEWEST, "only {} scripts", all.len());
    for Script { name, text } in &all {
        let number = name.strip_prefix('E').and_then(|rest| rest.get(..2));
        assert!(
            number.is_some_and(|n| n.parse::<u8>().is_ok()),
            "{name} has no number"
        );
        let first = text.lines().next().unwrap();
        assert!(
            first.starts_with("# ") && first.ends_with('.'),
            "{name} begins with no sentence"
        );
        assert!(text.lines().any(expects), "{name} expects nothing");
    }
}
