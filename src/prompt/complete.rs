//! What Tab offers. Verbs, flags and fixed values come from the one definition of the verbs; names
//! and endpoints from the words of the prompt. It never runs a line and never asks the kernel.
use clap::{Arg, Command as Grammar, CommandFactory};

use super::tokens::name_end;
use super::words::Words;
use crate::lang::{Scope, TESTS, Typed, verb_names};
use crate::net::{Errno, TcpState};

/// More would be no help, and the editor counts them in 16 bits.
const MOST: usize = 500;

/// What may stand where the cursor is, and where the word it replaces begins.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) start: usize,
    pub(super) words: Vec<String>,
}

/// Offers words for the place `at` in `line`. `topics` is asked only where `explain` needs it.
pub(super) fn offer(
    line: &str,
    at: usize,
    words: &Words,
    topics: &dyn Fn() -> Vec<String>,
) -> Offer {
    let before = line.get(..at).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let before = before.get(line_start..).unwrap_or_default();
    let asked = Asked {
        words,
        topics,
        text: before,
    };
    let (start, mut found) = asked.candidates();
    let typed = before.get(start..).unwrap_or_default();
    found.retain(|word| word.starts_with(typed));
    found.sort();
    found.dedup();
    found.truncate(MOST);
    Offer {
        start: line_start + start,
        words: found,
    }
}

struct Asked<'a> {
    words: &'a Words,
    topics: &'a dyn Fn() -> Vec<String>,
    /// The line up to the cursor.
    text: &'a str,
}

