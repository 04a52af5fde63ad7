//! What the line editor asks while a line is typed: words for Tab, a suggestion, colours, and
//! whether Enter may end it. It keeps no line and runs none.
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};

use super::ghosts::Ghosts;
use super::words::Words;
use super::{complete, is_unseen, paint, sys};
use crate::render::Role;
use crate::render::style::Palette;

/// What rustyline asks while a line is edited.
pub(super) struct Assistant {
    palette: Palette,
    pub(super) words: Words,
    pub(super) ghosts: Ghosts,
    ask_topics: Box<dyn Fn() -> Vec<String>>,
    topics: OnceCell<Vec<String>>,
    /// What was typed in for the learner.
    preset: String,
    /// The block the learner was asked about; the next Enter confirms it if it is still the same.
    asked: RefCell<Option<String>>,
}

impl Assistant {
    pub(super) fn new(colour: bool, topics: Box<dyn Fn() -> Vec<String>>) -> Self {
        Self {
            palette: Palette::new(colour),
            words: Words::default(),
            ghosts: Ghosts::default(),
            ask_topics: topics,
            topics: OnceCell::new(),
            preset: String::new(),
            asked: RefCell::default(),
        }
    }

    /// A new line begins, with this on it. What the program has written itself was shown above, so
    /// it needs no question.
    pub(super) fn begin(&mut self, words: &Words, preset: &str) {
        self.words.clone_from(words);
        self.ghosts.begin();
        preset.clone_into(&mut self.preset);
        self.asked
            .replace((!preset.is_empty()).then(|| preset.to_owned()));
    }

    /// The word of the walk that was typed behind a preset, instead of it: `listen 0hint`.
    pub(super) fn instead_of_preset<'t>(&self, text: &'t str) -> Option<&'t str> {
        let behind = text.strip_prefix(self.preset.as_str())?.trim();
        let word = behind.split_whitespace().next()?;
        let known = word == "help" || self.words.walk.iter().any(|walk| walk == word);
        let meant = !self.preset.is_empty() && word.len() > 1 && known;
        meant.then_some(behind)
    }
}

impl Helper for Assistant {}

impl Completer for Assistant {
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

impl Hinter for Assistant {
    type Hint = String;

    /// Without colour a suggestion would look as if it had been typed. Behind a line that the program
    /// has written it would look like a part of that.
    fn hint(&self, line: &str, pos: usize, ctx: &Context<'_>) -> Option<String> {
        if !self.palette.paints() || line == self.preset {
            return None;
        }
        self.ghosts.suggest(line, pos, ctx.history())
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _pos: usize) -> Cow<'l, str> {
        paint::line(line, &self.words, self.palette)
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(
        &'s self,
        prompt: &'p str,
        _default: bool,
    ) -> Cow<'b, str> {
        // Drawn in raw mode only.
        sys::nothing_runs();
        paint::text(prompt, Role::Prompt, self.palette)
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        paint::text(hint, Role::Dim, self.palette)
    }

    fn highlight_char(&self, line: &str, _pos: usize, kind: CmdKind) -> bool {
        // Moving the cursor changes no colour; without colour only the unseen needs a new drawing.
        kind != CmdKind::MoveCursor && (self.palette.paints() || line.contains(is_unseen))
    }
}

impl Validator for Assistant {
    /// Enter under several lines asks once; the next Enter takes them.
    fn validate(&self, ctx: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = ctx.input().trim_matches('\n');
        let lines = text.lines().count();
        let mut asked = self.asked.borrow_mut();
        let known = asked.as_deref() == Some(text) || self.instead_of_preset(text).is_some();
        if lines < 2 || known {
            return Ok(ValidationResult::Valid(None));
        }
        *asked = Some(text.to_owned());
        let question = format!("\n{lines} lines. Enter runs them one by one, Ctrl-C drops them.");
        Ok(ValidationResult::Invalid(Some(question)))
    }
}
