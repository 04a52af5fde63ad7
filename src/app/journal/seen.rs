//! What the learner's own machine answered during a step: ports, refusals, round trips. Bounded, for
//! it is written into each record. Pure: outcomes in, figures out.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::lang::{Fact, FailureCause, Outcome};
use crate::limits;

/// The figures of a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Local ports of the sockets that were opened, in order, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<u16>,
    /// How often the kernel refused, by the name of the errno (errno(3)).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, u32>,
    /// Round trips that were measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trips: Vec<Trips>,
}

/// One measurement of round trips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trips {
    /// `tcp`, `udp`, `unix` or `pipe`.
    pub over: String,
    /// The median, in microseconds.
    pub p50_us: f64,
    /// 99 of 100 took at most this, in microseconds.
    pub p99_us: f64,
}

impl Seen {
    /// Whether there is nothing to write down.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes note of what came of a line.
    pub fn note(&mut self, outcome: &Outcome) {
        if let Some(failure) = outcome.failure()
            && let FailureCause::Errno(errno) = failure.error
        {
            self.refused(errno.name(), 1);
        }
        match outcome.fact() {
            Some(Fact::Bound(socket) | Fact::Listener(socket) | Fact::Udp(socket)) => {
                self.met(socket.port);
            }
            Some(Fact::Connection(end)) => self.met(end.port),
            Some(Fact::Server(server)) => self.met(Some(server.port)),
            Some(Fact::Repeated(all)) => {
                self.met(all.ports.iter().copied());
                // Causes of our own (`timeout`) are no errnos; those are in capital letters.
                let errnos = all.errors.iter().filter(|(name, _)| name.starts_with('E'));
                for (name, count) in errnos {
                    self.refused(name.clone(), u32::try_from(*count).unwrap_or(u32::MAX));
                }
            }
            Some(Fact::Rtt(trips)) if self.trips.len() < limits::SEEN_TRIPS => {
                self.trips.push(Trips {
                    over: trips.over.to_owned(),
                    p50_us: trips.p50_us,
                    p99_us: trips.p99_us,
                });
            }
            _ => {}
        }
    }

    fn met(&mut self, ports: impl IntoIterator<Item = u16>) {
        for port in ports {
            if self.ports.len() < limits::SEEN_PORTS && !self.ports.contains(&port) {
                self.ports.push(port);
            }
        }
    }

    fn refused(&mut self, name: String, count: u32) {
        if self.errors.len() < limits::SEEN_ERRNOS || self.errors.contains_key(&name) {
            let sum = self.errors.entry(name).or_default();
            *sum = sum.saturating_add(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::lang::{Failure, Observed, OwnSocket, RoundTrips};
    use crate::net::{Endpoint, Errno};

    fn outcome(result: Observed) -> Outcome {
        Outcome {
            name: None,
            verb: "listen",
            took: Duration::ZERO,
            replaced: false,
            network: crate::lang::Network::default(),
            result,
        }
    }

    fn listener(port: u16) -> Outcome {
        let local = Endpoint::loopback(port);
        outcome(Observed::Done(Fact::Listener(OwnSocket {
            address: "127.0.0.1".to_owned(),
            port: Some(port),
            local,
            backlog: None,
            peer: None,
            mode: None,
            file: None,
            private: false,
            options: Vec::new(),
        })))
    }

    fn failed(error: FailureCause) -> Outcome {
        outcome(Observed::Failed(Failure {
            error,
            operation: "bind",
            local: None,
            peer: None,
            message: String::new(),
        }))
    }

    fn trips(p50_us: f64) -> Outcome {
        outcome(Observed::Done(Fact::Rtt(RoundTrips {
            over: "tcp",
            samples: 10,
            bytes: 1,
            min_us: 1.0,
            p50_us,
            p99_us: 9.5,
            p999_us: 9.5,
            max_us: 9.5,
            method: String::new(),
            histogram: Vec::new(),
        })))
    }

    #[test]
    fn figures_are_kept_and_bounded() {
        let mut seen = Seen::default();
        assert!(seen.is_empty());
        for port in [40_001, 40_003, 40_001] {
            seen.note(&listener(port));
        }
        for cause in [
            FailureCause::Errno(Errno::EADDRINUSE),
            FailureCause::Errno(Errno::EADDRINUSE),
            FailureCause::Timeout,
        ] {
            seen.note(&failed(cause));
        }
        seen.note(&trips(8.5));
        let json = serde_json::to_string(&seen).unwrap();
        assert_eq!(
            json,
            r#"{"ports":[40001,40003],"errors":{"EADDRINUSE":2},"trips":[{"over":"tcp","p50_us":8.5,"p99_us":9.5}]}"#
        );
        assert_eq!(serde_json::from_str::<Seen>(&json).unwrap(), seen);
        for port in 1..100 {
            seen.note(&listener(port));
            seen.note(&trips(1.0));
        }
        assert_eq!(seen.ports.len(), limits::SEEN_PORTS);
        assert_eq!(seen.trips.len(), limits::SEEN_TRIPS);
    }
}
