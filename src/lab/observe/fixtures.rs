//! Real sockets for the observer's tests.
//!
//! Listeners take ports outside the range the kernel hands out, and what is open is reset when it is
//! dropped: so neither other programs nor earlier tests leave rows that could be taken for ours.
use std::io::Read;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

use super::{Here, connection};
use crate::lang::SocketRow;
use crate::net::{FourTuple, TcpState};

/// A connection over loopback, with its listener.
pub(super) struct Connected {
    pub(super) listener: TcpListener,
    pub(super) client: TcpStream,
    pub(super) server: TcpStream,
}

/// A connection that leaves nothing behind.
pub(super) fn connect() -> Connected {
    // The kernel may give a port that it chooses to a connection of somebody else as well.
    let connected = connect_from(bound());
    for end in [&connected.client, &connected.server] {
        SockRef::from(end).set_linger(Some(Duration::ZERO)).unwrap();
    }
    connected
}

fn connect_from(client: Socket) -> Connected {
    let listener = listen();
    client
        .connect(&listener.local_addr().unwrap().into())
        .unwrap();
    let (server, _) = listener.accept().unwrap();
    let client = TcpStream::from(client);
    Connected {
        listener,
        client,
        server,
    }
}

/// Ports that nobody is given without asking for them by number: outside the kernel's range, if it
/// leaves any.
pub(super) fn quiet_ports() -> impl DoubleEndedIterator<Item = u16> {
    let range = super::range(&Here).unwrap().range();
    let mut ports: Vec<u16> = (1024..=u16::MAX).collect();
    if ports.iter().any(|port| !range.contains(*port)) {
        ports.retain(|port| !range.contains(*port));
    }
    ports.into_iter()
}

/// A socket on one of them, without SO_REUSEADDR, which would share its port with connections in
/// TIME-WAIT.
fn bound() -> Socket {
    let bound = |port| {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        socket.bind(&local.into()).ok()?;
        Some(socket)
    };
    quiet_ports().rev().find_map(bound).unwrap()
}

fn listen() -> TcpListener {
    let socket = bound();
    socket.listen(16).unwrap();
    TcpListener::from(socket)
}

pub(super) fn inode(socket: &impl AsFd) -> u64 {
    nix::sys::stat::fstat(socket.as_fd()).unwrap().st_ino
}

pub(super) fn ends(stream: &TcpStream) -> FourTuple {
    FourTuple {
        local: stream.local_addr().unwrap(),
        peer: stream.peer_addr().unwrap(),
    }
}

/// Asks the kernel about a connection until it is in a state. The kernel gets there by itself; the
/// bound is for a machine so loaded that it has not got round to it.
pub(super) fn reached(ends: FourTuple, state: TcpState) -> SocketRow {
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        let row = connection(&Here, ends).unwrap();
        if let Some(row) = row.filter(|row| row.state == state) {
            return row;
        }
        assert!(Instant::now() < patience, "{ends} never reached {state}");
        std::thread::yield_now();
    }
}

/// Leaves the server's end of a connection in TIME-WAIT, and nothing else; gives its ends.
pub(super) fn time_wait() -> FourTuple {
    let Connected {
        listener,
        mut client,
        server,
    } = connect_from(Socket::new(Domain::IPV4, Type::STREAM, None).unwrap());
    let ends = ends(&server);
    drop(listener);
    server.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.read(&mut [0; 1]).unwrap(), 0);
    drop(server);
    drop(client);
    reached(ends, TcpState::TimeWait);
    ends
}
