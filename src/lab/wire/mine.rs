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
    /// The ports it has.
    pub(super) fn ports(&self) -> impl Iterator<Item = u16> {
        let connected = self.connections.iter().map(|ends| ends.local);
        let all = self.receiving.iter().copied().chain(connected);
        all.map(|at| at.port()).filter(|port| *port != 0)
    }

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

#[cfg(test)]
mod tests {
    use super::super::frames::{CONVERSATION, REFUSED, UNREACHABLE, raw, recorded};
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn kept(frames: &[&str], receiving: &[&str], tried: &Tried) -> usize {
        let past = Visitors::default();
        let ours = Ours {
            receiving: receiving.iter().map(|text| at(text)).collect(),
            connections: HashSet::new(),
            past: &past,
        };
        let mut mine = Mine::default();
        let recording = recorded(frames);
        recording
            .iter()
            .filter(|raw| mine.is(raw, &ours, tried))
            .count()
    }

    #[test]
    fn what_reaches_our_sockets_is_ours() {
        let nothing = Tried::default();
        let table: [(&[&str], &[&str], usize); 8] = [
            (&CONVERSATION, &["127.0.0.1:80"], 8),
            (&CONVERSATION, &["0.0.0.0:80"], 8),
            (&CONVERSATION, &["[::]:80"], 8),
            (&CONVERSATION, &["127.0.0.2:80", "127.0.0.1:81"], 0),
            (&CONVERSATION, &[], 0),
            // A datagram and the message about it.
            (&UNREACHABLE, &["127.0.0.1:46982"], 2),
            (&UNREACHABLE, &["127.0.0.1:4"], 0),
            (&REFUSED, &[], 0),
        ];
        for (frames, receiving, expected) in table {
            assert_eq!(kept(frames, receiving, &nothing), expected, "{receiving:?}");
        }
    }

    #[test]
    fn a_connection_is_ours_by_both_its_ends() {
        let past = Visitors::default();
        let ends = |local, peer| FourTuple {
            local: at(local),
            peer: at(peer),
        };
        let with = |connection: Option<FourTuple>| Ours {
            receiving: Vec::new(),
            connections: connection.into_iter().collect(),
            past: &past,
        };
        let frame = raw(CONVERSATION[1], 0);
        let is = |ours| Mine::default().is(&frame, &ours, &Tried::default());
        let (client, server) = ("127.0.0.1:43368", "127.0.0.1:80");
        assert!(is(with(Some(ends(client, server)))));
        assert!(is(with(Some(ends(server, client)))));
        // Another program may share our port towards another destination.
        assert!(!is(with(Some(ends(client, "127.0.0.1:81")))));
        assert!(!is(with(None)));
        past.remember(ends(client, server));
        assert!(is(with(None)));
    }

    #[test]
    fn a_line_in_vain_is_known_by_its_destination_and_its_time() {
        let began = raw(REFUSED[0], 0).time;
        let moment = Duration::from_millis(1);
        let tried = |to: &str, from: Duration| Tried {
            to: vec![at(to)],
            during: (from, from + moment),
        };
        let table = [
            (tried("127.0.0.1:9", began), 2),
            (tried("127.0.0.1:8", began), 0),
            (tried("127.0.0.2:9", began), 0),
            (tried("127.0.0.1:9", began + moment), 0),
            (tried("127.0.0.1:9", Duration::ZERO), 0),
        ];
        for (tried, expected) in table {
            assert_eq!(kept(&REFUSED, &[], &tried), expected, "{tried:?}");
        }
        // Only what opens a conversation: others may be talking to that port.
        let elsewhere = tried("127.0.0.1:80", began);
        assert_eq!(kept(&CONVERSATION[2..], &[], &elsewhere), 0);
    }
}
