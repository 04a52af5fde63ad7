//! Walks over a lesson made here, in a lab that only pretends: each line `name = …` binds an
//! outcome whose port is its length. What the kernel really says is tested elsewhere.
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::super::event::{Ask, Event, Foretold, Leave, StepResult, Summary, Want};
use super::{Tutor, numbered};
use crate::lang::{Card, CardSource, Expr, Ran, Scope};
use crate::lesson::{
    Answer, Explain, Goal, Kind, Lesson, Level, Need, PredictOption, Question, Refutation, Step,
    Task, Trap, WorldName,
};

pub(super) struct NoCards;
impl CardSource for NoCards {
    fn card(&self, _: &str) -> Option<Card> {
        None
    }
    fn keys(&self) -> Vec<String> {
        Vec::new()
    }
}

fn step(id: &str, kind: Kind) -> Step {
    Step {
        id: id.to_owned(),
        title: None,
        when: None,
        needs: Vec::new(),
        world: WorldName::Host,
        setup: Vec::new(),
        quiet: false,
        claims: Vec::new(),
        notes: None,
        say: None,
        kind,
        explain: Vec::new(),
    }
}

pub(super) fn lesson() -> Lesson {
    let option = |say: &str, claim: &str, tag: Option<&str>| PredictOption {
        say: say.to_owned(),
        claim: Expr::unchecked(claim),
        misconception: tag.map(str::to_owned),
    };
    let mut predict = step(
        "predict",
        Kind::Predict {
            question: "How long?".to_owned(),
            options: vec![
                option("short", "it.port < 5", Some("short-lines")),
                option("long", "it.port > 5", None),
            ],
            lines: vec!["it = listen 127.0.0.1:0".to_owned()],
        },
    );
    predict.explain = vec![Explain {
        when: None,
        say: "It has {{ it.port }}.".to_owned(),
    }];
    let mut task = step(
        "task",
        Kind::Task(Task {
            text: "Make `b`.".to_owned(),
            goals: vec![Goal {
                say: "b is there".to_owned(),
                check: Expr::unchecked("b is ok"),
                otherwise: None,
            }],
            hints: vec!["first".to_owned(), "second".to_owned()],
            solution: vec!["b = listen 127.0.0.1:{{ a.port }}".to_owned()],
            traps: vec![Trap {
                run: vec!["c = listen 127.0.0.1:1".to_owned()],
                when: None,
                says: "That is c.".to_owned(),
            }],
        }),
    );
    task.setup = vec!["a = listen 127.0.0.1:0".to_owned()];
    task.say = Some("It has {{ a.port }}.".to_owned());
    let mut elsewhere = step("elsewhere", Kind::Say);
    elsewhere.needs = vec![Need::Ipv6];
    let ask = step(
        "ask",
        Kind::Ask(Question {
            text: "Which?".to_owned(),
            replies: Vec::new(),
            answer: Answer::Text(vec!["port".to_owned()]),
            because: Some("It is the port.".to_owned()),
        }),
    );
    Lesson {
        id: "made".to_owned(),
        number: None,
        chapter: None,
        title: "Made".to_owned(),
        summary: String::new(),
        level: Level::Beginner,
        minutes: 1,
        objectives: Vec::new(),
        terms: Vec::new(),
        claims: Vec::new(),
        steps: vec![step("hello", Kind::Say), predict, elsewhere, task, ask],
        refutations: BTreeMap::from([(
            "short-lines".to_owned(),
            Refutation {
                needs: Vec::new(),
                world: WorldName::Host,
                say: Some("Look again.".to_owned()),
                setup: Vec::new(),
                run: vec!["it = listen 127.0.0.1:00".to_owned()],
                explain: Vec::new(),
            },
        )]),
    }
}

/// Drives a walk with typed lines; gives every event as one short line, and how it ended.
fn walk(from: Option<&str>, typed: &[&str]) -> (Vec<String>, Option<Leave>) {
    drive(
        Tutor::new(Arc::new(lesson()), Arc::new(NoCards), from),
        typed,
    )
}

