//! `throughput`: one thread writes blocks as fast as it can, another reads and counts.
//!
//! What counts is what arrived: bytes are counted by the receiver, and its clock starts when the
//! first of them are there.
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::wires::{End, join};
use super::{failed, failure};
use crate::lab::observe::Namespace;
use crate::lab::progress::{Progress, Step};
use crate::lang::{Bucket, Failure, FailureCause, Flow, Stream, Throughput, Transport};

/// Room of one read: large enough that the system call is a small part of what it copies.
const ROOM: usize = 128 << 10;

/// The most parts the course over time has: twice what stands beside an axis of 40 columns.
const PARTS: usize = 40;

/// The first length of a part. It doubles whenever there are too many.
const PART: Duration = Duration::from_millis(1);

/// Bytes a second from one blocking thread to another over sockets of `ns`. Ends early, with
/// `interrupted`, once `cancel` is set: at the next read, so within microseconds.
pub fn throughput(
    ns: &dyn Namespace,
    wanted: &Throughput,
    cancel: &AtomicBool,
    progress: &mut dyn Progress,
) -> Result<Flow, Failure> {
    let over = name(wanted.over);
    let failed = |error: io::Error| failed("throughput", "the flow", over, &error);
    let wire = match wanted.over {
        Stream::Tcp => Transport::Tcp,
        Stream::Unix => Transport::Unix,
    };
    let (here, there) = join(ns, wire).map_err(failed)?;
    let counted = between(here, there, wanted, cancel, progress).map_err(failed)?;
    if counted.cancelled {
        return Err(failure(
            "throughput",
            FailureCause::Interrupted,
            format!("interrupted after {} bytes", counted.bytes),
        ));
    }
    Ok(told(wanted, &counted))
}

/// Runs the writer on a thread of its own and the clock on this one.
fn between(
    here: End,
    there: End,
    wanted: &Throughput,
    cancel: &AtomicBool,
    progress: &mut dyn Progress,
) -> io::Result<Counted> {
    let block = vec![b'.'; wanted.block as usize];
    thread::scope(|scope| {
        let writer = thread::Builder::new().name("writer".to_owned());
        writer.spawn_scoped(scope, move || write_all(there, &block))?;
        // `here` goes first, which ends the writer, which ends the scope.
        count(here, wanted, cancel, progress)
    })
}

fn write_all(mut end: End, block: &[u8]) {
    while end.send(block).is_ok() {}
}

/// What the receiver saw.
struct Counted {
    bytes: u64,
    took: Duration,
    course: Course,
    cancelled: bool,
}

fn count(
    mut end: End,
    wanted: &Throughput,
    cancel: &AtomicBool,
    progress: &mut dyn Progress,
) -> io::Result<Counted> {
    let mut room = vec![0; ROOM];
    // The writer's thread is awake now, and its first bytes do not count.
    end.receive_some(&mut room)?;
    let mut counted = Counted {
        bytes: 0,
        took: Duration::ZERO,
        course: Course::default(),
        cancelled: false,
    };
    let most = wanted.bytes.unwrap_or(u64::MAX);
    let start = Instant::now();
    while counted.bytes < most && counted.took < wanted.seconds {
        if cancel.load(Ordering::Relaxed) {
            counted.cancelled = true;
            break;
        }
        let bytes = end.receive_some(&mut room)? as u64;
        counted.took = start.elapsed();
        counted.bytes += bytes;
        if counted.course.add(counted.took, bytes) {
            progress.at(step(wanted, &counted));
        }
    }
    Ok(counted)
}

/// The bound that is nearer.
fn step(wanted: &Throughput, counted: &Counted) -> Step {
    let verb = "throughput";
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let (done, of) = (millis(counted.took), millis(wanted.seconds));
    match wanted.bytes {
        Some(most)
            if u128::from(counted.bytes) * u128::from(of) > u128::from(done) * u128::from(most) =>
        {
            Step {
                verb,
                done: counted.bytes,
                of: most,
            }
        }
        _ => Step { verb, done, of },
    }
}

/// Bytes in parts of equal length, at most [`PARTS`], however long it takes.
struct Course {
    part: Duration,
    bytes: Vec<u64>,
}

impl Default for Course {
    fn default() -> Self {
        Self {
            part: PART,
            bytes: Vec::with_capacity(PARTS + 1),
        }
    }
}

impl Course {
    /// Adds bytes that arrived at a time. Says whether they began a new part.
    fn add(&mut self, at: Duration, bytes: u64) -> bool {
        let mut place = self.place(at);
        while place >= PARTS {
            self.bytes = self.bytes.chunks(2).map(|pair| pair.iter().sum()).collect();
            self.part *= 2;
            place = self.place(at);
        }
        let begins = place >= self.bytes.len();
        if begins {
            self.bytes.resize(place + 1, 0);
        }
        if let Some(part) = self.bytes.get_mut(place) {
            *part += bytes;
        }
        begins
    }

