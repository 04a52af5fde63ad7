//! What the views print: every event and every fact, on a wide and on a narrow screen, as plain
//! lines and as JSON. The snapshots are meant to be read.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod hostile;
mod report;
mod stories;
mod wire;

use std::fmt::Write as _;

use looplab::lang::Outcome;
use looplab::render::{JsonView, PlainView, Style, TerminalView, View};
use looplab::tutor::Event;

/// A way to look at things.
#[derive(Clone, Copy, Debug)]
enum Look {
    Terminal {
        width: usize,
        color: bool,
        unicode: bool,
    },
    Plain {
        width: usize,
    },
    Json,
}

const SCREEN: Look = Look::Terminal {
    width: 80,
    color: false,
    unicode: true,
};

const NARROW: Look = Look::Terminal {
    width: 40,
    color: false,
    unicode: false,
};

const COLORED: Look = Look::Terminal {
    width: 80,
    color: true,
    unicode: true,
};

const PLAIN: Look = Look::Plain { width: 80 };

/// What is printed when a view is used like this.
fn printed(look: Look, using: impl FnOnce(&mut dyn View)) -> String {
    let style = |width, color, unicode| Style {
        color,
        unicode,
        width,
    };
    let bytes = match look {
        Look::Terminal {
            width,
            color,
            unicode,
        } => {
            let mut view = TerminalView::new(Vec::new(), style(width, color, unicode));
            using(&mut view);
            view.into_inner()
        }
        Look::Plain { width } => {
            let mut view = PlainView::new(Vec::new(), style(width, false, true));
            using(&mut view);
            view.into_inner()
        }
        Look::Json => {
            let mut view = JsonView::new(Vec::new());
            using(&mut view);
            view.into_inner()
        }
    };
    String::from_utf8(bytes).expect("views print UTF-8")
}

fn tell(look: Look, events: &[Event]) -> String {
    printed(look, |view| {
        for event in events {
            view.event(event).unwrap();
            if let Event::Question { ask, .. } = event {
                view.ask(ask).unwrap();
            }
        }
    })
}

fn outcomes(look: Look, outcomes: &[Outcome]) -> String {
    printed(look, |view| {
        for outcome in outcomes {
            view.outcome(outcome).unwrap();
        }
    })
}

/// SGR sequences as `‹31›`, so that a snapshot is text.
fn shown(printed: &str) -> String {
    let mut parts = printed.split("\x1b[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, text) = part.split_once('m').unwrap();
        let code = if code == "0" { "" } else { code };
        write!(out, "‹{code}›{text}").unwrap();
    }
    out
}

#[test]
fn a_lesson_on_a_screen() {
    insta::assert_snapshot!(tell(SCREEN, &stories::lesson()));
}

#[test]
fn a_lesson_in_colour() {
    insta::assert_snapshot!(shown(&tell(COLORED, &stories::lesson())));
}

#[test]
fn a_lesson_on_a_narrow_screen_without_unicode() {
    insta::assert_snapshot!(tell(NARROW, &stories::lesson()));
}

#[test]
fn a_lesson_in_plain_lines() {
    insta::assert_snapshot!(tell(PLAIN, &stories::lesson()));
}

#[test]
fn a_lesson_as_json() {
    insta::assert_snapshot!(tell(Look::Json, &stories::lesson()));
}

#[test]
fn every_fact_on_a_screen() {
    insta::assert_snapshot!(outcomes(SCREEN, &stories::facts()));
}

#[test]
fn every_fact_on_a_narrow_screen() {
    insta::assert_snapshot!(outcomes(NARROW, &stories::facts()));
}

#[test]
fn every_fact_in_plain_lines() {
    insta::assert_snapshot!(outcomes(PLAIN, &stories::facts()));
}

#[test]
fn every_fact_as_json() {
    insta::assert_snapshot!(outcomes(Look::Json, &stories::facts()));
}

#[test]
fn pages() {
    for (name, look) in [
        ("screen", SCREEN),
        ("narrow", NARROW),
        ("plain", PLAIN),
        ("json", Look::Json),
    ] {
        let text = printed(look, |view| {
            for page in stories::pages() {
                view.page(&page).unwrap();
            }
        });
        insta::assert_snapshot!(format!("pages_{name}"), text);
    }
}

#[test]
fn the_help_of_a_lesson_fits_a_small_screen() {
    let owned = |(word, about): (&str, String)| (word.to_owned(), about);
    let words = looplab::tutor::WORDS.iter().copied();
    let help = Event::Help {
        words: words.map(|(w, m)| owned((w, m.to_owned()))).collect(),
        verbs: looplab::lang::verbs().into_iter().map(owned).collect(),
    };
    let text = printed(SCREEN, |view| {
        view.event(&help).unwrap();
        view.ask(&looplab::tutor::Ask::Commands).unwrap();
    });
    // With the prompt below. The empty line above may leave.
    let lines = text.trim_start().lines().count();
    assert!(lines < 24, "{lines}\n{text}");
}

/// Words and numbers of a text, without what frames them.
fn words(text: &str) -> std::collections::BTreeSet<&str> {
    let frame = |c: char| c.is_whitespace() || "│─┼├┤┌┐└┘›•–·✓:,".contains(c);
    text.split(frame).filter(|word| !word.is_empty()).collect()
}

#[test]
fn plain_lines_tell_whatever_the_screen_tells() {
    let wide = Look::Terminal {
        width: 400,
        color: false,
        unicode: true,
    };
    let drawn = |outcome: &Outcome| outcome.verb == "plot";
    for outcome in stories::facts().into_iter().filter(|o| !drawn(o)) {
        let one = std::slice::from_ref(&outcome);
        let (screen, plain) = (outcomes(wide, one), outcomes(PLAIN, one));
        let missing: Vec<_> = words(&screen).difference(&words(&plain)).copied().collect();
        assert!(missing.is_empty(), "{missing:?}\n{screen}\n{plain}");
    }
}
