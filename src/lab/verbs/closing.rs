//! `shutdown`, `close`, `reset`: the ways a socket ends.
use std::net::Shutdown as Half;

use super::Done;
use crate::lab::Lab;
use crate::lab::failure::{self, Ends, of_io};
use crate::lab::ledger::Held;
use crate::lab::own::Kind;
use crate::lang::{Closed, Direction, Fact, Failure, FailureCause, HalfClosed, Shutdown};

impl Lab {
    pub(super) fn shutdown(&mut self, wanted: &Shutdown) -> Done {
        let fits = |kind| matches!(kind, Kind::Connection(_) | Kind::Udp);
        let own = self
            .ledger
            .socket("shutdown", &wanted.socket, "a connection", fits)?;
        let (half, direction) = match wanted.how {
            Direction::Write => (Half::Write, "write"),
            Direction::Read => (Half::Read, "read"),
            Direction::Both => (Half::Both, "both"),
        };
        let ends = Ends {
            local: Some(own.local.clone()),
            peer: own.peer.clone(),
        };
        own.socket
            .shutdown(half)
            .map_err(|e| of_io("shutdown", ends, &e))?;
        if !matches!(wanted.how, Direction::Read) {
            own.ended.set(true);
        }
        let socket = wanted.socket.clone();
        Ok((
            Fact::HalfClosed(HalfClosed { socket, direction }),
            Held::Nothing,
        ))
    }

    /// Closes what the names hold; all of them, or none when one of them holds nothing.
    pub(super) fn close(&mut self, names: &[String], abrupt: bool) -> Done {
        let verb = if abrupt { "reset" } else { "close" };
        for name in names {
            self.holds_something(verb, name)?;
        }
        let mut count = 0;
        for name in names {
            let held = self.ledger.take(name);
            count += held.sockets().len().max(1);
            self.shut(held, abrupt);
        }
        let closed = Closed {
            names: names.to_vec(),
            abrupt,
            count,
        };
        Ok((Fact::Closed(closed), Held::Nothing))
    }

    fn holds_something(&self, verb: &'static str, name: &str) -> Result<(), Failure> {
        let entry = self.ledger.entry(verb, name)?;
        if entry.held.is_open() {
            return Ok(());
        }
        let message = match entry.outcome.failure() {
            Some(why) => format!(
                "`{name}` holds nothing to close: its {} failed ({})",
                entry.outcome.verb,
                why.error.name()
            ),
            None => format!("`{name}` holds nothing open"),
        };
        Err(failure::own(FailureCause::NoSuchName, verb, message))
    }
}
