//! Where lessons come from: those inside the program, with a directory of the user's laid over
//! them. A lesson is read when it is opened; the menu needs no more than the heads.
use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use etcetera::{AppStrategy, AppStrategyArgs, app_strategy};

use super::cards::{Cards, Deck, near_key};
use super::course::{Chapter, Claim, Course, FILES as COURSE_FILES};
use super::diagnostic::Diagnostics;
use super::embedded::{CHAPTERS, Embedded, LESSONS};
use super::entries::{Entry, entry, own_entry, place};
use super::find::{Found, Search};
use super::glossary::Glossary;
use super::head::name_parts;
use super::load::{Loaded, load, load_trusted};
use super::model::Lesson;
use super::words::near;
use crate::lang::{Card, CardSource};

/// Which content to use.
#[derive(Clone, Debug, Default)]
pub struct LibraryConfig {
    /// A directory of the user's own lessons and cards. It need not exist.
    pub own: Option<PathBuf>,
}

impl LibraryConfig {
    /// With the user's data directory (`$XDG_DATA_HOME/looplab/lessons`), where there is one.
    pub fn usual() -> Self {
        let args = AppStrategyArgs {
            top_level_domain: String::new(),
            author: String::new(),
            app_name: "looplab".to_owned(),
        };
        let own = app_strategy::choose_app_strategy(args).ok();
        Self {
            own: own.map(|strategy| strategy.in_data_dir("lessons")),
        }
    }

    /// With this directory.
    pub fn with(own: impl Into<PathBuf>) -> Self {
        Self {
            own: Some(own.into()),
        }
    }
}

/// Why a lesson cannot be had.
#[derive(Clone, Debug)]
pub enum LessonError {
    /// There is none of that name.
    Unknown {
        /// The name.
        id: String,
        /// A name that is spelled almost like it.
        near: Option<String>,
    },
    /// It is there, and it is wrong.
    Broken(Diagnostics),
}

impl fmt::Display for LessonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { id, near: None } => write!(f, "there is no lesson `{id}`"),
            Self::Unknown {
                id,
                near: Some(near),
            } => {
                write!(f, "there is no lesson `{id}`; did you mean `{near}`?")
            }
            Self::Broken(diagnostics) => diagnostics.fmt(f),
        }
    }
}

impl std::error::Error for LessonError {}

/// All content.
#[derive(Debug)]
pub struct Library {
    own: Option<PathBuf>,
    own_files: OnceLock<Vec<PathBuf>>,
    chapters: OnceLock<Cow<'static, [Chapter]>>,
    cards: Cards,
}

/// The most files of the user's directory that are looked at.
const OWN_FILES: usize = 500;

impl Library {
    /// Opens the library. Reads nothing yet.
    pub fn open(config: LibraryConfig) -> Self {
        Self {
            cards: Cards::new(config.own.clone()),
            own: config.own,
            own_files: OnceLock::new(),
            chapters: OnceLock::new(),
        }
    }

    /// What there is, in the order of the course.
    pub fn index(&self) -> Vec<Entry> {
        let own: Vec<Entry> = self
            .own_files()
            .iter()
            .map(|path| own_entry(path))
            .collect();
        let replaced = |row: &&Embedded| !own.iter().any(|entry| entry.id == row.id);
        let mut entries: Vec<Entry> = LESSONS.iter().filter(replaced).map(entry).collect();
        entries.extend(own);
        let chapters = self.chapters();
        entries.sort_by(|a, b| place(a, chapters).cmp(&place(b, chapters)));
        entries
    }

    /// The chapters, in order: those of the user's directory where it has such a list, else ours.
    pub fn chapters(&self) -> &[Chapter] {
        self.chapters.get_or_init(|| {
            let own = self.own.as_deref().and_then(Course::chapters_of);
            own.map_or(Cow::Borrowed(CHAPTERS), Cow::Owned)
        })
    }

