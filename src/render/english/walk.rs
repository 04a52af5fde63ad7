//! Events of a walk in words, those that need no memory of what was before.
use super::words::{counted, paragraph, solved};
use super::{fact, help};
use crate::render::block::{Block, Item, ItemText, Mark, Mistake};
use crate::render::highlight::highlight;
use crate::render::line::Line;
use crate::render::markdown::one_line;
use crate::render::sanitize::{Safe, columns};
use crate::render::style::Role;
use crate::tutor::{Event, Foretold, GoalState, Summary};

/// Events that need no memory.
pub(super) fn tell(event: &Event) -> Vec<Block> {
    match event {
        Event::LessonStarted {
            title,
            summary,
            minutes,
            objectives,
            ..
        } => begun(title, summary, *minutes, objectives),
        Event::Say { text } => vec![Block::Gap, Block::Prose(text.clone())],
        Event::Command { line, .. } => vec![Block::Command(highlight(line))],
        Event::Prepared { lines } => lines.iter().map(|line| prepared(line)).collect(),
        Event::Surprise { observed } => surprise(observed),
        Event::RefutationStarted { .. } => {
            let line = Line::of(Role::Heading, "A short experiment on that, then back.");
            vec![Block::Gap, Block::Heading(line)]
        }
        Event::RefutationEnded | Event::Play { on: false } => apart(remark("Back in the lesson.")),
        Event::Task { text } => vec![Block::Gap, labelled("task", text)],
        Event::Goals { goals, met } => standing(goals, *met),
        Event::Trap { text } => vec![Block::Gap, labelled("note", text)],
        Event::Hint { tier, of, text } => {
            vec![Block::Gap, labelled(&format!("hint {tier} of {of}"), text)]
        }
        Event::NoMoreHints { solution: true } => {
            remark("No more hints; `solution` puts the solution at the prompt.")
        }
        Event::NoMoreHints { solution: false } => remark("This step has no hints."),
        Event::Solution { lines } => solution(lines),
        Event::Answered {
            correct,
            given,
            answer,
            because,
        } => answered(*correct, given, answer.as_deref(), because.as_deref()),
        Event::NotUnderstood { given, help } => not_understood(given, help),
        Event::BadLine {
            line,
            message,
            span,
            help,
        } => mistaken(line, message, span, help.as_deref()),
        Event::RefutationSkipped { reason } => apart(remark(reason)),
        Event::Notes { text } => vec![Block::Gap, labelled("instructor's notes", text)],
        Event::Help { words, verbs } => help::list(words, verbs),
        Event::VerbHelp { text } => help::page(text),
        Event::Play { on: true } => apart(remark(
            "Free play: any line of the lab. `done` returns to the lesson.",
        )),
        Event::Notice { text } => remark(text),
        Event::LessonDone {
            lesson,
            title,
            summary,
        } => done(lesson, title, summary),
        // How a step went is for the journal; the learner was told as it happened. The others are
        // told by the narrator, which remembers.
        Event::StepDone { .. }
        | Event::StepStarted { .. }
        | Event::StepSkipped { .. }
        | Event::Emptied
        | Event::Outcome { .. }
        | Event::Question { .. }
        | Event::Predicted { .. }
        | Event::Graded { .. }
        | Event::Explained { .. }
        | Event::Card { .. } => Vec::new(),
    }
}

fn remark(text: &str) -> Vec<Block> {
    vec![Block::Remark(Line::marked(text))]
}

fn apart(mut blocks: Vec<Block>) -> Vec<Block> {
    blocks.insert(0, Block::Gap);
    blocks
}

fn labelled(label: &str, text: &str) -> Block {
    Block::Labelled(Line::of(Role::Key, label), text.to_owned())
}

/// `you predict b: …`
pub(super) fn choice(words: &str, option: usize, text: &str) -> Block {
    let label = Line::from(words)
        .text(' ')
        .and(Role::Key, Mark::letter(option));
    Block::Labelled(label, paragraph(text))
}

fn lesson_items(texts: &[String], mark: impl Fn(usize) -> Mark) -> Block {
    let item = |(place, text): (usize, &String)| Item {
        mark: mark(place),
        text: ItemText::Lesson(paragraph(text)),
        aside: None,
    };
    Block::List(texts.iter().enumerate().map(item).collect())
}

fn begun(title: &str, summary: &str, minutes: u32, objectives: &[String]) -> Vec<Block> {
    let time = Line::from(format!("about {}", counted(minutes as usize, "minute")).as_str());
    let mut text = summary.to_owned();
    if !objectives.is_empty() {
        text.push_str("\n\nAfterwards you can\n\n");
        for objective in objectives {
            text.push_str("- ");
            text.push_str(&objective.replace('\n', " "));
            text.push('\n');
        }
    }
    vec![
        Block::Gap,
        Block::Title(Line::of(Role::Heading, title), Some(time)),
        Block::Prose(text),
    ]
}

fn prepared(line: &str) -> Block {
    Block::Remark(Line::from("prepared: ").then(&highlight(line)))
}

pub(super) fn asked(question: &str, options: &[String], prediction: bool) -> Vec<Block> {
    let label = if prediction { "predict" } else { "question" };
    let mut blocks = vec![Block::Gap, labelled(label, question)];
    if !options.is_empty() {
        blocks.push(lesson_items(options, Mark::Letter));
    }
    blocks
}

fn surprise(observed: &[(String, String)]) -> Vec<Block> {
    let line = Line::of(Role::Surprise, "none of the options came true")
        .text(": a finding about this machine. What was seen:");
    let item = |(text, why): &(String, String)| Item {
        mark: Mark::Bullet,
        text: ItemText::Lesson(paragraph(text)),
        aside: Some(Line::marked(why)),
    };
    let items = observed.iter().map(item).collect();
    vec![fact(line), Block::List(items)]
}

