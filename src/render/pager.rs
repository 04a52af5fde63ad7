//! Pages on a screen: a text that is longer than the screen stops at a border between paragraphs,
//! until its reader wants more. What is above the last prompt counts as read.
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
        for paragraph in paragraphs(text) {
            let full = self.unread + lines_of(paragraph) > room;
            if full && self.unread > 0 && !self.hurried && !is_blank(paragraph) {
                out.flush()?;
                self.turn()?;
            }
            self.write(out, paragraph)?;
        }
        Ok(())
    }

    fn turn(&mut self) -> io::Result<()> {
        if let Some(pager) = &mut self.pager {
            self.hurried = !pager.turn()?;
            self.unread = 0;
        }
        Ok(())
    }
}

/// Lines of a paragraph, the empty ones behind it aside.
fn lines_of(paragraph: &str) -> usize {
    let lines: Vec<_> = paragraph.lines().collect();
    lines
        .iter()
        .rposition(|line| !is_blank(line))
        .map_or(0, |last| last + 1)
}

/// Stretches that end with empty lines. Together they are the text.
fn paragraphs(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut at, mut blank) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        if blank && !is_blank(line) {
            found.extend(text.get(start..at));
            start = at;
        }
        blank = is_blank(line);
        at += line.len();
    }
    found.extend(text.get(start..).filter(|rest| !rest.is_empty()));
    found
}

/// Whether a painted line holds nothing but the gutter.
fn is_blank(line: &str) -> bool {
    let mut parts = line.split('\x1b');
    let first = parts.next().unwrap_or_default();
    let painted = parts.map(|part| part.split_once('m').map_or(part, |(_, text)| text));
    let nothing = |c: char| c.is_whitespace() || matches!(c, '│' | '|');
    std::iter::once(first)
        .chain(painted)
        .all(|part| part.chars().all(nothing))
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
            // A paragraph is never cut, and one that fills the screen alone waits for nobody.
            (&[nine], 0),
            (&[three, nine], 1),
            (&[nine, three], 1),
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
            ("| a\n|\n  b\n", &["| a\n|\n", "  b\n"]),
        ] {
            assert_eq!(paragraphs(text), expected, "{text:?}");
        }
    }
}
