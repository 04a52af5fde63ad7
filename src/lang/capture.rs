//! The verbs that look at the wire, as they are typed: `capture`, `states`.
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `capture start`, `capture show`, …
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(disable_help_subcommand = true, disable_help_flag = true)]
pub struct Capture {
    /// What to do.
    #[command(subcommand)]
    pub action: CaptureAction,
}

/// What can be done with a capture.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum CaptureAction {
    /// Begin to record the packets of an interface.
    Start(CaptureStart),
    /// End the recording; what was recorded stays.
    Stop,
    /// Show what was recorded up to now, a packet a line or arrow.
    Show(CaptureShow),
    /// Write what was recorded to a file for Wireshark or tshark. Not for lessons.
    Save(CaptureSave),
}

/// `capture start [INTERFACE]`
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(disable_help_flag = true)]
pub struct CaptureStart {
    /// An interface.
    #[arg(default_value = "lo")]
    pub interface: String,
}

/// `capture show [NAME]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(disable_help_flag = true)]
pub struct CaptureShow {
    /// Only packets from or to what this name stands for.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Only packets with this port at either end.
    #[arg(long, value_name = "PORT", conflicts_with = "name")]
    pub port: Option<u16>,
}

/// `capture save FILE`
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(disable_help_flag = true)]
pub struct CaptureSave {
    /// Where to; the name ends in .pcapng.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Write over a file that is there already.
    #[arg(long)]
    pub force: bool,
}

/// `states SOCKET`
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct States {
    /// The name of a connection or a listener, open or closed.
    #[arg(value_name = "SOCKET")]
    pub socket: String,
}
