//! The lessons: the menu, the walk through one, and the way back.
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::env;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use super::choice::{find_step, lessons_called, open_lesson};
use super::context::Context;
use super::foretold::foretold;
use super::free_play;
use super::history::History;
use super::journal::{Journal, Progress};
use super::keyboard::Keyboard;
use super::progress_eye::{ProgressEye, Purpose};
use super::walk::{Keyed, walk};
use crate::cli::{Exit, Learn};
use crate::lab::Lab;
use crate::lesson::{Entry, Lesson, LessonError};
use crate::prompt::{self, Settings, Words, terminal};
use crate::render::{MenuChapter, MenuEntry};
use crate::tutor::{Foretold, Leave, StepResult, Tutor};

/// A person's session: one lab, one keyboard, one journal for all lessons.
pub(crate) struct Session<'a> {
    pub(super) context: &'a Context,
    pub(super) lab: Lab,
    pub(super) keyboard: Keyboard,
    pub(super) journal: Rc<RefCell<Journal>>,
}

/// What the menu was answered with.
enum Choice {
    /// A lesson, perhaps at a step.
    Lesson(String, Option<String>),
    Quit,
}

/// Bare `looplab`: the menu first.
pub(crate) fn menu(context: &Context) -> io::Result<Exit> {
    let mut session = Session::open(context)?;
    if let Some(exit) = session.offer_review()? {
        return Ok(exit);
    }
    session.menu_loop()
}

/// `looplab learn`: straight into a lesson.
pub(crate) fn learn(context: &Context, learn: &Learn) -> io::Result<Exit> {
    let mut session = Session::open(context)?;
    let wanted = match &learn.lesson {
        Some(name) => name.clone(),
        None => session.suggested(),
    };
    match session.lesson(&wanted, learn.step.as_deref(), learn.restart)? {
        Some(Leave::Quit) => session.goodbye(),
        Some(Leave::Menu) => session.menu_loop(),
        Some(Leave::Finished) => {
            session.say_next()?;
            session.between_lessons()
        }
        None => Ok(Exit::Usage),
    }
}

/// `looplab lab`: no lesson at all.
pub(crate) fn lab(context: &Context) -> io::Result<Exit> {
    let mut session = Session::open(context)?;
    free_play::play(context, &mut session.lab, &mut session.keyboard)?;
    Ok(Exit::Done)
}

impl<'a> Session<'a> {
    pub(super) fn open(context: &'a Context) -> io::Result<Self> {
        let (journal, warning) = Journal::open(context.state(), SystemTime::now());
        if let Some(warning) = warning {
            context.screen.remark(&warning.to_string())?;
        }
        let library = Arc::clone(&context.library);
        let input = prompt::open(Settings {
            colour: context.style.color,
            term: env::var("TERM").unwrap_or_default(),
            memory: Box::new(History::new(context.state())),
            topics: Box::new(move || crate::lang::CardSource::keys(&*library)),
        });
        let silent = !terminal::is_interactive();
        let lab = context.lab();
        if !silent {
            terminal::interrupt_through(&lab.interrupter());
        }
        Ok(Self {
            context,
            lab,
            keyboard: Keyboard::new(input, context.screen.clone(), silent),
            journal: Rc::new(RefCell::new(journal)),
        })
    }

    fn menu_loop(&mut self) -> io::Result<Exit> {
        self.show_menu()?;
        self.say_due()?;
        self.between_lessons()
    }

    /// The prompt of the menu. After a lesson its last words stay on the screen, instead of the menu.
    fn between_lessons(&mut self) -> io::Result<Exit> {
        loop {
            let (wanted, step) = match self.choose()? {
                Choice::Lesson(id, step) => (id, step),
                Choice::Quit => return Ok(Exit::Done),
            };
            match self.lesson(&wanted, step.as_deref(), false)? {
                Some(Leave::Quit) => return self.goodbye(),
                Some(Leave::Finished) => self.say_next()?,
                Some(Leave::Menu) | None => self.show_menu()?,
            }
        }
    }

