//! `rtt`: a message goes to another thread and comes back, over and over.
//!
//! Two threads that block, because that is the simplest honest shape: what a client and a server
//! on one machine have between them is two system calls each way and a wake-up.
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use super::spread::{buckets, percentile};
use super::wires::{End, join};
use super::{failed, failure};
use crate::lab::observe::Namespace;
use crate::lang::{Bucket, Failure, FailureCause, RoundTrips, Rtt, Transport};
use crate::net::Errno;

/// Bars of the distribution: what fits under a diagram of 40 columns.
const BARS: usize = 20;

/// The distribution is drawn up to here; beyond lie the moments when something else had the
/// processor, and one of them would squeeze all other values into the first bar.
const DRAWN_PER_MILLE: usize = 995;

/// The largest payload of a UDP datagram over IPv4: 65,535 less 20 and 8 bytes of headers
/// (RFC 768, RFC 791).
const LARGEST_DATAGRAM: u32 = 65_507;

/// Round trips between two blocking threads over sockets of `ns`. Ends early, with `interrupted`,
/// once `cancel` is set: at the next round trip, so within microseconds.
pub fn rtt(ns: &dyn Namespace, wanted: &Rtt, cancel: &AtomicBool) -> Result<RoundTrips, Failure> {
    if wanted.over == Transport::Udp && wanted.bytes > LARGEST_DATAGRAM {
        return Err(failure(
            "rtt",
            FailureCause::Errno(Errno::EMSGSIZE),
            format!(
                "{} bytes do not fit into one UDP datagram: at most {LARGEST_DATAGRAM} do",
                wanted.bytes
            ),
        ));
    }
    let failed = |error: io::Error| failed("rtt", "a round trip", name(wanted.over), &error);
    let (here, there) = join(ns, wanted.over).map_err(failed)?;
    let mut taken = between(here, there, wanted, cancel).map_err(failed)?;
    if taken.len() < wanted.samples as usize {
        return Err(failure(
            "rtt",
            FailureCause::Interrupted,
            format!("interrupted after {} round trips", taken.len()),
        ));
    }
    taken.sort_unstable();
    Ok(told(wanted, &taken))
}

/// Runs the echo on a thread of its own and the clock on this one.
fn between(here: End, there: End, wanted: &Rtt, cancel: &AtomicBool) -> io::Result<Vec<u64>> {
    let bytes = wanted.bytes as usize;
    thread::scope(|scope| {
        let echo = thread::Builder::new().name("echo".to_owned());
        echo.spawn_scoped(scope, move || echo_all(there, bytes))?;
        // `here` goes first, which ends the echo, which ends the scope.
        time_all(here, wanted, cancel)
    })
}

fn echo_all(mut end: End, bytes: usize) {
    let mut message = vec![0; bytes];
    while end.receive(&mut message).is_ok() && end.send(&message).is_ok() {}
}

/// Nanoseconds of each round trip that counts; fewer than wanted when cancelled.
fn time_all(mut end: End, wanted: &Rtt, cancel: &AtomicBool) -> io::Result<Vec<u64>> {
    let out = vec![b'.'; wanted.bytes as usize];
    let mut back = vec![0; wanted.bytes as usize];
    let mut taken = Vec::with_capacity(wanted.samples as usize);
    let warm_up = u64::from(wanted.warm_up);
    for trip in 0..warm_up + u64::from(wanted.samples) {
        if cancel.load(Ordering::Relaxed) {
            break;
        }
        // The clock is read outside the system calls, and nothing else stands between.
        let start = Instant::now();
        end.send(&out)?;
        end.receive(&mut back)?;
        let took = start.elapsed();
        if trip >= warm_up {
            taken.push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        }
    }
    Ok(taken)
}

fn told(wanted: &Rtt, sorted: &[u64]) -> RoundTrips {
    let at = |per_mille| micros(percentile(sorted, per_mille));
    RoundTrips {
        over: name(wanted.over),
        samples: wanted.samples,
        bytes: wanted.bytes,
        min_us: at(0),
        p50_us: at(500),
        p99_us: at(990),
        p999_us: at(999),
        max_us: at(1000),
        method: method(wanted),
        histogram: drawn(sorted),
    }
}

/// The distribution in microseconds up to its far tail: the longest trips would be all that is seen.
fn drawn(sorted: &[u64]) -> Vec<Bucket> {
    let limit = percentile(sorted, DRAWN_PER_MILLE);
    let near = sorted.iter().take_while(|taken| **taken <= limit);
    let near: Vec<f64> = near.map(|taken| micros(*taken)).collect();
    buckets(&near, BARS)
}

fn method(wanted: &Rtt) -> String {
    let wire = match wanted.over {
        Transport::Tcp => "one TCP connection over 127.0.0.1 with TCP_NODELAY",
        Transport::Udp => "two connected UDP sockets on 127.0.0.1",
        Transport::Unix => "a pair of Unix stream sockets",
        Transport::Pipe => "two pipes",
    };
    format!(
        "two blocking threads of one process over {wire}, not pinned to a processor, {} bytes each \
         way in one write, the clock read outside the system calls, {} round trips first that do \
         not count",
        wanted.bytes, wanted.warm_up
    )
}

fn name(over: Transport) -> &'static str {
    match over {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
        Transport::Unix => "unix",
        Transport::Pipe => "pipe",
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "exact below 2^52 ns, which is 52 days"
)]
fn micros(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::observe::Here;

    fn wanted(over: Transport, bytes: u32) -> Rtt {
        Rtt {
            over,
            bytes,
            samples: 200,
            warm_up: 10,
        }
    }

    #[test]
    fn every_wire_measures_every_size() {
        let wires = [
            Transport::Tcp,
            Transport::Udp,
            Transport::Unix,
            Transport::Pipe,
        ];
        for over in wires {
            for bytes in [1, 64, LARGEST_DATAGRAM] {
                let measured = rtt(&Here, &wanted(over, bytes), &AtomicBool::new(false)).unwrap();
                let order = [
                    measured.min_us,
                    measured.p50_us,
                    measured.p99_us,
                    measured.p999_us,
                    measured.max_us,
                ];
                assert!(order.is_sorted() && measured.min_us > 0.0, "{measured:?}");
                let drawn: u64 = measured.histogram.iter().map(|bar| bar.count).sum();
                assert!((199..=200).contains(&drawn), "{measured:?}");
                assert!(measured.method.contains("10 round trips first"));
            }
        }
    }

    #[test]
    fn too_large_a_datagram_is_named() {
        let asked = wanted(Transport::Udp, LARGEST_DATAGRAM + 1);
        let failure = rtt(&Here, &asked, &AtomicBool::new(false)).unwrap_err();
        assert_eq!(failure.error, FailureCause::Errno(Errno::EMSGSIZE));
    }

    #[test]
    fn a_cancelled_measurement_is_no_measurement() {
        let asked = wanted(Transport::Tcp, 64);
        let failure = rtt(&Here, &asked, &AtomicBool::new(true)).unwrap_err();
        assert_eq!(failure.error, FailureCause::Interrupted);
        assert!(failure.message.contains("after 0"), "{}", failure.message);
    }

    #[test]
    fn a_lone_outlier_does_not_flatten_the_drawing() {
        let mut taken: Vec<u64> = (0..999).map(|n| 10_000 + n).collect();
        taken.push(1_000_000_000);
        let bars = drawn(&taken);
        assert_eq!(bars.len(), BARS);
        assert_eq!(bars.iter().map(|bar| bar.count).sum::<u64>(), 995);
        assert!(bars.iter().all(|bar| bar.to <= 11.0), "{bars:?}");
    }
}
