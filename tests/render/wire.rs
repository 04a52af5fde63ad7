//! Recorded packets and the states of both ends, as every view shows them.
use looplab::lang::{
    CaptureSaved, CaptureStarted, CaptureStopped, Captured, End, EndState, EndStates, Fact,
    IcmpMessage, Outcome, Packet, Role, Segment,
};
use looplab::net::TcpState;
use unicode_width::UnicodeWidthStr;

use super::stories::{at, done};
use super::{Look, NARROW, PLAIN, SCREEN, outcomes, words};

const CLIENT: &str = "127.0.0.1:40002";
const SERVER: &str = "127.0.0.1:43817";

fn end(text: &str) -> End {
    text.parse()
        .map_or_else(|_| End::Address(text.parse().unwrap()), End::Socket)
}

/// A packet without anything of TCP's or ICMP's.
pub(crate) fn packet(number: usize, source: &str, destination: &str, text: &str) -> Packet {
    let (source, destination) = (end(source), end(destination));
    let name = |end: End| match end.port() {
        Some(40_002) => Some("client".to_owned()),
        Some(43_817) => Some("talk".to_owned()),
        _ => None,
    };
    Packet {
        number,
        seconds: match number {
            1 => 0.0,
            2 => 0.000_041,
            3 => 0.000_063,
            4 => 0.002_3,
            _ => 1.204,
        },
        source,
        destination,
        source_port: source.port(),
        destination_port: destination.port(),
        source_name: name(source),
        destination_name: name(destination),
        protocol: "udp",
        conversation: 1,
        length: text.len(),
        text: text.chars().take(160).collect(),
        arp: None,
        tcp: None,
        icmp: None,
    }
}

