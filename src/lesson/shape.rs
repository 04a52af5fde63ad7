//! The form of a file held against its JSON Schema: every unknown key, missing key and value of the
//! wrong kind at once, each with its place.
//!
//! serde stops at the first mistake and does not know where a missing key should stand. The schema
//! is made from the very types serde fills, so the two cannot drift apart.
use serde_json::{Map, Value as Json};

use super::codes::Code;
use super::diagnostic::{Diagnostic, Source, short};
use super::tree::{Node, Style, Value};
use super::words::near;

/// Every breach of form.
pub(super) fn check(source: &Source, tree: &Node, schema: &Json) -> Vec<Diagnostic> {
    let mut shape = Shape {
        source,
        definitions: schema.get("$defs").and_then(Json::as_object),
        found: Vec::new(),
    };
    shape.value(tree, schema, "this file");
    shape.found
}

/// After so many breaches nobody reads on.
const ENOUGH: usize = 100;

struct Shape<'a> {
    source: &'a Source,
    definitions: Option<&'a Map<String, Json>>,
    found: Vec<Diagnostic>,
}

/// What YAML makes of a plain scalar (the rules of serde_yaml, YAML 1.2 §10.3 with a few guards).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    Null,
    /// A text here, something else to a reader of YAML 1.1.
    Doubtful(&'static str),
}

impl<'a> Shape<'a> {
    fn value(&mut self, node: &Node, schema: &'a Json, what: &str) {
        if self.found.len() > ENOUGH {
            return;
        }
        let schema = self.resolve(schema);
        if let Some(words) = words_of(schema) {
            return self.word(node, &words, what);
        }
        let allowed = types_of(schema);
        match &node.value {
            Value::Map(entries) if allowed.contains(&"object") => self.map(node, entries, schema),
            Value::List(items) if allowed.contains(&"array") => {
                let Some(schema) = schema.get("items") else {
                    return;
                };
                for item in items {
                    self.value(item, schema, &format!("an item of {what}"));
                }
            }
            Value::Scalar { text, style } => self.scalar(node, text, *style, schema, what),
            _ => self.wrong(node, schema, what),
        }
    }

