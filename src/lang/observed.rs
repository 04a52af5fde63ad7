//! What was observed, said of an expression: the reason behind a verdict.
use serde_json::Value;

use super::expr::Expr;
use super::scope::Scope;
use super::split::{KEYWORDS, split_at_word, top_level};

/// A clause that says what an expression found, fit to follow "not yet: ".
pub(super) fn describe(text: &str, scope: &Scope, holds: bool) -> String {
    distinct(clauses(text, scope, holds)).join("; ")
}

/// One clause for each condition; two that have the same reason have the same clause.
fn clauses(text: &str, scope: &Scope, holds: bool) -> Vec<String> {
    let text = unwrapped(text.trim());
    let alternatives = split_at_word(text, "or");
    if alternatives.len() > 1 {
        let each = alternatives
            .iter()
            .flat_map(|part| clauses(part, scope, holds));
        return each.collect();
    }
    let parts = split_at_word(text, "and");
    if parts.len() > 1 {
        return conjunction(&parts, scope, holds);
    }
    vec![clause(text, scope)]
}

/// An expression without the parentheses around all of it.
fn unwrapped(text: &str) -> &str {
    let inner = text
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'));
    match inner {
        // What is inside must not close what it did not open: `(a) or (b)`.
        Some(inner) if is_balanced(inner) => unwrapped(inner.trim()),
        _ => text,
    }
}

fn is_balanced(text: &str) -> bool {
    let mut depth = 0_usize;
    let closes = |c: char| match c {
        '(' => {
            depth += 1;
            false
        }
        ')' if depth == 0 => true,
        ')' => {
            depth -= 1;
            false
        }
        _ => false,
    };
    !text.contains(closes)
}

/// Of a conjunction that fails, only what fails is worth saying.
fn conjunction(parts: &[&str], scope: &Scope, holds: bool) -> Vec<String> {
    let failing = |part: &&&str| {
        !Expr::unchecked(part)
            .compute(scope)
            .is_ok_and(|value| value.is_true())
    };
    parts
        .iter()
        .filter(|part| holds || failing(part))
        .flat_map(|part| clauses(part, scope, holds))
        .collect()
}

fn distinct(clauses: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for clause in clauses {
        if !clause.is_empty() && !kept.contains(&clause) {
            kept.push(clause);
        }
    }
    kept
}

fn clause(text: &str, scope: &Scope) -> String {
    let subject = match top_level(text, |piece| piece == "is").first() {
        Some(at) => {
            let subject = text.get(..at.start).unwrap_or(text).trim();
            let subject = subject.strip_prefix("not ").unwrap_or(subject).trim();
            let test = text.get(at.end..).unwrap_or_default().trim();
            let test = test.strip_prefix("not ").unwrap_or(test).trim();
            return in_a_range(subject, test, scope).unwrap_or_else(|| said(subject, scope));
        }
        None => match compared(text) {
            Some((left, right)) if is_literal(left) => return said(right, scope),
            Some((left, right)) if is_literal(right) => left,
            Some((left, right)) => return both(left, right, scope),
            None => text,
        },
    };
    said(subject.strip_prefix("not ").unwrap_or(subject), scope)
}

/// Both sides, unless one is not there yet: then the other says nothing about it.
fn both(left: &str, right: &str, scope: &Scope) -> String {
    let reason = |side| missing(side, scope).or_else(|| failed(side, scope));
    if let Some(clause) = reason(left).or_else(|| reason(right)) {
        return clause;
    }
    distinct(vec![said(left, scope), said(right, scope)]).join(", ")
}

/// Both sides of a comparison.
fn compared(text: &str) -> Option<(&str, &str)> {
    let at = top_level(text, |p| matches!(p, "=" | "!" | "<" | ">" | "in"))
        .into_iter()
        .next()?;
    let left = text.get(..at.start)?.trim();
    let left = left.strip_suffix(" not").unwrap_or(left);
    let right = text.get(at.end..)?.trim_start_matches('=').trim();
    Some((left, right))
}

fn is_literal(text: &str) -> bool {
    text.starts_with(['"', '\'', '['])
        || text.parse::<f64>().is_ok()
        || ["true", "false", "none"].contains(&text)
}

