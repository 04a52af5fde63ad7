//! A run of the program, from its arguments to its end.
use std::ffi::OsString;
use std::fmt::{self, Debug};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

/// The program under test.
pub(crate) const LOOPLAB: &str = env!("CARGO_BIN_EXE_looplab");

/// Nothing here takes a second on a quiet machine: who needs this long hangs.
const HANGS: Duration = Duration::from_mins(2);

/// A run that is being prepared.
pub(crate) struct Run {
    command: Command,
    input: Vec<u8>,
    /// Where it keeps progress when the test asks for no other place.
    _home: TempDir,
}

/// A run that is over.
pub(crate) struct Ended {
    what: String,
    status: ExitStatus,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) talk: String,
}

/// `looplab` with these arguments, at no terminal, in a bare environment and a home of its own.
pub(crate) fn looplab<S: Into<OsString>>(arguments: impl IntoIterator<Item = S>) -> Run {
    let mut command = Command::new(LOOPLAB);
    command.args(arguments.into_iter().map(Into::into));
    Run::of(command)
}

/// The same through a shell line, in which `"$@"` is the program with its arguments.
pub(crate) fn through_shell<S: Into<OsString>>(
    line: &str,
    arguments: impl IntoIterator<Item = S>,
) -> Run {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line, "sh", LOOPLAB]);
    command.args(arguments.into_iter().map(Into::into));
    Run::of(command)
}

impl Run {
    /// Any program in the same bare environment.
    pub(crate) fn of(mut command: Command) -> Self {
        let home = tempfile::tempdir().unwrap();
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .env("TERM", "dumb")
            .env("NO_COLOR", "1")
            .env("HOME", home.path());
        Self {
            command,
            input: Vec::new(),
            _home: home,
        }
    }

    /// What is typed, or piped in; nothing else.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Where progress is kept.
    pub(crate) fn state(self, directory: impl AsRef<Path>) -> Self {
        self.variable("LOOPLAB_STATE", directory.as_ref())
    }

    /// Sets a variable of the environment.
    pub(crate) fn variable(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.command.env(name, value.into());
        self
    }

    /// Removes a variable of the environment.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Sets the working directory.
    pub(crate) fn within(self, directory: impl AsRef<Path>) -> Self {
        self.with(|command| {
            command.current_dir(directory);
        })
    }

    /// Changes what the other methods do not.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Command)) -> Self {
        change(&mut self.command);
        self
    }

    /// Runs to the end, and holds what was seen against what holds for every run.
    pub(crate) fn end(self) -> Ended {
        let ended = self.end_unchecked();
        let known = [Some(0), Some(1), Some(2), Some(130)];
        assert!(known.contains(&ended.status.code()), "{ended:?}");
        for words in ["panicked", "mistake of its own", "RUST_BACKTRACE"] {
            assert!(!ended.talk.contains(words), "{ended:?}");
        }
        assert!(!ended.out.contains('\x1b'), "an escape in {ended:?}");
        ended
    }

    /// Runs to the end, whatever that is.
    pub(crate) fn end_unchecked(mut self) -> Ended {
        let what = self.to_string();
        let mut child = self.start(Stdio::piped());
        let mut stdin = child.stdin.take().unwrap();
        let input = std::mem::take(&mut self.input);
        // Who does not read to the end closes the pipe: that is an answer, too.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let watch = Watch::over(&child);
        let output = child.wait_with_output().unwrap();
        watch.end();
        writer.join().unwrap();
        Ended {
            what,
            status: output.status,
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            talk: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Starts it with pipes for the lines in and out, for a test that talks with it. Its home
    /// lives as long as this.
    pub(crate) fn start(&mut self, talk: Stdio) -> Child {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(talk)
            .spawn()
            .unwrap()
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.input.get(..self.input.len().min(200));
        let input = String::from_utf8_lossy(shown.unwrap_or_default()).into_owned();
        write!(f, "{:?} < {input:?}", self.command)
    }
}

/// Kills a child that hangs, so that the test ends and can say what it saw.
pub(crate) struct Watch {
    over: mpsc::Sender<()>,
    watcher: JoinHandle<()>,
}

impl Watch {
    pub(crate) fn over(child: &Child) -> Self {
        let (over, ended) = mpsc::channel();
        let pid = Pid::from_raw(child.id().try_into().unwrap());
        let watcher = std::thread::spawn(move || {
            if ended.recv_timeout(HANGS) == Err(mpsc::RecvTimeoutError::Timeout) {
                // Seen in the status: no run ends like that by itself.
                kill(pid, Signal::SIGKILL).unwrap();
            }
        });
        Self { over, watcher }
    }

    /// The child has been waited for.
    pub(crate) fn end(self) {
        drop(self.over);
        self.watcher.join().unwrap();
    }
}

impl Ended {
    /// Holds the exit code against what is expected.
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code(), Some(code), "{self:?}");
        self
    }

    /// The exit code, as a shell counts: a signal is 128 and its number.
    pub(crate) fn code(&self) -> Option<i32> {
        let signal = self.status.signal().map(|signal| 128 + signal);
        self.status.code().or(signal)
    }

    /// Something on standard output.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(
            self.out.contains(text),
            "no `{text}` in the output: {self:?}"
        );
        self
    }

    /// Something on standard error.
    #[track_caller]
    pub(crate) fn talks(&self, text: &str) -> &Self {
        assert!(
            self.talk.contains(text),
            "no `{text}` in the talk: {self:?}"
        );
        self
    }

    /// Nothing on standard error.
    #[track_caller]
    pub(crate) fn is_quiet(&self) -> &Self {
        assert_eq!(self.talk, "", "{self:?}");
        self
    }

    /// The records of `--json`: each line is one, with its version and its kind.
    #[track_caller]
    pub(crate) fn records(&self) -> Vec<Value> {
        let record = |line| {
            let record: Value = serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{error}: {line}: {self:?}"));
            assert_eq!(record["v"], 1, "{line}");
            assert!(record["event"].is_string(), "{line}");
            record
        };
        self.out.lines().map(record).collect()
    }
}

impl Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            status,
            out,
            talk,
        } = self;
        writeln!(f, "{what}")?;
        writeln!(f, "{status}")?;
        writeln!(f, "-- standard output\n{}", shortened(out))?;
        writeln!(f, "-- standard error\n{}", shortened(talk))
    }
}

/// The end of a text: what went wrong is said last.
fn shortened(text: &str) -> &str {
    let from = text.ceil_char_boundary(text.len().saturating_sub(4000));
    text.get(from..).unwrap_or_default()
}
