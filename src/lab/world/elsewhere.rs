//! The private world where there are no namespaces: it is refused, with the reason.
use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::refusal::{NoAddress, Refusal, Step};
use crate::lab::observe::Namespace;

/// What no cable is called here.
pub(in crate::lab) const INTERFACE: &str = "veth0";

/// The address that would be ours.
pub(in crate::lab) const OURS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

/// The address that would be the neighbour's.
pub(in crate::lab) const THEIRS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

/// No world has a neighbour where there are none.
pub(super) fn neighbour(ours: &World) -> io::Result<World> {
    match ours.0 {}
}

/// Rules for packets, of which there are none.
pub(in crate::lab) mod filter {
    use std::io;
    use std::net::SocketAddr;

    use super::World;
    use crate::lang::FilterAction;

    /// Nothing to add to.
    pub(in crate::lab) fn add(world: &World, _: FilterAction, _: SocketAddr) -> io::Result<()> {
        match world.0 {}
    }

    /// Nothing to take away.
    pub(in crate::lab) fn clear(world: &World) -> io::Result<()> {
        match world.0 {}
    }
}

/// A world there is none of here.
#[derive(Debug)]
pub struct World(Infallible);

impl World {
    /// Refused.
    pub fn new() -> Result<Self, Refusal> {
        Self::with(true)
    }

    /// Refused.
    pub(super) fn with(_lo: bool) -> Result<Self, Refusal> {
        Err(Refusal {
            step: Step::System,
            errno: None,
        })
    }

    /// Nothing to write to.
    pub(in crate::lab) fn write(&self, _path: &str, _value: &str) -> io::Result<()> {
        match self.0 {}
    }

    /// Nothing to measure.
    pub(in crate::lab) fn set_mtu(&self, _name: &str, _bytes: u32) -> io::Result<()> {
        match self.0 {}
    }

    /// No file.
    pub(in crate::lab) fn hosts_file(&self) -> Result<File, Refusal> {
        match self.0 {}
    }

    /// Nobody to ask.
    pub(in crate::lab) fn look_up(&self, _: &str, _: Duration) -> Result<Socket, Refusal> {
        match self.0 {}
    }

    /// No answer.
    pub(in crate::lab) fn found(_: &Socket) -> io::Result<Result<Vec<IpAddr>, NoAddress>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Nothing to turn on.
    pub(in crate::lab) fn set_link(&self, _name: &str, _up: bool) -> io::Result<()> {
        match self.0 {}
    }
}

impl Namespace for World {
    fn socket(&self, _: Domain, _: Type, _: Option<Protocol>) -> io::Result<Socket> {
        match self.0 {}
    }

    fn open(&self, _: &Path) -> io::Result<File> {
        match self.0 {}
    }
}
