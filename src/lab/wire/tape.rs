//! What was recorded: raw frames with their times, within bounds.
//!
//! The tape keeps the beginning: a story is read from its first packet. What no longer fits is
//! counted.
use std::time::Duration;

use crate::limits;

/// A recorded frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Raw {
    /// Since 1970, by the kernel's clock (SO_TIMESTAMPNS).
    pub(super) time: Duration,
    /// The frame, up to the snap length.
    pub(super) bytes: Vec<u8>,
    /// How long it was on the wire.
    pub(super) whole: usize,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Tape {
    packets: Vec<Raw>,
    /// Packets at the front that were looked through and kept.
    settled: usize,
    bytes: usize,
    dropped: u64,
}

impl Tape {
    /// Takes a frame, or counts it as dropped.
    pub(super) fn push(&mut self, mut raw: Raw) {
        // The first packets may have the time when they were read, and the next the time when they
        // passed.
        if let Some(last) = self.packets.last() {
            raw.time = raw.time.max(last.time);
        }
        let full = self.packets.len() >= limits::CAPTURE_PACKETS
            || self.bytes + raw.bytes.len() > limits::CAPTURE_BYTES;
        if full {
            self.dropped += 1;
            return;
        }
        self.bytes += raw.bytes.len();
        self.packets.push(raw);
    }

    /// Packets that were lost before they could be read.
    pub(super) fn lost(&mut self, count: u64) {
        self.dropped += count;
    }

    /// Forgets what came since the last time and is not to be kept.
    pub(super) fn settle(&mut self, mut keeps: impl FnMut(&Raw) -> bool) {
        let new = self.packets.split_off(self.settled);
        self.packets.extend(new.into_iter().filter(|raw| {
            let kept = keeps(raw);
            if !kept {
                self.bytes -= raw.bytes.len();
            }
            kept
        }));
        self.settled = self.packets.len();
    }

    /// What is on the tape, oldest first.
    pub(super) fn packets(&self) -> &[Raw] {
        &self.packets
    }

    /// How many packets are not on it although they should be.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(length: usize) -> Raw {
        Raw {
            time: Duration::ZERO,
            bytes: vec![0; length],
            whole: length,
        }
    }

    #[test]
    fn the_beginning_is_kept_and_the_rest_is_counted() {
        let mut tape = Tape::default();
        for _ in 0..limits::CAPTURE_PACKETS + 3 {
            tape.push(frame(60));
        }
        assert_eq!(tape.packets().len(), limits::CAPTURE_PACKETS);
        assert_eq!(tape.dropped(), 3);
        tape.lost(4);
        assert_eq!(tape.dropped(), 7);
    }

    #[test]
    fn bytes_are_bounded_too_and_strangers_give_theirs_back() {
        let mut tape = Tape::default();
        let frames = limits::CAPTURE_BYTES / limits::CAPTURE_SNAP;
        for _ in 0..=frames {
            tape.push(frame(limits::CAPTURE_SNAP));
        }
        assert_eq!((tape.packets().len(), tape.dropped()), (frames, 1));
        let mut seen = 0;
        tape.settle(|_| {
            seen += 1;
            seen > 2
        });
        assert_eq!((seen, tape.packets().len()), (frames, frames - 2));
        tape.push(frame(limits::CAPTURE_SNAP));
        tape.push(frame(limits::CAPTURE_SNAP));
        assert_eq!((tape.packets().len(), tape.dropped()), (frames, 1));
        // What was settled is not asked for again.
        tape.settle(|_| false);
        assert_eq!(tape.packets().len(), frames - 2);
    }
}
