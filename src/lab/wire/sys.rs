//! What packet(7) needs and no safe crate offers: an interface by its name in the namespace of a
//! socket, bind(2) to it, and the count of lost packets. Decides nothing.
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// An interface, as its namespace knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) index: i32,
    pub(super) loopback: bool,
    /// Whether its frames begin with an Ethernet header. Loopback's do.
    pub(super) ethernet: bool,
}

/// Looks an interface up in the namespace the socket belongs to (netdevice(7)).
pub(super) fn interface(fd: BorrowedFd<'_>, name: &str) -> io::Result<Interface> {
    let mut request = named(name)?;
    ask(fd, libc::SIOCGIFINDEX, &mut request)?;
    // SAFETY: SIOCGIFINDEX filled in the index.
    #[expect(unsafe_code, reason = "the answer is a C union")]
    let index = unsafe { request.ifr_ifru.ifru_ifindex };
    ask(fd, libc::SIOCGIFFLAGS, &mut request)?;
    // SAFETY: SIOCGIFFLAGS filled in the flags.
    #[expect(unsafe_code, reason = "the answer is a C union")]
    let flags = i32::from(unsafe { request.ifr_ifru.ifru_flags });
    ask(fd, libc::SIOCGIFHWADDR, &mut request)?;
    // SAFETY: SIOCGIFHWADDR filled in the hardware address, whose family is the link's type.
    #[expect(unsafe_code, reason = "the answer is a C union")]
    let link = unsafe { request.ifr_ifru.ifru_hwaddr.sa_family };
    Ok(Interface {
        index,
        loopback: flags & libc::IFF_LOOPBACK != 0,
        ethernet: [libc::ARPHRD_ETHER, libc::ARPHRD_LOOPBACK].contains(&link),
    })
}

fn named(name: &str) -> io::Result<libc::ifreq> {
    // SAFETY: ifreq is plain data, for which all zeros is a value.
    #[expect(unsafe_code, reason = "libc's structures have no constructor")]
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    // The last byte stays 0, so that the name ends within its field.
    if name.len() >= request.ifr_name.len() || name.contains('\0') {
        return Err(io::Error::from_raw_os_error(libc::ENODEV));
    }
    for (place, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *place = byte.cast_signed();
    }
    Ok(request)
}

#[expect(unsafe_code, reason = "these ioctls have no safe wrapper")]
fn ask(fd: BorrowedFd<'_>, question: libc::Ioctl, request: &mut libc::ifreq) -> io::Result<()> {
    // SAFETY: each of the questions reads and writes one ifreq, which outlives the call.
    checked(unsafe { libc::ioctl(fd.as_raw_fd(), question, std::ptr::from_mut(request)) })
}

/// Begins to receive every frame of an interface (packet(7)).
#[expect(unsafe_code, reason = "no safe crate makes a link-layer address")]
pub(super) fn bind(fd: BorrowedFd<'_>, interface: Interface) -> io::Result<()> {
    // SAFETY: sockaddr_ll is plain data, for which all zeros is a value.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    let every = u16::try_from(libc::ETH_P_ALL).unwrap_or(3);
    address.sll_family = u16::try_from(libc::AF_PACKET).unwrap_or(17);
    address.sll_protocol = every.to_be();
    address.sll_ifindex = interface.index;
    let size = libc::socklen_t::try_from(size_of::<libc::sockaddr_ll>()).unwrap_or(0);
    // SAFETY: the pointer and the size describe `address`, which outlives the call.
    checked(unsafe { libc::bind(fd.as_raw_fd(), (&raw const address).cast(), size) })
}

/// `PACKET_STATISTICS` of `linux/if_packet.h`; the libc crate does not know it.
const PACKET_STATISTICS: libc::c_int = 6;

/// Packets the kernel had no room for since this was last asked.
#[expect(unsafe_code, reason = "getsockopt has no safe wrapper for this option")]
pub(super) fn lost(fd: BorrowedFd<'_>) -> u64 {
    // `struct tpacket_stats`: packets, drops.
    let mut statistics = [0_u32; 2];
    let mut size = libc::socklen_t::try_from(size_of_val(&statistics)).unwrap_or(0);
    // SAFETY: the pointer and the size describe `statistics`, which outlives the call.
    let answer = unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::SOL_PACKET,
            PACKET_STATISTICS,
            (&raw mut statistics).cast(),
            &raw mut size,
        )
    };
    match (answer, statistics) {
        (0, [_, drops]) => u64::from(drops),
        _ => 0,
    }
}

fn checked(answer: libc::c_int) -> io::Result<()> {
    match answer {
        0.. => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
