//! The verbs on real sockets, as lab scripts.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;

use looplab::lab::{Lab, LabConfig};
use looplab::lang::Author;
use support::session::{OneCard, follow, lab, learner, lesson, message, outcome, value};

#[test]
fn a_conversation() {
    lesson(
        r#"
        server = listen 127.0.0.1:0
        expect server is listening and server.queue == 0 and server.backlog == 128
        client = connect server
        expect client is connected and client.peer == server.local and client.role == "client"
        expect server.queue == 1
        talk = accept server
        expect talk.peer == client.local and talk.port == server.port and server.queue == 0
        sent = send client "hello\x21\n"
        expect sent.bytes == 7 and talk.recv_queue == 7
        heard = recv talk
        expect heard.text == "hello!\n" and not heard.end_of_stream and talk.recv_queue == 0
        expect listeners | length == 1
        expect connections | length == 2
        expect sockets | length == 3
        expect last.verb == "expect"
        "#,
    );
}

#[test]
fn a_diagnosis_is_written_down_and_touches_nothing() {
    lesson(
        r#"
        expect not diagnosis.cause == "time-wait"
        server = listen 127.0.0.1:0
        diagnose TIME_WAIT
        expect diagnosis is ok and diagnosis.cause == "time-wait" and last.cause == "time-wait"
        diagnose full backlog
        expect diagnosis.cause == "full-backlog" and sockets | length == 1
        why = diagnose another-program
        expect why.cause == "another-program" and diagnosis.cause == "full-backlog"
        "#,
    );
}

#[test]
fn half_close_lets_the_other_direction_speak() {
    lesson(
        r#"
        server = listen 127.0.0.1:0
        client = connect server
        talk = accept server
        shutdown client
        nothing = recv talk
        expect nothing.end_of_stream and nothing.bytes == 0
        expect talk.state == "CLOSE-WAIT"
        send talk "late data"
        late = recv client
        expect late.text == "late data"
        again = send client more
        expect again.error == "EPIPE"
        "#,
    );
}

#[test]
fn reset_is_told_to_the_peer_and_close_is_not_an_error() {
    lesson(
        r#"
        server = listen 127.0.0.1:0
        one = connect server
        one_end = accept server
        two = connect server
        two_end = accept server
        gone = reset one
        expect gone.abrupt and gone.count == 1
        expect one is closed and one.state == "CLOSED"
        broken = recv one_end
        expect broken is reset and broken.error == "ECONNRESET"
        close two
        quiet = recv two_end
        expect quiet is ok and quiet.end_of_stream
        twice = close two
        expect twice.error == "no_such_name"
        "#,
    );
}

#[test]
fn an_address_is_claimed_once() {
    lesson(
        r#"
        first = listen 127.0.0.1:0
        second = listen first
        expect second is in_use and second.operation == "bind"
        expect second.local == first.local
        third = listen 127.0.0.2:{{ first.port }}
        expect third is listening
        shared = listen 127.0.0.1:0 --reuseport
        other = listen shared --reuseport
        expect other is listening and other.options[0] == "reuseport"
        claimed = bind 127.0.0.1:0 --reuseaddr
        listens = listen claimed --reuseaddr
        expect claimed is bound and listens is listening
        foreign = bind 192.0.2.1:0
        expect foreign is not_available
        "#,
    );
}

#[test]
fn refused_where_nobody_listens() {
    learner(
        r#"
        quiet = bind 127.0.0.1:0
        client = connect quiet
        expect client is refused and client.operation == "connect"
        server = listen 127.7.7.1:0
        close server
        late = connect server
        expect late is refused
        "#,
    );
}

#[test]
fn a_lesson_may_show_a_refusal() {
    lesson(
        "
        quiet = bind 127.0.0.1:0
        client = connect quiet
        expect client is refused
        gone = listen 127.7.7.2:0
        close gone
        late = connect gone
        expect late is refused
        ",
    );
}

#[test]
fn a_full_queue_is_silence() {
    lesson(
        r#"
        server = listen 127.0.0.1:0 --backlog 0
        first = connect server
        expect server.queue == 1
        second = connect server --within 50ms
        expect second is timed_out and second.error == "timeout"
        nobody = accept server
        expect nobody is ok
        "#,
    );
}

#[test]
fn waits_have_a_bound() {
    lesson(
        r#"
        server = listen 127.0.0.1:0
        nobody = accept server --within 10ms
        expect nobody is timed_out
        client = connect server
        silence = recv client --within 10ms
        expect silence is timed_out
        talk = accept server
        full = send client --bytes 8388608 --within 50ms
        expect full is ok and full.bytes > 0 and full.bytes < full.wanted
        over = send client --bytes 8388609
        expect over.error == "limit"
        "#,
    );
}

