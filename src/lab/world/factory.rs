//! The parent's side of the private world: it starts the helper, and asks it for sockets.
use std::fs::File;
use std::io::{self, Read};
use std::net::{IpAddr, Shutdown};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::{Domain, Protocol, Socket, Type};

use super::helper::Plan;
use super::message::{ANSWER, Answer, FOUND, Found, Request};
use super::refusal::{NoAddress, Refusal, Step};
use super::sys;
use crate::lab::observe::Namespace;
use crate::limits;
use crate::net::Errno;

/// A network namespace with somebody inside who makes sockets.
#[derive(Debug)]
pub struct World {
    /// One request at a time: an answer belongs to the question before it.
    control: Mutex<Socket>,
    /// The helper, when it is this process's own child.
    helper: Option<i32>,
}

impl World {
    /// Makes a new world: its `lo` is up, nobody is in it, and nothing outside can reach it. Takes
    /// about a millisecond.
    ///
    /// Call it from the main thread where that is possible: only then can the kernel itself tie
    /// the helper to this process.
    pub fn new() -> Result<Self, Refusal> {
        Self::with(true)
    }

    /// The same, with `lo` turned on or never touched.
    pub(super) fn with(lo: bool) -> Result<Self, Refusal> {
        let (ours, theirs) =
            Socket::pair(Domain::UNIX, Type::SEQPACKET, None).map_err(|e| of_io(Step::Fork, &e))?;
        let plan = plan(lo);
        let pid = sys::fork_helper(theirs.as_fd(), &plan).map_err(|e| of_io(Step::Fork, &e))?;
        let world = Self {
            control: Mutex::new(ours),
            helper: Some(pid),
        };
        drop(theirs);
        world.is_ready()?;
        Ok(world)
    }

    /// A second world beside this one, joined by nothing yet. It ends with this one.
    pub(in crate::lab) fn beside(&self) -> io::Result<Self> {
        let control = self.ask(&Request::Neighbour)?.ok_or_else(nothing_came)?;
        let world = Self {
            control: Mutex::new(Socket::from(control)),
            helper: None,
        };
        world
            .is_ready()
            .map_err(|refusal| io::Error::other(refusal.to_string()))?;
        Ok(world)
    }

    /// Writes a setting below /proc/sys/net with one write(2); an error is the kernel's verdict.
    pub(in crate::lab) fn write(&self, path: &str, value: &str) -> io::Result<()> {
        let request = Request::write(path, value).ok_or(io::ErrorKind::InvalidInput)?;
        self.ask(&request).map(drop)
    }

    /// Turns an interface on or off.
    pub(in crate::lab) fn set_link(&self, name: &str, up: bool) -> io::Result<()> {
        use std::os::fd::AsRawFd;
        let socket = self.socket(Domain::IPV4, Type::DGRAM, None)?;
        sys::set_link(socket.as_raw_fd(), name.as_bytes(), up).map_err(io::Error::from_raw_os_error)
    }

    /// Says how large the packets of an interface may be, in bytes.
    pub(in crate::lab) fn set_mtu(&self, name: &str, bytes: u32) -> io::Result<()> {
        use std::os::fd::AsRawFd;
        let socket = self.socket(Domain::IPV4, Type::DGRAM, None)?;
        sys::set_mtu(socket.as_raw_fd(), name.as_bytes(), bytes)
            .map_err(io::Error::from_raw_os_error)
    }

    /// The hosts file of this world, for reading and writing. Only look-ups in it read that file.
    pub(in crate::lab) fn hosts_file(&self) -> Result<File, Refusal> {
        let descriptor = self.ask_names(&Request::HostsFile)?;
        Ok(File::from(descriptor))
    }

    /// Begins to look a name up, as programs in this world would; the answer arrives on the socket,
    /// for [`found`](Self::found), and its end comes soon after `within`.
    pub(in crate::lab) fn look_up(&self, name: &str, within: Duration) -> Result<Socket, Refusal> {
        let within = within.saturating_add(limits::INTERRUPT_GRACE);
        let millis = i32::try_from(within.as_millis()).unwrap_or(i32::MAX);
        let request = Request::look_up(name, millis).ok_or(Refusal {
            step: Step::Answer,
            errno: Some(Errno::EINVAL),
        })?;
        let descriptor = self.ask_names(&request)?;
        let socket = Socket::from(descriptor);
        let not_blocking = socket.set_nonblocking(true);
        not_blocking.map_err(|error| of_io(Step::Answer, &error))?;
        Ok(socket)
    }

