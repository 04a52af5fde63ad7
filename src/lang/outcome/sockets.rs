//! Facts about sockets of the lab: what was opened, sent, received and closed.
use std::collections::BTreeMap;

use serde::Serialize;

use super::Failure;
use crate::net::Endpoint;

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
