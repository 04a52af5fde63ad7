//! Who may do what. Every line passes here before it reaches a socket.
//!
//! A lesson was written by somebody else, and the learner's database and container API live on
//! loopback too: so a lesson's line reaches only what this session opened, or an endpoint where
//! nobody is (to be refused there is a fine thing to show). The learner's own line may reach any
//! loopback endpoint. Nobody leaves the machine, and nobody listens beyond loopback by accident.
//! Nothing here does I/O: who listens where comes in as an argument.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::failure::{Ends, own_at};
use crate::lang::{Author, Failure, FailureCause};
use crate::net::Endpoint;

/// Who is where, for one protocol.
#[derive(Clone, Debug, Default)]
pub(super) struct Neighbourhood {
    /// Where sockets of this session receive.
    pub(super) own: Vec<SocketAddr>,
    /// Where other programs receive; `None` when the kernel's table cannot be read here.
    pub(super) others: Option<Vec<SocketAddr>>,
}

/// Who would be reached at an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// A socket of this session.
    Own,
    /// Nobody.
    Nobody,
    /// Another program.
    Other,
    /// It cannot be told.
    Unknown,
}

impl Neighbourhood {
    /// Who receives what is sent to `to`: the kernel prefers an exact address to a wildcard. When
    /// a socket of ours and another's fit equally well, either may get it.
    pub(super) fn reached(&self, to: SocketAddr) -> Reached {
        let to = destination(to);
        let own = best_fit(&self.own, to);
        let Some(others) = &self.others else {
            return if own == EXACT {
                Reached::Own
            } else {
                Reached::Unknown
            };
        };
        let other = best_fit(others, to);
        match (own, other) {
            (0, 0) => Reached::Nobody,
            (own, other) if own > other => Reached::Own,
            _ => Reached::Other,
        }
    }
}

/// How well an exact address fits; a wildcard fits less, and 0 is no fit.
const EXACT: u8 = 2;

fn best_fit(sockets: &[SocketAddr], to: SocketAddr) -> u8 {
    sockets.iter().map(|s| fit(*s, to)).max().unwrap_or(0)
}

/// Whether a socket, or a rule, at one address is there for what goes to the other.
pub(super) fn covers(at: SocketAddr, to: SocketAddr) -> bool {
    fit(at, destination(to)) > 0
}

fn fit(socket: SocketAddr, to: SocketAddr) -> u8 {
    let here = socket.ip().to_canonical();
    let covers = match here {
        IpAddr::V4(here) => here.is_unspecified() && to.is_ipv4(),
        // The table does not say which wildcards are IPv6 only, so each may take IPv4 as well.
        IpAddr::V6(here) => here.is_unspecified(),
    };
    match socket.port() == to.port() {
        true if here == to.ip() => EXACT,
        true if covers => 1,
        _ => 0,
    }
}

/// Where a packet really goes: the wildcards mean this machine, mapped addresses are IPv4 ones.
fn destination(to: SocketAddr) -> SocketAddr {
    let ip = match to.ip().to_canonical() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, to.port())
}

/// Whether `author` may send something to `to`. `around` is asked for lesson lines only.
pub(super) fn may_reach(
    author: Author,
    operation: &'static str,
    to: &Endpoint,
    around: impl FnOnce() -> Neighbourhood,
) -> Result<(), Failure> {
    if !to.is_loopback() && !to.is_wildcard() {
        let why = "that address is not on this machine's loopback, and looplab never leaves it; \
                   write 127.0.0.1 or [::1]";
        return Err(refusal(operation, to, why));
    }
    let (Author::Lesson, Some(address)) = (author, to.inet()) else {
        return Ok(());
    };
    match around().reached(address) {
        Reached::Own | Reached::Nobody => Ok(()),
        Reached::Other => Err(refusal(
            operation,
            to,
            "another program listens there, and a lesson reaches only what this session opened; \
             `who` shows it, and you may type the line yourself",
        )),
        Reached::Unknown => Err(refusal(
            operation,
            to,
            "who listens there cannot be seen on this machine, and a lesson reaches only what \
             this session opened; you may type the line yourself",
        )),
    }
}

