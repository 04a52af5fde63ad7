//! Packets on a real loopback interface, in networks of the tests' own, as an ordinary user.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use looplab::lab::observe::Namespace;
use looplab::lab::world::World;
use looplab::lab::{Lab, LabConfig};
use looplab::lang::{Author, Fact, FailureCause, Packet, WorldName};
use looplab::net::Errno;
use socket2::{Domain, SockAddr, Type};
use support::session::{OneCard, follow, lab, message, outcome};
use support::skip;
use support::user::as_user;

fn private() -> Lab {
    let mut lab = lab();
    lab.clear_into(WorldName::Private);
    lab
}

fn privately(script: &str) {
    follow(&mut private(), Author::Lesson, script);
}

/// What `capture show` tells, as `client→server SYN`.
fn shown(lab: &mut Lab, line: &str) -> Vec<String> {
    let told = |packet: &Packet| {
        let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "?".to_owned());
        let (from, to) = (name(&packet.source_name), name(&packet.destination_name));
        let flags = packet.tcp.as_ref().map(|tcp| tcp.flags.join("+"));
        format!(
            "{from}→{to} {}",
            flags.unwrap_or(packet.protocol.to_owned())
        )
    };
    match outcome(lab, Author::Lesson, line).fact() {
        Some(Fact::Capture(captured)) => captured.packets.iter().map(told).collect(),
        other => panic!("{other:?}"),
    }
}

