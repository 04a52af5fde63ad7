//! What looking around shows: socket tables, holders of a port, requests, interfaces, routes.
use super::fact;
use super::words::{count, counted, listed, times};
use crate::lang::{
    CounterReading, EphemeralRange, Holders, Interface, Interfaces, KernelRoute, Request, Requests,
    Resolved, Response, SocketRow, SocketTable,
};
use crate::net::TcpState;
use crate::render::block::{Block, Table};
use crate::render::line::Line;
use crate::render::style::Role;

pub(super) fn sockets(table: &SocketTable) -> Vec<Block> {
    let whose = match table.scope {
        "all" => " on this machine",
        _ => " of this lab",
    };
    let line = Line::from(counted(table.count, "socket").as_str()).text(whose);
    let mut blocks = vec![fact(line)];
    if !table.rows.is_empty() {
        blocks.push(Block::Table(socket_table(&table.rows)));
    }
    blocks.extend(table.rows.iter().filter_map(details).map(fact));
    blocks.extend(
        table
            .notes
            .iter()
            .map(|note| Block::Remark(Line::marked(note))),
    );
    blocks
}

fn socket_table(rows: &[SocketRow]) -> Table {
    let mut table = Table::new(&[
        "name",
        "type",
        "state",
        "local",
        "peer",
        "queue",
        "timer",
        "held by",
        "reachable at",
    ]);
    table.titles = 3;
    table.rows = rows.iter().map(socket_row).collect();
    table
}

/// What TCP knows of one connection.
fn details(row: &SocketRow) -> Option<Line> {
    let details = row.details.as_ref()?;
    let mut line = row
        .owner
        .as_ref()
        .map_or_else(Line::new, |name| Line::of(Role::Name, name).text(", "))
        .and(Role::Endpoint, &row.local);
    if let Some(peer) = &row.peer {
        line = line.text(" → ").and(Role::Endpoint, peer);
    }
    let line = line
        .text(": round trip ")
        .and(Role::Endpoint, milliseconds(details.rtt_us))
        .text(format_args!(" ± {}", milliseconds(details.rtt_var_us)))
        .text(", sends again after ")
        .text(milliseconds(details.rto_us))
        .text(format_args!(
            "; window {} of up to {}; ",
            counted(details.cwnd as usize, "segment"),
            bytes(details.mss)
        ));
    let again = counted(details.retransmits as usize, "segment");
    let line = match details.retransmits {
        0 => line.text("nothing sent twice"),
        _ => line.and(Role::Surprise, again).text(" sent twice"),
    };
    Some(line.text(format_args!(
        "; {} bytes acknowledged, {} received",
        count(details.bytes_acked),
        count(details.bytes_received)
    )))
}

fn milliseconds(micros: u32) -> String {
    format!("{:.3} ms", f64::from(micros) / 1000.0)
}

fn socket_row(row: &SocketRow) -> Vec<Line> {
    let peer = row.peer.as_ref();
    vec![
        row.owner
            .as_ref()
            .map_or_else(Line::new, |name| Line::of(Role::Name, name)),
        Line::from(row.protocol),
        Line::of(state_role(row.state), row.state.name()),
        Line::of(Role::Endpoint, &row.local),
        peer.map_or_else(Line::new, |peer| Line::of(Role::Endpoint, peer)),
        queue(row),
        timer(row),
        holder(row),
        reach(row),
    ]
}

/// By which addresses others reach it, when that was asked.
fn reach(row: &SocketRow) -> Line {
    match row.reachable_at.as_deref() {
        None => Line::new(),
        Some([]) => Line::of(Role::Dim, "no address but loopback now"),
        Some(all) => listed(Role::Surprise, all, ", "),
    }
}

fn state_role(state: TcpState) -> Role {
    match state {
        TcpState::Listen | TcpState::Established => Role::Ok,
        TcpState::TimeWait | TcpState::CloseWait => Role::Surprise,
        _ => Role::Plain,
    }
}

/// A listener's queue holds connections, any other socket's queues hold bytes.
fn queue(row: &SocketRow) -> Line {
    let mut line = Line::new();
    if row.state == TcpState::Listen {
        line.push(
            Role::Plain,
            format_args!("{} of {} waiting", row.recv_queue, row.send_queue),
        );
        return line;
    }
    if row.recv_queue > 0 {
        line.push(
            Role::Plain,
            format_args!("{} to read", bytes(row.recv_queue)),
        );
    }
    if row.send_queue > 0 {
        if !line.is_empty() {
            line.push(Role::Plain, ", ");
        }
        line.push(
            Role::Plain,
            format_args!("{} not acknowledged", bytes(row.send_queue)),
        );
    }
    line
}

