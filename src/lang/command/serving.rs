//! The arguments of `serve`, `signal` and `get`.
use std::net::IpAddr;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::sockets::BindOptions;
use super::values::parse_duration;
use super::{Place, parse_place};
use crate::limits;
use crate::net::Endpoint;

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
