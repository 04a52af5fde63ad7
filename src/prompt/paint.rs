//! Colour for a line while it is typed. Painting changes no character and no width; what would act
//! on the terminal is left out, because a paste may hold anything.
use std::borrow::Cow;

use super::is_unseen;
use super::tokens::{Kind, tokens};
use super::words::Words;
use crate::limits;

/// Select Graphic Rendition codes (ECMA-48 §8.3.117) of the sixteen colours every terminal has, so
/// that the learner's own theme decides how they look.
fn code(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Name => Some("32"),
        Kind::Verb => Some("1"),
        Kind::Flag => Some("33"),
        Kind::Endpoint => Some("36"),
        Kind::Text => Some("35"),
        Kind::Template => Some("34"),
        Kind::Comment => Some("2"),
        Kind::Equals | Kind::Word => None,
    }
}

/// The line with colours, or without when `colour` is off.
pub(super) fn line<'l>(text: &'l str, words: &Words, colour: bool) -> Cow<'l, str> {
    let clean = seen(text);
    // A line that is too long is refused anyway; painting it would make each key slow.
    if !colour || clean.len() > limits::LINE_BYTES {
        return clean;
    }
    let mut painted = String::with_capacity(clean.len() + 64);
    let mut from = 0;
    for token in tokens(&clean) {
        let word = clean.get(token.span.clone()).unwrap_or_default();
        let code = match token.kind {
            Kind::Word if words.has_name(word) => code(Kind::Name),
            kind => code(kind),
        };
        painted.push_str(clean.get(from..token.span.start).unwrap_or_default());
        match code {
            Some(code) => sgr(&mut painted, code, word),
            None => painted.push_str(word),
        }
        from = token.span.end;
    }
    painted.push_str(clean.get(from..).unwrap_or_default());
    Cow::Owned(painted)
}

/// A text in faint letters: a suggestion, a remark under the line.
pub(super) fn faint(text: &str, colour: bool) -> Cow<'_, str> {
    wrapped(text, "2", colour)
}

/// The text before the line.
pub(super) fn label(text: &str, colour: bool) -> Cow<'_, str> {
    wrapped(text, "1", colour)
}

/// The text without characters that are not drawn.
pub(super) fn seen(text: &str) -> Cow<'_, str> {
    if text.contains(is_unseen) {
        Cow::Owned(text.replace(is_unseen, ""))
    } else {
        Cow::Borrowed(text)
    }
}

fn wrapped<'t>(text: &'t str, code: &str, colour: bool) -> Cow<'t, str> {
    if !colour {
        return Cow::Borrowed(text);
    }
    let mut painted = String::with_capacity(text.len() + 8);
    sgr(&mut painted, code, text);
    Cow::Owned(painted)
}

fn sgr(painted: &mut String, code: &str, text: &str) {
    painted.push_str("\x1b[");
    painted.push_str(code);
    painted.push('m');
    painted.push_str(text);
    painted.push_str("\x1b[0m");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::Named;

    fn words() -> Words {
        Words {
            names: vec![Named {
                name: "server".to_owned(),
                ..Named::default()
            }],
            ..Words::default()
        }
    }

    #[test]
    fn verbs_names_and_endpoints_have_colours() {
        assert_eq!(
            line("c = connect server --from 127.0.0.1:0", &words(), true),
            "\x1b[32mc\x1b[0m = \x1b[1mconnect\x1b[0m \x1b[32mserver\x1b[0m \
             \x1b[33m--from\x1b[0m \x1b[36m127.0.0.1:0\x1b[0m"
        );
    }

    #[test]
    fn without_colour_only_the_unseen_is_gone() {
        for (text, drawn) in [
            ("listen 8080", "listen 8080"),
            ("listen \u{9b}31m8080", "listen 31m8080"),
            ("a\u{7}\u{202e}b\u{0}", "ab"),
            ("one\ntwo\tthree", "one\ntwo\tthree"),
        ] {
            assert_eq!(line(text, &words(), false), drawn);
        }
        assert!(matches!(line("plain", &words(), false), Cow::Borrowed(_)));
    }

    proptest::proptest! {
        #[test]
        fn paint_adds_nothing_but_colour(text in "\\PC{0,40}") {
            let painted = line(&text, &words(), true).into_owned();
            let mut pieces = painted.split("\x1b[");
            let mut plain = pieces.next().unwrap().to_owned();
            plain.extend(pieces.map(|piece| piece.split_once('m').unwrap().1));
            proptest::prop_assert_eq!(plain, seen(&text).into_owned());
        }
    }
}
