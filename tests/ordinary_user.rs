//! What an ordinary user has without asking anybody: a network with its own port 80, its own wire to
//! listen to and its own switch, next to another host; and a host that never notices. One script,
//! line by line, in the program itself, which is killed at the end.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Lines, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::process::{Child, ChildStdout, Command, Stdio};

use looplab::lab::observe::{self, Here};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde_json::Value;
use support::sys::watch_process;
use support::user::as_user;

/// The lines, and whether each of them is to succeed. PORT is in use on the host all the while.
const SCRIPT: [(&str, bool); 22] = [
    ("world private", true),
    ("web = listen 127.0.0.1:80", true),
    ("own = listen 127.0.0.1:PORT", true),
    ("expect web is listening and own is listening", true),
    ("capture start", true),
    ("client = connect web", true),
    ("wait web.queue == 1", true),
    ("tape = capture show --port 80", true),
    ("expect tape.count == 3", true),
    (
        "expect tape.packets[0].flags == ['SYN'] and tape.packets[1].flags == ['SYN', 'ACK'] \
         and tape.packets[2].flags == ['ACK']",
        true,
    ),
    ("capture stop", true),
    ("link lo down", true),
    ("late = connect own --within 50ms", false),
    ("link lo up", true),
    ("soon = connect own", true),
    ("neighbour", true),
    ("open = neighbour listen 0.0.0.0:8001", true),
    ("closed = neighbour listen 127.0.0.1:8002", true),
    ("there = connect 10.0.0.2:8001", true),
    ("nowhere = connect 10.0.0.2:8002", false),
    (
        "expect late is timed_out and there is connected and nowhere is refused",
        true,
    ),
    ("sockets --all --no-owners", true),
];

/// The program, which is gone when this is.
struct Program {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_looplab"))
            .args(["run", "-", "--json"])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, said }
    }

    fn run(&mut self, line: &str) -> Value {
        let input = self.child.stdin.as_mut().unwrap();
        writeln!(input, "{line}").unwrap();
        let said = self.said.next().unwrap().unwrap();
        serde_json::from_str(&said).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_network_of_ones_own_without_a_privilege() {
    as_user("a_network_of_ones_own_without_a_privilege", || {
        let outside = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = outside.local_addr().unwrap();
        let port = endpoint.port().to_string();
        let mut program = Program::start();
        let mut outcomes = Vec::new();
        for (line, succeeds) in SCRIPT {
            let outcome = program.run(&line.replace("PORT", &port));
            assert_eq!(outcome["ok"], succeeds, "{line}: {outcome:#}");
            outcomes.push(outcome);
        }
        let inside = outcomes.last().unwrap();
        the_host_sees_none_of_it(inside);
        // The same endpoint leads to the host's own listener out here.
        let caller = TcpStream::connect(endpoint).unwrap();
        let (_, met) = outside.accept().unwrap();
        assert_eq!(met, caller.local_addr().unwrap());
        nothing_is_left_of(program);
    });
}

/// Every socket the world lists, by inode, is unknown to the host's own tables.
fn the_host_sees_none_of_it(inside: &Value) {
    let rows = inside["rows"].as_array().unwrap();
    let inodes: Vec<u64> = rows
        .iter()
        .filter_map(|row| row["inode"].as_u64())
        .collect();
    let inodes: Vec<u64> = inodes.into_iter().filter(|inode| *inode != 0).collect();
    assert!(inodes.len() >= 5, "{inside:#}");
    let all = observe::SocketFilter {
        owners: observe::Owners::Nobody,
        ..observe::SocketFilter::default()
    };
    let host = observe::sockets(&Here, &all).unwrap();
    for row in &host.rows {
        assert!(!inodes.contains(&row.inode), "{row:?}");
    }
}

/// Kills the program, and waits for what it had started.
fn nothing_is_left_of(mut program: Program) {
    let family = descendants(program.child.id());
    assert_eq!(family.len(), 2, "a helper and its neighbour");
    let watched: Vec<OwnedFd> = family
        .iter()
        .map(|pid| watch_process(*pid).unwrap())
        .collect();
    // Open, so that no network of another program can be given the same inode meanwhile.
    let open = |pid: &i32| File::open(network_of(*pid)).unwrap();
    let networks: Vec<File> = family.iter().map(open).collect();
    let inodes: Vec<u64> = networks
        .iter()
        .map(|file| file.metadata().unwrap().ino())
        .collect();
    program.child.kill().unwrap();
    program.child.wait().unwrap();
    for watch in &watched {
        let mut ends = [PollFd::new(watch.as_fd(), PollFlags::POLLIN)];
        let woken = poll(&mut ends, PollTimeout::from(20_000_u16)).unwrap();
        assert_eq!(woken, 1, "a helper outlived its parent");
    }
    // A network, and every socket in it, ends with its last process.
    let left: Vec<i32> = pids()
        .filter(|pid| network(*pid).is_some_and(|network| inodes.contains(&network)))
        .collect();
    assert!(left.is_empty(), "processes left in there: {left:?}");
}

fn pids() -> impl Iterator<Item = i32> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Children, and children of children.
fn descendants(parent: u32) -> Vec<i32> {
    let mut family = vec![i32::try_from(parent).unwrap()];
    let mut known = 0;
    while let Some(one) = family.get(known).copied() {
        known += 1;
        family.extend(pids().filter(|pid| parent_of(*pid) == Some(one)));
    }
    family.split_off(1)
}

fn parent_of(pid: i32) -> Option<i32> {
    // `pid (name) state ppid …`: the name may have spaces and parentheses.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after) = stat.rsplit_once(") ")?;
    after.split(' ').nth(1)?.parse().ok()
}

/// The network namespace a process lives in (namespaces(7)).
fn network_of(pid: i32) -> String {
    format!("/proc/{pid}/ns/net")
}

/// The same by inode.
fn network(pid: i32) -> Option<u64> {
    Some(fs::metadata(network_of(pid)).ok()?.ino())
}
