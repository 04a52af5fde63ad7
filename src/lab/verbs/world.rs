//! `world`, `neighbour`, `link`, `filter`, `sysctl`: the private world, and what may be changed in it. Nothing of the host
//! is ever changed.
use std::cell::OnceCell;
use std::io::{self, Read};
use std::path::Path;

use std::sync::Arc;

use super::Done;
use crate::lab::failure::{self, Ends, of_io};
use crate::lab::ledger::Held;
use crate::lab::world::{self, Refusal, World, filter};
use crate::lab::{Lab, observe};
use crate::lang::{
    Author, Command, Fact, Failure, FailureCause, Filter, FilterRule, FilterVerb, Filters, InWorld,
    Interface, Link, LinkChange, LinkState, Neighbour, NextDoor, Setting, Switch, Sysctl,
    World as WorldVerb, WorldName, parse_words,
};
use crate::net::Errno;

/// The settings lessons speak of; `*` stands for an interface, `all` or `default`.
const SETTINGS: [&str; 11] = [
    "net.core.somaxconn",
    "net.ipv4.conf.*.route_localnet",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_abort_on_overflow",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_max_tw_buckets",
    "net.ipv4.tcp_syn_retries",
    "net.ipv4.tcp_tw_reuse",
    "net.ipv6.conf.*.disable_ipv6",
];

/// The part of a setting that is read: a list of reserved ports may be long, but not endless.
const SETTING_BYTES: u64 = 4 << 10;

impl Lab {
    pub(super) fn world(&mut self, wanted: &WorldVerb) -> Done {
        let before = self.worlds.here();
        match (wanted.world, wanted.lo) {
            (None, _) => {}
            (Some(WorldName::Host), Some(_)) => {
                let why = "--lo is for a new private world; the host's lo stays as it is";
                return Err(failure::own(FailureCause::NotAllowed, "world", why));
            }
            (Some(WorldName::Private), Some(lo)) => self.begin_privately(lo)?,
            (Some(world), None) => self
                .enter(world)
                .map_err(|refusal| no_world("world", refusal))?,
        }
        let fact = InWorld {
            world: self.worlds.here(),
            switched: self.worlds.here() != before,
            refusal: self.worlds.refusal().map(|refusal| refusal.to_string()),
        };
        Ok((Fact::World(fact), Held::Nothing))
    }

    /// A new private world. What is open in the one before would be cut off from every new socket.
    fn begin_privately(&mut self, lo: Switch) -> Result<(), Failure> {
        if self.ledger.sockets().any(|(_, own)| own.private) {
            let why = "--lo begins a new private world, and something is open in this one; `close` it \
                       first";
            return Err(failure::own(FailureCause::NotAllowed, "world", why));
        }
        self.namespace = self
            .worlds
            .renew(lo == Switch::Up)
            .map_err(|refusal| no_world("world", refusal))?;
        self.machine = OnceCell::new();
        Ok(())
    }

    pub(super) fn neighbour(&mut self, wanted: &Neighbour, author: Author) -> Done {
        // First, so that a slip of the finger makes nobody.
        let command = inner(&wanted.command)?;
        self.changeable("neighbour")?;
        let (theirs, made) = self
            .worlds
            .neighbour()
            .map_err(|error| of_io("neighbour", Ends::default(), &error))?;
        if let Some(command) = command {
            return self.next_door(theirs, &command, author);
        }
        let fact = NextDoor {
            address: world::THEIRS.into(),
            source: world::OURS.into(),
            interface: world::INTERFACE.to_owned(),
            switched: made,
        };
        Ok((Fact::Neighbour(fact), Held::Nothing))
    }

    /// Runs a verb with the neighbour's network as the one in use.
    fn next_door(&mut self, theirs: Arc<World>, command: &Command, author: Author) -> Done {
        let ours = std::mem::replace(&mut self.namespace, theirs);
        self.worlds.go_next_door(true);
        let done = self.execute(command, author);
        self.worlds.go_next_door(false);
        self.namespace = ours;
        done
    }

