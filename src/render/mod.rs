//! Events become text: for a screen, as plain lines, as JSON.
//!
//! # Layout
//!
//! * [`english`]: facts and events in words, as [`block`]s. The one place for English.
//! * [`sanitize`]: foreign text made fit to print. The one place for that.
//! * [`style`]: colour roles and drawing characters; [`surroundings`]: which view fits.
//! * [`line`], `paper`, `markdown`, `table`: lines of roles, wrapped and laid out.
//! * [`diagram`], [`sequence`], [`ladder`], [`machine`], [`plot`]: drawings, which repeat what words have told.
//! * [`terminal`], [`plain`], [`json`]: the views; [`pager`]: texts longer than a screen.
//! * [`export`]: pages as HTML and Markdown files.
//!
//! A view writes to what it was given and nowhere else. It reads neither the environment nor a
//! clock. A closed pipe is an error for the caller to end quietly on.
use std::io;

use crate::lang::Outcome;
use crate::tutor::{Ask, Event};

pub mod block;
pub mod diagram;
pub mod english;
pub mod export;
pub mod highlight;
pub mod json;
pub mod ladder;
pub mod line;
pub mod machine;
mod markdown;
pub mod pager;
mod paper;
pub mod plain;
pub mod plot;
mod progress;
pub mod sanitize;
pub mod sequence;
pub mod style;
pub mod surroundings;
mod table;
pub mod terminal;

pub use block::{Block, Page, Table};
pub use english::{
    Check, ClaimEntry, ClaimReport, ClaimStatus, Due, Figures, Found, LessonReport, MenuChapter,
    MenuEntry, PredictionReport, Question, Reader, Report, asked_again, card_page, chapters,
    checks, claim, claims, found, list, menu, mistake, prompt_hint, questions_due, report,
    reviewed, say, socket_changes, sockets_now, watching,
};
pub use json::JsonView;
pub use line::Line;
pub use pager::Pager;
pub use paper::wrapped;
pub use plain::PlainView;
pub use progress::progress_line;
pub use sanitize::sanitize;
pub use style::{Role, Style};
pub use surroundings::{ColorChoice, Surroundings, ViewKind};
pub use terminal::TerminalView;

/// Somewhere to show things.
pub trait View {
    /// Something happened in a lesson.
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// What came of a line outside a lesson: free play, a script.
    fn outcome(&mut self, outcome: &Outcome) -> io::Result<()>;

    /// A line is wanted: says what can be typed.
    fn ask(&mut self, ask: &Ask) -> io::Result<()>;

    /// Who will be asked from now on. A view for programs need not know.
    fn set_reader(&mut self, _: Reader) {}

    /// Who turns pages. Only a view on a screen has any.
    fn set_pager(&mut self, _: Box<dyn Pager>) {}

    /// How wide the screen is by now. Only a view on a screen wraps at it.
    fn set_width(&mut self, _: usize) {}

    /// What was shown so far was read: somebody has typed.
    fn read(&mut self) {}

    /// A page outside a lesson.
    fn page(&mut self, page: &Page) -> io::Result<()>;
}

/// The view of that kind.
pub fn view<'w>(kind: ViewKind, out: impl io::Write + 'w, style: Style) -> Box<dyn View + 'w> {
    match kind {
        ViewKind::Terminal => Box::new(TerminalView::new(out, style)),
        ViewKind::Plain => Box::new(PlainView::new(out, style)),
        ViewKind::Json => Box::new(JsonView::new(out)),
    }
}