pub(crate) fn segment(flags: &[&'static str], seq: u32, ack: Option<u32>) -> Segment {
    let has = |flag| flags.contains(&flag);
    Segment {
        flags: flags.to_vec(),
        syn: has("SYN"),
        fin: has("FIN"),
        rst: has("RST"),
        seq,
        ack,
        window: 65_495,
        mss: has("SYN").then_some(65_495),
        window_scale: has("SYN").then_some(10),
        sack_permitted: has("SYN"),
        timestamps: None,
    }
}

fn tcp(packet: Packet, segment: Segment) -> Packet {
    Packet {
        protocol: "tcp",
        tcp: Some(segment),
        ..packet
    }
}

pub(crate) fn shown(packets: Vec<Packet>, scope: &'static str) -> Fact {
    Fact::Capture(Captured {
        interface: "lo".to_owned(),
        running: scope == "lab",
        scope,
        count: packets.len(),
        dropped: 0,
        packets,
    })
}

fn handshake() -> Vec<Packet> {
    let to = |number, text| packet(number, CLIENT, SERVER, text);
    let back = |number| packet(number, SERVER, CLIENT, "");
    vec![
        tcp(to(1, ""), segment(&["SYN"], 0, None)),
        tcp(back(2), segment(&["SYN", "ACK"], 0, Some(1))),
        tcp(to(3, ""), segment(&["ACK"], 1, Some(1))),
        tcp(
            to(4, "GET / HTTP/1.1\r\nHost: 127.0.0.1:43817\r\n\r\n"),
            segment(&["PSH", "ACK"], 1, Some(1)),
        ),
        tcp(back(5), segment(&["FIN", "ACK"], 1, Some(43))),
    ]
}

/// Everything at once: a refusal, a datagram that nobody wants, ARP on a cable.
fn several() -> Vec<Packet> {
    let icmp = Packet {
        protocol: "icmp",
        conversation: 2,
        length: 32,
        icmp: Some(IcmpMessage {
            icmp_type: 3,
            icmp_code: 3,
            port_unreachable: true,
            quoted: Some(end("127.0.0.1:9")),
            quoted_port: Some(9),
        }),
        ..packet(4, "127.0.0.1", "127.0.0.1", "")
    };
    let arp = |number, source, destination, arp| Packet {
        protocol: "arp",
        conversation: 3,
        arp: Some(arp),
        ..packet(number, source, destination, "")
    };
    vec![
        tcp(packet(1, CLIENT, "[::1]:9", ""), segment(&["SYN"], 0, None)),
        tcp(
            packet(2, "[::1]:9", CLIENT, ""),
            segment(&["RST", "ACK"], 0, Some(1)),
        ),
        Packet {
            conversation: 2,
            ..packet(3, "127.0.0.1:5353", "127.0.0.1:9", "ping")
        },
        icmp,
        arp(5, "10.0.0.2", "10.0.0.1", "request"),
        arp(6, "10.0.0.1", "10.0.0.2", "reply"),
    ]
}

fn states(client: TcpState, server: TcpState) -> Fact {
    let end = |name: Option<&str>, role, local, state, held, timer_seconds| EndState {
        name: name.map(str::to_owned),
        role: Some(role),
        local: at(local),
        state,
        held,
        timer_seconds,
    };
    let over = client == TcpState::TimeWait;
    Fact::States(EndStates {
        socket: "client".to_owned(),
        state: client,
        peer_state: Some(server),
        ends: vec![
            end(
                Some("client"),
                Role::Client,
                CLIENT,
                client,
                !over,
                over.then_some(58.0),
            ),
            end(None, Role::Server, SERVER, server, !over, None),
        ],
    })
}

fn facts() -> Vec<Outcome> {
    let captured = |fact| done("", "capture", fact);
    vec![
        captured(Fact::CaptureStarted(CaptureStarted {
            interface: "lo".to_owned(),
            scope: "lab",
            snap_bytes: 1_024,
        })),
        captured(shown(Vec::new(), "lab")),
        captured(shown(handshake(), "lab")),
        captured(shown(several(), "all")),
        captured(Fact::CaptureStopped(CaptureStopped {
            interface: "lo".to_owned(),
            count: 10_000,
            dropped: 2_017,
        })),
        captured(Fact::CaptureSaved(CaptureSaved {
            file: "tape.pcapng".to_owned(),
            count: 5,
            bytes: 1_040,
        })),
        done(
            "",
            "states",
            states(TcpState::FinWait2, TcpState::CloseWait),
        ),
        done(
            "",
            "states",
            states(TcpState::Established, TcpState::Established),
        ),
        done("", "states", states(TcpState::TimeWait, TcpState::Closed)),
    ]
}

#[test]
fn the_wire_on_a_screen() {
    insta::assert_snapshot!(outcomes(SCREEN, &facts()));
}

#[test]
fn the_wire_on_a_narrow_screen() {
    insta::assert_snapshot!(outcomes(NARROW, &facts()));
}

#[test]
fn the_wire_in_plain_lines() {
    insta::assert_snapshot!(outcomes(PLAIN, &facts()));
}

#[test]
fn a_window_is_unscaled_where_no_handshake_was_recorded() {
    let later = handshake().split_off(2);
    for (packets, unscaled) in [(handshake(), 0), (later, 3)] {
        let said = outcomes(PLAIN, &[done("", "capture", shown(packets, "lab"))]);
        assert_eq!(said.matches(" unscaled").count(), unscaled, "{said}");
    }
}

#[test]
fn the_wire_as_json() {
    insta::assert_snapshot!(outcomes(Look::Json, &facts()));
}

#[test]
fn plain_lines_tell_whatever_the_ladder_tells() {
    for fact in facts().into_iter().filter(|o| o.verb == "capture") {
        let one = [fact];
        let (screen, plain) = (outcomes(SCREEN, &one), outcomes(PLAIN, &one));
        // What a screen has no room for, it says there is more of.
        let strokes = |word: &&str| !word.contains(['▶', '◀']) && *word != "…";
        let plain: Vec<_> = words(&plain)
            .into_iter()
            .map(|word| word.trim_matches(['(', ')']))
            .collect();
        let screen: Vec<_> = words(&screen).into_iter().filter(strokes).collect();
        let missing: Vec<_> = screen.iter().filter(|word| !plain.contains(word)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

#[test]
fn every_width_holds_the_drawings() {
    let widths = (30..130).flat_map(|width| [(width, true), (width, false)]);
    for (width, unicode) in widths {
        let look = Look::Terminal {
            width,
            color: false,
            unicode,
        };
        for line in outcomes(look, &facts()).lines() {
            assert!(line.width() <= width, "{width}: {line}");
        }
    }
}
