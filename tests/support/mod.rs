//! What several test programs share. Each of them uses a part.
#![allow(
    dead_code,
    reason = "every test program compiles this, none uses all of it"
)]

pub(crate) mod journal;
pub(crate) mod pty;
pub(crate) mod session;
#[cfg(target_os = "linux")]
pub(crate) mod sys;
#[cfg(target_os = "linux")]
pub(crate) mod user;
