//! A minute of a busy class: twenty connections a second, and nothing is left of them. It takes that
//! minute, so it runs when it is asked for, optimised, to keep the pace:
//! `cargo test --release --test leaks_in_a_minute -- --ignored`. A test program of its own, since it
//! counts what the whole process holds.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "the pace is what is tested")]

mod support;

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use looplab::lab::Lab;
use looplab::lang::Author;
use looplab::limits;
use support::held::Held;
use support::session::{lab, outcome};

const A_SECOND: u32 = 20;

const SECONDS: u32 = 60;

/// Lines that make one connection each, and end it in one way or another.
const WAYS: [&[&str]; 5] = [
    &[
        "client = connect server",
        "talk = accept server",
        "send client hello",
        "recv talk",
        "close talk",
        "close client",
    ],
    &[
        "other = connect server",
        "taken = accept server",
        "reset other",
    ],
    &["page = get web/"],
    &[
        "bird = connect parrot",
        "send bird hello",
        "recv bird",
        "close bird",
    ],
    &[
        "brief = repeat --close 1 connect server",
        "late = accept server",
    ],
];

#[test]
#[ignore = "takes a minute"]
fn twenty_connections_a_second_for_a_minute() {
    let mut lab = lab();
    for line in [
        "server = listen 127.0.0.1:0",
        "web = serve http",
        "parrot = serve echo",
    ] {
        run(&mut lab, line);
    }
    // The runtime starts, names stand for something, and as many outcomes are kept as ever will be.
    let lines = WAYS.iter().map(|way| way.len()).sum::<usize>();
    (0..=limits::OUTCOMES_KEPT / lines).for_each(|_| each_way(&mut lab));
    let before = Held::now(&lab);
    let memory = resident();
    let began = Instant::now();
    for (connection, way) in (0..A_SECOND * SECONDS).zip(WAYS.iter().cycle()) {
        let due = began + Duration::from_secs(1) * connection / A_SECOND;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        way.iter().for_each(|line| run(&mut lab, line));
    }
    each_way(&mut lab);
    before.assert_given_back(&lab);
    let grown = resident().saturating_sub(memory);
    assert!(grown < 4_096, "{grown} KiB more than a minute before");
}

fn each_way(lab: &mut Lab) {
    WAYS.iter()
        .flat_map(|way| way.iter())
        .for_each(|line| run(lab, line));
}

fn run(lab: &mut Lab, line: &str) {
    let outcome = outcome(lab, Author::Learner, line);
    assert!(outcome.is_ok(), "{line}: {outcome:?}");
}

/// KiB of memory (proc(5), `VmRSS`).
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let words = line.unwrap().split_whitespace().next();
    words.unwrap().parse().unwrap()
}
