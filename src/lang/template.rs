//! Templates: text with `{{ … }}`, filled from the scope.
use std::collections::BTreeSet;

use super::expr::ExprError;
use super::scope::Scope;

/// A parsed template.
#[derive(Clone, Debug)]
pub struct Template {
    text: String,
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, ExprError> {
        Ok(Self {
            text: text.to_owned(),
        })
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names it looks up in the scope.
    pub fn names(&self) -> BTreeSet<String> {
        BTreeSet::new()
    }

    /// The text with every `{{ … }}` replaced.
    pub fn render(&self, _scope: &Scope) -> Result<String, ExprError> {
        Ok(self.text.clone())
    }
}