impl Asked<'_> {
    fn candidates(&self) -> (usize, Vec<String>) {
        let text = self.text;
        if open_template(text) {
            return self.expression(text);
        }
        let command_at = name_end(text).map_or(0, |equals| equals + 1);
        let Some(pieces) = pieces(text, command_at) else {
            return (text.len(), Vec::new());
        };
        let Some(((start, _), full)) = pieces.split_last() else {
            return (text.len(), Vec::new());
        };
        let full: Vec<&str> = full.iter().map(|(_, word)| *word).collect();
        match full.as_slice() {
            [] => (*start, self.first_word(command_at == 0)),
            ["help"] => (*start, verbs()),
            _ => self.arguments(&full, *start),
        }
    }

    fn first_word(&self, walk: bool) -> Vec<String> {
        let typed = self
            .text
            .rsplit(['=', ' ', '\n'])
            .next()
            .unwrap_or_default();
        let mut found = everyday_first(verbs(), typed);
        if walk {
            found.extend(self.words.walk.iter().map(|word| spaced(word)));
            found.push(spaced("help"));
        }
        found
    }

    /// Candidates after a verb; `full` holds the verb and the finished words.
    fn arguments(&self, full: &[&str], start: usize) -> (usize, Vec<String>) {
        let typed = self.text.get(start..).unwrap_or_default();
        let Some((verb, given)) = full.split_first() else {
            return (start, Vec::new());
        };
        let mut grammar = Typed::command();
        grammar.build();
        let Some(grammar) = grammar.find_subcommand(verb) else {
            return (start, Vec::new());
        };
        let (grammar, given) = innermost(grammar, given);
        if grammar.has_subcommands() {
            let actions = grammar.get_subcommands();
            return (start, actions.map(|a| spaced(a.get_name())).collect());
        }
        let place = Place::after(grammar, given);
        match (*verb, place) {
            (_, Place::Value(argument)) => self.values(argument, start),
            (_, Place::Rest(inner)) => match inner {
                [] => (start, verbs()),
                inner => self.arguments(inner, start),
            },
            (_, Place::Argument(_)) if typed.starts_with('-') => (start, flags(grammar, given)),
            ("explain", _) => (start, self.topics()),
            ("diagnose", _) => (start, self.causes()),
            (_, Place::Argument(Some(argument))) => self.values(argument, start),
            _ => (start, Vec::new()),
        }
    }

    /// What fits an argument of a verb: its fixed values, or what its name in the help says.
    fn values(&self, argument: &Arg, start: usize) -> (usize, Vec<String>) {
        let fixed = argument.get_possible_values();
        if !fixed.is_empty() {
            return (
                start,
                fixed.iter().map(|value| spaced(value.get_name())).collect(),
            );
        }
        let shown = argument.get_value_names().and_then(<[_]>::first);
        let words = match shown.map_or_else(|| argument.get_id().as_str(), |name| name.as_str()) {
            "EXPR" | "EXPR|TIME" => return self.expression(self.text),
            "ENDPOINT" | "PORT" | "endpoint" | "port" => self.places(),
            "LISTENER" => self.names_of(&["listener"]),
            "SERVER" => self.names_of(&["server"]),
            "SOCKET" | "socket" => self.names_of(&["connection", "udp"]),
            "NAME" | "names" | "name" => self.names_of(&[]),
            "STATE" => TcpState::ALL
                .iter()
                .map(|state| spaced(state.name()))
                .collect(),
            "URL" | "url" => self.servers(),
            _ => Vec::new(),
        };
        (start, words)
    }

    fn places(&self) -> Vec<String> {
        let mut found = self.names_of(&[]);
        found.extend(self.words.endpoints.iter().map(|endpoint| spaced(endpoint)));
        found
    }

    /// Names of these kinds; all names when none is of such a kind.
    fn names_of(&self, kinds: &[&str]) -> Vec<String> {
        let names = &self.words.names;
        let fits =
            |kind: &Option<String>| kind.as_deref().is_some_and(|kind| kinds.contains(&kind));
        let any = kinds.is_empty() || !names.iter().any(|named| fits(&named.kind));
        let wanted = names.iter().filter(|named| any || fits(&named.kind));
        wanted.map(|named| spaced(&named.name)).collect()
    }

    /// A server's name begins a URL: `server/path`.
    fn servers(&self) -> Vec<String> {
        let names = self.names_of(&["server"]);
        let mut found: Vec<String> = names
            .iter()
            .map(|name| format!("{}/", name.trim()))
            .collect();
        found.push("http://127.0.0.1:".to_owned());
        found
    }

    fn topics(&self) -> Vec<String> {
        let mut found = (self.topics)();
        found.extend(Errno::names().map(str::to_owned));
        found.extend(TcpState::ALL.map(|state| state.name().to_owned()));
        found
    }

    /// Any word may be a cause; offered are the states and the terms that could be one.
    fn causes(&self) -> Vec<String> {
        let states = TcpState::ALL.map(|state| state.name().to_owned());
        let all = (self.topics)().into_iter().chain(states);
        all.map(|topic| topic.to_lowercase().replace(' ', "-"))
            .collect()
    }

    /// Names, the fields of a name, or the tests after `is`.
    fn expression(&self, text: &str) -> (usize, Vec<String>) {
        let part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let word = text.trim_end_matches(part).len();
        let typed = text.get(word..).unwrap_or_default();
        let before: Vec<&str> = text
            .get(..word)
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        if matches!(before.as_slice(), [.., "is"] | [.., "is", "not"]) {
            return (word, TESTS.iter().map(|(name, _)| spaced(name)).collect());
        }
        if let Some((name, _)) = typed.rsplit_once('.') {
            let named = self.words.names.iter().find(|named| named.name == name);
            let fields = named.map_or(&[][..], |named| &named.fields);
            return (
                word,
                fields
                    .iter()
                    .map(|field| format!("{name}.{field}"))
                    .collect(),
            );
        }
        let names = self.words.names.iter().map(|named| named.name.clone());
        (
            word,
            names.chain(Scope::RESERVED.map(str::to_owned)).collect(),
        )
    }
}

