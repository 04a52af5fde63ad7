//! The rules of good content that need no expression: counts, tags, terms, hints.
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::RangeInclusive;

use super::super::codes::Code;
use super::super::diagnostic::short;
use super::super::finding::Finding;
use super::super::glossary::Glossary;
use super::super::model::{Answer, Explain, Kind, Lesson, Need, Question, Step, Task, WorldName};
use super::super::tree::Path;
use super::super::words::{is_kebab, near};
use super::ENOUGH;

/// How many options a question has: one is no question, six are not read.
const OPTIONS: RangeInclusive<usize> = 2..=5;
/// The same where several are right: then each is judged by itself.
const SEVERAL_OPTIONS: RangeInclusive<usize> = 2..=8;
/// The most new words of one lesson.
const TERMS: usize = 7;
/// Claims of the article.
const CLAIMS: RangeInclusive<u32> = 1..=94;

pub(super) fn check(lesson: &Lesson, glossary: &Glossary) -> Vec<Finding> {
    let mut found = Vec::new();
    let top = Path::default();
    if !is_kebab(&lesson.id) {
        let message = format!("a lesson cannot be called `{}`", short(&lesson.id));
        let help = "name the file NN-words-with-hyphens.yaml, in lower case";
        found.push(
            Finding::new(Code::BadId, &top.key("format"), message)
                .on_key()
                .help(help),
        );
    }
    found.extend(terms(lesson, glossary, &top.key("terms")));
    found.extend(claims(lesson, &top));
    found.extend(refutations(lesson, &top.key("refutations")));
    for (i, step) in lesson.steps.iter().enumerate() {
        found.extend(check_step(step, &top.key("steps").index(i)));
    }
    found
}

fn terms(lesson: &Lesson, glossary: &Glossary, path: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for (i, term) in lesson.terms.iter().take(ENOUGH).enumerate() {
        let at = path.index(i);
        if !seen.insert(term) {
            let message = format!("the term `{}` stands here twice", short(term));
            found.push(Finding::new(Code::UnknownTerm, &at, message));
        } else if !glossary.has(term) {
            let message = format!("the glossary does not know `{}`", short(term));
            let help = match glossary.near(term) {
                Some(known) => format!("did you mean `{known}`?"),
                None => "add a card to lessons/glossary.yaml".to_owned(),
            };
            found.push(Finding::new(Code::UnknownTerm, &at, message).help(help));
        }
    }
    if lesson.terms.len() > TERMS {
        let message = format!(
            "{} new words; a lesson has at most {TERMS}",
            lesson.terms.len()
        );
        let finding = Finding::new(Code::TooManyTerms, path, message).on_key();
        found.push(finding.help("list only the words that are explained here"));
    }
    found
}

fn claims(lesson: &Lesson, path: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let own = lesson.claims.iter().enumerate();
    let own = own.map(|(i, claim)| (claim, path.key("claims").index(i)));
    let steps = lesson.steps.iter().enumerate().flat_map(|(i, step)| {
        let at = path.key("steps").index(i).key("claims");
        let of_step = step.claims.iter().enumerate();
        of_step.map(move |(j, claim)| (claim, at.index(j)))
    });
    for (claim, at) in own.chain(steps) {
        let number = claim.strip_prefix('C').filter(|digits| digits.len() == 2);
        let number = number.and_then(|digits| digits.parse().ok());
        let problem = if !number.is_some_and(|number: u32| CLAIMS.contains(&number)) {
            "is not a claim of the article"
        } else if !seen.insert(claim) {
            "stands here twice"
        } else {
            continue;
        };
        let message = format!("`{}` {problem}", short(claim));
        let finding = Finding::new(Code::BadClaim, &at, message);
        found.push(finding.help("claims are numbered C01 to C94, each once"));
    }
    found
}

