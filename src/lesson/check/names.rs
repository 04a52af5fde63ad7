//! Which names are bound at a point of the walk, and where a name stands in a text.
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::super::words::near;
use crate::lang::{FIELDS, Scope, Template};

/// The names that are bound at one point of a step.
#[derive(Clone, Debug)]
pub(super) struct Names {
    known: BTreeSet<String>,
    /// Names that are bound only later, and by which key.
    later: BTreeMap<String, &'static str>,
}

impl Names {
    /// Only what is always there.
    pub(super) fn reserved() -> Self {
        Self::of(Scope::RESERVED)
    }

    /// Only `machine`: what is known before a step begins.
    pub(super) fn machine() -> Self {
        Self::of(["machine"])
    }

    fn of<const N: usize>(names: [&str; N]) -> Self {
        Self {
            known: names.map(ToOwned::to_owned).into(),
            later: BTreeMap::new(),
        }
    }

    pub(super) fn bind(&mut self, name: &str) {
        self.known.insert(name.to_owned());
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.known.contains(name)
    }

    /// These names, and a note that `other` has more, bound by the block under `key`.
    pub(super) fn before(&self, other: &Self, key: &'static str) -> Self {
        let mut names = self.clone();
        for name in other.known.difference(&self.known) {
            names.later.insert(name.clone(), key);
        }
        names
    }

    /// The names of both.
    pub(super) fn with(&self, other: &Self) -> Self {
        let mut names = self.clone();
        names.known.extend(other.known.iter().cloned());
        names
    }

    /// What to say to somebody who used a name that is not bound here.
    pub(super) fn advice(&self, name: &str) -> String {
        if let Some(key) = self.later.get(name) {
            return format!("`{name}` is bound by `{key}:`, which comes later");
        }
        if let Some(known) = near(name, self.known.iter().map(String::as_str)) {
            return format!("did you mean `{known}`?");
        }
        let (always, own): (Vec<&str>, Vec<&str>) = {
            let known = self.known.iter().map(String::as_str);
            known.partition(|name| Scope::RESERVED.contains(name))
        };
        let always = always.join(", ");
        match own.as_slice() {
            [] => format!("no line has bound a name yet; there is always {always}"),
            own => format!("names bound here: {}; and always {always}", own.join(", ")),
        }
    }
}

/// A look-up such as `server.prot` of a field that no outcome has.
pub(super) struct Slip {
    /// `server.prot`, to be found in the text.
    pub(super) path: String,
    /// `prot`.
    pub(super) field: String,
}

impl Slip {
    /// The repair.
    pub(super) fn advice(&self) -> String {
        match near(&self.field, FIELDS.iter().copied()) {
            Some(known) => format!("did you mean `{known}`?"),
            None => "`show NAME` at the prompt lists the fields of an outcome".to_owned(),
        }
    }

    /// The place of the field, given the place of the whole path.
    pub(super) fn in_path(&self, path: &Range<usize>) -> Range<usize> {
        path.end - self.field.len()..path.end
    }
}

/// The look-ups that no outcome can answer. `machine` and the lists have fields of their own.
pub(super) fn slips(paths: BTreeSet<String>, names: &Names) -> Vec<Slip> {
    let slips = paths.into_iter().filter_map(|path| {
        let mut parts = path.split('.');
        let (name, field) = (parts.next()?, parts.next()?);
        let outcome = name == "last" || !Scope::RESERVED.contains(&name);
        let unknown = outcome && names.has(name) && FIELDS.binary_search(&field).is_err();
        unknown.then(|| Slip {
            path: format!("{name}.{field}"),
            field: field.to_owned(),
        })
    });
    slips.collect()
}

/// The first place of a name as a word of its own: not part of a longer word, not an attribute
/// (`other.name`), not a keyword argument (`sort(name=…)`), not in quotes.
pub(super) fn place_of(name: &str, text: &str) -> Option<Range<usize>> {
    let quoted = quoted_parts(text);
    text.match_indices(name)
        .map(|(at, _)| at..at + name.len())
        .find(|place| {
            let before = text.get(..place.start).and_then(|t| t.chars().next_back());
            let after = text.get(place.end..).and_then(|t| t.chars().next());
            !before.is_some_and(|c| is_word(c) || c == '.')
                && !after.is_some_and(is_word)
                && !quoted.iter().any(|part| part.contains(&place.start))
        })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn quoted_parts(text: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut open: Option<(usize, char)> = None;
    for (at, c) in text.char_indices() {
        match open {
            Some((start, quote)) if c == quote => {
                parts.push(start..at + 1);
                open = None;
            }
            None if c == '"' || c == '\'' => open = Some((at, c)),
            _ => {}
        }
    }
    parts
}

/// The same inside the `{{ … }}` and `{% … %}` of a template.
pub(super) fn place_in_template(name: &str, template: &Template) -> Option<Range<usize>> {
    template.places().into_iter().find_map(|inside| {
        let place = place_of(name, template.text().get(inside.clone())?)?;
        Some(inside.start + place.start..inside.start + place.end)
    })
}

/// Every `{{ … }}` and `{% … %}`, braces included.
pub(super) fn braces(text: &str) -> Vec<Range<usize>> {
    let insides = Template::unchecked(text).places().into_iter();
    let whole = insides.map(|inside| inside.start - 2..(inside.end + 2).min(text.len()));
    whole.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_words() {
        for (name, text, expected) in [
            ("first", "second.first == first", Some(16..21)),
            ("a", "banana + a", Some(9..10)),
            ("x", "\"x\" == x", Some(7..8)),
            ("x", "\"x\"", None),
        ] {
            assert_eq!(place_of(name, text), expected, "{text}");
        }
        let inside = |text: &str| place_in_template("x", &Template::unchecked(text));
        assert_eq!(inside("x {{ y }} {{ x.port }}"), Some(13..14));
        assert_eq!(inside("x {% if x %}{{"), Some(8..9));
    }
}
