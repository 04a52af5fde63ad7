//! Styled text, wrapped at the width, written straight into one `String`.
//!
//! Takes [`Safe`] text only. Knows roles, prefixes and columns; knows nothing of events, facts or
//! Markdown. A line is broken at its last space; a word longer than the line is cut.
use super::line::Line;
use super::sanitize::{Safe, char_columns, columns};
use super::style::{Glyphs, Palette, Role, Style};

/// What is written on.
pub(super) struct Paper<'p> {
    palette: &'p Palette,
    style: Style,
    drawn: bool,
    /// The screen.
    widest: usize,
    /// As far as lines go now.
    width: usize,
    out: String,
    prefix: Prefix,
    /// Columns written on the current line, its prefix included.
    column: usize,
    /// Whether the current line has its prefix.
    begun: bool,
    /// Whether nothing, or an empty line, stands above.
    apart: bool,
    role: Role,
    gap: Option<Gap>,
}

/// What stands left of every line: painted, with its width.
#[derive(Clone, Debug, Default)]
struct Prefix {
    painted: String,
    columns: usize,
}

/// A place where the current line can be broken.
#[derive(Clone, Copy, Debug)]
struct Gap {
    /// The byte of the output where the space stands.
    at: usize,
    /// The column behind that space.
    column: usize,
    role: Role,
}

/// An indent that leaves less than this would have words cut into pieces.
const ROOM_FOR_WORDS: usize = 8;

/// Gives back what [`Paper::indent`] added.
#[must_use]
pub(super) struct Indent {
    bytes: usize,
    columns: usize,
}

/// Text of this program, broken at its spaces, for a place that no view writes to. Its own line
/// breaks stay.
pub fn wrapped(text: &str, width: usize) -> String {
    let palette = Palette::new(false);
    let style = Style {
        color: false,
        unicode: true,
        width,
    };
    let mut paper = Paper::plain(&palette, style, width);
    for line in text.lines() {
        paper.line(&Line::from(line), 0);
    }
    paper.into_string().trim_end().to_owned()
}

impl<'p> Paper<'p> {
    /// Paper for a screen.
    pub(super) fn new(palette: &'p Palette, style: Style, width: usize) -> Self {
        Self {
            palette,
            style,
            drawn: true,
            widest: width.max(1),
            width: width.max(1),
            out: String::new(),
            prefix: Prefix::default(),
            column: 0,
            begun: false,
            apart: true,
            role: Role::Plain,
            gap: None,
        }
    }

    /// Paper for plain lines: nothing is drawn on it.
    pub(super) fn plain(palette: &'p Palette, style: Style, width: usize) -> Self {
        Self {
            drawn: false,
            ..Self::new(palette, style, width)
        }
    }

    /// Whether lines and frames may be drawn.
    pub(super) fn draws(&self) -> bool {
        self.drawn
    }

    pub(super) fn into_string(mut self) -> String {
        self.end_line();
        self.out
    }

    pub(super) fn style(&self) -> Style {
        self.style
    }

