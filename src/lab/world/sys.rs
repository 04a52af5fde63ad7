//! The system calls of the private world that have no safe wrapper, or none that may be used
//! between fork(2) and the end of the helper, where nothing may allocate or take a lock. Nothing
//! here decides anything.
//!
//! Every function marked "of the helper" is safe there: it makes system calls on numbers and on
//! memory of the caller, and nothing else (signal-safety(7)).
use std::ffi::CStr;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use super::helper::{self, Plan};
use super::message::{ADDRESSES, ANSWER, Found, REQUEST};
pub(super) use crate::lab::child::sys::{
    Number, be_called, close, close_all_but, detach, die_with_parent, leave, parent, reap, watch,
};
use crate::lab::child::sys::{checked, errno, fork};

/// Starts the helper; gives its process id.
#[expect(unsafe_code, reason = "fork(2) has no safe wrapper")]
pub(super) fn fork_helper(control: BorrowedFd<'_>, plan: &Plan) -> io::Result<i32> {
    // SAFETY: `helper::live` keeps to what a child may do.
    unsafe { fork(|| helper::live(control.as_raw_fd(), plan)) }
}

/// fork(2), of the helper: 0 in the child.
#[expect(unsafe_code, reason = "fork(2) has no safe wrapper")]
pub(super) fn fork_again() -> Result<i32, Number> {
    // SAFETY: the helper has one thread, and its child keeps to what the helper keeps to.
    checked(unsafe { libc::fork() })
}

/// Waits until this process has no child, of the helper that forgets its children.
#[expect(unsafe_code, reason = "waitpid(2) has no safe wrapper in use here")]
pub(super) fn outlive_children() {
    // SAFETY: a null status is allowed. With SIGCHLD ignored the call returns when the last child
    // is gone (wait(2)), or at once when there is none; every signal but SIGKILL is blocked.
    unsafe { libc::waitpid(-1, std::ptr::null_mut(), 0) };
}

/// Children of this process are forgotten when they end, of the helper.
#[expect(unsafe_code, reason = "signal(2) has no safe wrapper in use here")]
pub(super) fn forget_children() {
    // SAFETY: SIG_IGN is a disposition every signal but two can have.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
}

/// unshare(2), of the helper.
#[expect(unsafe_code, reason = "unshare(2) has no safe wrapper in use here")]
pub(super) fn unshare(what: i32) -> Result<(), Number> {
    // SAFETY: unshare takes flags, and the helper has one thread.
    checked(unsafe { libc::unshare(what) }).map(drop)
}

/// open(2) and one write(2), of the helper: the kernel's verdict on a setting is that of the write.
#[expect(
    unsafe_code,
    reason = "open(2) and write(2) without std's own handling"
)]
pub(super) fn write_file(path: &CStr, text: &[u8]) -> Result<(), Number> {
    // SAFETY: the path is NUL-terminated, the buffer and its length belong together, and the
    // descriptor is closed once.
    unsafe {
        let file = checked(libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC))?;
        let written = libc::write(file, text.as_ptr().cast(), text.len());
        let verdict = if written < 0 { Err(errno()) } else { Ok(()) };
        libc::close(file);
        verdict
    }
}

/// open(2) for reading, of the helper.
#[expect(unsafe_code, reason = "open(2) without std's own handling")]
pub(super) fn open_file(path: &CStr) -> Result<RawFd, Number> {
    // SAFETY: the path is NUL-terminated.
    checked(unsafe { libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) })
}

/// socket(2), of the helper.
#[expect(unsafe_code, reason = "socket(2) for any family and protocol")]
pub(super) fn socket(domain: i32, kind: i32, protocol: i32) -> Result<RawFd, Number> {
    // SAFETY: socket takes numbers.
    checked(unsafe { libc::socket(domain, kind | libc::SOCK_CLOEXEC, protocol) })
}

/// A pair of connected sockets that keep records apart, of the helper.
#[expect(
    unsafe_code,
    reason = "socketpair(2) without a value that closes itself"
)]
pub(super) fn pair() -> Result<[RawFd; 2], Number> {
    let mut both = [-1; 2];
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
    // SAFETY: the kernel writes two ints to `both`, which has room for two.
    checked(unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, both.as_mut_ptr()) })?;
    Ok(both)
}

