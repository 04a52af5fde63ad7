//! `serve` and `requests`: live servers.
use std::sync::Arc;

use super::Done;
use crate::lab::Lab;
use crate::lab::failure::{self, Ends, of_io, own_at};
use crate::lab::ledger::Held;
use crate::lab::live::as_server;
use crate::lab::open::Wire;
use crate::lab::own::Kind;
use crate::lab::server::{LiveServer, Program, Service, Site};
use crate::lang::{
    Author, Fact, Failure, FailureCause, Protocol, Requests, Serve, Signal, Signalled,
};
use crate::limits;

impl Lab {
    pub(super) fn serve(&mut self, wanted: &Serve, author: Author) -> Done {
        let at = self.ledger.endpoint("serve", &wanted.place())?;
        self.may_receive(author, "serve", &at, wanted.exposed)?;
        let service = service(wanted)?;
        if at.inet().is_none() {
            let why = "a live server needs an address and a port: 127.0.0.1:0";
            let ends = Ends::local(&at);
            return Err(own_at(FailureCause::Malformed, "serve", ends, why));
        }
        let own = match service {
            Service::Dns(_) => self.claim(&at, Wire::Datagram, Kind::Udp, &wanted.options)?,
            _ => self.listener(&at, limits::SERVER_BACKLOG, &wanted.options)?,
        };
        let ends = Ends::local(&own.local);
        let Some(mut fact) = as_server(&own, service.name()) else {
            let why = "the kernel does not say where it listens";
            return Err(own_at(FailureCause::NotAvailable, "serve", ends, why));
        };
        if let Some(count) = processes(wanted) {
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

/// What the server is to do, when its flags fit.
fn service(wanted: &Serve) -> Result<Service, Failure> {
    if wanted.protocol != Protocol::Echo && processes(wanted).is_some() {
        let why = "only `serve echo` runs in a process of its own";
        return Err(failure::own(FailureCause::Malformed, "serve", why));
    }
    let of_http = wanted.page.is_some() || wanted.hosts.is_some() || wanted.origins.is_some();
    let malformed = |why| Err(failure::own(FailureCause::Malformed, "serve", why));
    let of_dns = !wanted.answers.is_empty();
    match wanted.protocol {
        Protocol::Http | Protocol::Echo if of_dns => malformed("--answer is for `serve dns`"),
        Protocol::Http => Ok(Service::Http(Arc::new(Site::new(
            wanted.page.clone(),
            wanted.hosts.clone(),
            wanted.origins.clone(),
        )))),
        _ if of_http => malformed("--page, --hosts and --origins are for `serve http`"),
        Protocol::Echo => Ok(Service::Echo),
        Protocol::Dns => Ok(Service::Dns(wanted.answers.clone().into())),
    }
}
