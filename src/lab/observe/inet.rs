//! TCP and UDP sockets over sock_diag(7): the request, and the 72 bytes that describe a socket.
//!
//! Knows the kernel's layout (`linux/inet_diag.h`) and nothing of processes.
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use super::bytes::Bytes;
use super::netlink::{Attributes, Message, Netlink, Request};
use crate::lang::{SocketRow, TcpDetails};
use crate::net::{FourTuple, TcpState};

/// `SOCK_DIAG_BY_FAMILY` of `linux/sock_diag.h`. An answer is of the kind of its question.
pub(super) const BY_FAMILY: u16 = 20;

/// `TCPDIAG_GETSOCK` of `linux/inet_diag.h`, the older question about TCP. It knows no family, so one
/// walk through the kernel's table (a quarter of a million buckets, empty or not) does for both.
const BOTH_FAMILIES: u16 = 18;

/// Attributes of `linux/inet_diag.h`.
mod attribute {
    pub(super) const INFO: u16 = 2;
    pub(super) const SKV6ONLY: u16 = 11;
}

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

/// "Whichever socket has these ends": `INET_DIAG_NOCOOKIE`, twice.
const NO_COOKIE: [u8; 8] = [0xff; 8];

/// What an inet socket speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Tcp,
    Udp,
}

impl Transport {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    /// The protocol's number in the IP header.
    fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
        }
    }
}

/// A set of states: one bit for each of Linux's numbers (`include/net/tcp_states.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct States(u32);

impl States {
    /// Every state, and sockets that are bound but neither listen nor are connected (bit 13, Linux
    /// 6.8): older kernels know no way to list those.
    pub(super) const ALL: Self = Self(0x3fff);

    /// Listeners alone. The kernel has a table of them, so the connections are never walked.
    pub(super) const LISTEN: Self = Self(1 << 10);

    /// The bits that can turn out to be this state.
    pub(super) fn of(state: TcpState) -> Self {
        let bits = (1u8..=12)
            .filter(|number| TcpState::from_linux(*number) == Some(state))
            .fold(0, |bits, number| bits | 1 << number);
        Self(if state == TcpState::Closed {
            bits | 1 << 13
        } else {
            bits
        })
    }
}

/// One socket of a dump, still in the kernel's terms, so that rows nobody wants cost nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) state: TcpState,
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
    pub(super) inode: u32,
    /// Of a socket bound to IPv6 that listens or has no peer: whether it leaves IPv4 alone.
    pub(super) v6_only: bool,
    details: Option<TcpDetails>,
    timer: u8,
    expires_ms: u32,
    recv_queue: u32,
    send_queue: u32,
    uid: u32,
}

/// Which sockets are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query {
    pub(super) transport: Transport,
    pub(super) states: States,
    /// Only those whose own end has this port.
    pub(super) local_port: Option<u16>,
    /// Whether TCP's own figures come along.
    pub(super) details: bool,
}

impl Query {
    /// Every socket of a transport in some states.
    pub(super) fn of(transport: Transport, states: States) -> Self {
        Self {
            transport,
            states,
            local_port: None,
            details: false,
        }
    }

    /// `idiag_ext`: one bit for each attribute that is not sent unasked.
    fn extensions(self) -> u8 {
        if self.details {
            1 << (attribute::INFO - 1)
        } else {
            0
        }
    }
}

/// Asks for many sockets, and hands them on one by one.
pub(super) fn dump(
    link: &mut Netlink,
    query: Query,
    mut each: impl FnMut(Entry),
) -> io::Result<()> {
    let Query {
        transport,
        local_port,
        ..
    } = query;
    let mut id = [0; 48];
    if let (Some(port), Some(place)) = (local_port, id.first_chunk_mut()) {
        *place = port.to_be_bytes();
    }
    // Linux looks at the port for every state but "bound", so it is looked at again here.
    let asked_for = |entry: &Entry| local_port.is_none_or(|port| entry.local.port() == port);
    let mut ask = |kind, payload: &[u8]| {
        let all = true;
        link.ask(&Request { kind, all, payload }, |message| {
            if let Some(entry) = parse(message).filter(asked_for) {
                each(entry);
            }
        })
    };
    if transport == Transport::Tcp {
        return ask(BOTH_FAMILIES, &encode_older(query, &id));
    }
    ask(BY_FAMILY, &encode(AF_INET, query, &id))?;
    match ask(BY_FAMILY, &encode(AF_INET6, query, &id)) {
        // A kernel without IPv6 has no such sockets to tell of.
        Err(error) if is_absent(&error) => Ok(()),
        other => other,
    }
}

