//! Questions to the kernel over netlink(7): one request, the messages that answer it.
//!
//! Only reads: no request sent here changes anything. What comes back is parsed without trust.
use std::io::{self, Read};

use socket2::{Domain, Protocol, Socket, Type};

use super::Namespace;
use super::bytes::Bytes;
use crate::limits::DEFAULT_WITHIN;

/// Length of `struct nlmsghdr`.
const HEADER: usize = 16;

/// Room for one read. The kernel fills at most 32 KiB of it today; it may learn to fill more.
const ROOM: usize = 256 << 10;

/// An open netlink socket.
pub(super) struct Netlink {
    socket: Socket,
    room: Vec<u8>,
    sequence: u32,
}

/// One message of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Message<'a> {
    pub(super) kind: u16,
    sequence: u32,
    pub(super) payload: &'a [u8],
}

/// What is asked for.
pub(super) struct Request<'a> {
    /// The message type: `SOCK_DIAG_BY_FAMILY`, `RTM_GETROUTE`, …
    pub(super) kind: u16,
    /// Whether all entries are wanted, or the one the payload describes.
    pub(super) all: bool,
    pub(super) payload: &'a [u8],
}

impl Netlink {
    /// Opens a socket for one netlink protocol (`NETLINK_SOCK_DIAG`, `NETLINK_ROUTE`).
    pub(super) fn open(ns: &dyn Namespace, protocol: i32) -> io::Result<Self> {
        let socket = ns.socket(
            Domain::from(libc::AF_NETLINK),
            Type::RAW,
            Some(Protocol::from(protocol)),
        )?;
        // The kernel answers at once; an emulated one that does not must not hang the program.
        socket.set_read_timeout(Some(DEFAULT_WITHIN))?;
        Ok(Self {
            socket,
            room: vec![0; ROOM],
            sequence: 0,
        })
    }

    /// Sends one request and hands every message of its answer to `each`, in the kernel's order.
    /// An answer that is an error number becomes that error.
    pub(super) fn ask(
        &mut self,
        request: &Request<'_>,
        mut each: impl FnMut(Message<'_>),
    ) -> io::Result<()> {
        self.sequence += 1;
        self.socket.send(&encode(request, self.sequence))?;
        loop {
            let length = self.read()?;
            let answer = self.room.get(..length).unwrap_or_default();
            let mine = Messages(answer).filter(|message| message.sequence == self.sequence);
            for message in mine {
                match message.end()? {
                    End::More => each(message),
                    End::Last => return Ok(()),
                }
                if !request.all {
                    return Ok(());
                }
            }
        }
    }

    fn read(&mut self) -> io::Result<usize> {
        loop {
            match (&self.socket).read(&mut self.room) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}

fn encode(request: &Request<'_>, sequence: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + request.payload.len());
    let length = u32::try_from(HEADER + request.payload.len()).unwrap_or(u32::MAX);
    let flags = if request.all {
        libc::NLM_F_REQUEST | libc::NLM_F_DUMP
    } else {
        libc::NLM_F_REQUEST
    };
    bytes.extend(length.to_ne_bytes());
    bytes.extend(request.kind.to_ne_bytes());
    bytes.extend(u16::try_from(flags).unwrap_or_default().to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    // The kernel fills in the port id of the sender.
    bytes.extend(0u32.to_ne_bytes());
    bytes.extend(request.payload);
    bytes
}

/// Whether an answer goes on after a message.
#[derive(Debug, PartialEq)]
enum End {
    More,
    Last,
}

impl Message<'_> {
    /// A message as a parser meets it.
    #[cfg(test)]
    pub(super) fn of(kind: u16, payload: &[u8]) -> Message<'_> {
        Message {
            kind,
            sequence: 0,
            payload,
        }
    }

    fn end(&self) -> io::Result<End> {
        match i32::from(self.kind) {
            libc::NLMSG_DONE | libc::NLMSG_ERROR => {
                // Both carry a negative error number, or 0 when all is well.
                let code = Bytes(self.payload).take().map_or(0, i32::from_ne_bytes);
                if code < 0 {
                    return Err(io::Error::from_raw_os_error(code.saturating_neg()));
                }
                Ok(End::Last)
            }
            _ => Ok(End::More),
        }
    }
}

/// The messages in one read. Ends at the first that does not hold together.
struct Messages<'a>(&'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        let mut bytes = Bytes(self.0);
        let length = usize::try_from(bytes.u32()?).ok()?;
        let kind = bytes.u16()?;
        let _flags = bytes.u16()?;
        let sequence = bytes.u32()?;
        let _port_id = bytes.u32()?;
        let payload = bytes.slice(length.checked_sub(HEADER)?)?;
        self.0 = self.0.get(aligned(length)..).unwrap_or_default();
        Some(Message {
            kind,
            sequence,
            payload,
        })
    }
}

