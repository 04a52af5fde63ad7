//! What the person typed: answers, and the words of the walk.
use crate::lang::{LineError, known_elsewhere, parse_line, verb_usage, verbs};
use crate::lesson::{Kind, Step, Task};

use super::super::event::{Ask, Event, Leave, StepResult};
use super::super::grade;
use super::super::plan::{self, Act};
use super::super::words::{WORDS, Word};
use super::{InHand, Tutor, Waiting};

impl Tutor {
    pub(super) fn enter(&mut self, ask: Ask) {
        match ask {
            Ask::Run { .. } => self.make_good(&ask),
            Ask::Continue => {}
            Ask::Visit => self.waiting = Waiting::Look { begin: false },
            ask if self.is_done_before() => {
                self.notice("You have done this step before: `next` goes on without it.");
                self.wait_for(ask);
            }
            Ask::Commands => {
                let help = match self.hints() {
                    [] => "`solution` types the solution",
                    _ => "`hint` helps",
                };
                self.notice(format!(
                    "The goals above are still open. {help}; `skip` performs the step."
                ));
                self.wait_for(ask);
            }
            Ask::Letter { options, several } => {
                let help = format!("{}; or `skip`", grade::wanted_letters(options, several));
                self.emit(Event::NotUnderstood {
                    given: String::new(),
                    help,
                });
                self.wait_for(ask);
            }
            _ => {
                self.notice("An answer is wanted here; `skip` shows it and goes on.");
                self.wait_for(ask);
            }
        }
    }

    /// Enter at a question that is asked again: it costs nothing, unless an answer missed before.
    pub(super) fn later(&mut self, ask: Ask) {
        let question = !matches!(ask, Ask::Continue | Ask::Run { .. });
        match self.step {
            InHand {
                settled: false,
                missed: true,
                ..
            } if question => self.skip(&ask),
            InHand { settled: false, .. } if question => {
                self.waiting = Waiting::Over(Leave::Menu);
            }
            _ => self.enter(ask),
        }
    }

    pub(super) fn answer(&mut self, typed: &str, ask: Ask) {
        let is_recall = matches!(self.current().map(|s| &s.kind), Some(Kind::Ask(_)));
        match &ask {
            Ask::Letter { options, .. } if !is_recall => match grade::letters(typed, *options) {
                Some(chosen) if chosen.len() == 1 => self.predicted(chosen.first().copied()),
                _ if known_elsewhere(typed).is_some() => self.not_a_line(typed, ask),
                _ => {
                    let help = grade::one_letter(*options);
                    self.emit(Event::NotUnderstood {
                        given: typed.to_owned(),
                        help,
                    });
                    self.wait_for(ask);
                }
            },
            _ if belongs_elsewhere(typed, &ask) => {
                self.not_a_line(typed, ask);
            }
            Ask::Letter { .. } | Ask::Order { .. } | Ask::Number | Ask::Text | Ask::Endpoint => {
                self.recalled(typed, ask);
            }
            _ => self.not_a_line(typed, ask),
        }
    }

    /// Neither a word of the walk nor a lab line: the lab's own error says it best.
    pub(super) fn not_a_line(&mut self, typed: &str, ask: Ask) {
        if let Err(LineError {
            message,
            span,
            help,
        }) = parse_line(typed)
        {
            self.emit(Event::BadLine {
                line: typed.to_owned(),
                message,
                span,
                help,
            });
        }
        self.wait_for(ask);
    }

    pub(super) fn word(&mut self, word: Word, ask: Ask) {
        let of_the_step = matches!(
            word,
            Word::Next | Word::Hint | Word::Solution | Word::Skip | Word::Undo
        );
        if ask == Ask::Play && of_the_step {
            self.notice("That belongs to the lesson; `done` returns there.");
            return self.wait_for(ask);
        }
        match word {
            Word::Next => self.next(ask),
            Word::Back => self.back(ask),
            Word::Hint => self.hint(ask),
            Word::Solution => self.solution(ask),
            Word::Skip => self.skip(&ask),
            Word::Undo => self.undo(ask),
            Word::Restart => {
                self.record_settled();
                self.begin_step();
            }
            Word::Play => self.play(ask),
            Word::Done => self.done_playing(ask),
            Word::Menu => self.leave(Leave::Menu),
            Word::Quit => self.leave(Leave::Quit),
            Word::Notes => self.notes(ask),
            Word::Help(verb) => self.help(verb.as_deref(), ask),
        }
    }

    fn leave(&mut self, leave: Leave) {
        self.record_settled();
        self.waiting = Waiting::Over(leave);
    }

    /// Enter, but a step that was done before need not be done again.
    fn next(&mut self, ask: Ask) {
        if ask != Ask::Continue && self.is_done_before() {
            return self.next_step();
        }
        self.enter(ask);
    }

    /// Whether the step in hand was done in an earlier round, and is not yet in this one.
    pub(super) fn is_done_before(&self) -> bool {
        let in_this = self.step.settled || self.step.recorded.is_some() || self.is_alone();
        !in_this && self.results.contains_key(self.step_id())
    }

