//! Questions that are asked again: which, when, and how it went.
use serde::Serialize;

use super::fact;
use super::words::counted;
use crate::render::block::{Block, Page, Table};
use crate::render::line::Line;
use crate::render::style::Role;

/// A question that is asked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The id of the lesson it comes from.
    pub lesson: String,
    /// The lesson's title.
    pub title: String,
    /// The step's id.
    pub step: String,
    /// Its number among those that are asked, from 1.
    pub number: usize,
    /// How many are asked.
    pub of: usize,
}

/// Where a question comes from.
pub fn asked_again(question: &Question) -> Page {
    let from = Line::from("from ").and(Role::Heading, &question.title);
    Page::new(
        "review",
        vec![Block::Gap, Block::Remark(from)],
        std::slice::from_ref(question),
    )
}

/// When a question is asked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    /// The lesson's id.
    pub lesson: String,
    /// The lesson's title.
    pub title: String,
    /// The step's id.
    pub step: String,
    /// Right answers in a row.
    pub rights: u8,
    /// Seconds until it is due; 0 when it is.
    pub due_in: u64,
}

/// All questions that can be asked again, with their times.
pub fn questions_due(all: &[Due]) -> Page {
    let mut table = Table::new(&["lesson", "question", "right in a row", "due"]);
    table.numbers.push(2);
    table.titles = 2;
    table.rows = all.iter().map(row).collect();
    let blocks = if all.is_empty() {
        vec![nothing()]
    } else {
        vec![Block::Table(table)]
    };
    Page::new("due", blocks, all)
}

fn row(due: &Due) -> Vec<Line> {
    let when = if due.due_in == 0 {
        Line::of(Role::Surprise, "now")
    } else {
        Line::from(in_time(due.due_in).as_str())
    };
    vec![
        Line::from(due.title.as_str()),
        Line::of(Role::Name, &due.step),
        Line::from(due.rights.to_string().as_str()),
        when,
    ]
}

fn nothing() -> Block {
    fact(Line::from(
        "no question waits: those of finished lessons are asked again",
    ))
}

/// How a round of questions went.
#[derive(Serialize)]
struct Reviewed {
    asked: usize,
    right: usize,
    /// Seconds until the next question is due; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_in: Option<u64>,
}

/// The end of a round of questions. `next_in` is in seconds; `all` is whether every question was wanted,
/// due or not.
pub fn reviewed(asked: usize, right: usize, next_in: Option<u64>, all: bool) -> Page {
    let mut blocks = vec![Block::Gap];
    if asked > 0 {
        let line = format!("{right} of {} right", counted(asked, "question"));
        blocks.push(fact(Line::from(line.as_str())));
    }
    blocks.push(next_in.map_or_else(nothing, |seconds| next(seconds, asked > 0, all)));
    let record = Reviewed {
        asked,
        right,
        next_in,
    };
    Page::new("reviewed", blocks, &[record])
}

fn next(seconds: u64, more: bool, all: bool) -> Block {
    if seconds == 0 {
        return Block::Remark(Line::marked("More are due: `review` asks them."));
    }
    let more = if more { "more " } else { "" };
    // Whoever has just asked for all of them knows how.
    let at_any_time = if all {
        ""
    } else {
        " `looplab review --all` asks at any time."
    };
    Block::Remark(Line::marked(&format!(
        "Nothing {more}is due; the next question comes {}.{at_any_time}",
        in_time(seconds)
    )))
}

/// `in 5 hours`, `in 3 days`; rounded up, so that it is due by then.
fn in_time(seconds: u64) -> String {
    const HOUR: u64 = 60 * 60;
    let hours = seconds.div_ceil(HOUR);
    let (number, unit) = match hours {
        0..=1 => return "within the hour".to_owned(),
        2..=36 => (hours, "hour"),
        _ => (hours.div_ceil(24), "day"),
    };
    let number = usize::try_from(number).unwrap_or(usize::MAX);
    format!("in {}", counted(number, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up() {
        for (seconds, said) in [
            (1, "within the hour"),
            (3601, "in 2 hours"),
            (86_400, "in 24 hours"),
            (3 * 86_400 - 5, "in 3 days"),
            (35 * 86_400, "in 35 days"),
        ] {
            assert_eq!(in_time(seconds), said);
        }
    }
}
