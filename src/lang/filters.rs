//! Filters of expressions: `ports | unique`. The template reader notices an unknown one only when it
//! gets there; an author should hear of it at once.
use minijinja::{Environment, Error, ErrorKind, Value};

use super::expr::{ExprError, environment};
use super::split::{Piece, pieces};

/// The filters worth suggesting.
const USEFUL: [&str; 21] = [
    "abs",
    "default",
    "first",
    "int",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "round",
    "select",
    "selectattr",
    "sort",
    "sum",
    "thousands",
    "unique",
    "upper",
];

/// Adds the filters that the template reader does not bring along.
pub(super) fn add_filters(environment: &mut Environment<'_>) {
    environment.add_filter("thousands", thousands);
}

/// A number as outcomes show it: 13924 as 13,924. What is not there stays away.
fn thousands(value: Value) -> Result<Value, Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(value);
    }
    let number = f64::try_from(value)?;
    let whole = number.round();
    let sign = if whole < 0.0 { "-" } else { "" };
    let digits = format!("{:.0}", whole.abs());
    Ok(Value::from(format!("{sign}{}", grouped(&digits))))
}

/// Digits in groups of three, from five digits on.
pub fn grouped(digits: &str) -> String {
    if digits.len() < 5 {
        return digits.to_owned();
    }
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The first `| name` that is no filter.
pub(super) fn unknown_filter(expression: &str) -> Option<ExprError> {
    let pieces = pieces(expression);
    let pairs = pieces.iter().zip(pieces.iter().skip(1));
    let mut names = pairs.filter_map(|((_, bar), (piece, span))| {
        let is_filter = expression.get(bar.clone())? == "|" && *piece == Piece::Word;
        is_filter.then(|| Some((expression.get(span.clone())?, span.clone())))?
    });
    names
        .find(|(name, _)| !is_filter(name))
        .map(|(name, span)| ExprError {
            message: suggestion(name),
            span,
        })
}

fn is_filter(name: &str) -> bool {
    let mut state = environment().empty_state();
    let tried = state.apply_filter(name, &[Value::UNDEFINED]);
    !tried.is_err_and(|error| error.kind() == ErrorKind::UnknownFilter)
}

fn suggestion(name: &str) -> String {
    let near = USEFUL
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, name), known));
    match near.filter(|(distance, _)| *distance <= 2).min() {
        Some((_, known)) => format!("there is no filter `{name}`; did you mean `{known}`?"),
        None => format!(
            "there is no filter `{name}`; some are {}",
            USEFUL.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::expr::Expr;
    use super::super::scope::Scope;
    use super::super::template::Template;
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (text, expected) in [
            ("{{ 999 | thousands }}", "999"),
            ("{{ 9999 | thousands }}", "9999"),
            ("{{ 13924.4 | thousands }}", "13,924"),
            ("{{ -1234567 | thousands }}", "-1,234,567"),
            ("{{ -0.4 | thousands }}", "0"),
            ("{{ nothing | thousands }}", ""),
        ] {
            let filled = Template::unchecked(text).render(&Scope::new());
            assert_eq!(filled.as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn unknown_filters_are_found_when_an_expression_is_read() {
        for (text, expected) in [
            (
                "listeners | lenght == 2",
                "there is no filter `lenght`; did you mean `length`? @lenght",
            ),
            (
                "a and b|frobnicate",
                "there is no filter `frobnicate`; some are abs",
            ),
        ] {
            let error = Expr::parse(text).unwrap_err();
            let said = format!("{} @{}", error.message, text.get(error.span).unwrap());
            assert!(said.starts_with(expected), "{said}");
        }
        let error = Template::parse("x {{ ports | jion(', ') }}").unwrap_err();
        assert_eq!(error.span, 13..17);
        for text in USEFUL.map(|name| format!("a | {name}")) {
            assert!(Expr::parse(&text).is_ok(), "{text}");
        }
        assert!(Expr::parse("\"a | b\" == x | selectattr('a', 'eq', 1) | list | upper").is_ok());
    }
}
