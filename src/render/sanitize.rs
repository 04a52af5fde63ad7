//! The one place that makes foreign text fit to print.
//!
//! Lessons, payloads, peers, process names and error texts may hold anything: sequences that drive
//! the terminal, marks that turn the reading order around, characters nobody sees. All of it is
//! *shown*, never dropped and never passed on: `^[` for ESC, `\u{9b}` for a C1 control,
//! `<U+202E>` for a bidirectional mark. Styling is added afterwards, by our own code alone, and
//! only [`Safe`] text can be put on a [`Paper`](super::paper::Paper).
use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

/// Text that is fit to print: one line, no control characters, nothing invisible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Safe<'a>(Cow<'a, str>);

impl<'a> Safe<'a> {
    /// Makes a text fit to print. A tab becomes four spaces; a line feed is shown as `^J`, so
    /// split text into lines first where lines are meant.
    pub(crate) fn new(text: &'a str) -> Self {
        if is_printable_ascii(text) || text.chars().all(is_plain) {
            Self(Cow::Borrowed(text))
        } else {
            Self(Cow::Owned(shown(text)))
        }
    }

    /// Text of a line, which was made fit to print when it was pushed.
    pub(super) fn of_line(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// A literal of this program.
    pub(super) fn ours(text: &'a str) -> Self {
        debug_assert_eq!(Self::new(text).as_str(), text, "it is not fit to print");
        Self(Cow::Borrowed(text))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The same in ASCII: arrows, dashes and quotation marks are spelled with what there is, any
    /// other character by its number.
    pub(super) fn into_ascii(self) -> Self {
        if self.0.is_ascii() {
            return self;
        }
        let mut out = String::with_capacity(self.0.len());
        for c in self.0.chars() {
            if c.is_ascii() {
                out.push(c);
            } else if let Some(spelling) = ascii_spelling(c) {
                out.push_str(spelling);
            } else {
                push_code_point(&mut out, c);
            }
        }
        Self(Cow::Owned(out))
    }
}

/// The text, fit to print, for callers that keep a `String`.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    Safe::new(text).0
}

/// Columns a safe text takes. Sums its characters: what a terminal draws may be narrower (joined
/// emoji), never wider.
pub(super) fn columns(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.chars().map(char_columns).sum()
}

pub(super) fn char_columns(c: char) -> usize {
    match c {
        // Letters of Europe, dashes and quotation marks, lines and blocks: most of what is asked.
        '\0'..='\u{2ff}' | '\u{2010}'..='\u{2027}' | '\u{2500}'..='\u{259f}' => 1,
        _ => UnicodeWidthChar::width(c).unwrap_or(1),
    }
}

/// Without an early exit the loop is one the compiler turns into vector instructions; almost all
/// text ends here.
fn is_printable_ascii(text: &str) -> bool {
    text.bytes()
        .fold(true, |fine, byte| fine & (byte.wrapping_sub(0x20) < 0x5f))
}

/// Whether a character may be printed as it is, wherever it stands.
fn is_plain(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\0'..='\u{9f}' | '\u{ad}' => false,
        '\u{a0}'..='\u{2ff}' => true,
        _ => !is_hidden(c) && char_columns(c) > 0,
    }
}

/// Characters that have no shape of their own and change how others are read: bidirectional marks
/// (Unicode TR 9), zero-width and filler characters, variation selectors, tags, noncharacters.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fdd0}'..='\u{fdef}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// Whether a character may act on a terminal, or on how its neighbours are read.
pub(crate) fn is_hostile(c: char) -> bool {
    c.is_control() || is_hidden(c)
}

/// How many marks may stack on one letter: accents need one or two, a tower of them is drawn over
/// the lines above.
const STACKED_MARKS: usize = 2;

fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut marks = STACKED_MARKS;
    for c in text.chars() {
        let combining = !is_hidden(c) && !c.is_control() && char_columns(c) == 0;
        match c {
            '\t' => out.push_str("    "),
            '\0'..='\x1f' => {
                out.push('^');
                out.push(char::from(c as u8 ^ 0x40));
            }
            '\x7f' => out.push_str("^?"),
            '\u{80}'..='\u{9f}' => push_escape(&mut out, c),
            _ if combining && marks < STACKED_MARKS => out.push(c),
            _ if combining || is_hidden(c) => push_code_point(&mut out, c),
            _ => out.push(c),
        }
        marks = if combining { marks + 1 } else { 0 };
    }
    out
}

fn push_escape(out: &mut String, c: char) {
    let written = write!(out, "\\u{{{:x}}}", u32::from(c));
    debug_assert!(written.is_ok(), "a String takes everything");
}

fn push_code_point(out: &mut String, c: char) {
    let written = write!(out, "<U+{:04X}>", u32::from(c));
    debug_assert!(written.is_ok(), "a String takes everything");
}

fn ascii_spelling(c: char) -> Option<&'static str> {
    Some(match c {
        '→' | '▶' => "->",
        '←' | '◀' => "<-",
        '↔' | '⇄' => "<->",
        '⇒' => "=>",
        '…' => "...",
        '–' | '‐' | '‑' | '−' | '·' | '─' | '━' => "-",
        '—' => "--",
        '“' | '”' | '„' | '«' | '»' => "\"",
        '‘' | '’' | '‚' | '‹' | '›' => "'",
        '•' => "*",
        '×' | '✓' => "x",
        'µ' | 'μ' => "u",
        '≤' => "<=",
        '≥' => ">=",
        '≠' => "!=",
        '≈' => "~",
        '±' => "+/-",
        '§' => "section ",
        '\u{a0}' | '\u{2009}' | '\u{202f}' => " ",
        '│' | '┃' | '├' | '┤' | '┼' => "|",
        '┌' | '┐' | '└' | '┘' => "+",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_text_is_shown() {
        let table = [
            ("plain", "plain"),
            ("\x1b]0;title\x07", "^[]0;title^G"),
            ("\x1b[31mred", "^[[31mred"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\rb\nc\0\x7f", "a^Mb^Jc^@^?"),
            ("a\tb", "a    b"),
            ("abc\u{202e}fed", "abc<U+202E>fed"),
            ("zero\u{200b}width\u{feff}", "zero<U+200B>width<U+FEFF>"),
            ("soft\u{ad}", "soft<U+00AD>"),
            ("tag\u{e0041}", "tag<U+E0041>"),
            ("naïve — “yes” → 日本", "naïve — “yes” → 日本"),
            ("e\u{301}", "e\u{301}"),
            ("\u{301}", "<U+0301>"),
            ("z\u{301}\u{301}\u{301}", "z\u{301}\u{301}<U+0301>"),
        ];
        for (text, expected) in table {
            assert_eq!(Safe::new(text).as_str(), expected, "{text:?}");
        }
    }

    #[test]
    fn ascii_spells_what_it_cannot_draw() {
        let table = [
            ("127.0.0.1:1 → 127.0.0.1:2", "127.0.0.1:1 -> 127.0.0.1:2"),
            ("8 µs … “so”", "8 us ... \"so\""),
            ("日本", "<U+65E5><U+672C>"),
        ];
        for (text, expected) in table {
            assert_eq!(Safe::new(text).into_ascii().as_str(), expected);
        }
    }

    proptest! {
        #[test]
        fn nothing_unprintable_is_left(text in any::<String>()) {
            let safe = Safe::new(&text);
            prop_assert!(!safe.as_str().chars().any(|c| c.is_control() || is_hidden(c)));
            let again = Safe::new(safe.as_str());
            prop_assert_eq!(&again, &safe);
            let ascii = safe.clone().into_ascii();
            prop_assert!(is_printable_ascii(ascii.as_str()));
        }
    }
}
