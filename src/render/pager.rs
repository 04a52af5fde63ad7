//! Pages on a screen: a text that is longer than the screen stops at a border between paragraphs,
//! until its reader wants more, and a paragraph that is longer by itself where the screen is full. What
//! is above the last prompt counts as read.
//!
//! Who turns the page, and how high the screen is, comes in through [`Pager`]; where there is none,
//! everything is written at once.
use std::io::{self, Write};

/// Somebody who turns pages.
pub trait Pager {
    /// Lines of the screen now; `None` when nothing is to be held back.
    fn rows(&self) -> Option<usize>;

    /// Waits for the reader. False when the rest is wanted at once.
    fn turn(&mut self) -> io::Result<bool>;
}

/// Lines that are left free below a page: an empty one, what can be typed, the prompt.
const BELOW: usize = 3;

/// How much of a screen is filled with what was not read yet.
#[derive(Default)]
pub(super) struct Pages {
    pager: Option<Box<dyn Pager>>,
    unread: usize,
    /// Whether the reader wants the rest at once.
    hurried: bool,
}

impl Pages {
    pub(super) fn set_pager(&mut self, pager: Box<dyn Pager>) {
        self.pager = Some(pager);
    }

    /// What stands on the screen was read: somebody has answered.
    pub(super) fn read(&mut self) {
        self.unread = 0;
        self.hurried = false;
    }

    /// Writes lines that nobody reads from the first to the last: a table, an outcome.
    pub(super) fn write(&mut self, out: &mut impl Write, text: &str) -> io::Result<()> {
        self.unread = self.unread.saturating_add(text.lines().count());
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Writes a text to read, a paragraph at a time.
    pub(super) fn write_text(&mut self, out: &mut impl Write, text: &str) -> io::Result<()> {
        let rows = self.pager.as_ref().and_then(|pager| pager.rows());
        let Some(room) = rows.and_then(|rows| rows.checked_sub(BELOW)) else {
            return self.write(out, text);
        };
        let whole = paragraphs(text);
        for part in whole.into_iter().flat_map(|paragraph| cut(paragraph, room)) {
            let full = self.unread + lines_of(part) > room;
            if full && self.unread > 0 && !self.hurried && !is_blank(part) {
                out.flush()?;
                self.turn()?;
            }
            self.write(out, part)?;
        }
        Ok(())
    }

    /// Writes a text that belongs together: where it does not fit below what is on the screen, it
    /// begins a page of its own.
    pub(super) fn write_apart(&mut self, out: &mut impl Write, text: &str) -> io::Result<()> {
        let rows = self.pager.as_ref().and_then(|pager| pager.rows());
        let room = rows.and_then(|rows| rows.checked_sub(BELOW));
        let full = room.is_some_and(|room| self.unread + lines_of(text) > room);
        if full && self.unread > 0 && !self.hurried {
            out.flush()?;
            self.turn()?;
        }
        self.write_text(out, text)
    }

    fn turn(&mut self) -> io::Result<()> {
        if let Some(pager) = &mut self.pager {
            self.hurried = !pager.turn()?;
            self.unread = 0;
        }
        Ok(())
    }
}

/// A paragraph that is longer than a screen, in screens; any other as it is.
fn cut(paragraph: &str, room: usize) -> Vec<&str> {
    if lines_of(paragraph) <= room || room == 0 {
        return vec![paragraph];
    }
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    for (number, line) in (1..).zip(paragraph.split_inclusive('\n')) {
        at += line.len();
        if number % room == 0 {
            parts.extend(paragraph.get(start..at));
            start = at;
        }
    }
    parts.extend(paragraph.get(start..).filter(|rest| !rest.is_empty()));
    parts
}

/// Lines of a paragraph, the empty ones behind it aside.
fn lines_of(paragraph: &str) -> usize {
    let lines: Vec<_> = paragraph.lines().collect();
    lines
        .iter()
        .rposition(|line| !is_blank(line))
        .map_or(0, |last| last + 1)
}

/// Stretches that end with empty lines. Together they are the text. Empty lines in what was laid out
/// by its author, a drawing or a listing, end nothing.
fn paragraphs(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut at, mut blank) = (0, 0, false);
    let mut laid_out = false;
    for line in text.split_inclusive('\n') {
        let empty = is_blank(line);
        let goes_on = laid_out && is_laid_out(line);
        if blank && !empty && !goes_on {
            found.extend(text.get(start..at));
            start = at;
        }
        if !empty {
            laid_out = is_laid_out(line);
        }
        blank = empty;
        at += line.len();
    }
    found.extend(text.get(start..).filter(|rest| !rest.is_empty()));
    found
}

/// The characters of a painted line behind the gutter, which stands in the first column.
fn behind_the_gutter(line: &str) -> impl Iterator<Item = char> {
    let mut parts = line.split('\x1b');
    let first = parts.next().unwrap_or_default();
    let painted = parts.map(|part| part.split_once('m').map_or(part, |(_, text)| text));
    let mut all = std::iter::once(first)
        .chain(painted)
        .flat_map(str::chars)
        .peekable();
    let gutter = all.next_if(|c| matches!(c, '│' | '|')).map(|_| ' ');
    gutter.into_iter().chain(all)
}

