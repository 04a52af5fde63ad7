//! The verbs. One definition each: it gives parsing, help, completion and the reference page.
use std::net::IpAddr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::capture::{Capture, States};
use super::inquiry::{Diagnose, Scan};
use super::world_verbs::{Filter, Hosts, Link, Neighbour, Sysctl, World};
use crate::limits;
use crate::net::{Endpoint, PortRange, TcpState};

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

/// What a live server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// A web page that shows the visitor their own four-tuple, and a lamp at /lamp.
    Http,
    /// Every byte comes back.
    Echo,
    /// Every byte goes on to the service of --to, and back.
    Relay,
    /// Questions for the addresses of names are answered, over UDP (RFC 1035).
    Dns,
}

/// `serve http|echo|relay|dns`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Serve {
    /// What the server speaks.
    #[arg(value_enum)]
    pub protocol: Protocol,
    /// Where it listens: any free port of 127.0.0.1, or for dns 127.0.0.1:53, unless this says otherwise.
    #[arg(value_parser = parse_place)]
    pub endpoint: Option<Place>,
    /// What dns answers for a name, as often as there are addresses for it: each question takes the
    /// next one. Other names do not exist (NXDOMAIN).
    #[arg(long = "answer", value_name = "NAME=ADDRESS", value_parser = parse_answer)]
    pub answers: Vec<NamedAddress>,
    /// Of relay: the service that everything goes on to.
    #[arg(long, value_name = "ENDPOINT", value_parser = parse_place, required_if_eq("protocol", "relay"))]
    pub to: Option<Place>,
    /// Of echo: serve in another process, which holds the port alone. It ends with this one.
    #[arg(long)]
    pub process: bool,
    /// Of echo: serve in this many processes, which accept from the one listener they share.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=4))]
    pub processes: Option<u8>,
    /// Of http: what the page says, as plain text.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub page: Option<String>,
    /// Of http: answer 421 unless Host names one of these: localhost,127.0.0.1, or `own` for all
    /// names of this machine.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub hosts: Option<Vec<String>>,
    /// Of http: answer 403 when Origin is none of these: http://app.test, or `own` for this server's.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub origins: Option<Vec<String>>,
    /// Allow an address that other machines can reach.
    #[arg(long)]
    pub exposed: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened flags carry their own help")]
    pub options: BindOptions,
}

/// What a process is told (signal(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SignalName {
    /// Stand still until SIGCONT; it cannot be refused (SIGSTOP).
    Stop,
    /// Go on (SIGCONT).
    Cont,
    /// End at once; it cannot be refused (SIGKILL, `kill -9`).
    Kill,
    /// Please end (SIGTERM, `kill`).
    Term,
}

impl SignalName {
    /// As signal(7) spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stop => "SIGSTOP",
            Self::Cont => "SIGCONT",
            Self::Kill => "SIGKILL",
            Self::Term => "SIGTERM",
        }
    }
}

/// `signal SERVER stop|cont|kill|term`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Signal {
    /// The name of a server that was started with --process.
    #[arg(value_name = "SERVER")]
    pub server: String,
    /// What its processes are told.
    #[arg(value_enum)]
    pub signal: SignalName,
    /// Tell one of its processes only.
    #[arg(long)]
    pub one: bool,
}

/// An address for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedAddress {
    /// The name, with the dot of the root or without.
    pub name: String,
    /// What it stands for.
    pub address: IpAddr,
}

impl Serve {
    /// Where it listens.
    pub fn place(&self) -> Place {
        let port = match self.protocol {
            Protocol::Http | Protocol::Echo | Protocol::Relay => 0,
            Protocol::Dns => 53,
        };
        let usual = || Place::Literal(Endpoint::loopback(port));
        self.endpoint.clone().unwrap_or_else(usual)
    }
}

/// `get URL`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Get {
    /// http://127.0.0.1:8080/path, or NAME/path for a server of the lab.
    pub url: String,
    /// What to write in the Host header instead of the address.
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// A header of the request, "Name: value"; can be given several times.
    #[arg(long, value_name = "HEADER")]
    pub header: Vec<String>,
    /// Send this text to the server (POST) instead of asking for a page (GET).
    #[arg(long, value_name = "BODY", allow_hyphen_values = true)]
    pub post: Option<String>,
    /// Show the whole text of both directions.
    #[arg(long)]
    pub verbose: bool,
    /// How long to wait for the answer.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "2s")]
    pub within: Duration,
}

impl Get {
    /// Whether the request is worth a look: something in it is not as a browser would write it.
    pub fn is_unusual(&self) -> bool {
        self.host.is_some() || !self.header.is_empty() || self.post.is_some()
    }
}

/// `sockets [NAME]`
#[derive(Clone, Debug, Default, PartialEq, Args)]
#[expect(clippy::struct_excessive_bools, reason = "a flag each")]
pub struct Sockets {
    /// Only what belongs to this name.
    pub name: Option<String>,
    /// Every socket of this machine, not only the lab's.
    #[arg(long)]
    pub all: bool,
    /// Only sockets in this state: LISTEN, ESTABLISHED, TIME-WAIT, …
    #[arg(long, value_name = "STATE", value_parser = parse_state)]
    pub state: Option<TcpState>,
    /// Only sockets with this port at either end.
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Only sockets of this process: its number, or its name.
    #[arg(long, value_name = "PROCESS", requires = "all")]
    pub owner: Option<String>,
    /// Do not look for the processes behind them, which takes most of the time.
    #[arg(long, conflicts_with = "owner")]
    pub no_owners: bool,
    /// Only what other machines can reach: listeners and UDP sockets beyond loopback, and where.
    #[arg(long)]
    pub exposed: bool,
    /// With what TCP has measured and decided: round-trip time, window, segment size, retransmits.
    #[arg(long)]
    pub details: bool,
}

