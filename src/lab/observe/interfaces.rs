//! Network interfaces and their addresses, over rtnetlink(7).
//!
//! getifaddrs(3) would do for the namespace this program runs in; the question over netlink works
//! for any, and brings the MTU along.
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::bytes::Bytes;
use super::netlink::{Attributes, Message, Netlink, Request};
use super::{Namespace, not_available};
use crate::lang::{Failure, Interface, Interfaces};

/// Attributes of `linux/if_link.h` and `linux/if_addr.h`.
mod attribute {
    pub(super) const IFLA_IFNAME: u16 = 3;
    pub(super) const IFLA_MTU: u16 = 4;
    pub(super) const IFA_ADDRESS: u16 = 1;
    pub(super) const IFA_LOCAL: u16 = 2;
}

/// The interfaces and their addresses, in the kernel's order.
pub fn interfaces(ns: &dyn Namespace) -> Result<Interfaces, Failure> {
    let asked = Netlink::open(ns, libc::NETLINK_ROUTE).and_then(|mut link| {
        let mut numbered = links(&mut link)?;
        addresses(&mut link, &mut numbered)?;
        Ok(numbered)
    });
    let numbered =
        asked.map_err(|error| not_available("rtnetlink", "the list of interfaces", &error))?;
    Ok(Interfaces {
        interfaces: numbered
            .into_iter()
            .map(|(_, interface)| interface)
            .collect(),
    })
}

/// The interface behind the number the kernel uses for it.
pub(super) fn name_of(link: &mut Netlink, index: u32) -> io::Result<Option<String>> {
    let all = links(link)?;
    let found = all.into_iter().find(|(number, _)| *number == index);
    Ok(found.map(|(_, interface)| interface.name))
}

type Numbered = Vec<(u32, Interface)>;

fn links(link: &mut Netlink) -> io::Result<Numbered> {
    let mut found = Vec::new();
    let request = Request {
        kind: libc::RTM_GETLINK,
        all: true,
        payload: &[0; 16],
    };
    link.ask(&request, |message| found.extend(parse_link(message)))?;
    Ok(found)
}

/// `struct ifinfomsg` and its attributes.
fn parse_link(message: Message<'_>) -> Option<(u32, Interface)> {
    if message.kind != libc::RTM_NEWLINK {
        return None;
    }
    let mut bytes = Bytes(message.payload);
    let _family_and_type: [u8; 4] = bytes.take()?;
    let index = bytes.u32()?;
    let flags = bytes.u32()?;
    let _change = bytes.u32()?;
    let has = |flag: i32| flags & flag.cast_unsigned() != 0;
    let mut interface = Interface {
        name: String::new(),
        up: has(libc::IFF_UP),
        loopback: has(libc::IFF_LOOPBACK),
        mtu: None,
        addresses: Vec::new(),
    };
    for (kind, value) in Attributes(bytes.0) {
        match kind {
            attribute::IFLA_IFNAME => {
                let name = value.strip_suffix(b"\0").unwrap_or(value);
                interface.name = String::from_utf8_lossy(name).into_owned();
            }
            attribute::IFLA_MTU => interface.mtu = Bytes(value).u32(),
            _ => {}
        }
    }
    Some((index, interface))
}

fn addresses(link: &mut Netlink, numbered: &mut Numbered) -> io::Result<()> {
    let request = Request {
        kind: libc::RTM_GETADDR,
        all: true,
        payload: &[0; 8],
    };
    link.ask(&request, |message| {
        let Some((index, address)) = parse_address(message) else {
            return;
        };
        let owner = numbered.iter_mut().find(|(number, _)| *number == index);
        if let Some((_, interface)) = owner {
            interface.addresses.push(address);
        }
    })
}

/// `struct ifaddrmsg` and its attributes, as `127.0.0.1/8`.
fn parse_address(message: Message<'_>) -> Option<(u32, String)> {
    if message.kind != libc::RTM_NEWADDR {
        return None;
    }
    let mut bytes = Bytes(message.payload);
    let [_family, prefix, _flags, _scope] = bytes.take()?;
    let index = bytes.u32()?;
    let mut peer_or_own = None;
    let mut own = None;
    for (kind, value) in Attributes(bytes.0) {
        match kind {
            attribute::IFA_ADDRESS => peer_or_own = ip(value),
            attribute::IFA_LOCAL => own = ip(value),
            _ => {}
        }
    }
    // On a point-to-point link IFA_ADDRESS is the other end; IPv6 has no IFA_LOCAL.
    let address = own.or(peer_or_own)?;
    Some((index, format!("{address}/{prefix}")))
}

/// An address attribute: four bytes or sixteen.
pub(super) fn ip(value: &[u8]) -> Option<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(value) {
        return Some(Ipv4Addr::from(four).into());
    }
    let sixteen = <[u8; 16]>::try_from(value).ok()?;
    Some(Ipv6Addr::from(sixteen).into())
}

#[cfg(test)]
mod tests {
    use super::super::Here;
    use super::*;

    #[test]
    fn loopback_is_there_with_its_address() {
        let all = interfaces(&Here).unwrap().interfaces;
        let lo = all.iter().find(|interface| interface.loopback).unwrap();
        assert_eq!(lo.name, "lo");
        assert!(lo.up);
        assert!(lo.addresses.contains(&"127.0.0.1/8".to_owned()), "{lo:?}");
        let mtu = std::fs::read_to_string("/sys/class/net/lo/mtu").unwrap();
        assert_eq!(lo.mtu, mtu.trim().parse().ok());
    }

    #[test]
    fn an_address_attribute_has_four_or_sixteen_bytes() {
        assert_eq!(ip(&[127, 0, 0, 1]), Some(Ipv4Addr::LOCALHOST.into()));
        assert_eq!(ip(&[0; 16]), Some(Ipv6Addr::UNSPECIFIED.into()));
        for length in [0, 3, 5, 15, 17] {
            assert_eq!(ip(&vec![0; length]), None, "{length}");
        }
    }
}
