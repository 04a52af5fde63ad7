//! Out of a step and back: what a detour changed is made anew, and lines follow their ports.
use std::sync::Arc;

use super::super::event::Leave;
use super::Tutor;
use super::tests::{NoCards, drive_in, has, lesson};

/// A walk in a lab that gives the ports 40001, 40002, … in order.
fn walk(from: &str, typed: &[&str]) -> (Vec<String>, Option<Leave>) {
    let tutor = Tutor::new(Arc::new(lesson()), Arc::new(NoCards), Some(from));
    let mut port = 40_000;
    drive_in(tutor, typed, |_| {
        port += 1;
        port
    })
}

fn times(said: &[String], wanted: &str) -> usize {
    said.iter().filter(|line| line.contains(wanted)).count()
}

const ANEW: &str = "Free play has changed the lab, so this step is set up anew.";

#[test]
fn lines_that_undo_repeats_follow_the_ports_of_the_new_set_up() {
    let typed = [
        "x = connect 127.0.0.1:40001",
        "y = connect 127.0.0.1:40002 --within 40001ms",
        "z = listen 127.0.0.1:9",
        "undo",
        "undo",
    ];
    let (said, _) = walk("task", &typed);
    has(
        &said,
        &[
            "Taken back: z = listen 127.0.0.1:9",
            "run a = listen 127.0.0.1:0",
            "It has 40005.",
            "run x = connect 127.0.0.1:40005",
            "run y = connect 127.0.0.1:40006 --within 40001ms",
            "goals false",
            // The second time the lines are already the new ones.
            "Taken back: y = connect 127.0.0.1:40006 --within 40001ms",
            "run a = listen 127.0.0.1:0",
            "run x = connect 127.0.0.1:40008",
        ],
    );
}

#[test]
fn free_play_that_changed_something_is_cleared_away() {
    let typed = [
        "c = listen 0",
        "play",
        "d = listen 0",
        "done",
        "b = listen 0",
        "",
    ];
    let (said, _) = walk("task", &typed);
    has(
        &said,
        &[
            "run c = listen 0",
            "Play",
            "run d = listen 0",
            "Play",
            ANEW,
            "Emptied",
            "run a = listen 127.0.0.1:0",
            "It has 40004.",
            "run c = listen 0",
            "goals false",
            "run b = listen 0",
            "done task Done",
        ],
    );
    assert_eq!(times(&said, "run d"), 1, "{said:#?}");
    assert_eq!(times(&said, "Emptied"), 1, "{said:#?}");

    let (said, _) = walk("predict", &["play", "it = listen 0", "done", "b"]);
    has(&said, &["Play", ANEW, "Question", "Predicted"]);
    has(
        &said,
        &["run it = listen 127.0.0.1:0", "graded Some(1) [1]"],
    );
}

#[test]
fn free_play_that_only_looked_leaves_everything_as_it_was() {
    let (said, _) = walk(
        "task",
        &["play", "range", "help", "done", "b = listen 0", ""],
    );
    has(
        &said,
        &["Play", "run range", "Play", "goals false", "done task Done"],
    );
    assert_eq!(times(&said, "run a"), 1, "{said:#?}");
    assert_eq!(times(&said, ANEW), 0, "{said:#?}");
}

#[test]
fn the_lessons_words_wait_until_free_play_is_over() {
    for word in ["next", "skip", "hint", "solution", "undo"] {
        let (said, _) = walk("task", &["play", word, "done", "b = listen 0", ""]);
        has(
            &said,
            &[
                "Play",
                "That belongs to the lesson; `done` returns there.",
                "Play",
                "done task Done",
            ],
        );
    }
    // Another step ends it: Enter works again there.
    let (said, _) = walk("task", &["play", "back", "b", ""]);
    has(&said, &["Play", "step predict", "done predict Right"]);
}

#[test]
fn next_leaves_a_step_that_was_done_before() {
    let (said, _) = walk("predict", &["b", "", "back", "", "next", "back", "a"]);
    has(
        &said,
        &[
            "done predict Right",
            "step task",
            "step predict",
            "You have done this step before: `next` goes on without it.",
            "step task",
            "step predict",
            "graded Some(0) [1]",
        ],
    );
    assert_eq!(times(&said, "done predict"), 2, "{said:#?}");
    // One that was not done is not left like that.
    let (said, _) = walk("task", &["next"]);
    assert_eq!(times(&said, "step ask"), 0, "{said:#?}");
}

#[test]
fn after_an_experiment_the_lab_is_empty_and_that_is_said() {
    let (said, _) = walk("predict", &["a", "", "", "play", "range", "done", ""]);
    has(
        &said,
        &[
            "refutation",
            "RefutationEnded",
            "The lab is empty now: the experiment had it for itself. `reset` starts this step afresh.",
            "Play",
            "Play",
            "step task",
        ],
    );
    assert_eq!(times(&said, ANEW), 0, "{said:#?}");
}

#[test]
fn free_play_before_an_experiments_lines_sets_the_experiment_up_anew() {
    let typed = ["a", "", "play", "it = listen 0", "done", "", ""];
    let (said, _) = walk("predict", &typed);
    has(
        &said,
        &[
            "refutation",
            "run it = listen 0",
            ANEW,
            "run it = listen 127.0.0.1:00",
            "RefutationEnded",
            "step task",
        ],
    );
    assert_eq!(times(&said, "127.0.0.1:00"), 1, "{said:#?}");
}

