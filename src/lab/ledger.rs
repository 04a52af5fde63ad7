//! The ledger: every name, outcome and socket of the session. What is not in here, the lab does
//! not hold; what is, `clear` closes.
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use serde_json::Value;

use super::failure;
use super::kept::Kept;
use super::observe::LabSockets;
use super::own::{Kind, Own};
use super::server::{LiveServer, Program};
use super::visitors::Visitors;
use crate::lang::{Fact, Failure, FailureCause, Observed, Outcome, Outcomes, Place, Role};
use crate::limits;
use crate::net::Endpoint;

/// What a line left open.
#[derive(Debug, Default)]
pub(super) enum Held {
    /// Nothing, or nothing any more.
    #[default]
    Nothing,
    /// One socket.
    One(Own),
    /// The sockets of a `repeat`.
    Several(Vec<Own>),
    /// Both ends of the connections of a `many`.
    Crowd(Vec<Own>),
    /// A server and its task.
    Server(LiveServer),
    /// A server in processes of its own.
    Program(Program),
}

impl Held {
    /// Its sockets, the connections of a server apart.
    pub(super) fn sockets(&self) -> &[Own] {
        match self {
            Self::Nothing | Self::Program(_) => &[],
            Self::One(own) => std::slice::from_ref(own),
            Self::Several(all) | Self::Crowd(all) => all,
            Self::Server(server) => std::slice::from_ref(&server.own),
        }
    }

    /// Whether there is anything left to close.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Program(program) => program.is_alive(),
            held => !held.sockets().is_empty(),
        }
    }
}

/// A line's outcome, and what it left open.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) outcome: Outcome,
    /// The outcome as expressions see it, without what changes by itself.
    pub(super) json: Arc<Value>,
    pub(super) held: Held,
}

