//! What a process holds, to see whether all of it is given back.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use looplab::lab::Lab;

/// What the process holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
    pub(crate) tasks: usize,
}

impl Held {
    pub(crate) fn now(lab: &Lab) -> Self {
        let count = |directory| std::fs::read_dir(directory).unwrap().count();
        Self {
            descriptors: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
            tasks: lab.tasks(),
        }
    }

    /// What is held once tasks that were told to end have ended. They do so by themselves; the bound
    /// is for a machine so loaded that they have not got round to it.
    pub(crate) fn reached_again(&self, lab: &Lab) -> Self {
        let patience = Instant::now() + Duration::from_secs(20);
        loop {
            let now = Self::now(lab);
            if now == *self || Instant::now() > patience {
                return now;
            }
            std::thread::yield_now();
        }
    }
}
