//! Packets and states in words.
use super::fact;
use super::words::{count, counted, quoted};
use crate::lang::{
    CaptureSaved, CaptureStarted, CaptureStopped, Captured, End, EndState, EndStates, Packet,
    Role as Side, Segment,
};
use crate::net::TcpState;
use crate::render::block::Block;
use crate::render::ladder::{Ladder, Rung};
use crate::render::line::Line;
use crate::render::machine::Machine;
use crate::render::style::Role;

pub(super) fn started(started: &CaptureStarted) -> Vec<Block> {
    let line = Line::from("recording the packets of ").and(Role::Name, &started.interface);
    let whose = match started.scope {
        "lab" => "only packets of this lab's own sockets are kept; `capture show` shows them",
        _ => "`capture show` shows them",
    };
    vec![fact(line), Block::Remark(Line::marked(whose))]
}

pub(super) fn stopped(stopped: &CaptureStopped) -> Vec<Block> {
    let line = Line::from(counted(stopped.count, "packet").as_str())
        .text(" recorded on ")
        .and(Role::Name, &stopped.interface)
        .text("; the recording has ended");
    let mut blocks = vec![fact(line)];
    blocks.extend(dropped(stopped.dropped));
    blocks
}

pub(super) fn saved(saved: &CaptureSaved) -> Vec<Block> {
    let line = Line::from(counted(saved.count, "packet").as_str())
        .text(" written to ")
        .and(Role::Code, &saved.file)
        .text(format_args!(", {}", counted(saved.bytes, "byte")));
    vec![fact(line)]
}

fn dropped(number: u64) -> Option<Block> {
    (number > 0).then(|| {
        let verb = if number == 1 {
            "packet was"
        } else {
            "packets were"
        };
        let line = Line::of(Role::Surprise, count(number)).text(format_args!(
            " more {verb} not recorded: there was no room for them"
        ));
        fact(line)
    })
}

pub(super) fn captured(captured: &Captured) -> Vec<Block> {
    let whose = match captured.scope {
        "lab" => " of this lab",
        _ => "",
    };
    let line = Line::from(counted(captured.count, "packet").as_str())
        .text(whose)
        .text(" on ")
        .and(Role::Name, &captured.interface)
        .text(if captured.running {
            ", and recording"
        } else {
            ""
        });
    let mut blocks = vec![fact(line)];
    if captured.packets.len() < captured.count {
        let shown = format!("the first {} are shown", captured.packets.len());
        blocks.push(Block::Remark(Line::from(shown.as_str())));
    }
    blocks.extend(dropped(captured.dropped));
    let mut conversations: Vec<(usize, Vec<&Packet>)> = Vec::new();
    for packet in &captured.packets {
        let number = packet.conversation;
        match conversations.iter_mut().find(|(known, _)| *known == number) {
            Some((_, packets)) => packets.push(packet),
            None => conversations.push((number, vec![packet])),
        }
    }
    let several = conversations.len() > 1;
    for (number, packets) in &conversations {
        if several {
            blocks.push(Block::Gap);
            let heading = format!("conversation {number}");
            blocks.push(Block::Heading(Line::of(Role::Heading, heading)));
        }
        blocks.extend(ladder(packets).map(Block::Ladder));
    }
    blocks
}

fn ladder(packets: &[&Packet]) -> Option<Ladder> {
    // An ICMP message has addresses only; the packet it is about came before.
    let first = packets
        .iter()
        .find(|p| p.source.port().is_some())
        .or(packets.first())?;
    // A name may have come later than the first packet: accept gives the server's end one.
    let name = |end: End| {
        let known = |p: &&&Packet| {
            let both = [
                (p.source, &p.source_name),
                (p.destination, &p.destination_name),
            ];
            both.into_iter()
                .find(|(at, name)| *at == end && name.is_some())
                .and_then(|(_, name)| name.clone())
        };
        packets.iter().find_map(|packet| known(&packet))
    };
    let end = |end: End| (name(end), end.to_string());
    let scaled = is_from_the_start(packets);
    Some(Ladder {
        left: end(first.source),
        right: end(first.destination),
        rungs: packets
            .iter()
            .map(|packet| rung(packet, first.source, scaled))
            .collect(),
    })
}

