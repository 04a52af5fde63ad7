//! What identifies a TCP connection: both endpoints (RFC 9293 §3.3.1).
use std::fmt;
use std::net::SocketAddr;

use serde::Serialize;

/// A connection as one of its ends sees it. The other end sees the [mirrored](Self::mirrored) one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct FourTuple {
    /// This end.
    pub local: SocketAddr,
    /// The other end.
    pub peer: SocketAddr,
}

impl FourTuple {
    /// The same connection seen from the other end.
    #[must_use]
    pub fn mirrored(self) -> Self {
        Self {
            local: self.peer,
            peer: self.local,
        }
    }

    /// Whether both ends are one socket: the rare self-connect.
    pub fn is_self_connect(self) -> bool {
        self.local == self.peer
    }
}

impl fmt::Display for FourTuple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", self.local, self.peer)
    }
}
