//! Claiming a port, and being told why it cannot be had: `repeat N listen` against the system calls
//! alone in C, and `looplab who PORT` against `ss -tlnp`.
//!
//! `cargo bench --bench bind [-- ROUNDS]`
#![expect(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking, and prints what it found"
)]
mod common;

use std::net::TcpListener;

use common::{
    Column, Contender, Holder, c_peer, command, cost, in_turn, installed, looplab, named, output,
    print, script,
};

const ROUNDS: usize = 15;

/// The most a `repeat` does.
const TIMES: usize = 1_000;

fn main() {
    let place = common::in_a_network_of_its_own();
    let Some(peer) = c_peer("bind") else { return };
    let rounds = common::rounds(ROUNDS);
    println!("{place}, {rounds} rounds of {TIMES}");
    let c = |mode: &'static str| -> Contender<'_> {
        let arguments = [mode.to_owned(), TIMES.to_string()];
        let peer = &peer;
        let run = move || {
            output(&mut command(peer, &arguments))
                .trim()
                .parse()
                .expect("a time")
        };
        (format!("C, {mode}"), Box::new(run))
    };
    println!("\na listener on port 0, opened and closed (goal 1.15)");
    let listen = "all = repeat --close 1000 listen 127.0.0.1:0\n";
    table(
        rounds,
        "µs each",
        vec![c("listen"), c("asked"), ours(listen, "succeeded")],
    );
    println!("\na bind that finds the address taken (goal 1.10)");
    let taken = "first = listen 127.0.0.1:0\nall = repeat 1000 bind first\n";
    table(
        rounds,
        "µs each",
        vec![c("taken"), ours(taken, "EADDRINUSE")],
    );
    explained(rounds);
}

/// Microseconds of each round, all of which ended in the same way.
fn ours(lines: &'static str, way: &'static str) -> Contender<'static> {
    let run = move || {
        let outcomes = script(lines);
        let all = named(&outcomes, "all");
        let count = if way == "succeeded" {
            &all[way]
        } else {
            &all["errors"][way]
        };
        assert_eq!(*count, TIMES, "{all}");
        all["micros"].as_f64().expect("a time") / TIMES as f64
    };
    let line = lines.lines().last().unwrap_or_default();
    (
        format!("looplab {}", line.trim_start_matches("all = ")),
        Box::new(run),
    )
}

/// Whole processes that say who holds a port, among 100 connections.
fn explained(rounds: usize) {
    let (Some(holder), Some(ss)) = (c_peer("holder"), installed("ss")) else {
        return;
    };
    let _held = Holder::start(&mut command(&holder, &["100", "1"]));
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    println!("\nwho holds a port, among 100 connections (goal 0.35 for the listeners)");
    let ss = || cost(&mut command(&ss, &["-tlnp"])).cpu;
    let listeners = || cost(looplab().args(["sockets", "--listening", "--port", &port])).cpu;
    // All that holds the number, what is connected or bound, too: so the whole table is walked.
    let who = || cost(looplab().args(["who", &port])).cpu;
    table(
        rounds,
        "cpu ms",
        vec![
            (
                "ss -tlnp".to_owned(),
                Box::new(ss) as Box<dyn FnMut() -> f64>,
            ),
            (
                "looplab sockets --listening --port PORT".to_owned(),
                Box::new(listeners),
            ),
            ("looplab who PORT".to_owned(), Box::new(who)),
        ],
    );
}

fn table(rounds: usize, unit: &str, mut contenders: Vec<Contender<'_>>) {
    let columns = in_turn(rounds, &mut contenders);
    print(unit, &columns.iter().collect::<Vec<&Column>>());
}
