//! Where to look: the network namespace an observation is made in.
//!
//! The kernel answers for the namespace a socket was made in (network_namespaces(7)), and /proc/net
//! and /proc/sys/net for the process that opened the file. So looking into another namespace only
//! takes someone inside who makes the socket and opens the file; nothing here enters one.
use std::fs::File;
use std::io;
use std::path::Path;

use socket2::{Domain, Protocol, Socket, Type};

/// A network namespace that can be looked at, and measured in.
pub trait Namespace: Send + Sync {
    /// A new socket that belongs to this namespace, close-on-exec.
    fn socket(&self, domain: Domain, kind: Type, protocol: Option<Protocol>) -> io::Result<Socket>;

    /// A file below `/proc/net` or `/proc/sys/net`, as this namespace sees it, for reading.
    fn open(&self, path: &Path) -> io::Result<File>;
}

/// The namespace this program itself runs in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Here;

impl Namespace for Here {
    fn socket(&self, domain: Domain, kind: Type, protocol: Option<Protocol>) -> io::Result<Socket> {
        Socket::new(domain, kind, protocol)
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        File::open(path)
    }
}
