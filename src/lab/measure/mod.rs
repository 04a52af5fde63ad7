//! Measurements: how long a round trip takes, and how values are spread.
use std::sync::atomic::AtomicBool;

use super::observe::Namespace;
use crate::lang::{Bucket, Failure, RoundTrips, Rtt};

/// Round trips between two blocking threads over sockets of `ns`. Ends early, with
/// `interrupted`, once `cancel` is set.
pub fn rtt(
    _ns: &dyn Namespace,
    _wanted: &Rtt,
    _cancel: &AtomicBool,
) -> Result<RoundTrips, Failure> {
    todo!()
}

/// At most `n` bars of equal width that hold every value.
pub fn buckets(_values: &[f64], _n: usize) -> Vec<Bucket> {
    todo!()
}
