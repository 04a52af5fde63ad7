//! HTTP in words: what was asked for, what was answered, and the bytes of both.
use super::words::{counted, times};
use super::{Subject, fact};
use crate::lang::{Exchange, Request, Requests, Response};
use crate::render::block::{Block, Table};
use crate::render::line::Line;
use crate::render::style::Role;

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
    if requests
        .requests
        .iter()
        .any(|request| request.answer.is_some())
    {
        blocks.push(Block::Table(questions(requests)));
        return blocks;
    }
    let mut table = Table::new(&[
        "from",
        "request",
        "answer",
        "Host",
        "Origin",
        "User-Agent",
        "by",
    ]);
    table.rows = requests.requests.iter().map(request).collect();
    blocks.push(Block::Table(table));
    let newest = requests.requests.last();
    // An echo server got bytes, which the table shows.
    blocks.extend(newest.filter(|r| r.status.is_some()).map(as_it_came));
    blocks
}

/// What a DNS server was asked.
fn questions(requests: &Requests) -> Table {
    let mut table = Table::new(&["from", "name", "type", "answer"]);
    let row = |request: &Request| {
        vec![
            Line::of(Role::Endpoint, request.peer),
            Line::of(Role::Name, &request.target),
            Line::of(Role::Verb, &request.method),
            Line::from(request.answer.as_deref().unwrap_or_default()),
        ]
    };
    table.rows = requests.requests.iter().map(row).collect();
    table
}

/// Lines of the newest request that are shown; its field `raw` has the rest.
const RAW_LINES: usize = 8;

/// The newest request's text.
fn as_it_came(request: &Request) -> Block {
    let head = request.raw.trim_end();
    let mut lines = head.lines();
    let shown = lines.by_ref().take(RAW_LINES);
    let mut shown: Vec<Line> = shown.map(|text| received().text(text)).collect();
    if lines.next().is_some() {
        shown.push(received().text('…'));
    }
    Block::Verbatim(shown)
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
        status(request.status),
        header(&request.host),
        header(&request.origin),
        header(&request.agent),
        by,
    ]
}

fn status(status: Option<u16>) -> Line {
    status.map_or_else(Line::new, |status| Line::of(status_role(status), status))
}

fn status_role(status: u16) -> Role {
    if status < 400 {
        Role::Ok
    } else {
        Role::Refused
    }
}

/// Lines of a body that are shown; a page is not a lesson, and with its headers it must leave the
/// question above it on a screen of 24 lines.
const BODY_LINES: usize = 6;

pub(super) fn response(name: Subject<'_>, response: &Response) -> Vec<Block> {
    let role = status_role(response.status);
    let status = format!("{} {}", response.status, response.reason);
    let line = Line::from("answered ")
        .and(role, &status)
        .text(format_args!(", {}: ", counted(response.bytes, "byte")))
        .and(Role::Endpoint, response.local)
        .text(" → ")
        .and(Role::Endpoint, response.peer);
    let mut lines = heads(response, &status);
    let mut body = response.body.lines();
    for text in body.by_ref().take(BODY_LINES) {
        lines.push(Line::of(Role::Dim, "  body      ").and(Role::Payload, text));
    }
    let rest = body.count();
    let mut blocks = vec![fact(line), Block::Verbatim(lines)];
    if rest > 0 {
        let name = name.0.unwrap_or("last");
        let more = format!(
            "… and {} more of the body; `show {name}.body` prints it",
            counted(rest, "line")
        );
        blocks.push(Block::Remark(Line::marked(&more)));
    }
    blocks
}

/// The text around the body, as far as it is to be shown.
fn heads(response: &Response, status: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    if response.shown >= Exchange::Request {
        let sent = |text| Line::of(Role::Dim, "  sent      ").text(text);
        lines.extend(response.request.trim_end().lines().map(sent));
    }
    if response.shown >= Exchange::Whole {
        lines.push(received().text(status));
        let header =
            |(name, value): &(String, String)| received().text(name).text(": ").text(value);
        lines.extend(response.headers.iter().map(header));
    }
    lines
}

fn received() -> Line {
    Line::of(Role::Dim, "  received  ")
}
