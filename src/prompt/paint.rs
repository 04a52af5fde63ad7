//! Colour for a line while it is typed, in the roles every view uses. Painting changes no character
//! and no width; what would act on the terminal is left out, because a paste may hold anything.
use std::borrow::Cow;

use super::is_unseen;
use super::tokens::{Kind, tokens};
use super::words::Words;
use crate::limits;
use crate::render::Role;
use crate::render::style::Palette;

fn role(kind: Kind) -> Role {
    match kind {
        Kind::Name => Role::Name,
        Kind::Verb => Role::Verb,
        Kind::Endpoint => Role::Endpoint,
        Kind::Text => Role::Payload,
        Kind::Template => Role::Code,
        Kind::Flag | Kind::Comment => Role::Dim,
        Kind::Equals | Kind::Word => Role::Plain,
    }
}

/// The line in the colours of the palette, which may have none.
pub(super) fn line<'l>(text: &'l str, words: &Words, palette: Palette) -> Cow<'l, str> {
    let clean = seen(text);
    // A line that is too long is refused anyway; painting it would make each key slow.
    if !palette.paints() || clean.len() > limits::LINE_BYTES {
        return clean;
    }
    let mut painted = String::with_capacity(clean.len() + 64);
    let mut from = 0;
    for token in tokens(&clean) {
        let word = clean.get(token.span.clone()).unwrap_or_default();
        let role = match token.kind {
            Kind::Word if words.has_name(word) => Role::Name,
            kind => role(kind),
        };
        painted.push_str(clean.get(from..token.span.start).unwrap_or_default());
        push(&mut painted, role, word, palette);
        from = token.span.end;
    }
    painted.push_str(clean.get(from..).unwrap_or_default());
    Cow::Owned(painted)
}

/// A whole text in one role.
pub(super) fn text(text: &str, role: Role, palette: Palette) -> Cow<'_, str> {
    if !palette.paints() {
        return Cow::Borrowed(text);
    }
    let mut painted = String::with_capacity(text.len() + 8);
    push(&mut painted, role, text, palette);
    Cow::Owned(painted)
}

fn push(painted: &mut String, role: Role, text: &str, palette: Palette) {
    painted.push_str(palette.open(role));
    painted.push_str(text);
    painted.push_str(palette.close(role));
}

/// The text without characters that are not drawn.
pub(super) fn seen(text: &str) -> Cow<'_, str> {
    if text.contains(is_unseen) {
        Cow::Owned(text.replace(is_unseen, ""))
    } else {
        Cow::Borrowed(text)
    }
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
    fn parts_have_the_colours_of_their_roles() {
        assert_eq!(
            line(
                "c = send server 'hi' --to 127.0.0.1:1 # x",
                &words(),
                Palette::new(true)
            ),
            "c = \x1b[1msend\x1b[0m server \x1b[32m'hi'\x1b[0m \x1b[2m--to\x1b[0m \
             \x1b[36m127.0.0.1:1\x1b[0m \x1b[2m# x\x1b[0m"
        );
    }

    #[test]
    fn without_colour_only_the_unseen_is_gone() {
        let none = Palette::new(false);
        for (text, drawn) in [
            ("listen 8080", "listen 8080"),
            ("listen \u{9b}31m8080", "listen 31m8080"),
            ("a\u{7}\u{202e}b\u{0}", "ab"),
            ("one\ntwo\tthree", "one\ntwo\tthree"),
        ] {
            assert_eq!(line(text, &words(), none), drawn);
        }
        assert!(matches!(line("plain", &words(), none), Cow::Borrowed(_)));
    }

    proptest::proptest! {
        #[test]
        fn paint_adds_nothing_but_colour(text in "\\PC{0,40}") {
            let painted = line(&text, &words(), Palette::new(true)).into_owned();
            let mut pieces = painted.split("\x1b[");
            let mut plain = pieces.next().unwrap().to_owned();
            plain.extend(pieces.map(|piece| piece.split_once('m').unwrap().1));
            proptest::prop_assert_eq!(plain, seen(&text).into_owned());
        }
    }
}
