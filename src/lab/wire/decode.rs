//! From the bytes of a frame to what they say: who, to whom, which flags, how much.
//!
//! Frames may be cut off or hold anything at all; what cannot be read is `None` or left out, never
//! a panic. Knows one frame at a time and no history.
use std::net::{IpAddr, SocketAddr};

use etherparse::{
    ArpOperation, ArpPacketSlice, LaxNetSlice, LaxSlicedPacket, TcpOptionElement, TcpSlice,
    TransportSlice,
};

use crate::lang::End;

/// One frame, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame<'f> {
    pub(super) source: End,
    pub(super) destination: End,
    pub(super) body: Body,
    /// Bytes of payload on the wire; more than `payload` where the frame was cut off.
    pub(super) length: usize,
    /// The payload, as far as it was recorded.
    pub(super) payload: &'f [u8],
}

/// What is above the addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Tcp(Tcp),
    Udp,
    Icmp(Icmp),
    /// A question who has an address (`true`), or the answer (RFC 826).
    Arp(bool),
    Other,
}

/// A TCP header, numbers as they travelled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tcp {
    /// The flags as one byte, FIN lowest (RFC 9293 §3.1).
    pub(super) flags: u8,
    pub(super) seq: u32,
    pub(super) ack: u32,
    pub(super) window: u16,
    pub(super) mss: Option<u16>,
    pub(super) window_scale: Option<u8>,
    pub(super) sack_permitted: bool,
    pub(super) timestamps: Option<(u32, u32)>,
}

pub(super) const FIN: u8 = 1;
pub(super) const SYN: u8 = 1 << 1;
pub(super) const RST: u8 = 1 << 2;
pub(super) const ACK: u8 = 1 << 4;

/// What an ICMP error message tells of the packet it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quoted {
    pub(super) is_tcp: bool,
    pub(super) source: End,
    pub(super) destination: End,
}

/// An ICMP header, and the packet it quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Icmp {
    pub(super) kind: u8,
    pub(super) code: u8,
    pub(super) v6: bool,
    /// Of an error message: what it is about.
    pub(super) quoted: Option<Quoted>,
}

impl Icmp {
    /// Whether it says that nobody has the port.
    pub(super) fn is_port_unreachable(&self) -> bool {
        (self.kind, self.code) == if self.v6 { (1, 4) } else { (3, 3) }
    }
}

impl Frame<'_> {
    /// The ends of the conversation it belongs to: its own, or those of the packet it quotes.
    pub(super) fn conversation(&self) -> (End, End) {
        match &self.body {
            Body::Icmp(Icmp {
                quoted: Some(quoted),
                ..
            }) => (quoted.source, quoted.destination),
            _ => (self.source, self.destination),
        }
    }

    /// Whether that conversation is one of TCP: a UDP socket may have the same two ends.
    pub(super) fn is_of_tcp(&self) -> bool {
        match &self.body {
            Body::Tcp(_) => true,
            Body::Icmp(icmp) => icmp.quoted.is_some_and(|quoted| quoted.is_tcp),
            Body::Udp | Body::Arp(_) | Body::Other => false,
        }
    }
}

/// Reads an Ethernet frame of which `whole` bytes were on the wire. `None` for what is neither IP nor
/// ARP.
pub(super) fn decode(bytes: &[u8], whole: usize) -> Option<Frame<'_>> {
    let packet = LaxSlicedPacket::from_ethernet(bytes).ok()?;
    let net = packet.net.as_ref()?;
    if let LaxNetSlice::Arp(arp) = net {
        return asked_or_answered(arp);
    }
    let (source, destination) = addresses(net)?;
    let with_ports = |from, to| {
        (
            End::Socket(SocketAddr::new(source, from)),
            End::Socket(SocketAddr::new(destination, to)),
        )
    };
    let without = (End::Address(source), End::Address(destination));
    let (ends, body, payload) = match &packet.transport {
        Some(TransportSlice::Tcp(tcp)) => (
            with_ports(tcp.source_port(), tcp.destination_port()),
            Body::Tcp(header(tcp)),
            tcp.payload(),
        ),
        Some(TransportSlice::Udp(udp)) => (
            with_ports(udp.source_port(), udp.destination_port()),
            Body::Udp,
            udp.payload(),
        ),
        Some(TransportSlice::Icmpv4(icmp)) => {
            let is_error = matches!(icmp.type_u8(), 3 | 4 | 5 | 11 | 12);
            let body = Icmp {
                kind: icmp.type_u8(),
                code: icmp.code_u8(),
                v6: false,
                quoted: is_error.then(|| quoted(icmp.payload())).flatten(),
            };
            (without, Body::Icmp(body), icmp.payload())
        }
        Some(TransportSlice::Icmpv6(icmp)) => {
            // In version 6 the lower half of the types are errors (RFC 4443 §2.1).
            let is_error = icmp.type_u8() < 128;
            let body = Icmp {
                kind: icmp.type_u8(),
                code: icmp.code_u8(),
                v6: true,
                quoted: is_error.then(|| quoted(icmp.payload())).flatten(),
            };
            (without, Body::Icmp(body), icmp.payload())
        }
        Some(TransportSlice::Igmp(_)) | None => {
            let inside = net.ip_payload_ref()?;
            (without, Body::Other, inside.payload)
        }
    };
    Some(Frame {
        source: ends.0,
        destination: ends.1,
        body,
        length: payload.len() + whole.saturating_sub(bytes.len()),
        payload,
    })
}

