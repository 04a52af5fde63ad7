//! How output looks: the colour roles, the drawing characters, and which view fits the
//! surroundings.
//!
//! The one table of colours, painted through `colored`. Nothing here reads the environment: what
//! the surroundings are comes in as plain values, so that every case is a row in a test.
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

/// Which view fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewKind {
    /// Drawn and wrapped for a screen.
    Terminal,
    /// One fact a line: pipes, dumb terminals, screen readers.
    Plain,
    /// JSON Lines.
    Json,
}

/// What `--color` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// Colour on a terminal that has it.
    #[default]
    Auto,
    /// Colour, whatever the surroundings say.
    Always,
    /// No colour.
    Never,
}

/// What is known about the place the output goes to. The caller reads the environment; an unset
/// variable is `None`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'a> {
    /// `NO_COLOR` (<https://no-color.org>: counts when not empty).
    pub no_color: Option<&'a str>,
    /// `CLICOLOR_FORCE` (<https://bixense.com/clicolors>: counts when neither empty nor 0).
    pub clicolor_force: Option<&'a str>,
    /// `TERM`.
    pub term: Option<&'a str>,
    /// Whether the output is a terminal.
    pub tty: bool,
    /// `COLUMNS`.
    pub columns: Option<&'a str>,
    /// The width the terminal itself reports; some report 0.
    pub window: Option<u16>,
    /// The first of `LC_ALL`, `LC_CTYPE` and `LANG` that is not empty.
    pub locale: Option<&'a str>,
    /// `--color`.
    pub color: ColorChoice,
    /// `--plain`.
    pub plain: bool,
    /// `--json`.
    pub json: bool,
}

/// Width where nothing better is known: the terminals of the last fifty years.
const USUAL_WIDTH: usize = 80;

/// Below this a drawn screen helps nobody; plain lines wrap by themselves.
const NARROWEST_SCREEN: usize = 30;

/// Lines longer than this are hard to read back from; tables alone may be wider.
pub(super) const LONGEST_MEASURE: usize = 88;

impl Style {
    /// Chooses the view and its style from the surroundings.
    pub fn detect(around: &Surroundings<'_>) -> (ViewKind, Self) {
        let window = around.window.map(usize::from);
        let asked = around.columns.and_then(|text| text.trim().parse().ok());
        let width = window
            .filter(|width| *width > 0)
            .or(asked.filter(|width| *width > 0));
        let forced = around.color == ColorChoice::Always
            || (around.color == ColorChoice::Auto && is_forced(around.clicolor_force));
        let screen = around.tty && is_screen(around.term) && window != Some(0);
        let wide = width.is_none_or(|width| width >= NARROWEST_SCREEN);
        let view = if around.json {
            ViewKind::Json
        } else if !around.plain && wide && (screen || forced) {
            ViewKind::Terminal
        } else {
            ViewKind::Plain
        };
        let quiet = around.no_color.is_some_and(|value| !value.is_empty());
        let color =
            view == ViewKind::Terminal && around.color != ColorChoice::Never && (forced || !quiet);
        let style = Self {
            color,
            unicode: around.locale.is_some_and(is_utf8),
            width: width.unwrap_or(USUAL_WIDTH),
        };
        (view, style)
    }

    /// The drawing characters this style may use.
    pub(super) fn glyphs(self) -> &'static Glyphs {
        if self.unicode { &UNICODE } else { &ASCII }
    }

    /// Columns of running text: the width, within a measure that the eye can follow.
    pub(super) fn measure(self) -> usize {
        self.width.clamp(1, LONGEST_MEASURE)
    }
}

fn is_forced(value: Option<&str>) -> bool {
    value.is_some_and(|value| !value.is_empty() && value != "0")
}

/// A terminal that is told to be dumb, or whose name is no name, gets plain lines.
pub(crate) fn is_screen(term: Option<&str>) -> bool {
    let named = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    term.is_some_and(|term| !term.is_empty() && term != "dumb" && term.chars().all(named))
}

