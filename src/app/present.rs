//! A lesson in front of a class: the same walk with an autopilot. Enter lets it type the next line;
//! anything typed goes to the lesson, so that the room can vote with a letter.
use std::io;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollTimeout, poll};

use super::autopilot::Autopilot;
use super::choice::{find_step, open_lesson};
use super::context::Context;
use super::keyboard::Keyboard;
use super::screen::Screen;
use super::walk::{Eye, Hand, Keyed, walk};
use crate::cli::{Exit, Present};
use crate::prompt::{self, Forgetful, Settings, terminal};
use crate::render::Reader;
use crate::tutor::{Ask, Event, Summary, Tutor};

/// The longest pause of `--pace`, in seconds: an hour of silence is a mistake, not a pace.
const LONGEST_PACE: f64 = 3600.0;

/// Shows a lesson.
pub(crate) fn present(context: &Context, wanted: &Present) -> io::Result<Exit> {
    if !(0.0..=LONGEST_PACE).contains(&wanted.pace) {
        context
            .screen
            .error(&format!("--pace {}: from 0 to 3600 seconds", wanted.pace));
        return Ok(Exit::Usage);
    }
    let Some(lesson) = open_lesson(context, &wanted.lesson) else {
        return Ok(Exit::Usage);
    };
    let mut lab = context.lab();
    let step = match &wanted.step {
        Some(word) => match find_step(context, &lesson, word, &lab) {
            Some(step) => Some(step),
            None => return Ok(Exit::Usage),
        },
        None => None,
    };
    let mut tutor = Tutor::new(lesson, context.cards(), step.as_deref());
    let mut view = Stage(context.screen.clone());
    let mut hand: Box<dyn Hand> = if wanted.auto {
        Box::new(Auto {
            autopilot: Autopilot::default(),
            screen: context.screen.clone(),
            pace: Duration::from_secs_f64(wanted.pace),
        })
    } else {
        terminal::interrupt_through(&lab.interrupter());
        context.screen.set_reader(Reader::Instructor);
        Box::new(Instructor {
            autopilot: Autopilot::default(),
            keyboard: keyboard(context),
        })
    };
    walk(&mut tutor, &mut lab, &mut *hand, &mut [&mut view])?;
    Ok(Exit::Done)
}

fn keyboard(context: &Context) -> Keyboard {
    let input = prompt::open(Settings {
        colour: context.style.color,
        term: std::env::var("TERM").unwrap_or_default(),
        memory: Box::new(Forgetful),
        topics: Box::new(Vec::new),
    });
    Keyboard::new(input, context.screen.clone(), !terminal::is_interactive())
}

/// The screen in front of a class. What a learner got right is no figure of a demonstration.
struct Stage(Screen);

impl Eye for Stage {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::LessonDone { lesson, title, .. } => self.0.show(&Event::LessonDone {
                lesson: lesson.clone(),
                title: title.clone(),
                summary: Summary::default(),
            }),
            event => self.0.show(event),
        }
    }
}

/// The autopilot alone, at a steady pace.
struct Auto {
    autopilot: Autopilot,
    screen: Screen,
    pace: Duration,
}

impl Hand for Auto {
    fn line(&mut self, ask: &Ask, tutor: &Tutor) -> io::Result<Keyed> {
        let line = self.autopilot.line(ask, tutor);
        if self.pause()? {
            return Ok(Keyed::End);
        }
        if !line.is_empty() && line != "skip" {
            self.screen.echo(">", &line)?;
        }
        Ok(Keyed::Line(line))
    }
}

impl Auto {
    /// Lets the room read. True when Ctrl-C ended the pause.
    fn pause(&self) -> io::Result<bool> {
        let milliseconds = u32::try_from(self.pace.as_millis()).unwrap_or(u32::MAX);
        let timeout = PollTimeout::try_from(milliseconds).unwrap_or(PollTimeout::ZERO);
        match poll(&mut [], timeout) {
            Ok(_) => Ok(false),
            Err(Errno::EINTR) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
}

/// A person at the keyboard; an empty line asks the autopilot.
struct Instructor {
    autopilot: Autopilot,
    keyboard: Keyboard,
}

impl Hand for Instructor {
    fn line(&mut self, ask: &Ask, tutor: &Tutor) -> io::Result<Keyed> {
        match self.keyboard.line(ask, tutor)? {
            Keyed::Line(typed) if typed.trim().is_empty() => {
                let line = self.autopilot.line(ask, tutor);
                if !line.is_empty() && line != "skip" {
                    self.keyboard.echo(&line)?;
                }
                Ok(Keyed::Line(line))
            }
            typed => Ok(typed),
        }
    }
}
