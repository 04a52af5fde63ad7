//! Low descriptors, held while lines run so that the line editor finds them free.
//!
//! The editor makes a pair of sockets for each line and waits on it with select(2), which knows no
//! descriptor from 1024 on (`FD_SETSIZE`). A lab with a thousand sockets open has taken all the low
//! ones, and the kernel hands out the lowest that is free. It holds nothing that anybody could read.
use std::io;
use std::os::fd::{AsFd, OwnedFd};

/// A pair for the editor, and two in case another thread is faster: a live server may be accepting
/// just when the descriptors are given back.
const HELD: usize = 4;

/// Descriptors kept out of everybody's way.
#[derive(Debug, Default)]
pub(super) struct Ballast(Vec<OwnedFd>);

impl Ballast {
    /// Takes what is missing: the lowest descriptors that are free now. Where none is left, the
    /// editor has to do without.
    pub(super) fn take(&mut self) {
        while self.0.len() < HELD {
            let Ok(held) = io::stdin().as_fd().try_clone_to_owned() else {
                return;
            };
            self.0.push(held);
        }
    }

    /// Gives all of them back.
    pub(super) fn give(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn what_is_given_back_is_what_was_held() {
        let mut ballast = Ballast::default();
        ballast.take();
        let held: Vec<_> = ballast.0.iter().map(AsRawFd::as_raw_fd).collect();
        assert_eq!(held.len(), HELD);
        ballast.take();
        assert_eq!(ballast.0.len(), HELD);
        ballast.give();
        assert!(ballast.0.is_empty());
    }
}
