//! Why a connection failed, where the lab itself knows more than the errno says.
use crate::lab::failure::{Ends, own_at};
use crate::lab::own::{Kind, Own};
use crate::lab::{Lab, gate, observe};
use crate::lang::{Failure, FailureCause, FilterAction, FilterRule};
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
        let (name, _) = known
            .into_iter()
            .find(|(_, inode)| rows.iter().any(|row| row.inode == *inode))?;
        Some(named(name))
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

fn named(name: Option<&String>) -> String {
    name.map_or_else(
        || "a socket of this lab".to_owned(),
        |name| format!("`{name}`"),
    )
}

/// The same failure with another cause in words.
fn reworded(failure: Failure, why: &str) -> Failure {
    let ends = Ends {
        local: failure.local,
        peer: failure.peer,
    };
    own_at(failure.error, failure.operation, ends, why)
}
