//! The two system interfaces the safe crates do not offer as they are needed here. The only file
//! of the observer with unsafe code; each block says why it is sound.
use std::ffi::CStr;
use std::io;
use std::net::{IpAddr, SocketAddr};

/// What getaddrinfo(3) reads in a text when it may neither read a file nor ask a server
/// (AI_NUMERICHOST): an address, or one of its older spellings such as `127.1`. `None` for a name.
pub(super) fn numeric_address(text: &CStr) -> Option<IpAddr> {
    // SAFETY: addrinfo is plain data, for which all-zero bytes are the documented "no wishes".
    #[expect(unsafe_code, reason = "std has no getaddrinfo with flags")]
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_flags = libc::AI_NUMERICHOST;
    hints.ai_socktype = libc::SOCK_STREAM;
    let mut list = std::ptr::null_mut();
    // SAFETY: the text is NUL-terminated, hints and list live across the call, and a null service
    // is allowed. On success list is a valid chain that is ours until freeaddrinfo.
    #[expect(unsafe_code, reason = "std has no getaddrinfo with flags")]
    let answer = unsafe {
        libc::getaddrinfo(
            text.as_ptr(),
            std::ptr::null(),
            &raw const hints,
            &raw mut list,
        )
    };
    if answer != 0 || list.is_null() {
        return None;
    }
    // SAFETY: list is the non-null chain of a successful call; ai_addr points to ai_addrlen bytes,
    // which try_init copies before freeaddrinfo, called once, gives the chain back.
    #[expect(unsafe_code, reason = "the answer is a C list")]
    unsafe {
        let first = &*list;
        let copied = socket2::SockAddr::try_init(|storage, length| {
            let room = *length;
            if first.ai_addr.is_null() || first.ai_addrlen > room {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let size = usize::try_from(first.ai_addrlen).unwrap_or_default();
            std::ptr::copy_nonoverlapping(first.ai_addr.cast::<u8>(), storage.cast::<u8>(), size);
            *length = first.ai_addrlen;
            Ok(())
        });
        libc::freeaddrinfo(list);
        let ((), address) = copied.ok()?;
        address.as_socket().map(|address: SocketAddr| address.ip())
    }
}

/// readlinkat(2) into a buffer of the caller's: a scan of every descriptor of a machine must not
/// allocate for each. Gives the part of the buffer that was filled.
#[cfg(target_os = "linux")]
pub(super) fn read_link_at<'b>(
    directory: std::os::fd::BorrowedFd<'_>,
    name: &CStr,
    buffer: &'b mut [u8],
) -> io::Result<&'b [u8]> {
    use std::os::fd::AsRawFd;
    let (directory, room) = (directory.as_raw_fd(), buffer.len());
    let place = buffer.as_mut_ptr().cast();
    #[expect(
        unsafe_code,
        reason = "the safe wrappers allocate a path for each link"
    )]
    // SAFETY: the descriptor is open while it is borrowed, the name is NUL-terminated, and the
    // kernel writes at most `room` bytes into the buffer behind `place`.
    let length = unsafe { libc::readlinkat(directory, name.as_ptr(), place, room) };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    Ok(buffer.get(..length).unwrap_or_default())
}
