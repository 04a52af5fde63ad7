//! Measurements and expressions in words: round trips, many connections, repeats, plots.
use std::time::Duration;

use super::words::{count, counted, duration, listed, times};
use super::{fact, failure};
use crate::lang::{
    Flow, Holding, ManyOpened, Plot, Repeated, RoundTrips, Scanned, Shown, Waited, parse_duration,
};
use crate::render::block::Block;
use crate::render::line::Line;
use crate::render::plot::Chart;
use crate::render::style::Role;

pub(super) fn rtt(trips: &RoundTrips) -> Vec<Block> {
    let over = match trips.over {
        "tcp" => "TCP",
        "udp" => "UDP",
        "unix" => "a Unix socket pair",
        "pipe" => "two pipes",
        other => other,
    };
    let micros = |value: f64| format!("{value:.1} µs");
    let first = Line::from(counted(trips.samples as usize, "round trip").as_str())
        .text(" of ")
        .text(counted(trips.bytes as usize, "byte"))
        .text(" over ")
        .text(over);
    let middle = Line::from("half of them took at most ")
        .and(Role::Endpoint, micros(trips.p50_us))
        .text(", 99 of 100 at most ")
        .and(Role::Endpoint, micros(trips.p99_us))
        .text(", 999 of 1000 at most ")
        .and(Role::Endpoint, micros(trips.p999_us));
    let ends = Line::from("the shortest took ")
        .text(micros(trips.min_us))
        .text(", the longest ")
        .text(micros(trips.max_us));
    let mut blocks = vec![fact(first), fact(middle), fact(ends)];
    if !trips.method.is_empty() {
        blocks.push(Block::Remark(Line::from(trips.method.as_str())));
    }
    blocks
}

pub(super) fn throughput(flow: &Flow) -> Vec<Block> {
    let over = match flow.over {
        "tcp" => "TCP",
        "unix" => "a Unix socket pair",
        other => other,
    };
    let rate = format!("{:.2} Gbit/s", flow.gigabits_per_second);
    let line = Line::of(Role::Endpoint, rate).text(format_args!(
        " over {over}: {:.0} MB of payload a second",
        flow.megabytes_per_second
    ));
    let amount = Line::from(count(flow.bytes).as_str())
        .text(format_args!(" bytes arrived in {:.3} s", flow.seconds));
    vec![
        fact(line),
        fact(amount),
        Block::Remark(Line::from(flow.method.as_str())),
    ]
}

pub(super) fn many(many: &ManyOpened) -> Vec<Block> {
    let role = if many.opened == many.wanted {
        Role::Ok
    } else {
        Role::Surprise
    };
    let stand = format!("{} of {}", count(many.opened), count(many.wanted));
    let line = Line::of(role, stand)
        .text(" connections to ")
        .and(Role::Endpoint, &many.peer)
        .text(if many.one_by_one {
            " were opened, each one closed with a RST before the next"
        } else {
            " stand, both ends held here"
        });
    let mut blocks = vec![fact(line)];
    if many.per_second > 0.0 {
        let rate = format!("{:.0}", many.per_second);
        let rate = rate.parse().map_or(rate, |number: u64| count(number));
        blocks.push(fact(
            Line::from("opened ")
                .and(Role::Endpoint, rate)
                .text(" a second"),
        ));
    }
    if let (Some(low), Some(high)) = (many.ports.iter().min(), many.ports.iter().max()) {
        let line = Line::from("the clients have ")
            .text(counted(
                many.distinct_ports as usize,
                "different local port",
            ))
            .text(", from ")
            .and(Role::Endpoint, low)
            .text(" to ")
            .and(Role::Endpoint, high);
        blocks.push(fact(line));
    }
    if let Some(stopped) = &many.stopped_by {
        let line = Line::from("stopped there: ").then(&failure::sentence(stopped));
        blocks.push(fact(line));
    }
    blocks
}

pub(super) fn scanned(scanned: &Scanned, took: Duration) -> Vec<Block> {
    let line = Line::of(Role::Endpoint, scanned.address);
    let line = match scanned.count {
        0 => line.text(" has no listener on these ports"),
        number => line
            .text(" has listeners on ")
            .text(counted(number, "port"))
            .text(": ")
            .then(&listed(Role::Endpoint, &scanned.found, ", ")),
    };
    let asked = Line::from(counted(scanned.scanned as usize, "port").as_str())
        .text(" asked in ")
        .text(duration(took))
        .text(": ")
        .text(count(scanned.refused))
        .text(" refused");
    let asked = match scanned.silent {
        0 => asked,
        silent => asked.text(", ").text(count(silent)).text(" gave no answer"),
    };
    let asked = match scanned.phantoms {
        0 => asked,
        phantoms => asked
            .text(", ")
            .text(count(phantoms))
            .text(" met itself: a connection to nobody but its own end"),
    };
    let mut blocks = vec![fact(line), fact(asked)];
    if let Some(stopped) = &scanned.stopped_by {
        let line = Line::from("stopped there: ").then(&failure::sentence(stopped));
        blocks.push(fact(line));
    }
    blocks
}

