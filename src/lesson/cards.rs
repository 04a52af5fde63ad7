//! The reference cards: terms, errnos, TCP states and ports, each a YAML list beside the lessons.
//!
//! A deck is read when its first card is asked for; starting the program reads none.
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::Deserialize;

use super::codes::Code;
use super::diagnostic::{Diagnostic, Diagnostics, short};
use super::embedded::DECKS;
use super::files;
use super::finding::Finding;
use super::glossary::{Glossary, folded};
use super::load::Document;
use super::raw::{Word, schema_of};
use super::tree::Path;
use super::words::near;
use crate::lang::{Card, CardSource, Cause};

/// One of the four card files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deck {
    /// errnos.yaml
    Errnos,
    /// states.yaml
    States,
    /// ports.yaml
    Ports,
    /// glossary.yaml
    Terms,
}

impl Deck {
    /// All decks, in the order they are searched and embedded: the most exact keys first.
    pub const ALL: [Self; 4] = [Self::Errnos, Self::States, Self::Ports, Self::Terms];

    /// Its file name.
    pub fn file(self) -> &'static str {
        match self {
            Self::Errnos => "errnos.yaml",
            Self::States => "states.yaml",
            Self::Ports => "ports.yaml",
            Self::Terms => "glossary.yaml",
        }
    }
}

/// A card as it is spelled in YAML; [`Card`] with strict keys.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Card")]
struct RawCard {
    /// What it is looked up by.
    key: Word,
    /// The heading, in words.
    title: String,
    /// What it means, in Markdown.
    says: String,
    /// The likely causes, most likely first.
    #[serde(default)]
    causes: Vec<RawCause>,
    /// Keys of other cards worth reading.
    #[serde(default)]
    see: Vec<Word>,
    /// Where the facts come from: an RFC, a man page.
    source: Option<String>,
}

/// One likely cause of an error, and its cure.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Cause")]
struct RawCause {
    /// What is the case.
    because: String,
    /// What to do about it.
    cure: String,
    /// The operation it belongs to: `bind`, `connect`, …
    operation: Option<String>,
}

impl From<RawCard> for Card {
    fn from(raw: RawCard) -> Self {
        let causes = raw.causes.into_iter().map(|cause| Cause {
            because: cause.because,
            cure: cause.cure,
            operation: cause.operation,
        });
        Self {
            key: raw.key.0,
            title: raw.title,
            says: raw.says,
            causes: causes.collect(),
            see: raw.see.into_iter().map(|word| word.0).collect(),
            source: raw.source,
        }
    }
}

/// A card file that was read with its places.
#[derive(Clone, Debug)]
pub struct CardFile {
    /// Its cards.
    pub cards: Vec<Card>,
    document: Document,
}

impl CardFile {
    /// Reads a card file.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Diagnostics> {
        let document = Document::read(name, bytes, &schema_of::<Vec<RawCard>>())?;
        let raw: Vec<RawCard> = document.fill()?;
        let cards = raw.into_iter().map(Card::from).collect();
        Ok(Self { cards, document })
    }
}

/// What is wrong with card files that can be read: doubled keys, references to nowhere.
pub fn check_cards(files: &[CardFile]) -> Vec<Diagnostic> {
    let all = Glossary::of(files.iter().flat_map(|file| &file.cards));
    let mut found = Vec::new();
    for file in files {
        found.extend(file.document.form());
        let findings = check_file(&file.cards, &all).into_iter();
        found.extend(findings.map(|finding| file.document.locate(finding)));
    }
    found
}

fn check_file(cards: &[Card], all: &Glossary) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut first: HashMap<String, usize> = HashMap::new();
    let top = Path::default();
    for (i, card) in cards.iter().enumerate() {
        if let Some(before) = first.insert(folded(&card.key), i) {
            let message = format!("two cards have the key `{}`", short(&card.key));
            let finding = Finding::new(Code::DuplicateCard, &top.index(i).key("key"), message);
            found.push(finding.also(&top.index(before).key("key"), "the first is here"));
        }
        for (j, see) in card.see.iter().enumerate() {
            if all.has(see) {
                continue;
            }
            let message = format!("there is no card `{}`", short(see));
            let at = top.index(i).key("see").index(j);
            let finding = Finding::new(Code::LostReference, &at, message);
            found.push(match all.near(see) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding,
            });
        }
    }
    found
}

/// All cards: the embedded decks, with the user's laid over them.
#[derive(Debug)]
pub(super) struct Cards {
    own: Option<PathBuf>,
    decks: [OnceLock<Vec<Card>>; 4],
}

impl Cards {
    pub(super) fn new(own: Option<PathBuf>) -> Self {
        Self {
            own,
            decks: Default::default(),
        }
    }

    /// The cards of a deck.
    pub(super) fn deck(&self, deck: Deck) -> &[Card] {
        let [errnos, states, ports, terms] = &self.decks;
        let cell = match deck {
            Deck::Errnos => errnos,
            Deck::States => states,
            Deck::Ports => ports,
            Deck::Terms => terms,
        };
        cell.get_or_init(|| self.load(deck))
    }

    fn load(&self, deck: Deck) -> Vec<Card> {
        let text = DECKS.iter().find(|(file, _)| *file == deck.file());
        // A test reads every embedded deck, so nothing is dropped here.
        let embedded = text.and_then(|(_, text)| serde_yaml::from_str(text).ok());
        let mut cards: Vec<Card> = embedded.unwrap_or_default();
        for card in self.own_cards(deck) {
            match cards
                .iter_mut()
                .find(|known| folded(&known.key) == folded(&card.key))
            {
                Some(known) => *known = card,
                None => cards.push(card),
            }
        }
        cards
    }

    /// The user's own cards; a broken file of theirs is no reason to lose ours. `looplab check`
    /// says what is wrong with it.
    fn own_cards(&self, deck: Deck) -> Vec<Card> {
        let path = self.own.as_ref().map(|own| own.join(deck.file()));
        let file = path.filter(|path| path.is_file()).map(|path| {
            let bytes = files::read(&path)?;
            CardFile::read(&path.to_string_lossy(), &bytes)
        });
        match file {
            Some(Ok(file)) => file.cards,
            _ => Vec::new(),
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (Deck, &Card)> {
        Deck::ALL
            .into_iter()
            .flat_map(|deck| self.deck(deck).iter().map(move |card| (deck, card)))
    }
}

impl CardSource for Cards {
    fn card(&self, key: &str) -> Option<Card> {
        let wanted = folded(key);
        let found = self.all().find(|(_, card)| folded(&card.key) == wanted);
        found.map(|(_, card)| card.clone())
    }

    fn keys(&self) -> Vec<String> {
        self.all().map(|(_, card)| card.key.clone()).collect()
    }
}

/// The key closest to a mistyped one.
pub(super) fn near_key(cards: &Cards, word: &str) -> Option<String> {
    let keys = cards.keys();
    near(word, keys.iter().map(String::as_str)).map(ToOwned::to_owned)
}
