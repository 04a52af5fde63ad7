//! The state machine itself: what is wanted next, and what each answer changes.
mod detour;
mod lab;
mod predict;
mod recall;
mod summary;
mod task;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_alone;
#[cfg(test)]
mod tests_detour;
mod typed;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::lang::{Author, CardSource, LineError, Ran, Scope};
use crate::lesson::{Kind, Lesson, Refutation, Step, WorldName};

use super::event::{Ask, Event, Foretold, Leave, StepResult, Want};
use super::grade;
use super::plan::{self, Act};
use super::words::{Word, is_lab_line};
use detour::{Playing, Ports, Stands};

/// A walk through one lesson.
pub struct Tutor {
    lesson: Arc<Lesson>,
    cards: Arc<dyn CardSource>,
    /// Index of the step in hand.
    at: usize,
    plan: VecDeque<Act>,
    waiting: Waiting,
    events: VecDeque<Event>,
    scope: Scope,
    /// What the step in hand has collected so far.
    step: InHand,
    /// The question that waits while the learner plays.
    playing: Option<Playing>,
    /// Errnos whose card was shown in this walk; a card twice is noise.
    carded: Vec<String>,
    /// Whether no line has run yet.
    untouched: bool,
    /// Which steps are for other machines, once the lab has said what it sees; before that only a page
    /// without places can be shown.
    elsewhere: Option<Vec<bool>>,
    /// How each step went, the latest time; earlier sittings included.
    results: BTreeMap<String, StepResult>,
    /// How each question went the first time, ever.
    first: BTreeMap<String, StepResult>,
    /// The predictions of this sitting, by step.
    foretold: BTreeMap<String, Foretold>,
    /// The step in which the experiment for a misconception was shown, by its tag.
    refuted: BTreeMap<String, String>,
    /// When a single question is asked again: its number, from 1, and how many there are.
    alone: Option<(usize, usize)>,
    /// Whether the step it began with is the last.
    one_step: bool,
}

/// What is remembered of the step in hand, and forgotten with it.
#[derive(Clone, Debug, Default)]
struct InHand {
    prepared: Vec<String>,
    chosen: Option<usize>,
    missed: bool,
    helped: bool,
    hints: usize,
    /// The learner's own lines, as typed, for `undo`.
    typed: Vec<String>,
    /// Lines still to be repeated after an `undo`.
    replay: VecDeque<String>,
    /// The ports that names had before the lines are repeated.
    before: Ports,
    /// What the question or the offered lines rest on.
    stands: Option<Stands>,
    /// The experiment for a misconception, while it is on.
    refutation: Option<Box<Refutation>>,
    settled: bool,
    /// Its result, once it is written down; leaving a detour must not ask it again.
    recorded: Option<StepResult>,
}

#[derive(Clone, Debug)]
enum Waiting {
    /// The walk can go on by itself.
    Free,
    /// The lab is asked to run a line.
    Lab { line: String, origin: Origin },
    /// The lab is asked to clear itself.
    Clear(WorldName),
    /// The lab is asked what it sees, before the first step or to judge goals anew.
    Look { begin: bool },
    /// Somebody is asked for a line.
    Line(Ask),
    /// It is over.
    Over(Leave),
}

/// Where a line came from; decides how much of it is shown.
#[derive(Clone, Debug)]
enum Origin {
    Setup,
    Lesson,
    Learner { back_to: Ask },
    Replay,
}

impl Tutor {
    /// Begins a lesson, at a step when its id is given and known. The lab is clear then.
    pub fn new(lesson: Arc<Lesson>, cards: Arc<dyn CardSource>, from: Option<&str>) -> Self {
        let at = from.and_then(|id| lesson.steps.iter().position(|step| step.id == id));
        Self::at(lesson, cards, at.unwrap_or(0)).begun()
    }

