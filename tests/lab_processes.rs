//! Servers in processes of their own: who holds the port then, and that none of them outlives its
//! session.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Command, Stdio};
use std::time::Duration;

use looplab::lang::{Author, WorldName};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::session::{follow, lab, lesson, message, outcome, value};
use support::sys::{stop_child, watch_process};
use support::user::{Session, as_user};

/// A bound for what comes at once where nothing is wrong.
const PATIENCE: Duration = Duration::from_secs(20);

/// The processes of a server, by a live value of the lab.
fn processes(lab: &looplab::lab::Lab, name: &str) -> Vec<i32> {
    let all = value(lab, name, "processes");
    let all = all.as_array().unwrap().iter();
    all.map(|pid| i32::try_from(pid.as_i64().unwrap()).unwrap())
        .collect()
}

fn has_ended(watch: &OwnedFd, within: PollTimeout) -> bool {
    let mut ends = [PollFd::new(watch.as_fd(), PollFlags::POLLIN)];
    poll(&mut ends, within).unwrap() == 1
}

#[test]
fn another_process_holds_the_port() {
    lesson(
        r#"
        server = serve echo --process
        expect server is listening and server.protocol == "echo" and server.alive == 1
        expect server.processes == [server.pid] and server.stopped == 0
        held = who {{ server.port }}
        expect held.rows[0].pid == server.pid and held.rows[0].children == [server.pid]
        expect held.rows[0].process == "looplab-echo" and held.rows[0].owner == "server"
        expect ("this lab (`server`), in its child process " ~ server.pid) in held.finding
        expect "close server" in held.cure
        mine = sockets
        expect mine.count == 1 and mine.rows[0].pid == server.pid and mine.rows[0].children == [server.pid]
        client = connect server
        send client one
        a = recv client
        send client two
        b = recv client
        expect a.text == "one" and b.text == "two"
        both = sockets server
        expect both.count == 2
        expect both.rows | map(attribute="owner") | unique | list == ["server"]
        other = connect server
        end = states server
        expect end.state == "LISTEN"
        shutdown client
        over = recv client
        expect over.end_of_stream
        asked = requests server
        expect asked.error == "wrong_kind"
        web = serve http --process
        expect web.error == "malformed"
        wrong = signal client kill
        expect wrong.error == "wrong_kind"
        gone = close server
        expect gone is ok and server is closed and server.alive is undefined
        late = signal server kill
        expect late.error == "no_such_name"
        "#,
    );
}

#[test]
fn a_server_that_stands_still_is_said_to() {
    lesson(
        r#"
        server = serve echo --processes 2
        client = connect server
        held = who {{ server.port }}
        expect held.rows[0].stopped is undefined and "stopped" not in held.finding
        still = signal server stop --one
        held = who {{ server.port }}
        expect held.rows[0].stopped == 1 and "(1 of them stopped)" in held.finding
        still = signal server stop
        held = who {{ server.port }}
        expect held.rows[0].stopped == 2 and "(all stopped)" in held.finding
        expect "accepts and reads nothing until it continues" in held.finding
        expect "`signal server cont` lets it go on" in held.cure
        mine = sockets server
        expect mine.rows | selectattr("state", "equalto", "LISTEN") | map(attribute="stopped") | list == [2]
        on = signal server cont
        held = who {{ server.port }}
        expect held.rows[0].stopped is undefined and "stopped" not in held.finding
        "#,
    );
}

