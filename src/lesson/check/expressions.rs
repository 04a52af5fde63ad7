//! Expressions and templates against the names that are bound where they are used.
use std::ops::Range;

use super::super::codes::Code;
use super::super::finding::Finding;
use super::super::tree::Path;
use super::ENOUGH;
use super::names::{Names, Slip, place_in_template, place_of, slips};
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
    let slips = slips(expr.paths(), names).into_iter().take(ENOUGH);
    let slips = slips.map(|slip| unknown_field(&slip, path, place_of(&slip.path, expr.text())));
    found.chain(slips).collect()
}

fn unknown_field(slip: &Slip, path: &Path, place: Option<Range<usize>>) -> Finding {
    let message = format!("no outcome has a field `{}`", slip.field);
    let finding = Finding::new(Code::UnknownField, path, message).help(slip.advice());
    match place {
        Some(place) => finding.inside(slip.in_path(&place)),
        None => finding,
    }
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
    let slips = slips(template.paths(), names).into_iter().take(ENOUGH);
    let slips = slips.map(|slip| {
        let place = place_in_template(&slip.path, &template);
        unknown_field(&slip, path, place)
    });
    found.chain(slips).collect()
}
