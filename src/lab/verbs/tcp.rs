//! `bind`, `listen`, `connect`, `accept`.
use std::cell::Cell;
use std::io;
use std::time::{Duration, Instant};

use socket2::{SockAddr, Socket};
use tokio::io::Interest;

use super::{Done, stopped};
use crate::lab::failure::{self, Ends, of_io, own_at};
use crate::lab::gate::{self, Reached};
use crate::lab::ledger::Held;
use crate::lab::open::Wire;
use crate::lab::options::{flags, set_ttl};
use crate::lab::own::{Kind, Own, endpoint_of, port};
use crate::lab::{Lab, bounded};
use crate::lang::{
    Accept, Author, Bind, BindOptions, Connect, Fact, Failure, FailureCause, Listen, Place, Role,
};
use crate::net::Endpoint;

/// How a connection is to be made.
pub(super) struct Dial<'a> {
    pub(super) to: &'a Endpoint,
    pub(super) from: Option<&'a Endpoint>,
    pub(super) options: &'a BindOptions,
    pub(super) nodelay: bool,
    pub(super) ttl: Option<u8>,
    pub(super) within: Duration,
}

impl Lab {
    pub(super) fn bind(&mut self, wanted: &Bind) -> Done {
        let at = self.ledger.endpoint("bind", &wanted.endpoint)?;
        let own = self.claim(&at, Wire::Stream, Kind::Bound, &wanted.options)?;
        Ok((Fact::Bound(own.as_socket(None)), Held::One(own)))
    }

    pub(super) fn listen(&mut self, wanted: &Listen, author: Author) -> Done {
        let own = self.listening(wanted, author)?;
        // The kernel may have cut the backlog (somaxconn).
        let backlog = own.queue().map_or(wanted.backlog, |(_, backlog)| backlog);
        Ok((Fact::Listener(own.as_socket(Some(backlog))), Held::One(own)))
    }

    /// The listener of a `listen`, of which nothing has been asked yet.
    pub(super) fn listening(&mut self, wanted: &Listen, author: Author) -> Result<Own, Failure> {
        let at = self.ledger.endpoint("listen", &wanted.endpoint)?;
        self.may_receive(author, "listen", &at, wanted.exposed)?;
        if wanted.unlink {
            let done = self.unix.unlink(file_name(&at)?);
            done.map_err(|e| of_io("unlink", Ends::local(&at), &e))?;
        }
        if wanted.mode.is_some() {
            file_name(&at)?;
        }
        let own = if wanted.same_socket {
            self.listener_of_bound(&wanted.endpoint, wanted.backlog)?
        } else {
            self.listener(&at, wanted.backlog, &wanted.options)?
        };
        if let Some(mode) = wanted.mode {
            let done = self.unix.set_mode(file_name(&at)?, mode);
            done.map_err(|e| of_io("chmod", Ends::local(&at), &e))?;
        }
        Ok(own)
    }

    pub(super) fn listener(
        &mut self,
        at: &Endpoint,
        backlog: u32,
        options: &BindOptions,
    ) -> Result<Own, Failure> {
        let mut own = self.claim(at, Wire::Stream, Kind::Listener, options)?;
        listen_on(&own, backlog)?;
        // A socket that was bound without a port has one now.
        if port(&own.local) == Some(0)
            && let Ok(local) = own.socket.local_addr()
        {
            own.local = endpoint_of(&local);
        }
        Ok(own)
    }

    /// Turns what a `bind` opened into a listener. Refused, it stays what it was.
    fn listener_of_bound(&mut self, place: &Place, backlog: u32) -> Result<Own, Failure> {
        let Place::Name(name) = place else {
            let why = "--same-socket is for the socket behind a name: \
                       claim = bind 127.0.0.1:0, then listen claim --same-socket";
            return Err(failure::own(FailureCause::Malformed, "listen", why));
        };
        let is_bound = |kind| kind == Kind::Bound;
        let bound = self
            .ledger
            .socket("listen", name, "a bound socket", is_bound)?;
        listen_on(bound, backlog)?;
        match self.ledger.take(name) {
            Held::One(mut own) => {
                own.kind = Kind::Listener;
                Ok(own)
            }
            _ => Err(failure::own(
                FailureCause::NoSuchName,
                "listen",
                "the socket is gone",
            )),
        }
    }

    /// A new socket, bound to an endpoint.
    pub(super) fn claim(
        &mut self,
        at: &Endpoint,
        wire: Wire,
        kind: Kind,
        options: &BindOptions,
    ) -> Result<Own, Failure> {
        self.ledger.room_for_one()?;
        let mut maker = self.maker();
        let socket = maker.socket(at, wire, options)?;
        let local = maker.bind(&socket, at)?;
        let private = maker.private;
        Ok(Own {
            socket,
            kind,
            local,
            peer: None,
            foreign: false,
            private,
            options: flags(options),
            ended: Cell::default(),
        })
    }

    pub(super) fn connect(&mut self, wanted: &Connect, author: Author) -> Done {
        let to = self.ledger.endpoint("connect", &wanted.endpoint)?;
        let from = match &wanted.from {
            Some(place) => Some(self.ledger.endpoint("connect", place)?),
            None => None,
        };
        let dial = Dial {
            to: &to,
            from: from.as_ref(),
            options: &wanted.options,
            nodelay: wanted.nodelay,
            ttl: wanted.ttl,
            within: bounded(wanted.within, author),
        };
        connection(self.dial(&dial, author)?)
    }

