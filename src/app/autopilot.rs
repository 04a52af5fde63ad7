//! The hand that plays a lesson by itself: it presses Enter, types solutions, knows the answers.
//!
//! It never says which prediction is right: the kernel does, so there it lets the step be
//! performed.
use std::collections::VecDeque;

use crate::lang::Scope;
use crate::lesson::{Answer, Kind, Question, Step};
use crate::tutor::{Ask, Tutor, letter};

/// What the autopilot has typed ahead for the step in hand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Autopilot {
    step: String,
    ahead: VecDeque<String>,
}

impl Autopilot {
    /// The line that moves this question on.
    pub(crate) fn line(&mut self, ask: &Ask, tutor: &Tutor) -> String {
        if self.step != tutor.step_id() {
            tutor.step_id().clone_into(&mut self.step);
            self.ahead = tutor
                .lesson()
                .step(&self.step)
                .map(typed_lines)
                .unwrap_or_default();
        }
        match ask {
            Ask::Continue | Ask::Run { .. } => String::new(),
            Ask::Commands | Ask::Visit | Ask::Play => {
                self.ahead.pop_front().unwrap_or_else(|| "skip".to_owned())
            }
            Ask::Letter { .. } | Ask::Number | Ask::Text | Ask::Endpoint | Ask::Order { .. } => {
                match tutor.lesson().step(&self.step).map(|step| &step.kind) {
                    Some(Kind::Ask(question)) => right_answer(question, tutor.scope()),
                    _ => "skip".to_owned(),
                }
            }
        }
    }
}

fn typed_lines(step: &Step) -> VecDeque<String> {
    match &step.kind {
        Kind::Task(task) => task.solution.iter().cloned().collect(),
        Kind::Visit(visit) => {
            // A visit is looked at when Enter is pressed, not after a line.
            let enter = std::iter::once(String::new());
            visit.stand_in.iter().cloned().chain(enter).collect()
        }
        _ => VecDeque::new(),
    }
}

/// What a learner who knows the answer would type.
pub(crate) fn right_answer(question: &Question, scope: &Scope) -> String {
    match &question.answer {
        Answer::Choice { options, .. } => {
            let right = options
                .iter()
                .enumerate()
                .filter(|(_, option)| option.correct);
            right
                .map(|(index, _)| letter(index).to_string())
                .collect::<Vec<_>>()
                .join(" ")
        }
        Answer::Number { value, .. } | Answer::Endpoint(value) => value.typed(scope),
        Answer::Text(accepted) => {
            let first = accepted.first().map(String::as_str).unwrap_or_default();
            crate::lang::Template::unchecked(first)
                .render(scope)
                .unwrap_or_default()
        }
        Answer::Order(items) => {
            let shown = crate::tutor::shown_order(items.len());
            let place = |item| shown.iter().position(|at| *at == item).unwrap_or(item);
            (0..items.len()).map(|item| letter(place(item))).collect()
        }
    }
}
