//! The ledger: the article claim by claim, and what this machine has said.

use serde::Serialize;
use serde_json::{Map, Value};

use super::fact;
use super::words::{date, micros_in_words, quoted};
use crate::render::block::{Block, Page};
use crate::render::line::Line;
use crate::render::style::Role;

/// How a claim stands on this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimStatus {
    /// The learner's own kernel has settled it.
    Settled,
    /// It has not been met yet.
    #[default]
    Open,
    /// The step that settles it cannot be had here.
    NotHere,
    /// No experiment settles it.
    Untested,
}

/// One claim of the article.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ClaimEntry {
    /// Its number: `C42`.
    pub id: String,
    /// What the article claims, in our words.
    pub says: String,
    /// `true`, `imprecise`, `wrong` or `depends`.
    pub verdict: String,
    /// What to say instead, or to add.
    pub holds: String,
    /// The lesson that settles it.
    pub lesson: Option<String>,
    /// The step of the lesson.
    pub step: Option<String>,
    /// How it stands on this machine.
    pub status: ClaimStatus,
    /// Why it cannot be settled here, or at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was settled, in seconds since 1970 (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<u64>,
    /// What the kernel made true, in the lesson's words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub came_true: Vec<String>,
    /// What the lines of the step showed: `line`, `error`, `local`, `micros`, …
    pub evidence: Vec<Map<String, Value>>,
}

impl ClaimEntry {
    /// `C42 true, settled here on 23 November 2026`.
    fn heading(&self) -> Line {
        let role = match self.verdict.as_str() {
            "true" => Role::Ok,
            "wrong" => Role::Refused,
            _ => Role::Surprise,
        };
        let line = Line::of(Role::Key, &self.id)
            .text(' ')
            .and(role, &self.verdict);
        line.and(Role::Dim, format_args!(", {}", self.standing()))
    }

    fn standing(&self) -> String {
        match (self.status, self.settled_at) {
            (ClaimStatus::Settled, Some(at)) => format!("settled here on {}", date(at)),
            (ClaimStatus::Settled, None) => "settled here".to_owned(),
            (ClaimStatus::Open, _) => "not met yet".to_owned(),
            (ClaimStatus::NotHere, _) => "not possible here".to_owned(),
            (ClaimStatus::Untested, _) => "no experiment settles it".to_owned(),
        }
    }

    /// What to type to meet it.
    fn way(&self) -> Option<Line> {
        let (lesson, step) = (self.lesson.as_ref()?, self.step.as_ref()?);
        let command = format!("looplab learn {lesson} --step {step}");
        Some(Line::of(Role::Code, command))
    }
}

/// The article: every claim with its verdict, how it stands here, and one piece of evidence or the
/// way to it. `only` leaves out the rest; the sum at the end is of all.
pub fn claims(all: &[ClaimEntry], only: Option<ClaimStatus>) -> Page {
    let shown = all
        .iter()
        .filter(|entry| only.is_none_or(|only| entry.status == only));
    let shown: Vec<&ClaimEntry> = shown.collect();
    let mut blocks = Vec::new();
    for entry in &shown {
        blocks.push(Block::Heading(entry.heading()));
        blocks.push(Block::Prose(entry.says.clone()));
        blocks.extend(in_short(entry).map(fact));
        blocks.push(Block::Gap);
    }
    blocks.push(Block::Remark(sum(all)));
    Page::new("claim", blocks, &shown)
}

/// One line about how a claim stands: what was seen, where to go, why not.
fn in_short(entry: &ClaimEntry) -> Option<Line> {
    match entry.status {
        ClaimStatus::Settled => {
            let refused = entry.evidence.iter().rfind(|one| one.contains_key("error"));
            let seen = refused.or(entry.evidence.last());
            seen.map(observed)
        }
        ClaimStatus::Open => entry.way(),
        ClaimStatus::NotHere | ClaimStatus::Untested => entry.reason.as_deref().map(Line::marked),
    }
}

