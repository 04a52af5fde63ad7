//! What looking around shows: ports, names, interfaces, counters, routes.
use super::fact;
use super::words::{count, counted, listed};
use crate::lang::{
    CounterReading, Diagnosis, EphemeralRange, Interface, Interfaces, KernelRoute, Resolved,
};
use crate::render::block::Block;
use crate::render::line::Line;
use crate::render::style::Role;

pub(super) fn range(range: &EphemeralRange) -> Vec<Block> {
    let first = Line::from("the kernel hands out ports ")
        .and(Role::Endpoint, range.low)
        .text(" to ")
        .and(Role::Endpoint, range.high)
        .text(": ");
    let first = match range.reserved_inside() {
        0 => first.text(count(range.size)).text(" of them"),
        kept => first
            .text(count(range.size.saturating_sub(kept)))
            .text(" of these ")
            .text(count(range.size)),
    };
    let reserved = if range.reserved.trim().is_empty() {
        Line::from("none of them is reserved")
    } else {
        Line::from("reserved, and never handed out: ").and(Role::Endpoint, range.reserved.trim())
    };
    let privileged = if range.unprivileged_start == 0 {
        Line::from("every port may be bound without a privilege")
    } else {
        Line::from("ports below ")
            .and(Role::Endpoint, range.unprivileged_start)
            .text(" need a privilege to bind (CAP_NET_BIND_SERVICE)")
    };
    let mut blocks = vec![fact(first), fact(reserved), fact(privileged)];
    if !range.source.is_empty() {
        blocks.push(source(&range.source));
    }
    blocks
}

fn source(text: &str) -> Block {
    Block::Remark(Line::from("source: ").then(&Line::marked(text)))
}

pub(super) fn resolved(resolved: &Resolved) -> Vec<Block> {
    let line = Line::of(Role::Name, &resolved.query);
    let line = if resolved.addresses.is_empty() {
        line.text(" stands for no address here")
    } else {
        line.text(" stands for ")
            .then(&listed(Role::Endpoint, &resolved.addresses, ", then "))
    };
    let mut blocks = vec![fact(line)];
    blocks.extend(resolved.sources.iter().map(|text| source(text)));
    blocks
}

pub(super) fn interfaces(all: &Interfaces) -> Vec<Block> {
    if all.interfaces.is_empty() {
        return vec![fact(Line::from("no interface is seen here"))];
    }
    all.interfaces.iter().map(interface).map(fact).collect()
}

fn interface(interface: &Interface) -> Line {
    let (role, state) = if interface.up {
        (Role::Ok, "up")
    } else {
        (Role::Refused, "down")
    };
    let mut line = Line::of(Role::Name, &interface.name)
        .text(" is ")
        .and(role, state);
    if interface.loopback {
        line.push(Role::Plain, ", a loopback interface");
    }
    if let Some(mtu) = interface.mtu {
        line.push(
            Role::Plain,
            format_args!(", packets up to {}", counted(mtu as usize, "byte")),
        );
    }
    if interface.addresses.is_empty() {
        return line.text(", no address");
    }
    line.text(": ")
        .then(&listed(Role::Endpoint, &interface.addresses, ", "))
}

pub(super) fn counters(reading: &CounterReading) -> Vec<Block> {
    let flow =
        |packets: u64, bytes: u64| format!("{} packets, {} bytes", count(packets), count(bytes));
    let line = Line::of(Role::Name, &reading.interface)
        .text(" received ")
        .text(flow(reading.rx_packets, reading.rx_bytes))
        .text("; sent ")
        .text(flow(reading.tx_packets, reading.tx_bytes));
    let mut blocks = vec![fact(line)];
    if !reading.protocol.is_empty() {
        let met = reading.protocol.iter().filter(|(_, value)| **value > 0);
        let met: Vec<_> = met
            .map(|(name, value)| format!("{name} {}", count(*value)))
            .collect();
        let rest = match (met.len(), reading.protocol.len() - met.len()) {
            (_, 0) => String::new(),
            (0, 1) => "the one that is counted is 0".to_owned(),
            (0, all) => format!("all {all} that are counted are 0"),
            (_, 1) => "; one more is 0".to_owned(),
            (_, more) => format!("; {more} more are 0"),
        };
        let line = Line::from("protocols, on all interfaces: ")
            .then(&listed(Role::Plain, met, ", "))
            .text(rest);
        blocks.push(fact(line));
    }
    blocks
}

/// What an interface counted between two readings; a thing of two outcomes, so only a walk can
/// tell it.
pub(super) fn counted_since(earlier: &CounterReading, later: &CounterReading) -> Vec<Block> {
    let more = |now: u64, then: u64| match now.checked_sub(then) {
        Some(more) => format!("+{}", count(more)),
        None => format!("-{}", count(then - now)),
    };
    let line = Line::from("since the reading before: received ")
        .and(Role::Ok, more(later.rx_packets, earlier.rx_packets))
        .text(" packets, ")
        .text(more(later.rx_bytes, earlier.rx_bytes))
        .text(" bytes; sent ")
        .and(Role::Ok, more(later.tx_packets, earlier.tx_packets))
        .text(" packets, ")
        .text(more(later.tx_bytes, earlier.tx_bytes))
        .text(" bytes");
    let changed: Vec<String> = later
        .protocol
        .iter()
        .filter_map(|(name, now)| {
            let then = *earlier.protocol.get(name)?;
            (*now != then).then(|| format!("{name} {}", more(*now, then)))
        })
        .collect();
    let mut blocks = vec![fact(line)];
    if !changed.is_empty() {
        let line = Line::from("changed: ").then(&listed(Role::Plain, changed, ", "));
        blocks.push(fact(line));
    }
    blocks
}

pub(super) fn diagnosis(diagnosis: &Diagnosis) -> Vec<Block> {
    vec![fact(
        Line::from("noted: ").and(Role::Name, &diagnosis.cause),
    )]
}

pub(super) fn route(route: &KernelRoute) -> Vec<Block> {
    let mut line = Line::from("the route to ")
        .and(Role::Endpoint, route.destination)
        .text(" is of type ")
        .and(Role::Code, &route.route_type);
    if let Some(interface) = &route.interface {
        line = line.text(", through ").and(Role::Name, interface);
    }
    if let Some(gateway) = route.gateway {
        line = line.text(", by way of ").and(Role::Endpoint, gateway);
    }
    if let Some(source) = route.source {
        line = line
            .text(", from source address ")
            .and(Role::Endpoint, source);
    }
    vec![fact(line)]
}
