//! The tap: a packet socket (packet(7)) on one interface, and frames read off it.
//!
//! It only listens. No ring is set up: that takes the kernel 16 ms, and a lesson has few packets.
use std::collections::BTreeSet;
use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Duration;

use nix::sys::socket::{
    ControlMessageOwned, LinkAddr, MsgFlags, recvmsg, setsockopt, sockopt::ReceiveTimestampns,
};
use socket2::{Domain, SockFilter, Socket, Type};

use super::tape::Raw;
use super::{filter, sys};
use crate::lab::failure::{Ends, of_io, own};
use crate::lab::observe::Namespace;
use crate::lang::{Failure, FailureCause};
use crate::limits;
use crate::net::Errno;

/// A packet socket bound to an interface. Closing it takes the kernel 8 to 16 ms.
#[derive(Debug)]
pub(super) struct Tap {
    socket: Socket,
    loopback: bool,
}

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
        let loopback = at.loopback;
        let tap = Self { socket, loopback };
        tap.listen(at)
            .map_err(|error| of_io("capture", Ends::default(), &error))?;
        Ok(tap)
    }

    fn listen(&self, at: sys::Interface) -> io::Result<()> {
        self.socket.set_nonblocking(true)?;
        // Less is granted where the system's limit is lower; what is lost then is counted.
        drop(self.socket.set_recv_buffer_size(KERNEL_BUFFER));
        setsockopt(&self.socket, ReceiveTimestampns, &true)?;
        self.attach(&filter::everything(self.loopback))?;
        sys::bind(self.socket.as_fd(), at)
    }

    /// From now on only hears what concerns these ports.
    pub(super) fn narrow(&self, ports: &BTreeSet<u16>) {
        let program = filter::these_ports(self.loopback, ports);
        if self.attach(&program).is_err() {
            // The kernel gives a program only so much memory. Hearing too much is better than
            // missing what is ours: strangers are sorted out later, too.
            let all = filter::everything(self.loopback);
            drop(self.attach(&all));
        }
    }

    fn attach(&self, program: &[filter::Op]) -> io::Result<()> {
        let program: Vec<_> = program
            .iter()
            .map(|op| SockFilter::new(op.code, op.if_true, op.if_false, op.with))
            .collect();
        self.socket.attach_filter(&program)
    }

    /// The next frame; `WouldBlock` when there is none.
    pub(super) fn read(&self) -> io::Result<Raw> {
        let mut buffer = [0; limits::CAPTURE_SNAP];
        let mut control = nix::cmsg_space!(nix::sys::time::TimeSpec);
        let mut parts = [IoSliceMut::new(&mut buffer)];
        // With MSG_TRUNC the answer is the frame's length, however much of it fits.
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC;
        let fd = self.socket.as_raw_fd();
        let message = recvmsg::<LinkAddr>(fd, &mut parts, Some(&mut control), flags)?;
        let whole = message.bytes;
        let time = message.cmsgs()?.find_map(|part| match part {
            ControlMessageOwned::ScmTimestampns(time) => Some(Duration::from(time)),
            _ => None,
        });
        Ok(Raw {
            time: time.unwrap_or_default(),
            bytes: buffer.get(..whole).unwrap_or(&buffer).to_vec(),
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
