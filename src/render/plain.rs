//! The plain view: one fact a line. No colour, no drawing, no movement; for pipes, for terminals
//! that are told to be dumb, and for ears.
use std::io::{self, Write};

use super::View;
use super::block::{Block, Item, ItemText, Mark, Mistake, Page};
use super::english::{Narrator, Reader, say, say_each};
use super::line::Line;
use super::markdown;
use super::paper::Paper;
use super::sanitize::Safe;
use super::style::{Palette, Role, Style};
use super::table;
use crate::lang::Outcome;
use crate::tutor::{Ask, Event};

/// Writes plain lines. Running text is wrapped at the width; a fact is not, so that a line is a
/// fact for `grep`, too, unless a terminal would break it anyway.
pub struct PlainView<W> {
    out: W,
    style: Style,
    /// As far as facts go.
    width: usize,
    palette: Palette,
    narrator: Narrator,
    apart: bool,
}

impl<W: Write> PlainView<W> {
    /// A view onto a stream; colour is never used.
    pub fn new(out: W, style: Style) -> Self {
        Self {
            out,
            style: Style {
                color: false,
                ..style
            },
            palette: Palette::new(false),
            width: usize::MAX,
            narrator: Narrator::new(false),
            apart: true,
        }
    }

    /// A view onto a terminal, which would break long lines within their words.
    pub fn on_terminal(out: W, style: Style) -> Self {
        Self {
            width: style.width.max(NARROWEST),
            ..Self::new(out, style)
        }
    }

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn show(&mut self, blocks: &[Block]) -> io::Result<()> {
        let mut paper = Paper::plain(&self.palette, self.style, self.width);
        paper.set_apart(self.apart);
        for block in blocks {
            write_block(&mut paper, block);
        }
        paper.end_line();
        self.apart = paper.is_apart();
        self.out.write_all(paper.into_string().as_bytes())?;
        self.out.flush()
    }
}

impl<W: Write> View for PlainView<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let blocks = self.narrator.tell(event);
        self.show(&blocks)
    }

    fn outcome(&mut self, outcome: &Outcome) -> io::Result<()> {
        if self.width != usize::MAX {
            // A person at a terminal, who is not sent thousands of rows; a pipe gets them all.
            return self.show(&say(outcome));
        }
        let mut paper = Paper::plain(&self.palette, self.style, self.width);
        paper.set_apart(self.apart);
        let mut written = Ok(());
        let out = &mut self.out;
        say_each(outcome, &mut |block| {
            write_block(&mut paper, block);
            if written.is_ok() && paper.written().len() >= PASSED_ON {
                written = out.write_all(paper.written().as_bytes());
                paper.forget_written();
            }
        });
        written?;
        paper.end_line();
        self.apart = paper.is_apart();
        self.out.write_all(paper.into_string().as_bytes())?;
        self.out.flush()
    }

    fn ask(&mut self, ask: &Ask) -> io::Result<()> {
        let blocks = self.narrator.ask(ask);
        self.show(&blocks)?;
        self.apart = false;
        Ok(())
    }

    fn set_width(&mut self, width: usize) {
        self.style.width = width;
        if self.width != usize::MAX {
            self.width = width.max(NARROWEST);
        }
    }

    fn set_reader(&mut self, reader: Reader) {
        self.narrator.set_reader(reader);
    }

    fn page(&mut self, page: &Page) -> io::Result<()> {
        self.show(&page.blocks)
    }
}

fn write_block(paper: &mut Paper<'_>, block: &Block) {
    match block {
        Block::Gap => paper.blank(),
        Block::Title(title, aside) => {
            let line = match aside {
                Some(aside) => title.clone().text(" (").then(aside).text(')'),
                None => title.clone(),
            };
            paper.line(&line, HANG);
        }
        Block::Progress(number, total, title) => {
            let line = Line::new().text(format_args!("Step {number} of {total}"));
            let line = match title {
                Some(title) => line.text(": ").then(title),
                None => line,
            };
            paper.line(&line, HANG);
        }
        Block::Heading(line) | Block::Fact(line) | Block::Remark(line) => paper.line(line, HANG),
        Block::Prose(text) => prose(paper, text),
        Block::Labelled(label, text) => {
            paper.pieces(label);
            paper.text(Role::Plain, &Safe::ours(": "));
            prose(paper, text);
        }
        Block::Command(line) => paper.line(&Line::from("> ").then(line), HANG),
        Block::List(items) => {
            for item in items {
                write_item(paper, item);
            }
        }
        Block::Table(table) => table::say(paper, table),
        Block::Verbatim(lines) => {
            for line in lines {
                paper.line(line, HANG);
            }
        }
        Block::Mistake(mistake) => write_mistake(paper, mistake),
        Block::Chart(chart) => chart.say(paper),
        Block::Ends(ends) => ends.say(paper),
        Block::Sequence(sequence) => sequence.say(paper),
        Block::Ladder(ladder) => ladder.say(paper),
        // The facts before it have told the states.
        Block::Machine(_) => {}
    }
}

/// Bytes after which lines are written out: what follows takes their place in memory.
const PASSED_ON: usize = 32 << 10;

/// Columns that the rest of a broken line hangs in.
const HANG: usize = 2;

/// A screen narrower than this breaks lines by itself; breaking them before would cut each word.
const NARROWEST: usize = 20;

/// Running text, wrapped at the width.
fn prose(paper: &mut Paper<'_>, text: &str) {
    paper.set_width(paper.style().measure().max(NARROWEST));
    markdown::write(paper, text, Role::Plain);
    paper.set_width(usize::MAX);
}

fn write_item(paper: &mut Paper<'_>, item: &Item) {
    let mark = match item.mark {
        Mark::Bullet => "- ".to_owned(),
        Mark::Number(number) => format!("{number}. "),
        Mark::Letter(option) => format!("{}) ", Mark::letter(option)),
        Mark::Goal { met: true } => "met: ".to_owned(),
        Mark::Goal { met: false } => "not yet: ".to_owned(),
        Mark::Check { ok: true } => "fine: ".to_owned(),
        Mark::Check { ok: false } => "missing: ".to_owned(),
    };
    paper.begin_line();
    paper.text(Role::Plain, &Safe::ours(&mark));
    let indent = paper.indent(Role::Plain, "", 2);
    match &item.text {
        ItemText::Lesson(text) => prose(paper, text),
        ItemText::Ours(line) => paper.line(line, HANG),
    }
    if let Some(aside) = &item.aside {
        let before = match item.mark {
            Mark::Goal { met: false } => "because ",
            _ => "",
        };
        paper.line(&Line::from(before).then(aside), HANG);
    }
    paper.outdent(indent);
}

fn write_mistake(paper: &mut Paper<'_>, mistake: &Mistake) {
    let line = Line::from("in the line: ").then(&mistake.line);
    paper.line(&line, HANG);
    let place = format!(
        "at column {}: {}",
        mistake.column + 1,
        mistake.line.slice(mistake.column, mistake.width).as_str()
    );
    paper.line(&Line::from(place.as_str()), HANG);
}
