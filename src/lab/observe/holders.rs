//! From the sockets that have a port to one sentence: why it is taken, and how it becomes free.
//!
//! Pure: everything it needs to know of the machine comes in as an argument.
use super::several;
use super::surroundings::{Claim, Surroundings, standstill};
use crate::lang::SocketRow;
use crate::net::{Endpoint, TcpState};

/// The answer.
#[derive(Debug, PartialEq)]
pub(super) struct Conclusion {
    pub(super) finding: String,
    pub(super) cure: Option<String>,
    pub(super) free: bool,
}

impl Conclusion {
    fn taken(finding: String, cure: impl Into<String>) -> Self {
        Self {
            finding,
            cure: Some(cure.into()),
            free: false,
        }
    }

    fn free(finding: String) -> Self {
        Self {
            finding,
            cure: None,
            free: true,
        }
    }
}

/// Why a port is taken, or that it is free.
pub(super) fn conclude(port: u16, rows: &[SocketRow], around: &Surroundings) -> Conclusion {
    if port == 0 {
        return Conclusion::free(
            "nothing ever holds port 0: to bind it is to ask the kernel for any free port".into(),
        );
    }
    if let Some(several) = several::apart(port, rows, around) {
        return several;
    }
    match strongest(rows) {
        None => unlisted(port, around),
        Some(row) if row.protocol == "udp" => datagrams(port, row, around),
        Some(row) => match row.state {
            TcpState::Listen => listening(port, row, around),
            TcpState::Closed => bound(port, row, around),
            TcpState::TimeWait => time_wait(port, rows),
            _ if row.inode == 0 => orphan(port, row),
            _ => connected(port, row, around),
        },
    }
}

/// The row that decides: a listener explains more than the connections it has, and those more than
/// what is left of closed ones.
fn strongest(rows: &[SocketRow]) -> Option<&SocketRow> {
    rows.iter().min_by_key(|row| match row.state {
        _ if row.protocol == "udp" => 6,
        TcpState::Listen => 0,
        TcpState::Closed => 1,
        TcpState::TimeWait => 5,
        _ if row.inode == 0 => 4,
        _ => 2,
    })
}

fn unlisted(port: u16, around: &Surroundings) -> Conclusion {
    match around.claim {
        Claim::Granted => Conclusion::free(format!(
            "port {port} is free: nothing holds it, and bind(2) on every address would succeed"
        )),
        Claim::NotTried => Conclusion::free(format!("port {port} is free: nothing holds it")),
        Claim::Denied => Conclusion::free(format!(
            "nothing holds port {port}, but your user may not bind it: ports this low need the \
             privilege CAP_NET_BIND_SERVICE (EACCES)"
        )),
        Claim::InUse => Conclusion::taken(
            format!(
                "port {port} is taken (EADDRINUSE) by a socket that this kernel does not list: one \
                 that is bound, but neither listens nor is connected"
            ),
            "choose another port, or 0 to let the kernel choose; end the program that bound it",
        ),
    }
}

fn listening(port: u16, row: &SocketRow, around: &Surroundings) -> Conclusion {
    Conclusion::taken(
        format!(
            "port {port} is held by a listener of {}, on {}{}",
            around.holder(row),
            place(&row.local),
            standstill([row]),
        ),
        around.ending(row),
    )
}

fn bound(port: u16, row: &SocketRow, around: &Surroundings) -> Conclusion {
    Conclusion::taken(
        format!(
            "port {port} is claimed by {}, on {}: its socket is bound, but does not listen yet{}",
            around.holder(row),
            place(&row.local),
            standstill([row]),
        ),
        around.ending(row),
    )
}

fn connected(port: u16, row: &SocketRow, around: &Surroundings) -> Conclusion {
    let holder = around.holder(row);
    let peer = row
        .peer
        .as_ref()
        .map_or_else(String::new, |peer| format!(" to {peer}"));
    let (state, still) = (row.state, standstill([row]));
    if row.peer.as_ref() == Some(&row.local) {
        return with_itself(port, row, around);
    }
    if around.is_outgoing(row) {
        return Conclusion::taken(
            format!(
                "port {port} was lent to an outgoing connection of {holder}{peer} ({state}); nobody \
                 listens on it{still}"
            ),
            format!(
                "wait until that connection ends; a server's port is safe outside the range the \
                 kernel lends from{}",
                around.lent_from()
            ),
        );
    }
    // Of a stranger's connection whose other end does not listen either, nobody knows who began it.
    let any_more = if row.owner.is_some() { " any more" } else { "" };
    Conclusion::taken(
        format!(
            "port {port} belongs to an open connection of {holder}{peer} ({state}), and nobody \
             listens on it{any_more}{still}"
        ),
        format!(
            "{}; or set SO_REUSEADDR before bind (`--reuseaddr` here), which helps when the old \
             server had set it, too",
            around.ending(row)
        ),
    )
}