    /// The ids of the lessons in the order of the course, when they are those inside the program and
    /// no others: then they are had for nothing.
    pub fn built_in(&self) -> Option<impl Iterator<Item = &'static str> + Clone> {
        let ours = self.own_files().is_empty() && self.chapters() == CHAPTERS;
        ours.then(|| LESSONS.iter().map(|row| row.id))
    }

    /// The lesson with this id, or with this number: `two-servers`, `4`.
    pub fn lesson(&self, id: &str) -> Result<Lesson, LessonError> {
        if let Some(path) = self
            .own_files()
            .iter()
            .find(|path| answers_to(&lossy(path), id))
        {
            return lesson_file(path).map_err(LessonError::Broken);
        }
        match LESSONS.iter().find(|row| row.answers_to(id)) {
            Some(row) => match load_trusted(row.file, row.json) {
                Some(lesson) => Ok(lesson),
                None => load(row.file, row.text).map_err(LessonError::Broken),
            },
            None => Err(LessonError::Unknown {
                near: self.near(id),
                id: id.to_owned(),
            }),
        }
    }

    fn near(&self, id: &str) -> Option<String> {
        let own = self
            .own_files()
            .iter()
            .map(|path| name_parts(&lossy(path)).1.to_owned());
        let ids: Vec<String> = own
            .chain(LESSONS.iter().map(|row| row.id.to_owned()))
            .collect();
        near(id, ids.iter().map(String::as_str)).map(ToOwned::to_owned)
    }

    /// The text of a lesson inside the program, to start a new one from or to check it.
    pub fn embedded_text(&self, id: &str) -> Option<(&'static str, &'static str)> {
        let row = LESSONS.iter().find(|row| row.answers_to(id))?;
        Some((row.file, row.text))
    }

    /// The lessons inside the program: file name and text.
    pub fn embedded(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        LESSONS.iter().map(|row| (row.file, row.text))
    }

    /// Chapters, claims and misconceptions with their places, for the check: those of the user's
    /// directory where it has some, else those inside the program.
    pub fn course(&self) -> Result<Course, Diagnostics> {
        let own = self.own.as_deref().and_then(Course::beside);
        own.unwrap_or_else(Course::embedded)
    }

    /// Whether the user's directory is a course of its own.
    pub fn is_course(&self) -> bool {
        self.own.as_deref().is_some_and(Course::is_beside)
    }

    /// The claims of the article, in order. A directory whose list cannot be read gets ours;
    /// `looplab check` says what is wrong with it.
    pub fn claims(&self) -> Vec<Claim> {
        let ours = || Course::embedded().unwrap_or_default();
        self.course().unwrap_or_else(|_| ours()).into_claims()
    }

    /// All words that can be looked up, for the check of a lesson.
    pub fn glossary(&self) -> Glossary {
        Glossary::of(self.cards.all().map(|(_, card)| card))
    }

    /// The cards of one deck.
    pub fn deck(&self, deck: Deck) -> &[Card] {
        self.cards.deck(deck)
    }

    /// The key closest to a mistyped one.
    pub fn near_key(&self, word: &str) -> Option<String> {
        near_key(&self.cards, word)
    }

    /// Where a word occurs: the card of that name, then lessons, then cards.
    pub fn find(&self, word: &str) -> Vec<Found> {
        let mut search = Search::new(word);
        for entry in self.index() {
            // What a broken lesson says cannot be told from how it is spelled.
            if let Ok(lesson) = self.lesson(&entry.id) {
                search.lesson(&lesson);
            }
        }
        for (deck, card) in self.cards.all() {
            search.card(deck, card);
        }
        search.found()
    }

    fn own_files(&self) -> &[PathBuf] {
        self.own_files.get_or_init(|| match &self.own {
            Some(directory) => lesson_files(directory),
            None => Vec::new(),
        })
    }
}

impl CardSource for Library {
    fn card(&self, key: &str) -> Option<Card> {
        self.cards.card(key)
    }

