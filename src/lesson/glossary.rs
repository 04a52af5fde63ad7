//! The words a lesson may introduce: the keys of every card that can be looked up.
use std::collections::BTreeMap;

use super::words::near;
use crate::lang::Card;

/// The keys of the reference cards, to hold a lesson's `terms` against.
#[derive(Clone, Debug, Default)]
pub struct Glossary(BTreeMap<String, String>);

impl Glossary {
    /// The glossary of these cards.
    pub fn of<'a>(cards: impl IntoIterator<Item = &'a Card>) -> Self {
        let keys = cards
            .into_iter()
            .map(|card| (folded(&card.key), card.key.clone()));
        Self(keys.collect())
    }

    /// Whether a word can be looked up.
    pub fn has(&self, word: &str) -> bool {
        self.0.contains_key(&folded(word))
    }

    /// The key closest to a mistyped word.
    pub fn near(&self, word: &str) -> Option<&str> {
        let key = near(&folded(word), self.0.keys().map(String::as_str))?;
        self.0.get(key).map(String::as_str)
    }
}

/// How a word is looked up: case, `_`, `-` and spaces make no difference, so that `time_wait`
/// finds `TIME-WAIT`.
pub(super) fn folded(word: &str) -> String {
    let words = word.split(|c: char| c.is_whitespace() || c == '_' || c == '-');
    let words: Vec<String> = words
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}
