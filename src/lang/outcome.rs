//! What came of a line: one typed value for expressions, templates, JSON and every view.
//!
//! Serialised, an outcome is one flat map. Expressions in lessons, `{{ … }}` in texts and
//! `run --json` all read that same map, so its keys are part of the language.
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::card::Card;
use super::network::Network;
use super::wire::{CaptureSaved, CaptureStarted, CaptureStopped, Captured, EndStates};
use super::world_verbs::{FilterAction, WorldName};
use crate::net::{Eai, Endpoint, Errno, FourTuple, PortRange, TcpState};

/// What one line did, success or failure alike.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The name it is bound to: `server` in `server = listen …`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The verb that ran.
    pub verb: &'static str,
    /// How long the operation took, in microseconds of wall time.
    #[serde(rename = "micros", serialize_with = "as_micros")]
    pub took: Duration,
    /// Whether the name stood for something open before, which is closed now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replaced: bool,
    /// Where it ran.
    #[serde(skip)]
    pub network: Network,
    /// What was observed.
    #[serde(flatten)]
    pub result: Observed,
}

/// Success or failure, flattened as `"ok": true` with the fact's fields, or `"ok": false` with the
/// failure's.
#[derive(Clone, Debug)]
pub enum Observed {
    /// It was done, and this is what the kernel says of it.
    Done(Fact),
    /// It was not done, and this is why.
    Failed(Failure),
}

impl Serialize for Observed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<T: Serialize> {
            ok: bool,
            #[serde(flatten)]
            rest: T,
        }
        match self {
            Self::Done(fact) => Flat {
                ok: true,
                rest: fact,
            }
            .serialize(serializer),
            Self::Failed(failure) => Flat {
                ok: false,
                rest: failure,
            }
            .serialize(serializer),
        }
    }
}

/// Why an operation was not done.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The name of the cause: an errno such as `EADDRINUSE`, or one of looplab's own words
    /// ([`Cause`](FailureCause)).
    pub error: FailureCause,
    /// The system call or step that failed: `bind`, `listen`, `connect`, `accept`, …
    pub operation: &'static str,
    /// This end, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<Endpoint>,
    /// The other end, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<Endpoint>,
    /// One sentence: what happened, and what to do next where that is not on the errno's card.
    pub message: String,
}

/// The cause of a failure, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureCause {
    /// The kernel said no.
    Errno(Errno),
    /// Nothing was heard within the time given; the kernel would still be trying.
    Timeout,
    /// Ctrl-C.
    Interrupted,
    /// looplab itself does not do this (another machine, another program's socket).
    NotAllowed,
    /// A bound of [`crate::limits`] was reached.
    Limit,
    /// No such name in the lab, or a name of the wrong kind.
    NoSuchName,
    /// The peer did not speak the protocol.
    Protocol,
    /// This system or kernel has no such thing.
    NotAvailable,
    /// An `expect` did not hold, or a `wait` was in vain.
    Unmet,
    /// An expression or an argument could not be read.
    Malformed,
    /// The C library found no address for a name; by the name of its code: `EAI_NONAME`
    /// (getaddrinfo(3)).
    Resolver(Eai),
}

impl FailureCause {
    /// The name as expressions and JSON see it: `EADDRINUSE`, `timeout`, …
    pub fn name(self) -> String {
        match self {
            Self::Errno(errno) => errno.name(),
            Self::Timeout => "timeout".to_owned(),
            Self::Interrupted => "interrupted".to_owned(),
            Self::NotAllowed => "not_allowed".to_owned(),
            Self::Limit => "limit".to_owned(),
            Self::NoSuchName => "no_such_name".to_owned(),
            Self::Protocol => "protocol".to_owned(),
            Self::NotAvailable => "not_available".to_owned(),
            Self::Unmet => "unmet".to_owned(),
            Self::Malformed => "malformed".to_owned(),
            Self::Resolver(code) => code.name().to_owned(),
        }
    }
}

impl Serialize for FailureCause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