    /// Walks one step of a lesson and no further, as a learner who comes to it does. `None` when the
    /// lesson has no such step.
    pub fn through(lesson: Arc<Lesson>, cards: Arc<dyn CardSource>, step: &str) -> Option<Self> {
        let at = lesson.steps.iter().position(|found| found.id == step)?;
        let mut tutor = Self::at(lesson, cards, at);
        tutor.one_step = true;
        Some(tutor.begun())
    }

    fn begun(self) -> Self {
        let mut tutor = self;
        let lesson = &tutor.lesson;
        tutor.events.push_back(Event::LessonStarted {
            lesson: lesson.id.clone(),
            title: lesson.title.clone(),
            summary: lesson.summary.clone(),
            minutes: lesson.minutes,
            objectives: lesson.objectives.clone(),
        });
        tutor.begin_step();
        tutor.advance();
        tutor
    }

    /// Asks one question of a lesson again: the walk begins and ends with that step, and Enter puts
    /// it off. `place` is its number, from 1, and how many are asked. `None` when the lesson has no
    /// such prediction or recall.
    pub fn alone(
        lesson: Arc<Lesson>,
        cards: Arc<dyn CardSource>,
        step: &str,
        place: (usize, usize),
    ) -> Option<Self> {
        let is_question = |step: &Step| matches!(step.kind, Kind::Predict { .. } | Kind::Ask(_));
        let wanted = |found: &Step| found.id == step && is_question(found);
        let at = lesson.steps.iter().position(wanted)?;
        let mut tutor = Self::at(lesson, cards, at);
        tutor.alone = Some(place);
        tutor.begin_step();
        tutor.advance();
        Some(tutor)
    }

    fn at(lesson: Arc<Lesson>, cards: Arc<dyn CardSource>, at: usize) -> Self {
        Self {
            at,
            plan: VecDeque::new(),
            waiting: Waiting::Free,
            events: VecDeque::new(),
            scope: Scope::new(),
            step: InHand::default(),
            playing: None,
            carded: Vec::new(),
            untouched: true,
            elsewhere: None,
            results: BTreeMap::new(),
            first: BTreeMap::new(),
            foretold: BTreeMap::new(),
            refuted: BTreeMap::new(),
            alone: None,
            one_step: false,
            cards,
            lesson,
        }
    }

    /// How steps of this lesson went in earlier sittings, for the summary at its end.
    #[must_use]
    pub fn with_results(mut self, results: impl IntoIterator<Item = (String, StepResult)>) -> Self {
        self.results.extend(results);
        self
    }

    /// How questions of this lesson went the first time they were answered, which is what counts.
    #[must_use]
    pub fn with_first(mut self, first: impl IntoIterator<Item = (String, StepResult)>) -> Self {
        let met = first.into_iter().filter(|(_, result)| result.is_met());
        self.first.extend(met);
        self
    }

    /// What was predicted in those sittings, by step, for the summary.
    #[must_use]
    pub fn with_foretold(mut self, told: impl IntoIterator<Item = (String, Foretold)>) -> Self {
        self.foretold.extend(told);
        self
    }

    /// What is needed next.
    pub fn want(&self) -> Want {
        match &self.waiting {
            Waiting::Lab { line, origin } => Want::Run {
                line: line.clone(),
                author: match origin {
                    Origin::Setup | Origin::Lesson => Author::Lesson,
                    Origin::Learner { .. } | Origin::Replay => Author::Learner,
                },
            },
            Waiting::Clear(world) => Want::Clear { world: *world },
            Waiting::Look { .. } => Want::Look,
            Waiting::Line(ask) => Want::Line(ask.clone()),
            Waiting::Over(leave) => Want::Nothing(*leave),
            // `advance` never stops in between; an empty walk is a finished one.
            Waiting::Free => Want::Nothing(Leave::Finished),
        }
    }

    /// What has been said since the last call.
    pub fn events(&mut self) -> impl Iterator<Item = Event> {
        std::mem::take(&mut self.events).into_iter()
    }

