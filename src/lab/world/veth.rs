//! The neighbour: a second network, joined to the private one by a virtual cable
//! (veth(4)), as two machines are by a real one. Made over rtnetlink(7).
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::path::Path;

use super::World;
use super::netlink::{Change, Payload, message};
use crate::lab::observe::Namespace;

/// What both ends of the cable are called.
pub(in crate::lab) const INTERFACE: &str = "veth0";

/// The address of this end.
pub(in crate::lab) const OURS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

/// The address of the neighbour's end.
pub(in crate::lab) const THEIRS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

const PREFIX: u8 = 24;

/// The number of both ends. Not the next free one, which a kernel with tunnels in every namespace
/// may have given away.
const INDEX: i32 = 100;

/// Attributes of `linux/if_link.h`, `linux/veth.h` and `linux/if_addr.h`.
mod attribute {
    pub(super) const IFNAME: u16 = 3;
    pub(super) const LINKINFO: u16 = 18;
    pub(super) const NET_NS_FD: u16 = 28;
    pub(super) const INFO_KIND: u16 = 1;
    pub(super) const INFO_DATA: u16 = 2;
    pub(super) const PEER: u16 = 1;
    pub(super) const ADDRESS: u16 = 1;
    pub(super) const LOCAL: u16 = 2;
}

/// Makes a neighbour of `ours`: 10.0.0.1 here, 10.0.0.2 there, both ends up.
pub(super) fn neighbour(ours: &World) -> io::Result<World> {
    let theirs = ours.beside()?;
    let namespace = theirs.open(Path::new("/proc/self/ns/net"))?;
    let create = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
    let cable = cable(namespace.as_raw_fd());
    ask(ours, libc::RTM_NEWLINK, create, &cable)?;
    for (world, address) in [(&theirs, THEIRS), (ours, OURS)] {
        quiet(world)?;
        ask(world, libc::RTM_NEWADDR, create, &address_of(address))?;
        world.set_link(INTERFACE, true)?;
    }
    // Asking for a link makes the kernel finish what a cable that was just plugged in leaves to
    // later; until then it would drop the first packets.
    for world in [&theirs, ours] {
        ask(world, libc::RTM_GETLINK, 0, &link())?;
    }
    Ok(theirs)
}

/// Without IPv6 nothing travels on the cable that nobody asked for.
fn quiet(world: &World) -> io::Result<()> {
    let path = format!("/proc/sys/net/ipv6/conf/{INTERFACE}/disable_ipv6");
    match world.write(&path, "1") {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn ask(world: &World, kind: u16, flags: i32, payload: &Payload) -> io::Result<()> {
    let request = message(kind, libc::NLM_F_ACK | flags, 1, payload);
    Change::open(world, libc::NETLINK_ROUTE)?.send(&request, 1)
}

/// `struct ifinfomsg` of our end of the cable.
fn link() -> Payload {
    let index = INDEX.to_ne_bytes();
    Payload::of([0; 4].into_iter().chain(index).chain([0; 8]))
}

/// A pair of ends, one of them in another namespace.
fn cable(namespace: i32) -> Payload {
    let name = [INTERFACE.as_bytes(), b"\0"].concat();
    let theirs = link()
        .with(attribute::IFNAME, &name)
        .with(attribute::NET_NS_FD, &namespace.to_ne_bytes());
    let data = Payload::default().nest(attribute::PEER, &theirs);
    let info = Payload::default()
        .with(attribute::INFO_KIND, b"veth")
        .nest(attribute::INFO_DATA, &data);
    link()
        .with(attribute::IFNAME, &name)
        .nest(attribute::LINKINFO, &info)
}

/// `struct ifaddrmsg` and the address.
fn address_of(address: Ipv4Addr) -> Payload {
    let family = u8::try_from(libc::AF_INET).unwrap_or_default();
    let head = [family, PREFIX, 0, 0].into_iter();
    Payload::of(head.chain(INDEX.to_ne_bytes()))
        .with(attribute::LOCAL, &address.octets())
        .with(attribute::ADDRESS, &address.octets())
}
