//! The wire: packets of an interface, recorded while lines run, told when somebody asks.
//!
//! # Layout
//!
//! * [`Wire`]: the one recording a lab has. `tap` listens, `recorder` reads it in the background onto
//!   a `tape`, `filter` and `mine` keep strangers off it.
//! * `decode` reads a frame, `follow` counts in its conversation; `pcapng` writes a file.
//!
//! It only listens: nothing is ever sent. A recording that was not started costs nothing.
mod decode;
#[cfg(any(target_os = "linux", test))]
mod filter;
mod follow;
#[cfg(test)]
mod frames;
mod mine;
mod pcapng;
mod recorder;
mod tape;

#[cfg(target_os = "linux")]
mod sys;
#[cfg(target_os = "linux")]
mod tap;

#[cfg(not(target_os = "linux"))]
#[path = "elsewhere.rs"]
mod tap;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::failure::{Ends, of_io, own};
use super::observe::Namespace;
use crate::lang::{CaptureStarted, CaptureStopped, Captured, End, Failure, FailureCause, Packet};
use crate::limits;
use follow::Follower;
use mine::{Mine, Tried};
pub(super) use mine::{Ours, Sockets, covers, on_the_wire};
use recorder::Recorder;
use tap::Tap;
use tape::Tape;

/// The recording of a lab.
#[derive(Debug, Default)]
pub(super) struct Wire {
    recording: Option<Recording>,
    /// Where the line that runs has tried to reach.
    attempts: RefCell<Vec<SocketAddr>>,
    /// The ports that were the lab's at some time of the recording, and those it reached for.
    ports: RefCell<BTreeSet<u16>>,
}

#[derive(Debug)]
struct Recording {
    interface: String,
    /// What is the lab's; `None` where nobody else is.
    mine: Option<Mine>,
    reel: Reel,
}

#[derive(Debug)]
enum Reel {
    Running(Recorder),
    Stopped(Tape),
}

/// A moment of the kernel's clock, since 1970.
pub(super) fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

impl Wire {
    /// Begins to record; `alone` when nobody else is in that network.
    pub(super) fn start(
        &mut self,
        namespace: &dyn Namespace,
        interface: &str,
        alone: bool,
    ) -> Result<CaptureStarted, Failure> {
        if self.is_running() {
            let why = "a recording runs already; `capture stop` ends it";
            return Err(own(FailureCause::NotAllowed, "capture", why));
        }
        let tap = Tap::open(namespace, interface)?;
        let recorder =
            Recorder::start(tap).map_err(|error| of_io("capture", Ends::default(), &error))?;
        let mine = (!alone).then(Mine::default);
        if mine.is_some() {
            recorder.narrow(&BTreeSet::new());
        }
        self.ports.take();
        let scope = scope(mine.as_ref());
        self.recording = Some(Recording {
            interface: interface.to_owned(),
            mine,
            reel: Reel::Running(recorder),
        });
        Ok(CaptureStarted {
            interface: interface.to_owned(),
            scope,
            snap_bytes: limits::CAPTURE_SNAP,
        })
    }

    /// Whether packets are being recorded.
    pub(super) fn is_running(&self) -> bool {
        matches!(
            &self.recording,
            Some(Recording {
                reel: Reel::Running(_),
                ..
            })
        )
    }

    /// Whether it matters what the lab's own are.
    pub(super) fn tells_apart(&self) -> bool {
        self.is_running() && self.recording.as_ref().is_some_and(|r| r.mine.is_some())
    }

    /// A line is about to reach for this.
    pub(super) fn attempt(&self, to: SocketAddr) {
        if self.tells_apart() {
            self.attempts.borrow_mut().push(to);
            self.hear([to.port()]);
        }
    }

    /// Hears these ports, too.
    fn hear(&self, ports: impl IntoIterator<Item = u16>) {
        let mut known = self.ports.borrow_mut();
        let before = known.len();
        known.extend(ports);
        if let (true, Some(Reel::Running(recorder))) = (
            known.len() > before,
            self.recording.as_ref().map(|recording| &recording.reel),
        ) {
            recorder.narrow(&known);
        }
    }

    /// Forgets the strangers' packets among the newest. `in_vain` is when a line began that failed
    /// just now.
    pub(super) fn settle(&mut self, ours: &Ours<'_>, in_vain: Option<Duration>) {
        let to = self.attempts.take();
        self.hear(ours.ports());
        if let Some(Recording {
            mine: Some(mine),
            reel: Reel::Running(recorder),
            ..
        }) = &mut self.recording
        {
            let mut tape = recorder.tape();
            // Only now that everything is read: the kernel takes the time of the reading for the
            // first packets, until its clock for packets runs.
            let tried = in_vain.map_or_else(Tried::default, |began| Tried {
                to,
                during: (began, now()),
            });
            tape.settle(|raw| mine.is(raw, ours, &tried));
        }
    }

    /// Ends the recording, and keeps what was recorded.
    pub(super) fn stop(&mut self) -> Result<CaptureStopped, Failure> {
        match self.recording.take() {
            Some(Recording {
                interface,
                mine,
                reel: Reel::Running(recorder),
            }) => {
                let tape = recorder.stop();
                let stopped = CaptureStopped {
                    interface: interface.clone(),
                    count: tape.packets().len(),
                    dropped: tape.dropped(),
                };
                self.recording = Some(Recording {
                    interface,
                    mine,
                    reel: Reel::Stopped(tape),
                });
                Ok(stopped)
            }
            other => {
                self.recording = other;
                Err(none())
            }
        }
    }

    /// What was recorded up to now: the packets that are wanted, by themselves and by the ends of
    /// their conversation.
    pub(super) fn show(
        &self,
        wanted: impl Fn(&Packet, (End, End)) -> bool,
    ) -> Result<Captured, Failure> {
        let recording = self.recording.as_ref().ok_or_else(none)?;
        recording.with_tape(|tape| {
            let mut follower = Follower::default();
            let (mut count, mut packets) = (0, Vec::new());
            for raw in tape.packets() {
                let Some((packet, ends)) = follower.packet(raw) else {
                    continue;
                };
                if wanted(&packet, ends) {
                    count += 1;
                    if packets.len() < limits::CAPTURE_SHOWN {
                        packets.push(packet);
                    }
                }
            }
            Ok(Captured {
                interface: recording.interface.clone(),
                running: self.is_running(),
                scope: scope(recording.mine.as_ref()),
                count,
                dropped: tape.dropped(),
                packets,
            })
        })
    }

    /// What was recorded up to now as a pcapng file, and how many packets are in it.
    pub(super) fn file(&self) -> Result<(Vec<u8>, usize), Failure> {
        let recording = self.recording.as_ref().ok_or_else(none)?;
        Ok(recording.with_tape(|tape| {
            let packets = tape.packets();
            (pcapng::file(&recording.interface, packets), packets.len())
        }))
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Recording {
    fn with_tape<T>(&self, read: impl FnOnce(&Tape) -> T) -> T {
        match &self.reel {
            Reel::Running(recorder) => read(&recorder.tape()),
            Reel::Stopped(tape) => read(tape),
        }
    }
}

fn scope(mine: Option<&Mine>) -> &'static str {
    if mine.is_some() { "lab" } else { "all" }
}

fn none() -> Failure {
    let why = "nothing is being recorded; `capture start` begins";
    own(FailureCause::NoSuchName, "capture", why)
}
