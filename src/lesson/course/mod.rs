//! What makes lessons a course: its chapters.
mod chapters;

pub use chapters::Chapter;

/// The files beside the lessons that make a course of them.
pub(super) const FILES: [&str; 3] = ["chapters.yaml", "claims.yaml", "misconceptions.yaml"];
