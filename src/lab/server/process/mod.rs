//! A server in processes of its own: `serve echo --process`. The lab makes the listener, the
//! processes are born with it, and the lab lets go of it: from then on they alone hold the port.
//!
//! The kernel ends a process with the thread that forked it (PR_SET_PDEATHSIG), however that ends;
//! so a thread of their own forks them and waits until they are gone. Signals go to processes by
//! descriptor (pidfd_open(2)), never by a number that may be somebody else's by now.
mod child;
mod sys;

use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::lab::observe;
use crate::lab::own::Own;
use crate::lang::SignalName;
use crate::limits;
use crate::net::Endpoint;
use child::Plan;

/// Processes that serve at one listener, as the ledger holds them.
#[derive(Debug)]
pub(in crate::lab) struct Program {
    /// Where they listen.
    pub(in crate::lab) local: Endpoint,
    /// The listener's inode.
    pub(in crate::lab) inode: Option<u64>,
    /// Whether they serve in the private world.
    pub(in crate::lab) private: bool,
    /// The options that were asked for, by their flag.
    pub(in crate::lab) options: Vec<&'static str>,
    children: Vec<Child>,
    /// Ends the thread that forked them.
    release: Option<Sender<()>>,
    keeper: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Child {
    pid: i32,
    /// The process itself: a number can become another's, this cannot.
    process: OwnedFd,
    /// Closed, it tells the process to end.
    lifeline: Option<UnixStream>,
    /// Whether it has a SIGTERM that it could not take yet, being stopped.
    doomed: bool,
    reaped: bool,
}

impl Program {
    /// Starts `count` processes at a listener, and lets go of it here. Returns when they serve.
    pub(in crate::lab) fn start(own: Own, count: usize) -> io::Result<Self> {
        let mut lifelines = Vec::new();
        for _ in 0..count {
            lifelines.push(UnixStream::pair()?);
        }
        let parent = nix::unistd::getpid().as_raw();
        let back_off = i32::try_from(limits::ACCEPT_BACK_OFF.as_millis()).unwrap_or(i32::MAX);
        let plans: Vec<Plan> = lifelines
            .iter()
            .map(|(_, given)| Plan {
                listener: own.socket.as_raw_fd(),
                lifeline: given.as_raw_fd(),
                parent,
                back_off,
            })
            .collect();
        let (release, released) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let keeper = thread::Builder::new()
            .name("looplab-keeper".to_owned())
            .spawn(move || keep(&plans, tell, &released))?;
        // All answers come first: until then the descriptors behind the plans must stay open.
        let started: Vec<io::Result<i32>> = told.into_iter().collect();
        let mut program = Self {
            inode: own.inode(),
            local: own.local.clone(),
            private: own.private,
            options: own.options.clone(),
            children: Vec::new(),
            release: Some(release),
            keeper: Some(keeper),
        };
        drop(own);
        let kept: Vec<UnixStream> = lifelines.into_iter().map(|(kept, _)| kept).collect();
        // Where one could not be started, the others end with `program`.
        let mut failure = None;
        for (lifeline, pid) in kept.into_iter().zip(started) {
            match pid.and_then(|pid| Child::of(pid, lifeline)) {
                Ok(child) => program.children.push(child),
                Err(error) => failure = Some(error),
            }
        }
        if let Some(error) = failure {
            return Err(error);
        }
        program.children.iter().try_for_each(Child::is_ready)?;
        Ok(program)
    }

    /// The processes that are there, by number.
    pub(in crate::lab) fn pids(&self) -> Vec<u32> {
        let alive = self.children.iter().filter(|child| child.is_alive());
        alive.map(|child| child.pid.unsigned_abs()).collect()
    }

    /// How many of them are stopped (SIGSTOP).
    pub(in crate::lab) fn stopped(&self) -> usize {
        let stopped = self.children.iter().filter(|child| child.is_stopped());
        stopped.count()
    }

    /// Whether somebody serves.
    pub(in crate::lab) fn is_alive(&self) -> bool {
        self.children.iter().any(Child::is_alive)
    }

    /// The sockets its processes hold, by inode, each with the process.
    pub(in crate::lab) fn held(&self) -> Vec<(u64, u32)> {
        let mut held = Vec::new();
        for pid in self.pids() {
            held.extend(observe::held_by(pid).into_iter().map(|inode| (inode, pid)));
        }
        held
    }

