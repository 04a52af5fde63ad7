//! Waiting for somebody else's process to end. The only file of the tests with unsafe code.
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

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
