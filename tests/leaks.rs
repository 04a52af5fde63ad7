//! Nothing is left of what a lab opened: descriptors, threads and tasks are back to where they were
//! after 1,200 connections, made and ended in every way there is. One test, since it counts what the
//! whole process holds.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::atomic::{AtomicBool, Ordering};

use looplab::lab::Lab;
use looplab::lang::Author;
use support::held::{Held, eventually, threads};
use support::session::{lab, outcome, value};

const ROUNDS: u64 = 24;

/// Lines of one round, and how many connections each makes.
const LINES: [(&str, u64); 24] = [
    ("server = listen 127.0.0.1:0", 0),
    ("web = serve http", 0),
    ("parrot = serve echo", 0),
    ("names = serve dns 127.0.0.1:0 --answer a=127.0.0.1", 0),
    ("client = connect server", 1),
    ("talk = accept server", 0),
    ("send client hello", 0),
    ("recv talk", 0),
    ("shutdown client", 0),
    ("close talk", 0),
    ("other = connect server", 1),
    ("reset other", 0),
    ("waiting = connect server", 1),
    ("page = get web/", 1),
    ("missing = get web/nowhere", 1),
    ("bird = connect parrot", 1),
    ("send bird hello", 0),
    ("recv bird", 0),
    ("local = listen unix:chat", 0),
    ("scan 127.0.0.1 --ports {{ server.port }}", 1),
    ("few = repeat 10 connect server", 10),
    ("brief = repeat --close 10 connect server", 10),
    ("fresh = listen 127.0.0.1:0", 0),
    ("fleeting = many 20 fresh --close", 20),
];

#[test]
fn everything_is_given_back() {
    let mut lab = lab();
    // The first round starts the runtime, which stays.
    let mut connections = round(&mut lab);
    let before = Held::now(&lab);
    for _ in 0..ROUNDS {
        connections += round(&mut lab);
    }
    assert!(connections >= 1_200, "{connections}");
    before.assert_given_back(&lab);
    drop(lab);
    let after = eventually(threads, |after| *after < before.threads);
    assert!(after.is_ok(), "the runtime has a thread less: {after:?}");
}

/// Everything once, and then nothing of it.
fn round(lab: &mut Lab) -> u64 {
    let mut connections = 0;
    for (line, makes) in LINES {
        let outcome = outcome(lab, Author::Learner, line);
        assert!(outcome.is_ok(), "{line}: {outcome:?}");
        connections += makes;
    }
    assert!(outcome(lab, Author::Learner, "crowd = many 5 fresh").is_ok());
    assert_eq!(value(lab, "crowd", "opened"), 5);
    for line in [
        "accept fresh --within 60s",
        "recv waiting --within 60s",
        "get http://{{ server.local }}/ --within 60s",
        "many 60000 fresh --close",
        "throughput --seconds 60s",
        "rtt --samples 200000",
        "scan 127.7.7.93",
    ] {
        interrupted(lab, line);
    }
    lab.clear();
    connections + 5
}

/// Runs a line that is stopped as an impatient person stops it.
fn interrupted(lab: &mut Lab, line: &str) {
    let interrupter = lab.interrupter();
    let over = AtomicBool::new(false);
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                interrupter.interrupt();
                std::thread::yield_now();
            }
        });
        let outcome = outcome(lab, Author::Learner, line);
        over.store(true, Ordering::SeqCst);
        outcome
    });
    let cause = outcome.failure().map(|failure| failure.error.name());
    assert_eq!(cause.as_deref(), Some("interrupted"), "{line}: {outcome:?}");
}