    /// The lesson being walked.
    pub fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    /// Number of the step in hand, from 1, and how many there are on this machine; of questions that
    /// are asked again, the number among those.
    pub fn position(&self) -> (usize, usize) {
        let all = self.lesson.steps.len();
        let place = || (self.number(self.at), self.number(all).saturating_sub(1));
        self.alone.unwrap_or_else(place)
    }

    /// The number of a step, from 1. What is for other machines has none, so that none is missing.
    fn number(&self, at: usize) -> usize {
        (0..at).filter(|at| !self.is_elsewhere(*at)).count() + 1
    }

    fn is_elsewhere(&self, at: usize) -> bool {
        let elsewhere = self.elsewhere.as_ref().and_then(|steps| steps.get(at));
        elsewhere.copied().unwrap_or_default()
    }

    /// Whether a single question is asked again.
    pub fn is_alone(&self) -> bool {
        self.alone.is_some()
    }

    /// Id of the step in hand.
    pub fn step_id(&self) -> &str {
        self.current().map_or("", |step| &step.id)
    }

    /// What expressions saw last.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The lab ran the wanted line, or could not read it.
    pub fn ran(&mut self, result: Result<Ran, LineError>) {
        let waiting = std::mem::replace(&mut self.waiting, Waiting::Free);
        let Waiting::Lab { line, origin } = waiting else {
            self.waiting = waiting;
            return;
        };
        self.untouched = false;
        match result {
            Ok(ran) => self.took(&line, origin, ran),
            Err(problem) => self.could_not_read(&line, origin, problem),
        }
        self.advance();
    }

    /// The lab cleared itself, or looked around.
    pub fn looked(&mut self, scope: Scope) {
        self.scope = scope;
        // Once: where a step ran in a network of its own, the machine is not what it was.
        let steps = &self.lesson.steps;
        self.elsewhere.get_or_insert_with(|| {
            let elsewhere = |step| is_elsewhere(step, &self.scope);
            steps.iter().map(elsewhere).collect()
        });
        match std::mem::replace(&mut self.waiting, Waiting::Free) {
            Waiting::Look { begin: true } => self.begin_step(),
            Waiting::Look { begin: false } => self.look_again(),
            _ => {}
        }
        self.advance();
    }

    /// The person typed a line.
    pub fn line(&mut self, typed: &str) {
        let Waiting::Line(ask) = self.waiting.clone() else {
            return;
        };
        self.waiting = Waiting::Free;
        let typed = typed.trim();
        if is_lab_line(typed) && !is_answer(typed, &ask) {
            self.waiting = Waiting::Lab {
                line: typed.to_owned(),
                origin: Origin::Learner { back_to: ask },
            };
            return;
        }
        let later = typed.is_empty() || typed.eq_ignore_ascii_case("later");
        match Word::parse(typed) {
            Some(word) => self.word(word, ask),
            None if later && self.is_alone() && self.playing.is_none() => self.later(ask),
            None if typed.is_empty() && self.playing.is_none() => self.enter(ask),
            None if typed.is_empty() => self.waiting = Waiting::Line(ask),
            None if self.playing.is_some() => self.not_a_line(typed, ask),
            None => self.answer(typed, ask),
        }
        self.advance();
    }

    /// The person pressed Ctrl-C at the prompt: the line is dropped, nothing else changes.
    pub fn interrupted(&mut self) {
        self.notice("Interrupted. `quit` leaves, `help` lists what can be typed here.");
    }

    /// There will be no more lines.
    pub fn end_of_input(&mut self) {
        self.record_settled();
        self.waiting = Waiting::Over(Leave::Quit);
    }

    fn current(&self) -> Option<&Step> {
        self.lesson.steps.get(self.at)
    }

    fn emit(&mut self, event: Event) {
        self.events.push_back(event);
    }

    fn notice(&mut self, text: impl Into<String>) {
        self.emit(Event::Notice { text: text.into() });
    }

