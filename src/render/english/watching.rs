//! What changed among sockets since the last look, in words.
use std::time::Duration;

use super::fact;
use super::holders::state_name;
use super::words::{counted, duration};
use crate::lang::{Change, SocketChange, SocketRow};
use crate::render::block::{Block, Page};
use crate::render::line::Line;
use crate::render::style::Role;

/// Changes, a line each and at most so many; every one is a record.
pub fn socket_changes(changed: &[SocketChange], most: usize) -> Page {
    let mut blocks: Vec<Block> = changed.iter().take(most).map(told).map(fact).collect();
    let rest = changed.len().saturating_sub(most);
    if rest > 0 {
        let more = format!("and {} more", counted(rest, "change"));
        blocks.push(Block::Remark(Line::from(more.as_str())));
    }
    Page::new("socket", blocks, changed)
}

/// What is said once, where nothing is drawn.
pub fn sockets_now(count: usize) -> String {
    format!("{} now; changes follow", counted(count, "socket"))
}

/// What stands above a table that is looked at over and over: how often, how to end it, and how many
/// changes there were since the last look.
pub fn watching(every: Duration, changed: &[SocketChange]) -> Page {
    let count = |change| changed.iter().filter(|one| one.change == change).count();
    let mut line = Line::of(
        Role::Dim,
        format_args!("every {}, q ends; since the last look: ", duration(every)),
    );
    let kinds = [
        (Change::Appeared, Role::Ok, "new"),
        (Change::Changed, Role::Surprise, "changed"),
        (Change::Gone, Role::Refused, "gone"),
    ];
    for (place, (change, role, word)) in kinds.into_iter().enumerate() {
        let count = count(change);
        let role = if count == 0 { Role::Dim } else { role };
        let comma = if place == 0 { "" } else { ", " };
        line = line
            .and(Role::Dim, comma)
            .and(role, format_args!("{count} {word}"));
    }
    Page {
        kind: "watching",
        blocks: vec![fact(line)],
        records: Vec::new(),
    }
}

/// `appeared: tcp LISTEN 127.0.0.1:3000, node (4242)`
fn told(change: &SocketChange) -> Line {
    let row = &change.row;
    let (role, word) = match change.change {
        Change::Appeared => (Role::Ok, "appeared"),
        Change::Changed => (Role::Surprise, "changed"),
        Change::Gone => (Role::Refused, "gone"),
    };
    let mut line = Line::of(role, word).text(": ").text(row.protocol).text(' ');
    if let Some(was) = change.was {
        line = line.text(state_name(was, row)).text(" → ");
    }
    line = line
        .text(state_name(row.state, row))
        .text(' ')
        .and(Role::Endpoint, &row.local);
    if let Some(peer) = &row.peer {
        line = line.text(" → ").and(Role::Endpoint, peer);
    }
    match holder(row) {
        Some(holder) => line.text(", ").text(holder),
        None => line,
    }
}

fn holder(row: &SocketRow) -> Option<String> {
    match (&row.process, row.pid) {
        (Some(process), Some(pid)) => Some(format!("{process} ({pid})")),
        (Some(process), None) => Some(process.to_string()),
        (None, Some(pid)) => Some(format!("process {pid}")),
        (None, None) => None,
    }
}
