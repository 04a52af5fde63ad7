//! The sockets among a process's descriptors: /proc/PID/fd holds a link `socket:[INODE]` for each
//! (proc(5)).
//!
//! Reads links and never follows one: what it points to may be a dead network file system. Reading
//! a link takes a few microseconds, and a process may have a hundred thousand; so they are not
//! listed first where they can be counted, and two processors share a large table.
use std::ffi::CStr;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::thread;

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::{Mode, fstat};

use super::sys::read_link_at;

/// The longest link to a socket: `socket:[18446744073709551615]`. Longer ones are no sockets.
pub(super) const LINK: usize = 32;

/// The longest number of a descriptor, with the zero behind it.
const NUMBER: usize = 11;

/// From so many descriptors on a second thread is worth starting.
const SHARED: usize = 2_048;

/// An open /proc/PID/fd.
pub(super) struct Descriptors {
    directory: OwnedFd,
    /// How many there are; 0 before Linux 6.2, which does not tell.
    count: usize,
}

/// What was found in a range of numbers.
#[derive(Default)]
struct Found {
    /// Descriptors, sockets or not.
    descriptors: usize,
    /// Inodes of sockets.
    sockets: Vec<u64>,
}

impl Descriptors {
    /// EACCES and EPERM for a process that may not be read, ENOENT for one that has ended.
    pub(super) fn of(pid: u32) -> Result<Self, Errno> {
        let path = format!("/proc/{pid}/fd");
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let directory = open(path.as_str(), flags, Mode::empty())?;
        let size = fstat(&directory).map_or(0, |stat| stat.st_size);
        Ok(Self {
            directory,
            count: usize::try_from(size).unwrap_or(0),
        })
    }

    /// How many there are; `None` where the kernel does not tell. Of this process there is always
    /// one, so that a 0 for it means that none are counted.
    pub(super) fn count(&self) -> Option<usize> {
        Some(self.count).filter(|count| *count > 0)
    }

    /// Inodes of the sockets among them, handed on until `each` says that it has enough.
    pub(super) fn sockets(self, mut each: impl FnMut(u64) -> bool) {
        // Descriptors are given out from 0 upwards, so most of the first `count` numbers are in
        // use, and few above. A number in vain takes as long as two names of the list.
        let dense = 0..self.count;
        let above = self.count..self.count + self.count / 8;
        let mut met = 0;
        if dense.len() >= SHARED {
            let found = self.shared(&dense);
            met = found.iter().map(|found| found.descriptors).sum();
            let mut sockets = found.iter().flat_map(|found| &found.sockets);
            if !sockets.all(|inode| each(*inode)) {
                return;
            }
        } else if self.each_of(dense, &mut met, &mut each) {
            return;
        }
        let listed_from = above.end;
        if self.each_of(above, &mut met, &mut each) {
            return;
        }
        if self.count == 0 || met < self.count {
            self.listed(listed_from, each);
        }
    }

    /// Goes through numbers until all descriptors were met. Says whether `each` has enough.
    fn each_of(
        &self,
        numbers: Range<usize>,
        met: &mut usize,
        each: &mut impl FnMut(u64) -> bool,
    ) -> bool {
        for number in numbers {
            if *met >= self.count {
                return false;
            }
            let link = link(self.directory.as_fd(), number);
            *met += usize::from(link.is_some());
            if let Some(Link::Socket(inode)) = link
                && !each(inode)
            {
                return true;
            }
        }
        false
    }

    /// Reads a range of numbers with two threads, if two may run.
    fn shared(&self, numbers: &Range<usize>) -> [Found; 2] {
        let middle = numbers.start.midpoint(numbers.end);
        let directory = self.directory.as_fd();
        let (low, high) = (numbers.start..middle, middle..numbers.end);
        thread::scope(|scope| {
            let other = thread::Builder::new().name("descriptors".to_owned());
            let other = other.spawn_scoped(scope, {
                let high = high.clone();
                move || read(directory, high)
            });
            let low = read(directory, low);
            let high = match other.map(thread::ScopedJoinHandle::join) {
                Ok(Ok(found)) => found,
                // No thread is to be had; it takes longer.
                _ => read(directory, high),
            };
            [low, high]
        })
    }

