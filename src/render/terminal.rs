//! The terminal view: styled, drawn, wrapped at the width.
//!
//! What a lesson says stands behind a gutter that the lesson cannot draw; what the kernel said
//! stands two columns in; only the prompt and this program's own lines begin at the left edge.
use std::io::{self, Write};

use super::View;
use super::block::{Block, Item, ItemText, Mark, Mistake, Page};
use super::english::{Narrator, Reader, say};
use super::line::Line;
use super::markdown;
use super::pager::{Pager, Pages};
use super::paper::Paper;
use super::sanitize::Safe;
use super::style::{Palette, Role, Style};
use super::table;
use crate::lang::Outcome;
use crate::tutor::{Ask, Event};

/// Draws on a screen. Writes each event in one go.
pub struct TerminalView<W> {
    out: W,
    style: Style,
    palette: Palette,
    narrator: Narrator,
    /// Whether the screen ends with an empty line, or is empty.
    apart: bool,
    pages: Pages,
    /// Whether a lesson has begun, and its first step has not.
    opening: bool,
    /// The heading of a lesson's first step, until its text is there: they share a page.
    held: String,
    /// Whether a task was just set: its goals are read with it.
    task_set: bool,
}

/// Columns that facts stand in from the edge, and the width of the gutter.
const INDENT: usize = 2;

/// Columns that the rest of a wrapped fact hangs in.
const HANG: usize = 2;

impl<W: Write> TerminalView<W> {
    /// A view onto a screen.
    pub fn new(out: W, style: Style) -> Self {
        Self {
            out,
            style,
            palette: Palette::new(style.color),
            narrator: Narrator::new(true),
            apart: true,
            pages: Pages::default(),
            opening: false,
            held: String::new(),
            task_set: false,
        }
    }

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn show(&mut self, blocks: &[Block]) -> io::Result<()> {
        if blocks.is_empty() {
            return Ok(());
        }
        let text = std::mem::take(&mut self.held) + &self.draw(blocks);
        self.pages.write(&mut self.out, &text)
    }

    fn draw(&mut self, blocks: &[Block]) -> String {
        let mut screen = Screen {
            paper: Paper::new(&self.palette, self.style, self.style.width),
            measure: self.style.measure(),
        };
        screen.paper.set_apart(self.apart);
        for block in blocks {
            screen.block(block);
        }
        screen.paper.end_line();
        self.apart = screen.paper.is_apart();
        screen.paper.into_string()
    }
}

/// Whether an event is a text that is read from its first line to its last.
fn is_text(event: &Event) -> bool {
    matches!(
        event,
        Event::LessonStarted { .. }
            | Event::StepStarted { .. }
            | Event::Say { .. }
            | Event::Question { .. }
            | Event::Explained { .. }
            | Event::Task { .. }
            | Event::Trap { .. }
            | Event::Hint { .. }
            | Event::Notes { .. }
            | Event::Card { .. }
            | Event::Help { .. }
            | Event::VerbHelp { .. }
            | Event::LessonDone { .. }
    )
}

impl<W: Write> View for TerminalView<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let blocks = self.narrator.tell(event);
        let task_set = std::mem::replace(&mut self.task_set, matches!(event, Event::Task { .. }));
        let goals = task_set && matches!(event, Event::Goals { .. });
        if !(is_text(event) || goals) {
            return self.show(&blocks);
        }
        let text = self.draw(&blocks);
        let opening = std::mem::replace(
            &mut self.opening,
            matches!(event, Event::LessonStarted { .. }),
        );
        if opening && matches!(event, Event::StepStarted { .. }) {
            self.held = text;
            return Ok(());
        }
        let held = std::mem::take(&mut self.held);
        if held.is_empty() {
            return self.pages.write_text(&mut self.out, &text);
        }
        self.pages.write_apart(&mut self.out, &(held + &text))
    }

    fn outcome(&mut self, outcome: &Outcome) -> io::Result<()> {
        self.show(&say(outcome))
    }

    fn ask(&mut self, ask: &Ask) -> io::Result<()> {
        let blocks = self.narrator.ask(ask);
        self.show(&blocks)?;
        // What the person types next stands between this and the next block.
        self.apart = false;
        Ok(())
    }

    fn set_pager(&mut self, pager: Box<dyn Pager>) {
        self.pages.set_pager(pager);
    }

    fn set_width(&mut self, width: usize) {
        self.style.width = width;
    }

    fn read(&mut self) {
        self.pages.read();
    }

    fn set_reader(&mut self, reader: Reader) {
        self.narrator.set_reader(reader);
    }

    fn page(&mut self, page: &Page) -> io::Result<()> {
        self.show(&page.blocks)
    }
}