    fn wait_for(&mut self, ask: Ask) {
        self.waiting = Waiting::Line(ask);
    }

    fn advance(&mut self) {
        while matches!(self.waiting, Waiting::Free) {
            match self.plan.pop_front() {
                Some(act) => self.act(act),
                None => self.waiting = Waiting::Over(Leave::Finished),
            }
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            // The first page of a lesson is on the screen before the lab has done anything.
            Act::Clear(_) if self.untouched && self.current().is_some_and(only_read) => {}
            Act::Clear(world) => self.waiting = Waiting::Clear(world),
            Act::Empty(world) => {
                self.step.prepared.clear();
                self.emit(Event::Emptied);
                self.waiting = Waiting::Clear(world);
            }
            Act::Quiet(line) => {
                self.waiting = Waiting::Lab {
                    line,
                    origin: Origin::Setup,
                }
            }
            Act::Shown(line) => {
                self.waiting = Waiting::Lab {
                    line,
                    origin: Origin::Lesson,
                }
            }
            Act::Text(text) => {
                let text = grade::fill(&text, &self.scope);
                self.emit(Event::Say { text });
            }
            Act::Remark(text) => self.notice(text),
            Act::Prepared => self.say_prepared(),
            Act::Enter(ask) => self.wait_for(ask),
            Act::Offer(lines) => {
                let lines = lines
                    .iter()
                    .map(|line| grade::fill_line(line, &self.scope))
                    .collect();
                self.stand();
                self.wait_for(Ask::Run { lines });
            }
            Act::Predict => {
                self.stand();
                self.ask_prediction();
            }
            Act::Grade => self.grade_prediction(),
            Act::Explain(explain) => {
                if let Some(text) = grade::explanation(&explain, &self.scope) {
                    self.emit(Event::Explained { text });
                }
            }
            Act::Task => {
                self.stand();
                self.begin_task();
            }
            Act::Ask => self.ask_recall(),
            Act::Visit => {
                self.stand();
                self.begin_visit();
            }
            Act::Replay => {
                self.stand();
                self.replay_next();
            }
            Act::Solve => {
                self.stand();
                self.solve();
            }
            Act::Refute {
                misconception,
                refutation,
            } => self.refute(misconception, &refutation),
            Act::Record(result) => self.record_here(result),
            Act::RefutationEnded => self.refutation_ended(),
            Act::Finish(result) => self.finish(result),
        }
    }

    fn begin_step(&mut self) {
        self.step = InHand::default();
        self.playing = None;
        self.plan.clear();
        let Some(step) = self.current().cloned() else {
            self.waiting = Waiting::Over(Leave::Finished);
            return;
        };
        if self.elsewhere.is_none() && (is_selective(&self.lesson) || !only_read(&step)) {
            // Whether the step fits this machine, and how many do, is only known once the lab has looked.
            self.waiting = Waiting::Look { begin: true };
            return;
        }
        if self.is_elsewhere(self.at) {
            return self.leave_out(&step, None);
        }
        if let Some(reason) = lacks(&step, &self.scope) {
            return self.leave_out(&step, Some(reason));
        }
        let (number, total) = self.position();
        self.emit(Event::StepStarted {
            step: step.id.clone(),
            title: step.title.clone(),
            number,
            total,
            kind: step.kind.name(),
        });
        self.plan.extend(plan::of_step(&step));
    }

    fn fits(&self, at: usize) -> bool {
        let lacking = |step| lacks(step, &self.scope).is_some();
        !self.is_elsewhere(at) && !self.lesson.steps.get(at).is_some_and(lacking)
    }

    fn leave_out(&mut self, step: &Step, reason: Option<String>) {
        if let Some(reason) = reason {
            let reason = format!("This step is left out here: {reason}.");
            self.emit(Event::StepSkipped {
                step: step.id.clone(),
                reason,
            });
        }
        self.record(&step.id, StepResult::NotHere);
        self.next_step();
    }

