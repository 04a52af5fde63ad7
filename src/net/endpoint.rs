//! An endpoint as it is written: `127.0.0.1:8080`, `[::1]:0`, `:8080`, `8080`, `unix:NAME`.
//!
//! Addresses are parsed by [`IpAddr`] alone, never by the system resolver, which reads `127.1` and
//! `2130706433` as 127.0.0.1 and would ask a DNS server about a name.
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};

use serde::{Serialize, Serializer};

/// One end of a conversation: an Internet socket address, or a Unix socket by its lab name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Endpoint {
    /// An address and a port, TCP or UDP (ip(7), ipv6(7)).
    Inet(SocketAddr),
    /// A Unix domain socket (unix(7)), by the name it has in this session; one that begins with @ is
    /// an abstract name, which is no file.
    Unix(String),
}

/// Why a text is no endpoint. Its [`Display`](fmt::Display) says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointError {
    /// Nothing was written where an endpoint belongs.
    Empty,
    /// The port is missing: `127.0.0.1`.
    NoPort(String),
    /// The port is not a number from 0 to 65535.
    Port(String),
    /// An IPv6 address without its brackets: `::1:80`.
    Brackets(String),
    /// One of the short or numeric spellings only the resolver knows: `127.1`, `2130706433`.
    Spelling {
        /// What was written.
        written: String,
        /// The address the resolver would have made of it, where that is known.
        means: Option<Ipv4Addr>,
    },
    /// A host name; names are for `resolve`.
    HostName(String),
    /// A Unix socket name with characters that do not belong in a name.
    UnixName(String),
}

impl Endpoint {
    /// Reads the written form. A bare port, or one behind a colon, is on 127.0.0.1.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        if text.is_empty() {
            return Err(EndpointError::Empty);
        }
        if let Some(name) = text.strip_prefix("unix:") {
            return parse_unix(name);
        }
        if text.bytes().all(|b| b.is_ascii_digit()) && text.len() <= 5 {
            return Ok(Self::loopback(parse_port(text)?));
        }
        if let Some(port) = text.strip_prefix(':').filter(|rest| !rest.contains(':')) {
            return Ok(Self::loopback(parse_port(port)?));
        }
        parse_inet(text)
    }

    /// 127.0.0.1 with this port.
    pub fn loopback(port: u16) -> Self {
        Self::Inet(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }

    /// The socket address, when this is an Internet endpoint.
    pub fn inet(&self) -> Option<SocketAddr> {
        match self {
            Self::Inet(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// Whether the address is a loopback one, `::ffff:127.0.0.1` included (RFC 1122 §3.2.1.3,
    /// RFC 4291 §2.5.3). Unix sockets never leave the machine, so they count.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Inet(address) => address.ip().to_canonical().is_loopback(),
            Self::Unix(_) => true,
        }
    }

    /// Whether this is `0.0.0.0` or `[::]`, which a listener reads as "every address I have".
    pub fn is_wildcard(&self) -> bool {
        self.inet()
            .is_some_and(|address| address.ip().to_canonical().is_unspecified())
    }
}

fn parse_unix(name: &str) -> Result<Endpoint, EndpointError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    // An abstract name begins with a NUL byte, which is written as @ (unix(7), ss(8)).
    let letters = name.strip_prefix('@').unwrap_or(name);
    if letters.is_empty() || name.len() > 40 || !letters.chars().all(plain) {
        return Err(EndpointError::UnixName(name.to_owned()));
    }
    Ok(Endpoint::Unix(name.to_owned()))
}

fn parse_inet(text: &str) -> Result<Endpoint, EndpointError> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok(Endpoint::Inet(address));
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|t| t.strip_suffix(']'))
        .unwrap_or(text);
    if bare.parse::<IpAddr>().is_ok() {
        return Err(if without_brackets(text).is_some() {
            EndpointError::Brackets(text.to_owned())
        } else {
            EndpointError::NoPort(text.to_owned())
        });
    }
    let Some((host, port)) = text.rsplit_once(':') else {
        return Err(not_an_address(text));
    };
    if host.contains(':') && !host.starts_with('[') {
        return Err(EndpointError::Brackets(text.to_owned()));
    }
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.parse::<IpAddr>().is_err() {
        return Err(not_an_address(host));
    }
    Err(EndpointError::Port(port.to_owned()))
}