/// ARP for IPv4 addresses; it has no payload.
fn asked_or_answered<'f>(arp: &ArpPacketSlice<'f>) -> Option<Frame<'f>> {
    let ip = |bytes: &[u8]| {
        let four: [u8; 4] = bytes.try_into().ok()?;
        Some(End::Address(four.into()))
    };
    Some(Frame {
        source: ip(arp.sender_protocol_addr())?,
        destination: ip(arp.target_protocol_addr())?,
        body: Body::Arp(arp.operation() == ArpOperation::REQUEST),
        length: 0,
        payload: &[],
    })
}

fn addresses(net: &LaxNetSlice<'_>) -> Option<(IpAddr, IpAddr)> {
    match net {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            Some((
                header.source_addr().into(),
                header.destination_addr().into(),
            ))
        }
        LaxNetSlice::Ipv6(ip) => {
            let header = ip.header();
            Some((
                header.source_addr().into(),
                header.destination_addr().into(),
            ))
        }
        LaxNetSlice::Arp(_) => None,
    }
}

fn header(tcp: &TcpSlice<'_>) -> Tcp {
    let flags = [
        tcp.fin(),
        tcp.syn(),
        tcp.rst(),
        tcp.psh(),
        tcp.ack(),
        tcp.urg(),
        tcp.ece(),
        tcp.cwr(),
    ];
    let bits = flags.iter().enumerate();
    let mut read = Tcp {
        flags: bits.fold(0, |byte, (bit, set)| byte | u8::from(*set) << bit),
        seq: tcp.sequence_number(),
        ack: tcp.acknowledgment_number(),
        window: tcp.window_size(),
        ..Tcp::default()
    };
    for option in tcp.options_iterator().flatten() {
        match option {
            TcpOptionElement::MaximumSegmentSize(size) => read.mss = Some(size),
            TcpOptionElement::WindowScale(scale) => read.window_scale = Some(scale),
            TcpOptionElement::SelectiveAcknowledgementPermitted => read.sack_permitted = true,
            TcpOptionElement::Timestamp(clock, echo) => read.timestamps = Some((clock, echo)),
            TcpOptionElement::Noop | TcpOptionElement::SelectiveAcknowledgement(..) => {}
        }
    }
    read
}

/// The ends of a quoted packet. Of TCP and UDP alike, the ports are the first four bytes; an error
/// message need not quote more than eight (RFC 792).
fn quoted(bytes: &[u8]) -> Option<Quoted> {
    const TCP: u8 = 6;
    const UDP: u8 = 17;
    let packet = LaxSlicedPacket::from_ip(bytes).ok()?;
    let net = packet.net.as_ref()?;
    let (source, destination) = addresses(net)?;
    let inside = net.ip_payload_ref()?;
    let ports: Option<[u8; 4]> = inside.payload.first_chunk().copied();
    let has_ports = matches!(inside.ip_number.0, TCP | UDP) && !inside.fragmented;
    let (source, destination) = match ports.filter(|_| has_ports) {
        Some([a, b, c, d]) => (
            End::Socket(SocketAddr::new(source, u16::from_be_bytes([a, b]))),
            End::Socket(SocketAddr::new(destination, u16::from_be_bytes([c, d]))),
        ),
        None => (End::Address(source), End::Address(destination)),
    };
    Some(Quoted {
        is_tcp: inside.ip_number.0 == TCP,
        source,
        destination,
    })
}
