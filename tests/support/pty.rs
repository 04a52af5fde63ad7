//! A real terminal for a test: a pseudo-terminal, a program in it, and the screen as a person would
//! see it. Every wait is for something that can be seen, with a deadline and without a pause.
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::AsFd;
use std::process::Child;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;
use pty_process::blocking::{Command, Pty};

/// Long enough for a machine that does eight things at once; a failure, never a pace.
const DEADLINE: Duration = Duration::from_mins(1);

/// Runs the program as a shell's child, as a person does: were it the session's leader, its end
/// would hang the terminal up and reset the settings that are to be compared.
const SHELL: &str = r#"ulimit -c 0; trap : INT QUIT; "$@"; printf '\n[exit %d]\n' $?; read -r _"#;

/// With this the line editor begins: it asks for bracketed paste.
const PROMPT: &[u8] = b"\x1b[?2004h";

/// A terminal with a program in it.
pub(crate) struct Terminal {
    pty: Pty,
    shell: Child,
    parser: vt100::Parser,
    raw: Vec<u8>,
    before: Termios,
    ended: bool,
    /// Prompts that were waited for.
    prompts: usize,
}

/// What to run, and in what kind of terminal.
pub(crate) struct Setup {
    command: Vec<String>,
    variables: Vec<(String, String)>,
    rows: u16,
    columns: u16,
}

impl Setup {
    pub(crate) fn new<S: Into<String>>(command: impl IntoIterator<Item = S>) -> Self {
        Self {
            command: command.into_iter().map(Into::into).collect(),
            variables: vec![("TERM".into(), "xterm-256color".into())],
            rows: 24,
            columns: 80,
        }
    }

    pub(crate) fn var(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn size(mut self, rows: u16, columns: u16) -> Self {
        (self.rows, self.columns) = (rows, columns);
        self
    }

    /// Starts the program under a shell that says how it ended.
    pub(crate) fn start(self) -> Terminal {
        let mut arguments = vec!["-c".to_owned(), SHELL.to_owned(), "sh".to_owned()];
        arguments.extend(self.command.iter().cloned());
        self.spawn(&arguments)
    }

    /// Starts an interactive shell instead, with job control.
    pub(crate) fn shell(self) -> Terminal {
        let mut terminal = self
            .var("PS1", "sh: ")
            .var("ENV", "")
            .spawn(&["-i".to_owned()]);
        terminal.wait_for_line("sh:");
        terminal
    }

    fn spawn(self, arguments: &[String]) -> Terminal {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(pty_process::Size::new(self.rows, self.columns))
            .unwrap();
        let before = tcgetattr(&pty).unwrap();
        // Whoever runs the tests in the background hands down SIGINT and SIGQUIT ignored.
        let shell = Command::new("/usr/bin/env")
            .args(["--default-signal", "/bin/sh"])
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .envs(self.variables)
            .spawn(pts)
            .unwrap();
        let size = |number| NonZeroU16::new(number).unwrap();
        Terminal {
            pty,
            shell,
            parser: vt100::Parser::new(size(self.rows), size(self.columns), 1000),
            raw: Vec::new(),
            before,
            ended: false,
            prompts: 0,
        }
    }
}

impl Terminal {
    /// Presses keys.
    pub(crate) fn send(&mut self, keys: impl AsRef<[u8]>) {
        self.pty.write_all(keys.as_ref()).unwrap();
    }

    /// Pastes text as a terminal does that knows bracketed paste.
    pub(crate) fn paste(&mut self, text: &str) {
        self.send(format!("\x1b[200~{text}\x1b[201~"));
    }

    pub(crate) fn resize(&mut self, rows: u16, columns: u16) {
        self.pty
            .resize(pty_process::Size::new(rows, columns))
            .unwrap();
        let size = |number| NonZeroU16::new(number).unwrap();
        self.parser.set_size(size(rows), size(columns));
    }