/// `31 of 94 settled on this machine`, for a class to compare.
fn sum(all: &[ClaimEntry]) -> Line {
    let count = |status| all.iter().filter(|entry| entry.status == status).count();
    let settled = count(ClaimStatus::Settled);
    let mut line =
        Line::from(format!("{settled} of {} settled on this machine", all.len()).as_str());
    for (status, words) in [
        (ClaimStatus::NotHere, "not possible here"),
        (ClaimStatus::Untested, "that no experiment settles"),
    ] {
        let count = count(status);
        if count > 0 {
            line = line.text(format_args!(", {count} {words}"));
        }
    }
    line
}

/// One claim with all that is known of it.
pub fn claim(entry: &ClaimEntry) -> Page {
    let mut blocks = vec![
        Block::Heading(entry.heading()),
        Block::Prose(format!("The article: {}", entry.says)),
        Block::Gap,
        Block::Prose(entry.holds.clone()),
    ];
    if entry.status == ClaimStatus::Settled {
        blocks.push(Block::Gap);
        let place = [&entry.lesson, &entry.step].map(|part| part.as_deref().unwrap_or_default());
        let line = Line::of(Role::Heading, "This machine").text(", in ");
        blocks.push(Block::Heading(line.and(Role::Name, place.join("/"))));
        blocks.extend(entry.came_true.iter().cloned().map(Block::Prose));
        blocks.extend(entry.evidence.iter().map(|one| fact(observed(one))));
        if entry.evidence.is_empty() && entry.came_true.is_empty() {
            let line = "the step was done before looplab kept what it showed; to see it again:";
            blocks.push(Block::Remark(Line::from(line)));
            blocks.extend(entry.way().map(fact));
        }
    } else {
        blocks.push(Block::Gap);
        blocks.extend(in_short(entry).map(fact));
        let spoken_of = entry
            .way()
            .filter(|_| entry.status == ClaimStatus::Untested);
        blocks.extend(spoken_of.map(|way| fact(Line::from("to read about it: ").then(&way))));
    }
    Page::new("claim", blocks, std::slice::from_ref(entry))
}

/// What a line showed: `second = listen first: EADDRINUSE (bind), local 127.0.0.1:40001, 12 µs`.
fn observed(evidence: &Map<String, Value>) -> Line {
    let text = |key: &str| evidence.get(key).map(words);
    let mut line = Line::of(Role::Code, text("line").unwrap_or_default()).text(": ");
    let mut first = true;
    let mut part = |line: Line, role, text: String| {
        let between = if std::mem::take(&mut first) { "" } else { ", " };
        line.text(between).and(role, text)
    };
    if let Some(error) = text("error") {
        line = part(line, Role::Refused, error);
    }
    for key in ["local", "peer"] {
        if let Some(endpoint) = text(key) {
            line = part(line, Role::Plain, format!("{key} "));
            line = line.and(Role::Endpoint, endpoint);
        }
    }
    let told = ["line", "error", "operation", "local", "peer", "micros"];
    for (key, value) in evidence
        .iter()
        .filter(|(key, _)| !told.contains(&key.as_str()))
    {
        line = part(line, Role::Plain, named(key, value));
    }
    if let Some(micros) = evidence.get("micros").and_then(Value::as_f64) {
        line = part(line, Role::Dim, micros_in_words(micros));
    }
    line
}

/// `max 131 µs`, `body "on"`: a value behind what it is called, in its unit.
fn named(key: &str, value: &Value) -> String {
    match (key.strip_suffix("_us"), value.as_f64(), value) {
        (Some(name), Some(micros), _) => {
            format!("{} {}", name.replace('_', " "), micros_in_words(micros))
        }
        // What was sent over the wire is not this program's own word.
        (.., Value::String(text)) if key == "body" || key == "text" => {
            format!("{key} {}", quoted(text.trim_end()))
        }
        _ => format!("{} {}", key.replace('_', " "), words(value)),
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim_end().to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_have_their_units_and_payloads_their_quotation_marks() {
        for (key, value, expected) in [
            ("max_us", json!(130.895), "max 131 µs"),
            ("p999_us", json!(8.04), "p999 8.0 µs"),
            ("body", json!("on\n"), "body \"on\""),
            ("backlog", json!(128), "backlog 128"),
            ("from_file", json!(true), "from file yes"),
        ] {
            assert_eq!(named(key, &value), expected);
        }
    }
}
