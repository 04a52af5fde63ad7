//! `sockets`, `who`, `range`, `interfaces`, `counters`, `route`: what the kernel says, asked
//! of [`observe`].
use std::net::{IpAddr, SocketAddr};

use crate::lab::failure::{Ends, own_at};
use crate::lab::observe::{HeldBy, Owners, Protocols, SocketFilter};
use crate::lab::{Lab, observe};
use crate::lang::{Fact, Failure, FailureCause, SocketRow, Sockets, Who};
use crate::net::{Endpoint, FourTuple};

impl Lab {
    pub(super) fn sockets(&self, wanted: &Sockets) -> Result<Fact, Failure> {
        if let Some(name) = &wanted.name {
            self.ledger.entry("sockets", name)?;
        }
        let lab = self.ledger.lab_sockets(&self.visitors);
        let has_unix = self
            .ledger
            .sockets()
            .any(|(_, own)| matches!(own.local, Endpoint::Unix(_)));
        let filter = SocketFilter {
            // A desktop has hundreds of Unix sockets; they are listed when the lab has some.
            protocols: Protocols {
                unix: has_unix && !wanted.all,
                ..Protocols::default()
            },
            state: wanted.state,
            port: wanted.port,
            held_by: wanted.owner.as_deref().map(HeldBy::parse),
            exposed: wanted.exposed,
            details: wanted.details,
            owners: match (wanted.no_owners, wanted.all) {
                (true, _) => Owners::Nobody,
                (false, true) => Owners::Everyone,
                (false, false) => Owners::OwnProcess,
            },
            lab: Some(&lab),
            only_lab: !wanted.all,
        };
        let mut table = observe::sockets(&*self.namespace, &filter)?;
        if !wanted.all {
            table.rows.retain_mut(|row| self.adopted(row));
        }
        if let Some(name) = &wanted.name {
            table.rows.retain(|row| row.owner.as_ref() == Some(name));
        }
        table.rows.iter_mut().for_each(drop_empty_owner);
        table.count = table.rows.len();
        Ok(Fact::Sockets(table))
    }

    /// Whether a row is the lab's. One that no process holds was picked by one end alone, which
    /// another program's connection may have had too: it is ours when both ends are, or when it
    /// waits at a listener of ours, whose name it then gets.
    fn adopted(&self, row: &mut SocketRow) -> bool {
        if row.inode != 0 {
            return true;
        }
        let (Some(local), Some(peer)) = (row.local.inet(), inet(row.peer.as_ref())) else {
            return false;
        };
        if let Some(name) = self.ledger.listener_at(local) {
            row.owner = Some(name);
            return true;
        }
        let ends = FourTuple { local, peer };
        self.visitors.knows(ends) || self.visitors.knows(ends.mirrored())
    }

    pub(super) fn who(&self, wanted: &Who) -> Result<Fact, Failure> {
        let endpoint = self.ledger.endpoint("who", &wanted.port)?;
        let Some(address) = endpoint.inet() else {
            let why = "a Unix socket has a name and no port; `sockets` lists it";
            let ends = Ends::local(&endpoint);
            return Err(own_at(FailureCause::Malformed, "who", ends, why));
        };
        let lab = self.ledger.lab_sockets(&self.visitors);
        let mut holders = observe::who(&*self.namespace, address.port(), Some(&lab))?;
        holders.rows.iter_mut().for_each(drop_empty_owner);
        Ok(Fact::Who(holders))
    }

    pub(super) fn range(&self) -> Result<Fact, Failure> {
        observe::range(&*self.namespace).map(Fact::Range)
    }

    pub(super) fn interfaces(&self) -> Result<Fact, Failure> {
        observe::interfaces(&*self.namespace).map(Fact::Interfaces)
    }

    pub(super) fn counters(&self, interface: &str) -> Result<Fact, Failure> {
        observe::counters(&*self.namespace, interface).map(Fact::Counters)
    }

    pub(super) fn route(&self, address: IpAddr) -> Result<Fact, Failure> {
        observe::route(&*self.namespace, address).map(Fact::Route)
    }
}

fn inet(endpoint: Option<&Endpoint>) -> Option<SocketAddr> {
    endpoint?.inet()
}

/// Sockets of lines without a name are the lab's all the same; they have no owner to show.
fn drop_empty_owner(row: &mut SocketRow) {
    row.owner = row.owner.take().filter(|name| !name.is_empty());
}
