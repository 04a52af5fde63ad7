//! What a learner hands in: what was predicted and what came true, what surprised, and the figures of
//! the machine on which it happened.
use std::collections::BTreeMap;

use serde::Serialize;

use super::fact;
use super::words::{count, counted, date, listed, micros_in_words, solved, times};
use crate::render::block::{Block, Item, ItemText, Mark, Page, Table};
use crate::render::line::Line;
use crate::render::markdown::one_line;
use crate::render::style::Role;

/// A report on some lessons.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// When it was made, in seconds since 1970.
    pub made: u64,
    /// The version of this program.
    pub version: String,
    /// What the machine says of itself, each with its name.
    pub machine: Vec<(String, String)>,
    /// What was seen in all these lessons.
    pub figures: Figures,
    /// The lessons, in the order of the course.
    pub lessons: Vec<LessonReport>,
}

/// Figures that came from the kernel.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Local ports, in the order they were met.
    pub ports: Vec<u16>,
    /// How often the kernel refused, by errno.
    pub errors: BTreeMap<String, u32>,
    /// Round trips: over what, the median and the 99th of 100, in microseconds.
    pub trips: Vec<(String, f64, f64)>,
}

/// What came of one lesson.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LessonReport {
    /// Its id.
    pub id: String,
    /// Its number in the course.
    pub number: Option<u32>,
    /// Its title.
    pub title: String,
    /// Whether it was finished.
    pub finished: bool,
    /// When something was done in it last, in seconds since 1970.
    pub last: u64,
    /// Seconds spent on its steps; 0 when nobody counted.
    pub seconds: u64,
    /// The first prediction of each question.
    pub predictions: Vec<PredictionReport>,
    /// Questions with a known answer that were right at once, and how many were answered.
    pub recalls: (usize, usize),
    /// Tasks solved without the solution, and all that were solved.
    pub tasks: (usize, usize),
    /// Hints that were asked for.
    pub hints: u32,
    /// Steps that were skipped.
    pub skipped: usize,
    /// What was seen in it.
    pub figures: Figures,
    /// Claims of the article that it settled.
    pub claims: Vec<ClaimReport>,
}

/// One prediction. Texts are Markdown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PredictionReport {
    /// The question.
    pub question: String,
    /// What was predicted.
    pub predicted: String,
    /// What came true.
    pub came_true: Vec<String>,
    /// Whether that is the same.
    pub right: bool,
    /// The kernel's own values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<String>,
    /// Why it went another way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explained: Option<String>,
    /// Whether a later answer to the same question was right.
    pub later_right: bool,
}

/// A claim of the article, settled on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClaimReport {
    /// Its number.
    pub id: String,
    /// What the article says.
    pub says: String,
    /// `true`, `imprecise`, `wrong` or `depends`.
    pub verdict: String,
    /// What holds instead, or what is to be added.
    pub holds: String,
}

/// The report, for people and as one record.
pub fn report(report: &Report) -> Page {
    let about = format!("looplab {}, {}", report.version, date(report.made));
    let mut blocks = vec![
        Block::Title(
            Line::of(Role::Heading, "What my own kernel answered"),
            Some(Line::from(about.as_str())),
        ),
        Block::Gap,
        fact(totals(&report.lessons)),
    ];
    blocks.extend(machine(report));
    // Of a single lesson the figures stand above.
    let figures = report.lessons.len() > 1;
    for lesson in &report.lessons {
        blocks.extend(of_lesson(lesson, figures));
    }
    Page::new("report", blocks, std::slice::from_ref(report))
}

/// `2 of 3 lessons finished; 4 of 6 predictions came true; …`
fn totals(lessons: &[LessonReport]) -> Line {
    let finished = lessons.iter().filter(|lesson| lesson.finished).count();
    let mut parts = vec![format!(
        "{finished} of {} finished",
        counted(lessons.len(), "lesson")
    )];
    let sum = |each: fn(&LessonReport) -> LessonReport| {
        lessons.iter().map(each).reduce(|mut sum, other| {
            sum.predictions.extend(other.predictions);
            sum.recalls = (
                sum.recalls.0 + other.recalls.0,
                sum.recalls.1 + other.recalls.1,
            );
            sum.tasks = (sum.tasks.0 + other.tasks.0, sum.tasks.1 + other.tasks.1);
            sum.hints = sum.hints.saturating_add(other.hints);
            sum.skipped += other.skipped;
            sum.seconds += other.seconds;
            sum
        })
    };
    if let Some(whole) = sum(Clone::clone) {
        parts.extend(went(&whole));
        parts.extend(spent(whole.seconds));
    }
    Line::from(parts.join("; ").as_str())
}

/// How it went, in a few counts.
fn went(lesson: &LessonReport) -> Vec<String> {
    let mut parts = Vec::new();
    let right = lesson.predictions.iter().filter(|one| one.right).count();
    if !lesson.predictions.is_empty() {
        let made = counted(lesson.predictions.len(), "prediction");
        parts.push(format!("{right} of {made} came true"));
    }
    if lesson.recalls.1 > 0 {
        let asked = counted(lesson.recalls.1, "question");
        parts.push(format!("{} of {asked} right at once", lesson.recalls.0));
    }
    let (alone, all) = lesson.tasks;
    if all > 0 {
        parts.push(solved(all, all - alone));
    }
    if lesson.hints > 0 {
        parts.push(counted(lesson.hints as usize, "hint"));
    }
    if lesson.skipped > 0 {
        parts.push(format!("{} skipped", counted(lesson.skipped, "step")));
    }
    parts
}

