//! Every cause of a failure.
use looplab::lang::{FailureCause, Outcome};
use looplab::net::{Eai, Errno};

use super::failed;

pub(super) fn facts() -> Vec<Outcome> {
    let server = "127.0.0.1:43817";
    let errno = FailureCause::Errno;
    vec![
        failed(
            "named",
            "getaddrinfo",
            (None, None),
            FailureCause::Resolver(Eai::NoName),
            "getaddrinfo `foo`: nobody knows that name (EAI_NONAME)",
        ),
        refused_bind("second"),
        failed(
            "c",
            "connect",
            (None, Some("127.0.0.1:9")),
            errno(Errno::ECONNREFUSED),
            "connect 127.0.0.1:9: refused: nothing listens there (ECONNREFUSED)",
        ),
        failed(
            "c",
            "connect",
            (Some("127.0.0.2:1"), Some("127.0.0.1:9")),
            errno(Errno::EADDRNOTAVAIL),
            "connect 127.0.0.1:9 from 127.0.0.2:1: no local port is left for this destination (EADDRNOTAVAIL)",
        ),
        failed(
            "a",
            "accept",
            (Some(server), None),
            FailureCause::Timeout,
            "accept 127.0.0.1:43817: nothing within 2 s; it still listens",
        ),
        failed(
            "a",
            "accept",
            (Some(server), None),
            FailureCause::Interrupted,
            "accept 127.0.0.1:43817: interrupted; what it was opening is closed",
        ),
        failed(
            "a",
            "connect",
            (None, Some("127.0.0.1:6379")),
            FailureCause::NotAllowed,
            "a lesson may only connect to what this session opened",
        ),
        failed(
            "",
            "many",
            (None, None),
            FailureCause::Limit,
            "many: 60000 connections need 120000 descriptors, and 19936 are left",
        ),
        failed(
            "",
            "recv",
            (None, None),
            FailureCause::NoSuchName,
            "there is no `clint`; did you mean `client`?",
        ),
        failed(
            "",
            "get",
            (None, Some(server)),
            FailureCause::Protocol,
            "the answer does not begin with HTTP/1.",
        ),
        failed(
            "",
            "sock_diag",
            (None, None),
            FailureCause::NotAvailable,
            "the kernel's socket table: Operation not permitted",
        ),
        failed(
            "",
            "expect",
            (None, None),
            FailureCause::Unmet,
            "`second is refused` does not hold: `second` is listening",
        ),
        failed("", "show", (None, None), FailureCause::Malformed, ""),
    ]
}

pub(super) fn refused_bind(name: &str) -> Outcome {
    failed(
        name,
        "bind",
        (Some("127.0.0.1:43817"), None),
        FailureCause::Errno(Errno::EADDRINUSE),
        "bind 127.0.0.1:43817: the address is in use (EADDRINUSE)",
    )
}
