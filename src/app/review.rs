//! Questions of finished lessons, asked again when they are due: two before the next lesson, all of
//! them with `review`. Each is the lesson's own step, alone, in a fresh lab, so that the kernel
//! answers with other ports than before.
//!
//! Never a trap: Enter puts a question off, and `review off` ends the offer. What is due is reckoned
//! from the journal, which a start reads anyway; a lesson is read only when it is asked about.
use std::cell::Cell;
use std::env;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::choice::open_lesson;
use super::context::Context;
use super::journal::{Asked, Event as Kept, Record};
use super::learn::Session;
use super::progress_eye::{ProgressEye, Purpose};
use super::walk::{Eye, walk};
use crate::cli::{Exit, Offer, Review};
use crate::lesson::{Kind, Lesson};
use crate::prompt::terminal;
use crate::render::{Due, Question, Reader, asked_again, questions_due, reviewed};
use crate::tutor::{Event, Leave, StepResult, Tutor};

/// Questions before the next lesson: a minute, not a test.
const AT_START: usize = 2;

/// Seconds for which questions that were put off are not offered again: until tomorrow, or so.
const PUT_OFF: u64 = 12 * 60 * 60;

/// A question with the lesson it comes from.
type Ready = (Arc<Lesson>, Asked);

/// How a round of questions ended.
struct Round {
    asked: usize,
    right: usize,
    leave: Leave,
}

/// `looplab review`
pub(crate) fn review(context: &Context, wanted: &Review) -> io::Result<Exit> {
    let mut session = Session::open(context)?;
    if let Some(offer) = wanted.offer {
        session.offer_from_now_on(offer == Offer::On)?;
        return Ok(Exit::Done);
    }
    let lesson = match &wanted.lesson {
        Some(word) => match open_lesson(context, word) {
            Some(lesson) => Some(lesson),
            None => return Ok(Exit::Usage),
        },
        None => None,
    };
    if let Some(lesson) = &lesson
        && !session.journal.borrow().progress().is_finished(&lesson.id)
    {
        context.screen.error(&format!(
            "`{0}` is not finished yet; `looplab learn {0}` leads there",
            lesson.id
        ));
        return Ok(Exit::Failed);
    }
    let id = lesson.as_ref().map(|lesson| lesson.id.as_str());
    if wanted.list {
        return session.list_questions(id);
    }
    session.review(wanted.all || lesson.is_some(), id)
}

