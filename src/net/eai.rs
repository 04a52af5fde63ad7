//! What getaddrinfo(3) says when a name has no address. Its codes are no errnos.

/// A code of getaddrinfo(3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eai {
    /// Nobody knows the name.
    NoName,
    /// No server answered; one may later.
    Again,
    /// A server answered, and could not say.
    Fail,
    /// The name is known and has no address.
    NoData,
    /// There is no memory for the answer.
    Memory,
}

/// glibc's own, and not in every version of its header.
const EAI_NODATA: i32 = -5;

impl Eai {
    /// From its number; `None` for a code that says something about the caller, not the name.
    pub fn of(code: i32) -> Option<Self> {
        match code {
            libc::EAI_NONAME => Some(Self::NoName),
            libc::EAI_AGAIN => Some(Self::Again),
            libc::EAI_FAIL => Some(Self::Fail),
            libc::EAI_MEMORY => Some(Self::Memory),
            EAI_NODATA => Some(Self::NoData),
            _ => None,
        }
    }

    /// `EAI_NONAME`.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoName => "EAI_NONAME",
            Self::Again => "EAI_AGAIN",
            Self::Fail => "EAI_FAIL",
            Self::NoData => "EAI_NODATA",
            Self::Memory => "EAI_MEMORY",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_names() {
        assert_eq!(Eai::of(libc::EAI_NONAME).map(Eai::name), Some("EAI_NONAME"));
        assert_eq!(Eai::of(libc::EAI_AGAIN).map(Eai::name), Some("EAI_AGAIN"));
        assert_eq!(Eai::of(libc::EAI_SYSTEM), None);
        assert_eq!(Eai::of(0), None);
    }
}
