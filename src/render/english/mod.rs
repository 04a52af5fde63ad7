//! The one place where facts become English.
//!
//! Outcomes of the lab and events of a walk become blocks of short true sentences: operation,
//! endpoint, cause. Every view shows these blocks, so a fact is worded once. Nothing here knows
//! widths, colours or streams.
mod claims;
mod failure;
mod help;
mod hints;
mod holders;
mod looking;
mod measuring;
mod narrator;
mod pages;
mod reference;
mod report;
mod review;
mod sockets;
mod walk;
mod watching;
mod web;
mod wire;
mod words;
mod worlds;

use super::block::Block;
use super::line::Line;
use super::style::Role;
use crate::lang::{Fact, Observed, Outcome};

pub use claims::{ClaimEntry, ClaimStatus, claim, claims};
pub use hints::{Reader, prompt_hint};
pub(super) use narrator::Narrator;
pub use pages::{Check, Found, MenuChapter, MenuEntry, chapters, checks, found, list, menu};
pub use reference::card_page;
pub use report::{ClaimReport, Figures, LessonReport, PredictionReport, Report, report};
pub use review::{Due, Question, asked_again, questions_due, reviewed};
pub use walk::mistake;
pub use watching::{socket_changes, sockets_now, watching};

/// What came of a line, in sentences and tables.
pub fn say(outcome: &Outcome) -> Vec<Block> {
    let mut blocks = match &outcome.result {
        Observed::Done(fact) => say_fact(outcome, fact),
        Observed::Failed(failure) => failure::say(outcome, failure),
    };
    blocks.extend(replaced(outcome));
    blocks
}

/// The same one after the other, long tables in pieces, for a view that lines nothing up.
pub(super) fn say_each(outcome: &Outcome, each: &mut dyn FnMut(&Block)) {
    if let Some(Fact::Sockets(table)) = outcome.fact() {
        holders::sockets_by_pieces(table, outcome.network, each);
        replaced(outcome).iter().for_each(each);
    } else {
        say(outcome).iter().for_each(each);
    }
}

fn replaced(outcome: &Outcome) -> Option<Block> {
    let name = outcome.name.as_deref().filter(|_| outcome.replaced)?;
    Some(fact(
        Line::from("the former ")
            .and(Role::Name, name)
            .text(" is closed"),
    ))
}

fn say_fact(outcome: &Outcome, fact: &Fact) -> Vec<Block> {
    let name = Subject(outcome.name.as_deref());
    match fact {
        Fact::Bound(socket) => sockets::bound(name, socket),
        Fact::Listener(socket) => sockets::listener(name, socket),
        Fact::Connection(end) => sockets::connection(name, end),
        Fact::Udp(socket) => sockets::udp(name, socket),
        Fact::Server(server) => sockets::server(name, server),
        Fact::Signalled(told) => sockets::signalled(told),
        Fact::Sent(sent) => sockets::sent(sent),
        Fact::Received(received) => sockets::received(received),
        Fact::HalfClosed(half) => sockets::half_closed(half),
        Fact::Closed(closed) => sockets::closed(closed),
        Fact::Requests(requests) => web::requests(requests),
        Fact::Response(response) => web::response(name, response),
        Fact::Sockets(table) => holders::sockets(table, outcome.network),
        Fact::Who(holders) => holders::who(holders),
        Fact::Scanned(scanned) => measuring::scanned(scanned, outcome.took),
        Fact::Range(range) => looking::range(range),
        Fact::Resolved(resolved) => looking::resolved(resolved),
        Fact::Hosts(file) => worlds::hosts(file),
        Fact::Interfaces(all) => looking::interfaces(all),
        Fact::Counters(reading) => looking::counters(reading),
        Fact::Route(route) => looking::route(route),
        Fact::States(states) => wire::states(states),
        Fact::CaptureStarted(started) => wire::started(started),
        Fact::CaptureStopped(stopped) => wire::stopped(stopped),
        Fact::Capture(captured) => wire::captured(captured),
        Fact::CaptureSaved(saved) => wire::saved(saved),
        Fact::Explanation(explanation) => reference::explanation(explanation),
        Fact::Rtt(trips) => measuring::rtt(trips),
        Fact::Throughput(flow) => measuring::throughput(flow),
        Fact::Many(many) => measuring::many(many),
        Fact::Repeated(repeated) => measuring::repeated(repeated),
        Fact::World(seen) => worlds::world(seen),
        Fact::Link(link) => worlds::link(link),
        Fact::Neighbour(next) => worlds::neighbour(next),
        Fact::Filter(filters) => worlds::filter(filters),
        Fact::Sysctl(setting) => worlds::sysctl(setting),
        Fact::Diagnosis(diagnosis) => looking::diagnosis(diagnosis),
        Fact::Plot(plot) => measuring::plot(plot),
        Fact::Held(holding) => measuring::held(holding),
        Fact::Value(shown) => measuring::value(shown),
        Fact::Waited(waited) => measuring::waited(waited, outcome.took),
    }
}

/// What a sentence is about: a name of the lab, or something that was not given one.
#[derive(Clone, Copy, Debug)]
struct Subject<'o>(Option<&'o str>);

impl Subject<'_> {
    /// The name, or what it is.
    fn or(self, what: &str) -> Line {
        match self.0 {
            Some(name) => Line::of(Role::Name, name),
            None => Line::from(what),
        }
    }
}

fn fact(line: Line) -> Block {
    Block::Fact(line)
}
