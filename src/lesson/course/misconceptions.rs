//! What learners believe before they have looked: lessons/misconceptions.yaml.
use schemars::JsonSchema;
use serde::Deserialize;

/// Something that is commonly believed, and does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Misconception {
    /// Its number: `M07`.
    #[schemars(regex(pattern = "^M[0-9]{2}$"))]
    pub id: String,
    /// What is believed, in words.
    pub believes: String,
    /// The tags under which options and refutations of lessons know it. Each needs both.
    pub tags: Vec<String>,
}
