//! The rounds of a search for owners: which processes are looked through, in which order, and in
//! pieces, so that two threads share the work however it is spread.
use std::collections::VecDeque;
use std::ffi::CString;
use std::fs;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

use super::descriptors::{Descriptors, LINK};
use super::filter::Owners;
use super::sys::read_link_at;

/// How many numbers are gone through at a time: few, since whoever has nothing left to do waits for the
/// last piece of the other. A link takes some 4 µs (benches/table.rs, C with and without).
const PIECE: usize = 128;

/// What a piece of the rounds brought.
#[derive(Debug)]
pub(super) enum Find {
    Sockets {
        pid: u32,
        inodes: Vec<u64>,
    },
    /// A process that may not be read.
    Unreadable,
}

/// What is still to be looked through. [`Rounds::next`] may be called by several threads.
pub(super) struct Rounds {
    pieces: Mutex<VecDeque<Piece>>,
    /// A process with more descriptors than this is looked through in pieces of this size.
    piece: usize,
    networks: OnceLock<Networks>,
    /// Whoever asked has enough.
    ended: AtomicBool,
    /// Whether the kernel has been seen to count descriptors.
    counts: AtomicBool,
}

enum Piece {
    /// A process, in whichever network.
    Stranger(u32),
    /// One whose turn has come.
    Process(u32),
    /// Some descriptors of a process that has many.
    Numbers(Arc<Large>, Range<usize>),
}

struct Large {
    pid: u32,
    descriptors: Descriptors,
    /// Of the numbers gone through, those that are descriptors.
    met: AtomicUsize,
    pieces_left: AtomicUsize,
}

impl Rounds {
    /// This process first. Of the others those of its network: a socket belongs to the network it was
    /// made in, and is rarely handed to a process of another one.
    pub(super) fn of(whose: Owners) -> Self {
        let own = std::process::id();
        let mut pieces = VecDeque::new();
        if whose != Owners::Nobody {
            pieces.push_back(Piece::Process(own));
        }
        if whose == Owners::Everyone {
            pieces.extend(pids().filter(|pid| *pid != own).map(Piece::Stranger));
        }
        Self {
            pieces: Mutex::new(pieces),
            piece: PIECE,
            networks: OnceLock::new(),
            ended: AtomicBool::new(false),
            counts: AtomicBool::new(false),
        }
    }

    /// Looks through the next piece that holds something; `None` when all have been begun.
    pub(super) fn next(&self) -> Option<Find> {
        while !self.ended.load(Ordering::Relaxed) {
            let piece = self.pieces().pop_front()?;
            let find = match piece {
                Piece::Stranger(pid) if !self.is_here(pid) => {
                    self.pieces().push_back(Piece::Process(pid));
                    None
                }
                Piece::Stranger(pid) | Piece::Process(pid) => self.process(pid),
                Piece::Numbers(large, numbers) => Some(large.numbers(numbers)),
            };
            if find.is_some() {
                return find;
            }
        }
        None
    }

    /// Nothing more is looked through.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    fn pieces(&self) -> MutexGuard<'_, VecDeque<Piece>> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_here(&self, pid: u32) -> bool {
        self.networks.get_or_init(Networks::open).is_here(pid)
    }

    fn process(&self, pid: u32) -> Option<Find> {
        let descriptors = match Descriptors::of(pid) {
            Ok(descriptors) => descriptors,
            Err(Errno::EACCES | Errno::EPERM) => return Some(Find::Unreadable),
            // It ended meanwhile.
            Err(_) => return None,
        };
        match descriptors.count() {
            // Kernel threads have none.
            None if self.counts.load(Ordering::Relaxed) => return None,
            None => {}
            Some(count) => {
                self.counts.store(true, Ordering::Relaxed);
                if count > self.piece {
                    self.split(pid, descriptors, count);
                    return None;
                }
            }
        }
        let mut inodes = Vec::new();
        descriptors.sockets(|inode| inodes.push(inode));
        (!inodes.is_empty()).then_some(Find::Sockets { pid, inodes })
    }

    fn split(&self, pid: u32, descriptors: Descriptors, count: usize) {
        let starts = (0..count).step_by(self.piece);
        let large = Arc::new(Large {
            pid,
            descriptors,
            met: AtomicUsize::new(0),
            pieces_left: AtomicUsize::new(starts.len()),
        });
        let mut pieces = self.pieces();
        for start in starts.rev() {
            let numbers = start..count.min(start + self.piece);
            pieces.push_front(Piece::Numbers(Arc::clone(&large), numbers));
        }
    }
}