/// Whether a painted line holds nothing but the gutter.
fn is_blank(line: &str) -> bool {
    behind_the_gutter(line).all(char::is_whitespace)
}

/// Whether a line stands further in than running text does: a listing, a part of a drawing.
fn is_laid_out(line: &str) -> bool {
    const OF_TEXT: usize = 2;
    behind_the_gutter(line).take_while(|c| *c == ' ').count() > OF_TEXT + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    struct Reader {
        rows: usize,
        turns: Rc<Cell<usize>>,
        patient: bool,
    }

    impl Pager for Reader {
        fn rows(&self) -> Option<usize> {
            Some(self.rows)
        }

        fn turn(&mut self) -> io::Result<bool> {
            self.turns.set(self.turns.get() + 1);
            Ok(self.patient)
        }
    }

    /// Writes texts on a screen of 10 lines, 7 of them for text, and counts the pages turned.
    fn turned(texts: &[&str], patient: bool) -> usize {
        let turns = Rc::default();
        let mut pages = Pages::default();
        pages.set_pager(Box::new(Reader {
            rows: 10,
            turns: Rc::clone(&turns),
            patient,
        }));
        let mut out = Vec::new();
        for text in texts {
            match text.strip_prefix('!') {
                Some("read") => pages.read(),
                Some(table) => pages.write(&mut out, table).unwrap(),
                None => pages.write_text(&mut out, text).unwrap(),
            }
        }
        let written: String = texts
            .iter()
            .filter(|text| **text != "!read")
            .copied()
            .collect();
        assert_eq!(String::from_utf8(out).unwrap(), written.replace('!', ""));
        turns.get()
    }

    #[test]
    fn a_page_is_turned_between_paragraphs_when_the_screen_is_full() {
        let three = "a\nb\nc\n\n";
        let nine = "a\nb\nc\nd\ne\nf\ng\nh\ni\n";
        for (texts, turns) in [
            (&[three, three][..], 0),
            (&[three, three, three], 1),
            (&[three, three, "!read", three], 0),
            (
                &["\x1b[2m│\x1b[0m a\n\x1b[2m│\x1b[0m\n\x1b[2m│\x1b[0m b\n"],
                0,
            ),
            // A paragraph is not cut, unless no screen holds it.
            (&[nine], 1),
            (&[three, nine], 2),
            (&[nine, three], 1),
            (&["a\nb\nc\nd\ne\nf\ng\n\n", three], 1),
            // A table is shown whole; the text behind it waits.
            (&["!1\n2\n3\n4\n5\n6\n7\n", "!8\n9\n", three], 1),
            (&[three, three, "\n", "\n"], 0),
            (&[three, three, three, three, three, three], 2),
        ] {
            assert_eq!(turned(texts, true), turns, "{texts:?}");
        }
        // Who is in a hurry is asked once.
        assert_eq!(turned(&[three; 9], false), 1);
        assert_eq!(
            turned(&[three, three, three, "!read", three, three, three], false),
            2
        );
    }

    #[test]
    fn what_belongs_together_begins_a_page() {
        for (first, second, expected) in [
            ("a\nb\n", "1\n\n2\n", 0),
            ("a\nb\nc\nd\n", "1\n\n2\n\n3\n", 1),
            // It is longer than a page by itself: it is cut where a page ends, too.
            ("a\n", "1\n\n2\n\n3\n\n4\n\n5\n", 2),
            ("", "1\n\n2\n\n3\n", 0),
        ] {
            let turns = Rc::default();
            let mut pages = Pages::default();
            pages.set_pager(Box::new(Reader {
                rows: 10,
                turns: Rc::clone(&turns),
                patient: true,
            }));
            let mut out = Vec::new();
            pages.write_text(&mut out, first).unwrap();
            pages.write_apart(&mut out, second).unwrap();
            assert_eq!(out, [first, second].concat().as_bytes());
            assert_eq!(turns.get(), expected, "{second:?}");
        }
    }

    #[test]
    fn without_a_reader_nothing_waits() {
        let mut pages = Pages::default();
        let mut out = Vec::new();
        let text = "a\n\n".repeat(500);
        pages.write_text(&mut out, &text).unwrap();
        assert_eq!(out, text.as_bytes());
    }

    #[test]
    fn paragraphs_are_the_whole_text() {
        for (text, expected) in [
            ("", &[][..]),
            ("a\n", &["a\n"]),
            ("\na\n\n\nb", &["\n", "a\n\n\n", "b"]),
            ("│ a\n│\n│ b\n", &["│ a\n│\n", "│ b\n"]),
            // Neither a listing with empty lines nor a drawing of two lines of life is cut.
            (
                "│   a\n│\n│   b\n│\n│ c\n",
                &["│   a\n│\n│   b\n│\n", "│ c\n"],
            ),
            (
                "  a   b\n  │   │\n  ├──▶│\n",
                &["  a   b\n  │   │\n  ├──▶│\n"],
            ),
            ("| a\n|\n  b\n", &["| a\n|\n", "  b\n"]),
        ] {
            assert_eq!(paragraphs(text), expected, "{text:?}");
        }
    }
}
