//! Sockets of every kind that stands still: listeners, connections with and without bytes to read,
//! half-closed ones, those that wait for accept, TIME-WAIT, UDP with and without a peer; over IPv4,
//! IPv6 and IPv4 mapped into IPv6.
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};

use looplab::net::FourTuple;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

/// What is held until it is dropped.
pub(crate) struct Crowd {
    listeners: Vec<TcpListener>,
    streams: Vec<TcpStream>,
    datagrams: Vec<UdpSocket>,
    /// Local ports of what no descriptor stands for any more.
    left: Vec<u16>,
    resting: Vec<FourTuple>,
    exposed: TcpListener,
}

/// Sockets of one kind in one measure.
const EACH: usize = 10;

impl Crowd {
    /// Opens about 180 sockets for each measure.
    pub(crate) fn open(measures: usize) -> Self {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
        let mut crowd = Self {
            listeners: Vec::new(),
            streams: Vec::new(),
            datagrams: Vec::new(),
            left: Vec::new(),
            resting: Vec::new(),
            exposed: TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap(),
        };
        let six = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
        if !six {
            eprintln!("SKIPPED in part: no IPv6 here");
        }
        for _ in 0..measures * EACH {
            crowd.tcp(listen((Ipv4Addr::LOCALHOST, 0).into(), false));
            crowd.udp((Ipv4Addr::LOCALHOST, 0).into());
            crowd.waiting();
            crowd.half_closed();
            crowd.time_wait();
            if six {
                crowd.tcp(listen((Ipv6Addr::LOCALHOST, 0).into(), false));
                crowd.mapped();
                crowd.udp((Ipv6Addr::LOCALHOST, 0).into());
            }
        }
        crowd
    }

    /// The local ports of everything.
    pub(crate) fn ports(&self) -> impl Iterator<Item = u16> {
        let listeners = self.listeners.iter().chain([&self.exposed]);
        let listeners = listeners.map(|one| one.local_addr().unwrap().port());
        let streams = self
            .streams
            .iter()
            .map(|one| one.local_addr().unwrap().port());
        let datagrams = self
            .datagrams
            .iter()
            .map(|one| one.local_addr().unwrap().port());
        listeners
            .chain(streams)
            .chain(datagrams)
            .chain(self.left.iter().copied())
    }

    /// Connections that will not change.
    pub(crate) fn resting(&self) -> impl Iterator<Item = FourTuple> {
        self.resting.iter().copied()
    }

    /// A listener beyond loopback.
    pub(crate) fn exposed(&self) -> SocketAddr {
        self.exposed.local_addr().unwrap()
    }

    fn connect(listener: &TcpListener) -> (TcpStream, TcpStream) {
        let mut at = listener.local_addr().unwrap();
        if at.ip().is_unspecified() {
            at.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        let client = TcpStream::connect(at).unwrap();
        let (server, _) = listener.accept().unwrap();
        (client, server)
    }

    /// A connection with bytes that nobody has read.
    fn tcp(&mut self, listener: TcpListener) {
        let (client, mut server) = Self::connect(&listener);
        server.write_all(b"hello").unwrap();
        client.peek(&mut [0]).unwrap();
        self.resting.push(FourTuple {
            local: client.local_addr().unwrap(),
            peer: client.peer_addr().unwrap(),
        });
        self.listeners.push(listener);
        self.streams.extend([client, server]);
    }

    /// An IPv4 client of a listener for both families.
    fn mapped(&mut self) {
        self.tcp(listen((Ipv6Addr::UNSPECIFIED, 0).into(), false));
        self.listeners
            .push(listen((Ipv6Addr::UNSPECIFIED, 0).into(), true));
    }

    /// A connection nobody has accepted.
    fn waiting(&mut self) {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into(), false);
        self.streams
            .push(TcpStream::connect(listener.local_addr().unwrap()).unwrap());
        self.listeners.push(listener);
    }

    /// One end has said that it sends no more.
    fn half_closed(&mut self) {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into(), false);
        let (client, server) = Self::connect(&listener);
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!((&server).read(&mut [0]).unwrap(), 0);
        self.listeners.push(listener);
        self.streams.extend([client, server]);
    }

    fn time_wait(&mut self) {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into(), false);
        let (client, server) = Self::connect(&listener);
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!((&server).read(&mut [0]).unwrap(), 0);
        server.shutdown(Shutdown::Write).unwrap();
        assert_eq!((&client).read(&mut [0]).unwrap(), 0);
        self.left.push(client.local_addr().unwrap().port());
    }

    /// A socket that receives from anybody, and one with a peer.
    fn udp(&mut self, at: SocketAddr) {
        let open = UdpSocket::bind(at).unwrap();
        let tied = UdpSocket::bind(at).unwrap();
        tied.connect(open.local_addr().unwrap()).unwrap();
        tied.send(b"hello").unwrap();
        open.peek(&mut [0; 8]).unwrap();
        self.datagrams.extend([open, tied]);
    }
}

/// A listener with a queue of a length of its own, and without SO_REUSEADDR.
fn listen(at: SocketAddr, v6_only: bool) -> TcpListener {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, None).unwrap();
    if at.is_ipv6() {
        socket.set_only_v6(v6_only).unwrap();
    }
    socket.bind(&at.into()).unwrap();
    socket.listen(7).unwrap();
    socket.into()
}
