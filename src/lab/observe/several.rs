//! One number with several holders: a port is taken address by address, so each of them is named,
//! with what would free its address.
//!
//! Pure, and the same whatever order the kernel lists its sockets in.
use std::net::IpAddr;

use super::holders::{Conclusion, place, whole};
use super::surroundings::{Surroundings, kill, standstill};
use crate::lang::SocketRow;
use crate::net::TcpState;

/// Holders that are named one by one; a crowd is counted.
const NAMED: usize = 6;

/// What stands behind a number, the strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
    Listener,
    Bound,
    Connection,
    /// Closed by its program, and still being finished by the kernel.
    Orphan,
    TimeWait,
}

impl Hold {
    fn of(row: &SocketRow) -> Self {
        match row.state {
            TcpState::Listen => Self::Listener,
            TcpState::Closed => Self::Bound,
            TcpState::TimeWait => Self::TimeWait,
            _ if row.inode == 0 => Self::Orphan,
            _ => Self::Connection,
        }
    }
}

/// The sentence for a port that more than one socket holds; `None` when one of them explains all.
pub(super) fn apart(port: u16, rows: &[SocketRow], around: &Surroundings) -> Option<Conclusion> {
    let holders = holders(rows);
    if holders.len() < 2 {
        return None;
    }
    let said: Vec<String> = holders
        .iter()
        .take(NAMED)
        .map(|row| said(row, around))
        .collect();
    let rest = match holders.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Some(Conclusion {
        finding: format!(
            "port {port} has {} holders: {}{rest}{}",
            holders.len(),
            said.join("; "),
            standstill(holders.iter().take(NAMED).copied())
        ),
        cure: Some(cure(&holders, around)),
        free: false,
    })
}

/// The sockets that keep others from some address, in an order of their own. What a listener has
/// accepted goes on under its number and needs no word beside it; and of what the kernel still
/// finishes, the last on an address stands for all there.
fn holders(rows: &[SocketRow]) -> Vec<&SocketRow> {
    let mut tcp: Vec<&SocketRow> = rows.iter().filter(|row| row.protocol == "tcp").collect();
    tcp.sort_by(|one, other| order(one).cmp(&order(other)).then(later(one, other)));
    let mut kept: Vec<&SocketRow> = Vec::new();
    for row in tcp {
        let hold = Hold::of(row);
        let explained = kept.iter().any(|stronger| match Hold::of(stronger) {
            Hold::Listener => hold != Hold::Listener && covers(stronger, row),
            its => address(stronger) == address(row) && (its < hold || hold >= Hold::Orphan),
        });
        if !explained {
            kept.push(row);
        }
    }
    kept
}

fn order(row: &SocketRow) -> (Hold, Option<IpAddr>, Option<&str>, Option<u32>, String) {
    let peer = row.peer.as_ref().map(ToString::to_string);
    (
        Hold::of(row),
        address(row),
        row.owner.as_deref(),
        row.pid,
        // Of what has no program any more the timer decides, not the peer.
        peer.filter(|_| row.inode != 0).unwrap_or_default(),
    )
}

fn later(one: &SocketRow, other: &SocketRow) -> std::cmp::Ordering {
    let seconds = |row: &SocketRow| row.timer_seconds.unwrap_or_default();
    seconds(other).total_cmp(&seconds(one))
}

fn address(row: &SocketRow) -> Option<IpAddr> {
    Some(row.local.inet()?.ip().to_canonical())
}

/// Whether a listener takes the connections of another socket's address.
fn covers(listener: &SocketRow, row: &SocketRow) -> bool {
    address(listener).is_some_and(|ip| ip.is_unspecified()) || address(listener) == address(row)
}