fn timer(row: &SocketRow) -> Line {
    row.timer_seconds.map_or_else(Line::new, |seconds| {
        Line::new().text(format_args!("{seconds:.0} s left"))
    })
}

/// Who holds a socket that has no name in this lab.
fn holder(row: &SocketRow) -> Line {
    let mut line = Line::new();
    if row.owner.is_some() {
        return line;
    }
    match (&row.process, row.pid) {
        (Some(process), Some(pid)) => line.push(Role::Plain, format_args!("{process} ({pid})")),
        (Some(process), None) => line.push(Role::Plain, process),
        (None, Some(pid)) => line.push(Role::Plain, format_args!("process {pid}")),
        (None, None) if row.inode == 0 => line.push(Role::Dim, "the kernel alone"),
        (None, None) => line.push(Role::Dim, "not shown"),
    }
    if row.inode != 0 {
        line.push(Role::Dim, format_args!(" uid {}", row.uid));
    }
    line
}

fn bytes(number: u32) -> String {
    counted(number as usize, "byte")
}

pub(super) fn who(holders: &Holders) -> Vec<Block> {
    let role = if holders.free { Role::Ok } else { Role::Plain };
    let mut blocks = vec![fact(Line::marked_as(role, &holders.finding))];
    if !holders.rows.is_empty() {
        blocks.push(Block::Table(socket_table(&holders.rows)));
    }
    if let Some(cure) = &holders.cure {
        let line = Line::of(Role::Heading, "to free it: ").then(&Line::marked(cure));
        blocks.push(fact(line));
    }
    blocks
}

pub(super) fn range(range: &EphemeralRange) -> Vec<Block> {
    let first = Line::from("the kernel hands out ports ")
        .and(Role::Endpoint, range.low)
        .text(" to ")
        .and(Role::Endpoint, range.high)
        .text(": ")
        .text(count(range.size))
        .text(" of them");
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
    Block::Remark(Line::from("source: ").text(text))
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
        let all = reading.protocol.iter();
        let all = all.map(|(name, value)| format!("{name} {}", count(*value)));
        let line = Line::from("protocols: ").then(&listed(Role::Plain, all, ", "));
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

pub(super) fn requests(requests: &Requests) -> Vec<Block> {
    let line = Line::of(Role::Name, &requests.server);
    if requests.count == 0 {
        return vec![fact(line.text(" was not asked for anything yet"))];
    }
    let mut blocks = vec![fact(line.text(" was asked ").text(times(requests.count)))];
    if requests.requests.len() < requests.count {
        let newest = format!("the newest {} are shown", requests.requests.len());
        blocks.push(Block::Remark(Line::from(newest.as_str())));
    }
    let mut table = Table::new(&["from", "request", "Host", "User-Agent", "by"]);
    table.rows = requests.requests.iter().map(request).collect();
    blocks.push(Block::Table(table));
    blocks
}

fn request(request: &Request) -> Vec<Line> {
    let header = |value: &Option<String>| Line::from(value.as_deref().unwrap_or_default());
    let by = if request.ours {
        Line::of(Role::Dim, "this lab")
    } else {
        Line::of(Role::Ok, "a visitor")
    };
    vec![
        Line::of(Role::Endpoint, request.peer),
        Line::of(Role::Verb, &request.method)
            .text(' ')
            .text(&request.target),
        header(&request.host),
        header(&request.agent),
        by,
    ]
}

/// Lines of a body that are shown; a page is not a lesson, and with its headers it must leave the
/// question above it on a screen of 24 lines.
const BODY_LINES: usize = 6;

pub(super) fn response(response: &Response) -> Vec<Block> {
    let role = if response.status < 400 {
        Role::Ok
    } else {
        Role::Refused
    };
    let status = format!("{} {}", response.status, response.reason);
    let line = Line::from("answered ")
        .and(role, &status)
        .text(format_args!(", {}: ", counted(response.bytes, "byte")))
        .and(Role::Endpoint, response.local)
        .text(" → ")
        .and(Role::Endpoint, response.peer);
    let mut lines = Vec::new();
    for text in response.request.trim_end().lines() {
        lines.push(Line::of(Role::Dim, "  sent      ").text(text));
    }
    lines.push(received().text(status));
    for (name, value) in &response.headers {
        lines.push(received().text(name).text(": ").text(value));
    }
    let mut body = response.body.lines();
    for text in body.by_ref().take(BODY_LINES) {
        lines.push(Line::of(Role::Dim, "  body      ").and(Role::Payload, text));
    }
    let rest = body.count();
    if rest > 0 {
        let more = format!("  body      … and {} more", counted(rest, "line"));
        lines.push(Line::of(Role::Dim, more));
    }
    vec![fact(line), Block::Verbatim(lines)]
}

fn received() -> Line {
    Line::of(Role::Dim, "  received  ")
}
