//! `capture start`, `capture show`, `capture stop`, `capture save`.
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use super::Done;
use crate::lab::failure::own;
use crate::lab::ledger::Held;
use crate::lab::own::{Kind, Own};
use crate::lab::wire::{self, Ours, Sockets, covers, on_the_wire};
use crate::lab::{Lab, gate};
use crate::lang::{
    Author, CaptureAction, CaptureSave, CaptureSaved, CaptureShow, Captured, End, Fact, Failure,
    FailureCause, Outcome, Packet, Place,
};
use crate::net::{Endpoint, Errno, FourTuple};

/// The ending of files that `capture save` writes.
const ENDING: &str = "pcapng";

impl Lab {
    pub(super) fn capture(&mut self, action: &CaptureAction, author: Author) -> Done {
        self.settle_wire(None);
        let fact = match action {
            CaptureAction::Start(wanted) => {
                let started = self.wire.start(
                    &*self.namespace,
                    &wanted.interface,
                    self.worlds.is_private(),
                )?;
                // From here on the lab's sockets are heard.
                self.settle_wire(None);
                Fact::CaptureStarted(started)
            }
            CaptureAction::Stop => Fact::CaptureStopped(self.wire.stop()?),
            CaptureAction::Show(wanted) => Fact::Capture(self.captured(wanted)?),
            CaptureAction::Save(wanted) => {
                gate::may_write(author, "capture")?;
                Fact::CaptureSaved(self.save(wanted)?)
            }
        };
        Ok((fact, Held::Nothing))
    }

    /// A line begins: packets of before are looked through, while the lab still holds what they
    /// belong to.
    pub(in crate::lab) fn before_line(&mut self) -> Duration {
        self.settle_wire(None);
        wire::now()
    }

    /// A line is over: its packets are looked through.
    pub(in crate::lab) fn after_line(&mut self, outcome: &Outcome, began: Duration) {
        let in_vain = match outcome.fact() {
            None => true,
            Some(Fact::Many(many)) => many.stopped_by.is_some(),
            Some(Fact::Repeated(repeated)) => repeated.succeeded < repeated.count,
            Some(_) => false,
        };
        self.settle_wire(in_vain.then_some(began));
    }

    fn settle_wire(&mut self, in_vain: Option<Duration>) {
        if !self.wire.tells_apart() {
            return;
        }
        let ours = Ours {
            tcp: self.sockets_on_the_wire(|kind| kind != Kind::Udp),
            udp: self.sockets_on_the_wire(|kind| kind == Kind::Udp),
            past: &self.visitors,
        };
        self.wire.settle(&ours, in_vain);
    }

    /// What the lab holds on the host of one protocol.
    fn sockets_on_the_wire(&self, of: impl Fn(Kind) -> bool) -> Sockets {
        let fits = |own: &Own| !own.private && of(own.kind);
        let receives = |own: &Own| fits(own) && !matches!(own.kind, Kind::Connection(_));
        Sockets {
            receiving: self.ledger.receiving(receives),
            connections: self
                .ledger
                .sockets()
                .filter(|(_, own)| fits(own))
                .filter_map(|(_, own)| own.four_tuple().map(on_the_wire))
                .collect(),
        }
    }

    fn captured(&self, wanted: &CaptureShow) -> Result<Captured, Failure> {
        let only = match &wanted.name {
            Some(name) => Some(self.subject(name)?),
            None => None,
        };
        let fits = |packet: &Packet, ends: (End, End)| {
            let port = |port| {
                [ends.0, ends.1].iter().any(|end| end.port() == Some(port))
                    || packet.source_port == Some(port)
                    || packet.destination_port == Some(port)
            };
            wanted.port.is_none_or(port) && only.as_ref().is_none_or(|only| only.fits(ends))
        };
        let mut captured = self.wire.show(fits)?;
        let names = Names::of(self);
        for packet in &mut captured.packets {
            let (source, destination) = (packet.source.socket(), packet.destination.socket());
            packet.source_name = names.name(packet.protocol, source, destination);
            packet.destination_name = names.name(packet.protocol, destination, source);
        }
        Ok(captured)
    }

