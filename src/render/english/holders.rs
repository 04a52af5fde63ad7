//! Socket tables in words: what is open, in which state, and who holds it.
use super::fact;
use super::words::{count, counted, listed};
use crate::lang::{Holders, Network, SocketRow, SocketTable};
use crate::net::TcpState;
use crate::render::block::{Block, Table};
use crate::render::line::Line;
use crate::render::style::Role;

/// Rows that are worded together where nothing is lined up: few enough to stay in the processor's
/// cache, and many enough to be worth a call.
const PIECE: usize = 64;

/// The whole table, for columns.
pub(super) fn sockets(table: &SocketTable, network: Network) -> Vec<Block> {
    let mut blocks = vec![counted_in(table, network)];
    let rows = table.rows.get(..ON_A_SCREEN).unwrap_or(&table.rows);
    if !rows.is_empty() {
        blocks.push(Block::Table(socket_table(rows)));
    }
    blocks.extend(below(table, rows));
    let more = table.rows.len() - rows.len();
    if more > 0 {
        let pipe = match network.world {
            0 => ", and a pipe gets all of it, as in `looplab sockets | less`",
            // A pipe is on the host.
            _ => "",
        };
        let more = count(more as u64);
        let words = format!("and {more} more: `--port` and `--state` narrow the table{pipe}");
        blocks.push(Block::Remark(Line::marked(&words)));
    }
    blocks
}

/// Rows that a screen gets: more than anybody reads, and no wait for what nobody will.
const ON_A_SCREEN: usize = 200;

/// The same, a few rows at a time: a table of twenty thousand sockets in words would take more memory
/// than the sockets.
pub(super) fn sockets_by_pieces(
    table: &SocketTable,
    network: Network,
    each: &mut dyn FnMut(&Block),
) {
    each(&counted_in(table, network));
    let several_kinds = !all_tcp(&table.rows);
    let mut piece = headed();
    for rows in table.rows.chunks(PIECE) {
        // The lines of the last piece are written over.
        piece.rows.resize_with(rows.len(), empty_row);
        for (cells, row) in piece.rows.iter_mut().zip(rows) {
            cells.iter_mut().for_each(Line::clear);
            word(cells, row, several_kinds);
        }
        let block = Block::Table(piece);
        each(&block);
        let Block::Table(same) = block else { return };
        piece = same;
    }
    for block in below(table, &table.rows) {
        each(&block);
    }
}

/// A state as RFC 9293 names it. A socket that is no TCP socket has not been closed when it has no
/// peer: ss(8) calls that UNCONN.
pub(super) fn state_name(state: TcpState, of: &SocketRow) -> &'static str {
    match state {
        TcpState::Closed if of.protocol != "tcp" => "UNCONN",
        state => state.name(),
    }
}

/// How many there are.
fn counted_in(table: &SocketTable, network: Network) -> Block {
    let whose = match (table.scope, network) {
        ("all", Network { world: 0, .. }) => " on this machine",
        (
            "all",
            Network {
                neighbour: true, ..
            },
        ) => " in the neighbour's network",
        ("all", _) => " in the private world",
        _ => " of this lab",
    };
    let noun = if all_tcp(&table.rows) && !table.rows.is_empty() {
        "TCP socket"
    } else {
        "socket"
    };
    fact(Line::from(counted(table.count, noun).as_str()).text(whose))
}

/// What follows the rows.
fn below<'t>(table: &'t SocketTable, rows: &'t [SocketRow]) -> impl Iterator<Item = Block> + 't {
    let details = rows.iter().filter_map(details).map(fact);
    let notes = table.notes.iter();
    details.chain(notes.map(|note| Block::Remark(Line::marked(note))))
}

fn socket_table(rows: &[SocketRow]) -> Table {
    let mut table = headed();
    let several_kinds = !all_tcp(rows);
    let worded = |row| {
        let mut cells = empty_row();
        word(&mut cells, row, several_kinds);
        cells
    };
    table.rows = rows.iter().map(worded).collect();
    table
}

const HEADS: [&str; 9] = [
    "name",
    "type",
    "state",
    "local",
    "peer",
    "queue",
    "timer",
    "held by",
    "reachable at",
];

fn headed() -> Table {
    let mut table = Table::new(&HEADS);
    table.titles = 3;
    table
}

