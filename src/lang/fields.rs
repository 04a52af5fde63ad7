//! The fields an outcome can have, by the names expressions know, so that a slip such as
//! `{{ server.prot }}` is found before somebody reads an empty place.

/// The fields of every kind of outcome, and the ones the lab keeps up to date (`open`, `state`,
/// `queue`, …), sorted. A test holds it against the types.
pub const FIELDS: &[&str] = &[
    "abrupt",
    "address",
    "addresses",
    "agent",
    "backlog",
    "before",
    "body",
    "bytes",
    "bytes_acked",
    "bytes_received",
    "cards",
    "clients",
    "count",
    "cure",
    "cwnd",
    "destination",
    "details",
    "direction",
    "distinct",
    "distinct_ports",
    "dynamic",
    "end_of_stream",
    "error",
    "errors",
    "even",
    "expression",
    "finding",
    "free",
    "from",
    "gateway",
    "headers",
    "high",
    "highest",
    "histogram",
    "host",
    "inode",
    "interface",
    "interfaces",
    "kind",
    "local",
    "loopback",
    "low",
    "lowest",
    "max_us",
    "message",
    "method",
    "micros",
    "min_us",
    "mss",
    "mtu",
    "name",
    "names",
    "notes",
    "observations",
    "observed",
    "odd",
    "of",
    "ok",
    "open",
    "opened",
    "operation",
    "options",
    "ours",
    "over",
    "owner",
    "p50_us",
    "p999_us",
    "p99_us",
    "peer",
    "peer_port",
    "pid",
    "port",
    "ports",
    "process",
    "protocol",
    "query",
    "queue",
    "reachable_at",
    "reason",
    "recv_queue",
    "refusal",
    "replaced",
    "request",
    "requests",
    "reserved",
    "retransmits",
    "role",
    "rows",
    "rto_us",
    "rtt_us",
    "rtt_var_us",
    "rx_bytes",
    "rx_packets",
    "samples",
    "scope",
    "send_queue",
    "server",
    "setting",
    "size",
    "socket",
    "source",
    "sources",
    "state",
    "status",
    "steps",
    "stopped_by",
    "succeeded",
    "switched",
    "target",
    "text",
    "timer_seconds",
    "title",
    "to",
    "topic",
    "truncated",
    "tx_bytes",
    "tx_packets",
    "type",
    "uid",
    "unprivileged_start",
    "until",
    "up",
    "url",
    "value",
    "verb",
    "visits",
    "wanted",
    "world",
];

/// Fields that no outcome is born with: what serialisation adds, and what the lab reads off a
/// socket at the moment of asking.
#[cfg(test)]
const ADDED: &[&str] = &[
    "ok",
    "kind",
    "open",
    "state",
    "queue",
    "recv_queue",
    "send_queue",
    "visits",
    "requests",
    "clients",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The serialised names of the public fields in a source text.
    fn declared(source: &'static str) -> BTreeSet<&'static str> {
        let mut names = BTreeSet::new();
        let mut renamed = None;
        for line in source.lines() {
            if let Some((_, rest)) = line.split_once("rename = \"") {
                renamed = rest.split('"').next();
            }
            let field = line
                .strip_prefix("    pub ")
                .and_then(|rest| rest.split_once(": "));
            if let Some((name, _)) = field {
                names.insert(renamed.take().unwrap_or(name));
            }
        }
        names
    }

    #[test]
    fn the_table_is_what_the_types_say() {
        let mut wanted = declared(include_str!("outcome.rs"));
        // Flattened: its fields stand beside the others.
        wanted.remove("result");
        wanted.extend(ADDED);
        assert_eq!(FIELDS, wanted.into_iter().collect::<Vec<_>>());
    }
}
