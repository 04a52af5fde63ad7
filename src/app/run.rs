//! Lab scripts: a line in, an outcome out. The exit code says whether every `expect` held.
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::context::Context;
use super::free_play;
use crate::cli::Exit;
use crate::lab::Lab;
use crate::lang::{Author, FailureCause, LineError, Outcome};
use crate::{limits, tutor};

/// Runs the lines of a file, or of standard input for `-`.
pub(crate) fn run(context: &Context, path: &Path) -> io::Result<Exit> {
    let mut lab = context.lab();
    if path.as_os_str() == "-" {
        return lines(context, &mut lab, "<stdin>", &mut io::stdin().lock());
    }
    let name = path.display().to_string();
    match File::open(path) {
        Ok(file) => lines(context, &mut lab, &name, &mut BufReader::new(file)),
        Err(error) => {
            context
                .screen
                .error(&format!("cannot read {name}: {error}"));
            Ok(Exit::Usage)
        }
    }
}

fn lines(
    context: &Context,
    lab: &mut Lab,
    name: &str,
    source: &mut dyn BufRead,
) -> io::Result<Exit> {
    for number in 1.. {
        let bytes = match next_line(source) {
            Ok(bytes) => bytes,
            Err(error) => {
                context
                    .screen
                    .error(&format!("cannot read {name}: {error}"));
                return Ok(Exit::Usage);
            }
        };
        if bytes.is_empty() {
            break;
        }
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end_matches(['\n', '\r']);
        if help(context, line)? {
            continue;
        }
        let ran = match not_utf8(&bytes) {
            Some(error) => Err(error),
            None => lab.run_unwatched(line, Author::Learner),
        };
        match ran {
            Ok((_, outcome)) => {
                let Some(outcome) = outcome else { continue };
                context.screen.script_outcome(number, &outcome)?;
                if let Some(exit) = ends(&outcome) {
                    return Ok(exit);
                }
            }
            Err(error) => {
                bad_line(context, name, number, line, &of_a_lesson(line, error));
                return Ok(Exit::Usage);
            }
        }
    }
    Ok(Exit::Done)
}

/// What can be in a script beside the lines of the lab.
const WORDS: &[(&str, &str)] = &[
    ("help", "this list; `help listen` explains one verb"),
    ("#", "a comment, to the end of the line"),
];

/// Answers `help` and `help VERB`: who types into `run -` has no other place to ask. Whether it was
/// that.
fn help(context: &Context, line: &str) -> io::Result<bool> {
    let mut words = line.split_whitespace();
    if words.next() != Some("help") {
        return Ok(false);
    }
    match words.next() {
        None => context.screen.help(WORDS)?,
        Some(verb) => free_play::verb_help(context, verb)?,
    }
    Ok(true)
}

/// A word of a lesson's prompt, which a script does not have.
fn of_a_lesson(line: &str, error: LineError) -> LineError {
    let word = line.trim();
    if !tutor::WORDS.iter().any(|(known, _)| *known == word) {
        return error;
    }
    LineError {
        message: format!("`{word}` belongs to the prompt of a lesson; this is a script"),
        help: Some("a script ends with its last line; `help` lists what it can hold".to_owned()),
        ..error
    }
}

/// A line with its end, or so much of one that it is known to be too long; empty when there are no
/// more.
fn next_line(source: &mut dyn BufRead) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let bound = limits::LINE_BYTES as u64 + 2;
    source.take(bound).read_until(b'\n', &mut bytes)?;
    Ok(bytes)
}

/// Bytes that are no text, in the place where they show as replacement characters.
fn not_utf8(bytes: &[u8]) -> Option<LineError> {
    let valid = std::str::from_utf8(bytes).err()?.valid_up_to();
    Some(LineError {
        message: format!("not valid UTF-8 at byte {valid} of the line"),
        span: valid..valid + char::REPLACEMENT_CHARACTER.len_utf8(),
        help: None,
    })
}

/// Whether a script stops after this outcome. What the kernel refuses is an ordinary result; an
/// expectation that fails is not, and neither is what no kernel was asked: a script that goes on
/// after a slip of the pen proves nothing.
fn ends(outcome: &Outcome) -> Option<Exit> {
    match (outcome.failure()?.error, outcome.verb) {
        (FailureCause::Interrupted, _) => Some(Exit::Interrupted),
        (_, "expect" | "wait")
        | (
            FailureCause::Malformed
            | FailureCause::NoSuchName
            | FailureCause::WrongKind
            | FailureCause::NotAllowed
            | FailureCause::Limit,
            _,
        ) => Some(Exit::Failed),
        _ => None,
    }
}

fn bad_line(context: &Context, name: &str, number: usize, line: &str, error: &LineError) {
    let column = line
        .get(..error.span.start)
        .map_or(1, |before| before.chars().count() + 1);
    let place = format!("{name}:{number}:{column}");
    context.screen.bad_script_line(&place, line, error);
}