/// The address and the port that are meant by `::1:8080`, which is an address, too. With `::1` no
/// port can be meant: `:` is no address.
fn without_brackets(text: &str) -> Option<(Ipv6Addr, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let decimal = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let address = host.parse().ok().filter(|_| decimal)?;
    Some((address, port.parse().ok()?))
}

fn parse_port(text: &str) -> Result<u16, EndpointError> {
    text.parse()
        .map_err(|_| EndpointError::Port(text.to_owned()))
}

fn not_an_address(host: &str) -> EndpointError {
    let number_like = |part: &str| {
        !part.is_empty()
            && (part.bytes().all(|b| b.is_ascii_digit())
                || part.strip_prefix("0x").is_some_and(|hex| {
                    !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit())
                }))
    };
    if host.split('.').all(number_like) {
        return EndpointError::Spelling {
            written: host.to_owned(),
            means: inet_aton(host),
        };
    }
    EndpointError::HostName(host.to_owned())
}

/// The address inet_aton(3) makes of `a`, `a.b`, `a.b.c` or `a.b.c.d`, each part decimal, octal
/// (leading 0) or hexadecimal (leading 0x). Kept only to *say* what a spelling would have meant.
fn inet_aton(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = text.split('.').map(aton_part).collect::<Option<_>>()?;
    let (last, front) = parts.split_last()?;
    if front.len() > 3 || front.iter().any(|part| *part > 255) {
        return None;
    }
    let room = 8 * (4 - u32::try_from(front.len()).ok()?);
    if room < 32 && *last >= 1 << room {
        return None;
    }
    let high = front
        .iter()
        .enumerate()
        .fold(0, |sum, (i, part)| sum | part << (24 - 8 * i));
    Some(Ipv4Addr::from(high | last))
}

fn aton_part(text: &str) -> Option<u32> {
    if let Some(hex) = text.strip_prefix("0x") {
        return u32::from_str_radix(hex, 16).ok();
    }
    let radix = if text.len() > 1 && text.starts_with('0') {
        8
    } else {
        10
    };
    u32::from_str_radix(text, radix).ok()
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(SocketAddr::V4(address)) => f.write_str(Dotted::of(*address).as_str()),
            Self::Inet(address) => write!(f, "{address}"),
            Self::Unix(name) => write!(f, "unix:{name}"),
        }
    }
}

/// An IPv4 endpoint as text, `255.255.255.255:65535` at most, written in one go: a table may hold
/// tens of thousands.
struct Dotted {
    text: [u8; 21],
    end: usize,
}

impl Dotted {
    fn of(address: SocketAddrV4) -> Self {
        let mut dotted = Self {
            text: [0; 21],
            end: 0,
        };
        let [a, b, c, d] = address.ip().octets();
        for (octet, after) in [(a, b'.'), (b, b'.'), (c, b'.'), (d, b':')] {
            dotted.number(octet.into());
            dotted.byte(after);
        }
        dotted.number(address.port());
        dotted
    }

    fn number(&mut self, number: u16) {
        for unit in [10_000, 1_000, 100, 10] {
            if number >= unit {
                self.digit(number / unit % 10);
            }
        }
        self.digit(number % 10);
    }

    fn digit(&mut self, digit: u16) {
        self.byte(b'0' + u8::try_from(digit).unwrap_or_default());
    }

    fn byte(&mut self, byte: u8) {
        if let Some(place) = self.text.get_mut(self.end) {
            *place = byte;
            self.end += 1;
        }
    }