fn missing(subject: &str, scope: &Scope) -> Option<String> {
    Expr::unchecked(subject).missing(scope)
}

/// Of a side that has no value because something failed, the failure.
fn failed(subject: &str, scope: &Scope) -> Option<String> {
    let name = subject.split('.').next()?.trim();
    let value = scope.get(name)?;
    let valueless = matches!(Expr::unchecked(subject).value(scope), Ok(Value::Null));
    (valueless && value.get("error").is_some()).then(|| outcome(name, value))
}

/// The port that a test on port numbers saw, and the range it wanted.
fn in_a_range(subject: &str, test: &str, scope: &Scope) -> Option<String> {
    let machine = |key: &str| scope.get("machine")?.get("range")?.get(key)?.as_u64();
    let (low, high, whose) = match test {
        "ephemeral" => (machine("low")?, machine("high")?, "ephemeral ports"),
        "system_port" => (0, 1023, "system ports"),
        "user_port" => (1024, 49_151, "user ports"),
        "dynamic_port" => (49_152, 65_535, "dynamic ports"),
        _ => return None,
    };
    let value = Expr::unchecked(subject).value(scope).ok()?;
    let port = value.as_u64().or_else(|| value.get("port")?.as_u64())?;
    let name = match (value.is_object(), subject.parse::<u64>()) {
        (true, _) => format!("`{subject}` has port {port}"),
        (false, Ok(_)) => format!("the port is {port}"),
        (false, Err(_)) => format!("{} is {port}", shown(subject)),
    };
    Some(format!("{name}; {whose} are {low} to {high}"))
}

/// An expression as a subject: a chain of filters is a formula, and says nothing to a reader.
fn shown(subject: &str) -> String {
    if is_chain(subject) {
        "it".to_owned()
    } else {
        format!("`{subject}`")
    }
}

/// Whether values go through several filters, or through one with arguments.
fn is_chain(subject: &str) -> bool {
    let filters = top_level(subject, |piece| piece == "|").len();
    let inside = subject.starts_with('(') && subject.contains('|');
    filters > 1 || inside || (filters == 1 && subject.contains('('))
}

fn said(subject: &str, scope: &Scope) -> String {
    if let Some(clause) = missing(subject, scope) {
        return clause;
    }
    if is_chain(subject) {
        return said_of_a_chain(subject, scope);
    }
    match Expr::unchecked(subject).value(scope) {
        Ok(Value::Object(map)) if map.contains_key("ok") => outcome(subject, &Value::Object(map)),
        Ok(Value::Null) => valueless(subject, scope),
        Ok(Value::String(text)) => format!("`{subject}` is {}", brief(&text)),
        Ok(value @ (Value::Array(_) | Value::Object(_))) => match listed(&value) {
            Some(list) => format!("`{subject}` is {list}"),
            None => format!("`{subject}` has {}", entries(&value)),
        },
        Ok(value) => format!("`{subject}` is {value}"),
        Err(error) => format!("`{subject}`: {}", error.message),
    }
}

/// The values of the plain names in an expression, for people who have not read it: what a formula
/// came to says nothing without the formula.
pub(super) fn plainly(text: &str, scope: &Scope) -> String {
    let known = |path: &&str| {
        let name = path.split(['.', '[']).next().unwrap_or(path);
        scope.get(name).is_some()
    };
    let value = |path: &str| match Expr::unchecked(path).value(scope) {
        Ok(Value::Null) | Err(_) => String::new(),
        // How many entries a list has tells nothing to whoever does not see it.
        Ok(Value::Object(map)) if !map.contains_key("ok") => String::new(),
        Ok(value @ Value::Array(_)) if listed(&value).is_none() => String::new(),
        Ok(_) => said(path, scope),
    };
    distinct(paths(text).into_iter().filter(known).map(value).collect()).join("; ")
}

/// The names in an expression with the fields behind them: `client.port`, `ports[0]`. Tests, filters,
/// calls and what stands in quotation marks are none.
fn paths(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut names_a_test = false;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => rest.split(first).take(2).map(|piece| piece.len() + 1).sum(),
            c if c.is_ascii_alphanumeric() || c == '_' => path_length(rest),
            c => c.len_utf8(),
        };
        let (word, behind) = rest.split_at(length.min(rest.len()));
        if first.is_ascii_alphabetic() && !KEYWORDS.contains(&word) {
            if !names_a_test && !behind.starts_with('(') {
                found.push(word);
            }
            names_a_test = false;
        } else if !(first.is_whitespace() || word == "not") {
            names_a_test = word == "is" || word == "|";
        }
        rest = behind;
    }
    found
}

