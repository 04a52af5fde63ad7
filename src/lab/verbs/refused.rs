//! Why a connection failed, where the lab itself knows more than the errno says.
use crate::lab::failure::reworded;
use crate::lab::own::{Kind, Own};
use crate::lab::{Lab, gate, observe};
use crate::lang::{Failure, FailureCause, FilterAction, FilterRule, SocketRow};
use crate::net::{Endpoint, Errno};

impl Lab {
    /// The failure of a connect, in words that fit what this lab did itself.
    pub(super) fn with_the_lab_in_mind(&self, failure: Failure) -> Failure {
        match failure.error {
            FailureCause::Errno(Errno::ENETUNREACH) => self.with_lo_in_mind(failure),
            FailureCause::Errno(Errno::ECONNREFUSED) => {
                match self.answered_in_its_place(&failure) {
                    Some(why) => reworded(failure, &why),
                    None => self.with_claims_in_mind(failure),
                }
            }
            _ => failure,
        }
    }

    /// Why it was not for want of a listener that a connection was refused.
    fn answered_in_its_place(&self, failure: &Failure) -> Option<String> {
        let to = failure.peer.as_ref()?;
        let filtered = self.rejects(to);
        match (self.listens_at(to), filtered) {
            (Some(name), _) => Some(format!(
                "refused: {name} listens there, but a packet filter answered in its place \
                 (ECONNREFUSED)"
            )),
            (None, true) => Some(
                "refused: a packet filter answered, whoever may listen there (ECONNREFUSED)"
                    .to_owned(),
            ),
            (None, false) => None,
        }
    }

    /// The failure of a datagram socket, in words that fit what this lab did itself.
    pub(super) fn with_filters_in_mind(&self, failure: Failure) -> Failure {
        let to = failure.peer.as_ref().filter(|to| self.rejects(to));
        let Some(to) = to.filter(|_| failure.error == FailureCause::Errno(Errno::ECONNREFUSED))
        else {
            return failure;
        };
        let which = match failure.operation {
            "send" => "an earlier datagram",
            _ => "a datagram",
        };
        let why = match self.receives_at(to) {
            Some(name) => format!(
                "{name} receives there, but a packet filter refused {which} in its place \
                 (ECONNREFUSED)"
            ),
            None => {
                format!("a packet filter refused {which}, whoever may receive there (ECONNREFUSED)")
            }
        };
        reworded(failure, &why)
    }

    /// The UDP socket of this lab at an endpoint of the network in use, when the kernel lists it too.
    fn receives_at(&self, to: &Endpoint) -> Option<String> {
        let to = to.inet()?;
        let own = self.ledger.sockets().filter_map(|(name, own)| {
            let fits = own.kind == Kind::Udp && gate::covers(own.local.inet()?, to);
            fits.then_some((name, own.inode()?))
        });
        let known: Vec<_> = own.collect();
        if known.is_empty() {
            return None;
        }
        let rows = observe::udp_sockets(&*self.namespace).ok()?;
        listed(&known, &rows)
    }

    /// Whether a rule of this lab answers for an endpoint. Loopback is each network's own, but what
    /// goes to a neighbour passes the rules of both.
    fn rejects(&self, to: &Endpoint) -> bool {
        let Some(to) = to.inet() else { return false };
        let fits = |rule: &FilterRule| {
            let at = rule.to.inet();
            rule.action == FilterAction::Reject && at.is_some_and(|at| gate::covers(at, to))
        };
        let [here, there] = self.worlds.rules();
        let beyond = !to.ip().is_loopback();
        here.iter().any(fits) || (beyond && there.iter().any(fits))
    }

    /// The listener of this lab at an endpoint of the network in use, when the kernel lists it too.
    fn listens_at(&self, to: &Endpoint) -> Option<String> {
        let to = to.inet()?;
        let own = self.ledger.sockets().filter_map(|(name, own)| {
            let fits = own.kind == Kind::Listener && gate::covers(own.local.inet()?, to);
            fits.then_some((name, own.inode()?))
        });
        let programs = self.ledger.programs().filter_map(|(name, program)| {
            let fits = gate::covers(program.local.inet()?, to);
            fits.then_some((name, program.inode?))
        });
        let known: Vec<_> = own.chain(programs).collect();
        if known.is_empty() {
            return None;
        }
        // A network of its own may have the same address: only this one's table tells.
        let rows = observe::listeners(&*self.namespace).ok()?;
        listed(&known, &rows)
    }

    /// On loopback "unreachable" has one usual cause, which can be looked at.
    fn with_lo_in_mind(&self, failure: Failure) -> Failure {
        let is_down = || {
            let all = observe::interfaces(&*self.namespace);
            all.is_ok_and(|all| all.interfaces.iter().any(|i| i.loopback && !i.up))
        };
        if !is_down() {
            return failure;
        }
        reworded(failure, "the loopback interface is down (ENETUNREACH)")
    }

    /// A refusal by a port that this lab has claimed itself has a cause that is known for certain.
    fn with_claims_in_mind(&self, failure: Failure) -> Failure {
        let claims =
            |own: &Own| own.kind == Kind::Bound && Some(&own.local) == failure.peer.as_ref();
        let mut open = self.ledger.open();
        let Some((name, _)) = open.find(|(_, entry)| entry.held.sockets().iter().any(claims))
        else {
            return failure;
        };
        let holder = named(name);
        let why = format!("refused: {holder} is bound there and does not listen (ECONNREFUSED)");
        reworded(failure, &why)
    }
}

/// The name of the first socket that a table of the kernel's has, too.
fn listed(known: &[(Option<&String>, u64)], rows: &[SocketRow]) -> Option<String> {
    let (name, _) = known
        .iter()
        .find(|(_, inode)| rows.iter().any(|row| row.inode == *inode))?;
    Some(named(*name))
}

fn named(name: Option<&String>) -> String {
    name.map_or_else(
        || "a socket of this lab".to_owned(),
        |name| format!("`{name}`"),
    )
}