    /// What a name stands for, as far as packets can tell.
    fn subject(&self, name: &str) -> Result<Subject, Failure> {
        let entry = self.ledger.entry("capture", name)?;
        if let Some(ends) = entry.outcome.four_tuple() {
            return Ok(Subject::Connection(on_the_wire(ends)));
        }
        let place = Place::Name(name.to_owned());
        let endpoint = self.ledger.endpoint("capture", &place)?;
        endpoint.inet().map(Subject::Endpoint).ok_or_else(|| {
            let why = format!("`{name}` is a Unix socket: its bytes never become packets");
            own(FailureCause::NotAvailable, "capture", why)
        })
    }

    fn save(&self, wanted: &CaptureSave) -> Result<CaptureSaved, Failure> {
        let (bytes, count) = self.wire.file()?;
        let path = &wanted.file;
        let named = path.display();
        if path.extension().and_then(|e| e.to_str()) != Some(ENDING) {
            let why = format!("`{named}` does not end in .{ENDING}");
            return Err(own(FailureCause::Malformed, "capture", why));
        }
        write_file(path, wanted.force, &bytes).map_err(|error| not_written(path, &error))?;
        Ok(CaptureSaved {
            file: named.to_string(),
            count,
            bytes: bytes.len(),
        })
    }
}

fn not_written(path: &Path, error: &io::Error) -> Failure {
    let named = path.display();
    if error.kind() == io::ErrorKind::AlreadyExists {
        let why = format!("`{named}` is there already; --force writes over it");
        return own(FailureCause::NotAllowed, "capture", why);
    }
    let cause = Errno::of(error).map_or(FailureCause::NotAvailable, FailureCause::Errno);
    let why = format!("`{named}` cannot be written: {error}");
    own(cause, "capture", why)
}

/// Writes a new file, or with `force` over an ordinary one. Never through a symbolic link, and
/// never into a pipe or a device.
fn write_file(path: &Path, force: bool, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options
        .write(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let mut file: File = match options.create_new(true).open(path) {
        Err(error) if force && error.kind() == io::ErrorKind::AlreadyExists => {
            options.create_new(false).open(path)?
        }
        other => other?,
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    file.set_len(0)?;
    file.write_all(bytes)
}

/// What `capture show NAME` is about.
enum Subject {
    Connection(FourTuple),
    Endpoint(SocketAddr),
}

impl Subject {
    fn fits(&self, ends: (End, End)) -> bool {
        let (End::Socket(a), End::Socket(b)) = ends else {
            return false;
        };
        match self {
            Self::Connection(ends) => {
                (ends.local, ends.peer) == (a, b) || (ends.local, ends.peer) == (b, a)
            }
            Self::Endpoint(at) => covers(*at, a) || covers(*at, b),
        }
    }
}

/// What ends are called in the lab.
struct Names {
    /// By protocol and ends: a TCP and a UDP socket may have the same two.
    connections: HashMap<(&'static str, FourTuple), String>,
    receiving: Vec<Receiving>,
}

struct Receiving {
    at: SocketAddr,
    /// `None` for a server, of whichever protocol.
    protocol: Option<&'static str>,
    name: String,
}

impl Names {
    fn of(lab: &Lab) -> Self {
        let mut names = Self {
            connections: HashMap::new(),
            receiving: Vec::new(),
        };
        for (name, entry) in lab.ledger.named() {
            let protocol = match entry.outcome.verb {
                "serve" => None,
                "udp" => Some("udp"),
                _ => Some("tcp"),
            };
            let name = name.clone();
            if let Some(ends) = entry.outcome.four_tuple() {
                let key = (protocol.unwrap_or("tcp"), on_the_wire(ends));
                names.connections.insert(key, name);
            } else if let Some(at) = entry.endpoint().and_then(Endpoint::inet) {
                names.receiving.push(Receiving { at, protocol, name });
            }
        }
        names
    }

    fn name(
        &self,
        protocol: &'static str,
        end: Option<SocketAddr>,
        other: Option<SocketAddr>,
    ) -> Option<String> {
        let (local, peer) = (end?, other?);
        let key = (protocol, FourTuple { local, peer });
        let connection = self.connections.get(&key);
        let receiver = || {
            let fits = |one: &&Receiving| {
                one.protocol.is_none_or(|its| its == protocol) && covers(one.at, local)
            };
            self.receiving.iter().find(fits).map(|one| &one.name)
        };
        connection.or_else(receiver).cloned()
    }
}