pub(super) fn drive(tutor: Tutor, typed: &[&str]) -> (Vec<String>, Option<Leave>) {
    drive_in(tutor, typed, str::len)
}

/// The same in a lab that gives ports of its own.
pub(super) fn drive_in(
    mut tutor: Tutor,
    typed: &[&str],
    mut port: impl FnMut(&str) -> usize,
) -> (Vec<String>, Option<Leave>) {
    let mut scope = Scope::new();
    let mut typed = typed.iter();
    let mut said = Vec::new();
    loop {
        said.extend(tutor.events().map(|event| short(&event)));
        match tutor.want() {
            Want::Run { line, .. } => {
                let line = crate::lang::Template::unchecked(&line)
                    .render(&scope)
                    .unwrap();
                if let Some((name, _)) = line.split_once(" = ") {
                    scope.insert(name, json!({"ok": true, "port": port(&line)}));
                }
                said.push(format!("run {line}"));
                tutor.ran(Ok(Ran {
                    line,
                    outcome: None,
                    scope: scope.clone(),
                }));
            }
            Want::Clear { .. } => {
                scope = Scope::new();
                tutor.looked(scope.clone());
            }
            Want::Look => tutor.looked(scope.clone()),
            Want::Line(_) => match typed.next() {
                Some(line) => tutor.line(line),
                None => return (said, None),
            },
            Want::Nothing(leave) => return (said, Some(leave)),
        }
    }
}

fn short(event: &Event) -> String {
    match event {
        Event::StepStarted { step, .. } => format!("step {step}"),
        Event::StepDone { step, result } => format!("done {step} {result:?}"),
        Event::Graded {
            chosen, came_true, ..
        } => format!("graded {chosen:?} {came_true:?}"),
        Event::Explained { text }
        | Event::Say { text }
        | Event::Trap { text }
        | Event::Notice { text } => text.clone(),
        Event::Goals { met, .. } => format!("goals {met}"),
        Event::Hint { tier, of, .. } => format!("hint {tier}/{of}"),
        Event::Answered { correct, .. } => format!("answered {correct}"),
        Event::Solution { lines } => format!("solution {}", lines.join("; ")),
        Event::RefutationStarted { .. } => "refutation".to_owned(),
        other => {
            let shown = format!("{other:?}");
            shown
                .split([' ', '{'])
                .next()
                .unwrap_or_default()
                .to_owned()
        }
    }
}

pub(super) fn has(said: &[String], wanted: &[&str]) {
    let mut rest = said.iter();
    for line in wanted {
        assert!(
            rest.any(|said| said == line),
            "{line:?} is missing (in this order) in {said:#?}"
        );
    }
}

#[test]
fn a_whole_lesson() {
    let (said, end) = walk(
        None,
        &["", "b", "", "b = listen 127.0.0.1:80", "", "port", ""],
    );
    has(
        &said,
        &[
            "step hello",
            "done hello Done",
            "step predict",
            "Predicted",
            "run it = listen 127.0.0.1:0",
            "graded Some(1) [1]",
            "It has 23.",
            "done predict Right",
            "StepSkipped",
            "done elsewhere NotHere",
            "step task",
            "Task",
            "goals false",
            "run b = listen 127.0.0.1:80",
            "goals true",
            "done task Done",
            "step ask",
            "answered true",
            "done ask Right",
            "LessonDone",
        ],
    );
    assert_eq!(end, Some(Leave::Finished));
}

#[test]
fn a_miss_with_a_known_misconception_branches_and_returns() {
    let (said, _) = walk(Some("predict"), &["a", "", "", ""]);
    has(
        &said,
        &[
            "graded Some(0) [1]",
            "It has 23.",
            // Written down before the detour: who leaves in the middle of it is not asked again.
            "done predict Missed",
            "refutation",
            "Look again.",
            "run it = listen 127.0.0.1:00",
            "RefutationEnded",
            "step task",
        ],
    );
}

