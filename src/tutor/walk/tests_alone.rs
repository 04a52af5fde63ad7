//! A single question that is asked again: it begins and ends alone, and Enter puts it off.
use std::sync::Arc;

use super::super::event::Leave;
use super::Tutor;
use super::tests::{NoCards, drive, has, lesson};

fn again(step: &str, typed: &[&str]) -> (Vec<String>, Option<Leave>) {
    let tutor = Tutor::alone(Arc::new(lesson()), Arc::new(NoCards), step, (1, 2));
    let tutor = tutor.expect("it is a question");
    assert_eq!(tutor.position(), (1, 2));
    drive(tutor, typed)
}

fn no_record(said: &[String]) -> bool {
    !said.iter().any(|line| line.starts_with("done"))
}

#[test]
fn it_begins_and_ends_with_its_step() {
    let (said, leave) = again("predict", &["b", ""]);
    assert_eq!(said.first().map(String::as_str), Some("step predict"));
    assert_eq!(said.last().map(String::as_str), Some("done predict Right"));
    assert_eq!(leave, Some(Leave::Finished));
    let (said, leave) = again("ask", &["host", "port", ""]);
    has(
        &said,
        &["answered false", "answered true", "done ask Missed"],
    );
    assert_eq!(leave, Some(Leave::Finished));
}

#[test]
fn enter_puts_it_off_and_nothing_is_written_down() {
    for later in ["", "  ", "later", "Later", "menu"] {
        for question in ["predict", "ask"] {
            let (said, leave) = again(question, &[later]);
            assert_eq!(leave, Some(Leave::Menu), "{later:?}");
            assert!(no_record(&said), "{said:?}");
        }
    }
    let (said, leave) = again("predict", &["quit"]);
    assert_eq!(leave, Some(Leave::Quit));
    assert!(no_record(&said), "{said:?}");
}

#[test]
fn after_a_wrong_answer_enter_shows_the_right_one() {
    let (said, leave) = again("ask", &["host", "", ""]);
    has(
        &said,
        &["answered false", "answered false", "done ask Skipped"],
    );
    assert_eq!(leave, Some(Leave::Finished));
}

#[test]
fn a_miss_goes_through_its_experiment_and_the_end_is_the_end() {
    let (said, leave) = again("predict", &["a", "", "", ""]);
    has(
        &said,
        &["done predict Missed", "refutation", "RefutationEnded"],
    );
    assert_eq!(leave, Some(Leave::Finished));
    let (said, leave) = again("predict", &["back", "play", "", "done", "b", ""]);
    has(&said, &["Play", "Play", "Question", "done predict Right"]);
    assert_eq!(leave, Some(Leave::Finished));
}

#[test]
fn only_questions_are_asked_again() {
    let alone = |step| Tutor::alone(Arc::new(lesson()), Arc::new(NoCards), step, (1, 1));
    for step in ["hello", "task", "elsewhere", "gone"] {
        assert!(alone(step).is_none(), "{step}");
    }
}

#[test]
fn a_walk_through_one_step_ends_with_it_and_is_no_question_asked_again() {
    let through = |step: &str| Tutor::through(Arc::new(lesson()), Arc::new(NoCards), step);
    let tutor = through("predict").expect("it is a step");
    assert!(!tutor.is_alone());
    let (said, leave) = drive(tutor, &["b", ""]);
    has(&said, &["step predict", "done predict Right"]);
    assert_eq!(said.last().map(String::as_str), Some("done predict Right"));
    assert_eq!(leave, Some(Leave::Finished));
    assert!(through("nowhere").is_none());
}
