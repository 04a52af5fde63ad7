//! The system calls behind a proof in a process of its own: how the process is made, and how its end
//! is waited for. Nothing here decides anything.
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitStatus;

/// Makes a copy of this process (fork(2)): gives its number here, and `None` in the copy. There every
/// signal is blocked, so that Ctrl-C at the terminal is heard by one process alone.
///
/// # Safety
///
/// This process has no other thread: a lock that one of them held would stay locked in the copy for
/// ever. The copy ends with [`leave`], and never returns to its caller's caller.
#[expect(unsafe_code, reason = "fork(2) has no safe wrapper")]
pub(super) unsafe fn fork() -> io::Result<Option<i32>> {
    // SAFETY: a signal set of zeros is a valid place for sigfillset and sigprocmask to write to, and
    // both outlive the calls.
    let before = unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        before
    };
    // SAFETY: without other threads the copy is a whole program (fork(2)); that there are none is
    // promised by the caller.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        return Ok(None);
    }
    let failure = io::Error::last_os_error();
    // SAFETY: `before` was filled in above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut()) };
    if pid < 0 { Err(failure) } else { Ok(Some(pid)) }
}

/// The rest of the life of a copy. Nothing of what the original had in hand is run or written again.
#[expect(unsafe_code, reason = "_exit(2) has no safe wrapper")]
pub(super) fn leave(work: impl FnOnce()) -> ! {
    // A panic has been told by its hook; who waits sees that there is no answer.
    let done = catch_unwind(AssertUnwindSafe(work));
    // SAFETY: _exit(2) takes a number.
    unsafe { libc::_exit(i32::from(done.is_err())) }
}

/// Waits until a child has ended; how it did.
#[expect(unsafe_code, reason = "waitpid(2) has no safe wrapper in use here")]
pub(super) fn end_of(pid: i32) -> ExitStatus {
    let mut status = 0;
    // SAFETY: `status` outlives the call.
    while unsafe { libc::waitpid(pid, &raw mut status, 0) } < 0
        && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
    {}
    ExitStatus::from_raw(status)
}

/// Ends a child that has not been waited for.
#[expect(unsafe_code, reason = "kill(2) has no safe wrapper in use here")]
pub(super) fn kill(pid: i32) {
    // SAFETY: kill takes numbers; the child has not been waited for, so the number is still its own.
    unsafe { libc::kill(pid, libc::SIGKILL) };
}
