//! From frames to packets as they are told: conversations numbered, sequence numbers counted from
//! each end's SYN, windows scaled.
//!
//! Reads frames in their order and keeps the little history this takes. Does no I/O.
use std::collections::HashMap;
use std::time::Duration;

use super::decode::{ACK, Body, FIN, Frame, Icmp, RST, SYN, Tcp, decode};
use super::tape::Raw;
use crate::lang::{End, IcmpMessage, Packet, Segment};
use crate::limits;

/// Follows every conversation of a recording.
#[derive(Debug, Default)]
pub(super) struct Follower {
    /// The newest conversation between two ends, whichever spoke first, and whether it is TCP's.
    current: HashMap<(bool, End, End), usize>,
    conversations: Vec<Conversation>,
    started: Option<Duration>,
    number: usize,
}

/// What must be known of a conversation to count in it.
#[derive(Clone, Debug, Default)]
struct Conversation {
    /// Each direction, by the end that speaks in it.
    directions: HashMap<End, Direction>,
}

#[derive(Clone, Copy, Debug)]
struct Direction {
    /// The sequence number that counts as 0.
    base: u32,
    /// By which power of two its SYN said that later windows are scaled, where both were seen.
    scale: Option<u8>,
}

impl Follower {
    /// The next packet of the recording, and the ends of its conversation; `None` for a frame that
    /// cannot be read. It has its number all the same.
    pub(super) fn packet(&mut self, raw: &Raw) -> Option<(Packet, (End, End))> {
        self.number += 1;
        let started = *self.started.get_or_insert(raw.time);
        let frame = decode(&raw.bytes, raw.whole)?;
        let conversation = self.conversation(&frame);
        let tcp = match &frame.body {
            Body::Tcp(tcp) => Some(self.segment(conversation, &frame, tcp)),
            _ => None,
        };
        let packet = Packet {
            number: self.number,
            seconds: raw.time.saturating_sub(started).as_secs_f64(),
            source: frame.source,
            destination: frame.destination,
            source_port: frame.source.port(),
            destination_port: frame.destination.port(),
            source_name: None,
            destination_name: None,
            protocol: match frame.body {
                Body::Tcp(_) => "tcp",
                Body::Udp => "udp",
                Body::Icmp(_) => "icmp",
                Body::Arp(_) => "arp",
                Body::Other => "ip",
            },
            conversation: conversation + 1,
            length: frame.length,
            text: match frame.body {
                Body::Tcp(_) | Body::Udp => text(frame.payload),
                // An error message quotes the packet it is about; other payloads mean nothing here.
                Body::Icmp(_) | Body::Arp(_) | Body::Other => String::new(),
            },
            arp: match frame.body {
                Body::Arp(true) => Some("request"),
                Body::Arp(false) => Some("reply"),
                _ => None,
            },
            tcp,
            icmp: match &frame.body {
                Body::Icmp(icmp) => Some(message(icmp)),
                _ => None,
            },
        };
        Some((packet, frame.conversation()))
    }

    /// The conversation a frame belongs to. A SYN that does not repeat the last one begins another
    /// between the same two ends.
    fn conversation(&mut self, frame: &Frame<'_>) -> usize {
        let (a, b) = frame.conversation();
        let (a, b) = if a <= b { (a, b) } else { (b, a) };
        let pair = (frame.is_of_tcp(), a, b);
        let known = self.current.get(&pair).copied();
        let anew = match (&frame.body, known) {
            (_, None) => true,
            (Body::Tcp(tcp), Some(known)) => {
                tcp.flags & (SYN | ACK) == SYN && {
                    let before = self.conversations.get(known);
                    let base = before.and_then(|c| c.directions.get(&frame.source));
                    base.is_some_and(|direction| direction.base != tcp.seq)
                }
            }
            _ => false,
        };
        if let Some(known) = known.filter(|_| !anew) {
            return known;
        }
        self.conversations.push(Conversation::default());
        let new = self.conversations.len() - 1;
        self.current.insert(pair, new);
        new
    }

