//! The walk through a lesson as a state machine: input in, wants and events out. No I/O, no clock.
mod event;

pub use event::*;