/// The bytes of the word, number or path at the start of a text; an index belongs to its path.
fn path_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let ends = |(_, c): &(usize, char)| {
        match c {
            '[' => depth += 1,
            ']' if depth == 0 => return true,
            ']' => depth -= 1,
            _ => return depth == 0 && !(c.is_ascii_alphanumeric() || "_.".contains(*c)),
        }
        false
    };
    text.char_indices()
        .find(ends)
        .map_or(text.len(), |(at, _)| at)
}

/// What has no value: of something that failed, the failure says more than the missing key.
fn valueless(subject: &str, scope: &Scope) -> String {
    let name = subject.split('.').next().unwrap_or(subject).trim();
    match scope.get(name) {
        Some(value) if value.get("error").is_some() => outcome(name, value),
        _ => format!("there is no `{subject}`"),
    }
}

/// What a chain of filters came to.
fn said_of_a_chain(subject: &str, scope: &Scope) -> String {
    match Expr::unchecked(subject).value(scope) {
        Ok(Value::Null) => "nothing that was seen fits".to_owned(),
        Ok(Value::Object(map)) if map.contains_key("ok") => {
            outcome("it", &Value::Object(map)).replace("`it`", "it")
        }
        Ok(Value::String(text)) => format!("it is {} now", brief(&text)),
        Ok(Value::Array(all)) if all.is_empty() => "nothing that was seen fits".to_owned(),
        Ok(value @ (Value::Array(_) | Value::Object(_))) => match listed(&value) {
            Some(list) => format!("it is {list} now"),
            None => format!("it has {} now", entries(&value)),
        },
        Ok(value) => format!("it is {value} now"),
        Err(error) => error.message,
    }
}

/// What fits into a sentence of a text: its first line, and not all of a long one.
fn brief(text: &str) -> String {
    const SHOWN: usize = 72;
    let text = text.trim();
    let line = text.lines().next().unwrap_or_default();
    let shown: String = line.chars().take(SHOWN).collect();
    if text.is_empty() {
        "empty".to_owned()
    } else if shown == text {
        shown
    } else {
        format!("{shown}…")
    }
}

