//! What is told of the wire: recorded packets, and the states of a connection's ends. Plain values;
//! nothing here reads a packet.
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::{Serialize, Serializer};

use super::outcome::Role;
use crate::net::{Endpoint, TcpState};

/// `capture start`.
#[derive(Clone, Debug, Serialize)]
pub struct CaptureStarted {
    /// The interface.
    pub interface: String,
    /// `lab`: only packets of this lab's sockets are kept; `all`: every packet.
    pub scope: &'static str,
    /// Bytes that are kept of each packet.
    pub snap_bytes: usize,
}

/// `capture stop`.
#[derive(Clone, Debug, Serialize)]
pub struct CaptureStopped {
    /// The interface.
    pub interface: String,
    /// Packets that were recorded.
    pub count: usize,
    /// Packets that were not recorded, because the kernel's buffer or ours was full.
    pub dropped: u64,
}

/// `capture save`.
#[derive(Clone, Debug, Serialize)]
pub struct CaptureSaved {
    /// The file.
    pub file: String,
    /// Packets in it.
    pub count: usize,
    /// Its length in bytes.
    pub bytes: usize,
}

/// `capture show`.
#[derive(Clone, Debug, Serialize)]
pub struct Captured {
    /// The interface.
    pub interface: String,
    /// Whether the recording goes on.
    pub running: bool,
    /// `lab` or `all`, as [`CaptureStarted::scope`].
    pub scope: &'static str,
    /// Packets that fit what was asked for; `packets` may hold fewer.
    pub count: usize,
    /// Packets that were not recorded, because the kernel's buffer or ours was full.
    pub dropped: u64,
    /// The packets, oldest first.
    pub packets: Vec<Packet>,
}

/// One recorded packet. What the kernel hands to the interface: on loopback it can be longer than
/// any cable would carry, and its checksums are not filled in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Packet {
    /// Its number in the recording, from 1.
    pub number: usize,
    /// Seconds since the first packet of the recording, by the kernel's clock.
    pub seconds: f64,
    /// Where it comes from: an endpoint, or an address where there are no ports.
    pub source: End,
    /// Where it goes.
    pub destination: End,
    /// The port it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_port: Option<u16>,
    /// The port it goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_port: Option<u16>,
    /// What the source is called in this lab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    /// What the destination is called in this lab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_name: Option<String>,
    /// `tcp`, `udp`, `icmp`, `arp`, or `ip` for anything else.
    pub protocol: &'static str,
    /// Which conversation it belongs to, from 1. An ICMP message belongs to the one it quotes.
    pub conversation: usize,
    /// Bytes of payload.
    pub length: usize,
    /// The beginning of the payload as text; what is not UTF-8 is replaced. Never printed without
    /// sanitising.
    pub text: String,
    /// Of ARP, `request` (who has the destination?) or `reply` (the source is here).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arp: Option<&'static str>,
    /// TCP's part.
    #[serde(flatten)]
    pub tcp: Option<Segment>,
    /// ICMP's part.
    #[serde(flatten)]
    pub icmp: Option<IcmpMessage>,
}

/// What is TCP's own in a packet (RFC 9293 §3.1). Sequence numbers count from 0 at each end's SYN;
/// where the SYN was not recorded, from 1 at the first byte that was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "expressions select packets by these: `selectattr(\"rst\")`"
)]
pub struct Segment {
    /// `SYN`, `ACK`, `FIN`, `RST`, `PSH`, … in the order of their bits.
    pub flags: Vec<&'static str>,
    /// Whether SYN is among them: it opens a direction.
    pub syn: bool,
    /// Whether FIN is among them: the sender has nothing more to say.
    pub fin: bool,
    /// Whether RST is among them: the connection is broken off, or was never wanted.
    pub rst: bool,
    /// The number of its first byte, counted from the sender's SYN.
    pub seq: u32,
    /// The byte it waits for, counted from the receiver's SYN; absent without ACK.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ack: Option<u32>,
    /// Bytes the sender has room for; scaled, where both SYNs were recorded.
    pub window: u32,
    /// Maximum segment size, of a SYN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mss: Option<u16>,
    /// Window scale, of a SYN: the power of two for later windows (RFC 7323).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_scale: Option<u8>,
    /// Whether selective acknowledgement was offered, of a SYN (RFC 2018).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sack_permitted: bool,
    /// The sender's clock and the echo of the receiver's (RFC 7323).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamps: Option<(u32, u32)>,
}

/// What is ICMP's own in a packet (RFC 792, RFC 4443).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IcmpMessage {
    /// The type: 3 (ICMPv4) or 1 (ICMPv6) for "destination unreachable".
    pub icmp_type: u8,
    /// The code: 3 (ICMPv4) or 4 (ICMPv6) for "port unreachable".
    pub icmp_code: u8,
    /// Whether it says that nobody has the port.
    pub port_unreachable: bool,
    /// The destination of the packet it quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quoted: Option<End>,
    /// That packet's port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quoted_port: Option<u16>,
}

/// One end of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// With a port.
    Socket(SocketAddr),
    /// Without.
    Address(IpAddr),
}

impl End {
    /// The port, where there is one.
    pub fn port(self) -> Option<u16> {
        match self {
            Self::Socket(at) => Some(at.port()),
            Self::Address(_) => None,
        }
    }

    /// The endpoint, where there is one.
    pub fn socket(self) -> Option<SocketAddr> {
        match self {
            Self::Socket(at) => Some(at),
            Self::Address(_) => None,
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(at) => at.fmt(f),
            Self::Address(at) => at.fmt(f),
        }
    }
}

impl Serialize for End {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `states`: where both ends of a connection are in RFC 9293's state machine.
#[derive(Clone, Debug, Serialize)]
pub struct EndStates {
    /// The name that was asked about.
    pub socket: String,
    /// The state of the end that was asked about.
    pub state: TcpState,
    /// The state of the other end; absent for a listener.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_state: Option<TcpState>,
    /// Both ends, the one that was asked about first; a listener alone.
    pub ends: Vec<EndState>,
}

/// One end of a connection, and its state.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EndState {
    /// What it is called in this lab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `client` or `server`; absent for a listener.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Its endpoint.
    pub local: Endpoint,
    /// Its state. CLOSED when the kernel knows no such socket any more.
    pub state: TcpState,
    /// Whether a program still holds it; TIME-WAIT and the like belong to the kernel alone.
    pub held: bool,
    /// Seconds until the kernel's timer ends the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timer_seconds: Option<f64>,
}
