//! `scan`: which ports of an address answer, found out by connecting to each.
//!
//! One socket dials port after port: Linux lets a refused one try again (connect(2)), and on loopback
//! the refusal is there when connect returns. What stays silent is laid aside, with a bound, and the
//! next port gets a new socket. Nothing is sent on what opens; it is broken off at once.
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::{SockAddr, Socket};

use super::Done;
use crate::lab::engine::Engine;
use crate::lab::failure::{self, Ends, of_io, own_at};
use crate::lab::gate::Reached;
use crate::lab::ledger::Held;
use crate::lab::open::{Maker, Wire};
use crate::lab::progress::{Progress, Step};
use crate::lab::{Lab, bounded};
use crate::lang::{Author, BindOptions, Fact, Failure, FailureCause, Scan, Scanned};
use crate::limits;
use crate::net::{Endpoint, PortRange};

/// Ports between two looks at Ctrl-C and at the time.
const LOOK_EVERY: usize = 256;

/// Where the scanner dials from, so that no port it asks for can be the one it got itself: a
/// connection from 127.0.0.1 to 127.0.0.1 now and then meets itself (RFC 9293 §3.5, Figure 7).
const SOURCES: [Ipv4Addr; 2] = [Ipv4Addr::new(127, 0, 0, 250), Ipv4Addr::new(127, 0, 0, 251)];

impl Lab {
    pub(super) fn scan(&mut self, wanted: &Scan, author: Author) -> Done {
        let ports = wanted.ports;
        self.may_scan(author, wanted.address, ports)?;
        // Ctrl-C is heard by the runtime, and silent ports take seconds.
        self.engine.runtime()?;
        let maker = Maker {
            namespace: &*self.namespace,
            private: self.worlds.is_private(),
            unix: &mut self.unix,
        };
        let mut scanner = Scanner {
            maker,
            to: wanted.address,
            from: source(wanted.address),
            within: bounded(wanted.within, author),
            spare: None,
            silent: Vec::new(),
            fact: Scanned {
                address: wanted.address,
                low: ports.low,
                high: ports.high,
                source: None,
                found: Vec::new(),
                count: 0,
                scanned: 0,
                refused: 0,
                silent: 0,
                phantoms: 0,
                stopped_by: None,
            },
        };
        let stopped_by = scanner.run(ports, &mut self.engine, &mut *self.progress);
        match stopped_by {
            Some(failure) if failure.error != FailureCause::Limit => Err(failure),
            stopped_by => {
                let mut fact = scanner.fact;
                fact.found.sort_unstable();
                fact.count = fact.found.len();
                fact.stopped_by = stopped_by;
                Ok((Fact::Scanned(fact), Held::Nothing))
            }
        }
    }

    /// A lesson's scan on the host may meet nobody but this session; the learner's stays on loopback.
    fn may_scan(&self, author: Author, to: IpAddr, ports: PortRange) -> Result<(), Failure> {
        let first = Endpoint::Inet(SocketAddr::new(to, ports.low));
        if self.worlds.is_private() || author == Author::Learner {
            return self.may_reach(author, "scan", &first, Wire::Stream);
        }
        let around = self.around(Wire::Stream, None);
        let ours = |port| {
            let reached = around.reached(SocketAddr::new(to, port));
            matches!(reached, Reached::Own | Reached::Nobody)
        };
        if first.is_loopback() && (ports.low..=ports.high).all(ours) {
            return Ok(());
        }
        let why = "a lesson scans what this session opened, and other programs listen there; \
                   in the private world there are none";
        Err(own_at(
            FailureCause::NotAllowed,
            "scan",
            Ends::peer(&first),
            why,
        ))
    }
}

/// An address of this machine's loopback that is not the one that is asked.
fn source(to: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V4(to) = to.to_canonical() else {
        return None;
    };
    let local = to.is_loopback() || to.is_unspecified();
    SOURCES.into_iter().find(|source| local && *source != to)
}

