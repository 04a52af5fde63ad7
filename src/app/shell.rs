//! What the surroundings of a shell want: completions, the man page, the schema of a lesson.
use std::io::{self, Write};

use super::context::Context;
use crate::cli::{Exit, grammar};
use crate::lesson;

/// `completions SHELL`
pub(crate) fn completions(shell: clap_complete::Shell) -> io::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut grammar(), "looplab", &mut script);
    print(&script)
}

/// `man [COMMAND]`
pub(crate) fn man(context: &Context, command: Option<&str>) -> io::Result<Exit> {
    let mut grammar = grammar();
    // Gives commands their full names, and the settings every command takes.
    grammar.build();
    let about = match command {
        None => Some(&grammar),
        Some(name) => grammar.find_subcommand(name),
    };
    let Some(about) = about else {
        let name = command.unwrap_or_default();
        let message = format!("there is no command `{name}`; `looplab man` lists them");
        context.screen.error(&message);
        return Ok(Exit::Usage);
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(about.clone()).render(&mut page)?;
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
