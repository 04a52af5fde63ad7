//! The same lesson in every view: words are always enough, and drawings only repeat them.
use std::sync::Arc;

use looplab::lab::{Lab, LabConfig};
use looplab::lang::CardSource;
use looplab::lesson::{Library, LibraryConfig};
use looplab::render::{PlainView, Style, TerminalView, View};
use looplab::tutor::{Tutor, Want};
use serde_json::json;

use crate::run::looplab;
use crate::talk::{LESSONS, Learner, recorded_walk};

#[test]
fn a_lesson_presents_itself_to_the_end_through_a_pipe() {
    for lesson in LESSONS {
        let ended = looplab(["present", lesson, "--auto", "--pace", "0"]).end();
        ended.exits(0).is_quiet().says(": done");
        let ended = looplab(["present", lesson, "--auto", "--pace=0", "--json"]).end();
        let last = ended.exits(0).is_quiet().records().pop().unwrap();
        assert_eq!(last["event"], "lesson_done", "{last}");
    }
}

#[test]
fn a_set_up_is_told_at_its_own_time_and_once() {
    let typed = "x = listen 127.0.0.1:0\nundo\ny = listen 127.0.0.1:0\nsolution\nquit\n";
    let run = looplab([
        "learn",
        "address-in-use",
        "--step",
        "restart-task",
        "--json",
    ]);
    let ended = run.input(typed).end();
    let records = ended.exits(0).records();
    let told: Vec<_> = records
        .iter()
        .filter(|record| record["event"] == "prepared")
        .map(|record| &record["lines"])
        .collect();
    // With the task, and with the solution, which has the lab set up anew; an `undo` says the task again.
    let [first, second] = told[..] else {
        panic!("{told:?} {ended:?}");
    };
    assert_eq!(first, second);
    let emptied = records.iter().filter(|r| r["event"] == "emptied").count();
    assert_eq!(emptied, 2, "{ended:?}");
}

/// What a person typed into lesson after lesson, given to a dumb terminal from a file.
#[test]
fn a_recorded_walk_is_followed_in_plain_lines() {
    for lesson in LESSONS {
        let walk = recorded_walk(lesson);
        let answers = walk.typed.join("\n") + "\n";
        let ended = looplab(["learn", lesson]).input(answers.clone()).end();
        ended.exits(0).is_quiet().says(": done");
        for line in &walk.typed {
            let shown = format!("> {line}");
            assert!(ended.out.contains(shown.trim_end()), "{line}: {ended:?}");
        }
        let json = looplab(["learn", lesson, "--json"]).input(answers).end();
        let records = json.exits(0).is_quiet().records();
        let done = records.iter().filter(|r| r["event"] == "step_done").count();
        assert_eq!(done, walk.steps.len(), "{json:?}");
    }
}

/// Everything that is written on a screen is said in plain lines, too. One walk for both, for no
/// two walks see the same ports.
#[test]
fn plain_lines_miss_no_fact_of_the_screen() {
    for lesson in LESSONS {
        let (screen, plain) = seen_twice(lesson);
        assert!(!plain.contains('\x1b'), "{plain}");
        assert!(screen.contains("\x1b["), "{screen}");
        let plain = in_one_line(&plain);
        for fact in facts(&screen) {
            assert!(plain.contains(&fact), "lesson {lesson}: not said: {fact}");
        }
    }
}

/// One walk through a lesson, as a screen and as plain lines show it.
fn seen_twice(lesson: &str) -> (String, String) {
    let library = Arc::new(Library::open(LibraryConfig::default()));
    let cards: Arc<dyn CardSource> = Arc::<Library>::clone(&library);
    let mut lab = Lab::new(LabConfig::new(Arc::clone(&cards)));
    let mut tutor = Tutor::new(Arc::new(library.lesson(lesson).unwrap()), cards, None);
    let style = |color| Style {
        color,
        unicode: true,
        width: 100,
    };
    let mut screen = TerminalView::new(Vec::new(), style(true));
    let mut plain = PlainView::new(Vec::new(), style(false));
    let mut learner = Learner::default();
    loop {
        for event in tutor.events() {
            learner.hear(&json!(event));
            screen.event(&event).unwrap();
            plain.event(&event).unwrap();
        }
        match tutor.want() {
            Want::Run { line, author } => tutor.ran(lab.run(&line, author)),
            Want::Clear { .. } => {
                lab.clear();
                tutor.looked(lab.scope());
            }
            Want::Look => tutor.looked(lab.scope()),
            Want::Line(ask) => {
                screen.ask(&ask).unwrap();
                plain.ask(&ask).unwrap();
                tutor.line(&learner.answer(&json!(ask)));
            }
            Want::Nothing(_) => break,
        }
    }
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(screen.into_inner()), text(plain.into_inner()))
}

/// The texts of a screen, without drawings and marks, in pieces that no column breaks.
fn facts(screen: &str) -> Vec<String> {
    let lines: Vec<String> = screen.lines().map(without_colour).collect();
    let strokes = ['┌', '├', '└', '┐', '┘', '┤', '▁', '█'];
    let drawn = |line: &str| line.starts_with("  │") || line.contains(strokes);
    let mut facts = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let above_a_drawing = lines.get(number + 1).is_some_and(|next| drawn(next));
        if drawn(line) || above_a_drawing {
            continue;
        }
        // The plain view has other words for the marks of a step and of a goal.
        let line = match line.split_once(['━', '╸']) {
            Some((_, title)) => title,
            None => line.trim_start_matches(['│', ' ']),
        };
        let line = line.strip_prefix("not yet: ").unwrap_or(line);
        let line = line.replace(['│', '─', '━', '╸', '›', '•', '·', '✓', '✗'], "  ");
        let pieces = line.split("  ").map(in_one_line);
        facts.extend(pieces.filter(|piece| piece.contains(char::is_alphanumeric)));
    }
    facts
}

/// Words with one space between them, and without the marks of the plain view for code and for
/// what separates the words of a prompt.
fn in_one_line(text: &str) -> String {
    let text = text.replace('`', "").replace('·', " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// SGR sequences are the only ones a view writes.
fn without_colour(line: &str) -> String {
    let mut pieces = line.split("\x1b[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |said, piece| {
        let (numbers, text) = piece.split_once('m').unwrap();
        assert!(numbers.chars().all(|c| c.is_ascii_digit() || c == ';'));
        said + text
    })
}
