//! Lab scripts: a line in, an outcome out. The exit code says whether every `expect` held.
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::context::Context;
use crate::cli::Exit;
use crate::lab::Lab;
use crate::lang::{Author, FailureCause, LineError, Outcome};
use crate::limits;

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
                .error(&format!("cannot read {name}: {error}"))?;
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
    let mut number = 0;
    loop {
        number += 1;
        let mut bytes = Vec::new();
        let bound = limits::LINE_BYTES as u64 + 2;
        let count = match source.take(bound).read_until(b'\n', &mut bytes) {
            Ok(count) => count,
            Err(error) => {
                context
                    .screen
                    .error(&format!("cannot read {name}: {error}"))?;
                return Ok(Exit::Usage);
            }
        };
        if count == 0 {
            return Ok(Exit::Done);
        }
        let line = match std::str::from_utf8(&bytes) {
            Ok(text) => text.trim_end_matches(['\n', '\r']),
            Err(error) => {
                let at = error.valid_up_to();
                let message = format!("{name}:{number}: not valid UTF-8 at byte {at} of the line");
                context.screen.error(&message)?;
                return Ok(Exit::Usage);
            }
        };
        match lab.run(line, Author::Learner) {
            Ok(ran) => {
                let Some(outcome) = ran.outcome else { continue };
                context.screen.script_outcome(number, &outcome)?;
                if let Some(exit) = ends(&outcome) {
                    return Ok(exit);
                }
            }
            Err(error) => return bad_line(context, name, number, line, error),
        }
    }
}

/// Whether a script stops after this outcome. A failed operation is an ordinary result; a failed
/// expectation is not.
fn ends(outcome: &Outcome) -> Option<Exit> {
    match (outcome.failure()?.error, outcome.verb) {
        (FailureCause::Interrupted, _) => Some(Exit::Interrupted),
        (_, "expect" | "wait") => Some(Exit::Failed),
        _ => None,
    }
}

fn bad_line(
    context: &Context,
    name: &str,
    number: usize,
    line: &str,
    error: LineError,
) -> io::Result<Exit> {
    let column = line
        .get(..error.span.start)
        .map_or(1, |before| before.chars().count() + 1);
    context
        .screen
        .bad_script_line(&format!("{name}:{number}:{column}"), line, error)?;
    Ok(Exit::Usage)
}
