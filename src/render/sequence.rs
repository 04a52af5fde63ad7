//! What the two ends of a connection did, in order, between two lifelines.
//!
//! Built from outcomes, so it shows what was *asked of the kernel* and what it answered. It claims
//! nothing about packets: those are seen only in a capture.
use super::line::Line;
use super::paper::Paper;
use super::sanitize::columns;
use super::style::{Glyphs, Role};
use crate::lang;
use crate::lang::{Fact, Failure, Network, Observed, Outcome, OwnConnection};
use crate::net::Endpoint;

/// The connections of a few outcomes, each with what happened on it.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    listeners: Vec<(Network, Endpoint, String)>,
    connections: Vec<Connection>,
}

#[derive(Clone, Debug)]
struct Connection {
    /// Where the line ran that made it.
    network: Network,
    client: (String, Endpoint),
    server: (String, Endpoint),
    /// Whether the server's end was accepted here.
    accepted: bool,
    acts: Vec<Act>,
}

/// Something one end did.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Act {
    side: Side,
    words: String,
    /// Whether the other end is told of it.
    crosses: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

/// Lines longer than this are hard to follow from one end to the other.
const WIDEST: usize = 64;

/// With fewer acts than this, the facts alone are easier to read.
const WORTH_DRAWING: usize = 4;

/// With more connections than this, a drawing hides what it shows.
const MOST_CONNECTIONS: usize = 2;

/// The sequence of a series of outcomes.
pub fn sequence<'o>(outcomes: impl IntoIterator<Item = &'o Outcome>) -> Sequence {
    let mut sequence = Sequence::default();
    for outcome in outcomes {
        sequence.add(outcome);
    }
    sequence
}

impl Sequence {
    /// Takes one more outcome in.
    pub fn add(&mut self, outcome: &Outcome) {
        let name = outcome.name.clone().unwrap_or_default();
        match &outcome.result {
            Observed::Done(fact) => self.add_fact(outcome.network, name, fact),
            Observed::Failed(failure) => self.add_failure(outcome.network, failure),
        }
    }

    /// Takes in only whom later connections may reach.
    pub fn add_listener(&mut self, outcome: &Outcome) {
        if let Some(Fact::Listener(_) | Fact::Server(_)) = outcome.fact() {
            self.add(outcome);
        }
    }

    /// Whether a drawing says more than the facts one below the other.
    pub fn is_worth_drawing(&self) -> bool {
        let longest = self.connections.iter().map(|c| c.acts.len()).max();
        self.connections.len() <= MOST_CONNECTIONS && longest >= Some(WORTH_DRAWING)
    }

    /// The listener that a line in `network` reaches at an endpoint, by its name.
    pub(super) fn listener(&self, network: Network, local: &Endpoint) -> Option<&str> {
        let fits = |(its, at, _): &&(Network, Endpoint, String)| {
            at == local && network.shares(*its, local)
        };
        let (_, _, name) = self.listeners.iter().rev().find(fits)?;
        Some(name.as_str()).filter(|name| !name.is_empty())
    }

    fn add_fact(&mut self, network: Network, name: String, fact: &Fact) {
        match fact {
            Fact::Listener(socket) => self.listeners.push((network, socket.local.clone(), name)),
            Fact::Server(server) => self.listeners.push((network, server.local.clone(), name)),
            // One socket that is both ends has nobody opposite.
            Fact::Connection(end) if end.local == end.peer && end.local.inet().is_some() => {}
            Fact::Connection(end) => self.add_end(network, name, end),
            Fact::Sent(sent) => {
                let words = format!("send {}", bytes(sent.bytes));
                self.act(&sent.socket, words, true);
            }
            Fact::Received(received) => {
                let words = if received.end_of_stream {
                    "recv: end of stream".to_owned()
                } else {
                    format!("recv {}", bytes(received.bytes))
                };
                self.act(&received.socket, words, false);
            }
            Fact::HalfClosed(half) => {
                let told = half.direction != "read";
                self.act(&half.socket, format!("shutdown {}", half.direction), told);
            }
            Fact::Closed(closed) => {
                let words = if closed.abrupt {
                    "reset (RST)"
                } else {
                    "close"
                };
                for name in &closed.names {
                    self.act(name, words.to_owned(), true);
                }
            }
            _ => {}
        }
    }

    fn add_end(&mut self, network: Network, name: String, end: &OwnConnection) {
        match end.role {
            lang::Role::Client => {
                let server = self.listener(network, &end.peer).unwrap_or("the other end");
                self.connections.push(Connection {
                    network,
                    server: (server.to_owned(), end.peer.clone()),
                    client: (name, end.local.clone()),
                    accepted: false,
                    acts: vec![Act::new(Side::Client, "connect", true)],
                });
            }
            lang::Role::Server => self.accept(network, name, end),
        }
    }

    /// The server's end belongs to the connection with the same two endpoints. The ends of a Unix
    /// socket's client have no endpoint: the oldest one that was not accepted yet is the one
    /// (accept(2) takes them in order).
    fn accept(&mut self, network: Network, name: String, end: &OwnConnection) {
        let same = |c: &&mut Connection| {
            !c.accepted
                && network.shares(c.network, &end.local)
                && c.server.1 == end.local
                && (c.client.1 == end.peer || end.local.inet().is_none())
        };
        if let Some(connection) = self.connections.iter_mut().find(same) {
            connection.server.0 = name;
            connection.accepted = true;
            connection
                .acts
                .push(Act::new(Side::Server, "accept", false));
            return;
        }
        self.connections.push(Connection {
            network,
            client: ("another program".to_owned(), end.peer.clone()),
            server: (name, end.local.clone()),
            accepted: true,
            acts: vec![Act::new(Side::Server, "accept", false)],
        });
    }