const MENDED: &str = "Your own lines have changed the lab, so this step is set up anew first.";

#[test]
fn lines_typed_at_a_prediction_do_not_disturb_its_experiment() {
    let mut lesson = lesson();
    for step in &mut lesson.steps {
        if step.id == "predict" {
            step.setup = vec!["s = listen 127.0.0.1:0".to_owned()];
        }
    }
    let lesson = Arc::new(lesson);
    let walk = |typed: &[&str]| {
        let tutor = Tutor::new(Arc::clone(&lesson), Arc::new(NoCards), Some("predict"));
        drive_in(tutor, typed, str::len).0
    };
    for line in [
        "it = listen 0",
        "sysctl net.ipv4.tcp_syncookies 0",
        "x = link lo down",
    ] {
        let said = walk(&[line, "b", ""]);
        has(
            &said,
            &[
                &format!("run {line}"),
                "Predicted",
                MENDED,
                "run s = listen 127.0.0.1:0",
                "run it = listen 127.0.0.1:0",
                "graded Some(1) [1]",
                "done predict Right",
            ],
        );
        assert_eq!(times(&said, "run s = listen"), 2, "{said:#?}");
    }
    // A look changes nothing, and what was made good once is good.
    for typed in [
        &["range", "b", ""][..],
        &["hosts", "sysctl net.core.somaxconn", "filter", "b", ""],
        &["b", ""],
    ] {
        let said = walk(typed);
        assert_eq!(times(&said, MENDED), 0, "{said:#?}");
        assert_eq!(times(&said, "run s = listen"), 1, "{said:#?}");
    }
    // So it is before the lines of an experiment.
    let said = walk(&["a", "", "it = listen 0", "", ""]);
    has(
        &said,
        &[
            "refutation",
            "run it = listen 0",
            MENDED,
            "run it = listen 127.0.0.1:00",
        ],
    );
}

#[test]
fn an_experiment_is_shown_once_and_where_it_was_is_said() {
    let mut lesson = lesson();
    let mut again = lesson
        .steps
        .iter()
        .find(|step| step.id == "predict")
        .cloned()
        .unwrap();
    again.id = "again".to_owned();
    lesson.steps.insert(2, again);
    let tutor = Tutor::new(Arc::new(lesson), Arc::new(NoCards), Some("predict"));
    let typed = ["a", "", "", "", "a", "", "back", "back", "a", "", "", ""];
    let (said, _) = drive_in(tutor, &typed, str::len);
    has(
        &said,
        &[
            "refutation",
            "step again",
            "It has 23.",
            "The experiment for this was shown at step 2; `back` leads there.",
            "done again Missed",
            "step task",
            "step again",
            "step predict",
            "refutation",
        ],
    );
    assert_eq!(times(&said, "refutation"), 2, "{said:#?}");
}

#[test]
fn a_page_to_read_has_nothing_to_solve() {
    let tutor = Tutor::new(Arc::new(lesson()), Arc::new(NoCards), None);
    let (said, _) = drive_in(tutor, &["solution"], str::len);
    has(&said, &["There is nothing to solve here; Enter goes on."]);
}

const SOLVED_ANEW: &str = "The solution begins with the set-up, and your own lines have changed the lab: this step is set up anew first.";

#[test]
fn a_solution_begins_with_the_set_up_it_was_written_for() {
    let broken = [
        // Gone, replaced, or something in its way that goals could trip over.
        &["a = listen 127.0.0.1:9"][..],
        &["x = listen 127.0.0.1:9", "undo", "y = listen 127.0.0.1:9"],
        &["x = listen 127.0.0.1:9", "y = listen 127.0.0.1:9", "undo"],
        &["filter drop 127.0.0.1:9"],
    ];
    for typed in broken {
        let typed = [typed, &["solution", "b = listen 0", ""]].concat();
        let (said, _) = walk("task", &typed);
        has(
            &said,
            &[
                SOLVED_ANEW,
                "run a = listen 127.0.0.1:0",
                "Task",
                "goals false",
            ],
        );
        let port = said
            .iter()
            .rev()
            .find_map(|said| said.strip_prefix("It has "));
        let port = port.unwrap().trim_end_matches('.');
        has(
            &said,
            &[
                SOLVED_ANEW,
                &format!("solution b = listen 127.0.0.1:{port}"),
                "run b = listen 0",
                "done task Helped",
            ],
        );
        assert_eq!(times(&said, SOLVED_ANEW), 1, "{said:#?}");
    }
    // What changed nothing costs nothing, and once is enough.
    for (typed, anew) in [
        (&["solution"][..], 0),
        (&["range", "solution"], 0),
        (&["x = listen 0", "undo", "solution"], 0),
        (&["x = listen 0", "solution", "solution"], 1),
        (&["x = listen 0", "solution", "undo"], 1),
        (&["b = listen 0", "solution"], 0),
    ] {
        let (said, _) = walk("task", typed);
        assert_eq!(times(&said, SOLVED_ANEW), anew, "{typed:?} {said:#?}");
    }
}