    fn segment(&mut self, conversation: usize, frame: &Frame<'_>, tcp: &Tcp) -> Segment {
        let nowhere = &mut Conversation::default();
        let here = self.conversations.get_mut(conversation).unwrap_or(nowhere);
        let seq = here.counted_from(frame.source, tcp);
        let ack = (tcp.flags & ACK != 0).then(|| {
            let other = here.directions.entry(frame.destination);
            let base = other.or_insert(Direction {
                base: tcp.ack.wrapping_sub(1),
                scale: None,
            });
            tcp.ack.wrapping_sub(base.base)
        });
        Segment {
            flags: names(tcp.flags),
            syn: tcp.flags & SYN != 0,
            fin: tcp.flags & FIN != 0,
            rst: tcp.flags & RST != 0,
            seq,
            ack,
            window: here.window(frame, tcp),
            mss: tcp.mss,
            window_scale: tcp.window_scale,
            sack_permitted: tcp.sack_permitted,
            timestamps: tcp.timestamps,
        }
    }
}

impl Conversation {
    fn counted_from(&mut self, source: End, tcp: &Tcp) -> u32 {
        let is_syn = tcp.flags & SYN != 0;
        let seen = Direction {
            // The answer to a SYN that nobody wants has no numbers of its own (RFC 9293 §3.10.7.1).
            base: if is_syn || tcp.flags & RST != 0 {
                tcp.seq
            } else {
                tcp.seq.wrapping_sub(1)
            },
            scale: tcp.window_scale.filter(|_| is_syn),
        };
        let direction = self.directions.entry(source).or_insert(seen);
        if is_syn {
            *direction = seen;
        }
        tcp.seq.wrapping_sub(direction.base)
    }

    /// The window in bytes. It is scaled when both SYNs agreed to it, and never in a SYN
    /// (RFC 7323 §2.2).
    fn window(&self, frame: &Frame<'_>, tcp: &Tcp) -> u32 {
        let scale = |end| self.directions.get(end).and_then(|d| d.scale);
        let plain = u32::from(tcp.window);
        match (scale(&frame.source), scale(&frame.destination)) {
            (Some(scale), Some(_)) if tcp.flags & SYN == 0 => plain << scale.min(14),
            _ => plain,
        }
    }
}

fn names(flags: u8) -> Vec<&'static str> {
    const NAMES: [&str; 8] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
    let all = NAMES.iter().enumerate();
    all.filter(|(bit, _)| flags & 1 << bit != 0)
        .map(|(_, name)| *name)
        .collect()
}

fn message(icmp: &Icmp) -> IcmpMessage {
    let quoted = icmp.quoted.map(|quoted| quoted.destination);
    IcmpMessage {
        icmp_type: icmp.kind,
        icmp_code: icmp.code,
        port_unreachable: icmp.is_port_unreachable(),
        quoted,
        quoted_port: quoted.and_then(End::port),
    }
}

