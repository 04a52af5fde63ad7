//! The walk through a lesson as a state machine: input in, wants and events out.
//!
//! It asks; it does not do. No I/O, no clock, no runtime: learning, testing, presenting and
//! exporting are the same walk with another hand on the keyboard and another eye on the events.
mod event;
mod grade;
mod plan;
mod walk;
mod words;

pub use event::*;
pub use grade::{letter, shown_order};
pub use walk::{Tutor, left_out, numbered};
pub use words::WORDS;
