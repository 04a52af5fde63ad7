//! The few system calls without a safe wrapper: socket options and ioctls of the kernel's own
//! numbers, and the disposition of one signal. Nothing here decides anything.
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use socket2::Socket;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::net::{Endpoint, PortRange};

/// What TCP_INFO (tcp(7)) says of a socket, as far as the lab reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TcpInfo {
    /// Linux's number of the state.
    pub(super) state: u8,
    /// Of a listener: finished handshakes that wait for accept.
    pub(super) waiting: u32,
    /// Of a listener: how many may wait.
    pub(super) backlog: u32,
}

/// Reads TCP_INFO.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "getsockopt(TCP_INFO) has no safe wrapper")]
pub(super) fn tcp_info(fd: BorrowedFd<'_>) -> io::Result<TcpInfo> {
    // SAFETY: tcp_info is plain integers, for which all zeros is a value.
    let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
    let mut size = socklen::<libc::tcp_info>();
    // SAFETY: the pointer and the size describe `info`, which outlives the call.
    let answer = unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut info).cast(),
            &raw mut size,
        )
    };
    checked(answer)?;
    // For a listener the kernel reuses two counters (tcp_get_info in net/ipv4/tcp.c).
    Ok(TcpInfo {
        state: info.tcpi_state,
        waiting: info.tcpi_unacked,
        backlog: info.tcpi_sacked,
    })
}

/// Only Linux's TCP_INFO is read.
#[cfg(not(target_os = "linux"))]
pub(super) fn tcp_info(_fd: BorrowedFd<'_>) -> io::Result<TcpInfo> {
    Err(io::Error::from_raw_os_error(libc::ENOPROTOOPT))
}

/// Bytes that wait to be read (FIONREAD); of a UDP socket, those of the next datagram.
pub(super) fn unread(fd: BorrowedFd<'_>) -> io::Result<u32> {
    count(fd, libc::FIONREAD)
}

/// Bytes that were sent and not yet acknowledged (SIOCOUTQ, tcp(7)).
#[cfg(target_os = "linux")]
pub(super) fn unacknowledged(fd: BorrowedFd<'_>) -> io::Result<u32> {
    // SIOCOUTQ is TIOCOUTQ by another name (linux/sockios.h).
    count(fd, libc::TIOCOUTQ)
}

/// Only Linux has SIOCOUTQ.
#[cfg(not(target_os = "linux"))]
pub(super) fn unacknowledged(_fd: BorrowedFd<'_>) -> io::Result<u32> {
    Err(io::Error::from_raw_os_error(libc::ENOTTY))
}

#[expect(unsafe_code, reason = "ioctl(2) has no safe wrapper")]
fn count(fd: BorrowedFd<'_>, request: libc::Ioctl) -> io::Result<u32> {
    let mut number: libc::c_int = 0;
    // SAFETY: both requests write one int, and `number` is one.
    checked(unsafe { libc::ioctl(fd.as_raw_fd(), request, &raw mut number) })?;
    Ok(u32::try_from(number).unwrap_or(0))
}

/// IP_LOCAL_PORT_RANGE (ip(7)); newer than the libc crate's constants.
#[cfg(target_os = "linux")]
const IP_LOCAL_PORT_RANGE: libc::c_int = 51;

/// Lets the kernel choose this socket's port from `range` only. ENOPROTOOPT before Linux 6.3.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "setsockopt has no safe wrapper for this option")]
pub(super) fn set_port_range(fd: BorrowedFd<'_>, range: PortRange) -> io::Result<()> {
    let value = u32::from(range.high) << 16 | u32::from(range.low);
    // SAFETY: the pointer and the size describe `value`, which outlives the call.
    let answer = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::IPPROTO_IP,
            IP_LOCAL_PORT_RANGE,
            (&raw const value).cast(),
            socklen::<u32>(),
        )
    };
    checked(answer)
}

/// Only Linux has the option.
#[cfg(not(target_os = "linux"))]
pub(super) fn set_port_range(_fd: BorrowedFd<'_>, _range: PortRange) -> io::Result<()> {
    Err(io::Error::from_raw_os_error(libc::ENOPROTOOPT))
}