    fn finish(&mut self, result: StepResult) {
        if self.step.recorded.is_none() {
            self.record_here(result);
        }
        self.next_step();
    }

    fn record_here(&mut self, result: StepResult) {
        self.step.recorded = Some(result);
        let id = self.step_id().to_owned();
        self.record(&id, result);
    }

    /// Writes a step down that is left before the Enter behind it: an answer was given, and whoever
    /// comes back to the question has seen what is true.
    fn record_settled(&mut self) {
        let result = self.plan.iter().find_map(|act| match act {
            Act::Finish(result) => Some(*result),
            _ => None,
        });
        if let Some(result) = result.filter(|_| self.step.settled && self.step.recorded.is_none()) {
            self.record_here(result);
        }
    }

    fn record(&mut self, step: &str, result: StepResult) {
        if result.is_met() {
            self.first.entry(step.to_owned()).or_insert(result);
        }
        self.results.insert(step.to_owned(), result);
        self.emit(Event::StepDone {
            step: step.to_owned(),
            result,
        });
    }

    fn next_step(&mut self) {
        if self.is_alone() || self.one_step {
            self.plan.clear();
            self.waiting = Waiting::Over(Leave::Finished);
            return;
        }
        self.at += 1;
        if self.at < self.lesson.steps.len() {
            return self.begin_step();
        }
        self.plan.clear();
        self.emit(Event::LessonDone {
            lesson: self.lesson.id.clone(),
            title: self.lesson.title.clone(),
            summary: self.summary(),
        });
        self.waiting = Waiting::Over(Leave::Finished);
    }

    fn say_prepared(&mut self) {
        let lines = std::mem::take(&mut self.step.prepared);
        if !lines.is_empty() && !self.current().is_some_and(|step| step.quiet) {
            self.emit(Event::Prepared { lines });
        }
    }
}

/// Whether a line that begins with a verb is meant as an answer: a single word is, where a word is
/// asked for. `accept` may be just what the question wants to hear.
fn is_answer(typed: &str, ask: &Ask) -> bool {
    *ask == Ask::Text && typed.split_whitespace().count() == 1
}

/// Whether a step is text and nothing else: the same on every machine, whatever the lab sees.
fn only_read(step: &Step) -> bool {
    let fixed = |text: &String| !text.contains('{');
    matches!(step.kind, Kind::Say)
        && step.say.iter().all(fixed)
        && step.explain.is_empty()
        && step.setup.is_empty()
        && step.needs.is_empty()
        && step.when.is_none()
        && step.world == WorldName::Host
}

/// Whether which steps there are depends on the machine.
fn is_selective(lesson: &Lesson) -> bool {
    lesson.steps.iter().any(|step| step.when.is_some())
}

/// Whether a step is for other machines than the one this scope knows.
fn is_elsewhere(step: &Step, scope: &Scope) -> bool {
    let when = step.when.as_ref();
    when.is_some_and(|when| !grade::holds(when, scope).0)
}

/// The steps of a lesson in the order of their numbers, on the machine that `look` tells of. It is
/// only asked where that makes a difference.
pub fn numbered(lesson: &Lesson, look: impl FnOnce() -> Scope) -> Vec<&Step> {
    let mut steps: Vec<&Step> = lesson.steps.iter().collect();
    if is_selective(lesson) {
        let scope = look();
        steps.retain(|step| !is_elsewhere(step, &scope));
    }
    steps
}

fn lacks(step: &Step, scope: &Scope) -> Option<String> {
    grade::lacking(&step.needs, scope)
}

/// Why a step is left out on the machine that this scope knows; `None` when it is not.
pub fn left_out(step: &Step, scope: &Scope) -> Option<String> {
    let elsewhere = || "it is for other machines".to_owned();
    lacks(step, scope).or_else(|| is_elsewhere(step, scope).then(elsewhere))
}