/// The attributes behind a message's fixed part (rtnetlink(7), RTA_*), as type and value.
pub(super) struct Attributes<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = Bytes(self.0);
        let length = usize::from(bytes.u16()?);
        let kind = bytes.u16()?;
        let value = bytes.slice(length.checked_sub(4)?)?;
        self.0 = self.0.get(aligned(length)..).unwrap_or_default();
        Some((kind, value))
    }
}

/// Messages and attributes begin at multiples of four bytes.
fn aligned(length: usize) -> usize {
    length.next_multiple_of(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, payload: &[u8]) -> Vec<u8> {
        let request = Request {
            kind,
            all: false,
            payload,
        };
        let mut bytes = encode(&request, 7);
        bytes.resize(aligned(bytes.len()), 0);
        bytes
    }

    #[test]
    fn what_is_encoded_is_read_back() {
        let mut bytes = message(20, b"abc");
        bytes.extend(message(21, b""));
        let read: Vec<_> = Messages(&bytes)
            .map(|m| (m.kind, m.sequence, m.payload.to_vec()))
            .collect();
        assert_eq!(read, [(20, 7, b"abc".to_vec()), (21, 7, vec![])]);
    }

    #[test]
    fn an_error_is_the_kernels_number_and_zero_is_the_end() {
        let ends = |kind: i32, code: i32| {
            let bytes = message(u16::try_from(kind).unwrap(), &code.to_ne_bytes());
            let end = Messages(&bytes).next().unwrap().end();
            end.map_err(|error| error.raw_os_error())
        };
        assert_eq!(ends(libc::NLMSG_ERROR, -2), Err(Some(libc::ENOENT)));
        assert_eq!(ends(libc::NLMSG_DONE, -13), Err(Some(libc::EACCES)));
        assert_eq!(ends(libc::NLMSG_DONE, 0), Ok(End::Last));
        assert_eq!(ends(20, 0), Ok(End::More));
    }

    #[test]
    fn broken_messages_end_the_walk() {
        let whole = message(20, &[1; 72]);
        for cut in 0..whole.len() {
            assert_eq!(Messages(&whole[..cut]).count(), 0, "cut at {cut}");
        }
        for length in [0u32, 1, 15, 9999, u32::MAX] {
            let mut lying = whole.clone();
            lying[..4].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(Messages(&lying).count(), 0, "length {length}");
        }
    }

    #[test]
    fn broken_attributes_end_the_walk() {
        let table: [(&[u8], usize); 6] = [
            (&[], 0),
            (&[4, 0, 1, 0], 1),
            (&[8, 0, 1, 0, 1, 2, 3, 4], 1),
            (&[8, 0, 1, 0, 1, 2, 3], 0),
            (&[3, 0, 1, 0], 0),
            (&[5, 0, 1, 0, 9, 0, 0, 0, 4, 0, 2, 0], 2),
        ];
        for (bytes, count) in table {
            // The fixtures are written in little-endian order.
            if cfg!(target_endian = "little") {
                assert_eq!(Attributes(bytes).count(), count, "{bytes:?}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>) {
            for message in Messages(&bytes) {
                let _end = message.end();
                Attributes(message.payload).for_each(drop);
            }
            Attributes(&bytes).for_each(drop);
        }
    }
}
