//! Tasks and visits: goals, and the lines that lead there.
use crate::lesson::{Kind, Task};

use super::super::event::{Ask, Event, StepResult};
use super::super::grade;
use super::super::plan::{self, Act};
use super::Tutor;

impl Tutor {
    pub(super) fn begin_task(&mut self) {
        let Some(Kind::Task(task)) = self.current().map(|step| step.kind.clone()) else {
            return;
        };
        self.emit(Event::Task {
            text: grade::fill(&task.text, &self.scope),
        });
        self.goals_met(&task);
        self.wait_for(Ask::Commands);
    }

    /// Says how the goals stand, and whether all are met.
    pub(super) fn goals_met(&mut self, task: &Task) -> bool {
        let goals = grade::goals(&task.goals, &self.scope);
        let met = goals.iter().all(|goal| goal.met);
        self.emit(Event::Goals { goals, met });
        met
    }

    pub(super) fn solution_lines(&self) -> Vec<String> {
        match self.current().map(|step| &step.kind) {
            Some(Kind::Task(task)) => task.solution.clone(),
            Some(Kind::Visit(visit)) => visit.stand_in.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn offer_solution(&mut self, lines: &[String]) {
        self.step.helped = true;
        let lines = lines
            .iter()
            .map(|line| grade::fill_line(line, &self.scope))
            .collect();
        self.emit(Event::Solution { lines });
    }

    /// The task again, as the new set-up has it, and its solution.
    pub(super) fn solve(&mut self) {
        match self.current().map(|step| &step.kind) {
            Some(Kind::Visit(_)) => self.begin_visit(),
            _ => self.begin_task(),
        }
        self.offer_solution(&self.solution_lines());
    }

    pub(super) fn solved(&mut self) {
        let result = if self.step.helped {
            StepResult::Helped
        } else {
            StepResult::Done
        };
        self.step.settled = true;
        let explain = self
            .current()
            .map(|step| step.explain.clone())
            .unwrap_or_default();
        self.plan.push_back(Act::Explain(explain));
        self.plan.extend(plan::ending(result));
    }

    pub(super) fn begin_visit(&mut self) {
        let Some(Kind::Visit(visit)) = self.current().map(|step| step.kind.clone()) else {
            return;
        };
        self.emit(Event::Task {
            text: grade::fill(&visit.text, &self.scope),
        });
        self.look_at_goals();
    }

    pub(super) fn look_again(&mut self) {
        match self.current().map(|step| &step.kind) {
            Some(Kind::Visit(_)) => self.look_at_goals(),
            Some(Kind::Task(_)) => {
                let Some(Kind::Task(task)) = self.current().map(|s| s.kind.clone()) else {
                    return;
                };
                if self.goals_met(&task) {
                    self.solved();
                } else {
                    self.wait_for(Ask::Commands);
                }
            }
            _ => {}
        }
    }

    pub(super) fn look_at_goals(&mut self) {
        let Some(Kind::Visit(visit)) = self.current().map(|step| step.kind.clone()) else {
            return;
        };
        let goals = grade::goals(&visit.goals, &self.scope);
        let met = goals.iter().all(|goal| goal.met);
        self.emit(Event::Goals { goals, met });
        if met {
            self.solved();
        } else {
            self.wait_for(Ask::Visit);
        }
    }
}