    fn as_str(&self) -> &str {
        let written = self.text.get(..self.end).unwrap_or_default();
        std::str::from_utf8(written).unwrap_or_default()
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        Self::Inet(address)
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an endpoint is missing here: write 127.0.0.1:8080"),
            Self::NoPort(text) if text.contains(':') => {
                let bare = text.trim_matches(['[', ']']);
                write!(
                    f,
                    "`{text}` has no port: write [{bare}]:8080, or [{bare}]:0 to listen on any free port"
                )
            }
            Self::NoPort(text) => {
                write!(
                    f,
                    "`{text}` has no port: write {text}:8080, or {text}:0 to listen on any free port"
                )
            }
            Self::Port(text) => write!(
                f,
                "`{text}` is not a port: ports are the numbers 0 to 65535"
            ),
            Self::Brackets(text) => {
                let (address, port) = without_brackets(text).unwrap_or((Ipv6Addr::LOCALHOST, 8080));
                let example = SocketAddr::from((address, port));
                write!(
                    f,
                    "`{text}`: an IPv6 address needs brackets before its port, as in {example}"
                )
            }
            Self::Spelling {
                written,
                means: Some(address),
            } => write!(
                f,
                "`{written}` is a spelling of {address} that only some programs read; write {address}"
            ),
            Self::Spelling {
                written,
                means: None,
            } => {
                write!(
                    f,
                    "`{written}` is not an address: write four numbers, as in 127.0.0.1"
                )
            }
            Self::HostName(name) if name.eq_ignore_ascii_case("localhost") => write!(
                f,
                "`{name}` is a name, not an address: `resolve {name}` shows what it stands for; \
                 write 127.0.0.1 or [::1] here"
            ),
            Self::HostName(name) => write!(
                f,
                "`{name}` is a name, and no name is looked up here: write an address, as in \
                 127.0.0.1:8080 or [::1]:8080"
            ),
            Self::UnixName(name) => write!(
                f,
                "`unix:{name}` is not a Unix socket name of the lab: use letters, digits, - and _, \
                 at most 40, with @ before an abstract one"
            ),
        }
    }
}

impl std::error::Error for EndpointError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Endpoint::parse(text).map_or_else(|error| format!("! {error}"), |e| e.to_string())
    }

    #[test]
    fn written_forms() {
        let table = [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("[::1]:0", "[::1]:0"),
            (":8080", "127.0.0.1:8080"),
            ("8080", "127.0.0.1:8080"),
            ("0", "127.0.0.1:0"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1"),
            ("unix:chat", "unix:chat"),
            ("unix:@chat", "unix:@chat"),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn addresses_are_written_as_everywhere() {
        for (ip, port) in [
            ([0, 0, 0, 0], 0),
            ([127, 0, 0, 1], 8080),
            ([10, 200, 99, 255], 65_535),
            ([255, 255, 255, 255], 10_000),
            ([1, 20, 100, 5], 109),
        ] {
            let address = SocketAddr::from((ip, port));
            assert_eq!(Endpoint::from(address).to_string(), address.to_string());
        }
    }

    #[test]
    fn refusals_say_what_to_write() {
        let table = [
            ("127.1:80", "spelling of 127.0.0.1"),
            ("2130706433:80", "spelling of 127.0.0.1"),
            ("0x7f.1:80", "spelling of 127.0.0.1"),
            ("0177.0.0.1:80", "spelling of 127.0.0.1"),
            ("300.1.1.1:80", "four numbers"),
            ("127.0.0.1:70000", "0 to 65535"),
            ("127.0.0.1:-1", "0 to 65535"),
            ("70000", "0 to 65535"),
            ("127.0.0.1", "127.0.0.1:0 to listen on any free port"),
            ("::1", "[::1]:8080"),
            ("::1:80x", "brackets"),
            ("::1:0", "as in [::1]:0"),
            ("::1:8080", "as in [::1]:8080"),
            ("::", "[::]:8080"),
            ("fe80::a:b", "[fe80::a:b]:8080"),
            ("localhost:80", "resolve localhost"),
            (
                "example.com:80",
                "no name is looked up here: write an address",
            ),
            ("unix:../x", "letters, digits"),
            ("unix:@", "letters, digits"),
            ("unix:a@b", "letters, digits"),
            ("", "missing"),
        ];
        for (text, part) in table {
            assert!(
                shown(text).starts_with("! "),
                "{text} was accepted: {}",
                shown(text)
            );
            assert!(shown(text).contains(part), "{text}: {}", shown(text));
        }
    }

    #[test]
    fn loopback_sees_through_mapped_addresses() {
        for (text, loopback) in [
            ("127.9.9.9:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("0.0.0.0:1", false),
            ("8.8.8.8:53", false),
        ] {
            assert_eq!(
                Endpoint::parse(text).unwrap().is_loopback(),
                loopback,
                "{text}"
            );
        }
    }
}
