//! Whose a socket is, and what may be done about it: the machine around a socket, as facts.
//!
//! Pure, like the conclusions drawn from it.
use std::collections::HashSet;

use crate::lang::SocketRow;
use crate::net::{Endpoint, PortRange};

/// What the kernel said when the port was claimed on every address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// Not tried, or with an error that says nothing about the port.
    NotTried,
    Granted,
    /// EADDRINUSE.
    InUse,
    /// EACCES.
    Denied,
}

/// What must be known beside the sockets themselves.
pub(super) struct Surroundings {
    /// This process.
    pub(super) pid: u32,
    /// This user.
    pub(super) uid: u32,
    /// The text of passwd(5), for the names of users.
    pub(super) users: String,
    /// The TCP listeners of the namespace; none where nothing depends on them.
    pub(super) listeners: Vec<SocketRow>,
    /// The kernel's ephemeral range, where it matters.
    pub(super) range: Option<PortRange>,
    pub(super) claim: Claim,
    /// The ends of connections that this lab has made, by inode.
    pub(super) dialled: HashSet<u64>,
}

impl Surroundings {
    /// The program behind a socket, as far as it may be known.
    pub(super) fn holder(&self, row: &SocketRow) -> String {
        let name = row.owner.as_deref().filter(|name| !name.is_empty());
        let named = name.map_or_else(String::new, |name| format!(" (`{name}`)"));
        let stopped = row.stopped.map_or(0, |stopped| usize::from(stopped.get()));
        match row.children.as_slice() {
            [] => {}
            [child] => {
                let state = if stopped > 0 { " (stopped)" } else { "" };
                return format!("this lab{named}, in its child process {child}{state}");
            }
            children => {
                let pids: Vec<String> = children.iter().map(u32::to_string).collect();
                let pids = match pids.as_slice() {
                    [all @ .., last] => format!("{} and {last}", all.join(", ")),
                    [] => String::new(),
                };
                let state = match stopped {
                    0 => String::new(),
                    all if all == row.children.len() => " (all stopped)".to_owned(),
                    some => format!(" ({some} of them stopped)"),
                };
                return format!("this lab{named}, shared by its child processes {pids}{state}");
            }
        }
        if row.owner.is_some() {
            return format!("this lab{named}");
        }
        let Some(pid) = row.pid else {
            return if self.uid == 0 {
                format!(
                    "a process that not even root can see from here ({})",
                    self.user(row)
                )
            } else if row.uid == self.uid {
                format!(
                    "a process of your own that cannot be seen from here ({})",
                    self.user(row)
                )
            } else {
                format!(
                    "another user's process ({}), which may not be looked into",
                    self.user(row)
                )
            };
        };
        if pid == self.pid {
            return format!("this very program (pid {pid})");
        }
        let name = row.process.as_deref().unwrap_or("a process");
        let state = if stopped > 0 { ", stopped" } else { "" };
        format!("{name} (pid {pid}, {}{state})", self.user(row))
    }

    /// `user postgres` where passwd(5) names it, else `user 113`. No directory service is asked.
    fn user(&self, row: &SocketRow) -> String {
        let named = self.users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(row.uid)).then_some(name)
        });
        named.map_or_else(
            || format!("user {}", row.uid),
            |name| format!("user {name}"),
        )
    }

    /// How the program behind a socket is brought to let go.
    pub(super) fn ending(&self, row: &SocketRow) -> String {
        if let Some(name) = &row.owner {
            let on = match row.stopped {
                Some(_) => format!("; `signal {name} cont` lets it go on"),
                None => String::new(),
            };
            return format!("`close {name}`, or choose another port{on}");
        }
        let (terminal, why) = match row.stopped {
            Some(_) => (
                "`fg` and Ctrl-C",
                ": a stopped process takes a signal once it goes on",
            ),
            None => ("Ctrl-C", ""),
        };
        match row.pid {
            Some(pid) if pid == self.pid => "close it here, or choose another port".to_owned(),
            Some(pid) if row.uid == self.uid || self.uid == 0 => format!(
                "end it ({terminal} in its terminal, or {}{why}), or choose another port",
                kill(row, "", pid)
            ),
            Some(pid) => format!(
                "ask its owner to end it ({} if that is you{why}), or choose another port",
                kill(row, "sudo ", pid)
            ),
            // Root may look into every process; so its process is none of those that are listed here.
            None if self.uid == 0 => "end it where it runs, most often in a container: a process in \
                 another PID namespace is not listed here, and `ss` cannot name it either; or choose \
                 another port"
                .to_owned(),
            None => {
                "ask its owner to end it (root sees its name with `sudo ss -tulnp`), or choose \
                 another port"
                    .to_owned()
            }
        }
    }

    /// Whether a connection was opened from here, rather than accepted: the lab knows of its own. Of
    /// others the peer is a listener of this machine, or lies elsewhere and only this end's port is one
    /// the kernel lends.
    pub(super) fn is_outgoing(&self, row: &SocketRow) -> bool {
        if self.dialled.contains(&row.inode) {
            return true;
        }
        let (Some(local), Some(peer)) =
            (row.local.inet(), row.peer.as_ref().and_then(Endpoint::inet))
        else {
            return false;
        };
        let answers = self
            .listeners
            .iter()
            .filter_map(|row| row.local.inet())
            .any(|listener| {
                let wildcard = listener.ip().to_canonical().is_unspecified();
                let address = listener.ip().to_canonical() == peer.ip().to_canonical();
                listener.port() == peer.port() && (wildcard || address)
            });
        let here = peer.ip().to_canonical().is_loopback() || peer.ip() == local.ip();
        let lends = |port| self.range.is_some_and(|range| range.contains(port));
        if here {
            answers
        } else {
            lends(local.port()) && !lends(peer.port())
        }
    }

    pub(super) fn lent_from(&self) -> String {
        self.range.map_or_else(String::new, |range| {
            format!(" ({}–{})", range.low, range.high)
        })
    }
}

/// What ends a process. One that is stopped takes SIGTERM only once it goes on.
pub(super) fn kill(row: &SocketRow, sudo: &str, pid: u32) -> String {
    match row.stopped {
        Some(_) => format!("`{sudo}kill {pid}` and `{sudo}kill -CONT {pid}`"),
        None => format!("`{sudo}kill {pid}`"),
    }
}

/// What it means that a holder stands still, where one does; for the end of a finding.
pub(super) fn standstill<'r>(rows: impl IntoIterator<Item = &'r SocketRow>) -> &'static str {
    if rows.into_iter().any(|row| row.stopped.is_some()) {
        "; a stopped process (SIGSTOP, Ctrl-Z) accepts and reads nothing until it continues"
    } else {
        ""
    }
}
