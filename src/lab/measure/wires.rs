//! The two ends of what a measurement runs over, joined and ready: TCP, UDP, Unix sockets, pipes.
//!
//! Every end is blocking, and every socket has a bound, so that a lost answer ends a measurement
//! instead of the program.
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

use crate::lab::observe::Namespace;
use crate::lang::Transport;
use crate::limits::DEFAULT_WITHIN;

/// One end of a wire.
pub(super) enum End {
    /// A stream: messages have no borders, so each is read until it is whole.
    Stream(Socket),
    /// Datagrams: one message, one packet. An empty one says that no more will come.
    Datagrams(Socket),
    /// Two pipes, one each way.
    Pipes(PipeReader, PipeWriter),
}

impl End {
    /// Writes a whole message, in one system call unless the kernel takes less.
    pub(super) fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match self {
            Self::Stream(socket) => socket.write_all(message),
            Self::Datagrams(socket) => socket.send(message).map(|_| ()),
            Self::Pipes(_, writer) => writer.write_all(message),
        }
    }

    /// Reads what there is, at least one byte.
    pub(super) fn receive_some(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = match self {
            Self::Stream(socket) | Self::Datagrams(socket) => socket.read(room)?,
            Self::Pipes(reader, _) => reader.read(room)?,
        };
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(count)
    }

    /// Reads a whole message of the buffer's length.
    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        match self {
            Self::Stream(socket) => socket.read_exact(buffer),
            Self::Datagrams(socket) => match socket.read(buffer)? {
                0 => Err(io::ErrorKind::UnexpectedEof.into()),
                _ => Ok(()),
            },
            Self::Pipes(reader, _) => reader.read_exact(buffer),
        }
    }
}

impl Drop for End {
    /// A stream ends when it is closed; datagrams have no end, so the peer is told.
    fn drop(&mut self) {
        if let Self::Datagrams(socket) = self {
            // When even this cannot be sent, the peer's own bound ends its wait.
            drop(socket.send(&[]));
        }
    }
}

/// Two ends that are connected with each other.
pub(super) fn join(ns: &dyn Namespace, over: Transport) -> io::Result<(End, End)> {
    match over {
        Transport::Tcp => tcp(ns),
        Transport::Udp => udp(ns),
        Transport::Unix => {
            let (one, other) = Socket::pair(Domain::UNIX, Type::STREAM, None)?;
            Ok((End::Stream(bounded(one)?), End::Stream(bounded(other)?)))
        }
        Transport::Pipe => {
            let (there_reads, here_writes) = io::pipe()?;
            let (here_reads, there_writes) = io::pipe()?;
            Ok((
                End::Pipes(here_reads, here_writes),
                End::Pipes(there_reads, there_writes),
            ))
        }
    }
}

fn tcp(ns: &dyn Namespace) -> io::Result<(End, End)> {
    let listener = ns.socket(Domain::IPV4, Type::STREAM, None)?;
    listener.bind(&any_port().into())?;
    listener.listen(1)?;
    listener.set_read_timeout(Some(DEFAULT_WITHIN))?;
    let here = ns.socket(Domain::IPV4, Type::STREAM, None)?;
    here.connect_timeout(&listener.local_addr()?, DEFAULT_WITHIN)?;
    let there = accepted(&listener, &here)?;
    // Without this, Nagle's algorithm (RFC 896) may hold a message back until the one before it is
    // acknowledged, and the figure would be about that. No linger: the pair leaves no TIME-WAIT.
    for end in [&here, &there] {
        end.set_tcp_nodelay(true)?;
        end.set_linger(Some(std::time::Duration::ZERO))?;
    }
    Ok((End::Stream(bounded(here)?), End::Stream(bounded(there)?)))
}

/// Takes our own connection from the queue. A stranger who came first, however unlikely on a port
/// nobody knows, is let go.
fn accepted(listener: &Socket, here: &Socket) -> io::Result<Socket> {
    let expected = here.local_addr()?.as_socket();
    loop {
        let (there, peer) = listener.accept()?;
        if peer.as_socket() == expected {
            return Ok(there);
        }
    }
}

fn udp(ns: &dyn Namespace) -> io::Result<(End, End)> {
    let here = ns.socket(Domain::IPV4, Type::DGRAM, None)?;
    let there = ns.socket(Domain::IPV4, Type::DGRAM, None)?;
    here.bind(&any_port().into())?;
    there.bind(&any_port().into())?;
    here.connect(&there.local_addr()?)?;
    there.connect(&here.local_addr()?)?;
    Ok((
        End::Datagrams(bounded(here)?),
        End::Datagrams(bounded(there)?),
    ))
}

fn any_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

fn bounded(socket: Socket) -> io::Result<Socket> {
    socket.set_read_timeout(Some(DEFAULT_WITHIN))?;
    socket.set_write_timeout(Some(DEFAULT_WITHIN))?;
    Ok(socket)
}