impl Entry {
    /// The endpoint its name stands for.
    pub(super) fn endpoint(&self) -> Option<&Endpoint> {
        match self.outcome.fact()? {
            Fact::Bound(own) | Fact::Listener(own) | Fact::Udp(own) => Some(&own.local),
            Fact::Connection(own) => Some(&own.local),
            Fact::Server(own) => Some(&own.local),
            _ => None,
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    names: BTreeMap<String, Entry>,
    /// What lines without a name left open.
    unnamed: Vec<Entry>,
    outcomes: Kept,
}

impl Ledger {
    /// Writes an outcome down, under its name when it has one.
    pub(super) fn record(&mut self, outcome: &Outcome, held: Held) {
        // An outcome is a map of plain values, which always have a JSON form.
        let json = Arc::new(serde_json::to_value(outcome).unwrap_or(Value::Null));
        self.outcomes.push(Arc::clone(&json));
        let entry = Entry {
            outcome: outcome.clone(),
            json,
            held,
        };
        match &outcome.name {
            Some(name) => {
                self.names.insert(name.clone(), entry);
            }
            None if entry.held.is_open() => self.unnamed.push(entry),
            None => {}
        }
    }

    /// Forgets everything; what was open is handed over for closing.
    pub(super) fn take_all(&mut self) -> Vec<Held> {
        self.outcomes.clear();
        let named = std::mem::take(&mut self.names).into_values();
        let unnamed = std::mem::take(&mut self.unnamed).into_iter();
        named.chain(unnamed).map(|entry| entry.held).collect()
    }

    /// What a name holds, for closing; the name and its outcome stay.
    pub(super) fn take(&mut self, name: &str) -> Held {
        self.names
            .get_mut(name)
            .map(|entry| std::mem::take(&mut entry.held))
            .unwrap_or_default()
    }

    /// Names and what they stand for, sorted.
    pub(super) fn named(&self) -> impl Iterator<Item = (&String, &Entry)> {
        self.names.iter()
    }

    /// Every entry that holds something, with its name.
    pub(super) fn open(&self) -> impl Iterator<Item = (Option<&String>, &Entry)> {
        let named = self.names.iter().map(|(name, entry)| (Some(name), entry));
        let unnamed = self.unnamed.iter().map(|entry| (None, entry));
        named.chain(unnamed).filter(|(_, e)| e.held.is_open())
    }

    /// Outcomes since the lab was cleared, oldest first.
    pub(super) fn outcomes(&self) -> &Outcomes {
        self.outcomes.all()
    }

    /// Sockets held by name or by a `repeat`; what `many` holds has a quota of its own.
    pub(super) fn count(&self) -> usize {
        self.open()
            .filter(|(_, entry)| !matches!(entry.held, Held::Crowd(_)))
            .map(|(_, entry)| entry.held.sockets().len())
            .sum()
    }

    /// Whether one more socket fits.
    pub(super) fn room_for_one(&self) -> Result<(), Failure> {
        if self.count() < limits::SOCKETS {
            return Ok(());
        }
        let message = format!(
            "this session holds {} sockets, which is the limit; `close` some first",
            limits::SOCKETS
        );
        Err(failure::own(FailureCause::Limit, "socket", message))
    }

    /// The entry behind a name.
    pub(super) fn entry(&self, verb: &'static str, name: &str) -> Result<&Entry, Failure> {
        self.names
            .get(name)
            .ok_or_else(|| no_such(verb, self.unknown(name)))
    }

    /// The socket behind a name, when it is of a kind that `fits`.
    pub(super) fn socket(
        &self,
        verb: &'static str,
        name: &str,
        wanted: &str,
        fits: impl Fn(Kind) -> bool,
    ) -> Result<&Own, Failure> {
        let entry = self.entry(verb, name)?;
        match &entry.held {
            Held::One(own) if fits(own.kind) => Ok(own),
            _ => Err(misfit(verb, name, entry, wanted)),
        }
    }

    /// The server behind a name.
    pub(super) fn server(&self, verb: &'static str, name: &str) -> Result<&LiveServer, Failure> {
        let entry = self.entry(verb, name)?;
        match &entry.held {
            Held::Server(server) => Ok(server),
            _ => Err(misfit(verb, name, entry, "a live server")),
        }
    }

    /// The processes behind a name.
    pub(super) fn program(
        &mut self,
        verb: &'static str,
        name: &str,
    ) -> Result<&mut Program, Failure> {
        let wanted = "a server that was started with --process";
        let misfits = misfit(verb, name, self.entry(verb, name)?, wanted);
        match self.names.get_mut(name).map(|entry| &mut entry.held) {
            Some(Held::Program(program)) => Ok(program),
            _ => Err(misfits),
        }
    }

    /// Every server in processes of its own that still serves, with its name.
    pub(super) fn programs(&self) -> impl Iterator<Item = (Option<&String>, &Program)> {
        self.open().filter_map(|(name, entry)| match &entry.held {
            Held::Program(program) => Some((name, program)),
            _ => None,
        })
    }

    /// The endpoint a place stands for.
    pub(super) fn endpoint(&self, verb: &'static str, place: &Place) -> Result<Endpoint, Failure> {
        let name = match place {
            Place::Literal(endpoint) => return Ok(endpoint.clone()),
            Place::Name(name) => name,
        };
        let entry = self.entry(verb, name)?;
        entry
            .endpoint()
            .cloned()
            .ok_or_else(|| misfit(verb, name, entry, "an endpoint"))
    }

    /// Every own socket with the name it goes by.
    pub(super) fn sockets(&self) -> impl Iterator<Item = (Option<&String>, &Own)> {
        self.open()
            .flat_map(|(name, entry)| entry.held.sockets().iter().map(move |own| (name, own)))
    }

    /// The name of the open listener whose connections have this local end; empty when the listener
    /// has no name.
    pub(super) fn listener_at(&self, local: SocketAddr) -> Option<String> {
        let fits = |at: &Endpoint| at.inet().is_some_and(|at| spellings(at).contains(&local));
        let mut own = self.sockets().filter(|(_, own)| own.kind == Kind::Listener);
        let found = own.find(|(_, own)| fits(&own.local)).map(|(name, _)| name);
        let program = || self.programs().find(|(_, program)| fits(&program.local));
        let name = found.or_else(|| program().map(|(name, _)| name))?;
        Some(name.cloned().unwrap_or_default())
    }

    /// Where own sockets that fit receive.
    pub(super) fn receiving(&self, fits: impl Fn(&Own) -> bool) -> Vec<SocketAddr> {
        self.sockets()
            .filter(|(_, own)| fits(own))
            .filter_map(|(_, own)| own.local.inet())
            .collect()
    }

    /// What tells the lab's rows in the kernel's tables from everybody else's.
    pub(super) fn lab_sockets(&self, past: &Visitors) -> LabSockets {
        let mut names = HashMap::new();
        let mut children: HashMap<u64, Vec<u32>> = HashMap::new();
        let mut dialled = HashSet::new();
        let mut endpoints = past.endpoints();
        for (name, entry) in self.open() {
            let name = name.map(String::as_str).unwrap_or_default();
            for own in entry.held.sockets() {
                endpoints.extend(own.local.inet().into_iter().flat_map(spellings));
                let inode = own.inode();
                names.extend(inode.map(|inode| (inode, name.to_owned())));
                dialled.extend(inode.filter(|_| own.kind == Kind::Connection(Role::Client)));
            }
            if let Held::Server(server) = &entry.held {
                let inodes = server.log.inodes();
                names.extend(inodes.into_iter().map(|inode| (inode, name.to_owned())));
            }
            if let Held::Program(program) = &entry.held {
                endpoints.extend(program.local.inet().into_iter().flat_map(spellings));
                for (inode, pid) in program.held() {
                    names.insert(inode, name.to_owned());
                    children.entry(inode).or_default().push(pid);
                }
            }
        }
        LabSockets {
            names,
            endpoints,
            children,
            dialled,
        }
    }

    fn unknown(&self, name: &str) -> String {
        let near = self
            .names
            .keys()
            .filter(|known| strsim::jaro_winkler(known, name) > 0.8)
            .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
        match near {
            Some(near) => format!("there is no `{name}` here; did you mean `{near}`?"),
            None if self.names.is_empty() => format!(
                "there is no `{name}` here; a name is made like this: {name} = listen 127.0.0.1:0"
            ),
            None => {
                let all: Vec<_> = self.names.keys().map(|n| format!("`{n}`")).collect();
                format!("there is no `{name}` here; there is {}", all.join(", "))
            }
        }
    }
}

/// The local ends a connection to this endpoint may have: to a wildcard it comes by an address.
fn spellings(at: SocketAddr) -> Vec<SocketAddr> {
    if !at.ip().to_canonical().is_unspecified() {
        return vec![at];
    }
    let four = Ipv4Addr::LOCALHOST;
    let all: [IpAddr; 3] = [
        four.into(),
        Ipv6Addr::LOCALHOST.into(),
        four.to_ipv6_mapped().into(),
    ];
    let loopback = all.map(|ip| SocketAddr::new(ip, at.port()));
    [vec![at], loopback.to_vec()].concat()
}

fn no_such(verb: &'static str, message: String) -> Failure {
    failure::own(FailureCause::NoSuchName, verb, message)
}

/// An entry is not what a verb wants: it stands for something else, or its socket is gone.
fn misfit(verb: &'static str, name: &str, entry: &Entry, wanted: &str) -> Failure {
    let failed = matches!(entry.outcome.result, Observed::Failed(_));
    let gone = matches!(entry.held, Held::Nothing) && (failed || entry.endpoint().is_some());
    let cause = if gone {
        FailureCause::NoSuchName
    } else {
        FailureCause::WrongKind
    };
    failure::own(cause, verb, unfit(name, entry, wanted))
}

fn unfit(name: &str, entry: &Entry, wanted: &str) -> String {
    match (&entry.held, &entry.outcome.result) {
        (Held::One(own), _) => {
            let is = own.kind.described();
            format!("`{name}` is {is}, and this takes {wanted}")
        }
        (Held::Server(_), _) => {
            format!("`{name}` is a live server, which answers by itself; this takes {wanted}")
        }
        (Held::Program(_), _) => {
            format!("`{name}` is served by processes of its own; this takes {wanted}")
        }
        (Held::Several(_) | Held::Crowd(_), _) => {
            format!("`{name}` is many sockets at once; this takes {wanted}")
        }
        (Held::Nothing, Observed::Failed(why)) => format!(
            "`{name}` has no socket, since its {} failed ({})",
            entry.outcome.verb,
            why.error.name()
        ),
        (Held::Nothing, Observed::Done(_)) if entry.endpoint().is_some() => {
            format!("`{name}` is closed")
        }
        (Held::Nothing, Observed::Done(_)) => format!(
            "`{name}` is what `{}` said; this takes {wanted}",
            entry.outcome.verb
        ),
    }
}
