//! The processes that prove steps, as the one sees them that shares out the work.
//!
//! A lab counts the descriptors of its process, looks for that process's sockets, takes its Ctrl-C,
//! and forks helpers that live as long as the thread which made them. Among threads all of this would
//! be everybody's; in a process of its own each lab has it to itself, as a learner's has. The process
//! is a fork without exec: it has the lessons as they were read, and costs a millisecond. It takes one
//! step after another, because a new one for each would double what a quick step takes.
//!
//! A pair of sockets ties both sides: places go one way, answers the other, and its end is the end of
//! both. So the processes of a `looplab test` that is interrupted or killed break their lines off,
//! close what they opened, and go.
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Instant;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::Pid;

use super::super::prove::Proof;
use super::sys;
use super::worker::{Proven, work};
use crate::lab::Lab;
use crate::lang::CardSource;
use crate::limits;
use crate::prompt::Interrupts;

/// The processes, at work or free for more of it. When this goes they are told to stop, and are
/// gone soon after.
pub(super) struct Crew<'p> {
    cards: Arc<dyn CardSource>,
    /// Proves the step at a place.
    prove: &'p dyn Fn(usize, &mut Lab) -> Proof,
    workers: Vec<Worker>,
}

struct Worker {
    pid: Pid,
    /// Its end here tells the process to stop.
    line: UnixStream,
    /// The places it has been asked for and has not answered, the one in hand first.
    asked: VecDeque<usize>,
    /// The answer in hand, as far as it has come.
    said: Vec<u8>,
}

/// What has come of a wait.
pub(super) enum Heard {
    /// Steps that have been proven, by their places.
    Proven(Vec<(usize, Proven)>),
    /// A process has ended: what is known of the step it had in hand, and the places that are still to
    /// be proven.
    Lost(Option<(usize, Proven)>, Vec<usize>),
    /// Ctrl-C.
    Interrupted,
}

impl<'p> Crew<'p> {
    /// Nobody works yet.
    pub(super) fn new(
        cards: Arc<dyn CardSource>,
        prove: &'p dyn Fn(usize, &mut Lab) -> Proof,
    ) -> Self {
        Self {
            cards,
            prove,
            workers: Vec::new(),
        }
    }

    /// How many processes are at work.
    pub(super) fn at_work(&self) -> usize {
        let workers = self.workers.iter();
        workers.filter(|worker| !worker.asked.is_empty()).count()
    }

    /// Has one process prove the steps at these places, one after the other; a new process where none
    /// is free.
    pub(super) fn begin(&mut self, places: &[usize]) -> io::Result<()> {
        let free = self.workers.iter().position(|one| one.asked.is_empty());
        let free = match free {
            Some(free) => free,
            None => self.another()?,
        };
        if let Some(worker) = self.workers.get_mut(free) {
            worker.ask(places);
        }
        Ok(())
    }

    /// Starts one more process; its index.
    fn another(&mut self) -> io::Result<usize> {
        let (line, theirs) = UnixStream::pair()?;
        // SAFETY: this front end has neither a lab nor a runtime, which are what starts threads; only
        // the copies have. The copy ends in `leave`.
        #[expect(unsafe_code, reason = "a promise to `fork`")]
        let forked = unsafe { sys::fork() }?;
        let Some(pid) = forked else {
            // Held here, they would not end with the process at their other ends.
            drop(line);
            self.workers.clear();
            sys::leave(|| work(&self.cards, self.prove, &theirs));
        };
        self.workers.push(Worker {
            pid,
            line,
            asked: VecDeque::new(),
            said: Vec::new(),
        });
        Ok(self.workers.len() - 1)
    }

    /// Waits until there is something to be told.
    pub(super) fn wait(&mut self, interrupts: &Interrupts) -> io::Result<Heard> {
        loop {
            let mut ends = vec![PollFd::new(interrupts.as_fd(), PollFlags::POLLIN)];
            ends.extend(self.workers.iter().map(Worker::end));
            match poll(&mut ends, PollTimeout::NONE) {
                Ok(_) | Err(nix::Error::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
            let mut ready = ends.iter().map(|end| end.any().unwrap_or_default());
            if ready.next() == Some(true) {
                return Ok(Heard::Interrupted);
            }
            let Some(at) = ready.position(|ready| ready) else {
                continue;
            };
            let Some(worker) = self.workers.get_mut(at) else {
                continue;
            };
            if !worker.hear() {
                return Ok(self.workers.swap_remove(at).lost());
            }
            let proven = worker.answers();
            if !proven.is_empty() {
                return Ok(Heard::Proven(proven));
            }
        }
    }
}

impl Drop for Crew<'_> {
    fn drop(&mut self) {
        for worker in &self.workers {
            // One that has ended meanwhile was what was wanted.
            worker.line.shutdown(Shutdown::Write).ok();
        }
        let deadline = Instant::now() + limits::PROOF_GRACE;
        for mut worker in self.workers.drain(..) {
            if !worker.ends_by(deadline) {
                sys::kill(worker.pid);
            }
            sys::end_of(worker.pid);
        }
    }
}

impl Worker {
    fn end(&self) -> PollFd<'_> {
        PollFd::new(self.line.as_fd(), PollFlags::POLLIN)
    }

    /// Takes what has come. Whether there can be more.
    fn hear(&mut self) -> bool {
        let mut room = [0; 4_096];
        match self.line.read(&mut room) {
            Ok(0) => false,
            Ok(came) => {
                self.said.extend(room.iter().take(came));
                true
            }
            Err(error) => error.kind() == io::ErrorKind::Interrupted,
        }
    }

    /// Tells it what to do next.
    fn ask(&mut self, places: &[usize]) {
        let lines: Vec<String> = places.iter().map(usize::to_string).collect();
        self.asked.extend(places);
        // One that is gone is seen when its answer is waited for.
        writeln!(self.line, "{}", lines.join("\n")).ok();
    }

    /// The answers that are whole.
    fn answers(&mut self) -> Vec<(usize, Proven)> {
        let mut answers = Vec::new();
        while let Some(end) = self.said.iter().position(|byte| *byte == b'\n') {
            let answer: Vec<u8> = self.said.drain(..=end).collect();
            let proven = serde_json::from_slice(&answer);
            let proven = proven.unwrap_or_else(|error| Proven::broken(error.to_string()));
            answers.extend(self.asked.pop_front().map(|place| (place, proven)));
        }
        answers
    }

    /// What its end leaves.
    fn lost(mut self) -> Heard {
        let how = sys::end_of(self.pid);
        let why = format!("the process that proved it has ended {how}");
        let in_hand = self.asked.pop_front();
        let in_hand = in_hand.map(|place| (place, Proven::broken(why)));
        Heard::Lost(in_hand, self.asked.into())
    }

    fn ends_by(&mut self, deadline: Instant) -> bool {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let within = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
            match poll(&mut [self.end()], within) {
                Err(nix::Error::EINTR) => {}
                Ok(1..) if self.hear() => {}
                ended => return ended.is_ok_and(|count| count > 0),
            }
        }
    }
}
