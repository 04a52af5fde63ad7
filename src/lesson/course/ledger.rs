//! The lists of the course against its lessons: every claim has a step that settles it or a reason
//! why none can, every misconception has an option and an experiment against it.
use std::collections::{BTreeSet, HashMap};

use super::super::codes::Code;
use super::super::diagnostic::{Diagnostic, short};
use super::super::finding::Finding;
use super::super::model::{Kind, Lesson, Step};
use super::super::tree::Path;
use super::super::words::near;
use super::rules::command;
use super::{Claim, List, Misconception};

/// Whether the ids are `C01`, `C02`, … without a gap.
pub(super) fn ids<T>(list: &List<T>, letter: &str, id: impl Fn(&T) -> &String) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut expected = 1_usize;
    for (i, item) in list.items.iter().enumerate() {
        let id = id(item);
        let at = Path::default().index(i).key("id");
        if let Some(before) = first.insert(id, i) {
            let message = format!("`{}` stands here twice", short(id));
            let finding = Finding::new(Code::LedgerIds, &at, message);
            found.push(finding.also(
                &Path::default().index(before).key("id"),
                "the first is here",
            ));
            continue;
        }
        let wanted = format!("{letter}{expected:02}");
        if *id != wanted {
            let message = format!("`{}` stands where `{wanted}` belongs", short(id));
            let finding = Finding::new(Code::LedgerIds, &at, message);
            found.push(finding.help("every number is there, in order"));
        }
        let number = id.strip_prefix(letter).and_then(|n| n.parse().ok());
        expected = number.unwrap_or(expected).saturating_add(1);
    }
    located(list, found)
}

/// Where each claim is settled.
pub(super) fn claims(list: &List<Claim>, lessons: &[&Lesson]) -> Vec<Diagnostic> {
    let claims = list.items.iter().enumerate();
    let found = claims.filter_map(|(i, claim)| claim_of(claim, lessons, &Path::default().index(i)));
    located(list, found.collect())
}

fn claim_of(claim: &Claim, lessons: &[&Lesson], path: &Path) -> Option<Finding> {
    let at = path.key("step");
    let (lesson, step) = match (&claim.step, &claim.untested) {
        (Some(step), _) => step.split_once('/').unwrap_or((step, "")),
        (None, Some(_)) => return None,
        (None, None) => {
            let message = format!("nothing settles claim {}", short(&claim.id));
            let finding = Finding::new(Code::NoHome, &path.key("id"), message);
            let help = "`step: lesson-id/step-id`, or `untested:` and why no experiment can";
            return Some(finding.help(help));
        }
    };
    let lost = |message: String, near: Option<&str>| {
        let help = near.map_or_else(
            || "write `lesson-id/step-id`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Some(Finding::new(Code::LostStep, &at, message).help(help))
    };
    let Some(lesson) = lessons.iter().find(|one| one.id == lesson) else {
        let ids = lessons.iter().map(|one| one.id.as_str());
        return lost(
            format!("there is no lesson `{}`", short(lesson)),
            near(lesson, ids),
        );
    };
    let Some(step) = lesson.step(step) else {
        let ids = lesson.steps.iter().map(|one| one.id.as_str());
        let message = format!("lesson `{}` has no step `{}`", lesson.id, short(step));
        return lost(message, near(step, ids));
    };
    cited(claim, step, &at)
}

/// A step that settles a claim says so, and runs something.
fn cited(claim: &Claim, step: &Step, at: &Path) -> Option<Finding> {
    if !step.claims.contains(&claim.id) {
        let message = format!(
            "step `{}` does not cite {}",
            short(&step.id),
            short(&claim.id)
        );
        let finding = Finding::new(Code::NotCited, at, message);
        return Some(finding.help(format!("add `claims: [{}]` to the step", short(&claim.id))));
    }
    // What no experiment settles is only spoken of there.
    let runs = claim.untested.is_some() || lines_of(step).any(asks_the_kernel);
    let message = format!(
        "step `{}` asks the kernel nothing, so it settles nothing",
        short(&step.id)
    );
    (!runs).then(|| Finding::new(Code::NothingShown, at, message))
}

/// Every line that a step runs or waits for.
fn lines_of(step: &Step) -> impl Iterator<Item = &str> {
    let own = match &step.kind {
        Kind::Run { lines } | Kind::Predict { lines, .. } => lines.as_slice(),
        Kind::Task(task) => &task.solution,
        Kind::Visit(visit) => &visit.stand_in,
        Kind::Say | Kind::Ask(_) => &[],
    };
    step.setup.iter().chain(own).map(String::as_str)
}

/// Whether a line does more than look something up in what looplab brought along.
fn asks_the_kernel(line: &str) -> bool {
    let verb = command(line).split_whitespace().next().unwrap_or_default();
    !verb.starts_with('#') && !["explain", "show", "expect"].contains(&verb)
}

/// Whether each tag is on an option, with an experiment against it in the same lesson.
pub(super) fn misconceptions(list: &List<Misconception>, lessons: &[&Lesson]) -> Vec<Diagnostic> {
    let tagged: BTreeSet<&str> = lessons.iter().flat_map(|lesson| tags_of(lesson)).collect();
    let refuted: BTreeSet<&str> = lessons
        .iter()
        .flat_map(|lesson| lesson.refutations.keys().map(String::as_str))
        .collect();
    let mut found = Vec::new();
    for (i, one) in list.items.iter().enumerate() {
        let path = Path::default().index(i);
        if one.tags.is_empty() {
            let message = format!("{} has no tag, so no option can carry it", short(&one.id));
            found.push(Finding::new(Code::NoOption, &path.key("tags"), message));
        }
        for (j, tag) in one.tags.iter().enumerate() {
            let at = path.key("tags").index(j);
            if !tagged.contains(tag.as_str()) {
                let message = format!("no option of a prediction has the tag `{}`", short(tag));
                let help = match near(tag, tagged.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "add `misconception:` to the option of those who believe it".to_owned(),
                };
                found.push(Finding::new(Code::NoOption, &at, message).help(help));
            } else if !refuted.contains(tag.as_str()) {
                let message = format!("no experiment speaks against `{}`", short(tag));
                let help = "add it to the `refutations:` of the lesson with the option";
                found.push(Finding::new(Code::NoRefutation, &at, message).help(help));
            }
        }
    }
    located(list, found)
}

/// The misconceptions behind the options of a lesson.
fn tags_of(lesson: &Lesson) -> impl Iterator<Item = &str> {
    let options = lesson.steps.iter().filter_map(|step| match &step.kind {
        Kind::Predict { options, .. } => Some(options),
        _ => None,
    });
    options
        .flatten()
        .filter_map(|option| option.misconception.as_deref())
}

fn located<T>(list: &List<T>, found: Vec<Finding>) -> Vec<Diagnostic> {
    let Some(document) = &list.document else {
        return Vec::new();
    };
    let found = found.into_iter().map(|finding| document.locate(finding));
    found.collect()
}
