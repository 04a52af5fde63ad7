//! Failures in words: operation, endpoint, cause, and what to do where that is known.
//!
//! `second: bind 127.0.0.1:43817 was refused: the address is in use (EADDRINUSE)`
use super::fact;
use crate::lang::{Failure, FailureCause, Outcome};
use crate::net::Errno;
use crate::render::block::Block;
use crate::render::line::Line;
use crate::render::style::Role;

/// One sentence: `second: bind … was refused: the address is in use (EADDRINUSE)`.
pub(super) fn say(outcome: &Outcome, failure: &Failure) -> Vec<Block> {
    let line = match &outcome.name {
        Some(name) => Line::of(Role::Name, name).text(": "),
        None => Line::new(),
    };
    vec![fact(line.then(&sentence(failure)))]
}

/// One failure as a clause, without a name in front.
pub(super) fn sentence(failure: &Failure) -> Line {
    let cause = failure.error.name();
    let mut line = operation(failure)
        .text(' ')
        .and(Role::Refused, manner(failure.error, failure.operation));
    let mut why = why(failure, &cause);
    if let Some((time, rest)) = nothing_came(failure, why) {
        line = line.text(" within ").text(time);
        why = rest;
    }
    if !why.is_empty() {
        line = line.text(": ").then(&Line::marked(why));
    }
    if failure.error == FailureCause::Interrupted {
        // The cause is in the manner already.
        return line;
    }
    line.text(" (").and(Role::Refused, cause).text(')')
}

/// Of a wait in which nothing came, which its manner says already: how long it was, and what still
/// stands.
fn nothing_came<'w>(failure: &Failure, why: &'w str) -> Option<(&'w str, &'w str)> {
    let said = matches!(failure.operation, "accept" | "recv");
    let waited = why.strip_prefix("nothing within ");
    let waited = waited.filter(|_| said && failure.error == FailureCause::Timeout)?;
    Some(waited.split_once("; ").unwrap_or((waited, "")))
}

/// The message of a failure without what the sentence says already: the operation and its ends in
/// front, the cause behind.
fn why<'f>(failure: &'f Failure, cause: &str) -> &'f str {
    let said = match (&failure.local, &failure.peer) {
        (Some(local), Some(peer)) => format!("{} {peer} from {local}: ", failure.operation),
        (Some(one), None) | (None, Some(one)) => format!("{} {one}: ", failure.operation),
        (None, None) => format!("{}: ", failure.operation),
    };
    let message = failure.message.trim();
    let message = message
        .strip_prefix(&*said)
        .or_else(|| {
            message
                .strip_prefix(said.strip_suffix(": ")?)?
                .strip_prefix(' ')
        })
        .unwrap_or(message);
    let message = ["refused: ", "interrupted; ", "interrupted"]
        .iter()
        .find_map(|manner| message.strip_prefix(manner))
        .unwrap_or(message);
    let message = message
        .strip_suffix(&*format!("({cause})"))
        .unwrap_or(message);
    message.trim().trim_end_matches('.')
}

/// `bind 127.0.0.1:80`, `connect to 127.0.0.1:80 from 127.0.0.2:0`.
fn operation(failure: &Failure) -> Line {
    let mut line = Line::of(Role::Verb, failure.operation);
    let toward = match failure.operation {
        "recv" | "read" => " from ",
        _ => " to ",
    };
    if let Some(peer) = &failure.peer {
        line = line.text(toward).and(Role::Endpoint, peer);
    }
    if let Some(local) = &failure.local {
        let at = match (failure.operation, failure.peer.is_some()) {
            ("connect", true) => " from ",
            ("bind" | "listen", _) => " ",
            _ => " on ",
        };
        line = line.text(at).and(Role::Endpoint, local);
    }
    line
}

/// How it went, behind the operation.
fn manner(cause: FailureCause, operation: &str) -> &'static str {
    match cause {
        FailureCause::Errno(
            Errno::EADDRINUSE | Errno::ECONNREFUSED | Errno::EACCES | Errno::EPERM,
        ) => "was refused",
        FailureCause::Errno(_) => "failed",
        FailureCause::Timeout => match operation {
            "connect" => "got no answer",
            "accept" => "saw nobody connect",
            "recv" => "saw nothing arrive",
            "send" => "found no room in the send buffer",
            _ => "ended without an answer",
        },
        FailureCause::Interrupted => "was interrupted",
        FailureCause::NotAllowed => "was not allowed",
        FailureCause::Limit => "went beyond a bound",
        FailureCause::NoSuchName | FailureCause::WrongKind => "was not tried",
        FailureCause::Protocol => "met another protocol",
        FailureCause::NotAvailable => "is not available here",
        FailureCause::Unmet => "was not met",
        FailureCause::Malformed => "could not be read",
        FailureCause::Resolver(_) => "found no address",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Endpoint;

    #[test]
    fn operation_endpoint_and_cause_once_each() {
        let at = |text: &str| Endpoint::parse(text).unwrap();
        let errno = FailureCause::Errno;
        let table = [
            (
                ("bind", Some("127.0.0.1:80"), None),
                errno(Errno::EADDRINUSE),
                "bind 127.0.0.1:80: the address is in use (EADDRINUSE)",
                "bind 127.0.0.1:80 was refused: the address is in use (EADDRINUSE)",
            ),
            (
                ("connect", None, Some("127.0.0.1:9")),
                errno(Errno::ECONNREFUSED),
                "connect 127.0.0.1:9: refused: nothing listens there (ECONNREFUSED)",
                "connect to 127.0.0.1:9 was refused: nothing listens there (ECONNREFUSED)",
            ),
            (
                ("recv", Some("127.0.0.1:1"), Some("127.0.0.1:2")),
                errno(Errno::ECONNRESET),
                "",
                "recv from 127.0.0.1:2 on 127.0.0.1:1 failed (ECONNRESET)",
            ),
            (
                ("accept", Some("127.0.0.1:1"), None),
                FailureCause::Timeout,
                "accept 127.0.0.1:1: nothing within 2 s; it still listens",
                "accept on 127.0.0.1:1 saw nobody connect within 2 s: it still listens (timeout)",
            ),
            (
                ("wait", None, None),
                FailureCause::Interrupted,
                "wait: interrupted",
                "wait was interrupted",
            ),
            (
                ("connect", None, None),
                FailureCause::NoSuchName,
                "there is no `web` here; did you mean `wet`?",
                "connect was not tried: there is no web here; did you mean wet? (no_such_name)",
            ),
            (
                ("expect", None, None),
                FailureCause::Unmet,
                "expect second is refused: `second` is listening.",
                "expect was not met: second is refused: second is listening (unmet)",
            ),
        ];
        for ((operation, local, peer), error, message, expected) in table {
            let failure = Failure {
                error,
                operation,
                local: local.map(at),
                peer: peer.map(at),
                message: message.to_owned(),
            };
            assert_eq!(sentence(&failure).as_str(), expected);
        }
    }
}
