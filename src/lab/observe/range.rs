//! Which ports the kernel hands out by itself, from /proc/sys/net/ipv4 (ip(7)).
use super::counters::read;
use super::{Namespace, not_available};
use crate::lang::{EphemeralRange, Failure};
use crate::net::PortRange;

const FOLDER: &str = "/proc/sys/net/ipv4";

/// The range of ports the kernel hands out.
pub fn range(ns: &dyn Namespace) -> Result<EphemeralRange, Failure> {
    let path = format!("{FOLDER}/ip_local_port_range");
    let text =
        read(ns, &path).map_err(|error| not_available("open", &format!("`{path}`"), &error))?;
    let range = parse(&text).ok_or_else(|| {
        let error = std::io::Error::other(format!("it says `{}`", text.trim()));
        not_available("read", &format!("`{path}`"), &error)
    })?;
    // The other two are younger (Linux 2.6.39 and 4.11); without them nothing is reserved, and the
    // boundary is the classic one.
    let other = |name| read(ns, &format!("{FOLDER}/{name}")).unwrap_or_default();
    let unprivileged = other("ip_unprivileged_port_start");
    Ok(EphemeralRange {
        low: range.low,
        high: range.high,
        size: range.size(),
        reserved: other("ip_local_reserved_ports").trim().to_owned(),
        unprivileged_start: unprivileged.trim().parse().unwrap_or(1024),
        source: path,
    })
}

fn parse(text: &str) -> Option<PortRange> {
    let mut bounds = text.split_ascii_whitespace().map(str::parse);
    let (low, high) = (bounds.next()?.ok()?, bounds.next()?.ok()?);
    (low <= high && bounds.next().is_none()).then_some(PortRange { low, high })
}

#[cfg(test)]
mod tests {
    use super::super::Here;
    use super::*;

    #[test]
    fn bounds() {
        let range = |low, high| Some(PortRange { low, high });
        let table = [
            ("32768\t60999\n", range(32768, 60999)),
            ("49342 49342", range(49342, 49342)),
            ("60999 32768", None),
            ("1 70000", None),
            ("1", None),
            ("1 2 3", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_port_the_kernel_chose_lies_in_it() {
        let range = range(&Here).unwrap();
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        assert!(range.range().contains(port), "{port} in {range:?}");
        assert_eq!(range.size, range.range().size());
    }
}