    /// Sends a signal to all its processes, or to the first; those it was sent to. Returns when they
    /// are stopped, or gone, or go on.
    pub(in crate::lab) fn signal(&mut self, signal: SignalName, one: bool) -> io::Result<Vec<u32>> {
        let most = if one { 1 } else { usize::MAX };
        let alive = self.children.iter_mut().filter(|child| child.is_alive());
        let mut told = Vec::new();
        for child in alive.take(most) {
            child.take(signal)?;
            told.push(child.pid.unsigned_abs());
        }
        Ok(told)
    }

    /// Ends all its processes; `abrupt` breaks their connections off. Returns when they are gone.
    pub(in crate::lab) fn end(mut self, abrupt: bool) {
        for child in &mut self.children {
            child.ask_to_end(abrupt);
        }
        // The rest is done as they are dropped.
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.children.clear();
        drop(self.release.take());
        if let Some(keeper) = self.keeper.take() {
            // It does nothing that could panic.
            keeper.join().ok();
        }
    }
}

/// Forks a process for each plan, and stays as long as they may live.
fn keep(plans: &[Plan], tell: Sender<io::Result<i32>>, released: &Receiver<()>) {
    for plan in plans {
        // The other side waits for each, or is gone.
        tell.send(sys::start(plan)).ok();
    }
    drop(tell);
    // Nothing is ever sent: the end of the channel is the message.
    released.recv().ok();
}

impl Child {
    /// A process that was just started; without a descriptor for it, it is ended at once.
    fn of(pid: i32, lifeline: UnixStream) -> io::Result<Self> {
        let process = sys::watch(pid).inspect_err(|_| sys::reap(pid))?;
        Ok(Self {
            pid,
            process,
            lifeline: Some(lifeline),
            doomed: false,
            reaped: false,
        })
    }

    /// Waits for the process's first word: from then on it holds nothing but the listener.
    fn is_ready(&self) -> io::Result<()> {
        let Some(mut lifeline) = self.lifeline.as_ref() else {
            return Ok(());
        };
        lifeline.set_read_timeout(Some(limits::HELPER_WITHIN))?;
        lifeline.read_exact(&mut [0])
    }

    fn is_alive(&self) -> bool {
        !self.reaped && sys::child_lives(self.pid)
    }

    fn is_stopped(&self) -> bool {
        !self.reaped && sys::child_is(self.pid, libc::WSTOPPED | libc::WNOHANG)
    }

    fn take(&mut self, signal: SignalName) -> io::Result<()> {
        let was_stopped = self.is_stopped();
        sys::signal(self.process.as_fd(), number(signal))?;
        match signal {
            SignalName::Stop => {
                // Any of the three is sure to come, whoever else sends it signals.
                let any = libc::WSTOPPED | libc::WCONTINUED | libc::WEXITED;
                sys::child_is(self.pid, any);
            }
            SignalName::Cont => {
                sys::forget_continued(self.pid);
                if self.doomed {
                    self.reap();
                }
            }
            SignalName::Kill => self.reap(),
            SignalName::Term if was_stopped => self.doomed = true,
            SignalName::Term => {
                sys::child_is(self.pid, libc::WEXITED | libc::WSTOPPED);
                if !self.is_alive() {
                    self.reap();
                }
            }
        }
        Ok(())
    }

    /// Lets it end by itself, if it can.
    fn ask_to_end(&mut self, abrupt: bool) {
        if !self.is_alive() || self.is_stopped() {
            return;
        }
        if abrupt {
            self.lifeline = None;
        } else {
            // It may be gone by now.
            sys::signal(self.process.as_fd(), libc::SIGTERM).ok();
        }
        let mut ends = [PollFd::new(self.process.as_fd(), PollFlags::POLLIN)];
        let within = PollTimeout::try_from(limits::INTERRUPT_GRACE);
        // However that wait ends, the process is gone when this value is.
        poll(&mut ends, within.unwrap_or(PollTimeout::ZERO)).ok();
    }

    fn reap(&mut self) {
        if !self.reaped {
            self.reaped = true;
            // It may have ended by itself.
            sys::signal(self.process.as_fd(), libc::SIGKILL).ok();
            sys::forget(self.pid);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.reap();
    }
}

fn number(signal: SignalName) -> i32 {
    match signal {
        SignalName::Stop => libc::SIGSTOP,
        SignalName::Cont => libc::SIGCONT,
        SignalName::Kill => libc::SIGKILL,
        SignalName::Term => libc::SIGTERM,
    }
}
