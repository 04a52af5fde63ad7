//! Where the `{{ … }}` and `{% … %}` of a text are, and that none is so long that reading it would
//! overflow the stack. Finds them as the template reader does: quotes and comments considered.
use std::ops::Range;

use super::expr::ExprError;
use crate::limits;

/// What stands between a pair of braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The inside, as bytes of the text.
    pub(super) inside: Range<usize>,
    /// Whether it is a `{% … %}`.
    pub(super) block: bool,
    /// Whether there are closing braces.
    pub(super) closed: bool,
}

/// Every place of a text; a last one without an end reaches to the end of the text.
pub(super) fn places(text: &str) -> Vec<Place> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((open, kind)) = text.get(at..).and_then(next_open) {
        let start = at + open + 2;
        let rest = text.get(start..).unwrap_or_default();
        let length = match kind {
            "{#" => rest.find("#}"),
            "{%" => closing(rest, "%}"),
            _ => closing(rest, "}}"),
        };
        let end = length.map_or(text.len(), |length| start + length);
        if kind != "{#" {
            found.push(Place {
                inside: start..end,
                block: kind == "{%",
                closed: length.is_some(),
            });
        }
        at = end + 2;
    }
    found
}

/// What is wrong with the braces of a text that cannot be read, where they are what is wrong.
pub(super) fn brace_error(text: &str) -> Option<ExprError> {
    places(text).into_iter().find_map(|place| {
        let inside = text.get(place.inside.clone())?;
        let braces = place.inside.start - 2..place.inside.start;
        let open = text.get(braces.clone())?;
        let close = if place.block { "%}" } else { "}}" };
        let nested = inside.contains("{{");
        let message = if !place.closed || nested {
            format!("this `{open}` is never closed: `{close}` is missing")
        } else if inside.trim().is_empty() {
            format!("there is nothing between `{open}` and `{close}`")
        } else {
            return None;
        };
        Some(ExprError {
            message,
            span: braces,
        })
    })
}

/// The next opening braces. One pass: looking for each kind by itself would read the rest of the
/// text again and again.
fn next_open(text: &str) -> Option<(usize, &str)> {
    let opens = text.match_indices('{').filter_map(|(at, _)| {
        let braces = text.get(at..at + 2)?;
        ["{{", "{%", "{#"].contains(&braces).then_some((at, braces))
    });
    opens.into_iter().next()
}

/// Where the closing braces are, outside quotes.
fn closing(text: &str, braces: &str) -> Option<usize> {
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match quote {
            Some(_) if c == '\\' => {
                chars.next();
            }
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if text.get(at..).is_some_and(|rest| rest.starts_with(braces)) => return Some(at),
            _ => {}
        }
    }
    None
}

/// Refuses an expression that is too long to be read safely.
pub(super) fn guard_expression(text: &str) -> Result<(), ExprError> {
    let most = limits::EXPRESSION_BYTES;
    if text.len() <= most {
        return Ok(());
    }
    Err(ExprError {
        message: format!(
            "this has {} bytes; an expression has at most {most}",
            text.len()
        ),
        span: 0..text.len(),
    })
}

/// Refuses a text with a place that is too long to be read safely, or with too many blocks.
pub(super) fn guard_template(text: &str) -> Result<(), ExprError> {
    let mut blocks = 0;
    for place in places(text) {
        let inside = text.get(place.inside.clone()).unwrap_or_default();
        guard_expression(inside).map_err(|error| ExprError {
            span: place.inside.clone(),
            ..error
        })?;
        blocks += usize::from(place.block);
        // Inside `raw`, braces mean nothing to the reader and something to us.
        let raw = inside
            .trim_start_matches('-')
            .trim_start()
            .starts_with("raw");
        if blocks > limits::TEMPLATE_BLOCKS || (place.block && raw) {
            let message = format!(
                "a text has at most {} `{{% … %}}`, and none of them is `raw`",
                limits::TEMPLATE_BLOCKS
            );
            return Err(ExprError {
                message,
                span: place.inside,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::expr::Expr;
    use super::super::scope::Scope;
    use super::super::template::Template;
    use super::*;

    #[test]
    fn places_are_found_as_the_reader_finds_them() {
        for (text, expected) in [
            ("a {{ b }} c {% if d %}", vec![" b ", " if d "]),
            ("{{ \"}}\" ~ a }}", vec![" \"}}\" ~ a "]),
            ("{{ '\\'}}' }} {{ x", vec![" '\\'}}' ", " x"]),
            ("{# {{ ' #} {{ a }}", vec![" a "]),
            ("no place }} %}", vec![]),
        ] {
            let found: Vec<&str> = places(text)
                .iter()
                .map(|p| text.get(p.inside.clone()).unwrap())
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn no_expression_is_deep_enough_to_overflow_the_stack() {
        let n = 20_000;
        for long in [
            "a".to_owned() + &"+a".repeat(n),
            "-".repeat(n) + "a",
            "a".to_owned() + &".a".repeat(n),
            "a".to_owned() + &"|first".repeat(n),
            "(".repeat(n),
            "a if b else ".repeat(n) + "a",
        ] {
            let scope = Scope::new();
            assert!(Expr::parse(&long).is_err());
            assert!(Expr::unchecked(&long).value(&scope).is_err());
            assert!(Expr::unchecked(&long).names().is_empty());
            for text in [
                format!("{{{{ {long} }}}}"),
                format!("{{# {{{{ ' #}} {{{{ \"' }}}}\" ~ {long} }}}}"),
                format!("{{% raw %}}{{{{ ' {{% endraw %}}{{{{ \"' }}}}\" ~ {long} }}}}"),
                format!("{{% if {long} %}}x{{% endif %}}"),
                "{% if a %}".repeat(n),
                "{% if a %}".to_owned() + &"{% elif a %}".repeat(n),
            ] {
                assert!(Template::parse(&text).is_err());
                assert!(Template::unchecked(&text).render(&scope).is_err());
                assert!(Template::unchecked(&text).names().is_empty());
            }
        }
    }
}
