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
    /// Refuses what `author` may not send to, from a socket of the world in use.
    pub(super) fn may_reach(
        &self,
        author: Author,
        operation: &'static str,
        to: &Endpoint,
        wire: Wire,
    ) -> Result<(), Failure> {
        let private = self.worlds.is_private();
        self.may_reach_from(private, author, operation, to, wire)
    }

    /// Refuses what `author` may not send to. A socket of the private world reaches nobody else.
    pub(super) fn may_reach_from(
        &self,
        private: bool,
        author: Author,
        operation: &'static str,
        to: &Endpoint,
        wire: Wire,
    ) -> Result<(), Failure> {
        if let Some(to) = to.inet().filter(|_| !private) {
            self.wire.attempt(to);
        }
        if private {
            return Ok(());
        }
        gate::may_reach(author, operation, to, || self.around(wire, to.inet()))
    }

    /// Refuses where `author` may not receive from others. In the private world there are none.
    pub(super) fn may_receive(
        &self,
        author: Author,
        operation: &'static str,
        at: &Endpoint,
        exposed: bool,
    ) -> Result<(), Failure> {
        if self.worlds.is_private() {
            return Ok(());
        }
        gate::may_receive(author, operation, at, exposed)
    }

    /// Whom a new connection found. The learner's line needs no certainty: what is not plainly
    /// our own counts as another program's.
    pub(super) fn reached(&self, author: Author, local: &Endpoint, peer: &Endpoint) -> Reached {
        let Some(address) = peer.inet() else {
            return Reached::Own;
        };
        if self.worlds.is_private() || local == peer {
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
        let mut own = self.ledger.receiving(|own| {
            let fits = match wire {
                Wire::Stream => matches!(own.kind, Kind::Listener | Kind::Bound),
                Wire::Datagram => own.kind == Kind::Udp,
            };
            fits && !own.private
        });
        if wire == Wire::Stream {
            let programs = self
                .ledger
                .programs()
                .filter(|(_, program)| !program.private);
            own.extend(programs.filter_map(|(_, program)| program.local.inet()));
        }
        own
    }

    /// Who is where on the host.
    pub(super) fn around(&self, wire: Wire, to: Option<SocketAddr>) -> Neighbourhood {
        let own = self.own(wire);
        if wire == Wire::Stream && to.is_some_and(|to| self.listens_alone(to)) {
            return Neighbourhood {
                own,
                others: Some(Vec::new()),
            };
        }
        let table = match wire {
            Wire::Stream => observe::listeners(self.worlds.host()),
            Wire::Datagram => observe::udp_sockets(self.worlds.host()),
        };
        let others = table.ok().map(|rows| self.not_ours(&rows));
        Neighbourhood { own, others }
    }

    /// Whether a listener of ours has exactly this address to itself: without SO_REUSEPORT the
    /// kernel lets no second one listen there, so its table need not be read.
    fn listens_alone(&self, to: SocketAddr) -> bool {
        let alone = |local: &Endpoint, options: &[&str]| {
            local.inet() == Some(to) && !options.contains(&"reuseport")
        };
        let mut programs = self.ledger.programs();
        programs.any(|(_, program)| !program.private && alone(&program.local, &program.options))
            || self.ledger.sockets().any(|(_, own)| {
                own.kind == Kind::Listener && !own.private && alone(&own.local, &own.options)
            })
    }

    fn not_ours(&self, rows: &[SocketRow]) -> Vec<SocketAddr> {
        let sockets = self.ledger.sockets().filter_map(|(_, own)| own.inode());
        let programs = self.ledger.programs();
        let ours: HashSet<u64> = sockets
            .chain(programs.filter_map(|(_, program)| program.inode))
            .collect();
        rows.iter()
            .filter(|row| !ours.contains(&row.inode))
            .filter_map(|row| row.local.inet())
            .collect()
    }
}
