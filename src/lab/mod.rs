//! The lab: runs commands on real sockets and says what the kernel answered. Knows no lesson.
//!
//! # Layout
//!
//! * [`Lab::run`] here: expand, parse, run, write down. `verbs` has one function a verb.
//! * `gate`: who may do what. `former`: what becomes of a name that is used again. `ledger`: everything the session holds;
//!   `kept`: the outcomes it remembers. `live`: what expressions see.
//! * `open` makes sockets, `own` is one of them, `engine` waits (the one door to tokio), `interrupt` brings it Ctrl-C,
//!   `server` answers by itself, `unix_dir` keeps socket files, `sys` has the unsafe calls.
//! * `child` starts processes that run no program of their own.
//! * [`world`]: a network of the lab's own, apart from the host's. `wire` records packets.
//! * [`observe`] asks the kernel about everybody's sockets; [`measure`] takes times.
#[cfg(target_os = "linux")]
mod child;
mod engine;
mod failure;
mod former;
mod gate;
mod interrupt;
mod kept;
mod ledger;
mod live;
mod machine;
pub mod measure;
pub mod observe;
mod open;
mod options;
mod own;
pub mod progress;
mod server;
mod sys;
mod unix_dir;
mod verbs;
mod visitors;
mod wire;
pub mod world;

use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use engine::Engine;
pub use interrupt::{Bell, Interrupter};
use ledger::{Held, Ledger};
use observe::{Here, Namespace};
use open::Maker;
use progress::{Progress, Unwatched};
use unix_dir::UnixDir;
use visitors::Visitors;
use wire::Wire;
use world::{Refusal, Worlds};

use crate::lang::{
    Author, CardSource, Command, Failure, FailureCause, Line, LineError, Observed, Outcome, Ran,
    Scope, Template, WorldName, parse_line,
};
use crate::limits;

/// What a lab works with.
#[derive(Clone)]
pub struct LabConfig {
    /// Where `explain` looks things up.
    pub cards: Arc<dyn CardSource>,
    /// The network namespace of the host.
    pub namespace: Arc<dyn Namespace>,
    /// The directory below which `unix:NAME` sockets get one of their own.
    pub unix_base: PathBuf,
}

impl LabConfig {
    /// The network this program runs in; Unix sockets below `XDG_RUNTIME_DIR`, or else the
    /// directory for temporary files.
    pub fn new(cards: Arc<dyn CardSource>) -> Self {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        Self {
            cards,
            namespace: Arc::new(Here),
            unix_base: runtime
                .filter(|dir| dir.is_absolute() && dir.is_dir())
                .unwrap_or_else(std::env::temp_dir),
        }
    }
}

/// A session on real sockets. Everything it opens is closed when it is cleared or dropped.
pub struct Lab {
    cards: Arc<dyn CardSource>,
    worlds: Worlds,
    /// The namespace of the world in use.
    namespace: Arc<dyn Namespace>,
    unix: UnixDir,
    engine: Engine,
    ledger: Ledger,
    visitors: Arc<Visitors>,
    wire: Wire,
    machine: OnceCell<Value>,
    progress: Box<dyn Progress>,
}

impl Lab {
    /// An empty lab. Opens nothing and starts nothing, so that a menu costs nothing.
    pub fn new(config: LabConfig) -> Self {
        Self {
            cards: config.cards,
            worlds: Worlds::on(Arc::clone(&config.namespace)),
            namespace: config.namespace,
            unix: UnixDir::below(config.unix_base),
            engine: Engine::default(),
            ledger: Ledger::default(),
            visitors: Arc::default(),
            wire: Wire::default(),
            machine: OnceCell::new(),
            progress: Box::new(Unwatched),
        }
    }

    /// Shows how far long lines have come.
    pub fn watched_by(&mut self, progress: Box<dyn Progress>) {
        self.progress = progress;
    }

