//! What the kernel says of sockets, ports, routes, names and counters, as typed facts.
//!
//! Everything here only looks. Nothing is sent to another socket or another machine, no name is
//! asked of a DNS server, and what may not be looked at is a [`Failure`](crate::lang::Failure) with
//! the reason.
//!
//! # Layout
//!
//! * [`Namespace`]: where to look. `netlink` and `bytes`: one question to the kernel, and its answer.
//! * `inet`, `unix`, `owners` (`rounds`, `descriptors`): the kernel's socket tables, and the processes behind them;
//!   [`sockets`] puts them together, [`who`] draws the conclusion for one port (`holders`,
//!   `surroundings`).
//! * [`interfaces`], [`route`], [`counters`], [`range`]: the same for the network around them.
//! * [`resolve`]: what a name stands for, without asking anybody.
mod filter;
mod namespace;
mod resolve;
mod sys;

#[cfg(target_os = "linux")]
mod bytes;
#[cfg(target_os = "linux")]
mod counters;
#[cfg(target_os = "linux")]
mod descriptors;
#[cfg(target_os = "linux")]
mod exposure;
#[cfg(target_os = "linux")]
#[cfg(test)]
mod fixtures;
#[cfg(target_os = "linux")]
mod holders;
#[cfg(target_os = "linux")]
mod inet;
#[cfg(target_os = "linux")]
mod interfaces;
#[cfg(target_os = "linux")]
mod netlink;
#[cfg(target_os = "linux")]
mod owners;
#[cfg(target_os = "linux")]
mod range;
#[cfg(target_os = "linux")]
mod rounds;
#[cfg(target_os = "linux")]
mod route;
#[cfg(target_os = "linux")]
mod several;
#[cfg(target_os = "linux")]
mod surroundings;
#[cfg(target_os = "linux")]
mod table;
#[cfg(target_os = "linux")]
mod unix;
#[cfg(target_os = "linux")]
mod who;

#[cfg(not(target_os = "linux"))]
mod elsewhere;

use std::io;

use crate::lang::{Failure, FailureCause};
use crate::net::Errno;

pub use filter::{HeldBy, LabSockets, Owners, Protocols, SocketFilter};
pub use namespace::{Here, Namespace};
pub use resolve::resolve;
pub(in crate::lab) use resolve::{lines_naming, spelled};

#[cfg(target_os = "linux")]
pub use {
    counters::counters,
    interfaces::interfaces,
    owners::held_by,
    range::range,
    route::route,
    table::{connection, listeners, sockets, udp_sockets},
    who::who,
};

#[cfg(not(target_os = "linux"))]
pub use elsewhere::*;

/// The failure of a look that this system does not allow or does not offer.
fn not_available(operation: &'static str, what: &str, error: &io::Error) -> Failure {
    let reason = Errno::of(error).map_or_else(|| error.to_string(), Errno::name);
    Failure {
        error: FailureCause::NotAvailable,
        operation,
        local: None,
        peer: None,
        message: format!("{what} cannot be read here ({reason})"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::path::Path;

    use socket2::{Domain, Protocol, Socket, Type};

    use super::*;

    /// A namespace that lets nobody look.
    struct Closed;

    impl Namespace for Closed {
        fn socket(&self, _: Domain, _: Type, _: Option<Protocol>) -> io::Result<Socket> {
            Err(io::Error::from_raw_os_error(libc::EACCES))
        }

        fn open(&self, _: &Path) -> io::Result<File> {
            Err(io::Error::from_raw_os_error(libc::ENOENT))
        }
    }

    #[test]
    fn what_may_not_be_looked_at_is_said() {
        let address = std::net::Ipv4Addr::LOCALHOST.into();
        let refused = [
            sockets(&Closed, &SocketFilter::default()).map(drop),
            who(&Closed, 8080, None).map(drop),
            range(&Closed).map(drop),
            counters(&Closed, "lo").map(drop),
            route(&Closed, address).map(drop),
            #[cfg(target_os = "linux")]
            interfaces(&Closed).map(drop),
        ];
        for failure in refused.map(Result::unwrap_err) {
            assert_eq!(failure.error, FailureCause::NotAvailable, "{failure:?}");
        }
        assert!(listeners(&Closed).is_err());
    }
}
