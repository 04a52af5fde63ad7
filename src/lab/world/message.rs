//! What the lab and its helper say to each other: records of a fixed size, so that the helper needs
//! no memory of its own to read them.
use std::ffi::CStr;

/// Room for a path, its ending NUL included. The longest is that of an interface's IPv6 setting.
pub(super) const PATH: usize = 96;

/// Room for the value of a kernel setting.
pub(super) const VALUE: usize = 128;

/// Length of a request.
pub(super) const REQUEST: usize = 16 + PATH + VALUE;

/// Length of an answer.
pub(super) const ANSWER: usize = 8;

/// What the helper is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// A socket, by the numbers of socket(2).
    Socket {
        domain: i32,
        kind: i32,
        protocol: i32,
    },
    /// A file of the world, for reading.
    Open { path: [u8; PATH] },
    /// One write(2) of the first `length` bytes to a setting.
    Write {
        path: [u8; PATH],
        value: [u8; VALUE],
        length: usize,
    },
    /// A second helper, in a namespace of its own beside this one; its control socket comes back.
    Neighbour,
}

impl Request {
    /// To open a file.
    pub(super) fn open(path: &str) -> Option<Self> {
        Some(Self::Open {
            path: filled(path.as_bytes(), PATH - 1)?,
        })
    }

    /// To write a setting.
    pub(super) fn write(path: &str, value: &str) -> Option<Self> {
        Some(Self::Write {
            path: filled(path.as_bytes(), PATH - 1)?,
            value: filled(value.as_bytes(), VALUE)?,
            length: value.len(),
        })
    }

    /// As it travels.
    pub(super) fn encode(&self) -> [u8; REQUEST] {
        let mut bytes = [0; REQUEST];
        let (numbers, path, value) = match self {
            Self::Socket {
                domain,
                kind,
                protocol,
            } => ([1, *domain, *kind, *protocol], None, None),
            Self::Open { path } => ([2, 0, 0, 0], Some(path), None),
            Self::Write {
                path,
                value,
                length,
            } => {
                let length = i32::try_from(*length).unwrap_or(0);
                ([3, length, 0, 0], Some(path), Some(value))
            }
            Self::Neighbour => ([4, 0, 0, 0], None, None),
        };
        let numbers = numbers.iter().flat_map(|number| number.to_ne_bytes());
        let tail = path.into_iter().flatten().copied();
        let tail = tail.chain(value.into_iter().flatten().copied());
        for (place, byte) in bytes.iter_mut().zip(numbers.chain(tail)) {
            *place = byte;
        }
        bytes
    }

    /// Reads what travelled; allocates nothing.
    pub(super) fn decode(bytes: &[u8; REQUEST]) -> Option<Self> {
        let (operation, rest) = number(bytes)?;
        let (first, rest) = number(rest)?;
        let (second, rest) = number(rest)?;
        let (third, rest) = number(rest)?;
        let (path, rest) = rest.split_first_chunk::<PATH>()?;
        match operation {
            1 => Some(Self::Socket {
                domain: first,
                kind: second,
                protocol: third,
            }),
            2 => Some(Self::Open { path: *path }),
            3 => Some(Self::Write {
                path: *path,
                value: *rest.first_chunk::<VALUE>()?,
                length: usize::try_from(first).ok()?,
            }),
            4 => Some(Self::Neighbour),
            _ => None,
        }
    }
}

/// What the helper answers: how far it came, and an errno; 0 and 0 mean "done".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The number of the [step](super::Step) that was refused, while the world is being made.
    pub(super) step: i32,
    /// The kernel's number, or 0.
    pub(super) errno: i32,
}

impl Answer {
    /// As it travels.
    pub(super) fn encode(self) -> [u8; ANSWER] {
        let mut bytes = [0; ANSWER];
        let numbers = [self.step, self.errno];
        let numbers = numbers.iter().flat_map(|number| number.to_ne_bytes());
        for (place, byte) in bytes.iter_mut().zip(numbers) {
            *place = byte;
        }
        bytes
    }

    /// Reads what travelled.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (step, rest) = number(bytes)?;
        let (errno, _) = number(rest)?;
        Some(Self { step, errno })
    }
}

fn number(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((i32::from_ne_bytes(*number), rest))
}

fn filled<const N: usize>(bytes: &[u8], most: usize) -> Option<[u8; N]> {
    if bytes.len() > most || bytes.contains(&0) {
        return None;
    }
    let mut room = [0; N];
    room.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(room)
}

/// What may be opened for reading: the tables and settings of the helper's own network, and the
/// handle of its namespace.
pub(super) fn may_open(path: &[u8]) -> Option<&CStr> {
    const FOLDERS: [&[u8]; 3] = [b"/proc/self/net/", b"/proc/net/", b"/proc/sys/net/"];
    const NAMESPACE: &[u8] = b"/proc/self/ns/net\0";
    let below = FOLDERS.iter().any(|folder| path.starts_with(folder));
    plain(path).filter(|_| below || path.starts_with(NAMESPACE))
}

/// What may be written to: settings of the helper's own network.
pub(super) fn may_write(path: &[u8]) -> Option<&CStr> {
    plain(path).filter(|_| path.starts_with(b"/proc/sys/net/"))
}

/// A path that goes down only.
fn plain(path: &[u8]) -> Option<&CStr> {
    let path = CStr::from_bytes_until_nul(path).ok()?;
    let climbs = path.to_bytes().windows(2).any(|pair| pair == b"..");
    (!climbs).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_read_back() {
        let all = [
            Request::Socket {
                domain: 2,
                kind: 1,
                protocol: 6,
            },
            Request::open("/proc/net/dev").unwrap(),
            Request::write("/proc/sys/net/ipv4/x", "1 2").unwrap(),
            Request::Neighbour,
        ];
        for request in all {
            assert_eq!(Request::decode(&request.encode()), Some(request));
        }
        let answer = Answer { step: 3, errno: -1 };
        assert_eq!(Answer::decode(&answer.encode()), Some(answer));
        assert_eq!(Request::decode(&[9; REQUEST]), None);
        assert_eq!(Answer::decode(&[0; 7]), None);
        assert_eq!(Request::open(&"x".repeat(PATH)), None);
        assert_eq!(Request::write("/p", &"x".repeat(VALUE + 1)), None);
    }

    #[test]
    fn only_the_network_is_open() {
        let table = [
            ("/proc/net/dev\0", true, false),
            ("/proc/self/net/tcp\0", true, false),
            ("/proc/self/ns/net\0", true, false),
            ("/proc/sys/net/ipv4/ip_local_port_range\0", true, true),
            ("/proc/sys/net/../kernel/hostname\0", false, false),
            ("/proc/self/ns/net/..\0", false, false),
            ("/proc/self/mem\0", false, false),
            ("/etc/passwd\0", false, false),
            ("/proc/net/dev", false, false),
        ];
        for (path, open, write) in table {
            let path = path.as_bytes();
            assert_eq!(may_open(path).is_some(), open, "{path:?}");
            assert_eq!(may_write(path).is_some(), write, "{path:?}");
        }
    }
}
