//! What other machines can reach: sockets that receive from anybody beyond loopback, and the
//! addresses they are reached by. Knows nothing of firewalls, which may stand between.
use std::net::{IpAddr, SocketAddr};

use super::inet::{Entry, Transport};
use super::{Namespace, interfaces};
use crate::lang::Failure;
use crate::net::{Endpoint, TcpState};

/// Whether a socket takes what other machines send: a listener, or a UDP socket without a peer, whose
/// address is not a loopback one.
pub(super) fn is_exposed(transport: Transport, entry: &Entry) -> bool {
    let receives = match transport {
        Transport::Tcp => TcpState::Listen,
        Transport::Udp => TcpState::Closed,
    };
    entry.state == receives && !entry.local.ip().to_canonical().is_loopback()
}

/// The addresses other machines know this one by.
#[derive(Debug)]
pub(super) struct Exposure(Vec<IpAddr>);

impl Exposure {
    /// The addresses of interfaces that are up. Link-local IPv6 addresses are left out: without the
    /// sender's own interface behind them they mean nothing (RFC 4007).
    pub(super) fn read(ns: &dyn Namespace) -> Result<Self, Failure> {
        let all = interfaces(ns)?.interfaces;
        let up = all.into_iter().filter(|interface| interface.up);
        let texts = up.flat_map(|interface| interface.addresses);
        let ips = texts.filter_map(|text| text.split('/').next()?.parse().ok());
        Ok(Self(ips.filter(is_known_elsewhere).collect()))
    }

    /// Where an exposed socket is reached. A wildcard stands for each of the machine's addresses.
    pub(super) fn of(&self, entry: &Entry) -> impl Iterator<Item = Endpoint> {
        let local = entry.local;
        let ip = local.ip().to_canonical();
        let every = ip.is_unspecified();
        let named = (!every).then(|| SocketAddr::new(ip, local.port()));
        // [::] takes IPv4 as well, unless it was told not to (IPV6_V6ONLY, ipv6(7)).
        let takes = move |known: &IpAddr| match known {
            IpAddr::V4(_) => ip.is_ipv4() || !entry.v6_only,
            IpAddr::V6(_) => ip.is_ipv6(),
        };
        let known = self.0.iter().copied().filter(move |ip| every && takes(ip));
        let by_wildcard = known.map(move |ip| SocketAddr::new(ip, local.port()));
        named.into_iter().chain(by_wildcard).map(Endpoint::from)
    }
}

fn is_known_elsewhere(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !ip.is_loopback(),
        IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(local: &str, v6_only: bool) -> Vec<String> {
        let known = ["192.0.2.7", "2001:db8::7"].map(|ip| ip.parse().unwrap());
        let mut entry = Entry::listening(local.parse().unwrap());
        entry.v6_only = v6_only;
        assert!(is_exposed(Transport::Tcp, &entry), "{local}");
        let all = Exposure(known.to_vec());
        all.of(&entry).map(|at| at.to_string()).collect()
    }

    #[test]
    fn a_wildcard_is_every_address_of_its_families() {
        let table: [(&str, bool, &[&str]); 5] = [
            ("0.0.0.0:80", false, &["192.0.2.7:80"]),
            ("[::]:80", false, &["192.0.2.7:80", "[2001:db8::7]:80"]),
            ("[::]:80", true, &["[2001:db8::7]:80"]),
            ("192.0.2.7:80", false, &["192.0.2.7:80"]),
            ("[::ffff:192.0.2.7]:80", false, &["192.0.2.7:80"]),
        ];
        for (local, v6_only, expected) in table {
            assert_eq!(reached(local, v6_only), expected, "{local} {v6_only}");
        }
    }

    #[test]
    fn loopback_and_connections_are_not_exposed() {
        for local in [
            "127.0.0.1:80",
            "127.9.9.9:80",
            "[::1]:80",
            "[::ffff:127.0.0.1]:80",
        ] {
            let entry = Entry::listening(local.parse().unwrap());
            assert!(!is_exposed(Transport::Tcp, &entry), "{local}");
        }
        let beyond = Entry::listening("192.0.2.7:80".parse().unwrap());
        let mut closed = beyond;
        closed.state = TcpState::Closed;
        assert!(!is_exposed(Transport::Udp, &beyond));
        assert!(is_exposed(Transport::Udp, &closed));
        assert!(!is_exposed(Transport::Tcp, &closed));
    }
}