/// What a successful verb observed. `kind` tells them apart in JSON.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// `bind`: an endpoint is claimed.
    Bound(OwnSocket),
    /// `listen`: a listener is open.
    Listener(OwnSocket),
    /// `connect`, `accept`: one end of a connection.
    Connection(OwnConnection),
    /// `udp`: a datagram socket is open.
    Udp(OwnSocket),
    /// `serve`: a server answers by itself.
    Server(OwnServer),
    /// `signal`.
    Signalled(Signalled),
    /// `send`.
    Sent(Sent),
    /// `recv`.
    Received(Received),
    /// `shutdown`.
    HalfClosed(HalfClosed),
    /// `close`, `reset`.
    Closed(Closed),
    /// `requests`.
    Requests(Requests),
    /// `get`.
    Response(Response),
    /// `sockets`.
    Sockets(SocketTable),
    /// `who`.
    Who(Holders),
    /// `scan`.
    Scanned(Scanned),
    /// `range`.
    Range(EphemeralRange),
    /// `resolve`.
    Resolved(Resolved),
    /// `hosts`.
    Hosts(HostsFile),
    /// `interfaces`.
    Interfaces(Interfaces),
    /// `counters`.
    Counters(CounterReading),
    /// `route`.
    Route(KernelRoute),
    /// `states`.
    States(EndStates),
    /// `capture start`.
    CaptureStarted(CaptureStarted),
    /// `capture stop`.
    CaptureStopped(CaptureStopped),
    /// `capture show`.
    Capture(Captured),
    /// `capture save`.
    CaptureSaved(CaptureSaved),
    /// `explain`.
    Explanation(Explanation),
    /// `rtt`.
    Rtt(RoundTrips),
    /// `throughput`.
    Throughput(Flow),
    /// `many`.
    Many(ManyOpened),
    /// `repeat`.
    Repeated(Repeated),
    /// `world`.
    World(InWorld),
    /// `link`.
    Link(LinkState),
    /// `neighbour`.
    Neighbour(NextDoor),
    /// `filter`.
    Filter(Filters),
    /// `sysctl`.
    Sysctl(Setting),
    /// `diagnose`.
    Diagnosis(Diagnosis),
    /// `plot`.
    Plot(Plot),
    /// `expect` that held.
    Held(Holding),
    /// `show`.
    Value(Shown),
    /// `wait`.
    Waited(Waited),
}

/// A socket of this lab without a peer.
#[derive(Clone, Debug, Serialize)]
pub struct OwnSocket {
    /// Its endpoint, as getsockname(2) says.
    pub local: Endpoint,
    /// The address alone; for a Unix socket its name.
    pub address: String,
    /// The port alone; absent for a Unix socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// For a listener: how many finished handshakes may wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backlog: Option<u32>,
    /// The peer a UDP socket is connected to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<Endpoint>,
    /// The permissions of a Unix socket's file: `0600`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Where that file is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Whether it lives in the private world, where only a neighbour can reach it from outside.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// Options that were asked for, by their flag: `reuseaddr`.
    pub options: Vec<&'static str>,
}

/// One end of a connection of this lab.
#[derive(Clone, Debug, Serialize)]
pub struct OwnConnection {
    /// `client` (it called connect) or `server` (it came from accept).
    pub role: Role,
    /// This end (getsockname).
    pub local: Endpoint,
    /// The other end (getpeername).
    pub peer: Endpoint,
    /// The address of this end.
    pub address: String,
    /// The port of this end; absent for a Unix socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The port of the other end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_port: Option<u16>,
    /// The process at the other end of a Unix socket (SO_PEERCRED).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_pid: Option<u32>,
    /// That process's user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_uid: Option<u32>,
    /// Options that were asked for, by their flag.
    pub options: Vec<&'static str>,
}

/// Which end of a connection this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It called connect.
    Client,
    /// It came out of accept.
    Server,
}

/// A live server.
#[derive(Clone, Debug, Serialize)]
pub struct OwnServer {
    /// `http`, `echo`, `relay` or `dns`.
    pub protocol: &'static str,
    /// Where it listens.
    pub local: Endpoint,
    /// The address alone.
    pub address: String,
    /// The port alone.
    pub port: u16,
    /// What to type into a browser; of an http server only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether it lives in the private world, where only a neighbour can reach it from outside.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// Of a relay: the service that everything goes on to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Endpoint>,
    /// With `--process`: the process that serves, the first of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// With `--process`: all processes that were started to serve, by number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub processes: Vec<u32>,
}

/// `signal`.
#[derive(Clone, Debug, Serialize)]
pub struct Signalled {
    /// The server's name.
    pub server: String,
    /// `SIGSTOP`, `SIGCONT`, `SIGKILL` or `SIGTERM`.
    pub signal: &'static str,
    /// The process it was sent to, the first of them.
    pub pid: u32,
    /// All processes it was sent to.
    pub processes: Vec<u32>,
    /// How many processes of the server are there now.
    pub alive: usize,
    /// How many of these are stopped.
    pub stopped: usize,
}

/// `send`.
#[derive(Clone, Debug, Serialize)]
pub struct Sent {
    /// The socket's name.
    pub socket: String,
    /// Bytes the kernel took.
    pub bytes: usize,
    /// Bytes that were to be sent.
    pub wanted: usize,
    /// Where a datagram went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Endpoint>,
}

/// `recv`.
#[derive(Clone, Debug, Serialize)]
pub struct Received {
    /// The socket's name.
    pub socket: String,
    /// How many bytes came.
    pub bytes: usize,
    /// The bytes as text; what is not UTF-8 is replaced. Never printed without sanitising.
    pub text: String,
    /// Whether this was the end of the stream: the peer sends nothing more.
    pub end_of_stream: bool,
    /// Who sent the datagram.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Endpoint>,
    /// Whether a datagram was longer than the room for it; the rest is lost.
    pub truncated: bool,
}

