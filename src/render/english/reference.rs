//! Cards in words: what an errno, a port, a state or a term means, and what to do.
use super::fact;
use super::words::listed;
use crate::lang::{Card, Cause, Explanation};
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
    blocks.extend(listing(&causes));
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

/// A card behind a failure of this operation: its likeliest causes only.
pub(super) fn behind_a_failure(card: &Card, operation: Option<&str>) -> Vec<Block> {
    let fits = |cause: &&Cause| {
        operation.is_none() || cause.operation.is_none() || cause.operation.as_deref() == operation
    };
    let mut causes: Vec<&Cause> = card.causes.iter().filter(fits).collect();
    causes.truncate(CAUSES_BEHIND_A_FAILURE);
    let left = card.causes.len() - causes.len();
    let mut blocks = front(card);
    blocks.extend(listing(&causes));
    if left > 0 {
        let more = format!("`explain {}` knows {left} more", card.key);
        blocks.push(Block::Remark(Line::marked(&more)));
    }
    blocks
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
fn listing(causes: &[&Cause]) -> Option<Block> {
    if causes.is_empty() {
        return None;
    }
    let item = |(place, cause): (usize, &&Cause)| Item {
        mark: Mark::Number(place + 1),
        // A hard break of Markdown: the cure begins a line of its own.
        text: ItemText::Lesson(format!("{}\\\n*To do:* {}", cause.because, cause.cure)),
        aside: None,
    };
    Some(Block::List(causes.iter().enumerate().map(item).collect()))
}
