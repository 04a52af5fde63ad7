//! What a line may not do, and how lines end early: the gate, names, bounds, interrupts.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};

use looplab::lab::progress::{Progress, Step};
use looplab::lab::{Interrupter, Lab};
use looplab::lang::{Author, Outcome};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::Value;
use support::session::{follow, lab, learner, lesson, message, outcome, value};

/// A person who tries a line again means the new thing; a lesson that does has a slip in it.
#[test]
fn a_lesson_scans_what_the_session_opened() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    lesson(&format!(
        r#"
        server = listen 127.7.7.90:0
        own = scan 127.7.7.90 --ports {{{{ server.port }}}}
        expect own.found == [server.port] and own.count == 1 and own.scanned == 1
        nobody = scan 127.7.7.91 --ports {{{{ server.port }}}}
        expect nobody.found == [] and nobody.refused == 1
        others = scan 127.0.0.1 --ports {port}
        expect others.error == "not_allowed"
        away = scan 192.0.2.1 --ports 80
        expect away.error == "not_allowed"
        "#
    ));
    learner(&format!(
        r#"
        others = scan 127.0.0.1 --ports {port}-{port}
        expect others.found == [{port}]
        away = scan 192.0.2.1 --ports 80
        expect away.error == "not_allowed"
        "#
    ));
}

