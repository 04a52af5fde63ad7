//! Templates: text with `{{ … }}`, filled from the scope.
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use minijinja::Environment;

use super::expr::{
    ExprError, context, environment, environment_of_lines, read_error, strict_environment,
};
use super::filters::unknown_filter;
use super::places::{brace_error, guard_template, places};
use super::scope::Scope;
use super::split::sliced_names;
use super::verdicts;
use crate::limits;

/// A text with places to fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, ExprError> {
        let template = Self::unchecked(text);
        template.check()?;
        Ok(template)
    }

    /// Takes a text on trust; a mistake in it shows when it is filled.
    pub fn unchecked(text: &str) -> Self {
        Self {
            text: text.to_owned(),
        }
    }

    /// What [`parse`](Self::parse) checks.
    pub fn check(&self) -> Result<(), ExprError> {
        if !self.has_places() {
            return Ok(());
        }
        guard_template(&self.text)?;
        environment()
            .template_from_str(&self.text)
            .map_err(|e| brace_error(&self.text).unwrap_or_else(|| read_error(&e, &self.text)))?;
        for place in self.places() {
            let inner = self.text.get(place.clone()).unwrap_or_default();
            let unknown = verdicts::unknown_test(inner).or_else(|| unknown_filter(inner));
            if let Some(mut error) = unknown {
                error.span = place.start + error.span.start..place.start + error.span.end;
                return Err(error);
            }
        }
        Ok(())
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names it looks up in the scope.
    pub fn names(&self) -> BTreeSet<String> {
        if !self.has_places() || guard_template(&self.text).is_err() {
            return BTreeSet::new();
        }
        environment()
            .template_from_str(&self.text)
            .map(|template| self.looked_up(template.undeclared_variables(false)))
            .unwrap_or_default()
    }

    /// The same names with what is looked up in them: `server.port`.
    pub fn paths(&self) -> BTreeSet<String> {
        if !self.has_places() || guard_template(&self.text).is_err() {
            return BTreeSet::new();
        }
        environment()
            .template_from_str(&self.text)
            .map(|template| self.looked_up(template.undeclared_variables(true)))
            .unwrap_or_default()
    }

    fn looked_up(&self, known: HashSet<String>) -> BTreeSet<String> {
        let places = self.places().into_iter();
        let insides: Vec<&str> = places.filter_map(|place| self.text.get(place)).collect();
        let own: Vec<&str> = insides.iter().flat_map(|inside| declared(inside)).collect();
        let sliced = insides.iter().flat_map(|inside| sliced_names(inside));
        let sliced = sliced.filter(|name| !own.contains(name)).map(str::to_owned);
        known.into_iter().chain(sliced).collect()
    }

    /// The text with every place filled. A name that is not there leaves its place empty.
    pub fn render(&self, scope: &Scope) -> Result<String, ExprError> {
        self.render_in(environment(), scope)
    }

    /// The same, but a place that would stay empty is an error: for a text that says nothing true
    /// without it.
    pub fn render_whole(&self, scope: &Scope) -> Result<String, ExprError> {
        self.render_in(strict_environment(), scope)
    }

    /// The same for a line of the lab, where a place that holds a whole outcome is an error.
    pub fn render_line(&self, scope: &Scope) -> Result<String, ExprError> {
        self.render_in(environment_of_lines(), scope)
    }

    fn render_in(&self, environment: &Environment<'_>, scope: &Scope) -> Result<String, ExprError> {
        if !self.has_places() {
            return Ok(self.text.clone());
        }
        guard_template(&self.text)?;
        let template = environment
            .template_from_str(&self.text)
            .map_err(|e| read_error(&e, &self.text))?;
        let names = self.looked_up(template.undeclared_variables(false));
        let mut filled = template
            .render(context(scope, &names))
            .map_err(|e| read_error(&e, &self.text))?;
        if self.text.ends_with('\n') && !filled.ends_with('\n') {
            filled.push('\n');
        }
        if filled.len() > limits::TEMPLATE_BYTES {
            let message = format!("this becomes longer than {} bytes", limits::TEMPLATE_BYTES);
            return Err(ExprError {
                message,
                span: 0..self.text.len(),
            });
        }
        Ok(filled)
    }

    /// The text with `1` in every `{{ … }}`: a stand-in that is a port, an endpoint and a number,
    /// so that a lab line can be checked before there is anything to fill it with.
    pub fn sample(&self) -> String {
        let mut sample = String::new();
        let mut rest = self.text.as_str();
        while let Some((before, after)) = rest.split_once("{{") {
            sample.push_str(before);
            sample.push('1');
            rest = after.split_once("}}").map_or("", |(_, after)| after);
        }
        sample + rest
    }

    /// The insides of every `{{ … }}` and `{% … %}`, as bytes of the text.
    pub fn places(&self) -> Vec<Range<usize>> {
        let places = places(&self.text).into_iter();
        places.map(|place| place.inside).collect()
    }

    fn has_places(&self) -> bool {
        self.text.contains("{{") || self.text.contains("{%") || self.text.contains("{#")
    }
}

