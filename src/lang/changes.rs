//! What became of a table of sockets from one look to the next. Pure: the looks are made elsewhere.
use std::collections::BTreeMap;

use serde::Serialize;

use super::SocketRow;
use crate::net::TcpState;

/// One socket that is not as it was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SocketChange {
    /// What happened to it.
    pub change: Change,
    /// The socket as it is now; as it was, when it is gone.
    pub row: SocketRow,
    /// The state it was in before, where that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<TcpState>,
}

/// What happened to a socket between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It was not there before.
    Appeared,
    /// It is in another state.
    Changed,
    /// It is not there any more.
    Gone,
}

/// What tells sockets of one table apart by themselves: protocol and both ends. A connection keeps
/// them through all its states, even when no process holds it any more.
fn ends(row: &SocketRow) -> (&'static str, String, Option<String>) {
    let peer = row.peer.as_ref().map(ToString::to_string);
    (row.protocol, row.local.to_string(), peer)
}

/// The changes between two looks: what is there now in its order, then what is gone. Whatever came
/// and went in between was not seen.
pub fn changes(before: &[SocketRow], after: &[SocketRow]) -> Vec<SocketChange> {
    let mut old: BTreeMap<_, Vec<&SocketRow>> = BTreeMap::new();
    for row in before {
        old.entry(ends(row)).or_default().push(row);
    }
    let mut found = Vec::new();
    let mut strangers = Vec::new();
    for row in after {
        // Several listeners may share an endpoint (SO_REUSEPORT); the inode tells them apart.
        let alike = old.entry(ends(row)).or_default();
        match alike.iter().position(|was| was.inode == row.inode) {
            Some(place) => found.extend(changed(alike.swap_remove(place), row)),
            None => strangers.push(row),
        }
    }
    for row in strangers {
        // A connection that its process closed lives on without an inode.
        let alike = old.entry(ends(row)).or_default();
        let same = alike
            .iter()
            .position(|was| was.inode == 0 || row.inode == 0);
        found.extend(match same {
            Some(place) => changed(alike.swap_remove(place), row),
            None => Some(change(Change::Appeared, row, None)),
        });
    }
    let gone = old.into_values().flatten();
    found.extend(gone.map(|row| change(Change::Gone, row, None)));
    found
}

fn changed(was: &SocketRow, row: &SocketRow) -> Option<SocketChange> {
    (was.state != row.state).then(|| change(Change::Changed, row, Some(was.state)))
}

fn change(change: Change, row: &SocketRow, was: Option<TcpState>) -> SocketChange {
    SocketChange {
        change,
        row: row.clone(),
        was,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Endpoint;

    fn row(state: TcpState, local: u16, peer: u16, inode: u64) -> SocketRow {
        let at = |port: u16| Endpoint::from(std::net::SocketAddr::from(([127, 0, 0, 1], port)));
        SocketRow {
            protocol: "tcp",
            state,
            local: at(local),
            peer: (peer != 0).then(|| at(peer)),
            recv_queue: 0,
            send_queue: 0,
            uid: 0,
            inode,
            timer_seconds: None,
            pid: None,
            children: Vec::new(),
            stopped: None,
            process: None,
            owner: None,
            reachable_at: None,
            details: None,
        }
    }

    fn told(before: &[SocketRow], after: &[SocketRow]) -> Vec<String> {
        changes(before, after)
            .iter()
            .map(|c| format!("{:?} {} {:?}", c.change, c.row.local, c.was))
            .collect()
    }

    #[test]
    fn what_comes_changes_and_goes() {
        use TcpState::{Established, Listen, TimeWait};
        let listener = row(Listen, 80, 0, 1);
        let twin = row(Listen, 80, 0, 2);
        let open = row(Established, 80, 4000, 3);
        let left = row(TimeWait, 80, 4000, 0);
        let table: [(Vec<&SocketRow>, Vec<&SocketRow>, &[&str]); 7] = [
            (vec![], vec![], &[]),
            (vec![&listener], vec![&listener], &[]),
            (vec![], vec![&listener], &["Appeared 127.0.0.1:80 None"]),
            (vec![&listener], vec![], &["Gone 127.0.0.1:80 None"]),
            (
                vec![&listener],
                vec![&twin, &listener],
                &["Appeared 127.0.0.1:80 None"],
            ),
            (
                vec![&listener, &open],
                vec![&left, &listener],
                &["Changed 127.0.0.1:80 Some(Established)"],
            ),
            (
                vec![&listener],
                vec![&twin],
                &["Appeared 127.0.0.1:80 None", "Gone 127.0.0.1:80 None"],
            ),
        ];
        for (before, after, expected) in table {
            let rows = |rows: &[&SocketRow]| rows.iter().copied().cloned().collect::<Vec<_>>();
            assert_eq!(told(&rows(&before), &rows(&after)), expected, "{before:?}");
        }
    }

    #[test]
    fn as_json() {
        let seen = changes(&[], &[row(TcpState::Listen, 80, 0, 1)]);
        let json = serde_json::to_value(&seen[0]).unwrap();
        assert_eq!(json["change"], "appeared");
        assert_eq!(json["row"]["local"], "127.0.0.1:80");
    }
}
