//! A line cut into coloured pieces while it is being typed. It never refuses: half a line is the
//! usual case here, and what a line means is the language's business.
use std::ops::Range;

use crate::lang::verb_names;
use crate::net::Endpoint;

/// What a piece of a line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The name before `=`.
    Name,
    Equals,
    Verb,
    Flag,
    /// An endpoint or a number.
    Endpoint,
    /// Anything quoted.
    Text,
    /// A word with `{{ … }}` in it.
    Template,
    Comment,
    /// Everything else: names, states, the words of an expression.
    Word,
}

/// A piece of a line and where it stands, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
}

/// The tokens of one line or of a block of lines; white space is left out.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        line_tokens(line, at, &mut found);
        at += line.len();
    }
    found
}

fn line_tokens(line: &str, offset: usize, found: &mut Vec<Token>) {
    let equals = name_end(line);
    let mut verb_may_come = true;
    let mut from = 0;
    while let Some(span) = next_word(line, from) {
        let word = line.get(span.clone()).unwrap_or_default();
        from = span.end;
        let kind = match equals {
            Some(at) if span.end <= at => Kind::Name,
            Some(at) if span.start == at => Kind::Equals,
            _ if word.starts_with('#') => Kind::Comment,
            _ if std::mem::take(&mut verb_may_come) && verb_names().contains(&word) => Kind::Verb,
            _ => kind_of(word),
        };
        found.push(Token {
            kind,
            span: offset + span.start..offset + span.end,
        });
    }
}

/// Where the `=` of `name = verb` stands. The `=` of an argument is none.
pub(super) fn name_end(line: &str) -> Option<usize> {
    let at = line.find('=')?;
    let before = line.get(..at)?.trim();
    let name = !before.is_empty() && !before.contains(char::is_whitespace);
    let comparison = line.get(at..)?.starts_with("==");
    (name && !comparison && !before.starts_with('#')).then_some(at)
}

fn kind_of(word: &str) -> Kind {
    if word.contains("{{") {
        Kind::Template
    } else if word.contains(['"', '\'']) {
        Kind::Text
    } else if word.starts_with('-') {
        Kind::Flag
    } else if Endpoint::parse(word).is_ok() {
        Kind::Endpoint
    } else {
        Kind::Word
    }
}

/// The next run of characters without white space, quotes and `{{ … }}` taken whole; a comment is
/// one word to the end of the line, and so is the `=` after a name.
fn next_word(line: &str, from: usize) -> Option<Range<usize>> {
    let rest = line.get(from..)?;
    let start = from + rest.find(|c: char| !c.is_whitespace())?;
    let text = line.get(start..)?;
    if text.starts_with('#') {
        return Some(start..start + text.trim_end().len());
    }
    let equals = name_end(line);
    if equals == Some(start) {
        return Some(start..start + 1);
    }
    let end = start + word_length(text);
    match equals {
        Some(at) if start < at && at < end => Some(start..at),
        _ => Some(start..end),
    }
}

fn word_length(text: &str) -> usize {
    let mut quote = None;
    let mut braces = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        let here = text.get(at..).unwrap_or_default();
        match quote {
            _ if c == '\n' => return at,
            _ if std::mem::take(&mut escaped) => {}
            _ if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if here.starts_with("{{") => braces = true,
            None if braces && here.starts_with("}}") => braces = false,
            None if c.is_whitespace() && !braces => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(Kind, &str)]) {
        let found: Vec<_> = tokens(text)
            .into_iter()
            .map(|token| (token.kind, text.get(token.span).unwrap()))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn lines_are_cut_as_they_are_read() {
        use Kind::{Comment, Endpoint, Equals, Flag, Name, Template, Text, Verb, Word};
        check("", &[]);
        check(
            "server = listen 127.0.0.1:0 --backlog 5 # mine = yours",
            &[
                (Name, "server"),
                (Equals, "="),
                (Verb, "listen"),
                (Endpoint, "127.0.0.1:0"),
                (Flag, "--backlog"),
                (Endpoint, "5"),
                (Comment, "# mine = yours"),
            ],
        );
        check(
            "a=connect server",
            &[
                (Name, "a"),
                (Equals, "="),
                (Verb, "connect"),
                (Word, "server"),
            ],
        );
        check(
            "send c 'GET / HTTP/1.1' listen",
            &[
                (Verb, "send"),
                (Word, "c"),
                (Text, "'GET / HTTP/1.1'"),
                (Word, "listen"),
            ],
        );
        check(
            "connect 127.0.0.2:{{ first.port }} --nodelay",
            &[
                (Verb, "connect"),
                (Template, "127.0.0.2:{{ first.port }}"),
                (Flag, "--nodelay"),
            ],
        );
        check(
            "expect a == 1",
            &[(Verb, "expect"), (Word, "a"), (Word, "=="), (Endpoint, "1")],
        );
        check("# only = this", &[(Comment, "# only = this")]);
        check(
            "send c \"never closed",
            &[(Verb, "send"), (Word, "c"), (Text, "\"never closed")],
        );
    }

    #[test]
    fn a_block_is_cut_line_by_line() {
        use Kind::{Endpoint, Verb};
        check(
            "listen 1\nlisten 2",
            &[
                (Verb, "listen"),
                (Endpoint, "1"),
                (Verb, "listen"),
                (Endpoint, "2"),
            ],
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_cut_into_pieces_in_order(text in "[a-z=#\"'{} \\\\\n0-9:é.-]{0,60}") {
            let mut end = 0;
            for token in tokens(&text) {
                proptest::prop_assert!(token.span.start >= end && token.span.end > token.span.start);
                proptest::prop_assert!(text.get(token.span.clone()).is_some());
                end = token.span.end;
            }
        }
    }
}
