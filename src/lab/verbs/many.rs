//! `many`: a crowd of connections to one listener of the lab, both ends held here.
//!
//! On loopback a handshake is over when connect returns, so each connection is made and accepted
//! before the next one, and nothing is registered for waiting: thousands cost what the kernel asks.
use std::collections::HashSet;
use std::time::Instant;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use socket2::SockAddr;
use tokio::io::Interest;

use super::{Done, stopped, tcp};
use crate::lab::Lab;
use crate::lab::engine::Engine;
use crate::lab::failure::{self, Ends, of_io, own_at};
use crate::lab::ledger::Held;
use crate::lab::open::{Maker, Wire};
use crate::lab::options::flags;
use crate::lab::own::{Kind, Own, port};
use crate::lang::{Fact, Failure, FailureCause, Many, ManyOpened, Place};
use crate::limits;
use crate::net::{Endpoint, Errno};

/// How many connections are opened between two looks at Ctrl-C.
const LOOK_EVERY: u32 = 64;

impl Lab {
    pub(super) fn many(&mut self, wanted: &Many) -> Done {
        let name = self.listener_name(&wanted.endpoint)?;
        // Ctrl-C is heard by the runtime, and a large crowd takes seconds.
        self.engine.runtime()?;
        let fit = room();
        let mut maker = Maker {
            namespace: &*self.namespace,
            private: self.worlds.is_private(),
            unix: &mut self.unix,
        };
        let listener = self
            .ledger
            .sockets()
            .find(|(_, own)| own.local == name && own.private == maker.private);
        let Some((_, listener)) = listener else {
            return Err(no_listener(&name));
        };
        if let Some((waiting @ 1.., _)) = listener.queue() {
            return Err(occupied(&name, waiting));
        }
        let address = maker.address(&listener.local)?;
        let mut crowd = Crowd {
            maker,
            engine: &mut self.engine,
            listener,
            address,
            wanted,
            held: Vec::new(),
            ports: Vec::new(),
        };
        let stopped_by = crowd.grow(fit);
        let (held, ports) = (crowd.held, crowd.ports);
        match stopped_by {
            Some(failure) if failure.error == FailureCause::Interrupted || ports.is_empty() => {
                held.into_iter().for_each(Own::reset);
                Err(failure)
            }
            stopped_by => {
                let distinct: HashSet<_> = ports.iter().flatten().collect();
                let fact = ManyOpened {
                    wanted: wanted.count,
                    opened: u32::try_from(ports.len()).unwrap_or(u32::MAX),
                    peer: name,
                    stopped_by,
                    distinct_ports: u32::try_from(distinct.len()).unwrap_or(u32::MAX),
                    ports: ports.into_iter().flatten().collect(),
                };
                Ok((Fact::Many(fact), Held::Crowd(held)))
            }
        }
    }

    /// The endpoint of the listener a `many` is for, which has to be the lab's own.
    fn listener_name(&self, place: &Place) -> Result<Endpoint, Failure> {
        let is_listener = |kind| kind == Kind::Listener;
        match place {
            Place::Name(name) => {
                let own = self
                    .ledger
                    .socket("many", name, "a listener of the lab", is_listener)?;
                Ok(own.local.clone())
            }
            Place::Literal(endpoint) => self
                .ledger
                .sockets()
                .any(|(_, own)| own.kind == Kind::Listener && own.local == *endpoint)
                .then(|| endpoint.clone())
                .ok_or_else(|| no_listener(endpoint)),
        }
    }
}

/// Connections under construction.
struct Crowd<'a> {
    maker: Maker<'a>,
    engine: &'a mut Engine,
    listener: &'a Own,
    address: SockAddr,
    wanted: &'a Many,
    held: Vec<Own>,
    /// One a connection; a Unix socket has none.
    ports: Vec<Option<u16>>,
}

impl Crowd<'_> {
    /// Opens connections; what stopped it, when something did.
    fn grow(&mut self, fit: usize) -> Option<Failure> {
        for number in 0..self.wanted.count {
            if self.ports.len() >= fit {
                return Some(self.full());
            }
            if number % LOOK_EVERY == 0 && self.engine.interrupted() {
                return Some(failure::interrupted("many", self.ends()));
            }
            if let Err(failure) = self.add() {
                return Some(failure);
            }
        }
        None
    }

    fn add(&mut self) -> Result<(), Failure> {
        let local = &self.listener.local;
        let socket = self
            .maker
            .socket(local, Wire::Stream, &self.wanted.options)?;
        let within = limits::DEFAULT_WITHIN;
        let deadline = Instant::now() + within;
        let fail = |stop| {
            let still = "the listener's queue may be full";
            stopped(stop, "connect", Ends::peer(local), within, still)
        };
        match socket.connect(&self.address) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => self
                .engine
                .until(&socket, Interest::WRITABLE, deadline, || {
                    tcp::connected(&socket)
                })
                .map_err(fail)?,
            Err(error) => return Err(of_io("connect", Ends::peer(local), &error)),
        }
        let client = tcp::client(socket, self.maker.private, flags(&self.wanted.options))
            .map_err(|e| of_io("connect", Ends::peer(local), &e))?;
        self.ports.push(port(&client.local));
        self.held.push(client);
        let listener = self.listener;
        let accepted = self
            .engine
            .until(&listener.socket, Interest::READABLE, deadline, || {
                tcp::accepted(listener)
            });
        match accepted {
            Ok(own) => {
                self.held.push(own);
                Ok(())
            }
            Err(stop) => {
                // Both ends or none.
                self.ports.pop();
                self.held.pop();
                let ends = Ends::local(local);
                Err(stopped(
                    stop,
                    "accept",
                    ends,
                    within,
                    "nobody has connected",
                ))
            }
        }
    }

    fn ends(&self) -> Ends {
        Ends::peer(&self.listener.local)
    }

    fn full(&self) -> Failure {
        let why = format!(
            "the limit of open files (RLIMIT_NOFILE) leaves no more room for both ends; looplab \
             keeps {} descriptors for itself (EMFILE)",
            limits::SPARE_DESCRIPTORS
        );
        let cause = FailureCause::Errno(Errno::EMFILE);
        own_at(cause, "socket", self.ends(), &why)
    }
}

/// How many connections fit, two descriptors each. Raises the soft limit as far as it goes, which
/// any process may (getrlimit(2)).
fn room() -> usize {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return usize::MAX;
    };
    let limit = match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    };
    // Not limited is as good as far away.
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    limit
        .saturating_sub(open_descriptors())
        .saturating_sub(limits::SPARE_DESCRIPTORS)
        / 2
}

fn open_descriptors() -> usize {
    // Without /proc the count is a guess, and a wrong guess ends in EMFILE, which is handled too.
    std::fs::read_dir("/proc/self/fd").map_or(limits::SPARE_DESCRIPTORS, Iterator::count)
}

fn no_listener(endpoint: &Endpoint) -> Failure {
    let why = "`many` holds both ends, so it takes a listener of this lab: \
               server = listen 127.0.0.1:0, then many 100 server";
    own_at(FailureCause::NotAllowed, "many", Ends::peer(endpoint), why)
}

fn occupied(endpoint: &Endpoint, waiting: u32) -> Failure {
    let why = format!("{waiting} waiting in the listener's queue already; `accept` those first");
    own_at(FailureCause::NotAllowed, "many", Ends::peer(endpoint), &why)
}
