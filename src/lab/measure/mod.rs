//! Measurements: how long a round trip takes, how much flows, and how values are spread.
//!
//! What is measured is the system calls and the kernel between them, on blocking threads of its
//! own: neither the program's runtime nor its terminal may stand in the way. A figure never leaves
//! without the sentence that says how it was made.
mod flow;
mod spread;
mod trips;
mod wires;

use std::io;

use crate::lang::{Failure, FailureCause};
use crate::limits::DEFAULT_WITHIN;
use crate::net::Errno;

pub use flow::throughput;
pub use spread::buckets;
pub use trips::rtt;

/// A measurement that a system call ended. `what` is what was under way.
fn failed(operation: &'static str, what: &str, over: &str, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => failure(
            operation,
            FailureCause::Timeout,
            format!(
                "{what} over {over} stood still for {} seconds",
                DEFAULT_WITHIN.as_secs()
            ),
        ),
        _ => failure(
            operation,
            Errno::of(error).map_or(FailureCause::Protocol, FailureCause::Errno),
            format!("{what} over {over} failed: {error}"),
        ),
    }
}

fn failure(operation: &'static str, error: FailureCause, message: String) -> Failure {
    Failure {
        error,
        operation,
        local: None,
        peer: None,
        message,
    }
}