    fn add_failure(&mut self, network: Network, failure: &Failure) {
        let (Some(local), Some(peer)) = (&failure.local, &failure.peer) else {
            return;
        };
        let words = format!("{}: {}", failure.operation, failure.error.name());
        let here = |c: &&mut Connection| network.shares(c.network, local);
        for connection in self.connections.iter_mut().filter(here).rev() {
            let side = if connection.client.1 == *local && connection.server.1 == *peer {
                Side::Client
            } else if connection.server.1 == *local && connection.client.1 == *peer {
                Side::Server
            } else {
                continue;
            };
            connection.acts.push(Act::new(side, &words, false));
            return;
        }
    }

    fn act(&mut self, name: &str, words: String, crosses: bool) {
        for connection in self.connections.iter_mut().rev() {
            let side = if connection.client.0 == name {
                Side::Client
            } else if connection.accepted && connection.server.0 == name {
                Side::Server
            } else {
                continue;
            };
            connection.acts.push(Act {
                side,
                words,
                crosses,
            });
            return;
        }
    }

    /// Draws each connection.
    pub(super) fn draw(&self, paper: &mut Paper<'_>) {
        for (place, connection) in self.connections.iter().enumerate() {
            if place > 0 {
                paper.blank();
            }
            connection.draw(paper);
        }
    }

    /// The same in words, an act a line.
    pub(super) fn say(&self, paper: &mut Paper<'_>) {
        for connection in &self.connections {
            for act in &connection.acts {
                let (name, _) = connection.end(act.side);
                let line = Line::of(Role::Name, name).text(": ").text(&act.words);
                paper.line(&line, 0);
            }
        }
    }
}

impl Act {
    fn new(side: Side, words: &str, crosses: bool) -> Self {
        Self {
            side,
            words: words.to_owned(),
            crosses,
        }
    }
}

impl Connection {
    fn end(&self, side: Side) -> &(String, Endpoint) {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    fn draw(&self, paper: &mut Paper<'_>) {
        let wide = paper.room().min(WIDEST);
        let name = |end: &(String, Endpoint)| Line::of(Role::Name, &end.0);
        let endpoint = |end: &(String, Endpoint)| Line::of(Role::Endpoint, &end.1);
        draw_ends(paper, &name(&self.client), &name(&self.server), wide);
        draw_ends(
            paper,
            &endpoint(&self.client),
            &endpoint(&self.server),
            wide,
        );
        let glyphs = paper.glyphs();
        paper.laid_out(&lifelines(glyphs, wide));
        for act in &self.acts {
            paper.laid_out(&act.drawn(glyphs, wide));
        }
        paper.laid_out(&lifelines(glyphs, wide));
    }
}

/// Writes one text at each edge, or one below the other where both do not fit.
fn draw_ends(paper: &mut Paper<'_>, left: &Line, right: &Line, wide: usize) {
    let between = wide.saturating_sub(left.columns() + right.columns());
    if between >= 2 {
        paper.laid_out(&left.clone().text(" ".repeat(between)).then(right));
    } else {
        paper.laid_out(left);
        let pad = " ".repeat(wide.saturating_sub(right.columns()));
        paper.laid_out(&Line::from(pad.as_str()).then(right));
    }
}

fn lifelines(glyphs: &Glyphs, wide: usize) -> Line {
    let between = " ".repeat(wide.saturating_sub(2));
    Line::of(Role::Dim, format_args!("{0}{between}{0}", glyphs.vertical))
}

impl Act {
    /// The act between both lifelines: an arrow when the other end is told, otherwise a short mark
    /// at its own.
    fn drawn(&self, glyphs: &Glyphs, wide: usize) -> Line {
        let words = Line::from(shortened(&self.words, wide.saturating_sub(8)).as_str());
        let rest = wide.saturating_sub(words.columns() + 6);
        let line = |count: usize| glyphs.light.repeat(count);
        let dim = |text: String| Line::of(Role::Dim, text);
        match (self.side, self.crosses) {
            (Side::Client, true) => dim(format!("{}{} ", glyphs.branch_right, line(1)))
                .then(&words)
                .then(&dim(format!(
                    " {}{}{}",
                    line(rest),
                    glyphs.right,
                    glyphs.vertical
                ))),
            (Side::Server, true) => {
                dim(format!("{}{}{} ", glyphs.vertical, glyphs.left, line(rest)))
                    .then(&words)
                    .then(&dim(format!(" {}{}", line(1), glyphs.branch_left)))
            }
            (Side::Client, false) => dim(format!("{}{} ", glyphs.branch_right, line(1)))
                .then(&words)
                .then(&dim(format!(
                    " {}{}",
                    " ".repeat(rest + 1),
                    glyphs.vertical
                ))),
            (Side::Server, false) => dim(format!("{}{} ", glyphs.vertical, " ".repeat(rest + 1)))
                .then(&words)
                .then(&dim(format!(" {}{}", line(1), glyphs.branch_left))),
        }
    }
}

fn bytes(count: usize) -> String {
    let unit = if count == 1 { "byte" } else { "bytes" };
    format!("{count} {unit}")
}

/// Words of ours and names of the lab: one character is one column.
fn shortened(words: &str, room: usize) -> String {
    if columns(words) <= room {
        return words.to_owned();
    }
    words.chars().take(room).collect()
}
