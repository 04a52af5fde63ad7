//! `test` at work: several steps at once say what one after the other says, a process that is lost
//! takes one step with it, and an end is the end of all.
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use crate::run::{Ended, LOOPLAB, Run, Watch, looplab};

const HEAD: &str = "format: 1\ntitle: Mine\nsummary: Of my own.\nlevel: beginner\nminutes: 1\n\
                    objectives: [see]\nsteps:\n";

/// Later steps are ready before this one.
const SLOW: &str = "  - id: slow
    run: |
      a = listen 127.0.0.1:0
      b = connect a
      nothing = recv b --within 300ms
      expect nothing is timed_out
";

const QUICK: &str = "  - id: quick
    ask: How many ports are there?
    number: 65536
";

const APART: &str = "  - id: apart
    world: private
    needs: [private]
    run: |
      web = listen 127.0.0.1:80
      expect web is listening
";

const BROKEN: &str = "  - id: broken
    run: |
      a = listen 127.0.0.1:0 --backlog 7
      expect a.backlog == 8
";

const ELSEWHERE: &str = "  - id: elsewhere
    when: machine.os == \"plan9\"
    run: |
      a = listen 127.0.0.1:0
      expect a is listening
";

/// Does not end by itself while a test runs.
const WAITS: &str = "  - id: waits
    run: |
      a = listen 127.0.0.1:0
      b = accept a --within 2m
      expect b is connected
";

fn lessons(steps: &[&[&str]]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (number, steps) in (50..).zip(steps) {
        let path = directory.path().join(format!("{number}-of-{number}.yaml"));
        fs::write(path, format!("{HEAD}{}", steps.concat())).unwrap();
    }
    directory
}

fn prove(directory: &TempDir, arguments: &str) -> Ended {
    let arguments = format!("test {arguments} .");
    looplab(arguments.split_whitespace())
        .within(directory.path())
        .end()
}

/// What was said, without how long it took.
fn timeless(ended: &Ended) -> (Vec<Value>, Option<i32>) {
    let mut records = ended.records();
    for record in &mut records {
        record.as_object_mut().unwrap().remove("milliseconds");
    }
    (records, ended.code())
}

#[test]
fn several_at_once_say_what_one_after_the_other_says() {
    let mistaken = QUICK.replace("number", "numbre");
    let directory = lessons(&[
        &[SLOW, QUICK, APART],
        &[APART, BROKEN, SLOW],
        &[&mistaken],
        &[ELSEWHERE, QUICK],
        &[APART, APART.replace("apart", "again").as_str()],
    ]);
    let one_by_one = prove(&directory, "--json --jobs 1");
    let (records, code) = timeless(&one_by_one);
    assert_eq!(code, Some(1), "{one_by_one:?}");
    let steps: Vec<&str> = records
        .iter()
        .map(|record| record["step"].as_str().unwrap_or("-"))
        .collect();
    let in_order = [
        "slow",
        "quick",
        "apart",
        "apart",
        "broken",
        "slow",
        "-",
        "elsewhere",
        "quick",
        "apart",
        "again",
        "-",
    ];
    assert_eq!(steps, in_order);
    let broken: Vec<&Value> = records.iter().filter(|r| r["result"] == "broken").collect();
    assert_eq!(broken.len(), 1, "{one_by_one:?}");
    assert_eq!(broken[0]["lesson"], "of-51");
    let text = prove(&directory, "--jobs 1").out;
    for jobs in [2, 5, 64] {
        let at_once = prove(&directory, &format!("--json --jobs {jobs}"));
        assert_eq!(timeless(&at_once), (records.clone(), code), "{jobs}");
        assert_eq!(prove(&directory, &format!("--jobs {jobs}")).out, text);
    }
}

