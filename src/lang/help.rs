//! The verbs, told: a line about each, its flags, its page. All of it is read off the grammar.
use clap::{Arg, Command as Grammar, CommandFactory};

use super::command::Typed;
use super::line::VERBS;

/// The verbs by what they are for, in the order of the list that `help` shows.
pub const VERB_GROUPS: &[(&str, &[&str])] = &[
    (
        "open",
        &[
            "bind", "listen", "connect", "accept", "udp", "serve", "signal",
        ],
    ),
    (
        "talk",
        &[
            "send", "recv", "shutdown", "close", "reset", "get", "requests",
        ],
    ),
    (
        "look",
        &[
            "sockets",
            "who",
            "scan",
            "range",
            "interfaces",
            "route",
            "resolve",
            "hosts",
            "counters",
        ],
    ),
    ("see", &["explain", "states", "capture", "plot"]),
    ("measure", &["rtt", "throughput", "many", "repeat"]),
    (
        "worlds",
        &["world", "link", "neighbour", "filter", "sysctl"],
    ),
    ("check", &["expect", "show", "wait", "diagnose"]),
];

/// All verbs with one line about each, in the order of the reference.
pub fn verbs() -> Vec<(&'static str, String)> {
    let grammar = Typed::command();
    let about = |verb: &str| Some(grammar.find_subcommand(verb)?.get_about()?.to_string());
    VERBS
        .iter()
        .map(|verb| (*verb, about(verb).unwrap_or_default()))
        .collect()
}

/// The flags of one verb with their help, for completion.
pub fn verb_flags(verb: &str) -> Vec<(String, String)> {
    let command = Typed::command();
    let Some(verb) = command.find_subcommand(verb) else {
        return Vec::new();
    };
    let flags = verb
        .get_arguments()
        .filter_map(|argument| Some((format!("--{}", argument.get_long()?), help_of(argument))));
    flags.collect()
}

/// The help page of one verb; `None` when there is no such verb.
///
/// A line each: how it is typed, what it does, then its arguments, flags and fixed values, each
/// with a tab between the word and its meaning. Backticks mark what can be typed.
pub fn verb_usage(verb: &str) -> Option<String> {
    let mut command = Typed::command();
    command.build();
    let grammar = command.find_subcommand_mut(verb)?;
    let mut lines = vec![format!("`{}`", usage(grammar))];
    let about = grammar.get_long_about().or_else(|| grammar.get_about());
    for paragraph in about
        .map(ToString::to_string)
        .unwrap_or_default()
        .split("\n\n")
    {
        lines.push(format!("{}.", paragraph.trim_end_matches('.')));
    }
    lines.extend(rows(grammar));
    let actions: Vec<String> = grammar
        .get_subcommands()
        .map(|action| action.get_name().to_owned())
        .collect();
    for action in actions {
        let Some(action) = grammar.find_subcommand_mut(&action) else {
            continue;
        };
        let about = action.get_about().map(ToString::to_string);
        let usage = usage(action);
        lines.push(format!("{usage}\t{}", about.unwrap_or_default()));
        lines.extend(rows(action).into_iter().map(|row| format!("  {row}")));
    }
    Some(lines.join("\n"))
}

fn usage(grammar: &mut Grammar) -> String {
    let usage = grammar.render_usage().to_string();
    usage.trim_start_matches("Usage:").trim().to_owned()
}

/// Arguments and flags with their fixed values.
fn rows(grammar: &Grammar) -> Vec<String> {
    let mut rows = Vec::new();
    let flags = grammar
        .get_arguments()
        .filter(|argument| !argument.is_positional());
    for argument in grammar.get_positionals().chain(flags) {
        rows.push(format!("{}\t{}", word_of(argument), meaning(argument)));
        for value in fixed_values(argument) {
            if let Some(help) = value.get_help() {
                rows.push(format!("  {}\t{help}", value.get_name()));
            }
        }
    }
    rows
}

/// `--within TIME`, `LISTENER`.
fn word_of(argument: &Arg) -> String {
    let value = match argument.get_value_names().and_then(<[_]>::first) {
        Some(name) if argument.get_action().takes_values() => name.to_string(),
        _ => String::new(),
    };
    match argument.get_long() {
        Some(flag) => format!("--{flag} {value}").trim_end().to_owned(),
        None if value.is_empty() => argument.get_id().to_string().to_uppercase(),
        None => value,
    }
}

fn meaning(argument: &Arg) -> String {
    let mut text = help_of(argument);
    let unexplained: Vec<String> = fixed_values(argument)
        .iter()
        .filter(|value| value.get_help().is_none())
        .map(|value| value.get_name().to_owned())
        .collect();
    if !unexplained.is_empty() {
        text = format!("{text}: {}", unexplained.join(", "));
    }
    if argument.get_action().takes_values()
        && let Some(usual) = argument.get_default_values().first()
    {
        text = format!("{text} (usually {})", usual.to_string_lossy());
    }
    text
}

fn help_of(argument: &Arg) -> String {
    argument
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn fixed_values(argument: &Arg) -> Vec<clap::builder::PossibleValue> {
    if argument.get_action().takes_values() {
        argument.get_possible_values()
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_verb_is_in_one_group_and_has_a_page() {
        let mut grouped: Vec<_> = VERB_GROUPS.iter().flat_map(|(_, verbs)| *verbs).collect();
        grouped.sort();
        let mut all: Vec<_> = VERBS.iter().collect();
        all.sort();
        assert_eq!(grouped, all);
        for verb in VERBS {
            let page = verb_usage(verb).unwrap();
            assert!(page.starts_with(&format!("`{verb}")), "{page}");
        }
        assert_eq!(verb_usage("hint"), None);
    }

    #[test]
    fn a_page_says_what_may_be_typed_and_what_it_means() {
        assert_eq!(
            verb_usage("wait").unwrap(),
            "`wait [OPTIONS] <EXPR|TIME>...`\n\
             Wait until an expression holds, or for a time: `wait client.state == \"CLOSED\"`, \
             `wait 1s`.\n\
             EXPR|TIME\tAn expression, or a time\n\
             --within TIME\tHow long to wait for the expression at most (usually 2s)"
        );
        let page = verb_usage("shutdown").unwrap();
        assert!(
            page.ends_with(
                "--how HOW\tWhich direction ends (usually write)\n  \
                 write\tNo more sending: the peer reads end of stream (a FIN goes out)\n  \
                 read\tNo more reading here; on TCP nothing is said to the peer\n  \
                 both\tBoth"
            ),
            "{page}"
        );
        let page = verb_usage("capture").unwrap();
        assert!(
            page.contains("\ncapture save [OPTIONS] <FILE>\tWrite what"),
            "{page}"
        );
        assert!(page.contains("\n  --force\tWrite over"), "{page}");
    }
}
