//! Packet and error counters, from /proc/net/dev, snmp and netstat (proc(5)).
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use super::{Namespace, not_available};
use crate::lang::{CounterReading, Failure, FailureCause};

/// The counters that tell something about loopback, by the names nstat(8) prints.
const CHOSEN: [&str; 13] = [
    "TcpActiveOpens",
    "TcpPassiveOpens",
    "TcpAttemptFails",
    "TcpEstabResets",
    "TcpOutRsts",
    "TcpRetransSegs",
    "TcpExtListenOverflows",
    "TcpExtListenDrops",
    "TcpExtTCPTimeouts",
    "UdpInDatagrams",
    "UdpNoPorts",
    "UdpRcvbufErrors",
    "IcmpOutDestUnreachs",
];

/// Counters of one interface and of the protocols, as they stand now.
pub fn counters(ns: &dyn Namespace, interface: &str) -> Result<CounterReading, Failure> {
    let read =
        |path| read(ns, path).map_err(|error| not_available("open", &format!("`{path}`"), &error));
    let devices = read("/proc/net/dev")?;
    let Some([rx_bytes, rx_packets, tx_bytes, tx_packets]) = device(&devices, interface) else {
        return Err(no_such(interface, &devices));
    };
    let mut protocol = pairs(&read("/proc/net/snmp")?);
    protocol.extend(pairs(&read("/proc/net/netstat")?));
    protocol.retain(|name, _| CHOSEN.contains(&name.as_str()));
    Ok(CounterReading {
        interface: interface.to_owned(),
        rx_packets,
        rx_bytes,
        tx_packets,
        tx_bytes,
        protocol,
    })
}

/// The text of a file of /proc, as a namespace sees it.
pub(super) fn read(ns: &dyn Namespace, path: &str) -> io::Result<String> {
    let mut text = String::new();
    ns.open(Path::new(path))?.read_to_string(&mut text)?;
    Ok(text)
}

fn no_such(interface: &str, devices: &str) -> Failure {
    let names: Vec<_> = devices.lines().filter_map(named).map(|(n, _)| n).collect();
    Failure {
        error: FailureCause::NoSuchName,
        operation: "counters",
        local: None,
        peer: None,
        message: format!(
            "there is no interface `{interface}` here: there is {}",
            names.join(", ")
        ),
    }
}

/// A line of /proc/net/dev: the name, and what is behind its colon.
fn named(line: &str) -> Option<(&str, &str)> {
    let (name, figures) = line.split_once(':')?;
    Some((name.trim(), figures))
}

/// Bytes and packets received, then sent.
fn device(devices: &str, interface: &str) -> Option<[u64; 4]> {
    let (_, figures) = devices
        .lines()
        .filter_map(named)
        .find(|(name, _)| *name == interface)?;
    let mut figures = figures.split_ascii_whitespace().map(str::parse);
    // Eight columns a direction; bytes and packets are the first two of each.
    Some([
        figures.next()?.ok()?,
        figures.next()?.ok()?,
        figures.nth(6)?.ok()?,
        figures.next()?.ok()?,
    ])
}

/// Pairs of lines, `Tcp: NAME …` over `Tcp: VALUE …`, as `TcpNAME` and its value. `Tcp: MaxConn` may
/// be -1, which is no count and is left out.
fn pairs(text: &str) -> BTreeMap<String, u64> {
    let lines: Vec<&str> = text.lines().collect();
    let mut all = BTreeMap::new();
    for pair in lines.chunks_exact(2) {
        let [names, values] = pair else { continue };
        let (Some((group, names)), Some((_, values))) = (named(names), named(values)) else {
            continue;
        };
        let both = names
            .split_ascii_whitespace()
            .zip(values.split_ascii_whitespace());
        all.extend(
            both.filter_map(|(name, value)| Some((format!("{group}{name}"), value.parse().ok()?))),
        );
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::Here;
    use super::*;

    const DEV: &str = "\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:  100       1    0    0    0     0          0         0      200       2    0    0    0     0       0          0
eth0.5:    1       2    3
";

    #[test]
    fn columns() {
        let table = [
            ("lo", Some([100, 1, 200, 2])),
            ("eth0.5", None),
            ("eth0", None),
            ("face |bytes", None),
        ];
        for (interface, expected) in table {
            assert_eq!(device(DEV, interface), expected, "{interface}");
        }
    }

    #[test]
    fn names_and_values_are_paired() {
        let text = "Tcp: MaxConn OutRsts\nTcp: -1 7\nTcpExt: ListenDrops\nTcpExt: 3\nTcp:\n";
        let expected = [("TcpExtListenDrops", 3), ("TcpOutRsts", 7)];
        let read = pairs(text);
        let read: Vec<_> = read
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn this_kernel_counts_all_that_is_chosen() {
        let reading = counters(&Here, "lo").unwrap();
        for name in CHOSEN {
            assert!(reading.protocol.contains_key(name), "{name}");
        }
    }

    #[test]
    fn an_unknown_interface_is_named() {
        let failure = counters(&Here, "nosuch0").unwrap_err();
        assert_eq!(failure.error, FailureCause::NoSuchName);
        assert!(failure.message.contains("lo"), "{}", failure.message);
    }
}