/// Whether what a lesson's connection found is what it was allowed to find.
pub(super) fn was_reached(
    author: Author,
    operation: &'static str,
    to: &Endpoint,
    reached: Reached,
) -> Result<(), Failure> {
    if author == Author::Learner || reached == Reached::Own {
        return Ok(());
    }
    let why = "another program began to listen there just now; the connection is broken off \
               again, with nothing sent";
    Err(refusal(operation, to, why))
}

/// Whether `author` may use a socket that may lead to another program.
pub(super) fn may_use(
    author: Author,
    operation: &'static str,
    peer: Option<&Endpoint>,
    foreign: bool,
) -> Result<(), Failure> {
    if author == Author::Learner || !foreign {
        return Ok(());
    }
    let why = "this connection leads to another program, and a lesson leaves those alone; \
               you may type the line yourself";
    Err(own_at(
        FailureCause::NotAllowed,
        operation,
        Ends {
            local: None,
            peer: peer.cloned(),
        },
        why,
    ))
}

/// Whether `author` may receive from others at `at`.
pub(super) fn may_receive(
    author: Author,
    operation: &'static str,
    at: &Endpoint,
    exposed: bool,
) -> Result<(), Failure> {
    if at.is_loopback() {
        return Ok(());
    }
    let why = match (author, exposed) {
        (Author::Learner, true) => return Ok(()),
        (Author::Learner, false) => {
            "other machines could connect there; write 127.0.0.1, or add --exposed if you mean it"
        }
        (Author::Lesson, _) => {
            "other machines could connect there, and a lesson does not open that door; you may \
             type the line yourself, with --exposed"
        }
    };
    Err(own_at(
        FailureCause::NotAllowed,
        operation,
        Ends::local(at),
        why,
    ))
}

/// Whether `author` may write a file.
pub(super) fn may_write(author: Author, operation: &'static str) -> Result<(), Failure> {
    match author {
        Author::Learner => Ok(()),
        Author::Lesson => Err(super::failure::own(
            FailureCause::NotAllowed,
            operation,
            "a lesson writes no files; you may type the line yourself",
        )),
    }
}