    pub(super) fn palette(&self) -> &'p Palette {
        self.palette
    }

    pub(super) fn glyphs(&self) -> &'static Glyphs {
        self.style.glyphs()
    }

    /// Lines that follow go as far as this, within the screen.
    pub(super) fn set_width(&mut self, width: usize) {
        self.width = width.clamp(1, self.widest);
    }

    /// Columns between the prefix and the right edge.
    pub(super) fn room(&self) -> usize {
        self.width.saturating_sub(self.prefix.columns).max(1)
    }

    /// Adds to the prefix of the lines that follow. An indent that would leave no room for words
    /// is left out.
    pub(super) fn indent(&mut self, role: Role, mark: &str, width: usize) -> Indent {
        let before = Indent {
            bytes: self.prefix.painted.len(),
            columns: self.prefix.columns,
        };
        if self.prefix.columns + width + ROOM_FOR_WORDS > self.width {
            return before;
        }
        let mark = Safe::ours(mark);
        if !mark.as_str().is_empty() {
            self.prefix.painted.push_str(self.palette.open(role));
            self.prefix.painted.push_str(mark.as_str());
            self.prefix.painted.push_str(self.palette.close(role));
        }
        let rest = width.saturating_sub(columns(mark.as_str()));
        self.prefix.painted.extend(std::iter::repeat_n(' ', rest));
        self.prefix.columns += width;
        before
    }

    pub(super) fn outdent(&mut self, Indent { bytes, columns }: Indent) {
        self.prefix.painted.truncate(bytes);
        self.prefix.columns = columns;
    }

    /// Writes text of one role, wrapping it.
    pub(super) fn text(&mut self, role: Role, text: &Safe<'_>) {
        if !self.style.unicode && !text.as_str().is_ascii() {
            let ascii = text.clone().into_ascii();
            self.wrap(role, ascii.as_str());
        } else {
            self.wrap(role, text.as_str());
        }
    }

    /// Writes a whole line; what does not fit hangs `hang` columns in.
    pub(super) fn line(&mut self, line: &Line, hang: usize) {
        self.begin_line();
        let indent = self.indent(Role::Plain, "", hang);
        self.pieces(line);
        self.end_line();
        self.outdent(indent);
    }

    /// Writes the pieces of a line behind what stands there already.
    pub(super) fn pieces(&mut self, line: &Line) {
        let line = line.fitted(self.style);
        if self.is_bare() {
            // A line is its text, in whatever pieces.
            self.begin_line();
            self.out.push_str(line.as_str());
            self.column = self.column.saturating_add(line.as_str().len());
            return;
        }
        for (role, text) in line.pieces() {
            self.text(role, &Safe::of_line(text));
        }
    }

    /// Whether lines are neither broken nor painted.
    pub(super) fn is_bare(&self) -> bool {
        self.width == usize::MAX && !self.palette.paints()
    }

    /// The lines that are whole so far, for somebody who passes them on.
    pub(super) fn written(&self) -> &str {
        if self.begun { "" } else { &self.out }
    }

    /// Forgets the lines that were passed on, and keeps the room for more.
    pub(super) fn forget_written(&mut self) {
        if !self.begun {
            self.out.clear();
        }
    }

    /// Writes a line as it stands, padded to a width; the caller knows that it fits.
    pub(super) fn cell(&mut self, line: &Line, width: usize, flush_right: bool) {
        self.begin_line();
        let line = line.fitted(self.style);
        let pad = width.saturating_sub(line.columns());
        if flush_right {
            self.pad(pad);
        }
        for (role, text) in line.pieces() {
            self.put(role, text, columns(text));
        }
        if !flush_right {
            self.pad(pad);
        }
    }

    /// Writes one line of another paper, padded to a width.
    pub(super) fn inlay(&mut self, painted: &str, width: usize, flush_right: bool) {
        self.begin_line();
        self.turn(Role::Plain);
        let columns = painted_columns(painted);
        let pad = width.saturating_sub(columns);
        if flush_right {
            self.pad(pad);
        }
        self.out.push_str(painted);
        self.column += columns;
        if !flush_right {
            self.pad(pad);
        }
    }

    /// Begins a line with spaces.
    pub(super) fn pad_line(&mut self, count: usize) {
        self.begin_line();
        self.pad(count);
    }

    /// Writes spaces.
    pub(super) fn pad(&mut self, count: usize) {
        self.turn(Role::Plain);
        self.out.extend(std::iter::repeat_n(' ', count));
        self.column += count;
    }

    /// Writes columns that are laid out already; cut off at the right edge rather than wrapped.
    pub(super) fn laid_out(&mut self, line: &Line) {
        self.begin_line();
        let mut room = self.width.saturating_sub(self.column);
        for (role, text) in line.fitted(self.style).pieces() {
            let fits = fitting(text, room);
            let text = text.get(..fits).unwrap_or(text);
            room -= columns(text);
            self.put(role, text, columns(text));
        }
        self.end_line();
    }

    /// Writes the mark of a list, padded to a width. The line is not broken right behind it.
    pub(super) fn mark(&mut self, role: Role, mark: &str, width: usize) {
        self.begin_line();
        let safe = Safe::ours(mark);
        self.text(role, &safe);
        self.pad(width.saturating_sub(columns(safe.as_str())));
        self.gap = None;
    }

    /// A space, unless the line has just begun.
    pub(super) fn space(&mut self, role: Role) {
        if self.begun && self.column > self.prefix.columns {
            self.wrap(role, " ");
        }
    }

    /// Ends the current line, if one was begun.
    pub(super) fn end_line(&mut self) {
        if !self.begun {
            return;
        }
        self.turn(Role::Plain);
        self.trim_end();
        self.out.push('\n');
        self.begun = false;
        self.apart = false;
        self.column = 0;
        self.gap = None;
    }

    /// Ends the current line, if more than its prefix and a mark stand on it.
    pub(super) fn fresh_line(&mut self) {
        if self.column > self.prefix.columns {
            self.end_line();
        }
    }

    /// Leaves one empty line, however often it is asked for.
    pub(super) fn blank(&mut self) {
        self.end_line();
        if !self.apart {
            self.out.push_str(self.prefix.painted.trim_end_matches(' '));
            self.out.push('\n');
            self.apart = true;
        }
    }

    /// An empty line is not needed next, or is needed even at the top.
    pub(super) fn set_apart(&mut self, apart: bool) {
        self.apart = apart;
    }

    pub(super) fn is_apart(&self) -> bool {
        self.apart
    }

    pub(super) fn begin_line(&mut self) {
        if !self.begun {
            self.out.push_str(&self.prefix.painted);
            self.column = self.prefix.columns;
            self.begun = true;
            self.gap = None;
        }
    }

    fn wrap(&mut self, role: Role, text: &str) {
        self.begin_line();
        if self.width == usize::MAX {
            // Nothing is ever broken, so nothing need be measured.
            self.turn(role);
            self.out.push_str(text);
            self.column = self.column.saturating_add(text.len());
            return;
        }
        let mut rest = text;
        while !rest.is_empty() {
            let room = self.width.saturating_sub(self.column);
            let fits = fitting(rest, room);
            if fits == rest.len() {
                self.put_words(role, rest);
                return;
            }
            rest = self.break_within(role, rest, fits);
        }
    }

    /// Writes what fits of a text that does not fit, breaks the line, and returns the rest.
    fn break_within<'t>(&mut self, role: Role, rest: &'t str, fits: usize) -> &'t str {
        if let Some((head, tail)) = split_at_space(rest, fits) {
            let words = head.trim_end_matches(' ');
            if !words.is_empty() || self.column > self.prefix.columns {
                self.put(role, words, columns(words));
                self.break_line();
                return tail.trim_start_matches(' ');
            }
        }
        // Where the next line begins further in than the words stand now, they would not fit there.
        let gains = |gap: &Gap| gap.column > self.prefix.columns;
        if let Some(gap) = self.gap.take().filter(gains) {
            self.break_at(gap);
            return rest;
        }
        // The line holds one word only. At least one character goes, or nothing ever would.
        let cut = if fits == 0 && self.column <= self.prefix.columns {
            rest.chars().next().map_or(rest.len(), char::len_utf8)
        } else {
            fits
        };
        let (head, tail) = rest.split_at_checked(cut).unwrap_or((rest, ""));
        self.put(role, head, columns(head));
        self.break_line();
        tail
    }

    /// Writes text that fits, and remembers its last space.
    fn put_words(&mut self, role: Role, text: &str) {
        let start = self.column;
        self.turn(role);
        let base = self.out.len();
        self.out.push_str(text);
        self.column = start + columns(text);
        let lead = text.len() - text.trim_start_matches(' ').len();
        let inside = |space: &usize| start > self.prefix.columns || *space > lead;
        if let Some(space) = memrchr_space(text).filter(inside) {
            let behind = text.get(space + 1..).unwrap_or_default();
            self.gap = Some(Gap {
                at: base + space,
                column: self.column - columns(behind),
                role,
            });
        }
    }

    fn put(&mut self, role: Role, text: &str, columns: usize) {
        self.turn(role);
        self.out.push_str(text);
        self.column += columns;
    }

    /// Breaks the current line where it ends now.
    fn break_line(&mut self) {
        let role = self.role;
        self.turn(Role::Plain);
        self.trim_end();
        self.out.push('\n');
        self.out.push_str(&self.prefix.painted);
        self.column = self.prefix.columns;
        self.apart = false;
        self.gap = None;
        self.turn(role);
    }

    /// Breaks the current line at an earlier space: what stands behind it moves down.
    fn break_at(&mut self, gap: Gap) {
        let mut seam = String::with_capacity(self.prefix.painted.len() + 12);
        seam.push_str(self.palette.close(gap.role));
        seam.push('\n');
        seam.push_str(&self.prefix.painted);
        seam.push_str(self.palette.open(gap.role));
        let before = self.out.get(..gap.at).unwrap_or_default();
        let start = before.trim_end_matches(' ').len();
        self.out.replace_range(start..=gap.at, &seam);
        self.column = self.prefix.columns + self.column.saturating_sub(gap.column);
        self.apart = false;
    }

    fn turn(&mut self, role: Role) {
        if role != self.role {
            self.out.push_str(self.palette.close(self.role));
            self.out.push_str(self.palette.open(role));
            self.role = role;
        }
    }

    fn trim_end(&mut self) {
        let kept = self.out.trim_end_matches(' ').len();
        self.out.truncate(kept);
    }
}

