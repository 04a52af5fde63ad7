//! The life of a server process: it accepts at a listener it was born with, and sends back what it
//! reads. It ends with its parent, or when its lifeline does.
//!
//! It is forked from a process that may have threads, so nothing in this file may allocate, take a
//! lock, or panic: plain numbers, fixed arrays, and the calls of `sys`.
use std::os::fd::RawFd;

use super::sys;

/// Connections one process holds at once; further ones wait in the queue.
const CLIENTS: usize = 60;

/// Bytes that are under way on one connection.
const ROOM: usize = 4_096;

/// What the process needs to know; made before the fork.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// The listener, shared with other processes perhaps.
    pub(super) listener: RawFd,
    /// Readable when the process is to end.
    pub(super) lifeline: RawFd,
    /// The process that forks it.
    pub(super) parent: i32,
    /// Milliseconds before it accepts again when there is no descriptor for a connection: asking at
    /// once would spin.
    pub(super) back_off: i32,
}

/// One connection, and what was read of it and not sent back yet.
struct Client {
    /// -1 when the place is free.
    socket: RawFd,
    sent: usize,
    came: usize,
    room: [u8; ROOM],
}

impl Client {
    const NONE: Self = Self {
        socket: -1,
        sent: 0,
        came: 0,
        room: [0; ROOM],
    };
}

/// From the fork to the end of the process.
pub(super) fn live(plan: &Plan) {
    if enter(plan).is_ok() {
        serve(plan);
    }
}

fn enter(plan: &Plan) -> Result<(), sys::Number> {
    let (listener, lifeline) = (plan.listener, plan.lifeline);
    sys::close_all_but(&[listener.min(lifeline), listener.max(lifeline)])?;
    sys::detach();
    sys::be_called(c"looplab-echo");
    sys::die_with_parent()?;
    if sys::parent() != plan.parent {
        sys::leave();
    }
    sys::take_signals();
    sys::send(plan.lifeline, b"!").map(drop)
}

fn serve(plan: &Plan) {
    #[expect(
        clippy::large_stack_arrays,
        reason = "a fork may not allocate, and its thread has a stack of two megabytes"
    )]
    let mut clients = [Client::NONE; CLIENTS];
    let mut accepts = true;
    loop {
        let has_room = clients.iter().any(|client| client.socket < 0);
        let mut watched = [sys::interest(-1, 0); CLIENTS + 2];
        let [lifeline, listener, rest @ ..] = &mut watched;
        *lifeline = sys::interest(plan.lifeline, sys::READABLE);
        // Of a negative descriptor poll(2) says nothing.
        let taken = if has_room && accepts {
            plan.listener
        } else {
            -1
        };
        *listener = sys::interest(taken, sys::READABLE);
        for (place, client) in rest.iter_mut().zip(&clients) {
            *place = sys::interest(client.socket, client.wants());
        }
        let within = if accepts {
            sys::FOR_EVER
        } else {
            plan.back_off
        };
        // poll(2) takes no more places than the process may have descriptors.
        let used = clients.iter().rposition(|client| client.socket >= 0);
        let places = used.map_or(2, |last| last + 3);
        match sys::wait(watched.get_mut(..places).unwrap_or_default(), within) {
            Ok(()) => accepts = true,
            Err(libc::EINTR) => continue,
            Err(_) => return break_off(&clients),
        }
        let [lifeline, listener, rest @ ..] = &watched;
        if lifeline.revents != 0 {
            return break_off(&clients);
        }
        for (event, client) in rest.iter().zip(&mut clients) {
            if event.revents != 0 {
                client.step();
            }
        }
        if listener.revents != 0 {
            accepts = accept(plan.listener, &mut clients);
        }
    }
}

/// Takes one connection; another process may have been faster. Whether the next can be taken at once:
/// without a descriptor or memory for it, it stays in the queue (accept(2), "Errors").
fn accept(listener: RawFd, clients: &mut [Client; CLIENTS]) -> bool {
    let Some(free) = clients.iter_mut().find(|client| client.socket < 0) else {
        return true;
    };
    match sys::accept(listener) {
        Ok(socket) => {
            (free.socket, free.sent, free.came) = (socket, 0, 0);
            true
        }
        Err(errno) => !matches!(
            errno,
            libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM
        ),
    }
}

/// Ends every connection abruptly, so that none of them stays in TIME-WAIT.
fn break_off(clients: &[Client; CLIENTS]) {
    for client in clients.iter().filter(|client| client.socket >= 0) {
        sys::linger_not(client.socket);
        sys::close(client.socket);
    }
}

impl Client {
    fn wants(&self) -> i16 {
        if self.sent < self.came {
            sys::WRITABLE
        } else {
            sys::READABLE
        }
    }

    /// Sends back what is left, or else reads more and sends that back.
    fn step(&mut self) {
        if self.sent >= self.came {
            match sys::read(self.socket, &mut self.room) {
                Ok(0) => return self.end(),
                Ok(came) => (self.sent, self.came) = (0, came),
                Err(errno) => return self.failed(errno),
            }
        }
        let left = self.room.get(self.sent..self.came).unwrap_or_default();
        match sys::send(self.socket, left) {
            Ok(sent) => self.sent += sent,
            Err(errno) => self.failed(errno),
        }
    }

    fn failed(&mut self, errno: sys::Number) {
        if errno != libc::EAGAIN && errno != libc::EINTR {
            self.end();
        }
    }

    fn end(&mut self) {
        sys::close(self.socket);
        self.socket = -1;
    }
}
