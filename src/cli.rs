//! The command line: what can be asked, and the exit code of the answer.
//!
//! Exit codes: 0 done, 1 a check or an expectation failed, 2 wrong usage, 130 interrupted.
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::app;
use crate::lang::{parse_duration, parse_state};
use crate::limits;
use crate::net::TcpState;

/// A laboratory for loopback networking in a terminal.
///
/// Without a command it opens the lessons and continues where you stopped.
#[derive(Debug, Parser)]
#[command(name = "looplab", version, propagate_version = true)]
pub struct Cli {
    /// What to do; the lessons when absent.
    #[command(subcommand)]
    pub command: Option<Verb>,
    /// Settings of a start into the lessons.
    #[command(flatten)]
    pub start: Start,
    /// Settings every command takes.
    #[command(flatten)]
    pub global: Global,
}

impl Cli {
    /// Gives `--state` to whom it was meant for. `sockets` keeps no progress, and the lab's verb of that
    /// name has a filter `--state`; so what names no directory there is the state of a socket.
    fn settled(mut self) -> Result<Self, clap::Error> {
        let Some(Verb::Sockets(asked)) = &mut self.command else {
            return Ok(self);
        };
        let word = self.global.state.as_deref().and_then(Path::to_str);
        let Some(word) = word.filter(|word| !is_directory(word)) else {
            return Ok(self);
        };
        let state = parse_state(word).map_err(|why| {
            let help = format!("{why}; as a directory for progress write `--state ./{word}`");
            Self::command().error(ErrorKind::ValueValidation, help)
        })?;
        if asked.tcp_state.is_some_and(|other| other != state) {
            let both = "`--state` and `--tcp-state` are the same filter, with two values here";
            return Err(Self::command().error(ErrorKind::ArgumentConflict, both));
        }
        asked.tcp_state = Some(state);
        self.global.state = None;
        Ok(self)
    }
}

/// Whether a value is a path at first sight. That a directory is called `listen` is no reason to list
/// everything.
fn is_directory(word: &str) -> bool {
    TcpState::parse(word).is_none() && (word.contains('/') || Path::new(word).is_dir())
}

/// Settings every command takes.
#[derive(Clone, Debug, Default, Args)]
pub struct Global {
    /// Print JSON Lines instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// Print plain lines: no colour, no drawing, no cursor movement.
    #[arg(long, global = true)]
    pub plain: bool,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// Keep progress in this directory instead of the XDG state directory [env: LOOPLAB_STATE].
    #[arg(long, global = true, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Lay the lessons of this directory over the built-in ones [env: LOOPLAB_LESSONS].
    #[arg(long, global = true, value_name = "DIR")]
    pub lessons: Option<PathBuf>,
}

/// Settings of a start into the lessons.
#[derive(Clone, Debug, Default, Args)]
pub struct Start {
    /// Offer no questions from earlier lessons this time [env: LOOPLAB_REVIEW=off].
    #[arg(long)]
    pub no_review: bool,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set or TERM is dumb.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Go straight into a lesson: by id, number or part of its title.
    Learn(Learn),
    /// Play freely in the lab, without a lesson.
    Lab,
    /// Run a lab script; exit 1 when an `expect` does not hold.
    Run(Run),
    /// Answer questions from lessons you have finished, when they are due.
    Review(Review),
    /// Write down what you predicted, what surprised you and what your machine answered.
    Report(Report),
    /// List the lessons and your progress.
    List,
    /// Go through the article claim by claim: its verdict, and what this machine said.
    Claims(Claims),
    /// Search lessons, glossary and cards.
    Find(Words),
    /// Explain an errno, a port, an endpoint, a TCP state or a term.
    Explain(Words),
    /// List sockets as the kernel sees them.
    Sockets(Sockets),
    /// Say what holds a port, and how it would become free.
    Who(Who),
    /// Say what looplab can do on this machine, and what stands in the way of the rest.
    Doctor,
    /// Show a lesson to a class: it types, you press Enter.
    Present(Present),
    /// Check lessons for mistakes, without running them.
    Check(Paths),
    /// Prove lessons on this kernel: solutions pass, traps fail, predictions come true.
    Test(Test),
    /// Print the JSON Schema of the lesson format.
    Schema,
    /// Print shell completions.
    Completions(Completions),
    /// Print the man page, or that of a command.
    Man(Man),
}

/// `learn [LESSON]`
#[derive(Debug, Args)]
pub struct Learn {
    /// Which lesson; the one you are in, or the next one, when absent.
    pub lesson: Option<String>,
    /// Begin at this step, by its id or number.
    #[arg(long, value_name = "STEP")]
    pub step: Option<String>,
    /// Begin the lesson anew.
    #[arg(long)]
    pub restart: bool,
}

/// `review`
#[derive(Debug, Args)]
pub struct Review {
    /// `off` ends the offer of questions before the next lesson, `on` renews it.
    #[arg(value_enum, conflicts_with_all = ["all", "lesson", "list"])]
    pub offer: Option<Offer>,
    /// Ask every question of the lessons you have finished, due or not.
    #[arg(long)]
    pub all: bool,
    /// Ask the questions of this lesson, due or not.
    #[arg(long, value_name = "LESSON")]
    pub lesson: Option<String>,
    /// Say when which question is due, and ask none.
    #[arg(long)]
    pub list: bool,
}