/// `shutdown`.
#[derive(Clone, Debug, Serialize)]
pub struct HalfClosed {
    /// The socket's name.
    pub socket: String,
    /// `write`, `read` or `both`.
    pub direction: &'static str,
}

/// `close` and `reset`.
#[derive(Clone, Debug, Serialize)]
pub struct Closed {
    /// What was closed.
    pub names: Vec<String>,
    /// Whether it was abrupt (a RST).
    pub abrupt: bool,
    /// How many sockets went.
    pub count: usize,
}

/// What a live server was asked.
#[derive(Clone, Debug, Serialize)]
pub struct Requests {
    /// The server's name.
    pub server: String,
    /// How many requests there were.
    pub count: usize,
    /// The newest ones, oldest first.
    pub requests: Vec<Request>,
}

/// One request a live server saw.
#[derive(Clone, Debug, Serialize)]
pub struct Request {
    /// The visitor's end of the connection.
    pub peer: SocketAddr,
    /// The port of that end; requests with the same one came over one connection.
    pub peer_port: u16,
    /// The server's end.
    pub local: SocketAddr,
    /// Which request on its connection, from 1.
    pub number: usize,
    /// `GET`, `POST`; `echo` for a line sent to an echo server, `relay` for a visit; the type of a DNS
    /// question: `A`, `AAAA`.
    pub method: String,
    /// The path, with its query; the name in a DNS question.
    pub target: String,
    /// The Host header.
    pub host: Option<String>,
    /// The Origin header: whose page made a browser ask.
    pub origin: Option<String>,
    /// The User-Agent header.
    pub agent: Option<String>,
    /// Of http, what was answered: 200, 403, …
    pub status: Option<u16>,
    /// The request's first lines as they came. Never printed without sanitising.
    pub raw: String,
    /// Of dns, what was answered: an address, `NXDOMAIN`, or `no address`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Whether this very session sent it (`get`), or another program.
    pub ours: bool,
}

/// `get`.
#[derive(Clone, Debug, Serialize)]
pub struct Response {
    /// The client's end.
    pub local: SocketAddr,
    /// The server's end.
    pub peer: SocketAddr,
    /// The bytes that went out.
    pub request: String,
    /// 200, 404, …
    pub status: u16,
    /// `OK`, `Not Found`, …
    pub reason: String,
    /// Headers as they came.
    pub headers: Vec<(String, String)>,
    /// The body, as text.
    pub body: String,
    /// Length of the body in bytes.
    pub bytes: usize,
    /// How much of the exchange a view shows; the outcome has all of it.
    #[serde(skip)]
    pub shown: Exchange,
}

/// How much of a request and its answer is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exchange {
    /// The beginning of the body.
    #[default]
    Body,
    /// The request as well.
    Request,
    /// Both heads, too.
    Whole,
}

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

/// `rtt`. Times are microseconds.
#[derive(Clone, Debug, Serialize)]
pub struct RoundTrips {
    /// `tcp`, `udp`, `unix`, `pipe`.
    pub over: &'static str,
    /// Round trips that counted.
    pub samples: u32,
    /// Bytes each way.
    pub bytes: u32,
    /// Smallest.
    pub min_us: f64,
    /// Median.
    pub p50_us: f64,
    /// 99 of 100 were at most this.
    pub p99_us: f64,
    /// 999 of 1000 were at most this.
    pub p999_us: f64,
    /// Largest.
    pub max_us: f64,
    /// How it was measured, in one sentence.
    pub method: String,
    /// The distribution, for `plot`.
    pub histogram: Vec<Bucket>,
}

/// `throughput`: what arrived.
#[derive(Clone, Debug, Serialize)]
pub struct Flow {
    /// `tcp` or `unix`.
    pub over: &'static str,
    /// Bytes the receiver counted.
    pub bytes: u64,
    /// For how long it counted.
    pub seconds: f64,
    /// Bytes of one write.
    pub block: u32,
    /// Payload a second, in units of 10^9 bits, as network speeds are given.
    pub gigabits_per_second: f64,
    /// Payload a second, in units of 10^6 bytes.
    pub megabytes_per_second: f64,
    /// How it was measured, in one sentence.
    pub method: String,
    /// The course over time, for `plot`: from and to in milliseconds, megabytes a second.
    pub histogram: Vec<Bucket>,
}

