//! Real sockets for the observer's tests.
use std::io::Read;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use super::{Here, connection};
use crate::lang::SocketRow;
use crate::net::{FourTuple, TcpState};

/// A connection over loopback, with its listener.
pub(super) struct Connected {
    pub(super) listener: TcpListener,
    pub(super) client: TcpStream,
    pub(super) server: TcpStream,
}

pub(super) fn connect() -> Connected {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    Connected {
        listener,
        client,
        server,
    }
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
    } = connect();
    let ends = ends(&server);
    drop(listener);
    server.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.read(&mut [0; 1]).unwrap(), 0);
    drop(server);
    drop(client);
    reached(ends, TcpState::TimeWait);
    ends
}

/// A TCP port that nothing has: outside the range the kernel hands out where there is an outside, so
/// that no other test is given it meanwhile.
pub(super) fn untaken(taken: &[SocketRow]) -> u16 {
    let range = super::range(&Here).unwrap().range();
    let taken: Vec<u16> = taken
        .iter()
        .filter_map(|row| Some(row.local.inet()?.port()))
        .collect();
    let mut candidates: Vec<u16> = (1024..=u16::MAX)
        .filter(|port| !taken.contains(port))
        .collect();
    candidates.sort_by_key(|port| range.contains(*port));
    candidates[0]
}
