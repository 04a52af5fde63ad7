//! looplab: a laboratory for loopback networking in a terminal.
//!
//! # Layout, from the bottom up
//!
//! Imports only go down; `tests/floors.rs` reads the `use` lines and fails on an upward one.
//!
//! * [`limits`] and [`net`] (floor 0): named bounds, and the field's words. No I/O.
//! * [`lang`] (1): a typed line becomes a [`lang::Command`]; what the kernel said becomes a
//!   [`lang::Outcome`]; expressions and templates read outcomes.
//! * [`lesson`] and [`lab`] (2): content, and the executor on real sockets. Neither knows the other.
//! * [`tutor`] (3): the walk through a lesson as a state machine. It asks; it does not do.
//! * [`render`] (4): events become text. The one place facts become English, and the one place that
//!   sanitises.
//! * [`prompt`], [`app`] and [`cli`] (5): the line editor, one front end a file, and the command
//!   line.
#![cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "Linux-only views")
)]

pub mod limits;
pub mod net;

pub mod lang;

pub mod lab;
pub mod lesson;

pub mod tutor;

pub mod render;

pub mod app;
pub mod cli;
pub mod prompt;
