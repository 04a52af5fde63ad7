//! Error numbers by their names (errno(3)). Numbers differ by system; names do not.
use std::fmt;

use serde::{Serialize, Serializer};

/// An error number of this system. Printed and serialised by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Errno(i32);

macro_rules! errnos {
    ($($name:ident),* $(,)?) => {
        /// The numbers a socket program meets, with their names on this system.
        const NAMES: &[(i32, &str)] = &[$((libc::$name, stringify!($name))),*];
        #[expect(missing_docs, reason = "the names are errno(3)'s own")]
        impl Errno {
            $(pub const $name: Self = Self(libc::$name);)*
        }
    };
}

errnos!(
    EACCES,
    EADDRINUSE,
    EADDRNOTAVAIL,
    EAFNOSUPPORT,
    EAGAIN,
    EALREADY,
    EBADF,
    ECANCELED,
    ECONNABORTED,
    ECONNREFUSED,
    ECONNRESET,
    EDESTADDRREQ,
    EEXIST,
    EFAULT,
    EHOSTDOWN,
    EHOSTUNREACH,
    EINPROGRESS,
    EINTR,
    EINVAL,
    EIO,
    EISCONN,
    EMFILE,
    EMSGSIZE,
    ENAMETOOLONG,
    ENETDOWN,
    ENETRESET,
    ENETUNREACH,
    ENFILE,
    ENOBUFS,
    ENODEV,
    ENOENT,
    ENOMEM,
    ENOPROTOOPT,
    ENOSPC,
    ENOSYS,
    ENOTCONN,
    ENOTSOCK,
    EOPNOTSUPP,
    EPERM,
    EPIPE,
    EPROTO,
    EPROTONOSUPPORT,
    EPROTOTYPE,
    EROFS,
    ETIMEDOUT,
);

impl Errno {
    /// From the number a system call left behind.
    pub fn from_raw(number: i32) -> Self {
        Self(number)
    }

    /// From an I/O error, when it came from a system call.
    pub fn of(error: &std::io::Error) -> Option<Self> {
        error.raw_os_error().map(Self)
    }

    /// From a name such as `EADDRINUSE`, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        let found = NAMES
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(name))?;
        Some(Self(found.0))
    }

    /// The number on this system.
    pub fn raw(self) -> i32 {
        self.0
    }

    /// The name, or `errno N` for a number without one here.
    pub fn name(self) -> String {
        NAMES
            .iter()
            .find(|(number, _)| *number == self.0)
            .map_or_else(
                || format!("errno {}", self.0),
                |(_, name)| (*name).to_owned(),
            )
    }

    /// All names known here, for completion.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(_, name)| *name)
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl Serialize for Errno {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree_with_the_system() {
        for name in Errno::names() {
            assert_eq!(Errno::parse(name).unwrap().name(), name);
        }
        let error = std::io::Error::from_raw_os_error(libc::EADDRINUSE);
        assert_eq!(Errno::of(&error), Some(Errno::EADDRINUSE));
        assert_eq!(Errno::from_raw(99_999).name(), "errno 99999");
    }
}