    pub(super) fn link(&mut self, wanted: &Link) -> Done {
        let name = &wanted.interface;
        if wanted.change != LinkChange::Mtu && wanted.bytes.is_some() {
            let why = "only `link NAME mtu N` takes a number";
            return Err(failure::own(FailureCause::Malformed, "link", why));
        }
        let before = self.interface(name)?;
        let world = self.changeable("link")?;
        let changed = match (wanted.change, wanted.bytes) {
            (LinkChange::Mtu, bytes) => world.set_mtu(name, bytes.unwrap_or_default()),
            (switch, _) => world.set_link(name, switch == LinkChange::Up),
        };
        changed.map_err(|error| of_io("link", Ends::default(), &error))?;
        self.machine = OnceCell::new();
        let now = self.interface(name)?;
        let switched = match wanted.change {
            LinkChange::Mtu => now.mtu != before.mtu,
            LinkChange::Up | LinkChange::Down => now.up != before.up,
        };
        let fact = LinkState {
            interface: now.name,
            up: now.up,
            mtu: now.mtu,
            switched,
        };
        Ok((Fact::Link(fact), Held::Nothing))
    }

    fn interface(&self, name: &str) -> Result<Interface, Failure> {
        let all = observe::interfaces(&*self.namespace)?.interfaces;
        let found = all.iter().find(|interface| interface.name == name).cloned();
        found.ok_or_else(|| {
            let names: Vec<_> = all.iter().map(|i| i.name.as_str()).collect();
            let names = names.join(", ");
            let message = format!("there is no interface `{name}` here: there is {names}");
            failure::own(FailureCause::NoSuchName, "link", message)
        })
    }

    pub(super) fn filter(&mut self, wanted: &Filter) -> Done {
        if wanted.verb.is_none() && !self.worlds.is_private() {
            return Err(filters_of_the_machine());
        }
        let world = self.changeable("filter")?;
        match wanted.verb.map(FilterVerb::action) {
            None => {}
            Some(None) => {
                if let Err(error) = filter::clear(world)
                    // Nothing was there to begin with.
                    && error.kind() != io::ErrorKind::NotFound
                {
                    return Err(no_filter(&error));
                }
                self.worlds.filters().clear();
            }
            Some(Some(action)) => {
                let Some(place) = &wanted.endpoint else {
                    return Err(needs_endpoint());
                };
                let to = self.ledger.endpoint("filter", place)?;
                let address = to.inet().ok_or_else(needs_endpoint)?;
                filter::add(world, action, address).map_err(|error| no_filter(&error))?;
                self.worlds.filters().push(FilterRule { action, to });
            }
        }
        let rules = self.worlds.filters().clone();
        let fact = Filters {
            count: rules.len(),
            rules,
        };
        Ok((Fact::Filter(fact), Held::Nothing))
    }

    pub(super) fn sysctl(&mut self, wanted: &Sysctl) -> Done {
        let setting = known(&wanted.setting)?;
        let path = format!("/proc/sys/{}", setting.replace('.', "/"));
        let before = self.setting(&setting, &path)?;
        if wanted.value.is_empty() {
            let fact = Setting {
                setting,
                value: before,
                before: None,
            };
            return Ok((Fact::Sysctl(fact), Held::Nothing));
        }
        let value = wanted.value.join(" ");
        self.changeable("sysctl")?
            .write(&path, &value)
            .map_err(|error| verdict(&setting, &value, &error))?;
        self.machine = OnceCell::new();
        let fact = Setting {
            value: self.setting(&setting, &path)?,
            before: Some(before),
            setting,
        };
        Ok((Fact::Sysctl(fact), Held::Nothing))
    }

