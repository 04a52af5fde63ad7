//! Whose packets they are. On the learner's own machine only those of this lab are kept: loopback
//! carries their database and their desktop, too.
//!
//! Sockets come and go within a line, and the kernel chooses a client's port at the moment its SYN
//! leaves; so it is decided at the ends of lines, from what the lab holds and what it tried. A
//! conversation that was ours once stays ours to its last packet.
use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use super::decode::{ACK, Body, SYN, decode};
use super::tape::Raw;
use crate::lab::visitors::Visitors;
use crate::lang::End;
use crate::net::FourTuple;

/// What the lab holds at one moment.
pub(in crate::lab) struct Ours<'l> {
    /// Where sockets receive from anybody, and where they will.
    pub(in crate::lab) receiving: Vec<SocketAddr>,
    /// Its connections, as the ends it holds see them.
    pub(in crate::lab) connections: HashSet<FourTuple>,
    /// Connections that were made and may be gone.
    pub(in crate::lab) past: &'l Visitors,
}

/// What a line tried in vain: its client's port was known to the kernel alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tried {
    /// The destinations.
    pub(super) to: Vec<SocketAddr>,
    /// When the line ran, since 1970.
    pub(super) during: (Duration, Duration),
}

/// The conversations that are the lab's.
#[derive(Debug, Default)]
pub(super) struct Mine(HashSet<(SocketAddr, SocketAddr)>);

impl Mine {
    /// Whether a frame is the lab's.
    pub(super) fn is(&mut self, raw: &Raw, ours: &Ours<'_>, tried: &Tried) -> bool {
        let Some(frame) = decode(&raw.bytes, raw.whole) else {
            return false;
        };
        let (End::Socket(from), End::Socket(to)) = frame.conversation() else {
            return false;
        };
        let pair = if from <= to { (from, to) } else { (to, from) };
        if self.0.contains(&pair) {
            return true;
        }
        let ends = FourTuple {
            local: from,
            peer: to,
        };
        let opens = matches!(&frame.body, Body::Tcp(tcp) if tcp.flags & (SYN | ACK) == SYN);
        let (from_time, to_time) = tried.during;
        let was_tried = opens
            && tried.to.iter().any(|at| covers(*at, to))
            && (from_time..=to_time).contains(&raw.time);
        let mine = was_tried || ours.has(ends) || ours.has(ends.mirrored());
        if mine {
            self.0.insert(pair);
        }
        mine
    }
}

impl Ours<'_> {
    fn has(&self, ends: FourTuple) -> bool {
        self.receiving.iter().any(|at| covers(*at, ends.local))
            || self.connections.contains(&ends)
            || self.past.knows(ends)
    }
}

/// Whether what is sent to `to` is received at `at`.
pub(in crate::lab) fn covers(at: SocketAddr, to: SocketAddr) -> bool {
    let here = at.ip().to_canonical();
    at.port() == to.port() && (here.is_unspecified() || here == to.ip().to_canonical())
}

/// Ends as they are on the wire: a dual-stack socket sees `::ffff:127.0.0.1` where 127.0.0.1 was.
pub(in crate::lab) fn on_the_wire(ends: FourTuple) -> FourTuple {
    let plain = |at: SocketAddr| SocketAddr::new(at.ip().to_canonical(), at.port());
    FourTuple {
        local: plain(ends.local),
        peer: plain(ends.peer),
    }
}
