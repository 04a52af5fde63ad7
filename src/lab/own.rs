//! A socket of the lab: what it is, what the kernel says of it now, and how it goes.
use std::cell::Cell;
use std::fs;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(target_os = "linux")]
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::sys::stat::fstat;
use socket2::{SockAddr, Socket};

use super::sys;
use crate::lang::{OwnConnection, OwnSocket, Role};
use crate::net::{Endpoint, FourTuple, TcpState};

/// The name of a Unix socket that never called bind. Not a name that can be typed.
const UNNAMED: &str = "(unnamed)";

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It claims an endpoint and does nothing else.
    Bound,
    /// Connections queue there.
    Listener,
    /// One end of a connection.
    Connection(Role),
    /// Datagrams.
    Udp,
}

impl Kind {
    /// With its article, for a sentence.
    pub(super) fn described(self) -> &'static str {
        match self {
            Self::Bound => "a bound socket",
            Self::Listener => "a listener",
            Self::Connection(_) => "a connection",
            Self::Udp => "a UDP socket",
        }
    }
}

/// A socket this session opened. Dropping it closes it in the orderly way.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) socket: Socket,
    pub(super) kind: Kind,
    /// getsockname(2), read when it was opened.
    pub(super) local: Endpoint,
    /// getpeername(2), read when it was opened.
    pub(super) peer: Option<Endpoint>,
    /// Whether another program may be at the other end: lines of a lesson leave it alone.
    pub(super) foreign: bool,
    /// Whether it lives in the private world, where nobody else is.
    pub(super) private: bool,
    /// The options that were asked for, by their flag.
    pub(super) options: Vec<&'static str>,
    /// Whether this end has ended its own sending (shutdown(2)). The kernel tells only what came of
    /// it, and not for long.
    pub(super) ended: Cell<bool>,
}

impl Own {
    /// The inode, by which the kernel's tables know it.
    pub(super) fn inode(&self) -> Option<u64> {
        inode(&self.socket)
    }

    /// Whether it belongs to TCP.
    pub(super) fn is_tcp(&self) -> bool {
        self.kind != Kind::Udp && self.local.inet().is_some()
    }

    /// The state, in the standard's spelling; `None` for UDP, which has none.
    pub(super) fn state(&self) -> Option<TcpState> {
        if self.is_tcp()
            && let Ok(info) = sys::tcp_info(self.socket.as_fd())
        {
            return TcpState::from_linux(info.state);
        }
        match self.kind {
            Kind::Listener => Some(TcpState::Listen),
            Kind::Connection(_) => Some(TcpState::Established),
            Kind::Bound => Some(TcpState::Closed),
            Kind::Udp => None,
        }
    }

    /// Of a TCP listener: finished handshakes that wait for accept, and how many may wait.
    pub(super) fn queue(&self) -> Option<(u32, u32)> {
        if self.kind != Kind::Listener || !self.is_tcp() {
            return None;
        }
        let info = sys::tcp_info(self.socket.as_fd()).ok()?;
        Some((info.waiting, info.backlog))
    }

    /// Bytes that wait to be read.
    pub(super) fn recv_queue(&self) -> Option<u32> {
        sys::unread(self.socket.as_fd()).ok()
    }

    /// Bytes that the peer has not acknowledged.
    pub(super) fn send_queue(&self) -> Option<u32> {
        sys::unacknowledged(self.socket.as_fd()).ok()
    }

    /// Both ends, of a TCP connection.
    pub(super) fn four_tuple(&self) -> Option<FourTuple> {
        Some(FourTuple {
            local: self.local.inet()?,
            peer: self.peer.as_ref()?.inet()?,
        })
    }

    /// Closes it abruptly: on a connection the peer gets a RST, and nothing stays in TIME-WAIT.
    pub(super) fn reset(self) {
        if matches!(self.kind, Kind::Connection(_)) {
            // When it is refused the socket is closed all the same.
            drop(self.socket.set_linger(Some(Duration::ZERO)));
        }
    }

