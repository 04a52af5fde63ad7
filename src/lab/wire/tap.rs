//! The tap: a packet socket (packet(7)) on one interface, and frames read off it.
//!
//! It only listens. No ring is set up: that takes the kernel 16 ms, and a lesson has few packets.
use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Duration;

use nix::sys::socket::{
    ControlMessageOwned, LinkAddr, MsgFlags, recvmsg, setsockopt, sockopt::ReceiveTimestampns,
};
use socket2::{Domain, SockFilter, Socket, Type};

use super::sys;
use super::tape::Raw;
use crate::lab::failure::{Ends, of_io, own};
use crate::lab::observe::Namespace;
use crate::lang::{Failure, FailureCause};
use crate::limits;
use crate::net::Errno;

/// A packet socket bound to an interface. Closing it takes the kernel 8 to 16 ms.
#[derive(Debug)]
pub(super) struct Tap {
    socket: Socket,
}

/// `PACKET_OUTGOING` of `linux/if_packet.h`.
const OUTGOING: u32 = 4;

/// Room asked of the kernel for packets that nobody read yet; it grants what `net.core.rmem_max`
/// allows.
const KERNEL_BUFFER: usize = 4 << 20;

impl Tap {
    /// Begins to listen. A protocol of 0 keeps the socket silent until it is bound: with a protocol,
    /// bind(2) would have to wait for every processor.
    pub(super) fn open(namespace: &dyn Namespace, interface: &str) -> Result<Self, Failure> {
        let socket = namespace
            .socket(Domain::PACKET, Type::RAW, None)
            .map_err(|error| refused(&error))?;
        let at = sys::interface(socket.as_fd(), interface).map_err(|e| unknown(interface, &e))?;
        if !at.ethernet {
            let why = format!("{interface} has no Ethernet frames, and nothing else is read here");
            return Err(own(FailureCause::NotAvailable, "capture", why));
        }
        let tap = Self { socket };
        tap.listen(at)
            .map_err(|error| of_io("capture", Ends::default(), &error))?;
        Ok(tap)
    }

    fn listen(&self, at: sys::Interface) -> io::Result<()> {
        self.socket.set_nonblocking(true)?;
        // Less is granted where the system's limit is lower; what is lost then is counted.
        drop(self.socket.set_recv_buffer_size(KERNEL_BUFFER));
        setsockopt(&self.socket, ReceiveTimestampns, &true)?;
        if at.loopback {
            self.socket.attach_filter(&once())?;
        }
        sys::bind(self.socket.as_fd(), at)
    }

    /// The next frame; `WouldBlock` when there is none.
    pub(super) fn read(&self) -> io::Result<Raw> {
        let mut bytes = vec![0; limits::CAPTURE_SNAP];
        let mut control = nix::cmsg_space!(nix::sys::time::TimeSpec);
        let mut parts = [IoSliceMut::new(&mut bytes)];
        // With MSG_TRUNC the answer is the frame's length, however much of it fits.
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC;
        let fd = self.socket.as_raw_fd();
        let message = recvmsg::<LinkAddr>(fd, &mut parts, Some(&mut control), flags)?;
        let whole = message.bytes;
        let time = message.cmsgs()?.find_map(|part| match part {
            ControlMessageOwned::ScmTimestampns(time) => Some(Duration::from(time)),
            _ => None,
        });
        bytes.truncate(whole);
        Ok(Raw {
            time: time.unwrap_or_default(),
            bytes,
            whole,
        })
    }

    /// Frames lost since this was last asked.
    pub(super) fn lost(&self) -> u64 {
        sys::lost(self.socket.as_fd())
    }
}

impl AsFd for Tap {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// On loopback every packet passes twice, going out and coming in. The one that goes out is kept:
/// the kernel hands it over while the sender is still in its system call, so that what was sent
/// before a question is there when the question is asked.
fn once() -> [SockFilter; 4] {
    const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
    const JUMP_IF_EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    const RETURN: u16 = 0x06; // BPF_RET | BPF_K
    // SKF_AD_OFF + SKF_AD_PKTTYPE: the kind of packet, not a byte of it.
    const KIND: u32 = 0x1000_u32.wrapping_neg() + 4;
    [
        SockFilter::new(LOAD, 0, 0, KIND),
        SockFilter::new(JUMP_IF_EQUAL, 0, 1, OUTGOING),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
        SockFilter::new(RETURN, 0, 0, 0),
    ]
}

fn refused(error: &io::Error) -> Failure {
    match Errno::of(error) {
        Some(errno @ (Errno::EPERM | Errno::EACCES)) => own(
            FailureCause::Errno(errno),
            "socket",
            format!(
                "a packet socket shows everybody's packets, so it takes CAP_NET_RAW here ({errno}); \
                 the private world allows it without root"
            ),
        ),
        _ => of_io("socket", Ends::default(), error),
    }
}

fn unknown(interface: &str, error: &io::Error) -> Failure {
    if error.raw_os_error() == Some(libc::ENODEV) {
        let why = format!("there is no interface `{interface}` here; `interfaces` lists them");
        return own(FailureCause::NoSuchName, "capture", why);
    }
    of_io("capture", Ends::default(), error)
}
