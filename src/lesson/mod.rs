//! Content: lessons, glossary, cards, and where they come from. Never runs anything.
//!
//! A lesson file becomes a [`Lesson`] in three steps, each with diagnostics that point into the
//! file: a pass over YAML events for places and bounds (`tree`), the form against the schema and
//! serde for types (`shape`, `raw`), and the meaning: expressions read, each step given its kind
//! (`assemble`). What could be better about a lesson is the subject of `check`.
mod assemble;
mod cards;
mod check;
mod codes;
mod course;
mod decode;
mod diagnostic;
mod embedded;
mod entries;
mod files;
mod find;
mod finding;
mod glossary;
mod head;
mod library;
mod load;
mod model;
mod place;
mod raw;
mod shape;
mod tree;
mod words;

pub use cards::{CardFile, Deck, check_cards};
pub use codes::{Code, Severity};
pub use course::{Chapter, Claim, Course, Misconception, Verdict};
pub use diagnostic::{Diagnostic, Diagnostics, Label, Look, Source};
pub use entries::Entry;
pub use find::Found;
pub use glossary::Glossary;
pub use library::{LessonError, Library, LibraryConfig, lesson_file, lesson_files};
pub use load::{Loaded, check_together, load, load_trusted};
pub use model::{
    Answer, AskOption, Explain, Goal, Kind, Lesson, Level, Need, PredictOption, Question,
    Refutation, Reply, Step, Task, Trap, Visit, WorldName,
};
pub use raw::schema;