#[test]
fn skip_performs_the_step() {
    let (said, _) = walk(Some("predict"), &["skip", "", "skip", "", "skip", ""]);
    has(
        &said,
        &[
            "run it = listen 127.0.0.1:0",
            "graded None [1]",
            "done predict Skipped",
            "run b = listen 127.0.0.1:22",
            "done task Skipped",
            "answered false",
            "done ask Skipped",
        ],
    );
}

#[test]
fn tasks_have_hints_traps_solutions_and_undo() {
    let (said, _) = walk(
        Some("task"),
        &[
            "hint",
            "hint",
            "hint",
            "c = listen 127.0.0.1:1",
            "undo",
            "undo",
            "solution",
            "",
            "b = listen 127.0.0.1:23",
            "",
        ],
    );
    has(
        &said,
        &[
            "hint 1/2",
            "hint 2/2",
            "NoMoreHints",
            "run c = listen 127.0.0.1:1",
            "That is c.",
            "Taken back: c = listen 127.0.0.1:1",
            "run a = listen 127.0.0.1:0",
            "goals false",
            "There is nothing to take back here; `reset` starts the step afresh.",
            "solution b = listen 127.0.0.1:22",
            "The goals above are still open. `hint` helps; `skip` performs the step.",
            "goals true",
            "done task Helped",
        ],
    );
}

#[test]
fn every_verb_works_at_every_prompt_and_words_never_lose_the_place() {
    let (said, _) = walk(
        Some("predict"),
        &[
            "x = listen 0",
            "help",
            "notes",
            "hint",
            "play",
            "a",
            "done",
            "z",
            "",
            "b",
            "",
        ],
    );
    has(
        &said,
        &[
            "run x = listen 0",
            "Help",
            "NoMoreHints",
            "Play",
            "BadLine",
            "Play",
            "Question",
            "NotUnderstood",
            "NotUnderstood",
            "graded Some(1) [1]",
            "done predict Right",
        ],
    );
}

#[test]
fn leaving_and_resuming() {
    assert_eq!(walk(None, &["menu"]).1, Some(Leave::Menu));
    assert_eq!(walk(None, &["quit"]).1, Some(Leave::Quit));
    let (said, _) = walk(Some("task"), &["back", ""]);
    has(&said, &["step task", "step predict"]);
    let mut tutor = Tutor::new(Arc::new(lesson()), Arc::new(NoCards), Some("ask"));
    tutor.looked(Scope::new());
    assert_eq!((tutor.step_id(), tutor.position()), ("ask", (5, 5)));
    tutor.looked(Scope::new());
    assert_eq!(tutor.want(), Want::Line(Ask::Text));
    tutor.end_of_input();
    assert_eq!(tutor.want(), Want::Nothing(Leave::Quit));
}

#[test]
fn reset_alone_starts_the_step_afresh() {
    let (said, _) = walk(Some("task"), &["c = listen 0", "reset"]);
    has(
        &said,
        &["step task", "run c = listen 0", "step task", "goals false"],
    );
}

#[test]
fn play_has_a_prompt_of_its_own_and_gives_the_question_back() {
    let mut tutor = Tutor::new(Arc::new(lesson()), Arc::new(NoCards), Some("predict"));
    tutor.looked(Scope::new());
    tutor.looked(Scope::new());
    tutor.line("play");
    assert_eq!(tutor.want(), Want::Line(Ask::Play));
    tutor.line("");
    assert_eq!(tutor.want(), Want::Line(Ask::Play));
    tutor.line("done");
    assert!(matches!(tutor.want(), Want::Line(Ask::Letter { .. })));
}

/// The summary of a lesson in which lines are typed, one for every question.
fn summary_of(mut tutor: Tutor, typed: &[&str]) -> Summary {
    let mut summary = None;
    let mut scope = Scope::new();
    let mut typed = typed.iter();
    loop {
        for event in tutor.events() {
            if let Event::LessonDone { summary: found, .. } = event {
                summary = Some(found);
            }
        }
        match tutor.want() {
            Want::Run { line, .. } => {
                if let Some((name, _)) = line.split_once(" = ") {
                    scope.insert(name, json!({"ok": true, "port": line.len()}));
                }
                tutor.ran(Ok(Ran {
                    line,
                    outcome: None,
                    scope: scope.clone(),
                }));
            }
            Want::Clear { .. } => {
                scope = Scope::new();
                tutor.looked(scope.clone());
            }
            Want::Look => tutor.looked(scope.clone()),
            Want::Line(_) => tutor.line(typed.next().expect("a line for every question")),
            Want::Nothing(_) => break,
        }
    }
    summary.expect("the lesson ends")
}

