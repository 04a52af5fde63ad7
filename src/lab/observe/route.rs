//! The kernel's own answer to "how would you send to this address?": RTM_GETROUTE of rtnetlink(7).
//!
//! A look into the routing table. Nothing is sent to the address.
use std::io;
use std::net::IpAddr;

use super::bytes::Bytes;
use super::interfaces::{ip, name_of};
use super::netlink::{Attributes, Message, Netlink, Request};
use super::{Namespace, not_available};
use crate::lang::{Failure, KernelRoute};

/// Attributes of `linux/rtnetlink.h`.
mod attribute {
    pub(super) const DST: u16 = 1;
    pub(super) const OIF: u16 = 4;
    pub(super) const GATEWAY: u16 = 5;
    pub(super) const PREFSRC: u16 = 7;
    pub(super) const VIA: u16 = 18;
}

/// The kernel's route to an address. A table without a way there is an answer, too:
/// `unreachable`, `prohibit` or `blackhole`.
pub fn route(ns: &dyn Namespace, address: IpAddr) -> Result<KernelRoute, Failure> {
    let failed =
        |error: io::Error| not_available("rtnetlink", "the kernel's routing table", &error);
    let mut link = Netlink::open(ns, libc::NETLINK_ROUTE).map_err(failed)?;
    // A mapped address is only IPv6's way to write an IPv4 one (RFC 4291 §2.5.5.2).
    let mut found = Found::default();
    let asked = link.ask(&request(&encode(address.to_canonical())), |message| {
        found = parse(message).unwrap_or_default();
    });
    let route_type = match asked {
        Ok(()) => type_name(found.kind).to_owned(),
        Err(error) => no_way(&error).ok_or_else(|| failed(error))?.to_owned(),
    };
    let interface = match found.interface {
        Some(index) => name_of(&mut link, index).map_err(failed)?,
        None => None,
    };
    Ok(KernelRoute {
        destination: address,
        route_type,
        interface,
        source: found.source,
        gateway: found.gateway,
    })
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Found {
    kind: u8,
    interface: Option<u32>,
    source: Option<IpAddr>,
    gateway: Option<IpAddr>,
}

fn request(payload: &[u8]) -> Request<'_> {
    Request {
        kind: libc::RTM_GETROUTE,
        all: false,
        payload,
    }
}

/// `struct rtmsg` and the destination.
fn encode(address: IpAddr) -> Vec<u8> {
    let (family, octets) = match address {
        IpAddr::V4(address) => (2u8, address.octets().to_vec()),
        IpAddr::V6(address) => (10u8, address.octets().to_vec()),
    };
    let length = u8::try_from(octets.len()).unwrap_or_default();
    let mut bytes = vec![family, length * 8];
    bytes.extend([0; 10]);
    bytes.extend((u16::from(length) + 4).to_ne_bytes());
    bytes.extend(attribute::DST.to_ne_bytes());
    bytes.extend(octets);
    bytes
}

fn parse(message: Message<'_>) -> Option<Found> {
    if message.kind != libc::RTM_NEWROUTE {
        return None;
    }
    let mut bytes = Bytes(message.payload);
    let _family_to_scope: [u8; 7] = bytes.take()?;
    let mut found = Found {
        kind: bytes.u8()?,
        ..Found::default()
    };
    let _flags = bytes.u32()?;
    for (kind, value) in Attributes(bytes.0) {
        match kind {
            attribute::OIF => found.interface = Bytes(value).u32(),
            attribute::PREFSRC => found.source = ip(value),
            attribute::GATEWAY => found.gateway = ip(value),
            // An IPv4 route through an IPv6 gateway: two bytes of family, then the address.
            attribute::VIA => found.gateway = value.get(2..).and_then(ip),
            _ => {}
        }
    }
    Some(found)
}

/// RTN_* of `linux/rtnetlink.h`, by the names ip-route(8) prints.
fn type_name(kind: u8) -> &'static str {
    match kind {
        1 => "unicast",
        2 => "local",
        3 => "broadcast",
        4 => "anycast",
        5 => "multicast",
        6 => "blackhole",
        7 => "unreachable",
        8 => "prohibit",
        _ => "unknown",
    }
}

/// The route type behind the error a lookup ends with.
fn no_way(error: &io::Error) -> Option<&'static str> {
    match error.raw_os_error()? {
        libc::ENETUNREACH | libc::EHOSTUNREACH => Some("unreachable"),
        libc::EACCES => Some("prohibit"),
        libc::EINVAL => Some("blackhole"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Here;
    use super::*;

    #[test]
    fn loopback_is_routed_to_itself() {
        let table = [
            ("127.0.0.1", "local"),
            ("127.200.0.1", "local"),
            ("127.255.255.255", "broadcast"),
            ("::ffff:127.0.0.1", "local"),
        ];
        for (address, expected) in table {
            let found = route(&Here, address.parse().unwrap()).unwrap();
            assert_eq!(found.route_type, expected, "{address}");
            assert_eq!(found.interface.as_deref(), Some("lo"), "{address}");
            assert_eq!(found.gateway, None, "{address}");
            assert!(found.source.unwrap().is_loopback(), "{address}");
        }
    }

    #[test]
    fn no_way_is_an_answer() {
        let table = [
            (libc::ENETUNREACH, Some("unreachable")),
            (libc::EHOSTUNREACH, Some("unreachable")),
            (libc::EACCES, Some("prohibit")),
            (libc::EINVAL, Some("blackhole")),
            (libc::EPERM, None),
        ];
        for (number, expected) in table {
            assert_eq!(no_way(&io::Error::from_raw_os_error(number)), expected);
        }
        assert_eq!(no_way(&io::ErrorKind::UnexpectedEof.into()), None);
    }

    #[test]
    fn garbage_is_no_route() {
        for length in 0..12 {
            let message = Message::of(libc::RTM_NEWROUTE, &[0; 12][..length]);
            assert_eq!(parse(message), None, "{length}");
        }
        let other = Message::of(libc::RTM_NEWLINK, &[0; 12]);
        assert_eq!(parse(other), None);
    }
}
