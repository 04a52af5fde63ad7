//! `send` and `recv`: bytes and datagrams.
use std::io::{self, Read};
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Instant;

use socket2::Socket;
use tokio::io::Interest;

use super::{Done, stopped};
use crate::lab::engine::Stop;
use crate::lab::failure::{self, Ends, own_at};
use crate::lab::gate;
use crate::lab::ledger::Held;
use crate::lab::open::Wire;
use crate::lab::own::{Kind, Own};
use crate::lab::{Lab, bounded};
use crate::lang::{Author, Fact, Failure, FailureCause, Received, Recv, Send, Sent};
use crate::limits;
use crate::net::{Endpoint, Errno};

fn talks(kind: Kind) -> bool {
    matches!(kind, Kind::Connection(_) | Kind::Udp)
}

const TALKER: &str = "a connection or a UDP socket";

impl Lab {
    pub(super) fn send(&mut self, wanted: &Send, author: Author) -> Done {
        let bytes = payload(wanted)?;
        let to = match &wanted.to {
            Some(place) => Some(self.ledger.endpoint("send", place)?),
            None => None,
        };
        self.may_send(&wanted.socket, to.as_ref(), author)?;
        let address = match &to {
            Some(to) => Some(self.maker().address(to)?),
            None => None,
        };
        let own = self.ledger.socket("send", &wanted.socket, TALKER, talks)?;
        let within = bounded(wanted.within, author);
        let deadline = Instant::now() + within;
        let mut taken = 0;
        let sent = self.engine.until(
            &own.socket,
            Interest::WRITABLE,
            deadline,
            || match &address {
                Some(to) => own.socket.send_to(&bytes, to).map(|n| taken = n),
                None => send_all(&own.socket, &bytes, &mut taken),
            },
        );
        let fact = Sent {
            socket: wanted.socket.clone(),
            bytes: taken,
            wanted: bytes.len(),
            to: to.clone(),
        };
        match sent {
            Ok(()) => Ok((Fact::Sent(fact), Held::Nothing)),
            // How much fits is an answer, too.
            Err(Stop::Timeout) if taken > 0 => Ok((Fact::Sent(fact), Held::Nothing)),
            Err(stop) => {
                let ends = Ends {
                    local: Some(own.local.clone()),
                    peer: to.or_else(|| own.peer.clone()),
                };
                let still = match own.kind {
                    Kind::Udp => "the receiver's queue is full, and it does not read",
                    _ => "the peer does not read, and both kernel buffers are full",
                };
                let failure = stopped(stop, "send", ends.clone(), within, still);
                if failure.error == FailureCause::Errno(Errno::EPIPE) && own.ended.get() {
                    let why = "this end has ended its own sending before, with `shutdown`";
                    return Err(own_at(failure.error, "send", ends, why));
                }
                Err(self.with_filters_in_mind(failure))
            }
        }
    }

