//! Whom a line would reach, found out from the ledger and the kernel's tables, for the gate.
use std::collections::HashSet;
use std::net::SocketAddr;

use crate::lab::Lab;
use crate::lab::gate::{self, Neighbourhood, Reached};
use crate::lab::observe;
use crate::lab::open::Wire;
use crate::lab::own::Kind;
use crate::lang::{Author, Failure, SocketRow};
use crate::net::Endpoint;

impl Lab {
    /// Refuses what `author` may not send to.
    pub(super) fn may_reach(
        &self,
        author: Author,
        operation: &'static str,
        to: &Endpoint,
        wire: Wire,
    ) -> Result<(), Failure> {
        gate::may_reach(author, operation, to, || self.around(wire, to.inet()))
    }

    /// Whom a new connection found. The learner's line needs no certainty: what is not plainly
    /// our own counts as another program's.
    pub(super) fn reached(&self, author: Author, local: &Endpoint, peer: &Endpoint) -> Reached {
        let Some(address) = peer.inet() else {
            return Reached::Own;
        };
        if local == peer {
            return Reached::Own;
        }
        let around = match author {
            Author::Lesson => self.around(Wire::Stream, Some(address)),
            Author::Learner => Neighbourhood {
                own: self.own(Wire::Stream),
                others: Some(Vec::new()),
            },
        };
        around.reached(address)
    }

    fn own(&self, wire: Wire) -> Vec<SocketAddr> {
        self.ledger.receiving(|kind| match wire {
            Wire::Stream => matches!(kind, Kind::Listener | Kind::Bound),
            Wire::Datagram => kind == Kind::Udp,
        })
    }

    fn around(&self, wire: Wire, to: Option<SocketAddr>) -> Neighbourhood {
        let own = self.own(wire);
        if wire == Wire::Stream && to.is_some_and(|to| self.listens_alone(to)) {
            return Neighbourhood {
                own,
                others: Some(Vec::new()),
            };
        }
        let table = match wire {
            Wire::Stream => observe::listeners(&*self.namespace),
            Wire::Datagram => observe::udp_sockets(&*self.namespace),
        };
        let others = table.ok().map(|rows| self.not_ours(&rows));
        Neighbourhood { own, others }
    }

    /// Whether a listener of ours has exactly this address to itself: without SO_REUSEPORT the
    /// kernel lets no second one listen there, so its table need not be read.
    fn listens_alone(&self, to: SocketAddr) -> bool {
        self.ledger.sockets().any(|(_, own)| {
            own.kind == Kind::Listener
                && own.local.inet() == Some(to)
                && !own.options.contains(&"reuseport")
        })
    }

    fn not_ours(&self, rows: &[SocketRow]) -> Vec<SocketAddr> {
        let ours: HashSet<u64> = self
            .ledger
            .sockets()
            .filter_map(|(_, own)| own.inode())
            .collect();
        rows.iter()
            .filter(|row| !ours.contains(&row.inode))
            .filter_map(|row| row.local.inet())
            .collect()
    }
}
