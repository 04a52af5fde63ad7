//! What the surroundings of a shell want: completions, the man page, the schema of a lesson.
use std::io::{self, Write};

use crate::cli::{Exit, grammar};
use crate::lesson;

/// `completions SHELL`
pub(crate) fn completions(shell: clap_complete::Shell) -> io::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut grammar(), "looplab", &mut script);
    print(&script)
}

/// `man`
pub(crate) fn man() -> io::Result<Exit> {
    let mut page = Vec::new();
    clap_mangen::Man::new(grammar()).render(&mut page)?;
    print(&page)
}

/// `schema`
pub(crate) fn schema() -> io::Result<Exit> {
    let mut text = serde_json::to_string_pretty(&lesson::schema())?;
    text.push('\n');
    print(text.as_bytes())
}

fn print(bytes: &[u8]) -> io::Result<Exit> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(Exit::Done)
}
