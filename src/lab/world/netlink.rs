//! Requests that change something, over netlink(7). They are sent on a socket that a helper made,
//! so the network they change is a private one; this file never opens a socket itself.
use std::io::{self, Read};

use socket2::{Domain, Protocol, Socket, Type};

use super::World;
use crate::lab::observe::Namespace;
use crate::limits::DEFAULT_WITHIN;

/// Room for an answer: an errno and, with it, the request.
const ROOM: usize = 8 << 10;

/// Bytes of a request under construction: the fixed part, then attributes.
#[derive(Clone, Debug, Default)]
pub(super) struct Payload(pub(super) Vec<u8>);

impl Payload {
    /// The fixed part of a message.
    pub(super) fn of(bytes: impl IntoIterator<Item = u8>) -> Self {
        Self(bytes.into_iter().collect())
    }

    /// Adds an attribute: its length, its kind, its value, up to a multiple of four bytes.
    pub(super) fn with(mut self, kind: u16, value: &[u8]) -> Self {
        let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    /// Adds an attribute that holds attributes.
    pub(super) fn nest(self, kind: u16, inside: &Self) -> Self {
        self.with(kind, &inside.0)
    }
}

/// One message with its header (`struct nlmsghdr`).
pub(super) fn message(kind: u16, flags: i32, sequence: u32, payload: &Payload) -> Vec<u8> {
    let length = u32::try_from(16 + payload.0.len()).unwrap_or(u32::MAX);
    let flags = u16::try_from(libc::NLM_F_REQUEST | flags).unwrap_or_default();
    let mut bytes = Vec::with_capacity(16 + payload.0.len());
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    // The kernel fills in the port id of the sender.
    bytes.extend(0u32.to_ne_bytes());
    bytes.extend(&payload.0);
    bytes
}

/// A socket to one part of the kernel of a world.
pub(super) struct Change(Socket);

impl Change {
    /// Opens one for a netlink protocol.
    pub(super) fn open(world: &World, protocol: i32) -> io::Result<Self> {
        let (domain, protocol) = (Domain::from(libc::AF_NETLINK), Protocol::from(protocol));
        let socket = world.socket(domain, Type::RAW, Some(protocol))?;
        // The kernel answers at once; an emulated one that does not must not hang the program.
        socket.set_read_timeout(Some(DEFAULT_WITHIN))?;
        Ok(Self(socket))
    }

    /// Sends messages in one go, and reads answers until that of the last one that asked for one.
    /// The first refusal is the answer.
    pub(super) fn send(&self, messages: &[u8], last: u32) -> io::Result<()> {
        self.0.send(messages)?;
        loop {
            if verdicts(&self.read()?, last)? {
                return Ok(());
            }
        }
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        let mut room = vec![0; ROOM];
        let length = loop {
            match (&self.0).read(&mut room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        room.truncate(length);
        Ok(room)
    }
}

/// Reads the verdicts of one answer: an error, or whether that on `last` was among them.
fn verdicts(mut bytes: &[u8], last: u32) -> io::Result<bool> {
    while let Some((head, rest)) = bytes.split_first_chunk::<16>() {
        let [l0, l1, l2, l3, k0, k1, _, _, s0, s1, s2, s3, ..] = *head;
        let length = usize::try_from(u32::from_ne_bytes([l0, l1, l2, l3])).unwrap_or(usize::MAX);
        let kind = i32::from(u16::from_ne_bytes([k0, k1]));
        let sequence = u32::from_ne_bytes([s0, s1, s2, s3]);
        if kind == libc::NLMSG_ERROR {
            let code = rest
                .first_chunk::<4>()
                .map_or(0, |code| i32::from_ne_bytes(*code));
            if code < 0 {
                return Err(io::Error::from_raw_os_error(code.saturating_neg()));
            }
        }
        if sequence == last {
            return Ok(true);
        }
        // A length that does not hold together ends the walk.
        let next = length.max(16).next_multiple_of(4);
        bytes = bytes.get(next..).unwrap_or_default();
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_aligned() {
        let inner = Payload::default().with(3, b"lo\0");
        let outer = Payload::of([9]).nest(18, &inner);
        if cfg!(target_endian = "little") {
            let expected = [9, 12, 0, 18, 0, 7, 0, 3, 0, b'l', b'o', 0, 0];
            assert_eq!(outer.0[..13], expected);
        }
    }

    #[test]
    fn verdicts_are_read() {
        let answer = |sequence, code: i32| {
            let kind = u16::try_from(libc::NLMSG_ERROR).unwrap();
            message(kind, 0, sequence, &Payload::of(code.to_ne_bytes()))
        };
        let table = [
            (answer(1, 0), Ok(true)),
            (answer(7, 0), Ok(false)),
            ([answer(7, 0), answer(1, 0)].concat(), Ok(true)),
            (
                [answer(7, -libc::EPERM), answer(1, 0)].concat(),
                Err(Some(libc::EPERM)),
            ),
            (vec![0; 40], Ok(false)),
            (vec![], Ok(false)),
        ];
        for (bytes, expected) in table {
            let read = verdicts(&bytes, 1).map_err(|error| error.raw_os_error());
            assert_eq!(read, expected, "{bytes:?}");
        }
    }
}
