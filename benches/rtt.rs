//! Round trips: `rtt` against C of the same shape, two blocking threads over one TCP connection with
//! TCP_NODELAY.
//!
//! A figure that is taught has to be true, so the ratio should be near 1 from either side.
//!
//! `cargo bench --bench rtt [-- ROUNDS]`
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking, and prints what it found"
)]
mod common;

use common::{Column, c_peer, command, named, output, print, script};

const ROUNDS: usize = 9;
const SAMPLES: usize = 20_000;
const WARM_UP: usize = 1_000;
const PERCENTILES: [(&str, &str); 3] = [
    ("p50 µs", "p50_us"),
    ("p99 µs", "p99_us"),
    ("p99.9 µs", "p999_us"),
];

fn main() {
    let place = common::in_a_network_of_its_own();
    let Some(peer) = c_peer("rtt") else { return };
    let rounds = common::rounds(ROUNDS);
    for bytes in [64, 65_536] {
        println!(
            "\nround trips of {bytes} bytes, {SAMPLES} each, {place}, {rounds} rounds (goal 0.95 to 1.05)"
        );
        let mut columns: Vec<[Column; 2]> = PERCENTILES
            .map(|_| ["C, two threads", "looplab rtt"].map(Column::named))
            .into();
        for round in 0..=rounds {
            let theirs = of_c(&peer, bytes);
            let ours = ours(bytes);
            if round > 0 {
                for (pair, (theirs, ours)) in columns.iter_mut().zip(theirs.into_iter().zip(ours)) {
                    pair[0].figures.push(theirs);
                    pair[1].figures.push(ours);
                }
            }
        }
        for ([theirs, ours], (unit, _)) in columns.iter().zip(PERCENTILES) {
            print(unit, &[theirs, ours]);
        }
    }
}

fn of_c(peer: &std::path::Path, bytes: usize) -> Vec<f64> {
    let arguments = [bytes, SAMPLES, WARM_UP].map(|number| number.to_string());
    let text = output(&mut command(peer, &arguments));
    let figures: Vec<f64> = text
        .split_whitespace()
        .map(|f| f.parse().expect("a figure"))
        .collect();
    assert_eq!(figures.len(), PERCENTILES.len());
    figures
}

fn ours(bytes: usize) -> Vec<f64> {
    let outcomes = script(&format!(
        "trip = rtt --bytes {bytes} --samples {SAMPLES} --warm-up {WARM_UP}\n"
    ));
    let trip = named(&outcomes, "trip");
    PERCENTILES
        .map(|(_, key)| trip[key].as_f64().expect("a figure"))
        .into()
}
