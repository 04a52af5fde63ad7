//! The system calls of a server process, on plain numbers. Nothing here decides anything.
//!
//! All but [`start`] are for the child: they make system calls on numbers and on memory of the
//! caller, and nothing else (signal-safety(7)).
use std::io;
use std::os::fd::RawFd;

use super::child::{self, Plan};
pub(super) use crate::lab::child::sys::{
    Number, be_called, child_is, child_lives, close, close_all_but, detach, die_with_parent,
    forget, forget_continued, leave, parent, reap, signal, take_signals, watch,
};
use crate::lab::child::sys::{checked, errno, fork};

/// Something can be read, or accepted, or is over (poll(2)).
pub(super) const READABLE: i16 = libc::POLLIN;

/// Something can be sent (poll(2)).
pub(super) const WRITABLE: i16 = libc::POLLOUT;

/// No bound for [`wait`].
pub(super) const FOR_EVER: i32 = -1;

/// Starts a server process; gives its process id.
#[expect(unsafe_code, reason = "fork(2) has no safe wrapper")]
pub(super) fn start(plan: &Plan) -> io::Result<i32> {
    // SAFETY: `child::live` keeps to what a child may do.
    unsafe { fork(|| child::live(plan)) }
}

/// What poll(2) is asked about a descriptor.
pub(super) fn interest(descriptor: RawFd, events: i16) -> libc::pollfd {
    libc::pollfd {
        fd: descriptor,
        events,
        revents: 0,
    }
}

/// Waits until one of them is ready, or so many milliseconds; EINTR is an error.
#[expect(unsafe_code, reason = "poll(2) without allocating")]
pub(super) fn wait(watched: &mut [libc::pollfd], within: i32) -> Result<(), Number> {
    let count = libc::nfds_t::try_from(watched.len()).unwrap_or(0);
    // SAFETY: the pointer and the count describe `watched`, which outlives the call.
    checked(unsafe { libc::poll(watched.as_mut_ptr(), count, within) }).map(drop)
}

/// accept4(2), not blocking.
#[expect(unsafe_code, reason = "accept4(2) of a plain number")]
pub(super) fn accept(listener: RawFd) -> Result<RawFd, Number> {
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: null pointers mean that the peer's address is not wanted.
    checked(unsafe { libc::accept4(listener, std::ptr::null_mut(), std::ptr::null_mut(), flags) })
}

/// recv(2); 0 at the end of the stream.
#[expect(unsafe_code, reason = "recv(2) of a plain number")]
pub(super) fn read(socket: RawFd, room: &mut [u8]) -> Result<usize, Number> {
    // SAFETY: the kernel writes at most the length of `room` to it.
    let length = unsafe { libc::recv(socket, room.as_mut_ptr().cast(), room.len(), 0) };
    usize::try_from(length).map_err(|_| errno())
}

/// send(2), without SIGPIPE.
#[expect(unsafe_code, reason = "send(2) of a plain number")]
pub(super) fn send(socket: RawFd, bytes: &[u8]) -> Result<usize, Number> {
    // SAFETY: the pointer and the length describe `bytes`, which outlives the call.
    let length = unsafe {
        libc::send(
            socket,
            bytes.as_ptr().cast(),
            bytes.len(),
            libc::MSG_NOSIGNAL,
        )
    };
    usize::try_from(length).map_err(|_| errno())
}

/// Makes the next close(2) abrupt (SO_LINGER with 0 seconds, socket(7)).
#[expect(unsafe_code, reason = "setsockopt(2) of a plain number")]
pub(super) fn linger_not(socket: RawFd) {
    let abrupt = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    let size = libc::socklen_t::try_from(size_of::<libc::linger>()).unwrap_or(0);
    // SAFETY: the pointer and the size describe `abrupt`, which outlives the call. Refused, the
    // close is an orderly one.
    unsafe {
        libc::setsockopt(
            socket,
            libc::SOL_SOCKET,
            libc::SO_LINGER,
            (&raw const abrupt).cast(),
            size,
        )
    };
}
