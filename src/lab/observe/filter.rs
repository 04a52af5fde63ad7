//! What a socket table should hold. Plain values; asking the kernel is done elsewhere.
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

use crate::lang::SocketRow;
use crate::net::TcpState;

/// Which sockets a table holds, and how far the search for their owners goes.
#[derive(Clone, Debug, Default)]
pub struct SocketFilter<'a> {
    /// TCP, UDP, Unix.
    pub protocols: Protocols,
    /// Only sockets in this state.
    pub state: Option<TcpState>,
    /// Only sockets with this port at either end.
    pub port: Option<u16>,
    /// Only sockets held by this process.
    pub held_by: Option<HeldBy>,
    /// Only sockets that other machines can reach, and where.
    pub exposed: bool,
    /// Whether rows carry [`TcpDetails`](crate::lang::TcpDetails).
    pub details: bool,
    /// Whose processes are looked through for owners.
    pub owners: Owners,
    /// The lab's own sockets. Their rows carry the lab's names.
    pub lab: Option<&'a LabSockets>,
    /// Leave out everything that is not the lab's. Needs no scan of processes.
    pub only_lab: bool,
}

/// A process, by what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeldBy {
    /// Its number.
    Pid(u32),
    /// Its name, as /proc/PID/comm has it (proc(5)).
    Name(String),
}

/// Longer names are cut by the kernel (`TASK_COMM_LEN`, less the final zero).
const LONGEST_NAME: usize = 15;

impl HeldBy {
    /// Reads a number as a pid, and anything else as a name.
    pub fn parse(text: &str) -> Self {
        text.parse()
            .map_or_else(|_| Self::Name(text.to_owned()), Self::Pid)
    }

    /// Whether a row is held by it.
    pub(super) fn holds(&self, row: &SocketRow) -> bool {
        match self {
            Self::Pid(pid) => row.pid == Some(*pid),
            Self::Name(name) => {
                let kept = name.get(..name.floor_char_boundary(LONGEST_NAME));
                row.process.as_deref() == kept
            }
        }
    }
}

/// Which kinds of socket to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocols {
    /// TCP, over IPv4 and IPv6.
    pub tcp: bool,
    /// UDP, over IPv4 and IPv6.
    pub udp: bool,
    /// Unix domain sockets. A desktop has hundreds.
    pub unix: bool,
}

impl Protocols {
    /// TCP alone.
    pub const TCP: Self = Self {
        tcp: true,
        udp: false,
        unix: false,
    };
    /// UDP alone.
    pub const UDP: Self = Self {
        tcp: false,
        udp: true,
        unix: false,
    };
    /// All three.
    pub const ALL: Self = Self {
        tcp: true,
        udp: true,
        unix: true,
    };
}

impl Default for Protocols {
    /// What has ports: TCP and UDP.
    fn default() -> Self {
        Self {
            tcp: true,
            udp: true,
            unix: false,
        }
    }
}

/// Whose processes are looked through to find out who holds a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owners {
    /// Every process that may be read: one readlink(2) for each of their descriptors.
    #[default]
    Everyone,
    /// Only this process.
    OwnProcess,
    /// None: rows carry user ids, but no process.
    Nobody,
}

/// The sockets of a lab, so that its rows can be told from everybody else's.
#[derive(Clone, Debug, Default)]
pub struct LabSockets {
    /// Names by inode (fstat(2) on the descriptor).
    pub names: HashMap<u64, String>,
    /// Endpoints the lab has or had. Sockets that no process holds (TIME-WAIT, connections waiting
    /// for accept) have no inode; they belong to the lab when one of their ends is listed here.
    pub endpoints: HashSet<SocketAddr>,
    /// Sockets that processes of the lab's own hold, by inode, each with these processes. They have
    /// a name in `names`, too.
    pub children: HashMap<u64, Vec<u32>>,
    /// The ends that connected, by inode; the other connections among `names` were accepted.
    pub dialled: HashSet<u64>,
}
