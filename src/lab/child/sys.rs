//! The system calls of child processes that run no program of their own: how one is started, what it
//! may do between fork(2) and its end, and how it is ended. Nothing here decides anything.
//!
//! Every function marked "of the child" is safe there: it makes system calls on numbers and on
//! memory of the caller, and nothing else (signal-safety(7)).
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// An errno.
pub(in crate::lab) type Number = i32;

/// Starts a child of this program; gives its process id. All signals are blocked in it from its
/// first moment, so that no handler of this program ever runs there and Ctrl-C at the terminal
/// leaves it alone.
///
/// # Safety
///
/// This process may have threads, so `live` may only do what is safe in a signal handler
/// (signal-safety(7)): it may not allocate, take a lock, or panic.
#[expect(unsafe_code, reason = "fork(2) has no safe wrapper")]
pub(in crate::lab) unsafe fn fork(live: impl FnOnce()) -> io::Result<i32> {
    // SAFETY: a signal set of zeros is a valid place for sigfillset and pthread_sigmask to write to,
    // and both outlive the calls.
    let before = unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        before
    };
    // SAFETY: the child keeps to what the caller promised, and never returns from here.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        live();
        leave();
    }
    let failure = io::Error::last_os_error();
    // SAFETY: `before` was filled in above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut()) };
    if pid < 0 { Err(failure) } else { Ok(pid) }
}

/// Ends this process at once, of the child.
#[expect(unsafe_code, reason = "_exit(2) has no safe wrapper")]
pub(in crate::lab) fn leave() -> ! {
    // SAFETY: _exit(2) runs nothing of this program's.
    unsafe { libc::_exit(0) }
}

/// Makes the kernel end this process when the thread that forked it ends (prctl(2)), of the child.
#[expect(unsafe_code, reason = "prctl(2) has no safe wrapper in use here")]
pub(in crate::lab) fn die_with_parent() -> Result<(), Number> {
    // SAFETY: PR_SET_PDEATHSIG takes a signal's number.
    checked(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) }).map(drop)
}

/// The process that started this one, of the child.
#[expect(unsafe_code, reason = "getppid(2) has no safe wrapper in use here")]
pub(in crate::lab) fn parent() -> i32 {
    // SAFETY: getppid takes nothing and cannot fail.
    unsafe { libc::getppid() }
}

/// Gives this process a name of its own in ps(1), of the child.
#[expect(unsafe_code, reason = "prctl(2) has no safe wrapper in use here")]
pub(in crate::lab) fn be_called(name: &CStr) {
    // SAFETY: the name is NUL-terminated; the kernel copies at most 16 bytes of it.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
}

/// Leaves the terminal's session and the working directory, of the child: neither may hold the
/// other up.
#[expect(unsafe_code, reason = "setsid(2) has no safe wrapper in use here")]
pub(in crate::lab) fn detach() {
    // SAFETY: neither call touches memory but the literal path. A helper that keeps its session or
    // its directory works as well.
    unsafe {
        libc::setsid();
        libc::chdir(c"/".as_ptr());
    }
}

/// close(2), of the child.
#[expect(unsafe_code, reason = "close(2) of a plain number")]
pub(in crate::lab) fn close(descriptor: RawFd) {
    // SAFETY: the caller made this descriptor, and gives it up here.
    unsafe { libc::close(descriptor) };
}

/// Closes every descriptor but some, which are given in rising order (close_range(2), Linux 5.9), of
/// the child.
#[expect(unsafe_code, reason = "close_range(2) has no safe wrapper")]
pub(in crate::lab) fn close_all_but(kept: &[RawFd]) -> Result<(), Number> {
    let close = |first: u32, last: u32| {
        if first > last {
            return Ok(());
        }
        // SAFETY: the child owns nothing but `kept`; what it inherited is its parent's, and the
        // parent's descriptors stay open. No value of this process drops one of them later.
        let answer = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
        if answer < 0 { Err(errno()) } else { Ok(()) }
    };
    let mut next = 0;
    for kept in kept {
        let kept = u32::try_from(*kept).map_err(|_| libc::EBADF)?;
        if let Some(last) = kept.checked_sub(1) {
            close(next, last)?;
        }
        next = kept.saturating_add(1);
    }
    close(next, u32::MAX)
}