    /// Runs one line. A failure of what it asks for is an outcome; an error means that the line
    /// cannot be read. Ctrl-C stops a line that waits: its outcome is then `interrupted`.
    pub fn run(&mut self, text: &str, author: Author) -> Result<Ran, LineError> {
        let (line, outcome) = self.run_unwatched(text, author)?;
        Ok(Ran {
            line: line.trim().to_owned(),
            outcome,
            scope: self.scope(),
        })
    }

    /// The same, for somebody who does not ask what expressions see: with a thousand sockets open that
    /// takes longer than most lines. Gives the line with its templates expanded, too.
    pub fn run_unwatched(
        &mut self,
        text: &str,
        author: Author,
    ) -> Result<(String, Option<Outcome>), LineError> {
        let line = self.expand(text)?;
        let parsed = read(&line).map_err(|error| self.against(text, &line, error))?;
        let outcome = parsed.map(|parsed| self.run_line(parsed, author));
        Ok((line, outcome))
    }

    /// Answers one question of a person and forgets it: nothing is kept for expressions to see, and what the line
    /// opened is closed. A table of twenty thousand sockets then costs what the kernel asks for it.
    pub fn ask(&mut self, command: Command) -> Outcome {
        let line = Line {
            name: None,
            command,
            text: String::new(),
        };
        let (outcome, held) = self.carry_out(line, Author::Learner);
        self.shut(held, true);
        outcome
    }

    /// Closes everything the session opened (connections with a RST, so that nothing stays in
    /// TIME-WAIT), forgets all names and outcomes, and goes back to the host.
    pub fn clear(&mut self) {
        self.clear_into(WorldName::Host);
    }

    /// Clears everything, and begins afresh in a world. Where there is no private world, each line
    /// that wants a socket there says why.
    pub fn clear_into(&mut self, world: WorldName) {
        for held in self.ledger.take_all() {
            self.shut(held, true);
        }
        self.visitors.forget();
        self.wire.clear();
        self.unix.clear();
        let stays = world == WorldName::Host && self.worlds.here() == world;
        self.namespace = self.worlds.begin_in(world);
        if !stays {
            self.machine = OnceCell::new();
        }
    }

    /// Finds out for certain whether a private world can be had, by making one; the reason when
    /// not. It is kept for the first line that needs it.
    pub fn try_private(&mut self) -> Option<Refusal> {
        self.worlds.ready().err()
    }

    /// Goes into a world; everything open stays open, where it is.
    fn enter(&mut self, world: WorldName) -> Result<(), Refusal> {
        self.namespace = self.worlds.enter(world)?;
        self.machine = OnceCell::new();
        Ok(())
    }

    /// What expressions see now.
    pub fn scope(&self) -> Scope {
        let machine = self
            .machine
            .get_or_init(|| machine::facts(&*self.namespace));
        let machine = machine::with_worlds(machine.clone(), &self.worlds);
        live::scope(&self.ledger, machine)
    }

    /// The names lines have bound, sorted.
    pub fn names(&self) -> Vec<String> {
        self.ledger.named().map(|(name, _)| name.clone()).collect()
    }

    /// How many tasks run beside the lab: live servers and the connections they answer.
    pub fn tasks(&self) -> usize {
        self.engine.tasks()
    }

    /// A handle that stops the line that is running, from another thread.
    pub fn interrupter(&self) -> Interrupter {
        self.engine.interrupter()
    }

    fn expand(&self, text: &str) -> Result<String, LineError> {
        if text.len() > limits::LINE_BYTES || !text.contains('{') {
            return Ok(text.to_owned());
        }
        let filled = Template::parse(text).and_then(|template| {
            let nothing_to_fill = template.names().is_empty();
            template.render_line(&if nothing_to_fill {
                Scope::new()
            } else {
                self.scope()
            })
        });
        filled.map_err(|error| LineError {
            message: error.message,
            span: error.span,
            help: None,
        })
    }

    /// A place in a line whose templates were filled is no place in the line as it was written.
    fn against(&self, written: &str, line: &str, mut error: LineError) -> LineError {
        if written == line {
            return error;
        }
        let names = Template::unchecked(written).names();
        let scope = self.scope();
        error.span = 0..written.trim_end().len();
        error.help = Some(match names.iter().find(|name| scope.get(name).is_none()) {
            Some(missing) => format!("there is no `{missing}` here, so its place stayed empty"),
            None => format!("the line reads: {line}"),
        });
        error
    }

