//! The arguments of verbs on sockets of the lab.
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::values::{parse_duration, parse_mode, parse_range};
use super::{Place, parse_place};
use crate::net::PortRange;

/// Options that must be set before bind(2).
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of the kernel's, on or off"
)]
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct BindOptions {
    /// Set SO_REUSEADDR (socket(7)).
    #[arg(long)]
    pub reuseaddr: bool,
    /// Set SO_REUSEPORT (socket(7)).
    #[arg(long)]
    pub reuseport: bool,
    /// Set IPV6_V6ONLY (ipv6(7)): [::] then leaves IPv4 alone.
    #[arg(long)]
    pub v6only: bool,
    /// Let the kernel choose from these ports only: A-B (IP_LOCAL_PORT_RANGE, Linux 6.3).
    #[arg(long, value_name = "A-B", value_parser = parse_range)]
    pub port_range: Option<PortRange>,
    /// Leave the choice of a port to connect: bind to port 0 then claims an address alone
    /// (IP_BIND_ADDRESS_NO_PORT, ip(7)).
    #[arg(long)]
    pub bind_no_port: bool,
    /// Allow an address that no interface has (IP_FREEBIND, ip(7)).
    #[arg(long)]
    pub freebind: bool,
    /// Use this interface only (SO_BINDTODEVICE, socket(7)).
    #[arg(long, value_name = "INTERFACE")]
    pub device: Option<String>,
}

/// `bind ENDPOINT`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Bind {
    /// What to claim: 127.0.0.1:8080, 127.0.0.1:0 for any free port, or a name.
    #[arg(value_parser = parse_place)]
    pub endpoint: Place,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened flags carry their own help")]
    pub options: BindOptions,
}

/// `listen ENDPOINT`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Listen {
    /// Where: 127.0.0.1:8080, 127.0.0.1:0 for any free port, unix:NAME, or a name.
    #[arg(value_parser = parse_place)]
    pub endpoint: Place,
    /// How many finished handshakes may wait for accept (listen(2)).
    #[arg(long, value_name = "N", default_value_t = 128)]
    pub backlog: u32,
    /// Allow an address that other machines can reach.
    #[arg(long)]
    pub exposed: bool,
    /// Set the permissions of the socket's file, as chmod(1) takes them: 0600. Of unix:NAME only.
    #[arg(long, value_name = "MODE", value_parser = parse_mode)]
    pub mode: Option<u32>,
    /// Remove the socket's file first, when an earlier listener left one (unlink(2)). Of unix:NAME only.
    #[arg(long)]
    pub unlink: bool,
    /// Listen on the very socket that a `bind` opened, given by its name, instead of a new one at the
    /// same endpoint. The old name lets go of it.
    #[arg(long, conflicts_with_all = ["reuseaddr", "reuseport", "v6only", "port_range", "bind_no_port", "freebind", "device"])]
    pub same_socket: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened flags carry their own help")]
    pub options: BindOptions,
}

/// `connect ENDPOINT`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Connect {
    /// Where to: 127.0.0.1:8080, unix:NAME, or the name of a listener.
    #[arg(value_parser = parse_place)]
    pub endpoint: Place,
    /// Bind the client to this endpoint first.
    #[arg(long, value_name = "ENDPOINT", value_parser = parse_place)]
    pub from: Option<Place>,
    /// How long to wait for an answer: 300ms, 2s.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "2s")]
    pub within: Duration,
    /// Set TCP_NODELAY (tcp(7)).
    #[arg(long)]
    pub nodelay: bool,
    /// How many routers a packet may pass (IP_TTL, IPV6_UNICAST_HOPS).
    #[arg(long, value_name = "HOPS", value_parser = clap::value_parser!(u8).range(1..))]
    pub ttl: Option<u8>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened flags carry their own help")]
    pub options: BindOptions,
}

/// `accept LISTENER`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Accept {
    /// The name of a listener.
    #[arg(value_name = "LISTENER")]
    pub listener: String,
    /// How long to wait for a connection: 300ms, 60s.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "2s")]
    pub within: Duration,
}

/// `send SOCKET TEXT`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Send {
    /// The name of a connection or a UDP socket.
    pub socket: String,
    /// What to send; quote it when it has spaces. \n, \r, \t, \0 and \xNN are understood.
    #[arg(allow_hyphen_values = true)]
    pub text: Option<String>,
    /// Send this many bytes of filler instead of a text.
    #[arg(long, value_name = "N", conflicts_with = "text")]
    pub bytes: Option<usize>,
    /// The endpoint a datagram goes to.
    #[arg(long, value_name = "ENDPOINT", value_parser = parse_place)]
    pub to: Option<Place>,
    /// How long to wait for room in the send buffer.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "2s")]
    pub within: Duration,
}

/// `recv SOCKET`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Recv {
    /// The name of a connection or a UDP socket.
    pub socket: String,
    /// Read at most this many bytes.
    #[arg(long, value_name = "N", default_value_t = 65_536)]
    pub max: usize,
    /// How long to wait for bytes.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "2s")]
    pub within: Duration,
}

/// Which direction shutdown(2) ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Direction {
    /// No more sending: the peer reads end of stream (a FIN goes out).
    Write,
    /// No more reading here; on TCP nothing is said to the peer.
    Read,
    /// Both.
    Both,
}

/// `shutdown SOCKET`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Shutdown {
    /// The name of a connection.
    pub socket: String,
    /// Which direction ends.
    #[arg(long, value_enum, default_value_t = Direction::Write)]
    pub how: Direction,
}

/// Names of things in the lab.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Names {
    /// One name or more.
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
}

/// The name of a thing in the lab.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct OneName {
    /// Its name.
    pub name: String,
}

/// `udp ENDPOINT`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Udp {
    /// Where: 127.0.0.1:0 for any free port, or unix:NAME.
    #[arg(value_parser = parse_place, default_value = "127.0.0.1:0")]
    pub endpoint: Place,
    /// Connect the socket to one peer (connect(2) on UDP sends nothing).
    #[arg(long, value_name = "ENDPOINT", value_parser = parse_place)]
    pub peer: Option<Place>,
    /// Allow an address that other machines can reach.
    #[arg(long)]
    pub exposed: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened flags carry their own help")]
    pub options: BindOptions,
}