/// Tags on options, and experiments for tags.
fn refutations(lesson: &Lesson, path: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut used: BTreeMap<&str, Path> = BTreeMap::new();
    for (i, step) in lesson.steps.iter().enumerate() {
        let Kind::Predict { options, .. } = &step.kind else {
            continue;
        };
        let at = Path::default().key("steps").index(i).key("options");
        for (j, option) in options.iter().enumerate() {
            if let Some(tag) = &option.misconception {
                used.insert(tag, at.index(j).key("misconception"));
            }
        }
    }
    let known: BTreeSet<&str> = lesson.refutations.keys().map(String::as_str).collect();
    for tag in known.iter().filter(|tag| !used.contains_key(*tag)) {
        let message = format!("no option has the misconception `{}`", short(tag));
        let help = match near(tag, used.keys().copied().take(ENOUGH)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "tag an option with it, or leave it out".to_owned(),
        };
        let finding = Finding::new(
            Code::UnusedRefutation,
            &path.key((*tag).to_owned()),
            message,
        )
        .on_key();
        found.push(finding.help(help));
    }
    for (tag, at) in used
        .iter()
        .filter(|(tag, _)| !known.contains(*tag))
        .take(ENOUGH)
    {
        let unused = known.iter().copied().filter(|tag| !used.contains_key(tag));
        if let Some(near) = near(tag, unused) {
            let message = format!("there is no experiment for `{}`", short(tag));
            let finding = Finding::new(Code::UnknownMisconception, at, message);
            found.push(finding.help(format!("did you mean `{near}`?")));
        }
        if !is_kebab(tag) {
            found.push(bad_tag(tag, at));
        }
    }
    found
}

fn bad_tag(tag: &str, path: &Path) -> Finding {
    let message = format!("`{}` is not in kebab-case", short(tag));
    Finding::new(Code::BadId, path, message).help("lower-case letters and digits, joined by -")
}

fn check_step(step: &Step, path: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    if !is_kebab(&step.id) {
        found.push(bad_tag(&step.id, &path.key("id")));
    }
    found.extend(needs(step, path));
    found.extend(explain(&step.explain, &path.key("explain")));
    match &step.kind {
        Kind::Say if step.say.is_none() && step.explain.is_empty() => {
            let message = "there is nothing to read and nothing to do in this step";
            found.push(Finding::new(Code::IdleStep, path, message).help("add a `say:`"));
        }
        Kind::Predict { options, .. } => {
            found.extend(option_count(options.len(), &OPTIONS, path));
            let claims = options.iter().map(|option| option.claim.text());
            found.extend(same_claims(claims, &path.key("options")));
        }
        Kind::Task(task) => found.extend(check_task(task, path)),
        Kind::Ask(question) => found.extend(check_question(question, path)),
        Kind::Visit(visit) if visit.stand_in.is_empty() => {
            let message = "a visit needs lines that do the same from the lab";
            let finding = Finding::new(Code::NoStandIn, &path.key("visit"), message).on_key();
            found.push(finding.help("for example: stand_in: get server/"));
        }
        _ => {}
    }
    found
}

fn needs(step: &Step, path: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for (i, need) in step.needs.iter().enumerate() {
        let problem = if !seen.insert(need) {
            format!("`{need}` stands here twice")
        } else if *need == Need::Private && step.world == WorldName::Host {
            "this step needs the private world and does not use it".to_owned()
        } else {
            continue;
        };
        let finding = Finding::new(Code::IdleNeed, &path.key("needs").index(i), problem);
        found.push(finding.help("`world: private` puts its lines there, and implies the need"));
    }
    found
}

/// The last explanation is for everything else, and only the last.
pub(super) fn explain(explain: &[Explain], path: &Path) -> Vec<Finding> {
    let Some((last, front)) = explain.split_last() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if let Some(i) = front.iter().position(|one| one.when.is_none()) {
        let message = "what follows the explanation without `when` is never shown";
        let finding = Finding::new(Code::Unreachable, &path.index(i + 1), message);
        found.push(finding.also(&path.index(i), "this one fits everything"));
    } else if last.when.is_some() {
        let message = "nothing is explained when no `when` holds";
        let finding = Finding::new(Code::NoDefault, &path.index(front.len()), message);
        found.push(finding.help("end with an explanation without `when` that shows what was seen"));
    }
    found
}