#[test]
fn a_stranger_that_stands_still_is_said_to() {
    let child = Command::new(env!("CARGO_BIN_EXE_looplab"))
        .args(["run", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut session = Session(child);
    let input = session.0.stdin.as_mut().unwrap();
    input.write_all(b"server = listen 127.0.0.1:0\n").unwrap();
    let mut said = BufReader::new(session.0.stdout.take().unwrap()).lines();
    let server: serde_json::Value = serde_json::from_str(&said.next().unwrap().unwrap()).unwrap();
    let pid = session.0.id();
    let who = |word: &str| {
        let mut lab = lab();
        let script = format!(
            r#"
            held = who {}
            expect held.rows[0].pid == {pid} and held.rows[0].process == "looplab"
            expect held.rows[0].stopped {word}
            expect ("stopped" in held.finding) == (held.rows[0].stopped is defined)
            expect ("kill -CONT {pid}" in held.cure) == (held.rows[0].stopped is defined)
            all = sockets --all --port {}
            expect all.rows[0].stopped {word}
            "#,
            server["port"], server["port"]
        );
        follow(&mut lab, Author::Learner, &script);
    };
    who("is undefined");
    stop_child(pid).unwrap();
    who("== 1");
    kill(Pid::from_raw(pid.cast_signed()), Signal::SIGCONT).unwrap();
    let input = session.0.stdin.as_mut().unwrap();
    input.write_all(b"show 1\n").unwrap();
    // It answers, so it goes on.
    said.next().unwrap().unwrap();
    who("is undefined");
}

#[test]
fn only_the_descriptor_it_serves_at_is_handed_on() {
    let mut lab = lab();
    follow(
        &mut lab,
        Author::Lesson,
        "other = listen 127.0.0.1:0\nserver = serve echo --process\nexpect server is ok",
    );
    for pid in processes(&lab, "server") {
        let open = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
        assert_eq!(open.count(), 2, "the listener and the lifeline");
    }
}

#[test]
fn signals_reach_their_own_children_only() {
    let mut lab = lab();
    follow(
        &mut lab,
        Author::Lesson,
        r#"
        server = serve echo --processes 3
        still = signal server stop --one
        expect still.alive == 3 and still.stopped == 1 and still.processes == [server.pid]
        again = signal server stop --one
        expect again.stopped == 1
        on = signal server cont
        expect on.stopped == 0 and on.processes == server.processes
        still = signal server stop
        expect still.stopped == 3
        on = signal server cont --one
        expect on.stopped == 2
        first = signal server term --one
        expect first.alive == 2 and first.stopped == 2
        gone = signal server kill
        expect gone.alive == 0 and gone.processes | length == 2
        nobody = signal server kill
        expect nobody.error == "no_such_name"
        "#,
    );
    let said = message(&mut lab, Author::Learner, "signal server kill");
    assert!(said.contains("no process of `server` is left"), "{said}");
    let said = message(&mut lab, Author::Learner, "signal 1 kill");
    assert!(said.contains("there is no `1` here"), "{said}");
}

#[test]
fn children_end_with_what_opened_them() {
    for (world, end) in [
        (WorldName::Host, "close"),
        (WorldName::Host, "reset"),
        (WorldName::Host, "clear"),
        (WorldName::Host, "drop"),
        (WorldName::Private, "clear"),
    ] {
        for stopped in [false, true] {
            let mut lab = lab();
            lab.clear_into(world);
            let server = outcome(
                &mut lab,
                Author::Lesson,
                "server = serve echo --processes 2",
            );
            if world == WorldName::Private && server.failure().is_some() {
                support::skip("children_end_with_what_opened_them", "no private world");
                continue;
            }
            follow(
                &mut lab,
                Author::Lesson,
                "client = connect server\nsend client x\na = recv client\nexpect a is ok",
            );
            if stopped {
                follow(
                    &mut lab,
                    Author::Lesson,
                    "s = signal server stop\nexpect s is ok",
                );
            }
            let watched: Vec<_> = processes(&lab, "server")
                .into_iter()
                .map(|pid| watch_process(pid).unwrap())
                .collect();
            assert_eq!(watched.len(), 2);
            match end {
                "clear" => lab.clear(),
                "drop" => drop(lab),
                verb => drop(outcome(
                    &mut lab,
                    Author::Learner,
                    &format!("{verb} server"),
                )),
            }
            for watch in watched {
                assert!(
                    has_ended(&watch, PollTimeout::ZERO),
                    "{world:?} {end} {stopped}"
                );
            }
        }
    }
}

/// A shell may have its children ignored, and hands that on: nothing is left to wait for then.
#[test]
fn children_that_nobody_waits_for_end_as_well() {
    let script = "trap '' CHLD; exec \"$0\" run -";
    let mut child = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_looplab")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = b"
        server = serve echo --processes 2
        one = signal server kill --one
        expect one.alive == 1 and server.alive == 1
        still = signal server stop
        expect still.stopped == 1
        gone = signal server kill
        expect gone.alive == 0 and server is closed
        ";
    child.stdin.take().unwrap().write_all(lines).unwrap();
    let said = child.wait_with_output().unwrap();
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stdout)
    );
}

#[test]
fn no_server_outlives_a_killed_session() {
    as_user("no_server_outlives_a_killed_session", || {
        for stop in ["signal server stop", "show 1"] {
            let mut session = Session::start();
            let lines = format!("server = serve echo --processes 2\n{stop}\n");
            let input = session.0.stdin.as_mut().unwrap();
            input.write_all(lines.as_bytes()).unwrap();
            let mut said = BufReader::new(session.0.stdout.take().unwrap()).lines();
            let opened: serde_json::Value =
                serde_json::from_str(&said.next().unwrap().unwrap()).unwrap();
            assert_eq!(opened["ok"], true, "{opened}");
            let second = said.next().unwrap().unwrap();
            assert!(second.contains(r#""ok":true"#), "{second}");
            let pids = opened["processes"].as_array().unwrap().iter();
            let watched: Vec<_> = pids
                .map(|pid| watch_process(i32::try_from(pid.as_i64().unwrap()).unwrap()).unwrap())
                .collect();
            assert_eq!(watched.len(), 2);
            session.0.kill().unwrap();
            session.0.wait().unwrap();
            for watch in watched {
                let within = PollTimeout::from(20_000_u16);
                assert!(has_ended(&watch, within), "a server outlived its session");
            }
        }
    });
}

#[test]
fn a_session_has_only_so_many_processes() {
    lesson(
        r#"
        a = serve echo --processes 4
        b = serve echo --processes 4
        c = serve echo --processes 4
        d = serve echo --processes 3
        more = serve echo --processes 2
        expect d is ok and more.error == "limit"
        e = serve echo --process
        expect e is ok
        more = serve echo --process
        expect more.error == "limit"
        close a
        more = serve echo --processes 4
        expect more is ok
        "#,
    );
}

/// A process without room for another connection leaves it in the queue, and takes it as soon as
/// there is room.
#[test]
fn a_server_out_of_descriptors_goes_on_when_there_are_some() {
    let script = "ulimit -n 32; exec \"$0\" run - --json";
    let child = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_looplab")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut session = Session(child);
    let input = session.0.stdin.as_mut().unwrap();
    input.write_all(b"server = serve echo --process\n").unwrap();
    let mut said = BufReader::new(session.0.stdout.take().unwrap()).lines();
    let server: serde_json::Value = serde_json::from_str(&said.next().unwrap().unwrap()).unwrap();
    let port = u16::try_from(server["port"].as_u64().unwrap()).unwrap();
    let echo = |client: &mut TcpStream| {
        client.write_all(b"x").unwrap();
        client.read_exact(&mut [0]).unwrap();
    };
    let connect = || {
        let client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client
    };
    let mut clients: Vec<TcpStream> = (0..40).map(|_| connect()).collect();
    clients.iter_mut().take(20).for_each(echo);
    let mut last = clients.pop().unwrap();
    drop(clients);
    echo(&mut last);
}
