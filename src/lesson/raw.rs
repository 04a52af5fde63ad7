//! How a lesson is spelled in YAML. Read by serde, by `looplab schema` (an editor's completion),
//! and by the check of form; so the words here are the format.
//!
//! Nothing is understood here: which keys make which kind of step, and what an expression means,
//! is the subject of `assemble.rs`.
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value as Json;

use super::model::{Level, Need, WorldName};

/// The version of the format this program reads.
pub(super) const FORMAT: u64 = 1;

/// The JSON Schema of a lesson file, for editors (`yaml-language-server`).
pub fn schema() -> Json {
    lesson_schema().clone()
}

pub(super) fn lesson_schema() -> &'static Json {
    static SCHEMA: LazyLock<Json> = LazyLock::new(schema_of::<RawLesson>);
    &SCHEMA
}

/// The schema of a type. A key may be left out, but never be there without a value, so the `null`
/// that an `Option` brings along is taken out.
pub(super) fn schema_of<T: JsonSchema>() -> Json {
    let mut schema = schemars::schema_for!(T).to_value();
    drop_null(&mut schema);
    schema
}

fn drop_null(schema: &mut Json) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(drop_null),
        Json::Object(map) => {
            map.values_mut().for_each(drop_null);
            let types = map.get_mut("type").and_then(Json::as_array_mut);
            if let Some(types) = types {
                types.retain(|name| name != "null");
                if let [one] = types.as_slice() {
                    let one = one.clone();
                    map.insert("type".to_owned(), one);
                }
            }
            let real = map
                .get("anyOf")
                .and_then(Json::as_array)
                .and_then(|alternatives| {
                    let is_null = |one: &Json| one.get("type").is_some_and(|name| name == "null");
                    alternatives
                        .iter()
                        .find(|one| !is_null(one))?
                        .as_object()
                        .cloned()
                });
            if let Some(real) = real {
                map.remove("anyOf");
                map.extend(real);
            }
        }
        _ => {}
    }
}

/// A looplab lesson.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "looplab lesson")]
pub(super) struct RawLesson {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    #[expect(dead_code, reason = "compared before the rest is read")]
    format: u64,
    /// The heading.
    pub(super) title: String,
    /// The chapter of lessons/chapters.yaml that it belongs to; with one, a lesson is held to the
    /// rules of the course.
    pub(super) chapter: Option<String>,
    /// One sentence for the menu.
    pub(super) summary: String,
    /// For whom.
    pub(super) level: Level,
    /// About how long it takes.
    #[schemars(range(min = 1, max = 120))]
    pub(super) minutes: u32,
    /// What the learner will be able to do: `say what a listener claims`.
    #[serde(default)]
    pub(super) objectives: Vec<String>,
    /// Words of lessons/glossary.yaml that this lesson introduces; at most seven.
    #[serde(default)]
    pub(super) terms: Vec<String>,
    /// Claims of the article that this lesson settles: `C86`.
    #[serde(default)]
    #[schemars(inner(regex(pattern = "^C[0-9]{2}$")))]
    pub(super) claims: Vec<String>,
    /// The walk, step by step.
    pub(super) steps: Vec<RawStep>,
    /// A short experiment for each misconception that has one, by its tag.
    #[serde(default)]
    pub(super) refutations: BTreeMap<String, RawRefutation>,
}

