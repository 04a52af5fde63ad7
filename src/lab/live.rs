//! What expressions see: outcomes by name, with the fields that change by themselves (`open`,
//! `state`, `queue`, …) read off the sockets at this moment. Reading changes nothing.
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::ledger::{Entry, Held, Ledger};
use super::own::{Kind, Own};
use super::server::{LiveServer, Program, Service};
use crate::lang::{Fact, Outcome, OwnServer, Role, Scope};
use crate::net::TcpState;

/// The scope of this moment. `machine` is the caller's.
pub(super) fn scope(ledger: &Ledger, machine: Value) -> Scope {
    let mut scope = Scope::new();
    for (name, entry) in ledger.named() {
        scope.insert(name.clone(), live(entry));
    }
    let open = everything_open(ledger);
    let only = |kinds: &[&str]| -> Value {
        let fits = |row: &&Value| {
            row["kind"]
                .as_str()
                .is_some_and(|kind| kinds.contains(&kind))
        };
        open.iter().filter(fits).cloned().collect()
    };
    scope.insert("listeners", only(&["listener", "server"]));
    scope.insert("connections", only(&["connection"]));
    let last = ledger.outcomes().back();
    scope.insert(
        "last",
        last.map_or(Value::Null, |last| refreshed(ledger, last)),
    );
    scope.look_back_on(Arc::clone(ledger.outcomes()));
    scope.insert("sockets", open.into());
    scope.insert("machine", machine);
    scope
}

/// `last` is live too, as long as its name still stands for it.
fn refreshed(ledger: &Ledger, last: &Arc<Value>) -> Value {
    let name = last["name"].as_str().unwrap_or_default();
    match ledger.named().find(|(known, _)| *known == name) {
        Some((_, entry)) if Arc::ptr_eq(&entry.json, last) => live(entry),
        _ => Value::clone(last),
    }
}

/// An outcome with its live fields.
fn live(entry: &Entry) -> Value {
    let mut map = match &*entry.json {
        Value::Object(map) => map.clone(),
        _ => Map::new(),
    };
    match &entry.held {
        Held::One(own) => add_socket(&mut map, own),
        Held::Server(server) => add_server(&mut map, server),
        Held::Program(program) => add_program(&mut map, program),
        Held::Several(_) | Held::Crowd(_) => {
            map.insert("open".to_owned(), true.into());
        }
        Held::Nothing if makes_sockets(&entry.outcome) => {
            map.insert("open".to_owned(), false.into());
            map.insert("state".to_owned(), TcpState::Closed.name().into());
        }
        Held::Nothing => {}
    }
    Value::Object(map)
}

fn makes_sockets(outcome: &Outcome) -> bool {
    matches!(
        outcome.fact(),
        Some(
            Fact::Bound(_)
                | Fact::Listener(_)
                | Fact::Connection(_)
                | Fact::Udp(_)
                | Fact::Server(_)
                | Fact::Many(_)
                | Fact::Repeated(_)
        )
    )
}

fn add_socket(map: &mut Map<String, Value>, own: &Own) {
    map.insert("open".to_owned(), true.into());
    let mut add = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            map.insert(key.to_owned(), value);
        }
    };
    add("state", own.state().map(|state| state.name().into()));
    if own.kind == Kind::Listener {
        add("queue", own.queue().map(|(waiting, _)| waiting.into()));
    } else {
        add("recv_queue", own.recv_queue().map(Value::from));
        add("send_queue", own.send_queue().map(Value::from));
    }
}

fn add_server(map: &mut Map<String, Value>, server: &LiveServer) {
    add_socket(map, &server.own);
    let (count, visits) = server.log.counts();
    // Whoever comes through a relay may well be one of the lab's own sockets: that is what it shows.
    let visits = match server.service {
        Service::Relay(_) => count,
        _ => visits,
    };
    let requests = serde_json::to_value(server.log.newest()).unwrap_or_default();
    map.insert("visits".to_owned(), visits.into());
    map.insert("requests".to_owned(), requests);
    map.insert("clients".to_owned(), server.connections().into());
    if let Service::Http(site) = &server.service {
        map.insert("lamp".to_owned(), site.lamp().into());
    }
}

/// A listener of another process is not asked; as long as somebody holds it, it listens.
fn add_program(map: &mut Map<String, Value>, program: &Program) {
    let alive = program.pids().len();
    let state = if alive > 0 {
        TcpState::Listen
    } else {
        TcpState::Closed
    };
    map.insert("open".to_owned(), (alive > 0).into());
    map.insert("state".to_owned(), state.name().into());
    map.insert("alive".to_owned(), alive.into());
    map.insert("stopped".to_owned(), program.stopped().into());
}

/// Everything that is open, one entry a socket. The thousands of a `many` are left out: they are
/// counted in its own outcome, and every scope would carry them.
fn everything_open(ledger: &Ledger) -> Vec<Value> {
    let mut rows = Vec::new();
    for (name, entry) in ledger.open() {
        match &entry.held {
            Held::Crowd(_) | Held::Nothing => {}
            Held::One(_) | Held::Server(_) | Held::Program(_) => rows.push(live(entry)),
            Held::Several(all) => rows.extend(all.iter().map(|own| member(name, own))),
        }
    }
    rows
}

/// One socket of a `repeat`, in the same shape as if it had been opened alone.
fn member(name: Option<&String>, own: &Own) -> Value {
    let (kind, body) = match own.kind {
        Kind::Bound => ("bound", json!(own.as_socket(None))),
        Kind::Listener => ("listener", json!(own.as_socket(own.queue().map(|q| q.1)))),
        Kind::Udp => ("udp", json!(own.as_socket(None))),
        Kind::Connection(Role::Client | Role::Server) => ("connection", json!(own.as_connection())),
    };
    let mut map = match body {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    map.insert("ok".to_owned(), true.into());
    map.insert("kind".to_owned(), kind.into());
    if let Some(name) = name {
        map.insert("name".to_owned(), name.clone().into());
    }
    add_socket(&mut map, own);
    Value::Object(map)
}

/// What `serve` says of a server.
pub(super) fn as_server(own: &Own, protocol: &'static str) -> Option<OwnServer> {
    let local = own.local.inet()?;
    Some(OwnServer {
        protocol,
        local: own.local.clone(),
        address: local.ip().to_string(),
        port: local.port(),
        url: (protocol == "http").then(|| url(local)),
        private: own.private,
        to: None,
        pid: None,
        processes: Vec::new(),
    })
}

/// What to type into a browser: a wildcard is no address to go to.
fn url(local: std::net::SocketAddr) -> String {
    let ip = local.ip().to_canonical();
    match (ip.is_unspecified(), local.ip()) {
        (true, std::net::IpAddr::V4(_)) => format!("http://127.0.0.1:{}/", local.port()),
        (true, std::net::IpAddr::V6(_)) => format!("http://[::1]:{}/", local.port()),
        (false, _) => format!("http://{local}/"),
    }
}