/// What one port said.
enum Said {
    Open,
    Refused,
    /// An ICMP message said no in its place; the kernel still tries.
    Rejected,
    Nothing,
}

/// A port that has not answered yet.
struct Waiting {
    socket: Socket,
    port: u16,
    until: Instant,
}

struct Scanner<'a> {
    maker: Maker<'a>,
    to: IpAddr,
    from: Option<Ipv4Addr>,
    within: Duration,
    /// A socket whose last port refused.
    spare: Option<Socket>,
    silent: Vec<Waiting>,
    fact: Scanned,
}

impl Scanner<'_> {
    /// Asks every port; what stopped it, when something did.
    fn run(
        &mut self,
        ports: PortRange,
        engine: &mut Engine,
        progress: &mut dyn Progress,
    ) -> Option<Failure> {
        let end = Instant::now() + limits::SCAN_WITHIN;
        // Nothing listens on port 0.
        for (number, port) in (ports.low.max(1)..=ports.high).enumerate() {
            if number % LOOK_EVERY == 0 {
                if let Some(stop) = stopped(engine, end) {
                    return Some(stop);
                }
                progress.at(Step {
                    verb: "scan",
                    done: number as u64,
                    of: ports.size().into(),
                });
            }
            if let Err(failure) = self.ask(port) {
                return Some(failure);
            }
            while self.silent.len() >= limits::SCAN_SILENT {
                if let Some(stop) = self.listen_again(engine, end) {
                    return Some(stop);
                }
            }
        }
        while !self.silent.is_empty() {
            if let Some(stop) = self.listen_again(engine, end) {
                return Some(stop);
            }
        }
        None
    }

    fn ask(&mut self, port: u16) -> Result<(), Failure> {
        let socket = match self.spare.take() {
            Some(socket) => socket,
            None => self.socket()?,
        };
        self.fact.scanned += 1;
        let said = self.dial(&socket, port)?;
        match said {
            Said::Nothing => self.silent.push(Waiting {
                socket,
                port,
                until: Instant::now() + self.within,
            }),
            said => self.note(&said, socket, port),
        }
        Ok(())
    }

    /// A socket that dials from elsewhere, where it can.
    fn socket(&mut self) -> Result<Socket, Failure> {
        let to = Endpoint::Inet(SocketAddr::new(self.to, 0));
        let plain = BindOptions::default();
        if let Some(from) = self.from {
            // connect chooses the port then: bind's choice would take one from every address.
            let apart = BindOptions {
                bind_no_port: true,
                ..BindOptions::default()
            };
            let bound = self.maker.socket(&to, Wire::Stream, &apart);
            if let Ok(socket) = bound
                && socket.bind(&SocketAddr::from((from, 0)).into()).is_ok()
            {
                self.fact.source = Some(from.into());
                return Ok(socket);
            }
            self.from = None;
        }
        self.maker.socket(&to, Wire::Stream, &plain)
    }

    fn dial(&self, socket: &Socket, port: u16) -> Result<Said, Failure> {
        let to = SocketAddr::new(self.to, port);
        let address = SockAddr::from(to);
        let first = socket.connect(&address);
        let answer = match first {
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {
                // Asked again, the same call tells how the first one went.
                socket.connect(&address)
            }
            answer => answer,
        };
        match said(answer) {
            Ok(Said::Nothing) if is_rejected(socket) => Ok(Said::Rejected),
            Ok(said) => Ok(said),
            Err(error) => {
                let ends = Ends::peer(&Endpoint::Inet(to));
                Err(of_io("connect", ends, &error))
            }
        }
    }

    fn note(&mut self, said: &Said, socket: Socket, port: u16) {
        match said {
            Said::Refused => {
                self.fact.refused += 1;
                // Elsewhere a refused socket is of no more use.
                self.spare = Some(socket).filter(|_| cfg!(target_os = "linux"));
            }
            Said::Open => {
                let met_itself = socket.local_addr().ok().and_then(|own| own.as_socket())
                    == Some(SocketAddr::new(self.to, port));
                if met_itself {
                    self.fact.phantoms += 1;
                } else {
                    self.fact.found.push(port);
                }
                // A RST leaves nothing in TIME-WAIT; where it cannot be had, a FIN does.
                socket.set_linger(Some(Duration::ZERO)).ok();
            }
            Said::Rejected => self.fact.refused += 1,
            Said::Nothing => self.fact.silent += 1,
        }
    }

    /// Waits a moment, then asks those again that were silent.
    fn listen_again(&mut self, engine: &mut Engine, end: Instant) -> Option<Failure> {
        if let Some(stop) = stopped(engine, end) {
            return Some(stop);
        }
        let now = Instant::now();
        let answered = answered(&self.silent);
        for (waiting, answered) in std::mem::take(&mut self.silent).into_iter().zip(answered) {
            if !answered && now < waiting.until {
                self.silent.push(waiting);
                continue;
            }
            match self.dial(&waiting.socket, waiting.port) {
                Ok(Said::Nothing) if now < waiting.until => self.silent.push(waiting),
                Ok(said) => self.note(&said, waiting.socket, waiting.port),
                Err(failure) => return Some(failure),
            }
        }
        if self.silent.is_empty() {
            return None;
        }
        let moment = (now + limits::LOOK_AGAIN).min(end);
        let pause = engine.pause(moment).err()?;
        let still = "the scan is not over";
        Some(super::stopped(
            pause,
            "scan",
            Ends::default(),
            limits::SCAN_WITHIN,
            still,
        ))
    }
}

