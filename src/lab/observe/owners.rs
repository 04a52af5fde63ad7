//! Which process holds a socket: the search through the descriptors of processes.
//!
//! It can begin before it is known which sockets are wanted: to list them takes the kernel as long as
//! to read half of the descriptors. It ends when every socket has its owner. Nothing is asked of a
//! process, and nothing of what its descriptors lead to is touched.
use std::collections::HashMap;
use std::fs;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use super::descriptors::Descriptors;
use super::filter::Owners;
use super::rounds::{Find, Rounds};
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

/// Fills in `pid` and `process` of rows that were listed before.
pub(super) fn find(rows: &mut [SocketRow], whose: Owners) -> Unseen {
    Search::new(whose).tell(rows)
}

/// Inodes of the sockets a process holds; none when it may not be read, or is gone.
pub fn held_by(pid: u32) -> Vec<u64> {
    let mut inodes = Vec::new();
    if let Ok(descriptors) = Descriptors::of(pid) {
        descriptors.sockets(|inode| inodes.push(inode));
    }
    inodes
}

/// A search for the owners of sockets.
pub(super) struct Search {
    rounds: Arc<Rounds>,
    whose: Owners,
    /// Goes on its rounds while the kernel still lists the sockets.
    scout: Option<Scout>,
}

struct Scout {
    thread: JoinHandle<()>,
    finds: mpsc::Receiver<Find>,
}

impl Search {
    /// Nothing is searched before [`Self::tell`].
    pub(super) fn new(whose: Owners) -> Self {
        Self {
            rounds: Arc::new(Rounds::of(whose)),
            whose,
            scout: None,
        }
    }

    /// Begins at once, on a thread beside the caller, if there is much to look through and a thread
    /// is to be had.
    pub(super) fn begin(whose: Owners) -> Self {
        let mut search = Self::new(whose);
        if whose == Owners::Everyone {
            let rounds = Arc::clone(&search.rounds);
            let (sender, finds) = mpsc::channel();
            let thread = thread::Builder::new().name("owners".to_owned());
            let thread = thread.spawn(move || {
                while let Some(find) = rounds.next() {
                    // Whoever does not listen any more has enough.
                    if sender.send(find).is_err() {
                        return;
                    }
                }
            });
            search.scout = thread.ok().map(|thread| Scout { thread, finds });
        }
        search
    }

    /// Fills in `pid` and `process` of the rows. The search ends when every row has its owner.
    pub(super) fn tell(self, rows: &mut [SocketRow]) -> Unseen {
        let mut wanted = WantedSockets::of(rows);
        let finds = self.scout.as_ref().map(|scout| &scout.finds);
        while wanted.missing > 0 {
            let ready = finds.and_then(|finds| finds.try_recv().ok());
            // What nobody has begun is looked through here; then the scout's last finds are due.
            let find = ready.or_else(|| self.rounds.next());
            let find = find.or_else(|| finds.and_then(|finds| finds.recv().ok()));
            let Some(find) = find else { break };
            wanted.take(&find);
        }
        wanted.tell(rows);
        match self.whose {
            Owners::Everyone => Unseen {
                processes: wanted.unreadable,
                rows: wanted.missing,
            },
            _ => Unseen::default(),
        }
    }
}

/// The name of a process; `None` when it is gone.
fn name_of(pid: u32) -> Option<Arc<str>> {
    let name = fs::read(format!("/proc/{pid}/comm")).ok()?;
    Some(String::from_utf8_lossy(name.trim_ascii_end()).into())
}

/// A socket, and the process that was found to hold it.
struct Wanted {
    inode: u64,
    row: usize,
    pid: Option<u32>,
}

impl Drop for Search {
    /// Leaves no thread behind, whatever became of the list.
    fn drop(&mut self) {
        self.rounds.end();
        if let Some(scout) = self.scout.take() {
            // It can only have failed by a panic, which has been told.
            drop(scout.thread.join());
        }
    }
}

/// Sockets are sorted by inode, not hashed: a process that opens many gets inodes in order, so the
/// next one is nearly always the neighbour of the last, still in the processor's cache.
struct WantedSockets {
    wanted: Vec<Wanted>,
    /// Where the neighbour of the last one is.
    next: usize,
    /// How many have no owner so far.
    missing: usize,
    /// The processes that hold some, by name.
    names: HashMap<u32, Option<Arc<str>>>,
    unreadable: usize,
}

impl WantedSockets {
    fn of(rows: &[SocketRow]) -> Self {
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
        }
    }

    fn take(&mut self, find: &Find) {
        match find {
            Find::Unreadable => self.unreadable += 1,
            Find::Sockets { pid, inodes } => {
                let before = self.missing;
                for inode in inodes {
                    self.found(*inode, *pid);
                }
                if self.missing < before {
                    self.names.entry(*pid).or_insert_with(|| name_of(*pid));
                }
            }
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
