//! The life of the helper: it enters namespaces of its own, and from then on makes sockets and
//! opens files there for the process that forked it.
//!
//! The helper is forked from a process that may have threads, so nothing in this file may allocate,
//! take a lock, or panic: plain numbers, fixed arrays, and the calls of `sys`. It runs no program,
//! and reads and writes nothing outside its own network and its own /etc (`names`).
use std::os::fd::RawFd;

use super::message::{Answer, REQUEST, Request, may_open, may_write};
use super::names;
use super::refusal::Step;
use super::sys;

/// What the helper needs to know; made before the fork.
#[derive(Debug)]
pub(super) struct Plan {
    /// The process that forks it.
    pub(super) parent: i32,
    /// Whether the forking thread lives as long as that process. The kernel ends the helper with
    /// the *thread* that forked it (PR_SET_PDEATHSIG, prctl(2)); without that the end of the
    /// control socket does.
    pub(super) tied: bool,
    /// The line for /proc/self/uid_map.
    pub(super) uid_map: String,
    /// The line for /proc/self/gid_map.
    pub(super) gid_map: String,
    /// Whether the loopback interface is turned on.
    pub(super) lo: bool,
}

/// What stopped the helper: a step, and an errno.
type Stopped = (Step, sys::Number);

/// From the fork to the end of the helper.
pub(super) fn live(control: RawFd, plan: &Plan) {
    report(control, enter(control, plan)).and_then(|()| serve(control));
    // An orphan would be left to whoever reaps orphans here, which in a container may be nobody.
    sys::outlive_children();
}

/// Says how it went. `None` when there is nobody to serve.
fn report(control: RawFd, entered: Result<(), Stopped>) -> Option<()> {
    let (step, errno) = entered
        .err()
        .map_or((0, 0), |(step, errno)| (step as i32, errno));
    let answer = Answer { step, errno };
    sys::send_answer(control, &answer.encode(), None).ok()?;
    entered.ok()
}

fn enter(control: RawFd, plan: &Plan) -> Result<(), Stopped> {
    let at = |step: Step| move |errno: sys::Number| (step, errno);
    sys::close_all_but(&[control]).map_err(at(Step::CloseRange))?;
    sys::detach();
    sys::be_called(c"looplab-world");
    sys::unshare(libc::CLONE_NEWUSER).map_err(at(Step::UserNamespace))?;
    // Without this an ordinary user may not map a group (user_namespaces(7)).
    sys::write_file(c"/proc/self/setgroups", b"deny").map_err(at(Step::SetGroups))?;
    sys::write_file(c"/proc/self/uid_map", plan.uid_map.as_bytes()).map_err(at(Step::UidMap))?;
    sys::write_file(c"/proc/self/gid_map", plan.gid_map.as_bytes()).map_err(at(Step::GidMap))?;
    // Last of what changes who it is: such a change unties a process (prctl(2)).
    if plan.tied {
        sys::die_with_parent().map_err(at(Step::Tie))?;
        if sys::parent() != plan.parent {
            sys::leave();
        }
    }
    own_network(plan.lo)
}

/// A new network, with `lo` up or never turned on.
fn own_network(lo: bool) -> Result<(), Stopped> {
    let at = |step: Step| move |errno: sys::Number| (step, errno);
    sys::unshare(libc::CLONE_NEWNET).map_err(at(Step::NetNamespace))?;
    if !lo {
        return Ok(());
    }
    let socket = sys::socket(libc::AF_INET, libc::SOCK_DGRAM, 0).map_err(at(Step::LoopbackUp))?;
    let up = sys::set_link(socket, b"lo", true).map_err(at(Step::LoopbackUp));
    sys::close(socket);
    up
}

/// Does what it is asked for until nobody is there to ask.
fn serve(control: RawFd) -> Option<()> {
    let mut room = [0; REQUEST];
    let mut named = false;
    loop {
        match sys::next_request(control, &mut room) {
            Ok(0) | Err(_) => return None,
            Ok(_) => {}
        }
        let done = match Request::decode(&room) {
            Some(request) => perform(&request, control, &mut named),
            None => Err((0, libc::EINVAL)),
        };
        let (step, errno, descriptor) = match done {
            Ok(descriptor) => (0, 0, descriptor),
            Err((step, errno)) => (step, errno, None),
        };
        let answer = Answer { step, errno }.encode();
        let sent = sys::send_answer(control, &answer, descriptor);
        if let Some(descriptor) = descriptor {
            sys::close(descriptor);
        }
        sent.ok()?;
        // Once more, without it: only now is nobody's copy left but the one that was passed. Until
        // then to close that one would not close the socket.
        if descriptor.is_some() {
            sys::send_answer(control, &answer, None).ok()?;
        }
    }
}

/// Gives a descriptor where one is asked for; what stopped it otherwise, a step only where there are
/// several. `named` is whether there is an /etc of this process's own.
fn perform(
    request: &Request,
    control: RawFd,
    named: &mut bool,
) -> Result<Option<RawFd>, (i32, sys::Number)> {
    let of_names = matches!(request, Request::HostsFile | Request::LookUp { .. });
    if of_names && !*named {
        names::prepare().map_err(|(step, errno)| (step as i32, errno))?;
        *named = true;
    }
    match request {
        Request::HostsFile => names::hosts_file()
            .map(Some)
            .map_err(|(step, errno)| (step as i32, errno)),
        other => plainly(other, control).map_err(|errno| (0, errno)),
    }
}

fn plainly(request: &Request, control: RawFd) -> Result<Option<RawFd>, sys::Number> {
    match request {
        Request::Socket {
            domain,
            kind,
            protocol,
        } => sys::socket(*domain, *kind, *protocol).map(Some),
        Request::Open { path } => {
            let path = may_open(path).ok_or(libc::EACCES)?;
            sys::open_file(path).map(Some)
        }
        Request::Write {
            path,
            value,
            length,
        } => {
            let path = may_write(path).ok_or(libc::EACCES)?;
            let value = value.get(..*length).ok_or(libc::EINVAL)?;
            sys::write_file(path, value).map(|()| None)
        }
        Request::Neighbour => neighbour(control).map(Some),
        Request::LookUp { name, millis } => names::look_up(control, name, *millis).map(Some),
        Request::HostsFile => Err(libc::EINVAL),
    }
}

/// Forks a helper of the same user namespace with a network of its own; gives the other end of its
/// control socket. It ends with that socket, or with this process.
fn neighbour(control: RawFd) -> Result<RawFd, sys::Number> {
    sys::forget_children();
    let [ours, theirs] = sys::pair()?;
    match sys::fork_again() {
        Ok(0) => {
            sys::close(control);
            sys::close(ours);
            let entered = sys::die_with_parent()
                .map_err(|errno| (Step::Tie, errno))
                .and_then(|()| own_network(true));
            report(theirs, entered).and_then(|()| serve(theirs));
            sys::leave();
        }
        Ok(_) => {
            sys::close(theirs);
            Ok(ours)
        }
        Err(errno) => {
            sys::close(ours);
            sys::close(theirs);
            Err(errno)
        }
    }
}
