//! Pages outside a lesson: the menu, the list of lessons, search results, the self-test.
use serde::Serialize;

use super::fact;
use super::words::counted;
use crate::render::block::{Block, Item, ItemText, Mark, Page, Table};
use crate::render::line::Line;
use crate::render::style::Role;

/// One lesson in the menu.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MenuEntry {
    /// Its number, from the file's name.
    pub number: Option<u32>,
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its one-sentence summary.
    pub summary: String,
    /// About how long it takes.
    pub minutes: u32,
    /// `beginner`, `intermediate` or `advanced`.
    pub level: String,
    /// The id of its chapter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chapter: Option<String>,
    /// Whether it was finished.
    pub done: bool,
    /// Whether it was begun, and left before its end.
    pub started: bool,
    /// Whether Enter opens it.
    pub next: bool,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

impl MenuEntry {
    fn progress(&self) -> Line {
        if self.broken.is_some() {
            Line::of(Role::Refused, "broken")
        } else if self.done {
            Line::of(Role::Ok, "done")
        } else if self.started {
            Line::of(Role::Surprise, "begun")
        } else {
            Line::new()
        }
    }
}

/// A chapter of the menu, with its lessons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MenuChapter {
    /// Its place in the course, from 1; none for the lessons that are in no chapter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<usize>,
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its one-sentence summary.
    pub summary: String,
    /// How many lessons it has.
    pub lessons: usize,
    /// How many of them were finished.
    pub done: usize,
    /// Its lessons.
    #[serde(skip)]
    pub entries: Vec<MenuEntry>,
}

impl MenuChapter {
    /// A chapter with these lessons.
    pub fn new(
        number: Option<usize>,
        [id, title, summary]: [&str; 3],
        entries: Vec<MenuEntry>,
    ) -> Self {
        Self {
            number,
            id: id.to_owned(),
            title: title.to_owned(),
            summary: summary.to_owned(),
            lessons: entries.len(),
            done: entries.iter().filter(|entry| entry.done).count(),
            entries,
        }
    }

    /// `Chapter 2: The port (5 lessons, 1 done)`.
    fn heading(&self) -> Line {
        let title = match self.number {
            Some(number) => Line::of(
                Role::Heading,
                format_args!("Chapter {number}: {}", self.title),
            ),
            None => Line::of(Role::Heading, &self.title),
        };
        let lessons = counted(self.lessons, "lesson");
        let progress = match self.done {
            0 => lessons,
            done if done == self.lessons => format!("{lessons}, all done"),
            done => format!("{lessons}, {done} done"),
        };
        title.and(Role::Dim, format_args!(" ({progress})"))
    }

    /// Whether the menu shows its lessons: the one that is next, what is in no chapter, what is
    /// broken. The rest of a long course would push them off the screen.
    fn is_unfolded(&self) -> bool {
        self.number.is_none() || self.entries.iter().any(|e| e.next || e.broken.is_some())
    }
}

fn all(chapters: &[MenuChapter]) -> Vec<&MenuEntry> {
    chapters
        .iter()
        .flat_map(|chapter| &chapter.entries)
        .collect()
}

/// The menu: the chapters, a row for each lesson of the one in hand, and the summary of what is
/// next.
pub fn menu(chapters: &[MenuChapter]) -> Page {
    let entries = all(chapters);
    let mut blocks = lessons(chapters, MenuChapter::is_unfolded);
    if let Some(next) = entries.iter().find(|entry| entry.next) {
        let word = match next {
            MenuEntry { started: true, .. } => "go on with",
            MenuEntry { done: true, .. } => "once more",
            _ => "next",
        };
        let line = Line::from(word).text(": ").and(Role::Heading, &next.title);
        blocks.push(Block::Gap);
        blocks.push(fact(line));
        blocks.push(Block::Prose(next.summary.clone()));
    }
    Page::new("lesson", blocks, &entries)
}

/// All lessons with their summaries.
pub fn list(chapters: &[MenuChapter]) -> Page {
    let mut blocks = lessons(chapters, |_| true);
    for chapter in chapters {
        blocks.push(Block::Gap);
        blocks.push(Block::Heading(chapter.heading()));
        blocks.push(Block::Prose(chapter.summary.clone()));
        for entry in &chapter.entries {
            blocks.push(Block::Gap);
            blocks.push(Block::Heading(
                numbered(entry)
                    .text(' ')
                    .and(Role::Heading, &entry.title)
                    .and(Role::Dim, format_args!(" ({})", entry.id)),
            ));
            let text = entry.broken.as_ref().unwrap_or(&entry.summary);
            blocks.push(Block::Prose(text.clone()));
        }
    }
    Page::new("lesson", blocks, &all(chapters))
}

