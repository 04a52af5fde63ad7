//! Waiting, with a bound and with Ctrl-C: the lab's one door to tokio.
//!
//! Verbs try first and come here only when the kernel would have them wait, so most lines never
//! start the runtime. Nothing here knows what is waited for.
use std::cell::Cell;
use std::future::Future;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use nix::sys::signal::{Signal, raise};
use tokio::io::Interest;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant as Moment, sleep_until};

use super::failure;
use super::interrupt::Interrupter;
use super::sys::{Sigint, watch};
use crate::lang::{Failure, FailureCause};
use crate::limits;
use crate::net::Errno;

/// Why a wait ended without what was waited for.
#[derive(Debug)]
pub(super) enum Stop {
    /// The kernel said no.
    Io(io::Error),
    /// The time given is over.
    Timeout,
    /// Ctrl-C.
    Interrupted,
    /// Waiting is not possible here at all.
    Unable(Failure),
}

/// The runtime, once a verb needed it, and the way to stop a wait.
#[derive(Default)]
pub(super) struct Engine {
    running: Option<Running>,
    interrupter: Interrupter,
    /// Whether the command that runs has been told of Ctrl-C.
    heard: Cell<bool>,
    /// What SIGINT did before the command that runs, where the runtime takes it.
    before: Option<Sigint>,
}

struct Running {
    runtime: Runtime,
    /// SIGINT as tokio set it; `None` where it is not for tokio to hear.
    caught: Option<Sigint>,
    /// Tasks that hear Ctrl-C.
    ears: usize,
    /// Whether a thread of its own drives the runtime between commands.
    threaded: bool,
}

impl Running {
    /// Where nobody else drives the runtime, which is what hears the signal, this does.
    fn listen(&self) {
        if !self.threaded {
            self.runtime.block_on(tokio::task::yield_now());
        }
    }
}

impl Engine {
    /// A handle that stops the verb that is running.
    pub(super) fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    /// A command begins.
    pub(super) fn begin(&mut self) {
        // One may have come at the very end of the last command, and be told now.
        self.give_back();
        self.interrupter.begin();
        if self.interrupter.has_bell() {
            return;
        }
        self.before = Sigint::now();
        if let Some(caught) = self.running.as_ref().and_then(|running| running.caught) {
            caught.apply();
        }
    }

    /// A command is over: Ctrl-C means again what it meant before, and one press stops one command.
    /// A ring that it did not hear is for the next.
    pub(super) fn end(&mut self) {
        if let (Some(before), Some(running)) = (self.before.take(), &self.running) {
            running.listen();
            before.apply();
        }
        if self.heard.take() {
            self.interrupter.forget();
            self.interrupter.take_press();
        }
        self.give_back();
    }

    /// A SIGINT that the runtime took and no command heard is for whoever had it before: mostly it ends
    /// the program.
    fn give_back(&self) {
        if self.interrupter.take_press() {
            // It can only be refused for a number that is no signal.
            raise(Signal::SIGINT).ok();
        }
    }

    /// Whether the command that runs was interrupted. Long loops without a wait ask now and then.
    pub(super) fn interrupted(&self) -> bool {
        if let Some(running) = &self.running {
            running.listen();
        }
        let asked = self.interrupter.is_asked();
        self.heard.set(self.heard.get() || asked);
        asked
    }

    /// The flag behind [`interrupted`](Self::interrupted), for a measurement on other threads. It looks
    /// so often that whatever is asked meanwhile counts as heard.
    pub(super) fn cancel_flag(&self) -> &AtomicBool {
        self.heard.set(true);
        self.interrupter.flag()
    }

    /// Calls `attempt` until it does not block, waiting for `interest` on the socket in between.
    pub(super) fn until<T>(
        &mut self,
        socket: &impl AsFd,
        interest: Interest,
        deadline: Instant,
        mut attempt: impl FnMut() -> io::Result<T>,
    ) -> Result<T, Stop> {
        match attempt() {
            Err(error) if would_block(&error) => {}
            answer => return answer.map_err(Stop::Io),
        }
        let fd = socket.as_fd();
        self.bounded(deadline, retry(fd, interest, attempt))?
            .map_err(Stop::Io)
    }

    /// Waits until a moment; an error only when interrupted.
    pub(super) fn pause(&mut self, until: Instant) -> Result<(), Stop> {
        match self.bounded(until, std::future::pending::<()>()) {
            Ok(()) | Err(Stop::Timeout) => Ok(()),
            Err(stop) => Err(stop),
        }
    }

