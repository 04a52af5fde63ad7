//! The socket table: what the kernel lists, the lab's names, and the processes behind it.
use std::collections::{HashMap, HashSet};
use std::io;
use std::num::NonZeroU16;
use std::sync::Arc;

use super::exposure::{Exposure, is_exposed};
use super::filter::{LabSockets, Owners, SocketFilter};
use super::inet::{self, Entry, Query, States, Transport};
use super::netlink::Netlink;
use super::owners::{Search, is_stopped};
use super::{Namespace, not_available, unix};
use crate::lang::{Failure, SocketRow, SocketTable};
use crate::limits;
use crate::net::{FourTuple, TcpState};

/// The socket table, as sock_diag(7) gives it, with owners where they may be known.
pub fn sockets(ns: &dyn Namespace, filter: &SocketFilter<'_>) -> Result<SocketTable, Failure> {
    let mut gathered = Gathered {
        rows: Vec::new(),
        notes: Vec::new(),
        exposure: filter.exposed.then(|| Exposure::read(ns)).transpose()?,
        search: Search::new(if filter.only_lab {
            Owners::Nobody
        } else {
            filter.owners
        }),
    };
    open(ns)
        .and_then(|mut link| gathered.all(&mut link, filter))
        .map_err(|error| not_available("sock_diag", "the kernel's socket table", &error))?;
    let Gathered {
        mut rows,
        mut notes,
        search,
        ..
    } = gathered;
    let children = filter.lab.map(|lab| &lab.children);
    adopt_children(&mut rows, children);
    if filter.only_lab {
        own_up(&mut rows);
    } else {
        notes.extend(search.tell(&mut rows).note());
    }
    if let Some(holder) = &filter.held_by {
        rows.retain(|row| holder.holds(row));
    }
    if rows.len() <= limits::SOCKETS_SORTED {
        sort(&mut rows);
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
    list(&mut open(ns)?, Transport::Tcp, States::LISTEN, None)
}

/// UDP sockets, without owners. Those without a peer receive from anybody.
pub fn udp_sockets(ns: &dyn Namespace) -> io::Result<Vec<SocketRow>> {
    list(&mut open(ns)?, Transport::Udp, States::ALL, None)
}

/// The one TCP socket with these two ends, looked up by the kernel's own hash; `None` when it is
/// closed for good.
pub fn connection(ns: &dyn Namespace, ends: FourTuple) -> io::Result<Option<SocketRow>> {
    let entry = inet::lookup(&mut open(ns)?, ends)?;
    Ok(entry.map(|entry| entry.row(Transport::Tcp)))
}

/// Every socket whose own end has this port, without owners.
pub(super) fn holding(ns: &dyn Namespace, port: u16) -> io::Result<Vec<SocketRow>> {
    let link = &mut open(ns)?;
    let mut rows = list(link, Transport::Tcp, States::ALL, Some(port))?;
    // A kernel without udp_diag has told the more important half.
    rows.extend(list(link, Transport::Udp, States::ALL, Some(port)).unwrap_or_default());
    Ok(rows)
}

fn open(ns: &dyn Namespace) -> io::Result<Netlink> {
    Netlink::open(ns, libc::NETLINK_SOCK_DIAG)
}

fn list(
    link: &mut Netlink,
    transport: Transport,
    states: States,
    port: Option<u16>,
) -> io::Result<Vec<SocketRow>> {
    let mut rows = Vec::new();
    let query = Query {
        local_port: port,
        ..Query::of(transport, states)
    };
    inet::dump(link, query, |entry| {
        rows.push(entry.row(transport));
    })?;
    Ok(rows)
}

/// Says of what the lab's own processes hold who they are.
pub(super) fn adopt_children(rows: &mut [SocketRow], children: Option<&HashMap<u64, Vec<u32>>>) {
    let Some(children) = children.filter(|children| !children.is_empty()) else {
        return;
    };
    let mut stopped: HashSet<u32> = children.values().flatten().copied().collect();
    stopped.retain(|pid| is_stopped(*pid));
    for row in rows.iter_mut().filter(|row| row.inode != 0) {
        let Some(children) = children.get(&row.inode) else {
            continue;
        };
        let still = children.iter().filter(|pid| stopped.contains(pid)).count();
        row.children.clone_from(children);
        row.stopped = u16::try_from(still).ok().and_then(NonZeroU16::new);
    }
}

/// Whoever is named by the lab is held by this process, or by its children; no need to search.
fn own_up(rows: &mut [SocketRow]) {
    let pid = std::process::id();
    let name: Arc<str> = env!("CARGO_PKG_NAME").into();
    for row in rows.iter_mut().filter(|row| row.inode != 0) {
        row.pid = row.children.first().copied().or(Some(pid));
        row.process = Some(Arc::clone(&name));
    }
}

/// The kernel lists sockets by a hash that every start seeds anew; who compares two tables wants the
/// same rows in the same places: by protocol, what listens first, then by both ends.
fn sort(rows: &mut [SocketRow]) {
    fn place(row: &SocketRow) -> impl Ord + '_ {
        let connected = row.state != TcpState::Listen;
        let ends = (&row.local, &row.peer);
        (row.protocol, connected, ends, row.inode)
    }
    rows.sort_by(|one, other| place(one).cmp(&place(other)));
}

