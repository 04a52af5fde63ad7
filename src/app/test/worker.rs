//! The life of a process that proves steps: places come in, answers go out, and the end of the one
//! who asks is its own end, in the middle of a proof, too.
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::super::prove::Proof;
use crate::lab::{Lab, LabConfig};
use crate::lang::CardSource;

/// What came of a proof, and how long it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Proven {
    pub(super) proof: Proof,
    pub(super) milliseconds: f64,
}

impl Proven {
    /// What is said of a step when the process that had it in hand can say nothing.
    pub(super) fn broken(why: String) -> Self {
        Self {
            proof: Proof::broken(why),
            milliseconds: 0.0,
        }
    }

    /// As a line.
    fn line(&self) -> io::Result<Vec<u8>> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(line)
    }
}

/// Proofs, one after the other, until nobody asks any more.
pub(super) fn work(
    cards: &Arc<dyn CardSource>,
    prove: &dyn Fn(usize, &mut Lab) -> Proof,
    asker: &UnixStream,
) {
    let mut lab = Lab::new(LabConfig::new(Arc::clone(cards)));
    let session = lab.interrupter();
    let over = session.clone();
    let Ok(places) = places(asker, move || over.end()) else {
        return;
    };
    for place in places {
        if session.has_ended() {
            return;
        }
        let clock = Instant::now();
        let proof = prove(place, &mut lab);
        let milliseconds = clock.elapsed().as_secs_f64() * 1e3;
        let proven = Proven {
            proof,
            milliseconds,
        };
        let mut to = asker;
        let told = proven.line().and_then(|line| to.write_all(&line));
        if told.is_err() {
            return;
        }
    }
}

/// What is asked for. When there can be no more that is told at once, in the middle of a proof, too;
/// where no thread can be had for that, after it.
fn places(
    asker: &UnixStream,
    over: impl FnOnce() + Send + 'static,
) -> io::Result<Box<dyn Iterator<Item = usize>>> {
    let asked = || -> io::Result<_> {
        let lines = BufReader::new(asker.try_clone()?).lines();
        let places = lines.map_while(|line| line.ok()?.parse().ok());
        Ok(places)
    };
    let beside = asked()?;
    let (tell, told) = mpsc::channel();
    let listener = thread::Builder::new().name("looplab-asked".to_owned());
    let listens = listener.spawn(move || {
        for place in beside {
            if tell.send(place).is_err() {
                break;
            }
        }
        over();
    });
    Ok(match listens {
        Ok(_) => Box::new(told.into_iter()),
        Err(_) => Box::new(asked()?),
    })
}