/// A few plain values: `[10.0.0.2, 127.0.0.1]`. Without the brackets a list of one would be taken for
/// what is in it.
fn listed(value: &Value) -> Option<String> {
    const SHOWN: usize = 4;
    let all = value
        .as_array()
        .filter(|all| (1..=SHOWN).contains(&all.len()))?;
    let plain = |value: &Value| match value {
        Value::String(text) => Some(brief(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let all: Option<Vec<String>> = all.iter().map(plain).collect();
    Some(format!("[{}]", all?.join(", ")))
}

/// `1 entry`, `3 entries`.
fn entries(value: &Value) -> String {
    match value {
        Value::Array(all) if all.len() == 1 => "1 entry".to_owned(),
        Value::Array(all) => format!("{} entries", all.len()),
        Value::Object(map) if map.len() == 1 => "1 entry".to_owned(),
        Value::Object(map) => format!("{} entries", map.len()),
        _ => "no entries".to_owned(),
    }
}

fn outcome(name: &str, value: &Value) -> String {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    if let Some(error) = text("error") {
        let operation = text("operation").unwrap_or("it");
        let place = text("peer")
            .or(text("local"))
            .map(|p| format!(" of {p}"))
            .unwrap_or_default();
        let place = if operation == "connect" {
            place.replace(" of ", " to ")
        } else {
            place
        };
        return format!("`{name}` failed: {error} at {operation}{place}");
    }
    let kind = text("kind").unwrap_or("outcome");
    let place = text("local")
        .map(|local| format!(" on {local}"))
        .unwrap_or_default();
    let state = text("state");
    // What the peer has reset is in the state CLOSED as well, and so is what is only bound.
    let closed = value.get("open").and_then(Value::as_bool) == Some(false);
    let is = if closed { "was" } else { "is" };
    let state = match state {
        _ if closed => " and is closed now".to_owned(),
        Some("CLOSED") if kind == "bound" => String::new(),
        Some(state) => format!(", {state}"),
        None => String::new(),
    };
    match kind {
        "listener" | "connection" | "udp" | "bound" | "server" => {
            let article = if kind == "udp" {
                "a UDP socket"
            } else {
                &*format!("a {kind}")
            };
            let article = if kind == "bound" {
                "a bound socket"
            } else {
                article
            };
            format!("`{name}` {is} {article}{place}{state}")
        }
        _ => match text("verb") {
            Some(verb) => format!("`{name}` is the outcome of `{verb}`, which worked"),
            None => format!("`{name}` worked"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_names_of_a_formula() {
        let table: [(&str, &[&str]); 7] = [
            ("client.port is even", &["client.port"]),
            (
                "second is not in_use and not third is ok",
                &["second", "third"],
            ),
            (
                "(after.ports[0] - before.ports[-1] + machine.range.size) % 2 == 0",
                &["after.ports[0]", "before.ports[-1]", "machine.range.size"],
            ),
            ("got.rows | map(\"length\") | first > 9.5", &["got.rows"]),
            ("\"is x\" in told.message or range(3)", &["told.message"]),
            ("x if y else none", &["x", "y"]),
            (
                "got is divisibleby(step) and a[\"b c\"]",
                &["got", "step", "a[\"b c\"]"],
            ),
        ];
        for (text, expected) in table {
            assert_eq!(paths(text), expected, "{text}");
        }
    }

    #[test]
    fn what_was_observed_is_said_in_english() {
        let mut scope = Scope::new();
        let shop = serde_json::json!({
            "ok": true, "kind": "listener", "local": "0.0.0.0:8080", "state": "CLOSED", "open": false
        });
        let broken = serde_json::json!({
            "ok": true, "kind": "connection", "local": "127.0.0.1:9", "state": "CLOSED", "open": true
        });
        let left = serde_json::json!({
            "ok": true, "kind": "bound", "local": "127.0.0.1:81", "state": "CLOSED", "open": false
        });
        let taken = serde_json::json!({
            "ok": true, "kind": "bound", "local": "127.0.0.1:80", "state": "CLOSED"
        });
        scope.insert("shop", shop);
        scope.insert("taken", taken);
        scope.insert("broken", broken);
        scope.insert("left", left);
        scope.insert(
            "seen",
            serde_json::json!({
                "one": [1], "two": [1, 2], "rows": [{"a": 1}], "many": [1, 2, 3, 4, 5],
                "page": "<html>\n<body>\n", "none": "",
            }),
        );
        for (text, expected) in [
            (
                "shop is listening",
                "`shop` was a listener on 0.0.0.0:8080 and is closed now",
            ),
            (
                "broken is connected",
                "`broken` is a connection on 127.0.0.1:9, CLOSED",
            ),
            (
                "left is bound",
                "`left` was a bound socket on 127.0.0.1:81 and is closed now",
            ),
            ("taken is ok", "`taken` is a bound socket on 127.0.0.1:80"),
            ("seen.one == 2", "`seen.one` is [1]"),
            ("seen.two == 1", "`seen.two` is [1, 2]"),
            ("seen.rows == 1", "`seen.rows` has 1 entry"),
            ("seen.many == 1", "`seen.many` has 5 entries"),
            ("seen.page == 1", "`seen.page` is <html>…"),
            ("seen.none == 1", "`seen.none` is empty"),
            (
                "seen.two | select(\"gt\", 5) | list",
                "nothing that was seen fits",
            ),
        ] {
            assert_eq!(describe(text, &scope, false), expected, "{text}");
        }
    }

    #[test]
    fn a_formula_is_told_by_the_values_of_its_names() {
        let mut scope = Scope::new();
        scope.insert("after", serde_json::json!({"ports": [49_342, 49_344]}));
        scope.insert("size", 28_232.into());
        let told = plainly(
            "(after.ports[0] - size) % 2 == 0 and later.port > 1",
            &scope,
        );
        assert_eq!(told, "`after.ports[0]` is 49342; `size` is 28232");
        assert_eq!(plainly("1 + 1 == 2", &scope), "");
    }
}
