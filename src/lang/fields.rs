//! The fields an outcome can have, by the names expressions know, so that a slip such as
//! `{{ server.prot }}` is found before somebody reads an empty place.

/// The fields of every kind of outcome, and the ones the lab keeps up to date (`open`, `state`,
/// `queue`, …), sorted. A test holds it against the types.
pub const FIELDS: &[&str] = &[
    "abrupt",
    "ack",
    "action",
    "address",
    "addresses",
    "agent",
    "alive",
    "answer",
    "arp",
    "backlog",
    "before",
    "block",
    "body",
    "bytes",
    "bytes_acked",
    "bytes_received",
    "cards",
    "cause",
    "children",
    "clients",
    "conversation",
    "count",
    "cure",
    "cwnd",
    "destination",
    "destination_name",
    "destination_port",
    "details",
    "direction",
    "distinct",
    "distinct_ports",
    "dropped",
    "dynamic",
    "end_of_stream",
    "ends",
    "error",
    "errors",
    "even",
    "expression",
    "file",
    "fin",
    "finding",
    "flags",
    "found",
    "free",
    "from",
    "gateway",
    "gigabits_per_second",
    "headers",
    "held",
    "high",
    "highest",
    "histogram",
    "host",
    "icmp_code",
    "icmp_type",
    "inode",
    "interface",
    "interfaces",
    "kind",
    "lamp",
    "length",
    "lines",
    "local",
    "loopback",
    "low",
    "lowest",
    "max_us",
    "megabytes_per_second",
    "message",
    "method",
    "micros",
    "min_us",
    "mode",
    "mss",
    "mtu",
    "name",
    "names",
    "notes",
    "number",
    "observations",
    "observed",
    "odd",
    "of",
    "ok",
    "one_by_one",
    "open",
    "opened",
    "operation",
    "options",
    "origin",
    "ours",
    "over",
    "owner",
    "p50_us",
    "p999_us",
    "p99_us",
    "packets",
    "peer",
    "peer_pid",
    "peer_port",
    "peer_state",
    "peer_uid",
    "per_second",
    "phantoms",
    "pid",
    "port",
    "port_unreachable",
    "ports",
    "private",
    "process",
    "processes",
    "protocol",
    "query",
    "queue",
    "quoted",
    "quoted_port",
    "raw",
    "reachable_at",
    "reason",
    "recv_queue",
    "refusal",
    "refused",
    "replaced",
    "request",
    "requests",
    "reserved",
    "retransmits",
    "role",
    "rows",
    "rst",
    "rto_us",
    "rtt_us",
    "rtt_var_us",
    "rules",
    "running",
    "rx_bytes",
    "rx_packets",
    "sack_permitted",
    "samples",
    "scanned",
    "scope",
    "seconds",
    "send_queue",
    "seq",
    "server",
    "setting",
    "signal",
    "silent",
    "size",
    "snap_bytes",
    "socket",
    "source",
    "source_name",
    "source_port",
    "sources",
    "state",
    "status",
    "steps",
    "stopped",
    "stopped_by",
    "succeeded",
    "switched",
    "syn",
    "target",
    "text",
    "timer_seconds",
    "timestamps",
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
    "window",
    "window_scale",
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
    "lamp",
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
        let sources = [
            include_str!("outcome/mod.rs"),
            include_str!("outcome/measuring.rs"),
            include_str!("outcome/seeing.rs"),
            include_str!("outcome/sockets.rs"),
            include_str!("outcome/thinking.rs"),
            include_str!("outcome/web.rs"),
            include_str!("outcome/world.rs"),
            include_str!("wire.rs"),
        ];
        let mut wanted: BTreeSet<_> = sources.into_iter().flat_map(declared).collect();
        // Flattened: their fields stand beside the others.
        for flattened in ["result", "tcp", "icmp"] {
            wanted.remove(flattened);
        }
        // For views only, and not serialised.
        wanted.remove("shown");
        wanted.remove("network");
        wanted.extend(ADDED);
        assert_eq!(FIELDS, wanted.into_iter().collect::<Vec<_>>());
    }
}
