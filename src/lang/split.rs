//! Cutting an expression into words and the rest, quotes and brackets respected.
//!
//! Not a parser: Jinja parses. This only finds the places where a sentence about an expression can
//! be cut, and every caller copes with a cut that is not there.
use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Letters, digits and underscores.
    Word,
    /// Anything else: operators, quoted strings, brackets.
    Other,
}

/// Words of an expression or of a block that name no value.
pub(super) const KEYWORDS: [&str; 19] = [
    "and", "or", "not", "is", "in", "if", "elif", "else", "endif", "for", "endfor", "set", "true",
    "false", "none", "True", "False", "None", "loop",
];

/// The names in an expression that slices something, `ports[:5]`: minijinja's list of what it looks up
/// leaves out whatever is sliced. None of any other expression.
pub(super) fn sliced_names(text: &str) -> Vec<&str> {
    if !(text.contains('[') && text.contains(':')) {
        return Vec::new();
    }
    let all: Vec<&str> = pieces(text)
        .into_iter()
        .filter_map(|(_, span)| text.get(span))
        .collect();
    let at = |place: Option<usize>| place.and_then(|place| all.get(place)).copied();
    let is_name = |place: usize, word: &str| {
        let before = at(place.checked_sub(1)).unwrap_or_default();
        let named = match before {
            "." | "|" | "is" => true,
            "not" => at(place.checked_sub(2)) == Some("is"),
            _ => false,
        };
        let behind = (at(Some(place + 1)), at(Some(place + 2)));
        let argument = behind.0 == Some("=") && behind.1 != Some("=");
        let starts = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
        starts && !named && !argument && behind.0 != Some("(") && !KEYWORDS.contains(&word)
    };
    let words = all.iter().copied().enumerate();
    words
        .filter(|(place, word)| is_name(*place, word))
        .map(|(_, word)| word)
        .collect()
}

/// Words and other pieces with their places; white space is left out.
pub(super) fn pieces(text: &str) -> Vec<(Piece, Range<usize>)> {
    let mut found = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        if c == '"' || c == '\'' {
            let mut end = text.len();
            while let Some((at, next)) = rest.next() {
                if next == '\\' {
                    rest.next();
                } else if next == c {
                    end = at + 1;
                    break;
                }
            }
            found.push((Piece::Other, start..end));
        } else if word(c) {
            let mut end = start + c.len_utf8();
            while let Some((at, next)) = rest.next_if(|(_, next)| word(*next)) {
                end = at + next.len_utf8();
            }
            found.push((Piece::Word, start..end));
        } else if !c.is_whitespace() {
            found.push((Piece::Other, start..start + c.len_utf8()));
        }
    }
    found
}

/// The text cut at every occurrence of a word outside quotes and brackets.
pub(super) fn split_at_word<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let mut from = 0;
    for at in top_level(text, |piece| piece == word) {
        parts.push(text.get(from..at.start).unwrap_or_default().trim());
        from = at.end;
    }
    parts.push(text.get(from..).unwrap_or_default().trim());
    parts
}

/// The places of pieces outside quotes and brackets that a test accepts.
pub(super) fn top_level(text: &str, wanted: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
    let mut depth = 0_usize;
    let mut places = Vec::new();
    for (_, span) in pieces(text) {
        match text.get(span.clone()).unwrap_or_default() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            piece if depth == 0 && wanted(piece) => places.push(span),
            _ => {}
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sliced_is_looked_up() {
        for (text, expected) in [
            ("z.ports[:5]", &["z"][..]),
            (
                "a.list[1:n.value] | map(attribute=\"x\") | list == b",
                &["a", "n", "b"],
            ),
            (
                "rows[0:2] is not refused and \"is c[:1]\" in d",
                &["rows", "d"],
            ),
            ("range(3)[:x] | length == 2", &["x"]),
            ("rows[0]", &[]),
            ("elif rows[:1] == none", &["rows"]),
            ("for p in rows[:1]", &["p", "rows"]),
            ("\"a:b\" in c", &[]),
        ] {
            assert_eq!(sliced_names(text), expected, "{text}");
        }
    }
}