    fn say_next(&self) -> io::Result<()> {
        let next = self.suggested();
        let entries = self.context.library.index();
        let title = entries.iter().find(|entry| entry.id == next);
        let title = title.map(|entry| entry.title.as_ref()).unwrap_or_default();
        let progress = self.journal.borrow();
        let finished = |entry: &Entry| progress.progress().is_finished(&entry.id);
        if entries.iter().all(finished) {
            return self.context.screen.remark(
                "That was the last lesson. `looplab report --output looplab.html` keeps the whole course \
                 as a page; `review` asks again what you knew; `menu` shows all lessons.",
            );
        }
        self.context.screen.remark(&format!(
            "Enter goes on with \"{title}\"; `menu` shows all lessons; `quit` leaves."
        ))
    }

    fn goodbye(&self) -> io::Result<Exit> {
        self.context
            .screen
            .remark("Your place is kept: the next `looplab` goes on here.")?;
        Ok(Exit::Done)
    }

    fn show_menu(&self) -> io::Result<()> {
        let lines = menu_lines(self.context, &self.journal.borrow());
        self.context.screen.menu(&lines)
    }

    fn show_list(&self) -> io::Result<()> {
        let lines = menu_lines(self.context, &self.journal.borrow());
        self.context.screen.list(&lines)
    }

    fn suggested(&self) -> String {
        let journal = self.journal.borrow();
        let library = &self.context.library;
        let next = match library.built_in() {
            Some(ids) => suggested(ids, journal.progress()),
            None => suggested(whole(&library.index()), journal.progress()),
        };
        next.unwrap_or_default()
    }

    fn lesson_ids(&self) -> Vec<String> {
        let library = &self.context.library;
        match library.built_in() {
            Some(ids) => ids.map(str::to_owned).collect(),
            None => library.index().into_iter().map(|entry| entry.id).collect(),
        }
    }

    fn choose(&mut self) -> io::Result<Choice> {
        let words = ["lab", "find", "list", "review", "help", "quit"];
        loop {
            let names = Words::default()
                .with_walk(words)
                .with_walk(self.lesson_ids());
            let typed = match self.keyboard.ask("looplab >", &names)? {
                Keyed::Line(line) => line.trim().to_owned(),
                Keyed::Interrupted => continue,
                Keyed::End => return Ok(Choice::Quit),
            };
            match &*typed {
                "" => return Ok(Choice::Lesson(self.suggested(), None)),
                "quit" | "exit" | "q" => return Ok(Choice::Quit),
                "menu" | "back" => self.show_menu()?,
                "list" => self.show_list()?,
                "help" => self.context.screen.menu_help()?,
                "find" => self
                    .context
                    .screen
                    .remark("`find` needs a word, as in `find backlog`.")?,
                "lab" | "play" => {
                    free_play::play(self.context, &mut self.lab, &mut self.keyboard)?;
                    self.lab.clear();
                    self.show_menu()?;
                }
                word if is_review(word) => {
                    if self.review_word(word.trim_start_matches("review").trim())? {
                        return Ok(Choice::Quit);
                    }
                }
                word if word.split(' ').next() == Some("claims") => {
                    super::claims::at_menu(self.context, &self.journal.borrow(), &self.lab, word)?;
                }
                word if let Some((lesson, step)) = learn_line(word) => {
                    return Ok(Choice::Lesson(lesson, step));
                }
                word if is_line(word) => self.other(word)?,
                word => match &*lessons_called(self.context, word) {
                    [] => self.other(word)?,
                    [id] => return Ok(Choice::Lesson(id.clone(), None)),
                    several => {
                        let ids = several.join(", ");
                        let fits = format!("`{word}` fits more than one lesson: {ids}");
                        self.context.screen.remark(&fits)?;
                    }
                },
            }
        }
    }

    /// A line at the menu that names no lesson: a search, or a line for the lab.
    fn other(&mut self, typed: &str) -> io::Result<()> {
        match typed.split_once(' ') {
            Some(("find", word)) => match super::reference::found(self.context, word)? {
                None => Ok(()),
                Some(nothing) => self.context.screen.remark(&nothing),
            },
            Some(("help", verb)) => free_play::verb_help(self.context, verb),
            None if !is_line(typed) => self.neither(typed),
            _ => free_play::one(self.context, &mut self.lab, typed),
        }
    }

    /// A word that was meant for a lesson, or for a verb.
    fn neither(&mut self, word: &str) -> io::Result<()> {
        let screen = &self.context.screen;
        if word.parse::<u32>().is_ok() {
            return screen.remark(&format!(
                "There is no lesson {word}; `list` shows all of them."
            ));
        }
        if let Some(elsewhere) = crate::lang::known_elsewhere(word) {
            return screen.remark(&format!(
                "There is no lesson and no verb `{word}`; {elsewhere}."
            ));
        }
        match self.context.library.lesson(word) {
            Err(LessonError::Unknown {
                near: Some(near), ..
            }) => self.context.screen.remark(&format!(
                "There is no lesson and no verb `{word}`; did you mean `{near}`?"
            )),
            _ => free_play::one(self.context, &mut self.lab, word),
        }
    }

