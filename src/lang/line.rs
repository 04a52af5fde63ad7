//! From typed text to a [`Command`]: `[name =] verb arguments --flags # comment`.
//!
//! Words are split as a shell splits them (shlex); clap knows the verbs. What clap says of a
//! mistake is put into the lab's words, with the place in the line.
use std::ops::Range;
use std::sync::LazyLock;

use clap::{Command as Grammar, CommandFactory, FromArgMatches, Parser};

use super::command::{Command, Expression, Typed, Wait, is_name, parse_duration};
use super::inquiry::Diagnose;
use super::scope::Scope;
use super::slips::{in_our_words, unclosed};
use crate::limits;

/// A parsed line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What the outcome is bound to.
    pub name: Option<String>,
    /// What to do.
    pub command: Command,
    /// The line as it was written.
    pub text: String,
}

/// Why a line cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// What is wrong.
    pub message: String,
    /// Where, as bytes of the line.
    pub span: Range<usize>,
    /// What to write instead.
    pub help: Option<String>,
}

/// Reads one line; `None` for a blank line or a comment. `{{ … }}` must be filled in before.
pub fn parse_line(text: &str) -> Result<Option<Line>, LineError> {
    if text.len() > limits::LINE_BYTES {
        return Err(too_long());
    }
    let (name, rest_at) = split_name(text)?;
    let rest = text.get(rest_at..).unwrap_or_default();
    if rest.trim().is_empty() || rest.trim_start().starts_with('#') {
        return match name {
            Some(_) => Err(
                error("a verb is missing after the `=`", text.len()..text.len())
                    .with_help("for example: server = listen 127.0.0.1:0"),
            ),
            None => Ok(None),
        };
    }
    let command = parse_command(rest).map_err(|error| error.moved(rest_at))?;
    let usual = match command {
        Command::Diagnose(_) => Some(Diagnose::NAME.to_owned()),
        _ => None,
    };
    Ok(Some(Line {
        name: name.or(usual),
        command,
        text: text.trim().to_owned(),
    }))
}

/// Reads a verb and its arguments that are words already, as `repeat` keeps them.
pub fn parse_words(words: &[String]) -> Result<Command, LineError> {
    read(words, &words.join(" "))
}

fn read(words: &[String], text: &str) -> Result<Command, LineError> {
    if let Some(command) = by_the_verb(words) {
        return Ok(command);
    }
    match Typed::try_parse_from(words) {
        Ok(typed) => Ok(typed.command),
        Err(problem) => Err(in_our_words(&problem, text)),
    }
}

/// Reads words with the grammar of their verb alone: to build that of all forty takes several times
/// as long as everything else about a short line. What this cannot read is left to the whole grammar,
/// which says why.
fn by_the_verb(words: &[String]) -> Option<Command> {
    static VERBS: LazyLock<Grammar> = LazyLock::new(Typed::command);
    let verb = VERBS.find_subcommand(words.first()?)?.clone();
    // As `Typed` has it.
    let grammar = Grammar::new("line").multicall(true).subcommand(verb);
    let grammar = grammar
        .disable_help_subcommand(true)
        .disable_help_flag(true);
    let matches = grammar.try_get_matches_from(words).ok()?;
    Some(Typed::from_arg_matches(&matches).ok()?.command)
}

/// Words that an expression reads as something else than a name.
const JINJA_WORDS: [&str; 10] = [
    "and", "else", "false", "if", "in", "is", "none", "not", "or", "true",
];

/// All verbs, in the order of the reference.
pub fn verb_names() -> Vec<&'static str> {
    VERBS.to_vec()
}

/// The verbs' names. A test holds this against the grammar.
pub(super) const VERBS: [&str; 40] = [
    "bind",
    "listen",
    "connect",
    "accept",
    "send",
    "recv",
    "shutdown",
    "close",
    "reset",
    "udp",
    "serve",
    "signal",
    "requests",
    "get",
    "sockets",
    "who",
    "scan",
    "range",
    "resolve",
    "hosts",
    "interfaces",
    "counters",
    "route",
    "states",
    "capture",
    "explain",
    "rtt",
    "throughput",
    "many",
    "repeat",
    "world",
    "link",
    "neighbour",
    "filter",
    "sysctl",
    "diagnose",
    "plot",
    "expect",
    "show",
    "wait",
];