fn said(row: &SocketRow, around: &Surroundings) -> String {
    let (at, holder) = (place(&row.local), around.holder(row));
    let peer = row
        .peer
        .as_ref()
        .map_or_else(String::new, |peer| format!(" to {peer}"));
    match Hold::of(row) {
        Hold::Listener => format!("on {at} a listener of {holder}"),
        Hold::Bound => format!("on {at} {holder}, bound without listening"),
        Hold::Connection => {
            format!(
                "on {at} an open connection of {holder}{peer} ({})",
                row.state
            )
        }
        Hold::Orphan => format!(
            "on {at} a closed connection{peer} that the kernel is still finishing ({})",
            row.state
        ),
        Hold::TimeWait => format!("on {at} what a closed connection left (TIME-WAIT)"),
    }
}

fn cure(holders: &[&SocketRow], around: &Surroundings) -> String {
    let each: Vec<String> = holders
        .iter()
        .take(NAMED)
        .map(|row| format!("on {} {}", place(&row.local), ending(row, around)))
        .collect();
    let server = |row: &&SocketRow| Hold::of(row) <= Hold::Bound;
    let old = if holders.iter().any(server) {
        ""
    } else {
        "; or set SO_REUSEADDR before bind (`--reuseaddr` here), which helps when the old sockets \
         had set it, too"
    };
    format!(
        "each one holds its own address: {}; or choose another port{old}",
        each.join(", ")
    )
}

