//! The socket table: what the kernel lists, the lab's names, and the processes behind it.
use std::io;

use super::filter::{LabSockets, SocketFilter};
use super::inet::{self, Entry, States, Transport};
use super::netlink::Netlink;
use super::{Namespace, not_available, owners, unix};
use crate::lang::{Failure, SocketRow, SocketTable};
use crate::net::{FourTuple, TcpState};

/// The socket table, as sock_diag(7) gives it, with owners where they may be known.
pub fn sockets(ns: &dyn Namespace, filter: &SocketFilter<'_>) -> Result<SocketTable, Failure> {
    let mut gathered = Gathered::default();
    open(ns)
        .and_then(|mut link| gathered.all(&mut link, filter))
        .map_err(|error| not_available("sock_diag", "the kernel's socket table", &error))?;
    let Gathered {
        mut rows,
        mut notes,
    } = gathered;
    if filter.only_lab {
        own_up(&mut rows);
    } else {
        notes.extend(owners::find(&mut rows, filter.owners).note());
    }
    Ok(SocketTable {
        scope: if filter.only_lab { "lab" } else { "all" },
        count: rows.len(),
        rows,
        notes,
    })
}

/// TCP listeners alone, without owners: the kernel keeps them in a table of their own, so this
/// takes the same fraction of a millisecond however many connections there are.
pub fn listeners(ns: &dyn Namespace) -> io::Result<Vec<SocketRow>> {
    list(ns, Transport::Tcp, States::LISTEN, None)
}

/// UDP sockets, without owners. Those without a peer receive from anybody.
pub fn udp_sockets(ns: &dyn Namespace) -> io::Result<Vec<SocketRow>> {
    list(ns, Transport::Udp, States::ALL, None)
}

/// The one TCP socket with these two ends, looked up by the kernel's own hash; `None` when it is
/// closed for good.
pub fn connection(ns: &dyn Namespace, ends: FourTuple) -> io::Result<Option<SocketRow>> {
    let entry = inet::lookup(&mut open(ns)?, ends)?;
    Ok(entry.map(|entry| entry.row(Transport::Tcp)))
}

/// Every socket whose own end has this port, without owners.
pub(super) fn holding(ns: &dyn Namespace, port: u16) -> io::Result<Vec<SocketRow>> {
    let mut rows = list(ns, Transport::Tcp, States::ALL, Some(port))?;
    // A kernel without udp_diag has told the more important half.
    rows.extend(list(ns, Transport::Udp, States::ALL, Some(port)).unwrap_or_default());
    Ok(rows)
}

fn open(ns: &dyn Namespace) -> io::Result<Netlink> {
    Netlink::open(ns, libc::NETLINK_SOCK_DIAG)
}

fn list(
    ns: &dyn Namespace,
    transport: Transport,
    states: States,
    port: Option<u16>,
) -> io::Result<Vec<SocketRow>> {
    let mut rows = Vec::new();
    inet::dump(&mut open(ns)?, transport, states, port, |entry| {
        rows.push(entry.row(transport));
    })?;
    Ok(rows)
}

/// Whoever is named by the lab is held by this process; no need to search.
fn own_up(rows: &mut [SocketRow]) {
    let pid = std::process::id();
    for row in rows.iter_mut().filter(|row| row.inode != 0) {
        row.pid = Some(pid);
    }
}

#[derive(Default)]
struct Gathered {
    rows: Vec<SocketRow>,
    notes: Vec<String>,
}

impl Gathered {
    fn all(&mut self, link: &mut Netlink, filter: &SocketFilter<'_>) -> io::Result<()> {
        if filter.protocols.tcp {
            self.inet(link, Transport::Tcp, filter)?;
        }
        if filter.protocols.udp {
            let asked = self.inet(link, Transport::Udp, filter);
            self.or_note(asked, "UDP sockets");
        }
        if filter.protocols.unix && filter.port.is_none() {
            let asked = self.unix(link, filter);
            self.or_note(asked, "Unix sockets");
        }
        Ok(())
    }

    /// Kernels can be built without one part of sock_diag; the other parts still count.
    fn or_note(&mut self, asked: io::Result<()>, what: &str) {
        if let Err(error) = asked {
            self.notes
                .push(format!("{what} are not listed by this kernel: {error}"));
        }
    }

    fn inet(
        &mut self,
        link: &mut Netlink,
        transport: Transport,
        filter: &SocketFilter<'_>,
    ) -> io::Result<()> {
        let states = filter.state.map_or(States::ALL, States::of);
        inet::dump(link, transport, states, None, |entry| {
            let name = filter.lab.and_then(|lab| lab.name(u64::from(entry.inode)));
            if wants(filter, &entry) {
                self.rows.push(SocketRow {
                    owner: name.map(str::to_owned),
                    ..entry.row(transport)
                });
            }
        })
    }

    fn unix(&mut self, link: &mut Netlink, filter: &SocketFilter<'_>) -> io::Result<()> {
        unix::dump(link, |mut row| {
            row.owner = filter
                .lab
                .and_then(|lab| lab.name(row.inode))
                .map(str::to_owned);
            let state_fits = filter.state.is_none_or(|state| state == row.state);
            if state_fits && (row.owner.is_some() || !filter.only_lab) {
                self.rows.push(row);
            }
        })
    }
}

fn wants(filter: &SocketFilter<'_>, entry: &Entry) -> bool {
    filter.state.is_none_or(|state| state == entry.state)
        && filter.port.is_none_or(|port| entry.has_port(port))
        && (!filter.only_lab || filter.lab.is_some_and(|lab| lab.has(entry)))
}

impl LabSockets {
    pub(super) fn name(&self, inode: u64) -> Option<&str> {
        self.names.get(&inode).map(String::as_str)
    }

    /// Whether a socket is one of the lab's, or what is left of one.
    fn has(&self, entry: &Entry) -> bool {
        if entry.inode != 0 {
            return self.names.contains_key(&u64::from(entry.inode));
        }
        self.endpoints.contains(&entry.local)
            || (entry.state != TcpState::Listen && self.endpoints.contains(&entry.peer))
    }
}
