//! The wire: how long until a recording runs in the private world, and until the first packet is
//! told, against `tcpdump --immediate-mode` where it is installed.
//!
//! The clock of a first packet runs from before the recording, or before tcpdump is started, to the
//! first byte that tells of it. For tcpdump a datagram is sent every millisecond; the lab sends one.
//! The goals are 0.2 ms for the recording, and 0.02 of tcpdump for the packet.
//!
//! `cargo bench --bench capture [-- ROUNDS]`
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking, prints what it found, and sends datagrams at a pace"
)]
mod common;

use std::io::Read;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{Column, Contender, in_turn, installed, milliseconds, print};
use looplab::lab::{Lab, LabConfig};
use looplab::lang::{Author, Card, CardSource, Outcome, WorldName};
use looplab::render::{PlainView, Style, View};

const ROUNDS: usize = 15;

/// Recordings a round; their median counts.
const TIMES: usize = 20;

/// No card is needed here.
struct NoCards;

impl CardSource for NoCards {
    fn card(&self, _: &str) -> Option<Card> {
        None
    }

    fn keys(&self) -> Vec<String> {
        Vec::new()
    }
}

fn main() {
    let place = common::in_a_network_of_its_own();
    let rounds = common::rounds(ROUNDS);
    println!("{place}, {rounds} rounds\n");
    let mut lab = Lab::new(LabConfig::new(Arc::new(NoCards)));
    lab.clear_into(WorldName::Private);
    ran(&mut lab, "here = udp 127.0.0.1:5000");
    started_and_stopped(rounds, &mut lab);
    println!("\nto the first packet told");
    let mut contenders: Vec<Contender<'_>> = Vec::new();
    if let Some(tcpdump) = installed("tcpdump") {
        let run = move || of_tcpdump(&tcpdump);
        contenders.push(("tcpdump --immediate-mode".to_owned(), Box::new(run)));
    }
    let ours = || first_packet(&mut lab);
    contenders.push(("looplab capture".to_owned(), Box::new(ours)));
    let columns = in_turn(rounds, &mut contenders);
    print("ms", &columns.iter().collect::<Vec<&Column>>());
}

fn ran(lab: &mut Lab, line: &str) -> Outcome {
    let ran = lab.run(line, Author::Learner).expect("a line of the lab");
    let outcome = ran.outcome.expect("an outcome");
    assert!(outcome.is_ok(), "{line}: {outcome:?}");
    outcome
}

fn started_and_stopped(rounds: usize, lab: &mut Lab) {
    let [mut starts, mut stops] = ["capture start", "capture stop"].map(Column::named);
    for round in 0..=rounds {
        let mut once = |column: &Column| milliseconds(ran(lab, &column.name).took);
        let times: Vec<_> = (0..TIMES).map(|_| (once(&starts), once(&stops))).collect();
        if round > 0 {
            let middle = |of: fn(&(f64, f64)) -> f64| common::spread(times.iter().map(of)).0;
            starts.figures.push(middle(|pair| pair.0));
            stops.figures.push(middle(|pair| pair.1));
        }
    }
    print("ms", &[&starts, &stops]);
}

/// From nothing to a packet in words.
fn first_packet(lab: &mut Lab) -> f64 {
    let clock = Instant::now();
    ran(lab, "capture start");
    ran(lab, "send here x --to here");
    let style = Style {
        color: false,
        unicode: true,
        width: 100,
    };
    let mut view = PlainView::new(Vec::new(), style);
    let shown = ran(lab, "capture show");
    view.outcome(&shown).expect("memory");
    let took = milliseconds(clock.elapsed());
    let text = String::from_utf8(view.into_inner()).expect("text");
    assert!(text.contains("5000"), "{text}");
    ran(lab, "capture stop");
    took
}

fn of_tcpdump(tcpdump: &Path) -> f64 {
    let receiver = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let to = receiver.local_addr().expect("its address");
    let clock = Instant::now();
    let mut child = Command::new(tcpdump)
        .args(["--immediate-mode", "-l", "-n", "-i", "lo", "-c", "1", "udp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("tcpdump starts");
    let mut output = child.stdout.take().expect("a pipe");
    let took = std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            output.read_exact(&mut [0]).expect("a packet");
            clock.elapsed()
        });
        while !reader.is_finished() {
            receiver.send_to(b"x", to).expect("room to send");
            std::thread::sleep(Duration::from_millis(1));
        }
        reader.join().expect("it does not panic")
    });
    assert!(child.wait().expect("our own child").success());
    milliseconds(took)
}