/// Asks for the one TCP socket with these ends.
pub(super) fn lookup(link: &mut Netlink, ends: FourTuple) -> io::Result<Option<Entry>> {
    let family = match ends.local {
        SocketAddr::V4(_) => AF_INET,
        SocketAddr::V6(_) => AF_INET6,
    };
    let mut id = Vec::with_capacity(48);
    id.extend(ends.local.port().to_be_bytes());
    id.extend(ends.peer.port().to_be_bytes());
    id.extend(address_bytes(ends.local.ip()));
    id.extend(address_bytes(ends.peer.ip()));
    id.extend(scope(ends.local).to_ne_bytes());
    id.extend(NO_COOKIE);
    let request = Request {
        kind: BY_FAMILY,
        all: false,
        payload: &encode(family, Query::of(Transport::Tcp, States::ALL), &id),
    };
    let mut found = None;
    match link.ask(&request, |message| found = parse(message)) {
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => return Ok(None),
        other => other?,
    }
    // For want of a connection the kernel answers with the listener on that endpoint.
    Ok(found.filter(|entry| entry.peer == ends.peer))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ENOENT | libc::EAFNOSUPPORT | libc::EPROTONOSUPPORT)
    )
}

/// `struct inet_diag_req_v2`.
fn encode(family: u8, query: Query, id: &[u8]) -> Vec<u8> {
    let mut bytes = vec![family, query.transport.number(), query.extensions(), 0];
    bytes.extend(query.states.0.to_ne_bytes());
    bytes.extend(id);
    bytes
}

/// `struct inet_diag_req`, whose family and prefix lengths the kernel passes over.
fn encode_older(query: Query, id: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, query.extensions()];
    bytes.extend(id);
    bytes.extend(query.states.0.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes
}

/// `struct inet_diag_msg`, and what of the attributes behind it is needed.
fn parse(message: Message<'_>) -> Option<Entry> {
    if !matches!(message.kind, BY_FAMILY | BOTH_FAMILIES) {
        return None;
    }
    let mut bytes = Bytes(message.payload);
    let family = bytes.u8()?;
    let state = bytes.u8()?;
    let timer = bytes.u8()?;
    let _retransmissions = bytes.u8()?;
    let local_port = bytes.port()?;
    let peer_port = bytes.port()?;
    let local = bytes.take()?;
    let peer = bytes.take()?;
    let interface = bytes.u32()?;
    let _cookie: [u8; 8] = bytes.take()?;
    let mut entry = Entry {
        state: state_of(state)?,
        local: address(family, local, local_port, interface)?,
        peer: address(family, peer, peer_port, interface)?,
        timer,
        expires_ms: bytes.u32()?,
        recv_queue: bytes.u32()?,
        send_queue: bytes.u32()?,
        uid: bytes.u32()?,
        inode: bytes.u32()?,
        v6_only: false,
        details: None,
    };
    for (kind, mut value) in Attributes(bytes.0).map(|(kind, value)| (kind, Bytes(value))) {
        match kind {
            // What a listener says there is told by its queues.
            attribute::INFO if entry.state != TcpState::Listen => entry.details = details(value),
            attribute::SKV6ONLY => entry.v6_only = value.u8() == Some(1),
            _ => {}
        }
    }
    Some(entry)
}

/// `struct tcp_info` (`linux/tcp.h`). It grows at its end from kernel to kernel; what is read here
/// has been there since Linux 4.1.
fn details(mut bytes: Bytes<'_>) -> Option<TcpDetails> {
    let _states_and_options: [u8; 8] = bytes.take()?;
    let mut words = [0; 24];
    for word in &mut words {
        *word = bytes.u32()?;
    }
    let [
        rto_us,
        _ato,
        mss,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        rtt_us,
        rtt_var_us,
        _,
        cwnd,
        ..,
    ] = words;
    let [.., retransmits] = words;
    let _pacing_rates: [u8; 16] = bytes.take()?;
    let mut counter = || bytes.take().map(u64::from_ne_bytes);
    Some(TcpDetails {
        rtt_us,
        rtt_var_us,
        rto_us,
        mss,
        cwnd,
        retransmits,
        bytes_acked: counter()?,
        bytes_received: counter()?,
    })
}

