//! The named tests of expressions: `second is refused`, `port is ephemeral`.
//!
//! Each test is one row of one table, so that the author's reference, completion and "did you
//! mean" all read the same list.
use minijinja::{Environment, State, Value};

use super::expr::ExprError;
use super::split::{Piece, pieces};
use crate::net::{Endpoint, PortClass};

/// Name and meaning of every test the lab adds to Jinja's own.
pub const TESTS: &[(&str, &str)] = &[
    ("ok", "the line did what it was asked to"),
    ("failed", "it did not"),
    ("refused", "the peer's kernel said no: ECONNREFUSED"),
    ("in_use", "the address was taken: EADDRINUSE"),
    (
        "not_available",
        "no such address here, or no port left: EADDRNOTAVAIL",
    ),
    ("denied", "a permission is missing: EACCES or EPERM"),
    (
        "timed_out",
        "nobody answered: ETIMEDOUT, or our own bound ended the wait",
    ),
    ("unreachable", "no route: ENETUNREACH or EHOSTUNREACH"),
    (
        "reset",
        "the peer broke the connection off: ECONNRESET or EPIPE",
    ),
    ("interrupted", "Ctrl-C ended it"),
    ("listening", "it is a listener, and open"),
    (
        "bound",
        "it claims an endpoint without listening, and is open",
    ),
    ("connected", "it is one end of an established connection"),
    ("open", "the socket is still open"),
    ("closed", "it was open once, and is not any more"),
    (
        "ephemeral",
        "a port (or something with one) from the range the kernel hands out",
    ),
    ("loopback", "an address in 127.0.0.0/8, or ::1"),
    ("wildcard", "0.0.0.0 or ::"),
    ("system_port", "a port from 0 to 1023"),
    ("user_port", "a port from 1024 to 49151"),
    ("dynamic_port", "a port from 49152 to 65535"),
];

/// Jinja's own tests that a lesson may use.
const BUILTIN: &[&str] = &[
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "even",
    "false",
    "float",
    "ge",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
];

pub(super) fn add_tests(environment: &mut Environment<'static>) {
    for (name, _) in TESTS {
        environment.add_test(*name, move |state: &State, value: Value| {
            holds(name, state, &value)
        });
    }
}

fn holds(test: &str, state: &State, value: &Value) -> bool {
    let is_open = || flag(value, "open");
    match test {
        "ok" => flag(value, "ok"),
        "failed" => value
            .get_attr("ok")
            .is_ok_and(|ok| !ok.is_undefined() && !ok.is_true()),
        "refused" => has_error(value, &["ECONNREFUSED"]),
        "in_use" => has_error(value, &["EADDRINUSE"]),
        "not_available" => has_error(value, &["EADDRNOTAVAIL"]),
        "denied" => has_error(value, &["EACCES", "EPERM"]),
        "timed_out" => has_error(value, &["timeout", "ETIMEDOUT"]),
        "unreachable" => has_error(value, &["ENETUNREACH", "EHOSTUNREACH"]),
        "reset" => has_error(value, &["ECONNRESET", "EPIPE"]),
        "interrupted" => has_error(value, &["interrupted"]),
        "listening" => is_open() && ["listener", "server"].contains(&&*text(value, "kind")),
        "bound" => is_open() && text(value, "kind") == "bound",
        "connected" => is_open() && text(value, "state") == "ESTABLISHED",
        "open" => is_open(),
        "closed" => {
            value
                .get_attr("open")
                .is_ok_and(|open| !open.is_undefined())
                && !is_open()
        }
        "ephemeral" => port(value).is_some_and(|port| in_range(state, port)),
        "loopback" => address(value).is_some_and(|ip| ip.to_canonical().is_loopback()),
        "wildcard" => address(value).is_some_and(|ip| ip.to_canonical().is_unspecified()),
        "system_port" => class(value) == Some(PortClass::System),
        "user_port" => class(value) == Some(PortClass::User),
        "dynamic_port" => class(value) == Some(PortClass::Dynamic),
        _ => false,
    }
}

fn flag(value: &Value, key: &str) -> bool {
    value.get_attr(key).is_ok_and(|found| found.is_true())
}

fn text(value: &Value, key: &str) -> String {
    value
        .get_attr(key)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn has_error(value: &Value, names: &[&str]) -> bool {
    names.contains(&&*text(value, "error"))
}

fn port(value: &Value) -> Option<u16> {
    let number = if value.is_number() {
        value.clone()
    } else {
        value.get_attr("port").ok()?
    };
    u16::try_from(i64::try_from(number).ok()?).ok()
}

fn class(value: &Value) -> Option<PortClass> {
    port(value).map(PortClass::of)
}

fn in_range(state: &State, port: u16) -> bool {
    let bound = |key| {
        let range = state.lookup("machine")?.get_attr("range").ok()?;
        i64::try_from(range.get_attr(key).ok()?).ok()
    };
    let inside = |low: i64, high: i64| (low..=high).contains(&i64::from(port));
    bound("low")
        .zip(bound("high"))
        .is_some_and(|(low, high)| inside(low, high))
}

fn address(value: &Value) -> Option<std::net::IpAddr> {
    let written = match value.as_str() {
        Some(text) => text.to_owned(),
        None => text(value, "address"),
    };
    if let Ok(Endpoint::Inet(endpoint)) = Endpoint::parse(&written) {
        return Some(endpoint.ip());
    }
    written.trim_matches(['[', ']']).parse().ok()
}

/// The first `is NAME` whose name is no test, with its place.
pub(super) fn unknown_test(expression: &str) -> Option<ExprError> {
    let mut words = pieces(expression)
        .into_iter()
        .filter_map(|(piece, span)| match piece {
            Piece::Word => Some((expression.get(span.clone())?, span)),
            Piece::Other => None,
        });
    while let Some((word, _)) = words.next() {
        if word != "is" {
            continue;
        }
        let (mut name, mut span) = words.next()?;
        if name == "not" {
            (name, span) = words.next()?;
        }
        if !TESTS.iter().any(|(known, _)| *known == name) && !BUILTIN.contains(&name) {
            return Some(ExprError {
                message: suggestion(name),
                span,
            });
        }
    }
    None
}

fn suggestion(name: &str) -> String {
    let known = TESTS
        .iter()
        .map(|(known, _)| *known)
        .chain(BUILTIN.iter().copied());
    let nearest = known
        .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
    match nearest {
        Some(nearest) if strsim::jaro_winkler(nearest, name) > 0.8 => {
            format!("there is no test `{name}`; did you mean `{nearest}`?")
        }
        _ => {
            let all: Vec<_> = TESTS.iter().map(|(known, _)| *known).collect();
            format!(
                "there is no test `{name}`; the lab's tests are {}",
                all.join(", ")
            )
        }
    }
}
