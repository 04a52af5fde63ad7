//! The program as its users meet it: arguments and lines in, text and an exit code out.
//!
//! Every run is held to the promises that hold for all of them, see [`run`]: no panic, a known
//! exit code, an end.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod authors;
mod claims;
mod commands;
mod kills;
mod ordinary_user;
mod proofs;
mod report;
mod review;
mod run;
mod scarcity;
mod scripts;
mod state;
mod streams;
mod surroundings;
mod talk;
mod views;
