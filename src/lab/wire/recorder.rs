//! A thread that reads the tap onto the tape, and a lock that keeps them in order.
//!
//! Whoever holds the lock may read the tap: the thread when something came, a question when it
//! wants everything that was sent before it.
use std::collections::BTreeSet;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow};

use super::tap::Tap;
use super::tape::Tape;
use crate::limits;

/// A recording that goes on. Dropping it ends the thread, which closes the tap at its leisure.
#[derive(Debug)]
pub(super) struct Recorder {
    tap: Option<Arc<Tap>>,
    tape: Arc<Mutex<Tape>>,
    /// Its end tells the thread to stop.
    _leash: UnixStream,
}

impl Recorder {
    /// Starts the thread.
    pub(super) fn start(tap: Tap) -> io::Result<Self> {
        let tap = Arc::new(tap);
        let tape = Arc::default();
        let (leash, end) = UnixStream::pair()?;
        let theirs = (Arc::clone(&tap), Arc::clone(&tape));
        thread::Builder::new()
            .name("capture".to_owned())
            .spawn(move || {
                let (tap, tape) = theirs;
                // Ctrl-C and changes of the window are for the others.
                let _unblocked = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK);
                while something_came(&tap, &end) {
                    read(&tap, &mut lock(&tape));
                }
            })?;
        Ok(Self {
            tap: Some(tap),
            tape,
            _leash: leash,
        })
    }

    /// The tape, with everything on it that was sent before.
    pub(super) fn tape(&self) -> MutexGuard<'_, Tape> {
        let mut tape = lock(&self.tape);
        if let Some(tap) = &self.tap {
            read(tap, &mut tape);
        }
        tape
    }

    /// From now on only hears what concerns these ports.
    pub(super) fn narrow(&self, ports: &BTreeSet<u16>) {
        if let Some(tap) = &self.tap {
            tap.narrow(ports);
        }
    }

    /// Ends the recording. What was sent before is on the tape.
    pub(super) fn stop(self) -> Tape {
        std::mem::take(&mut *self.tape())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Before the leash goes: so the thread holds the last of the tap, and the closing of it
        // keeps nobody waiting.
        self.tap = None;
    }
}

/// Reads what is there. At most as much as a tape holds, so that a flood cannot hold it up.
fn read(tap: &Tap, tape: &mut Tape) {
    for _ in 0..limits::CAPTURE_PACKETS {
        match tap.read() {
            Ok(raw) => tape.push(raw),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // An interface that went down says so once, and is silent until it is up again.
            Err(_) => break,
        }
    }
    tape.lost(tap.lost());
}

/// Waits for a packet; false when the recording ended.
fn something_came(tap: &Tap, end: &UnixStream) -> bool {
    let mut both = [
        PollFd::new(tap.as_fd(), PollFlags::POLLIN),
        PollFd::new(end.as_fd(), PollFlags::POLLIN),
    ];
    loop {
        match poll(&mut both, PollTimeout::NONE) {
            Ok(_) => {}
            Err(nix::errno::Errno::EINTR) => continue,
            Err(_) => return false,
        }
        let [_, end] = &both;
        return !end.any().unwrap_or(true);
    }
}

fn lock(tape: &Mutex<Tape>) -> MutexGuard<'_, Tape> {
    // Every change of a tape leaves a usable one, so a poisoned lock is only a lock.
    tape.lock().unwrap_or_else(PoisonError::into_inner)
}