#[test]
fn how_many_at_once_is_a_number() {
    for (jobs, code) in [
        ("1", 0),
        ("64", 0),
        ("0", 2),
        ("65", 2),
        ("-1", 2),
        ("x", 2),
    ] {
        let directory = lessons(&[&[QUICK]]);
        let ended = prove(&directory, &format!("--jobs={jobs}"));
        ended.exits(code);
        if code == 2 {
            ended.talks("a number from 1 to 64");
        }
    }
}

/// A proof under way.
struct Proof {
    /// Its home goes when this does.
    _run: Run,
    child: Child,
    out: BufReader<ChildStdout>,
    watch: Watch,
}

impl Proof {
    fn of(directory: &TempDir, jobs: &str) -> Self {
        // Whoever starts this test in the background makes it ignore SIGINT, and its children with it.
        let mut command = Command::new("/usr/bin/env");
        command.args(["--default-signal=INT", LOOPLAB, "test", "--json", "."]);
        command.args(["--jobs", jobs]);
        command.current_dir(directory.path());
        let mut run = Run::of(command);
        let mut child = run.start(Stdio::piped());
        let out = BufReader::new(child.stdout.take().unwrap());
        let watch = Watch::over(&child);
        Self {
            _run: run,
            child,
            out,
            watch,
        }
    }

    fn record(&mut self) -> Value {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap())
    }

    /// What it still says, and how it ends. The processes of a proof hold its standard output, so that
    /// its end is the end of the last of them.
    fn end(mut self) -> (Vec<Value>, ExitStatus) {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        let status = self.child.wait().unwrap();
        self.watch.end();
        let records = rest.lines().map(|line| serde_json::from_str(line).unwrap());
        (records.collect(), status)
    }
}

#[test]
fn ctrl_c_is_the_end_of_all_processes() {
    let directory = lessons(&[&[QUICK, WAITS], &[APART, QUICK]]);
    let mut proof = Proof::of(&directory, "4");
    assert_eq!(proof.record()["step"], "quick");
    kill(proof.pid(), Signal::SIGINT).unwrap();
    let (records, status) = proof.end();
    assert_eq!(status.code(), Some(130));
    // Neither the step that was broken off nor what was not tried is told as if it had failed.
    assert_eq!(records, Vec::<Value>::new());
}

#[test]
fn a_kill_that_nobody_can_prepare_for_is_the_end_of_all_processes() {
    let directory = lessons(&[&[QUICK, WAITS], &[APART, QUICK]]);
    let mut proof = Proof::of(&directory, "4");
    proof.record();
    kill(proof.pid(), Signal::SIGKILL).unwrap();
    let (records, status) = proof.end();
    assert_eq!(records, Vec::<Value>::new());
    assert!(!status.success());
}

#[test]
fn a_process_that_is_lost_takes_one_step_with_it() {
    let directory = lessons(&[&[SLOW, WAITS], &[BROKEN, QUICK]]);
    let mut proof = Proof::of(&directory, "1");
    // The process that has proven it goes on with the next step.
    assert_eq!(proof.record()["result"], "proven");
    let [worker] = children(proof.pid())[..] else {
        panic!("one process was asked for");
    };
    kill(worker, Signal::SIGKILL).unwrap();
    let (records, status) = proof.end();
    let results: Vec<_> = records
        .iter()
        .map(|record| (record["step"].as_str(), record["result"].as_str()))
        .collect();
    let expected = [
        (Some("waits"), Some("broken")),
        (Some("broken"), Some("broken")),
        (Some("quick"), Some("proven")),
        (None, None),
    ];
    assert_eq!(results, expected, "{records:?}");
    assert_eq!(
        records[0]["faults"][0],
        "the process that proved it has ended by SIGKILL"
    );
    assert_eq!(records[1]["faults"].as_array().unwrap().len(), 1);
    assert_eq!(status.code(), Some(1));
}

fn children(parent: Pid) -> Vec<Pid> {
    let path = format!("/proc/{parent}/task/{parent}/children");
    let pids = fs::read_to_string(path).unwrap();
    let pids = pids.split_whitespace().map(|pid| pid.parse().unwrap());
    pids.map(Pid::from_raw).collect()
}
