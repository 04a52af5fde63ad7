//! How far a long line has come, on standard error: one line that is drawn over and goes away again.
//! Only where a person reads the terminal; what is printed of the outcome is the view's business.
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use terminal_size::terminal_size_of;

use crate::lab::Lab;
use crate::lab::progress::{Progress, Step};
use crate::render::{Style, ViewKind, progress_line};

/// Quicker lines are over before anybody has read this.
const AFTER: Duration = Duration::from_millis(300);

/// Often enough to move, seldom enough to cost nothing.
const EVERY: Duration = Duration::from_millis(100);

/// To the left edge, and whatever stood there is gone (ECMA-48, EL).
const WIPE: &str = "\r\x1b[K";

struct OnScreen {
    style: Style,
    /// When the next drawing is due; `None` before the line has begun.
    due: Option<Instant>,
    drawn: bool,
}

/// Shows the progress of a lab, where there is somebody to show it to.
pub(super) fn show(lab: &mut Lab, view: ViewKind, style: Style) {
    if let Some(progress) = on(view, style) {
        lab.watched_by(progress);
    }
}

/// Where progress is shown, if there is somebody to show it to.
pub(super) fn on(view: ViewKind, style: Style) -> Option<Box<dyn Progress>> {
    let somebody = view == ViewKind::Terminal && io::stderr().is_terminal();
    somebody.then(|| -> Box<dyn Progress> {
        Box::new(OnScreen {
            style,
            due: None,
            drawn: false,
        })
    })
}

impl Progress for OnScreen {
    fn at(&mut self, step: Step) {
        let now = Instant::now();
        let due = *self.due.get_or_insert(now + AFTER);
        if now < due {
            return;
        }
        self.due = Some(now + EVERY);
        self.drawn = true;
        let width = terminal_size_of(io::stderr()).map(|(width, _)| width.0.into());
        let width = width.filter(|width| *width > 0).unwrap_or(self.style.width);
        let style = Style {
            width,
            ..self.style
        };
        let line = progress_line(step.verb, step.done, step.of, style);
        write(&format!("{WIPE}{line}"));
    }

    fn over(&mut self) {
        self.due = None;
        if std::mem::take(&mut self.drawn) {
            write(WIPE);
        }
    }
}

/// A terminal that cannot be written to ends the program elsewhere; this is only its pastime.
fn write(text: &str) {
    let mut screen = io::stderr().lock();
    drop(
        screen
            .write_all(text.as_bytes())
            .and_then(|()| screen.flush()),
    );
}
