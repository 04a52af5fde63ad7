//! The verbs. One definition each: it gives parsing, help, completion and the reference page.
mod looking;
mod measuring;
mod serving;
mod sockets;
mod thinking;
mod values;

use clap::{Parser, Subcommand};

use super::capture::{Capture, States};
use super::inquiry::{Diagnose, Scan};
use super::world_verbs::{Filter, Hosts, Link, Neighbour, Sysctl, World};
use crate::net::Endpoint;

pub use looking::*;
pub use measuring::*;
pub use serving::*;
pub use sockets::*;
pub use thinking::*;
pub use values::*;

/// What clap parses: the verb is the first word, as a program's name would be (`multicall`).
#[derive(Clone, Debug, PartialEq, Parser)]
#[command(
    multicall = true,
    disable_help_subcommand = true,
    disable_help_flag = true
)]
pub struct Typed {
    /// The verb and its arguments.
    #[command(subcommand)]
    pub command: Command,
}

/// An endpoint argument: written out, or the name of something that has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `127.0.0.1:8080`, `8080`, `unix:chat`.
    Literal(Endpoint),
    /// `server`: the local endpoint of what is bound to that name.
    Name(String),
}

/// Everything a line can ask of the lab.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum Command {
    /// Claim an endpoint without listening on it (bind(2)).
    Bind(Bind),
    /// Open a listener: claim an endpoint, and let connections queue there (bind(2), listen(2)).
    Listen(Listen),
    /// Open a connection to a listener (connect(2)).
    Connect(Connect),
    /// Take the oldest waiting connection from a listener's queue (accept(2)).
    Accept(Accept),
    /// Write bytes to a connection, or a datagram to an endpoint (send(2)).
    Send(Send),
    /// Read what has arrived (recv(2)).
    Recv(Recv),
    /// Say "I have nothing more to send", and keep reading (shutdown(2)).
    Shutdown(Shutdown),
    /// Close sockets in an orderly way (close(2)).
    Close(Names),
    /// Close a connection abruptly: the peer gets a RST (SO_LINGER with 0 seconds, socket(7)).
    ///
    /// Without a name, `reset` is a word of a lesson: it starts the step afresh.
    Reset(Names),
    /// Open a UDP socket on an endpoint (udp(7)), or a Unix socket for datagrams: `udp unix:box`.
    Udp(Udp),
    /// Start a live server that answers by itself: `serve http`, `serve echo`, `serve relay`,
    /// `serve dns`.
    Serve(Serve),
    /// Send a signal to the processes of a server that runs in its own: `signal server stop`
    /// (kill(2), signal(7)).
    Signal(Signal),
    /// List what a live server was asked.
    Requests(OneName),
    /// Fetch a page over HTTP, showing the bytes that travelled.
    Get(Get),
    /// List sockets as the kernel sees them: this lab's, or all with --all.
    Sockets(Sockets),
    /// Say what holds a port, and how it would become free.
    Who(Who),
    /// Ask every port of an address, or some, whether somebody listens there: a connection is made and
    /// broken off at once.
    Scan(Scan),
    /// Show the range of ports the kernel hands out.
    Range,
    /// Show which addresses a name stands for here, in the order programs try them (getaddrinfo(3)).
    Resolve(Resolve),
    /// Show the hosts file that names are looked up in (hosts(5)); in the private world also replace
    /// it: `hosts "127.0.0.42 localhost"`.
    Hosts(Hosts),
    /// List network interfaces and their addresses.
    Interfaces,
    /// Read packet and error counters.
    Counters(Counters),
    /// Show the kernel's route to an address.
    Route(Route),
    /// Draw the states of TCP, with those of both ends of a connection marked (RFC 9293 §3.3.2).
    States(States),
    /// Record packets and show them: `capture start`, `capture show`, `capture stop`.
    Capture(Capture),
    /// Explain an errno, a port, an endpoint, a TCP state or a term.
    Explain(Topic),
    /// Measure round trips between two threads over loopback.
    Rtt(Rtt),
    /// Measure how many bytes a second flow from one thread to another.
    Throughput(Throughput),
    /// Open many connections to a listener, and hold them.
    Many(Many),
    /// Run a verb many times and keep every outcome: `repeat 200 listen 127.0.0.1:0`.
    Repeat(Repeat),
    /// Show which world lines run in, or go into the other one: `world private`, `world host`.
    World(World),
    /// Turn an interface of the private world on or off, or say how large its packets may be:
    /// `link lo down`, `link lo mtu 1500`.
    Link(Link),
    /// Make a neighbour: a second machine at 10.0.0.2, on a cable to the private world; or run a verb
    /// there: `neighbour connect 10.0.0.1:80`.
    Neighbour(Neighbour),
    /// Keep packets from an endpoint of the private world, silently (drop) or with an answer
    /// (reject); `filter` alone lists the rules, `filter clear` takes them away.
    Filter(Filter),
    /// Show a kernel setting of the network; in the private world also change it.
    Sysctl(Sysctl),
    /// Write down the cause you found, where a step asks for one: `diagnose time-wait`. Nothing is
    /// touched.
    Diagnose(Diagnose),
    /// Draw the ports of a repeat, or the distribution of a measurement.
    Plot(OneName),
    /// Stop with an error unless an expression holds: `expect second is refused`.
    Expect(Expression),
    /// Print the value of an expression: `show server.port`.
    Show(Expression),
    /// Wait until an expression holds, or for a time: `wait client.state == "CLOSED"`, `wait 1s`.
    Wait(Wait),
}

pub(super) fn parse_place(text: &str) -> Result<Place, String> {
    if is_name(text) {
        return Ok(Place::Name(text.to_owned()));
    }
    Endpoint::parse(text)
        .map(Place::Literal)
        .map_err(|error| error.to_string())
}

impl Command {
    /// The verb, as it is typed.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Bind(_) => "bind",
            Self::Listen(_) => "listen",
            Self::Connect(_) => "connect",
            Self::Accept(_) => "accept",
            Self::Send(_) => "send",
            Self::Recv(_) => "recv",
            Self::Shutdown(_) => "shutdown",
            Self::Close(_) => "close",
            Self::Reset(_) => "reset",
            Self::Udp(_) => "udp",
            Self::Serve(_) => "serve",
            Self::Signal(_) => "signal",
            Self::Requests(_) => "requests",
            Self::Get(_) => "get",
            Self::Sockets(_) => "sockets",
            Self::Who(_) => "who",
            Self::Scan(_) => "scan",
            Self::Range => "range",
            Self::Resolve(_) => "resolve",
            Self::Hosts(_) => "hosts",
            Self::Interfaces => "interfaces",
            Self::Counters(_) => "counters",
            Self::Route(_) => "route",
            Self::States(_) => "states",
            Self::Capture(_) => "capture",
            Self::Explain(_) => "explain",
            Self::Rtt(_) => "rtt",
            Self::Throughput(_) => "throughput",
            Self::Many(_) => "many",
            Self::Repeat(_) => "repeat",
            Self::World(_) => "world",
            Self::Link(_) => "link",
            Self::Neighbour(_) => "neighbour",
            Self::Filter(_) => "filter",
            Self::Sysctl(_) => "sysctl",
            Self::Diagnose(_) => "diagnose",
            Self::Plot(_) => "plot",
            Self::Expect(_) => "expect",
            Self::Show(_) => "show",
            Self::Wait(_) => "wait",
        }
    }
}