#[test]
fn connections_from_a_chosen_endpoint() {
    lesson(
        r#"
        server = listen 127.0.0.1:0
        client = connect server --from 127.77.0.1:0 --nodelay
        expect client.address == "127.77.0.1" and "nodelay" in client.options
        taken = connect server --from {{ server.local }}
        expect taken is in_use
        "#,
    );
}

#[test]
fn a_range_of_ports_can_be_asked_for() {
    let mut lab = lab();
    if value(&lab, "machine", "port_range_option") != true {
        let said = message(
            &mut lab,
            Author::Learner,
            "listen :0 --port-range 40000-40009",
        );
        assert!(said.contains("6.3"), "{said}");
        return;
    }
    let low = value(&lab, "machine", "range")["low"].as_u64().unwrap();
    let script = format!(
        r#"
        server = listen 127.0.0.1:0
        clients = repeat 12 connect server --port-range {low}-{}
        expect clients.count == 12 and clients.succeeded <= 10
        expect clients.errors.EADDRNOTAVAIL >= 2 and clients.distinct == clients.succeeded
        crowd = many 12 server --port-range {low}-{}
        expect crowd.error == "not_allowed"
        fresh = listen 127.0.0.1:0
        crowd = many 12 fresh --port-range {low}-{}
        expect crowd.opened <= 10 and crowd.stopped_by.error == "EADDRNOTAVAIL"
        "#,
        low + 9,
        low + 9,
        low + 9
    );
    follow(&mut lab, Author::Lesson, &script);
}

#[test]
fn a_bound_socket_becomes_a_listener() {
    let mut lab = lab();
    follow(
        &mut lab,
        Author::Lesson,
        r#"
        claim = bind 127.0.0.1:0
        server = listen claim --same-socket --backlog 3
        expect server is listening and server.port == claim.port and server.backlog == 3
        expect claim is closed
        client = connect server
        expect client is connected
        late = listen claim --same-socket
        expect late.error == "no_such_name"
        wrong = listen 127.0.0.1:0 --same-socket
        expect wrong.error == "malformed"
        listening = listen server --same-socket
        expect listening.error == "wrong_kind" and server is listening
        "#,
    );
    let both = lab.run("listen claim --same-socket --reuseaddr", Author::Learner);
    assert!(both.is_err(), "{both:?}");
}

#[test]
fn options_of_a_socket_are_told() {
    lesson(
        r#"
        claim = bind 127.0.0.9:0 --bind-no-port
        expect claim.port == 0 and claim.options == ["bind-no-port"]
        server = listen 127.0.0.1:0 --bind-no-port --device lo
        expect server.port != 0 and server.options == ["bind-no-port", "device"]
        far = bind 203.0.113.9:0 --freebind
        expect far is bound and far.options == ["freebind"]
        client = connect server --ttl 1 --nodelay
        expect client is connected and client.options == ["nodelay", "ttl"]
        lost = bind 127.0.0.1:0 --device nosuchdevice0
        expect lost.error == "ENODEV" and lost.operation == "setsockopt"
        "#,
    );
}

#[test]
fn ipv6_where_there_is_some() {
    let mut lab = lab();
    if value(&lab, "machine", "ipv6") != true {
        return;
    }
    follow(
        &mut lab,
        Author::Lesson,
        "
        six = listen [::1]:0 --v6only
        client = connect six
        expect client is connected and client is loopback
        four = connect 127.7.7.3:{{ six.port }}
        expect four is refused
        ",
    );
}

#[test]
fn datagrams() {
    lesson(
        r#"
        one = udp
        two = udp 127.7.7.4:0
        expect one is open and one is ephemeral
        send one "first" --to two
        send one "" --to two
        a = recv two
        expect a.text == "first" and a.from == one.local and not a.end_of_stream
        b = recv two
        expect b.bytes == 0 and not b.end_of_stream
        send one "ten letters" --to two
        cut = recv two --max 3
        expect cut.text == "ten" and cut.truncated
        lost = send one "where to?"
        expect lost.error == "EDESTADDRREQ"
        big = send one --bytes 65508 --to two
        expect big.error == "EMSGSIZE"
        joined = udp 127.0.0.1:0 --peer two
        expect joined.peer == two.local
        send joined hello
        c = recv two
        expect c.from == joined.local
        close two
        send joined "anybody?"
        refused = recv joined
        expect refused is refused
        "#,
    );
}

