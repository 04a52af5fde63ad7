//! What is wrong with a line that cannot be read, and what was probably meant. It changes no line
//! and runs none.
use std::net::IpAddr;
use std::num::{IntErrorKind, ParseIntError};
use std::ops::Range;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::command::Typed;
use super::line::{LineError, VERBS, error};
use crate::net::Endpoint;

/// A quote that is never closed, or a backslash with nothing behind it.
pub(super) fn unclosed(text: &str) -> LineError {
    let mut open = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (open, c) {
            (None | Some((_, '"')), '\\') => {
                chars.next();
            }
            (None, '"' | '\'') => open = Some((at, c)),
            (Some((_, quote)), c) if c == quote => open = None,
            _ => {}
        }
    }
    match open {
        Some((at, quote)) => error(format!("this {quote} is never closed"), at..at + 1)
            .with_help(format!("end the text with another {quote}")),
        None => error("a \\ stands at the end of the line", text.len()..text.len()),
    }
}

/// What clap says of a mistake, in the lab's words and with its place in the line.
pub(super) fn in_our_words(problem: &clap::Error, text: &str) -> LineError {
    let context = |kind| match problem.get(kind) {
        Some(ContextValue::String(value)) => Some(value.clone()),
        Some(ContextValue::Strings(values)) => Some(values.join(" ")),
        _ => None,
    };
    let verb = text.split_whitespace().next().unwrap_or_default();
    let usage = || format!("usage: {}", usage_of(text));
    match problem.kind() {
        ErrorKind::InvalidSubcommand => {
            let word = context(ContextKind::InvalidSubcommand).unwrap_or_default();
            match actions(verb) {
                Some(all) => error(format!("`{verb}` cannot `{word}`"), place_of(&word, text))
                    .with_help(format!("one of: {all}")),
                None => unknown_verb(&word, text),
            }
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let end = text.trim_end().len();
            let help = format!("one of: {}", actions(verb).unwrap_or_default());
            error(format!("`{verb}` needs a word more"), end..end).with_help(help)
        }
        ErrorKind::UnknownArgument if verb.starts_with('-') => {
            error("a line begins with a verb", place_of(verb, text))
                .with_help("`help` lists the verbs")
        }
        ErrorKind::UnknownArgument => {
            let word = context(ContextKind::InvalidArg).unwrap_or_default();
            let near = context(ContextKind::SuggestedArg);
            let help = without_dashes(verb, &word, text)
                .or_else(|| near.map(|flag| format!("did you mean `{flag}`?")))
                .or_else(|| in_quotes(verb, text))
                .unwrap_or_else(usage);
            error(
                format!("`{verb}` has no place for `{word}`"),
                place_of(&word, text),
            )
            .with_help(help)
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => invalid_value(problem, text),
        ErrorKind::MissingRequiredArgument => {
            let missing = context(ContextKind::InvalidArg).unwrap_or_default();
            let end = text.trim_end().len();
            error(format!("`{verb}` needs {missing}"), end..end).with_help(usage())
        }
        ErrorKind::ArgumentConflict => {
            let first = context(ContextKind::InvalidArg).unwrap_or_default();
            let second = context(ContextKind::PriorArg).unwrap_or_default();
            error(
                format!("{first} and {second} exclude each other"),
                0..text.trim_end().len(),
            )
        }
        _ => {
            let said = problem.to_string();
            let first = said
                .lines()
                .next()
                .unwrap_or_default()
                .trim_start_matches("error: ");
            error(first, 0..text.trim_end().len()).with_help(usage())
        }
    }
}

/// A flag that was typed as a word: `connect server from 127.0.0.2`.
fn without_dashes(verb: &str, word: &str, text: &str) -> Option<String> {
    let grammar = Typed::command();
    let flag = grammar
        .find_subcommand(verb)?
        .get_arguments()
        .find(|argument| argument.get_long() == Some(word))?;
    let (_, behind) = text.split_once(word)?;
    let value = behind.split_whitespace().next().unwrap_or_default();
    let value = match value {
        "" => "…",
        value => value,
    };
    Some(if flag.get_action().takes_values() {
        format!("did you mean `--{word} {value}`?")
    } else {
        format!("did you mean `--{word}`?")
    })
}

/// A text of several words: `send client hello world`.
fn in_quotes(verb: &str, text: &str) -> Option<String> {
    let rest = text.trim_start().strip_prefix("send")?.trim_start();
    let (socket, rest) = rest.split_once(char::is_whitespace)?;
    let (words, flags) = match rest.split_once(" --") {
        Some((words, flags)) => (words, format!(" --{flags}")),
        None => (rest, String::new()),
    };
    let quote = if words.contains('"') { '\'' } else { '"' };
    let plain = verb == "send" && !words.contains(quote);
    let text = format!("send {socket} {quote}{}{quote}{flags}", words.trim());
    plain.then(|| format!("a text with spaces needs quotes: `{text}`"))
}

fn unknown_verb(word: &str, text: &str) -> LineError {
    let near = VERBS
        .iter()
        .map(|verb| (strsim::damerau_levenshtein(verb, word), *verb))
        // `hint` is two letters away from `bind`, and nobody means that.
        .filter(|(distance, verb)| *distance <= (verb.len() / 3).clamp(1, 2))
        .min();
    // clap takes an ending off, as if the word were the name of a file.
    let typed = text.split_whitespace().next().unwrap_or(word);
    let help = match (known_elsewhere(text), near) {
        (Some(elsewhere), _) => elsewhere,
        (None, Some((_, verb))) => format!("did you mean `{verb}`?"),
        (None, None) if Endpoint::parse(typed).is_ok() || typed.parse::<IpAddr>().is_ok() => {
            format!("a line begins with a verb; `explain {typed}` says what it is")
        }
        (None, None) => "`help` lists the verbs".to_owned(),
    };
    error(format!("there is no verb `{typed}`"), place_of(typed, text)).with_help(help)
}

/// Other programs, with the verb that does the same here.
const PROGRAMS: [(&str, &str); 19] = [
    ("curl", "`get` asks a web server"),
    ("dig", "`resolve` looks a name up"),
    ("host", "`resolve` looks a name up"),
    ("ifconfig", "`interfaces` shows the same"),
    ("ip", "`interfaces`, `route` and `link` show the same"),
    ("iptables", "`filter` sets filters in the private world"),
    ("kill", "`signal` reaches the lab's own processes"),
    ("lsof", "`who PORT` names the holder of a port"),
    ("nc", "`listen` and `connect` do the same"),
    ("netcat", "`listen` and `connect` do the same"),
    ("netstat", "`sockets --all` shows the same table"),
    ("nft", "`filter` sets filters in the private world"),
    ("nmap", "`scan` asks every port"),
    ("nslookup", "`resolve` looks a name up"),
    ("ping", "`rtt` measures round trips"),
    ("ss", "`sockets --all` shows the same table"),
    ("tcpdump", "`capture start` records packets"),
    ("telnet", "`connect` does the same"),
    ("wget", "`get` asks a web server"),
];

/// Commands of looplab that the menu understands, too.
const AT_THE_MENU: [&str; 4] = ["claims", "find", "list", "review"];

/// Commands of looplab that only a shell has.
const IN_A_SHELL: [&str; 9] = [
    "check",
    "completions",
    "doctor",
    "man",
    "present",
    "report",
    "run",
    "schema",
    "test",
];

/// Where a line belongs that the lab does not know and another prompt does. In a sentence's middle.
pub fn known_elsewhere(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let word = words.next()?;
    let rest = words.next();
    if let Some((_, instead)) = PROGRAMS.iter().find(|(program, _)| *program == word) {
        return Some(format!("`{word}` is a program of its own; here {instead}"));
    }
    match (word, rest) {
        ("looplab", Some(_)) => Some("that is a line for a shell".to_owned()),
        ("learn", Some(lesson)) => Some(format!(
            "`menu` leads to the lessons, where `{lesson}` opens one; in a shell it is `looplab learn \
             {lesson}`"
        )),
        (_, None) if word.parse::<u32>().is_ok() => Some(format!(
            "a number opens a lesson at the menu: `menu`, then `{word}`"
        )),
        ("find", None) => Some(
            "`find` needs a word, as in `find backlog`, at the menu or in a shell: `looplab find backlog`"
                .to_owned(),
        ),
        _ if AT_THE_MENU.contains(&word) => {
            let line = text.trim();
            Some(format!(
                "`{word}` belongs to the menu, where `menu` leads, and to a shell: `looplab {line}`"
            ))
        }
        _ if IN_A_SHELL.contains(&word) => {
            Some(format!("`{word}` is a command of the shell: `looplab {word}`"))
        }
        _ => None,
    }
}

fn invalid_value(problem: &clap::Error, text: &str) -> LineError {
    let string = |kind| match problem.get(kind) {
        Some(ContextValue::String(value)) => value.clone(),
        _ => String::new(),
    };
    let value = string(ContextKind::InvalidValue);
    let argument = string(ContextKind::InvalidArg);
    let place = place_of(&value, text);
    let valid = match problem.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(valid)) if !valid.is_empty() => Some(valid.join(", ")),
        _ => None,
    };
    let said = if value.is_empty() {
        let flag = argument.split(' ').next().unwrap_or_default();
        let place = place_of(flag, text);
        Some(error(format!("{argument} needs a value"), place))
    } else {
        let unfit = || error(format!("`{value}` does not fit {argument}"), place.clone());
        valid.is_some().then(unfit)
    };
    if let Some(said) = said {
        return match valid {
            Some(valid) => said.with_help(format!("one of: {valid}")),
            None => said,
        };
    }
    match std::error::Error::source(problem) {
        // Our own value parsers speak for themselves.
        Some(reason) if reason.to_string().starts_with('`') => error(reason.to_string(), place),
        Some(reason) => {
            let number = reason.downcast_ref::<ParseIntError>();
            let said = match number.map(ParseIntError::kind) {
                Some(IntErrorKind::PosOverflow | IntErrorKind::NegOverflow) => {
                    format!("`{value}` is beyond what {argument} takes")
                }
                Some(_) => format!("`{value}` is no whole number, which {argument} wants"),
                None => {
                    let reason = reason.to_string();
                    let reason = bounds(&reason).unwrap_or(reason);
                    format!("`{value}` does not fit {argument}: {reason}")
                }
            };
            error(said, place)
        }
        None => error(format!("`{value}` does not fit {argument}"), place),
    }
}

