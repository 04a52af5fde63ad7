//! Facts about facts: what was expected, shown, waited for and found.
use serde::Serialize;

/// `diagnose`.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// What was named: lower case, a hyphen between words.
    pub cause: String,
}

/// `expect` that held.
#[derive(Clone, Debug, Serialize)]
pub struct Holding {
    /// The expression.
    pub expression: String,
    /// What was observed.
    pub observed: String,
}

/// `show`.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// The expression.
    pub expression: String,
    /// Its value.
    pub value: serde_json::Value,
}

/// `wait`.
#[derive(Clone, Debug, Serialize)]
pub struct Waited {
    /// What was waited for: an expression, or a time.
    pub until: String,
}
