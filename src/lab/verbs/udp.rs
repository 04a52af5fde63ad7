//! `udp`: a datagram socket, of UDP or of Unix, with a peer or without.
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
        let is_unix = |endpoint: &Endpoint| endpoint.inet().is_none();
        if peer
            .as_ref()
            .is_some_and(|peer| is_unix(peer) != is_unix(&at))
        {
            let why =
                "datagrams stay in one family: both ends are addresses, or both are unix:NAME";
            return Err(own_at(
                FailureCause::Malformed,
                "udp",
                Ends::local(&at),
                why,
            ));
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
