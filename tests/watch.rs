//! `sockets --watch`: on a screen, as lines, as JSON; and how it ends.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod support;

use std::io::{BufRead, BufReader, Lines};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use socket2::SockRef;
use support::pty::{Setup, Terminal};
use support::sys::stop_child;

const PROGRAM: &str = env!("CARGO_BIN_EXE_looplab");

/// The sockets of these tests alone: on a busy machine a port has others at its far end, in TIME-WAIT.
fn own() -> String {
    format!("--owner={}", std::process::id())
}

/// A listener, and its port as a flag.
fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, format!("--port={port}"))
}

/// A connection whose ends vanish without TIME-WAIT.
fn connected(listener: &TcpListener) -> (TcpStream, TcpStream) {
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    for end in [&client, &server] {
        SockRef::from(end).set_linger(Some(Duration::ZERO)).unwrap();
    }
    (client, server)
}

struct Watching {
    child: Child,
    told: Option<Lines<BufReader<ChildStdout>>>,
}

impl Watching {
    /// Comes back after the first look.
    fn start(flags: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["sockets", "--watch=1ms", &own()])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let talk: ChildStderr = child.stderr.take().unwrap();
        let first = BufReader::new(talk).lines().next().unwrap().unwrap();
        assert_eq!(first, "1 socket now; changes follow");
        let told = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            child,
            told: Some(told),
        }
    }

    /// Does something between two looks: a socket on its way to a state would be a change of its own.
    fn unseen<T>(&self, something: impl FnOnce() -> T) -> T {
        stop_child(self.child.id()).unwrap();
        let done = something();
        let pid = Pid::from_raw(self.child.id().cast_signed());
        kill(pid, Signal::SIGCONT).unwrap();
        done
    }

    fn next(&mut self) -> String {
        self.told.as_mut().unwrap().next().unwrap().unwrap()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn lines_tell_only_what_changed() {
    let (listener, port) = listener();
    let mut watching = Watching::start(&["--plain", &port]);
    let (client, server) = watching.unseen(|| connected(&listener));
    let at = [client.local_addr().unwrap(), client.peer_addr().unwrap()];
    let mut appeared = [watching.next(), watching.next()];
    appeared.sort();
    let mut expected = [
        format!("appeared: tcp ESTABLISHED {} → {}", at[0], at[1]),
        format!("appeared: tcp ESTABLISHED {} → {}", at[1], at[0]),
    ];
    expected.sort();
    for (line, expected) in appeared.iter().zip(&expected) {
        assert!(line.starts_with(expected), "{line}");
        let owner = format!("({})", std::process::id());
        assert!(line.ends_with(&owner), "{line}");
    }
    watching.unseen(|| drop((client, server)));
    for _ in 0..2 {
        let line = watching.next();
        assert!(line.starts_with("gone: tcp ESTABLISHED "), "{line}");
    }
}

#[test]
fn json_has_a_record_a_change() {
    let (listener, port) = listener();
    let mut watching = Watching::start(&["--json", &port]);
    drop(listener);
    let record: Value = serde_json::from_str(&watching.next()).unwrap();
    assert_eq!(record["event"], "socket");
    assert_eq!(record["change"], "gone");
    assert_eq!(record["row"]["state"], "LISTEN");
    assert_eq!(record["row"]["pid"], std::process::id());
}

#[test]
fn it_ends_when_nobody_reads() {
    let (_listener, port) = listener();
    let mut watching = Watching::start(&["--plain", &port]);
    drop(watching.told.take());
    assert_eq!(watching.child.wait().unwrap().code(), Some(0));
}

#[test]
fn it_ends_after_so_many_looks() {
    let (_listener, port) = listener();
    let mut watching = Watching::start(&["--plain", "--times=3", &port]);
    assert_eq!(watching.child.wait().unwrap().code(), Some(0));
    assert!(watching.told.take().unwrap().next().is_none());
}

fn on_a_screen(port: &str) -> Terminal {
    Setup::new([PROGRAM, "sockets", "--watch=1ms", &own(), port]).start()
}

#[test]
fn a_screen_is_drawn_in_place_until_a_key() {
    let (listener, port) = listener();
    let mut terminal = on_a_screen(&port);
    let local = listener.local_addr().unwrap().to_string();
    terminal.wait_for_text(&local);
    terminal.wait_for_text("1 TCP socket on this machine");
    let (client, server) = connected(&listener);
    terminal.wait_for_text("3 TCP sockets on this machine");
    drop((client, server));
    terminal.wait_for_text("1 TCP socket on this machine");
    let headings = terminal
        .rows()
        .iter()
        .filter(|row| row.contains("q ends"))
        .count();
    assert_eq!(headings, 1, "{:?}", terminal.rows());
    terminal.send("q");
    assert_eq!(terminal.exit_status(), 0);
    assert!(terminal.is_as_before());
}

#[test]
fn ctrl_c_ends_it_and_gives_the_terminal_back() {
    let (_listener, port) = listener();
    let mut terminal = on_a_screen(&port);
    terminal.wait_for_text("1 TCP socket on this machine");
    terminal.send("\x03");
    assert_eq!(terminal.exit_status(), 130);
    assert!(terminal.is_as_before());
}
