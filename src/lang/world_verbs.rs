//! The arguments of the verbs of the private world.
use std::net::IpAddr;

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::command::{Place, parse_place};

/// Where the lines of a step run.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum WorldName {
    /// The learner's own machine.
    #[default]
    Host,
    /// A network namespace of its own (Linux).
    Private,
}

/// `world [private|host]`
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct World {
    /// The world to go into. What is open stays open, where it is.
    #[arg(value_enum)]
    pub world: Option<WorldName>,
    /// Begin a new private world, in which the loopback interface was turned on, or never was.
    #[arg(long, value_enum, value_name = "STATE", requires = "world")]
    pub lo: Option<Switch>,
}

/// Whether an interface carries packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It does.
    Up,
    /// It does not.
    Down,
}

/// What is changed of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LinkChange {
    /// It carries packets.
    Up,
    /// It does not.
    Down,
    /// The largest packet it carries, in bytes.
    Mtu,
}

/// `link lo up|down`, `link lo mtu N`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Link {
    /// An interface of the private world.
    pub interface: String,
    /// What is changed.
    #[arg(value_enum)]
    pub change: LinkChange,
    /// Of mtu: bytes.
    #[arg(value_name = "N", required_if_eq("change", "mtu"))]
    pub bytes: Option<u32>,
}

/// `hosts [LINE …]`
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct Hosts {
    /// The new lines, each in quotes: an address, then names.
    #[arg(value_name = "LINE", value_parser = parse_hosts_line)]
    pub lines: Vec<String>,
    /// Leave the file without a line.
    #[arg(long, conflicts_with = "lines")]
    pub empty: bool,
}

fn parse_hosts_line(text: &str) -> Result<String, String> {
    let entry = text.split('#').next().unwrap_or_default();
    let mut words = entry.split_ascii_whitespace();
    let comment = text.trim_start().starts_with('#');
    let address = words.next().and_then(|word| word.parse::<IpAddr>().ok());
    let entry = address.is_some() && words.next().is_some();
    if (entry || comment) && !text.contains(['\n', '\r', '\0']) {
        return Ok(text.trim().to_owned());
    }
    Err(format!(
        "`{text}` is no line of a hosts file: an address, then names, all in quotes: \
         `hosts \"127.0.0.1 localhost\"`"
    ))
}

/// `neighbour [VERB …]`
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct Neighbour {
    /// A verb and its arguments, which then runs on the neighbour's machine.
    #[arg(num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true, value_name = "VERB")]
    pub command: Vec<String>,
}

/// What becomes of packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterAction {
    /// They are gone, and nobody is told.
    Drop,
    /// They are gone, and the sender is told: ICMP port unreachable.
    Reject,
}

/// What `filter` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FilterVerb {
    /// Packets to the endpoint are gone, and nobody is told.
    Drop,
    /// Packets to the endpoint are gone, and the sender is told.
    Reject,
    /// All rules go.
    Clear,
}

impl FilterVerb {
    /// What becomes of packets; `None` when nothing does any more.
    pub fn action(self) -> Option<FilterAction> {
        match self {
            Self::Drop => Some(FilterAction::Drop),
            Self::Reject => Some(FilterAction::Reject),
            Self::Clear => None,
        }
    }
}

/// `filter [drop|reject|clear] [ENDPOINT]`
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct Filter {
    /// What becomes of the packets.
    #[arg(value_enum)]
    pub verb: Option<FilterVerb>,
    /// Where they go to: 127.0.0.1:8080, 0.0.0.0:8080 for every address, or a name.
    #[arg(value_parser = parse_place, required_if_eq_any([("verb", "drop"), ("verb", "reject")]))]
    pub endpoint: Option<Place>,
}

/// `sysctl SETTING [VALUE]`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Sysctl {
    /// A setting, such as net.ipv4.ip_local_port_range.
    #[arg(value_name = "SETTING")]
    pub setting: String,
    /// The new value, in the private world.
    #[arg(num_args = 0.., allow_hyphen_values = true)]
    pub value: Vec<String>,
}
