//! A line of the lab language with its parts told apart. Colours only: a line that cannot be
//! parsed is shown all the same.
use std::ops::Range;

use super::line::Line;
use super::style::Role;
use crate::net::Endpoint;

/// The line, its verb, endpoints and comment told apart.
pub fn highlight(line: &str) -> Line {
    let mut out = Line::new();
    for (role, range) in parts(line) {
        out.push(role, line.get(range).unwrap_or_default());
    }
    out
}

/// The roles of the parts of a line, as bytes of it, without gaps; for a prompt that paints what
/// is being typed.
pub fn parts(line: &str) -> Vec<(Role, Range<usize>)> {
    let mut found = Vec::new();
    let mut verb_to_come = true;
    let mut place = 0;
    for word in line.split_inclusive(' ') {
        let bare = word.trim_end_matches(' ');
        if bare.starts_with('#') {
            found.push((Role::Dim, place..line.len()));
            return found;
        }
        let rest = line.get(place + bare.len()..).unwrap_or_default();
        let role = if bare.is_empty() {
            Role::Plain
        } else if verb_to_come && rest.trim_start_matches(' ').starts_with('=') {
            Role::Name
        } else if bare == "=" {
            Role::Plain
        } else if verb_to_come {
            verb_to_come = false;
            Role::Verb
        } else if is_endpoint(bare) {
            Role::Endpoint
        } else {
            Role::Plain
        };
        let end = place + bare.len();
        found.push((role, place..end));
        if end < place + word.len() {
            found.push((Role::Plain, end..place + word.len()));
        }
        place += word.len();
    }
    found
}

/// Bare numbers may be counts; only what can be nothing else is painted.
fn is_endpoint(word: &str) -> bool {
    word.contains(':') && Endpoint::parse(word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_line() {
        let table = [
            (
                "second = listen 127.0.0.1:0 --reuseport # again",
                "Name(second) Verb(listen) Endpoint(127.0.0.1:0) Dim(# again)",
            ),
            ("accept server", "Verb(accept)"),
            (
                "  repeat 200 listen [::1]:0",
                "Verb(repeat) Endpoint([::1]:0)",
            ),
            ("# only this", "Dim(# only this)"),
            ("", ""),
            ("sénd x \"a = b\"", "Verb(sénd)"),
        ];
        for (line, expected) in table {
            let all = parts(line);
            let text = |range: &Range<usize>| line.get(range.clone()).unwrap();
            let whole: String = all.iter().map(|(_, range)| text(range)).collect();
            assert_eq!(whole, line, "the parts leave something out");
            let shown: Vec<String> = all
                .into_iter()
                .filter(|(role, _)| *role != Role::Plain)
                .map(|(role, range)| format!("{role:?}({})", text(&range)))
                .collect();
            assert_eq!(shown.join(" "), expected, "{line}");
        }
    }
}