    fn keys(&self) -> Vec<String> {
        self.cards.keys()
    }
}

/// Reads a lesson from a file of the user's.
pub fn lesson_file(path: &Path) -> Result<Lesson, Diagnostics> {
    Loaded::open(path).map(|loaded| loaded.lesson)
}

/// The lesson files of a directory, sorted by name; none when it cannot be read.
pub fn lesson_files(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let paths = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .take(OWN_FILES);
    let mut files: Vec<PathBuf> = paths.filter(|path| is_lesson(path)).collect();
    files.sort();
    files
}

fn is_lesson(path: &Path) -> bool {
    let yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let of_the_course = COURSE_FILES.contains(&&*name);
    let cards = Deck::ALL.iter().any(|deck| deck.file() == name);
    yaml && !name.starts_with('.') && !cards && !of_the_course
}

fn lossy(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn answers_to(file: &str, word: &str) -> bool {
    let (number, id) = name_parts(file);
    id == word || (number.is_some() && number == word.parse().ok())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const LESSON: &str = "format: 1\ntitle: 'It''s mine'\nsummary: >-\n  Two lines\n  of summary.\n\
        level: advanced\nminutes: 3\nsteps:\n  - {id: a, say: The word xylophone.}\n";

    fn library(files: &[(&str, &str)]) -> (tempfile::TempDir, Library) {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(directory.path().join(name), text).unwrap();
        }
        let library = Library::open(LibraryConfig::with(directory.path()));
        (directory, library)
    }

    fn entry_of(library: &Library, id: &str) -> Entry {
        library
            .index()
            .into_iter()
            .find(|entry| entry.id == id)
            .unwrap()
    }

    #[test]
    fn the_table_is_in_the_order_of_the_menu() {
        let ours = Library::open(LibraryConfig::default());
        let ids: Vec<String> = ours.index().into_iter().map(|entry| entry.id).collect();
        assert_eq!(ours.built_in().unwrap().collect::<Vec<_>>(), ids);
        let (_directory, own) = library(&[("90-new.yaml", LESSON)]);
        assert!(own.built_in().is_none());
    }

    #[test]
    fn own_lessons_lie_over_the_course() {
        let own = LESSONS.first().map_or("1-first.yaml", |row| {
            row.file.trim_start_matches("lessons/")
        });
        let (number, id) = name_parts(own);
        let (_directory, library) = library(&[(own, LESSON), ("90-new.yaml", LESSON)]);
        let replaced = entry_of(&library, id);
        assert_eq!(
            (replaced.title.as_ref(), replaced.number),
            ("It's mine", number)
        );
        assert_eq!(replaced.summary, "Two lines of summary.");
        assert_eq!(library.lesson(id).unwrap().title, "It's mine");
        assert_eq!(library.lesson("90").unwrap().id, "new");
        assert_eq!(library.index().last().unwrap().id, "new");
        assert_eq!(library.index().len(), LESSONS.len().max(1) + 1);
    }

    #[test]
    fn a_lesson_stands_in_its_chapter() {
        let in_chapter = |id: &str| LESSON.replace("level:", &format!("chapter: {id}\nlevel:"));
        let first = CHAPTERS.first().unwrap();
        let (_directory, library) = library(&[
            ("90-early.yaml", &in_chapter(&first.id)),
            ("1-lost.yaml", &in_chapter("nowhere")),
            ("0-own.yaml", LESSON),
        ]);
        let entries = library.index();
        let place = |id: &str| entries.iter().position(|entry| entry.id == id).unwrap();
        let of_the_first = |entry: &&Entry| entry.chapter.as_ref() == Some(&first.id);
        let last_of_it = entries.iter().rposition(|entry| of_the_first(&entry));
        assert_eq!(last_of_it, Some(place("early")));
        assert_eq!(
            (place("own"), place("lost")),
            (entries.len() - 2, entries.len() - 1)
        );
    }

    #[test]
    fn a_directory_may_have_chapters_of_its_own() {
        let chapters = "- {id: b, title: B, summary: s}\n- {id: a, title: A, summary: s}\n";
        let in_chapter = |id: &str| LESSON.replace("level:", &format!("chapter: {id}\nlevel:"));
        let (_directory, mine) = library(&[
            ("chapters.yaml", chapters),
            ("1-one.yaml", &in_chapter("a")),
            ("2-two.yaml", &in_chapter("b")),
        ]);
        let ids: Vec<String> = mine.index().into_iter().map(|entry| entry.id).collect();
        assert_eq!(ids[..2], ["two", "one"]);
        let (_directory, broken) = library(&[("chapters.yaml", "- {id: b")]);
        assert_eq!(broken.chapters(), CHAPTERS);
    }

    #[test]
    fn a_broken_lesson_is_listed_and_stops_no_other() {
        let (directory, library) = library(&[
            ("broken.yaml", "title: [\n"),
            ("deep.yaml", &LESSON.replace("say:", "sey:")),
            ("fine.yaml", LESSON),
            ("notes.txt", "no lesson"),
            (".hidden.yaml", "no lesson"),
        ]);
        fs::create_dir(directory.path().join("directory.yaml")).unwrap();
        assert!(entry_of(&library, "fine").broken.is_none());
        let broken = entry_of(&library, "broken");
        assert_eq!(broken.title, "broken");
        assert!(broken.broken.unwrap().to_string().contains("[L004]"));
        let unreadable = entry_of(&library, "directory").broken.unwrap().to_string();
        assert!(unreadable.contains("not a regular file"), "{unreadable}");
        // Its head is fine, so it is opened before it says what is wrong.
        assert!(entry_of(&library, "deep").broken.is_none());
        let error = library.lesson("deep").unwrap_err().to_string();
        assert!(
            error.contains("deep.yaml:9:13: the format has no key `sey` here [L101]"),
            "{error}"
        );
        assert!(
            !library
                .index()
                .iter()
                .any(|entry| entry.id.contains("hidden"))
        );
    }

    #[test]
    fn an_unknown_lesson_has_a_neighbour() {
        let (_directory, library) = library(&[("fine.yaml", LESSON)]);
        let error = library.lesson("fnie").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no lesson `fnie`; did you mean `fine`?"
        );
        let nowhere = Library::open(LibraryConfig::with("/nonexistent/lessons"));
        assert_eq!(nowhere.index().len(), LESSONS.len());
    }

    #[test]
    fn cards_are_found_however_they_are_spelled() {
        let card =
            "- {key: TIME-WAIT, title: Mine, says: xylophone}\n- {key: 8080, title: P, says: x}\n";
        let (_directory, library) = library(&[("states.yaml", card), ("fine.yaml", LESSON)]);
        for spelling in ["TIME-WAIT", "time_wait", "Time Wait"] {
            assert_eq!(library.card(spelling).unwrap().title, "Mine", "{spelling}");
        }
        assert_eq!(library.card("8080").unwrap().title, "P");
        assert_eq!(library.card("no such thing"), None);
        assert_eq!(library.near_key("TIME-WIAT").as_deref(), Some("TIME-WAIT"));
        assert!(library.glossary().has("time-wait"));
        let found = library.find("XYLOPHONE");
        let found: Vec<_> = found.iter().map(|f| (f.kind, f.key.as_str())).collect();
        assert_eq!(found, [("lesson", "fine"), ("state", "TIME-WAIT")]);
        assert!(library.find("").is_empty());
    }

    #[test]
    fn a_broken_card_file_of_the_users_costs_none_of_ours() {
        let (_directory, library) = library(&[("errnos.yaml", "- {key: X\n")]);
        let ours = Library::open(LibraryConfig::default());
        assert_eq!(library.keys(), ours.keys());
    }
}
