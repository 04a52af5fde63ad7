//! Which process holds a socket: /proc/PID/fd holds a link `socket:[INODE]` for each (proc(5)).
//!
//! Reads links and names, never follows a link: what it points to may be a dead network file system.
use std::collections::HashMap;
use std::fs;
use std::os::fd::AsFd;

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;

use super::filter::Owners;
use super::sys::read_link_at;
use crate::lang::SocketRow;

/// The longest link to a socket: `socket:[18446744073709551615]`. Longer ones are no sockets.
const LINK: usize = 32;

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
        for pid in pids().filter(|pid| *pid != own) {
            if search.wanted.is_empty() {
                break;
            }
            search.process(pid);
        }
    }
    let unseen = Unseen {
        processes: search.unreadable,
        rows: search.wanted.len(),
    };
    if whose == Owners::Everyone {
        unseen
    } else {
        Unseen::default()
    }
}

/// The name of a process; `None` when it is gone.
fn name_of(pid: u32) -> Option<String> {
    let name = fs::read(format!("/proc/{pid}/comm")).ok()?;
    Some(String::from_utf8_lossy(name.trim_ascii_end()).into_owned())
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

struct Search<'r> {
    rows: &'r mut [SocketRow],
    /// Rows without an owner so far, by inode.
    wanted: HashMap<u64, usize>,
    unreadable: usize,
}

impl<'r> Search<'r> {
    fn over(rows: &'r mut [SocketRow]) -> Self {
        let mut wanted = HashMap::with_capacity(rows.len());
        let held = rows.iter().enumerate().filter(|(_, row)| row.inode != 0);
        wanted.extend(held.map(|(index, row)| (row.inode, index)));
        Self {
            rows,
            wanted,
            unreadable: 0,
        }
    }

    fn process(&mut self, pid: u32) {
        let path = format!("/proc/{pid}/fd");
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let links = match Dir::open(path.as_str(), flags, Mode::empty()) {
            Ok(links) => links,
            Err(Errno::EACCES | Errno::EPERM) => {
                self.unreadable += 1;
                return;
            }
            // It ended meanwhile.
            Err(_) => return,
        };
        self.links(pid, links);
    }

    fn links(&mut self, pid: u32, mut links: Dir) {
        let Ok(place) = links.as_fd().try_clone_to_owned() else {
            return;
        };
        let mut name: Option<Option<String>> = None;
        let mut buffer = [0; LINK];
        for link in links.iter().flatten() {
            let Ok(text) = read_link_at(place.as_fd(), link.file_name(), &mut buffer) else {
                continue;
            };
            let Some(index) = socket_inode(text).and_then(|inode| self.wanted.remove(&inode))
            else {
                continue;
            };
            if let Some(row) = self.rows.get_mut(index) {
                row.pid = Some(pid);
                row.process
                    .clone_from(name.get_or_insert_with(|| name_of(pid)));
            }
            if self.wanted.is_empty() {
                return;
            }
        }
    }
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
    fn notes_only_what_was_missed() {
        let note = |processes, rows| Unseen { processes, rows }.note();
        assert_eq!(note(73, 0), None);
        assert!(note(0, 2).unwrap().contains("2 sockets are held"));
        assert!(note(1, 1).unwrap().contains("1 socket is held"));
        assert!(note(73, 1).unwrap().contains("73 processes"));
    }
}
