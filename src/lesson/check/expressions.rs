//! Expressions and templates against the names that are bound where they are used.
use super::super::codes::Code;
use super::super::finding::Finding;
use super::super::tree::Path;
use super::ENOUGH;
use super::names::{Names, place_in_template, place_of};
use crate::lang::{Expr, Template};

/// Whether an expression may be a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proves {
    /// It decides something, so it has to look at what happened.
    Something,
    /// It may be a plain value: the answer to a question.
    Value,
}

/// An expression at a path.
pub(super) fn expression(expr: &Expr, path: &Path, names: &Names, proves: Proves) -> Vec<Finding> {
    let used = expr.names();
    if used.is_empty() && proves == Proves::Something {
        let message = "this expression looks at nothing that happened";
        let help = "name what a line of this step bound: `server is listening`";
        return vec![Finding::new(Code::Constant, path, message).help(help)];
    }
    let unknown = used.iter().filter(|name| !names.has(name));
    let found = unknown.map(|name| {
        let message = format!("nothing is called `{name}` here");
        let finding = Finding::new(Code::UnknownName, path, message)
            .label("not bound")
            .help(names.advice(name));
        match place_of(name, expr.text()) {
            Some(place) => finding.inside(place),
            None => finding,
        }
    });
    found.collect()
}

/// A text with places at a path.
pub(super) fn text(text: &str, path: &Path, names: &Names) -> Vec<Finding> {
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(error) => {
            let finding = Finding::new(Code::BadTemplate, path, error.message).inside(error.span);
            return vec![finding];
        }
    };
    let used = template.names();
    let unknown = used.iter().filter(|name| !names.has(name)).take(ENOUGH);
    let found = unknown.map(|name| {
        let message = format!("nothing is called `{name}` when this is shown");
        let finding = Finding::new(Code::UnknownInText, path, message)
            .label("this place would stay empty")
            .help(names.advice(name));
        match place_in_template(name, &template) {
            Some(place) => finding.inside(place),
            None => finding,
        }
    });
    found.collect()
}
