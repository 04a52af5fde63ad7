//! The system calls behind a proof in a process of its own: how the process is made, and how its end
//! is waited for. Nothing here decides anything.
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::errno::Errno;
use nix::sys::signal::{self, SigSet, SigmaskHow, Signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{self, ForkResult, Pid};

/// Makes a copy of this process (fork(2)): gives its number here, and `None` in the copy. There every
/// signal is blocked, so that Ctrl-C at the terminal is heard by one process alone.
///
/// # Safety
///
/// This process has no other thread: a lock that one of them held would stay locked in the copy for
/// ever. The copy ends with [`leave`], and never returns to its caller's caller.
#[expect(unsafe_code, reason = "a fork(2) is only safe without other threads")]
pub(super) unsafe fn fork() -> io::Result<Option<Pid>> {
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
    // SAFETY: without other threads the copy is a whole program (fork(2)); that there are none is
    // promised by the caller.
    let forked = unsafe { unistd::fork() };
    if let Ok(ForkResult::Child) = forked {
        return Ok(None);
    }
    before.thread_set_mask()?;
    Ok(match forked? {
        ForkResult::Parent { child } => Some(child),
        ForkResult::Child => None,
    })
}

/// The rest of the life of a copy. Nothing of what the original had in hand is run or written again.
#[expect(unsafe_code, reason = "_exit(2) has no safe wrapper")]
pub(super) fn leave(work: impl FnOnce()) -> ! {
    // A panic has been told by its hook; who waits sees that there is no answer.
    let done = catch_unwind(AssertUnwindSafe(work));
    // SAFETY: _exit(2) takes a number.
    unsafe { libc::_exit(i32::from(done.is_err())) }
}

/// Waits until a child has ended; how it did, after "it has ended".
pub(super) fn end_of(child: Pid) -> String {
    loop {
        return match waitpid(child, None) {
            Err(Errno::EINTR) => continue,
            Ok(WaitStatus::Exited(_, code)) => format!("with exit code {code}"),
            Ok(WaitStatus::Signaled(_, by, _)) => format!("by {by}"),
            Ok(other) => format!("{other:?}"),
            Err(error) => format!("and cannot be waited for: {error}"),
        };
    }
}

/// Ends a child that has not been waited for: so the number is still its own.
pub(super) fn kill(child: Pid) {
    // One that has ended meanwhile was what was wanted.
    signal::kill(child, Signal::SIGKILL).ok();
}
