//! `serve` and `requests`: live servers.
use std::net::SocketAddr;
use std::sync::Arc;

use super::Done;
use crate::lab::failure::{self, Ends, of_io, own_at};
use crate::lab::ledger::Held;
use crate::lab::live::as_server;
use crate::lab::open::Wire;
use crate::lab::own::Kind;
use crate::lab::server::{LiveServer, Program, Relay, Service, Site};
use crate::lab::{Lab, gate};
use crate::lang::{
    Author, Fact, Failure, FailureCause, Place, Protocol, Requests, Serve, Signal, Signalled,
};
use crate::limits;
use crate::net::Endpoint;

impl Lab {
    pub(super) fn serve(&mut self, wanted: &Serve, author: Author) -> Done {
        let at = self.ledger.endpoint("serve", &wanted.place())?;
        self.may_receive(author, "serve", &at, wanted.exposed)?;
        let service = self.service(wanted, &at, author)?;
        if at.inet().is_none() {
            let why = "a live server needs an address and a port: 127.0.0.1:0";
            let ends = Ends::local(&at);
            return Err(own_at(FailureCause::Malformed, "serve", ends, why));
        }
        let count = processes(wanted);
        self.room_for_processes(count.unwrap_or(0))?;
        let own = match service {
            Service::Dns(_) => self.claim(&at, Wire::Datagram, Kind::Udp, &wanted.options)?,
            _ => self.listener(&at, limits::SERVER_BACKLOG, &wanted.options)?,
        };
        let ends = Ends::local(&own.local);
        let Some(mut fact) = as_server(&own, service.name()) else {
            let why = "the kernel does not say where it listens";
            return Err(own_at(FailureCause::NotAvailable, "serve", ends, why));
        };
        match &service {
            Service::Relay(relay) => fact.to = Some(Endpoint::Inet(relay.to)),
            Service::Http(site) => {
                let typed = fact.url.take().zip(own.local.inet());
                fact.url = typed.and_then(|(typed, at)| site.address_for(at, typed));
            }
            Service::Dns(_) | Service::Echo => {}
        }
        if let Some(count) = count {
            let program = Program::start(own, count).map_err(|e| of_io("serve", ends, &e))?;
            fact.processes = program.pids();
            fact.pid = fact.processes.first().copied();
            return Ok((Fact::Server(fact), Held::Program(program)));
        }
        let runtime = self.engine.runtime()?;
        let server = LiveServer::start(runtime, own, service, self.visitors.clone())
            .map_err(|e| of_io("serve", ends, &e))?;
        Ok((Fact::Server(fact), Held::Server(server)))
    }

    /// Whether so many more processes fit.
    fn room_for_processes(&self, more: usize) -> Result<(), Failure> {
        let programs = self.ledger.programs();
        let there: usize = programs.map(|(_, program)| program.pids().len()).sum();
        if there + more <= limits::SERVER_PROCESSES {
            return Ok(());
        }
        let message = format!(
            "this session's servers have {there} processes, and may have {}; `close` some first",
            limits::SERVER_PROCESSES
        );
        Err(failure::own(FailureCause::Limit, "serve", message))
    }

    /// What the server is to do, when its flags fit.
    fn service(&self, wanted: &Serve, at: &Endpoint, author: Author) -> Result<Service, Failure> {
        if let Some(why) = misfit(wanted) {
            return Err(failure::own(FailureCause::Malformed, "serve", why));
        }
        Ok(match (wanted.protocol, &wanted.to) {
            (Protocol::Relay, Some(to)) => Service::Relay(Arc::new(self.relay(to, at, author)?)),
            (Protocol::Http, _) => Service::Http(Arc::new(Site::new(
                wanted.page.clone(),
                wanted.hosts.clone(),
                wanted.origins.clone(),
            ))),
            (Protocol::Dns, _) => Service::Dns(wanted.answers.clone().into()),
            (Protocol::Echo | Protocol::Relay, _) => Service::Echo,
        })
    }

