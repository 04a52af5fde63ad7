//! Where a word occurs: for `find`, which is useful long after the course. What comes back is a
//! sentence a person can read, never the spelling of a file.
use super::cards::Deck;
use super::model::{Answer, Explain, Kind, Lesson, Step};
use crate::lang::Card;

/// Something that speaks of the word.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Found {
    /// `lesson`, `term`, `errno`, `state` or `port`.
    pub kind: &'static str,
    /// The lesson's id or the card's key: what to type to open it.
    pub key: String,
    /// The number of a lesson that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// Its heading.
    pub title: String,
    /// The first sentence that has the word.
    pub sentence: String,
}

/// Searches texts, one thing to open after the other.
pub(super) struct Search {
    wanted: String,
    /// What has the word at the beginning of a word of its own, and what has it inside another.
    whole: Vec<Found>,
    inside: Vec<Found>,
}

impl Search {
    pub(super) fn new(word: &str) -> Self {
        Self {
            wanted: word.trim().to_lowercase(),
            whole: Vec::new(),
            inside: Vec::new(),
        }
    }

    pub(super) fn lesson(&mut self, lesson: &Lesson) {
        let found = Found {
            kind: "lesson",
            key: lesson.id.clone(),
            number: lesson.number,
            title: lesson.title.clone(),
            sentence: String::new(),
        };
        self.look(found, &texts(lesson));
    }

    pub(super) fn card(&mut self, deck: Deck, card: &Card) {
        let found = Found {
            kind: match deck {
                Deck::Errnos => "errno",
                Deck::States => "state",
                Deck::Ports => "port",
                Deck::Terms => "term",
            },
            key: card.key.clone(),
            number: None,
            title: card.title.clone(),
            sentence: String::new(),
        };
        // A card whose name is the word is read from its beginning.
        let named = card.key.to_lowercase() == self.wanted;
        match sentences(&card.says).next() {
            Some(first) if named => self.whole.push(Found {
                sentence: first,
                ..found
            }),
            _ => self.look(found, &[&card.says, &card.title, &card.key]),
        }
    }

    /// What was found: the card of that very name first. Parts of other words (`import` for `port`)
    /// only when there is nothing else.
    pub(super) fn found(self) -> Vec<Found> {
        let mut found = if self.whole.is_empty() {
            self.inside
        } else {
            self.whole
        };
        found.sort_by_key(|found| found.key.to_lowercase() != self.wanted);
        found
    }

    fn look(&mut self, found: Found, texts: &[&str]) {
        if self.wanted.is_empty() {
            return;
        }
        let with = |fits: fn(&str, &str) -> bool| {
            let mut all = texts.iter().flat_map(|text| sentences(text));
            all.find(|sentence| fits(&sentence.to_lowercase(), &self.wanted))
        };
        let (list, sentence) = match with(begins_a_word) {
            Some(sentence) => (&mut self.whole, sentence),
            None => match with(|sentence, wanted| sentence.contains(wanted)) {
                Some(sentence) => (&mut self.inside, sentence),
                None => return,
            },
        };
        list.push(Found {
            sentence: cut(&sentence, &self.wanted),
            ..found
        });
    }
}

fn begins_a_word(sentence: &str, wanted: &str) -> bool {
    sentence.match_indices(wanted).any(|(at, _)| {
        let before = sentence.get(..at).unwrap_or_default();
        !before.ends_with(char::is_alphanumeric)
    })
}

/// What a learner reads in a lesson; hints and solutions are not given away here.
fn texts(lesson: &Lesson) -> Vec<&str> {
    let mut texts: Vec<&str> = vec![&lesson.summary];
    texts.extend(lesson.objectives.iter().map(String::as_str));
    for step in &lesson.steps {
        of_step(step, &mut texts);
    }
    for refutation in lesson.refutations.values() {
        texts.extend(refutation.say.as_deref());
        explained(&refutation.explain, &mut texts);
    }
    texts.push(&lesson.title);
    texts
}

fn of_step<'l>(step: &'l Step, texts: &mut Vec<&'l str>) {
    texts.extend(step.title.as_deref());
    texts.extend(step.say.as_deref());
    match &step.kind {
        Kind::Say | Kind::Run { .. } => {}
        Kind::Predict {
            question, options, ..
        } => {
            texts.push(question);
            texts.extend(options.iter().map(|option| option.say.as_str()));
        }
        Kind::Task(task) => {
            texts.push(&task.text);
            texts.extend(task.goals.iter().map(|goal| goal.say.as_str()));
        }
        Kind::Ask(question) => {
            texts.push(&question.text);
            if let Answer::Choice { options, .. } = &question.answer {
                texts.extend(options.iter().map(|option| option.say.as_str()));
            }
            texts.extend(question.because.as_deref());
        }
        Kind::Visit(visit) => texts.push(&visit.text),
    }
    explained(&step.explain, texts);
}

