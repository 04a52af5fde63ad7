//! Facts that were measured, and how they are spread.
use serde::Serialize;

/// `rtt`. Times are microseconds.
#[derive(Clone, Debug, Serialize)]
pub struct RoundTrips {
    /// `tcp`, `udp`, `unix`, `pipe`.
    pub over: &'static str,
    /// Round trips that counted.
    pub samples: u32,
    /// Bytes each way.
    pub bytes: u32,
    /// Smallest.
    pub min_us: f64,
    /// Median.
    pub p50_us: f64,
    /// 99 of 100 were at most this.
    pub p99_us: f64,
    /// 999 of 1000 were at most this.
    pub p999_us: f64,
    /// Largest.
    pub max_us: f64,
    /// How it was measured, in one sentence.
    pub method: String,
    /// The distribution, for `plot`.
    pub histogram: Vec<Bucket>,
}

/// `throughput`: what arrived.
#[derive(Clone, Debug, Serialize)]
pub struct Flow {
    /// `tcp` or `unix`.
    pub over: &'static str,
    /// Bytes the receiver counted.
    pub bytes: u64,
    /// For how long it counted.
    pub seconds: f64,
    /// Bytes of one write.
    pub block: u32,
    /// Payload a second, in units of 10^9 bits, as network speeds are given.
    pub gigabits_per_second: f64,
    /// Payload a second, in units of 10^6 bytes.
    pub megabytes_per_second: f64,
    /// How it was measured, in one sentence.
    pub method: String,
    /// The course over time, for `plot`: from and to in milliseconds, megabytes a second.
    pub histogram: Vec<Bucket>,
}

/// `plot`.
#[derive(Clone, Debug, Serialize)]
pub struct Plot {
    /// What is drawn: `ports`, `microseconds`, or `milliseconds` with a rate for each.
    pub of: &'static str,
    /// The heading.
    pub title: String,
    /// Bars from left to right.
    pub histogram: Vec<Bucket>,
}

/// One bar of a histogram: how many values lay from `from` to `to`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bucket {
    /// Lower bound, included.
    pub from: f64,
    /// Upper bound; included only in the last bar.
    pub to: f64,
    /// How many.
    pub count: u64,
}
