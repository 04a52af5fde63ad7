//! A recorded conversation, drawn: packets as arrows between two lifelines, their time beside them.
//!
//! Lays out what english worded; words nothing itself. A packet's words that do not fit on its arrow
//! go on below it, where they matter enough.
use super::line::Line;
use super::paper::Paper;
use super::style::{Glyphs, Role};

/// The packets of one conversation.
#[derive(Clone, Debug, Default)]
pub struct Ladder {
    /// The end that spoke first: its name, where it has one, and its endpoint.
    pub(super) left: (Option<String>, String),
    /// The other end.
    pub(super) right: (Option<String>, String),
    /// What went between them.
    pub(super) rungs: Vec<Rung>,
}

/// One packet.
#[derive(Clone, Debug, Default)]
pub struct Rung {
    /// Its number in the recording.
    pub(super) number: usize,
    /// When, from the first packet of the recording.
    pub(super) time: String,
    /// Whether it comes from the left end.
    pub(super) to_right: bool,
    /// From whom to whom.
    pub(super) way: Line,
    /// What it says, the most important first.
    pub(super) words: Vec<Line>,
    /// How many of the words matter so much that they get a line of their own.
    pub(super) vital: usize,
}

/// Lines longer than this are hard to follow from one end to the other.
const WIDEST: usize = 110;

/// A screen with room for less has no column of times.
const ROOM_FOR_TIMES: usize = 60;

/// Columns of a time, and of the gap behind it.
const TIME: usize = 10;

/// Columns of an arrow besides its words: two lifelines, a stroke, a head, and spaces.
const ARROW: usize = 6;

impl Ladder {
    /// Draws both ends and what went between them.
    pub(super) fn draw(&self, paper: &mut Paper<'_>) {
        let wide = paper.room().min(WIDEST);
        let before = if wide >= ROOM_FOR_TIMES { TIME + 1 } else { 0 };
        let wide = wide - before;
        let margin = Line::from(" ".repeat(before).as_str());
        if self.left.0.is_some() || self.right.0.is_some() {
            let name = |end: &(Option<String>, String)| {
                Line::of(Role::Name, end.0.as_deref().unwrap_or_default())
            };
            ends(paper, &margin, &name(&self.left), &name(&self.right), wide);
        }
        let at = |end: &(Option<String>, String)| Line::of(Role::Endpoint, &end.1);
        ends(paper, &margin, &at(&self.left), &at(&self.right), wide);
        let glyphs = paper.glyphs();
        let more = if paper.style().unicode {
            " …"
        } else {
            " ..."
        };
        for rung in &self.rungs {
            let time = if before > 0 {
                let pad = " ".repeat(TIME.saturating_sub(rung.time.chars().count()));
                Line::from(pad.as_str())
                    .and(Role::Dim, &rung.time)
                    .text(' ')
            } else {
                Line::new()
            };
            let room = wide.saturating_sub(ARROW).max(1);
            let mut rows = rung.rows(room, more).into_iter();
            let first = rows.next().unwrap_or_default();
            paper.laid_out(&time.then(&rung.arrow(glyphs, wide, &first)));
            for row in rows {
                paper.laid_out(&margin.clone().then(&between(glyphs, wide, &row)));
            }
        }
    }

    /// The same, a packet a line.
    pub(super) fn say(&self, paper: &mut Paper<'_>) {
        for rung in &self.rungs {
            let line = Line::new()
                .text(format_args!("{} at {}, ", rung.number, rung.time))
                .then(&rung.way)
                .text(": ")
                .then(&joined(&rung.words));
            paper.line(&line, 0);
        }
    }
}

impl Rung {
    /// Its words in rows of at most so many columns.
    fn rows(&self, room: usize, more: &str) -> Vec<Line> {
        let mut rows: Vec<Line> = Vec::new();
        for (place, word) in self.words.iter().enumerate() {
            let longer = rows.last().map(|row| {
                let comma = if row.is_empty() { "" } else { ", " };
                row.clone().text(comma).then(word)
            });
            match longer {
                Some(longer) if longer.columns() <= room => {
                    rows.pop();
                    rows.push(longer);
                }
                Some(_) if place >= self.vital => {
                    if let Some(row) = rows.last_mut() {
                        *row = cut_off(row, room, more);
                    }
                    break;
                }
                _ => rows.push(word.slice(0, room)),
            }
        }
        rows
    }

    fn arrow(&self, glyphs: &Glyphs, wide: usize, words: &Line) -> Line {
        let rest = wide.saturating_sub(words.columns() + ARROW);
        let stroke = glyphs.light;
        let line = stroke.repeat(rest);
        let dim = |text: String| Line::of(Role::Dim, text);
        if self.to_right {
            dim(format!("{}{stroke} ", glyphs.branch_right))
                .then(words)
                .then(&dim(format!(" {line}{}{}", glyphs.right, glyphs.vertical)))
        } else {
            dim(format!("{}{}{line} ", glyphs.vertical, glyphs.left))
                .then(words)
                .then(&dim(format!(" {stroke}{}", glyphs.branch_left)))
        }
    }
}

/// Words that others should follow, for which there is no room.
fn cut_off(words: &Line, room: usize, more: &str) -> Line {
    let kept = room.saturating_sub(more.chars().count());
    words.slice(0, kept.min(words.columns())).text(more)
}

/// What did not fit on the arrow above.
fn between(glyphs: &Glyphs, wide: usize, words: &Line) -> Line {
    let rest = wide.saturating_sub(words.columns() + ARROW);
    Line::of(Role::Dim, format_args!("{}  ", glyphs.vertical))
        .then(words)
        .text(" ".repeat(rest + 2))
        .and(Role::Dim, glyphs.vertical)
}

fn joined(words: &[Line]) -> Line {
    let mut all = Line::new();
    for word in words {
        if !all.is_empty() {
            all.push(Role::Plain, ", ");
        }
        all = all.then(word);
    }
    all
}

/// One text at each edge, or one below the other where both do not fit.
fn ends(paper: &mut Paper<'_>, margin: &Line, left: &Line, right: &Line, wide: usize) {
    let between = wide.saturating_sub(left.columns() + right.columns());
    if between >= 2 {
        let line = margin.clone().then(left).text(" ".repeat(between));
        paper.laid_out(&line.then(right));
        return;
    }
    paper.laid_out(&margin.clone().then(left));
    let pad = " ".repeat(wide.saturating_sub(right.columns()));
    paper.laid_out(&margin.clone().text(pad).then(right));
}
