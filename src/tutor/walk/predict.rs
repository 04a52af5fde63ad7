//! Predictions: asked, answered by the kernel, and what a miss leads to.
use crate::lesson::Kind;

use super::super::event::{Ask, Event, Foretold, StepResult};
use super::super::grade;
use super::super::plan::{self, Act};
use super::Tutor;

impl Tutor {
    pub(super) fn ask_prediction(&mut self) {
        let Some(Kind::Predict {
            question, options, ..
        }) = self.current().map(|s| s.kind.clone())
        else {
            return;
        };
        let ask = Ask::Letter {
            options: options.len(),
            several: false,
        };
        self.emit(Event::Question {
            question: grade::fill(&question, &self.scope),
            options: options
                .iter()
                .map(|o| grade::fill(&o.say, &self.scope))
                .collect(),
            prediction: true,
            ask: ask.clone(),
        });
        self.wait_for(ask);
    }

    pub(super) fn predicted(&mut self, option: Option<usize>) {
        let Some(step) = self.current().cloned() else {
            return;
        };
        let Kind::Predict { options, lines, .. } = &step.kind else {
            return;
        };
        self.step.chosen = option;
        if let Some((option, chosen)) = option.and_then(|i| Some((i, options.get(i)?))) {
            let text = grade::fill(&chosen.say, &self.scope);
            self.emit(Event::Predicted { option, text });
        }
        self.plan.extend(plan::after_prediction(&step, lines));
        self.make_good(&Ask::Letter {
            options: options.len(),
            several: false,
        });
    }

    pub(super) fn grade_prediction(&mut self) {
        let Some(Kind::Predict {
            options, question, ..
        }) = self.current().map(|s| s.kind.clone())
        else {
            return;
        };
        let verdicts = grade::options(&options, &self.scope);
        let holds = |i: &usize| verdicts.get(*i).is_some_and(|(holds, _)| *holds);
        let came_true: Vec<usize> = (0..options.len()).filter(holds).collect();
        let say = |i: usize| options.get(i).map(|o| grade::fill(&o.say, &self.scope));
        let missed = self
            .step
            .chosen
            .is_some_and(|chosen| !came_true.contains(&chosen));
        let misconception = self
            .step
            .chosen
            .filter(|_| missed)
            .and_then(|chosen| options.get(chosen)?.misconception.clone());
        let truth: Vec<String> = came_true.iter().filter_map(|i| say(*i)).collect();
        let values = |i: &usize| options.get(*i).map(|o| o.claim.seen(&self.scope));
        let seen: Vec<String> = came_true.iter().filter_map(values).collect();
        if let Some(predicted) = self.step.chosen.and_then(say) {
            let foretold = Foretold {
                question: grade::fill(&question, &self.scope),
                predicted: Some(predicted),
                came_true: truth.clone(),
                seen: seen.first().filter(|seen| !seen.is_empty()).cloned(),
            };
            let step = self.step_id().to_owned();
            if !self.first.contains_key(&step) {
                self.foretold.insert(step, foretold);
            }
        }
        let graded = Event::Graded {
            chosen: self.step.chosen,
            truth,
            seen,
            misconception: misconception.clone(),
            came_true: came_true.clone(),
        };
        let observed: Vec<_> = (0..options.len())
            .filter_map(|i| Some((say(i)?, verdicts.get(i)?.1.clone())))
            .collect();
        self.emit(graded);
        if came_true.is_empty() {
            self.emit(Event::Surprise { observed });
        }
        self.settle_prediction(missed, misconception);
    }

    pub(super) fn settle_prediction(&mut self, missed: bool, misconception: Option<String>) {
        let result = match self.step.chosen {
            None => StepResult::Skipped,
            Some(_) if missed => StepResult::Missed,
            Some(_) => StepResult::Right,
        };
        self.step.settled = true;
        let shown = misconception
            .as_deref()
            .and_then(|tag| self.refuted_before(tag));
        if let Some(shown) = shown {
            self.plan.push_back(Act::Remark(shown));
            return self.plan.extend(plan::ending(result));
        }
        let refutation =
            misconception.and_then(|tag| Some((self.lesson.refutations.get(&tag)?.clone(), tag)));
        if let Some((refutation, misconception)) = refutation {
            self.plan.push_back(Act::Record(result));
            self.plan.push_back(Act::Enter(Ask::Continue));
            self.plan.push_back(Act::Refute {
                misconception,
                refutation: Box::new(refutation),
            });
        }
        self.plan.extend(plan::ending(result));
    }
}