/// Whether both SYNs were recorded, so that it is known by what later windows are scaled (RFC 7323 §2.2).
fn is_from_the_start(packets: &[&Packet]) -> bool {
    let syn = |packet: &&&Packet| packet.tcp.as_ref().is_some_and(|tcp| tcp.syn);
    let mut sources = packets.iter().filter(syn).map(|packet| packet.source);
    sources
        .next()
        .is_some_and(|first| sources.any(|source| source != first))
}

fn rung(packet: &Packet, left: End, scaled: bool) -> Rung {
    let named = |end: End, name: &Option<String>| {
        let line = Line::of(Role::Endpoint, end);
        match name {
            Some(name) => line.text(" (").and(Role::Name, name).text(')'),
            None => line,
        }
    };
    // What is reported unreachable tells who is told.
    let quoted = packet.icmp.as_ref().and_then(|icmp| icmp.quoted);
    let (words, vital) = words(packet, scaled);
    Rung {
        number: packet.number,
        time: time(packet.seconds),
        to_right: quoted.map_or(packet.source == left, |quoted| quoted == left),
        way: named(packet.source, &packet.source_name)
            .text(" → ")
            .then(&named(packet.destination, &packet.destination_name)),
        words,
        vital,
    }
}

/// `0.043 ms`, `1.204 s`.
fn time(seconds: f64) -> String {
    if seconds < 1.0 {
        format!("{:.3} ms", seconds * 1e3)
    } else {
        format!("{seconds:.3} s")
    }
}

/// What a packet says, the most important first, and how much of it matters.
fn words(packet: &Packet, scaled: bool) -> (Vec<Line>, usize) {
    let mut words = Vec::new();
    match (&packet.tcp, &packet.icmp) {
        (Some(tcp), _) => segment(&mut words, tcp),
        (None, Some(icmp)) => {
            let said = match (icmp.port_unreachable, icmp.quoted_port) {
                (true, Some(port)) => format!("ICMP: port {port} unreachable"),
                _ => "ICMP".to_owned(),
            };
            words.push(Line::of(Role::Refused, said));
            let (kind, code) = (icmp.icmp_type, icmp.icmp_code);
            words.push(Line::new().text(format_args!("type {kind} code {code}")));
            return (words, 1);
        }
        (None, None) if packet.arp.is_some() => {
            words.push(match packet.arp {
                Some("request") => {
                    Line::from("ARP: who has ").and(Role::Endpoint, packet.destination)
                }
                _ => Line::from("ARP: here is ").and(Role::Endpoint, packet.source),
            });
            return (words, 1);
        }
        (None, None) => words.push(Line::from(&*packet.protocol.to_ascii_uppercase())),
    }
    if packet.length > 0 || packet.tcp.is_none() {
        words.push(payload(packet));
    }
    let vital = words.len();
    if let Some(tcp) = &packet.tcp {
        details(&mut words, tcp, scaled);
    }
    (words, vital)
}

fn segment(words: &mut Vec<Line>, tcp: &Segment) {
    let role = if tcp.rst {
        Role::Refused
    } else if tcp.syn || tcp.fin {
        Role::Strong
    } else {
        Role::Plain
    };
    words.push(Line::of(role, tcp.flags.join("+")));
    words.push(Line::new().text(format_args!("seq {}", tcp.seq)));
    if let Some(ack) = tcp.ack {
        words.push(Line::new().text(format_args!("ack {ack}")));
    }
}

fn details(words: &mut Vec<Line>, tcp: &Segment, scaled: bool) {
    // The window of a RST means nothing.
    if !tcp.rst {
        words.push(Line::from(&*window(tcp, scaled)));
    }
    if let Some(mss) = tcp.mss {
        words.push(Line::new().text(format_args!("MSS {}", count(mss))));
    }
    if let Some(scale) = tcp.window_scale {
        words.push(Line::new().text(format_args!("scale {scale}")));
    }
    if tcp.sack_permitted {
        words.push(Line::from("SACK permitted"));
    }
}

