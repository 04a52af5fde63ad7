//! The chapters of the course: lessons/chapters.yaml, an ordered list.
use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Deserialize;

/// A part of the course.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chapter {
    /// What a lesson's `chapter:` names it by.
    pub id: Cow<'static, str>,
    /// The heading.
    pub title: Cow<'static, str>,
    /// One sentence.
    pub summary: Cow<'static, str>,
}
