//! `many`: a crowd of connections to one listener of the lab, both ends held here.
use std::collections::HashSet;
use std::time::Instant;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::Done;
use super::crowd::Crowd;
use crate::lab::Lab;
use crate::lab::failure::{Ends, own_at};
use crate::lab::ledger::{Held, Ledger};
use crate::lab::open::Maker;
use crate::lab::own::{Kind, Own};
use crate::lang::{Fact, Failure, FailureCause, Many, ManyOpened, Place};
use crate::limits;
use crate::net::Endpoint;

impl Lab {
    pub(super) fn many(&mut self, wanted: &Many) -> Done {
        let private = self.worlds.is_private();
        let listener = listener(&self.ledger, &wanted.endpoint, private)?;
        let name = listener.local.clone();
        // Ctrl-C is heard by the runtime, and a large crowd takes seconds.
        self.engine.runtime()?;
        let fit = room();
        let mut maker = Maker {
            namespace: &*self.namespace,
            private,
            unix: &mut self.unix,
        };
        if let Some((waiting @ 1.., _)) = listener.queue() {
            return Err(occupied(&name, waiting));
        }
        let address = maker.address(&listener.local)?;
        let mut crowd = Crowd::new(maker, &mut self.engine, listener, address, wanted);
        let started = Instant::now();
        let stopped_by = crowd.grow(fit, &mut *self.progress);
        let seconds = started.elapsed().as_secs_f64();
        let (held, ports) = crowd.end();
        match stopped_by {
            Some(failure) if failure.error == FailureCause::Interrupted || ports.is_empty() => {
                held.into_iter().for_each(Own::reset);
                Err(failure)
            }
            stopped_by => {
                let distinct: HashSet<_> = ports.iter().flatten().collect();
                let fact = ManyOpened {
                    wanted: wanted.count,
                    opened: u32::try_from(ports.len()).unwrap_or(u32::MAX),
                    one_by_one: wanted.close,
                    per_second: rate(ports.len(), seconds),
                    peer: name,
                    stopped_by,
                    distinct_ports: u32::try_from(distinct.len()).unwrap_or(u32::MAX),
                    ports: ports.into_iter().flatten().collect(),
                };
                let held = if wanted.close {
                    Held::Nothing
                } else {
                    Held::Crowd(held)
                };
                Ok((Fact::Many(fact), held))
            }
        }
    }
}

/// The listener a `many` is for, which has to be the lab's own. The accepted ends of an earlier crowd
/// have its endpoint, too, and the other world may have the same one.
fn listener<'l>(ledger: &'l Ledger, place: &Place, private: bool) -> Result<&'l Own, Failure> {
    let is_listener = |kind| kind == Kind::Listener;
    match place {
        Place::Name(name) => {
            let own = ledger.socket("many", name, "a listener of the lab", is_listener)?;
            Some(own)
                .filter(|own| own.private == private)
                .ok_or_else(|| no_listener(&own.local))
        }
        Place::Literal(endpoint) => ledger
            .sockets()
            .map(|(_, own)| own)
            .find(|own| is_listener(own.kind) && own.local == *endpoint && own.private == private)
            .ok_or_else(|| no_listener(endpoint)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most 60,000")]
fn rate(opened: usize, seconds: f64) -> f64 {
    (opened as f64 / seconds).round()
}

/// How many connections fit, two descriptors each. Raises the soft limit as far as it goes, which
/// any process may (getrlimit(2)).
fn room() -> usize {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return usize::MAX;
    };
    let limit = match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    };
    // Not limited is as good as far away.
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    limit
        .saturating_sub(open_descriptors())
        .saturating_sub(limits::SPARE_DESCRIPTORS)
        / 2
}

fn open_descriptors() -> usize {
    // Without /proc the count is a guess, and a wrong guess ends in EMFILE, which is handled too.
    std::fs::read_dir("/proc/self/fd").map_or(limits::SPARE_DESCRIPTORS, Iterator::count)
}

fn no_listener(endpoint: &Endpoint) -> Failure {
    let why = "`many` holds both ends, so it takes a listener of this lab: \
               server = listen 127.0.0.1:0, then many 100 server";
    own_at(FailureCause::NotAllowed, "many", Ends::peer(endpoint), why)
}

fn occupied(endpoint: &Endpoint, waiting: u32) -> Failure {
    let why = format!("{waiting} waiting in the listener's queue already; `accept` those first");
    own_at(FailureCause::NotAllowed, "many", Ends::peer(endpoint), &why)
}