/// Leaves the choice of a port to connect(2) (IP_BIND_ADDRESS_NO_PORT, ip(7), Linux 4.2).
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "setsockopt has no safe wrapper for this option")]
pub(super) fn set_bind_no_port(fd: BorrowedFd<'_>) -> io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: the pointer and the size describe `on`, which outlives the call.
    let answer = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::IPPROTO_IP,
            libc::IP_BIND_ADDRESS_NO_PORT,
            (&raw const on).cast(),
            socklen::<libc::c_int>(),
        )
    };
    checked(answer)
}

/// Only Linux has the option.
#[cfg(not(target_os = "linux"))]
pub(super) fn set_bind_no_port(_fd: BorrowedFd<'_>) -> io::Result<()> {
    Err(io::Error::from_raw_os_error(libc::ENOPROTOOPT))
}

/// Allows an address that no interface has (IP_FREEBIND, ip(7)).
#[cfg(target_os = "linux")]
pub(super) fn set_freebind(socket: &Socket, endpoint: &Endpoint) -> io::Result<()> {
    match endpoint.inet() {
        Some(address) if address.is_ipv6() => socket.set_freebind_v6(true),
        _ => socket.set_freebind_v4(true),
    }
}

/// Only Linux has the option under this name.
#[cfg(not(target_os = "linux"))]
pub(super) fn set_freebind(_socket: &Socket, _endpoint: &Endpoint) -> io::Result<()> {
    Err(io::Error::from_raw_os_error(libc::ENOPROTOOPT))
}

/// Ties a socket to one interface (SO_BINDTODEVICE, socket(7)); for everybody since Linux 5.7.
#[cfg(target_os = "linux")]
pub(super) fn set_device(socket: &Socket, interface: &str) -> io::Result<()> {
    socket.bind_device(Some(interface.as_bytes()))
}

/// Only Linux has the option under this name.
#[cfg(not(target_os = "linux"))]
pub(super) fn set_device(_socket: &Socket, _interface: &str) -> io::Result<()> {
    Err(io::Error::from_raw_os_error(libc::ENOPROTOOPT))
}

#[cfg(target_os = "linux")]
fn socklen<T>() -> libc::socklen_t {
    libc::socklen_t::try_from(size_of::<T>()).unwrap_or(0)
}

fn checked(answer: libc::c_int) -> io::Result<()> {
    match answer {
        0.. => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Registers a descriptor with the runtime, for as long as it is borrowed.
#[expect(unsafe_code, reason = "tokio cannot see that a descriptor stays open")]
pub(super) fn watch(fd: BorrowedFd<'_>, interest: Interest) -> io::Result<AsyncFd<BorrowedFd<'_>>> {
    // SAFETY: a borrowed descriptor stays open, and the same, until the borrow ends; the AsyncFd
    // cannot outlive it.
    Ok(unsafe { AsyncFd::register_with_interest(fd, interest)? })
}

/// What SIGINT does (sigaction(2)). Kept to put it back.
#[derive(Clone, Copy)]
pub(super) struct Sigint(libc::sigaction);

impl Sigint {
    /// What it does now; `None` where that cannot be read.
    #[expect(unsafe_code, reason = "sigaction(2) has no safe wrapper for reading")]
    pub(super) fn now() -> Option<Self> {
        // SAFETY: a sigaction of zeros is a valid place to write to.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        // SAFETY: a null new action only reads; `action` outlives the call.
        let answer = unsafe { libc::sigaction(libc::SIGINT, std::ptr::null(), &raw mut action) };
        checked(answer).ok().map(|()| Self(action))
    }

    /// Makes it so.
    #[expect(unsafe_code, reason = "sigaction(2) has no safe wrapper for restoring")]
    pub(super) fn apply(self) {
        // SAFETY: the action was read from the kernel by `now`, so its handler is still code of
        // this program.
        unsafe { libc::sigaction(libc::SIGINT, &raw const self.0, std::ptr::null_mut()) };
    }
}
