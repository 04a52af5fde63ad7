//! Ctrl-C on its way to the line that runs: from a signal handler, from another thread, or by way of
//! the runtime where nobody else takes SIGINT.
//!
//! There is one flag. Whoever asks sets it before anybody is woken, and whoever waits looks at it
//! before it sleeps, so nothing slips through in between.
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, OnceLock};

use tokio::net::UnixStream as Waker;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

use super::sys::Sigint;

/// Stops the verb that is running, as Ctrl-C does; for a front end that hears of it elsewhere.
#[derive(Clone, Default)]
pub struct Interrupter(Arc<Cancel>);

#[derive(Default)]
struct Cancel {
    asked: AtomicBool,
    over: AtomicBool,
    /// The runtime has taken SIGINT, and no line has heard of it so far.
    pressed: AtomicBool,
    told: Notify,
    /// Somebody has the [`Bell`]. Then SIGINT is theirs, and so is the moment to forget it.
    belled: AtomicBool,
    /// Wakes the runtime, once there is one.
    wake: OnceLock<UnixStream>,
}

impl Interrupter {
    /// Stops the verb that is running now. Says nothing to those that come later.
    pub fn interrupt(&self) {
        self.0.asked.store(true, Ordering::SeqCst);
        self.0.told.notify_waiters();
    }

    /// Stops the verb that is running now, and each later one as soon as it would wait: the session
    /// is over.
    pub fn end(&self) {
        self.0.over.store(true, Ordering::SeqCst);
        self.interrupt();
    }

    /// Whether the session is over.
    pub fn has_ended(&self) -> bool {
        self.0.over.load(Ordering::SeqCst)
    }

    /// For a handler of SIGINT, before the first line runs. From then on the lab leaves the signal alone.
    pub fn bell(&self) -> Bell {
        self.0.belled.store(true, Ordering::SeqCst);
        Bell(self.clone())
    }

    /// A command begins: an interrupt from before is stale. One that was rung is not: it came after
    /// the line was entered, or it would have been silenced. Nor is the end of the session.
    pub(super) fn begin(&self) {
        if !self.has_bell() {
            self.forget();
        }
        if self.has_ended() {
            self.interrupt();
        }
    }

    /// What was asked has been done.
    pub(super) fn forget(&self) {
        self.0.asked.store(false, Ordering::SeqCst);
    }

    /// Whether there was a SIGINT that the runtime took and nobody has dealt with; it is dealt with now.
    pub(super) fn take_press(&self) -> bool {
        self.0.pressed.swap(false, Ordering::SeqCst)
    }

    pub(super) fn is_asked(&self) -> bool {
        self.flag().load(Ordering::SeqCst)
    }

    /// For those that cannot wait for [`asked`](Self::asked) but look now and then.
    pub(super) fn flag(&self) -> &AtomicBool {
        &self.0.asked
    }

    pub(super) fn has_bell(&self) -> bool {
        self.0.belled.load(Ordering::SeqCst)
    }

    /// Waits until somebody asks.
    pub(super) async fn asked(&self) {
        loop {
            let mut told = std::pin::pin!(self.0.told.notified());
            // Listening before looking, so that nothing slips through in between.
            told.as_mut().enable();
            if self.is_asked() {
                return;
            }
            told.await;
        }
    }

    /// Has a task of the runtime wake those who wait when the bell is rung.
    pub(super) fn hear_bell(&self, runtime: &Runtime) -> io::Result<()> {
        let _inside = runtime.enter();
        let (ear, wake) = UnixStream::pair()?;
        ear.set_nonblocking(true)?;
        wake.set_nonblocking(true)?;
        let ear = Waker::from_std(ear)?;
        // Once only: a lab has one runtime.
        drop(self.0.wake.set(wake));
        // A ring that found nothing to wake has set the flag before the next look at it.
        fence(Ordering::SeqCst);
        let waiting = self.clone();
        runtime.spawn(async move {
            while heard(&ear).await.is_ok() {
                waiting.0.told.notify_waiters();
            }
        });
        Ok(())
    }

    /// Has a task of the runtime hear SIGINT, which is tokio's from here on, until the command ends.
    pub(super) fn hear_sigint(&self, runtime: &Runtime) -> Option<Sigint> {
        let _inside = runtime.enter();
        let mut pressed = signal(SignalKind::interrupt()).ok()?;
        let caught = Sigint::now()?;
        let interrupter = self.clone();
        runtime.spawn(async move {
            while pressed.recv().await.is_some() {
                interrupter.0.pressed.store(true, Ordering::SeqCst);
                interrupter.interrupt();
            }
        });
        Some(caught)
    }
}

/// Empties the waker, so that the next ring is noticed again.
async fn heard(ear: &Waker) -> io::Result<()> {
    ear.readable().await?;
    match ear.try_read(&mut [0; 64]) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Ok(()),
    }
}

/// What a handler of SIGINT rings. It stops the line that runs, or that runs next: whoever asks a
/// person for lines silences it when a prompt is shown.
pub struct Bell(Interrupter);

impl Bell {
    /// Keeps to signal-safety(7): one store and one write(2) that does not block.
    pub fn ring(&self) {
        let cancel = &self.0.0;
        cancel.asked.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if let Some(mut wake) = cancel.wake.get() {
            // Full is as good as written; without a reader there is nobody to wake.
            drop(wake.write(b"i"));
        }
    }

    /// Nothing runs: what was rung before is forgotten.
    pub fn silence(&self) {
        self.0.forget();
    }
}