    fn bounded<T>(
        &mut self,
        deadline: Instant,
        future: impl Future<Output = T>,
    ) -> Result<T, Stop> {
        let interrupter = self.interrupter.clone();
        let runtime = self.runtime().map_err(Stop::Unable)?;
        let ended = runtime.block_on(async move {
            tokio::select! {
                biased;
                () = interrupter.asked() => Err(Stop::Interrupted),
                value = future => Ok(value),
                () = sleep_until(Moment::from_std(deadline)) => Err(Stop::Timeout),
            }
        });
        if matches!(ended, Err(Stop::Interrupted)) {
            self.heard.set(true);
        }
        ended
    }

    /// Tasks on the runtime, but for the one that hears Ctrl-C.
    pub(super) fn tasks(&self) -> usize {
        let alive = |running: &Running| {
            let all = running.runtime.metrics().num_alive_tasks();
            all.saturating_sub(running.ears)
        };
        self.running.as_ref().map_or(0, alive)
    }

    /// The runtime, started now if it was not.
    pub(super) fn runtime(&mut self) -> Result<&Runtime, Failure> {
        if self.running.is_none() {
            descriptors_left()?;
            self.running = Some(self.start(threads_allowed())?);
        }
        match &self.running {
            Some(running) => Ok(&running.runtime),
            None => Err(unavailable(&io::Error::other("it did not start"))),
        }
    }

    fn start(&self, threaded: bool) -> Result<Running, Failure> {
        let mut builder = if threaded {
            Builder::new_multi_thread()
        } else {
            Builder::new_current_thread()
        };
        if threaded {
            // Live servers are the only tasks; one thread answers a class of browsers.
            builder.worker_threads(1).thread_name("looplab");
        }
        let runtime = builder.enable_all().build().map_err(|e| unavailable(&e))?;
        let (caught, ears) = if self.interrupter.has_bell() {
            let heard = self.interrupter.hear_bell(&runtime);
            heard.map_err(|error| unavailable(&error))?;
            (None, 1)
        } else {
            let caught = self.interrupter.hear_sigint(&runtime);
            (caught, usize::from(caught.is_some()))
        };
        Ok(Running {
            runtime,
            caught,
            ears,
            threaded,
        })
    }
}

async fn retry<T>(
    fd: BorrowedFd<'_>,
    interest: Interest,
    mut attempt: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    let fd = watch(fd, interest)?;
    loop {
        let mut ready = fd.ready(interest).await?;
        match attempt() {
            Err(error) if would_block(&error) => ready.clear_ready(),
            answer => return answer,
        }
    }
}

