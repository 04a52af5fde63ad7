//! Standard output through the view that fits, and standard error for talk.
//!
//! A front end says what to show; how it looks is the view's business. Data goes to standard
//! output, remarks about it to standard error, so that a pipe gets the one without the other.
use std::cell::{Cell, RefCell, RefMut};
use std::io::{self, IsTerminal, Write};
use std::rc::Rc;

use serde::Serialize;
use serde_json::{Value, json};
use terminal_size::terminal_size_of;

use super::prove::Proof;
use super::walk::Eye;
use crate::lang::{FailureCause, LineError, Outcome, verbs};
use crate::lesson::{Diagnostic, LessonError, Look, Severity};
use crate::render::{
    Block, Check, ClaimEntry, ClaimStatus, Found, Line, MenuChapter, Page, Pager, PlainView,
    Reader, Role, Style, View, ViewKind, chapters, checks, claim, claims, found, list, menu,
    mistake, sanitize, view, wrapped,
};
use crate::tutor::{Ask, Event};

/// An outcome of a script, with the number of its line.
#[derive(Serialize)]
struct Numbered<'o> {
    line: usize,
    #[serde(flatten)]
    outcome: &'o Outcome,
}

/// The step that a proof is about.
#[derive(Clone, Copy)]
pub(crate) struct ProofPlace<'p> {
    /// The lesson's id.
    pub(crate) lesson: &'p str,
    /// The step's id.
    pub(crate) step: &'p str,
    /// The file, and the line in it.
    pub(crate) file: Option<(&'p str, usize)>,
}

/// What can be typed at the menu, with its meaning. Every verb of the lab works there, too.
const MENU_WORDS: &[(&str, &str)] = &[
    ("Enter", "begin the next lesson, or go on where you were"),
    (
        "4",
        "open the lesson of that number; a name or a part of one does the same",
    ),
    ("lab", "free play: every verb, no questions"),
    (
        "claims",
        "the article claim by claim, with what this machine said; `claims C42` for one",
    ),
    ("find", "where a word occurs: `find backlog`"),
    (
        "review",
        "questions from lessons you have finished; `review off` ends the offer",
    ),
    ("menu", "this menu again"),
    ("list", "all lessons, with their summaries"),
    ("help", "this list; `help listen` explains one verb"),
    ("quit", "leave; your place is kept"),
];

/// Where everything is shown. Clones share one screen.
#[derive(Clone)]
pub(crate) struct Screen {
    view: Rc<RefCell<Box<dyn View>>>,
    kind: ViewKind,
    style: Style,
    /// Whether the last line that ran was not understood.
    misread: Rc<Cell<bool>>,
}

impl Screen {
    /// Standard output.
    pub(crate) fn stdout(kind: ViewKind, style: Style) -> Self {
        let view: Box<dyn View> = match kind {
            ViewKind::Plain if io::stdout().is_terminal() => {
                Box::new(PlainView::on_terminal(io::stdout(), style))
            }
            kind => view(kind, io::stdout(), style),
        };
        Self {
            view: Rc::new(RefCell::new(view)),
            kind,
            style,
            misread: Rc::default(),
        }
    }

