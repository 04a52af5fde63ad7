//! The options a socket is made with: exactly those that were asked for.
use std::io;
use std::os::fd::AsFd;

use socket2::Socket;

use super::failure::{Ends, of_io, own_at};
use super::sys;
use crate::lang::{BindOptions, Failure, FailureCause};
use crate::net::{Endpoint, Errno};

/// Sets what was asked for, and nothing else.
pub(super) fn set_options(
    socket: &Socket,
    endpoint: &Endpoint,
    options: &BindOptions,
) -> Result<(), Failure> {
    let refused = |e| of_io("setsockopt", Ends::local(endpoint), &e);
    if options.reuseaddr {
        socket.set_reuse_address(true).map_err(refused)?;
    }
    if options.reuseport {
        socket.set_reuse_port(true).map_err(refused)?;
    }
    if options.v6only {
        socket.set_only_v6(true).map_err(refused)?;
    }
    if options.bind_no_port {
        sys::set_bind_no_port(socket.as_fd()).map_err(refused)?;
    }
    if options.freebind {
        sys::set_freebind(socket, endpoint).map_err(refused)?;
    }
    if let Some(device) = &options.device {
        sys::set_device(socket, device).map_err(refused)?;
    }
    if let Some(range) = options.port_range
        && let Err(error) = sys::set_port_range(socket.as_fd(), range)
    {
        return Err(match Errno::of(&error) {
            Some(Errno::ENOPROTOOPT) => own_at(
                FailureCause::NotAvailable,
                "setsockopt",
                Ends::local(endpoint),
                "this kernel has no IP_LOCAL_PORT_RANGE (it came with Linux 6.3); `range` shows \
                 the range of the whole machine",
            ),
            _ => refused(error),
        });
    }
    Ok(())
}

/// How far packets of a socket may go.
pub(super) fn set_ttl(socket: &Socket, to: &Endpoint, hops: u8) -> io::Result<()> {
    match to.inet() {
        Some(address) if address.is_ipv6() => socket.set_unicast_hops_v6(hops.into()),
        Some(_) => socket.set_ttl_v4(hops.into()),
        // Packets of a Unix socket pass no router, and no interface either.
        None => Ok(()),
    }
}

/// The options that were asked for, by their flag.
pub(super) fn flags(options: &BindOptions) -> Vec<&'static str> {
    let all = [
        (options.reuseaddr, "reuseaddr"),
        (options.reuseport, "reuseport"),
        (options.v6only, "v6only"),
        (options.port_range.is_some(), "port-range"),
        (options.bind_no_port, "bind-no-port"),
        (options.freebind, "freebind"),
        (options.device.is_some(), "device"),
    ];
    all.into_iter()
        .filter_map(|(asked, flag)| asked.then_some(flag))
        .collect()
}
