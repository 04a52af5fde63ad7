//! Which process holds a socket: the search through the descriptors of processes.
//!
//! It can begin before it is known which sockets are wanted: to list them takes the kernel as long as
//! to read half of the descriptors. It ends when every socket has its owner. Nothing is asked of a
//! process, and nothing of what its descriptors lead to is touched.
use std::collections::HashMap;
use std::fs;
use std::num::NonZeroU16;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use nix::sched::{sched_getaffinity, sched_getcpu, sched_setaffinity};
use nix::unistd::Pid;

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

/// Fills in `pid`, `process` and `stopped` of rows that were listed before.
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
    whose: Owners,
    /// Goes on its rounds while the kernel still lists the sockets.
    scout: Option<Scout>,
}

struct Scout {
    rounds: Arc<Rounds>,
    thread: JoinHandle<()>,
    finds: mpsc::Receiver<Find>,
}

impl Search {
    /// Nothing is searched before [`Self::begin`] or [`Self::tell`].
    pub(super) fn new(whose: Owners) -> Self {
        Self { whose, scout: None }
    }

    /// Begins at once, on a thread beside the caller, if there is much to look through and a thread
    /// is to be had.
    pub(super) fn begin(&mut self) {
        if self.whose != Owners::Everyone || self.scout.is_some() {
            return;
        }
        let rounds = Arc::new(Rounds::of(self.whose));
        let theirs = Arc::clone(&rounds);
        let (sender, finds) = mpsc::channel();
        let here = sched_getcpu();
        let thread = thread::Builder::new().name("owners".to_owned());
        let thread = thread.spawn(move || {
            if let Ok(here) = here {
                leave_processor(here);
            }
            while let Some(find) = theirs.next() {
                // Whoever does not listen any more has enough.
                if sender.send(find).is_err() {
                    return;
                }
            }
        });
        self.scout = thread.ok().map(|thread| Scout {
            rounds,
            thread,
            finds,
        });
        // It moves away at once, where both are on one processor.
        thread::yield_now();
    }

    /// Fills in `pid`, `process` and `stopped` of the rows. The search ends when every row has its owner.
    pub(super) fn tell(self, rows: &mut [SocketRow]) -> Unseen {
        let mut wanted = WantedSockets::of(rows);
        if let Some(scout) = &self.scout {
            while wanted.missing > 0 {
                let ready = scout.finds.try_recv().ok();
                // What nobody has begun is looked through here; then the scout's last finds are due.
                let find = ready.or_else(|| scout.rounds.next());
                let Some(find) = find.or_else(|| scout.finds.recv().ok()) else {
                    break;
                };
                wanted.take(&find);
            }
        }
        // The scout may have been here before the last sockets were opened.
        let rounds = Rounds::of(match self.scout {
            None => self.whose,
            Some(_) => Owners::OwnProcess,
        });
        while wanted.missing > 0
            && let Some(find) = rounds.next()
        {
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

/// Moves this thread to another processor, where there is one it may use. The kernel starts a thread
/// beside its maker, and may look for a better place only at the next tick: 4 ms later, when half of
/// the search is over (seen with `perf sched timehist`).
fn leave_processor(number: usize) {
    let this_thread = Pid::from_raw(0);
    let Ok(allowed) = sched_getaffinity(this_thread) else {
        return;
    };
    let mut others = allowed;
    // Refused where no processor is left; then it stays.
    if others.unset(number).is_ok() && sched_setaffinity(this_thread, &others).is_ok() {
        // From now on it is the kernel's to place again.
        sched_setaffinity(this_thread, &allowed).ok();
    }
}

/// What is told of a process beside its number.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Holder {
    name: Arc<str>,
    /// By SIGSTOP, or by Ctrl-Z in its terminal.
    stopped: bool,
}

impl Holder {
    /// `None` when it is gone.
    fn of(pid: u32) -> Option<Self> {
        Self::read(&fs::read(format!("/proc/{pid}/stat")).ok()?)
    }

    /// `4711 (python3) S 1 …`: proc_pid_stat(5). A name may hold brackets and spaces, so the last one
    /// counts: numbers follow.
    fn read(stat: &[u8]) -> Option<Self> {
        let begin = stat.iter().position(|byte| *byte == b'(')?;
        let end = stat.iter().rposition(|byte| *byte == b')')?;
        let name = stat.get(begin + 1..end)?;
        Some(Self {
            name: String::from_utf8_lossy(name).into(),
            stopped: stat.get(end + 2) == Some(&b'T'),
        })
    }
}

/// Whether a process is there and stands still.
pub(super) fn is_stopped(pid: u32) -> bool {
    Holder::of(pid).is_some_and(|holder| holder.stopped)
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
        if let Some(scout) = self.scout.take() {
            scout.rounds.end();
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
    /// The processes that hold some.
    holders: HashMap<u32, Option<Holder>>,
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
            holders: HashMap::new(),
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
                    self.holders.entry(*pid).or_insert_with(|| Holder::of(*pid));
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
        let mut last: (u32, Option<&Holder>) = (0, None);
        for Wanted { row, pid, .. } in &self.wanted {
            if let (Some(row), Some(pid)) = (rows.get_mut(*row), *pid) {
                if last.0 != pid {
                    last = (pid, self.holders.get(&pid).and_then(Option::as_ref));
                }
                row.pid = Some(pid);
                row.process = last.1.map(|holder| Arc::clone(&holder.name));
                // Of the lab's own processes all are known, and counted already.
                if row.children.is_empty() {
                    let stopped = last.1.is_some_and(|holder| holder.stopped);
                    row.stopped = NonZeroU16::new(stopped.into());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_off_its_one_line() {
        for (stat, name, stopped) in [
            ("4711 (python3) S 1 4711", "python3", false),
            ("4711 (python3) T 1 4711", "python3", true),
            ("1 (a) T (b) c) R 0", "a) T (b) c", false),
            ("7 () T 1", "", true),
        ] {
            let holder = Holder::read(stat.as_bytes()).unwrap();
            assert_eq!((&*holder.name, holder.stopped), (name, stopped), "{stat}");
        }
        for stat in ["", "4711", "4711 (", ") (", "4711 python3) T"] {
            assert_eq!(Holder::read(stat.as_bytes()), None, "{stat}");
        }
        assert!(!is_stopped(std::process::id()));
    }

    #[test]
    fn notes_only_what_was_missed() {
        let note = |processes, rows| Unseen { processes, rows }.note();
        assert_eq!(note(73, 0), None);
        assert!(note(0, 2).unwrap().contains("2 sockets are held"));
        assert!(note(1, 1).unwrap().contains("1 socket is held"));
        assert!(note(73, 1).unwrap().contains("73 processes"));
    }
}