/// `many`.
#[derive(Clone, Debug, Serialize)]
pub struct ManyOpened {
    /// How many were wanted.
    pub wanted: u32,
    /// How many stand, both ends held here.
    pub opened: u32,
    /// Whether each one was closed before the next was opened, so that none stands.
    pub one_by_one: bool,
    /// How many were opened a second.
    pub per_second: f64,
    /// The listener.
    pub peer: Endpoint,
    /// The first failure, when there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<Failure>,
    /// How many different local ports the clients have.
    pub distinct_ports: u32,
    /// The clients' ports.
    pub ports: Vec<u16>,
}

/// `repeat`.
#[derive(Clone, Debug, Serialize)]
pub struct Repeated {
    /// The verb that was repeated.
    pub of: String,
    /// How many times it ran.
    pub count: usize,
    /// How many worked.
    pub succeeded: usize,
    /// The bound that ended it before it had run as often as it should.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<Failure>,
    /// Failures by the name of their cause.
    pub errors: BTreeMap<String, usize>,
    /// The local ports, in order.
    pub ports: Vec<u16>,
    /// How many different ports.
    pub distinct: usize,
    /// How many odd ports.
    pub odd: usize,
    /// How many even ports.
    pub even: usize,
    /// Lowest port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lowest: Option<u16>,
    /// Highest port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highest: Option<u16>,
    /// How many lie in 49152–65535, the registry's dynamic range.
    pub dynamic: usize,
    /// Differences between neighbours, in order.
    pub steps: Vec<i32>,
}

/// `world`.
#[derive(Clone, Debug, Serialize)]
pub struct InWorld {
    /// The world lines run in now.
    pub world: WorldName,
    /// Whether this line went into it.
    pub switched: bool,
    /// Why there is no private world here, where that was found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

/// `link`.
#[derive(Clone, Debug, Serialize)]
pub struct LinkState {
    /// The interface.
    pub interface: String,
    /// Whether it is up now.
    pub up: bool,
    /// The largest packet it carries, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// Whether this line changed what it was to change.
    pub switched: bool,
}

/// `neighbour`.
#[derive(Clone, Debug, Serialize)]
pub struct NextDoor {
    /// The neighbour's address.
    pub address: IpAddr,
    /// The address of this end of the cable.
    pub source: IpAddr,
    /// What both ends of the cable are called.
    pub interface: String,
    /// Whether this line made the neighbour.
    pub switched: bool,
}

/// `filter`.
#[derive(Clone, Debug, Serialize)]
pub struct Filters {
    /// How many rules there are now.
    pub count: usize,
    /// The rules, oldest first; the first that fits decides.
    pub rules: Vec<FilterRule>,
}

/// One rule of a filter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FilterRule {
    /// `drop` or `reject`.
    pub action: FilterAction,
    /// Where the packets go to.
    pub to: Endpoint,
}

/// `sysctl`.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// Its name.
    pub setting: String,
    /// Its value now; several numbers are separated by one space.
    pub value: String,
    /// Its value before, when this line wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

/// `diagnose`.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// What was named: lower case, a hyphen between words.
    pub cause: String,
}

/// `plot`.
#[derive(Clone, Debug, Serialize)]
pub struct Plot {
    /// What is drawn: `ports`, `microseconds`, or `milliseconds` with a rate for each.
    pub of: &'static str,
    /// The heading.
    pub title: String,
    /// Bars from left to right.
    pub histogram: Vec<Bucket>,
}

/// One bar of a histogram: how many values lay from `from` to `to`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bucket {
    /// Lower bound, included.
    pub from: f64,
    /// Upper bound; included only in the last bar.
    pub to: f64,
    /// How many.
    pub count: u64,
}

/// `expect` that held.
#[derive(Clone, Debug, Serialize)]
pub struct Holding {
    /// The expression.
    pub expression: String,
    /// What was observed.
    pub observed: String,
}

/// `show`.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// The expression.
    pub expression: String,
    /// Its value.
    pub value: serde_json::Value,
}

/// `wait`.
#[derive(Clone, Debug, Serialize)]
pub struct Waited {
    /// What was waited for: an expression, or a time.
    pub until: String,
}

impl Outcome {
    /// The failure, when there is one.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.result {
            Observed::Failed(failure) => Some(failure),
            Observed::Done(_) => None,
        }
    }

    /// The fact, when it was done.
    pub fn fact(&self) -> Option<&Fact> {
        match &self.result {
            Observed::Done(fact) => Some(fact),
            Observed::Failed(_) => None,
        }
    }

    /// Whether it was done.
    pub fn is_ok(&self) -> bool {
        matches!(self.result, Observed::Done(_))
    }

    /// The four-tuple of a connection.
    pub fn four_tuple(&self) -> Option<FourTuple> {
        match self.fact()? {
            Fact::Connection(c) => Some(FourTuple {
                local: c.local.inet()?,
                peer: c.peer.inet()?,
            }),
            _ => None,
        }
    }
}

fn as_micros<S: Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((took.as_secs_f64() * 1e7).round() / 10.0)
}
