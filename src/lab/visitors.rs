//! The connections this session made, past and present, by their ends.
//!
//! Two readers: a live server tells the session's own `get` from a browser's visit, and socket
//! tables name the TIME-WAIT rows that no process holds any more. Bounded; no sockets in here.
use std::collections::{HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::limits;
use crate::net::FourTuple;

/// Four-tuples as the connecting end sees them. Shared with the tasks of live servers.
#[derive(Debug, Default)]
pub(super) struct Visitors(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    known: HashSet<FourTuple>,
    order: VecDeque<FourTuple>,
}

impl Visitors {
    /// A connection was made from here.
    pub(super) fn remember(&self, connection: FourTuple) {
        let connection = canonical(connection);
        let mut seen = self.seen();
        if !seen.known.insert(connection) {
            return;
        }
        seen.order.push_back(connection);
        if seen.order.len() > limits::PAST_CONNECTIONS
            && let Some(oldest) = seen.order.pop_front()
        {
            seen.known.remove(&oldest);
        }
    }

    /// Whether the connection, as its connecting end sees it, was made from here.
    pub(super) fn knows(&self, connection: FourTuple) -> bool {
        self.seen().known.contains(&canonical(connection))
    }

    /// The connecting ends.
    pub(super) fn endpoints(&self) -> HashSet<SocketAddr> {
        self.seen().order.iter().map(|c| c.local).collect()
    }

    /// Forgets them all.
    pub(super) fn forget(&self) {
        *self.seen() = Seen::default();
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Every change above leaves a usable value, so a poisoned lock is only a lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A dual-stack listener sees `::ffff:127.0.0.1` where the client says 127.0.0.1.
fn canonical(connection: FourTuple) -> FourTuple {
    let plain = |end: SocketAddr| SocketAddr::new(end.ip().to_canonical(), end.port());
    FourTuple {
        local: plain(connection.local),
        peer: plain(connection.peer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(local: &str, peer: &str) -> FourTuple {
        FourTuple {
            local: local.parse().unwrap(),
            peer: peer.parse().unwrap(),
        }
    }

    #[test]
    fn mapped_addresses_are_the_same_visitor() {
        let visitors = Visitors::default();
        visitors.remember(pair("127.0.0.1:5000", "127.0.0.1:80"));
        assert!(visitors.knows(pair("[::ffff:127.0.0.1]:5000", "[::ffff:127.0.0.1]:80")));
        assert!(!visitors.knows(pair("127.0.0.1:5001", "127.0.0.1:80")));
        visitors.forget();
        assert!(!visitors.knows(pair("127.0.0.1:5000", "127.0.0.1:80")));
    }

    #[test]
    fn only_so_many_are_remembered() {
        let visitors = Visitors::default();
        let nth = |n: usize| {
            let port = u16::try_from(n + 1).unwrap();
            pair(&format!("127.0.0.1:{port}"), "127.0.0.1:80")
        };
        for n in 0..=limits::PAST_CONNECTIONS {
            visitors.remember(nth(n));
        }
        assert!(!visitors.knows(nth(0)));
        assert!(visitors.knows(nth(limits::PAST_CONNECTIONS)));
        assert_eq!(visitors.endpoints().len(), limits::PAST_CONNECTIONS);
    }
}
