//! From a place inside a text (a name in an expression, a word in a lab line) to the bytes of the
//! file, through YAML's quoting, folding and indentation.
//!
//! The two are walked side by side. Where they cannot be brought together, the whole value is the
//! answer: a caret too wide is better than one in the wrong place.
use std::ops::Range;

use super::tree::{Node, Style, Value};

/// The bytes of the file behind `inner`, a range of bytes of the node's text.
pub(super) fn inside(source: &str, node: &Node, inner: Range<usize>) -> Range<usize> {
    let Value::Scalar { text, style } = &node.value else {
        return node.span.clone();
    };
    let Some(map) = align(source, node.span.clone(), text, *style) else {
        return node.span.clone();
    };
    let end = map.len().saturating_sub(1);
    let at = |byte: usize| map.get(byte.min(end)).copied();
    let (Some(start), Some(stop)) = (at(inner.start), at(inner.end)) else {
        return node.span.clone();
    };
    // A range that ends where a folded line ends must not run on into the next line.
    let last = inner.end.checked_sub(1).filter(|last| *last >= inner.start);
    let stop = match last.and_then(at) {
        Some(last) if inner.end > inner.start => {
            stop.min(source.ceil_char_boundary(last + 1).max(last + 1))
        }
        _ => stop,
    };
    start..stop.max(start)
}

/// For each byte of the text, and for its end, the byte of the source it came from.
fn align(source: &str, span: Range<usize>, text: &str, style: Style) -> Option<Vec<usize>> {
    let mut walk = Walk {
        rest: source.get(span.clone())?,
        at: span.start,
        style,
    };
    if matches!(style, Style::Single | Style::Double) {
        walk.skip(1);
    }
    let mut map = Vec::with_capacity(text.len() + 1);
    for c in text.chars() {
        let place = walk.find(c)?;
        map.extend((0..c.len_utf8()).map(|i| place.start + i.min(place.len().saturating_sub(1))));
    }
    map.push(walk.at);
    Some(map)
}

struct Walk<'a> {
    rest: &'a str,
    at: usize,
    style: Style,
}

impl Walk<'_> {
    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
        self.at += bytes;
    }

    /// The next place in the source that means `wanted`.
    fn find(&mut self, wanted: char) -> Option<Range<usize>> {
        loop {
            let Some(next) = self.rest.chars().next() else {
                // The last line feed of a block is implied where the file ends without one.
                return (wanted == '\n').then_some(self.at..self.at);
            };
            let (meaning, length) = self.unit(next);
            let start = self.at;
            if meaning == Some(wanted) || (wanted == ' ' && next == '\n') {
                self.skip(length);
                return Some(start..start + length);
            }
            let between = next.is_whitespace() || meaning.is_none();
            if !between {
                return None;
            }
            self.skip(length);
        }
    }

    /// What the next characters mean, and how many bytes they take; `None` for what means nothing,
    /// such as an escaped line end.
    fn unit(&self, next: char) -> (Option<char>, usize) {
        match (self.style, next) {
            (Style::Single, '\'') if self.rest.starts_with("''") => (Some('\''), 2),
            (Style::Double, '\\') => self.escape(),
            _ => (Some(next), next.len_utf8()),
        }
    }

    /// YAML 1.2 §5.7.
    fn escape(&self) -> (Option<char>, usize) {
        let Some(letter) = self.rest.chars().nth(1) else {
            return (None, 1);
        };
        let hex = |digits: usize| {
            let code = self.rest.get(2..2 + digits);
            let code = code.and_then(|hex| u32::from_str_radix(hex, 16).ok());
            (code.and_then(char::from_u32), 2 + digits)
        };
        let meaning = match letter {
            'x' => return hex(2),
            'u' => return hex(4),
            'U' => return hex(8),
            '0' => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            'e' => '\u{1b}',
            'N' => '\u{85}',
            '_' => '\u{a0}',
            'L' => '\u{2028}',
            'P' => '\u{2029}',
            '\n' | '\r' => return (None, 1 + letter.len_utf8()),
            other => other,
        };
        (Some(meaning), 1 + letter.len_utf8())
    }
}

#[cfg(test)]
mod tests {
    use super::super::diagnostic::Source;
    use super::super::tree::parse;
    use super::*;

    /// The bytes of the file behind `word`, as found in the text of key `a`.
    fn behind(yaml: &str, word: &str) -> String {
        let tree = parse(&Source::new("t.yaml", yaml)).unwrap();
        let node = tree.get("a").unwrap();
        let at = node.text().unwrap().find(word).unwrap();
        let place = inside(yaml, node, at..at + word.len());
        format!("{}@{}", yaml.get(place.clone()).unwrap(), place.start)
    }

    #[test]
    fn words_are_found_behind_every_style() {
        for (yaml, word, expected) in [
            ("a: one two\n", "two", "two@7"),
            ("a: one\n   two three\n", "three", "three@14"),
            ("a: 'it''s two'\n", "two", "two@10"),
            ("a: \"x\\x41 \\\n  two\"\n", "two", "two@14"),
            ("a: \"\\e[2J two\"\n", "two", "two@10"),
            ("a: |\n  ä = b\n    c\n\n  two\n", "two", "two@23"),
            ("a: >-\n  one\n  two\n\n  three\n", "three", "three@21"),
            ("a: |2\n   x two\n", "two", "two@11"),
            ("a: >\n  x\n  y\n", "x y", "x\n  y@7"),
            ("a: |\n  last", "last", "last@7"),
            ("a: |\r\n  x\r\n  two\r\n", "two", "two@13"),
            ("é: 1\na: 日本 == two\n", "two", "two@19"),
        ] {
            assert_eq!(behind(yaml, word), expected, "{yaml:?}");
        }
    }
}
