//! Expressions: Jinja over the lab's outcomes, with tests that read as English.
//!
//! An expression can say what was observed, not only whether it holds: "not yet" without a reason
//! teaches nobody. Evaluation has fuel, so no expression of a lesson can hang the program.
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use minijinja::value::{Serde, ValueKind};
use minijinja::{Environment, ErrorKind, UndefinedBehavior, escape_formatter};
use serde_json::Value;

use super::filters::{add_filters, unknown_filter};
use super::inquiry::Diagnose;
use super::observed::{describe, plainly};
use super::places::guard_expression;
use super::scope::Scope;
use super::split::sliced_names;
use super::verdicts;
use crate::limits;

/// An expression such as `second is refused` or `listeners | length == 2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    text: String,
}

/// Why an expression or a template cannot be read or computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprError {
    /// What is wrong, and what would be right.
    pub message: String,
    /// Where, as bytes of the text.
    pub span: Range<usize>,
}

/// Whether an expression holds, and what was observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it holds.
    pub holds: bool,
    /// What was observed, as a clause: "`second` was refused (EADDRINUSE)".
    pub why: String,
}

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(new_environment);

/// The same, in which a place of a template that would stay empty is an error.
static STRICT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = new_environment();
    environment.set_formatter(|out, state, value| {
        if value.is_undefined() {
            return Err(ErrorKind::UndefinedError.into());
        }
        escape_formatter(out, state, value)
    });
    environment
});

/// The same for lines of the lab: no line means all that an outcome holds.
static LINES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = new_environment();
    environment.set_formatter(|out, state, value| {
        if value.kind() == ValueKind::Map {
            let why = "this is all that an outcome holds: name a part of it, as in `page.body`";
            return Err(minijinja::Error::new(ErrorKind::InvalidOperation, why));
        }
        escape_formatter(out, state, value)
    });
    environment
});

fn new_environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(limits::EXPRESSION_FUEL));
    environment.set_debug(true);
    verdicts::add_tests(&mut environment);
    add_filters(&mut environment);
    environment
}

pub(super) fn environment() -> &'static Environment<'static> {
    &ENVIRONMENT
}

pub(super) fn strict_environment() -> &'static Environment<'static> {
    &STRICT
}

pub(super) fn environment_of_lines() -> &'static Environment<'static> {
    &LINES
}

impl Expr {
    /// Reads an expression; an unknown test (`x is lisening`) is an error here already.
    pub fn parse(text: &str) -> Result<Self, ExprError> {
        let expression = Self::unchecked(text);
        expression.check()?;
        Ok(expression)
    }

    /// Takes a text on trust; a mistake in it shows when it is evaluated. For content that was
    /// proven when the program was built.
    pub fn unchecked(text: &str) -> Self {
        Self {
            text: text.to_owned(),
        }
    }

