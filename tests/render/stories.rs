//! Events, facts and pages to look at: one of each kind at least.
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use looplab::lang::{
    Author, Bucket, Card, Cause, Closed, CounterReading, Diagnosis, EphemeralRange, Exchange,
    Explanation, Fact, Failure, FailureCause, FilterAction, FilterRule, Filters, Flow, HalfClosed,
    Holders, Holding, HostsFile, InWorld, Interface, Interfaces, KernelRoute, LinkState,
    ManyOpened, Network, NextDoor, Observed, Outcome, OwnConnection, OwnServer, OwnSocket, Plot,
    Received, Repeated, Request, Requests, Resolved, Response, Role, RoundTrips, Scanned, Sent,
    Setting, Shown, Signalled, SocketRow, SocketTable, Waited, WorldName,
};
use looplab::net::{Eai, Endpoint, Errno, TcpState};
use looplab::render::{self, Check, ClaimEntry, ClaimStatus, Found, MenuChapter, MenuEntry, Page};
use looplab::tutor::{Ask, Event, Foretold, GoalState, StepResult, Summary};
use serde_json::json;

pub(crate) fn at(text: &str) -> Endpoint {
    Endpoint::parse(text).unwrap()
}

fn inet(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub(crate) fn done(name: &str, verb: &'static str, fact: Fact) -> Outcome {
    Outcome {
        name: (!name.is_empty()).then(|| name.to_owned()),
        verb,
        took: Duration::from_micros(42),
        replaced: false,
        network: Network::default(),
        result: Observed::Done(fact),
    }
}

pub(crate) fn failed(
    name: &str,
    operation: &'static str,
    (local, peer): (Option<&str>, Option<&str>),
    error: FailureCause,
    message: &str,
) -> Outcome {
    Outcome {
        name: (!name.is_empty()).then(|| name.to_owned()),
        verb: operation,
        took: Duration::from_secs(2),
        replaced: false,
        network: Network::default(),
        result: Observed::Failed(failure(operation, (local, peer), error, message)),
    }
}

fn failure(
    operation: &'static str,
    (local, peer): (Option<&str>, Option<&str>),
    error: FailureCause,
    message: &str,
) -> Failure {
    Failure {
        error,
        operation,
        local: local.map(at),
        peer: peer.map(at),
        message: message.to_owned(),
    }
}

fn own(local: &str) -> OwnSocket {
    let local = at(local);
    let inet = local.inet();
    OwnSocket {
        address: inet.map_or_else(|| "chat".to_owned(), |i| i.ip().to_string()),
        port: inet.map(|i| i.port()),
        local,
        backlog: None,
        peer: None,
        mode: None,
        file: None,
        private: false,
        options: Vec::new(),
    }
}

pub(crate) fn listener(name: &str, local: &str) -> Outcome {
    let socket = OwnSocket {
        backlog: Some(128),
        ..own(local)
    };
    done(name, "listen", Fact::Listener(socket))
}

pub(crate) fn end(name: &str, role: Role, local: &str, peer: &str) -> Outcome {
    let (local, peer) = (at(local), at(peer));
    let verb = match role {
        Role::Client => "connect",
        Role::Server => "accept",
    };
    let connection = OwnConnection {
        role,
        address: local.to_string(),
        port: local.inet().map(|i| i.port()),
        peer_port: peer.inet().map(|i| i.port()),
        peer_pid: None,
        peer_uid: None,
        local,
        peer,
        options: Vec::new(),
    };
    done(name, verb, Fact::Connection(connection))
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

fn sent(socket: &str, bytes: usize, wanted: usize, to: Option<&str>) -> Outcome {
    let fact = Sent {
        socket: socket.to_owned(),
        bytes,
        wanted,
        to: to.map(at),
    };
    done("", "send", Fact::Sent(fact))
}

fn refused_bind(name: &str) -> Outcome {
    failed(
        name,
        "bind",
        (Some("127.0.0.1:43817"), None),
        FailureCause::Errno(Errno::EADDRINUSE),
        "bind 127.0.0.1:43817: the address is in use (EADDRINUSE)",
    )
}

fn shown_outcome(outcome: Outcome) -> Event {
    Event::Outcome {
        line: String::new(),
        outcome: Box::new(outcome),
    }
}

fn command(line: &str) -> Event {
    Event::Command {
        line: line.to_owned(),
        author: Author::Lesson,
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn pairs(texts: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    texts.iter().map(owned).collect()
}

pub(crate) fn card() -> Card {
    let cause = |because: &str, cure: &str, operation: Option<&str>| Cause {
        because: because.to_owned(),
        cure: cure.to_owned(),
        operation: operation.map(str::to_owned),
    };
    Card {
        key: "EADDRINUSE".to_owned(),
        title: "Address already in use".to_owned(),
        says:
            "Another socket has a claim that collides with yours: same protocol, same\nport, and \
               an address that is the same or covers yours. `who PORT` names the holder.\n"
                .to_owned(),
        causes: vec![
            cause(
                "Another listener has the endpoint; often it is your own program, started twice.",
                "Run `who 3000` here or `ss -tlnp` in a shell, and stop the holder.",
                Some("bind"),
            ),
            cause(
                "Your server was just stopped, and connections that it closed first are in TIME-WAIT.",
                "Let the server set SO_REUSEADDR before bind, always.",
                Some("bind"),
            ),
            cause(
                "Another socket began to listen.",
                "Only one may listen.",
                Some("listen"),
            ),
            cause(
                "A child process has inherited the listener.",
                "Find it with `who 3000`.",
                None,
            ),
            cause(
                "Every port of the range is taken.",
                "Close sockets.",
                Some("bind"),
            ),
        ],
        see: owned(&["EADDRNOTAVAIL", "TIME-WAIT"]),
        source: Some("bind(2), listen(2), socket(7)".to_owned()),
    }
}

const STORY: &str = "\
A **listener** claims an address and a port, and *holds* them until it is closed. Its
endpoint is written `127.0.0.1:43817`.

1. The first one asks for port 0: *any free port*.
2. The second one asks for the very same.
   - It may be another program,
   - or yours, started twice; in that case the line is long enough to be wrapped.

| claim | by | allowed |
|---|---|---:|
| `127.0.0.1:43817` | the first listener | yes |
| `127.0.0.1:43817` | the second listener, which comes later | 2 |

> [!NOTE]
> A port number is not a thing of the *machine*: TCP and UDP each number their own.

```lab
second = listen first --backlog 5   # ask again
```

```
GET / HTTP/1.1
Host: 127.0.0.1
```

### More to read

See [RFC 9293](https://www.rfc-editor.org/rfc/rfc9293) or <https://example.org>, and mind <b>HTML</b>.
";

/// A lesson that uses every event.
#[expect(clippy::too_many_lines, reason = "one event after the other")]
pub(crate) fn lesson() -> Vec<Event> {
    let (client, server) = ("127.0.0.1:40002", "127.0.0.1:43817");
    vec![
        Event::LessonStarted {
            lesson: "address-in-use".to_owned(),
            title: "Two servers, one port".to_owned(),
            summary: "Why \"address already in use\" happens, and three ways out.".to_owned(),
            minutes: 8,
            objectives: owned(&["say what a listener claims", "name three ways out of `EADDRINUSE`"]),
        },
        Event::StepStarted {
            step: "story".to_owned(),
            title: Some("What a listener claims".to_owned()),
            number: 1,
            total: 9,
            kind: "say",
        },
        Event::Say {
            text: STORY.to_owned(),
        },
        Event::StepDone {
            step: "story".to_owned(),
            result: StepResult::Done,
        },
        Event::StepStarted {
            step: "same-port".to_owned(),
            title: None,
            number: 2,
            total: 9,
            kind: "predict",
        },
        Event::Prepared {
            lines: owned(&["first = listen 127.0.0.1:0"]),
        },
        Event::Question {
            question: "A second server asks for the very same port. What does the kernel do?".to_owned(),
            options: owned(&[
                "Both work.",
                "The second one is refused the address, because the first one still holds it, and nobody else may.",
                "Only `root` may do that.",
            ]),
            prediction: true,
            ask: Ask::Letter {
                options: 3,
                several: false,
            },
        },
        Event::NotUnderstood {
            given: "x".to_owned(),
            help: "one letter from a to c; or `skip`".to_owned(),
        },
        Event::Predicted {
            option: 0,
            text: "Both work.".to_owned(),
        },
        command("second = listen first"),
        shown_outcome(refused_bind("second")),
        Event::Graded {
            chosen: Some(0),
            came_true: vec![1],
            truth: owned(&["The second one is refused the address, because the first one still holds it, and nobody else may."]),
            seen: owned(&["`second.error` is EADDRINUSE"]),
            misconception: Some("ports-are-shared".to_owned()),
        },
        Event::Graded {
            chosen: Some(1),
            came_true: vec![1],
            truth: owned(&["The second one is refused."]),
            seen: owned(&["`second.error` is EADDRINUSE"]),
            misconception: None,
        },
        Event::Graded {
            chosen: None,
            came_true: vec![1],
            truth: owned(&["The second one is refused."]),
            seen: owned(&["`second.error` is EADDRINUSE"]),
            misconception: None,
        },
        Event::Surprise {
            observed: pairs(&[
                ("Both work.", "`second` failed (EACCES)"),
                ("The second one is refused the address.", "`second.error` is \"EACCES\""),
            ]),
        },
        Event::Explained {
            text: "The kernel kept `127.0.0.1:43817` for the first listener.".to_owned(),
        },
        Event::RefutationStarted {
            misconception: "ports-are-shared".to_owned(),
        },
        command("server = listen 127.0.0.1:0"),
        shown_outcome(listener("server", server)),
        command("client = connect server   # from any port"),
        shown_outcome(end("client", Role::Client, client, server)),
        command("answer = accept server"),
        shown_outcome(end("answer", Role::Server, server, client)),
        command("send client hello"),
        shown_outcome(sent("client", 5, 5, None)),
        command("got = recv answer"),
        shown_outcome(received("got", "answer", "hello", None)),
        command("shutdown client"),
        shown_outcome(done(
            "",
            "shutdown",
            Fact::HalfClosed(HalfClosed {
                socket: "client".to_owned(),
                direction: "write",
            }),
        )),
        command("recv answer"),
        shown_outcome(received("", "answer", "", None)),
        command("reset answer"),
        shown_outcome(done(
            "",
            "reset",
            Fact::Closed(Closed {
                names: owned(&["answer"]),
                abrupt: true,
                count: 1,
            }),
        )),
        command("recv client"),
        shown_outcome(failed(
            "",
            "recv",
            (Some(client), Some(server)),
            FailureCause::Errno(Errno::ECONNRESET),
            "recv 127.0.0.1:43817 from 127.0.0.1:40002: the peer broke the connection off (ECONNRESET)",
        )),
        Event::Explained {
            text: "Two ends, four numbers, one connection.".to_owned(),
        },
        Event::RefutationEnded,
        Event::StepSkipped {
            step: "six".to_owned(),
            reason: "This step is left out here: it needs IPv6, and ::1 cannot be used here.".to_owned(),
        },
        Event::StepStarted {
            step: "your-turn".to_owned(),
            title: Some("Your turn".to_owned()),
            number: 9,
            total: 9,
            kind: "task",
        },
        Event::Task {
            text: "Start two servers on the same *port number*, without an error.".to_owned(),
        },
        Event::Goals {
            goals: vec![
                GoalState {
                    say: "two listeners are open".to_owned(),
                    met: true,
                    why: "`listeners | length` is 2".to_owned(),
                },
                GoalState {
                    say: "they share the port number".to_owned(),
                    met: false,
                    why: "`second.port` is 40001, not 43817".to_owned(),
                },
            ],
            met: false,
        },
        Event::BadLine {
            line: "secnd = listn 127.0.0.1:0 --reuseport --backlog 12 --port-range 40000-40009 # a long line".to_owned(),
            message: "there is no verb `listn`".to_owned(),
            span: 8..13,
            help: Some("did you mean `listen`?".to_owned()),
        },
        Event::Trap {
            text: "That asks for the *same address* again.".to_owned(),
        },
        Event::Hint {
            tier: 1,
            of: 3,
            text: "A port is claimed together with an address.".to_owned(),
        },
        Event::NoMoreHints { solution: true },
        Event::NoMoreHints { solution: false },
        Event::Solution {
            lines: owned(&["second = listen 127.0.0.2:43817"]),
        },
        Event::Card { card: card() },
        Event::Goals {
            goals: vec![GoalState {
                say: "two listeners are open".to_owned(),
                met: true,
                why: String::new(),
            }],
            met: true,
        },
        Event::Play { on: true },
        Event::Play { on: false },
        Event::Notes {
            text: "Ask the room why a browser never meets this error.".to_owned(),
        },
        Event::Notice {
            text: "The goals above are still open. `hint` helps; `skip` performs the step.".to_owned(),
        },
        Event::Question {
            question: "Which parts did you change?".to_owned(),
            options: owned(&["the address", "the port"]),
            prediction: false,
            ask: Ask::Letter {
                options: 2,
                several: true,
            },
        },
        Event::Answered {
            correct: false,
            given: "b".to_owned(),
            answer: None,
            because: Some("The port stayed `43817`.".to_owned()),
        },
        Event::Answered {
            correct: true,
            given: "a".to_owned(),
            answer: Some("a) the address".to_owned()),
            because: Some("A listener claims *both*.".to_owned()),
        },
        Event::Help {
            words: pairs(&[
                ("next", "go on; Enter alone does the same"),
                ("solution", "type the solution into the prompt, without running it"),
                ("reset", "start this step afresh"),
            ]),
            verbs: pairs(&[
                ("listen", "Open a listener: claim an endpoint, and let connections queue there (bind(2), listen(2))."),
                ("reset", "Close a connection abruptly: the peer gets a RST."),
                ("who", "Say what holds a port, and how it would become free."),
            ]),
        },
        Event::VerbHelp {
            text: "`accept [OPTIONS] <LISTENER>`\nTake the oldest waiting connection.\n\
                   LISTENER\tThe name of a listener\n--within TIME\tHow long to wait"
                .to_owned(),
        },
        Event::LessonDone {
            lesson: "address-in-use".to_owned(),
            title: "Two servers, one port".to_owned(),
            summary: Summary {
                predictions: 3,
                right: 2,
                tasks: 1,
                skipped: 1,
                foretold: vec![Foretold {
                    question: "Who else may take port 40001?".to_owned(),
                    predicted: Some("Nobody, as long as `first` is open.".to_owned()),
                    came_true: owned(&["Nobody, as long as `first` is open."]),
                    seen: None,
                }],
                surprises: vec![Foretold {
                    question: "A second server asks for the very same port. What does the kernel do?".to_owned(),
                    predicted: Some("Both work.".to_owned()),
                    came_true: owned(&["The second one is refused."]),
                    seen: Some("`second.error` is EADDRINUSE".to_owned()),
                }],
            },
        },
    ]
}

fn row(state: TcpState, local: &str, peer: Option<&str>) -> SocketRow {
    SocketRow {
        protocol: "tcp",
        state,
        local: at(local),
        peer: peer.map(at),
        recv_queue: 0,
        send_queue: 0,
        uid: 1000,
        inode: 4711,
        timer_seconds: None,
        pid: None,
        process: None,
        owner: None,
        children: Vec::new(),
        reachable_at: None,
        details: None,
    }
}

pub(crate) fn rows() -> Vec<SocketRow> {
    let long = "[fe80::1ff:fe23:4567:890a]:43817";
    vec![
        SocketRow {
            recv_queue: 2,
            send_queue: 128,
            owner: Some("server".to_owned()),
            ..row(TcpState::Listen, "127.0.0.1:43817", None)
        },
        SocketRow {
            recv_queue: 5,
            send_queue: 2_304_000,
            owner: Some("client".to_owned()),
            ..row(
                TcpState::Established,
                "127.0.0.1:40002",
                Some("127.0.0.1:43817"),
            )
        },
        SocketRow {
            pid: Some(812),
            process: Some("postgres".into()),
            uid: 70,
            ..row(
                TcpState::CloseWait,
                long,
                Some("[fe80::1ff:fe23:4567:890b]:50000"),
            )
        },
        SocketRow {
            inode: 0,
            timer_seconds: Some(59.4),
            ..row(
                TcpState::TimeWait,
                "127.0.0.1:43817",
                Some("127.0.0.1:40000"),
            )
        },
    ]
}

fn table(rows: Vec<SocketRow>, scope: &'static str) -> Fact {
    Fact::Sockets(SocketTable {
        scope,
        count: rows.len(),
        rows,
        notes: owned(&["Processes of other users are not shown: their `/proc` is closed to you."]),
    })
}

fn buckets() -> Vec<Bucket> {
    let counts = [12, 30, 0, 7, 45, 80, 33, 21, 20, 19, 5, 1, 0, 0, 2, 64];
    let bucket = |(place, count): (u16, u64)| {
        let from = 32_768.0 + 1_764.5 * f64::from(place);
        Bucket {
            from,
            to: from + 1_764.5,
            count,
        }
    };
    (0..).zip(counts).map(bucket).collect()
}

fn signalled(signal: &'static str, processes: &[u32], alive: usize, stopped: usize) -> Outcome {
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

/// Every fact and every cause at least once.
#[expect(clippy::too_many_lines, reason = "one fact after the other")]
pub(crate) fn facts() -> Vec<Outcome> {
    let (client, server) = ("127.0.0.1:40002", "127.0.0.1:43817");
    let errno = FailureCause::Errno;
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
        signalled("SIGCONT", &[4711, 4712], 2, 0),
        signalled("SIGKILL", &[4711, 4712], 0, 0),
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
        done("", "sockets", table(rows().into_iter().take(2).collect(), "lab")),
        done("", "sockets", table(rows(), "all")),
        done(
            "",
            "who",
            Fact::Who(Holders {
                port: 43817,
                rows: rows().into_iter().take(1).collect(),
                finding: "port 43817 is held by a listener of this lab (`server`), on 127.0.0.1".to_owned(),
                cure: Some("`close server`, or choose another port".to_owned()),
                free: false,
            }),
        ),
        done(
            "",
            "who",
            Fact::Who(Holders {
                port: 9,
                rows: Vec::new(),
                finding: "port 9 is free: nothing holds it".to_owned(),
                cure: None,
                free: true,
            }),
        ),
        done(
            "",
            "range",
            Fact::Range(EphemeralRange {
                low: 32768,
                high: 60999,
                size: 28_232,
                reserved: String::new(),
                unprivileged_start: 1024,
                source: "/proc/sys/net/ipv4/ip_local_port_range".to_owned(),
            }),
        ),
        done(
            "",
            "resolve",
            Fact::Resolved(Resolved {
                query: "localhost".to_owned(),
                addresses: vec!["::1".parse().unwrap(), IpAddr::V4(Ipv4Addr::LOCALHOST)],
                sources: owned(&["/etc/hosts, line 1: 127.0.0.1 localhost"]),
            }),
        ),
        done(
            "",
            "interfaces",
            Fact::Interfaces(Interfaces {
                interfaces: vec![
                    Interface {
                        name: "lo".to_owned(),
                        up: true,
                        loopback: true,
                        mtu: Some(65_536),
                        addresses: owned(&["127.0.0.1/8", "::1/128"]),
                    },
                    Interface {
                        name: "eth0".to_owned(),
                        up: false,
                        loopback: false,
                        mtu: None,
                        addresses: Vec::new(),
                    },
                ],
            }),
        ),
        done(
            "",
            "counters",
            Fact::Counters(CounterReading {
                interface: "lo".to_owned(),
                rx_packets: 1_234,
                rx_bytes: 8_765_432,
                tx_packets: 1_234,
                tx_bytes: 8_765_432,
                protocol: BTreeMap::from([
                    ("TcpOutRsts".to_owned(), 17),
                    ("TcpExtListenOverflows".to_owned(), 12_345),
                ]),
            }),
        ),
        done(
            "",
            "route",
            Fact::Route(KernelRoute {
                destination: "127.49.3.42".parse().unwrap(),
                route_type: "local".to_owned(),
                interface: Some("lo".to_owned()),
                source: Some("127.0.0.1".parse().unwrap()),
                gateway: None,
            }),
        ),
        done(
            "",
            "explain",
            Fact::Explanation(Explanation {
                topic: "EADDRINUSE".to_owned(),
                observations: owned(&["EADDRINUSE is number 98 on this system"]),
                cards: vec![card()],
            }),
        ),
        done(
            "trip",
            "rtt",
            Fact::Rtt(RoundTrips {
                over: "tcp",
                samples: 5_000,
                bytes: 64,
                min_us: 7.92,
                p50_us: 8.44,
                p99_us: 15.38,
                p999_us: 29.5,
                max_us: 1_043.7,
                method: "two threads, blocking reads, TCP_NODELAY".to_owned(),
                histogram: Vec::new(),
            }),
        ),
        done(
            "stream",
            "throughput",
            Fact::Throughput(Flow {
                over: "tcp",
                bytes: 2_887_385_088,
                seconds: 1.0002,
                block: 131_072,
                gigabits_per_second: 23.0945,
                megabytes_per_second: 2_886.81,
                method: "two threads, bytes counted where they arrive".to_owned(),
                histogram: Vec::new(),
            }),
        ),
        done(
            "crowd",
            "many",
            Fact::Many(ManyOpened {
                wanted: 20_000,
                opened: 9_967,
                one_by_one: false,
                per_second: 26_660.0,
                peer: at(server),
                stopped_by: Some(failure(
                    "connect",
                    (None, Some(server)),
                    errno(Errno::EMFILE),
                    "connect 127.0.0.1:43817: this process has no file descriptor left (EMFILE)",
                )),
                distinct_ports: 9_967,
                ports: vec![32768, 60998, 41000],
            }),
        ),
        done(
            "all",
            "repeat",
            Fact::Repeated(Repeated {
                of: "listen".to_owned(),
                count: 200,
                succeeded: 198,
                stopped_by: None,
                errors: BTreeMap::from([("EADDRINUSE".to_owned(), 2)]),
                ports: (0..198).map(|i| 32_769 + 2 * i).collect(),
                distinct: 198,
                odd: 198,
                even: 0,
                lowest: Some(32_769),
                highest: Some(60_999),
                dynamic: 81,
                steps: vec![-2_810, 14, 9_872],
            }),
        ),
        done(
            "",
            "world",
            Fact::World(InWorld {
                world: WorldName::Private,
                switched: true,
                refusal: None,
            }),
        ),
        done(
            "",
            "world",
            Fact::World(InWorld {
                world: WorldName::Host,
                switched: false,
                refusal: Some("making a user namespace (unshare) was refused (EPERM)".to_owned()),
            }),
        ),
        done(
            "",
            "hosts",
            Fact::Hosts(HostsFile {
                world: WorldName::Private,
                count: 3,
                lines: vec!["127.0.0.42 localhost".to_owned(), "::1 six".to_owned()],
                switched: true,
            }),
        ),
        failed(
            "named",
            "getaddrinfo",
            (None, None),
            FailureCause::Resolver(Eai::NoName),
            "getaddrinfo `foo`: nobody knows that name (EAI_NONAME)",
        ),
        done(
            "",
            "scan",
            Fact::Scanned(Scanned {
                address: "127.0.0.1".parse().unwrap(),
                low: 1,
                high: 65_535,
                source: Some("127.0.0.250".parse().unwrap()),
                found: vec![22, 8080, 49342],
                count: 3,
                scanned: 65_535,
                refused: 65_530,
                silent: 1,
                phantoms: 1,
                stopped_by: None,
            }),
        ),
        done(
            "",
            "link",
            Fact::Link(LinkState {
                interface: "lo".to_owned(),
                up: false,
                mtu: Some(65_536),
                switched: true,
            }),
        ),
        done(
            "",
            "neighbour",
            Fact::Neighbour(NextDoor {
                address: "10.0.0.2".parse().unwrap(),
                source: "10.0.0.1".parse().unwrap(),
                interface: "veth0".to_owned(),
                switched: true,
            }),
        ),
        done(
            "",
            "filter",
            Fact::Filter(Filters {
                count: 2,
                rules: vec![
                    FilterRule {
                        action: FilterAction::Drop,
                        to: at("127.0.0.1:8080"),
                    },
                    FilterRule {
                        action: FilterAction::Reject,
                        to: at("10.0.0.1:80"),
                    },
                ],
            }),
        ),
        done(
            "",
            "filter",
            Fact::Filter(Filters {
                count: 0,
                rules: Vec::new(),
            }),
        ),
        done(
            "",
            "sysctl",
            Fact::Sysctl(Setting {
                setting: "net.ipv4.ip_local_port_range".to_owned(),
                value: "49342 49342".to_owned(),
                before: Some("32768 60999".to_owned()),
            }),
        ),
        done(
            "diagnosis",
            "diagnose",
            Fact::Diagnosis(Diagnosis {
                cause: "time-wait".to_owned(),
            }),
        ),
        done(
            "",
            "plot",
            Fact::Plot(Plot {
                of: "ports",
                title: "198 ports of `all`".to_owned(),
                histogram: buckets(),
            }),
        ),
        done(
            "",
            "plot",
            Fact::Plot(Plot {
                of: "microseconds",
                title: "5,000 round trips".to_owned(),
                histogram: vec![
                    Bucket { from: 7.0, to: 8.5, count: 2_800 },
                    Bucket { from: 8.5, to: 10.0, count: 2_100 },
                    Bucket { from: 10.0, to: 11.5, count: 100 },
                ],
            }),
        ),
        done(
            "",
            "expect",
            Fact::Held(Holding {
                expression: "second is refused".to_owned(),
                observed: "`second` failed (EADDRINUSE)".to_owned(),
            }),
        ),
        done(
            "",
            "show",
            Fact::Value(Shown {
                expression: "server".to_owned(),
                value: serde_json::json!({"local": server, "port": 43817}),
            }),
        ),
        done(
            "",
            "wait",
            Fact::Waited(Waited {
                until: "client.state == \"CLOSED\"".to_owned(),
            }),
        ),
        refused_bind("second"),
        failed("c", "connect", (None, Some("127.0.0.1:9")), errno(Errno::ECONNREFUSED), "connect 127.0.0.1:9: refused: nothing listens there (ECONNREFUSED)"),
        failed("c", "connect", (Some("127.0.0.2:1"), Some("127.0.0.1:9")), errno(Errno::EADDRNOTAVAIL), "connect 127.0.0.1:9 from 127.0.0.2:1: no local port is left for this destination (EADDRNOTAVAIL)"),
        failed("a", "accept", (Some(server), None), FailureCause::Timeout, "accept 127.0.0.1:43817: nothing within 2 s; it still listens"),
        failed("a", "accept", (Some(server), None), FailureCause::Interrupted, "accept 127.0.0.1:43817: interrupted; what it was opening is closed"),
        failed("a", "connect", (None, Some("127.0.0.1:6379")), FailureCause::NotAllowed, "a lesson may only connect to what this session opened"),
        failed("", "many", (None, None), FailureCause::Limit, "many: 60000 connections need 120000 descriptors, and 19936 are left"),
        failed("", "recv", (None, None), FailureCause::NoSuchName, "there is no `clint`; did you mean `client`?"),
        failed("", "get", (None, Some(server)), FailureCause::Protocol, "the answer does not begin with HTTP/1."),
        failed("", "sock_diag", (None, None), FailureCause::NotAvailable, "the kernel's socket table: Operation not permitted"),
        failed("", "expect", (None, None), FailureCause::Unmet, "`second is refused` does not hold: `second` is listening"),
        failed("", "show", (None, None), FailureCause::Malformed, ""),
    ]
}

/// A claim of each standing.
fn claims() -> [ClaimEntry; 4] {
    let entry = |id: &str, verdict: &str, status| ClaimEntry {
        id: id.to_owned(),
        says: "Something about `ports`.".to_owned(),
        verdict: verdict.to_owned(),
        holds: "What to say *instead*.".to_owned(),
        lesson: Some("four-tuple".to_owned()),
        step: Some("both-ends".to_owned()),
        status,
        ..ClaimEntry::default()
    };
    let seen = |value: serde_json::Value| value.as_object().unwrap().clone();
    [
        ClaimEntry {
            settled_at: Some(1_700_000_000),
            came_true: vec!["The second one is *refused*.".to_owned()],
            evidence: vec![
                seen(
                    json!({"line": "first = listen :0", "local": "127.0.0.1:40001", "micros": 48.2}),
                ),
                seen(
                    json!({"line": "second = listen first", "error": "EADDRINUSE", "operation": "bind", "local": "127.0.0.1:40001", "micros": 1e300}),
                ),
                seen(
                    json!({"line": "all = resolve localhost", "addresses": ["::1", "127.0.0.1"], "from_file": true}),
                ),
            ],
            ..entry("C01", "wrong", ClaimStatus::Settled)
        },
        entry("C02", "imprecise", ClaimStatus::Open),
        ClaimEntry {
            reason: Some("it needs IPv6, and ::1 cannot be used here".to_owned()),
            ..entry("C03", "true", ClaimStatus::NotHere)
        },
        ClaimEntry {
            reason: Some("It takes two machines.".to_owned()),
            ..entry("C04", "depends", ClaimStatus::Untested)
        },
    ]
}

pub(crate) fn pages() -> Vec<Page> {
    let entry = |number, id: &str, title: &str, level: &str| MenuEntry {
        number: Some(number),
        id: id.to_owned(),
        title: title.to_owned(),
        summary: "One sentence with `code` in it.".to_owned(),
        minutes: 8,
        level: level.to_owned(),
        ..MenuEntry::default()
    };
    let entries = [
        MenuEntry {
            done: true,
            ..entry(1, "loopback-address", "What 127.0.0.1 is", "beginner")
        },
        MenuEntry {
            started: true,
            next: true,
            ..entry(2, "port-number", "What a port number is", "beginner")
        },
        entry(
            4,
            "three-ways-not-to-connect",
            "Refused, unreachable, silent",
            "intermediate",
        ),
        MenuEntry {
            broken: Some("lessons/12-mine.yaml:3:1: no `title`".to_owned()),
            ..entry(12, "mine", "mine", "")
        },
    ];
    let [first, second, third, own] = entries;
    let texts = |id, title| [id, title, "One sentence about `it`."];
    let course = [
        MenuChapter::new(Some(1), texts("address", "The address"), vec![first]),
        MenuChapter::new(Some(2), texts("port", "The port"), vec![second]),
        MenuChapter::new(Some(3), texts("connection", "The connection"), vec![third]),
        MenuChapter::new(None, texts("", "Lessons of your own"), vec![own]),
    ];
    let results = [Found {
        kind: "term".to_owned(),
        open: "explain backlog".to_owned(),
        title: "backlog".to_owned(),
        excerpt: "How many finished handshakes may *wait* for accept.".to_owned(),
    }];
    let tests = [
        Check {
            what: "private world".to_owned(),
            ok: false,
            finding: "user namespaces are forbidden (EPERM)".to_owned(),
            advice: Some("steps that need one are left out; `sysctl kernel.unprivileged_userns_clone=1` allows it".to_owned()),
        },
        Check {
            what: "IPv6".to_owned(),
            ok: true,
            finding: "::1 can be bound".to_owned(),
            advice: None,
        },
    ];
    vec![
        render::menu(&course),
        render::list(&course),
        render::chapters(&course),
        render::menu(&[]),
        render::found("backlog", &results),
        render::found("xyz", &[]),
        render::claims(&claims(), None),
        render::claims(&claims(), Some(ClaimStatus::Open)),
        render::claim(&claims()[0]),
        render::claim(&claims()[1]),
        render::claim(&claims()[3]),
        render::checks(&tests),
        render::card_page(&[card()]),
    ]
}