pub(super) fn repeated(repeated: &Repeated) -> Vec<Block> {
    let line = Line::of(Role::Verb, &repeated.of)
        .text(format_args!(" ran {}: ", times(repeated.count)))
        .and(Role::Ok, count(repeated.succeeded as u64))
        .text(" worked");
    let mut blocks = vec![fact(line)];
    for (error, number) in &repeated.errors {
        let line = Line::of(Role::Refused, count(*number as u64))
            .text(" did not: ")
            .and(Role::Refused, error);
        blocks.push(fact(line));
    }
    blocks.extend(repeated_ports(repeated).into_iter().map(fact));
    blocks
}

/// First ports of a repeat that are listed one by one.
const PORTS_LISTED: usize = 8;

fn repeated_ports(repeated: &Repeated) -> Vec<Line> {
    let (Some(low), Some(high)) = (repeated.lowest, repeated.highest) else {
        return Vec::new();
    };
    if low == high {
        let line = Line::from("local port ").and(Role::Endpoint, low);
        return vec![match repeated.ports.len() {
            0 | 1 => line,
            _ => line.text(", every time"),
        }];
    }
    let span = Line::from("local ports ")
        .and(Role::Endpoint, format_args!("{low}…{high}"))
        .text(format_args!(": {} different", repeated.distinct));
    let parity = Line::from(format!("{} odd, {} even", repeated.odd, repeated.even).as_str())
        .text(format_args!("; {} in 49152–65535", repeated.dynamic));
    let shown = repeated.ports.iter().take(PORTS_LISTED);
    let first = Line::from("as they came: ").then(&listed(Role::Endpoint, shown, ", "));
    let first = match repeated.ports.len().saturating_sub(PORTS_LISTED) {
        0 => first,
        rest => first.text(format_args!(", … ({} more)", count(rest as u64))),
    };
    let mut lines = vec![span, parity, first];
    lines.extend(neighbours(&repeated.steps));
    lines
}

/// How far each port lies from the one before.
fn neighbours(steps: &[i32]) -> Option<Line> {
    let (low, high) = (steps.iter().min()?, steps.iter().max()?);
    let line = if low == high {
        format!("each port is the one before, {low:+}")
    } else {
        format!("from one port to the next: between {low:+} and {high:+}")
    };
    Some(Line::from(line.as_str()))
}

pub(super) fn plot(plot: &Plot) -> Vec<Block> {
    let title = Line::of(Role::Heading, &plot.title);
    vec![fact(title), Block::Chart(Chart::of(plot))]
}

pub(super) fn held(holding: &Holding) -> Vec<Block> {
    let line = Line::of(Role::Code, &holding.expression)
        .text(' ')
        .and(Role::Ok, "holds");
    let line = if holding.observed.is_empty() {
        line
    } else {
        line.text(": ").then(&Line::marked(&holding.observed))
    };
    vec![fact(line)]
}

/// Bytes of a value that are shown.
const VALUE_SHOWN: usize = 4_000;

pub(super) fn value(shown: &Shown) -> Vec<Block> {
    let line = Line::of(Role::Code, &shown.expression).text(" is ");
    if let Some(text) = shown.value.as_str().filter(|text| text.contains('\n')) {
        let all = counted(text.lines().count(), "line");
        let lines = within_bound(text.to_owned());
        let lines = lines.lines().map(|text| indented(Role::Payload, text));
        return vec![
            fact(line.text("a text of ").text(all).text(':')),
            Block::Verbatim(lines.collect()),
        ];
    }
    let value = within_bound(shown.value.to_string());
    vec![fact(line.and(Role::Endpoint, value))]
}

fn within_bound(mut text: String) -> String {
    if text.len() > VALUE_SHOWN {
        text.truncate(text.floor_char_boundary(VALUE_SHOWN));
        text.push('…');
    }
    text
}

fn indented(role: Role, text: &str) -> Line {
    Line::from("  ").and(role, text)
}

pub(super) fn waited(waited: &Waited, took: Duration) -> Vec<Block> {
    let line = if parse_duration(&waited.until).is_ok() {
        Line::from("waited ").text(duration(took))
    } else {
        Line::of(Role::Code, &waited.until)
            .text(" came true after ")
            .text(duration(took))
    };
    vec![fact(line)]
}
