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
    /// The newest conversation between two ends, whichever spoke first.
    current: HashMap<(End, End), usize>,
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
    /// What its SYN said of later windows; `None` when the SYN was not recorded.
    scale: Option<Option<u8>>,
}

impl Follower {
    /// The next packet of the recording, and the ends of its conversation; `None` for a frame that
    /// is no IP. It has its number all the same.
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
                Body::Other => "ip",
            },
            conversation: conversation + 1,
            length: frame.length,
            text: match frame.body {
                Body::Tcp(_) | Body::Udp => text(frame.payload),
                // An error message quotes the packet it is about; other payloads mean nothing here.
                Body::Icmp(_) | Body::Other => String::new(),
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
        let pair = if a <= b { (a, b) } else { (b, a) };
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
        match known.filter(|_| !anew) {
            Some(known) => known,
            None => {
                self.conversations.push(Conversation::default());
                let new = self.conversations.len() - 1;
                self.current.insert(pair, new);
                new
            }
        }
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
            scale: is_syn.then_some(tcp.window_scale),
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
        let scale = |end| self.directions.get(end).and_then(|d| d.scale).flatten();
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
    let quoted = icmp.quoted.map(|(_, destination)| destination);
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
    match std::str::from_utf8(shown) {
        Ok(text) => text.to_owned(),
        Err(error) if error.error_len().is_none() && shown.len() < payload.len() => {
            let whole = shown.get(..error.valid_up_to()).unwrap_or_default();
            String::from_utf8_lossy(whole).into_owned()
        }
        Err(_) => String::from_utf8_lossy(shown).into_owned(),
    }
}