/// mount(2) of a small file system in memory, of the helper.
#[expect(unsafe_code, reason = "mount(2) has no safe wrapper in use here")]
pub(super) fn mount_tmpfs(on: &CStr) -> Result<(), Number> {
    let (name, kind) = (c"looplab", c"tmpfs");
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    // SAFETY: all four texts are NUL-terminated and outlive the call.
    checked(unsafe {
        libc::mount(
            name.as_ptr(),
            on.as_ptr(),
            kind.as_ptr(),
            flags,
            c"mode=755,size=256k".as_ptr().cast(),
        )
    })
    .map(drop)
}

/// Keeps the mounts of this namespace from every other one, and theirs from it
/// (mount_namespaces(7)), of the helper.
#[expect(unsafe_code, reason = "mount(2) has no safe wrapper in use here")]
pub(super) fn mount_privately() -> Result<(), Number> {
    let (none, root) = (std::ptr::null(), c"/");
    let flags = libc::MS_REC | libc::MS_PRIVATE;
    // SAFETY: the path is NUL-terminated; a change of propagation reads nothing else.
    checked(unsafe { libc::mount(none, root.as_ptr(), none, flags, none.cast()) }).map(drop)
}

/// open(2) of a file for reading and writing, made if there is none, of the helper.
#[expect(unsafe_code, reason = "open(2) without std's own handling")]
pub(super) fn create_file(path: &CStr) -> Result<RawFd, Number> {
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_CLOEXEC;
    let mode: libc::c_uint = 0o644;
    // SAFETY: the path is NUL-terminated, and the mode is there that O_CREAT asks for.
    checked(unsafe { libc::open(path.as_ptr(), flags, mode) })
}

/// write(2) of a few bytes, of the helper.
#[expect(unsafe_code, reason = "write(2) of a plain number")]
pub(super) fn write(descriptor: RawFd, bytes: &[u8]) -> Result<(), Number> {
    // SAFETY: the buffer and its length belong together.
    let written = unsafe { libc::write(descriptor, bytes.as_ptr().cast(), bytes.len()) };
    if written < 0 { Err(errno()) } else { Ok(()) }
}

/// Lets the kernel end this process when so many milliseconds are over (setitimer(2)), of a child of
/// the helper.
#[expect(unsafe_code, reason = "signals without allocating")]
pub(super) fn end_after(millis: i32) -> Result<(), Number> {
    let time = libc::timeval {
        tv_sec: (millis / 1_000).into(),
        tv_usec: (millis % 1_000 * 1_000).into(),
    };
    // SAFETY: a signal set and a timer of zeros are values; all that the calls read or write outlives
    // them. Every signal is blocked here until this one is let through, whose default is the end.
    unsafe {
        let mut alarm: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut alarm);
        libc::sigaddset(&raw mut alarm, libc::SIGALRM);
        libc::signal(libc::SIGALRM, libc::SIG_DFL);
        libc::sigprocmask(libc::SIG_UNBLOCK, &raw const alarm, std::ptr::null_mut());
        let mut timer: libc::itimerval = std::mem::zeroed();
        timer.it_value = time;
        let (which, none) = (libc::ITIMER_REAL, std::ptr::null_mut());
        checked(libc::setitimer(which, &raw const timer, none)).map(drop)
    }
}