/// The names that `{% set … = %}` and `{% for … in %}` bring into a template.
fn declared(inside: &str) -> Vec<&str> {
    // An equals sign may stand close.
    let before = inside.split('=').next().unwrap_or_default();
    let words = before.split(|c: char| c.is_whitespace() || "-,()".contains(c));
    let mut words = words.filter(|word| !word.is_empty());
    match words.next() {
        Some("set" | "for") => words.take_while(|word| *word != "in").collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_template_names_itself_is_not_looked_up() {
        let texts = [
            "{%- set page = web.rows[:1] %}{{ page[:2] }}",
            "{% set page=web.rows[:1] %}{{ page[:2] }}",
            "{% for a, b in web.rows[:1] %}{{ a[:2] }}{{ loop.index }}{% endfor %}",
            "{% if web.rows[:1] %}{% elif web[:3] == \"x\" %}{% else %}{% endif %}",
        ];
        for text in texts {
            let names = Template::unchecked(text).names();
            assert_eq!(names, BTreeSet::from(["web".to_owned()]), "{text}");
        }
    }

    #[test]
    fn braces_that_are_wrong_are_named() {
        for (text, expected, span) in [
            (
                "a {{ first.port b",
                "this `{{` is never closed: `}}` is missing",
                2..4,
            ),
            (
                "a {{ x and {{ y }}",
                "this `{{` is never closed: `}}` is missing",
                2..4,
            ),
            (
                "a {% if x",
                "this `{%` is never closed: `%}` is missing",
                2..4,
            ),
            (
                "{{ x }} {{ }}",
                "there is nothing between `{{` and `}}`",
                8..10,
            ),
            ("{{ x = 5 }}", "one `=` compares nothing: write `==`", 5..6),
            (
                "{{ x + }}",
                "this cannot be read: unexpected end of variable block",
                7..9,
            ),
        ] {
            let error = Template::parse(text).unwrap_err();
            assert_eq!(
                (error.message.as_str(), error.span),
                (expected, span),
                "{text}"
            );
        }
        assert!(Template::parse("{{ \"{{\" }}").is_ok());
    }

    #[test]
    fn places_are_filled() {
        let mut scope = Scope::new();
        scope.insert("first", json!({"port": 4242, "micros": 12.3}));
        for (text, expected) in [
            ("listen 127.0.0.2:{{ first.port }}", "listen 127.0.0.2:4242"),
            ("no place", "no place"),
            ("{{ nobody.port }}.", "."),
            ("{{ first.micros }} µs\n", "12.3 µs\n"),
        ] {
            assert_eq!(
                Template::parse(text).unwrap().render(&scope).unwrap(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn mistakes_have_a_place() {
        let error = Template::parse("so {{ first is lisening }}").unwrap_err();
        assert_eq!(error.span, 15..23);
    }

    #[test]
    fn a_sample_parses_as_a_line() {
        let template = Template::unchecked("listen 127.0.0.2:{{ first.port }} --backlog {{ n }}");
        assert_eq!(template.sample(), "listen 127.0.0.2:1 --backlog 1");
    }
}