fn would_block(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// tokio panics when a socket pair for its signals is refused, so the room is tried before.
fn descriptors_left() -> Result<(), Failure> {
    let pairs: io::Result<Vec<_>> = (0..limits::RUNTIME_DESCRIPTORS / 2)
        .map(|_| UnixStream::pair())
        .collect();
    let Err(error) = pairs else {
        return Ok(());
    };
    let cause = Errno::of(&error).map_or(FailureCause::NotAvailable, FailureCause::Errno);
    let message = format!(
        "waiting takes {} free file descriptors, and this process has fewer; close some sockets, \
         or raise `ulimit -n`",
        limits::RUNTIME_DESCRIPTORS
    );
    Err(failure::own(cause, "wait", message))
}

/// tokio panics when its thread is refused, so one is tried before.
fn threads_allowed() -> bool {
    std::thread::Builder::new()
        .spawn(|| {})
        .is_ok_and(|thread| thread.join().is_ok())
}

fn unavailable(error: &io::Error) -> Failure {
    let cause = Errno::of(error).map_or(FailureCause::NotAvailable, FailureCause::Errno);
    let message = format!("waiting is not possible here: {error}");
    failure::own(cause, "wait", message)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::lab::Bell;

    fn in_an_hour() -> Instant {
        Instant::now() + Duration::from_hours(1)
    }

    #[test]
    fn what_does_not_block_needs_no_runtime() {
        let (one, _other) = UnixStream::pair().unwrap();
        let mut engine = Engine::default();
        let answer = engine.until(&one, Interest::READABLE, in_an_hour(), || Ok(7));
        assert_eq!(answer.unwrap(), 7);
        assert!(engine.running.is_none());
    }

    /// What happens until the engine waits, with a ring in it.
    type Happens = fn(&mut Engine, &Bell);

    #[test]
    fn a_ring_ends_the_wait_wherever_it_comes() {
        let moments: [(&str, Happens); 4] = [
            ("before the line begins", |engine, bell| {
                bell.ring();
                engine.begin();
            }),
            ("before there is a runtime", |engine, bell| {
                engine.begin();
                bell.ring();
            }),
            ("before it waits", |engine, bell| {
                engine.begin();
                engine.runtime().unwrap();
                bell.ring();
            }),
            ("while a line runs that does not look", |engine, bell| {
                engine.begin();
                bell.ring();
                engine.end();
                engine.begin();
            }),
        ];
        for (moment, happens) in moments {
            let mut engine = Engine::default();
            let bell = engine.interrupter().bell();
            happens(&mut engine, &bell);
            let answer = engine.pause(in_an_hour());
            assert!(matches!(answer, Err(Stop::Interrupted)), "{moment}");
            engine.end();
            engine.begin();
            assert!(!engine.interrupted(), "{moment}: one ring, one line");
            engine.end();
        }
    }

    #[test]
    fn a_ring_wakes_a_wait() {
        let mut engine = Engine::default();
        let bell = engine.interrupter().bell();
        engine.begin();
        let (told, waits) = std::sync::mpsc::channel();
        let ringing = std::thread::spawn(move || {
            waits.recv().unwrap();
            bell.ring();
        });
        let wait = async move {
            told.send(()).unwrap();
            std::future::pending::<()>().await;
        };
        let answer = engine.bounded(in_an_hour(), wait);
        assert!(matches!(answer, Err(Stop::Interrupted)), "{answer:?}");
        ringing.join().unwrap();
    }

    #[test]
    fn a_ring_before_the_prompt_is_not_for_the_line_behind_it() {
        let mut engine = Engine::default();
        let bell = engine.interrupter().bell();
        bell.ring();
        bell.silence();
        engine.begin();
        assert!(engine.pause(Instant::now()).is_ok());
        assert!(!engine.interrupted());
    }

    #[test]
    fn a_wait_ends_when_the_socket_is_ready() {
        use std::io::{Read, Write};
        let (one, mut other) = UnixStream::pair().unwrap();
        one.set_nonblocking(true).unwrap();
        let writer = std::thread::spawn(move || other.write_all(b"x"));
        let mut engine = Engine::default();
        let answer = engine.until(&one, Interest::READABLE, in_an_hour(), || {
            (&one).read(&mut [0; 8])
        });
        assert_eq!(answer.unwrap(), 1);
        writer.join().unwrap().unwrap();
    }

    #[test]
    fn without_a_thread_of_its_own_the_runtime_runs_while_somebody_waits() {
        let mut engine = Engine::default();
        engine.running = Some(engine.start(false).unwrap());
        let (told, hears) = tokio::sync::oneshot::channel();
        let runtime = engine.runtime().unwrap();
        runtime.spawn(async move { told.send(7) });
        let answer = engine.bounded(in_an_hour(), hears).unwrap();
        assert_eq!(answer, Ok(7));
        assert!(!engine.interrupted());
        engine.interrupter().interrupt();
        assert!(engine.interrupted());
    }

    #[test]
    fn a_wait_ends_at_its_bound() {
        let (one, _other) = UnixStream::pair().unwrap();
        let mut engine = Engine::default();
        let soon = Instant::now() + Duration::from_millis(1);
        let never = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
        let answer = engine.until(&one, Interest::READABLE, soon, never);
        assert!(matches!(answer, Err(Stop::Timeout)), "{answer:?}");
    }

    #[test]
    fn an_interrupt_ends_the_wait_that_runs_and_no_later_one() {
        let mut engine = Engine::default();
        engine.begin();
        engine.interrupter().interrupt();
        assert!(matches!(engine.pause(in_an_hour()), Err(Stop::Interrupted)));
        assert!(engine.interrupted());
        engine.begin();
        assert!(engine.pause(Instant::now()).is_ok());
        engine.end();
    }

    #[test]
    fn after_the_end_of_the_session_no_line_waits() {
        let mut engine = Engine::default();
        assert!(!engine.interrupter().has_ended());
        engine.interrupter().end();
        for _ in 0..2 {
            engine.begin();
            assert!(matches!(engine.pause(in_an_hour()), Err(Stop::Interrupted)));
            engine.end();
        }
        assert!(engine.interrupter().has_ended());
    }
}
