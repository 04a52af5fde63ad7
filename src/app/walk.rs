//! The centre: one loop over what the tutor wants.
//!
//! Learning, presenting and proving differ only in the [`Hand`] that types and the [`Eye`] that
//! watches; this file knows neither a keyboard nor a screen.
use std::io;

use crate::lab::Lab;
use crate::tutor::{Ask, Event, Leave, Tutor, Want};

/// What came from whoever types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keyed {
    /// A line.
    Line(String),
    /// Ctrl-C: drop what was typed.
    Interrupted,
    /// There will be no more.
    End,
}

/// Somebody or something that types: a keyboard, a file, an autopilot, a proof.
pub(crate) trait Hand {
    /// The next line for this question. The tutor is there to be read, never to be driven.
    fn line(&mut self, ask: &Ask, tutor: &Tutor) -> io::Result<Keyed>;
}

/// Somebody or something that watches: a screen, the journal, a proof.
pub(crate) trait Eye {
    /// Takes note of one event.
    fn event(&mut self, event: &Event) -> io::Result<()>;
}

/// Walks until the tutor wants nothing more.
pub(crate) fn walk(
    tutor: &mut Tutor,
    lab: &mut Lab,
    hand: &mut dyn Hand,
    eyes: &mut [&mut dyn Eye],
) -> io::Result<Leave> {
    loop {
        for event in tutor.events() {
            for eye in eyes.iter_mut() {
                eye.event(&event)?;
            }
        }
        match tutor.want() {
            Want::Run { line, author } => tutor.ran(lab.run(&line, author)),
            Want::Clear { world } => {
                lab.clear_into(world);
                tutor.looked(lab.scope());
            }
            Want::Look => {
                if tutor.lesson().wants_private() {
                    // So that the scope says for certain, and why not.
                    lab.try_private();
                }
                tutor.looked(lab.scope());
            }
            Want::Line(ask) => match hand.line(&ask, tutor)? {
                Keyed::Line(line) => tutor.line(&line),
                Keyed::Interrupted => tutor.interrupted(),
                Keyed::End => tutor.end_of_input(),
            },
            Want::Nothing(leave) => return Ok(leave),
        }
    }
}
