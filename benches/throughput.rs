//! Throughput: `throughput` against a pair of C threads of the same shape, and against iperf3 where
//! it is installed.
//!
//! One stream, one second, bytes counted by the receiver. Ours and C write 64 KiB at a time, ours
//! 128 KiB as well, which iperf3 does by default; that in turn 64 KiB as well.
//!
//! `cargo bench --bench throughput [-- ROUNDS]`
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking, and prints what it found"
)]
mod common;

use std::process::{Child, Command, Stdio};

use common::{
    Column, Contender, c_peer, command, in_turn, installed, named, output, print, script,
};

const ROUNDS: usize = 7;

fn main() {
    let place = common::in_a_network_of_its_own();
    let Some(peer) = c_peer("throughput") else {
        return;
    };
    let iperf3 = installed("iperf3");
    let rounds = common::rounds(ROUNDS);
    for over in ["tcp", "unix"] {
        println!("\none stream over {over}, {place}, {rounds} rounds of a second");
        let arguments = [over, "1", "65536"].map(str::to_owned);
        let c = || -> f64 {
            let text = output(&mut command(&peer, &arguments));
            text.trim().parse().expect("a rate")
        };
        let of_ours = |flags: &str| -> f64 {
            let line = format!("flow = throughput --over {over} --seconds 1s {flags}\n");
            let outcomes = script(&line);
            let flow = named(&outcomes, "flow");
            flow["gigabits_per_second"].as_f64().expect("a rate")
        };
        let (ours, larger) = (|| of_ours(""), || of_ours("--block 131072"));
        let mut contenders: Vec<Contender<'_>> = vec![
            ("C, two threads".to_owned(), Box::new(c)),
            ("looplab throughput".to_owned(), Box::new(ours)),
            ("looplab, 128 KiB a write".to_owned(), Box::new(larger)),
        ];
        if let (Some(iperf3), "tcp") = (&iperf3, over) {
            for block in ["128K", "64K"] {
                let run = || of_iperf3(iperf3, block);
                contenders.push((format!("iperf3 -l {block}"), Box::new(run)));
            }
        }
        let columns = in_turn(rounds, &mut contenders);
        print("Gbit/s", &columns.iter().collect::<Vec<&Column>>());
        if let [_, ours, _, iperf3, _] = columns.as_slice() {
            let ratio = common::ratio(ours, iperf3);
            println!("  looplab, of iperf3: {ratio:.3}, goal 1.25");
        }
    }
}

/// A server for one test, and a client; gigabits a second at the receiver.
fn of_iperf3(iperf3: &std::path::Path, block: &str) -> f64 {
    let mut server = Server::start(iperf3);
    let port = server.port.to_string();
    let arguments = ["-c", "127.0.0.1", "-p", &port, "-t", "1", "-l", block, "-J"];
    let report = output(&mut command(iperf3, &arguments));
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    server.end();
    let rate = report["end"]["sum_received"]["bits_per_second"].as_f64();
    rate.expect("a rate") / 1e9
}

struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Comes back when it listens, which it says.
    fn start(iperf3: &std::path::Path) -> Self {
        let port = free_port();
        let mut child = Command::new(iperf3)
            .args(["-s", "-1", "--forceflush", "-p", &port.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("iperf3 starts");
        let output = child.stdout.take().expect("a pipe");
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(output));
        assert!(lines.any(|line| line.is_ok_and(|line| line.contains("listening"))));
        // What it says later has nowhere to go, and need not wait for us.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, port }
    }

    fn end(&mut self) {
        assert!(self.child.wait().expect("our own child").success());
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}
