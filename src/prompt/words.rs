//! What Tab knows at one prompt.
use serde_json::Value;

use crate::lang::Scope;

/// The words of one prompt. The verbs and their flags are known anyway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Words of the walk (`next`, `hint`, …) and letters of options, for the start of a line.
    pub walk: Vec<String>,
    /// Names in scope.
    pub names: Vec<Named>,
    /// Local endpoints of open sockets.
    pub endpoints: Vec<String>,
}

/// A name in scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// What it is: `listener`, `connection`, `udp`, `server`, …
    pub kind: Option<String>,
    /// What an expression can ask of it.
    pub fields: Vec<String>,
}

impl Words {
    /// The names and open endpoints of a scope.
    pub fn of(scope: &Scope) -> Self {
        let bound = scope
            .iter()
            .filter(|(name, _)| !Scope::RESERVED.contains(name));
        let mut words = Self::default();
        for (name, value) in bound {
            words.names.push(Named::of(name, value));
            words.endpoints.extend(open_endpoint(value));
        }
        words.endpoints.sort();
        words.endpoints.dedup();
        words
    }

    /// The same with words of the walk.
    #[must_use]
    pub fn with_walk<W: Into<String>>(mut self, walk: impl IntoIterator<Item = W>) -> Self {
        self.walk.extend(walk.into_iter().map(Into::into));
        self
    }

    pub(super) fn has_name(&self, word: &str) -> bool {
        self.names.iter().any(|named| named.name == word)
    }
}

impl Named {
    fn of(name: &str, value: &Value) -> Self {
        let map = value.as_object();
        let kind = map.and_then(|map| map.get("kind")?.as_str());
        Self {
            name: name.to_owned(),
            kind: kind.map(str::to_owned),
            fields: map.map_or_else(Vec::new, |map| map.keys().cloned().collect()),
        }
    }
}

fn open_endpoint(value: &Value) -> Option<String> {
    let open = value.get("open")?.as_bool()?;
    let local = value.get("local")?.as_str()?;
    open.then(|| local.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_and_open_endpoints_come_from_the_scope() {
        let mut scope = Scope::new();
        scope.insert("machine", json!({"os": "linux"}));
        scope.insert(
            "server",
            json!({"kind": "listener", "open": true, "local": "127.0.0.1:7001"}),
        );
        scope.insert(
            "gone",
            json!({"kind": "listener", "open": false, "local": "127.0.0.1:7002"}),
        );
        let words = Words::of(&scope).with_walk(["next"]);
        let names: Vec<_> = words.names.iter().map(|n| n.name.as_str()).collect();
        assert_eq!(names, ["gone", "server"]);
        assert_eq!(words.endpoints, ["127.0.0.1:7001"]);
        assert_eq!(words.names[1].kind.as_deref(), Some("listener"));
        assert!(words.names[1].fields.contains(&"local".to_owned()));
        assert!(words.has_name("server") && !words.has_name("machine"));
        assert_eq!(words.walk, ["next"]);
    }
}