    /// A setting as this world has it, its numbers separated by one space.
    fn setting(&self, setting: &str, path: &str) -> Result<String, Failure> {
        let mut text = String::new();
        self.namespace
            .open(Path::new(path))
            .and_then(|file| file.take(SETTING_BYTES).read_to_string(&mut text))
            .map_err(|error| {
                let reason = Errno::of(&error).map_or_else(|| error.to_string(), Errno::name);
                let message = format!("`{setting}` cannot be read here ({reason})");
                failure::own(FailureCause::NotAvailable, "sysctl", message)
            })?;
        Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The private world, for a verb that changes something.
    pub(super) fn changeable(&self, verb: &'static str) -> Result<&World, Failure> {
        if let Some(world) = self.worlds.private() {
            return Ok(world);
        }
        if let Some(refusal) = self.worlds.refusal().filter(|_| self.worlds.is_private()) {
            return Err(no_world(verb, refusal));
        }
        let message = format!(
            "`{verb}` would change the machine itself, and looplab leaves that alone; after `world \
             private` it changes a network that is the lab's own"
        );
        Err(failure::own(FailureCause::NotAllowed, verb, message))
    }
}

/// The verb that is to run next door, when there is one.
fn inner(words: &[String]) -> Result<Option<Command>, Failure> {
    if words.is_empty() {
        return Ok(None);
    }
    let malformed = |message| failure::own(FailureCause::Malformed, "neighbour", message);
    let command = parse_words(words).map_err(|error| {
        let help = error
            .help
            .map_or_else(String::new, |help| format!("; {help}"));
        malformed(error.message + &help)
    })?;
    match command {
        Command::World(_) | Command::Neighbour(_) => {
            let verb = command.verb();
            let message =
                format!("`{verb}` is not for the neighbour; bind, listen, connect, … are");
            Err(malformed(message))
        }
        command => Ok(Some(command)),
    }
}

/// Who only looks changes nothing; but the rules of the machine are root's to read, and of many kinds.
fn filters_of_the_machine() -> Failure {
    let message = "the machine's own filters are root's to read (`sudo nft list ruleset`); after `world \
                   private` this shows the filters of the lab's own network";
    failure::own(FailureCause::NotAvailable, "filter", message)
}

/// What the kernel said of a rule.
fn no_filter(error: &io::Error) -> Failure {
    let missing = [libc::EPROTONOSUPPORT, libc::EOPNOTSUPP, libc::ENOENT];
    if !error
        .raw_os_error()
        .is_some_and(|number| missing.contains(&number))
    {
        return of_io("filter", Ends::default(), error);
    }
    let reason = Errno::of(error).map_or_else(|| error.to_string(), Errno::name);
    let message = format!("this kernel has no packet filter (nf_tables) to offer ({reason})");
    failure::own(FailureCause::NotAvailable, "filter", message)
}

fn needs_endpoint() -> Failure {
    let message = "a filter is for an address and a port: `filter drop 127.0.0.1:8080`";
    failure::own(FailureCause::Malformed, "filter", message)
}

/// There is no private world, and what would allow one.
pub(super) fn no_world(verb: &'static str, refusal: Refusal) -> Failure {
    let cure = refusal
        .cure()
        .map_or_else(String::new, |cure| format!(": {cure}"));
    let message = format!("{refusal}{cure}");
    failure::own(FailureCause::NotAvailable, verb, message)
}

/// The full name of a setting; its last part alone is enough where that is unique.
fn known(typed: &str) -> Result<String, Failure> {
    let full = SETTINGS.iter().find(|known| fits(known, typed));
    if full.is_some() {
        return Ok(typed.to_owned());
    }
    let short = SETTINGS.iter().find(|known| {
        let last = known.rsplit('.').next();
        last == Some(typed) && !known.contains('*')
    });
    short.map(|full| (*full).to_owned()).ok_or_else(|| {
        if let Some((name, _)) = typed.split_once('=') {
            let why = format!("here a space stands where a shell has `=`: sysctl {name} VALUE");
            return failure::own(FailureCause::Malformed, "sysctl", why);
        }
        let message = format!("`{typed}` is not among the settings of the lab: {}", {
            SETTINGS.join(", ")
        });
        failure::own(FailureCause::NoSuchName, "sysctl", message)
    })
}

fn fits(known: &str, typed: &str) -> bool {
    match known.split_once('*') {
        None => known == typed,
        Some((before, after)) => typed
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(is_interface),
    }
}

/// Whether a word can be an interface's name in a path.
fn is_interface(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !word.is_empty() && word.len() < 16 && word.chars().all(plain)
}

/// What the kernel said of a value.
fn verdict(setting: &str, value: &str, error: &io::Error) -> Failure {
    let mut failure = of_io("sysctl", Ends::default(), error);
    failure.message = failure
        .message
        .replacen("sysctl:", &format!("sysctl {setting} {value}:"), 1);
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_settings() {
        let table = [
            (
                "net.ipv4.ip_local_port_range",
                Some("net.ipv4.ip_local_port_range"),
            ),
            ("ip_local_port_range", Some("net.ipv4.ip_local_port_range")),
            ("somaxconn", Some("net.core.somaxconn")),
            (
                "net.ipv4.conf.lo.route_localnet",
                Some("net.ipv4.conf.lo.route_localnet"),
            ),
            ("net.ipv4.conf.*.route_localnet", None),
            ("net.ipv4.conf.../../x.route_localnet", None),
            ("net.ipv4.conf.a/b.route_localnet", None),
            ("route_localnet", None),
            ("kernel.hostname", None),
            ("", None),
        ];
        for (typed, expected) in table {
            assert_eq!(known(typed).ok().as_deref(), expected, "{typed}");
        }
    }
}
