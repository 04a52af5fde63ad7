//! Making sockets, with exactly the options that were asked for.
//!
//! std's and tokio's listeners set SO_REUSEADDR unasked (and a backlog of 128), which changes the
//! port the kernel picks and what a second bind answers; so every socket here is made by hand.
use std::io;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::failure::{Ends, of_io, own_at};
use super::observe::Namespace;
use super::options::set_options;
use super::own::endpoint_of;
use super::unix_dir::UnixDir;
use crate::lang::{BindOptions, Failure, FailureCause};
use crate::net::Endpoint;

/// Streams or datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    /// TCP, or a Unix stream.
    Stream,
    /// UDP.
    Datagram,
}

/// Makes sockets in one network namespace.
pub(super) struct Maker<'a> {
    pub(super) namespace: &'a dyn Namespace,
    /// Whether that is the private world.
    pub(super) private: bool,
    pub(super) unix: &'a mut UnixDir,
}

impl Maker<'_> {
    /// A new socket of the family of `endpoint`, not blocking, with these options.
    pub(super) fn socket(
        &self,
        endpoint: &Endpoint,
        wire: Wire,
        options: &BindOptions,
    ) -> Result<Socket, Failure> {
        let domain = match endpoint {
            Endpoint::Inet(address) => Domain::for_address(*address),
            Endpoint::Unix(_) => Domain::UNIX,
        };
        let (kind, protocol) = match (wire, endpoint) {
            (Wire::Stream, Endpoint::Inet(_)) => (Type::STREAM, Some(Protocol::TCP)),
            (Wire::Datagram, Endpoint::Inet(_)) => (Type::DGRAM, Some(Protocol::UDP)),
            (Wire::Stream, Endpoint::Unix(_)) => (Type::STREAM, None),
            (Wire::Datagram, Endpoint::Unix(_)) => (Type::DGRAM, None),
        };
        let socket = not_blocking(self.namespace, domain, kind, protocol)
            .map_err(|e| of_io("socket", Ends::default(), &e))?;
        set_options(&socket, endpoint, options)?;
        Ok(socket)
    }

    /// The kernel's form of an endpoint.
    pub(super) fn address(&mut self, endpoint: &Endpoint) -> Result<SockAddr, Failure> {
        let ends = || Ends::local(endpoint);
        match endpoint {
            Endpoint::Inet(address) => Ok(SockAddr::from(*address)),
            Endpoint::Unix(name) => {
                let path = self.unix.path(name).map_err(|error| {
                    let base = self.unix.base().display();
                    let why = format!("no directory for it can be made in {base}: {error}");
                    own_at(FailureCause::NotAvailable, "open", ends(), &why)
                })?;
                SockAddr::unix(path).map_err(|error| of_io("open", ends(), &error))
            }
        }
    }

    /// bind(2); the endpoint the socket has now.
    pub(super) fn bind(
        &mut self,
        socket: &Socket,
        endpoint: &Endpoint,
    ) -> Result<Endpoint, Failure> {
        let address = self.address(endpoint)?;
        socket
            .bind(&address)
            .and_then(|()| socket.local_addr())
            .map(|local| endpoint_of(&local))
            .map_err(|e| of_io("bind", Ends::local(endpoint), &e))
    }
}

/// In one system call where the kernel can (socket(2), SOCK_NONBLOCK).
fn not_blocking(
    namespace: &dyn Namespace,
    domain: Domain,
    kind: Type,
    protocol: Option<Protocol>,
) -> io::Result<Socket> {
    #[cfg(target_os = "linux")]
    return namespace.socket(domain, kind.nonblocking(), protocol);
    #[cfg(not(target_os = "linux"))]
    {
        let socket = namespace.socket(domain, kind, protocol)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    }
}
