//! The private world: from nothing to the first socket in it, against `unshare -Urn ip link set lo
//! up` of the same run.
//!
//! Every round makes a number of worlds one after the other and starts the command a number of
//! times. The clock of a world runs from before the fork to a socket that was made inside. What
//! counts is the median of the rounds' ratios; the goal is 1.2 ms and 0.35. Fails where there are no
//! user namespaces.
//!
//! `cargo bench --bench world [-- ROUNDS]`
#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a benchmark prints what it found, and stops where it cannot go on"
)]

#[cfg(target_os = "linux")]
mod linux {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use looplab::lab::observe::Namespace;
    use looplab::lab::world::World;
    use socket2::{Domain, Type};

    const ROUNDS: usize = 7;
    const WORLDS: usize = 100;
    const COMMANDS: usize = 20;

    pub(crate) fn main() {
        let rounds = std::env::args().nth(1).and_then(|n| n.parse().ok());
        let mut lines = Vec::new();
        // The first round fills the page cache.
        for round in 0..=rounds.unwrap_or(ROUNDS) {
            let (ready, socket) = worlds();
            let command = (0..COMMANDS).map(|_| command()).collect::<Option<Vec<_>>>();
            let ratio = command.map(|took| ready[WORLDS / 2].as_secs_f64() / median(took));
            if round > 0 {
                lines.push((ready, socket, ratio));
            }
        }
        for (ready, socket, ratio) in &lines {
            println!(
                "ready p50 {:>7.1?} p99 {:>7.1?}   socket p50 {socket:>6.1?}   ratio {}",
                ready[WORLDS / 2],
                ready[WORLDS - 1],
                ratio.map_or_else(|| "(no unshare here)".to_owned(), |r| format!("{r:.2}")),
            );
        }
        let ready = median(lines.iter().map(|(ready, ..)| ready[WORLDS / 2]).collect());
        let mut ratios: Vec<_> = lines.iter().filter_map(|(.., ratio)| *ratio).collect();
        ratios.sort_by(f64::total_cmp);
        println!(
            "median of rounds: ready {:.2} ms, ratio {:.2?}",
            ready * 1e3,
            ratios.get(ratios.len() / 2)
        );
    }

    /// How long it took until the first socket, sorted; and the median of the sockets after it.
    fn worlds() -> (Vec<Duration>, Duration) {
        let (mut ready, mut sockets) = (Vec::new(), Vec::new());
        for _ in 0..WORLDS {
            let start = Instant::now();
            let world = World::new().unwrap_or_else(|refusal| panic!("{refusal}"));
            let socket = || {
                world
                    .socket(Domain::IPV4, Type::STREAM, None)
                    .expect("a socket")
            };
            socket();
            ready.push(start.elapsed());
            let start = Instant::now();
            socket();
            sockets.push(start.elapsed());
        }
        ready.sort();
        sockets.sort();
        (ready, sockets[WORLDS / 2])
    }

    fn command() -> Option<Duration> {
        let start = Instant::now();
        let status = Command::new("unshare")
            .args(["-Urn", "ip", "link", "set", "lo", "up"])
            .stdin(Stdio::null())
            .status();
        status.ok()?.success().then(|| start.elapsed())
    }

    fn median(mut all: Vec<Duration>) -> f64 {
        all.sort();
        all[all.len() / 2].as_secs_f64()
    }
}

fn main() {
    #[cfg(target_os = "linux")]
    linux::main();
}
