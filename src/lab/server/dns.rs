//! The DNS server: answers questions for the addresses it was told, and knows no other name
//! (RFC 1035 §4, RFC 3596). It asks nobody, and whoever writes to it gets one datagram back at most,
//! never a longer one than the questions it was meant for need.
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::time::sleep;

use super::{Log, Running};
use crate::lang::{NamedAddress, Request};
use crate::limits;

/// The most a question can have without extensions (RFC 1035 §4.2.1).
const DATAGRAM: usize = 512;

const HEADER: usize = 12;

/// Types and the class of a question.
const A: u16 = 1;
const AAAA: u16 = 28;
const INTERNET: u16 = 1;

/// What an answer says of itself.
const NO_ERROR: u8 = 0;
const FORMAT_ERROR: u8 = 1;
const NAME_ERROR: u8 = 3;
const NOT_IMPLEMENTED: u8 = 4;

/// How long an answer may be kept: not at all, so that the next look-up asks again.
const TTL: [u8; 4] = [0; 4];

/// The names a server knows. Each question for a name takes its next address, and the last one stays.
#[derive(Debug, Default)]
pub(super) struct Zone {
    known: HashMap<String, [Turns; 2]>,
}

/// The addresses of one name and one family, and how many were given.
#[derive(Debug, Default)]
struct Turns {
    addresses: Vec<IpAddr>,
    given: usize,
}

impl Turns {
    fn next(&mut self) -> Option<IpAddr> {
        let last = self.addresses.len().checked_sub(1)?;
        let address = self.addresses.get(self.given.min(last)).copied();
        self.given = self.given.saturating_add(1);
        address
    }
}

impl Zone {
    pub(super) fn new(answers: &[NamedAddress]) -> Self {
        let mut zone = Self::default();
        for answer in answers {
            let [four, six] = zone.known.entry(canonical(&answer.name)).or_default();
            let turns = if answer.address.is_ipv4() { four } else { six };
            turns.addresses.push(answer.address);
        }
        zone
    }

    /// The code of an answer, and its address, if there is one.
    fn look_up(&mut self, question: &Question<'_>) -> (u8, Option<IpAddr>) {
        let Some([four, six]) = self.known.get_mut(&canonical(&question.name)) else {
            return (NAME_ERROR, None);
        };
        let address = match (question.class, question.kind) {
            (INTERNET, A) => four.next(),
            (INTERNET, AAAA) => six.next(),
            _ => None,
        };
        (NO_ERROR, address)
    }
}

/// Names are the same in capitals, and with the dot of the root behind them.
fn canonical(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// One question, read off a datagram.
#[derive(Debug, PartialEq, Eq)]
struct Question<'d> {
    /// With its labels joined by dots; what is no letter, digit, hyphen or underscore as `\DDD`.
    name: String,
    kind: u16,
    class: u16,
    /// Its bytes, which the answer repeats.
    bytes: &'d [u8],
}

/// What a datagram is.
#[derive(Debug, PartialEq, Eq)]
enum Asked<'d> {
    /// Nothing that may be answered.
    Nothing,
    /// A message that is answered with this code alone.
    Wrong(u8),
    /// A question.
    Question(Question<'d>),
}

fn read(datagram: &[u8]) -> Asked<'_> {
    let Some((header, rest)) = datagram.split_first_chunk::<HEADER>() else {
        return Asked::Nothing;
    };
    let [_, _, flags, _, count_high, count_low, ..] = *header;
    // An answer is never answered: two servers would go on for ever.
    if flags & 0x80 != 0 {
        return Asked::Nothing;
    }
    if flags & 0x78 != 0 {
        return Asked::Wrong(NOT_IMPLEMENTED);
    }
    match question(rest).filter(|_| [count_high, count_low] == [0, 1]) {
        Some(question) => Asked::Question(question),
        None => Asked::Wrong(FORMAT_ERROR),
    }
}

/// Reads labels until the empty one. A compressed name (RFC 1035 §4.1.4) has no place in the first
/// question, and is refused with every other length beyond 63.
fn question(bytes: &[u8]) -> Option<Question<'_>> {
    let mut labels = Vec::new();
    let mut rest = bytes;
    let after = loop {
        let (length, tail) = rest.split_first()?;
        if *length == 0 {
            break tail;
        }
        if *length > 63 || bytes.len() - tail.len() + usize::from(*length) > 255 {
            return None;
        }
        let (label, tail) = tail.split_at_checked(usize::from(*length))?;
        labels.push(shown(label));
        rest = tail;
    };
    let (end, tail) = after.split_first_chunk::<4>()?;
    let [kind_high, kind_low, class_high, class_low] = *end;
    Some(Question {
        name: if labels.is_empty() {
            ".".to_owned()
        } else {
            labels.join(".")
        },
        kind: u16::from_be_bytes([kind_high, kind_low]),
        class: u16::from_be_bytes([class_high, class_low]),
        bytes: bytes.get(..bytes.len() - tail.len())?,
    })
}

