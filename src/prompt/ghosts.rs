//! The rest of an earlier line, shown in grey behind what is typed. Only lines that made sense are
//! offered; all others are an arrow key away.
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use rustyline::history::{History, SearchDirection};

use crate::lang::parse_line;
use crate::render::Line;

/// Earlier lines that are looked at for one key; the search must not make a key slow.
const CANDIDATES: usize = 20;

/// Which suggestions are made, and what is drawn of them.
#[derive(Debug, Default)]
pub(super) struct Ghosts {
    /// Lines of this session that nobody understood.
    dismissed: HashSet<String>,
    /// Whether a line can be read; asked once a line.
    readable: RefCell<HashMap<String, bool>>,
    /// What is typed, and the suggestion behind it.
    drawn: RefCell<Option<(String, String)>>,
}

impl Ghosts {
    /// A new line begins, with nothing drawn.
    pub(super) fn begin(&mut self) {
        self.drawn.take();
    }

    /// Never suggests these again.
    pub(super) fn dismiss(&mut self, lines: impl IntoIterator<Item = String>) {
        self.dismissed.extend(lines);
    }

    /// The rest of the latest line that begins as this one does.
    pub(super) fn suggest(&self, line: &str, pos: usize, history: &dyn History) -> Option<String> {
        let rest = self.rest(line, pos, history);
        self.drawn
            .replace(rest.clone().map(|rest| (line.to_owned(), rest)));
        rest
    }

    fn rest(&self, line: &str, pos: usize, history: &dyn History) -> Option<String> {
        if line.is_empty() || pos < line.len() || line.contains('\n') {
            return None;
        }
        let mut from = history.len();
        for _ in 0..CANDIDATES {
            from = from.checked_sub(1)?;
            let found = history.starts_with(line, from, SearchDirection::Reverse);
            let found = found.ok().flatten()?;
            if found.entry != line && self.makes_sense(&found.entry) {
                return found.entry.get(pos..).map(str::to_owned);
            }
            from = found.idx;
        }
        None
    }

    fn makes_sense(&self, line: &str) -> bool {
        if self.dismissed.contains(line) {
            return false;
        }
        let mut readable = self.readable.borrow_mut();
        if let Some(known) = readable.get(line) {
            return *known;
        }
        // What a template will be filled with is not known here.
        let reads = line.contains("{{") || parse_line(line).is_ok();
        readable.insert(line.to_owned(), reads);
        reads
    }

    /// What takes the suggestion off the screen, when the cursor has gone to the row below it.
    pub(super) fn wipe(&self, label: &str, width: usize) -> Option<String> {
        let (typed, ghost) = self.drawn.take()?;
        let columns = |text: &str| Line::from(text).columns();
        let end = columns(label) + columns(&typed);
        let row = end.checked_div(width)?;
        let last = (end + columns(&ghost)).checked_div(width)?;
        let up = last - row + 1;
        let right = match end % width {
            0 => String::new(),
            column => format!("\x1b[{column}C"),
        };
        Some(format!("\x1b[{up}A\r{right}\x1b[J\r\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustyline::history::MemHistory;

    #[test]
    fn the_latest_line_that_made_sense_is_offered() {
        let mut history = MemHistory::new();
        for line in ["listen 8080", "listen there", "lsten 1", "listen 1 2 3"] {
            history.add(line).unwrap();
        }
        let mut ghosts = Ghosts::default();
        let check = |ghosts: &Ghosts, typed: &str, rest: Option<&str>| {
            let found = ghosts.suggest(typed, typed.len(), &history);
            assert_eq!(found.as_deref(), rest, "{typed}");
        };
        check(&ghosts, "lis", Some("ten there"));
        check(&ghosts, "ls", None);
        check(&ghosts, "listen there", None);
        check(&ghosts, "", None);
        ghosts.dismiss(["listen there".to_owned()]);
        check(&ghosts, "lis", Some("ten 8080"));
        assert_eq!(ghosts.suggest("lis", 1, &history), None);
    }

    #[test]
    fn a_suggestion_is_wiped_from_where_it_began() {
        let ghosts = Ghosts::default();
        for (typed, ghost, wiped) in [
            ("abc", "def", "\x1b[1A\r\x1b[5C\x1b[J\r\n"),
            ("abcdefgh", "i", "\x1b[1A\r\x1b[J\r\n"),
            ("abcdefg", "hijk", "\x1b[2A\r\x1b[9C\x1b[J\r\n"),
        ] {
            ghosts
                .drawn
                .replace(Some((typed.to_owned(), ghost.to_owned())));
            assert_eq!(ghosts.wipe("> ", 10).as_deref(), Some(wiped), "{typed}");
        }
        assert_eq!(ghosts.wipe("> ", 10), None);
    }
}
