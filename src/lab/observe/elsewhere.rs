//! The observer where there is no netlink: the same questions, answered with the reason why not.
//!
//! Only the interfaces are known on every Unix system (`getifaddrs(3)`).
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;

use nix::net::if_::InterfaceFlags;

use super::{LabSockets, Namespace, SocketFilter, not_available};
use crate::lang::{
    CounterReading, EphemeralRange, Failure, FailureCause, Holders, Interface, Interfaces,
    KernelRoute, SocketRow, SocketTable,
};
use crate::net::FourTuple;

/// The socket table: not available here.
pub fn sockets(_ns: &dyn Namespace, _filter: &SocketFilter<'_>) -> Result<SocketTable, Failure> {
    Err(only_on_linux("sock_diag", "sockets are listed"))
}

/// TCP listeners: not available here.
pub fn listeners(_ns: &dyn Namespace) -> io::Result<Vec<SocketRow>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// UDP sockets: not available here.
pub fn udp_sockets(_ns: &dyn Namespace) -> io::Result<Vec<SocketRow>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// One TCP socket by its ends: not available here.
pub fn connection(_ns: &dyn Namespace, _ends: FourTuple) -> io::Result<Option<SocketRow>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// What holds a port: not available here.
pub fn who(_ns: &dyn Namespace, _port: u16, _lab: Option<&LabSockets>) -> Result<Holders, Failure> {
    Err(only_on_linux("sock_diag", "the holder of a port is found"))
}

/// The ephemeral range: not available here.
pub fn range(_ns: &dyn Namespace) -> Result<EphemeralRange, Failure> {
    Err(only_on_linux("open", "the ephemeral range is read"))
}

/// Counters: not available here.
pub fn counters(_ns: &dyn Namespace, _interface: &str) -> Result<CounterReading, Failure> {
    Err(only_on_linux("open", "counters are read"))
}

/// The kernel's route: not available here.
pub fn route(_ns: &dyn Namespace, _address: IpAddr) -> Result<KernelRoute, Failure> {
    Err(only_on_linux(
        "rtnetlink",
        "the kernel is asked for a route",
    ))
}

/// The interfaces and their addresses.
pub fn interfaces(_ns: &dyn Namespace) -> Result<Interfaces, Failure> {
    let all = nix::ifaddrs::getifaddrs().map_err(|errno| {
        let error = io::Error::from_raw_os_error(errno as i32);
        not_available("getifaddrs", "the list of interfaces", &error)
    })?;
    let mut found: BTreeMap<String, Interface> = BTreeMap::new();
    for entry in all {
        let flags = entry.flags;
        let interface = found
            .entry(entry.interface_name.clone())
            .or_insert_with(|| Interface {
                name: entry.interface_name,
                up: flags.contains(InterfaceFlags::IFF_UP),
                loopback: flags.contains(InterfaceFlags::IFF_LOOPBACK),
                mtu: None,
                addresses: Vec::new(),
            });
        let ip = entry.address.as_ref().and_then(ip_of);
        let mask = entry.netmask.as_ref().and_then(ip_of);
        interface
            .addresses
            .extend(ip.map(|ip| format!("{ip}{}", mask.map_or_else(String::new, prefix))));
    }
    Ok(Interfaces {
        interfaces: found.into_values().collect(),
    })
}

fn ip_of(address: &nix::sys::socket::SockaddrStorage) -> Option<IpAddr> {
    let four = address.as_sockaddr_in().map(|four| IpAddr::V4(four.ip()));
    four.or_else(|| address.as_sockaddr_in6().map(|six| IpAddr::V6(six.ip())))
}

fn prefix(mask: IpAddr) -> String {
    let ones = match mask {
        IpAddr::V4(mask) => mask.to_bits().count_ones(),
        IpAddr::V6(mask) => mask.to_bits().count_ones(),
    };
    format!("/{ones}")
}

fn only_on_linux(operation: &'static str, what: &str) -> Failure {
    Failure {
        error: FailureCause::NotAvailable,
        operation,
        local: None,
        peer: None,
        message: format!("{what} on Linux only; this system has no sock_diag(7) and no /proc/net"),
    }
}