    /// Makes a connection, and gives it up when the gate does not like whom it found.
    pub(super) fn dial(&mut self, dial: &Dial<'_>, author: Author) -> Result<Own, Failure> {
        self.ledger.room_for_one()?;
        self.may_reach(author, "connect", dial.to, Wire::Stream)?;
        let private = self.worlds.is_private();
        let mut maker = self.maker();
        let socket = maker.socket(dial.to, Wire::Stream, dial.options)?;
        let mut options = flags(dial.options);
        if dial.nodelay {
            options.push("nodelay");
            socket
                .set_tcp_nodelay(true)
                .map_err(|e| of_io("setsockopt", Ends::peer(dial.to), &e))?;
        }
        if let Some(hops) = dial.ttl {
            options.push("ttl");
            set_ttl(&socket, dial.to, hops)
                .map_err(|e| of_io("setsockopt", Ends::peer(dial.to), &e))?;
        }
        if let Some(from) = dial.from {
            maker.bind(&socket, from)?;
        }
        let address = maker.address(dial.to)?;
        let ends = Ends {
            local: dial.from.cloned(),
            peer: Some(dial.to.clone()),
        };
        self.connect_within(&socket, &address, &ends, dial.within)
            .map_err(|failure| self.with_the_lab_in_mind(failure))?;
        let own = client(socket, private, options).map_err(|e| of_io("connect", ends, &e))?;
        self.approved(own, dial.to, author)
    }

    /// Looks whom a connection found, now that it stands.
    fn approved(&mut self, mut own: Own, to: &Endpoint, author: Author) -> Result<Own, Failure> {
        let peer = own.peer.clone().unwrap_or_else(|| to.clone());
        let reached = self.reached(author, &own.local, &peer);
        if let Err(refused) = gate::was_reached(author, "connect", to, reached) {
            own.reset();
            return Err(refused);
        }
        own.foreign = reached != Reached::Own;
        if let Some(connection) = own.four_tuple() {
            self.visitors.remember(connection);
        }
        Ok(own)
    }

    pub(super) fn connect_within(
        &mut self,
        socket: &Socket,
        to: &SockAddr,
        ends: &Ends,
        within: Duration,
    ) -> Result<(), Failure> {
        match socket.connect(to) {
            Ok(()) => return Ok(()),
            // Even on loopback, where the handshake is over by now (connect(2), EINPROGRESS).
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
            Err(error) => return Err(of_io("connect", ends.clone(), &error)),
        }
        let deadline = Instant::now() + within;
        self.engine
            .until(socket, Interest::WRITABLE, deadline, || connected(socket))
            .map_err(|stop| {
                let still = "the kernel itself would go on trying";
                stopped(stop, "connect", ends.clone(), within, still)
            })
    }

    pub(super) fn accept(&mut self, wanted: &Accept, author: Author) -> Done {
        self.ledger.room_for_one()?;
        let is_listener = |kind| kind == Kind::Listener;
        let listener = self
            .ledger
            .socket("accept", &wanted.listener, "a listener", is_listener)?;
        let within = bounded(wanted.within, author);
        let deadline = Instant::now() + within;
        let accepted = self
            .engine
            .until(&listener.socket, Interest::READABLE, deadline, || {
                accepted(listener)
            });
        let ends = Ends::local(&listener.local);
        match accepted {
            Ok(own) => connection(own),
            Err(stop) => Err(stopped(stop, "accept", ends, within, "it still listens")),
        }
    }
}

/// The name of a Unix socket that is a file.
fn file_name(at: &Endpoint) -> Result<&str, Failure> {
    match at {
        Endpoint::Unix(name) if !name.starts_with('@') => Ok(name),
        _ => {
            let why = "--mode and --unlink are for a socket that is a file: unix:NAME";
            Err(own_at(
                FailureCause::Malformed,
                "listen",
                Ends::local(at),
                why,
            ))
        }
    }
}

fn listen_on(own: &Own, backlog: u32) -> Result<(), Failure> {
    let backlog = i32::try_from(backlog).unwrap_or(i32::MAX);
    own.socket
        .listen(backlog)
        .map_err(|e| of_io("listen", Ends::local(&own.local), &e))
}

fn connection(own: Own) -> Done {
    match own.as_connection() {
        Some(fact) => Ok((Fact::Connection(fact), Held::One(own))),
        None => Err(failure::own(
            FailureCause::NotAvailable,
            "connect",
            "the kernel does not say who the peer is",
        )),
    }
}

/// Whether a connect has come to an end; "would block" while it has not.
pub(super) fn connected(socket: &Socket) -> io::Result<()> {
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    match socket.peer_addr() {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => {
            Err(io::ErrorKind::WouldBlock.into())
        }
        Err(error) => Err(error),
    }
}

/// A connected socket, as the end that called connect.
pub(super) fn client(socket: Socket, private: bool, options: Vec<&'static str>) -> io::Result<Own> {
    let local = endpoint_of(&socket.local_addr()?);
    let peer = endpoint_of(&socket.peer_addr()?);
    Ok(Own {
        socket,
        kind: Kind::Connection(Role::Client),
        local,
        peer: Some(peer),
        foreign: false,
        private,
        options,
        ended: Cell::default(),
    })
}

/// accept(2), without waiting.
pub(super) fn accepted(listener: &Own) -> io::Result<Own> {
    let (socket, peer) = listener.socket.accept()?;
    socket.set_nonblocking(true)?;
    let local = endpoint_of(&socket.local_addr()?);
    Ok(Own {
        socket,
        kind: Kind::Connection(Role::Server),
        local,
        // Not getpeername: it fails when the client has broken off already.
        peer: Some(endpoint_of(&peer)),
        foreign: false,
        private: listener.private,
        options: Vec::new(),
        ended: Cell::default(),
    })
}
