//! The course that comes with the program; the table is written by the build script.
use super::course::Chapter;
use super::model::Level;

/// A lesson inside the program: its head for the menu, its text for the walk.
pub(super) struct Embedded {
    pub(super) file: &'static str,
    pub(super) id: &'static str,
    pub(super) number: Option<u32>,
    pub(super) title: &'static str,
    pub(super) summary: &'static str,
    pub(super) level: Level,
    pub(super) minutes: u32,
    /// Empty where the lesson names none.
    pub(super) chapter: &'static str,
    pub(super) text: &'static str,
    /// The same values as JSON; empty when the text is no YAML.
    pub(super) json: &'static str,
}

impl Embedded {
    /// Whether this is the lesson a word means: its id or its number.
    pub(super) fn answers_to(&self, word: &str) -> bool {
        self.id == word || (self.number.is_some() && self.number == word.parse().ok())
    }
}

include!(concat!(env!("OUT_DIR"), "/course.rs"));

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::load::{load, load_trusted};
    use super::*;

    #[test]
    fn the_table_says_what_the_lessons_say() {
        for row in LESSONS {
            let lesson = load(row.file, row.text).unwrap_or_else(|problems| panic!("{problems}"));
            let trusted = load_trusted(row.file, row.json).unwrap();
            assert_eq!(format!("{lesson:?}"), format!("{trusted:?}"));
            assert_eq!(
                (
                    row.id,
                    row.number,
                    row.title,
                    row.summary.trim(),
                    row.level,
                    row.minutes,
                    row.chapter,
                ),
                (
                    lesson.id.as_str(),
                    lesson.number,
                    lesson.title.as_str(),
                    lesson.summary.trim(),
                    lesson.level,
                    lesson.minutes,
                    lesson.chapter.as_deref().unwrap_or_default(),
                )
            );
        }
        let ids: HashSet<_> = LESSONS.iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), LESSONS.len(), "two lessons have the same id");
    }

    #[test]
    fn the_chapters_are_those_of_their_file() {
        let (_, text) = COURSE
            .iter()
            .find(|(file, _)| *file == "chapters.yaml")
            .unwrap();
        let chapters: Vec<Chapter> = serde_yaml::from_str(text).unwrap();
        assert_eq!(chapters, CHAPTERS);
    }
}