fn is_utf8(locale: &str) -> bool {
    let lower = locale.to_ascii_lowercase();
    lower.contains("utf-8") || lower.contains("utf8")
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

/// The opening sequence of each role, made once; empty without colour.
#[derive(Clone, Debug)]
pub(crate) struct Palette([String; Role::ALL.len()]);

impl Palette {
    pub(crate) fn new(color: bool) -> Self {
        if !color {
            return Self(Default::default());
        }
        // `colored` asks a switch of the whole process. It is only ever turned on here; a view
        // without colour does not ask.
        control::set_override(true);
        Self(Role::ALL.map(|role| {
            let painted = role.paint("|").to_string();
            let (open, _) = painted.split_once('|').unwrap_or_default();
            open.to_owned()
        }))
    }

    /// What to write before text of this role.
    pub(crate) fn open(&self, role: Role) -> &str {
        self.0.get(role as usize).map_or("", String::as_str)
    }

    /// What to write behind it.
    pub(crate) fn close(&self, role: Role) -> &'static str {
        if self.open(role).is_empty() {
            ""
        } else {
            RESET
        }
    }

    /// Whether anything is ever painted.
    pub(crate) fn paints(&self) -> bool {
        !self.open(Role::Dim).is_empty()
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

    fn seen(change: impl FnOnce(&mut Surroundings<'_>)) -> String {
        let mut around = Surroundings {
            term: Some("xterm-256color"),
            tty: true,
            window: Some(100),
            locale: Some("en_GB.UTF-8"),
            ..Surroundings::default()
        };
        change(&mut around);
        let (view, style) = Style::detect(&around);
        let color = if style.color { "colour" } else { "no colour" };
        let charset = if style.unicode { "unicode" } else { "ascii" };
        format!("{view:?}, {color}, {charset}, {}", style.width)
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn surroundings_choose_the_view() {
        type Change = fn(&mut Surroundings<'_>);
        let table: [(&str, Change, &str); 20] = [
            ("terminal", |_| {}, "Terminal, colour, unicode, 100"),
            ("pipe", |s| s.tty = false, "Plain, no colour, unicode, 100"),
            (
                "NO_COLOR",
                |s| s.no_color = Some("1"),
                "Terminal, no colour, unicode, 100",
            ),
            (
                "NO_COLOR, empty",
                |s| s.no_color = Some(""),
                "Terminal, colour, unicode, 100",
            ),
            (
                "--color=always beats NO_COLOR",
                |s| {
                    s.no_color = Some("1");
                    s.color = ColorChoice::Always;
                },
                "Terminal, colour, unicode, 100",
            ),
            (
                "--color=never beats CLICOLOR_FORCE",
                |s| {
                    s.clicolor_force = Some("1");
                    s.color = ColorChoice::Never;
                },
                "Terminal, no colour, unicode, 100",
            ),
            (
                "forced into a pipe",
                |s| {
                    s.tty = false;
                    s.clicolor_force = Some("1");
                },
                "Terminal, colour, unicode, 100",
            ),
            (
                "CLICOLOR_FORCE=0",
                |s| {
                    s.tty = false;
                    s.clicolor_force = Some("0");
                },
                "Plain, no colour, unicode, 100",
            ),
            (
                "TERM=dumb",
                |s| s.term = Some("dumb"),
                "Plain, no colour, unicode, 100",
            ),
            (
                "no TERM",
                |s| s.term = None,
                "Plain, no colour, unicode, 100",
            ),
            (
                "TERM with an escape",
                |s| s.term = Some("xterm-evil\x1b["),
                "Plain, no colour, unicode, 100",
            ),
            (
                "0x0",
                |s| s.window = Some(0),
                "Plain, no colour, unicode, 80",
            ),
            (
                "5x5",
                |s| s.window = Some(5),
                "Plain, no colour, unicode, 5",
            ),
            (
                "40 columns",
                |s| s.window = Some(40),
                "Terminal, colour, unicode, 40",
            ),
            (
                "very wide",
                |s| s.window = Some(1000),
                "Terminal, colour, unicode, 1000",
            ),
            (
                "COLUMNS where the window is silent",
                |s| {
                    s.window = None;
                    s.columns = Some("61");
                },
                "Terminal, colour, unicode, 61",
            ),
            (
                "COLUMNS is nonsense",
                |s| {
                    s.window = None;
                    s.columns = Some("-3");
                },
                "Terminal, colour, unicode, 80",
            ),
            (
                "C locale",
                |s| s.locale = Some("C"),
                "Terminal, colour, ascii, 100",
            ),
            (
                "--plain",
                |s| {
                    s.plain = true;
                    s.color = ColorChoice::Always;
                },
                "Plain, no colour, unicode, 100",
            ),
            ("--json", |s| s.json = true, "Json, no colour, unicode, 100"),
        ];
        for (what, change, expected) in table {
            assert_eq!(seen(change), expected, "{what}");
        }
    }

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