/// Whether a filter's ICMP message came. While connect itself has hold of the socket, Linux keeps such
/// an error beside it and repeats the SYN a second later (tcp_v4_err in net/ipv4/tcp_ipv4.c); SO_ERROR
/// tells at once.
fn is_rejected(socket: &Socket) -> bool {
    let error = socket.take_error().ok().flatten();
    error.is_some_and(|error| error.raw_os_error() == Some(libc::ECONNREFUSED))
}

/// Which of them have an answer.
fn answered(silent: &[Waiting]) -> Vec<bool> {
    let sockets = silent.iter().map(|waiting| waiting.socket.as_fd());
    let mut all: Vec<_> = sockets
        .map(|socket| PollFd::new(socket, PollFlags::POLLOUT))
        .collect();
    // Without an answer to this nobody has one, and the bound of each decides.
    poll(&mut all, PollTimeout::ZERO).ok();
    all.iter().map(|one| one.any().unwrap_or(true)).collect()
}

fn said(answer: io::Result<()>) -> io::Result<Said> {
    let Err(error) = answer else {
        return Ok(Said::Open);
    };
    match error.raw_os_error() {
        // A listener that broke the connection off at once was there all the same.
        Some(libc::EISCONN | libc::ECONNRESET) => Ok(Said::Open),
        Some(libc::ECONNREFUSED) => Ok(Said::Refused),
        // The last one: the kernel itself gave up before we did.
        Some(libc::EALREADY | libc::EINPROGRESS | libc::ETIMEDOUT) => Ok(Said::Nothing),
        _ => Err(error),
    }
}

fn stopped(engine: &Engine, end: Instant) -> Option<Failure> {
    if engine.interrupted() {
        return Some(failure::interrupted("scan", Ends::default()));
    }
    (Instant::now() >= end).then(|| {
        let time = failure::shown(limits::SCAN_WITHIN);
        let message = format!("no scan takes longer than {time}; --ports A-B asks fewer");
        failure::own(FailureCause::Limit, "scan", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_is_never_the_address_that_is_asked() {
        let table = [
            ("127.0.0.1", Some("127.0.0.250")),
            ("0.0.0.0", Some("127.0.0.250")),
            ("127.0.0.250", Some("127.0.0.251")),
            ("10.0.0.2", None),
            ("::1", None),
        ];
        for (to, expected) in table {
            let found = source(to.parse().unwrap()).map(|source| source.to_string());
            assert_eq!(found.as_deref(), expected, "{to}");
        }
    }
}
