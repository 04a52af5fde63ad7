//! What holds a port: the sockets that have it, and the kernel's own word where none is listed.
use std::collections::HashSet;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use nix::unistd::geteuid;
use socket2::{Domain, Type};

use super::filter::{LabSockets, Owners};
use super::holders::conclude;
use super::surroundings::{Claim, Surroundings};
use super::table::{adopt_children, holding, listeners};
use super::{Namespace, not_available, owners};
use crate::lang::{Failure, Holders};
use crate::net::TcpState;

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
    adopt_children(&mut rows, lab.map(|lab| &lab.children));
    for row in &mut rows {
        row.owner = lab.and_then(|lab| lab.name(row.inode)).map(str::to_owned);
    }
    let listed = rows.iter().any(|row| row.protocol == "tcp");
    // A listener explains itself; whether a connection was opened from here, the others tell.
    let listens = rows.iter().any(|row| row.state == TcpState::Listen);
    let surroundings = Surroundings {
        pid: std::process::id(),
        uid: geteuid().as_raw(),
        users: std::fs::read_to_string("/etc/passwd").unwrap_or_default(),
        listeners: if listens {
            Vec::new()
        } else {
            listeners(ns).map_err(failed)?
        },
        range: if listens {
            None
        } else {
            super::range(ns).ok().map(|range| range.range())
        },
        claim: if listed || port == 0 {
            Claim::NotTried
        } else {
            claim(ns, port)
        },
        dialled: lab.map_or_else(HashSet::new, |lab| lab.dialled.clone()),
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

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use socket2::Socket;

    use super::super::Here;
    use super::super::fixtures::{Connected, connect, inode, quiet_ports, time_wait};
    use super::*;

    fn asked(port: u16) -> Holders {
        who(&Here, port, None).unwrap()
    }

    #[test]
    fn our_listener_holds_its_port() {
        let Connected { listener, .. } = connect();
        let port = listener.local_addr().unwrap().port();
        let holders = asked(port);
        assert!(!holders.free);
        assert!(
            holders
                .finding
                .contains("held by a listener of this very program"),
            "{}",
            holders.finding
        );
        let lab = LabSockets {
            names: [(inode(&listener), "server".to_owned())].into(),
            ..LabSockets::default()
        };
        let holders = who(&Here, port, Some(&lab)).unwrap();
        assert!(
            holders.finding.contains("(`server`)"),
            "{}",
            holders.finding
        );
        assert!(holders.cure.unwrap().contains("close server"));
    }

    #[test]
    fn an_outgoing_connection_holds_its_port() {
        let held = connect();
        let client = &held.client;
        let holders = asked(client.local_addr().unwrap().port());
        assert!(
            holders.finding.contains("outgoing connection"),
            "{}",
            holders.finding
        );
        assert!(holders.rows.iter().any(|row| row.inode == inode(client)));
    }

    #[test]
    fn a_lab_knows_which_of_its_ends_connected_once_nobody_listens() {
        let Connected {
            listener,
            client,
            server,
        } = connect();
        drop(listener);
        let lab = LabSockets {
            names: [(&client, "client"), (&server, "server")]
                .map(|(end, name)| (inode(end), name.to_owned()))
                .into(),
            dialled: [inode(&client)].into(),
            ..LabSockets::default()
        };
        for (end, finding) in [
            (&client, "lent to an outgoing connection"),
            (&server, "and nobody listens on it any more"),
        ] {
            let port = end.local_addr().unwrap().port();
            let holders = who(&Here, port, Some(&lab)).unwrap();
            assert!(holders.finding.contains(finding), "{}", holders.finding);
        }
    }

    #[test]
    fn time_wait_is_named_with_its_seconds() {
        let ends = time_wait();
        let holders = asked(ends.local.port());
        assert!(!holders.free);
        assert!(holders.finding.contains("TIME-WAIT"), "{}", holders.finding);
        assert!(
            holders.finding.contains("seconds more"),
            "{}",
            holders.finding
        );
        assert!(holders.cure.unwrap().contains("SO_REUSEADDR"));
    }

    #[test]
    fn a_bound_socket_holds_its_port_without_listening() {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket
            .bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())
            .unwrap();
        let local = socket.local_addr().unwrap().as_socket().unwrap();
        let holders = asked(local.port());
        assert!(!holders.free);
        // Linux 6.8 lists it; an older kernel only refuses to give it out again.
        assert!(holders.finding.contains("bound"), "{}", holders.finding);
    }

    #[test]
    fn a_udp_socket_leaves_the_tcp_port_alone() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let holders = asked(socket.local_addr().unwrap().port());
        assert!(holders.rows.iter().any(|row| row.protocol == "udp"));
        assert!(!holders.free);
    }

    #[test]
    fn a_port_nobody_has_is_free() {
        // Another program may take any one of them between two looks, but not all.
        let holders = quiet_ports()
            .map(asked)
            .find(|holders| holders.free)
            .unwrap();
        assert!(
            holders.finding.contains("nothing holds it"),
            "{}",
            holders.finding
        );
        assert_eq!(holders.cure, None);
        assert!(asked(0).free);
    }
}