fn standing(goals: &[GoalState], met: bool) -> Vec<Block> {
    let item = |goal: &GoalState| Item {
        mark: Mark::Goal { met: goal.met },
        text: ItemText::Lesson(paragraph(&goal.say)),
        aside: (!goal.met && !goal.why.is_empty()).then(|| Line::marked(&goal.why)),
    };
    let mut blocks = vec![Block::List(goals.iter().map(item).collect())];
    if met {
        let words = if goals.len() == 1 {
            "the goal is met"
        } else {
            "all goals are met"
        };
        blocks.push(fact(Line::of(Role::Ok, words)));
    }
    blocks
}

fn solution(lines: &[String]) -> Vec<Block> {
    let mut blocks = match lines.len() {
        1 => remark("The solution; Enter runs it:"),
        _ => remark("The solution; Enter runs it line by line:"),
    };
    blocks.extend(lines.iter().map(|line| Block::Command(highlight(line))));
    blocks
}

fn answered(correct: bool, given: &str, answer: Option<&str>, because: Option<&str>) -> Vec<Block> {
    let mut blocks = Vec::new();
    if correct {
        blocks.push(fact(Line::of(Role::Ok, "right").text(": ").text(given)));
    } else if !given.is_empty() {
        let line = Line::of(Role::Surprise, "not that").text(": ").text(given);
        blocks.push(fact(line));
    }
    if let Some(answer) = answer {
        blocks.push(labelled("the answer", &paragraph(answer)));
    }
    if let Some(because) = because {
        blocks.push(Block::Prose(because.to_owned()));
    }
    if !correct && answer.is_none() {
        blocks.extend(remark("Try again; `skip` shows the answer."));
    }
    blocks
}

fn not_understood(given: &str, help: &str) -> Vec<Block> {
    let line = if given.is_empty() {
        Line::new()
    } else {
        Line::of(Role::Code, given).text(" is no answer here: ")
    };
    vec![Block::Remark(line.then(&Line::marked(help)))]
}

/// A line, and which of its columns are meant by a span of its bytes.
pub fn mistake(line: &str, span: &std::ops::Range<usize>) -> Mistake {
    let start = line.floor_char_boundary(span.start.min(line.len()));
    let end = line.floor_char_boundary(span.end.clamp(start, line.len()));
    let before = Safe::new(line.get(..start).unwrap_or_default());
    let inside = Safe::new(line.get(start..end).unwrap_or_default());
    Mistake {
        line: Line::from(line),
        column: columns(before.as_str()),
        width: columns(inside.as_str()).max(1),
    }
}

/// The line with a mark under the mistake, then what is wrong, then what would be right.
fn mistaken(
    line: &str,
    message: &str,
    span: &std::ops::Range<usize>,
    help: Option<&str>,
) -> Vec<Block> {
    let mut blocks = vec![
        Block::Mistake(mistake(line, span)),
        fact(Line::marked_as(Role::Refused, message)),
    ];
    if let Some(help) = help {
        blocks.extend(remark(help));
    }
    blocks
}

fn done(lesson: &str, title: &str, summary: &Summary) -> Vec<Block> {
    let title = Line::of(Role::Heading, title)
        .text(": ")
        .and(Role::Ok, "done");
    let mut blocks = vec![Block::Gap, Block::Title(title, None)];
    if summary.predictions > 0 {
        let line = format!(
            "{} of {} came true",
            summary.right,
            counted(summary.predictions, "prediction")
        );
        blocks.push(fact(Line::from(line.as_str())));
        blocks.extend(foretold(&summary.foretold));
    }
    if summary.tasks > 0 {
        let line = solved(summary.tasks, summary.helped);
        blocks.push(fact(Line::from(line.as_str())));
    }
    if summary.skipped > 0 {
        let line = format!("{} skipped", counted(summary.skipped, "step"));
        blocks.push(fact(Line::from(line.as_str())));
    }
    if !summary.surprises.is_empty() {
        blocks.push(fact(Line::from("worth a second look:")));
        let items = summary.surprises.iter().map(surprised);
        blocks.push(Block::List(items.collect()));
    }
    if *summary != Summary::default() {
        blocks.extend(remark(&format!(
            "`looplab report {lesson} --to html --output {lesson}.html` keeps this as a page."
        )));
    }
    blocks
}

/// What was predicted, and came true.
fn foretold(all: &[Foretold]) -> Option<Block> {
    let item = |told: &Foretold| Item {
        mark: Mark::Check { ok: true },
        text: ItemText::Lesson(paragraph(&told.question)),
        aside: told
            .predicted
            .as_deref()
            .map(|text| one_line(&paragraph(text))),
    };
    (!all.is_empty()).then(|| Block::List(all.iter().map(item).collect()))
}

/// A question, with what came true instead and the values it did it with.
fn surprised(told: &Foretold) -> Item {
    let did = told.came_true.first().map(|truth| {
        let line = Line::from("this machine did: ").then(&one_line(&paragraph(truth)));
        match told.seen.as_deref().filter(|seen| seen.len() <= SEEN_SHOWN) {
            Some(seen) => line.text(" (").then(&Line::marked(seen)).text(')'),
            None => line,
        }
    });
    Item {
        mark: Mark::Bullet,
        text: ItemText::Lesson(paragraph(&told.question)),
        aside: did,
    }
}

/// The longest reason that helps a memory; a longer one is an expression to be read, not a value.
pub(super) const SEEN_SHOWN: usize = 120;