    fn resolve(&self, schema: &'a Json) -> &'a Json {
        let name = schema.get("$ref").and_then(Json::as_str);
        let name = name.and_then(|name| name.strip_prefix("#/$defs/"));
        let definition = name.and_then(|name| self.definitions?.get(name));
        definition.unwrap_or(schema)
    }

    fn map(&mut self, node: &Node, entries: &[(super::tree::Key, Node)], schema: &'a Json) {
        let known = schema.get("properties").and_then(Json::as_object);
        let rest = schema.get("additionalProperties");
        for (key, value) in entries {
            let property = known.and_then(|known| known.get(&key.text));
            match property.or(rest.filter(|rest| rest.is_object())) {
                Some(schema) => self.value(value, schema, &format!("`{}`", short(&key.text))),
                None if self.found.len() > ENOUGH => return,
                None => self.unknown_key(key, known),
            }
        }
        for required in schema
            .get("required")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
        {
            if let Some(required) = required.as_str()
                && node.get(required).is_none()
            {
                self.missing_key(node, required, known);
            }
        }
    }

    fn unknown_key(&mut self, key: &super::tree::Key, known: Option<&Map<String, Json>>) {
        let names: Vec<&str> = known
            .into_iter()
            .flat_map(Map::keys)
            .map(String::as_str)
            .collect();
        let help = match near(&key.text, names.iter().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("keys that may stand here: {}", names.join(", ")),
        };
        let message = format!("the format has no key `{}` here", short(&key.text));
        self.add(Code::UnknownKey, key.span.clone(), message, help);
    }

    fn missing_key(&mut self, node: &Node, key: &str, known: Option<&Map<String, Json>>) {
        let about = known
            .and_then(|known| known.get(key)?.get("description")?.as_str())
            .unwrap_or_default();
        let about = about.lines().next().unwrap_or_default();
        let message = format!("`{key}:` is missing here");
        self.add(
            Code::MissingKey,
            node.head(),
            message,
            format!("{key}: {about}"),
        );
    }

    fn word(&mut self, node: &Node, words: &[&str], what: &str) {
        let list = words.join(", ");
        match node.text() {
            Some(text) if words.contains(&text) => {}
            Some(text) => {
                let help = match near(text, words.iter().copied()) {
                    Some(word) => format!("did you mean `{word}`? One of: {list}"),
                    None => format!("one of: {list}"),
                };
                let message = format!("{what} cannot be `{}`", short(text));
                self.add(Code::UnknownWord, node.span.clone(), message, help);
            }
            None => {
                let message = format!("{what} is one word");
                self.add(
                    Code::WrongType,
                    node.head(),
                    message,
                    format!("one of: {list}"),
                );
            }
        }
    }

    fn scalar(&mut self, node: &Node, text: &str, style: Style, schema: &Json, what: &str) {
        let allowed = types_of(schema);
        let kind = match style {
            Style::Plain => kind_of(text),
            _ => Kind::Text,
        };
        match kind {
            Kind::Null => {
                let help = "give it a value, or leave the key out";
                let message = format!("{what} has no value");
                self.add(Code::NoValue, node.span.clone(), message, help.to_owned());
            }
            Kind::Doubtful(reading) if allowed.contains(&"string") => {
                let message = format!("other YAML readers take `{}` for {reading}", short(text));
                let help = format!("quote it: \"{}\"", short(text));
                self.add(Code::QuoteIt, node.span.clone(), message, help);
            }
            kind if kind.fits(&allowed) => self.bounds(node, text, schema, what),
            _ => self.wrong(node, schema, what),
        }
    }

    fn bounds(&mut self, node: &Node, text: &str, schema: &Json, what: &str) {
        let bound = |name: &str| schema.get(name).and_then(Json::as_f64);
        let (least, most) = (bound("minimum"), bound("maximum"));
        if types_of(schema).contains(&"string") {
            return;
        }
        let number: Option<f64> = text.parse().ok();
        let fits = number.is_some_and(|n| {
            n.is_finite() && least.is_none_or(|l| n >= l) && most.is_none_or(|m| n <= m)
        });
        if !fits && kind_of(text) != Kind::Boolean {
            let range = match (least, most) {
                (Some(least), Some(most)) if least < most => {
                    format!("a number from {least} to {most}")
                }
                (Some(least), Some(_)) => least.to_string(),
                (Some(least), None) => format!("a number from {least}"),
                _ => "an ordinary number".to_owned(),
            };
            let message = format!("{what} cannot be {}", short(text));
            self.add(
                Code::OutOfRange,
                node.span.clone(),
                message,
                format!("write {range}"),
            );
        }
    }

    fn wrong(&mut self, node: &Node, schema: &Json, what: &str) {
        let wanted = wanted(&types_of(schema));
        let found = match &node.value {
            Value::Map(_) => "a mapping",
            Value::List(_) => "a list",
            Value::Scalar {
                text,
                style: Style::Plain,
            } => kind_of(text).name(),
            Value::Scalar { .. } => "a text",
        };
        let message = format!("{what} is {found}, where {wanted} is needed");
        let help = self.repair(node, schema);
        self.add(Code::WrongType, node.head(), message, help);
    }

    fn repair(&self, node: &Node, schema: &Json) -> String {
        let allowed = types_of(schema);
        let text = node.text().map(short).unwrap_or_default();
        let braces = self.source.text.get(node.span.clone());
        let template = braces.is_some_and(|t| t.starts_with("{{"));
        if allowed.contains(&"string") && node.text().is_some() {
            return format!("quote it: \"{text}\"");
        }
        if allowed.contains(&"string") && (template || !matches!(node.value, Value::List(_))) {
            return "a text that begins with `{`, or has a `: ` in it, needs quotes or a `|` block"
                .to_owned();
        }
        match allowed.first() {
            Some(&"array") => "write a list: [a, b], or one `- ` a line".to_owned(),
            Some(&"object") => "write keys and values: {key: value}".to_owned(),
            Some(&"boolean") => "write true or false".to_owned(),
            Some(&"integer") => "write a whole number, without quotes".to_owned(),
            Some(&"number") => "write a number, without quotes".to_owned(),
            _ => "write one text".to_owned(),
        }
    }

    fn add(&mut self, code: Code, span: std::ops::Range<usize>, message: String, help: String) {
        let span = span.start..span.end.max(span.start);
        let diagnostic = Diagnostic::new(code, self.source, span, message).help(help);
        self.found.push(diagnostic);
    }
}

fn wanted(types: &[&str]) -> String {
    let names = types.iter().map(|kind| match *kind {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a mapping",
        other => other,
    });
    names.collect::<Vec<_>>().join(" or ")
}

/// `type` as a list; what schemars leaves open, such as a bare reference, allows nothing here.
fn types_of(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The words of a closed list, if it is one.
fn words_of(schema: &Json) -> Option<Vec<&str>> {
    if let Some(words) = schema.get("enum").and_then(Json::as_array) {
        return words.iter().map(Json::as_str).collect();
    }
    let alternatives = schema.get("oneOf")?.as_array()?;
    alternatives
        .iter()
        .map(|one| one.get("const")?.as_str())
        .collect()
}

impl Kind {
    fn fits(self, allowed: &[&str]) -> bool {
        let name = match self {
            Self::Text | Self::Doubtful(_) => "string",
            Self::Integer => return allowed.contains(&"integer") || allowed.contains(&"number"),
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Null => "null",
        };
        allowed.contains(&name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text | Self::Doubtful(_) => "a text",
            Self::Integer | Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Null => "nothing",
        }
    }
}

/// What a plain scalar is read as.
pub(super) fn kind_of(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => return Kind::Boolean,
        ".inf" | ".Inf" | ".INF" | "-.inf" | "-.Inf" | "-.INF" | "+.inf" | ".nan" | ".NaN"
        | ".NAN" => return Kind::Number,
        _ => {}
    }
    let lower = text.to_ascii_lowercase();
    if ["yes", "no", "on", "off", "y", "n"].contains(&lower.as_str()) {
        return Kind::Doubtful("true or false");
    }
    let digits = text.trim_start_matches(['+', '-']);
    if digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Kind::Doubtful("an octal number");
    }
    if is_integer(digits) {
        return Kind::Integer;
    }
    if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') && digits.parse::<f64>().is_ok()
    {
        return Kind::Number;
    }
    let parts: Vec<&str> = text.split(':').collect();
    let short_number =
        |part: &&str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if parts.len() > 1 && parts.iter().all(short_number) {
        return Kind::Doubtful("a number of minutes and seconds");
    }
    if is_date(text) {
        return Kind::Doubtful("a date");
    }
    Kind::Text
}

