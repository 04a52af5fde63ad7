//! One function a verb: a command becomes a fact, and what it left open; or a failure.
mod asking;
mod bytes;
mod capture;
mod closing;
mod crowd;
mod explain;
mod get;
mod many;
mod measuring;
mod names;
mod reach;
mod refused;
mod repeat;
mod reply;
mod scan;
mod see;
mod serve;
mod states;
mod tcp;
mod think;
mod udp;
mod world;

use std::time::Duration;

use super::Lab;
use super::engine::Stop;
use super::failure::{self, Ends};
use super::ledger::Held;
use crate::lang::{Author, Command, Diagnose, Diagnosis, Fact, Failure};

/// What a verb observed, and what it left open.
pub(super) use think::readable;

pub(super) type Done = Result<(Fact, Held), Failure>;

impl Lab {
    /// Runs a command for `author`.
    pub(super) fn execute(&mut self, command: &Command, author: Author) -> Done {
        match command {
            Command::Bind(wanted) => self.bind(wanted),
            Command::Listen(wanted) => self.listen(wanted, author),
            Command::Connect(wanted) => self.connect(wanted, author),
            Command::Accept(wanted) => self.accept(wanted, author),
            Command::Send(wanted) => self.send(wanted, author),
            Command::Recv(wanted) => self.recv(wanted, author),
            Command::Shutdown(wanted) => self.shutdown(wanted),
            Command::Close(names) => self.close(&names.names, false),
            Command::Reset(names) => self.close(&names.names, true),
            Command::Udp(wanted) => self.udp(wanted, author),
            Command::Serve(wanted) => self.serve(wanted, author),
            Command::Signal(wanted) => self.signal(wanted),
            Command::Requests(of) => self.requests(&of.name),
            Command::Get(wanted) => self.get(wanted, author),
            Command::Many(wanted) => self.many(wanted),
            Command::Repeat(wanted) => self.repeat(wanted, author),
            Command::Wait(wanted) => self.wait(wanted, author),
            Command::Rtt(wanted) => self.rtt(wanted),
            Command::Throughput(wanted) => self.throughput(wanted),
            Command::World(wanted) => self.world(wanted),
            Command::Scan(wanted) => self.scan(wanted, author),
            Command::Resolve(wanted) => self.resolve(wanted, author),
            Command::Hosts(wanted) => self.hosts(wanted),
            Command::Link(wanted) => self.link(wanted),
            Command::Sysctl(wanted) => self.sysctl(wanted),
            Command::Capture(wanted) => self.capture(&wanted.action, author),
            Command::Filter(wanted) => self.filter(wanted),
            Command::Neighbour(wanted) => self.neighbour(wanted, author),
            _ => self.look(command).map(|fact| (fact, Held::Nothing)),
        }
    }

    /// The verbs that open nothing and wait for nothing.
    fn look(&self, command: &Command) -> Result<Fact, Failure> {
        match command {
            Command::Sockets(wanted) => self.sockets(wanted),
            Command::Who(wanted) => self.who(wanted),
            Command::Range => self.range(),
            Command::Interfaces => self.interfaces(),
            Command::Counters(wanted) => self.counters(&wanted.interface),
            Command::Route(wanted) => self.route(wanted.address),
            Command::States(wanted) => self.states(wanted),
            Command::Explain(wanted) => self.explain(&wanted.topic.join(" ")),
            Command::Diagnose(wanted) => Ok(diagnosis(wanted)),
            Command::Plot(of) => self.plot(&of.name),
            Command::Expect(wanted) => self.expect(&wanted.text()),
            Command::Show(wanted) => self.show(&wanted.text()),
            _ => unreachable!("`execute` runs {} itself", command.verb()),
        }
    }
}

/// What somebody found is only written down; whether it is right, the goals of a step decide.
fn diagnosis(named: &Diagnose) -> Fact {
    Fact::Diagnosis(Diagnosis {
        cause: named.cause(),
    })
}

/// Why a wait ended, as a failure of `operation`. `still` says how things stand at a timeout.
fn stopped(
    stop: Stop,
    operation: &'static str,
    ends: Ends,
    within: Duration,
    still: &str,
) -> Failure {
    match stop {
        Stop::Io(error) => failure::of_io(operation, ends, &error),
        Stop::Timeout => failure::timeout(operation, ends, within, still),
        Stop::Interrupted => failure::interrupted(operation, ends),
        Stop::Unable(failure) => failure,
    }
}
