//! Which lesson or step a typed word means. Says so itself when it means none.
use std::sync::Arc;

use super::context::Context;
use crate::lab::Lab;
use crate::lesson::{Entry, Lesson, LessonError};
use crate::tutor;

/// The lesson that a word means: an id, a number, a title or a part of either that fits no other.
/// `None` when there is no such lesson, or it is broken.
pub(crate) fn open_lesson(context: &Context, word: &str) -> Option<Arc<Lesson>> {
    // Most words are an id, and then nothing need be known of the other lessons.
    let mut found = context.library.lesson(word);
    if let Err(LessonError::Unknown { .. }) = found {
        match &*lessons_called(context, word) {
            [] => {}
            [one] => found = context.library.lesson(one),
            several => {
                let ids = several.join(", ");
                context
                    .screen
                    .error(&format!("`{word}` fits more than one lesson: {ids}"));
                return None;
            }
        }
    }
    match found {
        Ok(lesson) => Some(Arc::new(lesson)),
        Err(error) => {
            context.screen.lesson_error(&error);
            None
        }
    }
}

/// The ids of the lessons that a word may mean; an exact one is alone.
pub(crate) fn lessons_called(context: &Context, word: &str) -> Vec<String> {
    let entries = context.library.index();
    let lower = word.trim().to_lowercase();
    if lower.is_empty() {
        return Vec::new();
    }
    let number: Option<u32> = lower.parse().ok();
    let title = |entry: &Entry| entry.title.to_lowercase();
    let exact = |entry: &&Entry| {
        let numbered = number.is_some() && entry.number == number;
        numbered || entry.id == lower || title(entry) == lower
    };
    let part = |entry: &&Entry| entry.id.contains(&lower) || title(entry).contains(&lower);
    if let Some(entry) = entries.iter().find(exact) {
        return vec![entry.id.clone()];
    }
    // A number is the whole number: 0 is not meant for a title with 127.0.0.1 in it.
    if number.is_some() {
        return Vec::new();
    }
    let fits = entries.iter().filter(part);
    fits.map(|entry| entry.id.clone()).collect()
}

/// The id of the step that a word means: an id, or a number as the walk counts them on this machine.
pub(crate) fn find_step(
    context: &Context,
    lesson: &Lesson,
    word: &str,
    lab: &Lab,
) -> Option<String> {
    if let Some(step) = lesson.step(word) {
        return Some(step.id.clone());
    }
    let steps = tutor::numbered(lesson, || lab.scope());
    let number: Option<usize> = word.parse().ok();
    if let Some(step) = number.and_then(|number| steps.get(number.checked_sub(1)?)) {
        return Some(step.id.clone());
    }
    let ids: Vec<&str> = lesson.steps.iter().map(|step| step.id.as_str()).collect();
    let near = ids
        .iter()
        .map(|id| (strsim::damerau_levenshtein(id, word), id))
        .filter(|(distance, id)| *distance <= 1 + id.len() / 4)
        .min();
    let near = near.map_or_else(String::new, |(_, id)| format!("did you mean `{id}`? "));
    context.screen.error(&format!(
        "lesson `{}` has no step `{word}`; {near}its steps are {}",
        lesson.id,
        ids.join(", ")
    ));
    None
}
