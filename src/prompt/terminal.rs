//! The terminal is always given back as it was: at the end, on a panic, and on the signals that end
//! a program. The line editor restores it only when it returns, which none of those lets it do.
//!
//! Ctrl-C is a key at the prompt; while a line runs, it is passed on to whoever runs it. Nothing here
//! prints, but for what a panic has to say.
use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::{self, PanicHookInfo};
use std::thread::ThreadId;

use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use terminal_size::terminal_size_of;

use super::plain::Source;
use super::sys;
use crate::lab::Interrupter;
use crate::render::{sanitize, wrapped};

/// The signals that end a program without asking it: a closed window, `kill`, Ctrl-\.
const ENDING: [libc::c_int; 3] = [libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT];

/// Restores the terminal when dropped. See [`guard`].
#[derive(Debug)]
#[must_use = "the terminal is restored when this is dropped"]
pub struct Guard(());

/// Remembers how the terminal is set, and sees to it that it is set so again however the program
/// ends. Call it once, early in `main`, on the thread that will ask for lines.
pub fn guard() -> Guard {
    let owner = std::thread::current().id();
    panic::set_hook(Box::new(move |info| report(info, owner)));
    let mut signals = vec![sys::take_interrupt()];
    if sys::save() {
        signals.extend(ENDING.map(sys::restore_on));
    }
    // Where a handler cannot be had (a seccomp filter), the prompt still works; only a kill then
    // leaves the terminal raw, and `reset` mends that.
    drop(signals);
    Guard(())
}

impl Drop for Guard {
    fn drop(&mut self) {
        sys::restore();
    }
}

/// Ctrl-C from the end of a line to the next prompt stops what runs instead of ending the program;
/// the third press without a prompt in between ends it all the same.
pub fn interrupt_through(interrupter: &Interrupter) {
    // Where SIGINT was ignored from the start, it stays so at the prompt; the lab still hears it.
    if sys::takes_interrupt() {
        sys::stop_through(interrupter.bell());
    }
}

/// Whether a person types on standard input and reads on standard output.
pub fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// A panic in two sentences: what and where, then what to do. The terminal comes first, or the lines
/// would be drawn as stairs.
fn report(info: &PanicHookInfo<'_>, owner: ThreadId) {
    // A panic elsewhere ends one task, not the program: the prompt goes on and stays raw.
    if std::thread::current().id() == owner {
        sys::restore();
    }
    let width = terminal_size_of(io::stderr()).map_or(usize::MAX, |(width, _)| width.0.into());
    let mut screen = io::stderr().lock();
    let written = writeln!(screen, "{}", wrapped(&in_words(info), width));
    let backtrace = Backtrace::capture();
    if written.is_ok() && backtrace.status() == BacktraceStatus::Captured {
        // The last words of a program have nobody left to tell about a closed stderr.
        drop(writeln!(screen, "{backtrace}"));
    }
}

fn in_words(info: &PanicHookInfo<'_>) -> String {
    let what = info.payload_as_str().unwrap_or("no reason given");
    let place = info.location().map_or_else(String::new, |place| {
        let (file, line) = (short(place.file()), place.line());
        format!(" ({file}:{line})")
    });
    format!(
        "looplab made a mistake of its own and stopped what it was doing: {}{place}\n\
         Your progress is kept. Please report this with what you typed last; \
         RUST_BACKTRACE=1 shows more.",
        sanitize(what)
    )
}

/// A source file without the place where the machine that built the program keeps such files.
fn short(file: &str) -> &str {
    let crates = file.split_once("/registry/src/");
    let of_crate = crates.and_then(|(_, rest)| rest.split_once('/'));
    let of_std = file.split_once("/library/");
    of_crate.or(of_std).map_or(file, |(_, rest)| rest)
}

/// Standard input for a plain prompt: reads bytes as they come, and Ctrl-C ends a wait.
#[derive(Debug)]
pub(super) struct PlainInput {
    wake: Option<UnixStream>,
    terminal: Option<OwnedFd>,
}

impl PlainInput {
    /// Nobody types: Ctrl-C ends the program, as it ends any other that reads a pipe.
    pub(super) fn unwatched() -> Self {
        Self {
            wake: None,
            terminal: None,
        }
    }

    /// Somebody types: Ctrl-C drops the line. Without descriptors to wake it through, it ends the
    /// program.
    pub(super) fn watched() -> Self {
        let wake = wake_pair().ok();
        let terminal = wake.as_ref().and_then(|_| without_blocking().ok());
        Self { wake, terminal }
    }
}

/// The terminal again, by a descriptor that does not block: Ctrl-C drops a line that was ready to be
/// read. Standard input is not made so, since the shell reads by the same one.
fn without_blocking() -> nix::Result<OwnedFd> {
    let name = nix::unistd::ttyname(io::stdin())?;
    let how = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    open(&name, how, Mode::empty())
}

impl Source for PlainInput {
    /// Called before the prompt can be seen, so that no Ctrl-C comes too early to be noticed.
    fn begin(&self) {
        if let Some(mut wake) = self.wake.as_ref() {
            let mut stale = [0; 64];
            while wake.read(&mut stale).is_ok_and(|count| count > 0) {}
            sys::waiting(true);
        }
    }

    fn end(&self) {
        sys::waiting(false);
    }
}

impl Read for PlainInput {
    /// Fails with [`io::ErrorKind::Interrupted`] on Ctrl-C, and on nothing else.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let stdin = io::stdin();
        let lines = self.terminal.as_ref().map_or(stdin.as_fd(), AsFd::as_fd);
        loop {
            if let Some(wake) = &self.wake {
                let mut sources = [
                    PollFd::new(wake.as_fd(), PollFlags::POLLIN),
                    PollFd::new(lines, PollFlags::POLLIN),
                ];
                match poll(&mut sources, PollTimeout::NONE) {
                    Err(nix::Error::EINTR) => continue,
                    Err(error) => return Err(error.into()),
                    Ok(_) if sources.first().is_some_and(is_ready) => {
                        return Err(io::ErrorKind::Interrupted.into());
                    }
                    Ok(_) => {}
                }
            }
            match nix::unistd::read(lines, buffer) {
                Err(nix::Error::EINTR) => {}
                Err(nix::Error::EAGAIN) if self.wake.is_some() => {}
                answer => return Ok(answer?),
            }
        }
    }
}

/// The end to poll; the other one belongs to the signal handler.
pub(super) fn wake_pair() -> io::Result<UnixStream> {
    let (reader, writer) = UnixStream::pair()?;
    reader.set_nonblocking(true)?;
    writer.set_nonblocking(true)?;
    sys::wake_through(writer.into());
    Ok(reader)
}

fn is_ready(source: &PollFd<'_>) -> bool {
    source.any().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_says_nothing_of_the_machine_that_built_it() {
        for (file, shown) in [
            (
                "/home/me/.cargo/registry/src/index.crates.io-1949cf8c/rustyline-19.0.0/src/tty/unix.rs",
                "rustyline-19.0.0/src/tty/unix.rs",
            ),
            (
                "/rustc/0a1b2c/library/core/src/option.rs",
                "core/src/option.rs",
            ),
            ("src/prompt/editor.rs", "src/prompt/editor.rs"),
        ] {
            assert_eq!(short(file), shown);
        }
    }
}
