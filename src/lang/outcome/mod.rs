//! What came of a line: one typed value for expressions, templates, JSON and every view.
//!
//! Serialised, an outcome is one flat map. Expressions in lessons, `{{ … }}` in texts and
//! `run --json` all read that same map, so its keys are part of the language.
//!
//! The facts themselves are in one file a subject; all of them are seen from here.
mod measuring;
mod seeing;
mod sockets;
mod thinking;
mod web;
mod world;

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::network::Network;
use super::wire::{CaptureSaved, CaptureStarted, CaptureStopped, Captured, EndStates};
use crate::net::{Eai, Endpoint, Errno, FourTuple};

pub use measuring::*;
pub use seeing::*;
pub use sockets::*;
pub use thinking::*;
pub use web::*;
pub use world::*;

/// What one line did, success or failure alike.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The name it is bound to: `server` in `server = listen …`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The verb that ran.
    pub verb: &'static str,
    /// How long the operation took, in microseconds of wall time.
    #[serde(rename = "micros", serialize_with = "as_micros")]
    pub took: Duration,
    /// Whether the name stood for something open before, which is closed now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replaced: bool,
    /// Where it ran.
    #[serde(skip)]
    pub network: Network,
    /// What was observed.
    #[serde(flatten)]
    pub result: Observed,
}

/// Success or failure, flattened as `"ok": true` with the fact's fields, or `"ok": false` with the
/// failure's.
#[derive(Clone, Debug)]
pub enum Observed {
    /// It was done, and this is what the kernel says of it.
    Done(Fact),
    /// It was not done, and this is why.
    Failed(Failure),
}

impl Serialize for Observed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<T: Serialize> {
            ok: bool,
            #[serde(flatten)]
            rest: T,
        }
        match self {
            Self::Done(fact) => Flat {
                ok: true,
                rest: fact,
            }
            .serialize(serializer),
            Self::Failed(failure) => Flat {
                ok: false,
                rest: failure,
            }
            .serialize(serializer),
        }
    }
}

/// Why an operation was not done.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The name of the cause: an errno such as `EADDRINUSE`, or one of looplab's own words
    /// ([`Cause`](FailureCause)).
    pub error: FailureCause,
    /// The system call or step that failed: `bind`, `listen`, `connect`, `accept`, …
    pub operation: &'static str,
    /// This end, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<Endpoint>,
    /// The other end, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<Endpoint>,
    /// One sentence: what happened, and what to do next where that is not on the errno's card.
    pub message: String,
}

/// The cause of a failure, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureCause {
    /// The kernel said no.
    Errno(Errno),
    /// Nothing was heard within the time given; the kernel would still be trying.
    Timeout,
    /// Ctrl-C.
    Interrupted,
    /// looplab itself does not do this (another machine, another program's socket).
    NotAllowed,
    /// A bound of [`crate::limits`] was reached.
    Limit,
    /// Nothing of that name is there, or not any more: in the lab, among interfaces or settings.
    NoSuchName,
    /// A name of the lab, and what it stands for is not what the verb takes.
    WrongKind,
    /// The peer did not speak the protocol.
    Protocol,
    /// This system or kernel has no such thing.
    NotAvailable,
    /// An `expect` did not hold, or a `wait` was in vain.
    Unmet,
    /// An expression or an argument could not be read.
    Malformed,
    /// The C library found no address for a name; by the name of its code: `EAI_NONAME`
    /// (getaddrinfo(3)).
    Resolver(Eai),
}

impl FailureCause {
    /// The name as expressions and JSON see it: `EADDRINUSE`, `timeout`, …
    pub fn name(self) -> String {
        match self {
            Self::Errno(errno) => errno.name(),
            Self::Timeout => "timeout".to_owned(),
            Self::Interrupted => "interrupted".to_owned(),
            Self::NotAllowed => "not_allowed".to_owned(),
            Self::Limit => "limit".to_owned(),
            Self::NoSuchName => "no_such_name".to_owned(),
            Self::WrongKind => "wrong_kind".to_owned(),
            Self::Protocol => "protocol".to_owned(),
            Self::NotAvailable => "not_available".to_owned(),
            Self::Unmet => "unmet".to_owned(),
            Self::Malformed => "malformed".to_owned(),
            Self::Resolver(code) => code.name().to_owned(),
        }
    }
}

impl Serialize for FailureCause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

/// What a successful verb observed. `kind` tells them apart in JSON.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// `bind`: an endpoint is claimed.
    Bound(OwnSocket),
    /// `listen`: a listener is open.
    Listener(OwnSocket),
    /// `connect`, `accept`: one end of a connection.
    Connection(OwnConnection),
    /// `udp`: a datagram socket is open.
    Udp(OwnSocket),
    /// `serve`: a server answers by itself.
    Server(OwnServer),
    /// `signal`.
    Signalled(Signalled),
    /// `send`.
    Sent(Sent),
    /// `recv`.
    Received(Received),
    /// `shutdown`.
    HalfClosed(HalfClosed),
    /// `close`, `reset`.
    Closed(Closed),
    /// `requests`.
    Requests(Requests),
    /// `get`.
    Response(Response),
    /// `sockets`.
    Sockets(SocketTable),
    /// `who`.
    Who(Holders),
    /// `scan`.
    Scanned(Scanned),
    /// `range`.
    Range(EphemeralRange),
    /// `resolve`.
    Resolved(Resolved),
    /// `hosts`.
    Hosts(HostsFile),
    /// `interfaces`.
    Interfaces(Interfaces),
    /// `counters`.
    Counters(CounterReading),
    /// `route`.
    Route(KernelRoute),
    /// `states`.
    States(EndStates),
    /// `capture start`.
    CaptureStarted(CaptureStarted),
    /// `capture stop`.
    CaptureStopped(CaptureStopped),
    /// `capture show`.
    Capture(Captured),
    /// `capture save`.
    CaptureSaved(CaptureSaved),
    /// `explain`.
    Explanation(Explanation),
    /// `rtt`.
    Rtt(RoundTrips),
    /// `throughput`.
    Throughput(Flow),
    /// `many`.
    Many(ManyOpened),
    /// `repeat`.
    Repeated(Repeated),
    /// `world`.
    World(InWorld),
    /// `link`.
    Link(LinkState),
    /// `neighbour`.
    Neighbour(NextDoor),
    /// `filter`.
    Filter(Filters),
    /// `sysctl`.
    Sysctl(Setting),
    /// `diagnose`.
    Diagnosis(Diagnosis),
    /// `plot`.
    Plot(Plot),
    /// `expect` that held.
    Held(Holding),
    /// `show`.
    Value(Shown),
    /// `wait`.
    Waited(Waited),
}

impl Outcome {
    /// The failure, when there is one.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.result {
            Observed::Failed(failure) => Some(failure),
            Observed::Done(_) => None,
        }
    }

    /// The fact, when it was done.
    pub fn fact(&self) -> Option<&Fact> {
        match &self.result {
            Observed::Done(fact) => Some(fact),
            Observed::Failed(_) => None,
        }
    }

    /// Whether it was done.
    pub fn is_ok(&self) -> bool {
        matches!(self.result, Observed::Done(_))
    }

    /// The four-tuple of a connection.
    pub fn four_tuple(&self) -> Option<FourTuple> {
        match self.fact()? {
            Fact::Connection(c) => Some(FourTuple {
                local: c.local.inet()?,
                peer: c.peer.inet()?,
            }),
            _ => None,
        }
    }
}

fn as_micros<S: Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((took.as_secs_f64() * 1e7).round() / 10.0)
}
