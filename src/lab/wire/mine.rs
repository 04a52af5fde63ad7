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

/// What the lab holds at one moment. A socket of TCP and one of UDP may have the same ends, and be
/// different programs'.
pub(in crate::lab) struct Ours<'l> {
    pub(in crate::lab) tcp: Sockets,
    pub(in crate::lab) udp: Sockets,
    /// Connections of TCP that were made and may be gone.
    pub(in crate::lab) past: &'l Visitors,
}

/// The sockets of one protocol.
#[derive(Debug, Default)]
pub(in crate::lab) struct Sockets {
    /// Where some receive from anybody, and where they will.
    pub(in crate::lab) receiving: Vec<SocketAddr>,
    /// Those that have a peer, as the ends that the lab holds see it.
    pub(in crate::lab) connections: HashSet<FourTuple>,
}

/// What a line tried in vain: its client's port was known to the kernel alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tried {
    /// The destinations.
    pub(super) to: Vec<SocketAddr>,
    /// When the line ran, since 1970.
    pub(super) during: (Duration, Duration),
}

/// The conversations that are the lab's: whether one is of TCP, and its ends in order.
#[derive(Debug, Default)]
pub(super) struct Mine(HashSet<(bool, SocketAddr, SocketAddr)>);

impl Mine {
    /// Whether a frame is the lab's.
    pub(super) fn is(&mut self, raw: &Raw, ours: &Ours<'_>, tried: &Tried) -> bool {
        let Some(frame) = decode(&raw.bytes, raw.whole) else {
            return false;
        };
        let (End::Socket(from), End::Socket(to)) = frame.conversation() else {
            return false;
        };
        let is_tcp = frame.is_of_tcp();
        let conversation = (is_tcp, from.min(to), from.max(to));
        if self.0.contains(&conversation) {
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
        let mine = was_tried || ours.has(is_tcp, ends) || ours.has(is_tcp, ends.mirrored());
        if mine {
            self.0.insert(conversation);
        }
        mine
    }
}

impl Ours<'_> {
    /// The ports it has.
    pub(super) fn ports(&self) -> impl Iterator<Item = u16> {
        [&self.tcp, &self.udp].into_iter().flat_map(Sockets::ports)
    }

    fn has(&self, is_tcp: bool, ends: FourTuple) -> bool {
        if is_tcp {
            self.tcp.has(ends) || self.past.knows(ends)
        } else {
            self.udp.has(ends)
        }
    }
}

impl Sockets {
    fn ports(&self) -> impl Iterator<Item = u16> {
        let connected = self.connections.iter().map(|ends| ends.local);
        let all = self.receiving.iter().copied().chain(connected);
        all.map(|at| at.port()).filter(|port| *port != 0)
    }

    fn has(&self, ends: FourTuple) -> bool {
        self.receiving.iter().any(|at| covers(*at, ends.local)) || self.connections.contains(&ends)
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

    /// `tcp/127.0.0.1:80` for each place where something is received.
    fn kept(frames: &[&str], receiving: &[&str], tried: &Tried) -> usize {
        let past = Visitors::default();
        let of = |protocol| Sockets {
            receiving: receiving
                .iter()
                .filter_map(|text| text.strip_prefix(protocol)?.strip_prefix('/').map(at))
                .collect(),
            connections: HashSet::new(),
        };
        let ours = Ours {
            tcp: of("tcp"),
            udp: of("udp"),
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
        let table: [(&[&str], &[&str], usize); 10] = [
            (&CONVERSATION, &["tcp/127.0.0.1:80"], 8),
            (&CONVERSATION, &["tcp/0.0.0.0:80"], 8),
            (&CONVERSATION, &["tcp/[::]:80"], 8),
            (&CONVERSATION, &["tcp/127.0.0.2:80", "tcp/127.0.0.1:81"], 0),
            (&CONVERSATION, &["udp/127.0.0.1:80"], 0),
            (&CONVERSATION, &[], 0),
            // A datagram and the message about it.
            (&UNREACHABLE, &["udp/127.0.0.1:46982"], 2),
            (&UNREACHABLE, &["tcp/127.0.0.1:46982"], 0),
            (&UNREACHABLE, &["udp/127.0.0.1:4"], 0),
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
        let sockets = |connection: Option<FourTuple>| Sockets {
            receiving: Vec::new(),
            connections: connection.into_iter().collect(),
        };
        let with = |connection| Ours {
            tcp: sockets(connection),
            udp: Sockets::default(),
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
        assert!(!is(Ours {
            udp: sockets(Some(ends(client, server))),
            ..with(None)
        }));
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
