//! Connections under construction, many of them, to a listener of the lab.
//!
//! On loopback a handshake is over when connect returns, even when that says EINPROGRESS. So each
//! connection is made and accepted before the next one, in four system calls, and nothing is
//! registered for waiting unless the kernel would have us wait.
use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use socket2::{SockAddr, Socket};
use tokio::io::Interest;

use super::{stopped, tcp};
use crate::lab::engine::{Engine, Stop};
use crate::lab::failure::{self, Ends, of_io, own_at};
use crate::lab::open::{Maker, Wire};
use crate::lab::options::flags;
use crate::lab::own::{Kind, Own, port};
use crate::lab::progress::{Progress, Step};
use crate::lang::{Failure, FailureCause, Many, Role};
use crate::limits;
use crate::net::{Endpoint, Errno};

/// How many connections are opened between two looks at Ctrl-C.
const LOOK_EVERY: u32 = 64;

/// See the module.
pub(super) struct Crowd<'a> {
    maker: Maker<'a>,
    engine: &'a mut Engine,
    listener: &'a Own,
    address: SockAddr,
    wanted: &'a Many,
    held: Vec<Own>,
    /// One a connection; a Unix socket has none.
    ports: Vec<Option<u16>>,
}

impl<'a> Crowd<'a> {
    pub(super) fn new(
        maker: Maker<'a>,
        engine: &'a mut Engine,
        listener: &'a Own,
        address: SockAddr,
        wanted: &'a Many,
    ) -> Self {
        Self {
            maker,
            engine,
            listener,
            address,
            wanted,
            held: Vec::new(),
            ports: Vec::new(),
        }
    }

    /// Opens connections; what stopped it, when something did.
    pub(super) fn grow(&mut self, fit: usize, progress: &mut dyn Progress) -> Option<Failure> {
        for number in 0..self.wanted.count {
            if self.held.len() / 2 >= fit {
                return Some(self.full());
            }
            if number % LOOK_EVERY == 0 {
                if self.engine.interrupted() {
                    return Some(failure::interrupted("many", self.ends()));
                }
                progress.at(Step {
                    verb: "many",
                    done: number.into(),
                    of: self.wanted.count.into(),
                });
            }
            match self.connection() {
                Ok((client, server)) => self.keep(client, server),
                Err(failure) => return Some(failure),
            }
        }
        None
    }

    /// What stands, and the client's port of each connection.
    pub(super) fn end(self) -> (Vec<Own>, Vec<Option<u16>>) {
        (self.held, self.ports)
    }

    fn keep(&mut self, client: Own, server: Own) {
        self.ports.push(port(&client.local));
        if self.wanted.close {
            // The RST takes the server's end along.
            client.reset();
            drop(server);
        } else {
            self.held.extend([client, server]);
        }
    }

    /// Both ends of one more.
    fn connection(&mut self) -> Result<(Own, Own), Failure> {
        let local = &self.listener.local;
        let socket = self
            .maker
            .socket(local, Wire::Stream, &self.wanted.options)?;
        match socket.connect(&self.address) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
            Err(error) => return Err(of_io("connect", Ends::peer(local), &error)),
        }
        if let Some(address) = local
            .inet()
            .filter(|address| !address.ip().is_unspecified())
            && let Some(both) = self.at_once(&socket, address)
        {
            let (ours, server) = both.map_err(|e| of_io("accept", Ends::local(local), &e))?;
            return Ok((self.client(socket, ours, address), server));
        }
        self.with_patience(socket)
    }

    /// The server's end, and the client's address, when the kernel has both already.
    fn at_once(
        &self,
        socket: &Socket,
        listens: SocketAddr,
    ) -> Option<io::Result<(SocketAddr, Own)>> {
        let ours = match socket.local_addr() {
            Ok(ours) => ours.as_socket()?,
            Err(error) => return Some(Err(error)),
        };
        match self.listener.socket.accept() {
            Ok((server, peer)) => {
                let server = Own {
                    socket: server,
                    kind: Kind::Connection(Role::Server),
                    local: Endpoint::Inet(listens),
                    peer: peer.as_socket().map(Endpoint::Inet),
                    foreign: false,
                    private: self.maker.private,
                    options: Vec::new(),
                    ended: Cell::default(),
                };
                Some(Ok((ours, server)))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(error) => Some(Err(error)),
        }
    }

    fn client(&self, socket: Socket, ours: SocketAddr, listens: SocketAddr) -> Own {
        Own {
            socket,
            kind: Kind::Connection(Role::Client),
            local: Endpoint::Inet(ours),
            peer: Some(Endpoint::Inet(listens)),
            foreign: false,
            private: self.maker.private,
            options: flags(&self.wanted.options),
            ended: Cell::default(),
        }
    }

    /// The same, waiting for each of the steps.
    fn with_patience(&mut self, socket: Socket) -> Result<(Own, Own), Failure> {
        let listener = self.listener;
        let local = &listener.local;
        let within = limits::DEFAULT_WITHIN;
        let deadline = Instant::now() + within;
        let late = |operation, ends: Ends, still| {
            move |stop: Stop| stopped(stop, operation, ends, within, still)
        };
        let full = "the listener's queue may be full";
        self.engine
            .until(&socket, Interest::WRITABLE, deadline, || {
                tcp::connected(&socket)
            })
            .map_err(late("connect", Ends::peer(local), full))?;
        let client = tcp::client(socket, self.maker.private, flags(&self.wanted.options))
            .map_err(|e| of_io("connect", Ends::peer(local), &e))?;
        let nobody = "it still listens";
        let server = self
            .engine
            .until(&listener.socket, Interest::READABLE, deadline, || {
                tcp::accepted(listener)
            })
            .map_err(late("accept", Ends::local(local), nobody))?;
        Ok((client, server))
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