impl LineError {
    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn moved(mut self, by: usize) -> Self {
        self.span = self.span.start + by..self.span.end + by;
        self
    }
}

pub(super) fn error(message: impl Into<String>, span: Range<usize>) -> LineError {
    LineError {
        message: message.into(),
        span,
        help: None,
    }
}

fn too_long() -> LineError {
    let message = format!(
        "this line is too long: a line has at most {} bytes",
        limits::LINE_BYTES
    );
    error(message, 0..0).with_help("`send NAME --bytes N` sends many bytes without typing them")
}

/// The name before `=`, and where the rest begins.
fn split_name(text: &str) -> Result<(Option<String>, usize), LineError> {
    let Some(at) = text.find('=') else {
        return Ok((None, 0));
    };
    let before = text.get(..at).unwrap_or_default();
    let word = before.trim();
    // `expect a == b`, `get page?x=1`: the `=` belongs to an argument.
    if word.contains(char::is_whitespace) || text.get(at..).is_some_and(|t| t.starts_with("==")) {
        return Ok((None, 0));
    }
    let start = before.len() - before.trim_start().len();
    let span = start..start + word.len();
    if word.is_empty() {
        return Err(error("a name is missing before the `=`", at..at + 1)
            .with_help("for example: server = listen 127.0.0.1:0"));
    }
    if !is_name(word) {
        let message = format!("`{word}` cannot be a name");
        return Err(error(message, span)
            .with_help("names are letters, digits and _, and begin with a letter"));
    }
    if JINJA_WORDS.contains(&word) {
        return Err(error(
            format!("`{word}` means something in expressions; choose another name"),
            span,
        ));
    }
    if Scope::RESERVED.contains(&word) || VERBS.contains(&word) {
        let kind = if VERBS.contains(&word) {
            "a verb"
        } else {
            "the lab's own name"
        };
        return Err(error(
            format!("`{word}` is {kind}; choose another name"),
            span,
        ));
    }
    Ok((Some(word.to_owned()), at + 1))
}

fn parse_command(text: &str) -> Result<Command, LineError> {
    if let Some(command) = parse_expression_verb(text)? {
        return Ok(command);
    }
    let Some(words) = shlex::split(text) else {
        return Err(unclosed(text));
    };
    read(&words, text)
}

/// `expect`, `show` and `wait` take the rest of the line as it stands: its quotes belong to the
/// expression.
fn parse_expression_verb(text: &str) -> Result<Option<Command>, LineError> {
    let trimmed = text.trim_start();
    let (verb, rest) = trimmed
        .split_once(char::is_whitespace)
        .unwrap_or((trimmed, ""));
    if !["expect", "show", "wait"].contains(&verb) {
        return Ok(None);
    }
    let mut rest = without_comment(rest).trim().to_owned();
    if rest.is_empty() {
        let at = text.trim_end().len();
        return Err(error(format!("`{verb}` needs an expression"), at..at)
            .with_help(format!("for example: {verb} server is listening")));
    }
    if verb == "expect" || verb == "show" {
        let expression = Expression { words: vec![rest] };
        return Ok(Some(match verb {
            "expect" => Command::Expect(expression),
            _ => Command::Show(expression),
        }));
    }
    let mut within = limits::DEFAULT_WITHIN;
    if let Some(at) = rest.find("--within") {
        let after = rest.get(at + "--within".len()..).unwrap_or_default();
        let time = after
            .trim_start_matches([' ', '='])
            .split_whitespace()
            .next()
            .unwrap_or("");
        let place = text.find("--within").unwrap_or(0);
        within = parse_duration(time).map_err(|m| error(m, place..text.trim_end().len()))?;
        let tail = after
            .trim_start_matches([' ', '='])
            .strip_prefix(time)
            .unwrap_or_default();
        let head = rest.get(..at).unwrap_or_default();
        format!("{head}{tail}").trim().clone_into(&mut rest);
    }
    Ok(Some(Command::Wait(Wait {
        within,
        words: vec![rest],
    })))
}

