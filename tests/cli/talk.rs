//! Talking with the program over two pipes, as another program would: it asks in JSON Lines, and
//! each question gets one line.
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus, Stdio};

use looplab::lesson::{Kind, Lesson, Library, LibraryConfig};
use serde_json::Value;

use crate::run::{Run, Watch, looplab};

/// The lessons of the course, by number.
pub(crate) const LESSONS: [&str; 6] = [
    "loopback-address",
    "port-number",
    "ephemeral-ports",
    "address-in-use",
    "four-tuple",
    "three-ways-not-to-connect",
];

/// A running lesson.
pub(crate) struct Talk {
    /// Its home goes when this does.
    _run: Run,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    watch: Watch,
    learner: Learner,
    /// A question that waits for its answer.
    asked: Option<Value>,
}

/// Somebody who gets through every lesson: guesses `a`, then `b`; knows the solutions; skips what
/// would have another answer the next time.
#[derive(Default)]
pub(crate) struct Learner {
    lesson: Option<Lesson>,
    guesses: u8,
    solution: VecDeque<String>,
}

/// A walk through a lesson from its beginning.
pub(crate) struct Walk {
    /// The lines that were typed.
    pub(crate) typed: Vec<String>,
    /// The ids of the steps that were done.
    pub(crate) steps: Vec<String>,
}

impl Talk {
    /// Starts `learn` with more arguments.
    pub(crate) fn start(state: Option<&Path>, arguments: &[&str]) -> Self {
        let arguments = [&["learn", "--json"], arguments].concat();
        let mut run = looplab(arguments);
        if let Some(state) = state {
            run = run.state(state);
        }
        let mut child = run.start(Stdio::null());
        Self {
            _run: run,
            stdin: child.stdin.take(),
            stdout: BufReader::new(child.stdout.take().unwrap()),
            watch: Watch::over(&child),
            child,
            learner: Learner::default(),
            asked: None,
        }
    }

    /// The next thing that is said; `None` at the end.
    pub(crate) fn hear(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        if line.is_empty() {
            return None;
        }
        let record: Value = serde_json::from_str(&line).unwrap();
        self.learner.hear(&record);
        Some(record)
    }

    /// Listens until something of that kind is said.
    pub(crate) fn hear_of(&mut self, event: &str) -> Value {
        loop {
            let record = self.hear();
            let record = record.unwrap_or_else(|| panic!("it ended before `{event}`"));
            if record["event"] == event {
                return record;
            }
        }
    }

    /// Types a line.
    pub(crate) fn say(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Answers a question as a learner would.
    pub(crate) fn answer(&mut self, ask: &Value) -> String {
        let line = self.learner.answer(ask);
        self.say(&line);
        line
    }

    /// Goes on until the step with that number is asked about.
    pub(crate) fn walk_to_step(&mut self, number: u64) {
        if let Some(ask) = self.asked.take() {
            self.answer(&ask);
        }
        let mut at = 0;
        while let Some(record) = self.hear() {
            match record["event"].as_str() {
                Some("step_started") => at = record["number"].as_u64().unwrap(),
                Some("ask") if at == number => {
                    self.asked = Some(record);
                    return;
                }
                Some("ask") => drop(self.answer(&record)),
                _ => {}
            }
        }
        panic!("there is no step {number}");
    }

    /// Kills the program at once, as nothing else can.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.watch.end();
    }

    /// Says nothing more and waits for the end.
    pub(crate) fn end(mut self) -> ExitStatus {
        drop(self.stdin.take());
        while self.hear().is_some() {}
        let status = self.child.wait().unwrap();
        self.watch.end();
        status
    }
}

impl Learner {
    pub(crate) fn hear(&mut self, record: &Value) {
        match record["event"].as_str() {
            Some("lesson_started") => {
                let library = Library::open(LibraryConfig::default());
                self.lesson = library.lesson(record["lesson"].as_str().unwrap()).ok();
            }
            Some("step_started") => {
                let step = record["step"].as_str().unwrap();
                let step = self.lesson.as_ref().and_then(|lesson| lesson.step(step));
                self.guesses = 0;
                self.solution = match step.map(|step| &step.kind) {
                    Some(Kind::Task(task)) => task.solution.iter().cloned().collect(),
                    _ => VecDeque::new(),
                };
            }
            _ => {}
        }
    }

    pub(crate) fn answer(&mut self, ask: &Value) -> String {
        match ask["ask"].as_str().unwrap() {
            "continue" | "run" => String::new(),
            "letter" if ask["several"] == false => {
                self.guesses += 1;
                char::from(b'a' + self.guesses - 1).to_string()
            }
            "commands" => self.solution.pop_front().unwrap_or("skip".to_owned()),
            _ => "skip".to_owned(),
        }
    }
}

/// Walks through a lesson and writes down how.
pub(crate) fn recorded_walk(lesson: &str) -> Walk {
    let mut talk = Talk::start(None, &[lesson]);
    let mut walk = Walk {
        typed: Vec::new(),
        steps: Vec::new(),
    };
    loop {
        let record = talk.hear().unwrap();
        match record["event"].as_str().unwrap() {
            "ask" => walk.typed.push(talk.answer(&record)),
            "step_done" => walk.steps.push(record["step"].as_str().unwrap().to_owned()),
            "lesson_done" => break,
            _ => {}
        }
    }
    assert!(talk.end().success());
    walk
}
