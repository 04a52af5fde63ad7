//! `states`: where both ends of a connection are in the state machine of RFC 9293.
use std::net::SocketAddr;

use crate::lab::Lab;
use crate::lab::failure::{self, own};
use crate::lab::ledger::Held;
use crate::lab::observe;
use crate::lab::own::{Kind, Own};
use crate::lab::wire::on_the_wire;
use crate::lang::{
    EndState, EndStates, Fact, Failure, FailureCause, Observed, Role, SocketRow, States,
};
use crate::net::{Endpoint, FourTuple, TcpState};

impl Lab {
    pub(super) fn states(&self, wanted: &States) -> Result<Fact, Failure> {
        let name = &wanted.socket;
        let entry = self.ledger.entry("states", name)?;
        let ends = match (&entry.outcome.result, entry.outcome.four_tuple()) {
            (Observed::Done(Fact::Connection(end)), Some(ends)) => {
                self.both(name, end.role, ends)?
            }
            _ => vec![self.alone(name)?],
        };
        let state = |place: usize| ends.get(place).map(|end| end.state);
        Ok(Fact::States(EndStates {
            socket: name.clone(),
            state: state(0).unwrap_or(TcpState::Closed),
            peer_state: state(1),
            ends,
        }))
    }

    fn both(&self, name: &str, role: Role, ends: FourTuple) -> Result<Vec<EndState>, Failure> {
        let here = self.end(Some(name), role, ends)?;
        if ends.is_self_connect() {
            return Ok(vec![here]);
        }
        let other = match role {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        };
        let there = self.end(None, other, ends.mirrored())?;
        Ok(vec![here, there])
    }

    /// One end: from its socket, when the lab holds it, or else from the kernel's table.
    fn end(&self, name: Option<&str>, role: Role, ends: FourTuple) -> Result<EndState, Failure> {
        let wire = on_the_wire(ends);
        let is_it = |own: &Own| own.four_tuple().map(on_the_wire) == Some(wire);
        let held = self.ledger.sockets().find(|(_, own)| is_it(own));
        let past = || {
            let same = |ends: FourTuple| on_the_wire(ends) == wire;
            let mut named = self.ledger.named();
            named
                .find(|(_, entry)| entry.outcome.four_tuple().is_some_and(same))
                .map(|(name, _)| name.clone())
        };
        let end = |state, held, timer_seconds| EndState {
            name: name.map(str::to_owned).or_else(past),
            role: Some(role),
            local: Endpoint::Inet(ends.local),
            state,
            held,
            timer_seconds,
        };
        let own = held.and_then(|(_, own)| own.state());
        if let Some(state) = own.filter(|state| *state != TcpState::Closed) {
            return Ok(end(state, true, None));
        }
        // A program may hold a socket whose connection is over: what is left of that is the
        // kernel's.
        let row = self.looked_up(ends)?;
        Ok(row.map_or_else(
            || end(TcpState::Closed, false, None),
            |row| end(row.state, row.inode != 0, row.timer_seconds),
        ))
    }

    /// A dual-stack socket is known to the kernel by its mapped addresses.
    fn looked_up(&self, ends: FourTuple) -> Result<Option<SocketRow>, Failure> {
        for spelling in [ends, on_the_wire(ends), mapped(ends)] {
            let found = observe::connection(&*self.namespace, spelling).map_err(|error| {
                let why = format!("the kernel's socket table cannot be read here: {error}");
                own(FailureCause::NotAvailable, "states", why)
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// A listener, or a socket that is only bound, has no other end.
    fn alone(&self, name: &str) -> Result<EndState, Failure> {
        let entry = self.ledger.entry("states", name)?;
        let own = match &entry.held {
            Held::Program(program) => {
                return Ok(EndState {
                    name: Some(name.to_owned()),
                    role: None,
                    local: program.local.clone(),
                    state: listening(program.is_alive()),
                    held: program.is_alive(),
                    timer_seconds: None,
                });
            }
            Held::Server(server) => &server.own,
            _ => self
                .ledger
                .socket("states", name, "a connection or a listener", |kind| {
                    kind != Kind::Udp
                })?,
        };
        if !own.is_tcp() {
            let why = format!("`{name}` is a Unix socket, which has no such states");
            return Err(failure::own(FailureCause::NotAvailable, "states", why));
        }
        Ok(EndState {
            name: Some(name.to_owned()),
            role: None,
            local: own.local.clone(),
            state: own.state().unwrap_or(TcpState::Closed),
            held: true,
            timer_seconds: None,
        })
    }
}

/// Of a listener in another process nobody here can ask the socket itself.
fn listening(alive: bool) -> TcpState {
    if alive {
        TcpState::Listen
    } else {
        TcpState::Closed
    }
}

fn mapped(ends: FourTuple) -> FourTuple {
    let mapped = |at: SocketAddr| match at {
        SocketAddr::V4(four) => (four.ip().to_ipv6_mapped(), four.port()).into(),
        SocketAddr::V6(_) => at,
    };
    FourTuple {
        local: mapped(ends.local),
        peer: mapped(ends.peer),
    }
}
