//! `sockets --watch`: the table over and over. A screen is drawn in place; plain output and JSON
//! tell only what changed.
use std::io::{self, Write};
use std::time::Duration;

use terminal_size::{Height, Width, terminal_size};

use super::context::Context;
use crate::cli::Exit;
use crate::lang::{Command, Fact, Outcome, SocketChange, SocketRow, changes};
use crate::limits;
use crate::prompt::{Keys, Waited};
use crate::render::{Style, TerminalView, View, ViewKind, socket_changes, sockets_now, watching};

/// How often it looks, and how many times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) every: Duration,
    pub(super) times: Option<u64>,
}

/// Looks until somebody has seen enough: q, Ctrl-C, a closed pipe, or the number of times given.
pub(super) fn watch(context: &Context, command: &Command, pace: Pace) -> io::Result<Exit> {
    let mut lab = context.lab();
    let keys = Keys::open();
    let every = pace.every.max(limits::WATCH_EVERY);
    let mut screen = InPlace::default();
    let mut before: Option<Vec<SocketRow>> = None;
    for look in 1.. {
        let outcome = lab.ask(command.clone());
        let Some(rows) = rows(&outcome) else {
            context.screen.outcome(&outcome)?;
            return Ok(Exit::Failed);
        };
        let changed = before
            .as_deref()
            .map_or_else(Vec::new, |before| changes(before, rows));
        if context.screen.kind() == ViewKind::Terminal {
            screen.draw(context.style, every, &outcome, &changed)?;
        } else if before.is_none() {
            context.screen.talk(&sockets_now(rows.len()));
        } else {
            let page = socket_changes(&changed, limits::CHANGES_TOLD);
            context.screen.page(&page)?;
        }
        before = Some(rows.clone());
        if pace.times.is_some_and(|times| look >= times) {
            break;
        }
        match keys.wait(every)? {
            Waited::Key(b'q' | b'Q') | Waited::Left => break,
            Waited::Interrupted => return Ok(Exit::Interrupted),
            Waited::Over | Waited::Key(_) => {}
        }
    }
    Ok(Exit::Done)
}

fn rows(outcome: &Outcome) -> Option<&Vec<SocketRow>> {
    match outcome.fact()? {
        Fact::Sockets(table) => Some(&table.rows),
        _ => None,
    }
}

/// A part of the screen that is drawn over.
#[derive(Debug, Default)]
struct InPlace {
    /// Lines that stand there.
    lines: usize,
    width: usize,
}

impl InPlace {
    fn draw(
        &mut self,
        style: Style,
        every: Duration,
        outcome: &Outcome,
        changed: &[SocketChange],
    ) -> io::Result<()> {
        let (width, height) = terminal_size().map_or((style.width, usize::MAX), |window| {
            let (Width(width), Height(height)) = window;
            (width.into(), height.into())
        });
        let mut view = TerminalView::new(Vec::new(), Style { width, ..style });
        view.page(&watching(every, changed))?;
        view.outcome(outcome)?;
        let text = String::from_utf8_lossy(&view.into_inner()).into_owned();
        // Lines of another width may have been broken by the terminal; then all is drawn anew.
        let drawn = if self.width == width { self.lines } else { 0 };
        let (bytes, lines) = over(drawn, &text, height);
        (self.lines, self.width) = (lines, width);
        let mut screen = io::stdout().lock();
        screen.write_all(bytes.as_bytes())?;
        screen.flush()
    }
}

/// What draws a text over so many lines that stand above the cursor, and how many lines it has. No
/// more of it than fits the height, less the line of the cursor.
fn over(drawn: usize, text: &str, height: usize) -> (String, usize) {
    let room = height.saturating_sub(1).max(1);
    let all = text.lines().count();
    let shown = if all > room { room - 1 } else { all };
    let mut bytes = String::new();
    if drawn > 0 {
        // Cursor up, to the first column (ECMA-48, CPL).
        let up = format!("\x1b[{drawn}F");
        bytes.push_str(&up);
    }
    let mut line = |text: &str| {
        bytes.push_str(text);
        // The rest of what stood there goes (EL).
        bytes.push_str("\x1b[K\n");
    };
    text.lines().take(shown).for_each(&mut line);
    if shown < all {
        line(&format!("  and {} more lines", all - shown));
    }
    // So do lines below that are not needed any more (ED).
    bytes.push_str("\x1b[J");
    (bytes, shown + usize::from(shown < all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames() {
        let table = [
            (0, "a\nb\n", 24, "a\x1b[K\nb\x1b[K\n\x1b[J", 2),
            (2, "a\n", 24, "\x1b[2Fa\x1b[K\n\x1b[J", 1),
            (
                0,
                "a\nb\nc\nd\n",
                4,
                "a\x1b[K\nb\x1b[K\n  and 2 more lines\x1b[K\n\x1b[J",
                3,
            ),
            (0, "a\nb\n", 3, "a\x1b[K\nb\x1b[K\n\x1b[J", 2),
            (0, "a\nb\n", 0, "  and 2 more lines\x1b[K\n\x1b[J", 1),
        ];
        for (drawn, text, height, bytes, lines) in table {
            assert_eq!(
                over(drawn, text, height),
                (bytes.to_owned(), lines),
                "{text:?}"
            );
        }
    }
}