    /// What a look-up found: the addresses in their order, or the code of getaddrinfo(3).
    pub(in crate::lab) fn found(mut answer: &Socket) -> io::Result<Result<Vec<IpAddr>, NoAddress>> {
        let mut room = [0; FOUND];
        if answer.read(&mut room)? < FOUND {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let found = Found::decode(&room).ok_or(io::ErrorKind::InvalidData)?;
        Ok(match found.code {
            0 => Ok(found.addresses.into_iter().map_while(|a| a).collect()),
            code => Err(NoAddress {
                code,
                errno: found.errno,
            }),
        })
    }

    fn ask_names(&self, request: &Request) -> Result<OwnedFd, Refusal> {
        let answered = self.exchange(request);
        let (answer, descriptor) = answered.map_err(|e| of_io(Step::Answer, &e))?;
        descriptor.ok_or_else(|| Refusal {
            step: Step::of(answer.step).unwrap_or(Step::Answer),
            errno: Some(Errno::from_raw(answer.errno)),
        })
    }

    /// Waits for the helper's first word.
    fn is_ready(&self) -> Result<(), Refusal> {
        let control = self.control.lock().unwrap_or_else(PoisonError::into_inner);
        let answered = control
            .set_read_timeout(Some(limits::HELPER_WITHIN))
            .and_then(|()| answer(&control));
        let (answer, _) = answered.map_err(|e| of_io(Step::Answer, &e))?;
        match Step::of(answer.step) {
            None => Ok(()),
            Some(step) => Err(Refusal {
                step,
                errno: Some(Errno::from_raw(answer.errno)),
            }),
        }
    }

    fn ask(&self, request: &Request) -> io::Result<Option<OwnedFd>> {
        let (answer, descriptor) = self.exchange(request)?;
        match answer.errno {
            0 => Ok(descriptor),
            errno => Err(io::Error::from_raw_os_error(errno)),
        }
    }

    fn exchange(&self, request: &Request) -> io::Result<(Answer, Option<OwnedFd>)> {
        let control = self.control.lock().unwrap_or_else(PoisonError::into_inner);
        control.send_with_flags(&request.encode(), libc::MSG_NOSIGNAL)?;
        let answered = answers(&control, request);
        if answered.is_err() {
            // What still comes would be read as the answer to the next question.
            drop(control.shutdown(Shutdown::Both));
        }
        answered
    }
}

impl Namespace for World {
    fn socket(&self, domain: Domain, kind: Type, protocol: Option<Protocol>) -> io::Result<Socket> {
        let request = Request::Socket {
            domain: domain.into(),
            kind: kind.into(),
            protocol: protocol.map_or(0, Into::into),
        };
        let descriptor = self.ask(&request)?.ok_or_else(nothing_came)?;
        Ok(Socket::from(descriptor))
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        let path = path.to_str().and_then(Request::open);
        let request = path.ok_or(io::ErrorKind::InvalidInput)?;
        let descriptor = self.ask(&request)?.ok_or_else(nothing_came)?;
        Ok(File::from(descriptor))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let Some(pid) = self.helper else { return };
        let control = self
            .control
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        // The end of the control socket ends the helper, and its neighbour first.
        drop(control.shutdown(Shutdown::Both));
        if let Ok(watch) = sys::watch(pid) {
            let mut ends = [PollFd::new(watch.as_fd(), PollFlags::POLLIN)];
            let within = PollTimeout::try_from(limits::INTERRUPT_GRACE);
            // However that wait ends, the helper is gone after the next line.
            poll(&mut ends, within.unwrap_or(PollTimeout::ZERO)).ok();
        }
        sys::reap(pid);
    }
}

/// The user stays who they are, so that socket tables name the true owner. What the user owns the
/// namespace gives: all capabilities in it (capabilities(7)).
fn plan(lo: bool) -> Plan {
    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    Plan {
        parent: nix::unistd::getpid().as_raw(),
        tied: nix::unistd::gettid() == nix::unistd::getpid(),
        uid_map: format!("{uid} {uid} 1"),
        gid_map: format!("{gid} {gid} 1"),
        lo,
    }
}

/// The next answer, within the bound set on the socket.
fn answer(control: &Socket) -> io::Result<(Answer, Option<OwnedFd>)> {
    let mut room = [0; ANSWER];
    let (length, descriptor) = loop {
        match sys::receive_answer(control.as_fd(), &mut room) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    let answer = room.get(..length).and_then(Answer::decode);
    let answer = answer.ok_or_else(|| io::Error::other("the helper process is gone"))?;
    Ok((answer, descriptor))
}

/// The answer to a request, once the helper holds no copy of what it passed: whoever closes the one
/// that came closes it for good.
fn answers(control: &Socket, request: &Request) -> io::Result<(Answer, Option<OwnedFd>)> {
    let answered = answer(control)?;
    // Not whether one came: where there is no room for it the kernel drops it on the way.
    if answered.0.is_done() && request.passes() {
        answer(control)?;
    }
    Ok(answered)
}

/// The helper passed one, and the kernel dropped it: a process has no room for more (unix(7)).
fn nothing_came() -> io::Error {
    io::Error::from_raw_os_error(libc::EMFILE)
}

fn of_io(step: Step, error: &io::Error) -> Refusal {
    Refusal {
        step,
        errno: Errno::of(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_helper_keeps_no_copy_of_what_it_passes() {
        let Ok(world) = World::new() else {
            // tests/world says why, and where a skip is forbidden it fails there.
            eprintln!("SKIPPED: there is no private world here");
            return;
        };
        let held = || {
            let descriptors = format!("/proc/{}/fd", world.helper.unwrap());
            fs::read_dir(descriptors).unwrap().count()
        };
        let before = held();
        for _ in 0..200 {
            let socket = world.socket(Domain::IPV4, Type::STREAM, None).unwrap();
            assert_eq!(held(), before);
            drop(socket);
        }
    }
}
