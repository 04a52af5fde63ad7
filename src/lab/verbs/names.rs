//! `resolve` and `hosts`: what names stand for, on the host and in the private world.
//!
//! On the host a name that might be asked of a DNS server elsewhere is refused. In the private world
//! every question stays there, so every name may be looked up.
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::time::{Duration, Instant};

use socket2::Socket;
use tokio::io::Interest;

use super::world::no_world;
use super::{Done, stopped};
use crate::lab::engine::Stop;
use crate::lab::failure::{self, Ends};
use crate::lab::ledger::Held;
use crate::lab::world::{NoAddress, Refusal, World};
use crate::lab::{Lab, bounded, observe};
use crate::lang::{
    Author, Fact, Failure, FailureCause, Hosts, HostsFile, Resolve, Resolved, WorldName,
};
use crate::limits;
use crate::net::{Eai, Errno};

/// The call whose answer is shown.
const CALL: &str = "getaddrinfo";

/// Where the C library goes on when the hosts file does not name it; see `names` of the world.
const NEXT: &str = "the DNS server at 127.0.0.1:53 was asked";

impl Lab {
    pub(super) fn resolve(&mut self, wanted: &Resolve, author: Author) -> Done {
        let within = bounded(wanted.within, author);
        let resolved = if self.worlds.is_private() {
            self.resolve_privately(&wanted.name, within)
        } else {
            observe::resolve(&wanted.name, within)
        };
        Ok((Fact::Resolved(resolved?), Held::Nothing))
    }

    fn resolve_privately(&mut self, name: &str, within: Duration) -> Result<Resolved, Failure> {
        if let Some(spelled) = observe::spelled(name) {
            return Ok(spelled);
        }
        if name.is_empty() || name.len() > limits::NAME_BYTES || name.contains('\0') {
            let most = limits::NAME_BYTES;
            let message = format!("`{name}` cannot be a name: a name has 1 to {most} bytes");
            return Err(failure::own(FailureCause::Malformed, "resolve", message));
        }
        let world = self.private_world("resolve")?;
        let mut file = world.hosts_file().map_err(refused("resolve"))?;
        let hosts = content(&mut file).map_err(|error| unreadable(&error))?;
        let mut sources = observe::lines_naming(name, &hosts);
        let deadline = Instant::now() + within;
        let answer = world.look_up(name, within).map_err(refused("resolve"))?;
        let addresses = self.heard(&answer, name, deadline, within, sources.is_empty())?;
        if sources.is_empty() {
            sources.push(format!("no line of /etc/hosts names it, so {NEXT}"));
        }
        Ok(Resolved {
            query: name.to_owned(),
            addresses,
            sources,
        })
    }

    /// Waits for the addresses.
    fn heard(
        &mut self,
        answer: &Socket,
        name: &str,
        deadline: Instant,
        within: Duration,
        unnamed: bool,
    ) -> Result<Vec<std::net::IpAddr>, Failure> {
        let attempt = || World::found(answer);
        let found = self
            .engine
            .until(answer, Interest::READABLE, deadline, attempt);
        match found {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(why)) => Err(no_address(name, why, unnamed)),
            // The one who was to answer ended without a word.
            Err(Stop::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                let message = format!("the look-up of `{name}` ended without an answer");
                Err(failure::own(FailureCause::NotAvailable, CALL, message))
            }
            Err(stop) => {
                let still = format!("`{name}` is not looked up any further");
                Err(stopped(stop, CALL, Ends::default(), within, &still))
            }
        }
    }

    pub(super) fn hosts(&mut self, wanted: &Hosts) -> Done {
        let change = wanted.empty || !wanted.lines.is_empty();
        let world = self.worlds.here();
        let text = if change || self.worlds.is_private() {
            let of = if change {
                self.changeable("hosts")?
            } else {
                self.private_world("hosts")?
            };
            let mut file = of.hosts_file().map_err(refused("hosts"))?;
            if change {
                replace(&mut file, &wanted.lines).map_err(|error| unreadable(&error))?;
            }
            content(&mut file)
        } else {
            File::open("/etc/hosts").and_then(|mut file| content(&mut file))
        };
        let text = text.map_err(|error| unreadable(&error))?;
        let fact = told(&text, world, change);
        Ok((Fact::Hosts(fact), Held::Nothing))
    }

    /// The private world lines run in, or why there is none.
    fn private_world(&self, verb: &'static str) -> Result<&World, Failure> {
        self.worlds
            .private()
            .ok_or_else(|| match self.worlds.refusal() {
                Some(refusal) => no_world(verb, refusal),
                None => failure::own(
                    FailureCause::NotAvailable,
                    verb,
                    "there is no private world here",
                ),
            })
    }
}

/// Why the world has no names.
fn refused(verb: &'static str) -> impl Fn(Refusal) -> Failure {
    move |refusal| no_world(verb, refusal)
}

/// The whole file, as far as anybody reads it.
fn content(file: &mut File) -> io::Result<String> {
    let mut text = Vec::new();
    file.rewind()?;
    file.take(limits::HOSTS_BYTES).read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn replace(file: &mut File, lines: &[String]) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    for line in lines {
        writeln!(file, "{line}")?;
    }
    Ok(())
}

fn told(text: &str, world: WorldName, switched: bool) -> HostsFile {
    let says = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let lines = text.lines().map(str::trim).filter(says);
    HostsFile {
        world,
        count: lines.clone().count(),
        lines: lines.take(limits::HOSTS_LINES).map(str::to_owned).collect(),
        switched,
    }
}

fn unreadable(error: &io::Error) -> Failure {
    let reason = Errno::of(error).map_or_else(|| error.to_string(), Errno::name);
    let message = format!("/etc/hosts cannot be used here ({reason})");
    failure::own(FailureCause::NotAvailable, "hosts", message)
}

/// What getaddrinfo(3) said, by the name of its code.
fn no_address(name: &str, why: NoAddress, unnamed: bool) -> Failure {
    if why.code == libc::EAI_SYSTEM {
        let error = io::Error::from_raw_os_error(why.errno);
        return failure::of_io(CALL, Ends::default(), &error);
    }
    let Some(code) = Eai::of(why.code) else {
        let message = format!("{CALL} `{name}`: its answer was {}", why.code);
        return failure::own(FailureCause::NotAvailable, CALL, message);
    };
    let words = match code {
        Eai::NoName => "nobody knows that name",
        Eai::Again => "no DNS server answered",
        Eai::Fail => "the DNS server could not answer",
        Eai::NoData => "the name is known, and has no address",
        Eai::Memory => "there is no memory for the answer",
    };
    let place = if unnamed {
        format!("; no line of /etc/hosts names it, so {NEXT}")
    } else {
        String::new()
    };
    let message = format!("{CALL} `{name}`: {words}{place} ({})", code.name());
    failure::own(FailureCause::Resolver(code), CALL, message)
}