/// Columns of painted text: SGR sequences take none.
fn painted_columns(painted: &str) -> usize {
    let mut parts = painted.split("\x1b[");
    let first = parts.next().map_or(0, columns);
    let behind = |part: &str| part.split_once('m').map_or(0, |(_, text)| columns(text));
    first + parts.map(behind).sum::<usize>()
}

/// How many bytes of a text fit into so many columns.
fn fitting(text: &str, room: usize) -> usize {
    if text.len() <= room {
        return text.len();
    }
    if text.is_ascii() {
        return room;
    }
    let mut left = room;
    for (place, c) in text.char_indices() {
        let wide = char_columns(c);
        if wide > left {
            return place;
        }
        left -= wide;
    }
    text.len()
}

/// Splits at the last space among the first `fits` bytes, or right behind them. Between two wide
/// characters (Chinese, Japanese) a line may be broken, too.
fn split_at_space(text: &str, fits: usize) -> Option<(&str, &str)> {
    let window = text.get(..fits)?;
    if text.as_bytes().get(fits) == Some(&b' ') {
        return text.split_at_checked(fits);
    }
    let space = memrchr_space(window);
    let wide = window
        .char_indices()
        .rev()
        .find(|(_, c)| char_columns(*c) > 1);
    match (space, wide) {
        (Some(space), Some((place, _))) if place < space => text.split_at_checked(space),
        (_, Some((place, c))) => text.split_at_checked(place + c.len_utf8()),
        (Some(space), None) => text.split_at_checked(space),
        (None, None) => None,
    }
}

fn memrchr_space(text: &str) -> Option<usize> {
    text.as_bytes().iter().rposition(|byte| *byte == b' ')
}