    /// As an outcome shows it.
    pub(super) fn as_socket(&self, backlog: Option<u32>) -> OwnSocket {
        OwnSocket {
            local: self.local.clone(),
            address: address(&self.local),
            port: port(&self.local),
            backlog,
            peer: self.peer.clone(),
            mode: self.file().as_deref().and_then(mode),
            private: self.private,
            file: self.file().map(|path| path.to_string_lossy().into_owned()),
            options: self.options.clone(),
        }
    }

    /// The file of a Unix socket that was bound to one.
    fn file(&self) -> Option<PathBuf> {
        if self.local.inet().is_some() {
            return None;
        }
        Some(self.socket.local_addr().ok()?.as_pathname()?.to_owned())
    }

    /// Who is at the other end of a Unix socket: process and user, as they were when the connection
    /// was made (SO_PEERCRED, unix(7)).
    #[cfg(target_os = "linux")]
    fn peer_credentials(&self) -> Option<(u32, u32)> {
        if self.local.inet().is_some() {
            return None;
        }
        let peer = getsockopt(&self.socket, PeerCredentials).ok()?;
        Some((u32::try_from(peer.pid()).ok()?, peer.uid()))
    }

    /// Other systems have other names for it.
    #[cfg(not(target_os = "linux"))]
    fn peer_credentials(&self) -> Option<(u32, u32)> {
        None
    }

    /// As an outcome shows it; `None` when it is no connection.
    pub(super) fn as_connection(&self) -> Option<OwnConnection> {
        let Kind::Connection(role) = self.kind else {
            return None;
        };
        let peer = self.peer.clone()?;
        let credentials = self.peer_credentials();
        Some(OwnConnection {
            role,
            local: self.local.clone(),
            address: address(&self.local),
            port: port(&self.local),
            peer_port: port(&peer),
            peer_pid: credentials.map(|(pid, _)| pid),
            peer_uid: credentials.map(|(_, uid)| uid),
            peer,
            options: self.options.clone(),
        })
    }
}

/// A file's permissions as chmod(1) takes them: `0600`.
fn mode(file: &Path) -> Option<String> {
    let mode = fs::metadata(file).ok()?.permissions().mode() & 0o777;
    Some(format!("0{mode:03o}"))
}

/// The inode of a socket (fstat(2)).
pub(super) fn inode(socket: &impl AsFd) -> Option<u64> {
    fstat(socket.as_fd()).ok().map(|stat| stat.st_ino)
}

/// The address alone; of a Unix socket its name.
pub(super) fn address(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Inet(SocketAddr::V4(_)) => {
            // The endpoint without its port, which is written a good deal faster than the address.
            let mut text = endpoint.to_string();
            text.truncate(text.find(':').unwrap_or(text.len()));
            text
        }
        Endpoint::Inet(address) => address.ip().to_string(),
        Endpoint::Unix(name) => name.clone(),
    }
}

/// The port alone.
pub(super) fn port(endpoint: &Endpoint) -> Option<u16> {
    endpoint.inet().map(|address| address.port())
}

/// What the kernel calls an endpoint, in the lab's words.
pub(super) fn endpoint_of(address: &SockAddr) -> Endpoint {
    if let Some(inet) = address.as_socket() {
        return Endpoint::Inet(inet);
    }
    #[cfg(target_os = "linux")]
    if let Some(name) = address.as_abstract_namespace() {
        let letters = name.rsplit(|byte| *byte == b'/').next().unwrap_or(name);
        return Endpoint::Unix(format!("@{}", String::from_utf8_lossy(letters)));
    }
    let name = address
        .as_pathname()
        .and_then(|path| path.file_name())
        .map(|name| name.to_string_lossy().into_owned());
    Endpoint::Unix(name.unwrap_or_else(|| UNNAMED.to_owned()))
}
