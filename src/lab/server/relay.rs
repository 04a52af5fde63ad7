//! The relay: what comes in at one end goes out at the other, both ways, unread. Whoever is let in
//! by it looks to the service behind it like a program of this machine.
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use socket2::{Domain, Protocol, Type};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::{Log, Running, Visit};
use crate::lab::observe::{self, Namespace};
use crate::lab::own::inode;
use crate::lang::Request;
use crate::limits;
use crate::net::FourTuple;

/// Where a relay leads.
pub(in crate::lab) struct Relay {
    /// The service behind it.
    pub(in crate::lab) to: SocketAddr,
    /// The world the connections to it are made in.
    pub(in crate::lab) namespace: Arc<dyn Namespace>,
    /// The one listener, by inode, that may be reached: a lesson's relay goes nowhere else, even
    /// when another program has taken the port since.
    pub(in crate::lab) only: Option<u64>,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay")
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

pub(super) async fn converse(
    stream: &mut TcpStream,
    visit: &Visit,
    relay: &Relay,
    told: watch::Receiver<Running>,
) -> io::Result<()> {
    visit.log.record(request(visit, relay.to));
    let mut leg = timeout(limits::DEFAULT_WITHIN, Leg::open(relay, visit, told)).await??;
    // Two buffers of fixed size; who does not read holds up who sends.
    copy_bidirectional(stream, &mut leg.stream).await?;
    Ok(())
}

fn request(visit: &Visit, to: SocketAddr) -> Request {
    Request {
        peer: visit.peer,
        peer_port: visit.peer.port(),
        local: visit.local,
        number: 1,
        method: "relay".to_owned(),
        target: to.to_string(),
        host: None,
        origin: None,
        agent: None,
        status: None,
        answer: None,
        raw: String::new(),
        ours: false,
    }
}

/// The connection to the service.
struct Leg {
    stream: TcpStream,
    log: Arc<Log>,
    inode: Option<u64>,
    told: watch::Receiver<Running>,
}

impl Leg {
    async fn open(
        relay: &Relay,
        visit: &Visit,
        told: watch::Receiver<Running>,
    ) -> io::Result<Self> {
        if !relay.may_go() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let domain = Domain::for_address(relay.to);
        let socket = relay
            .namespace
            .socket(domain, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        let stream = TcpSocket::from_std_stream(socket.into())
            .connect(relay.to)
            .await?;
        visit.log.visitors.remember(FourTuple {
            local: stream.local_addr()?,
            peer: relay.to,
        });
        let inode = inode(&stream);
        visit.log.legs().extend(inode);
        Ok(Self {
            stream,
            log: visit.log.clone(),
            inode,
            told,
        })
    }
}

impl Drop for Leg {
    fn drop(&mut self) {
        if *self.told.borrow() == Running::Resetting {
            drop(self.stream.set_zero_linger());
        }
        if let Some(inode) = self.inode {
            self.log.legs().remove(&inode);
        }
    }
}

impl Relay {
    fn may_go(&self) -> bool {
        self.only.is_none_or(|only| {
            let listeners = observe::listeners(&*self.namespace);
            listeners.is_ok_and(|rows| rows.iter().any(|row| row.inode == only))
        })
    }
}