/// What clap says of a number beyond its range, "0 is not in 1..=60000", in words.
fn bounds(reason: &str) -> Option<String> {
    let (_, range) = reason.split_once(" is not in ")?;
    let (least, most) = range.split_once("..")?;
    Some(match most.strip_prefix('=') {
        Some(most) => format!("it is a number from {least} to {most}"),
        None => format!("it is a number from {least} on"),
    })
}

/// What can follow a verb that is a group: `start, stop, …`.
fn actions(verb: &str) -> Option<String> {
    let grammar = Typed::command();
    let verb = grammar.find_subcommand(verb)?;
    let all: Vec<_> = verb
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn usage_of(text: &str) -> String {
    let mut command = Typed::command();
    command.build();
    let mut words = text.split_whitespace();
    let verb = words.next().unwrap_or_default();
    let Some(verb) = command.find_subcommand_mut(verb) else {
        return String::new();
    };
    let action = words.next().unwrap_or_default();
    let usage = match verb.find_subcommand_mut(action) {
        Some(action) => action.render_usage(),
        None => verb.render_usage(),
    };
    let usage = usage.to_string();
    usage.trim_start_matches("Usage:").trim().to_owned()
}

/// Where a word stands in the line; the whole line when quoting hid it.
fn place_of(word: &str, text: &str) -> Range<usize> {
    match text.find(word) {
        Some(at) if !word.is_empty() => at..at + word.len(),
        _ => 0..text.trim_end().len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_elsewhere_is_sent_there() {
        for (line, expected) in [
            (
                "ss -tan",
                Some("`ss` is a program of its own; here `sockets --all` shows"),
            ),
            ("doctor", Some("`looplab doctor`")),
            ("claims C42", Some("`looplab claims C42`")),
            ("find", Some("`find backlog`")),
            ("find backlog", Some("`looplab find backlog`")),
            (
                "learn 18",
                Some("`menu` leads to the lessons, where `18` opens one"),
            ),
            ("18", Some("`menu`, then `18`")),
            ("looplab sockets", Some("a line for a shell")),
            ("4 5", None),
            ("lisen 0", None),
            ("b", None),
        ] {
            let said = known_elsewhere(line);
            match expected {
                None => assert_eq!(said, None, "{line}"),
                Some(part) => assert!(
                    said.as_ref().is_some_and(|said| said.contains(part)),
                    "{said:?}"
                ),
            }
        }
        for (program, _) in PROGRAMS {
            assert!(!VERBS.contains(&program), "{program} is a verb");
        }
    }
}