/// From so many rows on the search for owners begins beside the list. A second thread that reads
/// the same descriptors costs more than it saves in a small table (benches/table.rs).
const SEARCHED_BESIDE: usize = 512;

struct Gathered {
    rows: Vec<SocketRow>,
    notes: Vec<String>,
    /// When it is asked what others can reach.
    exposure: Option<Exposure>,
    /// For the processes behind the rows.
    search: Search,
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
        if filter.protocols.unix && filter.port.is_none() && !filter.exposed {
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
        let query = Query {
            details: filter.details,
            ..Query::of(transport, filter.state.map_or(States::ALL, States::of))
        };
        inet::dump(link, query, |entry| {
            let name = filter.lab.and_then(|lab| lab.name(u64::from(entry.inode)));
            if wants(filter, transport, &entry) {
                self.rows.push(SocketRow {
                    owner: name.map(str::to_owned),
                    reachable_at: self
                        .exposure
                        .as_ref()
                        .map(|exposure| exposure.of(&entry).collect()),
                    ..entry.row(transport)
                });
                if self.rows.len() == SEARCHED_BESIDE {
                    self.search.begin();
                }
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

fn wants(filter: &SocketFilter<'_>, transport: Transport, entry: &Entry) -> bool {
    (!filter.exposed || is_exposed(transport, entry))
        && filter.state.is_none_or(|state| state == entry.state)
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

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};

    use socket2::{Domain, Socket, Type};

    use super::super::Here;
    use super::super::fixtures::{Connected, connect, ends, inode, reached, time_wait};
    use super::*;
    use crate::net::Endpoint;

    fn all() -> Vec<SocketRow> {
        sockets(&Here, &SocketFilter::default()).unwrap().rows
    }

    #[test]
    fn rows_stand_in_the_same_places_each_time() {
        let held: Vec<_> = (0..3).map(|_| connect()).collect();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let ours: Vec<u64> = held
            .iter()
            .flat_map(|one| [inode(&one.listener), inode(&one.client)])
            .chain([inode(&udp)])
            .collect();
        let mut rows = all();
        rows.retain(|row| ours.contains(&row.inode));
        let places = |rows: &[SocketRow]| {
            let place = |row: &SocketRow| (row.protocol, row.state, row.local.clone());
            rows.iter().map(place).collect::<Vec<_>>()
        };
        rows.reverse();
        sort(&mut rows);
        let sorted = places(&rows);
        assert_eq!(sorted.len(), 7);
        let [listeners @ .., last] = sorted.as_slice() else {
            panic!("{sorted:?}");
        };
        assert_eq!(last.0, "udp");
        let (listening, connected) = listeners.split_at(3);
        assert!(listening.iter().all(|row| row.1 == TcpState::Listen));
        assert!(listening.is_sorted() && connected.is_sorted(), "{sorted:?}");
    }

    fn of(rows: &[SocketRow], inode: u64) -> &SocketRow {
        rows.iter().find(|row| row.inode == inode).unwrap()
    }

    #[test]
    fn our_listener_and_connection_are_seen_as_they_are() {
        let Connected {
            listener,
            client,
            mut server,
        } = connect();
        let waiting = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        server.write_all(b"hello").unwrap();
        // The bytes are in the client's queue once the server's are acknowledged.
        reached(ends(&waiting), TcpState::Established);
        client.peek(&mut [0; 8]).unwrap();

        let rows = all();
        let row = of(&rows, inode(&listener));
        assert_eq!(row.state, TcpState::Listen);
        assert_eq!(row.local, listener.local_addr().unwrap().into());
        assert_eq!((row.peer.as_ref(), row.recv_queue), (None, 1));
        assert_eq!(row.pid, Some(std::process::id()));
        assert!(row.process.is_some());

        let row = of(&rows, inode(&client));
        assert_eq!(row.state, TcpState::Established);
        assert_eq!(row.peer, Some(Endpoint::from(client.peer_addr().unwrap())));
        assert_eq!(row.recv_queue, 5);
        assert_eq!(row.uid, nix::unistd::geteuid().as_raw());
    }

    #[test]
    fn listeners_are_listeners_only() {
        let Connected {
            listener, client, ..
        } = connect();
        let rows = listeners(&Here).unwrap();
        assert_eq!(of(&rows, inode(&listener)).protocol, "tcp");
        assert!(rows.iter().all(|row| row.state == TcpState::Listen));
        assert!(rows.iter().all(|row| row.inode != inode(&client)));
    }

    #[test]
    fn udp_sockets_with_and_without_a_peer() {
        let open = UdpSocket::bind("127.0.0.1:0").unwrap();
        let tied = UdpSocket::bind("127.0.0.1:0").unwrap();
        tied.connect(open.local_addr().unwrap()).unwrap();
        let rows = udp_sockets(&Here).unwrap();
        let row = of(&rows, inode(&open));
        assert_eq!((row.state, row.peer.as_ref()), (TcpState::Closed, None));
        let row = of(&rows, inode(&tied));
        assert_eq!(row.state, TcpState::Established);
        assert_eq!(row.peer, Some(open.local_addr().unwrap().into()));
    }

    #[test]
    fn a_connection_is_looked_up_by_its_ends() {
        let Connected {
            listener,
            client,
            server,
        } = connect();
        for end in [&client, &server] {
            let row = connection(&Here, ends(end)).unwrap().unwrap();
            assert_eq!(row.inode, inode(end));
            assert_eq!(row.state, TcpState::Established);
        }
        let nobody = FourTuple {
            local: listener.local_addr().unwrap(),
            peer: SocketAddr::from(([127, 0, 0, 1], 1)),
        };
        assert_eq!(connection(&Here, nobody).unwrap(), None);
    }

    #[test]
    fn time_wait_has_a_timer_and_no_process() {
        let ends = time_wait();
        let row = connection(&Here, ends).unwrap().unwrap();
        assert_eq!((row.inode, row.state), (0, TcpState::TimeWait));
        let seconds = row.timer_seconds.unwrap();
        assert!((0.0..=60.0).contains(&seconds), "{seconds}");
        let rows = all();
        let left = |row: &&SocketRow| row.local == ends.local.into() && row.inode == 0;
        let listed = rows.iter().find(left);
        assert_eq!(listed.unwrap().pid, None);
    }

    /// A listener for both families, however `bindv6only` is set.
    fn dual_stack() -> Option<TcpListener> {
        let socket = Socket::new(Domain::IPV6, Type::STREAM, None).ok()?;
        socket.set_only_v6(false).ok()?;
        let any = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
        socket.bind(&any.into()).ok()?;
        socket.listen(1).ok()?;
        Some(socket.into())
    }

    #[test]
    fn a_mapped_address_stays_mapped() {
        let Some(listener) = dual_stack() else {
            eprintln!("SKIPPED: a mapped address needs IPv6, which is not here");
            return;
        };
        let port = listener.local_addr().unwrap().port();
        let _client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (server, _) = listener.accept().unwrap();
        let row = connection(&Here, ends(&server)).unwrap().unwrap();
        assert_eq!(row.local.to_string(), format!("[::ffff:127.0.0.1]:{port}"));
        assert_eq!(of(&all(), inode(&server)).local, row.local);
    }

    #[test]
    fn filters() {
        let Connected {
            listener,
            client,
            server,
        } = connect();
        let waiting = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        reached(ends(&waiting), TcpState::Established);
        let lab = LabSockets {
            names: [
                (inode(&listener), "server".to_owned()),
                (inode(&client), "client".to_owned()),
            ]
            .into(),
            endpoints: [listener.local_addr().unwrap()].into(),
            ..LabSockets::default()
        };
        let port = listener.local_addr().unwrap().port();
        let named = |filter: SocketFilter<'_>| {
            let table = sockets(&Here, &filter).unwrap();
            assert_eq!(table.count, table.rows.len());
            let mut names: Vec<_> = table.rows.into_iter().map(|row| row.owner).collect();
            names.sort();
            names
        };
        let name = |name: &str| Some(name.to_owned());
        let lab_only = SocketFilter {
            lab: Some(&lab),
            only_lab: true,
            ..SocketFilter::default()
        };
        // The connection that waits for accept has no inode yet, and belongs to our listener.
        assert_eq!(
            named(lab_only.clone()),
            [None, name("client"), name("server")]
        );
        let listening = SocketFilter {
            state: Some(TcpState::Listen),
            ..lab_only.clone()
        };
        assert_eq!(named(listening), [name("server")]);
        let at_the_port = SocketFilter {
            port: Some(port),
            only_lab: false,
            owners: Owners::Nobody,
            ..lab_only
        };
        let rest = [None, None, None];
        assert_eq!(
            named(at_the_port),
            [&rest[..], &[name("client"), name("server")]].concat()
        );
        drop(server);
    }

    #[test]
    fn our_own_process_needs_no_search_elsewhere() {
        let Connected { listener, .. } = connect();
        let filter = SocketFilter {
            owners: Owners::OwnProcess,
            ..SocketFilter::default()
        };
        let table = sockets(&Here, &filter).unwrap();
        let row = of(&table.rows, inode(&listener));
        assert_eq!(row.pid, Some(std::process::id()));
        assert!(table.notes.iter().all(|note| !note.contains("held by")));
    }
}