impl Large {
    /// Whoever finishes the last piece looks for what is beyond, if the pieces did not hold all.
    fn numbers(&self, numbers: Range<usize>) -> Find {
        let mut inodes = Vec::with_capacity(numbers.len());
        let met = self
            .descriptors
            .numbers(numbers, |inode| inodes.push(inode));
        self.met.fetch_add(met, Ordering::AcqRel);
        if self.pieces_left.fetch_sub(1, Ordering::AcqRel) == 1 {
            let met = self.met.load(Ordering::Acquire);
            self.descriptors.beyond(met, |inode| inodes.push(inode));
        }
        Find::Sockets {
            pid: self.pid,
            inodes,
        }
    }
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The networks processes live in, where that may be known. Reading the link takes half the time
/// of following it.
struct Networks {
    /// /proc.
    processes: Option<OwnedFd>,
    here: Option<Network>,
}

/// `net:[4026531840]`, and what is left of the room.
type Network = [u8; LINK];

impl Networks {
    fn open() -> Self {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let mut networks = Self {
            processes: open("/proc", flags, Mode::empty()).ok(),
            here: None,
        };
        networks.here = networks.of("self");
        networks
    }

    /// Where nothing is known of networks, every process counts.
    fn is_here(&self, pid: u32) -> bool {
        self.here.is_none() || self.of(&pid.to_string()) == self.here
    }

    fn of(&self, process: &str) -> Option<Network> {
        let processes = self.processes.as_ref()?;
        let path = CString::new(format!("{process}/ns/net")).ok()?;
        let mut network = [0; LINK];
        let link = read_link_at(processes.as_fd(), &path, &mut network).ok()?;
        let whole = link.len() < LINK;
        whole.then_some(network)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::UdpSocket;
    use std::thread;

    use super::super::fixtures::inode;
    use super::*;

    fn all(rounds: &Rounds) -> Vec<u64> {
        let finds = std::iter::from_fn(|| rounds.next());
        let sockets = finds.filter_map(|find| match find {
            Find::Sockets { pid, inodes } if pid == std::process::id() => Some(inodes),
            _ => None,
        });
        sockets.flatten().collect()
    }

    #[test]
    fn two_threads_find_every_socket_of_a_large_process_once() {
        let sockets = [(); 9].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
        let mine: BTreeSet<u64> = sockets.iter().map(inode).collect();
        let rounds = Rounds {
            piece: 2,
            ..Rounds::of(Owners::OwnProcess)
        };
        let (one, other) = thread::scope(|scope| {
            let other = scope.spawn(|| all(&rounds));
            (all(&rounds), other.join().unwrap())
        });
        let found: Vec<u64> = one.into_iter().chain(other).collect();
        let of_mine = found.iter().filter(|inode| mine.contains(inode));
        assert_eq!(of_mine.count(), mine.len());
        assert!(
            found
                .iter()
                .copied()
                .collect::<BTreeSet<_>>()
                .is_superset(&mine)
        );
    }

    #[test]
    fn ended_rounds_bring_nothing() {
        let _socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let rounds = Rounds::of(Owners::Everyone);
        assert!(rounds.next().is_some());
        rounds.end();
        assert!(rounds.next().is_none());
    }

    #[test]
    fn nobody_is_looked_through_for_nobody() {
        assert!(Rounds::of(Owners::Nobody).next().is_none());
    }
}
