//! Live servers and what they were asked.
use looplab::lang::{Exchange, Fact, Outcome, OwnServer, Request, Requests, Response, Signalled};

use super::lesson::pairs;
use super::{at, done, inet};

#[expect(clippy::too_many_lines, reason = "one fact after the other")]
pub(super) fn facts() -> Vec<Outcome> {
    vec![
        done(
            "web",
            "serve",
            Fact::Server(OwnServer {
                protocol: "http",
                local: at("127.0.0.1:8000"),
                address: "127.0.0.1".to_owned(),
                port: 8000,
                url: Some("http://127.0.0.1:8000/".to_owned()),
                private: false,
                to: None,
                pid: None,
                processes: Vec::new(),
            }),
        ),
        done(
            "echo",
            "serve",
            Fact::Server(OwnServer {
                protocol: "echo",
                local: at("127.0.0.1:8001"),
                address: "127.0.0.1".to_owned(),
                port: 8001,
                url: None,
                private: true,
                to: None,
                pid: Some(4711),
                processes: vec![4711, 4712],
            }),
        ),
        done(
            "relay",
            "serve",
            Fact::Server(OwnServer {
                protocol: "relay",
                local: at("0.0.0.0:9001"),
                address: "0.0.0.0".to_owned(),
                port: 9001,
                url: None,
                private: true,
                to: Some(at("127.0.0.1:8001")),
                pid: None,
                processes: Vec::new(),
            }),
        ),
        signalled("SIGSTOP", &[4711], 2, 1),
        signalled("SIGTERM", &[4711], 2, 1),
        signalled("SIGCONT", &[4711, 4712], 2, 0),
        signalled("SIGKILL", &[4711, 4712], 0, 0),
        done(
            "",
            "requests",
            Fact::Requests(Requests {
                server: "web".to_owned(),
                count: 3,
                requests: vec![
                    Request {
                        peer: inet("127.0.0.1:50214"),
                        peer_port: 50214,
                        local: inet("127.0.0.1:8000"),
                        number: 1,
                        method: "GET".to_owned(),
                        target: "/favicon.ico".to_owned(),
                        host: Some("localhost:8000".to_owned()),
                        agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned()),
                        origin: None,
                        status: Some(404),
                        raw: "GET /favicon.ico HTTP/1.1\r\nHost: localhost:8000\r\n\r\n".to_owned(),
                        answer: None,
                        ours: false,
                    },
                    Request {
                        peer: inet("127.0.0.1:50216"),
                        peer_port: 50216,
                        local: inet("127.0.0.1:8000"),
                        number: 1,
                        method: "GET".to_owned(),
                        target: "/".to_owned(),
                        host: Some("127.0.0.1:8000".to_owned()),
                        agent: None,
                        origin: Some("http://evil.example".to_owned()),
                        status: Some(403),
                        raw: "GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nOrigin: http://evil.example\r\n\r\n".to_owned(),
                        answer: None,
                        ours: true,
                    },
                ],
            }),
        ),
        done(
            "",
            "requests",
            Fact::Requests(Requests {
                server: "dns".to_owned(),
                count: 1,
                requests: vec![Request {
                    peer: inet("127.0.0.1:50301"),
                    peer_port: 50301,
                    local: inet("127.0.0.1:53"),
                    number: 1,
                    method: "AAAA".to_owned(),
                    target: "localhost".to_owned(),
                    host: None,
                    agent: None,
                    origin: None,
                    status: None,
                    raw: "localhost AAAA".to_owned(),
                    answer: Some("NXDOMAIN".to_owned()),
                    ours: true,
                }],
            }),
        ),
        done(
            "page",
            "get",
            Fact::Response(Response {
                local: inet("127.0.0.1:50214"),
                peer: inet("127.0.0.1:8000"),
                request: "GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n".to_owned(),
                status: 200,
                reason: "OK".to_owned(),
                headers: pairs(&[("Content-Type", "text/plain"), ("Content-Length", "24")]),
                body: "you are 127.0.0.1:50214\n".to_owned(),
                bytes: 24,
                shown: Exchange::Whole,
            }),
        ),
    ]
}

pub(super) fn signalled(
    signal: &'static str,
    processes: &[u32],
    alive: usize,
    stopped: usize,
) -> Outcome {
    let fact = Signalled {
        server: "echo".to_owned(),
        signal,
        pid: processes.first().copied().unwrap(),
        processes: processes.to_vec(),
        alive,
        stopped,
    };
    done("", "signal", Fact::Signalled(fact))
}