impl Session<'_> {
    /// Before the menu: two questions that are due, if they are wanted. Only where somebody sits at
    /// a terminal: lines in a pipe were written for the menu. Gives the exit when the person leaves.
    pub(super) fn offer_review(&mut self) -> io::Result<Option<Exit>> {
        if !terminal::is_interactive() || !self.is_review_wanted() {
            return Ok(None);
        }
        let ready = self.ready(self.due(), AT_START);
        if ready.is_empty() {
            return Ok(None);
        }
        let what = match ready.len() {
            1 => "a question from an earlier one. Enter puts it off.",
            _ => "two questions from earlier ones. Enter puts them off.",
        };
        let screen = &self.context.screen;
        screen.remark(&format!("Before the next lesson, {what}"))?;
        let round = self.ask_again(&ready)?;
        if round.leave == Leave::Quit {
            return Ok(Some(Exit::Done));
        }
        if round.asked == 0 && round.leave == Leave::Menu {
            self.keep(Kept::ReviewLater)?;
            self.context.screen.remark(
                "Later, then. `review` asks at any time; `review off` ends these questions.",
            )?;
        } else {
            self.say_round(&round, false)?;
        }
        Ok(None)
    }

    /// Where nobody is asked before the menu, how many questions wait.
    pub(super) fn say_due(&self) -> io::Result<()> {
        let waiting = self.due().len();
        if waiting == 0 || !self.is_review_wanted() {
            return Ok(());
        }
        let questions = match waiting {
            1 => "A question from an earlier lesson is".to_owned(),
            many => format!("{many} questions from earlier lessons are"),
        };
        let screen = &self.context.screen;
        screen.remark(&format!("{questions} due: `review` asks."))
    }

    /// `review`, `review on` and `review off` at the menu; true when the person wants out.
    pub(super) fn review_word(&mut self, rest: &str) -> io::Result<bool> {
        match rest {
            "on" => self.offer_from_now_on(true)?,
            "off" => self.offer_from_now_on(false)?,
            "" => {
                let ready = self.ready(self.due(), usize::MAX);
                let round = self.ask_again(&ready)?;
                self.say_round(&round, false)?;
                return Ok(round.leave == Leave::Quit);
            }
            _ => self.context.screen.remark(
                "`review` asks what is due; `review off` ends the offer, `review on` renews it.",
            )?,
        }
        Ok(false)
    }

    fn review(&mut self, all: bool, lesson: Option<&str>) -> io::Result<Exit> {
        let questions = if all { self.every() } else { self.due() };
        let wanted = |asked: &Asked| lesson.is_none_or(|id| asked.lesson == id);
        let ready = self.ready(questions.into_iter().filter(wanted), usize::MAX);
        let round = self.ask_again(&ready)?;
        self.say_round(&round, all)?;
        Ok(Exit::Done)
    }

    fn list_questions(&self, lesson: Option<&str>) -> io::Result<Exit> {
        let now = now();
        let entries = self.context.library.index();
        let title = |id: &str| {
            let entry = entries.iter().find(|entry| entry.id == id);
            entry.map_or_else(|| id.to_owned(), |entry| entry.title.clone().into_owned())
        };
        let wanted = |asked: &Asked| lesson.is_none_or(|id| asked.lesson == id);
        let questions = self.every().into_iter().filter(wanted).map(|asked| Due {
            title: title(&asked.lesson),
            lesson: asked.lesson,
            step: asked.step,
            rights: asked.memory.rights,
            due_in: asked.memory.due_in(now),
        });
        let page = questions_due(&questions.collect::<Vec<_>>());
        self.context.screen.page(&page)?;
        Ok(Exit::Done)
    }

    fn due(&self) -> Vec<Asked> {
        self.journal.borrow().progress().due(now())
    }

    fn every(&self) -> Vec<Asked> {
        self.journal.borrow().progress().questions(now())
    }

    /// Whether questions may be offered unasked.
    fn is_review_wanted(&self) -> bool {
        let journal = self.journal.borrow();
        let progress = journal.progress();
        let just_put_off = progress
            .put_off()
            .is_some_and(|at| now().abs_diff(at) < PUT_OFF);
        !(self.context.no_review || is_off() || progress.is_review_off() || just_put_off)
    }

    /// The questions that lessons still have, at most so many. Reads the lessons.
    fn ready(&self, questions: impl IntoIterator<Item = Asked>, most: usize) -> Vec<Ready> {
        let with_lesson = |asked: Asked| {
            let lesson = self.context.library.lesson(&asked.lesson).ok()?;
            let kind = &lesson.step(&asked.step)?.kind;
            let question = matches!(kind, Kind::Predict { .. } | Kind::Ask(_));
            question.then(|| (Arc::new(lesson), asked))
        };
        let ready = questions.into_iter().filter_map(with_lesson);
        ready.take(most).collect()
    }

    /// Asks one question after the other, until there are no more or the person leaves.
    fn ask_again(&mut self, ready: &[Ready]) -> io::Result<Round> {
        let mut round = Round {
            asked: 0,
            right: 0,
            leave: Leave::Finished,
        };
        self.context.screen.set_reader(Reader::Reviewer);
        for (place, (lesson, asked)) in ready.iter().enumerate() {
            let (leave, result) = self.ask_one(lesson, asked, (place + 1, ready.len()))?;
            let answered = result.filter(|result| *result != StepResult::NotHere);
            round.asked += usize::from(answered.is_some());
            round.right += usize::from(answered == Some(StepResult::Right));
            round.leave = leave;
            if leave != Leave::Finished {
                break;
            }
        }
        self.context.screen.set_reader(Reader::Learner);
        Ok(round)
    }

    fn ask_one(
        &mut self,
        lesson: &Arc<Lesson>,
        asked: &Asked,
        place: (usize, usize),
    ) -> io::Result<(Leave, Option<StepResult>)> {
        let cards = self.context.cards();
        let Some(mut tutor) = Tutor::alone(Arc::clone(lesson), cards, &asked.step, place) else {
            return Ok((Leave::Finished, None));
        };
        let screen = &self.context.screen;
        screen.page(&asked_again(&Question {
            lesson: lesson.id.clone(),
            title: lesson.title.clone(),
            step: asked.step.clone(),
            number: place.0,
            of: place.1,
        }))?;
        self.lab.clear();
        let result = ResultEye::default();
        let leave = walk(
            &mut tutor,
            &mut self.lab,
            &mut self.keyboard,
            // Kept before it is shown, as in a lesson.
            &mut [
                &mut ProgressEye::new(
                    Rc::clone(&self.journal),
                    screen.clone(),
                    Purpose::Review {
                        id: lesson.id.clone(),
                    },
                ),
                &mut screen.clone(),
                &mut result.clone(),
            ],
        );
        self.lab.clear();
        Ok((leave?, result.0.get()))
    }

    fn say_round(&self, round: &Round, all: bool) -> io::Result<()> {
        let questions = self.every();
        let next = questions.iter().map(|asked| asked.memory.due_in(now()));
        let page = reviewed(round.asked, round.right, next.min(), all);
        self.context.screen.page(&page)
    }

    fn offer_from_now_on(&mut self, on: bool) -> io::Result<()> {
        let (event, says) = if on {
            (
                Kept::ReviewOn,
                "Questions that are due are offered before the next lesson.",
            )
        } else {
            (
                Kept::ReviewOff,
                "No question is offered any more; `review` still asks, and `review on` renews the offer.",
            )
        };
        self.keep(event)?;
        self.context.screen.remark(says)
    }

    fn keep(&mut self, event: Kept) -> io::Result<()> {
        let record = Record::new(SystemTime::now(), event, "");
        let warning = self.journal.borrow_mut().record(&record);
        warning.map_or(Ok(()), |warning| {
            self.context.screen.remark(&warning.to_string())
        })
    }
}

/// Whether the environment turns the offer off: `LOOPLAB_REVIEW=off`.
fn is_off() -> bool {
    env::var("LOOPLAB_REVIEW")
        .is_ok_and(|value| ["off", "no", "0"].contains(&&*value.to_ascii_lowercase()))
}

/// Seconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// Remembers how the one step went.
#[derive(Clone, Default)]
struct ResultEye(Rc<Cell<Option<StepResult>>>);

impl Eye for ResultEye {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if let Event::StepDone { result, .. } = event {
            self.0.set(Some(*result));
        }
        Ok(())
    }
}