/// getaddrinfo(3) of a name, for a stream, of a child of the helper.
///
/// The one function here that does more than system calls: the C library takes its locks and
/// allocates, which it allows in the child of a process with threads, though POSIX does not. Should
/// one of its locks have been held at that fork, this hangs, and the timer of [`end_after`] ends it.
#[expect(unsafe_code, reason = "getaddrinfo(3) and its list")]
pub(super) fn addresses(name: &CStr) -> Found {
    let mut found = Found {
        code: 0,
        errno: 0,
        addresses: [None; ADDRESSES],
    };
    let mut list = std::ptr::null_mut();
    // SAFETY: an addrinfo of zeros is "no wishes"; the name is NUL-terminated, a null service is
    // allowed, and hints and list outlive the call. This process has one thread and no other use
    // for its environment, which could change how names are looked up (RES_OPTIONS, HOSTALIASES).
    unsafe {
        libc::clearenv();
        let mut hints: libc::addrinfo = std::mem::zeroed();
        hints.ai_socktype = libc::SOCK_STREAM;
        let none = std::ptr::null();
        found.code = libc::getaddrinfo(name.as_ptr(), none, &raw const hints, &raw mut list);
    }
    if found.code != 0 {
        found.errno = errno();
        return found;
    }
    for place in &mut found.addresses {
        // SAFETY: what getaddrinfo gave is a chain of valid entries that ends with null, and stays
        // until this process does.
        let Some(entry) = (unsafe { list.as_ref() }) else {
            break;
        };
        *place = address_of(entry);
        list = entry.ai_next;
    }
    found
}

/// The address of one entry of getaddrinfo's list.
#[expect(unsafe_code, reason = "a C structure")]
fn address_of(entry: &libc::addrinfo) -> Option<IpAddr> {
    if entry.ai_addr.is_null() {
        return None;
    }
    // SAFETY: the address is not null, and the family says which of both structures it is
    // (getaddrinfo(3)); the copy needs no alignment.
    unsafe {
        match entry.ai_family {
            libc::AF_INET => {
                let four: libc::sockaddr_in =
                    entry.ai_addr.cast::<libc::sockaddr_in>().read_unaligned();
                Some(IpAddr::from(four.sin_addr.s_addr.to_ne_bytes()))
            }
            libc::AF_INET6 => {
                let six: libc::sockaddr_in6 =
                    entry.ai_addr.cast::<libc::sockaddr_in6>().read_unaligned();
                Some(IpAddr::from(six.sin6_addr.s6_addr))
            }
            _ => None,
        }
    }
}

/// Turns an interface on or off (netdevice(7)); `socket` says in which namespace. Also of the
/// helper.
#[expect(unsafe_code, reason = "ioctl(2) has no safe wrapper")]
pub(super) fn set_link(socket: RawFd, name: &[u8], up: bool) -> Result<(), Number> {
    let mut request = request_for(name);
    // SAFETY: both requests read and write one ifreq, and `request` is one. The flags are the part
    // of the union that these requests use.
    unsafe {
        checked(libc::ioctl(socket, libc::SIOCGIFFLAGS, &raw mut request))?;
        let flags = request.ifr_ifru.ifru_flags;
        // IFF_UP is 1, so it fits.
        let bit = 1_i16;
        request.ifr_ifru.ifru_flags = if up { flags | bit } else { flags & !bit };
        checked(libc::ioctl(socket, libc::SIOCSIFFLAGS, &raw mut request))?;
    }
    Ok(())
}

/// Sets the largest packet of an interface (netdevice(7)).
#[expect(unsafe_code, reason = "ioctl(2) has no safe wrapper")]
pub(super) fn set_mtu(socket: RawFd, name: &[u8], bytes: u32) -> Result<(), Number> {
    let mut request = request_for(name);
    // The kernel refuses what is out of its bounds; so does this what is out of an int's.
    request.ifr_ifru.ifru_mtu = i32::try_from(bytes).map_err(|_| libc::EINVAL)?;
    // SAFETY: the request reads one ifreq, and `request` is one, whose number was set above.
    checked(unsafe { libc::ioctl(socket, libc::SIOCSIFMTU, &raw mut request) }).map(drop)
}

/// A request about an interface.
#[expect(unsafe_code, reason = "a C structure")]
fn request_for(name: &[u8]) -> libc::ifreq {
    // SAFETY: an ifreq is plain bytes, for which all zeros is a value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    // The last byte stays 0: the name is a C string.
    let room = request.ifr_name.iter_mut().take(libc::IFNAMSIZ - 1);
    for (place, byte) in room.zip(name) {
        *place = byte.cast_signed();
    }
    request
}

/// Room for one descriptor in a control message (cmsg(3)), aligned as its header must be.
#[repr(C)]
union Passed {
    header: libc::cmsghdr,
    bytes: [u8; 64],
}