    /// Those from a number on, by the names in the directory.
    fn listed(self, from: usize, mut each: impl FnMut(u64) -> bool) {
        let Ok(place) = self.directory.try_clone() else {
            return;
        };
        let Ok(mut names) = Dir::from_fd(self.directory) else {
            return;
        };
        for name in names.iter().flatten() {
            let number: Option<usize> = name.file_name().to_str().ok().and_then(|n| n.parse().ok());
            let Some(number) = number.filter(|number| *number >= from) else {
                continue;
            };
            if let Some(Link::Socket(inode)) = link(place.as_fd(), number)
                && !each(inode)
            {
                return;
            }
        }
    }
}

fn read(directory: BorrowedFd<'_>, numbers: Range<usize>) -> Found {
    let mut found = Found {
        descriptors: 0,
        sockets: Vec::with_capacity(numbers.len()),
    };
    for link in numbers.filter_map(|number| link(directory, number)) {
        found.descriptors += 1;
        if let Link::Socket(inode) = link {
            found.sockets.push(inode);
        }
    }
    found
}

/// What a descriptor leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Socket(u64),
    SomethingElse,
}

/// `None` when there is no such descriptor.
fn link(directory: BorrowedFd<'_>, number: usize) -> Option<Link> {
    let mut name = [0; NUMBER];
    let mut text = [0; LINK];
    let read = read_link_at(directory, written(number, &mut name)?, &mut text);
    match read {
        Ok(text) => Some(socket_inode(text).map_or(Link::SomethingElse, Link::Socket)),
        Err(_) => None,
    }
}

/// A number in decimal, behind zeros that are not part of it; `None` when it is too long.
fn written(mut number: usize, room: &mut [u8; NUMBER]) -> Option<&CStr> {
    let mut start = NUMBER - 1;
    loop {
        start = start.checked_sub(1)?;
        *room.get_mut(start)? = b'0' + u8::try_from(number % 10).ok()?;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    CStr::from_bytes_with_nul(room.get(start..)?).ok()
}

/// The inode in `socket:[12345]`.
fn socket_inode(link: &[u8]) -> Option<u64> {
    let digits = link.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd;

    use super::super::fixtures::inode;
    use super::*;

    #[test]
    fn links() {
        let table: [(&str, Option<u64>); 7] = [
            ("socket:[12345]", Some(12345)),
            ("socket:[18446744073709551615]", Some(u64::MAX)),
            ("socket:[18446744073709551616]", None),
            ("socket:[]", None),
            ("socket:[12", None),
            ("pipe:[12345]", None),
            ("/dev/null", None),
        ];
        for (link, inode) in table {
            assert_eq!(socket_inode(link.as_bytes()), inode, "{link}");
        }
    }

    #[test]
    fn numbers() {
        for number in [0, 7, 10, 65_535, 2_147_483_647] {
            let mut room = [0; NUMBER];
            let text = written(number, &mut room).unwrap();
            assert_eq!(text.to_str().unwrap(), number.to_string());
        }
        assert_eq!(written(usize::MAX, &mut [0; NUMBER]), None);
    }

    /// What is found when the kernel counts so many, or as many as it does.
    fn found(count: Option<usize>) -> BTreeSet<u64> {
        let mut descriptors = Descriptors::of(std::process::id()).unwrap();
        descriptors.count = count.unwrap_or(descriptors.count);
        let mut all = BTreeSet::new();
        descriptors.sockets(|inode| {
            all.insert(inode);
            true
        });
        all
    }

    #[test]
    fn the_same_are_found_counted_listed_and_shared() {
        let near = UdpSocket::bind("127.0.0.1:0").unwrap();
        // Far above the number of descriptors there are.
        let far = nix::fcntl::fcntl(&near, nix::fcntl::FcntlArg::F_DUPFD_CLOEXEC(900)).unwrap();
        let other = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mine = BTreeSet::from([inode(&near), inode(&other)]);
        for count in [None, Some(0), Some(SHARED), Some(2 * SHARED)] {
            assert!(found(count).is_superset(&mine), "{count:?}");
        }
        nix::unistd::close(far).unwrap();
        assert!(other.as_raw_fd() < 900);
    }

    #[test]
    fn a_search_that_has_enough_ends() {
        let _one = UdpSocket::bind("127.0.0.1:0").unwrap();
        let _other = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut calls = 0;
        Descriptors::of(std::process::id()).unwrap().sockets(|_| {
            calls += 1;
            false
        });
        assert_eq!(calls, 1);
    }

    #[test]
    fn a_process_that_is_gone() {
        assert!(Descriptors::of(u32::MAX).is_err());
    }
}
