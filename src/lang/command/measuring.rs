//! The arguments of verbs that measure, and of those that repeat.
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::sockets::BindOptions;
use super::values::parse_duration;
use super::{Place, parse_place};

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
    // With twice as many the rate was .64 and 1.00 of this in two runs of benches/throughput.rs (AMD EPYC,
    // two cores, Linux 6.18).
    #[arg(long, value_name = "N", default_value_t = 65_536, value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
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
