//! What the kernel says of sockets, ports, routes, names and counters, as typed facts.
//!
//! Everything here only looks. Nothing is sent to another socket or another machine, no name is
//! asked of a DNS server, and what may not be looked at is a [`Failure`] with the reason.
mod filter;
mod namespace;

use std::io;
use std::net::IpAddr;

use crate::lang::{
    CounterReading, EphemeralRange, Failure, Holders, Interfaces, KernelRoute, Resolved, SocketRow,
    SocketTable,
};
use crate::net::FourTuple;

pub use filter::{LabSockets, Owners, Protocols, SocketFilter};
pub use namespace::{Here, Namespace};

/// The socket table, as sock_diag(7) gives it.
pub fn sockets(_ns: &dyn Namespace, _filter: &SocketFilter<'_>) -> Result<SocketTable, Failure> {
    todo!()
}

/// TCP listeners alone, without owners: the kernel keeps them in a table of their own, so this
/// takes the same fraction of a millisecond however many connections there are.
pub fn listeners(_ns: &dyn Namespace) -> io::Result<Vec<SocketRow>> {
    todo!()
}

/// UDP sockets, without owners. Those without a peer receive from anybody.
pub fn udp_sockets(_ns: &dyn Namespace) -> io::Result<Vec<SocketRow>> {
    todo!()
}

/// The one TCP socket with these two ends, looked up by the kernel's own hash; `None` when it is
/// closed for good.
pub fn connection(_ns: &dyn Namespace, _ends: FourTuple) -> io::Result<Option<SocketRow>> {
    todo!()
}

/// What holds a port, and how it would become free.
pub fn who(_ns: &dyn Namespace, _port: u16, _lab: Option<&LabSockets>) -> Result<Holders, Failure> {
    todo!()
}

/// The range of ports the kernel hands out.
pub fn range(_ns: &dyn Namespace) -> Result<EphemeralRange, Failure> {
    todo!()
}

/// What `localhost` or a numeric spelling of an address stands for. Every other name is refused.
pub fn resolve(_name: &str) -> Result<Resolved, Failure> {
    todo!()
}

/// The interfaces and their addresses.
pub fn interfaces(_ns: &dyn Namespace) -> Result<Interfaces, Failure> {
    todo!()
}

/// Counters of one interface and of the protocols.
pub fn counters(_ns: &dyn Namespace, _interface: &str) -> Result<CounterReading, Failure> {
    todo!()
}

/// The kernel's route to an address. Nothing is sent there.
pub fn route(_ns: &dyn Namespace, _address: IpAddr) -> Result<KernelRoute, Failure> {
    todo!()
}
