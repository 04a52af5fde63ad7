//! The line editor of a real terminal: rustyline, with the lab's completion, colours and memory.
//!
//! It returns text and runs nothing. Several lines at once are shown and confirmed first: a paste
//! may come from a web page that showed something else.
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::errno::Errno;
use rustyline::completion::{Completer, Pair};
use rustyline::config::BellStyle;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hinter, HistoryHinter};
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{ColorMode, CompletionType, Config, Context, Helper};

use super::ballast::Ballast;
use super::plain::Plain;
use super::terminal::PlainInput;
use super::words::Words;
use super::{Dropped, Input, Memory, Prompt, Settings, Typed, complete, is_unseen, paint, sys};
use crate::limits;
use crate::render::Role;
use crate::render::style::Palette;

/// Lines typed by a person who can edit them.
pub struct Editor {
    lines: rustyline::Editor<Help, MemHistory>,
    memory: Box<dyn Memory>,
    recalled: bool,
    dropped: usize,
    ballast: Ballast,
    /// What reads lines once the editor has failed.
    instead: Option<Plain>,
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
        lines.set_helper(Some(Help {
            palette: Palette::new(settings.colour),
            words: Words::default(),
            ask_topics: settings.topics,
            topics: OnceCell::new(),
            asked: RefCell::default(),
        }));
        Ok(Self {
            lines,
            memory: settings.memory,
            recalled: false,
            dropped: 0,
            ballast: Ballast::default(),
            instead: None,
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

    fn typed(&mut self, text: &str, prompt: &Prompt) -> Typed {
        let typed = sorted(text);
        match &typed {
            Typed::Line(line) => self.keep(line, &prompt.words),
            Typed::Block(lines) => lines.iter().for_each(|line| self.keep(line, &prompt.words)),
            _ => {}
        }
        typed
    }
}

impl Input for Editor {
    fn line(&mut self, prompt: &Prompt) -> io::Result<Typed> {
        if let Some(plain) = &mut self.instead {
            return plain.line(prompt);
        }
        self.recall();
        if let Some(help) = self.lines.helper_mut() {
            help.words.clone_from(&prompt.words);
            help.asked.take();
        }
        // What was printed so far comes before the prompt.
        io::stdout().flush()?;
        let label = format!("{} ", prompt.label);
        let preset = prompt.preset.as_deref().unwrap_or_default().trim_end();
        let answer = self.edit(&label, &paint::seen(preset));
        let typed = match answer {
            Ok(text) => self.typed(&text, prompt),
            Err(ReadlineError::Interrupted) => Typed::Interrupted,
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
fn sorted(text: &str) -> Typed {
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

/// What rustyline asks while a line is edited.
struct Help {
    palette: Palette,
    words: Words,
    ask_topics: Box<dyn Fn() -> Vec<String>>,
    topics: OnceCell<Vec<String>>,
    /// The block the learner was asked about; the next Enter confirms it if it is still the same.
    asked: RefCell<Option<String>>,
}

impl Helper for Help {}

impl Completer for Help {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _ctx: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let topics = || self.topics.get_or_init(|| (self.ask_topics)()).clone();
        let offer = complete::offer(line, pos, &self.words, &topics);
        let pairs = offer.words.into_iter().map(|word| Pair {
            display: word.trim_end().to_owned(),
            replacement: word,
        });
        Ok((offer.start, pairs.collect()))
    }
}

impl Hinter for Help {
    type Hint = String;

    /// Without colour a suggestion would look as if it had been typed.
    fn hint(&self, line: &str, pos: usize, ctx: &Context<'_>) -> Option<String> {
        if !self.palette.paints() || line.contains('\n') {
            return None;
        }
        HistoryHinter::new().hint(line, pos, ctx)
    }
}

impl Highlighter for Help {
    fn highlight<'l>(&self, line: &'l str, _pos: usize) -> Cow<'l, str> {
        paint::line(line, &self.words, &self.palette)
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(
        &'s self,
        prompt: &'p str,
        _default: bool,
    ) -> Cow<'b, str> {
        // Drawn in raw mode only.
        sys::nothing_runs();
        paint::text(prompt, Role::Prompt, &self.palette)
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        paint::text(hint, Role::Dim, &self.palette)
    }

    fn highlight_char(&self, line: &str, _pos: usize, kind: CmdKind) -> bool {
        // Moving the cursor changes no colour; without colour only the unseen needs a new drawing.
        kind != CmdKind::MoveCursor && (self.palette.paints() || line.contains(is_unseen))
    }
}

impl Validator for Help {
    /// Enter under several lines asks once; the next Enter takes them.
    fn validate(&self, ctx: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = ctx.input().trim_matches('\n');
        let lines = text.lines().count();
        let mut asked = self.asked.borrow_mut();
        if lines < 2 || asked.as_deref() == Some(text) {
            return Ok(ValidationResult::Valid(None));
        }
        *asked = Some(text.to_owned());
        let question = format!("\n{lines} lines. Enter runs them one by one, Ctrl-C drops them.");
        Ok(ValidationResult::Invalid(Some(question)))
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
