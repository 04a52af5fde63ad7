//! Cards in words: what an errno, a port, a state or a term means, and what to do.
use std::net::IpAddr;

use super::fact;
use super::words::listed;
use crate::lang::{Card, Cause, Explanation, Failure};
use crate::net::Endpoint;
use crate::render::block::{Block, Item, ItemText, Mark, Page};
use crate::render::line::Line;
use crate::render::style::Role;

/// `explain`: what can be read off the topic, then every card that fits.
pub(super) fn explanation(explanation: &Explanation) -> Vec<Block> {
    let mut blocks = Vec::new();
    for observation in &explanation.observations {
        blocks.push(fact(Line::marked(observation)));
    }
    for card in &explanation.cards {
        blocks.push(Block::Gap);
        blocks.extend(whole(card));
    }
    if explanation.cards.is_empty() && explanation.observations.is_empty() {
        let line = Line::from("nothing is known of ").and(Role::Name, &explanation.topic);
        blocks.push(fact(line));
    }
    blocks
}

/// A card with everything on it.
pub(super) fn whole(card: &Card) -> Vec<Block> {
    let causes: Vec<&Cause> = card.causes.iter().collect();
    let mut blocks = front(card);
    blocks.extend(listing(&causes, None));
    if !card.see.is_empty() {
        let line = Line::from("see also: ").then(&listed(Role::Key, &card.see, ", "));
        blocks.push(Block::Remark(line));
    }
    if let Some(source) = &card.source {
        blocks.push(Block::Remark(Line::from("source: ").text(source)));
    }
    blocks
}

/// Causes that are shown behind a failure; the rest is a word away.
const CAUSES_BEHIND_A_FAILURE: usize = 3;

/// A card behind a failure: the causes that fit it best.
pub(super) fn behind_a_failure(card: &Card, failure: Option<&Failure>) -> Vec<Block> {
    let mut causes: Vec<&Cause> = card.causes.iter().collect();
    if let Some(failure) = failure {
        let fits = |cause: &&Cause| {
            let operation = cause.operation.as_deref();
            operation.is_none_or(|operation| operation == failure.operation)
        };
        causes.retain(fits);
        // Stable: among equals the likeliest stays first.
        causes.sort_by_key(|cause| rank(cause, failure));
    }
    // "1 more" would take the room of what it hides.
    if causes.len() > CAUSES_BEHIND_A_FAILURE + 1 {
        causes.truncate(CAUSES_BEHIND_A_FAILURE);
    }
    let left = card.causes.len() - causes.len();
    let mut blocks = front(card);
    blocks.extend(listing(&causes, failure.and_then(port)));
    if left > 0 {
        let more = format!("`explain {}` knows {left} more", card.key);
        blocks.push(Block::Remark(Line::marked(&more)));
    }
    blocks
}

/// How a card spells a question about whichever port it is read for.
const ANY_PORT: &str = "who PORT";

/// The port that a failure is about: that of the end that was called, if there is one.
fn port(failure: &Failure) -> Option<u16> {
    let ends = failure.peer.iter().chain(&failure.local);
    let mut ports = ends.filter_map(|end| Some(end.inet()?.port()));
    ports.find(|port| *port != 0)
}