    /// The view, as wide as the window is now: somebody may have drawn it narrower since the last
    /// piece. A pipe has no window, and a terminal that does not know its size reports 0.
    fn fitted(&self) -> RefMut<'_, Box<dyn View>> {
        let mut view = self.view.borrow_mut();
        match terminal_size_of(io::stdout()) {
            Some((width, _)) if width.0 > 0 => view.set_width(width.0.into()),
            _ => {}
        }
        view
    }

    /// Whether what was typed last was not understood. Forgets it.
    pub(crate) fn take_misread(&self) -> bool {
        self.misread.take()
    }

    /// Which view it is.
    pub(crate) fn kind(&self) -> ViewKind {
        self.kind
    }

    /// One event.
    pub(crate) fn show(&self, event: &Event) -> io::Result<()> {
        self.misread.set(self.misread.get() || is_misreading(event));
        self.fitted().event(event)
    }

    /// What came of a line outside a lesson.
    pub(crate) fn outcome(&self, outcome: &Outcome) -> io::Result<()> {
        self.fitted().outcome(outcome)
    }

    /// What came of a line of a script. JSON gets its number.
    pub(crate) fn script_outcome(&self, line: usize, outcome: &Outcome) -> io::Result<()> {
        if self.kind != ViewKind::Json {
            return self.outcome(outcome);
        }
        self.page(&Page::new(
            "outcome",
            Vec::new(),
            &[Numbered { line, outcome }],
        ))
    }

    /// What can be typed now.
    pub(crate) fn next_to_do(&self, ask: &Ask) -> io::Result<()> {
        self.fitted().ask(ask)
    }

    /// Who is asked from now on.
    pub(crate) fn set_reader(&self, reader: Reader) {
        self.view.borrow_mut().set_reader(reader);
    }

    /// Who turns pages, where texts are longer than the screen.
    pub(crate) fn set_pager(&self, pager: Box<dyn Pager>) {
        self.view.borrow_mut().set_pager(pager);
    }

    /// Somebody has typed: what stands on the screen was read.
    pub(crate) fn read(&self) {
        self.view.borrow_mut().read();
    }

    /// A page outside a lesson.
    pub(crate) fn page(&self, page: &Page) -> io::Result<()> {
        self.fitted().page(page)
    }

    /// A remark in a conversation: what to type next, why something was not done.
    pub(crate) fn remark(&self, text: &str) -> io::Result<()> {
        self.show(&Event::Notice {
            text: text.to_owned(),
        })
    }

    /// A line somebody else typed: a file, the autopilot.
    pub(crate) fn echo(&self, label: &str, line: &str) -> io::Result<()> {
        if self.kind == ViewKind::Json {
            return self.page(&Page::new("typed", Vec::new(), &[json!({ "line": line })]));
        }
        let typed = Line::of(Role::Prompt, format_args!("{} ", label.trim()));
        let typed = typed.text(line);
        self.page(&Page {
            kind: "typed",
            blocks: vec![Block::Verbatim(vec![typed])],
            records: vec![],
        })
    }

    /// The menu.
    pub(crate) fn menu(&self, course: &[MenuChapter]) -> io::Result<()> {
        let title = Line::of(Role::Heading, "looplab");
        let about = Line::from("a laboratory for loopback networking");
        let blocks = vec![Block::Title(title, Some(about)), Block::Gap];
        self.page(&Page {
            kind: "program",
            blocks,
            records: Vec::new(),
        })?;
        self.page(&menu(course))?;
        self.remark(
            "Enter begins or goes on; a number or a name opens that lesson; `list` shows all; `lab` is \
             free play; `help` shows what else there is; `quit` leaves.",
        )
    }

    /// What can be typed at the menu.
    pub(crate) fn menu_help(&self) -> io::Result<()> {
        self.help(MENU_WORDS)
    }

    /// What can be typed at a prompt outside a lesson: these words, and every verb.
    pub(crate) fn help(&self, words: &[(&str, &str)]) -> io::Result<()> {
        let words = words
            .iter()
            .map(|(word, meaning)| ((*word).to_owned(), (*meaning).to_owned()));
        let verbs = verbs()
            .into_iter()
            .map(|(verb, about)| (verb.to_owned(), about));
        self.show(&Event::Help {
            words: words.collect(),
            verbs: verbs.collect(),
        })
    }

    /// All lessons with their summaries.
    pub(crate) fn list(&self, course: &[MenuChapter]) -> io::Result<()> {
        self.page(&chapters(course))?;
        self.page(&list(course))
    }

    /// The article, claim by claim.
    pub(crate) fn claims(&self, all: &[ClaimEntry], only: Option<ClaimStatus>) -> io::Result<()> {
        self.page(&claims(all, only))
    }

    /// One claim with all its evidence.
    pub(crate) fn claim(&self, entry: &ClaimEntry) -> io::Result<()> {
        self.page(&claim(entry))
    }

    /// Search results.
    pub(crate) fn found(&self, words: &str, results: &[Found]) -> io::Result<()> {
        self.page(&found(words, results))
    }

    /// The self-test.
    pub(crate) fn checks(&self, findings: &[Check]) -> io::Result<()> {
        self.page(&checks(findings))
    }

    /// Something that ends the command: on standard error, with the program's name.
    #[expect(
        clippy::unused_self,
        reason = "a screen is where errors are shown, too"
    )]
    pub(crate) fn error(&self, text: &str) {
        error(text);
    }

    /// A remark about data that went to standard output.
    #[expect(clippy::unused_self, reason = "a screen is where talk goes, too")]
    pub(crate) fn talk(&self, text: &str) {
        talk(text);
    }

    /// A line of a script that cannot be read, with a caret under the place.
    pub(crate) fn bad_script_line(&self, place: &str, line: &str, error: &LineError) {
        self.error(&format!("{place}: {}", error.message));
        let help = error.help.as_deref().map(Line::marked);
        let blocks = [Block::Mistake(mistake(line, &error.span))].into_iter();
        let page = Page {
            kind: "mistake",
            blocks: blocks.chain(help.map(Block::Remark)).collect(),
            records: Vec::new(),
        };
        let style = Style {
            color: self.look_of_errors().colour,
            ..self.style
        };
        // As with all talk.
        drop(view(ViewKind::Terminal, io::stderr(), style).page(&page));
    }

    /// Why a lesson cannot be opened.
    pub(crate) fn lesson_error(&self, error: &LessonError) {
        match error {
            LessonError::Unknown { near: Some(_), .. } => self.error(&error.to_string()),
            LessonError::Unknown { near: None, .. } => {
                self.error(&format!("{error}; `looplab list` shows all lessons"));
            }
            LessonError::Broken(diagnostics) => {
                for diagnostic in &diagnostics.0 {
                    let drawn = diagnostic.render(self.look_of_errors());
                    drop(writeln!(io::stderr().lock(), "{drawn}"));
                }
            }
        }
    }

    /// A finding about a lesson file, as data.
    pub(crate) fn diagnostic(&self, diagnostic: &Diagnostic) -> io::Result<()> {
        if self.kind == ViewKind::Json {
            return self.page(&Page::new("diagnostic", Vec::new(), &[diagnostic]));
        }
        writeln!(io::stdout().lock(), "{}\n", diagnostic.render(self.look()))
    }

    fn look_of_errors(&self) -> Look {
        Look {
            colour: self.style.color && io::stderr().is_terminal(),
            ..self.look()
        }
    }

    fn look(&self) -> Look {
        Look {
            colour: self.style.color,
            graphics: self.kind == ViewKind::Terminal || self.kind == ViewKind::Plain,
            width: self.style.width.max(40),
        }
    }

    /// What became of a step under proof; nothing is said of what holds, except in JSON.
    pub(crate) fn proof(
        &self,
        place: ProofPlace<'_>,
        proof: &Proof,
        milliseconds: f64,
    ) -> io::Result<()> {
        let mut record = serde_json::to_value(proof).unwrap_or(Value::Null);
        if let Some(map) = record.as_object_mut() {
            map.insert("lesson".to_owned(), json!(place.lesson));
            map.insert("step".to_owned(), json!(place.step));
            if let Some((file, line)) = place.file {
                map.insert("file".to_owned(), json!(file));
                map.insert("line".to_owned(), json!(line));
            }
            map.insert(
                "milliseconds".to_owned(),
                json!((milliseconds * 10.0).round() / 10.0),
            );
        }
        let ProofPlace { lesson, step, .. } = place;
        let name = format!("{lesson}/{step}");
        let lines = match proof {
            Proof::Proven => Vec::new(),
            Proof::NotHere { reason } => {
                vec![Line::of(Role::Dim, name).text(": ").text(reason)]
            }
            Proof::Broken { faults } => {
                // As a compiler names a place, so that an editor can jump there.
                let file = place.file.map(|(file, line)| format!("{file}:{line}: "));
                let head = Line::of(Role::Dim, file.unwrap_or_default()).and(Role::Refused, name);
                let fault = |fault: &String| head.clone().text(": ").text(fault);
                faults.iter().map(fault).collect()
            }
        };
        let blocks = if lines.is_empty() {
            vec![]
        } else {
            vec![Block::Verbatim(lines)]
        };
        self.page(&Page {
            kind: "proof",
            blocks,
            records: vec![record],
        })
    }

    /// A record for JSON alone.
    pub(crate) fn record(&self, kind: &'static str, record: Value) -> io::Result<()> {
        self.page(&Page {
            kind,
            blocks: Vec::new(),
            records: vec![record],
        })
    }
}

/// A line that cannot be read, or that names what is not there: nothing to suggest again.
fn is_misreading(event: &Event) -> bool {
    match event {
        Event::BadLine { .. } => true,
        Event::Outcome { outcome, .. } => outcome.failure().is_some_and(|failure| {
            matches!(
                failure.error,
                FailureCause::NoSuchName | FailureCause::WrongKind | FailureCause::Malformed
            )
        }),
        _ => false,
    }
}

impl Eye for Screen {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.show(event)
    }
}

/// An error before there is a screen.
pub(crate) fn error(text: &str) {
    talk(&format!("looplab: {text}"));
}

fn talk(text: &str) {
    // Nobody is left to hear that standard error is broken; the exit code still tells.
    let text = sanitize(text);
    // A pipe gets the line as it is.
    let width = terminal_size_of(io::stderr()).map_or(usize::MAX, |(width, _)| width.0.into());
    drop(writeln!(io::stderr().lock(), "{}", wrapped(&text, width)));
}

/// Whether a diagnostic fails a check.
pub(crate) fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity() == Severity::Error
}
