//! `expect`, `show`, `wait`, `plot`: lines about what other lines found.
use std::ops::Range;
use std::time::{Duration, Instant};

use super::{Done, stopped};
use crate::lab::failure::{self, Ends, shown};
use crate::lab::ledger::Held;
use crate::lab::{Lab, bounded, measure};
use crate::lang::{
    Author, Command, Expr, ExprError, Fact, Failure, FailureCause, Holding, LineError, Plot,
    RoundTrips, Shown, Verdict, Wait, Waited, parse_duration,
};
use crate::limits;

/// Bars of a plot: as many as fit beside their labels on a narrow terminal.
const BARS: usize = 20;

impl Lab {
    pub(super) fn expect(&self, text: &str) -> Result<Fact, Failure> {
        let verdict = self.verdict("expect", text)?;
        if !verdict.holds {
            let message = format!("expect {text}: {}", verdict.why);
            return Err(failure::own(FailureCause::Unmet, "expect", message));
        }
        Ok(Fact::Held(Holding {
            expression: text.to_owned(),
            observed: verdict.why,
        }))
    }

    pub(super) fn show(&self, text: &str) -> Result<Fact, Failure> {
        let value = Expr::parse(text)
            .and_then(|expression| expression.value(&self.scope()))
            .map_err(|error| unreadable("show", text, &error))?;
        Ok(Fact::Value(Shown {
            expression: text.to_owned(),
            value,
        }))
    }

    pub(super) fn wait(&mut self, wanted: &Wait, author: Author) -> Done {
        let until = wanted.text();
        if until.starts_with(|c: char| c.is_ascii_digit())
            && let Ok(time) = parse_duration(&until)
        {
            self.let_pass(bounded(time, author))?;
        } else {
            self.wait_until(&until, bounded(wanted.within, author))?;
        }
        Ok((Fact::Waited(Waited { until }), Held::Nothing))
    }

    fn let_pass(&mut self, time: Duration) -> Result<(), Failure> {
        self.engine
            .pause(Instant::now() + time)
            .map_err(|stop| stopped(stop, "wait", Ends::default(), time, ""))
    }

    fn wait_until(&mut self, text: &str, within: Duration) -> Result<(), Failure> {
        let deadline = Instant::now() + within;
        loop {
            let verdict = self.verdict("wait", text)?;
            if verdict.holds {
                return Ok(());
            }
            let now = Instant::now();
            if now >= deadline {
                let message = format!("wait {text}: not within {}: {}", shown(within), verdict.why);
                return Err(failure::own(FailureCause::Unmet, "wait", message));
            }
            self.let_pass(limits::LOOK_AGAIN.min(deadline - now))?;
        }
    }

    fn verdict(&self, verb: &'static str, text: &str) -> Result<Verdict, Failure> {
        Expr::parse(text)
            .and_then(|expression| expression.verdict(&self.scope()))
            .map_err(|error| unreadable(verb, text, &error))
    }

    pub(super) fn plot(&self, name: &str) -> Result<Fact, Failure> {
        let entry = self.ledger.entry("plot", name)?;
        let plot = match entry.outcome.fact() {
            Some(Fact::Repeated(all)) => ports(&all.ports, format!("Local ports of `{}`", all.of)),
            Some(Fact::Many(all)) => {
                let title = format!("Client ports of {} connections to {}", all.opened, all.peer);
                ports(&all.ports, title)
            }
            Some(Fact::Rtt(all)) => Plot {
                of: "microseconds",
                title: trips(all),
                histogram: all.histogram.clone(),
            },
            Some(Fact::Throughput(all)) => Plot {
                of: "milliseconds",
                title: format!("Megabytes a second over {}, over time", all.over),
                histogram: all.histogram.clone(),
            },
            _ => {
                let message = format!(
                    "`{name}` has nothing to draw: `plot` takes what a `repeat`, a `many`, an \
                     `rtt` or a `throughput` was bound to"
                );
                return Err(failure::own(FailureCause::WrongKind, "plot", message));
            }
        };
        Ok(Fact::Plot(plot))
    }
}

/// What is drawn of a measurement: a few trips took so long that nothing else could be seen.
fn trips(all: &RoundTrips) -> String {
    let drawn: u64 = all.histogram.iter().map(|bucket| bucket.count).sum();
    let tail = match u64::from(all.samples).saturating_sub(drawn) {
        0 => String::new(),
        1 => ", without the slowest one".to_owned(),
        left => format!(", without the {left} slowest"),
    };
    format!("{} round trips over {}{tail}", all.samples, all.over)
}

fn ports(ports: &[u16], title: String) -> Plot {
    let values: Vec<f64> = ports.iter().map(|port| f64::from(*port)).collect();
    Plot {
        of: "ports",
        title,
        histogram: measure::buckets(&values, BARS),
    }
}

/// An expression with a mistake in it is a line that cannot be read, not a finding.
pub(in crate::lab) fn readable(command: &Command, line: &str) -> Result<(), LineError> {
    let (text, mistake) = match command {
        Command::Expect(expression) | Command::Show(expression) => {
            let text = expression.words.join(" ");
            let mistake = mistake_in(&text);
            (text, mistake)
        }
        Command::Wait(wait) => {
            let text = wait.text();
            let mistake = mistake_in_wait(&text);
            (text, mistake)
        }
        _ => return Ok(()),
    };
    let Some((message, span)) = mistake else {
        return Ok(());
    };
    let span = match line.find(&text) {
        Some(at) => at + span.start..at + span.end,
        None => 0..line.trim_end().len(),
    };
    Err(LineError {
        message,
        span,
        help: None,
    })
}

fn mistake_in(expression: &str) -> Option<(String, Range<usize>)> {
    let error = Expr::parse(expression).err()?;
    Some((error.message, error.span))
}

/// `wait` takes a time or an expression; one word that begins with a digit was meant as a time.
fn mistake_in_wait(text: &str) -> Option<(String, Range<usize>)> {
    let one_word = !text.contains(char::is_whitespace);
    if one_word && text.starts_with(|c: char| c.is_ascii_digit()) {
        return Some((parse_duration(text).err()?, 0..text.len()));
    }
    mistake_in(text)
}

fn unreadable(verb: &'static str, text: &str, error: &ExprError) -> Failure {
    let place = text
        .get(error.span.clone())
        .filter(|place| !place.is_empty());
    let at = place.map_or_else(String::new, |place| format!(" (at `{place}`)"));
    let message = format!("{verb} {text}: {}{at}", error.message);
    failure::own(FailureCause::Malformed, verb, message)
}
