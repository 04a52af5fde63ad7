//! Content: lessons, glossary, cards, and where they come from. Never runs anything.
//!
//! A lesson file becomes a [`Lesson`] in three steps, each with diagnostics that point into the
//! file: a pass over YAML events for places and bounds, serde for types, and the meaning
//! (expressions parsed, each step given its kind).
mod model;

pub use model::{
    Answer, AskOption, Explain, Goal, Kind, Lesson, Level, Need, PredictOption, Question,
    Refutation, Step, Task, Trap, Visit, WorldName,
};