/// What ends one holder. A connection that is closed would keep its number until its peer closes,
/// or in TIME-WAIT; one that is reset does not.
fn ending(row: &SocketRow, around: &Surroundings) -> String {
    let hold = Hold::of(row);
    if hold >= Hold::Orphan {
        return match row.timer_seconds {
            Some(seconds) if hold == Hold::TimeWait => format!("wait {}", whole(seconds)),
            _ => "wait until its peer closes, too".to_owned(),
        };
    }
    match (&row.owner, row.pid) {
        (Some(name), _) if hold == Hold::Connection => format!("`reset {name}`"),
        (Some(name), _) => format!("`close {name}`"),
        (None, Some(pid)) if pid == around.pid => "close it here".to_owned(),
        (None, Some(pid)) if row.uid == around.uid || around.uid == 0 => kill(row, "", pid),
        (None, _) => "ask its owner to end it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::holders::conclude;
    use super::super::surroundings::Claim;
    use super::*;
    use crate::net::Endpoint;

    fn row(state: TcpState, local: &str, peer: &str, owner: &str) -> SocketRow {
        SocketRow {
            protocol: "tcp",
            state,
            local: Endpoint::parse(local).unwrap(),
            peer: (!peer.is_empty()).then(|| Endpoint::parse(peer).unwrap()),
            recv_queue: 0,
            send_queue: 0,
            uid: 1000,
            inode: 7,
            timer_seconds: None,
            pid: Some(1),
            process: None,
            owner: Some(owner.to_owned()),
            children: Vec::new(),
            stopped: None,
            reachable_at: None,
            details: None,
        }
    }

    fn left(local: &str, seconds: f64) -> SocketRow {
        SocketRow {
            inode: 0,
            pid: None,
            owner: None,
            timer_seconds: Some(seconds),
            ..row(TcpState::TimeWait, local, "127.0.0.1:9", "")
        }
    }

    /// What is said, whichever way round the kernel lists the rows.
    fn check(mut rows: Vec<SocketRow>, finding: &str, cure: &str) {
        let around = Surroundings {
            pid: 1,
            uid: 1000,
            users: String::new(),
            listeners: Vec::new(),
            range: None,
            claim: Claim::NotTried,
            dialled: std::collections::HashSet::new(),
        };
        for _ in 0..2 {
            let said = conclude(8080, &rows, &around);
            assert_eq!(said.finding, finding);
            let cured = said.cure.unwrap();
            assert!(cured.contains(cure), "{cured}");
            rows.reverse();
        }
    }

    #[test]
    fn every_address_is_named_with_its_holder() {
        let x = row(TcpState::Closed, "127.4.0.2:8080", "", "x");
        let z = row(
            TcpState::Established,
            "127.0.0.1:8080",
            "127.0.0.1:40000",
            "z",
        );
        check(
            vec![x.clone(), z.clone()],
            "port 8080 has 2 holders: on 127.4.0.2 this lab (`x`), bound without listening; on \
             127.0.0.1 an open connection of this lab (`z`) to 127.0.0.1:40000 (ESTABLISHED)",
            "on 127.4.0.2 `close x`, on 127.0.0.1 `reset z`; or choose another port",
        );
        let w = row(
            TcpState::Established,
            "127.0.0.2:8080",
            "127.0.0.1:5432",
            "w",
        );
        check(
            vec![w, z.clone()],
            "port 8080 has 2 holders: on 127.0.0.1 an open connection of this lab (`z`) to \
             127.0.0.1:40000 (ESTABLISHED); on 127.0.0.2 an open connection of this lab (`w`) to \
             127.0.0.1:5432 (ESTABLISHED)",
            "SO_REUSEADDR",
        );
        let server = row(TcpState::Listen, "127.0.0.1:8080", "", "server");
        check(
            vec![z, x, server],
            "port 8080 has 2 holders: on 127.0.0.1 a listener of this lab (`server`); on 127.4.0.2 \
             this lab (`x`), bound without listening",
            "on 127.0.0.1 `close server`, on 127.4.0.2 `close x`",
        );
        check(
            vec![
                left("127.0.0.1:8080", 12.2),
                left("127.0.0.2:8080", 3.0),
                left("127.0.0.1:8080", 40.5),
            ],
            "port 8080 has 2 holders: on 127.0.0.1 what a closed connection left (TIME-WAIT); on \
             127.0.0.2 what a closed connection left (TIME-WAIT)",
            "on 127.0.0.1 wait 41 seconds, on 127.0.0.2 wait 3 seconds",
        );
    }

    #[test]
    fn a_listener_on_every_address_speaks_for_its_connections() {
        let wildcard = row(TcpState::Listen, "0.0.0.0:8080", "", "server");
        let accepted = row(
            TcpState::Established,
            "127.0.0.1:8080",
            "127.0.0.1:40000",
            "z",
        );
        check(
            vec![accepted, wildcard],
            "port 8080 is held by a listener of this lab (`server`), on every IPv4 address (0.0.0.0)",
            "`close server`",
        );
    }

    #[test]
    fn a_holder_that_stands_still_is_told_from_the_others() {
        let server = row(TcpState::Listen, "127.0.0.1:8080", "", "server");
        let suspended = SocketRow {
            owner: None,
            process: Some("python3".into()),
            pid: Some(7),
            stopped: std::num::NonZeroU16::new(1),
            ..row(TcpState::Listen, "127.0.0.2:8080", "", "")
        };
        check(
            vec![server, suspended],
            "port 8080 has 2 holders: on 127.0.0.1 a listener of this lab (`server`); on 127.0.0.2 a \
             listener of python3 (pid 7, user 1000, stopped); a stopped process (SIGSTOP, Ctrl-Z) \
             accepts and reads nothing until it continues",
            "on 127.0.0.1 `close server`, on 127.0.0.2 `kill 7` and `kill -CONT 7`; or choose",
        );
    }

    #[test]
    fn a_crowd_is_counted() {
        let client = |number: usize| {
            let peer = format!("127.0.0.1:{}", 40_000 + number);
            row(
                TcpState::Established,
                "127.0.0.1:8080",
                &peer,
                &format!("c{number}"),
            )
        };
        let rows: Vec<_> = (0..9).map(client).collect();
        assert_eq!(holders(&rows).len(), 9);
        let shown = holders(&rows)
            .into_iter()
            .filter_map(|row| row.owner.clone());
        assert_eq!(shown.collect::<String>(), "c0c1c2c3c4c5c6c7c8");
    }
}
