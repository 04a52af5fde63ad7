//! Facts about the machine: its sockets, ports, names and interfaces as the kernel tells them.
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::super::card::Card;
use super::super::world_verbs::WorldName;
use super::Failure;
use crate::net::{Endpoint, PortRange, TcpState};

/// `sockets`.
#[derive(Clone, Debug, Serialize)]
pub struct SocketTable {
    /// `lab` or `all`.
    pub scope: &'static str,
    /// How many rows.
    pub count: usize,
    /// One row a socket.
    pub rows: Vec<SocketRow>,
    /// What the table does not show, and why (other users' processes, no netlink here).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A socket as the kernel sees it (sock_diag(7)).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SocketRow {
    /// `tcp`, `udp` or `unix`.
    pub protocol: &'static str,
    /// Its state; UDP and Unix sockets have only some of these.
    pub state: TcpState,
    /// This end.
    pub local: Endpoint,
    /// The other end; absent for a listener.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<Endpoint>,
    /// Bytes waiting to be read; for a listener, connections waiting for accept.
    pub recv_queue: u32,
    /// Bytes not yet acknowledged; for a listener, the backlog.
    pub send_queue: u32,
    /// The owner's user id.
    pub uid: u32,
    /// The inode; 0 when no process holds the socket (TIME-WAIT).
    pub inode: u64,
    /// Seconds until the running timer fires (TIME-WAIT, retransmission).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timer_seconds: Option<f64>,
    /// The process that holds it, where it may be known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// That process's name. One may hold ten thousand sockets, which share it.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "shared_text"
    )]
    pub process: Option<Arc<str>>,
    /// The name it has in this lab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The processes this lab started that hold it, by number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<u32>,
    /// How many of the processes named here are stopped (SIGSTOP, Ctrl-Z): they accept and read nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<NonZeroU16>,
    /// For `--exposed`: the endpoints by which other machines reach it, as far as nothing between
    /// stops them. Empty when this machine has no address but loopback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reachable_at: Option<Vec<Endpoint>>,
    /// For `--details`, of a TCP connection: what the kernel measures and has decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<TcpDetails>>,
}

#[expect(clippy::ref_option, reason = "serde hands a field on as it is")]
fn shared_text<S: Serializer>(text: &Option<Arc<str>>, serializer: S) -> Result<S::Ok, S::Error> {
    text.as_deref().serialize(serializer)
}

/// What TCP knows of a connection (`struct tcp_info`, tcp(7)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TcpDetails {
    /// The smoothed round-trip time in microseconds (SRTT, RFC 6298); 0 before the first sample.
    pub rtt_us: u32,
    /// How far it varies, in microseconds (RTTVAR, RFC 6298).
    pub rtt_var_us: u32,
    /// How long the kernel waits for an acknowledgement before it sends again (RTO), in
    /// microseconds.
    pub rto_us: u32,
    /// The largest segment this end sends, in bytes of payload (MSS).
    pub mss: u32,
    /// How many segments may be under way (the congestion window, RFC 5681).
    pub cwnd: u32,
    /// Segments sent again since the connection began.
    pub retransmits: u32,
    /// Bytes the peer has acknowledged.
    pub bytes_acked: u64,
    /// Bytes that have arrived.
    pub bytes_received: u64,
}

/// `who`.
#[derive(Clone, Debug, Serialize)]
pub struct Holders {
    /// The port that was asked about.
    pub port: u16,
    /// Every socket whose own end has this port.
    pub rows: Vec<SocketRow>,
    /// Why the port is taken or free, in one sentence.
    pub finding: String,
    /// How it would become free; absent when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cure: Option<String>,
    /// Whether nothing holds it.
    pub free: bool,
}