/// Signals mean again what they mean to a new program, and arrive; but for those of a terminal and
/// of a broken connection, which the child ignores. Of the child.
#[expect(unsafe_code, reason = "signal(2) and sigprocmask(2) in a child")]
pub(in crate::lab) fn take_signals() {
    // SAFETY: both dispositions are no code of this program, and a signal set of zeros is a valid
    // place for sigemptyset to write to. Numbers that are no signal, or that cannot be changed, are
    // refused and stay as they are.
    unsafe {
        for number in 1..=64 {
            libc::signal(number, libc::SIG_DFL);
        }
        for number in [libc::SIGINT, libc::SIGHUP, libc::SIGQUIT, libc::SIGPIPE] {
            libc::signal(number, libc::SIG_IGN);
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

/// Sends a signal to the process behind a descriptor of [`watch`], and never to another that got its
/// number since (pidfd_send_signal(2), Linux 5.1).
#[expect(unsafe_code, reason = "pidfd_send_signal(2) has no safe wrapper")]
pub(in crate::lab) fn signal(process: BorrowedFd<'_>, number: i32) -> io::Result<()> {
    let info = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: a null siginfo means the one that kill(2) would send; the rest are numbers.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            process.as_raw_fd(),
            number,
            info,
            0,
        )
    };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Whether a child has not ended. Of one that is nobody's any more (SIGCHLD can be ignored, wait(2))
/// that is known, too.
pub(in crate::lab) fn child_lives(pid: i32) -> bool {
    wait_id(pid, libc::WEXITED | libc::WNOHANG | libc::WNOWAIT) == Ok(0)
}

/// Whether a child is in one of the conditions `of` (waitid(2): WEXITED, WSTOPPED, WCONTINUED). With
/// WNOHANG among them that is asked, without it is waited for. Nothing is reaped.
pub(in crate::lab) fn child_is(pid: i32, of: i32) -> bool {
    loop {
        match wait_id(pid, of | libc::WNOWAIT) {
            Err(libc::EINTR) => {}
            Err(_) => return false,
            Ok(found) => return found == pid,
        }
    }
}

/// Forgets that a child was continued, so that the next wait is for what comes then.
pub(in crate::lab) fn forget_continued(pid: i32) {
    // Nothing to forget is as good.
    wait_id(pid, libc::WCONTINUED | libc::WNOHANG).ok();
}

/// waitid(2): the child that was found, or 0.
#[expect(unsafe_code, reason = "waitid(2) has no safe wrapper in use here")]
fn wait_id(pid: i32, how: i32) -> Result<i32, Number> {
    let id = libc::id_t::try_from(pid).map_err(|_| libc::ECHILD)?;
    // SAFETY: a siginfo_t of zeros is a valid place to write to, and it outlives the call; its si_pid
    // is then what the call wrote, or still 0.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        checked(libc::waitid(libc::P_PID, id, &raw mut info, how))?;
        Ok(info.si_pid())
    }
}

/// Kills a child, waits until it is gone, and lets the system forget it.
#[expect(unsafe_code, reason = "waitpid(2) has no safe wrapper in use here")]
pub(in crate::lab) fn reap(pid: i32) {
    // SAFETY: kill and waitpid take numbers, and a null status is allowed. The process is our child
    // and has not been waited for, so the number is still its own.
    unsafe {
        libc::kill(pid, libc::SIGKILL);
        while libc::waitpid(pid, std::ptr::null_mut(), 0) < 0
            && io::Error::last_os_error().raw_os_error() == Some(libc::EINTR)
        {}
    }
}

/// Waits until a child has ended, and lets the system forget it.
#[expect(unsafe_code, reason = "waitpid(2) has no safe wrapper in use here")]
pub(in crate::lab) fn forget(pid: i32) {
    // SAFETY: a null status is allowed.
    unsafe {
        while libc::waitpid(pid, std::ptr::null_mut(), 0) < 0
            && io::Error::last_os_error().raw_os_error() == Some(libc::EINTR)
        {}
    }
}

/// A descriptor that becomes readable when a child ends (pidfd_open(2), Linux 5.3).
#[expect(unsafe_code, reason = "pidfd_open(2) has no safe wrapper")]
pub(in crate::lab) fn watch(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: pidfd_open takes numbers; a descriptor it gives is new and nobody else's.
    unsafe {
        let answer = libc::syscall(libc::SYS_pidfd_open, pid, 0);
        match RawFd::try_from(answer) {
            Ok(descriptor) if descriptor >= 0 => Ok(OwnedFd::from_raw_fd(descriptor)),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// The answer, or the errno behind a negative one; allocates nothing.
pub(in crate::lab) fn checked(answer: libc::c_int) -> Result<libc::c_int, Number> {
    if answer < 0 { Err(errno()) } else { Ok(answer) }
}

/// The number the last call of this thread left behind; allocates nothing.
pub(in crate::lab) fn errno() -> Number {
    io::Error::last_os_error().raw_os_error().unwrap_or(0)
}