fn shown(label: &[u8]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let letters = label.iter().map(|byte| match byte {
        byte if plain(*byte) => char::from(*byte).to_string(),
        byte => format!("\\{byte:03}"),
    });
    letters.collect()
}

/// A question, and what was answered, in a word.
type Told<'d> = (Question<'d>, String);

/// The answer to a datagram, and what it was about.
fn answer<'d>(datagram: &'d [u8], zone: &mut Zone) -> Option<(Vec<u8>, Option<Told<'d>>)> {
    let (code, address, question) = match read(datagram) {
        Asked::Nothing => return None,
        Asked::Wrong(code) => (code, None, None),
        Asked::Question(question) => {
            let (code, address) = zone.look_up(&question);
            (code, address, Some(question))
        }
    };
    let [id_high, id_low, flags, ..] = *datagram.first_chunk::<HEADER>()?;
    // An answer, with authority; "recursion desired" is repeated, and "available" said, so that no
    // resolver goes looking for a better server.
    let flags = [0x84 | (flags & 0x79), 0x80 | code];
    let counts = [u8::from(question.is_some()), u8::from(address.is_some())];
    let [questions, answers] = counts;
    let mut bytes = vec![id_high, id_low];
    bytes.extend(flags);
    bytes.extend([0, questions, 0, answers, 0, 0, 0, 0]);
    if let Some(question) = &question {
        bytes.extend(question.bytes);
        if let Some(address) = address {
            // The name is the one at byte 12, where the question stands.
            bytes.extend([0xc0, 12]);
            bytes.extend(question.kind.to_be_bytes());
            bytes.extend(INTERNET.to_be_bytes());
            bytes.extend(TTL);
            match address {
                IpAddr::V4(four) => {
                    bytes.extend([0, 4]);
                    bytes.extend(four.octets());
                }
                IpAddr::V6(six) => {
                    bytes.extend([0, 16]);
                    bytes.extend(six.octets());
                }
            }
        }
    }
    let said = match (code, address) {
        (_, Some(address)) => address.to_string(),
        (NAME_ERROR, None) => "NXDOMAIN".to_owned(),
        (_, None) => "no address".to_owned(),
    };
    Some((bytes, question.map(|question| (question, said))))
}

/// Answers until the server is closed.
pub(super) async fn serve(
    socket: UdpSocket,
    mut zone: Zone,
    log: Arc<Log>,
    mut told: watch::Receiver<Running>,
) {
    let Ok(local) = socket.local_addr() else {
        return;
    };
    let mut room = [0; DATAGRAM];
    let mut number = 0;
    loop {
        let came = tokio::select! {
            _ = told.changed() => return,
            came = socket.recv_from(&mut room) => came,
        };
        let Ok((length, peer)) = came else {
            // An ICMP message about an earlier answer, or no memory.
            sleep(limits::ACCEPT_BACK_OFF).await;
            continue;
        };
        let datagram = room.get(..length).unwrap_or_default();
        let Some((bytes, asked)) = answer(datagram, &mut zone) else {
            continue;
        };
        // First written down: who has the answer may ask for the list at once.
        if let Some((question, said)) = asked {
            number += 1;
            log.record(Request {
                number,
                ..request(local, peer, &question, said)
            });
        }
        // A peer that is gone needs no answer.
        drop(socket.send_to(&bytes, peer).await);
    }
}

