//! What the lab and its helper say to each other: records of a fixed size, so that the helper needs
//! no memory of its own to read them.
use std::ffi::CStr;
use std::net::IpAddr;

/// Room for a path, its ending NUL included. The longest is that of an interface's IPv6 setting.
pub(super) const PATH: usize = 96;

/// Room for the value of a kernel setting, or for a name with its ending NUL, the longest of which has
/// 253 bytes (RFC 1035 §2.3.4).
pub(super) const VALUE: usize = 256;

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
    /// The hosts file of the world, for reading and writing.
    HostsFile,
    /// What a name stands for in the world, within so many milliseconds; a socket comes back, and the
    /// answer on it ([`Found`]).
    LookUp { name: [u8; VALUE], millis: i32 },
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

    /// To look a name up.
    pub(super) fn look_up(name: &str, millis: i32) -> Option<Self> {
        Some(Self::LookUp {
            name: filled(name.as_bytes(), VALUE - 1)?,
            millis,
        })
    }

    /// Whether a descriptor comes back when it is done.
    pub(super) fn passes(&self) -> bool {
        !matches!(self, Self::Write { .. })
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
            Self::HostsFile => ([5, 0, 0, 0], None, None),
            Self::LookUp { name, millis } => ([6, *millis, 0, 0], Some(&[0; PATH]), Some(name)),
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
            5 => Some(Self::HostsFile),
            6 => Some(Self::LookUp {
                name: *rest.first_chunk::<VALUE>()?,
                millis: first,
            }),
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
    /// Whether it did what it was asked for.
    pub(super) fn is_done(self) -> bool {
        self.step == 0 && self.errno == 0
    }

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

/// Addresses one answer holds; a lesson's names have two.
pub(super) const ADDRESSES: usize = 32;

/// Room for one address: its length, then its bytes.
const ADDRESS: usize = 17;

/// Length of what a look-up found.
pub(super) const FOUND: usize = 8 + ADDRESSES * ADDRESS;

/// What getaddrinfo(3) answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// 0, or an EAI_ code.
    pub(super) code: i32,
    /// What is behind EAI_SYSTEM.
    pub(super) errno: i32,
    /// The addresses in their order; the first `None` ends them.
    pub(super) addresses: [Option<IpAddr>; ADDRESSES],
}

impl Found {
    /// As it travels.
    pub(super) fn encode(&self) -> [u8; FOUND] {
        let mut bytes = [0; FOUND];
        let numbers = [self.code, self.errno];
        let numbers = numbers.iter().flat_map(|number| number.to_ne_bytes());
        let mut places = bytes.iter_mut();
        for (place, byte) in places.by_ref().take(8).zip(numbers) {
            *place = byte;
        }
        for (place, address) in places
            .into_slice()
            .chunks_exact_mut(ADDRESS)
            .zip(&self.addresses)
        {
            let written: [u8; ADDRESS] = match address {
                None => [0; ADDRESS],
                Some(IpAddr::V4(four)) => tagged(4, &four.octets()),
                Some(IpAddr::V6(six)) => tagged(16, &six.octets()),
            };
            place.copy_from_slice(&written);
        }
        bytes
    }

    /// Reads what travelled.
    pub(super) fn decode(bytes: &[u8; FOUND]) -> Option<Self> {
        let (code, rest) = number(bytes)?;
        let (errno, rest) = number(rest)?;
        let mut addresses = [None; ADDRESSES];
        for (address, place) in addresses.iter_mut().zip(rest.chunks_exact(ADDRESS)) {
            let (length, octets) = place.split_first()?;
            *address = match length {
                4 => Some(IpAddr::from(*octets.first_chunk::<4>()?)),
                16 => Some(IpAddr::from(*octets.first_chunk::<16>()?)),
                _ => None,
            };
        }
        Some(Self {
            code,
            errno,
            addresses,
        })
    }
}

fn tagged(length: u8, octets: &[u8]) -> [u8; ADDRESS] {
    let mut place = [0; ADDRESS];
    for (byte, octet) in place.iter_mut().zip(std::iter::once(&length).chain(octets)) {
        *byte = *octet;
    }
    place
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
            Request::HostsFile,
            Request::look_up("localhost", 2_000).unwrap(),
        ];
        for request in all {
            assert_eq!(Request::decode(&request.encode()), Some(request));
        }
        let answer = Answer { step: 3, errno: -1 };
        assert_eq!(Answer::decode(&answer.encode()), Some(answer));
        let mut found = Found {
            code: -2,
            errno: 5,
            addresses: [None; ADDRESSES],
        };
        assert_eq!(Found::decode(&found.encode()), Some(found));
        found.addresses[0] = Some(IpAddr::from([127, 0, 0, 42]));
        found.addresses[ADDRESSES - 1] = Some("::1".parse().unwrap());
        assert_eq!(Found::decode(&found.encode()), Some(found));
        assert_eq!(Request::decode(&[9; REQUEST]), None);
        assert_eq!(Answer::decode(&[0; 7]), None);
        assert_eq!(Request::open(&"x".repeat(PATH)), None);
        assert_eq!(Request::write("/p", &"x".repeat(VALUE + 1)), None);
        assert_eq!(Request::look_up(&"x".repeat(VALUE), 1), None);
        assert_eq!(Request::look_up("local\0host", 1), None);
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
