//! Where a word occurs: for `looplab find`, which is useful long after the course.
use super::assemble::name_parts;
use super::cards::Deck;
use super::head;
use crate::lang::Card;

/// Something that speaks of the word.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Found {
    /// `lesson`, `term`, `errno`, `state` or `port`.
    pub kind: &'static str,
    /// The lesson's id or the card's key: what to type to open it.
    pub key: String,
    /// Its heading.
    pub title: String,
    /// The first line that has the word.
    pub line: String,
}

pub(super) fn in_lessons<'a>(
    word: &str,
    texts: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<Found> {
    let wanted = word.to_lowercase();
    let found = texts.filter_map(|(file, text)| {
        let id = name_parts(file).1;
        let title = head::scan(text).map_or_else(|| id.to_owned(), |head| head.title);
        Some(Found {
            kind: "lesson",
            key: id.to_owned(),
            line: line_with(&wanted, text)?,
            title,
        })
    });
    found.collect()
}

pub(super) fn in_cards<'a>(
    word: &str,
    cards: impl Iterator<Item = (Deck, &'a Card)>,
) -> Vec<Found> {
    let wanted = word.to_lowercase();
    let found = cards.filter_map(|(deck, card)| {
        let text = format!("{}\n{}\n{}", card.key, card.title, card.says);
        Some(Found {
            kind: match deck {
                Deck::Errnos => "errno",
                Deck::States => "state",
                Deck::Ports => "port",
                Deck::Terms => "term",
            },
            key: card.key.clone(),
            title: card.title.clone(),
            line: line_with(&wanted, &text)?,
        })
    });
    let mut found: Vec<Found> = found.collect();
    // The card of that very name is what was meant.
    found.sort_by_key(|found| found.key.to_lowercase() != wanted);
    found
}

fn line_with(wanted: &str, text: &str) -> Option<String> {
    if wanted.is_empty() {
        return None;
    }
    let hit = text
        .lines()
        .find(|line| line.to_lowercase().contains(wanted))?;
    Some(hit.trim().trim_start_matches("- ").to_owned())
}
