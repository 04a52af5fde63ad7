//! The line editor of a real terminal: rustyline, with the lab's completion, colours and memory.
//!
//! It returns text and runs nothing. Several lines at once are shown and confirmed first: a paste
//! may come from a web page that showed something else.
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::errno::Errno;
use rustyline::config::BellStyle;
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{ColorMode, CompletionType, Config};

use super::assistant::Assistant;
use super::ballast::Ballast;
use super::plain::Plain;
use super::terminal::PlainInput;
use super::words::Words;
use super::{Dropped, Input, Memory, Prompt, Settings, Typed, paint};
use crate::limits;

/// Lines typed by a person who can edit them.
pub struct Editor {
    lines: rustyline::Editor<Assistant, MemHistory>,
    memory: Box<dyn Memory>,
    recalled: bool,
    dropped: usize,
    ballast: Ballast,
    /// What reads lines once the editor has failed.
    instead: Option<Plain>,
    /// What was typed last.
    last: Vec<String>,
}

impl Editor {
    /// Takes the terminal on standard input and output. Nothing is drawn before the first line is
    /// asked for.
    pub fn new(settings: Settings) -> io::Result<Self> {
        let config = Config::builder()
            .max_history_size(limits::HISTORY_LINES)
            .and_then(|config| config.history_ignore_dups(true))
            .map_err(into_io)?
            .completion_type(CompletionType::List)
            .bell_style(BellStyle::None)
            // Forced, so that `paint` sees every line and leaves out what would act on the
            // terminal; whether it paints is up to the palette.
            .color_mode(ColorMode::Forced)
            .build();
        let history = MemHistory::with_config(&config);
        let mut lines = rustyline::Editor::with_history(config, history).map_err(into_io)?;
        lines.set_helper(Some(Assistant::new(settings.colour, settings.topics)));
        Ok(Self {
            lines,
            memory: settings.memory,
            recalled: false,
            dropped: 0,
            ballast: Ballast::default(),
            instead: None,
            last: Vec::new(),
        })
    }

    fn recall(&mut self) {
        if std::mem::replace(&mut self.recalled, true) {
            return;
        }
        for line in self.memory.recall() {
            self.remember(&line);
        }
    }

    fn remember(&mut self, line: &str) {
        // Only a history on disk can fail; this one is in memory.
        drop(self.lines.add_history_entry(line));
    }

    /// Keeps what is worth typing again: letters of options and words of the walk are not.
    fn keep(&mut self, line: &str, words: &Words) {
        let line = line.trim();
        if line.chars().count() > 1 && !words.walk.iter().any(|word| word == line) {
            self.remember(line);
            self.memory.keep(line);
        }
    }

    /// Lets a line be edited. The editor's own mistakes end the editor, not the program.
    fn edit(&mut self, label: &str, preset: &str) -> rustyline::Result<String> {
        self.ballast.give();
        let edited = catch_unwind(AssertUnwindSafe(|| {
            self.lines.readline_with_initial(label, (preset, ""))
        }));
        // Before any line runs, and not before the first prompt: a start pays nothing for it.
        self.ballast.take();
        // The panic hook has said what happened and given the terminal back.
        edited.unwrap_or(Err(ReadlineError::Errno(Errno::ENOTRECOVERABLE)))
    }

    /// From here on lines are plain.
    fn give_up(&mut self) -> Typed {
        self.instead = Some(Plain::spoken(PlainInput::watched(), io::stdout()));
        Typed::Dropped(Dropped::NoEditor)
    }

    /// Prepares the helper for a line.
    fn begin(&mut self, prompt: &Prompt, preset: &str) {
        let last = std::mem::take(&mut self.last);
        if let Some(assistant) = self.lines.helper_mut() {
            if prompt.misread {
                assistant.ghosts.dismiss(last);
            }
            assistant.begin(&prompt.words, preset);
        }
    }

    fn typed(&mut self, text: &str, prompt: &Prompt) -> Typed {
        let assistant = self.lines.helper();
        let meant = assistant.and_then(|assistant| assistant.instead_of_preset(text));
        let typed = sorted(meant.unwrap_or(text));
        self.last = match &typed {
            Typed::Line(line) => vec![line.clone()],
            Typed::Block(lines) => lines.clone(),
            _ => Vec::new(),
        };
        for line in self.last.clone() {
            self.keep(&line, &prompt.words);
        }
        typed
    }

    /// Ctrl-C leaves the suggestion behind the cursor on the screen, as if it had been typed.
    fn wipe_ghost(&mut self, label: &str) -> io::Result<()> {
        let columns = self.lines.dimensions().map_or(0, |(columns, _)| columns);
        let assistant = self.lines.helper();
        let wipe = assistant.and_then(|a| a.ghosts.wipe(label, usize::from(columns)));
        let mut screen = io::stdout();
        screen.write_all(wipe.unwrap_or_default().as_bytes())?;
        screen.flush()
    }
}

