//! Live servers and `get`: HTTP as visitors see it, and as we see others speak it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use looplab::lang::Author;
use support::session::{lab, lesson, message, outcome, value};

#[test]
fn live_servers() {
    lesson(
        r#"
        web = serve http 127.7.7.5:0
        expect web is listening and web.url == "http://127.7.7.5:" ~ web.port ~ "/"
        page = get web/?x=1
        expect page.status == 200 and page.reason == "OK" and page.bytes > 100
        expect page.local | string in page.body
        missing = get web/missing --host example.test
        expect missing.status == 404 and "Host: example.test" in missing.request
        asked = requests web
        expect asked.count == 2 and asked.requests[0].ours and asked.requests[0].target == "/?x=1"
        expect asked.requests[1].host == "example.test" and web.visits == 0
        parrot = serve echo
        client = connect parrot
        send client "say it again"
        copy = recv client
        expect copy.text == "say it again" and parrot.clients == 1
        wrong = get parrot
        expect wrong.error == "protocol"
        close web
        late = get web
        expect late is refused
        again = listen web
        expect again is listening
        "#,
    );
}

#[test]
fn everything_a_visitor_sends_is_escaped() {
    let mut lab = lab();
    outcome(&mut lab, Author::Lesson, "web = serve http");
    let port = value(&lab, "web", "port").as_u64().unwrap();
    let mut visitor = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    visitor
        .write_all(b"GET /<script> HTTP/1.1\r\nHost: <b>\"&\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut page = String::new();
    visitor.read_to_string(&mut page).unwrap();
    assert!(page.starts_with("HTTP/1.1 404 Not Found\r\n"), "{page}");
    assert!(
        page.contains("&lt;b&gt;&quot;&amp;") && !page.contains("<script>"),
        "{page}"
    );
    assert!(
        page.contains(&visitor.local_addr().unwrap().to_string()),
        "{page}"
    );
    assert_eq!(value(&lab, "web", "visits"), 1);
}

#[test]
fn connections_to_the_web_server_are_kept_alive() {
    let mut lab = lab();
    outcome(&mut lab, Author::Lesson, "web = serve http");
    let port = value(&lab, "web", "port").as_u64().unwrap();
    let mut visitor = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    // Two at once, a body in the second, and one that is not understood.
    visitor
        .write_all(
            b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n\
              POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody\
              BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
        )
        .unwrap();
    visitor.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answers = String::new();
    visitor.read_to_string(&mut answers).unwrap();
    assert_eq!(
        answers.matches("HTTP/1.1 404 Not Found").count(),
        2,
        "{answers}"
    );
    assert_eq!(
        answers.matches("HTTP/1.1 405 Method Not Allowed").count(),
        1,
        "{answers}"
    );
    let asked = value(&lab, "web", "requests");
    let targets: Vec<_> = asked
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["target"].clone())
        .collect();
    assert_eq!(targets, ["/1", "/2"]);
}

#[test]
fn a_server_may_look_at_host_and_origin() {
    lesson(
        r#"
        plain = serve http
        expect plain.lamp == "off"
        strange = get plain/lamp --post dim
        expect strange.status == 400 and plain.lamp == "off"
        lit = get plain/lamp --post on
        expect lit.status == 200 and lit.body == "on\n" and plain.lamp == "on"
        seen = get plain/lamp
        expect seen.body == "on\n"
        elsewhere = get plain/ --post off
        expect elsewhere.status == 200 and plain.lamp == "on"
        both = serve http --page "hello there" --hosts own --origins own,http://app.test
        wrong = get both/ --host evil.test --header "Origin: http://evil.test"
        expect wrong.status == 421
        wrong = get both/ --header "Origin: http://evil.test"
        expect wrong.status == 403
        app = get both/ --header "Origin: http://app.test"
        expect app.status == 200 and app.body == "hello there\n"
        missing = get both/nowhere
        expect missing.status == 404
        bare = serve echo --page x
        expect bare.error == "malformed"
        header = get both/ --header "no header"
        expect header.error == "malformed"
        close plain
        expect plain is closed and plain.lamp is undefined
        "#,
    );
}

#[test]
fn a_relay_leads_to_one_service() {
    lesson(
        r#"
        parrot = serve echo
        relay = serve relay --to parrot
        expect relay.protocol == "relay" and relay.to == parrot.local and relay.url is undefined
        client = connect relay
        send client --bytes 200000
        a = recv client
        expect a.bytes > 0 and relay.visits == 1 and relay.clients == 1
        bare = serve relay --to 127.0.0.1:1
        expect bare.error == "not_allowed"
        loop = serve relay 127.0.0.1:65123 --to 127.0.0.1:65123
        expect loop.error == "malformed"
        file = serve relay --to unix:chat
        expect file.error == "malformed"
        off = serve echo --to parrot
        expect off.error == "malformed"
        # Nobody behind it: the visitor is let in, and out again.
        close parrot
        lost = connect relay
        expect lost is ok
        over = recv lost
        expect over.end_of_stream
        close relay
        expect relay is closed
        "#,
    );
}

#[test]
fn a_lessons_relay_does_not_follow_a_port_to_another_program() {
    let mut lab = lab();
    let lines =
        "parrot = serve echo 127.7.7.94:0\nrelay = serve relay --to parrot\nexpect relay is ok";
    support::session::follow(&mut lab, Author::Lesson, lines);
    let port = value(&lab, "parrot", "port").as_u64().unwrap();
    outcome(&mut lab, Author::Learner, "close parrot");
    // Another program takes the port; no socket of this process would do as well.
    let other = TcpListener::bind(format!("127.7.7.94:{port}")).unwrap();
    other.set_nonblocking(true).unwrap();
    let lines = "lost = connect relay\nover = recv lost\nexpect over.end_of_stream";
    support::session::follow(&mut lab, Author::Lesson, lines);
    assert!(other.accept().is_err(), "a lesson reached another program");
}

#[test]
fn what_is_not_http_is_said_so() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let greeter = std::thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        stream.write_all(b"SSH-2.0-not_http\r\n").unwrap();
        let (stream, _) = other.accept().unwrap();
        drop(stream);
    });
    let mut lab = lab();
    let line = format!("get http://127.0.0.1:{port}/");
    let said = message(&mut lab, Author::Learner, &line);
    assert!(
        said.contains("no HTTP response") && said.contains("SSH-2.0"),
        "{said}"
    );
    // Closed at once: an end without an answer, or a reset when the request was unread.
    let ended = outcome(&mut lab, Author::Learner, &line);
    let cause = ended.failure().unwrap().error.name();
    assert!(
        ["protocol", "ECONNRESET", "EPIPE"].contains(&&*cause),
        "{cause}"
    );
    greeter.join().unwrap();
}
