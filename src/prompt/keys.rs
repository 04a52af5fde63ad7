//! Single keys, without Enter: for a view that goes on until somebody has seen enough.
//!
//! Waiting for the next look and waiting for a key are one wait, so a key is never late.
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};

use super::{sys, terminal};

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// The time given is over.
    Over,
    /// A key.
    Key(u8),
    /// Ctrl-C.
    Interrupted,
    /// Nobody reads any more, or nobody types any more.
    Left,
}

/// Keys as they are pressed. Restores the terminal when dropped; signals do, too, by way of the
/// [guard](terminal::guard).
pub struct Keys {
    /// The terminal as it was, when keys come from one.
    before: Option<Termios>,
    wake: Option<UnixStream>,
}

impl Keys {
    /// Takes the keys of standard input, if it is a terminal; otherwise only waits.
    pub fn open() -> Self {
        let stdin = io::stdin();
        let before = stdin
            .is_terminal()
            .then(|| tcgetattr(&stdin).ok())
            .flatten();
        if let Some(before) = &before {
            let mut keys = before.clone();
            keys.local_flags &= !(LocalFlags::ICANON | LocalFlags::ECHO);
            // A terminal that refuses still works with Enter behind each key.
            tcsetattr(&stdin, SetArg::TCSANOW, &keys).ok();
        }
        let wake = terminal::wake_pair().ok();
        sys::waiting(wake.is_some());
        Self { before, wake }
    }

    /// Waits for a key, or until the time is over.
    pub fn wait(&self, within: Duration) -> io::Result<Waited> {
        let (stdin, stdout) = (io::stdin(), io::stdout());
        let mut sources = vec![PollFd::new(stdout.as_fd(), PollFlags::empty())];
        let wake = self.wake.as_ref().map(|wake| {
            sources.push(PollFd::new(wake.as_fd(), PollFlags::POLLIN));
            sources.len() - 1
        });
        let keys = self.before.as_ref().map(|_| {
            sources.push(PollFd::new(stdin.as_fd(), PollFlags::POLLIN));
            sources.len() - 1
        });
        let millis = i32::try_from(within.as_millis()).unwrap_or(i32::MAX);
        let timeout = PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX);
        match poll(&mut sources, timeout) {
            // Interrupted by a signal: a window that changed its size is time for another look.
            Ok(0) | Err(nix::Error::EINTR) => return Ok(Waited::Over),
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        let ready = |place: usize| sources.get(place).and_then(PollFd::any).unwrap_or_default();
        if wake.is_some_and(ready) {
            return Ok(Waited::Interrupted);
        }
        if keys.is_some_and(ready) {
            let mut byte = [0];
            return Ok(match nix::unistd::read(stdin.as_fd(), &mut byte)? {
                0 => Waited::Left,
                _ => Waited::Key(byte[0]),
            });
        }
        Ok(Waited::Left)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        sys::waiting(false);
        if let Some(before) = &self.before {
            // A terminal that is gone needs no restoring.
            tcsetattr(io::stdin(), SetArg::TCSANOW, before).ok();
        }
    }
}
