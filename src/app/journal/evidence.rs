//! What the lines of a step with claims showed, for the ledger: port, errno, numbers, time. Bounded,
//! for it is written into the record of the step. Pure: outcomes in, values out.
use std::collections::BTreeSet;

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

/// What a step with claims has shown so far. A learner may type anything in it; it speaks for a claim
/// only where it led to the goals.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    /// The names that the goals of the step speak of.
    wanted: BTreeSet<String>,
    shown: Vec<Noted>,
    /// The learner's latest line, if it speaks of none of these names: it may be the one that counts.
    stray: Option<Noted>,
}

#[derive(Debug)]
struct Noted {
    line: String,
    /// The name the line gave, of the learner's lines.
    name: Option<String>,
    evidence: Evidence,
}

impl Witness {
    /// Watches a step whose goals speak of these names.
    pub(crate) fn new(wanted: BTreeSet<String>) -> Self {
        Self {
            wanted,
            ..Self::default()
        }
    }

    /// A line of the lesson's own.
    pub(crate) fn lesson(&mut self, line: &str, outcome: &Outcome) {
        self.keep(noted(line, None, outcome));
    }

    /// A line of the learner's. Who names a thing anew means the new one.
    pub(crate) fn learner(&mut self, line: &str, outcome: &Outcome) {
        let Some(noted) = noted(line, outcome.name.clone(), outcome) else {
            return;
        };
        let same = |one: &Noted| one.line == line || one.name.is_some() && one.name == noted.name;
        self.shown.retain(|one| !same(one));
        let mut words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        if words.any(|word| self.wanted.contains(word)) {
            self.stray = None;
            self.keep(Some(noted));
        } else {
            self.stray = Some(noted);
        }
    }

    /// The goals are met, by the latest line.
    pub(crate) fn met(&mut self) {
        let last = self.stray.take();
        self.keep(last);
    }

    /// What is worth keeping, in the order in which it was seen.
    pub(crate) fn into_evidence(self) -> Vec<Evidence> {
        self.shown.into_iter().map(|one| one.evidence).collect()
    }

    /// Where there is no more room, what was refused is kept, and what was seen last.
    fn keep(&mut self, noted: Option<Noted>) {
        self.shown.extend(noted);
        if self.shown.len() > limits::EVIDENCE_LINES {
            let fine = |one: &Noted| !one.evidence.contains_key("error");
            let idle = self.shown.iter().position(fine);
            self.shown.remove(idle.unwrap_or_default());
        }
    }
}

fn noted(line: &str, name: Option<String>, outcome: &Outcome) -> Option<Noted> {
    let looks = LOOKERS.contains(&outcome.verb);
    (!looks).then(|| Noted {
        line: line.to_owned(),
        name,
        evidence: of(line, outcome),
    })
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
        let mut all = Witness::default();
        all.lesson("first = listen :0", &listener());
        all.lesson("second = listen first", &refused());
        all.lesson(
            "expect second is in_use",
            &outcome("expect", refused().result),
        );
        assert_eq!(
            text(&all.into_evidence()),
            [
                r#"{"backlog":128,"line":"first = listen :0","local":"127.0.0.1:40001","micros":12.0}"#,
                r#"{"error":"EADDRINUSE","line":"second = listen first","local":"127.0.0.1:40001","micros":12.0,"operation":"bind"}"#,
            ]
        );
    }

    #[test]
    fn of_a_learners_lines_those_count_that_led_to_the_goals() {
        let named = |name: Option<&str>, outcome: Outcome| Outcome {
            name: name.map(str::to_owned),
            ..outcome
        };
        let lines = |wanted: &[&str], met: bool| {
            let mut all = Witness::new(wanted.iter().map(|name| (*name).to_owned()).collect());
            all.learner("listen 0.0.0.0:80", &named(None, refused()));
            all.learner("open = listen 0.0.0.0:80", &named(Some("open"), refused()));
            all.learner("open = listen 0.0.0.0:0", &named(Some("open"), listener()));
            all.learner("aside = listen :0", &named(Some("aside"), listener()));
            all.learner("who open.port", &named(None, listener()));
            all.learner("sockets --exposed", &named(None, listener()));
            if met {
                all.met();
            }
            let line = |one: Evidence| one.get("line").and_then(Value::as_str).map(str::to_owned);
            let lines = all.into_evidence().into_iter().filter_map(line);
            lines.collect::<Vec<_>>()
        };
        assert_eq!(
            lines(&["open"], true),
            [
                "open = listen 0.0.0.0:0",
                "who open.port",
                "sockets --exposed"
            ]
        );
        assert_eq!(
            lines(&["open"], false),
            ["open = listen 0.0.0.0:0", "who open.port"]
        );
        assert_eq!(lines(&[], true), ["sockets --exposed"]);
        assert_eq!(lines(&[], false), [""; 0]);
    }

    #[test]
    fn evidence_is_bounded_and_keeps_refusals() {
        let mut all = Witness::default();
        all.lesson(&"x".repeat(10_000), &refused());
        for _ in 0..50 {
            all.lesson("first = listen :0", &listener());
        }
        let all = all.into_evidence();
        assert_eq!(all.len(), limits::EVIDENCE_LINES);
        assert!(all[0].contains_key("error"));
        let bytes: usize = text(&all).iter().map(String::len).sum();
        assert!(bytes < limits::JOURNAL_LINE_BYTES / 10, "{bytes}");
    }
}