/// `window 65,536`, in bytes; `window 64 unscaled` where nobody saw by what it is multiplied. The window
/// of a SYN is never scaled.
fn window(tcp: &Segment, scaled: bool) -> String {
    let unscaled = if scaled || tcp.syn { "" } else { " unscaled" };
    format!("window {}{unscaled}", count(tcp.window))
}

/// Characters of a payload beside its length; the rest is counted in the length.
const EXCERPT: usize = 24;

fn payload(packet: &Packet) -> Line {
    let line = Line::new().text(counted(packet.length, "byte"));
    let mut excerpt: String = packet.text.chars().take(EXCERPT).collect();
    if excerpt.trim().is_empty() {
        return line;
    }
    let more = excerpt.len() < packet.length;
    if more {
        excerpt.truncate(excerpt.trim_end().len());
    }
    let dots = if more { " …" } else { "" };
    line.text(' ')
        .and(Role::Payload, quoted(&excerpt))
        .text(dots)
}

pub(super) fn states(states: &EndStates) -> Vec<Block> {
    let mut blocks = Vec::new();
    for end in &states.ends {
        blocks.push(fact(state(end)));
        if let Some(next) = next(end.state) {
            blocks.push(Block::Remark(Line::marked(next)));
        }
    }
    let ends = states.ends.iter();
    blocks.push(Block::Machine(Machine {
        ends: ends.map(|end| (called(end), end.state)).collect(),
    }));
    blocks
}

fn called(end: &EndState) -> String {
    end.name.clone().unwrap_or_else(|| {
        let what = match end.role {
            Some(Side::Client) => "the client's end",
            Some(Side::Server) => "the server's end",
            None => "it",
        };
        what.to_owned()
    })
}

fn state(end: &EndState) -> Line {
    let role = match end.state {
        TcpState::Listen | TcpState::Established => Role::Ok,
        TcpState::Closed => Role::Dim,
        _ => Role::Surprise,
    };
    let line = Line::of(Role::Name, called(end))
        .text(", ")
        .and(Role::Endpoint, &end.local)
        .text(", is ")
        .and(role, end.state.name());
    let line = match (end.held, end.state) {
        (true, _) => line,
        (false, TcpState::Closed) => line.text(": the kernel has forgotten it"),
        (false, TcpState::Established | TcpState::SynReceived) => {
            line.text(", and waits for accept")
        }
        (false, _) => line.text(", and only the kernel holds it"),
    };
    match end.timer_seconds {
        Some(seconds) if !end.held => line.text(format_args!(", {seconds:.0} s left")),
        _ => line,
    }
}

/// The ways on from a state (RFC 9293 §3.3.2).
fn next(state: TcpState) -> Option<&'static str> {
    Some(match state {
        TcpState::Closed => return None,
        TcpState::Listen => "a SYN makes a new connection, which begins in SYN-RECEIVED",
        TcpState::SynSent => "SYN+ACK leads to ESTABLISHED, a RST to CLOSED",
        TcpState::SynReceived => "the ACK of the handshake leads to ESTABLISHED",
        TcpState::Established => {
            "`close` or `shutdown` here leads to FIN-WAIT-1, a FIN from the peer to CLOSE-WAIT"
        }
        TcpState::FinWait1 => "the ACK of its FIN leads to FIN-WAIT-2, the peer's FIN to CLOSING",
        TcpState::FinWait2 => "the peer's FIN leads to TIME-WAIT",
        TcpState::CloseWait => "`close` or `shutdown` here leads to LAST-ACK",
        TcpState::Closing => "the ACK of its FIN leads to TIME-WAIT",
        TcpState::LastAck => "the ACK of its FIN leads to CLOSED",
        TcpState::TimeWait => "time alone leads to CLOSED",
    })
}