    /// What [`parse`](Self::parse) checks.
    pub fn check(&self) -> Result<(), ExprError> {
        guard_expression(&self.text)?;
        environment()
            .compile_expression(&self.text)
            .map_err(|e| read_error(&e, &self.text))?;
        let unknown = verdicts::unknown_test(&self.text).or_else(|| unknown_filter(&self.text));
        unknown.map_or(Ok(()), Err)
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names it looks up in the scope.
    pub fn names(&self) -> BTreeSet<String> {
        if guard_expression(&self.text).is_err() {
            return BTreeSet::new();
        }
        environment()
            .compile_expression(&self.text)
            .map(|expression| self.looked_up(expression.undeclared_variables(false)))
            .unwrap_or_default()
    }

    /// The same names with what is looked up in them: `server.port`.
    pub fn paths(&self) -> BTreeSet<String> {
        if guard_expression(&self.text).is_err() {
            return BTreeSet::new();
        }
        environment()
            .compile_expression(&self.text)
            .map(|expression| self.looked_up(expression.undeclared_variables(true)))
            .unwrap_or_default()
    }

    fn looked_up(&self, known: HashSet<String>) -> BTreeSet<String> {
        let sliced = sliced_names(&self.text).into_iter().map(str::to_owned);
        known.into_iter().chain(sliced).collect()
    }

    /// Its value; a name that is not there is `null`.
    pub fn value(&self, scope: &Scope) -> Result<Value, ExprError> {
        let value = self.compute(scope)?;
        serde_json::to_value(&value).map_err(|_| self.error("this has no value that can be shown"))
    }

    /// Its value as somebody types it, a text without quotation marks; what is not there is `null`.
    pub fn typed(&self, scope: &Scope) -> String {
        let value = self.value(scope).unwrap_or_default();
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    }

    /// The values of the names in it, as a clause for people who have not read it; empty when it has
    /// none.
    pub fn seen(&self, scope: &Scope) -> String {
        plainly(&self.text, scope)
    }

    /// Whether it holds, and why or why not. What is missing does not hold; it is no error.
    pub fn verdict(&self, scope: &Scope) -> Result<Verdict, ExprError> {
        let holds = match self.compute(scope) {
            Ok(value) => value.is_true(),
            Err(error) if self.misses_a_name(scope) => {
                return Ok(Verdict {
                    holds: false,
                    why: self.missing(scope).unwrap_or(error.message),
                });
            }
            Err(error) => return Err(error),
        };
        Ok(Verdict {
            holds,
            why: describe(&self.text, scope, holds),
        })
    }

    fn misses_a_name(&self, scope: &Scope) -> bool {
        self.missing(scope).is_some()
    }

    /// Which name is not there, as a clause.
    pub(super) fn missing(&self, scope: &Scope) -> Option<String> {
        let names = self.names();
        let name = names.iter().find(|name| scope.get(name).is_none())?;
        Some(if name == Diagnose::NAME {
            "no cause is written down yet".to_owned()
        } else {
            format!("nothing is called `{name}` yet")
        })
    }

    pub(super) fn compute(&self, scope: &Scope) -> Result<minijinja::Value, ExprError> {
        guard_expression(&self.text)?;
        let expression = environment()
            .compile_expression(&self.text)
            .map_err(|e| read_error(&e, &self.text))?;
        let names = self.looked_up(expression.undeclared_variables(false));
        expression
            .eval(context(scope, &names))
            .map_err(|e| read_error(&e, &self.text))
    }

    fn error(&self, message: &str) -> ExprError {
        ExprError {
            message: message.to_owned(),
            span: 0..self.text.len(),
        }
    }
}

/// The part of the scope that a text uses. `machine` is always there: tests such as `ephemeral`
/// look it up by themselves.
pub(super) fn context<'a>(
    scope: &Scope,
    names: impl IntoIterator<Item = &'a String>,
) -> minijinja::Value {
    let used = names.into_iter().map(String::as_str).chain(["machine"]);
    minijinja::Value::from_pairs(
        used.filter_map(|name| Some((name, minijinja::Value::from(Serde(scope.get(name)?))))),
    )
}

