//! The outcomes that expressions can look back on: bounded in number and in bytes.
use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use crate::lang::Outcomes;
use crate::limits;

/// See the module. The newest is always whole.
#[derive(Debug, Default)]
pub(super) struct Kept {
    outcomes: Outcomes,
    /// What each of them weighs, in bytes.
    weights: VecDeque<usize>,
    total: usize,
    /// How many of the oldest have lost what was long in them.
    shortened: usize,
}

impl Kept {
    pub(super) fn push(&mut self, outcome: Arc<Value>) {
        let weight = weight(&outcome);
        // Somebody may still look back on what was before; they keep the outcomes, too, not copies.
        let outcomes = Arc::make_mut(&mut self.outcomes);
        outcomes.push_back(outcome);
        self.weights.push_back(weight);
        self.total += weight;
        if outcomes.len() > limits::OUTCOMES_KEPT {
            outcomes.pop_front();
            self.total -= self.weights.pop_front().unwrap_or_default();
            self.shortened = self.shortened.saturating_sub(1);
        }
        while self.total > limits::OUTCOME_BYTES_KEPT && self.shortened + 1 < self.outcomes.len() {
            self.shorten();
        }
    }

    /// Takes what is long from the oldest outcome that still has it.
    fn shorten(&mut self) {
        let at = self.shortened;
        self.shortened += 1;
        let outcomes = Arc::make_mut(&mut self.outcomes);
        let (Some(outcome), Some(before)) = (outcomes.get_mut(at), self.weights.get_mut(at)) else {
            return;
        };
        let outcome = Arc::make_mut(outcome);
        if let Value::Object(fields) = outcome {
            fields.retain(|_, value| weight(value) <= limits::OUTCOME_LONG_FIELD);
        }
        let now = weight(outcome);
        self.total -= *before - now;
        *before = now;
    }

    /// Oldest first.
    pub(super) fn all(&self) -> &Outcomes {
        &self.outcomes
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// What a value takes in memory, closely enough for a bound: its texts, its keys, and a slot for
/// each value.
fn weight(value: &Value) -> usize {
    let own = size_of::<Value>();
    own + match value {
        Value::String(text) => text.len(),
        Value::Array(all) => all.iter().map(weight).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| key.len() + weight(value))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_oldest_lose_their_bodies_and_keep_what_they_were_about() {
        let body = "x".repeat(limits::OUTCOME_BYTES_KEPT / 4);
        let mut kept = Kept::default();
        for number in 0..6 {
            kept.push(Arc::new(
                json!({"verb": "get", "status": number, "body": body}),
            ));
        }
        let whole: Vec<bool> = kept.all().iter().map(|o| o["body"] == body).collect();
        assert_eq!(whole, [false, false, false, true, true, true]);
        let statuses: Vec<_> = kept.all().iter().map(|o| o["status"].clone()).collect();
        assert_eq!(statuses, [0, 1, 2, 3, 4, 5]);
        assert!(kept.all().iter().all(|o| o["verb"] == "get"));
    }

    #[test]
    fn many_small_ones_are_bounded_by_number() {
        let mut kept = Kept::default();
        for number in 0..=limits::OUTCOMES_KEPT {
            kept.push(Arc::new(json!({"number": number})));
        }
        assert_eq!(kept.all().len(), limits::OUTCOMES_KEPT);
        assert_eq!(kept.all().front().unwrap()["number"], 1);
    }

    #[test]
    fn the_newest_is_whole_however_long_it_is() {
        let body = "x".repeat(2 * limits::OUTCOME_BYTES_KEPT);
        let mut kept = Kept::default();
        kept.push(Arc::new(json!({"body": body})));
        assert_eq!(kept.all().back().unwrap()["body"], body);
        kept.push(Arc::new(json!({"body": ""})));
        assert!(kept.all().front().unwrap().get("body").is_none());
        kept.clear();
        assert_eq!(kept.all().len(), 0);
    }

    #[test]
    fn whoever_looks_back_sees_what_was() {
        let body = "x".repeat(limits::OUTCOME_BYTES_KEPT);
        let mut kept = Kept::default();
        kept.push(Arc::new(json!({"body": body})));
        let before = Arc::clone(kept.all());
        kept.push(Arc::new(json!({"body": body})));
        assert_eq!((before.len(), kept.all().len()), (1, 2));
        assert_eq!(before[0]["body"], body);
        assert!(kept.all()[0].get("body").is_none());
    }
}