    pub(super) fn back(&mut self, ask: Ask) {
        if self.is_alone() {
            self.notice("This question stands alone here; `menu` leaves it.");
            return self.wait_for(ask);
        }
        self.record_settled();
        if self.at == 0 {
            self.notice("This is the first step.");
        }
        self.at = self.at.saturating_sub(1);
        // Steps that do not fit this machine lie behind us too; do not walk into them again.
        while self.at > 0 && !self.fits(self.at) {
            self.at -= 1;
        }
        self.begin_step();
    }

    pub(super) fn hint(&mut self, ask: Ask) {
        let hints = self.hints().to_vec();
        match hints.get(self.step.hints) {
            Some(text) => {
                self.step.hints += 1;
                let text = grade::fill(text, &self.scope);
                self.emit(Event::Hint {
                    tier: self.step.hints,
                    of: hints.len(),
                    text,
                });
            }
            None => self.emit(Event::NoMoreHints {
                solution: !hints.is_empty(),
            }),
        }
        self.wait_for(ask);
    }

    fn hints(&self) -> &[String] {
        match self.current().map(|step| &step.kind) {
            Some(Kind::Task(task)) => &task.hints,
            _ => &[],
        }
    }

    pub(super) fn solution(&mut self, ask: Ask) {
        let lines = self.solution_lines();
        if lines.is_empty() {
            let is_recall = matches!(self.current().map(|s| &s.kind), Some(Kind::Ask(_)));
            self.notice(match &ask {
                Ask::Letter { .. } if !is_recall => {
                    "The kernel knows; pick any option to see, or `skip`."
                }
                Ask::Continue | Ask::Run { .. } => "There is nothing to solve here; Enter goes on.",
                _ => "There is nothing to type here; `skip` shows the answer and goes on.",
            });
        } else if matches!(ask, Ask::Commands | Ask::Visit) && self.has_changed_the_lab() {
            return self.solve_anew();
        } else {
            self.offer_solution(&lines);
        }
        self.wait_for(ask);
    }

    /// Performs the step for the learner, so that what follows makes sense.
    pub(super) fn skip(&mut self, ask: &Ask) {
        if self.step.settled || matches!(ask, Ask::Continue | Ask::Run { .. }) {
            return;
        }
        let Some(step) = self.current().cloned() else {
            return;
        };
        match &step.kind {
            Kind::Predict { .. } => self.predicted(None),
            Kind::Task(Task {
                solution: lines, ..
            }) => self.perform(&step, lines),
            Kind::Visit(visit) => self.perform(&step, &visit.stand_in),
            Kind::Ask(_) => {
                self.reveal(false, "");
                self.settle(StepResult::Skipped);
            }
            Kind::Say | Kind::Run { .. } => {}
        }
    }

    pub(super) fn perform(&mut self, step: &Step, lines: &[String]) {
        self.step.settled = true;
        self.plan.push_back(Act::Empty(step.world));
        self.plan.extend(step.setup.iter().cloned().map(Act::Quiet));
        self.plan.extend(lines.iter().cloned().map(Act::Shown));
        self.plan.push_back(Act::Explain(step.explain.clone()));
        self.plan.extend(plan::ending(StepResult::Skipped));
    }

    pub(super) fn notes(&mut self, ask: Ask) {
        match self.current().and_then(|step| step.notes.clone()) {
            Some(text) => {
                let text = grade::fill(&text, &self.scope);
                self.emit(Event::Notes { text });
            }
            None => self.notice("This step has no instructor's notes."),
        }
        self.wait_for(ask);
    }

    pub(super) fn help(&mut self, verb: Option<&str>, ask: Ask) {
        match verb {
            None => self.emit(Event::Help {
                words: WORDS
                    .iter()
                    .map(|(w, m)| ((*w).to_owned(), (*m).to_owned()))
                    .collect(),
                verbs: verbs()
                    .into_iter()
                    .map(|(v, m)| (v.to_owned(), m))
                    .collect(),
            }),
            Some(verb) => match (
                verb_usage(verb),
                WORDS.iter().find(|(word, _)| *word == verb),
            ) {
                (_, Some((word, meaning))) if *word != "reset" => {
                    self.emit(Event::VerbHelp {
                        text: format!("{word}: {meaning}"),
                    });
                }
                (Some(text), _) => self.emit(Event::VerbHelp { text }),
                _ => self.notice(format!("`{verb}` is no verb; `help` lists them all.")),
            },
        }
        self.wait_for(ask);
    }
}

/// Whether an answer is none, but a line for another prompt. A word may be what a question wants to hear,
/// and a number is what some do.
fn belongs_elsewhere(typed: &str, ask: &Ask) -> bool {
    let is_number = typed.starts_with(|c: char| c.is_ascii_digit());
    let may_answer = match ask {
        Ask::Number | Ask::Endpoint => is_number,
        Ask::Letter { .. } | Ask::Order { .. } => false,
        _ => true,
    };
    !may_answer && known_elsewhere(typed).is_some()
}