fn option_count(count: usize, range: &RangeInclusive<usize>, path: &Path) -> Option<Finding> {
    let message = format!(
        "a question has {} to {} options; this one has {count}",
        range.start(),
        range.end()
    );
    let finding = Finding::new(Code::OptionCount, &path.key("options"), message).on_key();
    (!range.contains(&count)).then_some(finding)
}

fn same_claims<'a>(claims: impl Iterator<Item = &'a str>, path: &Path) -> Vec<Finding> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (i, claim) in claims.enumerate() {
        if let Some(before) = seen.insert(squeezed(claim), i) {
            let message = "two options claim the same: they come true together";
            let finding = Finding::new(Code::SameClaim, &path.index(i).key("claim"), message);
            found.push(finding.also(&path.index(before).key("claim"), "claimed here already"));
        }
    }
    found
}

fn check_task(task: &Task, path: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    let missing = |code, key: &str, help: &str| {
        let message = format!("this task has no {key}");
        Finding::new(code, &path.key("task"), message)
            .on_key()
            .help(help)
    };
    if task.solution.is_empty() {
        let help = "add the lab lines that meet the goals, as `solution:`";
        found.push(missing(Code::NoSolution, "solution", help));
    }
    if task.hints.is_empty() {
        let help = "add `hints:`, from a nudge to the solution";
        found.push(missing(Code::NoHints, "hints", help));
    }
    if task.traps.is_empty() {
        let help = "add `traps: [{run: …, says: …}]` for what learners try first";
        found.push(missing(Code::NoTraps, "traps", help));
    }
    let front = task.hints.split_last().map_or(&[][..], |(_, front)| front);
    for (i, hint) in front.iter().take(ENOUGH).enumerate() {
        if tells_all(hint, &task.solution) {
            let message = "this hint contains the solution, and it is not the last";
            let finding = Finding::new(Code::HintTellsAll, &path.key("hints").index(i), message);
            found.push(finding.help("a hint says where to look; the last may say what to type"));
        }
    }
    found
}

/// Whether a hint contains every line of the solution, with or without its name.
fn tells_all(hint: &str, solution: &[String]) -> bool {
    let hint = squeezed(hint);
    let inside = |line: &String| {
        let verb = match line.split_once('=') {
            Some((name, rest)) if !name.trim().contains(' ') => rest,
            _ => line,
        };
        // A bare verb such as `range` occurs in every sentence about it.
        verb.trim().contains(' ') && hint.contains(&squeezed(verb))
    };
    !solution.is_empty() && solution.iter().take(ENOUGH).all(inside)
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn check_question(question: &Question, path: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    match &question.answer {
        Answer::Choice { options, several } => {
            let range = if *several { &SEVERAL_OPTIONS } else { &OPTIONS };
            found.extend(option_count(options.len(), range, path));
            let right = options.iter().filter(|option| option.correct).count();
            if right == 0 || (right > 1 && !several) {
                let message = format!("{right} of these options are marked `correct: true`");
                let finding = Finding::new(Code::WhichIsRight, &path.key("options"), message);
                let help = "mark one; or several, with `several: true` in the step";
                found.push(finding.on_key().help(help));
            }
        }
        Answer::Order(items) => {
            let different: HashSet<&String> = items.iter().collect();
            if different.len() != items.len() || !(2..=9).contains(&items.len()) {
                let message = "putting in order takes two to nine different items";
                found.push(Finding::new(Code::NotAnOrder, &path.key("order"), message));
            }
        }
        Answer::Text(accepted) if accepted.is_empty() => {
            let message = "no text is accepted as an answer";
            found.push(Finding::new(Code::NoAnswer, &path.key("text"), message).on_key());
        }
        _ => {}
    }
    found
}
