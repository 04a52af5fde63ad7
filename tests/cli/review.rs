//! Questions of finished lessons that are asked again.
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use looplab::app::journal::{Event, Journal, Record};
use looplab::app::state::StateDir;
use looplab::lesson::{Kind, Library, LibraryConfig};
use looplab::tutor::StepResult;
use serde_json::Value;
use tempfile::TempDir;

use crate::run::{Ended, Run, looplab};

const LESSON: &str = "address-in-use";

/// The id of the first prediction of a lesson.
fn prediction(lesson: &str) -> String {
    let lesson = Library::open(LibraryConfig::default())
        .lesson(lesson)
        .unwrap();
    let mut steps = lesson.steps.iter();
    let step = steps.find(|step| matches!(step.kind, Kind::Predict { .. }));
    step.unwrap().id.clone()
}

/// A journal of somebody who finished these lessons so many days ago, a prediction each.
fn finished(lessons: &[&str], days: u64) -> TempDir {
    let state = tempfile::tempdir().unwrap();
    let at = SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60);
    let (mut journal, _) = Journal::open(StateDir::at(state.path()), at);
    for lesson in lessons {
        let step = match *lesson {
            "gone" => "gone".to_owned(),
            lesson => prediction(lesson),
        };
        journal.record(&Record::step(at, *lesson, step, StepResult::Right));
        journal.record(&Record::new(at, Event::LessonDone, *lesson));
    }
    state
}

fn lines_of(state: &Path) -> Vec<Value> {
    let journal = fs::read_to_string(state.join("progress.jsonl")).unwrap();
    journal
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn review(state: &TempDir, arguments: &str) -> Run {
    let arguments = ["review"].into_iter().chain(arguments.split_whitespace());
    looplab(arguments).state(state.path())
}

fn of_kind(ended: &Ended, event: &str) -> Vec<Value> {
    let records = ended.records().into_iter();
    records.filter(|record| record["event"] == event).collect()
}

#[test]
fn what_is_due_is_asked_in_a_fresh_lab_and_written_down() {
    let state = finished(&[LESSON], 2);
    let before = lines_of(state.path()).len();
    let ended = review(&state, "--json").input("a\n\n\n\n\n").end();
    ended.exits(0).is_quiet();
    let asked = of_kind(&ended, "review");
    assert_eq!((asked.len(), &asked[0]["lesson"]), (1, &LESSON.into()));
    assert_eq!(asked[0]["step"], prediction(LESSON));
    assert_eq!(of_kind(&ended, "graded").len(), 1);
    assert_eq!(of_kind(&ended, "lesson_started").len(), 0);
    assert_eq!(of_kind(&ended, "reviewed")[0]["asked"], 1);
    let lines = lines_of(state.path());
    assert_eq!(lines.len(), before + 1);
    let kept = lines.last().unwrap();
    assert_eq!(
        (&kept["event"], &kept["lesson"]),
        (&"reviewed".into(), &LESSON.into())
    );
    assert_eq!(kept["result"], of_kind(&ended, "step_done")[0]["result"]);
    // Asked and answered: it is not due any more, and no lesson has moved.
    let again = review(&state, "").end();
    again
        .exits(0)
        .is_quiet()
        .says("Nothing is due")
        .says("--all");
    let list = looplab(["list", "--json"]).state(state.path()).end();
    let lesson = list
        .records()
        .into_iter()
        .find(|l| l["id"] == LESSON)
        .unwrap();
    assert_eq!(
        (&lesson["done"], &lesson["started"]),
        (&true.into(), &false.into())
    );
}

#[test]
fn enter_puts_a_question_off_and_costs_nothing() {
    let state = finished(&[LESSON, "port-number"], 2);
    let before = lines_of(state.path());
    for typed in ["\n", "later\n", "menu\n", "quit\n", ""] {
        let ended = review(&state, "").input(typed).end();
        ended.exits(0).is_quiet().says("Enter: later");
        assert_eq!(lines_of(state.path()), before, "{typed:?}");
        ended.says("More are due");
    }
}

#[test]
fn a_review_can_be_asked_for_at_any_time() {
    let state = finished(&[LESSON, "port-number"], 0);
    let ended = review(&state, "--json").end();
    assert_eq!(of_kind(&ended, "review").len(), 0);
    let list = review(&state, "--list --json").end();
    let due = of_kind(list.exits(0).is_quiet(), "due");
    assert_eq!(due.len(), 2);
    for question in &due {
        let seconds = question["due_in"].as_u64().unwrap();
        assert!((1..=24 * 60 * 60).contains(&seconds), "{question}");
    }
    review(&state, "--list").end().exits(0).says("in 24 hours");
    for (arguments, number) in [("--all", 2), (&*format!("--lesson {LESSON}"), 1)] {
        let ended = review(&state, &format!("--json {arguments}")).end();
        let asked = of_kind(ended.exits(0).is_quiet(), "review");
        assert_eq!(asked[0]["of"], number, "{arguments}");
    }
    review(&state, "--lesson four-tuple")
        .end()
        .exits(1)
        .talks("is not finished yet");
    review(&state, "--lesson nothing-of-the-kind")
        .end()
        .exits(2);
    review(&state, "maybe")
        .end()
        .exits(2)
        .talks("[possible values: on, off]");
}

#[test]
fn the_menu_says_what_is_due_unless_it_is_turned_off() {
    let state = finished(&[LESSON], 2);
    let menu = || looplab([] as [&str; 0]).state(state.path()).input("quit\n");
    let says = |run: Run| {
        let ended = run.end();
        ended.exits(0).is_quiet();
        ended
            .out
            .contains("A question from an earlier lesson is due: `review` asks.")
    };
    assert!(says(menu()));
    assert!(!says(menu().variable("LOOPLAB_REVIEW", "off")));
    assert!(!says(menu().with(|command| {
        command.arg("--no-review");
    })));
    let off = menu().input("review off\nquit\n").end();
    off.exits(0).is_quiet().says("`review on` renews the offer");
    assert!(!says(menu()));
    // It can still be asked for, and turned on again.
    let asked = menu().input("review\n\nquit\n").end();
    asked.exits(0).is_quiet().says("Enter: later");
    looplab(["review", "on"]).state(state.path()).end().exits(0);
    assert!(says(menu()));
}

#[test]
fn a_question_whose_lesson_is_gone_is_not_asked() {
    let state = finished(&["gone"], 9);
    let ended = review(&state, "--json").end();
    assert_eq!(of_kind(ended.exits(0).is_quiet(), "review").len(), 0);
    let nobody = tempfile::tempdir().unwrap();
    let ended = review(&nobody, "").end();
    ended.exits(0).is_quiet().says("no question waits");
}
