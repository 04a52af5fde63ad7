//! What the lab answered: set-ups, the lesson's own lines, the learner's.
use std::collections::BTreeSet;

use crate::lang::{Author, LineError, Outcome, Ran, Scope};
use crate::lesson::{Kind, Task};

use super::super::event::{Ask, Event};
use super::super::grade;
use super::{Origin, Tutor};

impl Tutor {
    pub(super) fn took(&mut self, line: &str, origin: Origin, ran: Ran) {
        self.scope = ran.scope;
        match origin {
            Origin::Setup => self.prepared(ran.line, ran.outcome),
            Origin::Lesson => {
                self.emit(Event::Command {
                    line: ran.line.clone(),
                    author: Author::Lesson,
                });
                self.show(&ran.line, ran.outcome);
            }
            Origin::Replay => {
                self.emit(Event::Command {
                    line: ran.line.clone(),
                    author: Author::Learner,
                });
                self.show(&ran.line, ran.outcome);
                self.stirred(line);
                self.after_replay();
            }
            Origin::Learner { back_to } => {
                self.stirred(line);
                if back_to == Ask::Commands {
                    self.step.typed.push(line.to_owned());
                }
                let failed = ran
                    .outcome
                    .as_ref()
                    .and_then(|o| o.failure())
                    .map(|f| f.error.name());
                self.show(&ran.line, ran.outcome);
                self.after_learner(&ran.line, failed.as_deref(), back_to);
            }
        }
    }

    pub(super) fn prepared(&mut self, line: String, outcome: Option<Outcome>) {
        let Some(outcome) = outcome else { return };
        if !outcome.is_ok() {
            self.show(&line, Some(outcome));
        }
        self.step.prepared.push(line);
    }

    pub(super) fn show(&mut self, line: &str, outcome: Option<Outcome>) {
        if let Some(outcome) = outcome {
            self.emit(Event::Outcome {
                line: line.to_owned(),
                outcome: Box::new(outcome),
            });
        }
    }

    pub(super) fn could_not_read(&mut self, line: &str, origin: Origin, problem: LineError) {
        let LineError {
            message,
            span,
            help,
        } = problem;
        self.emit(Event::BadLine {
            line: line.to_owned(),
            message,
            span,
            help,
        });
        match origin {
            Origin::Learner { back_to } => self.wait_for(back_to),
            Origin::Replay => self.after_replay(),
            Origin::Setup | Origin::Lesson => {}
        }
    }

    pub(super) fn after_learner(&mut self, line: &str, failed: Option<&str>, back_to: Ask) {
        let task = match self.current().map(|step| &step.kind) {
            Some(Kind::Task(task)) if back_to == Ask::Commands => Some(task.clone()),
            _ => None,
        };
        let Some(task) = task else {
            self.offer_card(failed);
            return self.wait_for(back_to);
        };
        if self.goals_met(&task) {
            return self.solved();
        }
        match grade::trap(&task.traps, line, &self.scope) {
            Some(text) => self.emit(Event::Trap { text }),
            None => match nameless(line, &task, &self.scope) {
                Some(text) => self.notice(text),
                None => self.offer_card(failed),
            },
        }
        self.wait_for(back_to);
    }

    pub(super) fn offer_card(&mut self, error: Option<&str>) {
        let Some(error) = error.filter(|error| !self.carded.iter().any(|seen| seen == error))
        else {
            return;
        };
        if let Some(card) = self.cards.card(error) {
            self.carded.push(error.to_owned());
            self.emit(Event::Card { card });
        }
    }
}

/// What to say to somebody who opened the right thing and gave it no name: the goals speak of names.
fn nameless(line: &str, task: &Task, scope: &Scope) -> Option<String> {
    let opens = [
        "bind", "listen", "connect", "accept", "udp", "serve", "many", "repeat",
    ];
    let verb = line.split_whitespace().next()?;
    let worked = scope.get("last")?.get("ok")?.as_bool()?;
    if !worked || !opens.contains(&verb) {
        return None;
    }
    // Whether the solution gives the name to what this verb opens.
    let opened_by_it = |name: &String| {
        let mut lines = task.solution.iter().filter_map(|line| line.split_once('='));
        lines.any(|(its, line)| its.trim() == name && line.split_whitespace().next() == Some(verb))
    };
    let wanted = task.goals.iter().flat_map(|goal| goal.check.names());
    let missing: BTreeSet<String> = wanted
        .filter(|name| scope.get(name).is_none() && opened_by_it(name))
        .map(|name| format!("`{name} =`"))
        .collect();
    if missing.is_empty() {
        return None;
    }
    let begin = Vec::from_iter(missing).join(" or ");
    // It keeps its port as long as it is open, so the same line again could find the port taken.
    Some(format!(
        "That worked, and it has no name, so the goals cannot see it. `undo` takes it back; then begin the line with {begin}."
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::lesson;
    use super::*;
    use crate::lesson::Kind;

    #[test]
    fn a_name_is_asked_for_where_the_solution_gives_it_one() {
        let steps = lesson().steps;
        let mut tasks = steps.iter().filter_map(|step| match &step.kind {
            Kind::Task(task) => Some(task),
            _ => None,
        });
        let task = tasks.next().unwrap();
        let mut scope = Scope::new();
        scope.insert("last", json!({"ok": true}));
        let said = nameless("listen 127.0.0.1:0", task, &scope).unwrap();
        assert!(said.ends_with("begin the line with `b =`."), "{said}");
        for line in ["accept a", "range"] {
            assert_eq!(nameless(line, task, &scope), None, "{line}");
        }
        scope.insert("b", json!({"ok": true}));
        assert_eq!(nameless("listen 127.0.0.1:0", task, &scope), None);
    }
}