#[test]
fn the_first_prediction_counts() {
    let anew = || Tutor::new(Arc::new(lesson()), Arc::new(NoCards), Some("predict"));
    let rest = ["skip", "", "port", ""];
    let told = |predicted: &str| Foretold {
        question: "How long?".to_owned(),
        predicted: Some(predicted.to_owned()),
        came_true: vec!["long".to_owned()],
        seen: Some("`it.port` is 23".to_owned()),
    };
    let earlier = Foretold {
        question: "How long?".to_owned(),
        ..Foretold::default()
    };
    let before = |result| anew().with_first([("predict".to_owned(), result)]);
    let (right, missed) = (StepResult::Right, StepResult::Missed);
    for (tutor, typed, foretold, surprises) in [
        (
            anew(),
            &["b", "", "back", "a", "", "", ""][..],
            vec![told("long")],
            vec![],
        ),
        // Left before the Enter behind it, by all ways.
        (
            anew(),
            &["b", "back", "", "a", "", "", ""],
            vec![told("long")],
            vec![],
        ),
        (
            anew(),
            &["a", "reset", "b", ""],
            vec![],
            vec![told("short")],
        ),
        (before(missed), &["b", ""], vec![], vec![earlier.clone()]),
        (before(right), &["a", "", "", ""], vec![earlier], vec![]),
        (
            before(missed).with_foretold([("predict".to_owned(), told("short"))]),
            &["b", ""],
            vec![],
            vec![told("short")],
        ),
        (
            before(StepResult::NotHere),
            &["b", ""],
            vec![told("long")],
            vec![],
        ),
    ] {
        let summary = summary_of(tutor, &[typed, &rest].concat());
        assert_eq!((summary.predictions, summary.skipped), (1, 1), "{typed:?}");
        assert_eq!(summary.right, foretold.len(), "{typed:?}");
        assert_eq!(summary.foretold, foretold, "{typed:?}");
        assert_eq!(summary.surprises, surprises, "{typed:?}");
    }
    // Whoever let it be shown has predicted nothing.
    let skipped = summary_of(
        anew(),
        &[&["skip", "back", "", "b", ""], &rest[..]].concat(),
    );
    assert_eq!((skipped.predictions, skipped.skipped), (0, 2));
}

#[test]
fn a_page_of_text_is_there_before_the_lab_is_asked() {
    let tutor = Tutor::new(Arc::new(lesson()), Arc::new(NoCards), None);
    assert_eq!(tutor.want(), Want::Line(Ask::Continue));
}

#[test]
fn the_lab_looks_before_a_step_is_left_out() {
    let mut lesson = lesson();
    // A page to read needs no lab; what follows it needs ::1.
    lesson.steps.remove(1);
    let mut tutor = Tutor::new(Arc::new(lesson), Arc::new(NoCards), None);
    assert_eq!(tutor.want(), Want::Line(Ask::Continue));
    tutor.line("");
    assert_eq!(tutor.want(), Want::Look);
    let mut scope = Scope::new();
    scope.insert("machine", json!({"ipv6": true}));
    tutor.looked(scope);
    assert_eq!(tutor.step_id(), "elsewhere");
    let skipped = |event| matches!(event, Event::StepSkipped { .. });
    assert!(!tutor.events().any(skipped));
}

