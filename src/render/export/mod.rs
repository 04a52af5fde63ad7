//! Pages as files: the blocks a screen shows, written for a browser or as Markdown. Each writer
//! returns the whole text and touches nothing.
mod html;
mod markdown;

use super::block::{Block, Page};
use super::sanitize::sanitize;
use super::style::Style;
use super::{TerminalView, View};

pub use html::html;
pub use markdown::markdown;

/// Columns of a drawing inside a file.
const DRAWN: usize = 88;

/// What is drawn rather than told, as the terminal draws it, without colour.
fn drawn(block: &Block) -> String {
    let style = Style {
        color: false,
        unicode: true,
        width: DRAWN,
    };
    let mut view = TerminalView::new(Vec::new(), style);
    let page = Page {
        kind: "drawing",
        blocks: vec![block.clone()],
        records: Vec::new(),
    };
    // Writing into memory does not fail.
    drop(view.page(&page));
    let text = String::from_utf8_lossy(&view.into_inner()).into_owned();
    text.trim_end().to_owned()
}

/// A text of several lines, each fit to print.
fn clean(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(sanitize).collect();
    lines.join("\n")
}
