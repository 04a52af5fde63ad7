//! What a lesson amounted to, for its last words.
use super::super::event::{Foretold, StepResult, Summary};
use super::Tutor;
use crate::lesson::{Kind, Step};

impl Tutor {
    pub(super) fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for step in &self.lesson.steps {
            let result = match step.kind {
                Kind::Predict { .. } => self.first.get(&step.id),
                _ => self.results.get(&step.id),
            };
            match (&step.kind, result) {
                (_, Some(StepResult::Skipped)) => summary.skipped += 1,
                (Kind::Predict { .. }, Some(StepResult::Right)) => {
                    summary.predictions += 1;
                    summary.right += 1;
                    summary.foretold.extend(self.told(step));
                }
                (Kind::Predict { .. }, Some(StepResult::Missed)) => {
                    summary.predictions += 1;
                    summary.surprises.extend(self.told(step));
                }
                (Kind::Task(_), Some(StepResult::Done)) => summary.tasks += 1,
                (Kind::Task(_), Some(StepResult::Helped)) => {
                    summary.tasks += 1;
                    summary.helped += 1;
                }
                _ => {}
            }
        }
        summary
    }

    /// A prediction and what came of it. Where nobody knows, the lesson's own words are left, unless
    /// they have lost what filled their places.
    fn told(&self, step: &Step) -> Option<Foretold> {
        let Kind::Predict { question, .. } = &step.kind else {
            return None;
        };
        let earlier = || Foretold {
            question: question.clone(),
            ..Foretold::default()
        };
        let told = self.foretold.get(&step.id).cloned();
        told.or_else(|| (!question.contains('{')).then(earlier))
    }
}