/// Both ends are one socket (RFC 9293 §3.5, simultaneous open). No listener will ever want this
/// port back, so what a server would do about it is beside the point.
fn with_itself(port: u16, row: &SocketRow, around: &Surroundings) -> Conclusion {
    let name = row.owner.as_deref().filter(|name| !name.is_empty());
    let cure = match name {
        Some(name) => format!("`reset {name}` frees the port at once"),
        None => around.ending(row),
    };
    let (holder, state, still) = (around.holder(row), row.state, standstill([row]));
    Conclusion::taken(
        format!(
            "port {port} belongs to a connection of {holder} with itself: {} is both ends of it \
             ({state}){still}",
            row.local
        ),
        cure,
    )
}

/// Only a state and a timer are left, and no process: the kernel is finishing by itself.
fn orphan(port: u16, row: &SocketRow) -> Conclusion {
    let peer = row
        .peer
        .as_ref()
        .map_or_else(String::new, |peer| format!(" to {peer}"));
    let state = row.state;
    let next = row.timer_seconds.map_or_else(String::new, |seconds| {
        format!("; its timer fires in {}", whole(seconds))
    });
    Conclusion::taken(
        format!(
            "port {port} belongs to a connection{peer} that its program has closed and the kernel \
             is still finishing ({state}{next})"
        ),
        "wait until the peer closes too or the kernel gives up, or set SO_REUSEADDR before bind \
         (`--reuseaddr` here), which helps when the closed socket had set it, too",
    )
}

fn time_wait(port: u16, rows: &[SocketRow]) -> Conclusion {
    let waiting = rows.iter().filter(|row| row.state == TcpState::TimeWait);
    let count = waiting.clone().count();
    let longest = waiting
        .filter_map(|row| row.timer_seconds)
        .fold(0.0, f64::max);
    let what = if count == 1 {
        "a connection that this end closed first".to_owned()
    } else {
        format!("{count} connections that this end closed first")
    };
    Conclusion::taken(
        format!(
            "port {port} is in TIME-WAIT after {what}: no process holds it, and the kernel keeps it \
             for {} more",
            whole(longest)
        ),
        format!(
            "wait {}, or set SO_REUSEADDR before bind (`--reuseaddr` here), which helps when the \
             closed socket had set it, too",
            whole(longest)
        ),
    )
}

fn datagrams(port: u16, row: &SocketRow, around: &Surroundings) -> Conclusion {
    let tcp = match around.claim {
        Claim::Granted => "; TCP numbers its ports separately, and there it is free",
        _ => "; TCP numbers its ports separately",
    };
    Conclusion::taken(
        format!(
            "UDP port {port} is held by {}, on {}{tcp}{}",
            around.holder(row),
            place(&row.local),
            standstill([row]),
        ),
        around.ending(row),
    )
}

/// Where a socket is bound, in words for the wildcards.
pub(super) fn place(local: &Endpoint) -> String {
    match local.inet() {
        Some(address) if address.ip().is_unspecified() => {
            if address.is_ipv6() {
                "every address ([::])".to_owned()
            } else {
                "every IPv4 address (0.0.0.0)".to_owned()
            }
        }
        Some(address) => address.ip().to_string(),
        None => local.to_string(),
    }
}