    /// Walks one lesson; `None` when there is no such lesson or step, or it is broken. Says so then.
    fn lesson(
        &mut self,
        word: &str,
        step: Option<&str>,
        restart: bool,
    ) -> io::Result<Option<Leave>> {
        let Some(lesson) = open_lesson(self.context, word) else {
            return Ok(None);
        };
        let from = match step {
            Some(step) => match find_step(self.context, &lesson, step, &self.lab) {
                Some(id) => Some(id),
                None => return Ok(None),
            },
            None => self.place_in(&lesson, restart),
        };
        let anew = step.is_none() && from.is_none();
        self.walk(&lesson, from.as_deref(), anew).map(Some)
    }

    /// The step to go on with: the one after the last that was done.
    fn place_in(&self, lesson: &Lesson, restart: bool) -> Option<String> {
        let journal = self.journal.borrow();
        let progress = journal.progress();
        if restart {
            return None;
        }
        let last = progress.lesson(&lesson.id)?.last_step.clone()?;
        let at = lesson.steps.iter().position(|step| step.id == last)?;
        // A kill may have come between the last step and the end of the lesson.
        let next = lesson.steps.get(at + 1).or(lesson.steps.last())?;
        Some(next.id.clone())
    }

    /// How steps went before, when this walk goes on from there.
    fn earlier_results(&self, lesson: &str, goes_on: bool) -> Vec<(String, StepResult)> {
        let journal = self.journal.borrow();
        let progress = journal.progress().lesson(lesson).filter(|_| goes_on);
        let steps = progress.map(|lesson| &lesson.steps).into_iter().flatten();
        steps.map(|(id, step)| (id.clone(), step.latest)).collect()
    }

    /// How steps went the first time, whenever that was.
    fn first_results(&self, lesson: &str) -> Vec<(String, StepResult)> {
        let journal = self.journal.borrow();
        let steps = journal
            .progress()
            .lesson(lesson)
            .map(|lesson| &lesson.steps);
        let steps = steps.into_iter().flatten();
        steps.map(|(id, step)| (id.clone(), step.first)).collect()
    }

    /// What was predicted in earlier sittings. Texts are read only where there are any.
    fn foretold(&self, lesson: &str) -> BTreeMap<String, Foretold> {
        let journal = self.journal.borrow();
        if journal.progress().lesson(lesson).is_none() {
            return BTreeMap::new();
        }
        // A journal that cannot be read has been warned about already.
        foretold(journal.records_of(lesson).unwrap_or_default())
    }

    fn walk(&mut self, lesson: &Arc<Lesson>, from: Option<&str>, anew: bool) -> io::Result<Leave> {
        let earlier = self.earlier_results(&lesson.id, from.is_some());
        let id = lesson.id.clone();
        let mut tutor = Tutor::new(Arc::clone(lesson), self.context.cards(), from)
            .with_results(earlier)
            .with_first(self.first_results(&id))
            .with_foretold(self.foretold(&id));
        self.lab.clear();
        let mut solutions = self.keyboard.solution_eye();
        let mut view = self.context.screen.clone();
        let journal = Rc::clone(&self.journal);
        let purpose = Purpose::Lesson { id, anew };
        let mut progress =
            ProgressEye::new(journal, self.context.screen.clone(), purpose).with_claims_of(lesson);
        let leave = walk(
            &mut tutor,
            &mut self.lab,
            &mut self.keyboard,
            // Kept before it is shown: a screen may wait for its reader.
            &mut [&mut progress, &mut view, &mut solutions],
        );
        self.lab.clear();
        leave
    }
}

/// Whether something typed at the menu is about questions that are asked again.
fn is_review(typed: &str) -> bool {
    typed.split_whitespace().next() == Some("review")
}

