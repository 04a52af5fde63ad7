//! The author's lint: what makes a lesson that can be walked a worse lesson than it could be.
//!
//! It reads; it never runs. Whether a claim comes true is for the kernel to say (`looplab test`);
//! here is only what can be known without it.
mod content;
mod expressions;
mod lines;
mod names;
mod texts;
mod walk;

use super::finding::Finding;
use super::glossary::Glossary;
use super::model::Lesson;
use super::tree::Node;

/// After so many findings nobody reads on, and a hostile file must not keep us busy.
const ENOUGH: usize = 100;

/// Everything worth saying about a lesson.
pub(super) fn check(lesson: &Lesson, tree: &Node, glossary: &Glossary) -> Vec<Finding> {
    let mut found = content::check(lesson, glossary);
    found.extend(texts::check(tree));
    found.extend(walk::check(lesson, tree));
    found
}
