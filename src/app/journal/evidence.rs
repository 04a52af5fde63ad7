//! What the lines of a step with claims showed, for the ledger: port, errno, numbers, time. Bounded,
//! for it is written into the record of the step. Pure: outcomes in, values out.
use serde_json::{Map, Value};

use crate::lang::Outcome;
use crate::limits;

/// What one line showed: `{"line": "second = listen first", "error": "EADDRINUSE", …}`.
pub type Evidence = Map<String, Value>;

/// What is said first of an outcome; the rest follows by name while there is room.
const FIRST: [&str; 5] = ["error", "operation", "local", "peer", "micros"];

/// What says nothing that the line, or `local`, has not said.
const IDLE: [&str; 22] = [
    "ok",
    "verb",
    "name",
    "kind",
    "message",
    "replaced",
    "address",
    "notes",
    "port",
    "peer_port",
    "role",
    "running",
    "scope",
    "socket",
    "wanted",
    "cure",
    "dropped",
    "method",
    "of",
    "query",
    "reason",
    "request",
];

/// Lines that look at what others did.
const LOOKERS: [&str; 5] = ["expect", "wait", "show", "explain", "plot"];

/// Takes note of what came of a line. Where there is no more room, what was refused is kept, and
/// what was seen last.
pub(crate) fn note(all: &mut Vec<Evidence>, line: &str, outcome: &Outcome) {
    if LOOKERS.contains(&outcome.verb) {
        return;
    }
    all.push(of(line, outcome));
    if all.len() > limits::EVIDENCE_LINES {
        let idle = all.iter().position(|one| !one.contains_key("error"));
        all.remove(idle.unwrap_or_default());
    }
}

fn of(line: &str, outcome: &Outcome) -> Evidence {
    let whole = serde_json::to_value(outcome).unwrap_or_default();
    let whole = whole.as_object().cloned().unwrap_or_default();
    let has_place = whole.contains_key("local") || whole.contains_key("peer");
    let tells = |key: &str| {
        let idle = IDLE.contains(&key) && (has_place || !key.contains("port"));
        // Of what was done, the line has named the operation.
        let done = key == "operation" && !whole.contains_key("error");
        !idle && !done
    };
    let first = FIRST.into_iter().filter_map(|key| whole.get_key_value(key));
    let rest = whole
        .iter()
        .filter(|(key, _)| !FIRST.contains(&key.as_str()));
    let values = first
        .chain(rest)
        .filter(|(key, _)| tells(key))
        .filter_map(|(key, value)| Some((key.clone(), short(value)?)))
        .filter(|(key, value)| {
            key != "body" || !value.as_str().is_some_and(|body| body.ends_with('…'))
        })
        .take(limits::EVIDENCE_VALUES);
    let mut evidence: Evidence = values.collect();
    let words: Vec<&str> = line.split_whitespace().collect();
    evidence.insert("line".to_owned(), clipped(&words.join(" ")).into());
    evidence
}

/// A value that fits: numbers, words, short lists of them.
fn short(value: &Value) -> Option<Value> {
    match value {
        Value::Bool(true) | Value::Number(_) => Some(value.clone()),
        Value::String(text) => Some(clipped(text).into()),
        Value::Array(items) if (1..=4).contains(&items.len()) => {
            let plain = |item: &Value| match item {
                Value::Array(_) | Value::Object(_) => None,
                item => short(item),
            };
            items.iter().map(plain).collect()
        }
        _ => None,
    }
}

fn clipped(text: &str) -> String {
    match text.char_indices().nth(limits::EVIDENCE_TEXT) {
        None => text.to_owned(),
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::lang::{Fact, Failure, FailureCause, Observed, OwnSocket};
    use crate::net::{Endpoint, Errno};

    fn outcome(verb: &'static str, result: Observed) -> Outcome {
        Outcome {
            name: Some("second".to_owned()),
            verb,
            took: Duration::from_micros(12),
            replaced: false,
            network: crate::lang::Network::default(),
            result,
        }
    }

    fn listener() -> Outcome {
        let socket = OwnSocket {
            address: "127.0.0.1".to_owned(),
            port: Some(40_001),
            local: Endpoint::loopback(40_001),
            backlog: Some(128),
            peer: None,
            mode: None,
            file: None,
            private: false,
            options: Vec::new(),
        };
        outcome("listen", Observed::Done(Fact::Listener(socket)))
    }

    fn refused() -> Outcome {
        let failure = Failure {
            error: FailureCause::Errno(Errno::EADDRINUSE),
            operation: "bind",
            local: Some(Endpoint::loopback(40_001)),
            peer: None,
            message: "a sentence".to_owned(),
        };
        outcome("listen", Observed::Failed(failure))
    }

    fn text(evidence: &[Evidence]) -> Vec<String> {
        evidence
            .iter()
            .map(|one| Value::from(one.clone()).to_string())
            .collect()
    }

    #[test]
    fn what_a_line_showed_is_kept_without_what_the_line_says() {
        let mut all = Vec::new();
        note(&mut all, "first = listen :0", &listener());
        note(&mut all, "second = listen first", &refused());
        note(
            &mut all,
            "expect second is in_use",
            &outcome("expect", refused().result),
        );
        assert_eq!(
            text(&all),
            [
                r#"{"backlog":128,"line":"first = listen :0","local":"127.0.0.1:40001","micros":12.0}"#,
                r#"{"error":"EADDRINUSE","line":"second = listen first","local":"127.0.0.1:40001","micros":12.0,"operation":"bind"}"#,
            ]
        );
    }

    #[test]
    fn evidence_is_bounded_and_keeps_refusals() {
        let mut all = Vec::new();
        note(&mut all, &"x".repeat(10_000), &refused());
        for _ in 0..50 {
            note(&mut all, "first = listen :0", &listener());
        }
        assert_eq!(all.len(), limits::EVIDENCE_LINES);
        assert!(all[0].contains_key("error"));
        let bytes: usize = text(&all).iter().map(String::len).sum();
        assert!(bytes < limits::JOURNAL_LINE_BYTES / 10, "{bytes}");
    }
}
