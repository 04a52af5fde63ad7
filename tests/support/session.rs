//! A lab session under test. Most tests are lab scripts whose `expect` lines are the assertions.
//!
//! The tests of a program share its ports. Where one asks what happens at an endpoint that was given
//! back, it uses an address of its own, 127.7.7.x, so that no other test can take the place.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use looplab::lab::{Lab, LabConfig};
use looplab::lang::{Author, Card, CardSource, Outcome};
use serde_json::Value;

/// One card, to see that cards are handed on.
pub(crate) struct OneCard;

impl CardSource for OneCard {
    fn card(&self, key: &str) -> Option<Card> {
        key.eq_ignore_ascii_case("EADDRINUSE").then(|| Card {
            key: "EADDRINUSE".to_owned(),
            title: "The address is taken".to_owned(),
            says: String::new(),
            causes: Vec::new(),
            see: Vec::new(),
            source: None,
        })
    }

    fn keys(&self) -> Vec<String> {
        vec!["EADDRINUSE".to_owned()]
    }
}

pub(crate) fn lab() -> Lab {
    Lab::new(LabConfig::new(Arc::new(OneCard)))
}

/// Runs lines until one of them is an `expect` that does not hold, or cannot be read.
pub(crate) fn follow(lab: &mut Lab, author: Author, script: &str) {
    for line in script.lines().map(str::trim) {
        let ran = lab
            .run(line, author)
            .unwrap_or_else(|error| panic!("{line}: {} {:?}", error.message, error.help));
        let Some(outcome) = ran.outcome else { continue };
        if let (true, Some(failure)) = (outcome.verb == "expect", outcome.failure()) {
            let last = ran.scope.get("outcomes").unwrap();
            panic!("{}\n{last:#}", failure.message);
        }
    }
}

pub(crate) fn learner(script: &str) {
    follow(&mut lab(), Author::Learner, script);
}

pub(crate) fn lesson(script: &str) {
    follow(&mut lab(), Author::Lesson, script);
}

pub(crate) fn outcome(lab: &mut Lab, author: Author, line: &str) -> Outcome {
    let ran = lab
        .run(line, author)
        .unwrap_or_else(|error| panic!("{line}: {error:?}"));
    ran.outcome.unwrap()
}

/// The message of a line that fails.
pub(crate) fn message(lab: &mut Lab, author: Author, line: &str) -> String {
    let outcome = outcome(lab, author, line);
    let failure = outcome
        .failure()
        .unwrap_or_else(|| panic!("{line} worked: {outcome:?}"));
    failure.message.clone()
}

pub(crate) fn value(lab: &Lab, name: &str, key: &str) -> Value {
    lab.scope().get(name).unwrap()[key].clone()
}
