//! Ctrl-C for a front end that waits for something other than a line: as a descriptor, so that both
//! waits are one.
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use super::{sys, terminal};

/// While there is one of these, Ctrl-C does no more than make it readable.
#[derive(Debug)]
pub struct Interrupts {
    wake: UnixStream,
}

impl Interrupts {
    /// Takes Ctrl-C.
    pub fn take() -> io::Result<Self> {
        let wake = terminal::wake_pair()?;
        sys::waiting(true);
        Ok(Self { wake })
    }
}

impl AsFd for Interrupts {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        sys::waiting(false);
    }
}