#[test]
fn a_name_is_taken_over_by_its_person_alone() {
    let mut lab = lab();
    follow(&mut lab, Author::Learner, "server = listen 127.0.0.1:0");
    let first = outcome(&mut lab, Author::Learner, "server = listen server");
    assert_eq!(first.failure().unwrap().error.name(), "EADDRINUSE");
    assert!(!first.replaced && first.name.is_none());
    let said = &first.failure().unwrap().message;
    assert!(
        said.ends_with(
            "`server` itself still holds it and stays open; `close server` frees it (EADDRINUSE)"
        ),
        "{said}"
    );
    let script = r#"
        expect server is listening
        server = accept nobody
        expect "`server` stays open as it was" in last.message
        expect server is listening
        web = serve http server
        expect web is in_use and "itself" not in web.message
        web = serve http 127.0.0.1:0
        again = serve http web
        expect again is in_use and "itself" not in again.message
        web = serve http web
        expect "`web` itself still holds it" in last.message
        expect web.open and web.url
        web = udp web
        expect web.open
        "#;
    follow(&mut lab, Author::Learner, script);
    // The file of a Unix socket outlives it.
    follow(&mut lab, Author::Learner, "safe = listen unix:keys");
    let said = message(
        &mut lab,
        Author::Learner,
        "safe = listen unix:keys --mode 0600",
    );
    assert!(
        said.contains("its file stays even after `close safe`") && said.contains("`--unlink`"),
        "{said}"
    );
    let line = "safe = listen unix:keys --mode 0600 --unlink";
    assert!(outcome(&mut lab, Author::Learner, line).is_ok());
    lab.clear();
    follow(&mut lab, Author::Learner, "server = listen 127.0.0.1:0");
    let again = outcome(&mut lab, Author::Learner, "server = listen 127.0.0.1:0");
    assert!(again.is_ok() && again.replaced);
    assert_eq!(
        lab.scope()
            .get("listeners")
            .unwrap()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let slip = outcome(&mut lab, Author::Lesson, "server = listen 127.0.0.1:0");
    assert!(
        slip.failure()
            .unwrap()
            .message
            .contains("still names something open")
    );
    assert_eq!(
        lab.scope()
            .get("listeners")
            .unwrap()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn names() {
    let mut lab = lab();
    follow(
        &mut lab,
        Author::Learner,
        "server = listen 127.0.0.1:0\nclient = connect server",
    );
    let table = [
        ("accept sever", "did you mean `server`?"),
        (
            "accept client",
            "`client` is a connection, and this takes a listener",
        ),
        (
            "recv server",
            "`server` is a listener, and this takes a connection",
        ),
        ("requests server", "this takes a live server"),
        ("plot server", "nothing to draw"),
        ("send client", "nothing to send"),
        (r"send client '\q'", "stands for no byte"),
        ("send client x --to server", "--to"),
        ("expect server is closed", "expect server is closed: "),
        ("wait server is closed --within 10ms", "not within 10 ms"),
        ("repeat 3 sockets", "`sockets` is not for repeating"),
        ("serve http unix:web", "address and a port"),
        ("udp unix:web --peer 127.0.0.1:1", "stay in one family"),
        ("get https://127.0.0.1/", "plain HTTP"),
        ("many 3 127.0.0.1:9", "takes a listener of this lab"),
        ("explain eadrinuse", "did you mean `EADDRINUSE`?"),
        ("explain xyzzy", "there is no card for `xyzzy`"),
        ("filter", "after `world private` this shows the filters"),
        ("filter drop 127.0.0.1:9", "would change the machine itself"),
    ];
    for (line, expected) in table {
        let said = message(&mut lab, Author::Learner, line);
        assert!(said.contains(expected), "{line}: {said}");
    }
    assert_eq!(lab.names(), ["client", "server"]);
    follow(
        &mut lab,
        Author::Learner,
        "
        close client server
        server = listen 127.0.0.1:0
        expect server is listening
        ",
    );
    lab.clear();
    assert!(lab.names().is_empty());
    assert_eq!(lab.scope().get("outcomes"), Some(&Value::Array(Vec::new())));
}

#[test]
fn a_lesson_reaches_no_other_program() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let any = TcpListener::bind("0.0.0.0:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    for canary in [&tcp, &any] {
        canary.set_nonblocking(true).unwrap();
    }
    udp.set_nonblocking(true).unwrap();
    let port = tcp.local_addr().unwrap().port();
    let wide = any.local_addr().unwrap().port();
    let datagrams = udp.local_addr().unwrap().port();
    let mut lab = lab();
    outcome(&mut lab, Author::Lesson, "letters = udp");
    let lines = [
        format!("connect 127.0.0.1:{port}"),
        format!("connect 0.0.0.0:{port}"),
        format!("connect [::ffff:127.0.0.1]:{port}"),
        format!("connect {port} --from 127.0.0.2:0"),
        format!("connect 127.3.4.5:{wide}"),
        format!("get http://127.0.0.1:{port}/"),
        format!("send letters hello --to 127.0.0.1:{datagrams}"),
        format!("udp 127.0.0.1:0 --peer 127.0.0.1:{datagrams}"),
        format!("many 3 127.0.0.1:{port}"),
        "connect 8.8.8.8:53".to_owned(),
        "connect 169.254.169.254:80".to_owned(),
        "connect [::ffff:10.0.0.1]:80".to_owned(),
        "send letters hello --to 224.0.0.1:5353".to_owned(),
        "listen 0.0.0.0:0 --exposed".to_owned(),
        "serve http [::]:0 --exposed".to_owned(),
        "udp 0.0.0.0:0".to_owned(),
    ];
    for line in &lines {
        let outcome = outcome(&mut lab, Author::Lesson, line);
        let failure = outcome.failure().unwrap_or_else(|| panic!("{line} worked"));
        assert_eq!(
            failure.error.name(),
            "not_allowed",
            "{line}: {}",
            failure.message
        );
    }
    let counted = outcome(
        &mut lab,
        Author::Lesson,
        &format!("all = repeat 2 connect {port}"),
    );
    assert!(counted.is_ok());
    assert_eq!(value(&lab, "all", "errors")["not_allowed"], 2);
    for canary in [&tcp, &any] {
        assert_eq!(
            canary.accept().unwrap_err().kind(),
            io::ErrorKind::WouldBlock
        );
    }
    assert_eq!(
        udp.recv(&mut [0; 8]).unwrap_err().kind(),
        io::ErrorKind::WouldBlock
    );
}

#[test]
fn the_learner_may_and_a_lesson_does_not_follow() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let mut lab = lab();
    let connected = outcome(
        &mut lab,
        Author::Learner,
        &format!("client = connect {port}"),
    );
    assert!(connected.is_ok());
    let (mut end, _) = other.accept().unwrap();
    let said = message(&mut lab, Author::Lesson, "send client secret");
    assert!(said.contains("leads to another program"), "{said}");
    assert!(outcome(&mut lab, Author::Learner, "send client hello").is_ok());
    let mut bytes = [0; 16];
    let came = end.read(&mut bytes).unwrap();
    assert_eq!(&bytes[..came], b"hello");
    for line in ["listen 0.0.0.0:0", "udp [::]:0", "serve echo 0.0.0.0:0"] {
        let said = message(&mut lab, Author::Learner, line);
        assert!(said.contains("--exposed"), "{line}: {said}");
    }
    assert!(outcome(&mut lab, Author::Learner, "listen 0.0.0.0:0 --exposed").is_ok());
}

#[test]
fn clear_breaks_connections_off() {
    let mut lab = lab();
    follow(
        &mut lab,
        Author::Learner,
        "server = listen 127.7.7.6:0\nweb = serve echo 127.7.7.6:0",
    );
    let port = |name| value(&lab, name, "port").as_u64().unwrap();
    let connect = |port| TcpStream::connect(format!("127.7.7.6:{port}")).unwrap();
    let (mut accepted, mut waiting) = (connect(port("server")), connect(port("server")));
    let mut served = connect(port("web"));
    let free = [port("server"), port("web")];
    outcome(&mut lab, Author::Learner, "talk = accept server");
    // The server has this visitor in hand once it has answered.
    served.write_all(b"x").unwrap();
    served.read_exact(&mut [0]).unwrap();
    lab.clear();
    for stream in [&mut accepted, &mut waiting, &mut served] {
        let error = stream.read(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
    for port in free {
        let said = outcome(&mut lab, Author::Learner, &format!("bind 127.7.7.6:{port}"));
        assert!(said.is_ok(), "{said:?}");
    }
}

fn open(lab: &Lab) -> usize {
    lab.scope()
        .get("sockets")
        .unwrap()
        .as_array()
        .unwrap()
        .len()
}

/// A line that was interrupted says so, and leaves nothing open.
fn assert_stopped(line: &str, outcome: &Outcome, before: usize, after: usize) {
    let cause = outcome.failure().map(|failure| failure.error.name());
    assert_eq!(cause.as_deref(), Some("interrupted"), "{line}: {outcome:?}");
    assert_eq!(before, after, "{line} left something open");
}

const SOME_SOCKETS: &str = "
    server = listen 127.0.0.1:0 --backlog 0
    client = connect server
    other = listen 127.0.0.1:0
";

#[test]
fn an_interrupt_stops_every_verb_that_waits() {
    let lines = [
        "stuck = connect server --within 60s",
        "accept other --within 60s",
        "recv client --within 60s",
        "send client --bytes 8388608 --within 60s",
        "get http://{{ server.local }}/ --within 60s",
        "wait 60s",
        "wait server is closed --within 60s",
        "repeat 1000 connect server --within 60s",
        "rtt --samples 200000",
        "throughput --seconds 60s",
    ];
    let mut lab = lab();
    follow(&mut lab, Author::Learner, SOME_SOCKETS);
    for line in lines {
        let before = open(&lab);
        let done = AtomicBool::new(false);
        let interrupter = lab.interrupter();
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| {
                // Again and again, as an impatient person would, until the line is over.
                while !done.load(Ordering::SeqCst) {
                    interrupter.interrupt();
                    std::thread::yield_now();
                }
            });
            let outcome = outcome(&mut lab, Author::Learner, line);
            done.store(true, Ordering::SeqCst);
            outcome
        });
        assert_stopped(line, &outcome, before, open(&lab));
    }
    // A stale interrupt stops nothing.
    lab.interrupter().interrupt();
    follow(&mut lab, Author::Learner, "wait 1ms\nexpect last is ok");
}

