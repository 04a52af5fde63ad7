//! The states of a TCP connection, spelled as in RFC 9293 §3.3.2.
use std::fmt;

use serde::{Serialize, Serializer};

/// One state of RFC 9293's machine. Linux prints the same words with underscores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is the standard's own name")]
pub enum TcpState {
    Listen,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
    Closed,
}

impl TcpState {
    /// All states, in the order of the standard's list.
    pub const ALL: [Self; 11] = [
        Self::Listen,
        Self::SynSent,
        Self::SynReceived,
        Self::Established,
        Self::FinWait1,
        Self::FinWait2,
        Self::CloseWait,
        Self::Closing,
        Self::LastAck,
        Self::TimeWait,
        Self::Closed,
    ];

    /// The state behind Linux's number (`include/net/tcp_states.h`); 12 is a request that has not
    /// become a socket yet.
    pub fn from_linux(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Established,
            2 => Self::SynSent,
            3 | 12 => Self::SynReceived,
            4 => Self::FinWait1,
            5 => Self::FinWait2,
            6 => Self::TimeWait,
            7 => Self::Closed,
            8 => Self::CloseWait,
            9 => Self::LastAck,
            10 => Self::Listen,
            11 => Self::Closing,
            _ => return None,
        })
    }

    /// The standard's spelling.
    pub fn name(self) -> &'static str {
        match self {
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECEIVED",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::CloseWait => "CLOSE-WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST-ACK",
            Self::TimeWait => "TIME-WAIT",
            Self::Closed => "CLOSED",
        }
    }

    /// Reads the standard's spelling, Linux's underscores and `ss` short forms alike, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |s: &str| s.to_ascii_uppercase().replace(['-', '_'], "");
        let wanted = match plain(text).as_str() {
            "ESTAB" => "ESTABLISHED".to_owned(),
            "SYNRECV" => "SYNRECEIVED".to_owned(),
            "UNCONN" | "CLOSE" => "CLOSED".to_owned(),
            other => other.to_owned(),
        };
        Self::ALL
            .into_iter()
            .find(|state| plain(state.name()) == wanted)
    }
}

impl fmt::Display for TcpState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for TcpState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back_in_every_spelling() {
        for state in TcpState::ALL {
            assert_eq!(TcpState::parse(state.name()), Some(state));
            assert_eq!(
                TcpState::parse(&state.name().replace('-', "_").to_lowercase()),
                Some(state)
            );
        }
        assert_eq!(TcpState::parse("ESTAB"), Some(TcpState::Established));
        assert_eq!(TcpState::parse("SLEEPING"), None);
    }
}