/// `scan`.
#[derive(Clone, Debug, Serialize)]
pub struct Scanned {
    /// The address that was asked.
    pub address: IpAddr,
    /// The first port that was to be asked.
    pub low: u16,
    /// The last one.
    pub high: u16,
    /// Where the connections came from, when that was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// The ports where somebody listened, ascending.
    pub found: Vec<u16>,
    /// How many those are.
    pub count: usize,
    /// How many ports were asked.
    pub scanned: u32,
    /// How many of them refused.
    pub refused: u32,
    /// How many gave no answer at all.
    pub silent: u32,
    /// How many were found open by a connection that had met itself, which is no listener.
    pub phantoms: u32,
    /// The bound that ended it before every port was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<Failure>,
}

/// `range`.
#[derive(Clone, Debug, Serialize)]
pub struct EphemeralRange {
    /// First port the kernel hands out.
    pub low: u16,
    /// Last one.
    pub high: u16,
    /// How many there are.
    pub size: u32,
    /// Ports the kernel never hands out by itself (`ip_local_reserved_ports`).
    pub reserved: String,
    /// Below this port bind needs CAP_NET_BIND_SERVICE (`ip_unprivileged_port_start`).
    pub unprivileged_start: u16,
    /// Where the figures come from.
    pub source: String,
}

impl EphemeralRange {
    /// The bounds alone.
    pub fn range(&self) -> PortRange {
        PortRange {
            low: self.low,
            high: self.high,
        }
    }

    /// How many ports between the bounds are reserved, of a list such as `8080,9000-9010`.
    pub fn reserved_inside(&self) -> u32 {
        let one = |part: &str| {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            let low = low.trim().parse().ok().map(|low: u16| low.max(self.low))?;
            let high = high
                .trim()
                .parse()
                .ok()
                .map(|high: u16| high.min(self.high))?;
            Some((u32::from(high) + 1).saturating_sub(u32::from(low)))
        };
        self.reserved.split(',').filter_map(one).sum()
    }
}

/// `resolve`.
#[derive(Clone, Debug, Serialize)]
pub struct Resolved {
    /// What was asked for.
    pub query: String,
    /// The addresses in the order getaddrinfo(3) gives them.
    pub addresses: Vec<IpAddr>,
    /// Where the answer comes from: the lines of the hosts file that name it, or the reading of a
    /// numeric spelling.
    pub sources: Vec<String>,
}

/// `hosts`.
#[derive(Clone, Debug, Serialize)]
pub struct HostsFile {
    /// Whose file it is.
    pub world: WorldName,
    /// How many lines say something; comments do not.
    pub count: usize,
    /// Those lines, the first of them when there are very many.
    pub lines: Vec<String>,
    /// Whether this line replaced them.
    pub switched: bool,
}

/// `interfaces`.
#[derive(Clone, Debug, Serialize)]
pub struct Interfaces {
    /// One entry an interface.
    pub interfaces: Vec<Interface>,
}

/// One network interface.
#[derive(Clone, Debug, Serialize)]
pub struct Interface {
    /// `lo`, `eth0`, …
    pub name: String,
    /// Whether it is up (IFF_UP).
    pub up: bool,
    /// Whether it is a loopback interface (IFF_LOOPBACK).
    pub loopback: bool,
    /// Largest packet in bytes, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// Addresses with their prefix length: `127.0.0.1/8`.
    pub addresses: Vec<String>,
}

/// `counters`.
#[derive(Clone, Debug, Serialize)]
pub struct CounterReading {
    /// The interface.
    pub interface: String,
    /// Packets received.
    pub rx_packets: u64,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// A choice of the kernel's protocol counters, by the names of `nstat`: `TcpOutRsts`.
    pub protocol: BTreeMap<String, u64>,
}

/// `route`.
#[derive(Clone, Debug, Serialize)]
pub struct KernelRoute {
    /// The address asked about.
    pub destination: IpAddr,
    /// `local`, `broadcast`, `unicast`, `unreachable`, …
    #[serde(rename = "type")]
    pub route_type: String,
    /// The interface, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// The source address the kernel would use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// The next hop, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<IpAddr>,
}

/// `explain`.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// What was asked about.
    pub topic: String,
    /// Facts read off the topic itself (an endpoint's address class, a port's class), a sentence
    /// each.
    pub observations: Vec<String>,
    /// The cards that fit.
    pub cards: Vec<Card>,
}