impl Input for Editor {
    fn line(&mut self, prompt: &Prompt) -> io::Result<Typed> {
        if let Some(plain) = &mut self.instead {
            return plain.line(prompt);
        }
        self.recall();
        let preset = prompt.preset.as_deref().unwrap_or_default();
        let preset = paint::seen(preset.trim_matches('\n').trim_end());
        self.begin(prompt, &preset);
        // What was printed so far comes before the prompt.
        io::stdout().flush()?;
        let label = format!("{} ", prompt.label);
        let answer = self.edit(&label, &preset);
        let typed = match answer {
            Ok(text) => self.typed(&text, prompt),
            Err(ReadlineError::Interrupted) => {
                self.wipe_ghost(&label)?;
                Typed::Interrupted
            }
            Err(ReadlineError::Eof) => Typed::Eof,
            Err(error) if is_not_utf8(&error) => Typed::Dropped(Dropped::NotUtf8 { place: None }),
            Err(error) if is_end_of_editor(&error) => self.give_up(),
            Err(error) => return Err(into_io(error)),
        };
        give_up_after(&mut self.dropped, typed)
    }
}

/// Counts unusable lines in a row, so that a terminal that sends nothing else cannot keep the
/// program busy for ever.
pub(super) fn give_up_after(dropped: &mut usize, typed: Typed) -> io::Result<Typed> {
    if !matches!(typed, Typed::Dropped(_)) {
        *dropped = 0;
        return Ok(typed);
    }
    *dropped += 1;
    if *dropped > limits::DROPPED_LINES {
        let reason = format!("{dropped} lines in a row could not be used");
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    Ok(typed)
}

/// One line, a block, or too much of either. What is not drawn is not kept.
pub(super) fn sorted(text: &str) -> Typed {
    let seen = paint::seen(text.trim_matches('\n'));
    if seen.len() > limits::LINE_BYTES {
        return Typed::Dropped(Dropped::TooLong { bytes: seen.len() });
    }
    if !seen.contains('\n') {
        return Typed::Line(seen.into_owned());
    }
    let lines: Vec<String> = seen.lines().map(str::to_owned).collect();
    if lines.len() > limits::BLOCK_LINES {
        return Typed::Dropped(Dropped::TooMany { lines: lines.len() });
    }
    Typed::Block(lines)
}

fn is_not_utf8(error: &ReadlineError) -> bool {
    matches!(error, ReadlineError::Io(error) if error.kind() == io::ErrorKind::InvalidData)
}

/// The editor has failed, or has no descriptors to work with; plain lines need none.
fn is_end_of_editor(error: &ReadlineError) -> bool {
    let errno = match error {
        ReadlineError::Io(error) => error.raw_os_error().map(Errno::from_raw),
        ReadlineError::Errno(errno) => Some(*errno),
        _ => None,
    };
    matches!(
        errno,
        Some(Errno::ENOTRECOVERABLE | Errno::EMFILE | Errno::ENFILE)
    )
}

fn into_io(error: ReadlineError) -> io::Error {
    match error {
        ReadlineError::Io(error) => error,
        ReadlineError::Errno(error) => error.into(),
        other => io::Error::other(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_block_or_too_much() {
        let line = |text: &str| Typed::Line(text.to_owned());
        assert_eq!(sorted("listen 0"), line("listen 0"));
        assert_eq!(sorted("listen 0\n"), line("listen 0"));
        assert_eq!(sorted(""), line(""));
        assert_eq!(sorted("a\u{1}b\u{202e}c"), line("abc"));
        assert_eq!(
            sorted("one\ntwo"),
            Typed::Block(vec!["one".into(), "two".into()])
        );
        let bytes = limits::LINE_BYTES + 1;
        assert_eq!(
            sorted(&"x".repeat(bytes)),
            Typed::Dropped(Dropped::TooLong { bytes })
        );
        let lines = limits::BLOCK_LINES + 1;
        let many = "x\n".repeat(lines);
        assert_eq!(sorted(&many), Typed::Dropped(Dropped::TooMany { lines }));
    }

    #[test]
    fn unusable_lines_in_a_row_end_the_input() {
        let bad = || Typed::Dropped(Dropped::NotUtf8 { place: None });
        let mut dropped = 0;
        for _ in 0..limits::DROPPED_LINES {
            assert!(give_up_after(&mut dropped, bad()).is_ok());
        }
        assert!(give_up_after(&mut dropped, bad()).is_err());
        assert!(give_up_after(&mut dropped, Typed::Interrupted).is_ok());
        assert!(give_up_after(&mut dropped, bad()).is_ok());
    }
}
