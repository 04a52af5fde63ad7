//! The names an expression or a template can see.
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, OnceLock};

use serde_json::Value;

/// Outcomes, oldest first. Whoever looks back on them shares them with the lab: there may be a
/// thousand, every line makes a scope, and few expressions ask for them.
pub type Outcomes = Arc<VecDeque<Arc<Value>>>;

/// Names and their values, as expressions see them: outcomes by the names they are bound to, and
/// the lab's own `listeners`, `connections`, `outcomes`, `last` and `machine`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    names: BTreeMap<String, Value>,
    past: Option<Arc<Past>>,
}

/// What `outcomes` stands for.
#[derive(Debug)]
struct Past {
    outcomes: Outcomes,
    /// The same as one value, once an expression has asked for it.
    listed: OnceLock<Value>,
}

impl Past {
    fn list(&self) -> &Value {
        let one = |outcome: &Arc<Value>| Value::clone(outcome);
        self.listed
            .get_or_init(|| self.outcomes.iter().map(one).collect())
    }
}

impl PartialEq for Past {
    fn eq(&self, other: &Self) -> bool {
        self.outcomes == other.outcomes
    }
}

const OUTCOMES: &str = "outcomes";

impl Scope {
    /// Names that are always there; no line can bind them.
    pub const RESERVED: [&'static str; 6] = [
        "listeners",
        "connections",
        "sockets",
        OUTCOMES,
        "last",
        "machine",
    ];

    /// An empty scope.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a name.
    pub fn insert(&mut self, name: impl Into<String>, value: Value) {
        self.names.insert(name.into(), value);
    }

    /// Lets expressions look back on `outcomes`.
    pub fn look_back_on(&mut self, outcomes: Outcomes) {
        self.past = Some(Arc::new(Past {
            outcomes,
            listed: OnceLock::new(),
        }));
    }

    /// The value behind a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let past = || self.past.as_ref().filter(|_| name == OUTCOMES);
        self.names
            .get(name)
            .or_else(|| past().map(|past| past.list()))
    }

    /// Names and values, sorted by name, but for `outcomes`.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.names
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn after(outcomes: &[Value]) -> Scope {
        let mut scope = Scope::new();
        let shared = outcomes.iter().cloned().map(Arc::new).collect();
        scope.look_back_on(Arc::new(shared));
        scope
    }

    #[test]
    fn what_was_is_a_list_when_it_is_asked_for() {
        let scope = after(&[json!({"ok": true}), json!(2)]);
        let past = scope.past.as_ref().unwrap();
        assert_eq!(scope.iter().count(), 0);
        assert!(past.listed.get().is_none());
        assert_eq!(scope.get(OUTCOMES), Some(&json!([{"ok": true}, 2])));
        // A copy shares what was made.
        let copy = scope.clone();
        assert!(std::ptr::eq(
            copy.get(OUTCOMES).unwrap(),
            past.listed.get().unwrap()
        ));
        assert_eq!(copy.get("last"), None);
        assert_eq!(Scope::new().get(OUTCOMES), None);
        assert_eq!(copy, after(&[json!({"ok": true}), json!(2)]));
        assert_ne!(copy, after(&[]));
    }
}