/// Whether questions are offered before the next lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Offer {
    /// When they are due.
    On,
    /// Never.
    Off,
}

/// `report [LESSON]`
#[derive(Debug, Args)]
pub struct Report {
    /// Which lesson; all that you have begun when absent.
    pub lesson: Option<String>,
    /// How to write it; by the ending of --output when absent.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub to: Option<ReportFormat>,
    /// Write it into this file, which must not be there yet.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write over the file.
    #[arg(long, requires = "output")]
    pub force: bool,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Plain text.
    Text,
    /// Markdown.
    Md,
    /// One page of HTML that needs nothing else.
    Html,
}

/// `run FILE|-`
#[derive(Debug, Args)]
pub struct Run {
    /// A file of lab lines; - for standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `claims [CLAIM]`
#[derive(Debug, Args)]
pub struct Claims {
    /// One claim, by its number: C42. All of them when absent.
    pub claim: Option<String>,
    /// Only those that wait for you: not settled yet, and possible here.
    #[arg(long, conflicts_with = "claim")]
    pub open: bool,
    /// Only those that this machine has settled.
    #[arg(long, conflicts_with_all = ["claim", "open"])]
    pub settled: bool,
}

/// Words to look up.
#[derive(Debug, Args)]
pub struct Words {
    /// What to look up.
    #[arg(required = true, num_args = 1..)]
    pub words: Vec<String>,
}

/// `sockets`
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "a flag each")]
pub struct Sockets {
    /// Only sockets in this state: LISTEN, ESTABLISHED, TIME-WAIT, …; --state LISTEN does the same.
    // The lab's verb calls it --state, which is the directory for progress here: see `Cli::settled`.
    #[arg(long, value_name = "STATE", value_parser = parse_state)]
    pub tcp_state: Option<TcpState>,
    /// Every socket of this machine, as in the lab; here that is what is listed anyway.
    #[arg(long)]
    pub all: bool,
    /// Only sockets with this port at either end.
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Only listeners.
    #[arg(long, short)]
    pub listening: bool,
    /// Only sockets of this process: its number, or its name.
    #[arg(long, value_name = "PROCESS")]
    pub owner: Option<String>,
    /// Do not look for the processes behind them, which takes most of the time.
    #[arg(long, conflicts_with = "owner")]
    pub no_owners: bool,
    /// Only what other machines can reach: listeners and UDP sockets beyond loopback, and where.
    #[arg(long)]
    pub exposed: bool,
    /// With what TCP has measured and decided: round-trip time, window, segment size, retransmits.
    #[arg(long)]
    pub details: bool,
    /// Look again and again until q or Ctrl-C; without a screen, tell only what changes.
    #[arg(
        long,
        value_name = "TIME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "1s",
        value_parser = parse_duration
    )]
    pub watch: Option<Duration>,
    /// With --watch: how many looks.
    #[arg(long, value_name = "N", requires = "watch", value_parser = clap::value_parser!(u64).range(1..))]
    pub times: Option<u64>,
}

/// `who PORT`
#[derive(Debug, Args)]
pub struct Who {
    /// A port, or an endpoint such as 127.0.0.1:3000.
    pub port: String,
}

/// `present LESSON`
#[derive(Debug, Args)]
pub struct Present {
    /// Which lesson.
    pub lesson: String,
    /// Go on by itself.
    #[arg(long)]
    pub auto: bool,
    /// With --auto: seconds to pause where you would press Enter.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 3.0,
        requires = "auto",
        allow_negative_numbers = true
    )]
    pub pace: f64,
    /// Begin at this step, by its id or number.
    #[arg(long, value_name = "STEP")]
    pub step: Option<String>,
}

/// Lesson files or directories.
#[derive(Debug, Args)]
pub struct Paths {
    /// Lesson files or directories; all lessons looplab knows when absent.
    pub paths: Vec<PathBuf>,
}

/// `test [PATHS]`
#[derive(Debug, Args)]
pub struct Test {
    /// Lesson files or directories; all lessons looplab knows when absent.
    pub paths: Vec<PathBuf>,
    /// How many steps are proven at once. Those that use the host's network take turns in any case.
    #[arg(
        long,
        short,
        value_name = "N",
        default_value_t = limits::PROOFS,
        value_parser = at_once
    )]
    pub jobs: usize,
}

fn at_once(text: &str) -> Result<usize, String> {
    let most = limits::MOST_PROOFS;
    let count = text.parse().ok().filter(|count| (1..=most).contains(count));
    count.ok_or_else(|| format!("a number from 1 to {most}"))
}