struct Screen<'p> {
    paper: Paper<'p>,
    measure: usize,
}

impl Screen<'_> {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Gap => self.paper.blank(),
            Block::Title(title, aside) => self.title(title, aside.as_ref()),
            Block::Heading(line) => self.inset(|paper| paper.line(line, HANG)),
            Block::Progress(number, total, title) => {
                self.progress(*number, *total, title.as_ref());
            }
            Block::Prose(text) => self.lesson(|paper| markdown::write(paper, text, Role::Plain)),
            Block::Labelled(label, text) => self.labelled(label, text),
            Block::Fact(line) => self.inset(|paper| paper.line(line, HANG)),
            Block::Remark(line) => self.remark(line),
            Block::Command(line) => self.command(line),
            Block::List(items) => self.list(items),
            Block::Table(table) => self.wide(|paper| table::draw(paper, table)),
            Block::Verbatim(lines) => self.verbatim(lines),
            Block::Mistake(mistake) => self.mistake(mistake),
            Block::Chart(chart) => self.inset(|paper| chart.draw(paper)),
            Block::Ends(ends) => self.inset(|paper| ends.draw(paper)),
            Block::Sequence(sequence) => self.inset(|paper| sequence.draw(paper)),
            Block::Ladder(ladder) => self.wide(|paper| ladder.draw(paper)),
            Block::Machine(machine) => self.inset(|paper| machine.draw(paper)),
        }
    }

    /// Two columns in, within the measure.
    fn inset(&mut self, write: impl FnOnce(&mut Paper<'_>)) {
        self.paper.set_width(self.measure);
        self.wide(write);
        self.paper.set_width(usize::MAX);
    }

    /// Two columns in, as wide as the screen.
    fn wide(&mut self, write: impl FnOnce(&mut Paper<'_>)) {
        let indent = self.paper.indent(Role::Plain, "", INDENT);
        write(&mut self.paper);
        self.paper.end_line();
        self.paper.outdent(indent);
    }

    /// Behind the gutter, within the measure.
    fn lesson(&mut self, write: impl FnOnce(&mut Paper<'_>)) {
        self.paper.set_width(self.measure);
        let gutter = self.paper.glyphs().gutter;
        let indent = self.paper.indent(Role::Dim, gutter, INDENT);
        write(&mut self.paper);
        self.paper.end_line();
        self.paper.outdent(indent);
        self.paper.set_width(usize::MAX);
    }

    fn title(&mut self, title: &Line, aside: Option<&Line>) {
        self.paper.set_width(self.measure);
        let mut line = title.clone();
        if let Some(aside) = aside {
            let dot = self.paper.glyphs().dot;
            line.push(Role::Dim, format_args!(" {dot} {}", aside.as_str()));
        }
        self.paper.line(&line, HANG);
        let rule = self.paper.glyphs().light.repeat(self.measure);
        self.paper.laid_out(&Line::of(Role::Dim, rule));
        self.paper.set_width(usize::MAX);
    }

    /// `3/9 ━━━━━━──────────── Same port again`
    fn progress(&mut self, number: usize, total: usize, title: Option<&Line>) {
        const LONGEST_BAR: usize = 18;
        self.paper.set_width(self.measure);
        let glyphs = self.paper.glyphs();
        let bar = (2 * total).clamp(1, LONGEST_BAR).min(self.measure / 4);
        let full = (bar * number.min(total)).checked_div(total).unwrap_or(bar);
        // The first step is on its way, too, however short the bar.
        let full = full.clamp(number.min(1), bar);
        let mut line = Line::of(Role::Heading, format_args!("{number}/{total} "))
            .and(Role::Prompt, glyphs.heavy.repeat(full))
            .and(Role::Dim, glyphs.light.repeat(bar - full));
        if let Some(title) = title {
            line = line.text(' ').then(title);
        }
        self.paper.line(&line, HANG);
        self.paper.set_width(usize::MAX);
    }

    /// A short label, and the lesson's text beside it where it fits.
    fn labelled(&mut self, label: &Line, text: &str) {
        self.lesson(|paper| {
            paper.pieces(label);
            paper.text(Role::Plain, &Safe::ours(": "));
            let indent = paper.indent(Role::Plain, "", HANG);
            markdown::write(paper, text, Role::Plain);
            paper.outdent(indent);
        });
    }

    fn remark(&mut self, line: &Line) {
        self.inset(|paper| paper.line(&line.dimmed(), HANG));
    }

    fn command(&mut self, line: &Line) {
        self.paper.set_width(self.measure);
        let prompt = self.paper.glyphs().prompt;
        self.paper.mark(Role::Prompt, prompt, INDENT);
        let indent = self.paper.indent(Role::Plain, "", INDENT + HANG);
        self.paper.pieces(line);
        self.paper.end_line();
        self.paper.outdent(indent);
        self.paper.set_width(usize::MAX);
    }

    fn list(&mut self, items: &[Item]) {
        let lesson = |item: &Item| matches!(item.text, ItemText::Lesson(_));
        if items.iter().any(lesson) {
            self.lesson(|paper| write_items(paper, items));
        } else {
            self.inset(|paper| write_items(paper, items));
        }
    }

    /// Lines that were laid out by somebody else: what does not fit goes on under where it began.
    fn verbatim(&mut self, lines: &[Line]) {
        for line in lines {
            // Half the width must be left for the words.
            let column = Some(begun_at(line.as_str())).filter(|at| *at <= self.paper.room() / 2);
            self.paper.line(line, column.unwrap_or_default().max(HANG));
        }
    }

    /// The line, cut to what surrounds the mistake, and a mark under it.
    fn mistake(&mut self, mistake: &Mistake) {
        let caret = self.paper.glyphs().caret;
        self.wide(|paper| {
            let room = paper.room();
            let (line, column) = mistake.line.window(mistake.column, room);
            let width = mistake.width.min(room.saturating_sub(column)).max(1);
            paper.laid_out(&line);
            let mark = Line::from(&*" ".repeat(column)).and(Role::Refused, caret.repeat(width));
            paper.laid_out(&mark);
        });
    }
}

/// The longest label in front of laid-out text.
const LONGEST_LABEL: usize = 16;

/// The column where laid-out text begins, behind the spaces in front of it and a label with spaces
/// behind it: `  received  Host: …`.
fn begun_at(text: &str) -> usize {
    let label = text.trim_start_matches(' ');
    let lead = text.len() - label.len();
    let Some((word, behind)) = label.split_once("  ") else {
        return lead;
    };
    let column = text.len() - behind.trim_start_matches(' ').len();
    if word.is_ascii() && column <= LONGEST_LABEL {
        column
    } else {
        lead
    }
}

fn write_items(paper: &mut Paper<'_>, items: &[Item]) {
    let glyphs = paper.glyphs();
    for item in items {
        let (role, mark) = match item.mark {
            Mark::Bullet => (Role::Dim, glyphs.bullets[0].to_owned()),
            Mark::Number(number) => (Role::Dim, format!("{number}.")),
            Mark::Letter(option) => (Role::Key, Mark::letter(option)),
            Mark::Goal { met: true } => (Role::Ok, glyphs.met.to_owned()),
            Mark::Goal { met: false } => (Role::Dim, glyphs.open.to_owned()),
            Mark::Check { ok: true } => (Role::Ok, glyphs.fine.to_owned()),
            Mark::Check { ok: false } => (Role::Refused, glyphs.wrong.to_owned()),
        };
        let width = mark.chars().count() + 2;
        paper.pad_line(1);
        paper.mark(role, &mark, width);
        let indent = paper.indent(Role::Plain, "", width + 1);
        match &item.text {
            ItemText::Lesson(text) => markdown::write(paper, text, Role::Plain),
            ItemText::Ours(line) => paper.line(line, 0),
        }
        if let Some(aside) = &item.aside {
            let before = match item.mark {
                Mark::Goal { met: false } => "not yet: ",
                _ => "",
            };
            let line = Line::of(Role::Dim, before).then(&aside.dimmed());
            paper.line(&line, 0);
        }
        paper.outdent(indent);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;
    use crate::tutor::GoalState;

    struct Reader(Rc<Cell<usize>>);

    impl Pager for Reader {
        fn rows(&self) -> Option<usize> {
            Some(10)
        }

        fn turn(&mut self) -> io::Result<bool> {
            self.0.set(self.0.get() + 1);
            Ok(true)
        }
    }

    /// Whoever has read a task wants to read what counts; whoever typed a line knows it.
    #[test]
    fn goals_wait_behind_the_task_that_they_belong_to() {
        let turns = Rc::default();
        let style = Style {
            width: 40,
            color: false,
            unicode: false,
        };
        let mut view = TerminalView::new(Vec::new(), style);
        view.set_pager(Box::new(Reader(Rc::clone(&turns))));
        let goal = |number: usize| GoalState {
            say: format!("goal {number}"),
            met: false,
            why: "it is not there yet".to_owned(),
        };
        let goals = Event::Goals {
            goals: (0..3).map(goal).collect(),
            met: false,
        };
        let text = "a\n\nb".to_owned();
        view.event(&Event::Task { text }).unwrap();
        view.event(&goals).unwrap();
        assert_eq!(turns.get(), 1);
        view.event(&goals).unwrap();
        assert_eq!(turns.get(), 1);
    }
}
