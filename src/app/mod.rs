//! The front ends: one a file, each a short conversation between the floors below.
//!
//! A front end gets a [`Context`](context::Context) and answers with an exit. Trouble with standard
//! output itself ends here: a closed pipe is a quiet end, a full disk is said.
use std::io;

use crate::cli::{Cli, Exit, Verb};
use crate::prompt::terminal;

mod autopilot;
mod check;
mod choice;
mod claims;
mod context;
mod doctor;
mod foretold;
mod free_play;
pub mod history;
pub mod journal;
mod keyboard;
mod learn;
mod present;
mod progress;
mod progress_eye;
mod prove;
mod reference;
mod report;
mod review;
mod run;
mod screen;
mod shell;
pub mod state;
mod test;
mod turner;
mod walk;
mod watch_sockets;

use context::Context;

/// Runs a command.
pub fn dispatch(cli: Cli) -> Exit {
    let guard = terminal::guard();
    let context = match Context::new(cli.global, cli.start.no_review) {
        Ok(context) => context,
        Err(problem) => {
            screen::error(&problem);
            return Exit::Usage;
        }
    };
    let exit = match cli.command {
        None => learn::menu(&context),
        Some(verb) => front_end(&context, &verb),
    };
    drop(guard);
    match exit {
        Ok(exit) => exit,
        Err(error) => ended(&error),
    }
}

fn front_end(context: &Context, verb: &Verb) -> io::Result<Exit> {
    match verb {
        Verb::Learn(wanted) => learn::learn(context, wanted),
        Verb::Lab => learn::lab(context),
        Verb::Run(script) => run::run(context, &script.file),
        Verb::Review(wanted) => review::review(context, wanted),
        Verb::Claims(asked) => claims::claims(context, asked),
        Verb::Report(wanted) => report::report(context, wanted),
        Verb::List => reference::list(context),
        Verb::Find(words) => reference::find(context, &words.words),
        Verb::Explain(words) => reference::explain(context, &words.words),
        Verb::Sockets(asked) => reference::sockets(context, asked),
        Verb::Who(asked) => reference::who(context, asked),
        Verb::Doctor => doctor::doctor(context),
        Verb::Present(wanted) => present::present(context, wanted),
        Verb::Check(paths) => check::check(context, &paths.paths),
        Verb::Test(wanted) => test::test(context, wanted),
        Verb::Schema => shell::schema(),
        Verb::Completions(wanted) => shell::completions(wanted.shell),
        Verb::Man(wanted) => shell::man(context, wanted.command.as_deref()),
    }
}

/// What an error of the standard streams means for the exit code.
pub(crate) fn ended(error: &io::Error) -> Exit {
    match error.kind() {
        // The reader has seen enough (`| head -1`).
        io::ErrorKind::BrokenPipe => Exit::Done,
        io::ErrorKind::Interrupted => Exit::Interrupted,
        _ => {
            screen::error(&format!("input or output failed: {error}"));
            Exit::Failed
        }
    }
}