/// Jinja's errors in our words. The names of its kinds mean nothing to a learner.
pub(super) fn read_error(error: &minijinja::Error, text: &str) -> ExprError {
    let detail = error.detail().unwrap_or_default();
    let at = |span: Range<usize>| text.get(span);
    let message = match error.kind() {
        ErrorKind::SyntaxError if error.range().and_then(at) == Some("=") => {
            "one `=` compares nothing: write `==`".to_owned()
        }
        ErrorKind::SyntaxError => format!("this cannot be read: {detail}"),
        ErrorKind::OutOfFuel => "this takes too many steps to compute".to_owned(),
        ErrorKind::UndefinedError => "this uses something that is not there".to_owned(),
        ErrorKind::UnknownFilter => format!("there is no such filter: {detail}"),
        ErrorKind::UnknownTest => format!("there is no such test: {detail}"),
        ErrorKind::UnknownFunction => format!("there is no such function: {detail}"),
        _ if detail.is_empty() => error.kind().to_string(),
        _ => detail.to_owned(),
    };
    let whole = 0..text.len();
    let span = error
        .range()
        .filter(|span| text.get(span.clone()).is_some() && !span.is_empty());
    ExprError {
        message,
        span: span.unwrap_or(whole),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scope() -> Scope {
        let mut scope = Scope::new();
        scope.insert(
            "first",
            json!({"ok": true, "kind": "listener", "local": "127.0.0.1:4242",
            "address": "127.0.0.1", "port": 4242, "open": true, "state": "LISTEN"}),
        );
        scope.insert(
            "second",
            json!({"ok": false, "error": "EADDRINUSE", "operation": "bind",
            "local": "127.0.0.1:4242"}),
        );
        scope.insert("listeners", json!([{"port": 4242}]));
        scope.insert("machine", json!({"range": {"low": 32768, "high": 60999}}));
        scope
    }

    fn why(text: &str) -> (bool, String) {
        let verdict = Expr::parse(text).unwrap().verdict(&scope()).unwrap();
        (verdict.holds, verdict.why)
    }

    #[test]
    fn what_is_sliced_is_there() {
        let (holds, why) = why("listeners[:1] | length == 1");
        assert!(holds, "{why}");
        let names = Expr::unchecked("nothing[:1] | length").names();
        assert_eq!(names, BTreeSet::from(["nothing".to_owned()]));
    }

    #[test]
    fn tests_read_as_english() {
        for (text, expected) in [
            ("first is listening", true),
            ("second is listening", false),
            ("second is in_use", true),
            ("second is refused", false),
            ("second is failed and first is ok", true),
            ("second.error == \"EADDRINUSE\"", true),
            ("third is listening", false),
            ("third is not listening", true),
            ("listeners | length == 1", true),
            ("40000 is ephemeral and 4242 is not ephemeral", true),
            ("first is user_port", true),
            ("first is loopback", true),
            ("third.port == 80", false),
            ("third | length == 3", false),
        ] {
            assert_eq!(why(text).0, expected, "{text}");
        }
    }

    #[test]
    fn a_verdict_says_what_was_observed() {
        for (text, expected) in [
            (
                "second is listening",
                "`second` failed: EADDRINUSE at bind of 127.0.0.1:4242",
            ),
            ("third is listening", "nothing is called `third` yet"),
            (
                "third is connected and third.peer == first.local",
                "nothing is called `third` yet",
            ),
            (
                "diagnosis.cause == \"client\"",
                "no cause is written down yet",
            ),
            (
                "first is refused",
                "`first` is a listener on 127.0.0.1:4242, LISTEN",
            ),
            ("listeners | length == 2", "`listeners | length` is 1"),
            (
                "first is listening and first.port == 1",
                "`first.port` is 4242",
            ),
            ("first.port > 50000", "`first.port` is 4242"),
            // One reason is said once, however it is reached.
            (
                "(second is ok or second is listening) and second.port == first.port",
                "`second` failed: EADDRINUSE at bind of 127.0.0.1:4242",
            ),
            (
                "first is ephemeral",
                "`first` has port 4242; ephemeral ports are 32768 to 60999",
            ),
            (
                "first.port is not user_port",
                "`first.port` is 4242; user ports are 1024 to 49151",
            ),
            (
                "second is system_port",
                "`second` failed: EADDRINUSE at bind of 127.0.0.1:4242",
            ),
            // A formula is told by its value.
            (
                "listeners | selectattr(\"port\", \"eq\", 4242) | list | length == 0",
                "it is 1 now",
            ),
            (
                "(listeners | map(attribute=\"port\") | list | first) > 5000",
                "it is 4242 now",
            ),
            (
                "listeners | selectattr(\"port\", \"eq\", 1) | list",
                "nothing that was seen fits",
            ),
            (
                "\"a and b\" == first.address",
                "`first.address` is 127.0.0.1",
            ),
        ] {
            assert_eq!(why(text), (false, expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn errors_point_at_the_place() {
        for (text, part, at) in [
            ("first is lisening", "there is no test `lisening`", 9..17),
            ("first ==", "cannot be read", 0..8),
        ] {
            let error = Expr::parse(text).unwrap_err();
            assert!(error.message.contains(part), "{}", error.message);
            if part.contains("lisening") {
                assert_eq!(error.span, at);
            }
        }
    }

    #[test]
    fn fuel_ends_a_bomb() {
        let bomb = "range(9999)|map('string')|join|length > range(9999)|map('upper')|join|length";
        let looped = super::super::Template::unchecked(
            "{% for a in range(999) %}{% for b in range(999) %}{{ a }}{% endfor %}{% endfor %}",
        );
        assert!(
            looped
                .render(&scope())
                .unwrap_err()
                .message
                .contains("too many steps")
        );
        // A filter is one instruction; what it may build is bounded by range's own limit.
        assert!(Expr::parse(bomb).is_ok());
    }

    #[test]
    fn names_are_known_without_running() {
        let names = Expr::parse("first.port == second.port and outcomes|length > 1")
            .unwrap()
            .names();
        assert_eq!(
            names.into_iter().collect::<Vec<_>>(),
            ["first", "outcomes", "second"]
        );
    }
}
