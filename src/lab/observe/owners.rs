//! Which process holds a socket: the search through the descriptors of processes.
//!
//! Likely holders come first, and the search ends when every socket has its owner. Nothing is asked
//! of a process, and nothing of what its descriptors lead to is touched.
use std::collections::HashMap;
use std::ffi::CString;
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

use super::descriptors::{Descriptors, LINK};
use super::filter::Owners;
use super::sys::read_link_at;
use crate::lang::SocketRow;

/// What a search for owners could not see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Unseen {
    /// Processes that may not be read, because they are another user's.
    pub(super) processes: usize,
    /// Rows that are held by somebody, and by nobody who may be read.
    pub(super) rows: usize,
}

impl Unseen {
    /// What to tell about it; nothing, when every owner was found.
    pub(super) fn note(self) -> Option<String> {
        let Self { processes, rows } = self;
        let sockets = match rows {
            0 => return None,
            1 => "1 socket is".to_owned(),
            _ => format!("{rows} sockets are"),
        };
        Some(match processes {
            0 => format!(
                "{sockets} held by processes that cannot be seen from here (another container, or \
                 a /proc that hides them)"
            ),
            1 => format!(
                "{sockets} held by processes that may not be read here: one process belongs to \
                 another user"
            ),
            _ => format!(
                "{sockets} held by processes that may not be read here: {processes} processes \
                 belong to other users"
            ),
        })
    }
}

/// Fills in `pid` and `process` of the rows, this process first. The search ends when every row has
/// its owner.
pub(super) fn find(rows: &mut [SocketRow], whose: Owners) -> Unseen {
    if whose == Owners::Nobody {
        return Unseen::default();
    }
    let mut search = Search::over(rows);
    let own = std::process::id();
    search.process(own);
    if whose == Owners::Everyone {
        search.everyone_but(own);
    }
    let unseen = Unseen {
        processes: search.unreadable,
        rows: search.missing,
    };
    search.tell(rows);
    match whose {
        Owners::Everyone => unseen,
        _ => Unseen::default(),
    }
}

/// Inodes of the sockets a process holds; none when it may not be read, or is gone.
pub fn held_by(pid: u32) -> Vec<u64> {
    let mut inodes = Vec::new();
    if let Ok(descriptors) = Descriptors::of(pid) {
        descriptors.sockets(|inode| {
            inodes.push(inode);
            true
        });
    }
    inodes
}

/// The name of a process; `None` when it is gone.
fn name_of(pid: u32) -> Option<Arc<str>> {
    let name = fs::read(format!("/proc/{pid}/comm")).ok()?;
    Some(String::from_utf8_lossy(name.trim_ascii_end()).into())
}

/// The networks processes live in, where that may be known. Reading the link takes half the time
/// of following it.
struct Networks {
    /// /proc.
    processes: OwnedFd,
}

/// `net:[4026531840]`, and what is left of the room.
type Network = [u8; LINK];

impl Networks {
    fn open() -> Option<Self> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let processes = open("/proc", flags, Mode::empty()).ok()?;
        Some(Self { processes })
    }

    fn of(&self, process: &str) -> Option<Network> {
        let path = CString::new(format!("{process}/ns/net")).ok()?;
        let mut network = [0; LINK];
        let link = read_link_at(self.processes.as_fd(), &path, &mut network).ok()?;
        let whole = link.len() < LINK;
        whole.then_some(network)
    }
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// A socket, and the process that was found to hold it.
struct Wanted {
    inode: u64,
    row: usize,
    pid: Option<u32>,
}

/// Sockets are sorted by inode, not hashed: a process that opens many gets inodes in order, so the
/// next one is nearly always the neighbour of the last, still in the processor's cache after the
/// system call between them.
struct Search {
    wanted: Vec<Wanted>,
    /// Where the neighbour of the last one is.
    next: usize,
    /// How many have no owner so far.
    missing: usize,
    /// The processes that hold some, by name.
    names: HashMap<u32, Option<Arc<str>>>,
    unreadable: usize,
    /// Whether the kernel has been seen to count descriptors.
    counts: bool,
}

impl Search {
    fn over(rows: &[SocketRow]) -> Self {
        let held = rows.iter().enumerate().filter(|(_, row)| row.inode != 0);
        let mut wanted: Vec<Wanted> = held
            .map(|(row, socket)| Wanted {
                inode: socket.inode,
                row,
                pid: None,
            })
            .collect();
        wanted.sort_unstable_by_key(|wanted| wanted.inode);
        Self {
            missing: wanted.len(),
            wanted,
            next: 0,
            names: HashMap::new(),
            unreadable: 0,
            counts: false,
        }
    }

    /// Processes of this network first: a socket belongs to the network it was made in, and is
    /// rarely handed to a process of another one.
    fn everyone_but(&mut self, own: u32) {
        if self.missing == 0 {
            return;
        }
        let networks = Networks::open();
        let network = |process: &str| networks.as_ref()?.of(process);
        let here = network("self");
        let mut elsewhere = Vec::new();
        for pid in pids().filter(|pid| *pid != own) {
            if self.missing == 0 {
                return;
            }
            if here.is_some() && network(&pid.to_string()) != here {
                elsewhere.push(pid);
            } else {
                self.process(pid);
            }
        }
        for pid in elsewhere {
            if self.missing == 0 {
                return;
            }
            self.process(pid);
        }
    }

    fn process(&mut self, pid: u32) {
        match Descriptors::of(pid) {
            // Kernel threads have none.
            Ok(descriptors) if self.counts && descriptors.count().is_none() => {}
            Ok(descriptors) => self.descriptors(pid, descriptors),
            Err(Errno::EACCES | Errno::EPERM) => self.unreadable += 1,
            // It ended meanwhile.
            Err(_) => {}
        }
    }

    fn descriptors(&mut self, pid: u32, descriptors: Descriptors) {
        self.counts |= descriptors.count().is_some();
        let before = self.missing;
        descriptors.sockets(|inode| {
            self.found(inode, pid);
            self.missing > 0
        });
        if self.missing < before {
            self.names.insert(pid, name_of(pid));
        }
    }

    fn found(&mut self, inode: u64, pid: u32) {
        let is_next = self.wanted.get(self.next).is_some_and(|w| w.inode == inode);
        let place = if is_next {
            Ok(self.next)
        } else {
            self.wanted.binary_search_by_key(&inode, |w| w.inode)
        };
        let Ok(place) = place else { return };
        self.next = place + 1;
        if let Some(wanted) = self.wanted.get_mut(place).filter(|w| w.pid.is_none()) {
            wanted.pid = Some(pid);
            self.missing -= 1;
        }
    }

    fn tell(&self, rows: &mut [SocketRow]) {
        // Neighbours mostly have the same process.
        let mut last = (0, None);
        for Wanted { row, pid, .. } in &self.wanted {
            if let (Some(row), Some(pid)) = (rows.get_mut(*row), *pid) {
                if last.0 != pid {
                    last = (pid, self.names.get(&pid).cloned().flatten());
                }
                row.pid = Some(pid);
                row.process.clone_from(&last.1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_only_what_was_missed() {
        let note = |processes, rows| Unseen { processes, rows }.note();
        assert_eq!(note(73, 0), None);
        assert!(note(0, 2).unwrap().contains("2 sockets are held"));
        assert!(note(1, 1).unwrap().contains("1 socket is held"));
        assert!(note(73, 1).unwrap().contains("73 processes"));
    }
}
