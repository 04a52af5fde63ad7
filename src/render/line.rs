//! One line of text whose pieces know what they are.
//!
//! Everything that is pushed is made fit to print on the way in, so a line can hold nothing else.
use std::borrow::Cow;
use std::fmt::{Display, Write as _};

use super::sanitize::{Safe, char_columns, columns, sanitize};
use super::style::{Role, Style};

/// A line of styled text. The first role is kept apart: most lines have only one, and a table of
/// sockets has a great many lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    text: String,
    first: Role,
    /// Where in the text another role begins.
    turns: Vec<(usize, Role)>,
}

impl Line {
    /// An empty line.
    pub fn new() -> Self {
        Self::default()
    }

    /// A line of one role.
    pub fn of(role: Role, text: impl Display) -> Self {
        Self::new().and(role, text)
    }

    /// Takes everything out again, and keeps the room for it.
    pub fn clear(&mut self) {
        self.text.clear();
        self.first = Role::default();
        self.turns.clear();
    }

    /// The line with ordinary text behind it.
    #[must_use]
    pub fn text(self, text: impl Display) -> Self {
        self.and(Role::Plain, text)
    }

    /// The line with a piece of the given role behind it.
    #[must_use]
    pub fn and(mut self, role: Role, text: impl Display) -> Self {
        self.push(role, text);
        self
    }

    /// The line with another one behind it.
    #[must_use]
    pub fn then(mut self, other: &Self) -> Self {
        for (role, text) in other.pieces() {
            self.turn(role);
            self.text.push_str(text);
        }
        self
    }

    /// Adds a piece.
    pub fn push(&mut self, role: Role, text: impl Display) {
        self.turn(role);
        let start = self.text.len();
        let written = write!(self.text, "{text}");
        debug_assert!(written.is_ok(), "a String takes everything");
        self.clean(start);
    }

    /// Makes fit to print what was written behind a place.
    fn clean(&mut self, start: usize) {
        let fresh = self.text.get(start..).unwrap_or_default();
        if let Cow::Owned(shown) = sanitize(fresh) {
            self.text.truncate(start);
            self.text.push_str(&shown);
        }
    }

    /// A remark of the program, in which backticks mark what can be typed.
    pub fn marked(text: &str) -> Self {
        Self::marked_as(Role::Plain, text)
    }

    /// The same, in another role where it is not code.
    pub fn marked_as(role: Role, text: &str) -> Self {
        let mut line = Self::new();
        let mut parts = text.split('`').peekable();
        let mut code = false;
        while let Some(part) = parts.next() {
            match (code, parts.peek().is_some()) {
                (true, true) => line.push(Role::Code, part),
                // A last backtick without its partner is just a character.
                (true, false) => line = line.and(role, '`').and(role, part),
                (false, _) => line.push(role, part),
            }
            code = !code;
        }
        line
    }

    /// Whether nothing was pushed.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text without its roles.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Columns it takes on a screen.
    pub fn columns(&self) -> usize {
        columns(&self.text)
    }

    /// The line as a style can show it: in ASCII where there is nothing else, and with backticks
    /// around code where there is no colour.
    pub(super) fn fitted(&self, style: Style) -> Cow<'_, Self> {
        let ascii = !style.unicode && !self.text.is_ascii();
        let code = |role: Role| role == Role::Code;
        let ticks =
            !style.color && (code(self.first) || self.turns.iter().any(|(_, role)| code(*role)));
        if !ascii && !ticks {
            return Cow::Borrowed(self);
        }
        let mut fitted = Self::new();
        for (role, text) in self.pieces() {
            let text = Safe::of_line(text);
            let text = if ascii { text.into_ascii() } else { text };
            if role == Role::Code && ticks {
                fitted.push(Role::Plain, format_args!("`{}`", text.as_str()));
            } else {
                fitted.turn(role);
                fitted.text.push_str(text.as_str());
            }
        }
        Cow::Owned(fitted)
    }

    /// The line with its ordinary text in the background.
    #[must_use]
    pub fn dimmed(&self) -> Self {
        let mut dimmed = Self::new();
        for (role, text) in self.pieces() {
            dimmed.turn(if role == Role::Plain { Role::Dim } else { role });
            dimmed.text.push_str(text);
        }
        dimmed
    }

    /// The part of the line that stands in these columns.
    #[must_use]
    pub fn slice(&self, from: usize, width: usize) -> Self {
        let mut part = Self::new();
        let mut column = 0;
        for (role, text) in self.pieces() {
            part.turn(role);
            for c in text.chars() {
                if (from..from.saturating_add(width)).contains(&column) {
                    part.text.push(c);
                }
                column += char_columns(c);
            }
        }
        part
    }

    /// At most so many columns of the line, among them the one given, and where that one is now.
    #[must_use]
    pub fn window(&self, column: usize, room: usize) -> (Self, usize) {
        if self.columns() <= room {
            return (self.clone(), column);
        }
        let from = column.saturating_sub(room / 3);
        (self.slice(from, room), column - from)
    }

    /// Its pieces, in order.
    pub(super) fn pieces(&self) -> impl Iterator<Item = (Role, &str)> {
        let starts = std::iter::once((0, self.first)).chain(self.turns.iter().copied());
        let ends = self
            .turns
            .iter()
            .map(|(place, _)| *place)
            .chain(std::iter::once(self.text.len()));
        starts
            .zip(ends)
            .map(|((from, role), to)| (role, self.text.get(from..to).unwrap_or_default()))
    }

    fn turn(&mut self, role: Role) {
        let now = self.turns.last().map_or(self.first, |(_, role)| *role);
        if self.text.is_empty() {
            self.first = role;
            self.turns.clear();
        } else if now != role {
            self.turns.push((self.text.len(), role));
        }
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self::new().text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_their_roles() {
        let line = Line::of(Role::Name, "server")
            .text(" listens ")
            .text("on ")
            .and(Role::Endpoint, 8080)
            .then(&Line::of(Role::Endpoint, "!"));
        let pieces: Vec<_> = line.pieces().collect();
        assert_eq!(
            pieces,
            [
                (Role::Name, "server"),
                (Role::Plain, " listens on "),
                (Role::Endpoint, "8080!"),
            ]
        );
        assert_eq!(line.columns(), 23);
        assert_eq!(Line::new().pieces().count(), 1);
    }

    #[test]
    fn backticks_mark_code() {
        let plain = Style {
            color: false,
            unicode: false,
            width: 80,
        };
        for text in ["say `hint` or `skip`", "one ` alone", "", "`"] {
            assert_eq!(Line::marked(text).fitted(plain).as_str(), text);
        }
        let line = Line::marked("say `hint`");
        assert_eq!(line.as_str(), "say hint");
        let twice = line.fitted(plain).fitted(plain).as_str().to_owned();
        assert_eq!(twice, "say `hint`");
    }

    #[test]
    fn a_line_is_always_fit_to_print() {
        let line = Line::from("a\x1b[2Jb\nc\u{202e}").and(Role::Ok, '\r');
        assert_eq!(line.as_str(), "a^[[2Jb^Jc<U+202E>^M");
    }
}