fn spent(seconds: u64) -> Option<String> {
    let minutes = usize::try_from(seconds.div_ceil(60)).unwrap_or(usize::MAX);
    (seconds > 0).then(|| counted(minutes, "minute"))
}

fn machine(report: &Report) -> Vec<Block> {
    let mut table = Table::new(&["", ""]);
    table.titles = 1;
    let row =
        |(what, value): &(String, String)| vec![Line::of(Role::Dim, what), Line::from(&**value)];
    table.rows = report.machine.iter().map(row).collect();
    table.rows.extend(figure_rows(&report.figures));
    if table.rows.is_empty() {
        return Vec::new();
    }
    vec![
        Block::Gap,
        Block::Heading(Line::of(Role::Heading, "This machine")),
        Block::Table(table),
    ]
}

/// Ports that are shown; they are examples.
const PORTS_SHOWN: usize = 8;

fn figure_rows(figures: &Figures) -> Vec<Vec<Line>> {
    let mut rows = Vec::new();
    let mut row = |what: &str, value: Line| rows.push(vec![Line::of(Role::Dim, what), value]);
    if !figures.ports.is_empty() {
        row("ports met", ports(&figures.ports));
    }
    if !figures.errors.is_empty() {
        row("refused with", errors(&figures.errors));
    }
    for (over, p50, p99) in &figures.trips {
        let (p50, p99) = (micros_in_words(*p50), micros_in_words(*p99));
        let text = format!("{p50} (median), {p99} (99 of 100)");
        row(&format!("round trip, {over}"), Line::from(text.as_str()));
    }
    rows
}

fn ports(ports: &[u16]) -> Line {
    let shown = ports.iter().take(PORTS_SHOWN);
    let line = listed(Role::Endpoint, shown, ", ");
    match ports.len().saturating_sub(PORTS_SHOWN) {
        0 => line,
        more => line.text(format_args!(" and {} more", count(more as u64))),
    }
}

fn errors(errors: &BTreeMap<String, u32>) -> Line {
    let mut line = Line::new();
    for (name, number) in errors {
        if !line.is_empty() {
            line.push(Role::Plain, ", ");
        }
        line.push(Role::Code, name);
        line.push(Role::Plain, format_args!(" {}", times(*number as usize)));
    }
    line
}

fn of_lesson(lesson: &LessonReport, figures: bool) -> Vec<Block> {
    let number = lesson.number.map(|number| format!("{number} "));
    let heading = Line::of(Role::Key, number.unwrap_or_default()).and(Role::Heading, &lesson.title);
    let mut blocks = vec![Block::Gap, Block::Heading(heading), fact(when(lesson))];
    let parts = went(lesson);
    if !parts.is_empty() {
        blocks.push(fact(Line::from(parts.join("; ").as_str())));
    }
    for row in figure_rows(&lesson.figures) {
        if let ([what, value], true) = (&*row, figures) {
            blocks.push(fact(Line::from(what.as_str()).text(": ").then(value)));
        }
    }
    let (right, missed): (Vec<_>, Vec<_>) = lesson.predictions.iter().partition(|one| one.right);
    if !right.is_empty() {
        blocks.push(Block::Gap);
        blocks.push(fact(Line::of(Role::Ok, "predicted, and it came true:")));
        blocks.push(Block::List(right.into_iter().map(foretold).collect()));
    }
    for (place, missed) in missed.into_iter().enumerate() {
        blocks.push(Block::Gap);
        if place == 0 {
            blocks.push(fact(Line::of(Role::Surprise, "it went another way:")));
        }
        blocks.extend(surprise(missed));
    }
    if !lesson.claims.is_empty() {
        blocks.push(Block::Gap);
        blocks.push(fact(Line::from(
            "what the article says, and what this settled:",
        )));
        blocks.push(Block::List(lesson.claims.iter().map(claim).collect()));
    }
    blocks
}

fn when(lesson: &LessonReport) -> Line {
    let word = if lesson.finished {
        "finished"
    } else {
        "not finished yet; last"
    };
    let spent = spent(lesson.seconds).map(|time| format!(", {time} spent"));
    let spent = spent.unwrap_or_default();
    Line::from(format!("{word} on {}{spent}", date(lesson.last)).as_str())
}

fn foretold(one: &PredictionReport) -> Item {
    Item {
        mark: Mark::Check { ok: true },
        text: ItemText::Lesson(one.question.clone()),
        aside: Some(one_line(&one.predicted)),
    }
}

fn surprise(one: &PredictionReport) -> Vec<Block> {
    let labelled =
        |label: &str, text: &str| Block::Labelled(Line::of(Role::Key, label), text.to_owned());
    let mut blocks = vec![
        labelled("question", &one.question),
        labelled("I predicted", &one.predicted),
    ];
    blocks.extend(
        one.came_true
            .iter()
            .map(|truth| labelled("my machine did", truth)),
    );
    if let Some(observed) = &one.observed {
        blocks.push(labelled("seen", observed));
    }
    if let Some(explained) = &one.explained {
        blocks.push(labelled("because", explained));
    }
    if one.later_right {
        blocks.push(fact(Line::of(Role::Ok, "answered rightly since")));
    }
    blocks
}

fn claim(claim: &ClaimReport) -> Item {
    let line = Line::of(Role::Key, &claim.id)
        .text(" (")
        .text(&claim.verdict)
        .text(") ")
        .then(&one_line(&claim.says));
    Item {
        mark: Mark::Bullet,
        text: ItemText::Ours(line),
        aside: Some(one_line(&claim.holds)),
    }
}
