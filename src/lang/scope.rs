//! The names an expression or a template can see.
use std::collections::BTreeMap;

use serde_json::Value;

/// Names and their values, as expressions see them: outcomes by the names they are bound to, and
/// the lab's own `listeners`, `connections`, `outcomes`, `last` and `machine`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope(BTreeMap<String, Value>);

impl Scope {
    /// Names that are always there; no line can bind them.
    pub const RESERVED: [&'static str; 6] = [
        "listeners",
        "connections",
        "sockets",
        "outcomes",
        "last",
        "machine",
    ];

    /// An empty scope.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a name.
    pub fn insert(&mut self, name: impl Into<String>, value: Value) {
        self.0.insert(name.into(), value);
    }

    /// The value behind a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}
