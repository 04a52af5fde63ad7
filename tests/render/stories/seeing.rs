//! What the kernel tells of the machine.
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use looplab::lang::{
    CounterReading, EphemeralRange, Explanation, Fact, Holders, Interface, Interfaces, KernelRoute,
    Outcome, Resolved, Scanned, SocketRow, SocketTable,
};
use looplab::net::TcpState;

use super::lesson::card;
use super::lesson::owned;
use super::{at, done};

#[expect(clippy::too_many_lines, reason = "one fact after the other")]
pub(super) fn facts() -> Vec<Outcome> {
    vec![
        done(
            "",
            "sockets",
            table(rows().into_iter().take(2).collect(), "lab"),
        ),
        done("", "sockets", table(rows(), "all")),
        done(
            "",
            "who",
            Fact::Who(Holders {
                port: 43817,
                rows: rows().into_iter().take(1).collect(),
                finding: "port 43817 is held by a listener of this lab (`server`), on 127.0.0.1"
                    .to_owned(),
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
            "range",
            Fact::Range(EphemeralRange {
                low: 32768,
                high: 60999,
                size: 28_232,
                reserved: "8080,32760-32769,49342".to_owned(),
                unprivileged_start: 0,
                source: String::new(),
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
                    ("UdpNoPorts".to_owned(), 0),
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
    ]
}

pub(super) fn row(state: TcpState, local: &str, peer: Option<&str>) -> SocketRow {
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
        stopped: None,
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
            protocol: "udp",
            owner: Some("letters".to_owned()),
            ..row(TcpState::Closed, "127.0.0.1:5353", None)
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

pub(super) fn table(rows: Vec<SocketRow>, scope: &'static str) -> Fact {
    Fact::Sockets(SocketTable {
        scope,
        count: rows.len(),
        rows,
        notes: owned(&["Processes of other users are not shown: their `/proc` is closed to you."]),
    })
}
