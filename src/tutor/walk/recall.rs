//! Recalls: questions the lesson knows the answer to.
use crate::lesson::{Answer, Kind};

use super::super::event::{Ask, Event, StepResult};
use super::super::grade::{self, Judged};
use super::super::plan;
use super::Tutor;

impl Tutor {
    pub(super) fn ask_recall(&mut self) {
        let Some(Kind::Ask(question)) = self.current().map(|step| step.kind.clone()) else {
            return;
        };
        let (options, ask) = match &question.answer {
            Answer::Choice { options, several } => (
                options.iter().map(|option| option.say.clone()).collect(),
                Ask::Letter {
                    options: options.len(),
                    several: *several,
                },
            ),
            Answer::Order(items) => {
                let shown = grade::shown_order(items.len());
                let shown = shown
                    .into_iter()
                    .filter_map(|i| items.get(i).cloned())
                    .collect();
                (shown, Ask::Order { items: items.len() })
            }
            Answer::Number { .. } => (Vec::new(), Ask::Number),
            Answer::Text(_) => (Vec::new(), Ask::Text),
            Answer::Endpoint(_) => (Vec::new(), Ask::Endpoint),
        };
        let fill = |text: &String| grade::fill(text, &self.scope);
        self.emit(Event::Question {
            question: fill(&question.text),
            options: options.iter().map(fill).collect(),
            prediction: false,
            ask: ask.clone(),
        });
        self.wait_for(ask);
    }

    pub(super) fn recalled(&mut self, typed: &str, ask: Ask) {
        let Some(Kind::Ask(question)) = self.current().map(|step| step.kind.clone()) else {
            return;
        };
        match grade::answer(&question, typed, &self.scope) {
            Judged::Unreadable(help) => {
                self.emit(Event::NotUnderstood {
                    given: typed.to_owned(),
                    help,
                });
                self.wait_for(ask);
            }
            Judged::Wrong(remark) => {
                self.step.missed = true;
                let because = remark.map(|text| grade::fill(&text, &self.scope));
                self.answered(false, typed, None, because);
                self.wait_for(ask);
            }
            Judged::Right => {
                self.reveal(true, typed);
                let missed = self.step.missed || self.step.helped;
                self.settle(if missed {
                    StepResult::Missed
                } else {
                    StepResult::Right
                });
            }
        }
    }

    pub(super) fn reveal(&mut self, correct: bool, given: &str) {
        let Some(Kind::Ask(question)) = self.current().map(|step| step.kind.clone()) else {
            return;
        };
        let answer = grade::fill(&grade::solution(&question.answer, &self.scope), &self.scope);
        let reasons = grade::reasons(&question.answer);
        let reasons: Vec<String> = reasons
            .into_iter()
            .chain(question.because.as_deref())
            .map(|text| grade::fill(text, &self.scope))
            .collect();
        let because = (!reasons.is_empty()).then(|| reasons.join("\n\n"));
        self.answered(correct, given, Some(answer), because);
    }

    pub(super) fn answered(
        &mut self,
        correct: bool,
        given: &str,
        answer: Option<String>,
        because: Option<String>,
    ) {
        let given = given.to_owned();
        self.emit(Event::Answered {
            correct,
            given,
            answer,
            because,
        });
    }

    pub(super) fn settle(&mut self, result: StepResult) {
        self.step.settled = true;
        self.plan.extend(plan::ending(result));
    }
}