fn explained<'l>(explain: &'l [Explain], texts: &mut Vec<&'l str>) {
    texts.extend(explain.iter().map(|explain| explain.say.as_str()));
}

/// The sentences of a text in Markdown, each on one line, with a mark where a value is filled in.
fn sentences(text: &str) -> impl Iterator<Item = String> {
    let plain = without_templates(text);
    let mut found = Vec::new();
    let mut sentence = String::new();
    for line in plain.lines() {
        let line = line.trim();
        let item = line.strip_prefix("- ");
        if line.is_empty() || item.is_some() {
            found.push(std::mem::take(&mut sentence));
        }
        for word in item.unwrap_or(line).split_whitespace() {
            if !sentence.is_empty() {
                sentence.push(' ');
            }
            sentence.push_str(word);
            if ends_a_sentence(word) {
                found.push(std::mem::take(&mut sentence));
            }
        }
    }
    found.push(sentence);
    found.into_iter().filter(|sentence| !sentence.is_empty())
}

fn ends_a_sentence(word: &str) -> bool {
    let bare = word.trim_end_matches(['"', '*', '`', ')', '\'']);
    bare.ends_with(['.', '?', '!']) && !bare.ends_with("...")
}

fn without_templates(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, behind) = rest.split_at(at);
        plain.push_str(before);
        let (end, mark) = match behind.get(..2) {
            Some("{{") => ("}}", "…"),
            Some("{%") => ("%}", ""),
            _ => ("{", "{"),
        };
        plain.push_str(mark);
        let closed = behind.find(end).map_or(behind.len(), |at| at + end.len());
        rest = behind.get(closed..).unwrap_or_default();
    }
    plain + rest
}

/// Words of a sentence that are shown on each side of the one that was searched.
const WORDS_AROUND: usize = 14;

/// A long sentence, cut to what stands around the word.
fn cut(sentence: &str, wanted: &str) -> String {
    let words: Vec<&str> = sentence.split(' ').collect();
    let first = wanted.split(' ').next().unwrap_or_default();
    let here = |word: &&str| word.to_lowercase().contains(first);
    let place = words.iter().position(here).unwrap_or_default();
    let from = place.saturating_sub(WORDS_AROUND);
    let to = (place + WORDS_AROUND).min(words.len());
    let part = words.get(from..to).unwrap_or_default().join(" ");
    // Without spaces, or a mark could stand on a line of its own.
    let before = if from > 0 { "…" } else { "" };
    let after = if to < words.len() { "…" } else { "" };
    format!("{before}{part}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(key: &str, says: &str) -> Card {
        Card {
            key: key.to_owned(),
            title: key.to_owned(),
            says: says.to_owned(),
            causes: Vec::new(),
            see: Vec::new(),
            source: None,
        }
    }

    fn check(word: &str, cards: &[Card], expected: &[(&str, &str)]) {
        let mut search = Search::new(word);
        for card in cards {
            search.card(Deck::Terms, card);
        }
        let found = search.found();
        let found: Vec<_> = found
            .iter()
            .map(|found| (found.key.as_str(), found.sentence.as_str()))
            .collect();
        assert_eq!(found, expected, "{word}");
    }

    #[test]
    fn whole_sentences_come_back() {
        let cards = [
            card("a", "First. The *port*\nis {{ server.port }} here. Last."),
            card("port", "A number. A port has sixteen bits."),
            card("b", "It is important.\n\n- one\n- an import"),
            card("c", "Ports are numbers"),
        ];
        check(
            "port",
            &cards,
            &[
                ("port", "A number."),
                ("a", "The *port* is … here."),
                ("c", "Ports are numbers"),
            ],
        );
        check("mport", &cards, &[("b", "It is important.")]);
        check("", &cards, &[]);
        check("nowhere", &cards, &[]);
    }

    #[test]
    fn a_long_sentence_is_cut_around_the_word() {
        let long = format!("{}needle {}", "hay ".repeat(40), "straw ".repeat(40));
        let hay = "hay ".repeat(WORDS_AROUND);
        let straw = " straw".repeat(WORDS_AROUND - 1);
        let expected = format!("…{hay}needle{straw}…");
        check("needle", &[card("x", &long)], &[("x", &expected)]);
    }

    #[test]
    fn templates_are_not_shown_as_they_are_written() {
        for (text, plain) in [
            ("a {{ b }} c", "a … c"),
            ("{% if x %}yes{% endif %}", "yes"),
            ("{ {} {{ open", "{ {} …"),
            ("none", "none"),
        ] {
            assert_eq!(without_templates(text), plain);
        }
    }
}