/// `completions SHELL`
#[derive(Debug, Args)]
pub struct Completions {
    /// Which shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `man [COMMAND]`
#[derive(Debug, Args)]
pub struct Man {
    /// Which command; the program as a whole when absent.
    pub command: Option<String>,
}

/// How a command ended; becomes the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// A check or an expectation failed, or the thing asked about is not there.
    Failed,
    /// The command line, or a file it names, cannot be used.
    Usage,
    /// Ctrl-C.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Interrupted => 130,
        })
    }
}

/// Runs the program with the process's own arguments.
pub fn main() -> ExitCode {
    run(std::env::args_os()).into()
}

fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let quick = into_lessons(&arguments).or_else(|| question(&arguments));
    let read = quick.map_or_else(|| Cli::try_parse_from(arguments), Ok);
    match read.and_then(Cli::settled) {
        Ok(cli) => app::dispatch(cli),
        Err(problem) => usage(&problem),
    }
}

/// Reads the plainest ways into the lessons, `looplab` and `looplab learn LESSON`, without a grammar:
/// building that of all verbs would take a fifth of the time to the first prompt.
fn into_lessons(arguments: &[OsString]) -> Option<Cli> {
    let lesson = match arguments {
        [_] => None,
        [_, verb] if verb == "learn" => Some(None),
        [_, verb, lesson] if verb == "learn" => {
            let lesson = lesson.to_str().filter(|word| !word.starts_with('-'))?;
            Some(Some(lesson.to_owned()))
        }
        _ => return None,
    };
    let learn = |lesson| {
        Verb::Learn(Learn {
            lesson,
            step: None,
            restart: false,
        })
    };
    Some(Cli {
        command: lesson.map(learn),
        start: Start::default(),
        global: Global::default(),
    })
}

/// Reads a question about sockets with the grammar of its verb alone: the answer to it takes little
/// longer than building the grammar of all verbs would. What this cannot read, or is no question (a
/// mistake, a plea for help), is left to the whole grammar.
fn question(arguments: &[OsString]) -> Option<Cli> {
    let verb = match arguments.get(1)?.to_str()? {
        "sockets" => Sockets::augment_args(clap::Command::new("sockets")),
        "who" => Who::augment_args(clap::Command::new("who")),
        _ => return None,
    };
    let grammar = Start::augment_args(Global::augment_args(clap::Command::new("looplab")));
    let grammar = grammar.subcommand(verb);
    let matches = grammar.try_get_matches_from(arguments).ok()?;
    Cli::from_arg_matches(&matches).ok()
}

/// clap's own text: help and version are data, a mistake is talk.
fn usage(problem: &clap::Error) -> Exit {
    let printed = problem.print();
    match (problem.kind(), printed) {
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, Ok(())) => Exit::Done,
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, Err(error)) => app::ended(&error),
        // Where a mistake cannot be told, the exit code still tells.
        _ => Exit::Usage,
    }
}

/// The grammar, for completions and the man page.
pub fn grammar() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_into_the_lessons_is_read_as_the_whole_grammar_reads_it() {
        for (line, quick) in [
            ("", true),
            ("learn", true),
            ("learn lab", true),
            ("learn port-number", true),
            ("learn 3 --step 2", false),
            ("learn --restart", false),
            ("learn -V", false),
            ("list", false),
            ("--json", false),
        ] {
            let words = format!("looplab {line}");
            let words: Vec<OsString> = words.split_whitespace().map(OsString::from).collect();
            let read = into_lessons(&words).map(|cli| format!("{cli:?}"));
            let whole = Cli::try_parse_from(&words).map(|cli| format!("{cli:?}"));
            assert_eq!(read, whole.ok().filter(|_| quick), "{line}");
        }
    }

    #[test]
    fn a_question_is_read_as_the_whole_grammar_reads_it() {
        for (line, quick) in [
            ("sockets", true),
            ("sockets -l --no-owners --plain", true),
            ("sockets --tcp-state time-wait --port 80 --exposed", true),
            ("sockets --state listen --all", true),
            (
                "sockets --watch=2s --times 3 --owner ssh --color never",
                true,
            ),
            ("who 80", true),
            ("who 127.0.0.1:3000 --json", true),
            ("--plain who 80", false),
            ("sockets --no-owners --owner ssh", false),
            ("sockets --times 3", false),
            ("sockets --help", false),
            ("who", false),
            ("list", false),
        ] {
            let words = format!("looplab {line}");
            let words: Vec<OsString> = words.split_whitespace().map(OsString::from).collect();
            let read = question(&words).map(|cli| format!("{cli:?}"));
            let whole = Cli::try_parse_from(&words).map(|cli| format!("{cli:?}"));
            assert_eq!(read, whole.ok().filter(|_| quick), "{line}");
        }
    }

    /// clap finds clashes of names only when it is asked, or when somebody uses the command.
    #[test]
    fn the_grammar_agrees_with_itself() {
        grammar().debug_assert();
        for verb in grammar().get_subcommands() {
            let ids: Vec<_> = verb.get_arguments().map(clap::Arg::get_id).collect();
            for global in grammar().get_arguments().map(clap::Arg::get_id) {
                assert!(!ids.contains(&global), "{}: {global}", verb.get_name());
            }
        }
    }
}
