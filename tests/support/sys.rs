//! Waiting for another process to end or to stop, and what a signal does here. The only file of the tests with unsafe code.
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::Pid;

/// A descriptor that becomes readable when the process ends (pidfd_open(2)).
#[expect(unsafe_code, reason = "pidfd_open(2) has no safe wrapper")]
pub(crate) fn watch_process(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: pidfd_open takes numbers; a descriptor it gives is new and nobody else's.
    unsafe {
        let answer = libc::syscall(libc::SYS_pidfd_open, pid, 0);
        match i32::try_from(answer) {
            Ok(descriptor) if descriptor >= 0 => Ok(OwnedFd::from_raw_fd(descriptor)),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// Stops a child, and comes back when it stands still (SIGSTOP, waitid(2)).
#[expect(unsafe_code, reason = "waitid(2) has no safe wrapper in use here")]
pub(crate) fn stop_child(pid: u32) -> io::Result<()> {
    kill(Pid::from_raw(pid.cast_signed()), Signal::SIGSTOP)?;
    let how = libc::WSTOPPED | libc::WNOWAIT;
    // SAFETY: a siginfo_t of zeros is a valid place to write to, and it outlives the call.
    let answer = unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        libc::waitid(libc::P_PID, pid, &raw mut info, how)
    };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Lets a signal do what it does unless somebody says otherwise. Whoever runs the tests in the
/// background hands down SIGINT ignored.
#[expect(unsafe_code, reason = "signal(2) has no safe wrapper")]
pub(crate) fn by_default(which: Signal) -> nix::Result<()> {
    // SAFETY: no handler of the program is replaced by one that could be gone.
    unsafe { signal(which, SigHandler::SigDfl) }.map(drop)
}
