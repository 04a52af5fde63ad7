//! The hand of a person: a prompt with what fits on it, or lines from a pipe.
use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use super::screen::Screen;
use super::turner::{Ahead, SharedInput, Turner};
use super::walk::{Eye, Hand, Keyed};
use crate::prompt::{Input, Prompt, Typed, Words};
use crate::tutor::{Ask, Event, Tutor, WORDS, letter};

/// Lines that a solution offers; shared by the eye that sees it and the hand that types it in.
type Offered = Rc<RefCell<Option<String>>>;

/// A person, or a file that stands in for one.
pub(crate) struct Keyboard {
    input: SharedInput,
    screen: Screen,
    /// Confirmed lines of a paste that are still to be run, one by one, and what was typed where a
    /// page ended.
    block: Ahead,
    offered: Offered,
    /// Whether what is typed leaves no trace on the screen by itself.
    silent: bool,
}

/// Sees solutions, for the prompt to type in.
pub(crate) struct SolutionEye(Offered);

impl Keyboard {
    pub(crate) fn new(input: Box<dyn Input>, screen: Screen, silent: bool) -> Self {
        let offered = Offered::default();
        let input = Rc::new(RefCell::new(input));
        let block = Ahead::default();
        if !silent {
            screen.set_pager(Box::new(Turner {
                input: Rc::clone(&input),
                ahead: Rc::clone(&block),
            }));
        }
        Self {
            input,
            screen,
            block,
            offered,
            silent,
        }
    }

    pub(crate) fn solution_eye(&self) -> SolutionEye {
        SolutionEye(Rc::clone(&self.offered))
    }

    /// Shows a line that was not typed here.
    pub(crate) fn echo(&self, line: &str) -> io::Result<()> {
        self.screen.echo(">", line)
    }

    /// One line for a prompt. Says why a line was dropped and asks again.
    pub(crate) fn ask(&mut self, label: &str, words: &Words) -> io::Result<Keyed> {
        let keyed = self.asked(label, words);
        self.screen.read();
        keyed
    }

    fn asked(&mut self, label: &str, words: &Words) -> io::Result<Keyed> {
        if let Some(line) = self.next_of_block() {
            self.screen.echo(label, &line)?;
            return Ok(Keyed::Line(line));
        }
        loop {
            let preset = self.offered.borrow_mut().take();
            let prompt = Prompt {
                label: label.to_owned(),
                preset,
                words: words.clone(),
                misread: self.screen.take_misread(),
            };
            let typed = self.input.borrow_mut().line(&prompt)?;
            match typed {
                Typed::Line(line) => {
                    if self.silent {
                        self.screen.echo(label, &line)?;
                    }
                    return Ok(Keyed::Line(line));
                }
                Typed::Block(lines) => {
                    self.block.borrow_mut().extend(lines);
                    if let Some(line) = self.next_of_block() {
                        self.screen.echo(label, &line)?;
                        return Ok(Keyed::Line(line));
                    }
                }
                Typed::Dropped(why) => self.screen.remark(&why.to_string())?,
                Typed::Interrupted => {
                    self.block.borrow_mut().clear();
                    return Ok(Keyed::Interrupted);
                }
                Typed::Eof => return Ok(Keyed::End),
            }
        }
    }
}

impl Keyboard {
    fn next_of_block(&self) -> Option<String> {
        self.block.borrow_mut().pop_front()
    }
}

impl Hand for Keyboard {
    fn line(&mut self, ask: &Ask, tutor: &Tutor) -> io::Result<Keyed> {
        if self.block.borrow().is_empty() {
            self.screen.next_to_do(ask)?;
        }
        let (number, total) = tutor.position();
        let label = match tutor.lesson().number {
            _ if tutor.is_alone() => format!("review {number}/{total} >"),
            Some(lesson) => format!("lesson {lesson}, {number}/{total} >"),
            None => format!("{number}/{total} >"),
        };
        let letters = match ask {
            Ask::Letter { options, .. } | Ask::Order { items: options } => *options,
            _ => 0,
        };
        let words = Words::of(tutor.scope())
            .with_walk(WORDS.iter().map(|(word, _)| *word))
            .with_walk((0..letters).map(|index| letter(index).to_string()));
        self.ask(&label, &words)
    }
}

impl Eye for SolutionEye {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Solution { lines } => *self.0.borrow_mut() = Some(lines.join("\n")),
            Event::StepDone { .. } => *self.0.borrow_mut() = None,
            _ => {}
        }
        Ok(())
    }
}