#[test]
fn unix_sockets() {
    lesson(
        r#"
        server = listen unix:chat
        expect server is listening and server.local == "unix:chat"
        tcp = listen 127.0.0.1:0 --mode 0600
        expect tcp.error == "malformed"
        hidden = listen unix:@chat --unlink
        expect hidden.error == "malformed"
        client = connect unix:chat
        expect client is connected and client.peer == "unix:chat"
        talk = accept server
        send client hello
        heard = recv talk
        expect heard.text == "hello"
        second = listen unix:chat
        expect second is in_use
        missing = connect unix:nobody
        expect missing.error == "ENOENT"
        close server
        late = connect unix:chat
        expect late is refused
        "#,
    );
}

#[test]
fn unix_sockets_leave_no_file_behind() {
    let base = tempfile::tempdir().unwrap();
    let mut config = LabConfig::new(Arc::new(OneCard));
    config.unix_base = base.path().to_owned();
    let mut lab = Lab::new(config);
    let entries = || std::fs::read_dir(base.path()).unwrap().count();
    outcome(&mut lab, Author::Lesson, "server = listen unix:chat");
    assert_eq!(entries(), 1);
    lab.clear();
    assert_eq!(entries(), 0);
    outcome(&mut lab, Author::Lesson, "server = listen unix:chat");
    drop(lab);
    assert_eq!(entries(), 0);
}

#[test]
fn repeat_and_many() {
    lesson(
        r#"
        ports = repeat 20 listen 127.0.0.1:0
        expect ports.succeeded == 20 and ports.distinct == 20 and ports.ports | length == 20
        expect ports.odd + ports.even == 20 and ports is open
        expect listeners | length == 20
        bars = plot ports
        expect bars.of == "ports" and bars.histogram | length > 0
        close ports
        expect listeners | length == 0 and ports is closed
        brief = repeat --close 20 udp
        expect brief.succeeded == 20 and sockets | length == 0
        server = listen 127.0.0.1:0
        crowd = many 200 server
        expect crowd.opened == 200 and crowd.distinct_ports == 200 and server.queue == 0
        expect crowd is open
        again = many 10 {{ server.local }}
        expect again.opened == 10
        close again
        gone = close crowd
        expect gone.count == 400
        fleeting = many 200 server --close
        expect fleeting.opened == 200 and fleeting.one_by_one and fleeting.per_second > 0
        expect fleeting is closed and server.queue == 0 and listeners | length == 1
        busy = repeat 3 connect 127.0.0.1:{{ server.port }} --from {{ server.local }}
        expect busy.succeeded == 0 and busy.errors.EADDRINUSE == 3
        "#,
    );
}

#[test]
fn looking() {
    learner(
        r#"
        server = listen 127.0.0.1:0
        client = connect server
        table = sockets
        expect table.scope == "lab" and table.count == 3
        expect table.rows | selectattr("owner", "eq", "server") | list | length >= 1
        mine = sockets client
        expect mine.count == 1 and mine.rows[0].peer == server.local
        waiting = sockets server --state ESTABLISHED
        expect waiting.count == 1 and waiting.rows[0].peer == client.local
        listening = sockets --state LISTEN
        expect listening.count == 1 and listening.rows[0].recv_queue == 1
        inner = sockets client --details
        expect inner.rows[0].details.mss > 0 and inner.rows[0].details.retransmits == 0
        outside = sockets --exposed
        expect outside.count == 0
        holders = who server
        expect not holders.free and holders.port == server.port
        everything = sockets --all
        expect everything.count >= 3
        numbers = range
        expect numbers.low == machine.range.low and numbers.size == machine.range.size
        addresses = resolve localhost
        expect addresses.addresses | length > 0
        cards = interfaces
        expect cards is ok
        lo = counters lo
        expect lo.rx_packets > 0
        way = route 127.0.0.1
        expect way.type == "local"
        trips = rtt --samples 100 --warm-up 10
        expect trips.samples == 100 and trips.p50_us > 0
        expect trips.p50_us <= trips.p99_us and trips.p99_us <= trips.p999_us
        bars = plot trips
        expect bars.of == "microseconds"
        flow = throughput --bytes 1000000
        expect flow.bytes >= 1000000 and flow.gigabits_per_second > 0
        unix = throughput --over unix --bytes 1000000 --block 4096
        expect unix.over == "unix" and unix.block == 4096
        course = plot flow
        expect course.of == "milliseconds" and course.histogram | length > 0
        second = listen server
        why = explain second
        expect why.cards[0].key == "EADDRINUSE" and why.observations | length == 1
        port = explain 443
        expect port.observations | length > 0
        "#,
    );
}

#[test]
fn thinking() {
    learner(
        r#"
        server = listen 127.0.0.1:0
        shown = show server.port * 2
        expect shown.value == server.port + server.port
        wait 1ms
        wait server is listening
        expect last is ok
        never = wait server is closed --within 10ms
        expect never.error == "unmet"
        "#,
    );
}
