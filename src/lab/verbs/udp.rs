//! `udp`: a datagram socket, with a peer or without.
use super::Done;
use crate::lab::Lab;
use crate::lab::failure::{Ends, of_io, own_at};
use crate::lab::ledger::Held;
use crate::lab::open::Wire;
use crate::lab::own::Kind;
use crate::lang::{Author, Fact, FailureCause, Udp};
use crate::net::Endpoint;

impl Lab {
    pub(super) fn udp(&mut self, wanted: &Udp, author: Author) -> Done {
        let at = self.ledger.endpoint("udp", &wanted.endpoint)?;
        let peer = match &wanted.peer {
            Some(place) => Some(self.ledger.endpoint("udp", place)?),
            None => None,
        };
        for endpoint in [Some(&at), peer.as_ref()].into_iter().flatten() {
            if let Endpoint::Unix(_) = endpoint {
                let why = "UDP has addresses and ports; `listen unix:NAME` opens a Unix socket";
                let ends = Ends::local(endpoint);
                return Err(own_at(FailureCause::Malformed, "udp", ends, why));
            }
        }
        self.may_receive(author, "udp", &at, wanted.exposed)?;
        if let Some(peer) = &peer {
            self.may_reach(author, "udp", peer, Wire::Datagram)?;
        }
        let mut own = self.claim(&at, Wire::Datagram, Kind::Udp, &wanted.options)?;
        if let Some(peer) = peer {
            let address = self.maker().address(&peer)?;
            let ends = Ends {
                local: Some(own.local.clone()),
                peer: Some(peer.clone()),
            };
            own.socket
                .connect(&address)
                .map_err(|e| of_io("connect", ends, &e))?;
            own.peer = Some(peer);
        }
        Ok((Fact::Udp(own.as_socket(None)), Held::One(own)))
    }
}
