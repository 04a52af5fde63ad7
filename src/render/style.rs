//! How output looks: the roles of text with their colours, and the drawing characters.
//!
//! The one table of colours, painted through `colored`. It must never decide *whether* to paint:
//! that is the caller's, by [`Style`].
use std::sync::OnceLock;

use colored::{ColoredString, Colorize, control};

/// What a view may use. Passed to every view; nothing else decides about colour or width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether colours and weights may be used (SGR sequences, nothing else).
    pub color: bool,
    /// Whether characters beyond ASCII may be used.
    pub unicode: bool,
    /// Columns of the screen.
    pub width: usize,
}

/// Lines longer than this are hard to read back from; tables alone may be wider.
pub(super) const LONGEST_MEASURE: usize = 88;

impl Style {
    /// The drawing characters this style may use.
    pub(super) fn glyphs(self) -> &'static Glyphs {
        if self.unicode { &UNICODE } else { &ASCII }
    }

    /// Columns of running text: the width, within a measure that the eye can follow.
    pub(super) fn measure(self) -> usize {
        self.width.clamp(1, LONGEST_MEASURE)
    }
}

/// What a piece of text is. A view decides how that looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Ordinary text.
    #[default]
    Plain,
    /// The mark before a line of the lab.
    Prompt,
    /// A verb of the lab language.
    Verb,
    /// Something of the lab, by its name.
    Name,
    /// An endpoint, an address or a port.
    Endpoint,
    /// What worked, and what is met.
    Ok,
    /// What the kernel refused, and its cause.
    Refused,
    /// What is worth a second look; never a reproach.
    Surprise,
    /// Frames, remarks and what is only for reference.
    Dim,
    /// A heading.
    Heading,
    /// A key to press: an option's letter, a word of the walk.
    Key,
    /// Code, as written; between backticks where there is no colour.
    Code,
    /// Bytes that were sent or received.
    Payload,
    /// Stressed text.
    Strong,
    /// Emphasised text.
    Emphasis,
    /// The text of a link.
    Link,
}

impl Role {
    /// All roles, in the order of their declaration.
    const ALL: [Self; 16] = [
        Self::Plain,
        Self::Prompt,
        Self::Verb,
        Self::Name,
        Self::Endpoint,
        Self::Ok,
        Self::Refused,
        Self::Surprise,
        Self::Dim,
        Self::Heading,
        Self::Key,
        Self::Code,
        Self::Payload,
        Self::Strong,
        Self::Emphasis,
        Self::Link,
    ];

    /// The one table of colours. Only weights and the darker basic colours, which stay legible on
    /// dark and on light backgrounds; no white, no black, no yellow, no blue.
    fn paint(self, text: &str) -> ColoredString {
        match self {
            Self::Plain | Self::Name => ColoredString::from(text),
            Self::Verb | Self::Heading | Self::Strong => text.bold(),
            Self::Endpoint | Self::Code => text.cyan(),
            Self::Prompt | Self::Payload | Self::Ok => text.green(),
            Self::Refused => text.red(),
            Self::Surprise => text.magenta(),
            Self::Dim => text.dimmed(),
            Self::Key => text.magenta().bold(),
            Self::Emphasis => text.italic(),
            Self::Link => text.underline(),
        }
    }
}

/// The sequence that ends any styling.
const RESET: &str = "\x1b[0m";

/// The opening sequence of each role, made when it is first used; empty without colour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    color: bool,
}

impl Palette {
    pub(crate) fn new(color: bool) -> Self {
        if color {
            // `colored` asks a switch of the whole process. It is only ever turned on here; a view
            // without colour does not ask.
            control::set_override(true);
        }
        Self { color }
    }

    /// What to write before text of this role.
    pub(crate) fn open(self, role: Role) -> &'static str {
        static OPEN: [OnceLock<String>; Role::ALL.len()] =
            [const { OnceLock::new() }; Role::ALL.len()];
        match OPEN.get(role as usize) {
            Some(open) if self.color => open.get_or_init(|| {
                let painted = role.paint("|").to_string();
                let (open, _) = painted.split_once('|').unwrap_or_default();
                open.to_owned()
            }),
            _ => "",
        }
    }

    /// What to write behind it.
    pub(crate) fn close(self, role: Role) -> &'static str {
        if self.open(role).is_empty() {
            ""
        } else {
            RESET
        }
    }

    /// Whether anything is ever painted.
    pub(crate) fn paints(self) -> bool {
        self.color
    }
}

/// The characters our own drawing is made of.
#[derive(Debug)]
pub(super) struct Glyphs {
    /// Left of everything a lesson says.
    pub(super) gutter: &'static str,
    /// Left of a quotation inside a lesson.
    pub(super) quote: &'static str,
    /// Before a line of the lab.
    pub(super) prompt: &'static str,
    /// List marks, by depth.
    pub(super) bullets: [&'static str; 2],
    /// A goal that is met, and one that is not yet.
    pub(super) met: &'static str,
    pub(super) open: &'static str,
    /// A finding that is as it should be, and one that is not.
    pub(super) fine: &'static str,
    pub(super) wrong: &'static str,
    /// Between words of a footer.
    pub(super) dot: &'static str,
    /// A light and a heavy horizontal line.
    pub(super) light: &'static str,
    pub(super) heavy: &'static str,
    /// A vertical line, and one with a branch to the right or to the left.
    pub(super) vertical: &'static str,
    pub(super) branch_right: &'static str,
    pub(super) branch_left: &'static str,
    /// Arrow heads.
    pub(super) right: &'static str,
    pub(super) left: &'static str,
    pub(super) down: &'static str,
    /// Corners of a box: top left, top right, bottom left, bottom right.
    pub(super) corners: [&'static str; 4],
    /// Under the place of a mistake.
    pub(super) caret: &'static str,
    /// Bars of one to eight eighths.
    pub(super) eighths: [&'static str; 8],
}

static UNICODE: Glyphs = Glyphs {
    gutter: "│",
    quote: "┆",
    prompt: "›",
    bullets: ["•", "–"],
    met: "✓",
    open: "·",
    fine: "✓",
    wrong: "!",
    dot: "·",
    light: "─",
    heavy: "━",
    vertical: "│",
    branch_right: "├",
    branch_left: "┤",
    right: "▶",
    left: "◀",
    down: "▼",
    corners: ["┌", "┐", "└", "┘"],
    caret: "^",
    eighths: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
};

static ASCII: Glyphs = Glyphs {
    gutter: "|",
    quote: ":",
    prompt: ">",
    bullets: ["*", "-"],
    met: "x",
    open: "-",
    fine: "+",
    wrong: "!",
    dot: "-",
    light: "-",
    heavy: "=",
    vertical: "|",
    branch_right: "+",
    branch_left: "+",
    right: ">",
    left: "<",
    down: "v",
    corners: ["+", "+", "+", "+"],
    caret: "^",
    eighths: [".", ".", ":", ":", "|", "|", "#", "#"],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_open_and_close() {
        let palette = Palette::new(true);
        for (place, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role as usize, place);
            assert_eq!(
                palette.open(role).is_empty(),
                palette.close(role).is_empty()
            );
        }
        assert_eq!(palette.open(Role::Refused), "\x1b[31m");
        let none = Palette::new(false);
        assert!(!none.paints());
        assert_eq!(none.open(Role::Refused), "");
    }
}
