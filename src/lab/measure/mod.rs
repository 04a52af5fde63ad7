//! Measurements: how long a round trip takes, and how values are spread.
//!
//! What is measured is the system calls and the kernel between them, on blocking threads of its
//! own: neither the program's runtime nor its terminal may stand in the way. A figure never leaves
//! without the sentence that says how it was made.
mod spread;
mod trips;
mod wires;

pub use spread::buckets;
pub use trips::rtt;
