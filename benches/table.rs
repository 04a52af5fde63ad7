//! The socket table as whole processes: `looplab sockets` against `ss` and against C that does the
//! same and no more.
//!
//! A holder keeps N connections on loopback, both ends, so 2 N rows and a listener for each of its
//! processes. Output goes to /dev/null. Processor time is compared, of all threads, since other
//! programs on the machine disturb it less than wall time, which is printed as well.
//!
//! `cargo bench --bench table [-- ROUNDS]`
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking, and prints what it found"
)]
mod common;

use std::path::Path;
use std::process::Command;

use common::{Column, Cost, Holder, c_peer, command, cost, installed, looplab, output, print};

/// A table to show, and the goals: the most that it may take of what `ss` takes.
struct Size {
    connections: usize,
    /// One has room for about 9,900 where 20,000 descriptors are the limit.
    holders: usize,
    with_owners: f64,
    without: f64,
    listeners: f64,
}

const SIZES: [Size; 4] = [
    size(100, 1, [0.60, 0.60, 0.40]),
    size(1_000, 1, [0.45, 0.42, 0.40]),
    size(9_900, 1, [0.30, 0.42, 0.40]),
    size(19_800, 2, [0.22, 0.42, 0.12]),
];

const fn size(connections: usize, holders: usize, goals: [f64; 3]) -> Size {
    let [with_owners, without, listeners] = goals;
    Size {
        connections,
        holders,
        with_owners,
        without,
        listeners,
    }
}

/// Rounds at the smallest size; a larger table needs fewer.
const ROUNDS: usize = 21;

fn main() {
    let place = common::in_a_network_of_its_own();
    let Some(holder) = c_peer("holder") else {
        return;
    };
    let owners = c_peer("owners");
    println!("the socket table, {place}");
    let ss = installed("ss");
    let rounds = common::rounds(ROUNDS);
    for size in SIZES {
        let Size {
            connections,
            holders,
            ..
        } = size;
        let held = [connections.to_string(), holders.to_string()];
        let _held = Holder::start(&mut command(&holder, &held));
        check(2 * connections + holders);
        let rounds = (rounds * 100 / connections).clamp(rounds.div_ceil(4), rounds);
        println!("\n{connections} connections, {rounds} rounds");
        let mut tools = Vec::new();
        if let Some(ss) = &ss {
            tools.extend(["-tanp", "-tan", "-tln"].map(|flags| of_ss(ss, flags)));
        }
        tools.push(("looplab sockets".to_owned(), sockets(&[])));
        let bare = sockets(&["--no-owners"]);
        tools.push(("looplab sockets --no-owners".to_owned(), bare));
        let listeners = sockets(&["--listening", "--no-owners"]);
        tools.push((
            "looplab sockets --listening --no-owners".to_owned(),
            listeners,
        ));
        if let Some(owners) = &owners {
            let floor = Command::new(owners);
            tools.push(("C: sock_diag, a readlink a descriptor".to_owned(), floor));
            let walk = command(owners, &["walk"]);
            tools.push(("C: sock_diag, read and thrown away".to_owned(), walk));
        }
        report(&measure(rounds, &mut tools), ss.is_some(), &size);
    }
}

fn of_ss(ss: &Path, flags: &str) -> (String, Command) {
    (format!("ss {flags}"), command(ss, &[flags]))
}

fn sockets(flags: &[&str]) -> Command {
    let mut command = looplab();
    command.arg("sockets").args(flags);
    command
}

/// Every row is there, and every row has its process.
fn check(rows: usize) {
    let text = output(&mut sockets(&["--json"]));
    let table: serde_json::Value = serde_json::from_str(&text).expect("a record");
    let all = table["rows"].as_array().expect("rows");
    let held = all
        .iter()
        .filter(|row| row["protocol"] == "tcp" && row["pid"].is_u64());
    let held = held.count();
    assert!(held >= rows, "{held} of {rows} rows have a process");
}

fn measure(rounds: usize, tools: &mut [(String, Command)]) -> Vec<(Column, Column)> {
    let column = |name: &String| Column {
        name: name.clone(),
        figures: Vec::new(),
    };
    let mut columns: Vec<_> = tools
        .iter()
        .map(|(name, _)| (column(name), column(name)))
        .collect();
    for round in 0..=rounds {
        for ((_, command), (cpu, wall)) in tools.iter_mut().zip(&mut columns) {
            let Cost {
                cpu: used,
                wall: took,
            } = cost(command);
            // The first round fills the caches of the kernel.
            if round > 0 {
                cpu.figures.push(used);
                wall.figures.push(took);
            }
        }
    }
    columns
}

fn report(columns: &[(Column, Column)], has_ss: bool, size: &Size) {
    let (cpu, wall): (Vec<&Column>, Vec<&Column>) = columns.iter().map(|(c, w)| (c, w)).unzip();
    print("cpu ms", &cpu);
    print("wall ms", &wall);
    if !has_ss {
        return;
    }
    for (ours, theirs, what, goal) in [
        (3, 0, "with owners, of ss -tanp", size.with_owners),
        (4, 1, "without owners, of ss -tan", size.without),
        (7, 1, "what C cannot do without, of ss -tan", size.without),
        (5, 2, "listeners, of ss -tln", size.listeners),
    ] {
        let ratio = |columns: &[&Column]| {
            let (ours, theirs) = (columns.get(ours)?, columns.get(theirs)?);
            Some(common::ratio(ours, theirs))
        };
        if let (Some(cpu), Some(wall)) = (ratio(&cpu), ratio(&wall)) {
            println!("  {what}: cpu {cpu:.3}, wall {wall:.3}, goal {goal:.2}");
        }
    }
}
