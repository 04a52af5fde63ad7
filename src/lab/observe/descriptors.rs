//! The sockets among a process's descriptors: /proc/PID/fd holds a link `socket:[INODE]` for each
//! (proc(5)).
//!
//! Reads links and never follows one: what it points to may be a dead network file system. Reading
//! a link takes a few microseconds, and a process may have a hundred thousand; so they are not
//! listed first where they can be counted.
use std::ffi::CStr;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::{Mode, fstat};

use super::sys::read_link_at;

/// The longest link to a socket: `socket:[18446744073709551615]`. Longer ones are no sockets.
pub(super) const LINK: usize = 32;

/// The longest number of a descriptor, with the zero behind it.
const NUMBER: usize = 11;

/// An open /proc/PID/fd.
pub(super) struct Descriptors {
    directory: OwnedFd,
    /// How many there are; 0 before Linux 6.2, which does not tell.
    count: usize,
}

impl Descriptors {
    /// EACCES and EPERM for a process that may not be read, ENOENT for one that has ended.
    pub(super) fn of(pid: u32) -> Result<Self, Errno> {
        let path = format!("/proc/{pid}/fd");
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let directory = open(path.as_str(), flags, Mode::empty())?;
        let count = counted(&directory);
        Ok(Self { directory, count })
    }

    /// How many there are; `None` where the kernel does not tell. Of this process there is always
    /// one, so that a 0 for it means that none are counted.
    pub(super) fn count(&self) -> Option<usize> {
        Some(self.count).filter(|count| *count > 0)
    }

    /// Inodes of the sockets among them.
    pub(super) fn sockets(&self, mut each: impl FnMut(u64)) {
        let met = self.numbers(0..self.count, &mut each);
        self.beyond(met, each);
    }

    /// The same for a range of numbers. Says how many of them are descriptors, of whatever kind.
    ///
    /// Descriptors are given out from 0 upwards, so most of the first [`Self::count`] numbers are in
    /// use.
    pub(super) fn numbers(&self, numbers: Range<usize>, mut each: impl FnMut(u64)) -> usize {
        let links = numbers.filter_map(|number| link(self.directory.as_fd(), number));
        links.map(|link| link.tell(&mut each)).count()
    }

    /// The same for those that are left when the first [`Self::count`] numbers were gone through and
    /// so many were met there.
    pub(super) fn beyond(&self, mut met: usize, mut each: impl FnMut(u64)) {
        // A number in vain takes as long as two names of the list, and few are in use up here.
        let tried = self.count..self.count + self.count / 8;
        let listed_from = tried.end;
        for number in tried {
            if met >= self.count {
                break;
            }
            met += self.numbers(number..number + 1, &mut each);
        }
        if self.count == 0 || met < self.count {
            self.listed(listed_from, each);
        } else if counted(&self.directory) > self.count {
            // Those that were opened meanwhile were met in place of some that lie further up.
            self.listed(self.count, each);
        }
    }

    /// Those from a number on, by the names in the directory.
    fn listed(&self, from: usize, mut each: impl FnMut(u64)) {
        let Ok(mut names) = self
            .directory
            .try_clone()
            .map_err(drop)
            .and_then(|directory| Dir::from_fd(directory).map_err(drop))
        else {
            return;
        };
        for name in names.iter().flatten() {
            let number: Option<usize> = name.file_name().to_str().ok().and_then(|n| n.parse().ok());
            let number = number.filter(|number| *number >= from);
            if let Some(link) = number.and_then(|number| link(self.directory.as_fd(), number)) {
                link.tell(&mut each);
            }
        }
    }
}

/// How many descriptors an open /proc/PID/fd has; 0 where the kernel does not tell.
fn counted(directory: &OwnedFd) -> usize {
    let size = fstat(directory).map_or(0, |stat| stat.st_size);
    usize::try_from(size).unwrap_or(0)
}

/// What a descriptor leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Socket(u64),
    SomethingElse,
}

impl Link {
    fn tell(self, each: &mut impl FnMut(u64)) {
        if let Self::Socket(inode) = self {
            each(inode);
        }
    }
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
        });
        all
    }

    #[test]
    fn the_same_are_found_counted_and_listed() {
        let near = UdpSocket::bind("127.0.0.1:0").unwrap();
        // Far above the number of descriptors there are.
        let far = nix::fcntl::fcntl(&near, nix::fcntl::FcntlArg::F_DUPFD_CLOEXEC(900)).unwrap();
        let other = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mine = BTreeSet::from([inode(&near), inode(&other)]);
        // As many as were met before both of them.
        let low = usize::try_from(near.as_raw_fd().min(other.as_raw_fd())).unwrap();
        for count in [None, Some(0), Some(low), Some(850), Some(2_000)] {
            assert!(found(count).is_superset(&mine), "{count:?}");
        }
        nix::unistd::close(far).unwrap();
        assert!(other.as_raw_fd() < 900);
    }

    #[test]
    fn a_process_that_is_gone() {
        assert!(Descriptors::of(u32::MAX).is_err());
    }
}
