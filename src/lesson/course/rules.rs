//! What a lesson of the course must have beside what every lesson must have: a chapter, claims that
//! are in the ledger, and the shape that makes a reader think before looking.
use std::iter;

use super::super::codes::Code;
use super::super::diagnostic::short;
use super::super::finding::Finding;
use super::super::model::{Kind, Lesson, Step, Task};
use super::super::tree::Path;
use super::super::words::near;
use super::{Chapter, Claim};

/// The least wrong turns a task knows: with one, every other mistake goes unanswered.
const TRAPS: usize = 2;
/// The least tiers of help: where to look, what to use, what to type.
const HINTS: usize = 3;

/// Whether the lesson names a chapter that there is.
pub(super) fn chapter(lesson: &Lesson, known: &[Chapter], inside: bool) -> Option<Finding> {
    let ids: Vec<&str> = known.iter().map(|chapter| &*chapter.id).collect();
    let list = || format!("one of: {}", ids.join(", "));
    let top = Path::default();
    match &lesson.chapter {
        None if inside && !known.is_empty() => {
            let message = "this lesson of the course is in no chapter";
            let finding = Finding::new(Code::NoChapter, &top.key("title"), message).on_key();
            Some(finding.help(format!("add `chapter:`, {}", list())))
        }
        Some(id) if !ids.contains(&id.as_str()) => {
            let message = format!("there is no chapter `{}`", short(id));
            let help = match near(id, ids.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => list(),
            };
            Some(Finding::new(Code::UnknownChapter, &top.key("chapter"), message).help(help))
        }
        _ => None,
    }
}

/// Citations of claims that are not in the ledger.
pub(super) fn claims(lesson: &Lesson, known: &[Claim]) -> Vec<Finding> {
    if known.is_empty() {
        return Vec::new();
    }
    let top = Path::default();
    let own = iter::once((&lesson.claims, top.key("claims")));
    let steps = lesson.steps.iter().enumerate();
    let steps = steps.map(|(i, step)| (&step.claims, top.key("steps").index(i).key("claims")));
    let mut found = Vec::new();
    for (claims, path) in own.chain(steps) {
        for (i, claim) in claims.iter().enumerate() {
            if known.iter().all(|known| known.id != *claim) {
                let message = format!("the ledger has no claim `{}`", short(claim));
                let finding = Finding::new(Code::UnknownClaim, &path.index(i), message);
                found.push(finding.help("the claims of the article are listed in claims.yaml"));
            }
        }
    }
    found
}

/// Whether the lesson makes its reader predict, do and recall, and helps whoever teaches it.
pub(super) fn shape(lesson: &Lesson) -> Vec<Finding> {
    let steps = || lesson.steps.iter();
    let has = |kind: &str| steps().any(|step| step.kind.name() == kind);
    let at = Path::default().key("steps");
    let lacks = |code, what: &str, help: &str| {
        let message = format!("this lesson has no {what}");
        Finding::new(code, &at, message).on_key().help(help)
    };
    let mut found = Vec::new();
    if !has("predict") {
        let help = "ask what the kernel will do before it does it: `predict:`, `options:`, `run:`";
        found.push(lacks(Code::NoPrediction, "prediction", help));
    }
    if !has("task") {
        let help = "let the reader bring something about: `task:`, `goal:`, `solution:`";
        found.push(lacks(Code::NoTask, "task", help));
    }
    if !has("ask") {
        let help = "ask for what should stay, with values of this machine: `ask:`";
        found.push(lacks(Code::NoRecall, "recall", help));
    }
    let noted = steps().filter(|step| step.notes.is_some()).count();
    if noted * 2 < lesson.steps.len() {
        let message = format!(
            "{noted} of {} steps have notes for the instructor",
            lesson.steps.len()
        );
        let finding = Finding::new(Code::FewNotes, &at, message).on_key();
        found.push(finding.help("say under `notes:` what a class asks here, for at least half"));
    }
    for (i, step) in lesson.steps.iter().enumerate() {
        if let Kind::Task(task) = &step.kind {
            found.extend(check_task(step, task, &at.index(i)));
        }
    }
    found
}

fn check_task(step: &Step, task: &Task, path: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    let few = |code, count: usize, least: usize, what: &str| {
        let message = format!("this task has too few {what}: {count} of at least {least}");
        Finding::new(code, &path.key("task"), message).on_key()
    };
    if task.traps.len() < TRAPS {
        let finding = few(Code::FewTraps, task.traps.len(), TRAPS, "traps");
        found.push(finding.help("add what readers type first, and what it shows"));
    }
    if task.hints.len() < HINTS {
        let finding = few(Code::FewHints, task.hints.len(), HINTS, "hints");
        found.push(finding.help("where to look, then what to use, and last what to type"));
    }
    let front = task.hints.split_last().map_or(&[][..], |(_, front)| front);
    for (i, hint) in front.iter().enumerate() {
        if let Some(line) = tells(hint, step, task) {
            let message = format!(
                "this hint gives away a line of the solution: {}",
                short(&line)
            );
            let at = path.key("hints").index(i);
            let finding = Finding::new(Code::HintTellsLine, &at, message);
            found.push(finding.help("name the verb; the last hint may say what to type"));
        }
    }
    found
}

/// The line of the solution that a hint contains, with or without its name. What the set-up has
/// shown already is no secret.
fn tells(hint: &str, step: &Step, task: &Task) -> Option<String> {
    let hint = squeezed(hint);
    let lines = task
        .solution
        .iter()
        .filter(|line| !step.setup.contains(line));
    let commands = lines.map(|line| squeezed(command(line)));
    // A bare verb such as `range` occurs in every sentence about it.
    let mut whole = commands.filter(|command| command.contains(' '));
    whole.find(|command| hint.contains(command.as_str()))
}

/// A line without the name that it binds.
pub(super) fn command(line: &str) -> &str {
    match line.split_once('=') {
        Some((name, rest)) if !name.trim().contains(' ') => rest,
        _ => line,
    }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