/// What the grammar expects after some finished words.
enum Place<'g, 'w> {
    /// The value of a flag.
    Value(&'g Arg),
    /// A flag, or this positional argument; `None` when all are given.
    Argument(Option<&'g Arg>),
    /// A verb of its own, and the words it has so far.
    Rest(&'w [&'w str]),
}

impl<'g, 'w> Place<'g, 'w> {
    fn after(grammar: &'g Grammar, given: &'w [&'w str]) -> Self {
        let positionals: Vec<&Arg> = grammar.get_positionals().collect();
        let mut next = 0;
        let mut value_of = None;
        for (at, word) in given.iter().enumerate() {
            if value_of.take().is_some() {
                continue;
            }
            let here = positionals.get(next).copied();
            if here.is_some_and(Arg::is_trailing_var_arg_set) && runs_a_verb(grammar) {
                return Self::Rest(given.get(at..).unwrap_or_default());
            }
            if word.starts_with("--") {
                value_of = flag(grammar, word).filter(|arg| arg.get_action().takes_values());
                value_of = value_of.filter(|_| !word.contains('='));
            } else if !here.is_some_and(takes_many) {
                next += 1;
            }
        }
        if let Some(argument) = value_of {
            return Self::Value(argument);
        }
        let here = positionals.get(next).copied();
        if here.is_some_and(Arg::is_trailing_var_arg_set) && runs_a_verb(grammar) {
            return Self::Rest(&[]);
        }
        Self::Argument(here)
    }
}

/// `capture show` has a grammar of its own.
fn innermost<'g, 'w>(grammar: &'g Grammar, given: &'w [&'w str]) -> (&'g Grammar, &'w [&'w str]) {
    match given.split_first() {
        Some((action, rest)) => match grammar.find_subcommand(action) {
            Some(inner) => innermost(inner, rest),
            None => (grammar, given),
        },
        None => (grammar, given),
    }
}

fn runs_a_verb(grammar: &Grammar) -> bool {
    ["repeat", "neighbour"].contains(&grammar.get_name())
}

fn takes_many(argument: &Arg) -> bool {
    argument
        .get_num_args()
        .is_some_and(|range| range.max_values() > 1)
}

fn flag<'g>(grammar: &'g Grammar, word: &str) -> Option<&'g Arg> {
    let name = word.trim_start_matches('-').split('=').next()?;
    grammar
        .get_arguments()
        .find(|argument| argument.get_long() == Some(name))
}

/// The verb's flags that are not on the line yet.
fn flags(grammar: &Grammar, given: &[&str]) -> Vec<String> {
    let long = grammar.get_arguments().filter_map(Arg::get_long);
    long.map(|name| format!("--{name}"))
        .filter(|flag| !given.contains(&flag.as_str()))
        .map(|flag| spaced(&flag))
        .collect()
}

/// Verbs that change the private world itself. They are rare, and a short prefix means the verb that
/// everybody types: `li` is `listen`.
const RARE: [&str; 5] = ["world ", "neighbour ", "link ", "sysctl ", "filter "];

/// Leaves rare verbs out while an everyday one fits what is typed.
fn everyday_first(mut verbs: Vec<String>, typed: &str) -> Vec<String> {
    let rare = |verb: &String| RARE.contains(&verb.as_str());
    let fits = |verb: &String| !typed.is_empty() && verb.starts_with(typed);
    if verbs.iter().any(|verb| fits(verb) && !rare(verb)) {
        verbs.retain(|verb| !rare(verb));
    }
    verbs
}

fn verbs() -> Vec<String> {
    verb_names().into_iter().map(spaced).collect()
}

/// A finished word: the next one may begin at once.
fn spaced(word: &str) -> String {
    format!("{word} ")
}

fn open_template(text: &str) -> bool {
    match (text.rfind("{{"), text.rfind("}}")) {
        (Some(open), Some(close)) => open > close,
        (open, _) => open.is_some(),
    }
}