    /// Reads on until the screen is as wanted; panics with the screen when time is up.
    pub(crate) fn wait_for(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        self.wait_until(what, |terminal| wanted(terminal.parser.screen()));
    }

    fn wait_until(&mut self, what: &str, wanted: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !wanted(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !self.ended,
                "never seen: {what}\n{}",
                self.drawn()
            );
            self.read(left);
        }
    }

    /// Waits for the line editor's next prompt, even where the same stood there before.
    pub(crate) fn wait_for_prompt(&mut self) {
        let seen = self.prompts;
        self.wait_until("a prompt", |terminal| {
            count(&terminal.raw, PROMPT) > seen && terminal.screen().bracketed_paste()
        });
        self.prompts = count(&self.raw, PROMPT);
    }

    /// Types a line and waits until it has run.
    pub(crate) fn run(&mut self, line: &str) {
        self.send(format!("{line}\r"));
        self.wait_for_prompt();
    }

    /// Waits until a text stands on the screen.
    pub(crate) fn wait_for_text(&mut self, text: &str) {
        self.wait_for(text, |screen| {
            rows(screen).iter().any(|row| row.contains(text))
        });
    }

    /// Waits until the row of the cursor is this, spaces at its end aside.
    pub(crate) fn wait_for_line(&mut self, line: &str) {
        self.wait_for(line, |screen| {
            let (row, _) = screen.cursor_position();
            rows(screen)
                .get(usize::from(row))
                .is_some_and(|row| row.trim_end() == line.trim_end())
        });
    }

    /// Waits until the program has ended, and gives the exit status the shell saw.
    pub(crate) fn exit_status(&mut self) -> i32 {
        let status = |screen: &vt100::Screen| {
            let told = |row: &String| row.strip_prefix("[exit ")?.strip_suffix(']')?.parse().ok();
            rows(screen).iter().find_map(told)
        };
        self.wait_for("[exit STATUS]", |screen| status(screen).is_some());
        status(self.parser.screen()).unwrap()
    }

    /// The rows of the screen, spaces at their ends removed.
    pub(crate) fn rows(&self) -> Vec<String> {
        rows(self.parser.screen())
    }

    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Every byte the program wrote so far.
    pub(crate) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Whether the terminal is set as it was before the program started.
    pub(crate) fn is_as_before(&self) -> bool {
        tcgetattr(&self.pty).unwrap() == self.before
    }

    /// Sends a signal to the program, not to the shell around it.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.program(), signal).unwrap();
    }

    /// The process id of the program: the shell's only child.
    pub(crate) fn program(&self) -> Pid {
        let shell = self.shell.id();
        let path = format!("/proc/{shell}/task/{shell}/children");
        let children = std::fs::read_to_string(path).unwrap();
        Pid::from_raw(children.split_whitespace().next().unwrap().parse().unwrap())
    }

    fn read(&mut self, left: Duration) {
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        let mut sources = [PollFd::new(self.pty.as_fd(), PollFlags::POLLIN)];
        if poll(&mut sources, timeout).unwrap() == 0 {
            return;
        }
        let mut bytes = [0; 4096];
        // Linux answers EIO once nobody holds the other end.
        let count = self.pty.read(&mut bytes).unwrap_or(0);
        self.ended = count == 0;
        let bytes = bytes.get(..count).unwrap();
        self.raw.extend_from_slice(bytes);
        self.parser.process(bytes);
    }

    fn drawn(&self) -> String {
        let mut drawn = String::new();
        for row in self.rows().iter().filter(|row| !row.is_empty()) {
            writeln!(drawn, "| {row}").unwrap();
        }
        drawn
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.shell.kill());
        drop(self.shell.wait());
    }
}

fn rows(screen: &vt100::Screen) -> Vec<String> {
    let (_, columns) = screen.size();
    screen
        .rows(0, columns.get())
        .map(|row| row.trim_end().to_owned())
        .collect()
}

fn count(bytes: &[u8], part: &[u8]) -> usize {
    bytes
        .windows(part.len())
        .filter(|window| *window == part)
        .count()
}