fn state_of(number: u8) -> Option<TcpState> {
    // 13: bound, and neither listening nor connected.
    if number == 13 {
        return Some(TcpState::Closed);
    }
    TcpState::from_linux(number)
}

fn address(family: u8, bytes: [u8; 16], port: u16, interface: u32) -> Option<SocketAddr> {
    match family {
        AF_INET => {
            let four: [u8; 4] = *bytes.first_chunk()?;
            Some(SocketAddr::from((four, port)))
        }
        AF_INET6 => {
            let ip = Ipv6Addr::from(bytes);
            // Only a link-local address needs its interface to mean anything (RFC 4007).
            let scope = if ip.is_unicast_link_local() {
                interface
            } else {
                0
            };
            Some(SocketAddrV6::new(ip, port, 0, scope).into())
        }
        _ => None,
    }
}

fn address_bytes(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => {
            let mut bytes = [0; 16];
            if let Some(front) = bytes.first_chunk_mut() {
                *front = ip.octets();
            }
            bytes
        }
        IpAddr::V6(ip) => ip.octets(),
    }
}

fn scope(address: SocketAddr) -> u32 {
    match address {
        SocketAddr::V4(_) => 0,
        SocketAddr::V6(address) => address.scope_id(),
    }
}

impl Entry {
    /// A listener as a test needs it.
    #[cfg(test)]
    pub(super) fn listening(local: SocketAddr) -> Self {
        Self {
            state: TcpState::Listen,
            local,
            peer: SocketAddr::new(local.ip(), 0),
            inode: 1,
            v6_only: false,
            details: None,
            timer: 0,
            expires_ms: 0,
            recv_queue: 0,
            send_queue: 0,
            uid: 0,
        }
    }

    /// Whether either end has this port.
    pub(super) fn has_port(&self, port: u16) -> bool {
        self.local.port() == port || self.peer.port() == port
    }

    /// Seconds until the timer fires, where it says when this socket changes or tries again:
    /// retransmission (1), TIME-WAIT (3), zero window probe (4), and the end of an orphaned
    /// FIN-WAIT-2, which the kernel counts on its keepalive timer (2).
    fn timer_seconds(&self) -> Option<f64> {
        let tells = match self.timer {
            1 | 3 | 4 => true,
            2 => self.state == TcpState::FinWait2,
            _ => false,
        };
        tells.then(|| f64::from(self.expires_ms) / 1000.0)
    }

