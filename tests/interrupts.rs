//! SIGINT between the end of a line and the wait it asks for. One test, since a signal is for the
//! whole process.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Barrier;

use looplab::lab::Lab;
use looplab::lang::Author;
use looplab::prompt::{Input, Plain, Prompt, terminal};
use nix::sys::signal::{Signal, kill, raise};
use nix::unistd::Pid;
use support::session::{lab, outcome};
use support::sys::by_default;

/// Runs a line that waits, and gives the name of what ended it.
fn ended(lab: &mut Lab, line: &str) -> Option<String> {
    let outcome = outcome(lab, Author::Learner, line);
    outcome.failure().map(|failure| failure.error.name())
}

/// Shows a prompt, and takes a line of it.
fn prompt() {
    Plain::silent(&b"a line\n"[..])
        .line(&Prompt::new(">"))
        .unwrap();
}

#[test]
fn a_signal_ends_the_wait_of_the_line_it_follows() {
    by_default(Signal::SIGINT).unwrap();
    let _guard = terminal::guard();
    let mut lab = lab();
    terminal::interrupt_through(&lab.interrupter());
    outcome(&mut lab, Author::Learner, "server = listen 127.0.0.1:0");
    let wait = "accept server --within 60s";
    let interrupted = Some("interrupted".to_owned());
    // The first wait starts the runtime, the second finds it started.
    for _ in 0..2 {
        prompt();
        raise(Signal::SIGINT).unwrap();
        assert_eq!(ended(&mut lab, wait), interrupted);
        let next = ended(&mut lab, "accept server --within 1ms");
        assert_eq!(next.as_deref(), Some("timeout"), "one signal, one wait");
    }
    // Whenever it comes, it comes in time.
    for _ in 0..20 {
        prompt();
        let together = Barrier::new(2);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                together.wait();
                kill(Pid::this(), Signal::SIGINT).unwrap();
            });
            together.wait();
            assert_eq!(ended(&mut lab, wait), interrupted);
        });
    }
    // What came before a prompt is not for the line behind it.
    raise(Signal::SIGINT).unwrap();
    prompt();
    let late = ended(&mut lab, "accept server --within 1ms");
    assert_eq!(late.as_deref(), Some("timeout"));
}
