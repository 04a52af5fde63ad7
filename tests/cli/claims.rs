//! The ledger: the article claim by claim, and what this machine has said of it.
use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use looplab::app::journal::{Journal, Record};
use looplab::app::state::StateDir;
use looplab::tutor::StepResult;
use serde_json::Value;
use tempfile::TempDir;

use crate::run::{Ended, looplab};
use crate::support::skip;
use crate::talk::Talk;

const LESSON: &str = "format: 1
title: Mine
chapter: port
summary: Of my own.
level: beginner
minutes: 1
steps:
  - id: guess
    claims: [C01, C04]
    predict: What happens?
    run: |
      a = listen 127.0.0.1:0
      b = listen 127.0.0.1:{{ a.port }}
    options:
      - {say: The kernel refuses., claim: b is in_use}
      - {say: Both listen., claim: b is listening}
    explain: [{say: So.}]
  - id: story
    say: A story.
  - id: not-here
    claims: [C03]
    when: machine.os == \"plan9\"
    run: c = listen 127.0.0.1:0
";

const LEDGER: &str =
    "- {id: C01, verdict: wrong, says: Two fit on one port., holds: One does., step: mine/guess}
- {id: C02, verdict: imprecise, says: It is later., holds: It is., step: mine/story}
- {id: C03, verdict: \"true\", says: It is elsewhere., holds: It is., step: mine/not-here}
- {id: C04, verdict: depends, says: Nobody knows., holds: Nobody., untested: It takes two machines., step: mine/guess}
";

struct Course {
    lessons: TempDir,
    state: TempDir,
}

impl Course {
    fn new() -> Self {
        let lessons = tempfile::tempdir().unwrap();
        fs::write(lessons.path().join("50-mine.yaml"), LESSON).unwrap();
        fs::write(lessons.path().join("claims.yaml"), LEDGER).unwrap();
        let state = tempfile::tempdir().unwrap();
        Self { lessons, state }
    }

    fn run(&self, line: &str, typed: &str) -> Ended {
        let arguments = line.split_whitespace().chain(["--lessons", "."]);
        looplab(arguments)
            .within(self.lessons.path())
            .state(self.state.path())
            .input(typed)
            .end()
    }

    fn records(&self, line: &str) -> Vec<Value> {
        self.run(line, "").exits(0).is_quiet().records()
    }
}

fn statuses(records: &[Value]) -> Vec<&str> {
    let status = |record: &Value| record["status"].as_str().unwrap().to_owned();
    let all: Vec<String> = records.iter().map(status).collect();
    let known = ["settled", "open", "not_here", "untested"];
    let known = |status: &String| *known.iter().find(|known| *known == status).unwrap();
    all.iter().map(known).collect()
}

#[test]
fn a_claim_is_settled_by_the_step_that_was_done() {
    let course = Course::new();
    let before = course.records("claims --json");
    assert_eq!(
        statuses(&before),
        ["open", "open", "not_here", "untested"],
        "{before:?}"
    );
    let open = course.run("claims", "");
    open.exits(0)
        .says("looplab learn mine --step guess")
        .says("It takes two machines.")
        .says("0 of 4 settled on this machine");

    course.run("learn mine", "b\n\n\n\nquit\n").exits(0);
    let after = course.records("claims --json");
    assert_eq!(
        statuses(&after),
        ["settled", "settled", "not_here", "untested"]
    );
    let guess = &after[0];
    assert_eq!(guess["came_true"][0], "The kernel refuses.");
    let refused = &guess["evidence"][1];
    assert_eq!(refused["error"], "EADDRINUSE");
    let line = refused["line"].as_str().unwrap();
    let port = guess["evidence"][0]["local"].as_str().unwrap();
    assert_eq!(line, format!("b = listen {port}"));

    let sum = course.run("claims --settled", "");
    sum.exits(0).says("EADDRINUSE").says("2 of 4 settled");
    assert!(!sum.out.contains("C03"), "{sum:?}");
    let open = course.run("claims --open", "");
    assert!(!open.exits(0).out.contains("C0"), "{open:?}");
}

#[test]
fn one_claim_is_shown_with_all_that_is_known() {
    let course = Course::new();
    course.run("learn mine", "a\n\n\n\nquit\n").exits(0);
    for word in ["C01", "c01", "1"] {
        let one = course.run(&format!("claims {word}"), "");
        one.exits(0)
            .says("One does.")
            .says("The kernel refuses.")
            .says("mine/guess")
            .says("a = listen 127.0.0.1:0");
    }
    for word in ["C05", "0", "", "one", "C99999999999"] {
        let arguments = ["claims", word, "--lessons", "."];
        let none = looplab(arguments).within(course.lessons.path()).end();
        none.exits(2).talks("they are numbered C01 to C04");
    }
    let menu = course.run("", "claims C04\nclaims --settled\nclaims\nquit\n");
    menu.exits(0)
        .says("It takes two machines.")
        .says("2 of 4 settled on this machine");
}

#[test]
fn the_way_to_a_claim_leads_there_from_the_menu_too() {
    let course = Course::new();
    for line in ["looplab learn mine --step story", "learn mine --step story"] {
        let menu = course.run("", &format!("claims --open\n{line}\nquit\n"));
        menu.exits(0)
            .says("looplab learn mine --step story")
            .says("A story.");
    }
    let lost = course.run("", "learn mine --step stroy\nquit\n");
    lost.exits(0).talks("did you mean `story`");
}

#[test]
fn a_list_is_checked_with_its_lessons() {
    let course = Course::new();
    let check = |path: &str| {
        let arguments = ["check", path];
        looplab(arguments).within(course.lessons.path()).end()
    };
    for path in [".", "claims.yaml"] {
        let ended = check(path);
        ended
            .says("[L506]: step `story` does not cite C02")
            .talks("1 lesson checked");
    }
    let lesson = check("50-mine.yaml");
    assert!(!lesson.out.contains("C02"), "{lesson:?}");
    let settled = LEDGER.replace("mine/guess", "mine/gone");
    fs::write(course.lessons.path().join("claims.yaml"), settled).unwrap();
    check(".").exits(1).says("lesson `mine` has no step `gone`");
}

/// What an earlier looplab wrote has no evidence, and settles all the same.
#[test]
fn a_step_of_an_older_journal_counts() {
    let course = Course::new();
    let state = StateDir::at(course.state.path());
    let at = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let (mut journal, _) = Journal::open(state, at);
    journal.record(&Record::step(at, "mine", "guess", StepResult::Right));
    drop(journal);
    let records = course.records("claims C01 --json");
    assert_eq!(statuses(&records), ["settled"]);
    assert_eq!(records[0]["settled_at"], 1_700_000_000);
    let shown = course.run("claims C01", "");
    shown
        .exits(0)
        .says("settled here on 14 November 2023")
        .says("looplab learn mine --step guess");
}

#[test]
fn the_article_is_accounted_for() {
    let ended = looplab(["claims", "--json"]).end();
    let records = ended.exits(0).is_quiet().records();
    let ids: Vec<_> = records.iter().map(|r| r["id"].as_str().unwrap()).collect();
    let expected: Vec<_> = (1..=94).map(|number| format!("C{number:02}")).collect();
    assert_eq!(ids, expected);
    for verdict in ["true", "imprecise", "wrong", "depends"] {
        assert!(records.iter().any(|record| record["verdict"] == verdict));
    }
    let spoken_of = |record: &&Value| record["lesson"].is_string() && record["step"].is_string();
    assert_eq!(records.iter().filter(spoken_of).count(), 94);
    let untested = |record: &&Value| record["status"] == "untested";
    let untested: Vec<_> = records.iter().filter(untested).collect();
    assert!(untested.len() <= 9, "{untested:?}");
    assert!(untested.iter().all(|record| record["reason"].is_string()));
}

/// How many claims of the article an experiment settles at least, on a Linux machine with a private
/// world; for the rest the ledger has a reason.
const SETTLED: usize = 85;

#[test]
fn who_walks_the_course_has_the_article_settled() {
    let state = tempfile::tempdir().unwrap();
    let list = looplab(["list", "--json"]).end().exits(0).records();
    for lesson in list.iter().filter(|record| record["minutes"].is_u64()) {
        walk(lesson["id"].as_str().unwrap(), state.path());
    }
    let ended = looplab(["claims", "--json"]).state(state.path()).end();
    let records = ended.exits(0).is_quiet().records();
    let (settled, rest): (Vec<&Value>, Vec<_>) = records
        .iter()
        .partition(|record| record["status"] == "settled");
    for claim in &settled {
        assert!(!claim["evidence"].as_array().unwrap().is_empty(), "{claim}");
    }
    let why: Vec<_> = rest
        .iter()
        .map(|claim| (&claim["id"], &claim["reason"]))
        .collect();
    assert!(why.iter().all(|(_, reason)| reason.is_string()), "{why:?}");
    if settled.len() < SETTLED && rest.iter().any(|claim| claim["status"] == "not_here") {
        let name = "who_walks_the_course_has_the_article_settled";
        return skip(name, &format!("not on this machine: {why:?}"));
    }
    assert!(settled.len() >= SETTLED, "{why:?}");
}

/// From the first step to the last.
fn walk(lesson: &str, state: &std::path::Path) {
    let mut talk = Talk::start(Some(state), &[lesson]);
    loop {
        let record = talk.hear();
        let record = record.unwrap_or_else(|| panic!("{lesson} has no end"));
        match record["event"].as_str() {
            Some("ask") => drop(talk.answer(&record)),
            Some("lesson_done") => break,
            _ => {}
        }
    }
    assert!(talk.end().success(), "{lesson}");
}
