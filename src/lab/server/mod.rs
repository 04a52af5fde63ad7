//! Live servers: `serve http`, `serve echo` and `serve dns` answer by themselves, in tasks of the
//! runtime.
//!
//! A server says nothing on the screen. What it was asked waits in its log until somebody looks.
mod dns;
mod echo;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod head;
mod http;
mod page;
#[cfg(target_os = "linux")]
mod process;
mod relay;
mod site;

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::own::{Own, inode};
use super::visitors::Visitors;
use crate::lang::{NamedAddress, Request};
use crate::limits;
use crate::net::FourTuple;
#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::Program;
#[cfg(target_os = "linux")]
pub(super) use process::Program;
pub(super) use relay::Relay;
pub(super) use site::Site;

/// What a server does for its visitors.
#[derive(Clone, Debug)]
pub(super) enum Service {
    /// A web site.
    Http(Arc<Site>),
    /// Every byte comes back.
    Echo,
    /// Addresses for names.
    Dns(Arc<[NamedAddress]>),
    /// Every byte goes on to another service.
    Relay(Arc<Relay>),
}

impl Service {
    /// As it is typed.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::Echo => "echo",
            Self::Dns(_) => "dns",
            Self::Relay(_) => "relay",
        }
    }
}

/// A running server, as the ledger holds it.
#[derive(Debug)]
pub(super) struct LiveServer {
    /// The socket it receives on, to look at; the task has its own descriptor of the same socket.
    pub(super) own: Own,
    /// What was asked so far.
    pub(super) log: Arc<Log>,
    pub(super) service: Service,
    stop: watch::Sender<Running>,
    task: JoinHandle<()>,
}

/// What a server is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Running {
    Yes,
    /// Close the connections in the orderly way.
    Closing,
    /// Break them off.
    Resetting,
}

impl LiveServer {
    /// Starts answering on a listener, or for DNS on a UDP socket.
    pub(super) fn start(
        runtime: &Runtime,
        own: Own,
        service: Service,
        visitors: Arc<Visitors>,
    ) -> io::Result<Self> {
        let _inside = runtime.enter();
        let socket = own.socket.try_clone()?;
        let mut log = Log::new(visitors);
        log.alone = own.private && matches!(service, Service::Dns(_));
        let log = Arc::new(log);
        let (stop, told) = watch::channel(Running::Yes);
        let task = if let Service::Dns(answers) = &service {
            let socket = UdpSocket::from_std(socket.into())?;
            let zone = dns::Zone::new(answers);
            runtime.spawn(dns::serve(socket, zone, log.clone(), told))
        } else {
            let listener = TcpListener::from_std(socket.into())?;
            runtime.spawn(serve(listener, service.clone(), log.clone(), told))
        };
        Ok(Self {
            own,
            log,
            service,
            stop,
            task,
        })
    }

    /// Stops listening and closes every connection; returns when the port is free.
    pub(super) fn close(self, runtime: &Runtime, abrupt: bool) {
        let how = if abrupt {
            Running::Resetting
        } else {
            Running::Closing
        };
        self.stop.send_replace(how);
        let mut task = self.task;
        runtime.block_on(async {
            if timeout(limits::INTERRUPT_GRACE, &mut task).await.is_err() {
                task.abort();
                // The listener goes with it, and the visits soon after.
                drop(task.await);
            }
        });
    }

    /// Connections that are open now.
    pub(super) fn connections(&self) -> usize {
        self.log.open().len()
    }
}

/// What a server was asked, and who is connected to it. Shared by its tasks.
#[derive(Debug)]
pub(super) struct Log {
    visitors: Arc<Visitors>,
    /// Whether nobody but this lab can ask, though none of its verbs made the socket that does.
    alone: bool,
    asked: Mutex<Asked>,
    /// Open connections: the inode of the server's end, and the visitor's end.
    open: Mutex<HashMap<u64, SocketAddr>>,
    /// Inodes of a relay's connections to the service behind it.
    legs: Mutex<HashSet<u64>>,
}

#[derive(Debug, Default)]
struct Asked {
    newest: VecDeque<Request>,
    count: usize,
    visits: usize,
}