/// Waits for the next request, of the helper: its length, 0 when the other side is gone.
#[expect(unsafe_code, reason = "recv(2) of a plain number")]
pub(super) fn next_request(control: RawFd, room: &mut [u8; REQUEST]) -> Result<usize, Number> {
    // SAFETY: the kernel writes at most the length of `room` to it.
    let length = unsafe { libc::recv(control, room.as_mut_ptr().cast(), room.len(), 0) };
    usize::try_from(length).map_err(|_| errno())
}

/// Sends an answer, and a descriptor with it (SCM_RIGHTS, unix(7)), of the helper.
#[expect(unsafe_code, reason = "sendmsg(2) without allocating")]
pub(super) fn send_answer(
    control: RawFd,
    answer: &[u8; ANSWER],
    descriptor: Option<RawFd>,
) -> Result<(), Number> {
    let mut part = libc::iovec {
        iov_base: answer.as_ptr().cast_mut().cast(),
        iov_len: answer.len(),
    };
    let mut passed = Passed { bytes: [0; 64] };
    // SAFETY: a msghdr of zeros is an empty message. All it then points to (`part`, which points to
    // `answer`, and `passed`, which is large enough for one descriptor and aligned) outlives the
    // call; the kernel only reads them. CMSG_FIRSTHDR is not null, since the length is that of a
    // whole control message.
    unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        if let Some(descriptor) = descriptor {
            let size = u32::try_from(size_of::<RawFd>()).unwrap_or(4);
            message.msg_control = (&raw mut passed).cast();
            message.msg_controllen = libc::CMSG_SPACE(size) as _;
            let header = libc::CMSG_FIRSTHDR(&raw const message);
            (*header).cmsg_level = libc::SOL_SOCKET;
            (*header).cmsg_type = libc::SCM_RIGHTS;
            (*header).cmsg_len = libc::CMSG_LEN(size) as _;
            libc::CMSG_DATA(header)
                .cast::<RawFd>()
                .write_unaligned(descriptor);
        }
        let sent = libc::sendmsg(control, &raw const message, libc::MSG_NOSIGNAL);
        if sent < 0 { Err(errno()) } else { Ok(()) }
    }
}

/// Receives an answer, and the descriptor that came with it, close-on-exec.
#[expect(
    unsafe_code,
    reason = "recvmsg(2) of a descriptor has no safe wrapper in use here"
)]
pub(super) fn receive_answer(
    control: BorrowedFd<'_>,
    room: &mut [u8; ANSWER],
) -> io::Result<(usize, Option<OwnedFd>)> {
    let mut part = libc::iovec {
        iov_base: room.as_mut_ptr().cast(),
        iov_len: room.len(),
    };
    let mut passed = Passed { bytes: [0; 64] };
    // SAFETY: the message points to `part`, which points to `room`, and to `passed`, with their
    // lengths; all outlive the call. CMSG_FIRSTHDR is null unless the kernel wrote a whole header.
    // A descriptor of an SCM_RIGHTS message is new, open, and nobody else's.
    unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        message.msg_control = (&raw mut passed).cast();
        message.msg_controllen = size_of::<Passed>() as _;
        let length = libc::recvmsg(
            control.as_raw_fd(),
            &raw mut message,
            libc::MSG_CMSG_CLOEXEC,
        );
        let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        let came = !header.is_null()
            && (*header).cmsg_level == libc::SOL_SOCKET
            && (*header).cmsg_type == libc::SCM_RIGHTS;
        let descriptor = came.then(|| {
            let number = libc::CMSG_DATA(header).cast::<RawFd>().read_unaligned();
            OwnedFd::from_raw_fd(number)
        });
        Ok((length, descriptor))
    }
}

/// Sends a record, of the helper.
#[expect(unsafe_code, reason = "send(2) of a plain number")]
pub(super) fn say(control: RawFd, record: &[u8]) -> Result<(), Number> {
    // SAFETY: the buffer and its length belong together.
    let sent = unsafe {
        libc::send(
            control,
            record.as_ptr().cast(),
            record.len(),
            libc::MSG_NOSIGNAL,
        )
    };
    if sent < 0 { Err(errno()) } else { Ok(()) }
}
