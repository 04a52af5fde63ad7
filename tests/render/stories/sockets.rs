//! Sockets: opened, written to, read and closed.
use looplab::lang::{
    Closed, Fact, HalfClosed, Outcome, OwnConnection, OwnSocket, Received, Role, Sent,
};

use super::lesson::owned;
use super::{at, done, end, listener, own};

pub(super) fn facts() -> Vec<Outcome> {
    let (client, server) = ("127.0.0.1:40002", "127.0.0.1:43817");
    vec![
        done("claim", "bind", Fact::Bound(own(server))),
        listener("server", server),
        listener("", "[::1]:8080"),
        done(
            "open",
            "listen",
            Fact::Listener(OwnSocket {
                backlog: Some(5),
                options: vec!["reuseaddr", "reuseport"],
                ..own("0.0.0.0:8080")
            }),
        ),
        listener("chat", "unix:chat"),
        done(
            "mine",
            "listen",
            Fact::Listener(OwnSocket {
                backlog: Some(128),
                mode: Some("0600".to_owned()),
                file: Some("/run/user/1000/looplab-1/chat".to_owned()),
                ..own("unix:chat")
            }),
        ),
        done(
            "guest",
            "accept",
            Fact::Connection(OwnConnection {
                role: Role::Server,
                local: at("unix:chat"),
                peer: at("unix:chat"),
                address: "chat".to_owned(),
                port: None,
                peer_port: None,
                peer_pid: Some(4711),
                peer_uid: Some(1000),
                options: Vec::new(),
            }),
        ),
        end("client", Role::Client, client, server),
        end("answer", Role::Server, server, client),
        end("self", Role::Client, server, server),
        done("udp", "udp", Fact::Udp(own("127.0.0.1:5353"))),
        done(
            "one",
            "udp",
            Fact::Udp(OwnSocket {
                peer: Some(at("127.0.0.1:5353")),
                ..own("127.0.0.1:5354")
            }),
        ),
        sent("client", 5, 5, None),
        sent("client", 2_539_008, 8_000_000, None),
        sent("udp", 1, 1, Some("127.0.0.1:5354")),
        received("got", "answer", "GET / HTTP/1.1\r\n\t\"x\"", None),
        received("", "answer", "", None),
        received("", "udp", "ping", Some("127.0.0.1:5354")),
        received("", "answer", &"filler ".repeat(60), None),
        done(
            "",
            "shutdown",
            Fact::HalfClosed(HalfClosed {
                socket: "client".to_owned(),
                direction: "write",
            }),
        ),
        done(
            "",
            "close",
            Fact::Closed(Closed {
                names: owned(&["client", "server", "many"]),
                abrupt: false,
                count: 402,
            }),
        ),
    ]
}

pub(crate) fn received(name: &str, socket: &str, text: &str, from: Option<&str>) -> Outcome {
    let fact = Received {
        socket: socket.to_owned(),
        bytes: text.len(),
        text: text.to_owned(),
        end_of_stream: text.is_empty(),
        from: from.map(at),
        truncated: false,
    };
    done(name, "recv", Fact::Received(fact))
}

pub(super) fn sent(socket: &str, bytes: usize, wanted: usize, to: Option<&str>) -> Outcome {
    let fact = Sent {
        socket: socket.to_owned(),
        bytes,
        wanted,
        to: to.map(at),
    };
    done("", "send", Fact::Sent(fact))
}