    fn may_send(&self, name: &str, to: Option<&Endpoint>, author: Author) -> Result<(), Failure> {
        let own = self.ledger.socket("send", name, TALKER, talks)?;
        let same_family = |to: &Endpoint| to.inet().is_some() == own.local.inet().is_some();
        if let Some(to) = to.filter(|to| own.kind != Kind::Udp || !same_family(to)) {
            let message = format!(
                "--to {to} is for datagrams of its own kind: a connection has its peer already, and \
                 UDP goes to an address and a port"
            );
            return Err(failure::own(FailureCause::Malformed, "send", message));
        }
        gate::may_use(author, "send", own.peer.as_ref(), own.foreign)?;
        match to.or(own.peer.as_ref()) {
            // Somebody may have taken the place of a UDP peer since.
            Some(to) if own.kind == Kind::Udp => {
                self.may_reach_from(own.private, author, "send", to, Wire::Datagram)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn recv(&mut self, wanted: &Recv, author: Author) -> Done {
        let own = self.ledger.socket("recv", &wanted.socket, TALKER, talks)?;
        gate::may_use(author, "recv", own.peer.as_ref(), own.foreign)?;
        if wanted.max == 0 || wanted.max > limits::PAYLOAD_BYTES {
            let message = format!("--max takes 1 to {} bytes", limits::PAYLOAD_BYTES);
            return Err(failure::own(FailureCause::Limit, "recv", message));
        }
        let within = bounded(wanted.within, author);
        let deadline = Instant::now() + within;
        let mut room = vec![0; wanted.max];
        let came = self
            .engine
            .until(&own.socket, Interest::READABLE, deadline, || {
                read(own, &mut room)
            });
        let came = match came {
            Ok(came) => came,
            Err(stop) => {
                let ends = Ends {
                    local: Some(own.local.clone()),
                    peer: own.peer.clone(),
                };
                let still = match own.kind {
                    Kind::Udp => "the socket is open",
                    _ => "the connection is open",
                };
                let failure = stopped(stop, "recv", ends, within, still);
                return Err(self.with_filters_in_mind(failure));
            }
        };
        let received = Received {
            socket: wanted.socket.clone(),
            bytes: came.bytes,
            text: String::from_utf8_lossy(room.get(..came.bytes).unwrap_or_default()).into_owned(),
            end_of_stream: came.bytes == 0 && own.kind != Kind::Udp,
            from: came.from,
            truncated: came.truncated,
        };
        Ok((Fact::Received(received), Held::Nothing))
    }
}

/// Sends until everything is taken; `taken` tells how far it came when it is not.
fn send_all(socket: &Socket, bytes: &[u8], taken: &mut usize) -> io::Result<()> {
    loop {
        // An empty datagram is one, too, so it is sent once.
        *taken += socket.send(bytes.get(*taken..).unwrap_or_default())?;
        if *taken >= bytes.len() {
            return Ok(());
        }
    }
}

/// What one recv(2) brought.
struct Came {
    bytes: usize,
    from: Option<Endpoint>,
    truncated: bool,
}

fn read(own: &Own, room: &mut Vec<u8>) -> io::Result<Came> {
    if own.kind == Kind::Udp {
        return datagram(own, room);
    }
    let bytes = (&own.socket).read(room)?;
    Ok(Came {
        bytes,
        from: None,
        truncated: false,
    })
}

/// A datagram, and who sent it. One byte more than fits is asked for, to see whether it fitted.
fn datagram(own: &Own, room: &mut Vec<u8>) -> io::Result<Came> {
    let socket = &own.socket;
    let most = room.len();
    room.push(0);
    // A second descriptor of the same socket, for the sake of std's safe recv_from.
    let twin = OwnedFd::from(socket.try_clone()?);
    let came = match own.local {
        Endpoint::Inet(_) => {
            let came = UdpSocket::from(twin).recv_from(room);
            came.map(|(bytes, from)| (bytes, Some(Endpoint::Inet(from))))
        }
        Endpoint::Unix(_) => {
            let came = UnixDatagram::from(twin).recv_from(room);
            came.map(|(bytes, from)| (bytes, sender(&from)))
        }
    };
    room.truncate(most);
    let (bytes, from) = came?;
    Ok(Came {
        bytes: bytes.min(most),
        from,
        truncated: bytes > most,
    })
}

/// The file a Unix datagram was sent from; a sender without one has no name to answer to.
fn sender(from: &SocketAddr) -> Option<Endpoint> {
    let name = from.as_pathname()?.file_name()?;
    Some(Endpoint::Unix(name.to_string_lossy().into_owned()))
}

/// What a `send` line asks to send.
fn payload(wanted: &Send) -> Result<Vec<u8>, Failure> {
    match (&wanted.text, wanted.bytes) {
        (Some(text), _) => unescaped(text),
        (None, Some(count)) if count <= limits::PAYLOAD_BYTES => Ok(filler(count)),
        (None, Some(count)) => {
            let message = format!(
                "--bytes {count} is more than one send takes, which is {}",
                limits::PAYLOAD_BYTES
            );
            Err(failure::own(FailureCause::Limit, "send", message))
        }
        (None, None) => {
            let message = "nothing to send: add a text, or --bytes N";
            Err(failure::own(FailureCause::Malformed, "send", message))
        }
    }
}

/// The alphabet, over and over: what comes out of order or goes missing can be seen.
fn filler(count: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(count).collect()
}

/// `\n`, `\r`, `\t`, `\0`, `\\` and `\xNN` stand for bytes.
fn unescaped(text: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let byte = match rest.next() {
            Some('n') => b'\n',
            Some('r') => b'\r',
            Some('t') => b'\t',
            Some('0') => 0,
            Some('\\') => b'\\',
            Some('x') => hex(&mut rest)?,
            other => return Err(no_escape(other)),
        };
        bytes.push(byte);
    }
    Ok(bytes)
}

fn hex(rest: &mut std::str::Chars<'_>) -> Result<u8, Failure> {
    let mut digit = || rest.next().and_then(|c| c.to_digit(16));
    digit()
        .zip(digit())
        .and_then(|(high, low)| u8::try_from(high * 16 + low).ok())
        .ok_or_else(|| no_escape(Some('x')))
}

fn no_escape(c: Option<char>) -> Failure {
    let written: String = c.into_iter().collect();
    let message = format!(
        "`\\{written}` stands for no byte: there are \\n, \\r, \\t, \\0, \\\\ and \\xNN with two \
         hexadecimal digits"
    );
    failure::own(FailureCause::Malformed, "send", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let table: [(&str, Option<&[u8]>); 9] = [
            ("plain é", Some("plain é".as_bytes())),
            (r"a\r\n", Some(b"a\r\n")),
            (r"\t\0\\", Some(b"\t\0\\")),
            (r"\x41\xff", Some(b"A\xff")),
            ("", Some(b"")),
            (r"\q", None),
            (r"\x4", None),
            (r"\xzz", None),
            ("end\\", None),
        ];
        for (text, expected) in table {
            assert_eq!(unescaped(text).ok().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn filler_is_as_long_as_it_should_be() {
        assert_eq!(filler(28), b"abcdefghijklmnopqrstuvwxyzab");
    }
}