    fn place(&self, at: Duration) -> usize {
        usize::try_from(at.as_nanos() / self.part.as_nanos()).unwrap_or(usize::MAX)
    }

    /// Megabytes a second, part by part; times in milliseconds.
    fn bars(&self, took: Duration) -> Vec<Bucket> {
        let part = self.part.as_secs_f64();
        let end = took.as_secs_f64();
        let mut from = 0.0;
        let bar = |bytes: &u64| {
            let to = f64::min(from + part, end);
            let bar = Bucket {
                from: from * 1e3,
                to: to * 1e3,
                count: rounded(per_second(*bytes, to - from) / 1e6),
            };
            from = to;
            bar
        };
        self.bytes.iter().map(bar).collect()
    }
}

fn told(wanted: &Throughput, counted: &Counted) -> Flow {
    let seconds = counted.took.as_secs_f64();
    let rate = per_second(counted.bytes, seconds);
    Flow {
        over: name(wanted.over),
        bytes: counted.bytes,
        seconds,
        block: wanted.block,
        gigabits_per_second: rate * 8.0 / 1e9,
        megabytes_per_second: rate / 1e6,
        method: method(wanted),
        histogram: counted.course.bars(counted.took),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "exact below 2^52 bytes, 4 petabytes"
)]
fn per_second(bytes: u64, seconds: f64) -> f64 {
    if seconds > 0.0 {
        bytes as f64 / seconds
    } else {
        0.0
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are positive, and far below 2^64"
)]
fn rounded(rate: f64) -> u64 {
    rate.round() as u64
}

fn method(wanted: &Throughput) -> String {
    let wire = match wanted.over {
        Stream::Tcp => "one TCP connection over 127.0.0.1",
        Stream::Unix => "a pair of Unix stream sockets",
    };
    format!(
        "two blocking threads of one process over {wire}, not pinned to a processor, {} bytes a \
         write, up to {ROOM} a read, bytes counted where they arrive, the first read not counted",
        wanted.block
    )
}

fn name(over: Stream) -> &'static str {
    match over {
        Stream::Tcp => "tcp",
        Stream::Unix => "unix",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::observe::Here;
    use crate::lab::progress::Unwatched;

    fn wanted(over: Stream, bytes: Option<u64>) -> Throughput {
        Throughput {
            over,
            bytes,
            seconds: Duration::from_secs(20),
            block: 4096,
        }
    }

    #[test]
    fn what_was_asked_for_arrives() {
        for over in [Stream::Tcp, Stream::Unix] {
            let asked = wanted(over, Some(8 << 20));
            let flow = throughput(&Here, &asked, &AtomicBool::new(false), &mut Unwatched).unwrap();
            assert!((8 << 20..9 << 20).contains(&flow.bytes), "{flow:?}");
            let megabytes = flow.gigabits_per_second * 1e3 / 8.0;
            assert!((flow.megabytes_per_second / megabytes - 1.0).abs() < 1e-9);
            assert!(flow.method.contains("counted where they arrive"));
        }
    }

    #[test]
    fn time_ends_it_too() {
        let asked = Throughput {
            seconds: Duration::from_millis(5),
            ..wanted(Stream::Unix, None)
        };
        let flow = throughput(&Here, &asked, &AtomicBool::new(false), &mut Unwatched).unwrap();
        assert!(flow.seconds >= 0.005 && flow.bytes > 0, "{flow:?}");
    }

    #[test]
    fn a_cancelled_measurement_is_no_measurement() {
        let asked = wanted(Stream::Tcp, None);
        let answer = throughput(&Here, &asked, &AtomicBool::new(true), &mut Unwatched);
        assert_eq!(answer.unwrap_err().error, FailureCause::Interrupted);
    }

    #[test]
    fn the_course_is_kept_in_few_parts_and_loses_nothing() {
        let mut course = Course::default();
        for millis in 0..1_000 {
            course.add(Duration::from_millis(millis), 1_000_000);
        }
        assert_eq!(course.bytes.iter().sum::<u64>(), 1_000_000_000);
        assert!(course.bytes.len() <= PARTS && course.bytes.len() > PARTS / 2);
        let bars = course.bars(Duration::from_secs(1));
        assert!((bars.last().unwrap().to - 1_000.0).abs() < 1e-6);
        assert!(bars.iter().all(|bar| bar.count == 1_000), "{bars:?}");
    }
}