/// The words from `from` on with their places; the last one is being typed and may be empty. `None`
/// inside quotes or a comment, where nothing can be offered.
fn pieces(text: &str, from: usize) -> Option<Vec<(usize, &str)>> {
    let mut found = Vec::new();
    let mut start = None;
    let mut quote = None;
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < from) {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c.is_whitespace() => {
                if let Some(start) = start.take() {
                    found.push((start, text.get(start..at)?));
                }
            }
            None if c == '#' && start.is_none() => return None,
            None => {
                quote = (c == '"' || c == '\'').then_some(c);
                start.get_or_insert(at);
            }
        }
    }
    if quote.is_some() {
        return None;
    }
    let start = start.unwrap_or(text.len());
    found.push((start, text.get(start..)?));
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::Named;

    fn words() -> Words {
        let named = |name: &str, kind: &str, fields: &[&str]| Named {
            name: name.to_owned(),
            kind: Some(kind.to_owned()),
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        };
        Words {
            walk: vec!["hint".to_owned(), "next".to_owned()],
            names: vec![
                named("client", "connection", &["local", "peer"]),
                named("first", "listener", &["local", "port", "port_range"]),
                named("web", "server", &[]),
            ],
            endpoints: vec!["127.0.0.1:7001".to_owned()],
        }
    }

    /// `|` is the cursor.
    fn offered(marked: &str) -> (usize, Vec<String>) {
        let at = marked.find('|').unwrap();
        let line = marked.replace('|', "");
        let offer = offer(&line, at, &words(), &|| vec!["backlog".to_owned()]);
        (offer.start, offer.words)
    }

    fn check(marked: &str, start: usize, expected: &[&str]) {
        let (found_start, found) = offered(marked);
        assert_eq!(found, expected, "{marked}");
        if !expected.is_empty() {
            assert_eq!(found_start, start, "{marked}");
        }
    }

    #[test]
    fn verbs_and_words_of_the_walk_begin_a_line() {
        check("li|", 0, &["listen "]);
        check("lin|", 0, &["link "]);
        check("  lis|", 2, &["listen "]);
        check(
            "re|",
            0,
            &["recv ", "repeat ", "requests ", "reset ", "resolve "],
        );
        check("hi|", 0, &["hint "]);
        check("a = hi|", 4, &[]);
        check("a = li|sten", 4, &["listen "]);
        check("a=li|", 2, &["listen "]);
        check("help ud|", 5, &["udp "]);
        check("zz|", 0, &[]);
    }

    #[test]
    fn flags_and_their_values_come_from_the_verb() {
        check("listen 0 --ba|", 9, &["--backlog "]);
        check("listen 0 --reuseaddr --reuse|", 21, &["--reuseport "]);
        check("shutdown client --how |", 22, &["both ", "read ", "write "]);
        check("sockets --state TIME|", 16, &["TIME-WAIT "]);
        check("listen --backlog 5 f|", 19, &["first "]);
        check("listen --backlog |", 17, &[]);
        check("serve |", 6, &["dns ", "echo ", "http ", "relay "]);
        check("capture s|", 8, &["save ", "show ", "start ", "stop "]);
        check("capture show --|", 13, &["--port "]);
        check("capture show cl|", 13, &["client "]);
        check("connect first --from 127|", 21, &["127.0.0.1:7001 "]);
    }

    #[test]
    fn names_fit_the_argument() {
        check("accept |", 7, &["first "]);
        check("send |", 5, &["client "]);
        check("close client f|", 13, &["first "]);
        check(
            "connect |",
            8,
            &["127.0.0.1:7001 ", "client ", "first ", "web "],
        );
        check("signal |", 7, &["web "]);
        check("signal web k|", 11, &["kill "]);
        check("get w|", 4, &["web/"]);
        check("send client |", 12, &[]);
        check("send client 'fir|", 12, &[]);
        check("close f # f|", 8, &[]);
    }

    #[test]
    fn explain_knows_errnos_states_and_topics() {
        check("explain EADDRI|", 8, &["EADDRINUSE"]);
        check("explain CLOSE-|", 8, &["CLOSE-WAIT"]);
        check("explain back|", 8, &["backlog"]);
        check("diagnose time|", 9, &["time-wait"]);
        check("diagnose back|", 9, &["backlog"]);
    }

    #[test]
    fn repeat_completes_the_verb_it_repeats() {
        check("repeat 3 lis|", 9, &["listen "]);
        check("repeat 3 listen 0 --back|", 18, &["--backlog "]);
        check("repeat --cl|", 7, &["--close "]);
        check("neighbour lis|", 10, &["listen "]);
        check("neighbour connect --fro|", 18, &["--from "]);
    }

    #[test]
    fn expressions_know_names_fields_and_tests() {
        check("show fi|", 5, &["first"]);
        check("show first.po|", 5, &["first.port", "first.port_range"]);
        check("expect first is lis|", 16, &["listening "]);
        check("expect first is not lis|", 20, &["listening "]);
        check("expect (fi|", 8, &["first"]);
        check(
            "connect 127.0.0.2:{{ first.po|",
            21,
            &["first.port", "first.port_range"],
        );
        check("wait first --wi|", 11, &["--within "]);
    }

    #[test]
    fn a_block_completes_the_line_of_the_cursor() {
        check("listen 0\nacc|", 9, &["accept "]);
    }

    proptest::proptest! {
        #[test]
        fn nothing_typed_is_too_strange(text in "[a-z=#\"'{} \\\\\n0-9:é.-]{0,40}", at in 0..41_usize) {
            let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            let offer = offer(&text, at, &words(), &Vec::new);
            proptest::prop_assert!(offer.start <= at && text.is_char_boundary(offer.start));
        }
    }
}