/// What a cause may speak of, and whether a failure shows it.
type Sign = (&'static str, fn(&Failure) -> bool);

const SIGNS: &[Sign] = &[
    ("On Windows", |_| cfg!(windows)),
    ("On macOS", |_| cfg!(target_os = "macos")),
    ("Unix socket", |failure| {
        ends(failure).any(|end| end.inet().is_none())
    }),
    ("IPv6", |failure| addresses(failure).any(|ip| ip.is_ipv6())),
    ("wildcard address", |failure| {
        ends(failure).any(Endpoint::is_wildcard)
    }),
    ("broadcast address", |failure| {
        addresses(failure).any(|ip| matches!(ip, IpAddr::V4(v4) if v4.octets()[3] == 255))
    }),
    ("chose the local endpoint", |failure| {
        failure.local.is_some()
    }),
    ("asked for port 0", |failure| {
        let local = failure.local.as_ref().and_then(Endpoint::inet);
        local.is_some_and(|local| local.port() == 0)
    }),
    ("has not called listen", |failure| {
        failure.message.contains("does not listen")
    }),
    ("ended your own sending", |failure| {
        failure.message.contains("has ended its own sending")
    }),
    ("loopback interface", |failure| {
        failure.message.contains("loopback interface is down")
    }),
];

/// First what speaks of something this failure shows, last what speaks of something it does not.
fn rank(cause: &Cause, failure: &Failure) -> u8 {
    let mut spoken = SIGNS
        .iter()
        .filter(|(words, _)| cause.because.contains(words));
    match spoken.next() {
        Some((_, shows)) if shows(failure) => 0,
        Some(_) => 3,
        None if cause.operation.is_some() => 1,
        None => 2,
    }
}

fn ends(failure: &Failure) -> impl Iterator<Item = &Endpoint> {
    failure.local.iter().chain(&failure.peer)
}

fn addresses(failure: &Failure) -> impl Iterator<Item = IpAddr> {
    ends(failure).filter_map(|end| Some(end.inet()?.ip()))
}

/// Cards on a page of their own.
pub fn card_page(cards: &[Card]) -> Page {
    let mut blocks = Vec::new();
    for card in cards {
        blocks.push(Block::Gap);
        blocks.extend(whole(card));
    }
    Page::new("card", blocks, cards)
}

fn front(card: &Card) -> Vec<Block> {
    let line = Line::of(Role::Key, &card.key)
        .text("  ")
        .and(Role::Heading, &card.title);
    vec![Block::Heading(line), Block::Prose(card.says.clone())]
}

/// Causes in their order, each with what to do.
fn listing(causes: &[&Cause], port: Option<u16>) -> Option<Block> {
    if causes.is_empty() {
        return None;
    }
    let cure = |cause: &Cause| match port {
        Some(port) => cause.cure.replace(ANY_PORT, &format!("who {port}")),
        None => cause.cure.clone(),
    };
    let item = |(place, cause): (usize, &&Cause)| Item {
        mark: Mark::Number(place + 1),
        // A hard break of Markdown: the cure begins a line of its own.
        text: ItemText::Lesson(format!("{}\\\n*To do:* {}", cause.because, cure(cause))),
        aside: None,
    };
    Some(Block::List(causes.iter().enumerate().map(item).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::FailureCause;
    use crate::net::Errno;

    fn refused(local: Option<&str>, peer: &str, message: &str) -> Failure {
        let at = |text: &str| Endpoint::parse(text).unwrap();
        Failure {
            error: FailureCause::Errno(Errno::ECONNREFUSED),
            operation: "connect",
            local: local.map(at),
            peer: Some(at(peer)),
            message: message.to_owned(),
        }
    }

    #[test]
    fn the_cause_that_matches_comes_first() {
        let cause = |because: &str, operation: Option<&str>| Cause {
            because: because.to_owned(),
            cure: String::new(),
            operation: operation.map(str::to_owned),
        };
        let card = Card {
            key: "ECONNREFUSED".to_owned(),
            title: String::new(),
            says: String::new(),
            causes: vec![
                cause("any", None),
                cause("It is a Unix socket.", Some("connect")),
                cause("usual", Some("connect")),
                cause("second", Some("connect")),
                cause("It has not called listen.", Some("connect")),
                cause("other", Some("bind")),
            ],
            see: Vec::new(),
            source: None,
        };
        let check = |failure: &Failure, expected: &[&str]| {
            let blocks = behind_a_failure(&card, Some(failure));
            let Some(Block::List(items)) =
                blocks.iter().find(|block| matches!(block, Block::List(_)))
            else {
                panic!("{blocks:?}");
            };
            let text = |item: &Item| match &item.text {
                ItemText::Lesson(text) => text.split('\\').next().unwrap().to_owned(),
                ItemText::Ours(line) => line.as_str().to_owned(),
            };
            let shown: Vec<_> = items.iter().map(text).collect();
            assert_eq!(shown, expected);
        };
        check(
            &refused(None, "127.0.0.1:1", ""),
            &["usual", "second", "any"],
        );
        check(
            &refused(None, "127.0.0.1:1", "`held` does not listen"),
            &["It has not called listen.", "usual", "second"],
        );
        check(
            &refused(None, "unix:chat", ""),
            &["It is a Unix socket.", "usual", "second"],
        );
    }
}