fn empty_row() -> Vec<Line> {
    vec![Line::new(); HEADS.len()]
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

/// Writes a row into empty cells.
fn word(cells: &mut [Line], row: &SocketRow, several_kinds: bool) {
    let [
        name,
        kind,
        state,
        local,
        peer,
        queue_cell,
        timer_cell,
        held,
        reachable,
    ] = cells
    else {
        return;
    };
    if let Some(owner) = row.owner.as_ref().filter(|_| !is_queued(row)) {
        name.push(Role::Name, owner);
    }
    if several_kinds {
        kind.push(Role::Plain, row.protocol);
    }
    state.push(state_role(row.state), state_name(row.state, row));
    local.push(Role::Endpoint, &row.local);
    if let Some(end) = &row.peer {
        peer.push(Role::Endpoint, end);
    }
    queue(queue_cell, row);
    timer(timer_cell, row);
    holder(held, row);
    reach(reachable, row);
}

/// By which addresses others reach it, when that was asked.
fn reach(line: &mut Line, row: &SocketRow) {
    match row.reachable_at.as_deref() {
        None => {}
        Some([]) => line.push(Role::Dim, "no address but loopback now"),
        Some(all) => *line = listed(Role::Surprise, all, ", "),
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
fn queue(line: &mut Line, row: &SocketRow) {
    if row.state == TcpState::Listen {
        line.push(
            Role::Plain,
            format_args!("{} of {}", row.recv_queue, row.send_queue),
        );
        return;
    }
    for waits in to_read(row).into_iter().chain(on_its_way(row)) {
        if !line.is_empty() {
            line.push(Role::Plain, ", ");
        }
        line.push(Role::Plain, waits);
    }
}

/// What has arrived and was not read. The kernel counts the end of the stream as a byte
/// (RFC 9293 §3.4: a FIN takes a sequence number).
fn to_read(row: &SocketRow) -> Option<String> {
    use TcpState::{CloseWait, Closing, LastAck};
    let ended = row.protocol == "tcp" && matches!(row.state, CloseWait | LastAck | Closing);
    match row.recv_queue {
        0 => None,
        1 if ended => Some("end of stream waits".to_owned()),
        n if ended => Some(format!("{} to read, then the end of stream", bytes(n - 1))),
        n => Some(format!("{} to read", bytes(n))),
    }
}

/// What was sent, or waits to be, and is not acknowledged. SYN and FIN are counted as bytes, too.
fn on_its_way(row: &SocketRow) -> Option<String> {
    use TcpState::{Closing, FinWait1, LastAck, SynSent};
    let flag = match row.state {
        _ if row.protocol != "tcp" => None,
        SynSent => Some("SYN"),
        FinWait1 | LastAck | Closing => Some("FIN"),
        _ => None,
    };
    match (row.send_queue, flag) {
        (0, _) => None,
        (1, Some(flag)) => Some(format!("{flag} not acknowledged")),
        (n, Some(flag)) => Some(format!("{} and {flag} not acknowledged", bytes(n - 1))),
        (n, None) => Some(format!("{} not acknowledged", bytes(n))),
    }
}

fn timer(line: &mut Line, row: &SocketRow) {
    if let Some(seconds) = row.timer_seconds {
        line.push(Role::Plain, format_args!("{seconds:.0} s"));
    }
}

/// Who holds a socket that has no name in this lab, or that no program holds.
fn holder(line: &mut Line, row: &SocketRow) {
    if is_queued(row) {
        return line.push(Role::Surprise, "accept queue");
    }
    if row.inode == 0 && row.protocol == "tcp" {
        return line.push(Role::Dim, "the kernel");
    }
    match row.children.as_slice() {
        [] => {}
        [child] => {
            line.push(Role::Plain, format_args!("child process {child}"));
            return standstill(line, row);
        }
        several => {
            let pids: Vec<String> = several.iter().map(u32::to_string).collect();
            let pids = pids.join(", ");
            line.push(Role::Plain, format_args!("child processes {pids}"));
            return standstill(line, row);
        }
    }
    if row.owner.is_some() {
        return;
    }
    match (&row.process, row.pid) {
        (Some(process), Some(pid)) => line.push(Role::Plain, format_args!("{process} ({pid})")),
        (Some(process), None) => line.push(Role::Plain, process),
        (None, Some(pid)) => line.push(Role::Plain, format_args!("process {pid}")),
        (None, None) if row.inode == 0 => line.push(Role::Dim, "the kernel"),
        (None, None) => {
            return line.push(
                Role::Dim,
                format_args!("uid {}, process not shown", row.uid),
            );
        }
    }
    if row.inode != 0 {
        line.push(Role::Dim, format_args!(" uid {}", row.uid));
    }
    standstill(line, row);
}

/// That a process behind a socket is stopped, and so does nothing for it.
fn standstill(line: &mut Line, row: &SocketRow) {
    let Some(stopped) = row.stopped.map(|stopped| usize::from(stopped.get())) else {
        return;
    };
    match row.children.len() {
        0 | 1 => line.push(Role::Surprise, ", stopped"),
        all if all == stopped => line.push(Role::Surprise, ", all stopped"),
        _ => line.push(Role::Surprise, format_args!(", {stopped} of them stopped")),
    }
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
    use std::num::NonZeroU16;

    use super::*;
    use crate::net::Endpoint;

    #[test]
    fn a_screen_gets_the_first_rows_of_a_long_table() {
        let row = SocketRow {
            protocol: "tcp",
            state: TcpState::Listen,
            local: Endpoint::loopback(80),
            peer: None,
            recv_queue: 0,
            send_queue: 0,
            uid: 70,
            inode: 1,
            timer_seconds: None,
            pid: None,
            process: None,
            owner: None,
            children: Vec::new(),
            stopped: None,
            reachable_at: None,
            details: None,
        };
        for (rows, shown, words) in [(200, 200, None), (5200, 200, Some("and 5000 more: "))] {
            let table = SocketTable {
                scope: "all",
                count: rows,
                rows: vec![row.clone(); rows],
                notes: Vec::new(),
            };
            let blocks = sockets(&table, Network::default());
            let drawn = blocks.iter().find_map(|block| match block {
                Block::Table(table) => Some(table.rows.len()),
                _ => None,
            });
            assert_eq!(drawn, Some(shown));
            let remark = blocks.iter().find_map(|block| match block {
                Block::Remark(line) => Some(line.as_str()),
                _ => None,
            });
            match (remark, words) {
                (None, None) => {}
                (Some(remark), Some(words)) => assert!(remark.starts_with(words), "{remark}"),
                other => panic!("{other:?}"),
            }
            // Where nothing is lined up, nothing is left out.
            let mut all = 0;
            sockets_by_pieces(&table, Network::default(), &mut |block| {
                if let Block::Table(piece) = block {
                    all += piece.rows.len();
                }
            });
            assert_eq!(all, rows);
        }
    }

    #[test]
    fn a_table_says_which_network_it_is_of() {
        let table = |scope| SocketTable {
            scope,
            count: 0,
            rows: Vec::new(),
            notes: Vec::new(),
        };
        for (scope, world, neighbour, expected) in [
            ("all", 0, false, "0 sockets on this machine"),
            ("all", 2, false, "0 sockets in the private world"),
            ("all", 2, true, "0 sockets in the neighbour's network"),
            ("lab", 2, false, "0 sockets of this lab"),
        ] {
            let blocks = sockets(&table(scope), Network { world, neighbour });
            let [Block::Fact(line)] = blocks.as_slice() else {
                panic!("{blocks:?}");
            };
            assert_eq!(line.as_str(), expected);
        }
    }

    #[test]
    fn the_end_of_a_stream_is_no_byte() {
        let queues = |state, recv_queue, send_queue| {
            let row = SocketRow {
                protocol: "tcp",
                state,
                local: Endpoint::loopback(80),
                peer: Some(Endpoint::loopback(81)),
                recv_queue,
                send_queue,
                uid: 70,
                inode: 1,
                timer_seconds: None,
                pid: None,
                process: None,
                owner: None,
                children: Vec::new(),
                stopped: None,
                reachable_at: None,
                details: None,
            };
            let mut line = Line::new();
            queue(&mut line, &row);
            line.as_str().to_owned()
        };
        for (state, recv, send, expected) in [
            (TcpState::Established, 1, 0, "1 byte to read"),
            (TcpState::Established, 0, 2, "2 bytes not acknowledged"),
            (TcpState::CloseWait, 1, 0, "end of stream waits"),
            (
                TcpState::CloseWait,
                6,
                1,
                "5 bytes to read, then the end of stream, 1 byte not acknowledged",
            ),
            (
                TcpState::LastAck,
                1,
                1,
                "end of stream waits, FIN not acknowledged",
            ),
            (TcpState::FinWait1, 0, 1, "FIN not acknowledged"),
            (TcpState::FinWait1, 0, 8, "7 bytes and FIN not acknowledged"),
            (TcpState::SynSent, 0, 1, "SYN not acknowledged"),
            (TcpState::CloseWait, 0, 0, ""),
        ] {
            assert_eq!(queues(state, recv, send), expected, "{state}");
        }
    }

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
            process: process.map(Into::into),
            owner: None,
            children: Vec::new(),
            stopped: None,
            reachable_at: None,
            details: None,
        };
        let stopped = |children: &[u32], stopped| SocketRow {
            children: children.to_vec(),
            stopped: NonZeroU16::new(stopped),
            ..row(Some(812), Some("postgres"), 1)
        };
        let table = [
            (row(Some(812), Some("postgres"), 1), "postgres (812) uid 70"),
            (row(Some(812), None, 1), "process 812 uid 70"),
            (row(None, None, 1), "uid 70, process not shown"),
            (row(None, None, 0), "the kernel"),
            (stopped(&[], 1), "postgres (812) uid 70, stopped"),
            (stopped(&[812], 0), "child process 812"),
            (stopped(&[812], 1), "child process 812, stopped"),
            (
                stopped(&[812, 813], 1),
                "child processes 812, 813, 1 of them stopped",
            ),
            (
                stopped(&[812, 813], 2),
                "child processes 812, 813, all stopped",
            ),
        ];
        for (row, expected) in table {
            let mut line = Line::new();
            holder(&mut line, &row);
            assert_eq!(line.as_str(), expected);
        }
    }
}
