//! What a process holds, to see whether all of it is given back.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use looplab::lab::Lab;

/// What the process holds.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
    pub(crate) tasks: usize,
}

impl Held {
    pub(crate) fn now(lab: &Lab) -> Self {
        Self {
            descriptors: std::fs::read_dir("/proc/self/fd").unwrap().count(),
            threads: threads(),
            tasks: lab.tasks(),
        }
    }

    /// Fails where more is held than before, once tasks that were told to end have ended. Less may be: a
    /// thread that has done its work is counted for a moment more, and may have been before.
    pub(crate) fn assert_given_back(&self, lab: &Lab) {
        let now = || Self::now(lab);
        let now = eventually(now, |now| {
            now.descriptors <= self.descriptors
                && now.threads <= self.threads
                && now.tasks <= self.tasks
        });
        assert!(now.is_ok(), "{now:?} is held, after {self:?}");
    }
}

/// How many threads there are.
pub(crate) fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

/// Looks until what is seen is as it should be. The bound is for a machine so loaded that those who end
/// by themselves have not got round to it.
pub(crate) fn eventually<T>(look: impl Fn() -> T, wanted: impl Fn(&T) -> bool) -> Result<T, T> {
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        let seen = look();
        if wanted(&seen) {
            return Ok(seen);
        }
        if Instant::now() > patience {
            return Err(seen);
        }
        std::thread::yield_now();
    }
}