    fn run_line(&mut self, line: Line, author: Author) -> Outcome {
        let began = self.before_line();
        let command = line.command.clone();
        let (mut outcome, held) = self.carry_out(line, author);
        self.keep_former(&mut outcome, &command);
        // The line itself may have used what its name stood for, so that is closed only now.
        let former = outcome.name.as_deref().map(|name| self.ledger.take(name));
        if let Some(former) = former.filter(Held::is_open) {
            outcome.replaced = true;
            self.shut(former, false);
        }
        self.ledger.record(&outcome, held);
        self.after_line(&outcome, began);
        outcome
    }

    /// What came of a line, and what it left open.
    fn carry_out(&mut self, line: Line, author: Author) -> (Outcome, Held) {
        let verb = line.command.verb();
        let next_door = matches!(&line.command, Command::Neighbour(of) if !of.command.is_empty());
        let name_is_free = self.name_is_free(line.name.as_deref(), verb, author);
        self.engine.begin();
        self.worlds.use_it();
        let started = Instant::now();
        let (name, done) = match name_is_free {
            Ok(()) => (line.name, self.execute(&line.command, author)),
            Err(refused) => (None, Err(refused)),
        };
        let took = started.elapsed();
        let network = self.worlds.network(next_door);
        self.progress.over();
        self.engine.end();
        let (result, held) = match done {
            Ok((fact, held)) => (Observed::Done(fact), held),
            Err(failure) => (Observed::Failed(failure), Held::Nothing),
        };
        let outcome = Outcome {
            name,
            verb,
            took,
            replaced: false,
            network,
            result,
        };
        (outcome, held)
    }

    /// In a lesson, a name whose socket is open cannot be bound again: that is a slip of its author.
    /// A person who tries a line once more means to replace what it gave before.
    fn name_is_free(
        &self,
        name: Option<&str>,
        verb: &'static str,
        author: Author,
    ) -> Result<(), Failure> {
        let taken = |name: &&str| {
            self.ledger
                .named()
                .any(|(known, entry)| known == name && entry.held.is_open())
        };
        let written = name.filter(|_| author == Author::Lesson);
        let Some(name) = written.filter(|name| taken(name)) else {
            return Ok(());
        };
        let message = format!(
            "`{name}` still names something open; choose another name, or `close {name}` first"
        );
        Err(failure::own(FailureCause::NotAllowed, verb, message))
    }

    fn maker(&mut self) -> Maker<'_> {
        Maker {
            namespace: &*self.namespace,
            private: self.worlds.is_private(),
            unix: &mut self.unix,
        }
    }

    /// Closes what a line left open.
    fn shut(&mut self, held: Held, abrupt: bool) {
        match held {
            Held::Nothing => {}
            Held::One(own) if abrupt => own.reset(),
            Held::Several(all) | Held::Crowd(all) if abrupt => {
                all.into_iter().for_each(own::Own::reset);
            }
            Held::One(_) | Held::Several(_) | Held::Crowd(_) => drop(held),
            Held::Program(program) => program.end(abrupt),
            Held::Server(server) => {
                // A server runs on the runtime, so there is one.
                if let Ok(runtime) = self.engine.runtime() {
                    server.close(runtime, abrupt);
                }
            }
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Reads a line and the expression in it.
fn read(line: &str) -> Result<Option<Line>, LineError> {
    let parsed = parse_line(line)?;
    if let Some(parsed) = &parsed {
        verbs::readable(&parsed.command, line)?;
    }
    Ok(parsed)
}

/// How long a line may wait: a lesson does not hold the learner up.
fn bounded(within: Duration, author: Author) -> Duration {
    match author {
        Author::Lesson => within.min(limits::LONGEST_LESSON_WITHIN),
        Author::Learner => within,
    }
}