/// `who PORT`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Who {
    /// A port, an endpoint, or a name.
    #[arg(value_parser = parse_place)]
    pub port: Place,
}

/// `resolve NAME`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Resolve {
    /// localhost, or a spelling of an address such as 127.1; in the private world any name.
    pub name: String,
    /// How long to wait for an answer.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "2s")]
    pub within: Duration,
}

/// `counters [INTERFACE]`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Counters {
    /// An interface.
    #[arg(default_value = "lo")]
    pub interface: String,
}

/// `route ADDRESS`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Route {
    /// An address without a port.
    pub address: IpAddr,
}

/// `explain TOPIC`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Topic {
    /// EADDRINUSE, 443, 127.0.0.1:49342, TIME-WAIT, backlog, …
    #[arg(required = true, num_args = 1.., value_name = "TOPIC")]
    pub topic: Vec<String>,
}

/// What two threads talk over in a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    /// TCP over loopback, TCP_NODELAY set.
    Tcp,
    /// UDP over loopback.
    Udp,
    /// A Unix stream socket pair.
    Unix,
    /// Two pipes.
    Pipe,
}

/// `rtt`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Rtt {
    /// What to measure over.
    #[arg(long, value_enum, default_value_t = Transport::Tcp)]
    pub over: Transport,
    /// Bytes each way.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub bytes: u32,
    /// Round trips that count.
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(100..=200_000))]
    pub samples: u32,
    /// Round trips before the first that counts.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub warm_up: u32,
}

/// What bytes flow through in a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stream {
    /// TCP over loopback.
    Tcp,
    /// A Unix stream socket pair.
    Unix,
}

/// `throughput`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Throughput {
    /// What to measure over.
    #[arg(long, value_enum, default_value_t = Stream::Tcp)]
    pub over: Stream,
    /// Stop after this many bytes; --seconds still ends it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub bytes: Option<u64>,
    /// Stop after this time.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "1s")]
    pub seconds: Duration,
    /// Bytes of one write.
    #[arg(long, value_name = "N", default_value_t = 131_072, value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    pub block: u32,
}

/// `many N ENDPOINT`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Many {
    /// How many connections to open.
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub count: u32,
    /// The listener, by name or endpoint.
    #[arg(value_parser = parse_place)]
    pub endpoint: Place,
    /// Close each one (with a RST) before the next is opened.
    #[arg(long)]
    pub close: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened flags carry their own help")]
    pub options: BindOptions,
}

/// `repeat N VERB …`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Repeat {
    /// Close each socket (with a RST) before the next is opened.
    #[arg(long)]
    pub close: bool,
    /// How many times.
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub count: u32,
    /// The verb and its arguments.
    #[arg(required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true, value_name = "VERB")]
    pub command: Vec<String>,
}

/// `expect EXPR`, `show EXPR`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Expression {
    /// An expression, to the end of the line: `second is refused`, `server.port > 1023`.
    #[arg(required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true, value_name = "EXPR")]
    pub words: Vec<String>,
}

/// `wait EXPR`, `wait 500ms`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Wait {
    /// How long to wait for the expression at most.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "2s")]
    pub within: Duration,
    /// An expression, or a time.
    #[arg(required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true, value_name = "EXPR|TIME")]
    pub words: Vec<String>,
}

/// Reads `300ms`, `2s`, `1m`; what a flag or `wait` accepts.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.strip_prefix(digits).unwrap_or_default();
    let wrong = || format!("`{text}` is not a time: write 300ms, 2s or 1m");
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "ms" => number / 1000.0,
        "s" | "" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(wrong()),
    };
    let duration = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
    if duration.is_zero() || duration > limits::LONGEST_WITHIN {
        let bare = if unit.is_empty() {
            format!("; a number without a unit counts seconds, so write `{text}ms` for less")
        } else {
            String::new()
        };
        return Err(format!("`{text}` is out of bounds: from 1ms to 1h{bare}"));
    }
    Ok(duration)
}

fn parse_answer(text: &str) -> Result<NamedAddress, String> {
    let read = || {
        let (name, address) = text.split_once('=')?;
        let fits = !name.is_empty() && name.len() <= limits::NAME_BYTES;
        Some(NamedAddress {
            name: fits.then(|| name.to_owned())?,
            address: address.parse().ok()?,
        })
    };
    read().ok_or_else(|| format!("`{text}` is not NAME=ADDRESS: write localhost=127.0.0.1"))
}

fn parse_range(text: &str) -> Result<PortRange, String> {
    PortRange::parse(text)
        .ok_or_else(|| format!("`{text}` is not a range of ports: write 49340-49349"))
}

fn parse_mode(text: &str) -> Result<u32, String> {
    let octal = text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    let mode = u32::from_str_radix(text, 8).ok();
    mode.filter(|mode| octal && *mode <= 0o777)
        .ok_or_else(|| format!("`{text}` are no permissions: write 0600 or 0000"))
}

/// Reads the name of a state.
pub fn parse_state(text: &str) -> Result<TcpState, String> {
    TcpState::parse(text).ok_or_else(|| {
        let names = TcpState::ALL.map(TcpState::name).join(", ");
        format!("`{text}` is not a TCP state: one of {names}")
    })
}

/// Whether a word can name a thing in the lab: a letter, then letters, digits and underscores.
pub fn is_name(word: &str) -> bool {
    let mut chars = word.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && word.len() <= 40
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

impl Expression {
    /// The expression, as it was written.
    pub fn text(&self) -> String {
        self.words.join(" ")
    }
}

impl Wait {
    /// What is waited for, as it was written: an expression, or a time.
    pub fn text(&self) -> String {
        self.words.join(" ")
    }
}