/// Whole seconds, rounded up: whoever waits that long has waited long enough.
pub(super) fn whole(seconds: f64) -> String {
    match seconds.ceil() {
        1.0 => "1 second".to_owned(),
        n => format!("{n} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use super::*;
    use crate::net::PortRange;

    fn row(state: TcpState, local: &str, peer: Option<&str>) -> SocketRow {
        SocketRow {
            protocol: "tcp",
            state,
            local: Endpoint::parse(local).unwrap(),
            peer: peer.map(|peer| Endpoint::parse(peer).unwrap()),
            recv_queue: 0,
            send_queue: 0,
            uid: 1000,
            inode: 7,
            timer_seconds: None,
            pid: Some(4711),
            process: Some("python3".into()),
            owner: None,
            children: Vec::new(),
            stopped: None,
            reachable_at: None,
            details: None,
        }
    }

    fn around(claim: Claim) -> Surroundings {
        Surroundings {
            pid: 1,
            uid: 1000,
            users: "root:x:0:0::/root:/bin/sh\nada:x:1000:1000::/:/bin/sh\npostgres:x:113::\n"
                .to_owned(),
            listeners: vec![row(TcpState::Listen, "0.0.0.0:5432", None)],
            range: PortRange::parse("32768-60999"),
            claim,
            dialled: std::collections::HashSet::new(),
        }
    }

    fn check(rows: &[SocketRow], finding: &str, cure: &str) {
        let conclusion = conclude(8080, rows, &around(Claim::NotTried));
        assert!(
            conclusion.finding.contains(finding),
            "{}",
            conclusion.finding
        );
        assert!(!conclusion.free);
        let said = conclusion.cure.unwrap();
        assert!(said.contains(cure), "{said}");
    }

    #[test]
    fn listeners() {
        let listener = || row(TcpState::Listen, "127.0.0.1:8080", None);
        check(
            &[listener()],
            "port 8080 is held by a listener of python3 (pid 4711, user ada), on 127.0.0.1",
            "`kill 4711`",
        );
        let named = SocketRow {
            owner: Some("server".to_owned()),
            ..listener()
        };
        check(&[named], "this lab (`server`)", "`close server`");
        let own = SocketRow {
            pid: Some(1),
            ..listener()
        };
        check(&[own], "this very program (pid 1)", "close it here");
        let stopped = SocketRow {
            stopped: NonZeroU16::new(1),
            ..listener()
        };
        check(
            std::slice::from_ref(&stopped),
            "python3 (pid 4711, user ada, stopped), on 127.0.0.1; a stopped process (SIGSTOP, \
             Ctrl-Z) accepts and reads nothing until it continues",
            "end it (`fg` and Ctrl-C in its terminal, or `kill 4711` and `kill -CONT 4711`: a \
             stopped process takes a signal once it goes on), or choose another port",
        );
        let of_another = SocketRow {
            uid: 113,
            ..stopped
        };
        check(
            &[of_another],
            "python3 (pid 4711, user postgres, stopped)",
            "(`sudo kill 4711` and `sudo kill -CONT 4711` if that is you: a stopped",
        );
        let hidden = SocketRow {
            pid: None,
            uid: 113,
            ..listener()
        };
        check(
            &[hidden],
            "another user's process (user postgres)",
            "sudo ss",
        );
        let unnamed = SocketRow {
            pid: None,
            uid: 4242,
            ..listener()
        };
        check(&[unnamed], "(user 4242)", "ask its owner");
        let unseen = SocketRow {
            pid: None,
            ..listener()
        };
        check(
            &[unseen],
            "a process of your own that cannot be seen",
            "sudo ss",
        );
        let hidden = SocketRow {
            pid: None,
            ..listener()
        };
        let root = Surroundings {
            uid: 0,
            ..around(Claim::NotTried)
        };
        let said = conclude(8080, &[hidden], &root);
        assert!(
            said.finding.contains("not even root can see"),
            "{}",
            said.finding
        );
        let cure = said.cure.unwrap();
        assert!(
            cure.contains("PID namespace") && !cure.contains("sudo"),
            "{cure}"
        );
        let twice = [listener(), row(TcpState::Listen, "[::]:8080", None)];
        check(&twice, "has 2 holders: on 127.0.0.1 a listener of", "4711");
        let wildcard = row(TcpState::Listen, "[::]:8080", None);
        check(&[wildcard], "on every address ([::])", "4711");
    }

    #[test]
    fn processes_of_the_lab_that_stand_still() {
        let served = |children: &[u32], stopped| SocketRow {
            owner: Some("server".to_owned()),
            children: children.to_vec(),
            stopped: NonZeroU16::new(stopped),
            ..row(TcpState::Listen, "127.0.0.1:8080", None)
        };
        let table = [
            (served(&[2], 0), "in its child process 2, on 127.0.0.1"),
            (served(&[2], 1), "in its child process 2 (stopped), on"),
            (served(&[2, 3, 4], 2), "2, 3 and 4 (2 of them stopped), on"),
            (served(&[2, 3], 2), "processes 2 and 3 (all stopped), on"),
        ];
        for (row, finding) in table {
            let still = row.stopped.is_some();
            let rows = [row];
            check(&rows, finding, "`close server`, or choose another port");
            let said = conclude(8080, &rows, &around(Claim::NotTried));
            assert_eq!(said.finding.contains("until it continues"), still);
            let on = "; `signal server cont` lets it go on";
            assert_eq!(said.cure.unwrap().ends_with(on), still);
        }
    }

    #[test]
    fn a_listener_explains_more_than_its_connections() {
        let rows = [
            row(
                TcpState::TimeWait,
                "127.0.0.1:8080",
                Some("127.0.0.1:40000"),
            ),
            row(
                TcpState::Established,
                "127.0.0.1:8080",
                Some("127.0.0.1:40001"),
            ),
            row(TcpState::Listen, "127.0.0.1:8080", None),
        ];
        check(&rows, "held by a listener", "end it");
        check(&rows[..2], "belongs to an open connection", "SO_REUSEADDR");
        check(&rows[..1], "TIME-WAIT", "SO_REUSEADDR");
    }

    #[test]
    fn connections_that_took_the_number() {
        let table = [
            (
                "127.0.0.1:8080",
                "127.0.0.1:5432",
                "lent to an outgoing connection",
            ),
            (
                "127.0.0.1:8080",
                "127.0.0.1:40000",
                "and nobody listens on it",
            ),
            (
                "10.0.0.1:40000",
                "10.9.9.9:443",
                "lent to an outgoing connection",
            ),
            ("10.0.0.1:8080", "10.9.9.9:443", "and nobody listens on it"),
            (
                "10.0.0.1:40000",
                "10.9.9.9:50000",
                "and nobody listens on it",
            ),
        ];
        for (local, peer, finding) in table {
            let connection = row(TcpState::Established, local, Some(peer));
            check(&[connection], finding, "");
        }
    }

    #[test]
    fn a_connection_with_itself() {
        let itself = row(
            TcpState::Established,
            "127.0.0.1:8080",
            Some("127.0.0.1:8080"),
        );
        let finding = "with itself: 127.0.0.1:8080 is both ends of it (ESTABLISHED)";
        check(std::slice::from_ref(&itself), finding, "`kill 4711`");
        let named = SocketRow {
            owner: Some("odd".to_owned()),
            ..itself
        };
        check(&[named], finding, "`reset odd` frees the port at once");
    }

    #[test]
    fn what_closed_connections_leave() {
        let left = |state, seconds| SocketRow {
            inode: 0,
            pid: None,
            timer_seconds: seconds,
            ..row(state, "127.0.0.1:8080", Some("127.0.0.1:40000"))
        };
        let two = [
            left(TcpState::TimeWait, Some(12.2)),
            left(TcpState::TimeWait, Some(40.5)),
        ];
        check(
            &two[..1],
            "after a connection that this end closed first",
            "wait 13 seconds",
        );
        check(
            &two,
            "after 2 connections that this end closed first",
            "wait 41 seconds",
        );
        check(
            &[left(TcpState::FinWait2, Some(0.4))],
            "(FIN-WAIT-2; its timer fires in 1 second)",
            "SO_REUSEADDR",
        );
        check(&[left(TcpState::LastAck, None)], "(LAST-ACK)", "wait until");
    }

    #[test]
    fn bound_and_udp() {
        let bound = row(TcpState::Closed, "127.0.0.1:8080", None);
        check(
            std::slice::from_ref(&bound),
            "does not listen yet",
            "kill 4711",
        );
        let udp = SocketRow {
            protocol: "udp",
            ..bound
        };
        check(&[udp], "UDP port 8080 is held by python3", "kill 4711");
    }

    #[test]
    fn without_a_socket_the_kernels_word_decides() {
        let table = [
            (
                8080,
                Claim::Granted,
                true,
                "bind(2) on every address would succeed",
            ),
            (8080, Claim::NotTried, true, "is free"),
            (80, Claim::Denied, true, "EACCES"),
            (8080, Claim::InUse, false, "does not list"),
            (0, Claim::NotTried, true, "any free port"),
        ];
        for (port, claim, free, part) in table {
            let conclusion = conclude(port, &[], &around(claim));
            assert_eq!(conclusion.free, free, "{port} {claim:?}");
            assert_eq!(conclusion.cure.is_none(), free, "{port} {claim:?}");
            assert!(conclusion.finding.contains(part), "{}", conclusion.finding);
        }
    }
}
