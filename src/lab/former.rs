//! What a line's name stood for before: replaced by a line that was done, kept by one that failed.
use super::Lab;
use super::failure::reworded;
use super::gate;
use super::ledger::{Entry, Held};
use super::own::Kind;
use crate::lang::{Command, Failure, FailureCause, Observed, Outcome, Protocol};
use crate::net::{Endpoint, Errno};

impl Lab {
    /// A line that failed takes nothing away: what its name stands for stays open under it, and the
    /// failure says so. Most often it is that socket itself which holds the address.
    pub(super) fn keep_former(&self, outcome: &mut Outcome, command: &Command) {
        let named = |name: &String| {
            let mut all = self.ledger.named();
            all.find(|(known, entry)| *known == name && entry.held.is_open())
        };
        let Observed::Failed(failure) = &outcome.result else {
            return;
        };
        let Some((name, former)) = outcome.name.as_ref().and_then(named) else {
            return;
        };
        let here = former.outcome.network == outcome.network;
        let why = if here && in_the_way(former, failure, command) {
            let way = freed_by(name, failure.local.as_ref(), command);
            format!("`{name}` itself still holds it and stays open; {way}")
        } else {
            format!("{}; `{name}` stays open as it was", cause(failure))
        };
        let why = format!("{why} ({})", failure.error.name());
        outcome.result = Observed::Failed(reworded(failure.clone(), &why));
        outcome.name = None;
    }
}

/// What gives the address back. The file of a Unix socket outlives it (unix(7)).
fn freed_by(name: &str, at: Option<&Endpoint>, command: &Command) -> String {
    match (at, command) {
        (Some(Endpoint::Unix(file)), Command::Listen(_)) if !file.starts_with('@') => format!(
            "its file stays even after `close {name}`: this line with `--unlink` removes the file first"
        ),
        _ => format!("`close {name}` frees it"),
    }
}

/// Whether what failed to bind met this very socket.
fn in_the_way(former: &Entry, failure: &Failure, command: &Command) -> bool {
    let datagrams = match command {
        Command::Udp(_) => true,
        Command::Serve(serve) => serve.protocol == Protocol::Dns,
        _ => false,
    };
    let wanted = failure.local.as_ref();
    let meets = |at: &Endpoint| match (at.inet(), wanted.and_then(Endpoint::inet)) {
        (Some(at), Some(wanted)) => gate::covers(at, wanted) || gate::covers(wanted, at),
        _ => Some(at) == wanted,
    };
    let holds = match &former.held {
        Held::Program(program) => !datagrams && meets(&program.local),
        held => held
            .sockets()
            .iter()
            .any(|own| (own.kind == Kind::Udp) == datagrams && meets(&own.local)),
    };
    failure.error == FailureCause::Errno(Errno::EADDRINUSE) && holds
}

/// The message of a failure without its ends in front and its cause behind.
fn cause(failure: &Failure) -> &str {
    let bare = reworded(failure.clone(), "").message;
    let message = failure.message.as_str();
    let message = message.strip_prefix(bare.trim_end()).unwrap_or(message);
    let behind = format!("({})", failure.error.name());
    message.strip_suffix(&*behind).unwrap_or(message).trim()
}