impl Log {
    fn new(visitors: Arc<Visitors>) -> Self {
        Self {
            visitors,
            alone: false,
            asked: Mutex::default(),
            open: Mutex::default(),
            legs: Mutex::default(),
        }
    }

    /// How many requests there were, and how many of them came from other programs.
    pub(super) fn counts(&self) -> (usize, usize) {
        let asked = self.asked();
        (asked.count, asked.visits)
    }

    /// The newest requests, oldest first.
    pub(super) fn newest(&self) -> Vec<Request> {
        self.asked().newest.iter().cloned().collect()
    }

    /// Inodes of the server's ends of open connections.
    pub(super) fn inodes(&self) -> Vec<u64> {
        let open: Vec<u64> = self.open().keys().copied().collect();
        open.into_iter()
            .chain(self.legs().iter().copied())
            .collect()
    }

    fn record(&self, mut request: Request) {
        request.ours = self.alone
            || self.visitors.knows(FourTuple {
                local: request.peer,
                peer: request.local,
            });
        let mut asked = self.asked();
        asked.count += 1;
        asked.visits += usize::from(!request.ours);
        asked.newest.push_back(request);
        if asked.newest.len() > limits::REQUESTS_KEPT {
            asked.newest.pop_front();
        }
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn legs(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.legs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, SocketAddr>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection to a server: both ends, and where its requests are written down.
struct Visit {
    local: SocketAddr,
    peer: SocketAddr,
    log: Arc<Log>,
    inode: Option<u64>,
}

impl Visit {
    fn begin(stream: &TcpStream, peer: SocketAddr, log: Arc<Log>) -> io::Result<Self> {
        let inode = inode(stream);
        if let Some(inode) = inode {
            log.open().insert(inode, peer);
        }
        Ok(Self {
            local: stream.local_addr()?,
            peer,
            log,
            inode,
        })
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if let Some(inode) = self.inode {
            self.log.open().remove(&inode);
        }
    }
}

async fn serve(
    listener: TcpListener,
    service: Service,
    log: Arc<Log>,
    mut told: watch::Receiver<Running>,
) {
    let mut visits = JoinSet::new();
    loop {
        // At the limit the next visitor waits in the queue, where `sockets` shows them.
        let room = visits.len() < limits::SERVER_CONNECTIONS;
        tokio::select! {
            _ = told.changed() => break,
            Some(_) = visits.join_next() => {}
            accepted = listener.accept(), if room => match accepted {
                Ok((stream, peer)) => {
                    visits.spawn(converse(stream, peer, service.clone(), log.clone(), told.clone()));
                }
                Err(error) if gone_already(&error) => {}
                Err(_) => sleep(limits::ACCEPT_BACK_OFF).await,
            },
        }
    }
    drop(listener);
    while visits.join_next().await.is_some() {}
}

/// The visitor broke off before accept (accept(2), "Error handling").
fn gone_already(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

async fn converse(
    mut stream: TcpStream,
    peer: SocketAddr,
    service: Service,
    log: Arc<Log>,
    mut told: watch::Receiver<Running>,
) {
    let Ok(visit) = Visit::begin(&stream, peer, log) else {
        return;
    };
    let leg_told = told.clone();
    let conversation = async {
        match &service {
            Service::Http(site) => http::converse(&mut stream, &visit, site).await,
            Service::Echo => echo::converse(&mut stream, &visit).await,
            // Datagrams make no conversation.
            Service::Dns(_) => Ok(()),
            Service::Relay(relay) => relay::converse(&mut stream, &visit, relay, leg_told).await,
        }
    };
    let stopped = async {
        match told.wait_for(|running| *running != Running::Yes).await {
            Ok(how) => *how,
            // The lab is gone without a word.
            Err(_) => Running::Resetting,
        }
    };
    tokio::select! {
        biased;
        how = stopped => {
            if how == Running::Resetting {
                drop(stream.set_zero_linger());
            }
        }
        // A visitor who leaves in the middle is no event.
        _ = conversation => {}
    }
}