/// The beginning of a payload. A character that the cut went through is left out.
fn text(payload: &[u8]) -> String {
    let shown = payload.get(..limits::CAPTURE_TEXT).unwrap_or(payload);
    let is_cut = shown.len() < payload.len();
    let mut text = String::with_capacity(shown.len());
    let mut chunks = shown.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        text.push_str(chunk.valid());
        let at_the_cut = is_cut && chunks.peek().is_none();
        if !chunk.invalid().is_empty() && !at_the_cut {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::frames::{
        CONVERSATION, REFUSED, RESET_V6, UNREACHABLE, bytes, raw, recorded,
    };
    use super::*;

    fn packets(recording: &[Raw]) -> Vec<Packet> {
        let mut follower = Follower::default();
        let told = recording.iter().filter_map(|raw| follower.packet(raw));
        told.map(|(packet, _)| packet).collect()
    }

    /// A packet in a line: `43368→80 #1 SYN+ACK seq 0 ack 1 win 65483 len 0`.
    fn line(packet: &Packet) -> String {
        let port = |port: Option<u16>| port.map_or("-".to_owned(), |port| port.to_string());
        let way = format!(
            "{}→{} #{}",
            port(packet.source_port),
            port(packet.destination_port),
            packet.conversation
        );
        let Some(tcp) = &packet.tcp else {
            return format!("{way} {} len {}", packet.protocol, packet.length);
        };
        let ack = tcp.ack.map_or(String::new(), |ack| format!(" ack {ack}"));
        format!(
            "{way} {} seq {}{ack} win {} len {}",
            tcp.flags.join("+"),
            tcp.seq,
            tcp.window,
            packet.length
        )
    }

    fn check(frames: &[&str], expected: &[&str]) -> Vec<Packet> {
        let packets = packets(&recorded(frames));
        let lines: Vec<_> = packets.iter().map(line).collect();
        assert_eq!(lines, expected);
        packets
    }

    #[test]
    fn a_conversation_is_counted_from_both_syns() {
        let packets = check(
            &CONVERSATION,
            &[
                "43368→80 #1 SYN seq 0 win 65495 len 0",
                "80→43368 #1 SYN+ACK seq 0 ack 1 win 65483 len 0",
                "43368→80 #1 ACK seq 1 ack 1 win 65536 len 0",
                "43368→80 #1 PSH+ACK seq 1 ack 1 win 65536 len 11",
                "80→43368 #1 ACK seq 1 ack 12 win 65536 len 0",
                "80→43368 #1 FIN+ACK seq 1 ack 12 win 65536 len 0",
                "43368→80 #1 FIN+ACK seq 12 ack 2 win 95232 len 0",
                "80→43368 #1 ACK seq 2 ack 13 win 65536 len 0",
            ],
        );
        let syn = packets[0].tcp.as_ref().unwrap();
        assert_eq!((syn.mss, syn.window_scale), (Some(65_495), Some(10)));
        assert!(syn.sack_permitted && syn.syn && !syn.fin && !syn.rst);
        assert_eq!(packets[3].text, "hello wire\n");
        assert_eq!(packets[7].number, 8);
        assert!((packets[7].seconds - 7e-6).abs() < 1e-9);
    }

    #[test]
    fn a_conversation_joined_late_is_counted_from_what_was_seen() {
        check(
            &CONVERSATION[3..6],
            &[
                "43368→80 #1 PSH+ACK seq 1 ack 1 win 64 len 11",
                "80→43368 #1 ACK seq 1 ack 12 win 64 len 0",
                "80→43368 #1 FIN+ACK seq 1 ack 12 win 64 len 0",
            ],
        );
    }

    #[test]
    fn a_refusal() {
        check(
            &REFUSED,
            &[
                "41788→9 #1 SYN seq 0 win 65495 len 0",
                "9→41788 #1 RST+ACK seq 0 ack 1 win 0 len 0",
            ],
        );
        check(
            &[RESET_V6],
            &["42530→52039 #1 RST+ACK seq 0 ack 1 win 64 len 0"],
        );
    }

    #[test]
    fn a_refusal_over_udp_belongs_to_the_datagram() {
        let packets = check(
            &UNREACHABLE,
            &["46982→9 #1 udp len 4", "-→- #1 icmp len 32"],
        );
        assert_eq!(packets[0].text, "ping");
        let icmp = packets[1].icmp.as_ref().unwrap();
        assert!(icmp.port_unreachable);
        assert_eq!(icmp.quoted_port, Some(9));
        assert_eq!(icmp.quoted.unwrap().to_string(), "127.0.0.1:9");
    }

    #[test]
    fn a_new_syn_begins_a_new_conversation_and_a_repeated_one_does_not() {
        let mut other = bytes(CONVERSATION[0]);
        other[41] ^= 1;
        let again = Raw {
            whole: other.len(),
            bytes: other,
            ..raw(CONVERSATION[0], 9)
        };
        let repeated = raw(CONVERSATION[0], 8);
        let mut recording = recorded(&CONVERSATION[..3]);
        recording.extend([repeated, again]);
        let told: Vec<_> = packets(&recording).iter().map(|p| p.conversation).collect();
        assert_eq!(told, [1, 1, 1, 1, 2]);
    }

    #[test]
    fn frames_cut_off_at_any_byte() {
        let all = [&CONVERSATION[..], &REFUSED, &UNREACHABLE, &[RESET_V6]].concat();
        for hex in all {
            let whole = bytes(hex);
            let lengths = packets(&[raw(hex, 0)])[0].length;
            for cut in 0..whole.len() {
                let cut_off = Raw {
                    bytes: whole[..cut].to_vec(),
                    whole: whole.len(),
                    ..raw(hex, 0)
                };
                for packet in packets(&[cut_off]) {
                    // What is missing still counts, once the header can be read.
                    assert!(packet.tcp.is_none() || packet.length == lengths);
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_passed_over_and_counted() {
        let loopback_test = raw("000000000000000000000000900000000100000000000000", 0);
        let recording = [loopback_test, raw(CONVERSATION[0], 1)];
        let packets = packets(&recording);
        assert_eq!(packets.len(), 1);
        assert_eq!(packets[0].number, 2);
    }

    #[test]
    fn who_has_an_address_and_who_answers() {
        let ask =
            "ffffffffffff020000000002080600010800060400010200000000020a0000020000000000000a000001";
        let answer =
            "020000000002020000000001080600010800060400020200000000010a0000010200000000020a000002";
        let packets = packets(&recorded(&[ask, answer]));
        let told: Vec<_> = packets
            .iter()
            .map(|p| {
                (
                    p.protocol,
                    p.arp,
                    p.source.to_string(),
                    p.destination.to_string(),
                )
            })
            .collect();
        let (here, there) = ("10.0.0.1".to_owned(), "10.0.0.2".to_owned());
        let expected = [
            ("arp", Some("request"), there.clone(), here.clone()),
            ("arp", Some("reply"), here, there),
        ];
        assert_eq!(told, expected);
        assert_eq!(packets[1].conversation, 1);
    }

    #[test]
    fn text_is_cut_between_characters() {
        let long = "ä".repeat(limits::CAPTURE_TEXT);
        assert_eq!(text(&long.as_bytes()[1..]).chars().last(), Some('ä'));
        assert_eq!(text(long.as_bytes()).len(), limits::CAPTURE_TEXT);
        assert_eq!(text(b"\xff\x1b[2J"), "\u{fffd}\u{1b}[2J");
    }

    proptest! {
        #[test]
        fn nothing_on_a_wire_is_a_panic(
            frames in prop::collection::vec(
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..200),
                    // A real frame with some of its bytes changed, and cut somewhere.
                    (
                        0..CONVERSATION.len() + 3,
                        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
                        0..200_usize,
                    )
                        .prop_map(|(which, changes, length)| {
                            let all = [&CONVERSATION[..], &UNREACHABLE, &[RESET_V6]].concat();
                            let mut frame = bytes(all[which]);
                            for (place, value) in changes {
                                let place = place.index(frame.len());
                                frame[place] = value;
                            }
                            frame.truncate(length);
                            frame
                        }),
                ],
                0..12,
            ),
            more in 0..70_000_usize,
        ) {
            let recording: Vec<_> = frames
                .into_iter()
                .map(|bytes| Raw {
                    time: Duration::from_secs(7),
                    whole: bytes.len() + more,
                    bytes,
                })
                .collect();
            let told = packets(&recording);
            prop_assert!(told.len() <= recording.len());
            prop_assert!(told.iter().all(|p| p.text.len() <= 3 * limits::CAPTURE_TEXT));
        }
    }
}