    /// A relay from `at`, when `author` may reach what it leads to.
    fn relay(&self, to: &Place, at: &Endpoint, author: Author) -> Result<Relay, Failure> {
        let to = self.ledger.endpoint("serve", to)?;
        let Some(address) = to.inet() else {
            let why = "a relay leads to an address and a port";
            return Err(own_at(
                FailureCause::Malformed,
                "serve",
                Ends::peer(&to),
                why,
            ));
        };
        if at.inet().is_some_and(|at| gate::covers(at, address)) {
            let why = "a relay to its own endpoint would call itself, again and again";
            return Err(own_at(
                FailureCause::Malformed,
                "serve",
                Ends::peer(&to),
                why,
            ));
        }
        self.may_reach(author, "serve", &to, Wire::Stream)?;
        let only = match author {
            Author::Lesson if !self.worlds.is_private() => {
                let why = "a lesson's relay leads only to a listener that this session opened";
                let own = self.listener_of(address);
                Some(own.ok_or_else(|| {
                    own_at(FailureCause::NotAllowed, "serve", Ends::peer(&to), why)
                })?)
            }
            _ => None,
        };
        Ok(Relay {
            to: address,
            namespace: Arc::clone(&self.namespace),
            only,
        })
    }

    /// The inode of the session's own listener at exactly this address.
    fn listener_of(&self, at: SocketAddr) -> Option<u64> {
        let own = self.ledger.sockets().find(|(_, own)| {
            own.kind == Kind::Listener && !own.private && own.local.inet() == Some(at)
        });
        let program = || {
            let mut all = self.ledger.programs();
            all.find(|(_, program)| !program.private && program.local.inet() == Some(at))
        };
        match own {
            Some((_, own)) => own.inode(),
            None => program()?.1.inode,
        }
    }

    pub(super) fn signal(&mut self, wanted: &Signal) -> Done {
        let name = &wanted.server;
        let program = self.ledger.program("signal", name)?;
        let told = program.signal(wanted.signal, wanted.one);
        let processes = told.map_err(|e| of_io("signal", Ends::local(&program.local), &e))?;
        let Some(pid) = processes.first().copied() else {
            let why = format!("no process of `{name}` is left");
            return Err(failure::own(FailureCause::NoSuchName, "signal", why));
        };
        let fact = Signalled {
            server: name.clone(),
            signal: wanted.signal.name(),
            pid,
            processes,
            alive: program.pids().len(),
            stopped: program.stopped(),
        };
        Ok((Fact::Signalled(fact), Held::Nothing))
    }

    pub(super) fn requests(&mut self, name: &str) -> Done {
        let server = self.ledger.server("requests", name)?;
        let (count, _) = server.log.counts();
        let requests = Requests {
            server: name.to_owned(),
            count,
            requests: server.log.newest(),
        };
        Ok((Fact::Requests(requests), Held::Nothing))
    }
}

/// How many processes of its own a server wants.
fn processes(wanted: &Serve) -> Option<usize> {
    let one = wanted.process.then_some(1);
    wanted.processes.map(usize::from).or(one)
}

/// Why flags do not fit what is served.
fn misfit(wanted: &Serve) -> Option<&'static str> {
    let of_http = wanted.page.is_some() || wanted.hosts.is_some() || wanted.origins.is_some();
    let of_dns = !wanted.answers.is_empty();
    match wanted.protocol {
        Protocol::Http | Protocol::Relay | Protocol::Dns if processes(wanted).is_some() => {
            Some("only `serve echo` runs in a process of its own")
        }
        Protocol::Echo | Protocol::Relay | Protocol::Dns if of_http => {
            Some("--page, --hosts and --origins are for `serve http`")
        }
        Protocol::Echo | Protocol::Http | Protocol::Relay if of_dns => {
            Some("--answer is for `serve dns`")
        }
        Protocol::Echo | Protocol::Http | Protocol::Dns if wanted.to.is_some() => {
            Some("--to is for `serve relay`")
        }
        Protocol::Relay if wanted.to.is_none() => Some("a relay needs --to ENDPOINT"),
        _ => None,
    }
}
