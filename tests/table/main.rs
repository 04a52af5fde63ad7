//! The socket table against `ss`, field by field, with a thousand sockets of every kind.
//!
//! The program starts itself once more in a network of its own, where nobody else opens or closes
//! anything between two looks; where that is not allowed it compares what it holds itself.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::string_slice,
    reason = "a test fails by panicking, and says what it skips"
)]

mod crowd;
mod ss;

use std::collections::HashSet;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crowd::Crowd;
use looplab::lab::observe::{HeldBy, Here, Owners, SocketFilter, sockets};
use looplab::lang::SocketRow;
use looplab::net::TcpState;
use ss::Seen;

/// Set for the program inside a network of its own.
const INSIDE: &str = "LOOPLAB_TEST_INSIDE";

/// Set for the second process, which only holds sockets.
const HOLDER: &str = "LOOPLAB_TEST_HOLDER";

/// An address beyond loopback for the network of its own, of those for documentation (RFC 5737).
const BEYOND: &str = "192.0.2.7";

#[test]
fn the_table_is_what_ss_says() {
    if std::env::var_os(HOLDER).is_some() {
        return hold();
    }
    if !ss::is_here() {
        return;
    }
    if std::env::var_os(INSIDE).is_some() {
        compare(true);
    } else if !in_a_network_of_its_own() {
        eprintln!("SKIPPED in part: no network of its own here, so only own sockets are compared");
        compare(false);
    }
}

fn this_test(command: &mut Command) -> &mut Command {
    command.args(["the_table_is_what_ss_says", "--exact", "--nocapture"])
}

/// Runs this test again, inside. `false` where that is not allowed.
fn in_a_network_of_its_own() -> bool {
    let prepare = format!("ip link set lo up && ip address add {BEYOND}/32 dev lo");
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["-rn", "sh", "-c", script]);
        command
    };
    let allowed = unshare(&prepare).stderr(Stdio::null()).status();
    if !allowed.is_ok_and(|status| status.success()) {
        return false;
    }
    let mut inside = unshare(&format!("{prepare} && exec \"$0\" \"$@\""));
    inside.arg(std::env::current_exe().unwrap());
    let run = this_test(&mut inside).env(INSIDE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "inside:\n{said}");
    true
}

/// Compares the whole table, or only what this test holds.
fn compare(whole: bool) {
    let crowd = Crowd::open(6);
    let mut holder = Holder::start();
    let mine: HashSet<u16> = crowd.ports().chain(holder.ports.iter().copied()).collect();
    let wanted = |row: &SocketRow| whole || mine.contains(&port(row));

    let before = settled(&wanted);
    let mut theirs = ss::list("-Htuanpe");
    let after = table(&wanted);
    theirs.retain(|seen| whole || mine.contains(&seen.port()));

    let ours: Vec<Seen> = before.iter().map(Seen::by_us).collect();
    assert!(ours.len() >= 1_000, "{} sockets", ours.len());
    assert_eq!(
        ours.len(),
        theirs.len(),
        "{}",
        first_difference(&ours, &theirs)
    );
    assert_eq!(ours.len(), after.len());
    for ((ours, theirs), after) in ours.iter().zip(&theirs).zip(&after) {
        assert_eq!(ours, theirs);
        theirs.ticks_between(ours, &Seen::by_us(after));
    }
    let pids: HashSet<u32> = before.iter().filter_map(|row| row.pid).collect();
    assert!(pids.contains(&std::process::id()) && pids.contains(&holder.child.id()));

    compare_details(&crowd);
    compare_filters(&crowd, &before, whole);
    holder.end();
}

/// The part of the table that is wanted, in a fixed order.
fn table(wanted: &impl Fn(&SocketRow) -> bool) -> Vec<SocketRow> {
    let mut rows = sockets(&Here, &SocketFilter::default()).unwrap().rows;
    // `ss` of before Linux 6.8 has no way to ask for sockets that are bound and nothing else.
    let bound = |row: &SocketRow| row.protocol == "tcp" && row.state == TcpState::Closed;
    rows.retain(|row| wanted(row) && !bound(row));
    rows.sort_by_cached_key(|row| Seen::by_us(row).key());
    rows
}