/// `looplab learn LESSON --step STEP`, as the ledger writes it for a shell, typed at the menu.
fn learn_line(typed: &str) -> Option<(String, Option<String>)> {
    let line = typed.strip_prefix("looplab ").unwrap_or(typed);
    let mut words = line.strip_prefix("learn ")?.split_whitespace();
    let lesson = words.next()?.to_owned();
    match (words.next(), words.next(), words.next()) {
        (None, ..) => Some((lesson, None)),
        (Some("--step"), Some(step), None) => Some((lesson, Some(step.to_owned()))),
        _ => None,
    }
}

/// Whether something typed at the menu is meant for the lab, whatever the lessons are called.
fn is_line(typed: &str) -> bool {
    let verb = typed.split_whitespace().next().unwrap_or_default();
    typed.contains('=') || crate::lang::verb_names().contains(&verb)
}

/// Where Enter leads: the lesson in hand, or the first behind the one finished last that is not
/// finished itself, or the first such of all, or the first.
fn suggested<'e>(
    mut ids: impl Iterator<Item = &'e str> + Clone,
    progress: &Progress,
) -> Option<String> {
    let in_hand = progress.resume().map(|resume| resume.lesson);
    let in_hand = in_hand.filter(|lesson| ids.clone().any(|id| id == lesson));
    let last = progress.finished_last();
    let behind = ids.clone().skip_while(|id| last != Some(*id));
    let mut in_turn = behind.chain(ids.clone());
    let open = in_turn.find(|id| !progress.is_finished(id));
    in_hand.or_else(|| Some(open.or_else(|| ids.next())?.to_owned()))
}

/// The ids of the lessons that can be shown.
fn whole(entries: &[Entry]) -> impl Iterator<Item = &str> + Clone {
    let fine = entries.iter().filter(|entry| entry.broken.is_none());
    fine.map(|entry| &*entry.id)
}

/// The chapters and their lessons with how far the learner is, for the menu and for `list`.
pub(crate) fn menu_lines(context: &Context, journal: &Journal) -> Vec<MenuChapter> {
    let progress = journal.progress();
    let entries = context.library.index();
    let next = suggested(whole(&entries), progress);
    let mut lines: Vec<MenuEntry> = entries
        .into_iter()
        .map(|entry| menu_line(entry, progress, next.as_deref()))
        .collect();
    let mut course = Vec::new();
    for (place, chapter) in context.library.chapters().iter().enumerate() {
        let its = |line: &mut MenuEntry| line.chapter.as_deref() == Some(&*chapter.id);
        let lines: Vec<_> = lines.extract_if(.., its).collect();
        let texts = [&*chapter.id, &*chapter.title, &*chapter.summary];
        if !lines.is_empty() {
            course.push(MenuChapter::new(Some(place + 1), texts, lines));
        }
    }
    if !lines.is_empty() {
        let texts = ["", "Lessons of your own", "What stands beside the course."];
        course.push(MenuChapter::new(None, texts, lines));
    }
    course
}

fn menu_line(entry: Entry, progress: &Progress, next: Option<&str>) -> MenuEntry {
    let lesson = progress.lesson(&entry.id);
    let done = progress.is_finished(&entry.id);
    MenuEntry {
        number: entry.number,
        done,
        started: lesson.is_some_and(|lesson| !done || lesson.last_step.is_some()),
        next: next == Some(&*entry.id),
        title: entry.title.into_owned(),
        summary: entry.summary.into_owned(),
        minutes: entry.minutes,
        level: entry
            .level
            .map(|level| level.to_string())
            .unwrap_or_default(),
        chapter: entry.chapter.map(std::borrow::Cow::into_owned),
        broken: entry.broken.map(|diagnostics| diagnostics.to_string()),
        id: entry.id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::journal::{Event, Record};

    #[test]
    fn after_a_lesson_comes_the_one_that_follows_it() {
        let ids = ["a", "b", "c", "d"];
        for (finished, expected) in [
            (&[][..], "a"),
            (&["a"], "b"),
            // Opened by name from a fresh state.
            (&["c"], "d"),
            (&["b", "a"], "c"),
            // Behind the last there is what was left out before it.
            (&["c", "d"], "a"),
            (&["gone"], "a"),
            (&["d", "c", "b", "a"], "a"),
        ] {
            let mut progress = Progress::default();
            for lesson in finished {
                progress.add(&Record::new(
                    SystemTime::UNIX_EPOCH,
                    Event::LessonDone,
                    *lesson,
                ));
            }
            let next = suggested(ids.into_iter(), &progress);
            assert_eq!(next.as_deref(), Some(expected), "{finished:?}");
        }
    }
}