/// The chapters by themselves, for programs: the lessons follow, each with the id of its chapter.
pub fn chapters(chapters: &[MenuChapter]) -> Page {
    let of_the_course: Vec<_> = chapters.iter().filter(|c| c.number.is_some()).collect();
    Page::new("chapter", Vec::new(), &of_the_course)
}

fn lessons(chapters: &[MenuChapter], shown: impl Fn(&MenuChapter) -> bool) -> Vec<Block> {
    let entries = all(chapters);
    if entries.is_empty() {
        return vec![fact(Line::from("there is no lesson here"))];
    }
    let mut table = Table::new(&["no", "lesson", "time", "level", "progress"]);
    table.numbers.push(0);
    table.titles = 2;
    for chapter in chapters {
        if chapters.len() > 1 || chapter.number.is_some() {
            table.sections.push((table.rows.len(), chapter.heading()));
        }
        if shown(chapter) {
            table.rows.extend(chapter.entries.iter().map(row));
        }
    }
    let done = entries.iter().filter(|entry| entry.done).count();
    let mut blocks = vec![Block::Table(table)];
    if done > 0 {
        let line = Line::from(format!("{done} of {} done", entries.len()).as_str());
        blocks.push(Block::Remark(line));
    }
    blocks
}

fn row(entry: &MenuEntry) -> Vec<Line> {
    vec![
        numbered(entry),
        Line::from(entry.title.as_str()),
        Line::of(Role::Dim, format_args!("{} min", entry.minutes)),
        Line::of(Role::Dim, &entry.level),
        entry.progress(),
    ]
}

fn numbered(entry: &MenuEntry) -> Line {
    entry
        .number
        .map_or_else(Line::new, |number| Line::of(Role::Key, number))
}

/// One place where a word was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// What it is: `lesson`, `step`, `term`, `errno`, `port`, `state`.
    pub kind: String,
    /// What to type to get there: `learn four-tuple`, `explain backlog`.
    pub open: String,
    /// Its heading.
    pub title: String,
    /// The words around the place.
    pub excerpt: String,
}

/// Search results that fit a screen; a search is repeated more easily than scrolled.
const RESULTS_SHOWN: usize = 5;

/// So few are shown all the same: to leave out one or two asks for more than it spares.
const FEW_RESULTS: usize = 10;

/// Search results for some words.
pub fn found(words: &str, results: &[Found]) -> Page {
    let line = if results.is_empty() {
        Line::from("nothing is said about ").and(Role::Name, words)
    } else {
        let places = counted(results.len(), "place");
        Line::of(Role::Name, words)
            .text(" is found in ")
            .text(places)
    };
    let mut blocks = vec![fact(line)];
    let shown = if results.len() <= FEW_RESULTS {
        results.len()
    } else {
        RESULTS_SHOWN
    };
    for result in results.iter().take(shown) {
        blocks.push(Block::Gap);
        let heading = Line::of(Role::Dim, &result.kind)
            .text(' ')
            .and(Role::Heading, &result.title)
            .text(": ")
            .and(Role::Code, &result.open);
        blocks.push(Block::Heading(heading));
        blocks.push(Block::Prose(result.excerpt.clone()));
    }
    let left = results.len().saturating_sub(shown);
    if left > 0 {
        let more = format!("and {left} more; a longer word finds fewer");
        blocks.push(Block::Gap);
        blocks.push(Block::Remark(Line::from(more.as_str())));
    }
    Page::new("match", blocks, results)
}

/// One finding of the self-test.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub what: String,
    /// Whether it is as lessons need it.
    pub ok: bool,
    /// What was found.
    pub finding: String,
    /// What it keeps one from, and what would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// The self-test: what works on this machine, and what stands in the way of the rest.
pub fn checks(checks: &[Check]) -> Page {
    let item = |check: &Check| Item {
        mark: Mark::Check { ok: check.ok },
        text: ItemText::Ours(
            Line::of(Role::Heading, &check.what)
                .text(": ")
                .then(&Line::marked(&check.finding)),
        ),
        aside: check.advice.as_deref().map(Line::marked),
    };
    let blocks = vec![Block::List(checks.iter().map(item).collect())];
    Page::new("check", blocks, checks)
}