/// The table once everything that was sent is acknowledged. That comes by itself; the bound is for a
/// machine so loaded that it does not come.
fn settled(wanted: &impl Fn(&SocketRow) -> bool) -> Vec<SocketRow> {
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        let rows = table(wanted);
        let moves = |row: &SocketRow| {
            (row.send_queue > 0 && row.state != TcpState::Listen)
                || (row.timer_seconds.is_some() && row.state != TcpState::TimeWait)
                || matches!(row.state, TcpState::SynReceived | TcpState::FinWait1)
        };
        if !rows.iter().any(moves) {
            return rows;
        }
        assert!(Instant::now() < patience, "the sockets do not come to rest");
        std::thread::yield_now();
    }
}

fn first_difference(ours: &[Seen], theirs: &[Seen]) -> String {
    let (here, there): (HashSet<_>, HashSet<_>) = (ours.iter().collect(), theirs.iter().collect());
    let only_here: Vec<_> = here.difference(&there).take(3).collect();
    let only_there: Vec<_> = there.difference(&here).take(3).collect();
    format!("only here: {only_here:#?}\nonly there: {only_there:#?}")
}

fn port(row: &SocketRow) -> u16 {
    row.local.inet().unwrap().port()
}

/// What TCP measured, of connections that stand still.
fn compare_details(crowd: &Crowd) {
    let filter = SocketFilter {
        details: true,
        owners: Owners::Nobody,
        ..SocketFilter::default()
    };
    let rows = sockets(&Here, &filter).unwrap().rows;
    let theirs = ss::details();
    let mut compared = 0;
    for ends in crowd.resting() {
        let row = rows
            .iter()
            .find(|row| row.local == ends.local.into() && row.peer == Some(ends.peer.into()));
        let ours = row.unwrap().details.as_deref().unwrap();
        let key = (ends.local.to_string(), ends.peer.to_string());
        theirs.get(&key).unwrap().agrees_with(ours);
        compared += 1;
    }
    assert!(compared >= 50, "{compared}");
}

fn compare_filters(crowd: &Crowd, all: &[SocketRow], whole: bool) {
    let me = std::process::id();
    let count = |filter: SocketFilter<'_>, fits: &dyn Fn(&SocketRow) -> bool| {
        let rows = sockets(&Here, &filter).unwrap().rows;
        assert!(rows.iter().all(fits), "{filter:?}");
        rows.len()
    };
    let name = std::fs::read_to_string("/proc/self/comm").unwrap();
    let ours = all.iter().filter(|row| row.pid == Some(me)).count();
    for holder in [me.to_string(), name.trim_end().to_owned()] {
        let filter = SocketFilter {
            held_by: Some(HeldBy::parse(&holder)),
            ..SocketFilter::default()
        };
        let held = count(filter, &|row| row.pid.is_some());
        // By name the second process is found as well, and other tests of this program may run.
        assert!(held >= ours, "{holder}: {held} of {ours}");
    }
    let filter = SocketFilter {
        exposed: true,
        owners: Owners::Nobody,
        ..SocketFilter::default()
    };
    let rows = sockets(&Here, &filter).unwrap().rows;
    let beyond = |row: &&SocketRow| !row.local.is_loopback() && row.peer.is_none();
    assert!(rows.iter().all(|row| beyond(&row)));
    let open = rows
        .iter()
        .find(|row| row.local == crowd.exposed().into())
        .unwrap();
    if whole {
        let at = format!("{BEYOND}:{}", crowd.exposed().port());
        let reached: Vec<String> = open
            .reachable_at
            .iter()
            .flatten()
            .map(ToString::to_string)
            .collect();
        assert_eq!(reached, [at]);
    }
}

/// A second process with sockets of its own.
struct Holder {
    child: Child,
    ports: Vec<u16>,
}

impl Holder {
    fn start() -> Self {
        let mut program = Command::new(std::env::current_exe().unwrap());
        let mut child = this_test(&mut program)
            .env(HOLDER, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ports = Vec::new();
        let mut said = child.stderr.take().unwrap();
        let mut line = Vec::new();
        let mut byte = [0];
        while said.read(&mut byte).unwrap() == 1 && byte != *b"\n" {
            line.push(byte[0]);
        }
        let line = String::from_utf8(line).unwrap();
        ports.extend(line.split(' ').map(|port| port.parse::<u16>().unwrap()));
        Self { child, ports }
    }

    fn end(&mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

/// The second process: opens, tells its ports, and holds until its input ends.
fn hold() {
    let crowd = Crowd::open(1);
    let ports: Vec<String> = crowd.ports().map(|port| port.to_string()).collect();
    eprintln!("{}", ports.join(" "));
    assert_eq!(std::io::stdin().read(&mut [0]).unwrap(), 0);
}