/// Everything that was recorded.
fn packets(lab: &mut Lab) -> Vec<Packet> {
    match outcome(lab, Author::Lesson, "capture show").fact() {
        Some(Fact::Capture(captured)) => captured.packets.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_conversation_from_handshake_to_farewell() {
    as_user("a_conversation_from_handshake_to_farewell", || {
        privately(
            r#"
            begun = capture start
            expect begun.interface == "lo" and begun.scope == "all"
            server = listen 127.0.0.1:80
            client = connect server
            talk = accept server
            tape = capture show
            expect tape.running and tape.count == 3 and tape.dropped == 0
            expect tape.packets[0].flags == ["SYN"] and tape.packets[0].seq == 0
            expect tape.packets[0].mss > 1000 and tape.packets[0].sack_permitted
            expect tape.packets[0].source == client.local and tape.packets[0].destination == "127.0.0.1:80"
            expect tape.packets[0].source_name == "client" and tape.packets[0].destination_name == "talk"
            expect tape.packets[1].flags == ["SYN", "ACK"] and tape.packets[1].ack == 1
            expect tape.packets[2].flags == ["ACK"] and tape.packets[2].window >= 60000
            send client "hello"
            recv talk
            sent = capture show client
            data = show sent.packets | selectattr("length") | list
            expect data.value[0].text == "hello" and data.value[0].seq == 1 and data.value[0].flags == ["PSH", "ACK"]
            shutdown client
            end = recv talk
            expect end.end_of_stream
            close talk
            # A fork of another test may hold `talk` open for a moment, and the FIN with it.
            wait client.state == "CLOSED"
            whole = capture show --port 80
            fins = show whole.packets | selectattr("fin") | list
            expect fins.value | length == 2 and fins.value[0].seq == 6 and fins.value[1].ack == 7
            expect whole.packets | selectattr("rst") | list | length == 0
            expect whole.packets | map(attribute="conversation") | unique | list == [1]
            empty = capture show --port 81
            expect empty.count == 0
            done = capture stop
            expect done.count >= whole.count and done.dropped == 0
            later = capture show
            expect not later.running and later.count == done.count
            "#,
        );
    });
}

#[test]
fn a_refusal_a_reset_and_a_datagram_that_nobody_wants() {
    as_user("a_refusal_a_reset_and_a_datagram_that_nobody_wants", || {
        let mut lab = private();
        let lines = "
            capture start
            refused = connect 127.0.0.1:9 --from 127.0.0.1:5000
            six = listen [::1]:0
            one = connect six
            other = accept six
            reset one
            broken = recv other
            expect broken is reset
            # The same two ends, of UDP: another conversation.
            u = udp 127.0.0.1:5000 --peer 127.0.0.1:9
            send u ping
            heard = recv u
            expect heard is refused
            tape = capture show
            expect tape.packets[1].flags == ['RST', 'ACK'] and tape.packets[1].ack == 1 and tape.packets[1].window == 0
            expect tape.packets | map(attribute='conversation') | unique | list == [1, 2, 3]
            last_one = show tape.packets | last
            expect last_one.value.port_unreachable and last_one.value.quoted_port == 9
            expect last_one.value.conversation == 3
        ";
        follow(&mut lab, Author::Lesson, lines);
        let expected = [
            "?→? SYN",
            "?→? RST+ACK",
            "one→other SYN",
            "other→one SYN+ACK",
            "one→other ACK",
            "one→other RST+ACK",
            "u→? udp",
            "?→? icmp",
        ];
        assert_eq!(shown(&mut lab, "capture show"), expected);
        assert_eq!(shown(&mut lab, "capture show other"), expected[2..6]);
        assert_eq!(shown(&mut lab, "capture show six"), expected[2..6]);
        assert_eq!(shown(&mut lab, "capture show --port 9").len(), 4);
    });
}

#[test]
fn both_ends_walk_through_their_states() {
    as_user("both_ends_walk_through_their_states", || {
        privately(
            r#"
            server = listen 127.0.0.1:80
            alone = states server
            expect alone.state == "LISTEN" and alone.ends | length == 1
            client = connect server
            wait server.queue == 1
            waiting = states client
            expect waiting.state == "ESTABLISHED" and waiting.peer_state == "ESTABLISHED"
            expect not waiting.ends[1].held
            talk = accept server
            open = states talk
            expect open.ends[0].name == "talk" and open.ends[1].name == "client"
            shutdown client
            end = recv talk
            wait client.state == "FIN-WAIT-2"
            half = states client
            expect half.state == "FIN-WAIT-2" and half.peer_state == "CLOSE-WAIT"
            close talk
            wait client.state == "CLOSED"
            over = states client
            expect over.state == "TIME-WAIT" and over.peer_state == "CLOSED"
            expect over.ends[0].timer_seconds > 50 and not over.ends[0].held
            back = states talk
            expect back.state == "CLOSED" and back.peer_state == "TIME-WAIT"
            self = connect 127.0.0.1:4001 --from 127.0.0.1:4001
            mirror = states self
            expect mirror.state == "ESTABLISHED" and mirror.ends | length == 1
            dual = listen [::]:0
            four = connect 127.0.0.1:{{ dual.port }}
            both = accept dual
            seen = states both
            expect seen.state == "ESTABLISHED" and seen.peer_state == "ESTABLISHED" and seen.ends[1].name == "four"
            nobody = connect 127.0.0.1:9
            absent = states nobody
            expect absent.error == "no_such_name"
            "#,
        );
    });
}

#[test]
fn a_flood_is_bounded_and_counted() {
    as_user("a_flood_is_bounded_and_counted", || {
        privately(
            "
            capture start
            server = listen 127.0.0.1:80 --backlog 4096
            crowd = many 4000 server --close
            expect crowd.opened == 4000
            tape = capture show
            expect tape.count + tape.dropped >= 12000
            expect tape.dropped > 0 and tape.count <= 10000
            expect tape.packets | length == 500
            again = capture start
            expect again.error == 'not_allowed'
            ",
        );
    });
}

#[test]
fn what_cannot_be_recorded_is_said() {
    as_user("what_cannot_be_recorded_is_said", || {
        let mut lab = private();
        let mut said = |line| message(&mut lab, Author::Learner, line);
        assert!(said("capture show").contains("nothing is being recorded"));
        assert!(said("capture stop").contains("nothing is being recorded"));
        assert!(said("capture save x.pcapng").contains("nothing is being recorded"));
        assert!(said("capture start eth7").contains("no interface `eth7`"));
        assert!(said("capture start interface-names-are-short").contains("no interface"));
        assert!(said("capture show client").contains("no `client`"));
    });
}

#[test]
fn on_the_host_it_takes_a_privilege() {
    as_user("on_the_host_it_takes_a_privilege", || {
        let mut lab = lab();
        let start = outcome(&mut lab, Author::Lesson, "capture start");
        if let Some(failure) = start.failure() {
            assert_eq!(failure.error, FailureCause::Errno(Errno::EPERM));
            assert!(failure.message.contains("private world"), "{failure:?}");
            return;
        }
        let lines = "
            server = listen 127.0.0.1:0
            client = connect server
            talk = accept server
            tape = capture show
            expect tape.scope == 'lab' and tape.count == 3
            nope = connect 127.7.7.31:9
            expect nope is refused
            more = capture show
            last_one = show more.packets | last
            expect last_one.value.rst
        ";
        follow(&mut lab, Author::Lesson, lines);
    });
}

/// Somebody else's conversation in the same network; the listener's port.
fn foreign(network: &World) -> u16 {
    let socket = |kind| network.socket(Domain::IPV4, kind, None).unwrap();
    let anywhere = SockAddr::from(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let listener = socket(Type::STREAM);
    listener.bind(&anywhere).unwrap();
    listener.listen(1).unwrap();
    let at = listener.local_addr().unwrap();
    let client = socket(Type::STREAM);
    client.connect(&at).unwrap();
    client.send(b"secret").unwrap();
    let (server, _) = listener.accept().unwrap();
    server.recv(&mut [MaybeUninit::uninit(); 6]).unwrap();
    let udp = socket(Type::DGRAM);
    udp.bind(&anywhere).unwrap();
    udp.send_to(b"secret", &udp.local_addr().unwrap()).unwrap();
    at.as_socket().unwrap().port()
}

/// A lab that takes a network with others in it for its host.
fn among_others(network: &Arc<World>) -> Lab {
    let namespace = Arc::clone(network);
    Lab::new(LabConfig {
        namespace,
        ..LabConfig::new(Arc::new(OneCard))
    })
}

#[test]
fn among_others_nothing_foreign_is_shown() {
    as_user("among_others_nothing_foreign_is_shown", || {
        let network = Arc::new(World::new().unwrap());
        let mut lab = among_others(&network);
        let lines = "
            begun = capture start
            expect begun.scope == 'lab'
            server = listen 127.0.0.1:0
        ";
        let before = foreign(&network);
        follow(&mut lab, Author::Lesson, lines);
        let during = foreign(&network);
        let lines = "
            client = connect server
            talk = accept server
            send client ours
            recv talk
            nope = connect 127.0.0.1:9
            six = udp [::1]:0 --peer [::1]:9
            send six datagram
            unheard = recv six
            expect unheard is refused
            page = serve http
            got = get page/
            expect got.status == 200
        ";
        follow(&mut lab, Author::Lesson, lines);
        let after = foreign(&network);
        // A visitor that is no part of this lab is shown: it came to a server of the lab.
        let at = support::session::value(&lab, "server", "local");
        let at: SocketAddr = at.as_str().unwrap().parse().unwrap();
        let visitor = network.socket(Domain::IPV4, Type::STREAM, None).unwrap();
        visitor.connect(&at.into()).unwrap();
        let visitor = visitor.local_addr().unwrap().as_socket().unwrap().port();

        let packets = packets(&mut lab);
        let texts: Vec<_> = packets.iter().map(|p| p.text.as_str()).collect();
        assert!(
            texts.contains(&"ours") && texts.contains(&"datagram"),
            "{texts:?}"
        );
        assert!(texts.iter().any(|text| text.starts_with("GET / HTTP/1.1")));
        assert!(!texts.contains(&"secret"), "{texts:?}");
        let ports = |p: &Packet| [p.source_port, p.destination_port];
        let met = |port| packets.iter().any(|p| ports(p).contains(&Some(port)));
        for port in [before, during, after] {
            assert!(!met(port), "{port}: {packets:?}");
        }
        assert!(met(visitor));
        let refusals: Vec<_> = packets
            .iter()
            .filter(|p| ports(p).contains(&Some(9)))
            .collect();
        let resets = refusals
            .iter()
            .filter(|p| p.tcp.as_ref().is_some_and(|t| t.rst));
        assert_eq!((refusals.len(), resets.count()), (3, 1), "{refusals:?}");
        assert!(
            packets
                .iter()
                .any(|p| p.icmp.as_ref().is_some_and(|i| i.port_unreachable))
        );
    });
}

#[test]
fn a_flood_of_others_takes_no_room() {
    as_user("a_flood_of_others_takes_no_room", || {
        let network = Arc::new(World::new().unwrap());
        let mut lab = among_others(&network);
        follow(
            &mut lab,
            Author::Lesson,
            "capture start\nserver = listen 127.0.0.1:0",
        );
        let sink = network.socket(Domain::IPV4, Type::DGRAM, None).unwrap();
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        sink.bind(&anywhere.into()).unwrap();
        let at = sink.local_addr().unwrap();
        for _ in 0..20_000 {
            sink.send_to(b"flood", &at).unwrap();
        }
        let lines = "
            client = connect server
            talk = accept server
            tape = capture show
            expect tape.count == 3 and tape.dropped == 0
        ";
        follow(&mut lab, Author::Lesson, lines);
    });
}

#[test]
fn the_cable_to_a_neighbour() {
    as_user("the_cable_to_a_neighbour", || {
        privately(
            r#"
            neighbour
            server = listen 0.0.0.0:80
            capture start veth0
            there = neighbour connect 10.0.0.1:80
            talk = accept server
            tape = capture show --port 80
            expect tape.count == 3 and tape.packets[0].source == there.local
            expect tape.packets[0].mss == 1460 and tape.packets[2].destination_name == "talk"
            whole = capture show
            arp = show whole.packets | selectattr("arp") | list
            expect arp.value[0].arp == "request" and arp.value[0].destination == "10.0.0.1"
            "#,
        );
    });
}

#[test]
fn wireshark_reads_what_is_saved() {
    as_user("wireshark_reads_what_is_saved", || {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("tape.pcapng");
        let mut lab = private();
        let lines = "
            capture start
            server = listen 127.0.0.1:80
            client = connect server
            talk = accept server
            send client --bytes 100000
            reset client
            nobody = connect [::1]:9
        ";
        follow(&mut lab, Author::Lesson, lines);
        let line = format!("saved = capture save {}", file.display());
        let refused = message(&mut lab, Author::Lesson, &line);
        assert!(refused.contains("a lesson writes no files"), "{refused}");
        assert!(!file.exists());
        follow(
            &mut lab,
            Author::Learner,
            &format!("{line}\nexpect saved is ok"),
        );
        refuse_to_overwrite(&mut lab, directory.path(), &line);
        let tape = packets(&mut lab);
        let Ok(read) = Command::new("tshark")
            .arg("-r")
            .arg(&file)
            .args(["-T", "fields", "-e", "tcp.flags", "-e", "tcp.len"])
            // The settings of whoever runs the tests have no say.
            .env("HOME", directory.path())
            .env_remove("XDG_CONFIG_HOME")
            .output()
        else {
            skip("wireshark_reads_what_is_saved", "there is no tshark");
            return;
        };
        let why = String::from_utf8_lossy(&read.stderr);
        let warned = why.lines().any(|line| !line.contains("user \"root\""));
        assert!(read.status.success() && !warned, "{why}");
        let lines = String::from_utf8_lossy(&read.stdout).into_owned();
        let expected: Vec<String> = tape.iter().map(fields).collect();
        assert_eq!(lines.lines().collect::<Vec<_>>(), expected);
    });
}

/// Flags and length as tshark prints them.
fn fields(packet: &Packet) -> String {
    const NAMES: [&str; 8] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
    let tcp = packet.tcp.as_ref().unwrap();
    let bit = |name: &&str| 1 << NAMES.iter().position(|known| known == name).unwrap();
    let flags: u16 = tcp.flags.iter().map(bit).sum();
    format!("0x{flags:04x}\t{}", packet.length)
}

fn refuse_to_overwrite(lab: &mut Lab, directory: &Path, line: &str) {
    let refused = message(lab, Author::Learner, &line.replacen("saved", "again", 1));
    assert!(refused.contains("--force"), "{refused}");
    let (_, unnamed) = line.split_once("= ").unwrap();
    let forced = outcome(lab, Author::Learner, &format!("{unnamed} --force"));
    assert!(forced.is_ok(), "{forced:?}");
    let precious = directory.join("precious");
    std::fs::write(&precious, "mine").unwrap();
    let link = directory.join("link.pcapng");
    symlink(&precious, &link).unwrap();
    for flag in ["", "--force"] {
        let line = format!("capture save {} {flag}", link.display());
        message(lab, Author::Learner, &line);
    }
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "mine");
    let line = format!("capture save {}", precious.display());
    assert!(message(lab, Author::Learner, &line).contains(".pcapng"));
}
