//! The arguments of verbs that look at the machine.
use std::net::IpAddr;
use std::time::Duration;

use clap::Args;

use super::values::{parse_duration, parse_state};
use super::{Place, parse_place};
use crate::net::TcpState;

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