fn is_integer(digits: &str) -> bool {
    let radix = |prefix: &str, radix: u32| {
        let rest = digits.strip_prefix(prefix);
        rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix)))
    };
    radix("0x", 16)
        || radix("0o", 8)
        || radix("0b", 2)
        || (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_read_as_serde_yaml_reads_them() {
        for (text, expected) in [
            ("1.10", Kind::Number),
            ("017", Kind::Doubtful("an octal number")),
            (
                "12:34:56",
                Kind::Doubtful("a number of minutes and seconds"),
            ),
            ("0x7f.1", Kind::Text),
            ("0x7f", Kind::Integer),
            ("NO", Kind::Doubtful("true or false")),
            ("2026-05-04", Kind::Doubtful("a date")),
            ("~", Kind::Null),
            ("True", Kind::Boolean),
            ("1e300", Kind::Number),
            ("-.inf", Kind::Number),
            ("inf", Kind::Text),
            ("8080", Kind::Integer),
            ("127.0.0.1", Kind::Text),
            ("1:2:3x", Kind::Text),
        ] {
            assert_eq!(kind_of(text), expected, "{text}");
            let read: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
            let agrees = match expected {
                Kind::Text | Kind::Doubtful(_) => read.is_string(),
                Kind::Integer => read.is_i64() || read.is_u64(),
                Kind::Number => read.is_f64(),
                Kind::Boolean => read.is_bool(),
                Kind::Null => read.is_null(),
            };
            assert!(agrees, "{text}: {read:?}");
        }
    }
}
