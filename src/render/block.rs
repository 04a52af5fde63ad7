//! What there is to show, before anybody decides how: headings, prose, facts, tables, drawings.
//!
//! The English is done here, the layout is not. The terminal view and the plain view render the
//! same blocks, so neither can know a fact the other does not tell.
use serde::Serialize;
use serde_json::Value;

use super::diagram::Ends;
use super::ladder::Ladder;
use super::line::Line;
use super::machine::Machine;
use super::plot::Chart;
use super::sequence::Sequence;
use super::style::Role;

/// One thing to show.
#[derive(Clone, Debug)]
pub enum Block {
    /// An empty line, where the medium has room for one.
    Gap,
    /// The name of a lesson or a page, with a remark beside it.
    Title(Line, Option<Line>),
    /// A heading inside a page: a card's key and title, a section.
    Heading(Line),
    /// The place in a lesson: step, steps, heading.
    Progress(usize, usize, Option<Line>),
    /// What a lesson says, in Markdown.
    Prose(String),
    /// A short text of a lesson, with what it is in front: `hint 1 of 3`.
    Labelled(Line, String),
    /// What a line of the lab observed, or a finding.
    Fact(Line),
    /// What the program itself has to say.
    Remark(Line),
    /// A line of the lab language.
    Command(Line),
    /// Points of a list.
    List(Vec<Item>),
    /// Rows and columns.
    Table(Table),
    /// Text that keeps its line breaks: bytes that travelled, a help page.
    Verbatim(Vec<Line>),
    /// A line with a mistake, and the columns where it is.
    Mistake(Mistake),
    /// Bars.
    Chart(Chart),
    /// Both ends of a connection.
    Ends(Ends),
    /// What two ends of a connection did, in order.
    Sequence(Sequence),
    /// The packets of a conversation.
    Ladder(Ladder),
    /// The states of TCP, with those of both ends marked.
    Machine(Machine),
}

/// One point of a list.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its mark.
    pub mark: Mark,
    /// Its text, in Markdown when it comes from a lesson.
    pub text: ItemText,
    /// A remark behind it: why a goal is not met yet.
    pub aside: Option<Line>,
}

/// Who wrote the text of a point.
#[derive(Clone, Debug)]
pub enum ItemText {
    /// A lesson, in Markdown.
    Lesson(String),
    /// This program.
    Ours(Line),
}

/// The mark of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// One of many, in no order.
    Bullet,
    /// Its place, from 1.
    Number(usize),
    /// An option, from 0 for `a`.
    Letter(usize),
    /// A goal.
    Goal {
        /// Whether it is met.
        met: bool,
    },
    /// A finding of a self-test.
    Check {
        /// Whether it is as it should be.
        ok: bool,
    },
}

impl Mark {
    /// The letter of an option.
    pub fn letter(option: usize) -> String {
        crate::tutor::letter(option).to_string()
    }
}

/// Rows and columns. A column without any text is left out.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What the columns are.
    pub head: Vec<Line>,
    /// The cells, a row at a time.
    pub rows: Vec<Vec<Line>>,
    /// Columns that hold numbers, to be set flush right.
    pub numbers: Vec<usize>,
    /// Whether its cells are running text, so that a heading in front of one needs a mark behind it.
    pub prose: bool,
    /// How many of the first columns make a title for their row where the columns do not fit side
    /// by side; with none, each cell gets a line behind its heading.
    pub titles: usize,
    /// Lines that stand across all columns, each before the row of that number, in order.
    pub sections: Vec<(usize, Line)>,
}

impl Table {
    /// A table without rows.
    pub fn new(head: &[&str]) -> Self {
        Self {
            head: head.iter().map(|name| Line::of(Role::Dim, name)).collect(),
            ..Self::default()
        }
    }

    /// The lines that stand before a row; before the number of all rows: those at the end.
    pub(super) fn sections_before(&self, row: usize) -> impl Iterator<Item = &Line> {
        let here = self
            .sections
            .iter()
            .filter(move |(before, _)| *before == row);
        here.map(|(_, line)| line)
    }

    /// The columns in which some row says something.
    pub(super) fn used(&self) -> Vec<usize> {
        let says = |column: usize, row: &Vec<Line>| row.get(column).is_some_and(|c| !c.is_empty());
        (0..self.head.len())
            .filter(|column| self.rows.iter().any(|row| says(*column, row)))
            .collect()
    }
}

/// A line with a mistake in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, fit to print.
    pub line: Line,
    /// The first column of the mistake, from 0.
    pub column: usize,
    /// How many columns it takes; at least 1.
    pub width: usize,
}

/// A page outside a lesson: the menu, search results, a self-test. Holds the same twice, for
/// people and as records for JSON Lines.
#[derive(Clone, Debug)]
pub struct Page {
    /// What each record is: `lesson`, `match`, `check`, …
    pub kind: &'static str,
    /// For people.
    pub blocks: Vec<Block>,
    /// For programs: one object each.
    pub records: Vec<Value>,
}

impl Page {
    /// A page whose records are the serialised rows.
    pub fn new<T: Serialize>(kind: &'static str, blocks: Vec<Block>, rows: &[T]) -> Self {
        let records = rows
            .iter()
            .map(|row| serde_json::to_value(row).unwrap_or(Value::Null))
            .collect();
        Self {
            kind,
            blocks,
            records,
        }
    }
}
