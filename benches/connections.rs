//! Connections one by one, and held: `many` against C that blocks, on one thread as well.
//!
//! Both ends are in one process, so a connection is socket, connect and accept. Each round starts
//! every program once, in a network of its own.
//!
//! `cargo bench --bench connections [-- ROUNDS]`
#![expect(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking, and prints what it found"
)]
mod common;

use common::{Column, Contender, c_peer, command, in_turn, named, output, print, script};

const ROUNDS: usize = 9;

/// One run. Within half of the usual ephemeral range, beyond which a connect costs 200 times as
/// much whoever asks; and within 20,000 descriptors.
const CONNECTIONS: usize = 9_900;

fn main() {
    let place = common::in_a_network_of_its_own();
    let Some(peer) = c_peer("connections") else {
        return;
    };
    let rounds = common::rounds(ROUNDS);
    println!("{CONNECTIONS} connections, {place}, {rounds} rounds\n");
    let c = |mode: &str| -> Contender<'_> {
        let arguments = [mode.to_owned(), CONNECTIONS.to_string()];
        let peer = &peer;
        let run = move || {
            let seconds: f64 = output(&mut command(peer, &arguments))
                .trim()
                .parse()
                .expect("seconds");
            CONNECTIONS as f64 / seconds / 1e3
        };
        (format!("C, {mode}"), Box::new(run))
    };
    let ours = |flag: &str| -> Contender<'_> {
        let lines = format!("server = listen 127.0.0.1:0\nall = many {CONNECTIONS} server{flag}\n");
        let run = move || {
            let outcomes = script(&lines);
            let all = named(&outcomes, "all");
            assert_eq!(all["opened"], CONNECTIONS, "{all}");
            all["per_second"].as_f64().expect("a rate") / 1e3
        };
        (format!("looplab many N server{flag}"), Box::new(run))
    };
    let table = |contenders: &mut [_]| {
        let columns = in_turn(rounds, contenders);
        let all: Vec<&Column> = columns.iter().collect();
        print("1000 a second", &all);
    };
    println!("one by one, each closed before the next (goal 0.90)");
    table(&mut [c("reset"), ours(" --close"), c("close")]);
    println!("\nheld (goal 0.67: in 1.5 times the time)");
    table(&mut [c("hold"), ours("")]);
}