/// The text before a ` #` that is outside quotes.
fn without_comment(text: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '#' && before.is_whitespace() => return text.get(..at).unwrap_or(text),
            _ => {}
        }
        before = c;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Place;
    use crate::net::Endpoint;

    fn message(text: &str) -> String {
        let problem = parse_line(text).unwrap_err();
        let place = text.get(problem.span.clone()).unwrap_or("?");
        let help = problem
            .help
            .map(|help| format!(" | {help}"))
            .unwrap_or_default();
        format!("{} @{place}{help}", problem.message)
    }

    #[test]
    fn lines_become_commands() {
        let line = parse_line("server = listen 127.0.0.1:0 --backlog 5 # mine")
            .unwrap()
            .unwrap();
        assert_eq!(line.name.as_deref(), Some("server"));
        let Command::Listen(listen) = line.command else {
            panic!("{line:?}")
        };
        assert_eq!(listen.backlog, 5);
        assert_eq!(listen.endpoint, Place::Literal(Endpoint::loopback(0)));
        for blank in ["", "   ", "# only a comment", "  # x = y"] {
            assert_eq!(parse_line(blank), Ok(None), "{blank:?}");
        }
    }

    #[test]
    fn expressions_keep_their_quotes() {
        for (text, expression) in [
            (
                "expect second.error == \"EADDRINUSE\"",
                "second.error == \"EADDRINUSE\"",
            ),
            ("expect a == b # why", "a == b"),
            ("show \"#\" in x.text", "\"#\" in x.text"),
        ] {
            match parse_line(text).unwrap().unwrap().command {
                Command::Expect(e) | Command::Show(e) => assert_eq!(e.words, [expression]),
                other => panic!("{other:?}"),
            }
        }
        let line = parse_line("wait client.state == \"CLOSED\" --within 300ms")
            .unwrap()
            .unwrap();
        let Command::Wait(wait) = line.command else {
            panic!("{line:?}")
        };
        assert_eq!(wait.words, ["client.state == \"CLOSED\""]);
        assert_eq!(wait.within.as_millis(), 300);
    }

    const MISTAKES: &[(&str, &str)] = &[
        (
            "lsten 127.0.0.1:0",
            "there is no verb `lsten` @lsten | did you mean `listen`?",
        ),
        (
            "hint",
            "there is no verb `hint` @hint | `help` lists the verbs",
        ),
        (
            "127.0.0.1",
            "there is no verb `127.0.0.1` @127.0.0.1 | a line begins with a verb; \
             `explain 127.0.0.1` says what it is",
        ),
        (
            "listen 127.0.0.1:0 --port-range 49349-49340",
            "`49349-49340` begins with its higher end: write 49340-49349 @49349-49340",
        ),
        (
            "connect server from 127.77.0.1",
            "`connect` has no place for `from` @from | did you mean `--from 127.77.0.1`?",
        ),
        (
            "connect server nodelay",
            "`connect` has no place for `nodelay` @nodelay | did you mean `--nodelay`?",
        ),
        (
            "send c1 hello big world --within 1s",
            "`send` has no place for `big` @big | a text with spaces needs quotes: \
             `send c1 \"hello big world\" --within 1s`",
        ),
        (
            "frobnicate",
            "there is no verb `frobnicate` @frobnicate | `help` lists the verbs",
        ),
        (
            "listen 127.0.0.1:0 --bakclog 3",
            "`listen` has no place for `--bakclog` @--bakclog | did you mean `--backlog`?",
        ),
        (
            "listen",
            "`listen` needs <ENDPOINT> @ | usage: listen [OPTIONS] <ENDPOINT>",
        ),
        (
            "listen 127.0.0.1:70000",
            "`70000` is not a port: ports are the numbers 0 to 65535 @127.0.0.1:70000",
        ),
        (
            "connect 127.1:80",
            "`127.1` is a spelling of 127.0.0.1 that only some programs \
             read; write 127.0.0.1 @127.1:80",
        ),
        (
            "capture",
            "`capture` needs a word more @ | one of: start, stop, show, save",
        ),
        (
            "capture shwo",
            "`capture` cannot `shwo` @shwo | one of: start, stop, show, save",
        ),
        (
            "capture save",
            "`capture` needs <FILE> @ | usage: capture save [OPTIONS] <FILE>",
        ),
        (
            "serve ftp",
            "`ftp` does not fit <PROTOCOL> @ftp | one of: http, echo, relay, dns",
        ),
        (
            "many 0",
            "`0` does not fit <N>: it is a number from 1 to 60000 @0",
        ),
        (
            "send a \"unclosed",
            "this \" is never closed @\" | end the text with another \"",
        ),
        (
            "a = ",
            "a verb is missing after the `=` @ | for example: server = listen 127.0.0.1:0",
        ),
        (
            "= listen 0",
            "a name is missing before the `=` @= | for example: server = listen 127.0.0.1:0",
        ),
        (
            "a = listen 0 --backlog",
            "--backlog <N> needs a value @--backlog",
        ),
        ("sockets --state", "--state <STATE> needs a value @--state"),
        (
            "many banana server",
            "`banana` is no whole number, which <N> wants @banana",
        ),
        (
            "many 99999999999999999999 server",
            "`99999999999999999999` is beyond what <N> takes @99999999999999999999",
        ),
        (
            "--help",
            "a line begins with a verb @--help | `help` lists the verbs",
        ),
        (
            "1a = listen 0",
            "`1a` cannot be a name @1a | names are letters, digits and _, and \
             begin with a letter",
        ),
        (
            "none = listen 0",
            "`none` means something in expressions; choose another name @none",
        ),
        (
            "last = listen 0",
            "`last` is the lab's own name; choose another name @last",
        ),
        (
            "connect 80 --within soon",
            "`soon` is not a time: write 300ms, 2s or 1m @soon",
        ),
        (
            "expect",
            "`expect` needs an expression @ | for example: expect server is listening",
        ),
    ];

    #[test]
    fn mistakes_have_a_place_and_a_repair() {
        for (text, expected) in MISTAKES.iter().copied() {
            assert_eq!(message(text), expected);
        }
        assert!(message(&"x".repeat(1 << 20)).contains("at most 16384"));
    }

    #[test]
    fn the_grammar_of_a_verb_reads_as_the_whole_grammar_does() {
        let scripts = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/facts"));
        let mut lines: Vec<String> = MISTAKES
            .iter()
            .map(|(line, _)| (*line).to_owned())
            .collect();
        for script in scripts.unwrap() {
            let text = std::fs::read_to_string(script.unwrap().path()).unwrap();
            lines.extend(text.lines().map(str::to_owned));
        }
        let mut read = 0;
        for line in lines {
            let command = match split_name(&line) {
                Ok((_, rest_at)) => line.get(rest_at..).unwrap(),
                Err(_) => &line,
            };
            let Some(words) = shlex::split(command).filter(|words| !words.is_empty()) else {
                continue;
            };
            let whole = Typed::try_parse_from(&words).ok();
            assert_eq!(
                by_the_verb(&words),
                whole.map(|typed| typed.command),
                "{line}"
            );
            read += 1;
        }
        assert!(read > 200, "only {read} lines");
    }

    #[test]
    fn the_table_of_verbs_is_the_grammar() {
        let grammar: Vec<_> = Typed::command()
            .get_subcommands()
            .map(|v| v.get_name().to_owned())
            .collect();
        assert_eq!(grammar, VERBS);
    }
}
