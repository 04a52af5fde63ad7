//! Turns pages at a terminal: Enter shows more. Whatever else is typed there was meant for the
//! question to come, and is kept for it.
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;

use crate::prompt::{Input, Prompt, Typed};
use crate::render::Pager;

/// A keyboard that a screen may ask, too.
pub(crate) type SharedInput = Rc<RefCell<Box<dyn Input>>>;

/// Lines that are to be taken before the keyboard is asked.
pub(crate) type Ahead = Rc<RefCell<VecDeque<String>>>;

/// What is asked for at the end of a page.
const MORE: &str = "-- Enter for more --";

/// The smallest screen that has pages. Below, most of it would be prompts.
const LOWEST: usize = 10;

/// Somebody at a terminal.
pub(crate) struct Turner {
    pub(crate) input: SharedInput,
    pub(crate) ahead: Ahead,
}

impl Pager for Turner {
    fn rows(&self) -> Option<usize> {
        let (_, height) = terminal_size::terminal_size()?;
        Some(usize::from(height.0)).filter(|rows| *rows >= LOWEST)
    }

    fn turn(&mut self) -> io::Result<bool> {
        match self.input.borrow_mut().line(&Prompt::new(MORE))? {
            Typed::Line(line) if line.trim().is_empty() => Ok(true),
            Typed::Line(line) => {
                self.ahead.borrow_mut().push_back(line);
                Ok(false)
            }
            Typed::Block(lines) => {
                self.ahead.borrow_mut().extend(lines);
                Ok(false)
            }
            Typed::Dropped(_) => Ok(true),
            // The prompt that comes next hears of it if it is meant.
            Typed::Interrupted | Typed::Eof => Ok(false),
        }
    }
}