#[test]
fn what_belongs_elsewhere_is_said_at_a_question() {
    let (said, _) = walk(Some("predict"), &["find backlog", "doctor", "18", "b", ""]);
    has(
        &said,
        &["BadLine", "BadLine", "BadLine", "done predict Right"],
    );
    // A number may be the answer where one is asked for, and a word where a word is.
    let mut counted = lesson();
    counted.steps.truncate(1);
    counted.steps.push(step(
        "count",
        Kind::Ask(Question {
            text: "How many?".to_owned(),
            replies: Vec::new(),
            answer: Answer::Number {
                value: Expr::unchecked("65536"),
                tolerance: 0.0,
            },
            because: None,
        }),
    ));
    let tutor = Tutor::new(Arc::new(counted), Arc::new(NoCards), Some("count"));
    let (said, _) = drive(tutor, &["ss -tan", "65536", ""]);
    has(&said, &["BadLine", "answered true", "done count Right"]);
    let (said, _) = walk(Some("ask"), &["", "host", "port", ""]);
    has(
        &said,
        &[
            "An answer is wanted here; `skip` shows it and goes on.",
            "answered false",
            "answered true",
        ],
    );
}

#[test]
fn a_verb_can_be_the_answer() {
    let (said, _) = walk(
        Some("ask"),
        &["accept", "range", "x = listen 0", "port", ""],
    );
    has(
        &said,
        &[
            "answered false",
            "answered false",
            "run x = listen 0",
            "answered true",
        ],
    );
}

/// A lesson of five steps, the second and the third for machines on either side of a line.
fn selective() -> Lesson {
    let mut lesson = lesson();
    for (at, when) in [(1, "machine.start <= 1"), (2, "machine.start > 1")] {
        lesson.steps[at] = step(if at == 1 { "low" } else { "high" }, Kind::Say);
        lesson.steps[at].when = Some(Expr::unchecked(when));
    }
    lesson
}

#[test]
fn steps_for_other_machines_are_not_counted() {
    let machine = |start: u32| {
        let mut scope = Scope::new();
        scope.insert("machine", json!({"start": start}));
        scope
    };
    for (start, walked) in [
        (1024, ["hello", "high", "task", "ask"]),
        (0, ["hello", "low", "task", "ask"]),
    ] {
        for from in [None, Some("task")] {
            let mut tutor = Tutor::new(Arc::new(selective()), Arc::new(NoCards), from);
            // Already the first page says how many there are.
            assert_eq!(tutor.want(), Want::Look);
            tutor.looked(machine(start));
            let mut counted = Vec::new();
            loop {
                for event in tutor.events() {
                    if let Event::StepStarted {
                        step,
                        number,
                        total,
                        ..
                    } = event
                    {
                        counted.push((step, number, total));
                    }
                }
                match tutor.want() {
                    Want::Run { line, .. } => tutor.ran(Ok(Ran {
                        line,
                        outcome: None,
                        scope: Scope::new(),
                    })),
                    // A world of its own has settings of its own, and the steps stay the same.
                    Want::Clear { .. } | Want::Look => tutor.looked(machine(1024 - start)),
                    Want::Line(Ask::Continue) => tutor.line(""),
                    Want::Line(_) => tutor.line("skip"),
                    Want::Nothing(_) => break,
                }
            }
            let all = (1..).zip(walked).map(|(n, id)| (id.to_owned(), n, 4));
            let begin = if from.is_some() { 2 } else { 0 };
            assert_eq!(counted, all.skip(begin).collect::<Vec<_>>());
            let lesson = selective();
            let steps = numbered(&lesson, || machine(start));
            assert!(steps.iter().map(|step| &*step.id).eq(walked));
        }
    }
}

#[test]
fn going_back_passes_over_steps_for_other_machines() {
    let mut lesson = selective();
    for step in &mut lesson.steps[1..3] {
        step.when = Some(Expr::unchecked("1 > 2"));
    }
    let tutor = Tutor::new(Arc::new(lesson), Arc::new(NoCards), Some("task"));
    let (said, _) = drive(tutor, &["back", ""]);
    has(&said, &["step task", "step hello", "step task"]);
}

#[test]
fn where_all_steps_are_for_everybody_nobody_looks_for_their_number() {
    let steps = lesson();
    let numbered = numbered(&steps, || panic!("looked"));
    assert_eq!(numbered.len(), steps.steps.len());
}
