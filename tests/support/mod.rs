//! What several test programs share. Each of them uses a part.
#![allow(
    dead_code,
    reason = "every test program compiles this, none uses all of it"
)]

#[cfg(target_os = "linux")]
pub(crate) mod held;
pub(crate) mod journal;
pub(crate) mod pty;
pub(crate) mod session;
#[cfg(target_os = "linux")]
pub(crate) mod sys;
#[cfg(target_os = "linux")]
pub(crate) mod user;

/// Says loudly that a test was left out. `LOOPLAB_FORBID_SKIP=1` makes that a failure.
#[expect(clippy::print_stderr, reason = "what was left out is to be heard")]
pub(crate) fn skip(name: &str, why: &str) {
    let forbidden = std::env::var_os("LOOPLAB_FORBID_SKIP").is_some_and(|value| value == "1");
    assert!(!forbidden, "{name} may not be left out: {why}");
    eprintln!("SKIPPED {name}: {why}");
}
