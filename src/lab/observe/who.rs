//! What holds a port: the sockets that have it, and the kernel's own word where none is listed.
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use nix::unistd::geteuid;
use socket2::{Domain, Type};

use super::filter::{LabSockets, Owners};
use super::holders::{Claim, Surroundings, conclude};
use super::table::{holding, listeners};
use super::{Namespace, not_available, owners};
use crate::lang::{Failure, Holders};

/// What holds a port, and how it would become free.
///
/// Where no TCP socket is listed, bind(2) is tried and given back at once: sockets that are bound
/// but do not listen are invisible before Linux 6.8, and the low ports need a privilege.
pub fn who(ns: &dyn Namespace, port: u16, lab: Option<&LabSockets>) -> Result<Holders, Failure> {
    let failed = |error: io::Error| not_available("sock_diag", "the kernel's socket table", &error);
    let mut rows = if port == 0 {
        Vec::new()
    } else {
        holding(ns, port).map_err(failed)?
    };
    owners::find(&mut rows, Owners::Everyone);
    for row in &mut rows {
        row.owner = lab.and_then(|lab| lab.name(row.inode)).map(str::to_owned);
    }
    let listed = rows.iter().any(|row| row.protocol == "tcp");
    let surroundings = Surroundings {
        pid: std::process::id(),
        uid: geteuid().as_raw(),
        users: std::fs::read_to_string("/etc/passwd").unwrap_or_default(),
        listeners: listeners(ns).map_err(failed)?,
        range: super::range(ns).ok().map(|range| range.range()),
        claim: if listed || port == 0 {
            Claim::NotTried
        } else {
            claim(ns, port)
        },
    };
    let conclusion = conclude(port, &rows, &surroundings);
    Ok(Holders {
        port,
        rows,
        finding: conclusion.finding,
        cure: conclusion.cure,
        free: conclusion.free,
    })
}

/// Claims a port on every address, and gives it back.
fn claim(ns: &dyn Namespace, port: u16) -> Claim {
    let six = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
    let four = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    // A dual-stack socket needs the port in both families; without IPv6 there is only one.
    let tried = bind(ns, Domain::IPV6, six).or_else(|error| match error.raw_os_error() {
        Some(libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL) => bind(ns, Domain::IPV4, four),
        _ => Err(error),
    });
    match tried {
        Ok(()) => Claim::Granted,
        Err(error) => match error.raw_os_error() {
            Some(libc::EADDRINUSE) => Claim::InUse,
            Some(libc::EACCES) => Claim::Denied,
            _ => Claim::NotTried,
        },
    }
}

fn bind(ns: &dyn Namespace, domain: Domain, address: SocketAddr) -> io::Result<()> {
    let socket = ns.socket(domain, Type::STREAM, None)?;
    if domain == Domain::IPV6 {
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())
}
