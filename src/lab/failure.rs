//! From an errno, or a word of our own, to a [`Failure`] that names operation, endpoints and cause.
//!
//! What an errno means at length is on its card; here it gets half a sentence.
use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::io;
use std::time::Duration;

use crate::lang::{Failure, FailureCause};
use crate::net::{Endpoint, Errno};

/// Most sentences are shorter, in bytes.
const SENTENCE: usize = 128;

/// Which ends an operation concerned.
#[derive(Clone, Debug, Default)]
pub(super) struct Ends {
    /// This end, where known.
    pub(super) local: Option<Endpoint>,
    /// The other end, where known.
    pub(super) peer: Option<Endpoint>,
}

impl Ends {
    /// An operation on one's own endpoint.
    pub(super) fn local(local: &Endpoint) -> Self {
        Self {
            local: Some(local.clone()),
            peer: None,
        }
    }

    /// An operation that goes to a peer.
    pub(super) fn peer(peer: &Endpoint) -> Self {
        Self {
            local: None,
            peer: Some(peer.clone()),
        }
    }

    /// `bind 127.0.0.1:80`, `connect 127.0.0.1:80 from 127.0.0.9:0`, and why it failed. A port may be
    /// tried a thousand times, so the sentence is written in one go.
    fn sentence(&self, operation: &str, why: fmt::Arguments<'_>) -> String {
        let mut text = String::with_capacity(SENTENCE);
        let written = match (&self.local, &self.peer) {
            (Some(local), Some(peer)) => write!(text, "{operation} {peer} from {local}: {why}"),
            (Some(one), None) | (None, Some(one)) => write!(text, "{operation} {one}: {why}"),
            (None, None) => write!(text, "{operation}: {why}"),
        };
        debug_assert!(written.is_ok(), "a String takes everything");
        text
    }
}

/// A failure in looplab's own words.
pub(super) fn own(
    error: FailureCause,
    operation: &'static str,
    message: impl Into<String>,
) -> Failure {
    Failure {
        error,
        operation,
        local: None,
        peer: None,
        message: message.into(),
    }
}

/// A failure in looplab's own words, about these ends.
pub(super) fn own_at(
    error: FailureCause,
    operation: &'static str,
    ends: Ends,
    why: &str,
) -> Failure {
    told(error, operation, ends, format_args!("{why}"))
}

fn told(
    error: FailureCause,
    operation: &'static str,
    ends: Ends,
    why: fmt::Arguments<'_>,
) -> Failure {
    let message = ends.sentence(operation, why);
    Failure {
        error,
        operation,
        local: ends.local,
        peer: ends.peer,
        message,
    }
}

/// The same failure with another cause in words.
pub(super) fn reworded(failure: Failure, why: &str) -> Failure {
    let ends = Ends {
        local: failure.local,
        peer: failure.peer,
    };
    own_at(failure.error, failure.operation, ends, why)
}

/// A failure the kernel reported.
pub(super) fn of_io(operation: &'static str, ends: Ends, error: &io::Error) -> Failure {
    let Some(errno) = Errno::of(error) else {
        let cause = match error.kind() {
            io::ErrorKind::TimedOut => FailureCause::Timeout,
            _ => FailureCause::NotAvailable,
        };
        return own_at(cause, operation, ends, &error.to_string());
    };
    let said = match (operation, errno) {
        ("connect", Errno::EADDRNOTAVAIL) if names_a_port(&ends) => FOUR_TUPLE_TAKEN.into(),
        ("connect", Errno::ENETUNREACH) if goes_to_all(&ends) => TO_ALL.into(),
        _ => words(operation, errno, error),
    };
    let cause = FailureCause::Errno(errno);
    told(cause, operation, ends, format_args!("{said} ({errno})"))
}

/// Whether the caller chose both address and port of this end, so that none had to be found.
fn names_a_port(ends: &Ends) -> bool {
    let local = ends.local.as_ref().and_then(Endpoint::inet);
    local.is_some_and(|local| local.port() != 0)
}

/// Whether the other end is a broadcast address on every machine: that of 127.0.0.0/8, or
/// 255.255.255.255. The kernel has a route there, and lets no TCP socket take it.
fn goes_to_all(ends: &Ends) -> bool {
    let peer = ends.peer.as_ref().and_then(Endpoint::inet);
    let last = std::net::Ipv4Addr::new(127, 255, 255, 255);
    peer.is_some_and(|peer| match peer.ip().to_canonical() {
        std::net::IpAddr::V4(ip) => ip == last || ip.is_broadcast(),
        std::net::IpAddr::V6(_) => false,
    })
}

const TO_ALL: &str =
    "that is a broadcast address: a connection has one peer, so TCP cannot be connected to it";

/// Two connections may not have both ends in common; one in TIME-WAIT counts (RFC 9293 §3.6.1).
const FOUR_TUPLE_TAKEN: &str =
    "this four-tuple is taken: a connection between these two endpoints is open or in TIME-WAIT";

/// Our own bound ended a wait.
pub(super) fn timeout(
    operation: &'static str,
    ends: Ends,
    within: Duration,
    still: &str,
) -> Failure {
    let why = format!("nothing within {}; {still}", shown(within));
    own_at(FailureCause::Timeout, operation, ends, &why)
}

