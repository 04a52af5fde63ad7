//! What was predicted in earlier sittings, out of the journal, for the last words of a lesson.
use std::collections::BTreeMap;

use super::journal::Record;
use crate::tutor::{Foretold, StepResult};

/// The predictions of a lesson by their steps, out of its records: of each step the first one, which
/// is what counts. What was observed then is left out, for its ports and addresses are long gone.
pub(super) fn foretold(records: Vec<Record>) -> BTreeMap<String, Foretold> {
    let mut all = BTreeMap::new();
    let is_met = |record: &Record| record.result.is_some_and(StepResult::is_met);
    for record in records.into_iter().filter(is_met) {
        if let Some(step) = record.step {
            let told = record.question.map(|question| Foretold {
                question,
                predicted: record.predicted,
                came_true: record.came_true,
                seen: None,
            });
            all.entry(step).or_insert(told);
        }
    }
    let known = all
        .into_iter()
        .filter_map(|(step, told)| Some((step, told?)));
    known.collect()
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn answer(step: &str, result: StepResult, predicted: &str) -> Record {
        let record = Record::step(UNIX_EPOCH, "it", step, result);
        let record = record.with_prediction(Some(predicted.to_owned()), vec!["yes".to_owned()]);
        Record {
            question: Some(format!("{step}?")),
            observed: Some("`a.port` is 1".to_owned()),
            ..record
        }
    }

    #[test]
    fn the_first_prediction_of_each_step_counts() {
        use StepResult::{Missed, NotHere, Right};
        let unasked = Record {
            question: None,
            ..answer("read", Right, "")
        };
        let records = vec![
            answer("one", NotHere, "maybe"),
            answer("one", Missed, "no"),
            unasked,
            answer("one", Right, "yes"),
        ];
        let expected = Foretold {
            question: "one?".to_owned(),
            predicted: Some("no".to_owned()),
            came_true: vec!["yes".to_owned()],
            seen: None,
        };
        let told = foretold(records);
        assert_eq!(told, BTreeMap::from([("one".to_owned(), expected)]));
    }
}
