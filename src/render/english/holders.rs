//! Socket tables in words: what is open, in which state, and who holds it.
use super::fact;
use super::words::{count, counted, listed};
use crate::lang::{Holders, SocketRow, SocketTable};
use crate::net::TcpState;
use crate::render::block::{Block, Table};
use crate::render::line::Line;
use crate::render::style::Role;

pub(super) fn sockets(table: &SocketTable) -> Vec<Block> {
    let whose = match table.scope {
        "all" => " on this machine",
        _ => " of this lab",
    };
    let noun = if all_tcp(&table.rows) && !table.rows.is_empty() {
        "TCP socket"
    } else {
        "socket"
    };
    let line = Line::from(counted(table.count, noun).as_str()).text(whose);
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
    let several_kinds = !all_tcp(rows);
    let row = |row| socket_row(row, several_kinds);
    table.rows = rows.iter().map(row).collect();
    table
}

fn all_tcp(rows: &[SocketRow]) -> bool {
    rows.iter().all(|row| row.protocol == "tcp")
}

/// Whether this is a finished connection that no program has accepted yet: only the kernel has it,
/// and the name is that of the listener it waits at.
fn is_queued(row: &SocketRow) -> bool {
    let open = matches!(row.state, TcpState::Established | TcpState::CloseWait);
    row.protocol == "tcp" && row.inode == 0 && open
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

fn socket_row(row: &SocketRow, several_kinds: bool) -> Vec<Line> {
    let kind = if several_kinds { row.protocol } else { "" };
    let peer = row.peer.as_ref();
    let name = row.owner.as_ref().filter(|_| !is_queued(row));
    vec![
        name.map_or_else(Line::new, |name| Line::of(Role::Name, name)),
        Line::from(kind),
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
            format_args!("{} of {}", row.recv_queue, row.send_queue),
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
        Line::new().text(format_args!("{seconds:.0} s"))
    })
}

/// Who holds a socket that has no name in this lab, or that no program holds.
fn holder(row: &SocketRow) -> Line {
    let mut line = Line::new();
    if is_queued(row) {
        return Line::of(Role::Surprise, "accept queue");
    }
    if row.inode == 0 && row.protocol == "tcp" {
        return Line::of(Role::Dim, "the kernel");
    }
    match row.children.as_slice() {
        [] => {}
        [child] => return line.text("child process ").text(child),
        several => {
            let pids: Vec<String> = several.iter().map(u32::to_string).collect();
            return line.text("child processes ").text(pids.join(", "));
        }
    }
    if row.owner.is_some() {
        return line;
    }
    match (&row.process, row.pid) {
        (Some(process), Some(pid)) => line.push(Role::Plain, format_args!("{process} ({pid})")),
        (Some(process), None) => line.push(Role::Plain, process),
        (None, Some(pid)) => line.push(Role::Plain, format_args!("process {pid}")),
        (None, None) if row.inode == 0 => line.push(Role::Dim, "the kernel"),
        (None, None) => {
            return Line::of(
                Role::Dim,
                format_args!("uid {}, process not shown", row.uid),
            );
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Endpoint;

    #[test]
    fn a_holder_is_its_process_or_at_least_its_user() {
        let row = |pid: Option<u32>, process: Option<&str>, inode| SocketRow {
            protocol: "tcp",
            state: TcpState::Listen,
            local: Endpoint::loopback(80),
            peer: None,
            recv_queue: 0,
            send_queue: 0,
            uid: 70,
            inode,
            timer_seconds: None,
            pid,
            process: process.map(str::to_owned),
            owner: None,
            children: Vec::new(),
            reachable_at: None,
            details: None,
        };
        let table = [
            (row(Some(812), Some("postgres"), 1), "postgres (812) uid 70"),
            (row(Some(812), None, 1), "process 812 uid 70"),
            (row(None, None, 1), "uid 70, process not shown"),
            (row(None, None, 0), "the kernel"),
        ];
        for (row, expected) in table {
            assert_eq!(holder(&row).as_str(), expected);
        }
    }
}