/// Interrupts a line once it has come some way.
struct Impatient(Interrupter);

impl Progress for Impatient {
    fn at(&mut self, step: Step) {
        if step.done > 0 {
            self.0.interrupt();
        }
    }

    fn over(&mut self) {}
}

/// These come to their own end soon: nobody would be quick enough.
#[test]
fn an_interrupt_stops_every_verb_that_is_busy() {
    let mut lab = lab();
    follow(&mut lab, Author::Learner, SOME_SOCKETS);
    lab.watched_by(Box::new(Impatient(lab.interrupter())));
    for line in [
        "many 60000 other",
        "many 60000 other --close",
        "scan 127.7.7.92",
    ] {
        let before = open(&lab);
        let outcome = outcome(&mut lab, Author::Learner, line);
        assert_stopped(line, &outcome, before, open(&lab));
    }
}

#[test]
fn lines_that_cannot_be_read_say_where() {
    let mut lab = lab();
    let error = lab
        .run("server = lisen 127.0.0.1:0", Author::Learner)
        .unwrap_err();
    assert_eq!(error.span, 9..14);
    let error = lab.run("listen {{ nothing", Author::Learner).unwrap_err();
    assert!(!error.message.is_empty());
    let error = lab
        .run("listen {{ nothing }}", Author::Learner)
        .unwrap_err();
    let help = error.help.unwrap_or_default();
    assert!(help.starts_with("there is no `nothing` here"), "{help}");
    for (line, place, message) in [
        ("x = show server.port +", 21..22, "cannot be read"),
        (
            "expect server is sleepy",
            17..23,
            "there is no test `sleepy`",
        ),
    ] {
        let error = lab.run(line, Author::Learner).unwrap_err();
        assert!(error.message.contains(message), "{error:?}");
        assert_eq!(error.span, place, "{line}");
    }
    outcome(&mut lab, Author::Learner, "three = show 3");
    let error = lab.run("listen {{ three }}", Author::Learner).unwrap_err();
    assert!(error.message.contains("name a part of it"), "{error:?}");
    assert_eq!(error.span, 10..15);
    let error = lab.run("listen {{ 1 + 1 }}x", Author::Learner).unwrap_err();
    assert_eq!(error.help.as_deref(), Some("the line reads: listen 2x"));
    assert!(
        lab.run("# a comment", Author::Learner)
            .unwrap()
            .outcome
            .is_none()
    );
    let ran = lab
        .run("listen 127.0.0.1:{{ 0 }}", Author::Learner)
        .unwrap();
    assert_eq!(ran.line, "listen 127.0.0.1:0");
}

/// More than the 1,024 descriptors that most shells allow, and that a process may raise.
#[test]
fn a_session_has_so_many_sockets() {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    if hard < 2048 {
        return support::skip("a session's sockets", "`ulimit -Hn` is below 2048");
    }
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    lesson(
        r#"
        most = repeat 1000 bind 127.0.0.1:0
        expect most.succeeded == 1000
        rest = repeat 1000 udp
        expect rest.succeeded == 100 and rest.stopped_by.error == "limit"
        more = listen 127.0.0.1:0
        expect more.error == "limit"
        close rest
        again = listen 127.0.0.1:0
        expect again is listening
        "#,
    );
}
