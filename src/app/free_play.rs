//! The lab without a lesson: every verb, no questions.
use std::io;

use super::context::Context;
use super::keyboard::Keyboard;
use super::reference;
use super::walk::Keyed;
use crate::lab::Lab;
use crate::lang::{Author, CardSource, verb_usage};
use crate::prompt::Words;
use crate::tutor::{self, Event};

/// Words that are no verbs, with their meaning.
const WORDS: &[(&str, &str)] = &[
    ("clear", "close everything, forget all names"),
    ("find", "where a word occurs: `find backlog`"),
    ("help", "this list; `help listen` explains one verb"),
    ("quit", "leave"),
];

/// Reads and runs lines until the person leaves.
pub(crate) fn play(context: &Context, lab: &mut Lab, keyboard: &mut Keyboard) -> io::Result<()> {
    context.screen.remark(
        "The lab is yours. Try `server = listen 127.0.0.1:0`, then `client = connect server`. \
         `help` lists the verbs, `quit` leaves.",
    )?;
    loop {
        let words = Words::of(&lab.scope()).with_walk(WORDS.iter().map(|(word, _)| *word));
        match keyboard.ask("lab >", &words)? {
            Keyed::Line(line) => match line.trim() {
                "quit" | "exit" | "q" | "menu" | "done" => return Ok(()),
                "clear" => {
                    lab.clear();
                    context
                        .screen
                        .remark("Everything is closed, all names are free.")?;
                }
                "help" => context.screen.help(WORDS)?,
                typed => match typed.split_once(' ') {
                    Some(("help", verb)) => verb_help(context, verb.trim())?,
                    Some(("find", word)) => find(context, word)?,
                    _ => one(context, lab, typed)?,
                },
            },
            Keyed::Interrupted => context.screen.remark("`quit` leaves.")?,
            Keyed::End => return Ok(()),
        }
    }
}

/// Shows where a word occurs.
fn find(context: &Context, word: &str) -> io::Result<()> {
    match reference::search(context, word, reference::From::Lab)? {
        None => Ok(()),
        Some(nothing) => context.screen.remark(&nothing),
    }
}

/// Runs one line of the person and shows what came of it.
pub(crate) fn one(context: &Context, lab: &mut Lab, typed: &str) -> io::Result<()> {
    let screen = context.screen.clone();
    if tutor::WORDS.iter().any(|(word, _)| *word == typed) {
        return screen.remark(&format!(
            "`{typed}` belongs to a lesson, and none is open here. `help` shows what can be typed."
        ));
    }
    match lab.run(typed, Author::Learner) {
        Ok(ran) => {
            let Some(outcome) = ran.outcome else {
                return Ok(());
            };
            let cause = outcome.failure().map(|failure| failure.error.name());
            screen.show(&Event::Outcome {
                line: ran.line,
                outcome: Box::new(outcome),
            })?;
            match cause.filter(|cause| context.library.card(cause).is_some()) {
                Some(cause) => screen.remark(&format!("`explain {cause}` says what to do.")),
                None => Ok(()),
            }
        }
        Err(error) => screen.show(&Event::BadLine {
            line: typed.to_owned(),
            message: error.message,
            span: error.span,
            help: error.help,
        }),
    }
}

/// The page of one verb.
pub(crate) fn verb_help(context: &Context, verb: &str) -> io::Result<()> {
    match verb_usage(verb) {
        Some(text) => context.screen.show(&Event::VerbHelp { text }),
        None => context
            .screen
            .remark(&format!("`{verb}` is no verb; `help` lists them all.")),
    }
}