/// Ctrl-C ended it. What was under way is said where something was.
pub(super) fn interrupted(operation: &'static str, ends: Ends) -> Failure {
    let why = match operation {
        "connect" | "get" | "many" | "repeat" => "interrupted; what it was opening is closed",
        "accept" => "interrupted; it still listens",
        "recv" => "interrupted; what arrives later waits to be read",
        "send" => "interrupted; what was not sent yet is not sent",
        _ => "interrupted",
    };
    own_at(FailureCause::Interrupted, operation, ends, why)
}

/// `300 ms`, `2 s`.
pub(super) fn shown(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{} s", time.as_secs_f64())
    }
}

fn words(operation: &str, errno: Errno, error: &io::Error) -> Cow<'static, str> {
    let said = match (operation, errno) {
        ("connect", Errno::EADDRNOTAVAIL) => "no local port is left for this destination",
        ("connect", Errno::EAGAIN) => "the listener's queue is full",
        ("send", Errno::ECONNREFUSED) => {
            "nothing receives there; ICMP said so of an earlier datagram"
        }
        ("recv", Errno::ECONNREFUSED) => "nothing receives there; ICMP said so of a datagram",
        (_, Errno::EADDRINUSE) => "the address is in use",
        (_, Errno::EADDRNOTAVAIL) => "this machine has no such address",
        (_, Errno::EACCES) => "permission denied",
        (_, Errno::EPERM) => "not permitted",
        (_, Errno::ECONNREFUSED) => "refused: nothing listens there",
        (_, Errno::ECONNRESET) => "the peer broke the connection off",
        (_, Errno::EPIPE) => "the other end takes no more bytes",
        (_, Errno::ENETUNREACH) => "no route leads there",
        (_, Errno::EHOSTUNREACH) => "the address cannot be reached",
        (_, Errno::ETIMEDOUT) => "nobody answered the kernel",
        (_, Errno::ENOTCONN) => "the socket is not connected",
        (_, Errno::EISCONN) => "the socket is connected already",
        (_, Errno::EDESTADDRREQ) => "no destination: say --to ENDPOINT",
        (_, Errno::EMSGSIZE) => "too long for one datagram",
        (_, Errno::EMFILE) => "this process has no file descriptor left",
        (_, Errno::ENFILE) => "this machine has no file descriptor left",
        (_, Errno::ENOENT) => "there is no such socket file",
        (_, Errno::EAFNOSUPPORT) => "this machine has no such address family",
        (_, Errno::EINVAL) => "the kernel finds an argument invalid",
        (_, Errno::ENOPROTOOPT) => "this socket has no such option",
        (_, Errno::EAGAIN) => "nothing right now",
        (_, Errno::ENOBUFS | Errno::ENOMEM) => "the kernel has no memory for it",
        _ => return without_number(error).into(),
    };
    said.into()
}

/// The system's own words, without Rust's "(os error 22)".
fn without_number(error: &io::Error) -> String {
    let said = error.to_string();
    match said.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_operation_endpoint_and_cause() {
        let place = Endpoint::loopback(4242);
        let both = Ends {
            local: Some(Endpoint::loopback(1)),
            peer: Some(place.clone()),
        };
        let table = [
            (
                "bind",
                Ends::local(&place),
                libc::EADDRINUSE,
                "bind 127.0.0.1:4242: the address is in use (EADDRINUSE)",
            ),
            (
                "connect",
                both.clone(),
                libc::ECONNREFUSED,
                "connect 127.0.0.1:4242 from 127.0.0.1:1: refused: nothing listens there (ECONNREFUSED)",
            ),
            (
                "connect",
                Ends::peer(&place),
                libc::EADDRNOTAVAIL,
                "connect 127.0.0.1:4242: no local port is left for this destination (EADDRNOTAVAIL)",
            ),
            (
                "connect",
                both,
                libc::EADDRNOTAVAIL,
                "connect 127.0.0.1:4242 from 127.0.0.1:1: this four-tuple is taken: a connection \
                 between these two endpoints is open or in TIME-WAIT (EADDRNOTAVAIL)",
            ),
            (
                "connect",
                Ends::peer(&Endpoint::parse("127.255.255.255:80").unwrap()),
                libc::ENETUNREACH,
                "connect 127.255.255.255:80: that is a broadcast address: a connection has one peer, \
                 so TCP cannot be connected to it (ENETUNREACH)",
            ),
            (
                "connect",
                Ends::peer(&place),
                libc::ENETUNREACH,
                "connect 127.0.0.1:4242: no route leads there (ENETUNREACH)",
            ),
            (
                "socket",
                Ends::default(),
                libc::EIO,
                "socket: input/output error (EIO)",
            ),
        ];
        for (operation, ends, number, expected) in table {
            let failure = of_io(operation, ends, &io::Error::from_raw_os_error(number));
            assert_eq!(failure.message, expected);
        }
    }

    #[test]
    fn times_are_shown_as_they_are_typed() {
        assert_eq!(shown(Duration::from_millis(300)), "300 ms");
        assert_eq!(shown(Duration::from_secs(2)), "2 s");
        assert_eq!(shown(Duration::from_millis(1500)), "1.5 s");
    }
}
