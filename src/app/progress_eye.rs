//! The eye that writes the journal: a record after each step, with what was predicted and what the
//! kernel made true. It never stops a walk; trouble is one warning.
use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::SystemTime;

use super::journal::{self, Journal, Record};
use super::screen::Screen;
use super::walk::Eye;
use crate::tutor::Event;

/// Watches a walk for the journal.
pub(crate) struct ProgressEye {
    journal: Rc<RefCell<Journal>>,
    screen: Screen,
    lesson: String,
    /// Whether the walk starts the lesson over, rather than going on or looking at a step. Written
    /// down with the first step that is done: a page that was only looked at forgets no place, and
    /// the first screen is there before anything is written.
    anew: bool,
    predicted: Option<String>,
    came_true: Vec<String>,
    misconception: Option<String>,
}

impl ProgressEye {
    /// `anew` is for a walk that forgets the place where an earlier one was left.
    pub(crate) fn new(journal: Rc<RefCell<Journal>>, screen: Screen, anew: bool) -> Self {
        Self {
            journal,
            screen,
            lesson: String::new(),
            anew,
            predicted: None,
            came_true: Vec::new(),
            misconception: None,
        }
    }

    fn keep(&mut self, record: &Record) -> io::Result<()> {
        let warning = self.journal.borrow_mut().record(record);
        match warning {
            Some(warning) => self.screen.remark(&warning.to_string()),
            None => Ok(()),
        }
    }

    fn bare(&mut self, event: journal::Event) -> io::Result<()> {
        let record = Record::new(SystemTime::now(), event, self.lesson.clone());
        self.keep(&record)
    }
}

impl Eye for ProgressEye {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::LessonStarted { lesson, .. } => self.lesson.clone_from(lesson),
            Event::Predicted { text, .. } => self.predicted = Some(text.clone()),
            Event::Graded {
                truth,
                misconception,
                ..
            } => {
                self.came_true.clone_from(truth);
                self.misconception.clone_from(misconception);
            }
            Event::StepDone { step, result } => {
                if std::mem::take(&mut self.anew) {
                    self.bare(journal::Event::LessonStarted)?;
                }
                let came_true = std::mem::take(&mut self.came_true);
                let mut record = Record::step(SystemTime::now(), &self.lesson, step, *result)
                    .with_prediction(self.predicted.take(), came_true);
                record.misconception = self.misconception.take();
                self.keep(&record)?;
            }
            Event::LessonDone { .. } => self.bare(journal::Event::LessonDone)?,
            _ => {}
        }
        Ok(())
    }
}
