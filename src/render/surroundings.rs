//! Which view and which style fit the place the output goes to.
//!
//! Nothing here reads the environment: what the surroundings are comes in as plain values, so that
//! every case is a row in a test.
use super::style::Style;

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
}