fn request(local: SocketAddr, peer: SocketAddr, question: &Question<'_>, said: String) -> Request {
    let method = match question.kind {
        A => "A".to_owned(),
        AAAA => "AAAA".to_owned(),
        // RFC 3597 §5.
        other => format!("TYPE{other}"),
    };
    Request {
        peer,
        peer_port: peer.port(),
        local,
        number: 0,
        raw: format!("{} {method}", question.name),
        method,
        target: question.name.clone(),
        host: None,
        origin: None,
        agent: None,
        status: None,
        answer: Some(said),
        ours: false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asking(labels: &[&str], kind: u16) -> Vec<u8> {
        let mut bytes = vec![7, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in labels {
            bytes.push(u8::try_from(label.len()).unwrap());
            bytes.extend(label.as_bytes());
        }
        bytes.push(0);
        bytes.extend(kind.to_be_bytes());
        bytes.extend(INTERNET.to_be_bytes());
        bytes
    }

    fn zone() -> Zone {
        let named = |name: &str, address: &str| NamedAddress {
            name: name.to_owned(),
            address: address.parse().unwrap(),
        };
        Zone::new(&[
            named("Evil.test.", "10.0.0.2"),
            named("evil.test", "127.0.0.1"),
            named("both", "127.0.0.1"),
            named("both", "::1"),
        ])
    }

    /// The code, and the bytes of the address.
    fn said(zone: &mut Zone, labels: &[&str], kind: u16) -> (u8, Vec<u8>) {
        let datagram = asking(labels, kind);
        let (bytes, told) = answer(&datagram, zone).unwrap();
        assert_eq!(bytes[..3], [7, 9, 0x85]);
        let (question, _) = told.unwrap();
        assert_eq!(question.name, labels.join("."));
        let record = bytes[HEADER + question.bytes.len()..].to_vec();
        let data = record.get(12..).unwrap_or_default().to_vec();
        assert_eq!(usize::from(bytes[7]), usize::from(!data.is_empty()));
        (bytes[3] & 0xf, data)
    }

    #[test]
    fn each_question_takes_the_next_address() {
        let mut zone = zone();
        let table = [
            (&["evil", "test"][..], A, (0, vec![10, 0, 0, 2])),
            (&["evil", "test"], AAAA, (0, vec![])),
            (&["EVIL", "test"], A, (0, vec![127, 0, 0, 1])),
            (&["evil", "test"], A, (0, vec![127, 0, 0, 1])),
            (&["both"], A, (0, vec![127, 0, 0, 1])),
            (
                &["both"],
                AAAA,
                (0, std::net::Ipv6Addr::LOCALHOST.octets().to_vec()),
            ),
            (&["both"], 65, (0, vec![])),
            (&["localhost"], A, (3, vec![])),
        ];
        for (labels, kind, expected) in table {
            assert_eq!(said(&mut zone, labels, kind), expected, "{labels:?} {kind}");
        }
    }

    #[test]
    fn what_is_no_question_is_told_so_or_left_alone() {
        let whole = asking(&["a"], A);
        let with = |at: usize, byte: u8| {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            bytes
        };
        let table = [
            (whole[..11].to_vec(), None),
            (with(2, 0x81), None),
            (with(2, 0x10), Some(NOT_IMPLEMENTED)),
            (with(5, 0), Some(FORMAT_ERROR)),
            (with(5, 2), Some(FORMAT_ERROR)),
            (with(12, 0xc0), Some(FORMAT_ERROR)),
            (with(12, 63), Some(FORMAT_ERROR)),
            (whole[..whole.len() - 1].to_vec(), Some(FORMAT_ERROR)),
            (whole.clone(), Some(NAME_ERROR)),
        ];
        for (datagram, expected) in table {
            let code = answer(&datagram, &mut zone()).map(|(bytes, _)| bytes[3] & 0xf);
            assert_eq!(code, expected, "{datagram:?}");
        }
        let long = "x".repeat(63);
        assert_eq!(
            read(&asking(&[long.as_str(); 4], A)),
            Asked::Wrong(FORMAT_ERROR)
        );
    }

    #[test]
    fn names_are_shown_without_control_characters() {
        let datagram = asking(&["a.b", "\u{1b}[31m"], A);
        let Asked::Question(question) = read(&datagram) else {
            panic!();
        };
        assert_eq!(question.name, "a\\046b.\\027\\09131m");
        let root = asking(&[], A);
        let Asked::Question(question) = read(&root) else {
            panic!();
        };
        assert_eq!(question.name, ".");
    }

    proptest! {
        #[test]
        fn no_datagram_is_too_strange(datagram in proptest::collection::vec(any::<u8>(), 0..DATAGRAM)) {
            if let Some((bytes, _)) = answer(&datagram, &mut zone()) {
                prop_assert_eq!(&bytes[..2], &datagram[..2]);
                prop_assert!(bytes[2] & 0x80 != 0 && bytes.len() <= datagram.len() + 28);
            }
        }

        #[test]
        fn no_name_is_too_strange(name in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut datagram = vec![0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
            datagram.extend(name);
            datagram.truncate(DATAGRAM);
            let (bytes, told) = answer(&datagram, &mut zone()).unwrap();
            prop_assert!(bytes.len() <= datagram.len() + 28);
            prop_assert!(told.is_none_or(|(q, _)| q.bytes.len() <= 259 && q.name.is_ascii()));
        }
    }
}
