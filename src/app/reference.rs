//! What is useful after the course, too: list, find, explain, sockets, who. Each is one question to
//! the library or to the kernel.
use std::io;
use std::time::SystemTime;

use super::context::Context;
use super::journal::Journal;
use super::learn::menu_lines;
use super::watch_sockets::{self, Pace};
use crate::cli::{Exit, Sockets, Who};
use crate::lang::{self, Command, LineError, parse_line};
use crate::lesson::Found;
use crate::net::TcpState;

/// `list`
pub(crate) fn list(context: &Context) -> io::Result<Exit> {
    let (journal, warning) = Journal::open(context.state(), SystemTime::now());
    if let Some(warning) = warning {
        context.screen.talk(&warning.to_string());
    }
    context.screen.list(&menu_lines(context, &journal))?;
    Ok(Exit::Done)
}

/// Where somebody stands who searches: what opens a finding depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum From {
    /// A shell.
    Shell,
    /// The list of lessons.
    Menu,
    /// Free play, where no lesson can be opened.
    Lab,
}

/// `find WORD`
pub(crate) fn find(context: &Context, words: &[String]) -> io::Result<Exit> {
    Ok(match search(context, &words.join(" "), From::Shell)? {
        None => Exit::Done,
        Some(nothing) => {
            context.screen.talk(&nothing);
            Exit::Failed
        }
    })
}

/// What the library knows of a word, for somebody at the menu; or a sentence when that is nothing.
pub(crate) fn found(context: &Context, word: &str) -> io::Result<Option<String>> {
    search(context, word, From::Menu)
}

/// What the library knows of a word, on the screen; or a sentence when that is nothing.
pub(crate) fn search(context: &Context, word: &str, from: From) -> io::Result<Option<String>> {
    let word = word.trim();
    let matches = context.library.find(word);
    if matches.is_empty() {
        let near = context
            .library
            .near_key(word)
            .map(|key| format!("; did you mean `{key}`?"));
        let near = near.unwrap_or_default();
        return Ok(Some(format!("Nothing here speaks of `{word}`{near}")));
    }
    let results: Vec<_> = matches
        .into_iter()
        .map(|found| crate::render::Found {
            open: opened_by(&found, from),
            kind: found.kind.to_owned(),
            title: found.title,
            excerpt: found.sentence,
        })
        .collect();
    context.screen.found(word, &results)?;
    Ok(None)
}

/// What to type to get to a finding.
fn opened_by(found: &Found, from: From) -> String {
    let key = &found.key;
    match (found.kind, from, found.number) {
        ("lesson", From::Menu, Some(number)) => number.to_string(),
        ("lesson", From::Menu, None) => key.clone(),
        ("lesson", ..) => format!("looplab learn {key}"),
        (_, From::Shell, _) => format!("looplab explain {key}"),
        _ => format!("explain {key}"),
    }
}

/// `explain TOPIC`
pub(crate) fn explain(context: &Context, words: &[String]) -> io::Result<Exit> {
    ask(context, "explain", words)
}

/// `sockets`
pub(crate) fn sockets(context: &Context, asked: &Sockets) -> io::Result<Exit> {
    let command = Command::Sockets(lang::Sockets {
        name: None,
        all: true,
        state: if asked.listening {
            Some(TcpState::Listen)
        } else {
            asked.tcp_state
        },
        port: asked.port,
        owner: asked.owner.clone(),
        no_owners: asked.no_owners,
        exposed: asked.exposed,
        details: asked.details,
    });
    match asked.watch {
        Some(every) => {
            let times = asked.times;
            watch_sockets::watch(context, &command, Pace { every, times })
        }
        None => answer(context, command),
    }
}

/// `who PORT`
pub(crate) fn who(context: &Context, asked: &Who) -> io::Result<Exit> {
    ask(context, "who", std::slice::from_ref(&asked.port))
}

/// One line of the lab, as a command of the program.
fn ask(context: &Context, verb: &str, words: &[String]) -> io::Result<Exit> {
    let quoted = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default();
    let line = format!("{verb} {quoted}");
    match parse_line(&line) {
        Ok(None) => Ok(Exit::Usage),
        Ok(Some(line)) => answer(context, line.command),
        Err(LineError { message, help, .. }) => {
            let help = help.map(|help| format!("; {help}")).unwrap_or_default();
            context.screen.error(&format!("{message}{help}"));
            Ok(Exit::Usage)
        }
    }
}

fn answer(context: &Context, command: Command) -> io::Result<Exit> {
    let outcome = context.lab().ask(command);
    context.screen.outcome(&outcome)?;
    Ok(if outcome.is_ok() {
        Exit::Done
    } else {
        Exit::Failed
    })
}