    /// The socket as a row, its owner still unknown.
    pub(super) fn row(&self, transport: Transport) -> SocketRow {
        let has_peer = self.peer.port() != 0 || !self.peer.ip().is_unspecified();
        SocketRow {
            protocol: transport.name(),
            state: self.state,
            local: self.local.into(),
            peer: has_peer.then(|| self.peer.into()),
            recv_queue: self.recv_queue,
            send_queue: self.send_queue,
            uid: self.uid,
            inode: u64::from(self.inode),
            timer_seconds: self.timer_seconds(),
            pid: None,
            process: None,
            owner: None,
            children: Vec::new(),
            stopped: None,
            reachable_at: None,
            details: self.details.map(Box::new),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A listener on 127.0.0.1:51753 as Linux 6.18 described it, one attribute included.
    #[cfg(target_endian = "little")]
    const LISTENER: [u8; 80] = {
        let mut bytes = [0; 80];
        bytes[0] = 2;
        bytes[1] = 10;
        bytes[4] = 0xca;
        bytes[5] = 0x29;
        bytes[8] = 127;
        bytes[11] = 1;
        bytes[56] = 1;
        bytes[60] = 128;
        bytes[64] = 0xe8;
        bytes[65] = 3;
        bytes[68] = 0x39;
        bytes[69] = 0x30;
        bytes[72] = 5;
        bytes[74] = 8;
        bytes
    };

    #[test]
    #[cfg(target_endian = "little")]
    fn a_listener_is_read() {
        let row = parse(Message::of(BY_FAMILY, &LISTENER))
            .unwrap()
            .row(Transport::Tcp);
        assert_eq!(row.state, TcpState::Listen);
        assert_eq!(row.local.to_string(), "127.0.0.1:51753");
        assert_eq!(row.peer, None);
        assert_eq!((row.recv_queue, row.send_queue), (1, 128));
        assert_eq!((row.uid, row.inode), (1000, 12345));
        assert_eq!(row.timer_seconds, None);
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn cut_or_foreign_messages_are_no_sockets() {
        for cut in 0..72 {
            assert_eq!(
                parse(Message::of(BY_FAMILY, &LISTENER[..cut])),
                None,
                "{cut}"
            );
        }
        assert_eq!(parse(Message::of(BY_FAMILY + 1, &LISTENER)), None);
        assert!(parse(Message::of(BOTH_FAMILIES, &LISTENER)).is_some());
        for (place, value) in [(0, 99), (1, 0), (1, 14)] {
            let mut wrong = LISTENER;
            wrong[place] = value;
            assert_eq!(
                parse(Message::of(BY_FAMILY, &wrong)),
                None,
                "{place}: {value}"
            );
        }
    }

    #[test]
    fn addresses() {
        let mapped = *b"\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\x01";
        let mut link_local = [0; 16];
        link_local[0] = 0xfe;
        link_local[1] = 0x80;
        let table = [
            (AF_INET, [127; 16], "127.127.127.127:80"),
            (AF_INET6, mapped, "[::ffff:127.0.0.1]:80"),
            (AF_INET6, [0; 16], "[::]:80"),
            (AF_INET6, link_local, "[fe80::%3]:80"),
        ];
        for (family, bytes, expected) in table {
            let read = address(family, bytes, 80, 3).unwrap();
            assert_eq!(read.to_string(), expected);
            // What is read is what is written when a socket is looked up.
            let width = if family == AF_INET { 4 } else { 16 };
            assert_eq!(address_bytes(read.ip())[..width], bytes[..width]);
        }
    }

    #[test]
    fn timers_that_tell_something() {
        let table = [
            (0, TcpState::Established, None),
            (1, TcpState::Established, Some(1.5)),
            (2, TcpState::Established, None),
            (2, TcpState::FinWait2, Some(1.5)),
            (3, TcpState::TimeWait, Some(1.5)),
            (4, TcpState::Established, Some(1.5)),
            (9, TcpState::Established, None),
        ];
        for (timer, state, expected) in table {
            let anywhere = SocketAddr::from(([127, 0, 0, 1], 1));
            let entry = Entry {
                state,
                local: anywhere,
                peer: anywhere,
                inode: 0,
                timer,
                expires_ms: 1500,
                recv_queue: 0,
                send_queue: 0,
                uid: 0,
                v6_only: false,
                details: None,
            };
            assert_eq!(entry.timer_seconds(), expected, "{timer} in {state}");
        }
    }

    #[test]
    fn a_port_is_looked_at_for_bound_sockets_too() {
        let bound = || {
            let socket = socket2::Socket::new(
                socket2::Domain::IPV4,
                socket2::Type::STREAM,
                Some(socket2::Protocol::TCP),
            )
            .unwrap();
            let any_port = SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, 0));
            socket.bind(&any_port.into()).unwrap();
            socket
        };
        let (wanted, _other) = (bound(), bound());
        let port = wanted.local_addr().unwrap().as_socket().unwrap().port();
        let mut link = Netlink::open(&crate::lab::observe::Here, libc::NETLINK_SOCK_DIAG).unwrap();
        let mut ports = Vec::new();
        let query = Query {
            local_port: Some(port),
            ..Query::of(Transport::Tcp, States::ALL)
        };
        dump(&mut link, query, |entry| ports.push(entry.local.port())).unwrap();
        assert!(ports.iter().all(|found| *found == port), "{ports:?}");
    }

    #[test]
    fn every_state_is_asked_for_by_its_bits() {
        let table = [
            (TcpState::Listen, 1 << 10),
            (TcpState::SynReceived, 1 << 3 | 1 << 12),
            (TcpState::Closed, 1 << 7 | 1 << 13),
            (TcpState::TimeWait, 1 << 6),
        ];
        for (state, bits) in table {
            assert_eq!(States::of(state), States(bits), "{state}");
        }
        for state in TcpState::ALL {
            assert_eq!(States::of(state).0 & !States::ALL.0, 0, "{state}");
        }
    }

    proptest::proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>) {
            if let Some(entry) = parse(Message::of(BY_FAMILY, &bytes)) {
                let _row = entry.row(Transport::Udp);
            }
        }
    }
}