/// One step. `run`, `predict`, `task`, `ask` or `visit` gives it its kind; with none of them it is
/// read and left with Enter.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Step")]
pub(super) struct RawStep {
    /// Unique in the lesson, in kebab-case: progress is kept by it.
    #[schemars(regex(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub(super) id: String,
    /// A short heading.
    pub(super) title: Option<String>,
    /// An expression over `machine`; when it does not hold, the step is left out silently.
    pub(super) when: Option<ExprText>,
    /// What the machine must have; when it has not, the step is left out and the reason is said.
    #[serde(default)]
    pub(super) needs: Vec<Need>,
    /// Where the lines run.
    #[serde(default)]
    pub(super) world: WorldName,
    /// Lab lines, run quietly at the start of the step.
    pub(super) setup: Option<String>,
    /// Keep what the set-up did to yourself: the learner is to find it out.
    #[serde(default)]
    pub(super) quiet: bool,
    /// Claims of the article that this step settles: `C86`.
    #[serde(default)]
    #[schemars(inner(regex(pattern = "^C[0-9]{2}$")))]
    pub(super) claims: Vec<String>,
    /// For the instructor.
    pub(super) notes: Option<String>,
    /// Markdown with `{{ expressions }}`, read first.
    pub(super) say: Option<String>,
    /// The question of a prediction; with `options` and `run`.
    pub(super) predict: Option<String>,
    /// Lab lines, shown and run; after the prediction if there is one.
    pub(super) run: Option<String>,
    /// The options of a prediction (`say`, `claim`, `misconception`) or of a question (`say`,
    /// `correct`, `because`).
    pub(super) options: Option<Vec<RawOption>>,
    /// What to say about what happened: the first whose `when` holds; the last has no `when`.
    #[serde(default)]
    pub(super) explain: Vec<RawExplain>,
    /// What to achieve.
    pub(super) task: Option<String>,
    /// What counts; each ticks on its own.
    pub(super) goal: Option<Vec<RawGoal>>,
    /// Tiers of help; only the last may contain the solution.
    pub(super) hints: Option<Vec<String>>,
    /// Lab lines that meet the goals.
    pub(super) solution: Option<String>,
    /// Known wrong turns.
    pub(super) traps: Option<Vec<RawTrap>>,
    /// A question whose answer the lesson knows; with one of `options`, `number`, `text`,
    /// `endpoint`, `order`.
    pub(super) ask: Option<String>,
    /// Whether more than one option is right.
    pub(super) several: Option<bool>,
    /// The right number, as an expression.
    pub(super) number: Option<ExprText>,
    /// How far off a number may be.
    #[schemars(range(min = 0))]
    pub(super) tolerance: Option<f64>,
    /// Accepted texts; case does not matter.
    pub(super) text: Option<Vec<String>>,
    /// The right endpoint, as an expression.
    pub(super) endpoint: Option<ExprText>,
    /// The items in the right order.
    pub(super) order: Option<Vec<String>>,
    /// What to say to those who give a certain wrong number or endpoint.
    pub(super) replies: Option<Vec<RawReply>>,
    /// Shown after the answer.
    pub(super) because: Option<String>,
    /// What the learner does in a browser, with curl or in another terminal; with `goal`.
    pub(super) visit: Option<String>,
    /// Lab lines that do the same, for when nobody is there.
    pub(super) stand_in: Option<String>,
}

/// An option: of a prediction (with `claim`) or of a question (with `correct`).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Option")]
pub(super) struct RawOption {
    /// The option in words.
    pub(super) say: String,
    /// Of a prediction: the same as an expression; the kernel decides whether it comes true.
    pub(super) claim: Option<ExprText>,
    /// Of a prediction: the tag of the misconception behind this choice.
    pub(super) misconception: Option<String>,
    /// Of a question: whether it is right.
    pub(super) correct: Option<bool>,
    /// Of a question: what to say to those who choose it.
    pub(super) because: Option<String>,
}

/// What to say when something holds.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Explain")]
pub(super) struct RawExplain {
    /// An expression; without it, "otherwise".
    pub(super) when: Option<ExprText>,
    /// Markdown with `{{ expressions }}`.
    pub(super) say: String,
}

/// One thing that must hold.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Goal")]
pub(super) struct RawGoal {
    /// In words: `two listeners are open`.
    pub(super) say: String,
    /// As an expression.
    pub(super) check: ExprText,
    /// Why it is not met, in words that follow "because": `packet {{ reset.number }} has one`. Told while
    /// every place in it can be filled; else, and without it, what the check observed is told.
    pub(super) otherwise: Option<String>,
}

/// A wrong turn.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Trap")]
pub(super) struct RawTrap {
    /// Lab lines that take it.
    pub(super) run: String,
    /// An expression that recognises it.
    pub(super) when: Option<ExprText>,
    /// What to know about it.
    pub(super) says: String,
}

/// A word to those who answer a question with a certain wrong number or endpoint.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Reply")]
pub(super) struct RawReply {
    /// The wrong answer, as an expression.
    pub(super) to: ExprText,
    /// What it leaves out, without giving the right answer away.
    pub(super) say: String,
}

/// A short experiment for one misconception.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Refutation")]
pub(super) struct RawRefutation {
    /// What the machine must have; when it has not, the experiment is left out and the reason is said.
    #[serde(default)]
    pub(super) needs: Vec<Need>,
    /// Where the lines run.
    #[serde(default)]
    pub(super) world: WorldName,
    /// Markdown with `{{ expressions }}`, read first.
    pub(super) say: Option<String>,
    /// Lab lines, run quietly.
    pub(super) setup: Option<String>,
    /// Lab lines, shown and run.
    pub(super) run: Option<String>,
    /// What to say about what happened.
    #[serde(default)]
    pub(super) explain: Vec<RawExplain>,
}

/// An expression before it is parsed. `1024` and `true` need no quotes.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct ExprText(pub(super) String);

impl JsonSchema for ExprText {
    fn schema_name() -> Cow<'static, str> {
        "Expression".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An expression: `second is in_use`, `server.port > 1023`.",
            "type": ["string", "integer", "boolean"],
        })
    }
}

/// A word that may look like a number: the key of a card, such as `80`.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Word(pub(super) String);

impl JsonSchema for Word {
    fn schema_name() -> Cow<'static, str> {
        "Word".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"] })
    }
}
