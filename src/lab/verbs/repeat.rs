//! `repeat`: one verb many times, and what came of it in figures.
use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use super::Done;
use crate::lab::Lab;
use crate::lab::failure;
use crate::lab::ledger::Held;
use crate::lab::own::{Own, port};
use crate::lang::{Author, Command, Fact, Failure, FailureCause, Repeat, Repeated, parse_words};
use crate::limits;
use crate::net::PortClass;

/// What may be repeated: verbs whose outcomes can be counted.
const REPEATABLE: &str = "bind, listen, connect, accept, udp, send, recv, get";

/// Nobody presses Ctrl-C sooner because a repeat takes long.
const QUICK: Duration = Duration::from_millis(50);

/// What the rounds so far amount to.
#[derive(Default)]
struct Tally {
    rounds: usize,
    succeeded: usize,
    errors: BTreeMap<String, usize>,
    ports: Vec<u16>,
    held: Vec<Own>,
    stopped_by: Option<Failure>,
}

impl Lab {
    pub(super) fn repeat(&mut self, wanted: &Repeat, author: Author) -> Done {
        let command = parse_words(&wanted.command).map_err(|error| {
            let help = error
                .help
                .map_or_else(String::new, |help| format!("; {help}"));
            malformed(format!("{}{help}", error.message))
        })?;
        if !repeatable(&command) {
            let verb = command.verb();
            return Err(malformed(format!(
                "`{verb}` is not for repeating; {REPEATABLE} are"
            )));
        }
        let mut tally = Tally::default();
        let began = Instant::now();
        for _ in 0..wanted.count {
            let took = began.elapsed();
            self.listen_for_interrupts(took);
            if self.engine.interrupted() {
                tally.held.into_iter().for_each(Own::reset);
                return Err(failure::interrupted("repeat", failure::Ends::default()));
            }
            tally.stopped_by = self.enough(&tally, took);
            if tally.stopped_by.is_some() {
                break;
            }
            self.round(&command, author, wanted.close, &mut tally);
        }
        let (fact, held) = tally.told(wanted.command.join(" "));
        Ok((Fact::Repeated(fact), Held::Several(held)))
    }

    /// The runtime hears Ctrl-C, which quick rounds end without: its thread would make each of their
    /// system calls slower. Where the rounds have left no room for it, they end by their own bound.
    fn listen_for_interrupts(&mut self, took: Duration) {
        if took >= QUICK {
            drop(self.engine.runtime());
        }
    }

    /// Why there is no point in another round.
    fn enough(&self, tally: &Tally, took: Duration) -> Option<Failure> {
        let most = limits::SOCKETS;
        let message = if self.ledger.count() + tally.held.len() >= most {
            format!("this session holds {most} sockets, which is the limit; --close keeps none")
        } else if took >= limits::REPEAT_WITHIN {
            let time = failure::shown(limits::REPEAT_WITHIN);
            let rounds = tally.rounds;
            format!("{rounds} rounds took {time}, and no repeat runs longer; --within waits less")
        } else {
            return None;
        };
        Some(failure::own(FailureCause::Limit, "repeat", message))
    }

    /// The port of this end, and what was left open.
    fn once(&mut self, command: &Command, author: Author) -> Result<(Option<u16>, Held), Failure> {
        // Its figures do not tell of backlogs, so no listener is asked for its own.
        if let Command::Listen(wanted) = command {
            let own = self.listening(wanted, author)?;
            return Ok((port(&own.local), Held::One(own)));
        }
        let (fact, held) = self.execute(command, author)?;
        Ok((local_port(&fact), held))
    }

    fn round(&mut self, command: &Command, author: Author, close: bool, tally: &mut Tally) {
        match self.once(command, author) {
            Ok((port, held)) => {
                tally.rounds += 1;
                tally.succeeded += 1;
                tally.ports.extend(port);
                match held {
                    Held::One(own) if !close => tally.held.push(own),
                    held => self.shut(held, true),
                }
            }
            // The look between two rounds ends the repeat.
            Err(failure) if failure.error == FailureCause::Interrupted => {}
            Err(failure) => {
                tally.rounds += 1;
                *tally.errors.entry(failure.error.name()).or_default() += 1;
            }
        }
    }
}

impl Tally {
    /// The figures, and the sockets apart.
    fn told(self, of: String) -> (Repeated, Vec<Own>) {
        let ports = self.ports;
        let odd = ports.iter().filter(|port| *port % 2 == 1).count();
        let dynamic = |port: &&u16| PortClass::of(**port) == PortClass::Dynamic;
        let steps = ports
            .iter()
            .zip(ports.iter().skip(1))
            .map(|(before, after)| i32::from(*after) - i32::from(*before));
        let fact = Repeated {
            of,
            count: self.rounds,
            succeeded: self.succeeded,
            stopped_by: self.stopped_by,
            errors: self.errors,
            distinct: ports.iter().collect::<HashSet<_>>().len(),
            odd,
            even: ports.len() - odd,
            lowest: ports.iter().min().copied(),
            highest: ports.iter().max().copied(),
            dynamic: ports.iter().filter(dynamic).count(),
            steps: steps.collect(),
            ports,
        };
        (fact, self.held)
    }
}

fn repeatable(command: &Command) -> bool {
    matches!(
        command,
        Command::Bind(_)
            | Command::Listen(_)
            | Command::Connect(_)
            | Command::Accept(_)
            | Command::Udp(_)
            | Command::Send(_)
            | Command::Recv(_)
            | Command::Get(_)
    )
}

/// The port of this end.
fn local_port(fact: &Fact) -> Option<u16> {
    match fact {
        Fact::Bound(own) | Fact::Udp(own) => own.port,
        Fact::Connection(own) => own.port,
        Fact::Response(response) => Some(response.local.port()),
        _ => None,
    }
}

fn malformed(message: String) -> Failure {
    failure::own(FailureCause::Malformed, "repeat", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        let tally = Tally {
            rounds: 5,
            succeeded: 4,
            ports: vec![40_001, 40_004, 50_000, 40_001],
            ..Tally::default()
        };
        let (fact, _) = tally.told("listen".to_owned());
        assert_eq!(
            (
                fact.count,
                fact.succeeded,
                fact.distinct,
                fact.odd,
                fact.even
            ),
            (5, 4, 3, 2, 2)
        );
        assert_eq!((fact.lowest, fact.highest), (Some(40_001), Some(50_000)));
        assert_eq!(fact.dynamic, 1);
        assert_eq!(fact.steps, [3, 9_996, -9_999]);
    }
}
