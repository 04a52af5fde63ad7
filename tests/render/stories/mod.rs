//! Events, facts and pages to look at: one of each kind at least.
mod failures;
mod lesson;
mod measuring;
mod pages;
mod seeing;
mod sockets;
mod thinking;
mod web;
mod world;

use std::net::SocketAddr;
use std::time::Duration;

use looplab::lang::{
    Fact, Failure, FailureCause, Network, Observed, Outcome, OwnConnection, OwnSocket, Role,
};
use looplab::net::Endpoint;

pub(crate) use lesson::lesson;
pub(crate) use pages::pages;
pub(crate) use seeing::rows;

pub(crate) fn at(text: &str) -> Endpoint {
    Endpoint::parse(text).unwrap()
}

fn inet(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub(crate) fn done(name: &str, verb: &'static str, fact: Fact) -> Outcome {
    Outcome {
        name: (!name.is_empty()).then(|| name.to_owned()),
        verb,
        took: Duration::from_micros(42),
        replaced: false,
        network: Network::default(),
        result: Observed::Done(fact),
    }
}

pub(crate) fn failed(
    name: &str,
    operation: &'static str,
    (local, peer): (Option<&str>, Option<&str>),
    error: FailureCause,
    message: &str,
) -> Outcome {
    Outcome {
        name: (!name.is_empty()).then(|| name.to_owned()),
        verb: operation,
        took: Duration::from_secs(2),
        replaced: false,
        network: Network::default(),
        result: Observed::Failed(failure(operation, (local, peer), error, message)),
    }
}

fn failure(
    operation: &'static str,
    (local, peer): (Option<&str>, Option<&str>),
    error: FailureCause,
    message: &str,
) -> Failure {
    Failure {
        error,
        operation,
        local: local.map(at),
        peer: peer.map(at),
        message: message.to_owned(),
    }
}

fn own(local: &str) -> OwnSocket {
    let local = at(local);
    let inet = local.inet();
    OwnSocket {
        address: inet.map_or_else(|| "chat".to_owned(), |i| i.ip().to_string()),
        port: inet.map(|i| i.port()),
        local,
        backlog: None,
        peer: None,
        mode: None,
        file: None,
        private: false,
        options: Vec::new(),
    }
}

pub(crate) fn listener(name: &str, local: &str) -> Outcome {
    let socket = OwnSocket {
        backlog: Some(128),
        ..own(local)
    };
    done(name, "listen", Fact::Listener(socket))
}

pub(crate) fn end(name: &str, role: Role, local: &str, peer: &str) -> Outcome {
    let (local, peer) = (at(local), at(peer));
    let verb = match role {
        Role::Client => "connect",
        Role::Server => "accept",
    };
    let connection = OwnConnection {
        role,
        address: local.to_string(),
        port: local.inet().map(|i| i.port()),
        peer_port: peer.inet().map(|i| i.port()),
        peer_pid: None,
        peer_uid: None,
        local,
        peer,
        options: Vec::new(),
    };
    done(name, verb, Fact::Connection(connection))
}

/// Every fact and every cause at least once.
pub(crate) fn facts() -> Vec<Outcome> {
    [
        sockets::facts(),
        web::facts(),
        seeing::facts(),
        measuring::facts(),
        world::facts(),
        thinking::facts(),
        failures::facts(),
    ]
    .concat()
}