fn refusal(operation: &'static str, to: &Endpoint, why: &str) -> Failure {
    own_at(FailureCause::NotAllowed, operation, Ends::peer(to), why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Vec<SocketAddr> {
        text.split_whitespace()
            .map(|a| a.parse().unwrap())
            .collect()
    }

    #[test]
    fn who_is_reached() {
        use Reached::{Nobody, Other, Own, Unknown};
        let table = [
            // own sockets, other programs', destination
            ("127.0.0.1:80", "", "127.0.0.1:80", Own),
            ("", "", "127.0.0.1:80", Nobody),
            ("", "127.0.0.1:81", "127.0.0.1:80", Nobody),
            ("", "127.0.0.1:80", "127.0.0.1:80", Other),
            ("", "0.0.0.0:80", "127.0.0.1:80", Other),
            ("", "[::]:80", "127.0.0.1:80", Other),
            ("", "[::]:80", "[::1]:80", Other),
            ("", "0.0.0.0:80", "[::1]:80", Nobody),
            ("", "127.0.0.2:80", "127.0.0.1:80", Nobody),
            ("127.0.0.1:80", "0.0.0.0:80", "127.0.0.1:80", Own),
            ("127.0.0.1:80", "0.0.0.0:80", "127.0.0.2:80", Other),
            ("127.0.0.1:80", "127.0.0.1:80", "127.0.0.1:80", Other),
            ("0.0.0.0:80", "[::]:80", "127.0.0.1:80", Other),
            ("0.0.0.0:80", "127.0.0.1:80", "127.0.0.1:80", Other),
            ("", "127.0.0.1:80", "0.0.0.0:80", Other),
            ("", "[::1]:80", "[::]:80", Other),
            ("", "127.0.0.1:80", "[::ffff:127.0.0.1]:80", Other),
            ("", "[::ffff:127.0.0.1]:80", "127.0.0.1:80", Other),
            ("127.0.0.1:80", "?", "127.0.0.1:80", Own),
            ("0.0.0.0:80", "?", "127.0.0.1:80", Unknown),
            ("", "?", "127.0.0.1:80", Unknown),
        ];
        for (own, others, to, expected) in table {
            let around = Neighbourhood {
                own: addresses(own),
                others: (others != "?").then(|| addresses(others)),
            };
            let reached = around.reached(to.parse().unwrap());
            assert_eq!(reached, expected, "own {own}, others {others}, to {to}");
        }
    }

    #[test]
    fn nobody_leaves_loopback() {
        let table = [
            ("127.0.0.1:1", true),
            ("127.9.9.9:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("0.0.0.0:1", true),
            ("[::]:1", true),
            ("unix:chat", true),
            ("8.8.8.8:1", false),
            ("10.0.0.1:1", false),
            ("169.254.169.254:80", false),
            ("255.255.255.255:1", false),
            ("224.0.0.1:1", false),
            ("[::ffff:8.8.8.8]:1", false),
            ("[::127.0.0.1]:1", false),
            ("[fe80::1]:1", false),
            ("[2001:db8::1]:1", false),
            ("[64:ff9b::7f00:1]:1", false),
        ];
        for (to, allowed) in table {
            let to = Endpoint::parse(to).unwrap();
            let nobody = || Neighbourhood {
                own: Vec::new(),
                others: Some(Vec::new()),
            };
            for author in [Author::Lesson, Author::Learner] {
                let verdict = may_reach(author, "connect", &to, nobody);
                assert_eq!(verdict.is_ok(), allowed, "{to} by {author:?}");
            }
        }
    }

    #[test]
    fn only_a_lesson_is_kept_from_other_programs() {
        let to = Endpoint::parse("127.0.0.1:2375").unwrap();
        let docker = || Neighbourhood {
            own: Vec::new(),
            others: Some(addresses("127.0.0.1:2375")),
        };
        assert!(may_reach(Author::Learner, "connect", &to, docker).is_ok());
        let failure = may_reach(Author::Lesson, "connect", &to, docker).unwrap_err();
        assert_eq!(failure.error, FailureCause::NotAllowed);
        assert!(
            failure
                .message
                .starts_with("connect 127.0.0.1:2375: another program")
        );
        assert!(may_use(Author::Lesson, "send", Some(&to), true).is_err());
        assert!(may_use(Author::Lesson, "send", Some(&to), false).is_ok());
        assert!(may_use(Author::Learner, "send", Some(&to), true).is_ok());
    }

    #[test]
    fn a_connection_that_found_somebody_else_is_given_up() {
        let to = Endpoint::loopback(80);
        for (author, reached, allowed) in [
            (Author::Lesson, Reached::Own, true),
            (Author::Lesson, Reached::Other, false),
            (Author::Lesson, Reached::Nobody, false),
            (Author::Lesson, Reached::Unknown, false),
            (Author::Learner, Reached::Other, true),
        ] {
            let verdict = was_reached(author, "connect", &to, reached);
            assert_eq!(verdict.is_ok(), allowed, "{author:?} {reached:?}");
        }
    }

    #[test]
    fn beyond_loopback_only_the_learner_and_only_on_purpose() {
        let table = [
            ("127.0.0.1:0", false, true, true),
            ("[::1]:0", false, true, true),
            ("unix:chat", false, true, true),
            ("0.0.0.0:0", false, false, false),
            ("0.0.0.0:0", true, true, false),
            ("[::]:0", true, true, false),
            ("[::ffff:0.0.0.0]:0", false, false, false),
            ("192.168.1.1:0", false, false, false),
        ];
        for (at, exposed, learner, lesson) in table {
            let at = Endpoint::parse(at).unwrap();
            let verdict = |author| may_receive(author, "listen", &at, exposed).is_ok();
            assert_eq!(verdict(Author::Learner), learner, "{at}");
            assert_eq!(verdict(Author::Lesson), lesson, "{at}");
        }
    }
}
